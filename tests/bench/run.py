"""Runs the benchmarks and sums up which bars were met: `./dev bench [NAME...]`.

Bars are ratios to a peer measured in the same run. A missed bar is a finding and no failure: the exit status is 0 unless a program
could not run at all.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import languages

HERE = Path(__file__).resolve().parent
NAMES = ["open", "commit", "ingest", "read", "scale", "snapshot", "table", "array", "value", "record", "hash_map"]
NAMES += ["sorted_map", "python", "views", "languages", "library"]
VERDICT = re.compile(r"  (?:<=|>=) \S+  (met|MISSED)$")
ALLOWED_LIBRARIES = {"libc", "libm", "libstdc++", "libgcc_s", "ld-linux-x86-64", "ld-linux-aarch64"}


def file_system_of(directory: Path) -> str:
    """Type and device of the mount that holds a directory."""
    best = ("", "unknown", "")
    for line in Path("/proc/self/mounts").read_text().splitlines():
        device, mount, kind = line.split()[:3]
        inside = directory == Path(mount) or Path(mount) in directory.parents
        if inside and len(mount) >= len(best[0]):
            best = (mount, kind, device)
    return f"{best[1]} on {best[2]}" if best[2] else best[1]


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def machine_facts(directory: Path) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{cpu_model()}, {os.cpu_count()} processors, {memory:.0f} GiB; Linux {platform.release()}; "
        f"{file_system_of(directory)}; load {load:.1f}"
    )


class Runner:
    """Runs programs, shows what they print, and keeps the rows that have a bar."""

    def __init__(self, build: Path, directory: Path) -> None:
        self.build = build
        self.directory = directory
        self.rows: list[tuple[str, str]] = []
        self.failures: list[str] = []

    def run(self, command: list[str], name: str) -> None:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        title = name
        for line in process.stdout:
            print(line, end="", flush=True)
            self.keep(line.rstrip(), title)
            if line.strip() and not line.startswith(" "):
                title = re.split(r"  +", line.strip())[0]
        if process.wait() != 0:
            self.failures.append(f"{name} ended with status {process.returncode}")

    def keep(self, line: str, title: str) -> None:
        found = VERDICT.search(line)
        if found:
            self.rows.append((found.group(1), f"{title}: {re.split(r'  +', line.strip())[0]}"))

    def program(self, name: str) -> None:
        self.run([str(self.build / "tests" / "bench" / f"bench_{name}"), str(self.directory)], name)

    def python(self) -> None:
        self.run([sys.executable, str(HERE / "open.py"), str(self.directory)], "python")
        self.run([sys.executable, str(HERE / "arrays.py")], "python")
        self.run([sys.executable, str(HERE / "records.py")], "python")
        self.run([sys.executable, str(HERE / "maps.py")], "python")
        self.run([sys.executable, str(HERE / "trees.py")], "python")

    def languages(self, stage: Path | None) -> None:
        try:
            for line in languages.rows(languages.Places(self.build, stage), self.directory):
                print(line, flush=True)
                self.keep(line, "Languages")
        except (OSError, ValueError, KeyError, subprocess.CalledProcessError) as error:
            self.failures.append(f"languages: {error}")

    def built_library(self) -> Path:
        names = sorted((self.build / "src").glob("libdeltos.so.*"))
        return next(path for path in names if path.is_file() and re.search(r"so[.0-9]+$", path.name)).resolve()

    def views(self) -> None:
        self.run([sys.executable, str(HERE / "views.py"), str(self.built_library())], "views")

    def library(self) -> None:
        built = self.built_library()
        stripped = self.directory / "libdeltos.so"
        subprocess.run(["strip", "-o", str(stripped), str(built)], check=True)
        dynamic = subprocess.run(["readelf", "-dW", str(built)], check=True, capture_output=True, text=True).stdout
        needed = re.findall(r"\(NEEDED\).*\[(\S+?)\]", dynamic)
        others = [name for name in needed if name.split(".so")[0] not in ALLOWED_LIBRARIES]
        print(f"\n{'The library':<52} {'peer':>14} {'deltos':>14} {'ratio':>8}  bar")
        print(f"  {'stripped size':<50} {'-':>14} {stripped.stat().st_size / 1024:>10.0f} KiB")
        row = f"  {'needs beyond libc, libm and libstdc++':<50} {0:>14} {len(others):>14} {len(others):8.2f}  <= 0.00  "
        row += "MISSED" if others else "met"
        print(row)
        self.keep(row, "The library")
        print(f"  needs: {' '.join(needed)}")
        self.run([str(self.build / "tests" / "bench" / "bench_load"), str(stripped)], "The library")

    def sum_up(self) -> None:
        missed = [what for verdict, what in self.rows if verdict == "MISSED"]
        print(f"\n{len(self.rows) - len(missed)} of {len(self.rows)} bars met")
        for what in missed:
            print(f"  MISSED  {what}")
        for failure in self.failures:
            print(f"  FAILED  {failure}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="Meson build directory with the bench programs")
    parser.add_argument("--stage", type=Path, help="where the library is installed; not needed")
    parser.add_argument("--directory", type=Path, help="on the file system to be measured; by default the build directory's")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; none: all")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in NAMES:
            parser.error(f"no benchmark is called {name}; there are {', '.join(NAMES)}")
    scratch = Path(tempfile.mkdtemp(prefix="bench-", dir=arguments.directory or arguments.build)).resolve()
    try:
        print(machine_facts(scratch))
        runner = Runner(arguments.build.resolve(), scratch)
        for name in arguments.names or NAMES:
            if name == "python":
                runner.python()
            elif name == "views":
                runner.views()
            elif name == "languages":
                runner.languages(arguments.stage)
            elif name == "library":
                runner.library()
            else:
                runner.program(name)
        runner.sum_up()
        return 1 if runner.failures else 0
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
