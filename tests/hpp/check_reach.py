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

LEFT_OUT: dict[str, str] = {
    "DELTOS_COMPARE_EQUAL": "bound next",
    "DELTOS_COMPARE_GREATER": "bound next",
    "DELTOS_COMPARE_LESS": "bound next",
    "DELTOS_COMPARE_UNORDERED": "bound next",
    "DELTOS_CONTIGUOUS_C": "bound next",
    "DELTOS_CONTIGUOUS_F": "bound next",
    "DELTOS_MEMORY_ACQUIRE": "bound next",
    "DELTOS_MEMORY_ACQ_REL": "bound next",
    "DELTOS_MEMORY_RELAXED": "bound next",
    "DELTOS_MEMORY_RELEASE": "bound next",
    "DELTOS_MEMORY_SEQ_CST": "bound next",
    "DELTOS_SLICE_INDEX": "bound next",
    "DELTOS_SLICE_NO_START": "bound next",
    "DELTOS_SLICE_NO_STOP": "bound next",
    "deltos_view_atomic_add": "bound next",
    "deltos_view_atomic_compare_exchange": "bound next",
    "deltos_view_atomic_load": "bound next",
    "deltos_view_atomic_store": "bound next",
    "deltos_view_cast": "bound next",
    "deltos_view_compare": "bound next",
    "deltos_view_contiguity": "bound next",
    "deltos_view_count": "bound next",
    "deltos_view_equal": "bound next",
    "deltos_view_fill": "bound next",
    "deltos_view_find": "bound next",
    "deltos_view_gather": "bound next",
    "deltos_view_get_bytes": "bound next",
    "deltos_view_get_f64": "bound next",
    "deltos_view_get_i64": "bound next",
    "deltos_view_get_u64": "bound next",
    "deltos_view_read_fd": "bound next",
    "deltos_view_reshape": "bound next",
    "deltos_view_set_bytes": "bound next",
    "deltos_view_set_f64": "bound next",
    "deltos_view_set_i64": "bound next",
    "deltos_view_set_u64": "bound next",
    "deltos_view_slice": "bound next",
    "deltos_view_transpose": "bound next",
    "deltos_view_window": "bound next",
    "deltos_view_write_fd": "bound next",
}


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
