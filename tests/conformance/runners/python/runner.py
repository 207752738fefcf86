"""Runs the conformance corpus over the Python package; ../../README.md says what it is and what every operation means.

Where the package has no way to say what a step says, the step goes through the raw layer (deltos._ffi) and a comment
tells why; everything else goes through the classes that programs use.
"""

from __future__ import annotations

import inspect
import json
import mmap
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import deltos
from deltos._dtypes import name_of
from deltos._ffi import ffi, lib
from deltos._native import bytes_of, call, own
from deltos._exporter import OBJECT
from deltos._object import Object
from deltos._options import Options
from deltos._storage import Storage
from maps import Maps, RawCursor, RawMapBuilder
from memory import Arrays, Elements, RawObject, Tables, Views, fill_rows
from records import Records, RecordTables
from trees import Trees
from values import DTYPE_WORDS, DTYPES, Failure, View, data_of, differ, shown

MODES = {
    ("read", "never"): "r",
    ("write", "never"): "r+",
    ("write", "if-absent"): "a",
    ("write", "new"): "x",
    ("write", "replace"): "w",
    ("in-place", "never"): "in-place",
    ("static", "never"): "static",
}
MODE_WORDS = {"r": "read", "r+": "write", "in-place": "in-place", "static": "static"}
COMMON_FIELDS = {"do", "as", "status", "message"}


def status_of(error: deltos.Error) -> str:
    return ffi.string(lib.deltos_status_name(error.status)).decode().removeprefix("DELTOS_E_")


def dtype_word(buffer: deltos.Buffer) -> str:
    return DTYPE_WORDS[buffer._code]


class Content:
    """A deltos_view of a step's data.

    Raw, because no object of Python exports memory with an arbitrary format, or with 64 dimensions.
    """

    def __init__(self, step: dict[str, Any]) -> None:
        data, shape, strides = data_of(step["data"]), step["shape"], step["strides"]
        format, dtype = step["format"], step["dtype"]
        self._kept = [
            ffi.new("char[]", data or b"\0"),
            ffi.NULL if format is None else ffi.new("char[]", bytes_of(format, "a format")),
            ffi.new("int64_t[]", shape or [0]),
            ffi.NULL if strides is None else ffi.new("int64_t[]", strides or [0]),
        ]
        self.view = ffi.new("deltos_view *")
        self.view.struct_size = ffi.sizeof("deltos_view")
        self.view.ndim = len(shape)
        self.view.dtype = 0 if dtype is None else DTYPES[dtype]
        self.view.readonly = 1
        self.view.data = self._kept[0] + step["start"]
        self.view.format, self.view.shape, self.view.strides = self._kept[1:]


def plain_memory(step: dict[str, Any]) -> memoryview | None:
    """The step's data as a memoryview, where there is one that says the same."""
    if step["strides"] is not None or step["start"] or step["dtype"] is not None or 0 in step["shape"]:
        return None
    try:
        return memoryview(data_of(step["data"])).cast(step["format"] or "B", step["shape"])
    except (ValueError, TypeError):
        return None


class Progress:
    """What a "progress" field asks for, and what came of it."""

    def __init__(self, kind: str | None) -> None:
        if kind not in (None, "count", "cancel"):
            raise Failure(f"unknown progress {kind!r}")
        self._kind = kind
        self._calls = 0
        self._above: tuple[int, int] | None = None
        self.function = self._report if kind else None

    def _report(self, done: int, total: int) -> bool:
        self._calls += 1
        if total and done > total:
            self._above = done, total
        return self._kind == "cancel"

    def check(self) -> None:
        if self._kind == "count" and not self._calls:
            raise Failure("expected progress to be reported, and it was not")
        if self._above:
            raise Failure("progress reported {} of {}".format(*self._above))


