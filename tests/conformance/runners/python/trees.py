"""The operations of the corpus on values.

They go through the raw layer: the corpus says item by item what is put, and compares what comes out item by item, where
the package has objects of Python, some of which are equal although the items differ. What the package makes of values is
tested with it.
"""

from __future__ import annotations

import sys
from typing import Any

import deltos
from deltos._ffi import ffi, lib
from deltos._native import bytes_of, call
from memory import RawObject, aligned, forget, keep, numbers, type_of
from values import DTYPE_WORDS, DTYPES, Failure, View, data_of, differ

KINDS = {
    name.removeprefix("DELTOS_VALUE_").lower(): getattr(lib, name)
    for name in dir(lib)
    if name.startswith("DELTOS_VALUE_") and name != "DELTOS_VALUE_NO_ZONE"
}
KIND_WORDS = {number: word for word, number in KINDS.items()}
CONTAINERS = {KINDS[word] for word in ("list", "tuple", "set", "dict")}
SPECIAL = {"finite": 0, "infinite": 1, "nan": 2, "signalling-nan": 3}
PLAIN = ("null", "bool", "int", "uint", "float", "bytes", "utf8", "date", "datetime", "decimal", "reference", "share")

sys.setrecursionlimit(10_000)  # values nest 512 deep, and what is refused deeper


def bits_of(number: int | str) -> int:
    """An integer, or its eight bytes, as 64 bits."""
    return int.from_bytes(data_of(number), "little") if isinstance(number, str) else number % 2**64


def signed(number: int | str) -> int:
    """The same with a sign."""
    bits = bits_of(number)
    return bits - 2**64 if bits >= 2**63 else bits


def float_bits(number: float) -> int:
    """The eight bytes of a float as 64 bits."""
    return int.from_bytes(bytes(ffi.buffer(ffi.new("double *", number))), "little")


# ---- Short forms -----------------------------------------------------------------------------------------------------


def written_elements(given: Any, word: str) -> Any:
    """Elements, members or pairs without short forms; numbers of one type stay as they are."""
    if isinstance(given, list):
        if word == "dict":
            return [[written_out(key), written_out(value)] for key, value in given]
        return [written_out(node) for node in given]
    if "dtype" in given:
        return given
    if "repeat" in given:
        return [written_out(given["repeat"])] * given["times"]
    start, step = given.get("from", 0), given.get("step", 1)
    counted = [{"int": start + k * step} for k in range(given["count"])]
    return [[node, node] for node in counted] if word == "dict" else counted


def written_out(node: dict[str, Any]) -> dict[str, Any]:
    """A node without short forms."""
    if "nested" in node:
        form = node["nested"]
        inner = written_out(form["value"])
        for _ in range(form["depth"]):
            inner = {form["in"]: [inner]}
        return inner
    containers = ("list", "tuple", "set", "dict")
    return {word: written_elements(content, word) if word in containers else content for word, content in node.items()}


def kind_of(node: dict[str, Any]) -> tuple[str, Any]:
    """The kind of a node and what its field holds."""
    for word, content in node.items():
        if word != "node":
            if word not in KINDS:
                raise Failure(f"unknown kind {word!r}")
            return word, content
    raise Failure("a node has no kind")


# ---- Items -----------------------------------------------------------------------------------------------------------


class Item:
    """One deltos_item and the memory that it points to."""

    def __init__(self, node: dict[str, Any]) -> None:
        word, content = kind_of(node)
        self.item = ffi.new("deltos_item *")
        self.item.kind = KINDS[word]
        self.item.node = bits_of(node.get("node", 0))
        if word in PLAIN:
            getattr(self, f"_fill_{word}")(content)

    def _data(self, data: bytes) -> None:
        self._kept = ffi.new("char[]", data or b"\0")
        self.item.data, self.item.count = self._kept, len(data)

    def _fill_null(self, content: Any) -> None:
        pass

    def _fill_bool(self, content: bool) -> None:
        self.item.i64 = int(content)

    def _fill_int(self, content: int | str) -> None:
        self.item.i64 = signed(content)

    _fill_date = _fill_int

    def _fill_uint(self, content: int | str) -> None:
        self.item.u64 = bits_of(content)

    _fill_reference = _fill_uint

    def _fill_share(self, content: int | str) -> None:
        self.item.node = bits_of(content)

    def _fill_float(self, content: str) -> None:
        ffi.memmove(ffi.addressof(self.item[0], "f64"), data_of(content), 8)

    def _fill_bytes(self, content: Any) -> None:
        self._data(data_of(content))

    def _fill_utf8(self, content: Any) -> None:
        self._data(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else data_of(content["data"]))

    def _fill_datetime(self, content: list[Any]) -> None:
        seconds, nanoseconds, zone = content
        self.item.i64, self.item.u64 = signed(seconds), bits_of(nanoseconds)
        self.item.detail = lib.DELTOS_VALUE_NO_ZONE if zone is None else zone

    def _fill_decimal(self, content: dict[str, Any]) -> None:
        self._fill_utf8(content["digits"])
        self.item.detail = SPECIAL[content.get("special", "finite")]
        self.item.i64 = signed(content.get("exponent", 0))
        self.item.u64 = int(content.get("negative", False))


