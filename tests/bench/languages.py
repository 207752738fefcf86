"""Opening, exporting and summing in each language against C, in the same run.

Every language has a twin of language.c that prints the same lines; run.py runs them in turns on one file and compares medians. A twin is one entry of
TWINS: its bars, and the command that runs it, or None where its tools are not installed.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TURNS = 7
# Two runs of the same program differ by so much: a bar of 1.0 is met within it.
NOISE = 0.05


@dataclass(frozen=True)
class Places:
    """Where a twin finds what it needs: the Meson build directory and the installed library."""

    build: Path
    stage: Path | None


@dataclass(frozen=True)
class Twin:
    language: str
    bar: float
    command: Callable[[Places], list[str] | None]


def meson_program(name: str) -> Callable[[Places], list[str] | None]:
    def command(places: Places) -> list[str] | None:
        program = places.build / "tests" / "bench" / name
        return [str(program)] if program.exists() else None

    return command


def rust_program(places: Places) -> list[str] | None:
    """What `./dev bench` builds with cargo, which links with the installed library."""
    program = places.build.parent / "rust/release/examples/language"
    if not program.exists() or places.stage is None:
        return None
    return ["env", f"LD_LIBRARY_PATH={places.stage}/lib", str(program)]


def julia_program(places: Places) -> list[str] | None:
    julia = shutil.which("julia")
    if julia is None or places.stage is None:
        return None
    settings = [f"DELTOS_LIBRARY={places.stage}/lib/libdeltos.so.0", f"JULIA_DEPOT_PATH={places.build}/julia-depot"]
    return ["env", *settings, julia, "--startup-file=no", f"--project={ROOT}/bindings/julia/Deltos.jl", f"{HERE}/language.jl"]


C = Twin("C", 1.0, meson_program("bench_language"))
TWINS = [
    Twin("C++", 1.0, meson_program("bench_language_cpp")),
    Twin("Rust", 1.0, rust_program),
    Twin("Julia", 1.05, julia_program),
]


def placed() -> list[str]:
    """What makes the system place memory alike in every run: a mapping that shares no page table with others costs a fifth more to open."""
    fixed = ["setarch", "-R"]
    return fixed if shutil.which("setarch") and subprocess.run([*fixed, "true"], stderr=subprocess.DEVNULL).returncode == 0 else []


def figures_of(command: list[str], file: Path) -> dict[str, float]:
    said = subprocess.run([*placed(), *command, str(file)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {line.split()[0]: float(line.split()[1]) for line in said.splitlines() if line.strip()}


def row(what: str, peer: float, ours: float, bar: float) -> str:
    verdict = "met" if ours / peer <= bar else "MISSED"
    return f"  {what:<50} {peer / 1e3:>11.2f} us {ours / 1e3:>11.2f} us {ours / peer:8.2f}  <= {bar:.2f}  {verdict}"


def measured(commands: dict[Twin, list[str]], file: Path) -> dict[Twin, dict[str, float]]:
    """The median of each figure of each twin, all of them run in turns."""
    figures: dict[Twin, list[dict[str, float]]] = {twin: [] for twin in commands}
    for _ in range(TURNS):
        for twin, command in commands.items():
            figures[twin].append(figures_of(command, file))
    sums = {turn["sum"] for turns in figures.values() for turn in turns}
    if len(sums) != 1:
        raise ValueError(f"the languages do not agree on the sum: {sorted(sums)}")
    names = ("open_export_ns", "sum_ns")
    return {twin: {name: statistics.median(turn[name] for turn in turns) for name in names} for twin, turns in figures.items()}


def rows(places: Places, directory: Path):
    """Lines to print, a row with its verdict for each figure of each twin."""
    file = directory / "language.deltos"
    commands = {twin: twin.command(places) for twin in [C, *TWINS]}
    present = {twin: command for twin, command in commands.items() if command}
    if C not in present:
        raise FileNotFoundError("bench_language is not built; configure with -Dbench=enabled")
    subprocess.run([*present[C], "--make", str(file)], check=True)
    try:
        figures = measured(present, file)
    finally:
        file.unlink(missing_ok=True)
    yield f"\n{'Languages, 10^7 float64':<52} {'C':>14} {'deltos':>14} {'ratio':>8}  bar"
    for twin in TWINS:
        if twin not in present:
            yield f"  {twin.language:<50} skipped: its tools are not installed"
            continue
        bar = twin.bar if twin.bar > 1 else 1 + NOISE
        for name, what in (("open_export_ns", "open and export"), ("sum_ns", "sum")):
            yield row(f"{twin.language}, {what}", figures[C][name], figures[twin][name], bar)
