"""The operations of the corpus on hash maps and sorted maps.

They go through the raw layer: the corpus says with which bytes, columns and ranges a function is called, and compares
what the function of C gives. What the package makes of maps is tested with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import deltos
from deltos._ffi import ffi, lib
from deltos._native import Progress as NativeProgress, bytes_of, call
from memory import RawObject
from records import Cells, Columns, GivenRows, damaged, made_schema, sized, writing
from trees import Builder, Item, bits_of, compare, kind_of, opened, packed_by, raw
from values import DTYPES, Failure, View, data_of, differ

KEYS = {word: getattr(lib, f"DELTOS_KEY_{word.upper()}") for word in ("bytes", "utf8", "u64", "value")}
VALUES = {word: getattr(lib, f"DELTOS_MAP_VALUE_{word.upper()}") for word in (*KEYS, "record")}
SHAPES = {word: getattr(lib, f"DELTOS_MAP_{word.upper()}") for word in ("simple", "multi", "approximate")}
DUPLICATES = {word: getattr(lib, f"DELTOS_DUPLICATE_{word.upper()}") for word in ("error", "first", "last")}
FINDS = {
    word: getattr(lib, f"DELTOS_FIND_{word.upper().replace('-', '_')}")
    for word in ("first", "last", "at-least", "above", "at-most", "below")
}
KEY_WORDS = {code: word for word, code in KEYS.items()}
VALUE_WORDS = {code: word for word, code in VALUES.items()}
SHAPE_WORDS = {code: word for word, code in SHAPES.items()}
NUMBERS = ("u64", "record")


# ---- What a step gives -----------------------------------------------------------------------------------------------


def bytes_in(kind: str, node: Any) -> bytes:
    """The bytes that a key or value stands for."""
    if kind == "value":
        with Builder(node) as builder:
            return builder.packed()
    word, content = kind_of(node)
    if word in ("int", "uint"):
        return bits_of(content).to_bytes(8, "little")
    given = Item(node)
    return bytes(ffi.buffer(given.item.data, given.item.count)) if given.item.count else b""


def counted_nodes(given: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Numbers, as the nodes that they are in keys or values of a kind."""
    numbers = (given.get("from", 0) + given.get("step", 1) * place for place in range(given["count"]))
    return [{"int": number} if kind in ("u64", "value") else {"utf8": str(number)} for number in numbers]


def written_keys(given: Any, kind: str) -> list[Any]:
    return counted_nodes(given, kind) if isinstance(given, dict) else given


def written_pairs(given: Any, key: str, value: str) -> list[tuple[Any, Any]]:
    if not isinstance(given, dict):
        return [(one, other) for one, other in given]
    return list(zip(counted_nodes(given, key), counted_nodes(given, value)))


def column_of(kind: str, items: list[bytes]) -> Columns:
    made = Columns(1)
    if kind == "u64":
        made.set_items(0, b"".join(items), len(items), 8)
    else:
        made.set_slices(0, items, len(items))
    return made


def given_column(written: dict[str, Any]) -> Columns:
    """A column as a step says it."""
    made, data = Columns(1), data_of(written.get("data", ""))
    if "slices" in written:
        slices = [data_of(one) for one in written["slices"]]
        made.set_slices(0, slices, written.get("count", len(slices)))
    elif "offsets" in written:
        made.set_offsets(0, written["offsets"], data, written.get("count", len(written["offsets"]) - 1))
    else:
        made.set_items(0, data, written["count"], written["size"], written.get("stride", 0))
        made.columns[0].dtype = DTYPES[written.get("dtype", "OTHER")]
    return made


def taken(data: Any) -> bytes:
    """A copy of bytes of the library."""
    return bytes(ffi.buffer(data.data, data.size)) if data.size else b""


# ---- Hash maps -------------------------------------------------------------------------------------------------------


