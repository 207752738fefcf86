"""Reads a storage with nothing but struct and mmap: written from src/format/FORMAT.md alone, to show that it is enough.

    reader.py read DESCRIPTION STORAGE     compares a storage with its description
    reader.py dump STORAGE                 prints what is in it

It is the static reader of section 12. It takes no locks, so it is for files that nobody writes. Everything it follows
is checked before; what is not as the page says raises Damaged. The sections named below are those of the page.
"""

from __future__ import annotations

import mmap
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import maps
import records
import trees
from damage import Damaged, check
from xxh3 import xxh3

BLOCK, REGION = 4096, 65536
FIRST_DATA, SMALLEST = 393216, 458752
SLOT_SIZES = (64, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072)
DTYPES = (
    "OTHER BOOL I8 I16 I32 I64 U8 U16 U32 U64 F16 F32 F64 C64 C128 BYTES UCS4 STRUCT BF16 F8_E4M3 F8_E5M2".split()
)
ITEM_BYTES = dict(zip(DTYPES[1:15], (1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 8, 16), strict=True))
ITEM_BYTES |= {"BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1}
NAME, OBJECT, METADATUM = b"\1", b"\2", b"\3"
BUFFER, ARRAY, TABLE, VALUE, RECORDS, MAP, SORTED = range(1, 8)
KINDS = {BUFFER: "buffer", ARRAY: "array", TABLE: "table", VALUE: "value", RECORDS: "records", MAP: "map"}
KINDS[SORTED] = "sorted"
CONTROL_BYTES = 64


class Superblock(NamedTuple):
    """Section 4."""

    magic: int
    flags: int
    transaction: int
    previous_strong: int
    root_block: int
    root_transaction: int
    height: int
    zone_count: int
    file_blocks: int
    next_id: int
    object_count: int
    boot_id: bytes
    device: int
    inode: int
    commit_ns: int
    uuid: bytes


class SortedMap(NamedTuple):
    """Section 19: its tree."""

    root_block: int
    root_transaction: int
    height: int
    key: int
    key_bytes: int
    value_bytes: int
    long_values: int
    objects: int
    reserved: int


class Extent(NamedTuple):
    """Section 8."""

    offset: int
    bytes: int
    transaction: int


class Entry(NamedTuple):
    """Section 6: of a page."""

    key: bytes
    value: bytes
    spilled: bool


class Object(NamedTuple):
    """Section 9."""

    id: int
    name: str
    kind: str
    format: str
    dtype: str
    shape: list[int]
    sealed: bool
    data: bytes
    """Of a table: all rows, one after the other."""
    lengths: list[int] | None = None
    """Of a table: elements of each row."""
    sorted: SortedMap | None = None
    """Of a sorted map."""


class Control(NamedTuple):
    """Section 9: the control block of an array, whose name and which place it has."""

    name: str
    offset: int
    length: int
    boot_id: bytes
    device: int
    inode: int


class Record(NamedTuple):
    """Section 9: of an object, whose extents have not been looked at."""

    kind: int
    name: str
    format: str
    dtype: str
    shape: list[int]
    sealed: bool
    item_bytes: int
    payload_bytes: int
    digest: int
    extents: list[Extent]
    sorted: SortedMap | None


class Metadatum(NamedTuple):
    """Section 10."""

    key: str
    format: str
    shape: list[int]
    data: bytes


def text_of(data: bytes, what: str) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Damaged(f"{what} is not UTF-8") from None
    check("\0" not in text, f"{what} has a zero byte")
    return text


def product_of(shape: list[int], item_bytes: int) -> int:
    """Bytes of an array; what would be too many raises Damaged."""
    check(all(length >= 0 for length in shape), "a length is negative")
    size = most = item_bytes
    for length in shape:
        size *= length
        most *= length or 1
    check(most < 1 << 63, "an array has 2^63 bytes and more")
    return size


class Storage:
    """A storage at rest."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            check(size >= SMALLEST, f"{size} bytes are fewer than the smallest storage has")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._take_header()
        self._choose_slot()

    def __enter__(self) -> Storage:
        return self

    def __exit__(self, *_: object) -> None:
        self._map.close()

    # ---- Sections 3 and 4

    def _take_header(self) -> None:
        header = self._map[0:256]
        magic, major, _, block_bytes, self._uuid, incompatible = struct.unpack_from("<8sHHI16sQ", header)
        check(magic == b"DELTOS\r\n", "this is no storage")
        check(xxh3(header[:248]) == struct.unpack_from("<Q", header, 248)[0], "the header is damaged")
        check(major == 1 and block_bytes == BLOCK and not incompatible, "the storage is of a later version")

    def _choose_slot(self) -> None:
        strong = [slot for slot in map(self._slot, (65536, 131072)) if slot]
        check(bool(strong), "no superblock is whole")
        self.root, self.zones = max(strong, key=lambda slot: slot[0].transaction)
        check(self.root.file_blocks * BLOCK <= len(self._map), "the file was cut")

    def _slot(self, at: int) -> tuple[Superblock, list[tuple[int, int]]] | None:
        """A whole and strong superblock and its zones; None for anything else."""
        raw = self._map[at : at + 1024]
        if xxh3(raw[:1016]) != struct.unpack_from("<Q", raw, 1016)[0]:
            return None
        slot = Superblock(*struct.unpack_from("<IIQQQQIIQQQ16sQQq16s", raw))
        whole = slot.magic == 0x31425344 and slot.flags == 0 and slot.uuid == self._uuid
        whole = whole and 65536 <= slot.transaction <= 1 << 60 and slot.previous_strong < slot.transaction
        whole = whole and slot.height <= 12 and slot.zone_count <= 40 and 96 <= slot.file_blocks <= 1 << 48
        whole = whole and slot.object_count < slot.next_id and not (slot.device or slot.inode or any(slot.boot_id))
        if not whole:
            return None
        zones = [struct.unpack_from("<QQ", raw, 192 + 16 * number) for number in range(slot.zone_count)]
        end = 0
        for first, blocks in sorted(zones):
            if first % 16 or blocks % 16 or not blocks or first < max(end, 96) or first + blocks > slot.file_blocks:
                return None
            end = first + blocks
        if slot.height == 0:
            return None if slot.root_block or slot.root_transaction else (slot, zones)
        inside = any(first <= slot.root_block < first + blocks for first, blocks in zones)
        return (slot, zones) if inside and 1 <= slot.root_transaction <= slot.transaction else None

    # ---- Section 6

    def _page(self, block: int, transaction: int, level: int, tree: int) -> list[Entry]:
        """The entries of a page, in key order."""
        check(any(first <= block < first + blocks for first, blocks in self.zones), f"page {block} is not in a zone")
        page = self._map[block * BLOCK : (block + 1) * BLOCK]
        check(xxh3(page[:4088]) == struct.unpack_from("<Q", page, 4088)[0], f"page {block} is damaged")
        magic, its_level, count, its_block, its_transaction = struct.unpack_from("<IHHQQ", page)
        uuid_low, last, its_tree = struct.unpack_from("<QHH", page, 24)
        check(magic == 0x31504344 and its_level == level and its_block == block, f"page {block} is another page")
        check(its_transaction == transaction, f"page {block} is of another transaction")
        check(its_tree == tree, f"page {block} is of another kind of tree")
        check(uuid_low == struct.unpack_from("<Q", self._uuid)[0], f"page {block} is of another storage")
        check(count >= 1 and 40 + 2 * count <= 4088, f"page {block} has an impossible number of entries")
        entries, end = [], 4088
        for number in range(count):
            offset = struct.unpack_from("<H", page, 40 + 2 * number)[0]
            check(40 + 2 * count <= offset <= end - 4, f"entry {number} of page {block} lies outside")
            key_bytes, value_bytes = struct.unpack_from("<HH", page, offset)
            spilled, value_bytes = bool(value_bytes >> 15), value_bytes & 0x7FFF
            value_at = offset + 4 + key_bytes
            check(value_at + value_bytes == end, f"entry {number} of page {block} is not packed")
            entries.append(Entry(page[offset + 4 : value_at], page[value_at:end], spilled))
            end = offset
        check(end == last, f"the entries of page {block} begin elsewhere")
        self._check_entries(entries, block, transaction, level, tree)
        return entries

    @staticmethod
    def _check_entries(entries: list[Entry], block: int, transaction: int, level: int, tree: int) -> None:
        keys = [entry.key for entry in entries]
        check(all(one < other for one, other in zip(keys, keys[1:])), f"the keys of page {block} do not ascend")
        check(all(len(key) <= 1024 for key in keys), f"a key of page {block} is too long")
        is_right = keys[0] == b"" if level else bool(tree) or keys[0] != b""
        check(is_right, f"page {block} has the wrong first key")
        spills = (8, 32) if tree else (32,)
        for entry in entries:
            if level == 0:
                right = len(entry.value) in spills if entry.spilled else len(entry.value) <= 960
            else:
                right = len(entry.value) == 16 and not entry.spilled
                right = right and 1 <= struct.unpack("<QQ", entry.value)[1] <= transaction
            check(right, f"a value of page {block} is impossible")

    def _entries_from(self, first: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values from a key on."""
        root = self.root
        if root.height:
            for entry in self._walk(root.root_block, root.root_transaction, root.height - 1, first, (b"", None)):
                yield entry.key, self._spill(entry.value) if entry.spilled else entry.value

    def _walk(
        self,
        block: int,
        transaction: int,
        level: int,
        first: bytes,
        bounds: tuple[bytes, bytes | None],
        tree: int = 0,
    ) -> Iterator[Entry]:
        """What lies below a page whose keys are to be in the bounds, without what comes before the first key."""
        entries = self._page(block, transaction, level, tree)
        for number, entry in enumerate(entries):
            after = entries[number + 1].key if number + 1 < len(entries) else None
            if level == 0:
                inside = bounds[0] <= entry.key and (bounds[1] is None or entry.key < bounds[1])
                check(inside, f"a key of page {block} belongs elsewhere")
                if entry.key >= first:
                    yield entry
            elif after is None or first < after:
                child, its_transaction = struct.unpack("<QQ", entry.value)
                its_bounds = entry.key or bounds[0], bounds[1] if after is None else after
                yield from self._walk(child, its_transaction, level - 1, first, its_bounds, tree)

    def _find(self, key: bytes) -> bytes | None:
        found = next(self._entries_from(key), None)
        return found[1] if found and found[0] == key else None

    def _below(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys without the prefix, and their values."""
        for key, value in self._entries_from(prefix):
            if not key.startswith(prefix):
                return
            yield key[len(prefix) :], value

    # ---- Section 8

    def _take(self, extent: Extent) -> bytes:
        """The bytes of an extent, after its place was checked."""
        offset, size, transaction = extent
        if size == 0:
            check(offset == 0, "an extent without bytes has a place")
            return b""
        check(transaction <= 1 << 60, "an extent is of an impossible transaction")
        if size > SLOT_SIZES[-1]:
            check(offset % BLOCK == 0, "an extent does not start on a block")
            end = offset + (size + BLOCK - 1) // BLOCK * BLOCK
        else:
            slot = next(slot for slot in SLOT_SIZES if slot >= size)
            start = offset % REGION
            check(start % slot == 0 and start + slot <= REGION, "an extent does not lie in a slot of its size")
            offset, end = offset - start, offset - start + REGION
        check(FIRST_DATA <= offset and end <= self.root.file_blocks * BLOCK, "an extent lies outside the storage")
        for first, blocks in self.zones:
            check(end <= first * BLOCK or offset >= (first + blocks) * BLOCK, "an extent lies in a zone")
        return self._map[extent.offset : extent.offset + size]

    def _spill(self, value: bytes, lengths: range = range(1, 262145)) -> bytes:
        offset, size, transaction, sum_of_bytes = struct.unpack("<QQQQ", value)
        check(size in lengths, "a spilled value has an impossible length")
        data = self._take(Extent(offset, size, transaction))
        check(xxh3(data) == sum_of_bytes, "a spilled value is damaged")
        return data

    # ---- Section 9

    def names(self) -> list[str]:
        return [text_of(key, "a name") for key, _ in self._below(NAME)]

    def id_of(self, name: str) -> int:
        value = self._find(NAME + name.encode())
        if value is None:
            raise KeyError(name)
        check(len(value) == 8, "an id has another length than 8")
        return int.from_bytes(value, "little")

    @staticmethod
    def _record(raw: bytes) -> Record:
        check(len(raw) >= 64, "a record is too short")
        fields = struct.unpack_from("<HBBHHIHHQQQQQQ", raw)
        version, kind, flags, dtype, ndim, format_bytes, name_bytes, extent_count = fields[:8]
        created, changed, item_bytes, payload_bytes, digest, _ = fields[8:]
        short = ndim <= 64 and format_bytes <= 65536 and 1 <= name_bytes <= 1023 and extent_count <= 64
        check(short, "a record is too long")
        at = 64 + 24 * extent_count
        texts = at + 8 * ndim + (64 if kind == SORTED else 0)
        check(len(raw) == texts + format_bytes + name_bytes, "a record has another length than it says")
        name = text_of(raw[texts + format_bytes :], "a name")
        check(version == 1 and kind in KINDS and flags <= 1 and dtype < len(DTYPES), f"{name} is of a later version")
        check(created <= changed and item_bytes >= 1, "a record is impossible")
        extents = [Extent(*struct.unpack_from("<QQQ", raw, 64 + 24 * i)) for i in range(extent_count)]
        shape = [*struct.unpack_from(f"<{ndim}q", raw, at)]
        format = text_of(raw[texts : texts + format_bytes], "a format")
        items = product_of(shape, item_bytes)
        check(kind in (TABLE, SORTED) or items == payload_bytes, f"shape and length of {name} differ")
        is_image = (shape, DTYPES[dtype], format) == ([payload_bytes], "U8", "B")
        check(kind not in (VALUE, MAP) or (is_image and flags == 1), f"{name} is no value or map that can be")
        check(kind != RECORDS or is_image, f"{name} is no record table that can be")
        check(ITEM_BYTES.get(DTYPES[dtype], item_bytes) == item_bytes, f"elements of {name} have another length")
        tree = SortedMap(*struct.unpack_from("<QQIIQQQQQ", raw, texts - 64)) if kind == SORTED else None
        is_sealed = flags == 1
        return Record(
            kind, name, format, DTYPES[dtype], shape, is_sealed, item_bytes, payload_bytes, digest, extents, tree
        )

    def object(self, name: str) -> Object:
        number = self.id_of(name)
        raw = self._find(OBJECT + struct.pack(">Q", number))
        check(raw is not None, f"{name} leads nowhere")
        assert raw is not None
        record = self._record(raw)
        check(record.name == name, f"the record of {name} has another name")
        lengths = None
        if record.kind == SORTED:
            data = b""
        else:
            data = self._elements(record) if record.kind == ARRAY else self._payload(record)
        if record.kind == TABLE:
            rows = self._rows(name, record.shape, record.item_bytes, data)
            data, lengths = b"".join(rows), [len(row) // record.item_bytes for row in rows]
        of_all = KINDS[record.kind], record.format, record.dtype, record.shape, record.sealed
        return Object(number, name, *of_all, data, lengths, record.sorted)

    def _elements(self, array: Record) -> bytes:
        """As many as the last commit counted, from the chunks in turn."""
        name = array.name
        check(not array.sealed and array.digest == 0 and len(array.shape) == 1, f"{name} is no array that can be")
        self._control(array)
        chunks = array.extents[1:]
        whole = all(chunk.bytes > 0 and chunk.bytes % REGION == 0 and chunk.offset % REGION == 0 for chunk in chunks)
        check(bool(chunks) and whole, f"a chunk of {name} is no run of regions")
        check(sum(chunk.bytes for chunk in chunks) >= array.payload_bytes, f"{name} is longer than its room")
        return b"".join(map(self._take, chunks))[: array.payload_bytes]

    def _control(self, array: Record) -> Control:
        blocks = array.extents[:1]
        check(bool(blocks) and blocks[0].bytes == CONTROL_BYTES, f"{array.name} has no control block")
        return Control(array.name, blocks[0].offset, *struct.unpack_from("<Q16sQQ", self._take(blocks[0])))

    def controls(self) -> Iterator[Control]:
        """Of all arrays. Who reads at rest goes by the length in the record, and not by the one that they have."""
        for _, raw in self._below(OBJECT):
            record = self._record(raw)
            if record.kind == ARRAY:
                yield self._control(record)

    @staticmethod
    def _rows(name: str, shape: list[int], item_bytes: int, data: bytes) -> list[bytes]:
        check(1 <= len(shape) <= 2 and 16 * shape[0] <= len(data), f"the rows of {name} do not fit")
        rows, floor = [], 16 * shape[0]
        for at in range(0, floor, 16):
            offset, count = struct.unpack_from("<QQ", data, at)
            end = offset + count * item_bytes
            check(offset % 64 == 0 and floor <= offset and end <= len(data), f"a row of {name} lies where it cannot")
            check(len(shape) == 1 or count == shape[1], f"the rows of {name} differ in length")
            rows.append(data[offset:end])
            floor = end
        return rows

    def _payload(self, object: Record) -> bytes:
        name, extents, size = object.name, object.extents, object.payload_bytes
        summed = object.sealed and size > REGION
        check(len(extents) == 1 + summed or (not extents and not size), f"{name} has an impossible number of extents")
        check(not extents or extents[0].bytes == size, f"the extent of {name} has another length")
        data = self._take(extents[0]) if extents else b""
        if not object.sealed:
            check(object.digest == 0, f"{name} is open and has a digest")
            return data
        digested = data
        if summed:
            sums = [xxh3(data[at : at + REGION]) for at in range(0, size, REGION)]
            digested = self._take(extents[1])
            check(digested == struct.pack(f"<{len(sums)}Q", *sums), f"the content of {name} is damaged")
        check(xxh3(digested) == object.digest, f"the content of {name} is damaged")
        return data

    # ---- Section 19

    def pairs(self, map: SortedMap) -> Iterator[tuple[bytes, bytes | int]]:
        """Keys with their values, which are bytes or the ids of objects."""
        check(map.key <= 2 and map.height <= 12 and map.reserved == 0, "a sorted map is of a later version")
        check((map.height == 0) == (map.root_block == 0), "a sorted map has an impossible root")
        entries: list[Entry] = []
        if map.height:
            root = map.root_block, map.root_transaction, map.height - 1
            entries = [*self._walk(*root, b"", (b"", None), tree=1)]
        is_long = [entry.spilled and len(entry.value) == 32 for entry in entries]
        is_object = [entry.spilled and len(entry.value) == 8 for entry in entries]
        lengths = zip(entries, is_long)
        sizes = [struct.unpack_from("<Q", one.value, 8)[0] if long else len(one.value) for one, long in lengths]
        sums = (sum(len(entry.key) for entry in entries), sum(sizes), sum(is_long), sum(is_object))
        told = map.key_bytes, map.value_bytes, map.long_values, map.objects
        check(sums == told, "a sorted map holds other than it says")
        for entry, long, id in zip(entries, is_long, is_object):
            if id:
                yield entry.key, int.from_bytes(entry.value, "little")
            else:
                yield entry.key, self._spill(entry.value, range(961, 16777217)) if long else entry.value

    # ---- Section 10

    def metadata(self, name: str) -> list[Metadatum]:
        """Of an object, or of the storage itself, whose name is ""."""
        number = self.id_of(name) if name else 0
        return [self._metadatum(key, value) for key, value in self._below(METADATUM + struct.pack(">Q", number))]

    @staticmethod
    def _metadatum(key: bytes, record: bytes) -> Metadatum:
        check(1 <= len(key) <= 255 and len(record) >= 16, "a metadatum is impossible")
        version, ndim, format_bytes, data_bytes = struct.unpack_from("<HHIQ", record)
        check(version == 1 and ndim <= 64 and format_bytes <= 65536 and data_bytes <= 65536, "a metadatum is too long")
        at = 16 + 8 * ndim
        check(len(record) == at + format_bytes + data_bytes, "a metadatum has another length than it says")
        shape = [*struct.unpack_from(f"<{ndim}q", record, 16)]
        count = product_of(shape, 1)
        check(not data_bytes if count == 0 else data_bytes % count == 0, "a metadatum does not fit its shape")
        format = text_of(record[at : at + format_bytes], "a format")
        return Metadatum(text_of(key, "a key"), format, shape, record[at + format_bytes :])

    def check_counts(self) -> None:
        """Names and objects correspond one to one."""
        names, objects = [*self._below(NAME)], [*self._below(OBJECT)]
        check(len(names) == len(objects) == self.root.object_count, "names and objects do not correspond")
        ids = sorted(struct.unpack("<Q", value)[0] for _, value in names)
        check(ids == [struct.unpack(">Q", key)[0] for key, _ in objects], "names and objects do not correspond")


# ---- What is compared with it


def metadata_differences(storage: Storage, name: str, expected: list[dict[str, Any]]) -> Iterator[str]:
    what = name or "the storage"
    found = {item.key: item for item in storage.metadata(name)}
    if [*found] != sorted((item["key"] for item in expected), key=str.encode):
        yield f"{what}: other metadata keys: {[*found]}"
    for item in expected:
        actual = found.get(item["key"])
        if "text" in item:
            wanted = Metadatum(item["key"], "u8", [], item["text"].encode())
        else:
            wanted = Metadatum(item["key"], item["format"], item.get("shape", []), trees.data_of(item["data"]))
        if actual != wanted:
            yield f"{what}, {item['key']}: expected {wanted}, got {actual}"


def shown(value: Any) -> str:
    """A value for a message, cut when it is long."""
    if isinstance(value, bytes):
        return value.hex() if len(value) <= 32 else f"{value[:32].hex()}... ({len(value)} bytes)"
    return repr(value)


def value_differences(found: Object, entry: dict[str, Any]) -> Iterator[str]:
    if found.kind != "value":
        yield f"expected a value, got a {found.kind}"
        return
    tree = trees.Tree(found.data)
    yield from trees.differences(tree, entry["value"], DTYPES)
    if "hash" in entry:
        digest = trees.hash_of(tree.root).to_bytes(8, "little")
        if digest.hex() != entry["hash"]:
            yield f"expected the hash {entry['hash']}, got {digest.hex()}"


def record_differences(found: Object, entry: dict[str, Any]) -> Iterator[str]:
    if found.kind != "records":
        yield f"expected a record table, got a {found.kind}"
        return
    table = records.Table(found.data)
    if found.sealed == any(slot.flags & records.WRITABLE for slot in table.schema.slots):
        yield "a record table is sealed unless a slot is writable"
    yield from records.differences(table, entry, DTYPES)


def map_differences(found: Object, entry: dict[str, Any]) -> Iterator[str]:
    if found.kind != "map":
        yield f"expected a hash map, got a {found.kind}"
        return
    yield from maps.differences(found.data, entry, DTYPES)


def sorted_differences(storage: Storage, found: Object, entry: dict[str, Any]) -> Iterator[str]:
    if found.sorted is None:
        yield f"expected a sorted map, got a {found.kind}"
        return
    key = maps.KEYS[found.sorted.key]
    if key != entry.get("key", "bytes"):
        yield f"expected keys of {entry.get('key', 'bytes')}, got {key}"
    written = maps.written_pairs(entry["pairs"], key, "bytes")
    pairs = [(maps.encoded(one), maps.encoded(other)) for one, other in written]
    wanted = sorted((one[::-1] if key == "u64" else one, other) for one, other in pairs)
    actual = [*storage.pairs(found.sorted)]
    if actual != wanted:
        yield f"expected {len(wanted)} pairs, got {len(actual)}, or others"


# What is compared of kinds that are no elements of one type.
OF_KIND = {"value": value_differences, "records": record_differences, "map": map_differences}


def differences(storage: Storage, description: dict[str, Any]) -> Iterator[str]:
    storage.check_counts()
    names = storage.names()
    if names != sorted((entry["name"] for entry in description["objects"]), key=str.encode):
        yield f"other names: {names}"
    for entry in description["objects"]:
        name = entry["name"]
        if name not in names:
            continue
        actual = storage.object(name)
        yield from metadata_differences(storage, name, entry.get("metadata", []))
        if entry.get("kind") == "sorted":
            yield from (f"{name}: {what}" for what in sorted_differences(storage, actual, entry))
            continue
        if special := OF_KIND.get(entry.get("kind", "buffer")):
            yield from (f"{name}: {what}" for what in special(actual, entry))
            continue
        wanted = {"format": entry["format"], "shape": entry.get("shape", []), "sealed": entry.get("sealed", False)}
        wanted |= {"kind": entry.get("kind", "buffer"), "data": trees.data_of(entry["data"])}
        wanted |= {field: entry[field] for field in ("dtype", "lengths") if field in entry}
        for field, value in wanted.items():
            if getattr(actual, field) != value:
                yield f"{name}: expected {field} {shown(value)}, got {shown(getattr(actual, field))}"
    yield from metadata_differences(storage, "", description.get("metadata", []))


def dump(storage: Storage) -> Iterator[str]:
    def metadata_of(name: str) -> Iterator[str]:
        for item in storage.metadata(name):
            text = item.format == "u8"
            value = repr(item.data.decode()) if text else f"{item.format} {item.shape} {shown(item.data)}"
            yield f"    {item.key}: {value}"

    controls = {control.name: control for control in storage.controls()}
    yield "the storage"
    yield from metadata_of("")
    for name in storage.names():
        found = storage.object(name)
        state = "sealed" if found.sealed else "open"
        yield f"{name}: {found.kind} {found.dtype} {found.format} {found.shape}, {state}: {shown(found.data)}"
        if name in controls:
            _, _, length, boot, device, inode = controls[name]
            yield f"    {length} bytes in boot {boot.hex()}, file {device}:{inode}"
        yield from metadata_of(name)


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["dump"] and len(arguments) == 2:
        make = dump
    elif arguments[:1] == ["read"] and len(arguments) == 3:
        import json

        description = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))

        def make(storage: Storage) -> Iterator[str]:
            return differences(storage, description)
    else:
        print("usage: reader.py read DESCRIPTION STORAGE | dump STORAGE", file=sys.stderr)
        return 2
    lines = 0
    try:
        with Storage(arguments[-1]) as storage:
            for lines, line in enumerate(make(storage), 1):
                print(line)
    except Damaged as damage:
        print(f"{arguments[-1]}: {damage}")
        return 1
    return 1 if lines and arguments[0] == "read" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
