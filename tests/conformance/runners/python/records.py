"""The operations of the corpus on schemas and record tables.

They go through the raw layer but for schemas, which deltos.Schema holds: the corpus says with which columns, presence
and request flags a function is called, and compares single cells with what the function of C reads.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import deltos
from deltos import Schema
from deltos._ffi import ffi, lib
from deltos._native import bytes_of, call
from memory import RawObject, type_of
from trees import Builder, Item, bits_of, compare, facts, kind_of, opened, packed_by, raw, signed
from values import DTYPE_WORDS, DTYPES, Failure, View, data_of, differ

TYPES = {name: getattr(lib, f"DELTOS_TYPE_{name.upper()}") for name in ("fixed", "date", "datetime", "bytes", "utf8")}
VALUES = ("list", "tuple", "set", "dict", "decimal", "ndarray", "value")
TYPES |= {name: getattr(lib, f"DELTOS_TYPE_{name.upper()}") for name in (*VALUES, "record")}
TYPE_WORDS = {code: word for word, code in TYPES.items()}
FLAGS = {name: getattr(lib, f"DELTOS_SLOT_{name.upper()}") for name in ("nullable", "optional", "writable", "utc")}
LAYOUTS = {"rows": lib.DELTOS_LAYOUT_ROWS, "columns": lib.DELTOS_LAYOUT_COLUMNS}
LAYOUT_WORDS = {code: word for word, code in LAYOUTS.items()}
PRESENCE = {"valid": lib.DELTOS_PRESENCE_VALID, "null": lib.DELTOS_PRESENCE_NULL}


def sized(type: str) -> Any:
    """A struct whose first field is its size."""
    made = ffi.new(f"{type} *")
    made.struct_size = ffi.sizeof(type)
    return made


def made_schema(written: dict[str, Any]) -> Schema:
    """Raw, because a dict of Python has each name once, and deltos.Slot a type of Python."""
    slots = ffi.new("deltos_slot[]", max(1, len(written["slots"])))
    kept: list[Any] = []
    for slot, given in zip(slots, written["slots"]):
        slot.type, slot.flags = TYPES[given["type"]], sum(FLAGS[flag] for flag in given.get("flags", []))
        format, slot.dtype = type_of(given.get("format"), given.get("dtype"))
        name = given["name"].encode()
        kept += [format, ffi.new("char[]", b"" if b"\0" in name else name)]  # a NUL is refused as no name is
        slot.format, slot.name = kept[-2:]
        if "schema" in given:
            kept.append(made_schema(given["schema"]))
            with kept[-1]._handle as pointer:
                slot.schema = pointer
    options, metadata = sized("deltos_schema_options"), data_of(written.get("metadata", ""))
    options.version, options.min_reader = written.get("version", 0), written.get("min_reader", 0)
    kept.append(ffi.new("char[]", metadata or b"\0"))
    options.metadata, options.metadata_size = (kept[-1] if metadata else ffi.NULL), len(metadata)
    cell, name = ffi.new("deltos_schema **"), bytes_of(written.get("name", ""), "a name")
    call(lib.deltos_schema_make, name, slots, len(written["slots"]), options, cell)
    return Schema._of(cell[0])


def raw_slots(schema: Schema) -> Any:
    """An array of them. Raw, because SlotInfo leaves the bits out."""
    count = ffi.new("uint64_t *")
    with schema._handle as pointer:
        call(lib.deltos_schema_slots, pointer, ffi.NULL, 0, count)
        room = ffi.new("deltos_slot[]", count[0])
        call(lib.deltos_schema_slots, pointer, room, count[0], count)
    return room


def slot_of(schema: Schema, slot: int | str) -> int:
    return schema.find(slot) if isinstance(slot, str) else slot


def flag_words(flags: int) -> list[str]:
    return [word for word, bit in FLAGS.items() if flags & bit]


class ArrowSchema(ctypes.Structure):
    """The struct of Arrow's C data interface, which the package hands over without looking into it."""


ArrowSchema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowSchema))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowSchema))),
    ("private_data", ctypes.c_void_p),
]


class ArrowArray(ctypes.Structure):
    """The same of the data."""


