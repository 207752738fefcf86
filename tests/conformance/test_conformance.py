"""The corpus is well formed, the reader of the format's page is strict, and the matrix sees what is wrong.

Needs the package deltos and jsonschema beside pytest.
"""

from __future__ import annotations

import copy
import json
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import matrix
import reader
import records
import trees
from damage import Damaged
from xxh3 import xxh3

HERE = Path(__file__).resolve().parent
CORPUS = sorted((HERE / "corpus").glob("*.json"))
RELEASED = sorted((HERE / "golden").glob("*.deltos"))
OF_RECORDS = HERE / "golden" / "records-1.0.deltos"
OF_EACH_KIND = HERE / "golden" / "tables-and-arrays-1.0.deltos"
SCHEMA = json.loads((HERE / "schema.json").read_text(encoding="utf-8"))
BROKEN = "Broken={python} {root}/tests/conformance/runners/broken/runner.py"
PYTHON = f"Python={sys.executable} {{root}}/tests/conformance/runners/python/runner.py"

# Status codes that no case of the corpus provokes, and why.
UNPROVOKED = {
    "TOO_SMALL": "only the C interface fills memory of the caller's",
    "FORKED": "not every language can fork",
    "STRUCT": "only the C interface has structs that grow",
    "IO": "it takes a failing disk",
    "IN_DOUBT": "it takes a failing disk",
    "NO_SPACE": "it takes a full disk",
    "NO_MEMORY": "it takes a machine without memory",
    "ADDRESS_SPACE": "the corpus has no reserve_bytes",
    "FILESYSTEM": "it takes another file system",
    "INTERNAL": "a bug in the library",
}


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def steps_of(path: Path) -> Iterator[dict[str, Any]]:
    for case in load(path)["cases"]:
        yield from case["steps"]


def steps() -> Iterator[dict[str, Any]]:
    for path in CORPUS:
        yield from steps_of(path)


