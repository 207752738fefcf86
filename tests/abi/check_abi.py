"""Compares the ABI that the public headers describe with the recorded one: nothing that a linked program relies on may
go away or change.

    check_abi.py             compare; additions are told, not refused
    check_abi.py --record    write the record anew, with a release or a change of the soname

What is compared is a library of empty bodies made from the headers, so that the record stays small and free of what
lies behind the handles. That the real library has these very functions is for the compiler and check_symbols.py.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sources import ROOT, output_of

RECORD = ROOT / "tests" / "abi" / "libdeltos.abi"
ACCEPTED = ROOT / "tests" / "abi" / "accepted.suppr"
PROTOTYPE = re.compile(r'(__attribute__\(\(visibility\("default"\)\)\)[^;{}]*\));')


def skeleton(include, folder):
    """A shared library with every function of the headers under `include`, each with a body that does nothing."""
    text = output_of("cc", "-E", "-P", f"-I{include}", include / "deltos" / "deltos.h")
    (folder / "skeleton.c").write_text(PROTOTYPE.sub(r"\1 { __builtin_trap(); }", text))
    library = folder / "libdeltos.so"
    subprocess.run(
        ["cc", "-g", "-shared", "-fPIC", "-Wl,-soname,libdeltos.so", "-w", "-o", library.name, "skeleton.c"],
        cwd=folder,
        check=True,
    )
    return library


def record(include, target):
    with tempfile.TemporaryDirectory() as folder:
        library = skeleton(include, Path(folder))
        quiet = ["--no-corpus-path", "--no-comp-dir-path", "--no-show-locs"]
        return subprocess.run(["abidw", *quiet, "--out-file", target, library]).returncode


def compare(include, baseline):
    """What abidiff reports that is more than an addition; nothing when a linked program keeps working."""
    with tempfile.TemporaryDirectory() as folder:
        library = skeleton(include, Path(folder))
        options = ["--fail-no-debug-info", "--no-added-syms", "--suppressions", ACCEPTED]
        ran = subprocess.run(["abidiff", *options, baseline, library], capture_output=True, text=True)
    return ran.stdout + ran.stderr if ran.returncode else ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", action="store_true")
    if not shutil.which("abidiff"):
        print("skipped: abidiff is not installed")
        return 77
    if parser.parse_args().record:
        return record(ROOT / "include", RECORD)
    problems = compare(ROOT / "include", RECORD)
    print(problems or "the headers keep the recorded ABI")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
