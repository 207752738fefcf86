"""Reads include/deltos/*.h into an Interface: what the headers declare, in their order, with what they say of it.

The preprocessor and pycparser give the declarations; comments and macros, which both take out, are read from the text.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pycparser import c_ast, c_parser  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent.parent
HEADERS = ROOT / "include" / "deltos"
NOTICE = "Made by bindings/generate.py from include/deltos. Do not edit."

# The headers include nothing when they are parsed, so the parser has to be told the types of <stdint.h>.
PRELUDE = """
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long int64_t;
typedef unsigned long uint64_t;
"""

DEFINED = re.compile(r'^#define (DELTOS_\w+) (0x[0-9a-fA-F]+|\d+|"[^"]*")', re.MULTILINE)
# A comment and the declaration behind it, up to the first constant or field; then what is declared.
COMMENTED = re.compile(r"/\*\*(?!<)(.*?)\*/\s*([^;{]*[;{]\s*\w*)", re.DOTALL)
DECLARED = [
    re.compile(r"DELTOS_API [^(]*?(\w+)\("),
    re.compile(r"typedef [^;{]*\(\*(\w+)\)"),
    re.compile(r"typedef struct (\w+)"),
    re.compile(r"(enum) \{\s*(\w+)"),
]
# Comments that stand behind what they speak of: handles and constants, and fields within the body of their struct.
COMMENTED_LINE = re.compile(r"((?:DELTOS|deltos)_\w+)(?: = [^,\n/]*,?|(?<=\w);) */\*\*<(.*?)\*/", re.DOTALL)
STRUCT_BODY = re.compile(r"typedef struct (\w+) \{(.*?)\n\}", re.DOTALL)
COMMENTED_FIELD = re.compile(r"(\w+)(?:\[\d+\])?; */\*\*<(.*?)\*/", re.DOTALL)


@dataclass(frozen=True)
class Named:
    """A type by its name."""

    name: str


@dataclass(frozen=True)
class Pointer:
    """A pointer; `const` is what it points to."""

    to: Type
    const: bool


@dataclass(frozen=True)
class Array:
    """An array in a struct."""

    of: Type
    length: int


Type = Named | Pointer | Array


@dataclass(frozen=True)
class Variable:
    """A field or a parameter."""

    name: str
    type: Type
    doc: str


@dataclass(frozen=True)
class Define:
    """A macro that is a number or a string."""

    name: str
    text: str

    @property
    def is_string(self) -> bool:
        return self.text.startswith('"')


@dataclass(frozen=True)
class Constant:
    """An enumerator; `text` as the header writes it."""

    name: str
    text: str
    doc: str


@dataclass(frozen=True)
class Constants:
    """An enumeration. Its constants are of the type int32_t, as everything in C that takes one, unless the comment
    says "Bits of STRUCT.FIELD": then they are of the field's type."""

    items: list[Constant]
    type: str
    doc: str


@dataclass(frozen=True)
class Alias:
    """Another name for a type."""

    name: str
    type: Type
    doc: str


@dataclass(frozen=True)
class Handle:
    """A struct of which nothing but the name is known."""

    name: str
    doc: str


@dataclass(frozen=True)
class Struct:
    """A struct of known layout."""

    name: str
    fields: list[Variable]
    doc: str


@dataclass(frozen=True)
class Function:
    """A function, or as `Callback` a pointer to one."""

    name: str
    parameters: list[Variable]
    result: Type
    doc: str


@dataclass(frozen=True)
class Callback(Function):
    """The type of a pointer to a function; it may be NULL."""


Declaration = Constants | Alias | Handle | Struct | Function | Callback


@dataclass(frozen=True)
class Interface:
    """Everything the headers declare. `nodes` is the same as pycparser sees it."""

    defines: list[Define]
    declarations: list[Declaration]
    nodes: list[c_ast.Node]

    def structs(self) -> list[Struct]:
        return [item for item in self.declarations if isinstance(item, Struct)]

    def functions(self) -> list[Function]:
        return [item for item in self.declarations if type(item) is Function]

    def enumerations(self) -> list[Constants]:
        return [item for item in self.declarations if isinstance(item, Constants)]

    def constants(self) -> list[Constant]:
        return [constant for group in self.enumerations() for constant in group.items]


def read() -> Interface:
    """The public headers."""
    docs: dict[str, str] = {}
    for header in sorted(HEADERS.glob("*.h")):
        docs.update(comments(header.read_text()))
    nodes = parsed()
    types = {f"{node.name}.{field.name}": converted(field.type) for node in nodes for field in fields_of(node)}
    return Interface(list(defines()), [declared(node, docs, types) for node in nodes], nodes)


