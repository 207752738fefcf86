"""Rejects an include that points upward among the layers of src, and a system call outside src/os.

A file may include its own layer and those below it, by full path. Public headers belong to the boundary, src/capi, and
to the programs in src/cli, which may include nothing else.
"""

import argparse
import re
from pathlib import Path

from sources import ROOT, blank, finish, line_of

LAYERS = ["base", "os", "format", "dtype", "value", "record", "map", "store", "object", "interop", "capi"]
CALLS = (
    "open openat close read write pread pwrite preadv pwritev mmap munmap mremap mprotect madvise msync fsync fdatasync ftruncate "
    "fallocate fcntl ioctl stat fstat rename renameat2 unlink unlinkat linkat memfd_create sigaction syscall fork"
).split()


def include_problem(layer, delimiter, path):
    top = path.split("/")[0]
    if delimiter == "<" and top != "deltos":
        return None
    if top == "deltos":
        return None if layer in ("capi", "cli") else "a public header belongs to capi alone"
    if layer == "cli":
        return "a program uses public headers alone"
    if "/" not in path or top not in LAYERS:
        return "not the full path of a file in a layer"
    if LAYERS.index(top) > LAYERS.index(layer):
        return f"points upward: {layer} lies below {top}"
    return None


def problems_of(path, layer):
    text = path.read_text()
    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', text, re.MULTILINE):
        problem = include_problem(layer, match.group(1), match.group(2))
        if problem:
            yield f"{path}:{line_of(text, match.start())}: include of {match.group(2)}: {problem}"
    if layer == "os":
        return
    for match in re.finditer(r"(?<![\w:>])::(%s)\s*\(" % "|".join(CALLS), blank(text)):
        yield f"{path}:{line_of(text, match.start())}: {match.group(1)}() is called; only src/os makes system calls"


def check(source):
    problems, count = [], 0
    for path in sorted(source.rglob("*.[ch]pp")):
        layer = path.relative_to(source).parts[0]
        if layer not in [*LAYERS, "cli"]:
            problems.append(f"{path}: {layer} is no layer")
            continue
        count += 1
        problems.extend(problems_of(path, layer))
    return problems, count


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("source", nargs="?", type=Path, default=ROOT / "src")
    found, files = check(parser.parse_args().source)
    finish(found, f"{files} files include downward only")
