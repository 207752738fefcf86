"""Makes the raw layers of the bindings from the public headers.

    python bindings/generate.py [--check]

What it writes is committed, so that building a binding needs neither a C parser nor this file; a test runs it with
--check, which changes nothing and fails when a committed file is not what the headers say.
"""

from __future__ import annotations

import argparse
import keyword
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pycparser import c_ast, c_generator, c_parser  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent
HEADERS = ROOT / "include" / "deltos"

# The headers include nothing when they are parsed, so the parser has to be told the types of <stdint.h>.
PRELUDE = """
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long int64_t;
typedef unsigned long uint64_t;
"""


def parsed_headers() -> list[c_ast.Node]:
    """The declarations of all public headers, in the order in which they depend on each other."""
    command = ["cc", "-E", "-P", "-DDELTOS_PARSE", f"-I{ROOT / 'include'}", "-xc", "-"]
    source = PRELUDE + "#include <deltos/deltos.h>\n"
    text = subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
    nodes = c_parser.CParser().parse(text).ext
    return [node for node in nodes if not (isinstance(node, c_ast.Typedef) and f" {node.name};" in PRELUDE)]


def defined_numbers() -> Iterator[tuple[str, str]]:
    """Every `#define NAME number`, which the preprocessor takes out of the declarations."""
    for header in sorted(HEADERS.glob("*.h")):
        for match in re.finditer(r"^#define (DELTOS_\w+) (0x[0-9a-fA-F]+|\d+)\b", header.read_text(), re.MULTILINE):
            yield match.group(1), match.group(2)


def python_cdef(nodes: list[c_ast.Node]) -> str:
    """The declarations as cffi reads them."""
    generator = c_generator.CGenerator()
    lines = ["/* Made by bindings/generate.py from include/deltos. Do not edit. */"]
    lines += [f"#define {name} {value}" for name, value in defined_numbers()]
    lines += [generator.visit(node) + ";" for node in nodes]
    return "\n".join(lines) + "\n"


def enumerators(nodes: list[c_ast.Node]) -> Iterator[str]:
    """The names of all constants in enumerations."""
    for node in nodes:
        if isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.Enum):
            yield from (item.name for item in node.type.values.enumerators)


def python_type(node: c_ast.Node) -> str:
    """How mypy sees a parameter or result."""
    if isinstance(node, (c_ast.PtrDecl, c_ast.ArrayDecl)):
        return "_CData"
    names = node.type.names
    if names == ["void"]:
        return "None"
    return "_CData" if names[0] in ("deltos_progress", "deltos_release") else "int"


def python_stub(nodes: list[c_ast.Node]) -> str:
    """The stub of the module that cffi compiles."""
    lines = [
        "# Made by bindings/generate.py from include/deltos. Do not edit.",
        "from typing import Any, Final, TypeAlias, type_check_only",
        "",
        "_CData: TypeAlias = Any",
        "",
        "@type_check_only",
        "class _Lib:",
    ]
    lines += [f"    {name}: Final[int]" for name, _ in defined_numbers()]
    lines += [f"    {name}: Final[int]" for name in enumerators(nodes)]
    for node in nodes:
        if not (isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.FuncDecl)):
            continue
        parameters = node.type.args.params if node.type.args else []
        names = [(parameter.name, parameter.type) for parameter in parameters if parameter.name]
        listed = "".join(f"{name}{'_' * keyword.iskeyword(name)}: {python_parameter(kind)}, " for name, kind in names)
        listed = f"self, {listed}/" if names else "self"
        lines.append(f"    def {node.name}({listed}) -> {python_type(node.type.type)}: ...")
    lines += [
        "    deltos_python_progress: _CData",
        "",
        "lib: _Lib",
        "ffi: Any",
    ]
    return "\n".join(lines) + "\n"


def python_parameter(node: c_ast.Node) -> str:
    """As python_type; strings may be given as bytes."""
    if isinstance(node, c_ast.PtrDecl) and isinstance(node.type, c_ast.TypeDecl):
        if getattr(node.type.type, "names", None) == ["char"] and "const" in node.type.quals:
            return "_CData | bytes"
    return python_type(node)


def main() -> int:
    """Writes, or compares, every generated file."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--check", action="store_true", help="compare instead of writing")
    check = arguments.parse_args().check
    nodes = parsed_headers()
    files = {
        ROOT / "bindings/python/native/cdef.h": python_cdef(nodes),
        ROOT / "bindings/python/deltos/_ffi.pyi": python_stub(nodes),
    }
    stale = []
    for path, text in files.items():
        if not path.exists() or path.read_text() != text:
            stale.append(path.relative_to(ROOT))
            if not check:
                path.write_text(text)
    if check and stale:
        print(f"not what include/deltos says: {', '.join(map(str, stale))}; run bindings/generate.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
