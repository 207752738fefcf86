"""Writes the raw layer of Rust, laid out as rustfmt does it, and the table from which its test computes layouts."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from .headers import (
    NOTICE,
    Alias,
    Array,
    Callback,
    Constants,
    Declaration,
    Function,
    Handle,
    Interface,
    Named,
    Struct,
    Type,
)

TYPES = {
    "void": "c_void",
    "char": "c_char",
    "uint8_t": "u8",
    "uint16_t": "u16",
    "int32_t": "i32",
    "uint32_t": "u32",
    "int64_t": "i64",
    "uint64_t": "u64",
    "double": "f64",
}
KEYWORDS = {"type", "ref", "match", "move", "use", "in", "fn", "impl", "where", "mod", "as", "box", "self", "loop"}
WIDTH = 120

OPENING = f"""\
// {NOTICE}

//! The C interface as it is: the same names, numbers and structs, and nothing else.
//!
//! Constants are of the type of the fields and parameters that take them: `i32`, but `u32` for the bits of `flags`
//! and for the numbers of versions.

#![allow(non_camel_case_types)]

use core::marker::{{PhantomData, PhantomPinned}};
use std::os::raw::{{c_char, c_void}};
"""


def bindings(interface: Interface) -> str:
    """src/bindings.rs of deltos-sys."""
    known = {item.name for item in interface.declarations if not isinstance(item, Constants)}
    known |= {item.name for item in interface.constants()} | {item.name for item in interface.defines}
    blocks = [OPENING.rstrip()]
    blocks.append(
        "\n".join(
            f"pub const {item.name}: {'&str' if item.is_string else 'u32'} = {item.text};" for item in interface.defines
        )
    )
    for item in interface.declarations:
        if type(item) is not Function:
            blocks.append("\n".join(declaration(item, known)))
    functions = "\n\n".join("\n".join(prototype(item, known)) for item in interface.functions())
    blocks.append('extern "C" {\n' + functions + "\n}")
    return "\n\n".join(blocks) + "\n"


def declaration(item: Declaration, known: set[str]) -> Iterator[str]:
    """The lines of anything but a function."""
    if isinstance(item, Constants):
        yield from (f"// {line}" for line in textwrap.wrap(item.doc, WIDTH - 3))
        for constant in item.items:
            yield from documented(constant.doc, known)
            yield f"pub const {constant.name}: {TYPES[item.type]} = {constant.text};"
    elif isinstance(item, Handle):
        yield from documented(item.doc, known)
        yield from ["#[repr(C)]", f"pub struct {item.name} {{", "    _private: [u8; 0],"]
        yield from ["    _marker: PhantomData<(*mut u8, PhantomPinned)>,", "}"]
    elif isinstance(item, Struct):
        yield from documented(item.doc, known)
        yield from ["#[repr(C)]", "#[derive(Clone, Copy, Debug)]", f"pub struct {item.name} {{"]
        for field in item.fields:
            yield from documented(field.doc, known, "    ")
            yield f"    pub {identifier(field.name)}: {rust_type(field.type)},"
        yield "}"
    elif isinstance(item, Callback):
        yield from documented(item.doc, known)
        kind = f'Option<unsafe extern "C" fn({arguments(item)}){result(item)}>;'
        whole = f"pub type {item.name} = {kind}"
        yield from [whole] if len(whole) <= WIDTH else [f"pub type {item.name} =", f"    {kind}"]
    elif isinstance(item, Alias):
        yield from documented(item.doc, known)
        yield f"pub type {item.name} = {rust_type(item.type)};"


def prototype(item: Function, known: set[str]) -> Iterator[str]:
    """A function within the block of foreign ones."""
    yield from documented(item.doc, known, "    ")
    whole = f"    pub fn {item.name}({arguments(item)}){result(item)};"
    if len(whole) <= WIDTH:
        yield whole
        return
    yield f"    pub fn {item.name}("
    yield from (f"        {identifier(each.name)}: {rust_type(each.type)}," for each in item.parameters)
    yield f"    ){result(item)};"


def arguments(item: Function) -> str:
    """The parameters on one line."""
    return ", ".join(f"{identifier(each.name)}: {rust_type(each.type)}" for each in item.parameters)


def result(item: Function) -> str:
    """The arrow and the type after it, or nothing."""
    return "" if item.result == Named("void") else f" -> {rust_type(item.result)}"


def rust_type(kind: Type) -> str:
    """A type of C in Rust."""
    if isinstance(kind, Named):
        return TYPES.get(kind.name, kind.name)
    if isinstance(kind, Array):
        return f"[{rust_type(kind.of)}; {kind.length}]"
    return f"*{'const' if kind.const else 'mut'} {rust_type(kind.to)}"


def identifier(name: str) -> str:
    """A name that Rust lets stand."""
    return f"r#{name}" if name in KEYWORDS else name


def documented(doc: str, known: set[str], indent: str = "") -> Iterator[str]:
    """A comment for rustdoc, with links to what it names."""
    text = re.sub(r"([\[\]<])", r"\\\1", doc)
    text = re.sub(r"\b((?:deltos|DELTOS)_\w+\b)(?!\*|\.\w)(\(\))?", lambda name: linked(name.group(1), known), text)
    lines = textwrap.wrap(text, WIDTH - len(indent) - 4, break_long_words=False, break_on_hyphens=False)
    yield from (f"{indent}/// {line}" for line in lines)


def linked(name: str, known: set[str]) -> str:
    """A link where rustdoc can follow it."""
    return f"[`{name}`]" if name in known else f"`{name}`"


def layout_table(interface: Interface) -> str:
    """tests/layout/table.rs of deltos-sys: what the macro around it turns into the lines of tests/abi/layout.c."""
    lines = [f"// {NOTICE}", "", "layout! {"]
    for struct in interface.structs():
        fields = " ".join(identifier(field.name) for field in struct.fields)
        lines += [f"    struct {struct.name} {{", *wrapped(fields, "        "), "    }"]
    names = [item.name for item in interface.constants()] + [item.name for item in interface.defines]
    lines += ["    constants {", *wrapped(" ".join(names), "        "), "    }"]
    functions = " ".join(item.name for item in interface.functions())
    lines += ["    functions {", *wrapped(functions, "        "), "    }", "}"]
    return "\n".join(lines) + "\n"


def wrapped(words: str, indent: str) -> list[str]:
    """Words on lines that are not too long."""
    return textwrap.wrap(words, WIDTH, initial_indent=indent, subsequent_indent=indent)