class Reported:
    """What a "progress" field asks for, for as long as a builder lives."""

    def __init__(self, kind: str | None) -> None:
        self.kind, self.calls, self.above = kind, 0, False
        self.native = NativeProgress(self._report if kind else None)

    def _report(self, done: int, total: int) -> bool:
        self.calls += 1
        self.above |= bool(total) and done > total
        return self.kind == "cancel"

    def check(self) -> None:
        if self.above or (self.kind == "count" and not self.calls):
            raise Failure("progress was not reported as it should be")


class RawMapBuilder:
    """A builder of a hash map, and what its keys and values are."""

    def __init__(self, key: str, value: str, schema: Any, reported: Reported, *arguments: Any) -> None:
        self.key, self.value, self.schema, self.reported = key, value, schema, reported
        self._cell = ffi.new("deltos_builder **")
        call(lib.deltos_hash_map_begin, *arguments, self._cell)

    @property
    def pointer(self) -> Any:
        return self._cell[0]

    def add(self, given: Any, times: int) -> None:
        pairs = written_pairs(given, self.key, self.value)
        keys = column_of(self.key, [bytes_in(self.key, key) for key, _ in pairs])
        for _ in range(times):
            if self.value == "record":
                rows = GivenRows(self.schema, [row for _, row in pairs])
                arguments = rows.columns, rows.presence, rows.count
                call(lib.deltos_hash_map_add_records, self.pointer, keys.columns, *arguments)
            else:
                values = column_of(self.value, [bytes_in(self.value, value) for _, value in pairs])
                call(lib.deltos_hash_map_add, self.pointer, keys.columns, values.columns)

    def packed(self) -> bytes:
        call(lib.deltos_hash_map_prepare, self.pointer)
        data = packed_by(lib.deltos_hash_map_pack, self.pointer)
        self.reported.check()
        return data

    def finish(self, transaction: Any, name: str, replace: bool) -> RawObject:
        flags = lib.DELTOS_HASH_MAP_REPLACE if replace else 0
        arguments = transaction, bytes_of(name, "a name"), flags
        made = RawObject(lib.deltos_hash_map_finish, self.pointer, *arguments)
        self.reported.check()
        return made

    def release(self) -> None:
        lib.deltos_builder_release(self._cell)


def opened_map(data: bytes, at: int = 0) -> RawObject:
    return opened(data, at, lib.deltos_hash_map_open_memory)


