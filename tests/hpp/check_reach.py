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
    "deltos_object_to_arrow": "bound next",
    "deltos_record_table_to_arrow_stream": "bound next",
    "deltos_record_table_from_arrow": "bound next",
    "deltos_record_table_add": "bound next",
    "deltos_record_table_begin": "bound next",
    "deltos_record_table_column": "bound next",
    "deltos_record_table_finish": "bound next",
    "deltos_record_table_heap": "bound next",
    "deltos_record_table_open_memory": "bound next",
    "deltos_record_table_pack": "bound next",
    "deltos_record_table_presence": "bound next",
    "deltos_record_table_read": "bound next",
    "deltos_record_table_rows": "bound next",
    "deltos_record_table_stat": "bound next",
    "deltos_record_table_value": "bound next",
    "deltos_record_table_verify": "bound next",
    "deltos_schema_check": "bound next",
    "deltos_schema_find": "bound next",
    "deltos_schema_make": "bound next",
    "deltos_schema_nested": "bound next",
    "deltos_schema_of": "bound next",
    "deltos_schema_pack": "bound next",
    "deltos_schema_release": "bound next",
    "deltos_schema_slots": "bound next",
    "deltos_schema_stat": "bound next",
    "deltos_schema_unpack": "bound next",
    "DELTOS_TYPE_FIXED": "bound next",
    "DELTOS_TYPE_DATE": "bound next",
    "DELTOS_TYPE_DATETIME": "bound next",
    "DELTOS_TYPE_BYTES": "bound next",
    "DELTOS_TYPE_UTF8": "bound next",
    "DELTOS_TYPE_LIST": "bound next",
    "DELTOS_TYPE_TUPLE": "bound next",
    "DELTOS_TYPE_SET": "bound next",
    "DELTOS_TYPE_DICT": "bound next",
    "DELTOS_TYPE_DECIMAL": "bound next",
    "DELTOS_TYPE_NDARRAY": "bound next",
    "DELTOS_TYPE_VALUE": "bound next",
    "DELTOS_TYPE_RECORD": "bound next",
    "DELTOS_SLOT_NULLABLE": "bound next",
    "DELTOS_SLOT_OPTIONAL": "bound next",
    "DELTOS_SLOT_WRITABLE": "bound next",
    "DELTOS_SLOT_UTC": "bound next",
    "DELTOS_LAYOUT_ROWS": "bound next",
    "DELTOS_LAYOUT_COLUMNS": "bound next",
    "DELTOS_PRESENT": "bound next",
    "DELTOS_NULL": "bound next",
    "DELTOS_UNSET": "bound next",
    "DELTOS_PRESENCE_VALID": "bound next",
    "DELTOS_PRESENCE_NULL": "bound next",
    "DELTOS_COLUMN_FIXED": "bound next",
    "DELTOS_COLUMN_OFFSETS": "bound next",
    "DELTOS_COLUMN_SLICES": "bound next",
    "DELTOS_KIND_RECORD_TABLE": "bound next",
    "DELTOS_VALUE_RECORD": "bound next",
    "deltos_view_to_arrow": "bound next",
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