class Operations(Views, Elements, Tables, Arrays, Trees, RecordTables, Maps):
    """One method for each operation: parameters are its fields, what it returns is what may be expected."""

    def __init__(self) -> None:
        self.named: dict[str, Any] = {}

    def end(self) -> None:
        for thing in reversed(self.named.values()):
            if isinstance(thing, deltos.Transaction):
                thing.abort()
            elif isinstance(thing, Storage):
                thing.detach()
            elif isinstance(thing, deltos.Snapshot):
                thing.close()
            elif not isinstance(thing, deltos.Schema):  # which goes when nobody has it
                thing.release()

    # ---- Storages

    def open(
        self,
        path: str,
        mode: str = "read",
        create: str = "never",
        flags: list[str] | None = None,
        offset: int = 0,
        size: int = 0,
        max_file_bytes: int = 0,
        progress: str | None = None,
    ) -> Any:
        given = set(flags or [])
        options = Options(
            guard="sigbus-guard" in given,
            verify="verify" in given,
            rollback="rollback" in given,
            redirty="redirty" in given,
            copy="copy" in given,
            trim="no-trim" not in given,
            force="force" in given,
            offset=offset,
            size=size,
            max_file_bytes=max_file_bytes,
        )
        word = MODES.get((mode, create))
        if word is None or "sparse" in given:
            return self._open_raw(path, mode, create, options, "sparse" in given)
        reporter = Progress(progress)
        storage = deltos.open(path, word, **options._asdict(), progress=reporter.function)
        try:
            reporter.check()
        except Failure:
            storage.detach()
            raise
        return storage

    @staticmethod
    def _open_raw(path: str, mode: str, create: str, options: Options, sparse: bool) -> Storage:
        """Raw, because the package has a word only for what makes sense, and none for SPARSE."""
        modes = {"read": 0, "in-place": 1, "write": 2, "static": 3}
        policies = {"never": 0, "if-absent": 1, "new": 2, "replace": 3}
        native = ffi.new("deltos_open_options *", options.native(modes[mode], policies[create])[0])
        if sparse:
            native.flags |= lib.DELTOS_OPEN_SPARSE
        cell = ffi.new("deltos_storage **")
        call(lib.deltos_storage_open, path.encode(), native, cell, path=True)
        return Storage._of(cell[0], MODES[mode, "never"], options, os.path.abspath(path).encode())

    def open_anonymous(self, label: str) -> Any:
        return deltos.anonymous(label)

    def open_memory(self, path: str) -> Any:
        content = Path(path).read_bytes()
        memory = mmap.mmap(-1, max(len(content), 1))  # on a page, where elements are aligned
        memory[: len(content)] = content
        return deltos.open_memory(memoryview(memory)[: len(content)])

    def close(self, storage: Storage) -> None:
        storage.close()

    def detach(self, storage: Storage) -> None:
        storage.detach()

    def sync(self, storage: Storage) -> None:
        storage.sync()

    def storage_info(self, storage: Storage) -> dict[str, Any]:
        info = storage.info
        return {
            "mode": MODE_WORDS[info.mode],
            "object_count": info.object_count,
            "snapshot_count": info.snapshot_count,
            "view_count": info.view_count,
            "transaction_id": info.transaction_id,
            "sparse": bool(storage._stat().sparse),  # raw, because StorageInfo leaves it out
            "format_major": info.format_version[0],
            "format_minor": info.format_version[1],
        }

    def verify(self, storage: Storage, level: str, progress: str | None = None) -> dict[str, Any]:
        reporter = Progress(progress)
        findings = storage.verify(level, progress=reporter.function)
        reporter.check()
        return {"findings": len(findings)}

    def pins(self, storage: Storage) -> dict[str, Any]:
        return {
            "pins": [
                {"name": pin.name, "view_count": pin.view_count, "writable": pin.writable} for pin in storage.pins()
            ]
        }

    # ---- Transactions and snapshots

    def begin(self, storage: Storage) -> Any:
        return storage.transaction(timeout=0)

    def commit(self, transaction: deltos.Transaction, durability: str = "sync") -> None:
        transaction.commit(durability)

    def abort(self, transaction: deltos.Transaction) -> None:
        transaction.abort()

    def snapshot(self, storage: Storage) -> Any:
        return storage.snapshot()

    def refresh(self, snapshot: deltos.Snapshot) -> dict[str, Any]:
        return {"changed": snapshot.refresh()}

    def _copy(self, function: Any, path: str, replace: bool, progress: str | None) -> None:
        reporter = Progress(progress)
        function(path, replace=replace, progress=reporter.function)
        reporter.check()

    def copy_to(
        self, snapshot: deltos.Snapshot, path: str, replace: bool = False, progress: str | None = None
    ) -> None:
        self._copy(snapshot.copy_to, path, replace, progress)

    def compact_to(
        self, snapshot: deltos.Snapshot, path: str, replace: bool = False, progress: str | None = None
    ) -> None:
        self._copy(snapshot.compact_to, path, replace, progress)

    def release(self, handle: Any) -> None:
        if isinstance(handle, deltos.Schema):
            del handle._handle  # raw, because nothing has to be released
            return
        handle.close() if isinstance(handle, deltos.Snapshot) else handle.release()

    # ---- Objects

    @staticmethod
    def _store(transaction: deltos.Transaction, name: str, step: dict[str, Any]) -> Any:
        """Assigns what a memoryview can describe; the rest is raw, see Content."""
        plain = plain_memory(step)
        if plain is not None and name not in transaction:
            transaction[name] = plain
            return transaction[name]
        content, cell = Content(step), ffi.new("deltos_object **")
        with transaction._writing() as pointer:
            call(lib.deltos_buffer_create, pointer, bytes_of(name, "a name"), content.view, cell)
        return deltos.Buffer._of(transaction, own(OBJECT, cell[0]))

    def create(
        self,
        transaction: deltos.Transaction,
        name: str,
        data: Any,
        format: str | None = None,
        dtype: str | None = None,
        shape: list[int] | None = None,
        strides: list[int] | None = None,
        start: int = 0,
    ) -> Any:
        fields = {"data": data, "format": format, "dtype": dtype}
        return self._store(transaction, name, fields | {"shape": shape or [], "strides": strides, "start": start})

    def create_zeroed(
        self,
        transaction: deltos.Transaction,
        name: str,
        format: str | None = None,
        dtype: str | None = None,
        shape: list[int] | None = None,
    ) -> Any:
        lengths, code = shape or [], 0 if dtype is None else DTYPES[dtype]
        word = name_of(code) if code not in (0, DTYPES["BYTES"], DTYPES["UCS4"], DTYPES["STRUCT"]) else None
        if (format is None) != (word is None) and (dtype is None) != (format is None) and min(lengths, default=0) >= 0:
            return transaction.create(name, shape=lengths, dtype=word, format=format)
        # Raw, because the package wants just one of dtype and format, and refuses negative lengths by itself.
        cell, encoded = ffi.new("deltos_object **"), ffi.NULL if format is None else bytes_of(format, "a format")
        with transaction._writing() as pointer:
            arguments = encoded, code, len(lengths), ffi.new("int64_t[]", lengths or [0])
            call(lib.deltos_buffer_create_zeroed, pointer, bytes_of(name, "a name"), *arguments, cell)
        return deltos.Buffer._of(transaction, own(OBJECT, cell[0]))

    def replace(
        self,
        transaction: deltos.Transaction,
        name: str,
        data: Any = None,
        format: str | None = None,
        dtype: str | None = None,
        shape: list[int] | None = None,
        strides: list[int] | None = None,
        start: int = 0,
    ) -> Any:
        fields = {"data": data, "format": format, "dtype": dtype}
        fields |= {"shape": shape or [], "strides": strides, "start": start}
        old = self.object(transaction, name)
        plain = None if data is None else plain_memory(fields)
        if plain is not None and isinstance(old, Object):
            transaction[name] = plain
            return transaction[name]
        # Raw: see Content; the package copies by assigning a buffer to itself only from outside, and replaces whatever
        # has the name.
        cell, view = ffi.new("deltos_object **"), ffi.NULL
        if data is not None:
            content = Content(fields)
            view = content.view
        with transaction._writing() as pointer, old._use() as handle:
            call(lib.deltos_buffer_replace, pointer, handle, view, cell)
        return deltos.Buffer._of(transaction, own(OBJECT, cell[0]))

    def _alter(self, transaction: deltos.Transaction, name: str, word: str) -> None:
        thing = transaction[name]
        if isinstance(thing, Object):
            getattr(thing, word)()
            return
        # Raw: proxies of values and record tables have no such methods, because most of them are always sealed.
        with transaction._reading() as snapshot:
            encoded = bytes_of(name, "a name")
            value = RawObject(lib.deltos_object_open, snapshot, encoded, lib.DELTOS_KIND_ANY)
        try:
            with transaction._writing() as pointer:
                call(getattr(lib, f"deltos_object_{word}"), pointer, value.pointer)
        finally:
            value.release()

    def seal(self, transaction: deltos.Transaction, name: str) -> None:
        self._alter(transaction, name, "seal")

    def unseal(self, transaction: deltos.Transaction, name: str) -> None:
        self._alter(transaction, name, "unseal")

    def delete(self, transaction: deltos.Transaction, name: str) -> None:
        del transaction[name]

    def rename(self, transaction: deltos.Transaction, from_: str, to: str, replace: bool = False) -> None:
        transaction.rename(from_, to, replace=replace)

    def delete_prefix(self, transaction: deltos.Transaction, prefix: str) -> dict[str, Any]:
        return {"count": transaction.delete_prefix(prefix)}

    def list(self, from_: Any, prefix: str, depth: str = "all") -> dict[str, Any]:
        if depth == "one-level":
            return {"names": [entry.name for entry in from_.list(prefix)]}
        return {"names": [*from_.names(prefix)]}

    def object(self, from_: Any, name: str) -> Any:
        buffer = from_[name]
        if not isinstance(buffer, Object):
            return self.open_value(from_, name)
        buffer.nbytes  # from now on it is what it is; until it is first used, storage[name] would follow replacements
        return buffer

    def object_info(self, object: Any) -> dict[str, Any]:
        if isinstance(object, RawObject):
            return object.info()
        return {
            "name": object.name,
            "format": object.format,
            "dtype": dtype_word(object),
            "ndim": object.ndim,
            "shape": [*object.shape],
            "count": object.size,
            "itemsize": object.itemsize,
            "payload_bytes": object.nbytes,
            "sealed": object.sealed,
            "current": object.current,
        } | self._state(object)

    @staticmethod
    def _state(buffer: deltos.Buffer) -> dict[str, Any]:
        """Raw, because the package does not tell what can change while a buffer is held."""
        info = ffi.new("deltos_object_info *")
        info.struct_size = ffi.sizeof("deltos_object_info")
        with buffer._use() as pointer:
            call(lib.deltos_object_stat, pointer, info)
        return {"writable": bool(info.writable), "stored": bool(info.stored)}

    def refresh_object(self, object: deltos.Buffer) -> dict[str, Any]:
        return {"changed": object.refresh()}

    # ---- Metadata

    @staticmethod
    def _attributes(scope: Any, name: str) -> deltos.Attributes:
        return scope.attrs_of(name)

    def set_metadata(
        self,
        transaction: deltos.Transaction,
        name: str,
        key: str,
        text: str | None = None,
        format: str | None = None,
        shape: list[int] | None = None,
        data: Any = None,
    ) -> None:
        if text is not None:
            self._attributes(transaction, name)[key] = text
            return
        content, lengths = data_of(data), shape or []
        if format == "B" and not lengths:
            self._attributes(transaction, name)[key] = content
            return
        # Raw, because values of Python have only some of the formats.
        item = ffi.new("deltos_metadatum *")
        kept = [ffi.new("char[]", bytes_of(key, "a key")), ffi.new("char[]", bytes_of(format or "", "a format"))]
        kept += [ffi.new("char[]", content or b"\0"), ffi.new("int64_t[]", lengths or [0])]
        item.key, item.format, item.data, item.shape = kept
        item.size, item.ndim = len(content), len(lengths)
        with transaction._writing() as pointer:
            call(lib.deltos_metadata_set, pointer, bytes_of(name, "a name"), item)

    def remove_metadata(self, transaction: deltos.Transaction, name: str, key: str) -> None:
        del self._attributes(transaction, name)[key]

    def metadata(self, from_: Any, name: str, key: str) -> dict[str, Any]:
        """Raw, because values of Python do not keep their format."""
        item = ffi.new("deltos_metadatum *")
        with from_._reading() as snapshot:
            call(lib.deltos_metadata_get, snapshot, bytes_of(name, "a name"), bytes_of(key, "a key"), item)
            if not item.data:
                return {"absent": True}
            data, format = bytes(ffi.buffer(item.data, item.size)), ffi.string(item.format).decode()
            found = {"absent": False, "format": format, "data": data}
            found["shape"] = [*item.shape[0 : item.ndim]] if item.ndim else []
        value = self._attributes(from_, name)[key]
        if format == "u8":
            found["text"] = value
        elif format == "B" and not found["shape"] and value != data:
            raise differ("the value", data, value)
        return found

    def metadata_keys(self, from_: Any, name: str) -> dict[str, Any]:
        return {"keys": [*self._attributes(from_, name)]}

    # ---- Views

    def view(self, object: deltos.Buffer, flags: list[str] | None = None) -> Any:
        with object._use() as pointer:
            return View(lib.deltos_view_acquire, pointer, View.bits(flags))

    def share(self, view: View, flags: list[str] | None = None) -> Any:
        return View(lib.deltos_view_share, view.pointer, View.bits(flags))

    def view_info(self, view: View) -> dict[str, Any]:
        fields = view.pointer
        return {
            "format": ffi.string(fields.format).decode(),
            "dtype": DTYPE_WORDS[fields.dtype],
            "ndim": fields.ndim,
            "shape": self._lengths(fields.shape, fields.ndim),
            "strides": self._lengths(fields.strides, fields.ndim),
            "suboffsets": self._lengths(fields.suboffsets, fields.ndim) or [],
            "itemsize": fields.itemsize,
            "nbytes": fields.nbytes,
            "readonly": bool(fields.readonly),
            "sealed": bool(fields.sealed),
        }

    @staticmethod
    def _lengths(numbers: Any, ndim: int) -> list[int] | None:
        """A list of the view; None when it was not asked for. That of a view without dimensions may be missing."""
        if not ndim:
            return []
        return [*numbers[0:ndim]] if numbers else None

    def load(self, view: View, data: Any, at: int = 0) -> None:
        expected = data_of(data)
        actual = bytes(view.memory(at, len(expected)))
        if actual != expected:
            raise differ("data", expected, actual)

    def store(self, view: View, data: Any, at: int = 0) -> None:
        content = data_of(data)
        view.memory(at, len(content))[:] = content

    def read(self, from_: Any, name: str) -> dict[str, Any]:
        buffer = from_[name]
        try:
            found = {"format": buffer.format, "dtype": dtype_word(buffer), "shape": [*buffer.shape]}
            return found | {"sealed": buffer.sealed, "data": buffer.tobytes()}
        finally:
            buffer.release()

    def describe(self, format: str) -> dict[str, Any]:
        """Raw, because the package leaves formats to the library."""
        info, size, room = ffi.new("deltos_format_info *"), ffi.new("uint64_t *", 1 << 17), ffi.new("char[]", 1 << 17)
        info.struct_size = ffi.sizeof("deltos_format_info")
        call(lib.deltos_format_describe, bytes_of(format, "a format"), info, room, size)
        return {
            "dtype": DTYPE_WORDS[info.dtype],
            "itemsize": info.itemsize,
            "alignment": info.alignment,
            "canonical": ffi.string(room).decode(),
        }

    # ---- Files

    def patch(self, path: str, at: int, data: Any, object: deltos.Buffer | None = None) -> None:
        place = at if object is None else at + object.file_offset
        descriptor = os.open(path, os.O_WRONLY)
        try:
            os.pwrite(descriptor, data_of(data), place)
        finally:
            os.close(descriptor)

    def resize_file(self, path: str, size: int) -> None:
        os.truncate(path, size)

    def embed(self, from_: str, to: str, at: int) -> None:
        with open(from_, "rb") as source, open(os.open(to, os.O_WRONLY | os.O_CREAT, 0o666), "wb") as target:
            target.seek(at)
            target.write(source.read())

    def make_file(self, path: str, data: Any) -> None:
        Path(path).write_bytes(data_of(data))

    def file(self, path: str) -> dict[str, Any]:
        content = Path(path).read_bytes()
        return {"size": len(content), "data": content}

    def remove_file(self, path: str) -> None:
        os.unlink(path)


