"""Rejects a symbol that is not in all three: the map, the public headers, and what the library exports."""

import argparse
import re
from pathlib import Path

from sources import ROOT, declared_functions, finish, output_of


def mapped_symbols(text):
    text = re.sub(r"/\*.*?\*/|#[^\n]*", "", text, flags=re.DOTALL)
    symbols = []
    for section in re.findall(r"\bglobal:(.*?)(?:\blocal:|\})", text, re.DOTALL):
        symbols += re.findall(r"[^\s;]+(?=\s*;)", section)
    return symbols


def exported_symbols(library):
    """Names with their version; the version nodes themselves are absolute symbols and left out."""
    symbols = set()
    for line in output_of("nm", "-D", "--defined-only", library).splitlines():
        kind, name = line.split()[-2:]
        if kind != "A":
            symbols.add(name.split("@")[0])
    return symbols


def compare(mapped, declared, exported):
    problems = [f"{name} is named twice in the map" for name in sorted({n for n in mapped if mapped.count(n) > 1})]
    if mapped != sorted(mapped):
        problems.append("the map is not sorted")
    if any("*" in name for name in mapped):
        problems.append("the map exports by pattern; every symbol has to be named")
    places = {"the map": set(mapped), "the headers": declared, "the library": exported}
    for name in sorted(set().union(*places.values())):
        absent = [place for place, names in places.items() if name not in names]
        if absent:
            problems.append(f"{name} is not in {' and '.join(absent)}")
        if not re.fullmatch(r"deltos_[a-z0-9_]+", name):
            problems.append(f"{name} is no name for a C function of this library")
    return problems


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("library", type=Path)
    library = parser.parse_args().library
    map_text = (ROOT / "src" / "deltos.map").read_text()
    declared = declared_functions(ROOT / "include")
    finish(
        compare(mapped_symbols(map_text), declared, exported_symbols(library)),
        f"{len(declared)} symbols are in the map, the headers and the library",
    )
