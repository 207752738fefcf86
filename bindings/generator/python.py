"""Writes the raw layer of Python: the declarations as cffi reads them, and the stub of the module it compiles."""

from __future__ import annotations

import keyword

from pycparser import c_generator  # type: ignore[import-untyped]

from .headers import NOTICE, Callback, Interface, Named, Pointer, Type


def cdef(interface: Interface) -> str:
    """The declarations as cffi reads them."""
    generator = c_generator.CGenerator()
    lines = [f"/* {NOTICE} */"]
    lines += [f"#define {define.name} {define.text}" for define in interface.defines if not define.is_string]
    lines += [generator.visit(node) + ";" for node in interface.nodes]
    return "\n".join(lines) + "\n"


def stub(interface: Interface) -> str:
    """How mypy sees the module that cffi compiles."""
    callbacks = {item.name for item in interface.declarations if isinstance(item, Callback)}
    lines = [
        f"# {NOTICE}",
        "from typing import Any, Final, TypeAlias, type_check_only",
        "",
        "_CData: TypeAlias = Any",
        "",
        "@type_check_only",
        "class _Lib:",
    ]
    lines += [f"    {define.name}: Final[int]" for define in interface.defines if not define.is_string]
    lines += [f"    {constant.name}: Final[int]" for constant in interface.constants()]
    for function in interface.functions():
        listed = [
            f"{item.name}{'_' * keyword.iskeyword(item.name)}: {parameter_type(item.type, callbacks)}"
            for item in function.parameters
        ]
        positional = ", ".join(["self", *listed, "/"] if listed else ["self"])
        lines.append(f"    def {function.name}({positional}) -> {python_type(function.result, callbacks)}: ...")
    lines += [
        "    deltos_python_progress: _CData",
        "",
        "lib: _Lib",
        "ffi: Any",
    ]
    return "\n".join(lines) + "\n"


def python_type(kind: Type, callbacks: set[str]) -> str:
    """The type of a parameter or result."""
    if not isinstance(kind, Named) or kind.name in callbacks:
        return "_CData"
    return "None" if kind.name == "void" else "int"


def parameter_type(kind: Type, callbacks: set[str]) -> str:
    """As python_type; strings may be given as bytes."""
    text = kind == Pointer(Named("char"), const=True)
    return "_CData | bytes" if text else python_type(kind, callbacks)
