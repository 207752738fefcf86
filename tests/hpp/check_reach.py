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
    "deltos_view_to_arrow": "bound next",
    "deltos_value_open_memory": "bound next",
    "deltos_value_read": "bound next",
    "deltos_value_children": "bound next",
    "deltos_value_find": "bound next",
    "deltos_value_view": "bound next",
    "deltos_value_hash": "bound next",
    "deltos_value_equal": "bound next",
    "deltos_value_builder_begin": "bound next",
    "deltos_value_builder_put": "bound next",
    "deltos_value_builder_put_view": "bound next",
    "deltos_value_builder_pack": "bound next",
    "deltos_value_builder_store": "bound next",
    "deltos_builder_release": "bound next",
    "DELTOS_VALUE_NULL": "bound next",
    "DELTOS_VALUE_BOOL": "bound next",
    "DELTOS_VALUE_INT": "bound next",
    "DELTOS_VALUE_UINT": "bound next",
    "DELTOS_VALUE_FLOAT": "bound next",
    "DELTOS_VALUE_BYTES": "bound next",
    "DELTOS_VALUE_UTF8": "bound next",
    "DELTOS_VALUE_LIST": "bound next",
    "DELTOS_VALUE_TUPLE": "bound next",
    "DELTOS_VALUE_SET": "bound next",
    "DELTOS_VALUE_DICT": "bound next",
    "DELTOS_VALUE_DATE": "bound next",
    "DELTOS_VALUE_DATETIME": "bound next",
    "DELTOS_VALUE_DECIMAL": "bound next",
    "DELTOS_VALUE_NDARRAY": "bound next",
    "DELTOS_VALUE_REFERENCE": "bound next",
    "DELTOS_VALUE_END": "bound next",
    "DELTOS_VALUE_SHARE": "bound next",
    "DELTOS_DECIMAL_FINITE": "bound next",
    "DELTOS_DECIMAL_INFINITE": "bound next",
    "DELTOS_DECIMAL_NAN": "bound next",
    "DELTOS_DECIMAL_SIGNALLING_NAN": "bound next",
    "DELTOS_VALUE_NO_ZONE": "bound next",
    "DELTOS_KIND_VALUE": "bound next",
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