class Found:
    """A hash map that is read and compared."""

    def __init__(self, map: Any) -> None:
        self._map = raw(map)
        self.pointer = self._map.pointer
        self.info = sized("deltos_hash_map_info")
        call(lib.deltos_hash_map_stat, self.pointer, self.info)
        self.key, self.value = KEY_WORDS[self.info.key], VALUE_WORDS[self.info.value]
        self.shape = SHAPE_WORDS[self.info.shape]

    def find(self, key: bytes) -> Any:
        entry = ffi.new("deltos_map_entry *")
        call(lib.deltos_hash_map_find, self.pointer, key or ffi.NULL, len(key), entry)
        return entry

    def values_of(self, entry: Any, capacity: int) -> list[bytes]:
        """All values as bytes, so many at a call."""
        values, count = ffi.new("deltos_bytes[]", capacity), ffi.new("uint64_t *")
        found: list[bytes] = []
        while True:
            call(lib.deltos_hash_map_values, self.pointer, entry, len(found), values, capacity, count)
            found += [taken(one) for one in values[0 : count[0]]]
            if not count[0]:
                return found

    def numbers_of(self, entry: Any, capacity: int) -> list[int]:
        numbers, count = ffi.new("uint64_t[]", capacity), ffi.new("uint64_t *")
        found: list[int] = []
        while True:
            call(lib.deltos_hash_map_numbers, self.pointer, entry, len(found), numbers, capacity, count)
            found += [*numbers[0 : count[0]]]
            if not count[0]:
                return found

    def check_values(self, entry: Any, wanted: list[Any]) -> None:
        """All values of a key, in every way there is to ask for them."""
        found = self.values_of(entry, 1)
        if len(found) != len(wanted) or entry.count != len(found):
            raise differ("values", len(wanted), len(found))
        if self.values_of(entry, len(found)) != found or taken(entry.value) != found[0]:
            raise Failure("values differ by how many are asked for at once")
        if self.value in NUMBERS:
            numbers = [int.from_bytes(one, "little") for one in found]
            if not self.numbers_of(entry, 1) == self.numbers_of(entry, len(found)) == numbers != []:
                raise Failure("values differ as bytes and as numbers")
            if entry.number != numbers[0]:
                raise differ("number", numbers[0], entry.number)
        for place, (one, node) in enumerate(zip(found, wanted)):
            self.check_value(one, node)
            if self.value == "value":
                value = RawObject(lib.deltos_hash_map_value, self.pointer, entry, place)
                try:
                    compare(value, 0, node)
                finally:
                    value.release()

    def check_value(self, found: bytes, node: Any) -> None:
        if self.value == "record":
            table = self.records()
            try:
                Cells(table).check_all(int.from_bytes(found, "little"), node)
            finally:
                table.release()
        elif self.value == "value":
            value = opened(found)
            try:
                compare(value, 0, node)
            finally:
                value.release()
        elif found != bytes_in(self.value, node):
            raise differ("value", bytes_in(self.value, node), found)

    def records(self) -> RawObject:
        return RawObject(lib.deltos_hash_map_records, self.pointer)

    def check_first(self, key: bytes, entry: Any) -> None:
        """That all calls for one value say what the entry says."""
        value, pointer = ffi.new("deltos_bytes *"), key or ffi.NULL
        call(lib.deltos_hash_map_get, self.pointer, pointer, len(key), value)
        if bool(value.data) != bool(entry.count) or taken(value) != taken(entry.value):
            raise differ("the first value", taken(entry.value), taken(value))
        if self.value not in NUMBERS:
            return
        number, present = ffi.new("uint64_t *"), ffi.new("uint8_t *")
        call(lib.deltos_hash_map_get_number, self.pointer, pointer, len(key), number, present)
        if (bool(present[0]), number[0]) != (bool(entry.count), entry.number):
            raise differ("the first number", entry.number, number[0])

    def entries(self, capacity: int) -> Iterator[tuple[bytes, list[bytes]]]:
        """Keys with all their values, as they lie."""
        room, count = ffi.new("deltos_map_entry[]", capacity), ffi.new("uint64_t *")
        position = ffi.new("uint64_t *")
        while True:
            call(lib.deltos_hash_map_entries, self.pointer, position, room, capacity, count)
            if not count[0]:
                return
            for place in range(count[0]):
                yield taken(room[place].key), self.values_of(room + place, 3)

    def ordered(self) -> Iterator[bytes]:
        """Keys by their order."""
        positions, count = ffi.new("uint64_t[]", self.info.keys + 1), ffi.new("uint64_t *")
        call(lib.deltos_hash_map_order, self.pointer, positions, self.info.keys + 1, count)
        for place in range(count[0]):
            entry, position = ffi.new("deltos_map_entry *"), ffi.new("uint64_t *", positions[place])
            given = ffi.new("uint64_t *")
            call(lib.deltos_hash_map_entries, self.pointer, position, entry, 1, given)
            yield taken(entry.key)