def facts(item: Any) -> tuple[Any, ...]:
    """What is compared of a scalar."""
    data = bytes(ffi.buffer(item.data, item.count)) if item.data and item.count else b""
    return item.kind, item.count, item.i64, item.u64, item.detail, float_bits(item.f64), data


# ---- Building --------------------------------------------------------------------------------------------------------


class Builder:
    """A builder that has put one tree."""

    def __init__(self, node: dict[str, Any]) -> None:
        self._cell = ffi.new("deltos_builder **")
        call(lib.deltos_value_builder_begin, self._cell)
        self.pointer = self._cell[0]
        try:
            self._put(written_out(node))
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Builder:
        return self

    def __exit__(self, *_: object) -> None:
        lib.deltos_builder_release(self._cell)

    def _put_item(self, item: Any) -> None:
        call(lib.deltos_value_builder_put, self.pointer, item, 1)

    def _put(self, node: dict[str, Any]) -> None:
        word, content = kind_of(node)
        given = Item(node)
        if word == "ndarray":
            self._put_array(content, given.item.node)
        elif isinstance(content, dict) and "dtype" in content and word in ("list", "tuple"):
            self._put_numbers(content, given.item)
        else:
            self._put_item(given.item)
            if given.item.kind in CONTAINERS:
                for one in content:
                    for part in one if word == "dict" else (one,):
                        self._put(part)
                self._put_item(Item({"end": True}).item)

    def _put_numbers(self, content: dict[str, Any], item: Any) -> None:
        data, dtype = data_of(content["data"]), content["dtype"]
        digits = "".join(letter for letter in dtype if letter.isdigit())
        known = dtype[0] in "IUF" and digits in ("8", "16", "32", "64")
        kept = ffi.new("char[]", data or b"\0")
        item.detail, item.data, item.count = DTYPES[dtype], kept, len(data) // (int(digits) // 8 if known else 1)
        self._put_item(item)

    def _put_array(self, layout: dict[str, Any], name: int) -> None:
        memory, address = aligned(data_of(layout["data"]))
        encoded, code = type_of(layout.get("format"), layout.get("dtype"))
        shape = layout.get("shape", [])
        lengths, distances = numbers(shape), numbers(layout.get("strides"))
        view = ffi.new("deltos_view *")
        view.struct_size, view.ndim, view.dtype, view.format = ffi.sizeof("deltos_view"), len(shape), code, encoded
        view.data, view.shape, view.strides = address + layout.get("start", 0), lengths, distances
        view.readonly = 1
        call(lib.deltos_value_builder_put_view, self.pointer, view, name)
        del memory

    def packed(self) -> bytes:
        """The image."""
        return packed_by(lib.deltos_value_builder_pack, self.pointer)


def packed_by(pack: Any, builder: Any) -> bytes:
    """What a function packs that tells the size when there is no room."""
    size = ffi.new("uint64_t *")
    if pack(builder, ffi.NULL, size, ffi.NULL) != lib.DELTOS_E_TOO_SMALL:
        call(pack, builder, ffi.NULL, size)
    memory = ffi.new("char[]", size[0])
    call(pack, builder, memory, size)
    return bytes(ffi.buffer(memory, size[0]))


