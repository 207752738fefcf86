"""What each mode may do, and what it does to the file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import deltos


@pytest.fixture
def existing(path: Path) -> Path:
    """A storage with one buffer, closed."""
    with deltos.open(path, "x") as storage:
        storage["x"] = np.arange(10)
    return path


def test_r_reads_and_nothing_else(existing: Path) -> None:
    with deltos.open(existing) as storage:
        assert storage["x"][3] == 3 and storage["x"].readonly
        for change in (
            lambda: storage.__setitem__("y", b"1"),
            lambda: storage.__delitem__("x"),
            lambda: storage.create("z", shape=1, dtype="f4"),
            lambda: storage.attrs.__setitem__("a", 1),
            lambda: storage["x"].seal(),
            lambda: storage.sync(),
            lambda: storage.transaction(),
        ):
            with pytest.raises(PermissionError):
                change()
        with pytest.raises(ValueError):
            storage["x"][0] = 1


def test_r_plus_needs_a_file(path: Path, existing: Path) -> None:
    with pytest.raises(FileNotFoundError):
        deltos.open(str(path) + "-none", "r+")
    with deltos.open(existing, "r+") as storage:
        storage["y"] = b"1"
    with deltos.open(existing) as storage:
        assert list(storage) == ["x", "y"]


def test_a_makes_a_file_or_goes_on(path: Path) -> None:
    for name in ("first", "second"):
        with deltos.open(path, "a") as storage:
            storage[name] = b"1"
    with deltos.open(path) as storage:
        assert list(storage) == ["first", "second"]


def test_x_wants_none(existing: Path) -> None:
    with pytest.raises(FileExistsError):
        deltos.open(existing, "x")


def test_w_replaces_at_the_first_commit(existing: Path) -> None:
    with deltos.open(existing, "w"):
        pass
    old = deltos.open(existing)
    assert list(old) == ["x"]
    with deltos.open(existing, "w") as storage:
        assert list(storage) == []
        storage["new"] = b"1"
        assert storage.path == str(existing)
    with deltos.open(existing) as storage:
        assert list(storage) == ["new"]
    assert list(old) == ["x"] and old["x"][9] == 9
    with old.snapshot() as snapshot, pytest.raises(deltos.ReplacedError):
        snapshot.refresh()
    old.close()


def test_in_place_stores_beside_the_writer(existing: Path) -> None:
    with deltos.open(existing, "r+") as writer, deltos.open(existing, "in-place") as storage:
        storage["x"][0] = 99
        assert writer["x"][0] == 99
        storage.sync()
        with pytest.raises(PermissionError):
            storage["y"] = b"1"
        with pytest.raises(PermissionError):
            storage.transaction()


def test_static_takes_no_locks(existing: Path) -> None:
    with deltos.open(existing, "static") as storage:
        assert storage["x"][3] == 3 and storage["x"].readonly
        assert storage.info.mode == "static"


def test_two_writers_are_refused(existing: Path) -> None:
    with deltos.open(existing, "r+"):
        with pytest.raises(deltos.LockedError) as caught:
            deltos.open(existing, "r+")
        assert isinstance(caught.value, BlockingIOError)
        script = "import deltos, sys\ntry: deltos.open(sys.argv[1], 'a')\nexcept BlockingIOError: sys.exit(42)"
        assert subprocess.run([sys.executable, "-c", script, str(existing)]).returncode == 42


def test_a_writer_can_wait_for_another(existing: Path) -> None:
    script = "import deltos, sys, time; s = deltos.open(sys.argv[1], 'r+'); print(flush=True); time.sleep(0.3); s.close()"
    with subprocess.Popen([sys.executable, "-c", script, str(existing)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(deltos.LockedError):
            deltos.open(existing, "r+", timeout=0.02)
        deltos.open(existing, "r+", timeout=60).close()


@pytest.mark.parametrize("kind", [str, os.fsencode, Path])
def test_a_path_is_text_bytes_or_path_like(existing: Path, kind: type) -> None:
    with deltos.open(kind(existing)) as storage:
        assert storage.path == str(existing)
    with pytest.raises(TypeError):
        deltos.open(3.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        deltos.open("a\0b")


def test_a_relative_path_is_remembered_whole(existing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(existing.parent)
    with deltos.open(existing.name) as storage:
        assert storage.path == str(existing)


def test_a_descriptor_can_be_opened(existing: Path) -> None:
    with existing.open("r+b") as file:
        with deltos.open(file.fileno()) as storage:
            assert storage["x"][3] == 3 and storage.path is None
        with deltos.open(file.fileno(), "a") as storage:
            storage["y"] = b"1"
        with pytest.raises(deltos.Error):
            deltos.open(file.fileno(), "x")
    with pytest.raises(ValueError):
        deltos.open(12345)


def test_a_file_can_be_checked_or_copied_first(existing: Path) -> None:
    calls: list[int] = []
    with deltos.open(existing, verify=True, progress=lambda done, total: calls.append(done)) as storage:
        assert storage["x"][3] == 3
    with deltos.open(existing, copy=True) as storage:
        existing.unlink()
        assert storage["x"][3] == 3


def test_damage_is_found(existing: Path) -> None:
    with deltos.open(existing, "r+") as storage:
        storage["x"].seal()
        offset = storage["x"].file_offset
    data = bytearray(existing.read_bytes())
    data[offset] ^= 1
    existing.write_bytes(data)
    with deltos.open(existing) as storage:
        findings = storage.verify()
        assert len(findings) == 1 and findings[0].object_id == storage["x"].id
        assert storage.verify("struct") == []
    with pytest.raises(deltos.CorruptError) as caught:
        deltos.open(existing, verify=True)
    assert isinstance(caught.value, OSError)


def test_memory_cut_off_by_others_reads_as_zeros(existing: Path) -> None:
    with deltos.open(existing, "r+") as storage:
        storage["big"] = np.ones(1 << 20, "u1")
    storage = deltos.open(existing)
    view = np.asarray(storage["big"])
    os.truncate(existing, storage["big"].file_offset)
    assert view.sum() == 0
    del view
    with pytest.raises(deltos.Error):
        storage["big"]
    storage.detach()


def test_a_limit_on_the_file_is_kept(path: Path) -> None:
    with deltos.open(path, "x", max_file_bytes=8 << 20) as storage:
        with pytest.raises(deltos.LimitError):
            storage["big"] = np.zeros(64 << 20, "u1")
        storage["small"] = b"1"
    with pytest.raises(ValueError):
        deltos.open(path, "r+", durability="maybe")