def validator(definition: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{definition}"})


class TestTheCorpus:
    @pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
    def test_follows_the_schema(self, path: Path) -> None:
        validator("corpus").validate(load(path))

    @pytest.mark.parametrize("path", [HERE / "golden.json", *(path.with_suffix(".json") for path in RELEASED)])
    def test_has_descriptions_that_follow_the_schema(self, path: Path) -> None:
        validator("description").validate(load(path))

    @pytest.mark.parametrize(
        "change",
        [
            {"modee": "read"},
            {"mode": "reed"},
            {"flags": ["verfy"]},
            {"offset": "0"},
            {"do": "opem"},
            {"status": "NOTFOUND"},
            {"message": ["a"]},
            {"path": None},
            {"as": "S"},
        ],
        ids=str,
    )
    def test_has_a_schema_that_finds_a_typo(self, change: dict[str, Any]) -> None:
        step = {"do": "open", "path": "a.deltos", "as": "s"}
        validator("step").validate(step)
        changed = {field: value for field, value in {**step, **change}.items() if value is not None}
        with pytest.raises(jsonschema.ValidationError):
            validator("step").validate(changed)

    @pytest.mark.parametrize("path", [*CORPUS, HERE / "golden.json"], ids=lambda path: path.stem)
    def test_is_written_for_small_parsers(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        escapes = set(re.findall(r"\\(?:u[0-9a-f]{4}|.)", text))
        others = {escape for escape in escapes if escape not in ('\\"', "\\\\", "\\n", "\\t")}
        assert all(re.fullmatch(r"\\u00[01][0-9a-f]", escape) for escape in others)

    @pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
    def test_names_each_case_once_and_uses_what_is_named(self, path: Path) -> None:
        cases = load(path)["cases"]
        assert len({case["name"] for case in cases}) == len(cases)
        handles = {"storage", "transaction", "snapshot", "object", "view", "handle"}
        handles |= {"other", "target", "source", "table", "array", "writer", "builder", "map", "cursor"}
        for case in cases:
            named: set[str] = set()
            for step in case["steps"]:
                fields = handles | ({"from"} if step["do"] not in ("embed", "rename") else set())
                fields |= {"schema"} if isinstance(step.get("schema"), str) else set()
                assert {step[field] for field in fields & {*step}} <= named, (case["name"], step)
                if "status" not in step:
                    named |= {step[field] for field in ("as", "offsets_as") if field in step}

    def test_has_every_operation(self) -> None:
        assert {step["do"] for step in steps()} == {*SCHEMA["$defs"]["step"]["properties"]["do"]["enum"]}

    def test_provokes_every_status_that_can_be_provoked_anywhere(self) -> None:
        provoked = {step["status"] for step in steps() if "status" in step}
        assert provoked == {*SCHEMA["$defs"]["status"]["enum"]} - {*UNPROVOKED}

    def test_knows_every_status_of_the_header(self) -> None:
        header = (HERE.parent.parent / "include/deltos/status.h").read_text()
        assert {*re.findall(r"^ +DELTOS_E_(\w+) = -", header, re.MULTILINE)} == {*SCHEMA["$defs"]["status"]["enum"]}


class TestTheChecksum:
    @pytest.mark.parametrize(
        "data, expected",
        [
            (b"", 0x2D06800538D394C2),
            (b"Deltos", 0x2FA519F2791BA939),
            (bytes(i % 256 for i in range(4088)), 0x65F4ADC8831043FD),
        ],
        ids=["nothing", "a word", "a page"],
    )
    def test_is_that_of_the_page(self, data: bytes, expected: int) -> None:
        assert xxh3(data) == expected

    @pytest.mark.parametrize(
        "size, expected",
        [
            (0, 0xCC1CA35A1B089C5C),
            (3, 0xABDB7D6994061AB8),
            (8, 0x03487B3192AD1E7A),
            (16, 0xA243BB83A7A147A2),
            (128, 0x8B8DAA02859B770B),
            (240, 0xDF32419063BC489A),
            (2999, 0x6E728E0999C2B0F5),
        ],
    )
    def test_is_another_one_with_a_seed(self, size: int, expected: int) -> None:
        data = bytes((7 * i + i // 256) % 256 for i in range(size))
        assert xxh3(data, 0x0123456789ABCDEF) == expected


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    """The golden storage, as the package writes it."""
    path = tmp_path / "golden.deltos"
    command = [sys.executable, HERE / "runners/python/runner.py", "write", HERE / "golden.json", path]
    subprocess.run(command, check=True)
    return path


def flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


# Where in the record of an array to write which bytes; extent 0 begins at 64, extent 1 at 88, and so on.
RECORD_CHANGES = {
    "sealed": (3, b"\1"),
    "digest": (48, b"\1"),
    "more elements than room": (40, struct.pack("<Q", 3 * reader.REGION * 4)),
    "a control block elsewhere": (64, struct.pack("<Q", 1 << 40)),
    "a control block of another length": (72, struct.pack("<Q", 65)),
    "a chunk off its region": (88, struct.pack("<Q", reader.FIRST_DATA + 4096)),
    "a chunk beyond the end": (88, struct.pack("<Q", 1 << 40)),
    "a chunk of catalogue pages": (88, struct.pack("<Q", reader.FIRST_DATA)),
    "a chunk of half a region": (96, struct.pack("<Q", reader.REGION // 2)),
    "a chunk of nothing": (96, struct.pack("<Q", 0)),
}


def forge(path: Path, name: str, change: tuple[int, bytes]) -> None:
    """Changes bytes of an object's record, in every page that has it, and makes the checksums of these anew."""
    with reader.Storage(str(path)) as storage:
        record = dict(storage._below(reader.OBJECT))[struct.pack(">Q", storage.id_of(name))]
    forged = bytearray(record)
    forged[change[0] : change[0] + len(change[1])] = change[1]
    if change[0] == 40:  # the shape says the same
        forged[64 + 4 * 24 : 72 + 4 * 24] = struct.pack("<Q", struct.unpack("<Q", change[1])[0] // 3)
    content = path.read_bytes()
    places = [found.start() for found in re.finditer(re.escape(record), content)]
    changed = bytearray(content.replace(record, forged))
    for page in {at // reader.BLOCK * reader.BLOCK for at in places}:
        changed[page + 4088 : page + 4096] = struct.pack("<Q", xxh3(bytes(changed[page : page + 4088])))
    path.write_bytes(changed)


class TestTheReader:
    @pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
    def test_reads_what_was_released(self, path: Path) -> None:
        with reader.Storage(str(path)) as storage:
            assert [*reader.differences(storage, load(path.with_suffix(".json")))] == []

    def test_reads_what_is_written_today(self, golden: Path) -> None:
        with reader.Storage(str(golden)) as storage:
            assert [*reader.differences(storage, load(HERE / "golden.json"))] == []

    @pytest.mark.parametrize(
        "change", ["data", "text", "key", "name", "sealed", "shape", "format", "object", "metadatum"]
    )
    def test_sees_each_difference(self, golden: Path, change: str) -> None:
        description = copy.deepcopy(load(HERE / "golden.json"))
        found = next(entry for entry in description["objects"] if "metadata" in entry)
        changes = {
            "data": lambda: found.update(data="00" * (len(found["data"]) // 2)),
            "text": lambda: found["metadata"][0].update(text="another"),
            "key": lambda: found["metadata"][0].update(key="another"),
            "name": lambda: found.update(name="another"),
            "sealed": lambda: found.update(sealed=not found["sealed"]),
            "shape": lambda: found.update(shape=[*found["shape"], 1]),
            "format": lambda: found.update(format="b"),
            "object": lambda: description["objects"].remove(found),
            "metadatum": lambda: found["metadata"].pop(),
        }
        changes[change]()
        with reader.Storage(str(golden)) as storage:
            assert [*reader.differences(storage, description)] != []

    @pytest.mark.parametrize(
        "name, change",
        [
            ("table", {"kind": "buffer"}),
            ("table", {"shape": [5, 7]}),
            ("ragged", {"lengths": [1, 4, 0, 0, 5, 1]}),
            ("ragged, sealed", {"sealed": False}),
            ("array", {"kind": "buffer"}),
            ("array", {"data": "01" * 24}),
            ("array that has more since its last commit", {"shape": [3], "data": "00" * 24}),
        ],
        ids=str,
    )
    def test_sees_each_difference_of_tables_and_arrays(self, name: str, change: dict[str, Any]) -> None:
        description = load(OF_EACH_KIND.with_suffix(".json"))
        next(entry for entry in description["objects"] if entry["name"] == name).update(change)
        with reader.Storage(str(OF_EACH_KIND)) as storage:
            assert [*reader.differences(storage, description)] != []

    @pytest.mark.parametrize("field", RECORD_CHANGES)
    def test_refuses_an_array_that_cannot_be(self, field: str, tmp_path: Path) -> None:
        path = tmp_path / "forged.deltos"
        shutil.copy(OF_EACH_KIND, path)
        forge(path, "array in pieces", RECORD_CHANGES[field])
        with reader.Storage(str(path)) as storage:
            assert storage.object("array").shape == [3]
            with pytest.raises(Damaged):
                storage.object("array in pieces")

    def test_finds_the_control_block_of_every_array(self) -> None:
        with reader.Storage(str(OF_EACH_KIND)) as storage:
            found = {control.name: control.length for control in storage.controls()}
        assert len(found) == 6
        assert found["array that has more since its last commit"] == 24

    def test_refuses_damage_wherever_there_is_a_checksum(self, golden: Path) -> None:
        with reader.Storage(str(golden)) as storage:
            root = storage.root.root_block * reader.BLOCK
            sealed = golden.read_bytes().index(bytes.fromhex("0123456789abcdef") * 100)
        for at in (0, 20, 250, root, root + 30, root + 4000, root + 4095, sealed, sealed + 65535):
            flip(golden, at)
            with pytest.raises(Damaged), reader.Storage(str(golden)) as storage:
                [*reader.differences(storage, load(HERE / "golden.json"))]
            flip(golden, at)
        with reader.Storage(str(golden)) as storage:
            assert [*reader.differences(storage, load(HERE / "golden.json"))] == []

    def test_refuses_a_file_that_was_cut(self, golden: Path) -> None:
        whole = golden.read_bytes()
        for size in (0, 256, 458751, 458752, len(whole) - 1):
            golden.write_bytes(whole[:size])
            with pytest.raises(Damaged):
                reader.Storage(str(golden))


class TestTheReaderOfValues:
    # [1, "a"]: the example of the page
    EXAMPLE = bytes.fromhex(
        "44564c310000000048000000000000000a3000000000000000000000000000000001000000000000"
        "6100000000000000000200000000000003010000000000000820000000000000"
    )

    def test_reads_the_example_of_the_page(self) -> None:
        written = {"list": [{"int": 1}, {"utf8": "a"}]}
        tree = trees.Tree(self.EXAMPLE)
        assert [*trees.differences(tree, written, reader.DTYPES)] == []
        assert trees.hash_of(tree.root) == trees.hash_of(trees.node_of(written, reader.DTYPES)) == 0x7934BF6FE1EC227E

    COMPRESSED = bytes.fromhex(
        "44564c310100000070000000000000000a580000000000000000000000000000015f020000000000"
        "13000000000000005f61626364610400ffff427074686520656e6400000000000002000000000000"
        "6162000000000000000200000000000008200000000000000948000000000000"
    )

    def test_reads_compressed_texts(self) -> None:
        written = {"list": [{"utf8": "abcd" * 150 + "the end"}, {"bytes": "6162"}]}
        assert [*trees.differences(trees.Tree(self.COMPRESSED), written, reader.DTYPES)] == []

    # Magic, flags, size; the text's head and length; its first token, literals, offset, lengths, last token.
    @pytest.mark.parametrize("at", [0, 4, 9, 32, 33, 34, 40, 48, 49, 53, 54, 55, 57, 58, 59, 66])
    def test_sees_or_refuses_each_byte_of_them_that_is_another(self, at: int) -> None:
        image = bytearray(self.COMPRESSED)
        image[at] ^= 0x81
        written = {"list": [{"utf8": "abcd" * 150 + "the end"}, {"bytes": "6162"}]}
        try:
            assert [*trees.differences(trees.Tree(bytes(image)), written, reader.DTYPES)] != []
        except Damaged:
            pass

    @pytest.mark.parametrize(
        "other",
        [
            {"list": [{"int": 1}]},
            {"list": [{"int": 1}, {"utf8": "b"}]},
            {"list": [{"int": 1}, {"bytes": "61"}]},
            {"list": [{"float": "000000000000f03f"}, {"utf8": "a"}]},
            {"list": [{"utf8": "a"}, {"int": 1}]},
            {"tuple": [{"int": 1}, {"utf8": "a"}]},
            {"list": [{"int": 1, "node": 1}, {"share": 1}]},
            {"list": {"dtype": "U8", "data": "0161"}},
            {"null": True},
        ],
        ids=str,
    )
    def test_sees_each_difference(self, other: dict[str, Any]) -> None:
        assert [*trees.differences(trees.Tree(self.EXAMPLE), other, reader.DTYPES)] != []

    @pytest.mark.parametrize("at", [0, 4, 9, 16, 17, 24, 32, 40, 41, 48, 49, 56, 64, 65])
    def test_sees_or_refuses_each_byte_that_is_another(self, at: int) -> None:
        image = bytearray(self.EXAMPLE)
        image[at] ^= 0x81
        try:
            tree = trees.Tree(bytes(image))
            assert [*trees.differences(tree, {"list": [{"int": 1}, {"utf8": "a"}]}, reader.DTYPES)] != []
        except Damaged:
            pass


class TestTheReaderOfRecords:
    @pytest.mark.parametrize(
        "field, cell, other",
        [
            ("id", 0, {"int": 77}),
            ("height", 2, {"null": True}),
            ("name", 3, {"utf8": "another"}),
            ("place", 11, {"record": [{"unset": True}, {"unset": True}]}),
            ("place", 11, {"unset": True}),
            ("tags", 13, {"list": []}),
            ("any", 16, {"int": 1}),
        ],
    )
    @pytest.mark.parametrize("layout", ["rows", "columns"])
    def test_sees_each_difference(self, layout: str, field: str, cell: int, other: dict[str, Any]) -> None:
        description = load(OF_RECORDS.with_suffix(".json"))
        entry = next(entry for entry in description["objects"] if entry["name"] == layout)
        assert entry["schema"]["slots"][cell]["name"] == field
        with reader.Storage(str(OF_RECORDS)) as storage:
            assert [*reader.record_differences(storage.object(layout), entry)] == []
            entry["rows"][0][cell] = other
            assert len([*reader.record_differences(storage.object(layout), entry)]) == 1

    @pytest.mark.parametrize("at", [0, 4, 8, 16, 24, 32, 40, 56])
    def test_refuses_a_head_that_cannot_be(self, at: int) -> None:
        with reader.Storage(str(OF_RECORDS)) as storage:
            image = bytearray(storage.object("columns").data)
        image[at] ^= 0x41
        with pytest.raises(Damaged):
            records.Table(bytes(image))


class TestTheMatrix:
    """Each is run on the smallest file of the corpus."""

    PART = min(CORPUS, key=lambda path: path.stat().st_size)
    LANGUAGE = next(runner for runner in matrix.RUNNERS if runner.name == "Python")

    def run(self, *options: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, HERE / "matrix.py", "--runner", PYTHON, *options, self.PART]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)

    def test_passes_where_all_is_well(self, tmp_path: Path) -> None:
        done = self.run("--only", "Python,reader.py", "--counts", tmp_path / "counts")
        assert done.returncode == 0, done.stdout
        descriptions = [HERE / "golden.json", matrix.OF_MAPS, *(path.with_suffix(".json") for path in RELEASED)]
        passed = len(load(self.PART)["cases"]) + len(descriptions) + len(matrix.known_to(self.LANGUAGE, descriptions))
        lacking = sum(len(runner.lacks) for runner in matrix.RUNNERS if runner.name in ("Python", "reader.py"))
        assert (tmp_path / "counts").read_text() == f"{passed} 0 {lacking}\n"

    def test_fails_with_a_reader_that_misreads_a_byte(self) -> None:
        done = self.run("--only", "Python,reader.py,Broken", "--runner", BROKEN)
        assert done.returncode == 1
        assert "FAILED Broken reading what Python wrote" in done.stdout

    def test_fails_with_a_runner_that_fails_a_case(self, tmp_path: Path) -> None:
        runner, passed = tmp_path / "runner.py", len(load(self.PART)["cases"]) - 1
        said = f"FAILED {self.PART.name}: a case: step 1: expected 1, got 2\n{passed} passed, 1 failed"
        runner.write_text(f"print({said!r})\nraise SystemExit(1)\n")
        done = self.run("--only", "C", "--runner", f"C={sys.executable} {runner}")
        assert done.returncode == 1
        assert f"{passed} + 1 FAILED" in done.stdout and "expected 1, got 2" in done.stdout

    @pytest.mark.parametrize(
        "program",
        ["print('{all} passed, 0 failed'); raise SystemExit(1)", "print('1 passed, 0 failed')", "raise SystemExit(0)"],
    )
    def test_fails_with_a_runner_that_contradicts_itself(self, tmp_path: Path, program: str) -> None:
        (tmp_path / "runner.py").write_text(program.format(all=len(load(self.PART)["cases"])))
        assert self.run("--only", "C", "--runner", f"C={sys.executable} {tmp_path / 'runner.py'}").returncode == 1

    def test_says_what_it_skips(self) -> None:
        absent = ["--runner", "Rust=/no/such/runner", "--absent", "Julia=no Julia here"]
        done = self.run("--only", "Python,Rust,Julia", *absent)
        assert done.returncode == 0
        assert "SKIPPED Rust: /no/such/runner is not there" in done.stdout
        assert "SKIPPED Julia: no Julia here" in done.stdout
        assert f"0 failed, {2 + len(self.LANGUAGE.lacks)} skipped" in done.stdout

    def test_leaves_out_what_a_language_does_not_have_yet(self) -> None:
        done = self.run("--only", "Python,reader.py", "--lacks", "reader.py=values")
        assert done.returncode == 0
        assert "SKIPPED values in reader.py: it does not have them yet" in done.stdout
        assert re.search(r"^reader.py .*-", done.stdout, re.MULTILINE)
        lacking = self.LANGUAGE._replace(lacks=tuple(matrix.SUBJECTS))
        about = re.compile("_value|schema|records|map|sorted")
        assert {path for path in CORPUS if path not in matrix.known_to(lacking, CORPUS)} == {
            path for path in CORPUS if any(about.search(step["do"]) for step in steps_of(path))
        }

    def test_takes_two_writings_for_the_same(self, golden: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.deltos"
        command = [sys.executable, HERE / "runners/python/runner.py", "write", HERE / "golden.json", other]
        subprocess.run(command, check=True)
        assert golden.read_bytes() != other.read_bytes()
        assert matrix.difference(matrix.masked(golden), matrix.masked(other)) is None

    @pytest.mark.parametrize("at", [8, 65536 + 8, 65536 + 32, 393216 + 6, 400000, 600000])
    def test_sees_each_byte_that_is_not_to_differ(self, golden: Path, at: int) -> None:
        before = matrix.masked(golden)
        after = bytearray(before)
        after[at] ^= 1
        assert matrix.difference(before, bytes(after)) == f"1 bytes differ, the first at {at}"
