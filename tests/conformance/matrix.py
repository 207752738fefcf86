"""Every runner on the corpus, every reader on every writer's storage and on the released files: table and verdict.

    matrix.py [--build DIR] [--only NAME,...] [--runner NAME=COMMAND] [--absent NAME=REASON] [--lacks NAME=SUBJECT]
              [--counts FILE] [FILE...]

The runners are found in the build directory of ./dev; --runner names another command for one, or adds a reader,
--absent says why one is not there, --lacks what one does not know yet: that is skipped, loudly. FILE: parts of the
corpus instead of all of it. The exit status is 0 when everything passed. --counts appends one line "passed failed
skipped".

What the writers wrote is compared byte by byte, but for what must differ: see masked().
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from reader import BLOCK, Damaged, Storage

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OF_MAPS = HERE / "golden" / "maps-1.0.json"  # what is written anew, too, but never the same: hashes are seeded
TIMEOUT = 1800  # seconds, for a runner that hangs


class Runner(NamedTuple):
    """A program that this directory's README describes."""

    name: str
    command: str  # words; {build} and {root} are filled in
    writes: bool = True
    runs: bool = True
    lacks: tuple[str, ...] = ()  # subjects, which see, that the language does not have yet


# What not every language has from the start: how the names of its corpus files begin, and what its objects are called.
SUBJECTS = {
    "values": ("value_", "value"),
    "records": ("record_", "records"),
    "hash-maps": ("map_", "map"),
    "sorted-maps": ("sorted_", "sorted"),
}
MAPS = ("hash-maps", "sorted-maps")

RUNNERS = (
    Runner("C", "{build}/debug/tests/conformance/runners/c/runner"),
    Runner("C++", "{build}/debug/tests/conformance/runners/cpp/runner"),
    Runner("Python", "{build}/venv-package/bin/python {root}/tests/conformance/runners/python/runner.py"),
    Runner("Rust", "{build}/rust/release/deltos-conformance"),
    Runner(
        "Julia",
        "julia --startup-file=no --project={root}/bindings/julia/Deltos.jl"
        " {root}/bindings/julia/Deltos.jl/test/conformance.jl",
    ),
    Runner("Node", "node {build}/node/golden.mjs", writes=False, runs=False, lacks=MAPS),
    Runner("Lua", "luajit {root}/bindings/lua/golden.lua", writes=False, runs=False, lacks=MAPS),
    Runner("Go", "{build}/go/golden", writes=False, runs=False, lacks=MAPS),
    Runner("reader.py", "{python} {root}/tests/conformance/reader.py", writes=False, runs=False),
)


class Tally:
    """What passed, failed and was skipped, and what is to be said about it."""

    def __init__(self) -> None:
        self.passed = self.failed = self.skipped = 0
        self.complaints: list[str] = []

    def pass_(self, count: int = 1) -> None:
        self.passed += count

    def fail(self, complaint: str, count: int = 1) -> None:
        self.failed += count
        self.complaints.append(complaint)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--only", default="")
    parser.add_argument("--runner", action="append", default=[])
    parser.add_argument("--absent", action="append", default=[])
    parser.add_argument("--lacks", action="append", default=[])
    parser.add_argument("--counts", type=Path)
    parser.add_argument("corpus", nargs="*", type=Path)
    return parser.parse_args()


def pairs_of(options: list[str]) -> dict[str, str]:
    return dict(option.split("=", 1) for option in options)


def chosen_runners(options: argparse.Namespace) -> list[Runner]:
    given, lacks = pairs_of(options.runner), pairs_of(options.lacks)
    runners = [runner._replace(command=given.pop(runner.name, runner.command)) for runner in RUNNERS]
    runners = [runner._replace(lacks=(*runner.lacks, *lacks.get(runner.name, "").split())) for runner in runners]
    runners += [Runner(name, command, writes=False, runs=False) for name, command in given.items()]
    only = options.only.split(",") if options.only else [runner.name for runner in runners]
    unknown = set(only) - {runner.name for runner in runners}
    if unknown:
        sys.exit(f"matrix: no runner is called {', '.join(sorted(unknown))}")
    return [runner for runner in runners if runner.name in only]


def words_of(runner: Runner, build: Path) -> list[str]:
    return [word.format(build=build, root=ROOT, python=sys.executable) for word in shlex.split(runner.command)]


def missing(words: list[str]) -> str | None:
    """What of a command is not there."""
    if shutil.which(words[0]) is None:
        return f"{words[0]} is not there"
    absent = (word for word in words[1:] if word.startswith("/") and not Path(word).exists())
    return next((f"{word} is not there" for word in absent), None)


