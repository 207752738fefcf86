"""Every status of the library becomes an exception that is both deltos.Error and the one a Python program expects."""

from __future__ import annotations

import builtins
import errno
import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import deltos
from deltos._errors import error_of
from deltos._ffi import ffi, lib

CODES = {name: getattr(lib, name) for name in dir(lib) if name.startswith("DELTOS_E_")}


@pytest.mark.parametrize("name", sorted(CODES))
def test_every_code_has_an_error_of_its_own(name: str) -> None:
    error = error_of(CODES[name], "what happened")
    assert error.status == CODES[name]
    assert type(error) is not deltos.Error
    assert str(error) == "what happened"
    assert ffi.string(lib.deltos_status_name(error.status)).decode() == name


def test_no_error_stands_for_two_codes() -> None:
    assert len({type(error_of(code, "")) for code in CODES.values()}) == len(CODES)


def test_the_errors_are_those_of_the_table_in_the_header(source_tree: Path) -> None:
    header = source_tree / "include" / "deltos" / "status.h"
    rows = re.findall(r"\| (E_\w+) +\| \w+ +\| (\w+) ?(?:\((\w+)[^)]*\))?", header.read_text())
    assert len(rows) == len(CODES)
    for code, expected, detail in rows:
        error = error_of(CODES[f"DELTOS_{code}"], "")
        assert isinstance(error, getattr(builtins, expected)), code
        if detail.isupper() and isinstance(error, OSError):
            assert error.errno == getattr(errno, detail), code


def test_an_unknown_code_is_a_bug_of_the_library() -> None:
    assert isinstance(error_of(-12345, ""), deltos.InternalError)


def test_a_system_error_keeps_its_errno() -> None:
    error = error_of(lib.DELTOS_E_IO, "it failed", errno.ENOSPC)
    assert isinstance(error, OSError) and error.errno == errno.ENOSPC


def test_errors_can_be_pickled() -> None:
    for code in CODES.values():
        error = pickle.loads(pickle.dumps(error_of(code, "text")))
        assert str(error) == "text" and error.status == code


def test_a_missing_file_is_a_file_not_found_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        deltos.open(path)
    assert isinstance(caught.value, deltos.Error)
    assert caught.value.errno == errno.ENOENT


def test_a_missing_name_is_a_key_error(storage: deltos.Storage) -> None:
    with pytest.raises(KeyError) as caught:
        storage["absent"]
    assert isinstance(caught.value, deltos.NotFoundError)
    assert "absent" in str(caught.value)


def test_some_other_file_is_not_a_storage(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"something else" * 1000)
    with pytest.raises(deltos.NotDeltosError):
        deltos.open(other)


def test_a_taken_path_is_a_file_exists_error(storage: deltos.Storage) -> None:
    with pytest.raises(FileExistsError):
        deltos.open(storage.path or "", "x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_forbidden_file_is_a_permission_error(storage: deltos.Storage) -> None:
    os.chmod(storage.path or "", 0)
    with pytest.raises(PermissionError):
        deltos.open(storage.path or "")


@pytest.mark.parametrize("name", ["", "/a", "a//b", "a/./b", "a/..", "a\0b", "x" * 1024, "\ud800"])
def test_a_malformed_name_is_a_value_error(storage: deltos.Storage, name: str) -> None:
    with pytest.raises(ValueError):
        storage[name] = b"1"
    with pytest.raises(ValueError):
        storage[name]
    assert name not in storage


def test_a_name_is_text(storage: deltos.Storage) -> None:
    with pytest.raises(TypeError):
        storage[5] = b"1"  # type: ignore[index]
    assert 5 not in storage


def test_an_unknown_mode_is_a_value_error(path: Path) -> None:
    with pytest.raises(ValueError, match="in-place"):
        deltos.open(path, "rw")


def test_what_the_package_itself_refuses_is_also_a_deltos_error(storage: deltos.Storage, path: Path) -> None:
    refused: list[tuple[type[Exception], Callable[[], object]]] = [
        (TypeError, lambda: storage.__setitem__("x", 5j)),
        (TypeError, lambda: storage["x", "y"]),  # type: ignore[index]
        (TypeError, lambda: storage.attrs.__setitem__("x", object())),
        (OverflowError, lambda: storage.attrs.__setitem__("x", 2**64)),
        (TypeError, lambda: storage.create("x", shape=3)),
        (ValueError, lambda: storage.create("x", shape=-3, dtype="f8")),
        (ValueError, lambda: storage.verify("half")),
        (ValueError, lambda: storage.transaction(durability="none")),
        (ValueError, lambda: deltos.open(path, "rw")),
        (TypeError, lambda: pickle.dumps(storage.snapshot())),
    ]
    for expected, act in refused:
        with pytest.raises(deltos.Error) as caught:
            act()
        assert isinstance(caught.value, expected), caught.value