HANDLES = {"storage", "transaction", "snapshot", "object", "view", "handle"}
HANDLES |= {"other", "target", "source", "table", "array", "writer", "builder", "map", "cursor"}
RAW = (View, RawObject, Records, RawMapBuilder, RawCursor)
FILE_SOURCES = {"embed", "rename"}  # where "from" is a path or a name


class Case:
    """One case of the corpus, in the current directory."""

    def __init__(self) -> None:
        self._operations = Operations()

    def _named(self, name: str) -> Any:
        if name not in self._operations.named:
            raise Failure(f"nothing is named {name!r}")
        return self._operations.named[name]

    def _argument(self, operation: str, field: str, value: Any) -> Any:
        if field == "schema" and isinstance(value, str):
            return self._named(value)
        if field in HANDLES or (field == "from" and operation not in FILE_SOURCES):
            return self._named(value)
        return [self._named(name) for name in value] if field == "views" else value

    def _run(self, step: dict[str, Any]) -> None:
        operation = step["do"]
        method = getattr(self._operations, operation, None)
        if method is None or operation.startswith("_") or operation in ("end", "named"):
            raise Failure(f"unknown operation {operation!r}")
        parameters = inspect.signature(method).parameters
        arguments, expected = {}, {}
        for field, value in step.items():
            parameter = "from_" if field == "from" else field
            if parameter in parameters:
                arguments[parameter] = self._argument(operation, field, value)
            elif field not in COMMON_FIELDS:
                expected[field] = value
        result = method(**arguments)
        made, found = result if isinstance(result, tuple) else (result, result)
        if "as" in step:
            old = self._operations.named.pop(step["as"], None)
            if isinstance(old, RAW):  # others go by themselves
                old.release()
            self._operations.named[step["as"]] = made
        elif isinstance(made, (Storage, deltos.Transaction)):
            raise Failure("the step names nothing")
        elif isinstance(made, RAW):
            made.release()
        self._compare(expected, found if isinstance(found, dict) else {})

    @staticmethod
    def _compare(expected: dict[str, Any], actual: dict[str, Any]) -> None:
        for field, value in expected.items():
            wanted = data_of(value) if field in ("data", "previous", "metadata") else value
            if field == "rows" and isinstance(value, list):
                wanted = [data_of(row).hex() for row in value]
            if field not in actual:
                raise Failure(f"expected {field} {shown(value)}, and there is no such thing")
            if actual[field] != wanted:
                raise differ(field, wanted, actual[field])

    def _step(self, step: dict[str, Any]) -> None:
        wanted = step.get("status", "OK")
        try:
            self._run(step)
        except deltos.Error as error:
            if status_of(error) != wanted:
                raise Failure(f"expected {wanted}, got {status_of(error)}: {error}") from None
            for part in step.get("message", []):
                if part not in str(error):
                    raise Failure(f"expected a message with {part!r}, got {error}") from None
            return
        if wanted != "OK":
            raise Failure(f"expected {wanted}, got OK")

    def run(self, steps: list[dict[str, Any]]) -> None:
        try:
            for number, step in enumerate(steps, 1):
                try:
                    self._step(step)
                except Failure as failure:
                    raise Failure(f"step {number}: {failure}") from None
                except (TypeError, ValueError, KeyError, OSError) as error:
                    raise Failure(f"step {number}: {type(error).__name__}: {error}") from None
        finally:
            self._operations.end()