def parsed() -> list[c_ast.Node]:
    """The declarations of all public headers, in the order in which they depend on each other."""
    command = ["cc", "-E", "-P", "-DDELTOS_PARSE", f"-I{ROOT / 'include'}", "-xc", "-"]
    source = PRELUDE + "#include <deltos/deltos.h>\n"
    text = subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
    nodes = c_parser.CParser().parse(text).ext
    return [node for node in nodes if not (isinstance(node, c_ast.Typedef) and f" {node.name};" in PRELUDE)]


def defines() -> Iterator[Define]:
    """Every `#define DELTOS_NAME` with a number or a string."""
    for header in sorted(HEADERS.glob("*.h")):
        for name, text in DEFINED.findall(header.read_text()):
            yield Define(name, text)


def comments(text: str) -> dict[str, str]:
    """What a header says, by what it says it of: NAME, STRUCT.FIELD, and "enum NAME" of the one that begins so."""
    found: dict[str, str] = {}
    for comment, declaration in COMMENTED.findall(text):
        for pattern in DECLARED:
            if name := pattern.match(declaration):
                found[" ".join(name.groups())] = plain(comment)
                break
    for name, comment in COMMENTED_LINE.findall(text):
        found[name] = plain(comment)
    for struct, body in STRUCT_BODY.findall(text):
        for field, comment in COMMENTED_FIELD.findall(body):
            found[f"{struct}.{field}"] = plain(comment)
    return found


def plain(comment: str) -> str:
    """The first paragraph of a comment on one line, without commands of Doxygen."""
    lines = [re.sub(r"^\s*\*? ?", "", line).rstrip() for line in comment.strip().splitlines()]
    text = re.split(r"\n(?:\n|@|Thread|Cost)", "\n".join(lines))[0]
    return re.sub(r"@\w+ ", "", " ".join(text.split()))


def converted(node: c_ast.Node) -> Type:
    """A type as this module describes it."""
    if isinstance(node, c_ast.PtrDecl):
        return Pointer(converted(node.type), "const" in getattr(node.type, "quals", []))
    if isinstance(node, c_ast.ArrayDecl):
        return Array(converted(node.type), int(node.dim.value))
    return Named(node.type.names[0])


def fields_of(node: c_ast.Node) -> list[c_ast.Decl]:
    """The fields of a typedef of a struct; none where there is no such thing."""
    inner = getattr(getattr(node, "type", None), "type", None)
    return inner.decls or [] if isinstance(node, c_ast.Typedef) and isinstance(inner, c_ast.Struct) else []


def declared(node: c_ast.Node, docs: dict[str, str], types: dict[str, Type]) -> Declaration:
    """What one declaration says; one of another sort is refused, since no binding would have it."""
    doc = docs.get(node.name or "", "")
    if isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.FuncDecl):
        return Function(node.name, parameters(node.type), converted(node.type.type), doc)
    if isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.Enum):
        return enumeration(node.type, docs, types)
    if isinstance(node, c_ast.Typedef):
        if isinstance(node.type, c_ast.PtrDecl) and isinstance(node.type.type, c_ast.FuncDecl):
            return Callback(node.name, parameters(node.type.type), converted(node.type.type.type), doc)
        if fields := fields_of(node):
            said = [docs.get(f"{node.name}.{field.name}", "") for field in fields]
            variables = [Variable(field.name, converted(field.type), text) for field, text in zip(fields, said)]
            return Struct(node.name, variables, doc)
        if isinstance(node.type.type, c_ast.Struct):
            return Handle(node.name, doc)
        return Alias(node.name, converted(node.type), doc)
    raise ValueError(f"bindings/generate.py has no translation for {node}")


def parameters(function: c_ast.FuncDecl) -> list[Variable]:
    """The named parameters; `(void)` has none."""
    listed = function.args.params if function.args else []
    return [Variable(item.name, converted(item.type), "") for item in listed if item.name]


def enumeration(node: c_ast.Enum, docs: dict[str, str], types: dict[str, Type]) -> Constants:
    """An enumeration whose constants have their numbers written out."""
    items = [Constant(item.name, written(item.value), docs.get(item.name, "")) for item in node.values.enumerators]
    doc = docs.get(f"enum {items[0].name}", "")
    field = re.match(r"Bits of (\w+\.\w+)", doc)
    kind = types[field.group(1)] if field else Named("int32_t")
    assert isinstance(kind, Named)
    return Constants(items, kind.name, doc)


def written(node: c_ast.Node) -> str:
    """A number as the header writes it."""
    if isinstance(node, c_ast.UnaryOp):
        return str(node.op + written(node.expr))
    return str(node.value)
