"""Writes the raw layer of LuaJIT: the declarations as its FFI reads them."""

from __future__ import annotations

from pycparser import c_generator

from .headers import NOTICE, Interface


def cdef(interface: Interface) -> str:
    """A Lua module that is one string; the FFI knows no preprocessor, so that macros are left out."""
    generator = c_generator.CGenerator()
    lines = [f"-- {NOTICE}", "return [==["]
    lines += [generator.visit(node) + ";" for node in interface.nodes]
    return "\n".join([*lines, "]==]"]) + "\n"