def opened(data: bytes, at: int = 0, open: Any = lib.deltos_value_open_memory) -> RawObject:
    """A value, or what else a function opens, in memory, which begins so many bytes behind a multiple of 64."""
    memory, address = aligned(bytes(at) + data)
    kept = keep(memory)
    try:
        return RawObject(open, address + at, len(data), forget, kept)
    except deltos.Error:
        forget(kept)
        raise


class Borrowed:
    """The handle of an object that is no value, as the package has it."""

    def __init__(self, object: Any) -> None:
        self._object = object
        with object._use() as pointer:
            self.pointer = pointer


def raw(object: Any) -> Any:
    """What a step names, with its pointer."""
    return object if isinstance(object, RawObject) else Borrowed(object)


# ---- Reading ---------------------------------------------------------------------------------------------------------


def item_at(value: RawObject, node: int) -> Any:
    item = ffi.new("deltos_item *")
    call(lib.deltos_value_read, value.pointer, node, item)
    return item


def children(value: RawObject, node: int, first: int, capacity: int) -> tuple[Any, int]:
    """Items, and how many there are."""
    items, count = ffi.new("deltos_item[]", capacity), ffi.new("uint64_t *")
    call(lib.deltos_value_children, value.pointer, node, first, items, capacity, count)
    return items, count[0]


def find(value: RawObject, node: int, key: dict[str, Any]) -> Any:
    """The item that a key has, which is of the kind END where there is none."""
    found, given, keys = ffi.new("deltos_item *"), Item(key) if "nested" not in key else None, None
    try:
        if given is None or given.item.kind in CONTAINERS or given.item.kind == KINDS["ndarray"]:
            with Builder(key) as builder:
                keys = opened(builder.packed())
            given = Item({word: content for word, content in written_out(key).items() if word != "node"})
        pointer = ffi.NULL if keys is None else keys.pointer
        call(lib.deltos_value_find, value.pointer, node, given.item, pointer, found)
    finally:
        if keys is not None:
            keys.release()
    return found


def place_of(value: RawObject, path: list[Any] | None) -> int:
    """The node that a path leads to."""
    node = 0
    for step in path or []:
        if isinstance(step, dict):
            found = find(value, node, step)
            if found.kind == lib.DELTOS_VALUE_END:
                raise Failure("a key of the path is not there")
        else:
            parts = 2 if item_at(value, node).kind == KINDS["dict"] else 1
            items, count = children(value, node, step, parts)
            if count != parts:
                raise Failure("the path leads to no element")
            found = items[parts - 1]
        node = found.node
    return node