def run(paths: list[str]) -> int:
    """Runs every case of the files; 0 when all pass."""
    passed = failed = 0
    home = os.getcwd()
    for path in paths:
        cases = json.loads(Path(path).read_text(encoding="utf-8"))["cases"]
        for case in cases:
            with tempfile.TemporaryDirectory(prefix="deltos-case-") as directory:
                os.chdir(directory)
                try:
                    Case().run(case["steps"])
                    passed += 1
                except Failure as failure:
                    failed += 1
                    print(f"FAILED {Path(path).name}: {case['name']}: {failure}")
                finally:
                    os.chdir(home)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def create_described(operations: Operations, transaction: deltos.Transaction, entry: dict[str, Any]) -> Any:
    """An object of a description, with its content."""
    name, shape = entry["name"], entry.get("shape", [])
    if entry.get("kind") == "value":
        return operations.put_value(transaction, name, entry["value"])
    if entry.get("kind") == "records":
        return operations.put_records(entry["schema"], entry["rows"], transaction, name, entry["layout"])
    if entry.get("kind") in ("map", "sorted"):
        return operations.create_described_map(transaction, entry)
    data = entry["data"]
    type_ = {field: entry[field] for field in ("format", "dtype") if field in entry}
    kind = entry.get("kind", "buffer")
    if kind == "table":
        columns = {"lengths": entry["lengths"]} if "lengths" in entry else {"columns": shape[1]}
        table = operations.create_table(shape[0], transaction, name, **type_, **columns)
        fill_rows(table, data_of(data))
        return table
    if kind == "array":
        array = operations.create_array(transaction, name, **type_)
        operations.append(array, data)
        return array
    return operations.create(transaction, name, data, **type_, shape=shape)


