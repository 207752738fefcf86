"""Checks the shared library as a file: its soname, what it needs at run time, and the numbers it was built with."""

import argparse
import re
from pathlib import Path

from sources import ROOT, finish, output_of

ALLOWED = re.compile(r"(libc|libm|libstdc\+\+|libgcc_s)\.so\.\d+|ld-linux-[\w-]+\.so\.\d+")
SANITIZER = re.compile(r"lib(asan|ubsan|tsan)\.so\.\d+")


def dynamic_entries(text):
    """Pairs of tag and value from `readelf --dynamic`."""
    return re.findall(r"\((\w+)\)\s+(?:[^\[\n]*\[([^\]]*)\])?", text)


def dynamic_problems(text, abi):
    entries = dynamic_entries(text)
    soname = [value for tag, value in entries if tag == "SONAME"]
    problems = [] if soname == [f"libdeltos.so.{abi}"] else [f"the soname is {soname}, not libdeltos.so.{abi}"]
    needed = [value for tag, value in entries if tag == "NEEDED"]
    problems += [f"needs {name} at run time" for name in needed if not ALLOWED.fullmatch(name) and not SANITIZER.fullmatch(name)]
    if any(tag == "TEXTREL" for tag, _ in entries):
        problems.append("has relocations in its text")
    if any(tag in ("RPATH", "RUNPATH") for tag, _ in entries):
        problems.append("carries a search path for libraries")
    return problems


def version_problems(include, meson, abi):
    text = (include / "deltos" / "version.h").read_text()
    macros = dict(re.findall(r"^#define (DELTOS_\w+) (\S+)$", text, re.MULTILINE))
    project = re.search(r"^\s*version: '([^']+)'", meson.read_text(), re.MULTILINE).group(1)
    parts = ".".join(macros.get(f"DELTOS_VERSION_{part}", "?") for part in ("MAJOR", "MINOR", "PATCH"))
    problems = []
    if not macros.get("DELTOS_VERSION", "").strip('"') == parts == project:
        problems.append(f"version.h says {macros.get('DELTOS_VERSION')} and {parts}, meson.build says {project}")
    if macros.get("DELTOS_ABI_VERSION") != abi:
        problems.append(f"version.h has ABI {macros.get('DELTOS_ABI_VERSION')}, the soname {abi}")
    return problems


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("library", type=Path)
    parser.add_argument("abi")
    options = parser.parse_args()
    said = dynamic_problems(output_of("readelf", "--dynamic", "--wide", options.library), options.abi)
    said += version_problems(ROOT / "include", ROOT / "meson.build", options.abi)
    finish(said, f"{options.library.name} needs the C and C++ libraries alone")
