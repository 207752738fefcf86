"""Compiles every public header alone, in each standard and with each compiler, and gives those of C to cffi.

The headers of C++ are compiled in C++ only: each in the oldest standard, deltos.hpp in all of them, with exceptions and without.
"""

import argparse
import itertools
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sources import ROOT, declared_functions, finish, output_of

STANDARDS = {"c99": "c", "c11": "c", "c++17": "c++", "c++20": "c++"}
CPP_STANDARDS = ("c++17", "c++20", "c++2b")
COMPILERS = {"c": ["gcc", "clang"], "c++": ["g++", "clang++"]}
STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only"]
STRICT_CPP = ["-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wold-style-cast"]


def compile_alone(compiler, language, include, header, flags):
    """What the compiler says of a source that includes this header twice and nothing else."""
    source = f"#include <{header}>\n#include <{header}>\n"
    command = [compiler, f"-x{language}", *flags, *STRICT, f"-I{include}", "-"]
    ran = subprocess.run(command, input=source, capture_output=True, text=True)
    return f"{header} alone with {compiler} {' '.join(flags)}:\n{ran.stderr}" if ran.returncode else ""


def flags_for(header):
    """The language and the flags of each compilation of a header."""
    if not header.endswith(".hpp"):
        return [(language, [f"-std={standard}"]) for standard, language in STANDARDS.items()]
    if header != "deltos/deltos.hpp":
        return [("c++", [f"-std={CPP_STANDARDS[0]}", *STRICT_CPP])]
    variants = itertools.product(CPP_STANDARDS, [[], ["-fno-exceptions", "-fno-rtti"]])
    return [("c++", [f"-std={standard}", *STRICT_CPP, *more]) for standard, more in variants]


def compile_all(include):
    headers = sorted(path.relative_to(include).as_posix() for path in include.glob("deltos/**/*.h*"))
    jobs = [
        (compiler, language, include, header, flags)
        for header in headers
        for language, flags in flags_for(header)
        for compiler in filter(shutil.which, COMPILERS[language])
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        said = list(pool.map(lambda job: compile_alone(*job), jobs))
    return [text for text in said if text], len(jobs)


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
