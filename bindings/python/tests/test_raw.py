"""The package is made of the library of the headers, documented, typed, and its stubs are what the modules are."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import deltos
from deltos._ffi import ffi, lib

PACKAGE = Path(deltos.__file__).parent


def needs(module: str) -> None:
    """Skips when a tool is not installed."""
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")


def test_the_library_is_that_of_the_headers() -> None:
    assert lib.deltos_abi_version() == lib.DELTOS_ABI_VERSION
    numbers = (lib.DELTOS_VERSION_MAJOR, lib.DELTOS_VERSION_MINOR, lib.DELTOS_VERSION_PATCH)
    assert deltos.__version__ == ".".join(map(str, numbers))
    assert ffi.sizeof("deltos_error") == 512


def test_what_is_public_is_documented() -> None:
    for name in deltos.__all__:
        thing = getattr(deltos, name)
        assert thing.__doc__, name
        assert thing.__module__ == "deltos", name
        for attribute, member in vars(thing).items() if isinstance(thing, type) else ():
            if not attribute.startswith("_") and (callable(member) or isinstance(member, property)):
                assert member.__doc__, f"{name}.{attribute}"


def test_modules_are_small() -> None:
    for module in PACKAGE.rglob("*.py"):
        assert len(module.read_text().splitlines()) < 400, module.name


# mypy is run from an empty directory: it takes every module of the one it is started in for the user's own, and
# refuses those of site-packages there.


def test_the_types_hold(tmp_path: Path) -> None:
    needs("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", "/dev/null", "-p", "deltos"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_stubs_are_what_the_modules_are(tmp_path: Path) -> None:
    needs("mypy")
    allowed = tmp_path / "allowed.txt"
    # An interpreter before 3.12 has buffer slots and no names for them.
    lines = [] if sys.version_info >= (3, 12) else [r"deltos\._exporter\.Exporter\.__(release_)?buffer__"]
    allowed.write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "mypy.stubtest", "deltos", "--allowlist", allowed, "--ignore-unused-allowlist"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