def execute(words: list[str], *more: str | Path) -> tuple[int, str]:
    """The exit status and what was said."""
    try:
        ran = subprocess.run(
            [*words, *map(str, more)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return -1, f"nothing came in {TIMEOUT} seconds"
    return ran.returncode, ran.stdout.decode("utf-8", "replace")


def ends_of(text: str) -> str:
    """What was said, cut when it is long."""
    lines = text.strip().splitlines()
    shown = lines if len(lines) <= 20 else [*lines[:10], "...", *lines[-9:]]
    return "\n".join(f"    {line[:300]}" for line in shown)


def table(title: str, columns: list[str], rows: list[tuple[str, list[str]]]) -> None:
    widths = [max(len(column), *(len(cells[i]) for _, cells in rows)) for i, column in enumerate(columns)]
    first = max(len(title), *(len(name) for name, _ in rows))
    print("\n" + "  ".join([title.ljust(first), *(column.rjust(width) for column, width in zip(columns, widths))]))
    for name, cells in rows:
        print("  ".join([name.ljust(first), *(cell.rjust(width) for cell, width in zip(cells, widths))]))


# ---- The corpus


def known_to(runner: Runner, paths: list[Path]) -> list[Path]:
    """Corpus files and descriptions, but for those of subjects that it lacks."""

    def is_of(subject: str, path: Path) -> bool:
        beginning, kind = SUBJECTS[subject]
        objects = json.loads(path.read_text(encoding="utf-8")).get("objects", [])
        return path.name.startswith(beginning) or any(entry.get("kind") == kind for entry in objects)

    return [path for path in paths if not any(is_of(subject, path) for subject in runner.lacks)]


def run_corpus(name: str, words: list[str], corpus: list[Path], tally: Tally) -> dict[str, tuple[int, int]]:
    """Passed and failed cases of each file, all in one run: some languages take long to start."""
    cases = {path: len(json.loads(path.read_text(encoding="utf-8"))["cases"]) for path in corpus}
    code, said = execute(words, "run", *corpus)
    counts = re.findall(r"^(\d+) passed, (\d+) failed$", said, re.MULTILINE)
    passed, failed = map(int, counts[-1]) if counts else (0, 0)
    if passed + failed != sum(cases.values()) or (code == 0) != (failed == 0):
        tally.fail(f"{name} ended with {code} after {passed + failed} of {sum(cases.values())} cases:\n{ends_of(said)}")
        return {path.stem: (0, count) for path, count in cases.items()}
    tally.pass_(passed)
    if failed:
        tally.fail(f"{name} on the corpus:\n{ends_of(said)}", failed)
    wrong = Counter(Path(line).name for line in re.findall(r"^FAILED (.*?\.json): ", said, re.MULTILINE))
    return {path.stem: (count - wrong[path.name], wrong[path.name]) for path, count in cases.items()}


def show_corpus(results: dict[str, dict[str, tuple[int, int]]], corpus: list[Path]) -> None:
    def cell(counts: tuple[int, int] | None) -> str:
        if counts is None:
            return "-"
        return f"{counts[0]}" if not counts[1] else f"{counts[0]} + {counts[1]} FAILED"

    rows = [(path.stem, [cell(results[name].get(path.stem)) for name in results]) for path in corpus]
    passed = [sum(counts[0] for counts in files.values()) for files in results.values()]
    failed = [sum(counts[1] for counts in files.values()) for files in results.values()]
    table("cases", [*results], [*rows, ("all", [cell(counts) for counts in zip(passed, failed)])])


# ---- The goldens


def masked(path: Path) -> bytes:
    """The file without what two writers can never have in common.

    That is: the uuid, the hash seed and the time of creation in the header, uuid and time in the superblocks, the live
    page (process, inode), the uuid in catalogue pages, boot and file in the control blocks of arrays, and the checksums
    over these.
    """
    data = bytearray(path.read_bytes())

    def blank(start: int, end: int) -> None:
        data[start:end] = bytes(end - start)

    for start, end in ((16, 32), (56, 72), (248, 256), (327680, 327680 + BLOCK)):
        blank(start, end)
    for slot in (65536, 131072, 196608, 262144):
        for start, end in ((104, 128), (1016, 1024)):
            blank(slot + start, slot + end)
    with Storage(str(path)) as storage:
        for first, blocks in storage.zones:
            for page in range(first * BLOCK, (first + blocks) * BLOCK, BLOCK):
                blank(page + 24, page + 32)
                blank(page + BLOCK - 8, page + BLOCK)
        for control in storage.controls():
            blank(control.offset + 8, control.offset + 40)
    return bytes(data)


def difference(one: bytes, other: bytes) -> str | None:
    if one == other:
        return None
    if len(one) != len(other):
        return f"{len(one)} and {len(other)} bytes long"
    places = [at for at in range(len(one)) if one[at] != other[at]]
    return f"{len(places)} bytes differ, the first at {places[0]}"


def write_goldens(
    there: dict[Runner, list[str]], description: Path, directory: Path, tally: Tally
) -> dict[str, Path]:
    """The storage of a description in each language that knows what is in it."""
    written = {}
    for number, (runner, words) in enumerate(there.items()):
        if not runner.writes or not known_to(runner, [description]):
            continue
        name, path = runner.name, directory / f"{description.stem}-{number}.deltos"
        code, said = execute(words, "write", description, path)
        if code or not path.exists():
            tally.fail(f"{name} could not write {description.name} ({code}):\n{ends_of(said)}")
        else:
            written[name] = path
    return written


def compare_bytes(written: dict[str, Path], tally: Tally) -> None:
    names, same = [*written], []
    for name in names[1:]:
        try:
            what = difference(masked(written[names[0]]), masked(written[name]))
        except Damaged as damage:
            what = f"not a storage by the format's page: {damage}"
        if what is None:
            tally.pass_()
            same.append(name)
        else:
            tally.fail(f"the files of {names[0]} and {name}: {what}")
    if same:
        print(f"\nByte by byte as {names[0]} wrote it: {', '.join(same)}.")


def read_goldens(
    readers: dict[Runner, list[str]], files: dict[str, tuple[Path, Path]], directory: Path, tally: Tally
) -> None:
    rows = []
    for reader, words in readers.items():
        cells = []
        for writer, (description, path) in files.items():
            if not known_to(reader, [description]):
                cells.append("-")
                continue
            copy = directory / "read.deltos"  # nobody spoils it for the next
            shutil.copy(path, copy)
            code, said = execute(words, "read", description, copy)
            cells.append("FAILED" if code else "ok")
            if code:
                tally.fail(f"{reader.name} reading what {writer} wrote ({code}):\n{ends_of(said)}")
            else:
                tally.pass_()
        rows.append((reader.name, cells))
    if rows and files:
        table("read by, written by", [*files], rows)


def main() -> int:
    options = arguments()
    corpus = options.corpus or sorted((HERE / "corpus").glob("*.json"))
    absent, tally = pairs_of(options.absent), Tally()
    if (library := options.build.resolve() / "stage/lib/libdeltos.so.0").exists():
        os.environ.setdefault("DELTOS_LIBRARY", str(library))
        os.environ.setdefault("LD_LIBRARY_PATH", str(library.parent))
    there = {}
    for runner in chosen_runners(options):
        words = words_of(runner, options.build)
        reason = absent.get(runner.name) or missing(words)
        if reason:
            tally.skipped += 1
            print(f"SKIPPED {runner.name}: {reason}", flush=True)
        else:
            there[runner] = words
            for subject in runner.lacks:
                tally.skipped += 1
                print(f"SKIPPED {subject} in {runner.name}: it does not have them yet", flush=True)
    results = {
        runner.name: run_corpus(runner.name, words, known_to(runner, corpus), tally)
        for runner, words in there.items()
        if runner.runs and known_to(runner, corpus)
    }
    if results:
        show_corpus(results, corpus)
    with tempfile.TemporaryDirectory(prefix="deltos-golden-") as directory:
        written = write_goldens(there, HERE / "golden.json", Path(directory), tally)
        compare_bytes(written, tally)
        files = {name: (HERE / "golden.json", path) for name, path in written.items()}
        maps = write_goldens(there, OF_MAPS, Path(directory), tally)
        files |= {f"maps of {name}": (OF_MAPS, path) for name, path in maps.items()}
        released = sorted((HERE / "golden").glob("*.deltos"))
        files |= {path.name: (path.with_suffix(".json"), path) for path in released}
        read_goldens(there, files, Path(directory), tally)
    for complaint in tally.complaints:
        print(f"\nFAILED {complaint}")
    print(f"\n{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    if options.counts:
        with options.counts.open("a") as file:
            file.write(f"{tally.passed} {tally.failed} {tally.skipped}\n")
    return 1 if tally.failed or not there else 0


if __name__ == "__main__":
    sys.exit(main())