class HashMaps:
    """Hash maps."""

    def begin_map(
        self,
        storage: deltos.Storage | None = None,
        key: str = "bytes",
        value: str = "u64",
        shape: str = "simple",
        duplicates: str = "error",
        deduplicate: bool = False,
        schema: Any = None,
        memory_bytes: int = 0,
        threads: int = 0,
        progress: str | None = None,
    ) -> RawMapBuilder:
        used = made_schema(schema) if isinstance(schema, dict) else schema
        reported, options = Reported(progress), sized("deltos_hash_map_options")
        options.key, options.value, options.shape = KEYS[key], VALUES[value], SHAPES[shape]
        options.duplicates, options.flags = DUPLICATES[duplicates], deduplicate
        options.memory_bytes, options.threads = memory_bytes, threads
        options.progress, options.progress_user = reported.native.callback, reported.native.user
        with held(storage) as place, held(used) as known:
            options.schema = known
            return RawMapBuilder(key, value, used, reported, place, options)

    def add_pairs(self, builder: RawMapBuilder, pairs: Any, times: int = 1) -> None:
        builder.add(pairs, times)

    def add_pair_columns(self, builder: RawMapBuilder, keys: dict[str, Any], values: dict[str, Any]) -> None:
        columns = given_column(keys), given_column(values)
        call(lib.deltos_hash_map_add, builder.pointer, *(column.columns for column in columns))

    def add_map(self, builder: RawMapBuilder, map: Any) -> None:
        call(lib.deltos_hash_map_add_map, builder.pointer, raw(map).pointer)

    def prepare_map(self, builder: RawMapBuilder) -> None:
        call(lib.deltos_hash_map_prepare, builder.pointer)

    def finish_map(
        self, builder: RawMapBuilder, transaction: deltos.Transaction, name: str, replace: bool = False
    ) -> RawObject:
        with writing(transaction) as pointer:
            return builder.finish(pointer, name, replace)

    def pack_map(
        self, builder: RawMapBuilder, at: int = 0, damage: list[dict[str, Any]] | None = None, cut: int = 0
    ) -> tuple[RawObject, dict[str, Any]]:
        packed = builder.packed()
        return opened_map(damaged(packed, damage, cut), at), {"size": len(packed)}

    def put_map(
        self,
        pairs: Any,
        transaction: deltos.Transaction | None = None,
        name: str | None = None,
        replace: bool = False,
        times: int = 1,
        key: str = "bytes",
        value: str = "u64",
        shape: str = "simple",
        duplicates: str = "error",
        deduplicate: bool = False,
        schema: Any = None,
        memory_bytes: int = 0,
        threads: int = 0,
        progress: str | None = None,
    ) -> RawObject:
        builder = self.begin_map(
            None, key, value, shape, duplicates, deduplicate, schema, memory_bytes, threads, progress
        )
        try:
            builder.add(pairs, times)
            if transaction is None:
                return opened_map(builder.packed())
            return self.finish_map(builder, transaction, str(name), replace)
        finally:
            builder.release()

    def unpack_map(self, data: Any, at: int = 0) -> RawObject:
        return opened_map(data_of(data), at)

    def open_map(self, from_: Any, name: str) -> RawObject:
        return opened_in(from_, name, lib.DELTOS_KIND_HASH_MAP)

    def map_info(self, map: Any) -> dict[str, Any]:
        found = Found(map)
        counts = {"keys": found.info.keys, "pairs": found.info.pairs}
        return counts | {"key": found.key, "value": found.value, "shape": found.shape}

    def find_key(self, map: Any, key: dict[str, Any], values: list[Any] | None = None) -> dict[str, Any]:
        found = Found(map)
        encoded = bytes_in(found.key, key)
        entry = found.find(encoded)
        found.check_first(encoded, entry)
        if values is not None:
            found.check_values(entry, values)
        return {"absent": not entry.count}

    def find_keys(
        self, map: Any, keys: Any, values: list[Any] | None = None, counts: list[int] | None = None
    ) -> dict[str, Any]:
        found = Found(map)
        given = [bytes_in(found.key, key) for key in written_keys(keys, found.key)]
        column, hits = column_of(found.key, given), ffi.new("uint64_t *")
        entries, present = ffi.new("deltos_map_entry[]", len(given) + 1), ffi.new("uint8_t[]", len(given) + 1)
        call(lib.deltos_hash_map_find_many, found.pointer, column.columns, entries, present, hits)
        firsts, again = ffi.new("deltos_bytes[]", len(given) + 1), ffi.new("uint64_t *")
        call(lib.deltos_hash_map_get_many, found.pointer, column.columns, firsts, again)
        for place in range(len(given)):
            entry, first = entries[place], firsts[place]
            if bool(entry.count) != bool(present[place]) or taken(entry.value) != taken(first) or hits[0] != again[0]:
                raise Failure(f"key {place} is found differently as an entry and as bytes")
            if values is not None:
                if (values[place] is None) == bool(entry.count):
                    raise differ(f"presence of key {place}", values[place] is not None, bool(entry.count))
                if entry.count:
                    found.check_value(taken(first), values[place])
        if found.value in NUMBERS:
            self._same_numbers(found, column, entries, len(given))
        if counts is not None and counts != [entries[place].count for place in range(len(given))]:
            raise differ("counts", counts, [entries[place].count for place in range(len(given))])
        return {"hits": hits[0]}

    @staticmethod
    def _same_numbers(found: Found, column: Columns, entries: Any, count: int) -> None:
        absent, numbers = 2**64 - 3, ffi.new("uint64_t[]", count + 1)
        function = lib.deltos_hash_map_get_many_numbers
        call(function, found.pointer, column.columns, absent, numbers, ffi.NULL, ffi.NULL)
        for place in range(count):
            wanted = entries[place].number if entries[place].count else absent
            if numbers[place] != wanted:
                raise differ(f"number of key {place}", wanted, numbers[place])

    def find_columns(self, map: Any, keys: dict[str, Any]) -> dict[str, Any]:
        column, hits = given_column(keys), ffi.new("uint64_t *")
        call(lib.deltos_hash_map_find_many, raw(map).pointer, column.columns, ffi.NULL, ffi.NULL, hits)
        return {"hits": hits[0]}

    def read_map(self, map: Any, pairs: Any) -> None:
        found = Found(map)
        wanted: dict[bytes, list[Any]] = {}
        written = written_pairs(pairs, found.key, found.value)
        for key, value in written:
            wanted.setdefault(bytes_in(found.key, key), []).append(value)
        if (found.info.keys, found.info.pairs) != (len(wanted), len(written)):
            raise differ("keys and pairs", [len(wanted), len(written)], [found.info.keys, found.info.pairs])
        entries = list(found.entries(5))
        if len(entries) != len(wanted) or sum(len(values) for _, values in entries) != len(written):
            raise differ("entries", len(wanted), len(entries))
        if found.shape == "approximate":
            return
        for key, values in entries:
            if len(wanted.get(key, ())) != len(values):
                raise differ(f"values of {key!r}", len(wanted.get(key, ())), len(values))
            for value, node in zip(values, wanted[key]):
                found.check_value(value, node)
        if found.key != "value":
            rising = sorted(wanted, key=number_in if found.key == "u64" else bytes)
            if list(found.ordered()) != rising:
                raise Failure("keys by their order are not those that there are, rising")

    def map_value(self, map: Any, key: dict[str, Any], index: int = 0) -> RawObject:
        found = Found(map)
        return RawObject(lib.deltos_hash_map_value, found.pointer, found.find(bytes_in(found.key, key)), index)

    def map_column(
        self, map: Any, which: str, flags: list[str] | None = None, numbers: list[Any] | None = None
    ) -> View:
        code = getattr(lib, f"DELTOS_MAP_COLUMN_{which.upper()}")
        view = View(lib.deltos_hash_map_column, raw(map).pointer, code, View.bits(flags))
        if numbers is not None:
            shown = view.pointer
            start, stride = ffi.cast("char *", shown.data), shown.strides[0] if shown.shape[0] else 0
            places = (start + place * stride for place in range(shown.shape[0]))
            found = sorted(ffi.cast("uint64_t *", place)[0] for place in places)
            if found != sorted(bits_of(number) for number in numbers):
                raise differ("numbers", numbers, found)
        return view

    def map_records(self, map: Any) -> RawObject:
        return RawObject(lib.deltos_hash_map_records, raw(map).pointer)

    def verify_map(self, map: Any, progress: str | None = None) -> None:
        reported = Reported(progress)
        call(lib.deltos_hash_map_verify, raw(map).pointer, reported.native.callback, reported.native.user)
        reported.check()


