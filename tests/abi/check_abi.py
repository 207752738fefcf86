"""Compares the library with the recorded ABI: nothing that a linked program relies on may go away or change.

    check_abi.py LIBRARY             compare; additions are told, not refused
    check_abi.py LIBRARY --record    write the record anew, with a release or a change of the soname
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from sources import ROOT

RECORD = ROOT / "tests" / "abi" / "libdeltos.abi"
INCOMPATIBLE = 8 | 4 | 2 | 1  # abidiff: an incompatible change, a change, and its two kinds of error


def record(library):
    return subprocess.run(
        ["abidw", "--headers-dir", ROOT / "include", "--drop-private-types", "--no-corpus-path", "--no-comp-dir-path",
         "--no-show-locs", "--out-file", RECORD, library]
    ).returncode


def compare(library, baseline=RECORD):
    return subprocess.run(
        ["abidiff", "--headers-dir2", ROOT / "include", "--drop-private-types", "--fail-no-debug-info", "--no-added-syms",
         "--suppressions", ROOT / "tests" / "abi" / "accepted.suppr", baseline, library]
    ).returncode & INCOMPATIBLE


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("library", type=Path)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    if not shutil.which("abidiff"):
        print("skipped: abidiff is not installed")
        sys.exit(77)
    sys.exit(record(options.library) if options.record else compare(options.library))
