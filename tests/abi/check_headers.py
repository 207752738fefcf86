"""Compiles every public header alone, in each standard and with each compiler, and gives all of them to cffi."""

import argparse
import itertools
import shutil
import subprocess
import sys
from pathlib import Path

from sources import ROOT, declared_functions, finish, output_of

STANDARDS = {"c99": "c", "c11": "c", "c++17": "c++", "c++20": "c++"}
COMPILERS = {"c": ["gcc", "clang"], "c++": ["g++", "clang++"]}
STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only"]


def compile_alone(compiler, language, standard, include, header):
    """What the compiler says of a source that includes this header twice and nothing else."""
    source = f"#include <{header}>\n#include <{header}>\n"
    command = [compiler, f"-x{language}", f"-std={standard}", *STRICT, f"-I{include}", "-"]
    ran = subprocess.run(command, input=source, capture_output=True, text=True)
    return ran.stderr if ran.returncode else ""


def compile_all(include):
    problems, count = [], 0
    headers = sorted(path.relative_to(include).as_posix() for path in include.glob("deltos/*.h"))
    for header, (standard, language) in itertools.product(headers, STANDARDS.items()):
        for compiler in filter(shutil.which, COMPILERS[language]):
            count += 1
            said = compile_alone(compiler, language, standard, include, header)
            if said:
                problems.append(f"{header} alone with {compiler} -std={standard}:\n{said}")
    return problems, count


def declarations(include):
    return output_of("cc", "-E", "-P", "-DDELTOS_PARSE", f"-I{include}", include / "deltos" / "deltos.h")


def parse_with_cffi(include):
    """cffi parses with pycparser: what it reads, other generators of bindings can read as well."""
    import cffi

    ffi = cffi.FFI()
    try:
        ffi.cdef(declarations(include))
    except (cffi.CDefError, cffi.FFIError) as error:
        return [f"cffi cannot read the headers: {error}"]
    parsed = {key.removeprefix("function ") for key in ffi._parser._declarations if key.startswith("function ")}
    missing = declared_functions(include) ^ parsed
    return [f"{name} is not seen alike by cffi and in the headers" for name in sorted(missing)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("include", nargs="?", type=Path, default=ROOT / "include")
    parser.add_argument("--without-cffi", action="store_true")
    options = parser.parse_args()
    found, compiled = compile_all(options.include)
    if not options.without_cffi:
        found += parse_with_cffi(options.include)
    finish(found, f"{compiled} compilations of single headers are clean")
    sys.exit(0)