def number_in(data: bytes) -> int:
    return int.from_bytes(data, "little")


@contextmanager
def held(thing: Any) -> Iterator[Any]:
    """The pointer of a storage or schema; NULL of none."""
    if thing is None:
        yield ffi.NULL
    else:
        with thing._handle as pointer:
            yield pointer


def opened_in(from_: Any, name: str, kind: int) -> RawObject:
    encoded = bytes_of(name, "a name")
    if isinstance(from_, deltos.Storage):
        with from_._handle as storage:
            return RawObject(lib.deltos_object_open_newest, storage, encoded, kind)
    with from_._reading() as snapshot:
        return RawObject(lib.deltos_object_open, snapshot, encoded, kind)


# ---- Sorted maps -----------------------------------------------------------------------------------------------------


class RawSorted(RawObject):
    """A sorted map, and what its keys are."""

    kind = "bytes"

    def learn(self) -> RawSorted:
        self.kind = KEY_WORDS[sorted_info(ffi.NULL, self).key]
        return self


class RawCursor:
    """A walk over pairs."""

    def __init__(self, kind: str, *arguments: Any) -> None:
        self.kind = kind
        self._cell = ffi.new("deltos_cursor **")
        call(lib.deltos_sorted_map_range, *arguments, self._cell)

    @property
    def pointer(self) -> Any:
        return self._cell[0]

    def next(self, capacity: int) -> list[tuple[bytes, bytes | int]]:
        pairs, count = ffi.new("deltos_pair[]", max(1, capacity)), ffi.new("uint64_t *")
        call(lib.deltos_cursor_next_pairs, self.pointer, pairs, capacity, count)
        return [pair_in(pairs[place]) for place in range(count[0])]

    def release(self) -> None:
        lib.deltos_cursor_release(self._cell)