class Comparison:
    """A tree of the notation with what is in a value."""

    def __init__(self, value: RawObject) -> None:
        self._value = value
        self._named: dict[int, int] = {}

    def check(self, expected: dict[str, Any], item: Any) -> None:
        word, content = kind_of(expected)
        wanted = Item(expected)
        if word == "share":
            if self._named.get(wanted.item.node) != item.node:
                raise differ("value", expected, f"node {item.node}")
            return
        if wanted.item.node:
            self._named[wanted.item.node] = item.node
        if wanted.item.kind != item.kind:
            raise differ("value", expected, KIND_WORDS.get(item.kind, item.kind))
        if word == "ndarray":
            self._check_array(content, item)
        elif item.kind not in CONTAINERS:
            wanted.item.node = item.node
            if facts(wanted.item) != facts(item):
                raise differ("value", expected, facts(item))
        elif isinstance(content, dict):
            self._check_numbers(expected, content, item)
        else:
            self._check_elements(expected, content, item)

    def _check_array(self, layout: dict[str, Any], item: Any) -> None:
        view = View(lib.deltos_value_view, self._value.pointer, item.node, View.bits(None))
        try:
            fields = view.pointer
            found = {"format": ffi.string(fields.format).decode(), "dtype": DTYPE_WORDS[fields.dtype]}
            found["shape"] = [*fields.shape[0 : fields.ndim]] if fields.ndim else []
            for field, actual in found.items():
                if field in layout and layout[field] != actual:
                    raise differ(field, layout[field], actual)
            data = bytes(view.memory(0, fields.nbytes)) if fields.nbytes else b""
            if data != data_of(layout["data"]):
                raise differ("data", data_of(layout["data"]), data)
        finally:
            view.release()

    @staticmethod
    def _check_numbers(expected: Any, content: dict[str, Any], item: Any) -> None:
        data = data_of(content["data"])
        same = bool(item.data) and DTYPE_WORDS.get(item.detail) == content["dtype"]
        itemsize = len(data) // item.count if item.count else 0
        if not same or itemsize * item.count != len(data) or bytes(ffi.buffer(item.data, len(data))) != data:
            raise differ("value", expected, DTYPE_WORDS.get(item.detail))

    def _check_elements(self, expected: Any, content: list[Any], item: Any) -> None:
        if len(content) != item.count:
            raise differ("value", expected, f"{item.count} elements")
        parts = 2 if item.kind == KINDS["dict"] else 1
        first = 0
        while first < item.count:
            items, count = children(self._value, item.node, first, 64)
            if not count:
                raise Failure("a container has fewer elements than it says")
            for place in range(count):
                wanted = content[first + place // parts]
                self.check(wanted[place % 2] if parts == 2 else wanted, items[place])
            first += count // parts


def compare(value: RawObject, node: int, expected: dict[str, Any]) -> None:
    """Raises where a node is not what is expected."""
    Comparison(value).check(written_out(expected), item_at(value, node))


class Trees:
    """Values."""

    def put_value(self, transaction: deltos.Transaction, name: str, value: dict[str, Any]) -> RawObject:
        with Builder(value) as builder, transaction._writing() as pointer:
            encoded = bytes_of(name, "a name")
            return RawObject(lib.deltos_value_builder_store, builder.pointer, pointer, encoded)

    def pack_value(self, value: dict[str, Any]) -> tuple[RawObject, dict[str, Any]]:
        with Builder(value) as builder:
            data = builder.packed()
        return opened(data), {"size": len(data), "data": data}

    def unpack_value(self, data: Any, at: int = 0) -> RawObject:
        return opened(data_of(data), at)

    def open_value(self, from_: Any, name: str) -> RawObject:
        encoded = bytes_of(name, "a name")
        if isinstance(from_, deltos.Storage):
            with from_._handle as storage:
                return RawObject(lib.deltos_object_open_newest, storage, encoded, lib.DELTOS_KIND_VALUE)
        with from_._reading() as snapshot:
            return RawObject(lib.deltos_object_open, snapshot, encoded, lib.DELTOS_KIND_VALUE)

    def value_info(self, object: Any, path: list[Any] | None = None) -> dict[str, Any]:
        value = raw(object)
        item = item_at(value, place_of(value, path))
        return {"kind": KIND_WORDS[item.kind], "count": item.count, "dtype": DTYPE_WORDS.get(item.detail)}

    def read_value(self, object: Any, value: dict[str, Any], path: list[Any] | None = None) -> None:
        compare(raw(object), place_of(raw(object), path), value)

    def find_value(
        self,
        object: Any,
        key: dict[str, Any],
        path: list[Any] | None = None,
        value: dict[str, Any] | None = None,
        absent: bool = False,
    ) -> None:
        within = raw(object)
        found = find(within, place_of(within, path), key)
        if (found.kind == lib.DELTOS_VALUE_END) != absent:
            raise Failure("expected no such key, and there is one" if absent else "the key is not there")
        if value is not None:
            compare(within, found.node, value)

    def hash_value(self, object: Any, path: list[Any] | None = None, hash: str | None = None) -> None:
        value, number = raw(object), ffi.new("uint64_t *")
        call(lib.deltos_value_hash, value.pointer, place_of(value, path), number)
        actual = number[0].to_bytes(8, "little")
        if hash is not None and actual != data_of(hash):
            raise differ("hash", data_of(hash), actual)

    def equal_values(
        self,
        object: Any,
        other: Any,
        path: list[Any] | None = None,
        other_path: list[Any] | None = None,
    ) -> dict[str, Any]:
        a, b, answer = raw(object), raw(other), ffi.new("uint8_t *")
        nodes = place_of(a, path), place_of(b, other_path)
        call(lib.deltos_value_equal, a.pointer, nodes[0], b.pointer, nodes[1], answer)
        return {"equal": bool(answer[0])}

    def value_view(self, object: Any, path: list[Any] | None = None, flags: list[str] | None = None) -> View:
        value = raw(object)
        return View(lib.deltos_value_view, value.pointer, place_of(value, path), View.bits(flags))
