"""The raw layers are what the headers say, down to every offset, and the package uses all of its own."""

from __future__ import annotations

import importlib
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from deltos._exporter import FUNCTIONS
from deltos._ffi import ffi, lib

# What the package does without, each with its reason.
NOT_USED = {
    "deltos_abi_version": "the library is inside the module, so that it cannot be another one",
    "deltos_cursor_seek_pair": "a range of a sorted map begins where it is told to",
    "deltos_format_describe": "storing checks a format, and every format that comes out is canonical",
    "deltos_hash_map_get": "deltos_hash_map_find() tells this too",
    "deltos_hash_map_get_many": "deltos_hash_map_find_many() tells this too",
    "deltos_hash_map_get_number": "deltos_hash_map_find() tells this too",
    "deltos_status_name": "the class of an exception is its name",
    "deltos_view_get_i64": "elements become Python's numbers from their bytes",
    "deltos_view_get_u64": "elements become Python's numbers from their bytes",
    "deltos_view_set_i64": "elements are made of Python's numbers as bytes",
    "deltos_view_set_u64": "elements are made of Python's numbers as bytes",
}

GENERATED = [
    "bindings/julia/Deltos.jl/src/raw.jl",
    "bindings/python/deltos/_ffi.pyi",
    "bindings/python/native/cdef.h",
    "bindings/rust/deltos-sys/src/bindings.rs",
    "bindings/rust/deltos-sys/tests/layout/table.rs",
    "tests/abi/layout.c",
]