def kind_in(map: Any) -> str:
    return map.kind if isinstance(map, RawSorted) else "bytes"


def sorted_info(snapshot: Any, map: Any) -> Any:
    info = sized("deltos_sorted_map_info")
    call(lib.deltos_sorted_map_stat, snapshot, raw(map).pointer, info)
    return info


def pair_in(pair: Any) -> tuple[bytes, bytes | int]:
    """A key, and its value or the id of the object that is it."""
    return taken(pair.key), pair.object_id or taken(pair.value)


class Range:
    """A RANGE as the library takes it; NULL of none."""

    def __init__(self, kind: str, given: dict[str, Any] | None) -> None:
        self.pointer = ffi.NULL if given is None else ffi.new("deltos_range *")
        self._kept: list[Any] = []
        for field, value in (given or {}).items():
            setattr(self.pointer, field, self._bound(bytes_in(kind, value)) if isinstance(value, dict) else value)

    def _bound(self, data: bytes) -> Any:
        memory = ffi.new("char[]", data)
        self._kept += [memory, ffi.new("deltos_bytes *", (memory, len(data)))]
        return self._kept[-1]


class SortedMaps:
    """Sorted maps."""

    named: dict[str, Any]

    def _value(self, node: dict[str, Any]) -> bytes | int:
        """What a value of a step is: bytes, or the id of an object."""
        if "object" not in node:
            return bytes_in("bytes", node)
        info = sized("deltos_object_info")
        call(lib.deltos_object_stat, raw(self.named[node["object"]]).pointer, info)
        return int(info.id)

    def _expect(self, kind: str, wanted: Any, found: list[tuple[bytes, bytes | int]]) -> None:
        pairs = [
            (bytes_in(kind, key), self._value(value)) for key, value in written_pairs(wanted, kind, "bytes")
        ]
        if pairs != found:
            raise differ("pairs", [str(pair) for pair in pairs], [str(pair) for pair in found])

    def create_sorted(self, transaction: deltos.Transaction, name: str, key: str = "bytes") -> RawSorted:
        options = sized("deltos_sorted_map_options")
        options.key = KEYS[key]
        with writing(transaction) as pointer:
            return RawSorted(lib.deltos_sorted_map_create, pointer, bytes_of(name, "a name"), options).learn()

    def open_sorted(self, from_: Any, name: str) -> RawSorted:
        found = opened_in(from_, name, lib.DELTOS_KIND_SORTED_MAP)
        map = RawSorted.__new__(RawSorted)
        map._cell = found._cell
        return map.learn()

    def sorted_info(self, map: Any, from_: Any = None) -> dict[str, Any]:
        if from_ is None:
            info = sorted_info(ffi.NULL, map)
        else:
            with from_._reading() as snapshot:
                info = sorted_info(snapshot, map)
        fields = "count", "key_bytes", "value_bytes", "long_values", "objects"
        return {field: getattr(info, field) for field in fields} | {"key": KEY_WORDS[info.key]}

    def put_pair(
        self, transaction: deltos.Transaction, map: Any, key: dict[str, Any], value: dict[str, Any]
    ) -> dict[str, Any]:
        encoded, replaced = bytes_in(kind_in(map), key), ffi.new("uint8_t *")
        target = raw(map).pointer, encoded or ffi.NULL, len(encoded)
        with writing(transaction) as pointer:
            if "object" in value:
                thing = raw(self.named[value["object"]]).pointer
                call(lib.deltos_sorted_map_put_object, pointer, *target, thing, replaced)
            else:
                data = bytes_in("bytes", value)
                call(lib.deltos_sorted_map_put, pointer, *target, data or ffi.NULL, len(data), replaced)
        return {"replaced": bool(replaced[0])}

    def _columns(self, map: Any, given: Any) -> tuple[Columns, Columns]:
        kind = kind_in(map)
        pairs = written_pairs(given, kind, "bytes")
        keys = column_of(kind, [bytes_in(kind, key) for key, _ in pairs])
        return keys, column_of("bytes", [bytes_in("bytes", value) for _, value in pairs])

    def put_pairs(self, transaction: deltos.Transaction, map: Any, pairs: Any) -> dict[str, Any]:
        (keys, values), added = self._columns(map, pairs), ffi.new("uint64_t *")
        with writing(transaction) as pointer:
            call(lib.deltos_sorted_map_put_many, pointer, raw(map).pointer, keys.columns, values.columns, added)
        return {"added": added[0]}

    def load_pairs(self, transaction: deltos.Transaction, map: Any, pairs: Any) -> None:
        keys, values = self._columns(map, pairs)
        with writing(transaction) as pointer:
            call(lib.deltos_sorted_map_load, pointer, raw(map).pointer, keys.columns, values.columns)

    def get_pair(
        self, from_: Any, map: Any, key: dict[str, Any], value: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        encoded, found = bytes_in(kind_in(map), key), ffi.new("deltos_bytes *")
        id, present = ffi.new("uint64_t *"), ffi.new("uint8_t *")
        with from_._reading() as snapshot:
            target = raw(map).pointer, encoded or ffi.NULL, len(encoded)
            call(lib.deltos_sorted_map_get, snapshot, *target, found, id, present)
            data = id[0] or taken(found)
        if value is not None and (not present[0] or data != self._value(value)):
            raise differ("value", value, data)
        return {"absent": not present[0]}

    def get_pairs(self, from_: Any, map: Any, keys: Any, values: list[Any] | None = None) -> dict[str, Any]:
        kind = kind_in(map)
        given = [bytes_in(kind, key) for key in written_keys(keys, kind)]
        column, count = column_of(kind, given), len(given)
        found, ids = ffi.new("deltos_bytes[]", count + 1), ffi.new("uint64_t[]", count + 1)
        present, hits = ffi.new("uint8_t[]", count + 1), ffi.new("uint64_t *")
        with from_._reading() as snapshot:
            target = raw(map).pointer, column.columns
            call(lib.deltos_sorted_map_get_many, snapshot, *target, found, ids, present, hits)
            came = [(ids[k] or taken(found[k])) if present[k] else None for k in range(count)]
        if values is not None:
            wanted = [None if value is None else self._value(value) for value in values]
            if came != wanted:
                raise differ("values", values, [str(one) for one in came])
        return {"hits": hits[0]}

    def remove_pair(self, transaction: deltos.Transaction, map: Any, key: dict[str, Any]) -> dict[str, Any]:
        encoded, removed = bytes_in(kind_in(map), key), ffi.new("uint8_t *")
        with writing(transaction) as pointer:
            target = raw(map).pointer, encoded or ffi.NULL, len(encoded)
            call(lib.deltos_sorted_map_remove, pointer, *target, removed)
        return {"removed": bool(removed[0])}

    def remove_pairs(
        self, transaction: deltos.Transaction, map: Any, range: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        given, count = Range(kind_in(map), range), ffi.new("uint64_t *")
        with writing(transaction) as pointer:
            call(lib.deltos_sorted_map_remove_range, pointer, raw(map).pointer, given.pointer, count)
        return {"count": count[0]}

    def find_pair(
        self, from_: Any, map: Any, which: str, key: dict[str, Any] | None = None, pair: list[Any] | None = None
    ) -> dict[str, Any]:
        kind = kind_in(map)
        encoded = b"" if key is None else bytes_in(kind, key)
        found, present = ffi.new("deltos_pair *"), ffi.new("uint8_t *")
        with from_._reading() as snapshot:
            target = raw(map).pointer, FINDS[which], encoded or ffi.NULL, len(encoded)
            call(lib.deltos_sorted_map_find, snapshot, *target, found, present)
            came = [pair_in(found)] if present[0] else []
        if pair is not None:
            self._expect(kind, [pair], came)
        return {"absent": not present[0]}

    def count_pairs(self, from_: Any, map: Any, range: dict[str, Any] | None = None) -> dict[str, Any]:
        given, count = Range(kind_in(map), range), ffi.new("uint64_t *")
        with from_._reading() as snapshot:
            call(lib.deltos_sorted_map_count, snapshot, raw(map).pointer, given.pointer, count)
        return {"count": count[0]}

    def read_pairs(self, from_: Any, map: Any, pairs: Any, range: dict[str, Any] | None = None) -> None:
        cursor = self.walk_pairs(from_, map, range)
        try:
            found: list[tuple[bytes, bytes | int]] = []
            while batch := cursor.next(7):
                found += batch
            self._expect(cursor.kind, pairs, found)
        finally:
            cursor.release()

    def walk_pairs(self, from_: Any, map: Any, range: dict[str, Any] | None = None) -> RawCursor:
        given = Range(kind_in(map), range)
        with from_._reading() as snapshot:
            return RawCursor(kind_in(map), snapshot, raw(map).pointer, given.pointer)

    def next_pairs(self, cursor: RawCursor, capacity: int, pairs: Any = None) -> None:
        found = cursor.next(capacity)
        if pairs is not None:
            self._expect(cursor.kind, pairs, found)

    def seek_pair(self, cursor: RawCursor, key: dict[str, Any]) -> None:
        encoded = bytes_in(cursor.kind, key)
        call(lib.deltos_cursor_seek_pair, cursor.pointer, encoded or ffi.NULL, len(encoded))


class Maps(HashMaps, SortedMaps):
    """Both, and what descriptions say of them."""

    def create_described_map(self, transaction: deltos.Transaction, entry: dict[str, Any]) -> Any:
        """A hash map or a sorted map of a description."""
        given = {field: value for field, value in entry.items() if field not in ("kind", "metadata")}
        if entry["kind"] == "map":
            return self.put_map(transaction=transaction, **given)
        pairs = given.pop("pairs")
        map = self.create_sorted(transaction, **given)
        self.put_pairs(transaction, map, pairs)
        return map

    def expect_map(self, snapshot: deltos.Snapshot, entry: dict[str, Any]) -> dict[str, Any]:
        """Compares one with its description; nothing is left to be compared."""
        is_hashed = entry["kind"] == "map"
        map: Any = (self.open_map if is_hashed else self.open_sorted)(snapshot, entry["name"])
        try:
            info = self.map_info(map) if is_hashed else self.sorted_info(map)
            for field in ("key", "value", "shape"):
                if field in entry and entry[field] != info[field]:
                    raise differ(field, entry[field], info[field])
            if is_hashed:
                self.read_map(map, entry["pairs"])
            else:
                self.read_pairs(snapshot, map, entry["pairs"])
            return {}
        finally:
            map.release()