def read_value(operations: Operations, snapshot: deltos.Snapshot, entry: dict[str, Any]) -> dict[str, Any]:
    """The same of a value, which is compared at once."""
    value = operations.open_value(snapshot, entry["name"])
    try:
        operations.read_value(value, entry["value"])
        if "hash" in entry:  # what contains itself has none
            operations.hash_value(value, hash=entry["hash"])
        return {"kind": "value", "value": entry["value"], "hash": entry.get("hash"), "shape": [], "sealed": False}
    finally:
        value.release()


def read_records(operations: Operations, snapshot: deltos.Snapshot, entry: dict[str, Any]) -> dict[str, Any]:
    """Of a record table nothing is left to be compared."""
    table = operations.open_records(snapshot, entry["name"])
    try:
        operations.expect_records(table, entry)
        return {}
    finally:
        table.release()


def read_described(operations: Operations, snapshot: deltos.Snapshot, entry: dict[str, Any]) -> dict[str, Any]:
    """What a description can tell of an object."""
    name, kind = entry["name"], entry.get("kind", "buffer")
    if kind == "buffer":
        return operations.read(snapshot, name) | {"kind": kind}
    if kind == "value":
        return read_value(operations, snapshot, entry)
    if kind == "records":
        return read_records(operations, snapshot, entry)
    if kind in ("map", "sorted"):
        return operations.expect_map(snapshot, entry)
    thing = operations.open_table(snapshot, name) if kind == "table" else operations.open_array(snapshot, name)
    try:
        found = {field: value for field, value in thing.info().items() if field in ("format", "dtype", "shape", "sealed")}
        found["kind"] = kind
        if kind == "array":
            return found | operations.array_content(thing)
        pin, rows = operations.table_rows(thing)
        pin.release()
        return found | {"lengths": rows["lengths"], "data": bytes.fromhex("".join(rows["rows"]))}
    finally:
        thing.release()


