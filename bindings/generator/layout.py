"""Writes the C program that prints the layout of every public struct and the value of every constant.

Each line is "struct NAME size alignment", "field STRUCT NAME offset size" or "constant NAME value". The test of each
binding compiles it, runs it, and computes the same lines in its own language.
"""

from __future__ import annotations

from .headers import NOTICE, Interface

OPENING = f"""\
// {NOTICE}

// Prints what a C compiler makes of the public headers, for the tests of the bindings to compare with, in lines:
// struct NAME size alignment; field STRUCT NAME offset size; constant NAME value.

#include <deltos/deltos.h>
#include <stddef.h>
#include <stdio.h>

#define STRUCT(type) printf("struct %s %zu %zu\\n", #type, sizeof(type), _Alignof(type))
#define SIZE(type, name) sizeof(((type *)NULL)->name)
#define FIELD(type, name) printf("field %s %s %zu %zu\\n", #type, #name, offsetof(type, name), SIZE(type, name))
#define CONSTANT(name) printf("constant %s %lld\\n", #name, (long long)(name))
#define STRING(name) printf("constant %s %s\\n", #name, name)
"""


def program(interface: Interface) -> str:
    """tests/abi/layout.c."""
    lines = [OPENING, "int main(void) {"]
    for struct in interface.structs():
        lines.append(f"  STRUCT({struct.name});")
        lines += [f"  FIELD({struct.name}, {field.name});" for field in struct.fields]
    lines += [f"  CONSTANT({constant.name});" for constant in interface.constants()]
    lines += [f"  {'STRING' if item.is_string else 'CONSTANT'}({item.name});" for item in interface.defines]
    return "\n".join([*lines, "  return 0;", "}"]) + "\n"
