"""The demo: one file, used by many processes at once, killed and opened again. Every line it prints has been checked.

    python run.py --stage DIRECTORY [--rust PROGRAM] [--julia PROGRAM]

The library is installed in the stage, and the Python package is importable. PROGRAM is the built reader in Rust, and the
interpreter of Julia; where one is not given, the demo says so and goes on without that language.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import deltos

HERE = Path(__file__).resolve().parent
PLACES = 135_233
READERS = 4
KILLS = 12
PLAY_MILLISECONDS = 800
GROWTH_STEPS = 4
LOOKUPS = 250_000
LOOKERS = ("C", "Python", "Rust", "Julia")
GROWTH_COUNT = 2_000_000  # numbers of 8 bytes a step
ATTRIBUTION = "GeoNames, www.geonames.org, licensed under CC BY 4.0"
MIB = 1 << 20


# ---- What is printed -------------------------------------------------------------------------------------------------


class Failed(Exception):
    """Something that this demo would have claimed is not so."""


def check(holds: bool, claim: str) -> None:
    if not holds:
        raise Failed(claim)


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def line(label: str, figure: str, more: str = "") -> None:
    print(f"  {label:<46}{figure:>16}   {more}".rstrip(), flush=True)


def tell(text: str) -> None:
    print(text, flush=True)


def mib(count: float) -> str:
    return f"{count / MIB:,.1f} MiB"


# ---- Processes -------------------------------------------------------------------------------------------------------


class Process:
    """One of the other programs: a command goes in as a line, the answer comes out as a line of JSON."""

    living: list[Process] = []

    def __init__(self, name: str, *command: str | Path) -> None:
        self.name = name
        self.popen = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.living.append(self)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def say(self, command: str) -> None:
        self.popen.stdin.write(command + "\n")
        self.popen.stdin.flush()

    def answer(self, timeout: float = 60.0) -> dict[str, Any]:
        ready, _, _ = select.select([self.popen.stdout], [], [], timeout)
        check(bool(ready), f"{self.name} answers within {timeout:.0f} s")
        text = self.popen.stdout.readline()
        check(bool(text), f"{self.name} is alive")
        return json.loads(text)

    def ask(self, command: str) -> dict[str, Any]:
        self.say(command)
        return self.answer()

    def end(self) -> None:
        self.living.remove(self)
        self.popen.stdin.close()
        check(self.popen.wait(30) == 0, f"{self.name} ends without an error")

    @classmethod
    def kill_all(cls) -> None:
        for process in cls.living:
            process.popen.kill()
            process.popen.wait()


def start(role: str, path: Path, name: str) -> Process:
    return Process(name, sys.executable, HERE / "worker.py", role, path)


def ask_all(processes: list[Process], command: str) -> list[dict[str, Any]]:
    for process in processes:
        process.say(command)
    return [process.answer() for process in processes]


def memory_of(processes: list[Process]) -> int | None:
    """Their proportional share of memory in bytes: a page that n processes share counts 1/n in each. None: not told."""
    total = 0
    for process in processes:
        try:
            text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        except OSError:
            return None
        total += next(int(entry.split()[1]) for entry in text.splitlines() if entry.startswith("Pss:")) << 10
    return total


# ---- 1. Building -----------------------------------------------------------------------------------------------------


def read_places() -> dict[str, np.ndarray]:
    with gzip.open(HERE / "geonames-cities.tsv.gz", "rt", encoding="utf-8", newline="\n") as file:
        next(file)
        rows = [row.rstrip("\n").split("\t") for row in file]
    names = [row[1].encode() for row in rows]
    return {
        "coordinates": np.array([(row[6], row[7]) for row in rows], dtype=np.float64),
        "population": np.array([row[5] or "0" for row in rows], dtype=np.int64),
        "ids": np.array([row[0] for row in rows], dtype=np.uint32),
        "names": np.frombuffer(b"".join(names), dtype=np.uint8),
        "offsets": np.cumsum([0, *map(len, names)], dtype=np.int64),
        "countries": np.array([row[2] for row in rows], dtype="S2"),
    }


def build(path: Path) -> dict[str, np.ndarray]:
    heading("1. One file for 135,233 places of the world")
    began = time.perf_counter()
    columns = read_places()
    line("read and take apart the text file", f"{time.perf_counter() - began:.2f} s", "once; nobody has to do it again")
    check(len(columns["ids"]) == PLACES, f"there are {PLACES} places")
    began = time.perf_counter()
    with deltos.open(path, "x") as storage:
        with storage.transaction() as change:
            change.attrs["attribution"] = ATTRIBUTION
            change.attrs["columns"] = "coordinates: latitude, longitude in degrees; names: UTF-8, cut at offsets"
            for name, column in columns.items():
                change[f"places/{name}"] = column
            change["live/ball"] = np.zeros((2, 8), dtype=np.int64)
        spent = time.perf_counter() - began
        line("store it, safe against power loss", f"{spent * 1e3:.0f} ms", "all of it or nothing")
        for name, column in columns.items():
            stored = storage[f"places/{name}"]
            check(np.array_equal(np.asarray(stored), column), f"{name} is stored as it was given")
            line(f"  {stored.name}", mib(stored.nbytes), f"{stored.dtype} {list(stored.shape)}")
            del stored
        check(storage.attrs["attribution"] == ATTRIBUTION, "the attribution is stored")
    line("size of the file", mib(path.stat().st_size))
    tell(f"  Data: {ATTRIBUTION}.")
    return columns


# ---- 2. Memory -------------------------------------------------------------------------------------------------------


def measure(role: str, path: Path) -> tuple[list[Process], float, int | None, int | None]:
    """Starts four processes; tells how long one took to have the data, what the data costs, and what all four take."""
    processes = [start(role, path, f"{role} {number + 1}") for number in range(READERS)]
    for process in processes:
        process.answer()
    before = memory_of(processes)
    opened = [process.ask("open")["milliseconds"] for process in processes]
    ask_all(processes, "touch")
    after = memory_of(processes)
    cost = None if before is None or after is None else after - before
    return processes, sorted(opened)[len(opened) // 2], cost, after


def compare_memory(path: Path, columns: dict[str, np.ndarray], copies: Path) -> list[Process]:
    heading("2. Four processes read it, and there is one copy")
    np.savez(copies, **columns)
    copiers, copy_time, copy_cost, copy_total = measure("copier", copies)
    for process in copiers:
        process.end()
    readers, time_to_open, cost, total = measure("reader", path)
    line("", "each its own copy", "one shared file")
    line("until a process has all the data", f"{copy_time:.2f} ms", f"{time_to_open:15.2f} ms")
    if cost is None or copy_cost is None:
        tell("  Memory was not measured: this system does not tell how pages are shared (no /proc/PID/smaps_rollup).")
        return readers
    line("memory the data takes, all four together", mib(copy_cost), f"{mib(cost):>18}")
    line("the same with Python and NumPy themselves", mib(copy_total), f"{mib(total):>18}")
    check(cost < 0.6 * copy_cost, "four readers take less memory for the data than four copies")
    tell(f"  The shared file takes {copy_cost / max(cost, 1):.1f} times less: there is one of it, whoever reads.")
    tell("  (Proportional set size: a page that four processes share counts a quarter in each.)")
    return readers


# ---- 3. Two languages ------------------------------------------------------------------------------------------------


def compile_reader(stage: Path, source: str, compiler: str, standard: str, output: Path) -> Path:
    environment = {**os.environ, "PKG_CONFIG_PATH": str(stage / "lib/pkgconfig")}
    asked = ["pkg-config", "--cflags", "--libs", "deltos"]
    flags = shlex.split(subprocess.run(asked, env=environment, check=True, capture_output=True, text=True).stdout)
    words = [*shlex.split(compiler), f"-std={standard}", "-O2", "-o", output, HERE / source, *flags]
    subprocess.run([*map(str, words), f"-Wl,-rpath,{stage}/lib", "-lm"], check=True)
    return output


def start_languages(path: Path, stage: Path, scratch: Path, rust: Path | None, julia: str | None) -> list[Process]:
    """One reader in each language but Python, which has its own."""
    c = compile_reader(stage, "reader.c", os.environ.get("CC", "cc"), "c11", scratch / "reader-c")
    cpp = compile_reader(stage, "reader.cpp", os.environ.get("CXX", "c++"), "c++17", scratch / "reader-cpp")
    processes = [Process("reader in C", c, path), Process("reader in C++", cpp, path)]
    if rust is not None:
        os.environ["LD_LIBRARY_PATH"] = str(stage / "lib")
        processes.append(Process("reader in Rust", rust, path))
    if julia is not None:
        os.environ["DELTOS_LIBRARY"] = str(stage / "lib/libdeltos.so.0")
        package = f"--project={HERE.parent.parent / 'bindings/julia/Deltos.jl'}"
        processes.append(Process("reader in Julia", julia, "--startup-file=no", package, HERE / "reader.jl", path))
    return processes


def compare_languages(languages: list[Process], readers: list[Process], columns: dict[str, np.ndarray]) -> None:
    heading(f"3. Programs in {len(languages) + 1} languages, on the same bytes of the same live file")
    for process in languages:
        process.ask("sum")  # all of them have the file open from here on
    first, *others = answers = ask_all([*languages, readers[0]], "answers")
    for other in others:
        apart = max(abs(one - two) for one, two in zip(first["centre"], other["centre"], strict=True))
        check(apart < 1e-9, "all languages find the same centre")
        check(first["nearest"] == other["nearest"], "all languages find the same places")
    tell("  Where is the centre of the world's population, and what lies next to it?")
    names = [*(process.name.rpartition(" ")[2] for process in languages), "Python, NumPy"]
    for name, answer in zip(names, answers, strict=True):
        centre = f"{answer['centre'][0]:.6f} {answer['centre'][1]:.6f}"
        nearest = ", ".join(map(str, answer["nearest"][:3]))
        line(f"  {name}", centre, f"in {answer['milliseconds']:.1f} ms; nearest: {nearest}")
    for missing in {"Rust", "Julia"} - {name.rpartition(" ")[2] for name in names}:
        tell(f"  {missing:<44}{'skipped':>16}   it is not installed")
    rows = [int(np.flatnonzero(columns["ids"] == identity)[0]) for identity in first["nearest"]]
    offsets, names_of, countries = columns["offsets"], columns["names"].tobytes(), columns["countries"]
    towns = [f"{names_of[offsets[row] : offsets[row + 1]].decode()} ({countries[row].decode()})" for row in rows]
    tell(f"  Nearest: {', '.join(towns)}.")
    tell("  Nothing was parsed, converted or sent: each of them holds an address in the file.")


# ---- 4. An array that grows ------------------------------------------------------------------------------------------


def sum_while_it_grows(path: Path, languages: list[Process], reader: Process) -> None:
    heading("4. One process appends to an array, and the others sum it while it grows")
    known = {process.name.rpartition(" ")[2]: process for process in languages}
    language = "Rust" if "Rust" in known else "C"
    appender = known.pop(language)
    if language != "Rust":
        tell("  Rust is not installed, so it is the program in C that appends.")
    appender.ask("make")
    known["Python, NumPy"] = reader
    ask_all([*known.values()], "follow")  # each has the array open, and it is empty
    appended = appender.ask("append")
    sums = {name: process.answer() for name, process in known.items()}
    large, values, spent = appended["large"], appended["values"], appended["milliseconds"]
    tell(f"  For each of the {large:,} places of 200,000 people and more, {language} appends to an array in the file")
    tell("  the population of every place within 100 km, a number at a time. The others look how long it is.")
    line(f"  {language}", f"{appended['sum']:,}", f"appended {values:,} numbers in {spent:.0f} ms")
    for name, found in sums.items():
        line(f"  {name}", f"{found['sum']:,}", f"saw it grow {found['looks']:,} times")
        check(found["looks"] > 1, f"{name} sees the array grow")
        check(found["values"] == values, f"{name} sees every number")
        check(found["sum"] == appended["sum"], f"{name} finds the sum of what was appended")
    with deltos.open(path) as storage:
        array = storage["live/neighbours"]
        check(int(np.asarray(array)[:-1].sum()) == appended["sum"], "the array holds what was appended")
        line(f"  {array.name}", mib(array.nbytes), "from nothing")
        del array
    tell("  The same sum to the last digit: an element is stored first, and counted then.")


# ---- 5. Stores that everybody sees -----------------------------------------------------------------------------------


def play_ball(writer: Process, in_place: Process, lookers: list[Process], people: int) -> int:
    heading("5. What one process stores, all others see at once")
    in_place.say("play")
    for looker in lookers:
        looker.say(f"watch {PLAY_MILLISECONDS}")
    served = writer.ask(f"serve {PLAY_MILLISECONDS}")
    watched = [looker.answer() for looker in lookers]
    writer.ask("put_ball -1")
    returned = in_place.answer()["returned"]
    check(served["rounds"] > 0 and returned == served["rounds"], "each number stored by the writer came back once")
    line("numbers passed to another process and back", f"{served['rounds']:,}", "by plain stores into the file")
    line("there and back", f"{served['microseconds']:.1f} us", "half were faster; it takes no call of the library")
    for looker, saw in zip(lookers, watched, strict=True):
        check(saw["seen"] > 0 and saw["backwards"] == 0, f"{looker.name} sees the numbers, in order")
    looks = sum(saw["seen"] for saw in watched)
    line(f"looks at which the {len(lookers)} readers saw a new one", f"{looks:,}", "none ever out of order")
    writer.ask("put_ball 42")
    check(all(answer["ball"] == 42 for answer in ask_all([in_place, *lookers], "ball_now")), "all see the last store")
    in_place.ask("add 1000")
    people += 1000
    check(all(answer["sum"] == people for answer in ask_all([writer, *lookers], "sum")), "all see the new inhabitants")
    line(f"people counted by {len(lookers) + 1} processes", f"{people:,}", "right after another had added 1,000")
    return people


# ---- 6. Growth -------------------------------------------------------------------------------------------------------


def grow(path: Path, writer: Process, others: list[Process], people: int) -> None:
    everybody = [writer, *others]
    heading(f"6. The file grows while {len(everybody)} processes look at it, and nothing moves")
    before = [answer["address"] for answer in ask_all(everybody, "address")]
    size = path.stat().st_size
    spent = sum(writer.ask(f"grow series/{step} {GROWTH_COUNT}")["milliseconds"] for step in range(GROWTH_STEPS))
    grown = path.stat().st_size
    after = [answer["address"] for answer in ask_all(everybody, "address")]
    check(grown > 4 * size, "the file has grown")
    check(before == after, "no address has changed")
    check(all(answer["sum"] == people for answer in ask_all(everybody, "sum")), "and what lies there is the same")
    line("size of the file", mib(size), "before")
    line("", mib(grown), f"after, {GROWTH_STEPS} commits and {spent:.0f} ms later")
    tell("  Address of the coordinates         before           after")
    for process, one, two in zip(everybody, before, after, strict=True):
        tell(f"    {process.name:<22} {one:#16x} {two:#16x}")
    readers = [process for process in others if process.name[-1].isdigit()]
    name = f"series/{GROWTH_STEPS - 1}"
    for answer in ask_all(readers, f"newest {name}"):
        check(answer == {"first": 0.0, "last": GROWTH_COUNT - 1.0, "count": GROWTH_COUNT}, "readers find what is new")
    tell(f"  The readers, open all the while, find the new {name} by its name.")


# ---- 7. kill -9 ------------------------------------------------------------------------------------------------------


def commit_for_ever(path: Path, report: int) -> None:
    """In a process of its own: says "b" and a number before a commit begins, "d" when it was acknowledged."""
    storage = deltos.open(path, "a")
    number = storage.attrs.get("commit", 0)
    while True:
        number += 1
        os.write(report, f"b{number}\n".encode())
        with storage.transaction() as change:
            change["journal/whole"] = np.full(MIB // 8, number, dtype=np.int64)
            change["journal/small"] = np.full(8, number, dtype=np.int64)
            change.attrs["commit"] = number
        os.write(report, f"d{number}\n".encode())


def kill_in_commit(path: Path, chance: random.Random) -> tuple[int, bool]:
    """Kills a writer somewhere in a commit. The last acknowledged commit, and whether one was under way."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            commit_for_ever(path, write_end)
        finally:
            os._exit(1)
    os.close(write_end)
    said = b""
    began = None
    durations: list[float] = []
    wanted = chance.randint(3, 6)
    try:
        while True:
            ready, _, _ = select.select([read_end], [], [], 60)
            part = os.read(read_end, 4096) if ready else b""
            check(bool(part), "the writer commits")
            said += part
            if began is not None and said.endswith(b"\n") and said.splitlines()[-1].startswith(b"b"):
                durations.append(time.perf_counter() - began)
            began = time.perf_counter()
            if len(durations) >= wanted and said.splitlines()[-1].startswith(b"b"):
                break
        time.sleep(chance.random() * sorted(durations)[len(durations) // 2])
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    while part := os.read(read_end, 4096):
        said += part
    os.close(read_end)
    lines = said.decode().splitlines()
    acknowledged = max(int(entry[1:]) for entry in lines if entry.startswith("d"))
    return acknowledged, lines[-1].startswith("b")


def state_of(path: Path) -> int:
    """Opens the file as the next writer does and tells which commit it shows."""
    with deltos.open(path, "r+") as storage:
        number = storage.attrs["commit"]
        check(not storage.verify("full"), "nothing in the file is damaged")
        for name in ("journal/whole", "journal/small"):
            stored = np.asarray(storage[name])
            check(bool((stored == number).all()), "the commit is there as a whole")
            del stored
    return number


def kill_writers(path: Path, lookers: list[Process], people: int) -> None:
    heading("7. The writer is killed in the middle of a commit, again and again")
    chance = random.Random(7)
    inside = at_last = at_next = 0
    shown: list[tuple[int, bool, int]] = []
    slowest = 0.0
    while inside < KILLS and len(shown) < 10 * KILLS:
        acknowledged, under_way = kill_in_commit(path, chance)
        began = time.perf_counter()
        found = state_of(path)
        slowest = max(slowest, time.perf_counter() - began)
        check(found in (acknowledged, acknowledged + under_way), "the file opens at the last commit")
        inside += under_way
        at_last += under_way and found == acknowledged
        at_next += under_way and found > acknowledged
        shown.append((acknowledged, under_way, found))
    check(inside >= KILLS, "the kills hit commits")
    for acknowledged, under_way, found in [entry for entry in shown if entry[1]][:3]:
        doing = f"killed (kill -9) while committing {acknowledged + 1}"
        line(doing, f"opens at {found}", f"last acknowledged: {acknowledged}")
    line("kills in the middle of a commit", f"{inside}", "each commit replaces 1 MiB, a small array and a number")
    line("  opened at the last acknowledged commit", f"{at_last}")
    line("  opened at the one under way, whole", f"{at_next}", "it had just become complete")
    line("  lost, half-written or damaged", "0")
    line("opened, checked and read again within", f"{slowest * 1e3:.0f} ms")
    check(all(answer["sum"] == people for answer in ask_all(lookers, "sum")), "the readers were not disturbed")
    tell("  The readers from the start went on reading all the while.")


# ---- 8. Maps ---------------------------------------------------------------------------------------------------------


def build_maps(path: Path, columns: dict[str, np.ndarray]) -> None:
    names, offsets = columns["names"].tobytes(), columns["offsets"].tolist()
    records = {"population": columns["population"], "id": columns["ids"], "latitude": columns["coordinates"][:, 0]}
    records["longitude"] = columns["coordinates"][:, 1]
    texts = [names[start:end].decode() for start, end in zip(offsets, offsets[1:])]
    with deltos.open(path, "r+") as storage:
        storage["places/drawn"] = np.random.default_rng(7).integers(0, PLACES, LOOKUPS, dtype=np.uint32)
        began = time.perf_counter()
        by_name = deltos.HashMap.build(storage, "by_name", keys=texts, values=records, multi=True)
        by_id = deltos.HashMap.build(storage, "by_id", keys=columns["ids"].astype(np.uint64), values=records)
        spent = time.perf_counter() - began
        line("build by_name and by_id, and store them", f"{spent:.2f} s", f"{len(by_name):,} names, {len(by_id):,} ids")
        check(by_name.info.pairs == len(by_id) == PLACES, "each place is there once in both maps")
        del by_name, by_id


def who_looks_up(languages: list[Process], readers: list[Process]) -> dict[str, Process]:
    """As many processes as there are readers, by what they are written in; what is missing is made up for in Python."""
    known = {process.name.rpartition(" ")[2]: process for process in languages} | {"Python": readers[0]}
    for missing in (name for name in LOOKERS if name not in known):
        tell(f"  {missing:<44}{'skipped':>16}   it is not installed; one more in Python takes its place")
    lookers = {name: known[name] for name in LOOKERS if name in known}
    return lookers | {f"Python, {reader.name}": reader for reader in readers[1 : 1 + READERS - len(lookers)]}


def look_up_in_dicts(path: Path) -> tuple[float, int | None, int | None]:
    """The same in processes that have dicts: how long a lookup takes, what the dicts cost, and what all four take."""
    dicts = [start("dict", path, f"dict {number + 1}") for number in range(READERS)]
    for process in dicts:
        process.answer()
    ask_all(dicts, "open")
    before = memory_of(dicts)
    ask_all(dicts, "copy")
    ask_all(dicts, "look_up")
    one = [process.ask("look_up")["one"] for process in dicts]
    after = memory_of(dicts)
    for process in dicts:
        process.end()
    return min(one), None if before is None or after is None else after - before, after


def look_up(path: Path, columns: dict[str, np.ndarray], languages: list[Process], readers: list[Process]) -> None:
    heading(f"8. Two hash maps, and {LOOKUPS:,} names looked up in each of four processes")
    build_maps(path, columns)
    lookers = who_looks_up(languages, readers)
    before = memory_of([*lookers.values()])
    ask_all([*lookers.values()], "look_up")  # all at once; what follows is timed in turn
    answers = {name: process.ask("look_up") for name, process in lookers.items()}
    after = memory_of([*lookers.values()])
    largest = max(lookers, key=lambda name: memory_of([lookers[name]]) or 0)
    of_largest = memory_of([lookers[largest]])
    by_dict, dict_cost, dict_total = look_up_in_dicts(path)
    for answer in answers.values():
        check(answer["hits"] == answer["same"] == LOOKUPS, "every name and every id that was drawn is found")
        check(answer["people"] == answers["C"]["people"], "all languages find the same places")
        check(answer["springfields"] == 21, "there are 21 places called Springfield")
    line("places called Springfield", "21", "found by each of them")
    line("", "one by one", "many at once")
    for name, answer in answers.items():
        line(f"  {name}", f"{answer['one']:.0f} ns", f"{answer['many']:.0f} ns a lookup")
    line("  Python, in a dict of its own", f"{by_dict:.0f} ns")
    if None in (before, after, dict_cost):
        return
    line("", "four dicts", "one shared file")
    line("memory that looking up takes, all four together", mib(dict_cost), f"{mib(after - before):>15}")
    own = f"{mib(after):>15}, {mib(of_largest)} of it in {largest}"
    line("the same with the languages themselves", mib(dict_total), own)
    check(after - before < dict_cost, "four processes take less memory for the maps than four for dicts")


# ---- All of it -------------------------------------------------------------------------------------------------------


def overlay(directory: Path) -> bool:
    asked = subprocess.run(["stat", "-f", "-c", "%t", str(directory)], capture_output=True, text=True)
    return asked.stdout.strip() == "794c7630"


def demonstrate(stage: Path, keep: Path, scratch: Path, rust: Path | None, julia: str | None) -> None:
    path = scratch / "cities.deltos"
    columns = build(path)
    people = int(columns["population"].sum())
    readers = compare_memory(path, columns, scratch / "copies.npz")
    languages = start_languages(path, stage, scratch, rust, julia)
    compare_languages(languages, readers, columns)
    sum_while_it_grows(path, languages, readers[0])
    writer, in_place = start("writer", path, "writer"), start("in-place", path, "in-place process")
    for process in (writer, in_place):
        process.answer()
        process.ask("open")
    lookers = [*languages, *readers]
    people = play_ball(writer, in_place, lookers, people)
    grow(path, writer, [in_place, *lookers], people)
    in_place.end()
    writer.end()
    kill_writers(path, lookers, people)
    look_up(path, columns, languages, readers)
    for process in lookers:
        process.end()
    (scratch / "copies.npz").unlink()
    if scratch != keep:
        with deltos.open(path) as storage:
            storage.copy_to(keep / "cities.deltos")


def what_next(keep: Path) -> None:
    heading("What to try next")
    python = os.path.relpath(sys.executable)
    file = os.path.relpath(keep / "cities.deltos")
    tell(f"  {python} -i -c \"import deltos, numpy as np; s = deltos.open('{file}'); print(*s)\"")
    tell("      then: np.asarray(s['places/population']).max(), dict(s.attrs), s.info")
    tell("  README.md            a whole program in C and one in Python, twenty lines each")
    tell("  tests/demo           the programs that were used here, in each language")
    tell("  ./dev test           what all of this rests on")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stage", type=Path, required=True, help="where the library is installed")
    parser.add_argument("--rust", type=Path, help="the reader in Rust")
    parser.add_argument("--julia", help="the interpreter of Julia")
    given = parser.parse_args()
    stage = given.stage.resolve()
    keep = stage.parent / "demo"
    shutil.rmtree(keep, ignore_errors=True)
    keep.mkdir(parents=True)
    began = time.perf_counter()
    tell("Deltos: data in one file, used in place by many programs in several languages, safe against kill -9.")
    scratch = keep
    try:
        if overlay(keep) and os.path.isdir("/dev/shm"):  # readers of an overlay file system see one fixed state
            tell("(This directory is on an overlay file system; during the demo the file is in memory, in /dev/shm.)")
            scratch = Path(tempfile.mkdtemp(prefix="deltos-demo-", dir="/dev/shm"))
        demonstrate(stage, keep, scratch, given.rust, given.julia)
    except Failed as claim:
        print(f"\nThis does not hold: {claim}", file=sys.stderr)
        return 1
    finally:
        Process.kill_all()
        if scratch != keep:
            shutil.rmtree(scratch, ignore_errors=True)
    tell(f"\nAll of it was checked as it was printed, in {time.perf_counter() - began:.1f} s.")
    what_next(keep)
    return 0


if __name__ == "__main__":
    sys.exit(main())
