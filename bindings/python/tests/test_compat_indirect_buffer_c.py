"""deltos.compat.indirect_buffer for extension modules: T** wrapped and taken in C, C++ and Cython."""

from __future__ import annotations

import array
import gc
import importlib.machinery
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import deltos
from deltos.compat import indirect_buffer
from deltos.compat.indirect_buffer import BufferCollection2D, IndirectMemory2D

SOURCES = Path(__file__).parent / "extensions"
STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror"]


def compiled(command: list[str], source: Path, target: Path, name: str) -> Any:
    """An extension module, compiled and imported; skips where that is not possible."""
    headers = sysconfig.get_path("include")
    if shutil.which(command[0]) is None or not Path(headers, "Python.h").exists():
        pytest.skip(f"there is no {command[0]}, or no Python.h")
    shared = target / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
    environment = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
    include = [f"-I{indirect_buffer.get_include()}", "-isystem", headers]
    command = [*command, *include, "-shared", "-fPIC", "-O1", "-o", str(shared), str(source)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loader = importlib.machinery.ExtensionFileLoader(name, str(shared))
    specification = importlib.util.spec_from_loader(name, loader)
    assert specification is not None
    module = importlib.util.module_from_spec(specification)
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=["c", "c++"])
def pointers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The module in C, compiled as C and as C++."""
    variable, usual, standard = {"c": ("CC", "cc", "c11"), "c++": ("CXX", "c++", "c++17")}[request.param]
    command = [*shlex.split(os.environ.get(variable, usual)), "-x", request.param, f"-std={standard}", *STRICT]
    return compiled(command, SOURCES / "pointers.c", tmp_path_factory.mktemp("pointers"), "pointers")


def test_rows_of_c_are_seen_and_released_when_the_last_view_goes(pointers: Any) -> None:
    before = pointers.freed()
    memory = pointers.wrap("d")
    view = memoryview(memory)
    assert isinstance(memory, IndirectMemory2D) and view.tolist() == [[1, 2], [3, 4]]
    view[1, 1] = 40
    assert pointers.sum(memory, 2, 2) == 46
    del memory
    gc.collect()
    assert view[1, 1] == 40 and pointers.freed() == before
    view.release()
    del view
    assert pointers.freed() == before + 1


def test_what_is_refused_stays_the_callers(pointers: Any) -> None:
    before = pointers.freed()
    for format, error in [("yy", deltos.FormatError), (5, TypeError)]:
        with pytest.raises(error):
            pointers.wrap(format)
    gc.collect()
    assert pointers.freed() == before


def test_a_nanny_of_c_is_held_once_until_the_last_view_goes(pointers: Any) -> None:
    nanny = array.array("i")
    before = sys.getrefcount(nanny)
    memory = pointers.wrap_for(nanny)
    view = memoryview(memory)
    del memory
    assert sys.getrefcount(nanny) == before + 1 and view.tolist() == [[1, 2, 3]] and not view.readonly
    view.release()
    del view
    assert sys.getrefcount(nanny) == before
    assert memoryview(pointers.wrap_for(None)).readonly


def test_c_takes_the_row_pointers_of_everything(pointers: Any) -> None:
    matrix = np.arange(6.0).reshape(2, 3)
    rows = pointers.rows_of(matrix)
    assert pointers.sum(rows, 2, 3) == 15 and pointers.sum(rows, 1, 2) == 1
    columns = pointers.columns_of(np.asfortranarray(matrix))
    assert columns.readonly and columns.shape == [3, 2] and pointers.sum(columns, 1, 2) == 3
    assert pointers.sum(BufferCollection2D([matrix[0], matrix[1]]), 2, 3) == 15
    made = pointers.create(4, 5, b"d", 0)
    made.copy_from(np.ones((4, 5)))
    assert pointers.sum(made, 4, 5) == 20
    with pytest.raises(AttributeError, match="ptr"):
        pointers.sum(5, 1, 1)
    with pytest.raises(MemoryError, match="Error in first allocation"):
        pointers.create(-1, 5, b"d", 0)
    with pytest.raises(BufferError, match="aren't contiguous"):
        pointers.columns_of(matrix)


def test_no_reference_is_lost_on_any_way(pointers: Any) -> None:
    matrix = np.arange(6.0).reshape(2, 3)
    watched = [matrix, IndirectMemory2D, "d", sys.modules[IndirectMemory2D.__module__]]
    for _ in range(3):
        before = [sys.getrefcount(thing) for thing in watched]
        for _ in range(10):
            pointers.sum(pointers.rows_of(matrix), 2, 3)
            pointers.create(1, 1, "d", 1)
            pointers.wrap_for(None)
            for attempt in (lambda: pointers.create(-1, 1, "d", 1), lambda: pointers.columns_of(matrix)):
                with pytest.raises((MemoryError, BufferError)):
                    attempt()
        gc.collect()
        after = [sys.getrefcount(thing) for thing in watched]
    assert after == before


# ---- Cython ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cython(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The module in Cython."""
    pytest.importorskip("Cython")
    target = tmp_path_factory.mktemp("cython")
    source = target / "cython_pointers.c"
    command = [sys.executable, "-m", "cython", "-o", source, SOURCES / "cython_pointers.pyx"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return compiled(shlex.split(os.environ.get("CC", "cc")), source, target, "cython_pointers")


def test_cython_makes_memory_by_the_names_that_it_knows(cython: Any) -> None:
    memory = cython.zeros()
    assert isinstance(memory, IndirectMemory2D) and memory.shape == [5, 6] and memory.get_format() == b"i"
    assert cython.one() == 7


def test_a_nanny_of_cython_frees_the_rows_after_the_last_view(cython: Any) -> None:
    before = cython.freed
    memory = cython.nannied(3, 2)
    view = memoryview(memory)
    assert view.tolist() == [[0, 0], [1, 0], [2, 0]]
    del memory
    assert cython.freed == before
    del view
    assert cython.freed == before + 1
    with pytest.raises(deltos.FormatError):
        cython.nannied(3, 2, "yy")
    assert cython.freed == before + 2


def test_cython_takes_pointers_and_typed_views(cython: Any) -> None:
    matrix = np.arange(6, dtype="i").reshape(2, 3)
    for memory in (cython.rows_of(matrix), cython.columns_of(np.asfortranarray(matrix)), cython.nannied(3, 2)):
        expected = sum(map(sum, memoryview(memory).tolist()))
        assert cython.total(memory) == cython.typed_total(memory) == expected
    with pytest.raises(BufferError, match="aren't contiguous"):
        cython.columns_of(matrix)