ArrowArray._fields_ = [
    *((name, ctypes.c_int64) for name in ("length", "null_count", "offset", "n_buffers", "n_children")),
    ("buffers", ctypes.c_void_p),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowArray))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowArray))),
    ("private_data", ctypes.c_void_p),
]


class ArrowStream(ctypes.Structure):
    """The same of a stream."""


ArrowStream._fields_ = [
    ("get_schema", ctypes.c_void_p),
    ("get_next", ctypes.c_void_p),
    ("get_last_error", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowStream))),
    ("private_data", ctypes.c_void_p),
]


def native(type: str, given: ctypes.Structure) -> Any:
    """The address of one, for the library."""
    return ffi.cast(f"{type} *", ctypes.addressof(given))


# ---- Building --------------------------------------------------------------------------------------------------------


class Columns:
    """Columns and presence on their way into the library, and the memory that they point to."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.columns = ffi.new("deltos_column[]", max(1, count))
        self.presence = ffi.new("uint8_t *[]", max(1, count))
        self._kept: list[Any] = []

    def kept(self, data: bytes) -> Any:
        self._kept.append(ffi.new("char[]", data or b"\0"))
        return self._kept[-1]

    def set_presence(self, number: int, states: bytes) -> None:
        self.presence[number] = ffi.cast("uint8_t *", self.kept(states))

    def set_items(self, number: int, data: bytes, count: int, size: int, stride: int = 0) -> None:
        column = self.columns[number]
        column.layout, column.count, column.item_size = lib.DELTOS_COLUMN_FIXED, count, size
        column.stride, column.data = stride, self.kept(data)

    def set_slices(self, number: int, slices: list[bytes], count: int) -> None:
        made = ffi.new("deltos_bytes[]", max(1, len(slices)))
        for one, data in zip(made, slices):
            one.data, one.size = self.kept(data), len(data)
        self._kept.append(made)
        column = self.columns[number]
        column.layout, column.count, column.data = lib.DELTOS_COLUMN_SLICES, count, made

    def set_offsets(self, number: int, offsets: list[int], data: bytes, count: int) -> None:
        self._kept.append(ffi.new("int64_t[]", offsets))
        column = self.columns[number]
        column.offsets = self._kept[-1]
        column.layout, column.count, column.data = lib.DELTOS_COLUMN_OFFSETS, count, self.kept(data)

    def add_to(self, builder: Records, rows: int, presence: bool = True) -> None:
        states = self.presence if presence else ffi.NULL
        call(lib.deltos_record_table_add, builder.pointer, self.columns, states, self.count, rows)


def state_of(slot: Any, cell: dict[str, Any]) -> int:
    """What presence says of a cell. A null in a slot of any value that may not be null is a value."""
    if "unset" in cell:
        return int(lib.DELTOS_UNSET)
    is_value = slot.type == TYPES["value"] and not slot.flags & FLAGS["nullable"]
    return int(lib.DELTOS_NULL if "null" in cell and not is_value else lib.DELTOS_PRESENT)


def item_of(slot: Any, cell: dict[str, Any]) -> bytes:
    word, content = kind_of(cell)
    if word == "bytes":
        return data_of(content)
    if word == "float" and slot.dtype == DTYPES["F32"]:
        return struct.pack("<f", *struct.unpack("<d", data_of(content)))
    if word == "float":
        return data_of(content)
    if word == "datetime":
        number = signed(content[0]) * 10**6 + signed(content[1]) // 1000
    else:
        number = int(content) if word == "bool" else bits_of(content)
    return (number % 2**64).to_bytes(8, "little")[: slot.size]


def slice_of(slot: Any, cell: dict[str, Any]) -> bytes:
    if slot.type in (TYPES["bytes"], TYPES["utf8"]):
        given = Item(cell)
        return bytes(ffi.buffer(given.item.data, given.item.count)) if given.item.count else b""
    with Builder(cell) as builder:
        return builder.packed()


class GivenRows(Columns):
    """Rows of cells as columns."""

    def __init__(self, schema: Schema, rows: list[list[dict[str, Any]]]) -> None:
        self._slots = raw_slots(schema)
        super().__init__(len(self._slots))
        for place, number in enumerate(schema.children()):
            self._fill(schema, number, [row[place] for row in rows])

    def _fill(self, schema: Schema, number: int, cells: list[dict[str, Any] | None]) -> None:
        """A cell is None where a record around it is not there."""
        slot = self._slots[number]
        states = bytes(lib.DELTOS_PRESENT if cell is None else state_of(slot, cell) for cell in cells)
        if any(states):
            self.set_presence(number, states)
        if slot.type == TYPES["record"]:
            for place, inner in enumerate(schema.children(number)):
                below = [cell["record"][place] if cell and "record" in cell else None for cell in cells]
                self._fill(schema, inner, below)
            return
        there = [None if state else cell for cell, state in zip(cells, states)]
        if slot.type <= TYPES["datetime"]:
            items = [bytes(slot.size) if cell is None else item_of(slot, cell) for cell in there]
            self.set_items(number, b"".join(items), len(cells), slot.size)
        else:
            self.set_slices(number, [b"" if cell is None else slice_of(slot, cell) for cell in there], len(cells))


class Records:
    """A builder of a record table, and its schema."""

    def __init__(self, schema: Schema | None, make: Any, *arguments: Any) -> None:
        self.schema = schema
        self._cell = ffi.new("deltos_builder **")
        call(make, *arguments, self._cell)

    @property
    def pointer(self) -> Any:
        return self._cell[0]

    def add(self, rows: list[list[dict[str, Any]]], times: int) -> None:
        for _ in range(times):
            assert self.schema is not None
            GivenRows(self.schema, rows).add_to(self, len(rows))

    def packed(self) -> bytes:
        return packed_by(lib.deltos_record_table_pack, self.pointer)

    def finish(self) -> RawObject:
        return RawObject(lib.deltos_record_table_finish, self.pointer)

    def release(self) -> None:
        lib.deltos_builder_release(self._cell)


def opened_table(data: bytes, at: int = 0) -> RawObject:
    """A table in memory, which begins so many bytes behind a multiple of 64."""
    return opened(data, at, lib.deltos_record_table_open_memory)


def damaged(image: bytes, damage: list[dict[str, Any]] | None, cut: int) -> bytes:
    """An image with other bytes at some places, and so many less at the end."""
    packed = bytearray(image)
    for one in damage or []:
        data = data_of(one["data"])
        if one["at"] + len(data) > len(image):
            raise Failure(f"{one['at']} is not in the image")
        packed[one["at"] : one["at"] + len(data)] = data
    return bytes(packed[: len(image) - cut])


@contextmanager
def writing(transaction: deltos.Transaction | None) -> Iterator[Any]:
    """A transaction's handle; NULL of none."""
    if transaction is None:
        yield ffi.NULL
    else:
        with transaction._writing() as pointer:
            yield pointer


