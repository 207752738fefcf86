"""Reads record tables with nothing but struct: written from section 18 of src/format/FORMAT.md alone.

A cell is a Node as values have them, with two kinds more: "unset", and "record", whose elements are its cells.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import trees
from damage import check
from trees import Node

MAGIC, HEAD_BYTES, GRID = 0x31545244, 128, 64
NULLABLE, OPTIONAL, WRITABLE, UTC = 1, 2, 4, 8
BOTH = NULLABLE | OPTIONAL
# Items of one letter, by their size; those of two beside them.
LETTERS = {"?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "l": 8, "L": 8, "q": 8, "Q": 8, "n": 8, "N": 8}
LETTERS |= {"e": 2, "f": 4, "d": 8, "s": 1, "c": 1, "x": 1, "w": 4}
KINDS_OF_VALUES = ("list", "tuple", "set", "dict", "decimal", "ndarray", "value")
REFERENCE = 16


class Slot(NamedTuple):
    name: str
    type: str
    flags: int
    format: str
    dtype: int
    parent: int
    """Its number; -1: of none."""
    offset: int
    """From the start of the row."""
    size: int
    valid_bit: int
    null_bit: int


# ---- Schemas


def item_layout(format: str) -> tuple[int, int]:
    """Size and alignment of an item of a format."""
    packs = format[:1] in "^<>=!" and format != ""
    size, align, rest = one_item(format[1:] if packs else format)
    check(rest == "", f"a format ends with {rest}")
    return size, 1 if packs else align


def one_item(format: str) -> tuple[int, int, str]:
    """Size and alignment of what a format begins with, and what follows."""
    count, rest = 1, format
    if rest.startswith("("):
        lengths, _, rest = rest[1:].partition(")")
        for length in lengths.split(","):
            count *= int(length)
    digits = len(rest) - len(rest.lstrip("0123456789"))
    if digits:
        count, rest = count * int(rest[:digits]), rest[digits:]
    if rest.startswith("T{"):
        size, align, rest = structure(rest[2:])
    elif rest.startswith("Z"):
        size, align, rest = 2 * LETTERS[rest[1]], LETTERS[rest[1]], rest[2:]
    else:
        check(rest[:1] in LETTERS, f"no item is of format {rest}")
        size = align = LETTERS[rest[0]]
        rest = rest[1:]
    return count * size, align, rest


def structure(format: str) -> tuple[int, int, str]:
    """Of one behind T{: padding is written out, so that sizes add up."""
    total, greatest = 0, 1
    while not format.startswith("}"):
        size, align, format = one_item(format)
        total, greatest = total + size, max(greatest, align)
        if format.startswith(":"):
            _, _, format = format[1:].partition(":")
    return total, greatest, format[1:]


def fields_of(node: Node) -> dict[str, Node]:
    """A dict with text as keys."""
    check(node.kind == "dict", f"a schema has a {node.kind} in place of a dict")
    assert node.elements is not None
    parts = node.elements()
    return {key.content.decode(): value for key, value in zip(parts[::2], parts[1::2], strict=True)}


def text(fields: dict[str, Node], key: str) -> str:
    return fields[key].content.decode() if key in fields else ""


def number(fields: dict[str, Node], key: str) -> int:
    return int(fields[key].content) if key in fields else 0


def up(place: int, align: int) -> int:
    return -(-place // align) * align


class Schema:
    """Slots of all levels, flat, as they lie in a row."""

    def __init__(self, image: bytes) -> None:
        fields = fields_of(trees.Tree(image).root)
        check(number(fields, "deltos_schema") == 1, "these bytes are no schema, or of a later format")
        self.name, self.version = text(fields, "name"), number(fields, "version")
        self.min_reader = number(fields, "min_reader")
        self.slots: list[Slot] = []
        self._bits = 0
        end, align = self._lay_out(fields, -1, 0)
        self.presence_offset = end
        self.row_bytes = up(end + (self._bits + 7) // 8, align)

    def _lay_out(self, fields: dict[str, Node], parent: int, start: int) -> tuple[int, int]:
        """Appends the slots of a schema from a place on; where they end, and the greatest alignment."""
        check("slots" in fields and fields["slots"].elements is not None, "a schema has no slots")
        assert fields["slots"].elements is not None
        place, greatest = start, 1
        for node in fields["slots"].elements():
            given = fields_of(node)
            size, align = self._item_layout(given)
            place = up(place, align)
            self._add(given, parent, place, size)
            place, greatest = place + size, max(greatest, align)
        return place, greatest

    def _item_layout(self, given: dict[str, Node]) -> tuple[int, int]:
        kind = text(given, "type")
        if kind == "fixed":
            return item_layout(text(given, "format"))
        if kind == "record":
            inner = Schema.__new__(Schema)
            inner.slots, inner._bits = [], 0
            end, align = inner._lay_out(fields_of(given["schema"]), -1, 0)
            return up(end, align), align
        check(kind in ("date", "datetime", "bytes", "utf8", *KINDS_OF_VALUES), f"a slot has the unknown type {kind}")
        return (4, 4) if kind == "date" else (8, 8) if kind == "datetime" else (REFERENCE, 8)

    def _bit(self, is_wanted: bool) -> int:
        self._bits += is_wanted
        return self._bits - 1 if is_wanted else -1

    def _add(self, given: dict[str, Node], parent: int, place: int, size: int) -> None:
        flags = number(given, "flags")
        bits = self._bit(flags & BOTH != 0), self._bit(flags & BOTH == BOTH)
        name, kind, format = text(given, "name"), text(given, "type"), text(given, "format")
        self.slots.append(Slot(name, kind, flags, format, number(given, "dtype"), parent, place, size, *bits))
        if kind == "record":
            self._lay_out(fields_of(given["schema"]), len(self.slots) - 1, place)


# ---- Tables


class Table:
    def __init__(self, image: bytes) -> None:
        check(len(image) >= HEAD_BYTES, "a record table is shorter than its head")
        magic, flags, size, layout, reserved, rows, row_bytes = struct.unpack_from("<IIQIIQQ", image)
        schema, schema_bytes, content, content_bytes, heap, heap_bytes = struct.unpack_from("<6Q", image, 40)
        check(magic == MAGIC and flags == 0 and reserved == 0, "these bytes are no record table, or of a later format")
        check(HEAD_BYTES <= size <= len(image) and size % GRID == 0, "a record table has an impossible length")
        check(layout <= 1 and rows <= 1 << 60, "a record table has an unknown layout, or too many rows")
        self._image = image[:size]
        self.layout, self.rows = ("rows", "columns")[layout], rows
        self.schema = Schema(self._piece(schema, schema_bytes))
        check(row_bytes == self.schema.row_bytes, "rows have another length than their schema says")
        wanted = 64 * len(self.schema.slots) if layout else rows * row_bytes
        check(content_bytes == wanted, "rows or directory have another length than they should")
        self._content, self._heap = self._piece(content, content_bytes), self._piece(heap, heap_bytes)
        for number in range(len(self.schema.slots) if layout else 0):
            self._check_column(number)

    def _piece(self, place: int, size: int) -> bytes:
        check(place % GRID == 0 and place + size <= len(self._image), "a piece lies where it cannot")
        return self._image[place : place + size]

    def _check_column(self, number: int) -> None:
        """That the pieces of a slot are those that it has, within the image and as long as the rows need."""
        slot, (valid, null, offsets, data, size) = self.schema.slots[number], self._entry(number)
        bitmap = (self.rows + 7) // 8
        for bit, place in ((slot.valid_bit, valid), (slot.null_bit, null)):
            check(len(self._piece(place, bitmap)) == bitmap if bit >= 0 else place == 0, "a slot has other bits")
        self._piece(data, size)
        if slot.type in ("fixed", "date", "datetime"):
            check(offsets == 0 and size == self.rows * slot.size, "items take other bytes than rows have")
        elif slot.type == "record":
            check(offsets == data == size == 0, "a record has a column of its own")
        else:
            self._piece(offsets, 8 * (self.rows + 1))

    def _entry(self, slot: int) -> tuple[int, ...]:
        """Places of valid, null, offsets and data, and the bytes of data."""
        return struct.unpack_from("<5Q", self._content, 64 * slot)

    def _bit(self, row: int, slot: int, which: int) -> bool:
        known = self.schema.slots[slot]
        bit = (known.valid_bit, known.null_bit)[which]
        if self.layout == "rows":
            at = row * self.schema.row_bytes + self.schema.presence_offset + bit // 8
            return self._content[at] >> bit % 8 & 1 == 1
        bits = self._piece(self._entry(slot)[which], (self.rows + 7) // 8)
        return bits[row // 8] >> row % 8 & 1 == 1

    def _absent(self, row: int, slot: int) -> str:
        """"": it is there; else null or unset."""
        known = self.schema.slots[slot]
        above = self._absent(row, known.parent) if known.parent >= 0 else ""
        if above or known.valid_bit < 0 or self._bit(row, slot, 0):
            return above
        if known.flags & BOTH == BOTH:
            return "null" if self._bit(row, slot, 1) else "unset"
        return "null" if known.flags & NULLABLE else "unset"

    def _bytes(self, row: int, slot: int) -> bytes:
        known = self.schema.slots[slot]
        is_item = known.type in ("fixed", "date", "datetime")
        if self.layout == "rows":
            at = row * self.schema.row_bytes + known.offset
            item = self._content[at : at + known.size]
            if is_item:
                return item
            place, size = struct.unpack("<QQ", item)
            check(place + size <= len(self._heap), "a reference leads out of the heap")
            return self._heap[place : place + size]
        _, _, offsets, data, size = self._entry(slot)
        everything = self._piece(data, size)
        if is_item:
            return everything[row * known.size : (row + 1) * known.size]
        first, last = struct.unpack("<qq", self._piece(offsets, 8 * self.rows + 8)[8 * row : 8 * row + 16])
        check(0 <= first <= last <= size, "offsets fall, or lead out of the data")
        return everything[first:last]

    def cell(self, row: int, slot: int) -> Node:
        known = self.schema.slots[slot]
        if absent := self._absent(row, slot):
            return Node(absent)
        if known.type == "record":
            below = [i for i, other in enumerate(self.schema.slots) if other.parent == slot]
            return Node("record", elements=lambda: [self.cell(row, i) for i in below])
        data = self._bytes(row, slot)
        if known.type == "fixed":
            return self._item(known, data)
        if known.type == "date":
            return Node("date", struct.unpack("<i", data)[0])
        if known.type == "datetime":
            seconds, micros = divmod(struct.unpack("<q", data)[0], 10**6)
            return Node("datetime", (seconds, 1000 * micros, 0 if known.flags & UTC else trees.NO_ZONE))
        if known.type in KINDS_OF_VALUES:
            root = trees.Tree(data).root
            check(known.type in ("value", root.kind), f"a {known.type} is a {root.kind}")
            return root
        return Node(known.type, data)

    @staticmethod
    def _item(slot: Slot, data: bytes) -> Node:
        if slot.dtype == 0 and slot.format == "?" and data in (b"\0", b"\1"):
            return Node("bool", data == b"\1")
        if slot.dtype == 0 and slot.format in tuple("bBhHiIqQlL"):
            return Node("int", struct.unpack("<" + slot.format.replace("l", "q").replace("L", "Q"), data)[0])
        if slot.dtype == 0 and slot.format in tuple("fd"):
            return Node("float", trees.bits_of(struct.unpack("<" + slot.format, data)[0]))
        return Node("bytes", data)

    def row(self, row: int) -> list[Node]:
        return [self.cell(row, i) for i, slot in enumerate(self.schema.slots) if slot.parent < 0]


# ---- What is compared with it


def cells_differ(found: Node, written: dict[str, Any], dtypes: list[str]) -> bool:
    kind, content = trees.kind_of(written)
    if kind != "record" and kind != "unset":
        wanted = trees.node_of(written, dtypes)
        if found.elements is None or wanted.elements is None:
            return (found.kind, found.content) != (wanted.kind, wanted.content)
        return not trees.equal(found, wanted)
    if kind != found.kind or found.elements is None:
        return kind != found.kind
    cells = found.elements()
    return len(cells) != len(content) or any(cells_differ(*pair, dtypes) for pair in zip(cells, content, strict=True))


def slots_written(schema: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    """Name, type and flags of all slots, flat."""
    bits = {"nullable": NULLABLE, "optional": OPTIONAL, "writable": WRITABLE, "utc": UTC}
    for slot in schema["slots"]:
        yield slot["name"], slot["type"], sum(bits[flag] for flag in slot.get("flags", []))
        if "schema" in slot:
            yield from slots_written(slot["schema"])


def differences(table: Table, entry: dict[str, Any], dtypes: list[str]) -> Iterator[str]:
    schema = entry["schema"]
    found: dict[str, Any] = {"name": table.schema.name, "version": table.schema.version, "layout": table.layout}
    found |= {"rows": table.rows, "slots": [slot[:3] for slot in table.schema.slots]}
    wanted = {"name": schema.get("name", ""), "version": schema.get("version", 0), "layout": entry["layout"]}
    wanted |= {"rows": len(entry["rows"]), "slots": [*slots_written(schema)]}
    for field in wanted:
        if found[field] != wanted[field]:
            yield f"expected {field} {wanted[field]}, got {found[field]}"
    if found != wanted:
        return
    for i, cells in enumerate(entry["rows"]):
        for j, (cell, written) in enumerate(zip(table.row(i), cells, strict=True)):
            if cells_differ(cell, written, dtypes):
                yield f"row {i}, cell {j}: expected {str(written)[:200]}, got {str(cell[:2])[:200]}"
