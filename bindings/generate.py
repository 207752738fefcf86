"""Makes the raw layers of the bindings from the public headers.

    python bindings/generate.py               write them
    python bindings/generate.py --check       change nothing; fail when a committed file is not what the headers say
    python bindings/generate.py --functions   print the names of all public functions

What it writes is committed, so that building a binding needs neither a C parser nor this file; a test runs it with
--check.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from generator import headers, julia, layout, lua, python, rust


def generated(interface: headers.Interface) -> dict[Path, str]:
    """Every generated file and what belongs there."""
    texts = {
        "bindings/python/native/cdef.h": python.cdef(interface),
        "bindings/python/deltos/_ffi.pyi": python.stub(interface),
        "bindings/rust/deltos-sys/src/bindings.rs": rust.bindings(interface),
        "bindings/rust/deltos-sys/tests/layout/table.rs": rust.layout_table(interface),
        "bindings/julia/Deltos.jl/src/raw.jl": julia.module(interface),
        "bindings/lua/deltos_cdef.lua": lua.cdef(interface),
        "tests/abi/layout.c": layout.program(interface),
    }
    return {headers.ROOT / path: text for path, text in texts.items()}


def bring_up_to_date(files: dict[Path, str], check: bool) -> int:
    """Writes what is not as it should be, or only says so."""
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    if check and stale:
        names = ", ".join(str(path.relative_to(headers.ROOT)) for path in stale)
        print(f"not what include/deltos says: {names}; run bindings/generate.py", file=sys.stderr)
        return 1
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path])
    return 0


def main() -> int:
    """Reads the headers and does as the arguments say."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    action = arguments.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="compare instead of writing")
    action.add_argument("--functions", action="store_true", help="print the names of all public functions")
    given = arguments.parse_args()
    interface = headers.read()
    if given.functions:
        print("\n".join(function.name for function in interface.functions()))
        return 0
    return bring_up_to_date(generated(interface), given.check)


if __name__ == "__main__":
    sys.exit(main())