def options_of(layout: str, memory_bytes: int) -> Any:
    options = sized("deltos_record_table_options")
    options.layout, options.memory_bytes = LAYOUTS[layout], memory_bytes
    return options


# ---- Reading ---------------------------------------------------------------------------------------------------------


class Cells:
    """The cells of a table, to be compared."""

    def __init__(self, table: Any) -> None:
        self._table = raw(table)
        self.schema = schema_of(table)
        self._slots = raw_slots(self.schema)

    def read(self, row: int, slot: int) -> Any:
        item = ffi.new("deltos_item *")
        call(lib.deltos_record_table_read, self._table.pointer, row, slot, item)
        return item

    def value(self, row: int, slot: int) -> RawObject:
        return RawObject(lib.deltos_record_table_value, self._table.pointer, row, slot)

    def check(self, row: int, slot: int, cell: dict[str, Any]) -> None:
        item = self.read(row, slot)
        is_unset, is_record = item.kind == lib.DELTOS_VALUE_END, item.kind == lib.DELTOS_VALUE_RECORD
        if is_unset != ("unset" in cell) or is_record != ("record" in cell):
            raise differ(f"row {row}, slot {slot}", cell, item.kind)
        if is_record:
            self.check_all(row, cell["record"], slot)
        elif TYPE_WORDS[self._slots[slot].type] in VALUES and not is_unset and item.kind != lib.DELTOS_VALUE_NULL:
            value = self.value(row, slot)
            try:
                compare(value, 0, cell)
            finally:
                value.release()
        elif not is_unset:
            wanted = Item(cell)
            if facts(wanted.item) != facts(item):
                raise differ(f"row {row}, slot {slot}", cell, facts(item))

    def check_all(self, row: int, cells: list[dict[str, Any]], parent: int = -1) -> None:
        """What a row has on one level."""
        numbers = [*self.schema.children(parent)]
        if len(numbers) != len(cells):
            raise differ("cells", len(cells), len(numbers))
        for number, cell in zip(numbers, cells):
            self.check(row, number, cell)


