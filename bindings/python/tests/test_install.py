"""The wheel: what is in it, and that it works alone, in a clean environment and with other Pythons."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.install

SMOKE = """
import array, sys, deltos
assert "numpy" not in sys.modules
with deltos.open(sys.argv[1], "a") as storage:
    storage["x"] = array.array("d", [1, 2, 3])
    with memoryview(storage["x"]) as view:
        assert view.tolist() == [1, 2, 3] and view.format == "d"
print(deltos.__version__, "works")
"""


def run(*command: object, **options: object) -> str:
    """Runs a command, which sees no other package than its own; its output is part of the failure when it fails."""
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, env=alone, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


@pytest.fixture(scope="session")
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that DELTOS_WHEEL names, or one built as `pip install .` builds it."""
    named = os.environ.get("DELTOS_WHEEL")
    if named:
        return Path(named)
    source_tree = request.getfixturevalue("source_tree")
    target = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", target, source_tree)
    return next(target.glob("*.whl"))


def environment(python: str, directory: Path) -> Path:
    """A new environment; its interpreter."""
    run(python, "-m", "venv", directory)
    return directory / "bin" / "python"


def test_one_wheel_serves_every_python(wheel: Path) -> None:
    assert re.fullmatch(r"deltos-0\.1\.0-cp311-abi3-\w+\.whl", wheel.name)


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {"deltos/__init__.py", "deltos/py.typed", "deltos/_ffi.abi3.so", "deltos/_exporter.abi3.so"} <= names
    assert all(re.fullmatch(r"deltos/(compat/(\w+/)?)?\w+(\.pyi?|\.pxd|\.h|\.typed|\.abi3\.so)", name) for name in names), names


@pytest.fixture
def modules(wheel: Path, tmp_path: Path) -> Iterator[list[Path]]:
    """The two extension modules."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    yield sorted((tmp_path / "deltos").glob("*.so"))


@pytest.mark.skipif(shutil.which("nm") is None, reason="there is no nm")
def test_the_library_inside_is_hidden(modules: list[Path]) -> None:
    for module in modules:
        listed = run("nm", "-D", "--defined-only", module)
        shown = {line.split()[-1] for line in listed.splitlines() if line}
        assert {name for name in shown if not re.fullmatch(r"PyInit_\w+|_cffi_\w+", name)} == set()


@pytest.mark.skipif(shutil.which("nm") is None, reason="there is no nm")
def test_the_exporter_links_nothing_of_the_library(modules: list[Path]) -> None:
    wanted = run("nm", "-D", "--undefined-only", modules[0])
    assert "_exporter" in modules[0].name and "deltos_" not in wanted


@pytest.mark.skipif(shutil.which("readelf") is None, reason="there is no readelf")
def test_only_the_language_libraries_are_needed(modules: list[Path]) -> None:
    for module in modules:
        needed = set(re.findall(r"NEEDED.*\[(\w+)", run("readelf", "-d", module)))
        assert needed <= {"libc", "libm", "libstdc", "libgcc_s", "libpthread", "ld"}


def test_it_works_in_a_clean_environment_without_numpy(wheel: Path, tmp_path: Path) -> None:
    python = environment(sys.executable, tmp_path / "clean")
    run(python, "-m", "pip", "install", "--disable-pip-version-check", wheel)
    assert "works" in run(python, "-c", SMOKE, tmp_path / "clean.deltos", cwd=tmp_path)


def interpreter(version: str) -> str | None:
    """A Python of a version, from the path or pyenv; None when there is none that can make environments."""
    candidates = [shutil.which(f"python{version}")]
    candidates += map(str, sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}*/bin/python")))
    for candidate in filter(None, candidates):
        check = "import sys, ensurepip; print('%d.%d' % sys.version_info[:2])"
        done = subprocess.run([candidate, "-c", check], capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.strip() == version:
            return candidate
    return None


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_all_tests_pass_with_another_python(wheel: Path, tmp_path: Path, version: str) -> None:
    found = interpreter(version)
    if found is None:
        pytest.skip(f"Python {version} is not here")
    if version == ".".join(map(str, sys.version_info[:2])):
        pytest.skip("that is the one which runs this")
    python = environment(found, tmp_path / "other")
    tools = ["pytest", "hypothesis", "numpy", "ml_dtypes", "cython"]
    run(python, "-m", "pip", "install", "--disable-pip-version-check", wheel, *tools)
    tests = Path(__file__).parent
    run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not install", tests, cwd=tmp_path)