def write(description: dict[str, Any], path: str) -> int:
    """Makes the storage that a description tells of."""
    operations = Operations()
    with deltos.open(path, "w") as storage, storage.transaction() as transaction:
        for item in description.get("metadata", []):
            operations.set_metadata(transaction, "", **item)
        for entry in description["objects"]:
            name = entry["name"]
            create_described(operations, transaction, entry).release()
            for item in entry.get("metadata", []):
                operations.set_metadata(transaction, name, **item)
            if entry.get("sealed", False):
                operations.seal(transaction, name)
    return 0


def read(description: dict[str, Any], path: str) -> int:
    """Compares a storage with its description."""
    operations, wrong = Operations(), []

    def compare(what: str, expected: dict[str, Any], actual: dict[str, Any]) -> None:
        try:
            Case._compare(expected, actual)
        except Failure as failure:
            wrong.append(f"{what}: {failure}")

    def compare_metadata(snapshot: deltos.Snapshot, name: str, items: list[dict[str, Any]]) -> None:
        what = name or "the storage"
        compare(what, {"keys": sorted(item["key"] for item in items)}, operations.metadata_keys(snapshot, name))
        for item in items:
            expected = {field: value for field, value in item.items() if field != "key"}
            compare(f"{what}, {item['key']}", expected, operations.metadata(snapshot, name, item["key"]))

    with deltos.open(path) as storage, storage.snapshot() as snapshot:
        names = sorted((entry["name"] for entry in description["objects"]), key=str.encode)
        compare("the storage", {"names": names}, operations.list(snapshot, ""))
        for entry in description["objects"]:
            if entry["name"] not in snapshot:
                continue
            expected = {field: value for field, value in entry.items() if field not in ("name", "metadata")}
            compared = entry.get("kind") in ("records", "map", "sorted")
            expected = {} if compared else {"shape": [], "sealed": False} | expected
            try:
                found = read_described(operations, snapshot, entry)
            except Failure as failure:
                wrong.append(f"{entry['name']}: {failure}")
                continue
            compare(entry["name"], expected, found)
            compare_metadata(snapshot, entry["name"], entry.get("metadata", []))
        compare_metadata(snapshot, "", description.get("metadata", []))
    for line in wrong:
        print(line)
    return 1 if wrong else 0


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["run"] and len(arguments) > 1:
        return run(arguments[1:])
    if arguments[:1] in (["write"], ["read"]) and len(arguments) == 3:
        description = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
        try:
            return (write if arguments[0] == "write" else read)(description, arguments[2])
        except (deltos.Error, Failure) as error:
            print(f"{arguments[2]}: {error}")
            return 1
    print("usage: runner.py run CORPUS_FILE... | write DESCRIPTION STORAGE | read DESCRIPTION STORAGE", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
