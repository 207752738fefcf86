"""Programs in Node, LuaJIT and Go that know nothing but libdeltos work on the storage of the demo.

What they are run with comes from the environment: DELTOS_PROGRAMS is a JSON object from a language to the command, with
{} for the name of the program ("geonames", "golden"), or to the reason why the language is not there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import deltos

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS: dict[str, list[str] | str] = json.loads(os.environ["DELTOS_PROGRAMS"])

sys.path.insert(0, str(ROOT / "tests/demo"))
import run as demo  # noqa: E402


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "cities.deltos"
    demo.build(path)
    return path


@pytest.fixture
def cities(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(built, tmp_path / "cities.deltos"))


def execute(language: str, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = PROGRAMS[language]
    if isinstance(command, str):
        pytest.skip(command)
    words = [word.format(program) for word in command]
    return subprocess.run([*words, *map(str, arguments)], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("language", PROGRAMS)
class TestTheGeonamesProgram:
    def test_reads_buffers_and_metadata(self, language: str, cities: Path) -> None:
        done = execute(language, "geonames", cities)
        assert done.returncode == 0, done.stderr
        with deltos.open(cities) as storage:
            population = np.asarray(storage["places/population"])
            people, largest = int(population.sum()), int(population.argmax())
            start, end = storage["places/offsets"][largest : largest + 2]
            name = bytes(storage["places/names"][start:end]).decode()
            identity = storage["places/ids"][largest]
            del population
        assert done.stdout.splitlines() == [
            f"places: {demo.PLACES}",
            f"source: {demo.ATTRIBUTION}",
            f"people: {people}",
            f"largest: {name}, id {identity}",
            "visits: 1",
            "places/none: DELTOS_E_NOT_FOUND",
        ]

    def test_stores_in_place_while_python_looks_on(self, language: str, cities: Path) -> None:
        with deltos.open(cities) as storage, memoryview(storage["live/ball"]) as ball:
            before = ball[0, 1]
            for visit in (1, 2, 3):
                assert execute(language, "geonames", cities).returncode == 0
                assert ball[0, 1] == before + visit

    def test_says_what_is_wrong_with_a_path(self, language: str, tmp_path: Path) -> None:
        done = execute(language, "geonames", tmp_path / "none.deltos")
        assert done.returncode == 1 and done.stdout == ""
        assert done.stderr.startswith("DELTOS_E_NOT_FOUND: ") and "none.deltos" in done.stderr
        assert done.stderr.count("\n") == 1

    def test_says_what_is_wrong_with_a_file(self, language: str, tmp_path: Path) -> None:
        (tmp_path / "text.deltos").write_text("This is not a storage. " * 9000)
        done = execute(language, "geonames", tmp_path / "text.deltos")
        assert done.returncode == 1 and done.stderr.startswith("DELTOS_E_NOT_DELTOS: ")

    def test_says_which_object_is_missing(self, language: str, cities: Path) -> None:
        with deltos.open(cities, "r+") as storage:
            del storage["places/ids"]
        done = execute(language, "geonames", cities)
        assert done.returncode == 1 and done.stderr.startswith("DELTOS_E_NOT_FOUND: ") and "places/ids" in done.stderr

    def test_wants_one_argument(self, language: str) -> None:
        done = execute(language, "geonames")
        assert done.returncode == 2 and done.stderr.startswith("usage: ")


@pytest.mark.parametrize("language", PROGRAMS)
def test_the_golden_reader_tells_what_differs(language: str, tmp_path: Path) -> None:
    with deltos.open(tmp_path / "a.deltos", "x") as storage:
        storage["x"] = np.arange(3, dtype="u1")
        storage["x"].attrs["unit"] = "m"
    metadata = [{"key": "unit", "text": "m"}]
    right = {"name": "x", "format": "B", "shape": [3], "data": "000102", "sealed": False, "metadata": metadata}
    wrong = [
        {**right, "data": "000103"},
        {**right, "shape": [3, 1]},
        {**right, "format": "b"},
        {**right, "dtype": "I8"},
        {**right, "sealed": True},
        {**right, "name": "y"},
        {**right, "metadata": []},
        {**right, "metadata": [{"key": "unit", "text": "km"}]},
        {**right, "metadata": [{"key": "unit", "format": "q", "data": "01"}]},
    ]
    description = tmp_path / "a.json"
    for objects, expected in [([right], 0), *(([one], 1) for one in wrong), ([], 1), ([right, {**right, "name": "z"}], 1)]:
        description.write_text(json.dumps({"objects": objects, "metadata": []}))
        done = execute(language, "golden", "read", description, tmp_path / "a.deltos")
        assert done.returncode == expected, (objects, done.stdout, done.stderr)
        assert bool(done.stdout) == bool(expected)
