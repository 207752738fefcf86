"""Rejects a function or a named number of the C interface that cannot be reached through the headers of C++.

A name that is not used there needs a reason in LEFT_OUT; a reason that is no longer needed is a mistake as well.
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "abi"))

from sources import blank, declared_functions, finish  # noqa: E402

LEFT_OUT: dict[str, str] = {}


def declared_constants(include):
    names = set()
    for header in sorted(include.glob("deltos/*.h")):
        for body in re.findall(r"\benum\s*\{(.*?)\}", blank(header.read_text()), re.DOTALL):
            names.update(re.findall(r"\b(DELTOS_\w+)\s*=", body))
    return names


def check(include, left_out):
    used = set()
    for header in sorted(include.glob("deltos/**/*.hpp")):
        used.update(re.findall(r"\b(?:deltos|DELTOS)_\w+\b", blank(header.read_text())))
    wanted = declared_functions(include) | declared_constants(include)
    problems = [f"{name} cannot be reached from C++" for name in sorted(wanted - used - set(left_out))]
    needless = [name for name in left_out if name in used or name not in wanted]
    problems += [f"{name} is left out ({left_out[name]}), but it is used or unknown" for name in needless]
    return problems, len(wanted)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("include", nargs="?", type=Path, default=ROOT / "include")
    options = parser.parse_args()
    found, count = check(options.include, LEFT_OUT)
    finish(found, f"{count} functions and constants are reached, {len(LEFT_OUT)} are left out")