def schema_of(table: Any) -> Schema:
    cell = ffi.new("deltos_schema **")
    call(lib.deltos_schema_of, raw(table).pointer, cell)
    return Schema._of(cell[0])


def table_info(table: Any) -> Any:
    info = sized("deltos_record_table_info")
    call(lib.deltos_record_table_stat, raw(table).pointer, info)
    return info


def arrow_columns(type: ArrowSchema, data: ArrowArray) -> Iterator[dict[str, Any]]:
    """The columns below a struct of Arrow, depth first."""
    for place in range(type.n_children):
        inner, column = type.children[place].contents, data.children[place].contents
        yield {
            "name": (inner.name or b"").decode(),
            "format": inner.format.decode(),
            "nullable": bool(inner.flags & 2),
            "nulls": column.null_count,
        }
        yield from arrow_columns(inner, column)


def expect_each(what: str, expected: list[dict[str, Any]], actual: list[dict[str, Any]]) -> None:
    if len(expected) != len(actual):
        raise differ(what, expected, actual)
    for wanted, found in zip(expected, actual):
        for field, value in wanted.items():
            if found[field] != value:
                raise differ(f"{field} of {wanted.get('name')}", value, found[field])


def written_slots(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Name, type and flags of all slots, flat."""
    for slot in schema["slots"]:
        yield {"name": slot["name"], "type": slot["type"], "flags": sorted(slot.get("flags", []))}
        if "schema" in slot:
            yield from written_slots(slot["schema"])


class RecordTables:
    """Schemas and record tables."""

    # ---- Schemas

    def make_schema(self, schema: dict[str, Any]) -> Schema:
        return made_schema(schema)

    def schema_of(self, table: Any) -> Schema:
        return schema_of(table)

    def schema_info(self, schema: Schema) -> dict[str, Any]:
        info = schema._stat()
        found = {field: getattr(info, field) for field in ("version", "min_reader", "row_bytes", "alignment")}
        found |= {field: getattr(info, field) for field in ("presence_offset", "presence_bits")}
        return found | {"slot_count": info.slots, "name": schema.name, "metadata": schema.metadata}

    def schema_slots(self, schema: Schema, slots: list[dict[str, Any]]) -> None:
        found = [
            {"name": ffi.string(slot.name).decode(), "format": ffi.string(slot.format).decode() if slot.format else ""}
            | {"type": TYPE_WORDS[slot.type], "dtype": DTYPE_WORDS[slot.dtype], "flags": flag_words(slot.flags)}
            | {field: getattr(slot, field) for field in ("parent", "offset", "size", "valid_bit", "null_bit")}
            for slot in raw_slots(schema)
        ]
        expect_each("slots", slots, found)

    def find_slot(self, schema: Schema, name: str) -> dict[str, Any]:
        try:
            return {"slot": schema.find(name)}
        except KeyError:
            return {"slot": -1}

    def nested_schema(self, schema: Schema, slot: int | str) -> Schema:
        cell = ffi.new("deltos_schema **")
        with schema._handle as pointer:
            call(lib.deltos_schema_nested, pointer, slot_of(schema, slot), cell)
        return Schema._of(cell[0])

    def check_schema(self, schema: Schema, writer: Schema) -> None:
        schema.check(writer)

    def pack_schema(self, schema: Schema, value: dict[str, Any] | None = None) -> Schema:
        data = schema.pack()
        if value is not None:
            packed = opened(data)
            try:
                compare(packed, 0, value)
            finally:
                packed.release()
        return Schema.unpack(memoryview(b"\0" + data)[1:])

    def unpack_schema(self, data: Any = None, value: dict[str, Any] | None = None) -> Schema:
        if value is None:
            return Schema.unpack(data_of(data))
        with Builder(value) as builder:
            return Schema.unpack(builder.packed())

    # ---- Building

    def begin_records(
        self,
        schema: Any,
        transaction: deltos.Transaction | None = None,
        name: str | None = None,
        layout: str = "rows",
        memory_bytes: int = 0,
    ) -> Records:
        used = made_schema(schema) if isinstance(schema, dict) else schema
        encoded, options = ffi.NULL if name is None else bytes_of(name, "a name"), options_of(layout, memory_bytes)
        with writing(transaction) as pointer, used._handle as known:
            return Records(used, lib.deltos_record_table_begin, pointer, encoded, known, options)

    def add_rows(self, builder: Records, rows: list[list[dict[str, Any]]], times: int = 1) -> None:
        builder.add(rows, times)

    def add_columns(
        self, builder: Records, rows: int, columns: list[Any], presence: list[Any] | None = None
    ) -> None:
        given = Columns(len(columns))
        for number, written in enumerate(columns):
            if written is None:
                continue
            count, data = written.get("count", rows), data_of(written.get("data", ""))
            if "slices" in written:
                given.set_slices(number, [data_of(one) for one in written["slices"]], count)
            elif "offsets" in written:
                given.set_offsets(number, written["offsets"], data, count)
            else:
                given.set_items(number, data, count, written["size"], written.get("stride", 0))
                given.columns[number].dtype = DTYPES[written.get("dtype", "OTHER")]
        for number, states in enumerate(presence or []):
            if states is not None:
                given.set_presence(number, data_of(states))
        given.add_to(builder, rows, presence is not None)

    def finish_records(self, builder: Records) -> RawObject:
        return builder.finish()

    def pack_records(
        self, builder: Records, at: int = 0, damage: list[dict[str, Any]] | None = None, cut: int = 0
    ) -> tuple[RawObject | None, dict[str, Any]]:
        packed = builder.packed()
        return opened_table(damaged(packed, damage, cut), at), {"size": len(packed)}

    def put_records(
        self,
        schema: Any,
        rows: list[list[dict[str, Any]]],
        transaction: deltos.Transaction | None = None,
        name: str | None = None,
        layout: str = "rows",
        memory_bytes: int = 0,
        times: int = 1,
    ) -> RawObject:
        builder = self.begin_records(schema, transaction, name, layout, memory_bytes)
        try:
            builder.add(rows, times)
            return opened_table(builder.packed()) if transaction is None else builder.finish()
        finally:
            builder.release()

    def unpack_records(self, data: Any, at: int = 0) -> RawObject:
        return opened_table(data_of(data), at)

    # ---- Reading

    def open_records(self, from_: Any, name: str) -> RawObject:
        encoded, kind = bytes_of(name, "a name"), lib.DELTOS_KIND_RECORD_TABLE
        if isinstance(from_, deltos.Storage):
            with from_._handle as storage:
                return RawObject(lib.deltos_object_open_newest, storage, encoded, kind)
        with from_._reading() as snapshot:
            return RawObject(lib.deltos_object_open, snapshot, encoded, kind)

    def records_info(self, table: Any, rows: int | None = None) -> dict[str, Any]:
        info = table_info(table)
        if rows is not None and rows != info.rows:
            raise differ("rows", rows, info.rows)
        found = {field: getattr(info, field) for field in ("row_bytes", "heap_bytes", "image_bytes")}
        found |= {"slot_count": info.slots, "layout": LAYOUT_WORDS[info.layout]}
        return found | {"sealed": bool(info.sealed), "writable": bool(info.writable)}

    def read_cell(self, table: Any, row: int, slot: int | str, cell: dict[str, Any] | None = None) -> None:
        cells = Cells(table)
        number = slot_of(cells.schema, slot)
        if cell is None:
            cells.read(row, number)
        else:
            cells.check(row, number, cell)

    def read_rows(self, table: Any, rows: list[list[dict[str, Any]]], times: int = 1) -> None:
        count, cells = table_info(table).rows, Cells(table)
        if count != len(rows) * times:
            raise differ("rows", len(rows) * times, count)
        for row in range(count):
            cells.check_all(row, rows[row % len(rows)])

    def cell_value(self, table: Any, row: int, slot: int | str) -> tuple[RawObject | None, dict[str, Any]]:
        cells = Cells(table)
        value = cells.value(row, slot_of(cells.schema, slot))
        return value, {"absent": not value.pointer}

    def records_rows(self, table: Any, flags: list[str] | None = None) -> View:
        return View(lib.deltos_record_table_rows, raw(table).pointer, View.bits(flags))

    def records_heap(self, table: Any, flags: list[str] | None = None) -> View:
        return View(lib.deltos_record_table_heap, raw(table).pointer, View.bits(flags))

    def records_column(
        self, table: Any, slot: int | str, flags: list[str] | None = None, offsets_as: str | None = None
    ) -> View:
        number, bits = slot_of(schema_of(table), slot), View.bits(flags)
        offsets = ffi.new("deltos_view **")

        def column(pointer: Any, view: Any, error: Any) -> int:
            return int(lib.deltos_record_table_column(pointer, number, bits, view, offsets, error))

        view = View(column, raw(table).pointer)
        if offsets_as is None:
            lib.deltos_view_release(offsets)
            return view
        if not offsets[0]:
            raise Failure("there are no offsets")
        self.named[offsets_as] = View.of(offsets)  # type: ignore[attr-defined]
        return view

    def records_presence(
        self, table: Any, slot: int | str, which: str = "valid", flags: list[str] | None = None
    ) -> tuple[View, dict[str, Any]]:
        pointer, number = raw(table).pointer, slot_of(schema_of(table), slot)
        view = View(lib.deltos_record_table_presence, pointer, number, PRESENCE[which], View.bits(flags))
        return view, {"absent": not view.pointer}

    def verify_records(self, table: Any) -> None:
        call(lib.deltos_record_table_verify, raw(table).pointer, ffi.NULL, ffi.NULL)

    # ---- Arrow

    def arrow_of(
        self, object: Any, rows: int | None = None, columns: list[dict[str, Any]] | None = None
    ) -> None:
        type, data = ArrowSchema(), ArrowArray()
        addresses = native("deltos_arrow_schema", type), native("deltos_arrow_array", data)
        call(lib.deltos_object_to_arrow, raw(object).pointer, *addresses)
        try:
            if rows is not None and rows != data.length:
                raise differ("rows", rows, data.length)
            if columns is not None:
                expect_each("columns", columns, [*arrow_columns(type, data)])
        finally:
            type.release(ctypes.byref(type))
            data.release(ctypes.byref(data))

    def records_from_arrow(
        self,
        table: Any,
        transaction: deltos.Transaction | None = None,
        name: str | None = None,
        layout: str = "rows",
        memory_bytes: int = 0,
    ) -> RawObject:
        stream = ArrowStream()
        address = native("deltos_arrow_stream", stream)
        call(lib.deltos_record_table_to_arrow_stream, raw(table).pointer, address)
        encoded, options = ffi.NULL if name is None else bytes_of(name, "a name"), options_of(layout, memory_bytes)
        try:
            with writing(transaction) as pointer:
                builder = Records(None, lib.deltos_record_table_from_arrow, pointer, encoded, address, options)
        finally:
            stream.release(ctypes.byref(stream))
        try:
            return opened_table(builder.packed()) if transaction is None else builder.finish()
        finally:
            builder.release()

    def expect_records(self, table: RawObject, entry: dict[str, Any]) -> None:
        """A table of a description, compared with it."""
        schema, written = schema_of(table), entry["schema"]
        found = [
            {"name": slot.name, "type": TYPE_WORDS[slot.type], "flags": sorted(flag_words(slot.flags))}
            for slot in schema.slots
        ]
        facts_found = schema.name, schema.version, LAYOUT_WORDS[table_info(table).layout], found
        wanted = written.get("name", ""), written.get("version", 0), entry["layout"], [*written_slots(written)]
        if facts_found != wanted:
            raise differ("schema and layout", wanted, facts_found)
        self.read_rows(table, entry["rows"])