def generate(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the generator of a source tree."""
    needs_tools()
    script = tree / "bindings" / "generate.py"
    return subprocess.run([sys.executable, "-B", script, *arguments], capture_output=True, text=True)


def needs_tools() -> None:
    """Skips where the headers cannot be read."""
    if importlib.util.find_spec("pycparser") is None:
        pytest.skip("pycparser is not installed")
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")


@pytest.fixture
def copied_tree(source_tree: Path, tmp_path: Path) -> Path:
    """The headers, the generator and what it has written, free to be changed."""
    shutil.copytree(source_tree / "include", tmp_path / "include")
    shutil.copytree(source_tree / "bindings/generator", tmp_path / "bindings/generator")
    for name in ["bindings/generate.py", *GENERATED]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source_tree / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def headers(source_tree: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that reads the headers."""
    needs_tools()
    monkeypatch.syspath_prepend(source_tree / "bindings")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return importlib.import_module("generator.headers")


def test_the_raw_layers_are_generated_from_the_headers(source_tree: Path) -> None:
    done = generate(source_tree, "--check")
    assert done.returncode == 0, done.stderr


def test_a_changed_struct_shows_in_every_generated_file(copied_tree: Path) -> None:
    header = copied_tree / "include" / "deltos" / "storage.h"
    text = header.read_text()
    header.write_text(text.replace("uint64_t snapshot_count;", "uint32_t snapshot_number;"))
    assert header.read_text() != text
    done = generate(copied_tree, "--check")
    assert done.returncode == 1
    # The stub of Python knows functions and constants only.
    named = [name for name in GENERATED if name in done.stderr]
    assert named == [name for name in GENERATED if not name.endswith(".pyi")]


def test_a_new_function_shows_in_every_raw_layer(copied_tree: Path) -> None:
    header = copied_tree / "include" / "deltos" / "version.h"
    header.write_text(header.read_text() + "/** Counts. */\nDELTOS_API uint64_t deltos_counted(const char *name);\n")
    assert generate(copied_tree).returncode == 0
    assert generate(copied_tree, "--check").returncode == 0
    for name in GENERATED:
        assert ("deltos_counted" in (copied_tree / name).read_text()) == (name != "tests/abi/layout.c"), name


def test_edited_files_are_told_and_repaired(copied_tree: Path) -> None:
    for name in GENERATED:
        path = copied_tree / name
        path.write_text(path.read_text().replace("deltos_", "delta_", 1))
    done = generate(copied_tree, "--check")
    assert done.returncode == 1
    assert [name for name in GENERATED if name in done.stderr] == GENERATED
    assert generate(copied_tree).returncode == 0
    assert generate(copied_tree, "--check").returncode == 0


def test_a_declaration_that_bindings_cannot_have_is_refused(copied_tree: Path) -> None:
    header = copied_tree / "include" / "deltos" / "version.h"
    header.write_text(header.read_text() + "extern int32_t deltos_global;\n")
    done = generate(copied_tree)
    assert done.returncode != 0
    assert "deltos_global" in done.stderr


def test_every_function_struct_and_handle_carries_what_the_headers_say_of_it(headers: ModuleType) -> None:
    interface = headers.read()
    named = (headers.Function, headers.Struct, headers.Handle)
    assert [item.name for item in interface.declarations if isinstance(item, named) and not item.doc] == []


def test_constants_are_of_the_type_of_the_fields_that_take_them(headers: ModuleType) -> None:
    interface = headers.read()
    compared = 0
    for field in [field for struct in interface.structs() for field in struct.fields]:
        prefixes = tuple(re.findall(r"^(DELTOS_\w+_)\*", field.doc))
        for group in interface.enumerations():
            if all(constant.name.startswith(prefixes) for constant in group.items):
                assert headers.Named(group.type) == field.type, field.doc
                compared += 1
    assert compared > 5


def test_every_function_of_the_headers_can_be_called(source_tree: Path) -> None:
    texts = [header.read_text() for header in (source_tree / "include" / "deltos").glob("*.h")]
    declared = {name for text in texts for name in re.findall(r"^DELTOS_API [^(]*?(deltos_\w+)\(", text, re.MULTILINE)}
    assert len(declared) > 40
    assert {name for name in declared if not callable(getattr(lib, name, None))} == set()
    assert set(generate(source_tree, "--functions").stdout.split()) == declared


def test_every_function_is_used_or_has_its_reason_not_to_be(source_tree: Path) -> None:
    sources = [path.read_text() for path in (source_tree / "bindings/python/deltos").glob("*.py")]
    used = re.findall(r"lib\.(deltos_\w+)\b", "\n".join(sources))
    used += FUNCTIONS
    declared = {name for name in dir(lib) if name.startswith("deltos_") and name != "deltos_python_progress"}
    assert declared - set(used) == set(NOT_USED)


def is_opaque(kind: Any) -> bool:
    """Whether nothing is known of a struct but its name; asking such a one for its fields ends the process."""
    try:
        ffi.sizeof(kind)
    except ffi.error:
        return True
    return False


def computed_layout() -> Iterator[str]:
    """What tests/abi/layout.c prints, as cffi has it."""
    _, structs, _ = ffi.list_types()
    for kind in (ffi.typeof(f"struct {name}") for name in structs):
        if not is_opaque(kind):
            name = kind.cname.removeprefix("struct ")
            yield f"struct {name} {ffi.sizeof(kind)} {ffi.alignof(kind)}"
            for field, place in kind.fields:
                yield f"field {name} {field} {ffi.offsetof(kind, field)} {ffi.sizeof(place.type)}"
    for name in dir(lib):
        if name.startswith("DELTOS_"):
            yield f"constant {name} {getattr(lib, name)}"


def test_layouts_and_constants_are_those_of_the_c_compiler(source_tree: Path, tmp_path: Path) -> None:
    needs_tools()
    program = tmp_path / "layout"
    source = source_tree / "tests" / "abi" / "layout.c"
    subprocess.run(["cc", "-I", source_tree / "include", source, "-o", program], check=True)
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
    # cffi reads macros that are numbers, not strings.
    numbers = [line for line in printed if not line.startswith("constant DELTOS_VERSION ")]
    assert len(numbers) == len(printed) - 1 > 100
    assert sorted(computed_layout()) == sorted(numbers)
