"""The operations of the corpus on views, tables and arrays.

They go through the raw layer: the corpus says exactly which function is called with which element type, bytes, indices
and request flags, where the classes of the package choose these by themselves. What those classes make of it is tested
with the package.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import deltos
from deltos._ffi import ffi, lib
from deltos._native import bytes_of, call
from values import DTYPE_WORDS, DTYPES, Failure, View, data_of, differ

ORDERS = {"relaxed": 0, "acquire": 1, "release": 2, "acq-rel": 3, "seq-cst": 4}
COMPARISONS = {-1: "less", 0: "equal", 1: "greater", 2: "unordered"}
MODES = {"read": 0, "in-place": 1, "write": 2}
POLICIES = {"never": 0, "if-absent": 1, "new": 2, "replace": 3}
NUMBERS = {"i64": "int64_t", "u64": "uint64_t", "f64": "double"}

# Memory that a release callback frees: by the number that the callback is given.
_KEPT: dict[int, Any] = {}


@ffi.callback("void(void *)")
def forget(user: Any) -> None:
    """Lets go of what keep() keeps: a deltos_release."""
    _KEPT.pop(int(ffi.cast("uintptr_t", user)), None)


def keep(*things: Any) -> Any:
    """Keeps things alive until forget() is called with what this gives."""
    number = len(_KEPT) + 1
    while number in _KEPT:
        number += 1
    _KEPT[number] = things
    return ffi.cast("void *", number)


def numbers(values: list[int] | None, kind: str = "int64_t") -> Any:
    """An array of C; NULL for None."""
    return ffi.NULL if values is None else ffi.new(f"{kind}[]", values or [0])


def type_of(format: str | None, dtype: str | None) -> tuple[Any, int]:
    """Format and dtype, as the library takes them."""
    encoded = ffi.NULL if format is None else ffi.new("char[]", bytes_of(format, "a format"))
    return encoded, 0 if dtype is None else DTYPES[dtype]


def aligned(data: bytes) -> tuple[Any, Any]:
    """Memory of its own with these bytes, and its first address at a multiple of 64."""
    memory = ffi.new("char[]", len(data) + 64)
    start = memory + -int(ffi.cast("uintptr_t", memory)) % 64
    ffi.memmove(start, data, len(data))
    return memory, start


class RawObject:
    """A handle of an object, as the C interface makes it."""

    def __init__(self, make: Callable[..., int], *arguments: Any) -> None:
        self._cell = ffi.new("deltos_object **")
        call(make, *arguments, self._cell)

    @property
    def pointer(self) -> Any:
        return self._cell[0]

    @contextmanager
    def _use(self) -> Iterator[Any]:
        yield self.pointer

    def info(self) -> dict[str, Any]:
        info = ffi.new("deltos_object_info *")
        info.struct_size = ffi.sizeof("deltos_object_info")
        call(lib.deltos_object_stat, self.pointer, info)
        found = {field: getattr(info, field) for field in ("ndim", "count", "itemsize", "payload_bytes")}
        found |= {field: bool(getattr(info, field)) for field in ("sealed", "writable", "current", "stored")}
        found["name"] = ffi.string(info.name).decode() if info.name else ""
        found["shape"] = [*info.shape[0 : info.ndim]] if info.ndim else []
        return found | {"format": ffi.string(info.format).decode(), "dtype": DTYPE_WORDS[info.dtype]}

    @property
    def file_offset(self) -> int:
        offset = ffi.new("uint64_t *")
        call(lib.deltos_object_file_offset, self.pointer, offset)
        return int(offset[0])

    def refresh(self) -> bool:
        changed = ffi.new("uint8_t *")
        call(lib.deltos_object_refresh, self._cell, changed)
        return bool(changed[0])

    def close(self) -> None:
        call(lib.deltos_array_close, self._cell)

    def release(self) -> None:
        lib.deltos_object_release(self._cell)


def _open(from_: Any, name: str, kind: int) -> RawObject:
    with from_._reading() as snapshot:
        return RawObject(lib.deltos_object_open, snapshot, bytes_of(name, "a name"), kind)


class Views:
    """Sub-views, and copies between views."""

    def memory(
        self,
        data: Any,
        format: str | None = None,
        dtype: str | None = None,
        shape: list[int] | None = None,
        strides: list[int] | None = None,
        start: int = 0,
        readonly: bool = False,
    ) -> View:
        memory, address = aligned(data_of(data))
        encoded, code = type_of(format, dtype)
        lengths, distances = numbers(shape or []), numbers(strides)
        layout = ffi.new("deltos_view *")
        layout.struct_size, layout.ndim, layout.dtype = ffi.sizeof("deltos_view"), len(shape or []), code
        layout.readonly, layout.data, layout.format = readonly, address + start, encoded
        layout.shape, layout.strides = lengths, distances
        kept = keep(memory)
        try:
            return View(lib.deltos_view_wrap, layout, forget, kept)
        except deltos.Error:
            forget(kept)
            raise

    def slice(self, view: View, slices: list[dict[str, int]]) -> View:
        given = ffi.new("deltos_slice[]", max(len(slices), 1))
        for one, fields in zip(given, slices, strict=False):
            if "index" in fields:
                one.start, one.flags = fields["index"], 4
            else:
                one.start, one.stop, one.step = (fields.get(field, 0) for field in ("start", "stop", "step"))
                one.step = fields.get("step", 1)
                one.flags = ("start" not in fields) + 2 * ("stop" not in fields)
        return View(lib.deltos_view_slice, view.pointer, given, len(slices))

    def window(self, view: View, offset: int, length: int) -> View:
        return View(lib.deltos_view_window, view.pointer, offset, length)

    def transpose(self, view: View, axes: list[int] | None = None) -> View:
        return View(lib.deltos_view_transpose, view.pointer, numbers(axes, "int32_t"))

    def reshape(self, view: View, shape: list[int]) -> View:
        return View(lib.deltos_view_reshape, view.pointer, len(shape), numbers(shape))

    def cast(self, view: View, format: str | None = None, dtype: str | None = None) -> View:
        return View(lib.deltos_view_cast, view.pointer, *type_of(format, dtype))

    def contiguity(self, view: View) -> dict[str, Any]:
        found = ffi.new("int32_t *")
        call(lib.deltos_view_contiguity, view.pointer, found)
        return {"c": bool(found[0] & 1), "f": bool(found[0] & 2)}

    def content(self, view: View) -> dict[str, Any]:
        fields = view.pointer
        shape = [*fields.shape[0 : fields.ndim]] if fields.ndim else []
        memory, copied = ffi.new("char[]", fields.nbytes or 1), ffi.new("deltos_view *")
        copied.struct_size, copied.ndim, copied.dtype = ffi.sizeof("deltos_view"), fields.ndim, fields.dtype
        copied.format, copied.shape, copied.data = fields.format, fields.shape, memory
        call(lib.deltos_view_copy, copied, fields)
        data = bytes(ffi.buffer(memory, fields.nbytes)) if fields.nbytes else b""
        return {"format": ffi.string(fields.format).decode(), "shape": shape, "data": data}

    def copy(self, target: View, source: View) -> None:
        call(lib.deltos_view_copy, target.pointer, source.pointer)


class Elements:
    """Elements of views."""

    def fill(self, view: View, data: Any) -> None:
        item = data_of(data)
        call(lib.deltos_view_fill, view.pointer, item, len(item))

    def equal(self, view: View, other: View) -> dict[str, Any]:
        answer = ffi.new("uint8_t *")
        call(lib.deltos_view_equal, view.pointer, other.pointer, answer)
        return {"equal": bool(answer[0])}

    def compare(self, view: View, other: View) -> dict[str, Any]:
        answer = ffi.new("int32_t *")
        call(lib.deltos_view_compare, view.pointer, other.pointer, answer)
        return {"order": COMPARISONS[answer[0]]}

    def find(self, view: View, data: Any, start: int = 0) -> dict[str, Any]:
        item, answer = data_of(data), ffi.new("int64_t *")
        call(lib.deltos_view_find, view.pointer, item, len(item), start, answer)
        return {"index": answer[0]}

    def count(self, view: View, data: Any) -> dict[str, Any]:
        item, answer = data_of(data), ffi.new("uint64_t *")
        call(lib.deltos_view_count, view.pointer, item, len(item), answer)
        return {"count": answer[0]}

    def gather(self, source: View, rows: list[int], target: View) -> None:
        call(lib.deltos_view_gather, source.pointer, numbers(rows), len(rows), target.pointer)

    @staticmethod
    def _transfer(function: Any, view: View, path: str, flags: int, at: int) -> dict[str, Any]:
        descriptor, count = os.open(path, flags, 0o666), ffi.new("uint64_t *")
        try:
            call(function, view.pointer, descriptor, at, count)
        finally:
            os.close(descriptor)
        return {"bytes": count[0]}

    def read_into(self, view: View, path: str, at: int = -1) -> dict[str, Any]:
        return self._transfer(lib.deltos_view_read_fd, view, path, os.O_RDONLY, at)

    def write_from(self, view: View, path: str, at: int = -1) -> dict[str, Any]:
        return self._transfer(lib.deltos_view_write_fd, view, path, os.O_WRONLY | os.O_CREAT, at)

    def get(self, view: View, index: list[int], type: str) -> dict[str, Any]:
        size = view.pointer.itemsize if type == "bytes" else 8
        item = ffi.new("char[]", max(size, 8))
        if type == "bytes":
            call(lib.deltos_view_get_bytes, view.pointer, numbers(index), item, size)
        else:
            function = getattr(lib, f"deltos_view_get_{type}")
            call(function, view.pointer, numbers(index), ffi.cast(f"{NUMBERS[type]} *", item))
        return {"data": bytes(ffi.buffer(item, size))}

    def set(self, view: View, index: list[int], type: str, data: Any) -> None:
        item = data_of(data)
        if type == "bytes":
            call(lib.deltos_view_set_bytes, view.pointer, numbers(index), item, len(item))
            return
        value = ffi.cast(f"{NUMBERS[type]} *", ffi.from_buffer(item))[0]
        call(getattr(lib, f"deltos_view_set_{type}"), view.pointer, numbers(index), value)

    def atomic_load(self, view: View, index: list[int], order: str = "seq-cst") -> dict[str, Any]:
        size = view.pointer.itemsize
        item = ffi.new("char[]", size)
        call(lib.deltos_view_atomic_load, view.pointer, numbers(index), ORDERS[order], item, size)
        return {"data": bytes(ffi.buffer(item, size))}

    def atomic_store(self, view: View, index: list[int], data: Any, order: str = "seq-cst") -> None:
        item = data_of(data)
        call(lib.deltos_view_atomic_store, view.pointer, numbers(index), ORDERS[order], item, len(item))

    def atomic_add(self, view: View, index: list[int], data: Any, order: str = "seq-cst") -> dict[str, Any]:
        item = data_of(data)
        previous = ffi.new("char[]", len(item))
        call(lib.deltos_view_atomic_add, view.pointer, numbers(index), ORDERS[order], item, previous, len(item))
        return {"previous": bytes(ffi.buffer(previous, len(item)))}

    def atomic_compare_exchange(
        self, view: View, index: list[int], expected: Any, data: Any, order: str = "seq-cst"
    ) -> dict[str, Any]:
        wanted, item, exchanged = data_of(expected), data_of(data), ffi.new("uint8_t *")
        cell = ffi.new("char[]", wanted)
        function = lib.deltos_view_atomic_compare_exchange
        call(function, view.pointer, numbers(index), ORDERS[order], cell, item, len(item), exchanged)
        return {"exchanged": bool(exchanged[0]), "previous": bytes(ffi.buffer(cell, len(wanted)))}


class Tables:
    """Rows reached by pointers."""

    def create_table(
        self,
        rows: int,
        transaction: deltos.Transaction | None = None,
        name: str | None = None,
        format: str | None = None,
        dtype: str | None = None,
        columns: int = -1,
        lengths: list[int] | None = None,
    ) -> RawObject:
        shape = (*type_of(format, dtype), rows, columns, numbers(lengths))
        if transaction is None:
            return RawObject(lib.deltos_table_create, ffi.NULL, ffi.NULL, *shape)
        with transaction._writing() as pointer:
            return RawObject(lib.deltos_table_create, pointer, bytes_of(name or "", "a name"), *shape)

    def wrap_table(
        self,
        rows: list[Any],
        columns: int = -1,
        lengths: list[int] | None = None,
        format: str | None = None,
        dtype: str | None = None,
        readonly: bool = False,
    ) -> RawObject:
        memory = [aligned(data_of(row)) for row in rows]
        pointers = ffi.new("void *[]", [start for _, start in memory] or 1)
        kept = keep(memory, pointers)
        shape = (len(rows), columns, numbers(lengths), *type_of(format, dtype), readonly)
        try:
            return RawObject(lib.deltos_table_wrap, pointers, *shape, forget, kept)
        except deltos.Error:
            forget(kept)
            raise

    def table_from_view(self, view: View, axis: int = 0) -> RawObject:
        return RawObject(lib.deltos_table_from_view, view.pointer, axis)

    def table_from_views(
        self, views: list[View], columns: int = -1, format: str | None = None, dtype: str | None = None
    ) -> RawObject:
        pointers = ffi.new("deltos_view *[]", [view.pointer for view in views] or 1)
        given = ffi.cast("deltos_view **", pointers)
        return RawObject(lib.deltos_table_from_views, given, len(views), columns, *type_of(format, dtype))

    def open_table(self, from_: Any, name: str) -> RawObject:
        return _open(from_, name, lib.DELTOS_KIND_TABLE)

    @staticmethod
    def _table_info(table: RawObject) -> Any:
        info = ffi.new("deltos_table_info *")
        info.struct_size = ffi.sizeof("deltos_table_info")
        call(lib.deltos_table_stat, table.pointer, info)
        return info

    def table_info(self, table: RawObject) -> dict[str, Any]:
        info = self._table_info(table)
        found = {field: getattr(info, field) for field in ("rows", "columns", "itemsize", "exports")}
        found |= {field: bool(getattr(info, field)) for field in ("readonly", "ragged", "stored", "sealed")}
        return found | {"format": ffi.string(info.format).decode(), "dtype": DTYPE_WORDS[info.dtype]}

    def table_rows(self, table: RawObject, writable: bool = False) -> tuple[View, dict[str, Any]]:
        info = self._table_info(table)
        rows, lengths = ffi.new("void *const **"), ffi.new("const int64_t **")
        pin = View(lambda given, cell, error: lib.deltos_table_rows(given, writable, cell, rows, lengths, error), table.pointer)
        counts = [*lengths[0][0 : info.rows]] if info.rows else []
        sizes = [count * info.itemsize for count in counts]
        data = [bytes(ffi.buffer(rows[0][row], size)) if size else b"" for row, size in enumerate(sizes)]
        return pin, {"lengths": counts, "rows": [row.hex() for row in data]}

    def table_row(self, table: RawObject, row: int, flags: list[str] | None = None) -> View:
        return View(lib.deltos_table_row, table.pointer, row, View.bits(flags))

    def to_dense(self, table: RawObject) -> View:
        return View(lib.deltos_table_to_dense, table.pointer)

    def reinterpret(self, table: RawObject, format: str | None = None, dtype: str | None = None) -> None:
        call(lib.deltos_table_reinterpret, table.pointer, *type_of(format, dtype))

    def make_readonly(self, table: RawObject) -> None:
        call(lib.deltos_table_make_readonly, table.pointer)


def fill_rows(table: RawObject, data: bytes) -> None:
    """Gives all rows their content, which lies one row after the other."""
    info = Tables._table_info(table)
    rows, lengths = ffi.new("void *const **"), ffi.new("const int64_t **")
    pin = View(lambda given, cell, error: lib.deltos_table_rows(given, True, cell, rows, lengths, error), table.pointer)
    at = 0
    for row in range(info.rows):
        size = lengths[0][row] * info.itemsize
        ffi.memmove(rows[0][row], data[at : at + size], size)
        at += size
    pin.release()
    if at != len(data):
        raise Failure(f"{len(data)} bytes do not fit into rows of {at}")


class Arrays:
    """Growable arrays in storages, in files and in anonymous memory."""

    @staticmethod
    def _options(capacity: int, max_bytes: int, create: str = "never") -> Any:
        options = ffi.new("deltos_array_options *")
        options.struct_size, options.create = ffi.sizeof("deltos_array_options"), POLICIES[create]
        options.capacity, options.max_bytes = capacity, max_bytes
        return options

    def create_array(
        self,
        transaction: deltos.Transaction,
        name: str,
        format: str | None = None,
        dtype: str | None = None,
        capacity: int = 0,
        max_bytes: int = 0,
    ) -> RawObject:
        kind = (bytes_of(name, "a name"), *type_of(format, dtype), self._options(capacity, max_bytes))
        with transaction._writing() as pointer:
            return RawObject(lib.deltos_array_create, pointer, *kind)

    def open_array(self, from_: Any, name: str) -> RawObject:
        return _open(from_, name, lib.DELTOS_KIND_ARRAY)

    def open_array_file(
        self,
        path: str,
        format: str | None = None,
        dtype: str | None = None,
        mode: str = "read",
        create: str = "never",
        capacity: int = 0,
        max_bytes: int = 0,
    ) -> RawObject:
        options = self._options(capacity, max_bytes, create)
        return RawObject(lib.deltos_array_open_file, path.encode(), *type_of(format, dtype), MODES[mode], options)

    def open_array_anonymous(
        self, format: str | None = None, dtype: str | None = None, capacity: int = 0, max_bytes: int = 0
    ) -> RawObject:
        return RawObject(lib.deltos_array_open_anonymous, *type_of(format, dtype), self._options(capacity, max_bytes))

    def open_array_fd(self, array: RawObject, mode: str = "read") -> RawObject:
        descriptor = ffi.new("int32_t *")
        call(lib.deltos_array_fd, array.pointer, descriptor)
        return RawObject(lib.deltos_array_open_fd, descriptor[0], MODES[mode], ffi.NULL)

    def close_array(self, array: RawObject) -> None:
        array.close()

    def array_info(self, array: RawObject, capacity_at_least: int = 0) -> dict[str, Any]:
        capacity = lib.deltos_array_capacity(array.pointer)
        if capacity < capacity_at_least:
            raise differ("capacity_at_least", capacity_at_least, capacity)
        return {"count": lib.deltos_array_count(array.pointer)}

    def array_content(self, array: RawObject) -> dict[str, Any]:
        view = View(lib.deltos_view_acquire, array.pointer, View.bits(["full-ro"]))
        try:
            fields = view.pointer
            data = bytes(view.memory(0, fields.nbytes)) if fields.nbytes else b""
            return {"format": ffi.string(fields.format).decode(), "count": fields.shape[0], "data": data}
        finally:
            view.release()

    @staticmethod
    def _items(array: RawObject, data: Any) -> tuple[bytes, int]:
        items, itemsize = data_of(data), array.info()["itemsize"]
        if len(items) % itemsize:
            raise Failure(f"{len(items)} bytes are no elements")
        return items, len(items) // itemsize

    def append(self, array: RawObject, data: Any) -> None:
        call(lib.deltos_array_append, array.pointer, *self._items(array, data))

    def append_in_place(self, array: RawObject, data: Any) -> None:
        items, count = self._items(array, data)
        tail, room = ffi.new("void **"), ffi.new("uint64_t *")
        call(lib.deltos_array_tail, array.pointer, count, tail, room)
        if room[0] < count:
            raise Failure("there is less room than was asked for")
        ffi.memmove(tail[0], items, len(items))
        call(lib.deltos_array_advance, array.pointer, count)

    def extend(self, array: RawObject, view: View) -> None:
        call(lib.deltos_array_extend, array.pointer, view.pointer)

    def insert(self, array: RawObject, index: int, data: Any) -> None:
        call(lib.deltos_array_insert, array.pointer, index, *self._items(array, data))

    def remove(self, array: RawObject, index: int, count: int) -> dict[str, Any]:
        itemsize = array.info()["itemsize"]
        fits = count <= lib.deltos_array_count(array.pointer)
        removed = ffi.new("char[]", max(count * itemsize, 1) if fits else 1)
        call(lib.deltos_array_remove, array.pointer, index, count, removed)
        return {"data": bytes(ffi.buffer(removed, count * itemsize)) if count else b""}

    def resize(self, array: RawObject, count: int) -> None:
        call(lib.deltos_array_resize, array.pointer, count)

    def reserve(self, array: RawObject, capacity: int) -> None:
        call(lib.deltos_array_reserve, array.pointer, capacity)

    def shrink(self, array: RawObject) -> None:
        call(lib.deltos_array_shrink, array.pointer)

    def clear(self, array: RawObject) -> None:
        call(lib.deltos_array_clear, array.pointer)

    def reverse(self, array: RawObject) -> None:
        call(lib.deltos_array_reverse, array.pointer)

    def byteswap(self, array: RawObject) -> None:
        call(lib.deltos_array_byteswap, array.pointer)

    def flush(self, array: RawObject, durable: bool = False) -> None:
        call(lib.deltos_array_flush, array.pointer, durable)
