"""Writes the raw layer of Julia, which its test of layouts reflects upon."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from .headers import (
    NOTICE,
    Alias,
    Array,
    Callback,
    Constants,
    Declaration,
    Define,
    Function,
    Handle,
    Interface,
    Named,
    Pointer,
    Struct,
    Type,
)

TYPES = {
    "void": "Cvoid",
    "char": "UInt8",
    "uint8_t": "UInt8",
    "uint16_t": "UInt16",
    "int32_t": "Int32",
    "uint32_t": "UInt32",
    "int64_t": "Int64",
    "uint64_t": "UInt64",
    "double": "Float64",
}
KEYWORDS = {"begin", "end", "function", "global", "local", "let", "module", "struct", "type", "quote", "export"}
WIDTH = 100

OPENING = f"""\
# {NOTICE}

\"\"\"
The C interface as it is: the same names, numbers and structs, and nothing else.

`load!` must have been called. Constants are of the type of the fields and parameters that take them: `Int32`, but
`UInt32` for the bits of `flags` and for the numbers of versions. Strings are `Cstring` as parameters and `Ptr{{UInt8}}`
elsewhere; callbacks are `Ptr{{Cvoid}}`, made by `@cfunction`.
\"\"\"
module Raw

import Libdl
"""

LOADING = """\
const Slot = Base.RefValue{Ptr{Cvoid}}

@noinline not_loaded() = error("libdeltos is not loaded: call load! with a handle of it")

function address(slot::Slot)
    pointer = slot[]
    pointer == C_NULL && not_loaded()
    return pointer
end
"""

LOAD = """\
\"\"\"
    load!(handle)

Looks every function up in a library opened by `Libdl.dlopen`; throws when one is not there.
\"\"\"
function load!(handle::Ptr{Cvoid})
    found = [Libdl.dlsym(handle, name) for (name, _) in FUNCTIONS]
    for (pointer, (_, slot)) in zip(found, FUNCTIONS)
        slot[] = pointer
    end
    return nothing
end

end # module Raw
"""


def module(interface: Interface) -> str:
    """src/raw.jl of Deltos.jl."""
    blocks = [OPENING.rstrip(), "\n".join(define(item) for item in interface.defines)]
    blocks += ["\n".join(declaration(item)) for item in interface.declarations if type(item) is not Function]
    blocks.append(LOADING.rstrip())
    blocks += ["\n".join(function(item)) for item in interface.functions()]
    table = [f"    (:{item.name}, {slot(item)})," for item in interface.functions()]
    opening = ['"Every function by its name, with where its address is kept."', "const FUNCTIONS = Tuple{Symbol,Slot}["]
    blocks.append("\n".join([*opening, *table, "]"]))
    blocks.append(LOAD.rstrip())
    return "\n\n".join(blocks) + "\n"


def define(item: Define) -> str:
    """A macro as a constant."""
    return f"const {item.name} = {item.text}" if item.is_string else f"const {item.name} = UInt32({item.text})"


def declaration(item: Declaration) -> Iterator[str]:
    """The lines of anything but a function."""
    if isinstance(item, Constants):
        yield from (f"# {line}" for line in textwrap.wrap(item.doc, WIDTH - 2))
        for constant in item.items:
            yield from commented(f"const {constant.name} = {TYPES[item.type]}({constant.text})", constant.doc)
    elif isinstance(item, Handle):
        yield from documented(item.doc)
        yield from [f"mutable struct {item.name} end"]
    elif isinstance(item, Struct):
        yield from documented(item.doc)
        yield f"struct {item.name}"
        for field in item.fields:
            yield from commented(f"    {identifier(field.name)}::{julia_type(field.type)}", field.doc)
        yield "end"
    elif isinstance(item, Callback):
        yield from documented(item.doc)
        yield f"const {item.name} = Ptr{{Cvoid}}"
    elif isinstance(item, Alias):
        yield from documented(item.doc)
        yield f"const {item.name} = {julia_type(item.type)}"


def function(item: Function) -> Iterator[str]:
    """Where the address of a function is kept, and what calls it."""
    names = ", ".join(identifier(each.name) for each in item.parameters)
    types = ", ".join(parameter_type(each.type) for each in item.parameters)
    if len(item.parameters) == 1:
        types += ","
    yield f"const {slot(item)} = Slot(C_NULL)"
    yield from documented(item.doc, f"{item.name}({names})")
    yield f"function {item.name}({names})"
    arguments = ["address(" + slot(item) + ")", julia_type(item.result), f"({types})", *([names] if names else [])]
    whole = f"    return ccall({', '.join(arguments)})"
    if len(whole) <= WIDTH:
        yield whole
    else:
        yield "    return ccall("
        yield f"        {arguments[0]}, {arguments[1]},"
        yield from textwrap.wrap(f"{arguments[2]},", WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 9)
        yield f"        {names})"
    yield "end"


def slot(item: Function) -> str:
    """The name of what keeps the address of a function."""
    return f"slot_{item.name}"


def julia_type(kind: Type) -> str:
    """A type of C in Julia."""
    if isinstance(kind, Named):
        return TYPES.get(kind.name, kind.name)
    if isinstance(kind, Array):
        return f"NTuple{{{kind.length},{julia_type(kind.of)}}}"
    return f"Ptr{{{julia_type(kind.to)}}}"


def parameter_type(kind: Type) -> str:
    """As julia_type; texts are checked to have no NUL inside."""
    return "Cstring" if kind == Pointer(Named("char"), const=True) else julia_type(kind)


def identifier(name: str) -> str:
    """A name that Julia lets stand."""
    return f"{name}_" if name in KEYWORDS else name


def commented(code: str, doc: str) -> Iterator[str]:
    """A comment after the code, or before it when the line would be too long."""
    whole = f"{code}  # {doc}" if doc else code
    if len(whole) <= WIDTH:
        yield whole
        return
    indent = code[: len(code) - len(code.lstrip())]
    yield from (f"{indent}# {line}" for line in textwrap.wrap(doc, WIDTH - len(indent) - 2))
    yield code


def documented(doc: str, signature: str = "") -> Iterator[str]:
    """A docstring; none where the headers say nothing."""
    if not doc:
        return
    escaped = doc.replace("\\", "\\\\").replace("$", "\\$").replace('"', '\\"')
    yield '"""'
    if signature:
        yield from [f"    {signature}", ""]
    yield from textwrap.wrap(escaped, WIDTH, break_long_words=False, break_on_hyphens=False)
    yield '"""'

