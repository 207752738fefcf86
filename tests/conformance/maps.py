"""Reads hash maps with nothing but struct: written from section 20 of src/format/FORMAT.md alone; and compares maps.

What is in a map is checked as a reader with a key would find it: each key is where its hash leads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import records
import trees
from damage import check
from xxh3 import MASK, xxh3

MAGIC, HEAD_BYTES, GRID, LINE = 0x314D4844, 192, 64, 64
KEYS = ("bytes", "utf8", "u64", "value")
VALUES = ("u64", "bytes", "utf8", "value", "record")
SHAPES = ("simple", "multi", "approximate")
ENTRIES_A_LINE, PARTS, MOST_LINES = 24, 14, 1024
LONG_KEY, RUN, AWAY = 255, 4, 8
FACTOR = 0xD6E8FEB86659FD93


def up_to_multiple(size: int, of: int) -> int:
    return (size + of - 1) // of * of


class Map:
    """Keys are bytes, or numbers; values are words, or bytes that lie in their entry."""

    def __init__(self, image: bytes) -> None:
        check(len(image) >= HEAD_BYTES, "a hash map is shorter than its head")
        magic, flags, size, key, value, shape, layout, reserved = struct.unpack_from("<IIQ4BI", image)
        self._seed, self.pairs, self.keys, self._homes = struct.unpack_from("<4Q", image, 24)
        check(magic == MAGIC and flags == reserved == 0, "these bytes are no hash map, or of a later format")
        check(not any(struct.unpack_from("<9Q", image, 120)), "a hash map is of a later format")
        known = key < len(KEYS) and value < len(VALUES) and shape < len(SHAPES)
        check(known and HEAD_BYTES <= size <= len(image) and size % GRID == 0, "a hash map is impossible")
        check(self.keys <= self.pairs <= 1 << 48 and self._homes >= 1, "a hash map counts what cannot be")
        self.key, self.value, self.shape = KEYS[key], VALUES[value], SHAPES[shape]
        self.is_paired = self.key == "u64" or self.shape == "approximate"
        check(layout == self.is_paired, "a hash map has the layout of another kind")
        self._image, self._end = image[:size], HEAD_BYTES
        self._directory, self._entries, self._area = self._section(56), self._section(72), self._section(88)
        self.table = records.Table(self._section(104)) if self.value == "record" else None

    def _section(self, at: int) -> bytes:
        place, size = struct.unpack_from("<QQ", self._image, at)
        check(place % GRID == 0 and self._end <= place, "a section of a hash map lies where it cannot")
        check(place + size <= len(self._image), "a section of a hash map lies outside")
        self._end = place + size
        return self._image[place : self._end]

    # ---- What words stand for

    def _word(self, place: int) -> int:
        check(place % 8 == 0 and place + 8 <= len(self._area), "a word lies outside the area")
        return int(struct.unpack_from("<Q", self._area, place)[0])

    def _text(self, place: int) -> bytes:
        size = self._word(place)
        check(place + 8 + size <= len(self._area), "a text lies outside the area")
        return self._area[place + 8 : place + 8 + size]

    def content(self, word: int) -> Any:
        """What a word stands for: a number, bytes, the root of a value, or the cells of a row."""
        if self.value in ("bytes", "utf8"):
            return self._text(word)
        if self.value == "value":
            check(word % GRID == 0 and word < len(self._area), "a value lies outside the area")
            return trees.Tree(self._area[word:])
        if self.table is None:
            return word
        check(word < self.table.rows, "a row is none of the table")
        return self.table.row(word)

    # ---- Going through all

    def all(self) -> Iterator[tuple[Any, list[Any]]]:
        """Every key with its values."""
        found = [*(self._paired() if self.is_paired else self._tagged())]
        check(len(found) == self.keys, "there are not as many keys as the head says")
        check(sum(len(values) for _, values in found) == self.pairs, "there are not as many pairs as the head says")
        yield from found

    def _mix(self, word: int) -> int:
        word ^= self._seed
        for _ in range(2):
            word = (word ^ word >> 32) * FACTOR & MASK
        return word ^ word >> 32

    def _paired(self) -> Iterator[tuple[int, list[Any]]]:
        check(len(self._entries) == 16 * self.pairs, "there are not as many pairs as the head says")
        check(len(self._directory) == LINE * self._homes, "there are not as many lines as the head says")
        last = -1
        for line in range(self._homes):
            base, *ends = struct.unpack_from("<Q14I", self._directory, LINE * line)
            for part, (first, end) in enumerate(zip([0, *ends], ends)):
                check(first <= end and base + end <= self.pairs, "a part of the directory is impossible")
                keys: dict[int, list[Any]] = {}
                for number in range(base + first, base + end):
                    key, word = struct.unpack_from("<QQ", self._entries, 16 * number)
                    place = self._mix(key) * self._homes
                    check(place >> 64 == line and (place & MASK) * PARTS >> 64 == part, "a key belongs elsewhere")
                    check(last <= self._mix(key), "pairs are out of order")
                    last = self._mix(key)
                    keys.setdefault(key, []).append(self.content(word))
                yield from keys.items()

    def _hash(self, key: bytes) -> int:
        if self.key == "value":
            key = struct.pack("<Q", trees.hash_of(trees.Tree(key).root))
        return xxh3(key, self._seed)

    def _tagged(self) -> Iterator[tuple[bytes, list[Any]]]:
        lines = len(self._directory) // LINE
        check(len(self._directory) % LINE == 0 and self._homes <= lines, "the directory is impossible")
        for home in range(self._homes):
            line, last = home, -1
            for _ in range(MOST_LINES):
                head, following = struct.unpack_from("<QQ", self._directory, LINE * line)
                count, at = head >> 48, (head & (1 << 48) - 1) * 4
                check(count <= ENTRIES_A_LINE, "a line has more entries than it can")
                tags = self._directory[LINE * line + 16 : LINE * line + 40]
                sizes = self._directory[LINE * line + 40 : LINE * (line + 1)]
                check(not any(tags[count:]) and not any(sizes[count:]), "a line says something of no entry")
                for tag, units in zip(tags[:count], sizes):
                    check(at + 4 * units <= len(self._entries), "an entry lies outside")
                    key, values = self._entry(self._entries[at : at + 4 * units])
                    digest = self._hash(key)
                    check(digest & 0xFF == tag and digest * self._homes >> 64 == home, "a key belongs elsewhere")
                    check(last <= digest, "entries are out of order")
                    last, at = digest, at + 4 * units
                    yield key, values
                if following == 0:
                    break
                check(following > line and self._homes <= following < lines, "a line goes on where it cannot")
                line = following
            else:
                check(False, "too many lines hang together")

    def _entry(self, entry: bytes) -> tuple[bytes, list[Any]]:
        check(len(entry) >= 4, "an entry is too short")
        size, flags = entry[0], entry[1]
        key_end = 2 + (8 if size == LONG_KEY else size)
        end = len(entry) - (flags & 3)
        check(flags < 16 and key_end <= end and not any(entry[end:]), "an entry is impossible")
        key, value = entry[2:key_end], entry[key_end:end]
        if size == LONG_KEY:
            key = self._text(struct.unpack("<Q", key)[0])
        if flags & RUN:
            check(len(value) == 16, "a run has another length")
            place, count = struct.unpack("<QQ", value)
            check(count >= 2 and self.shape != "simple", "a run is too short, or not to be")
            return key, [self.content(self._word(place + 8 * i)) for i in range(count)]
        if self.value in ("bytes", "utf8") and not flags & AWAY:
            return key, [value]
        check(len(value) == 8, "a word has another length")
        return key, [self.content(struct.unpack("<Q", value)[0])]


# ---- What is compared with it


def encoded(written: dict[str, Any]) -> bytes:
    """The bytes of a node that is a key or a value, but for images."""
    kind, content = trees.kind_of(written)
    if kind in ("int", "uint"):
        return struct.pack("<Q", trees.integer_of(content) & MASK)
    return trees.text_of(content) if kind == "utf8" else trees.data_of(content)


def written_pairs(pairs: Any, key_is: str, value_is: str) -> list[list[dict[str, Any]]]:
    if isinstance(pairs, list):
        return pairs

    def number(kind: str, n: int) -> dict[str, Any]:
        return {"int": n} if kind in ("u64", "value") else {"utf8": str(n)}

    numbers = (pairs.get("from", 0) + i * pairs.get("step", 1) for i in range(pairs["count"]))
    return [[number(key_is, n), number(value_is, n)] for n in numbers]


def same(kind: str, found: Any, written: Any, dtypes: list[str]) -> bool:
    """Whether a value of a hash map is as written."""
    if kind == "value":
        return not any(trees.differences(found, written, dtypes))
    if kind == "record":
        return not any(records.cells_differ(*pair, dtypes) for pair in zip(found, written, strict=True))
    return bool(encoded(written) == (struct.pack("<Q", found) if kind == "u64" else found))


def name_of(key: Any, kind: str) -> Any:
    """Something to look a key up by, of those that are found and of those that are written."""
    if kind == "value":
        return trees.hash_of(trees.Tree(key).root)
    return struct.pack("<Q", key) if kind == "u64" else key


def differences(image: bytes, entry: dict[str, Any], dtypes: list[str]) -> Iterator[str]:
    """What of a hash map is not as described."""
    found = Map(image)
    wanted = {"key": entry.get("key", "bytes"), "value": entry.get("value", "u64")}
    wanted["shape"] = entry.get("shape", "simple")
    for field, value in wanted.items():
        if getattr(found, field) != value:
            yield f"expected {field} {value}, got {getattr(found, field)}"
            return
    groups: dict[Any, list[Any]] = {}
    for key, value in written_pairs(entry["pairs"], found.key, found.value):
        is_image = found.key == "value"
        name = trees.hash_of(trees.node_of(key, dtypes)) if is_image else encoded(key)
        groups.setdefault(name, []).append(value)
    if found.shape == "approximate":
        counts = sorted(len(values) for _, values in found.all())
        if counts != sorted(len(values) for values in groups.values()):
            yield f"keys have {counts} values"
        return
    there = {name_of(key, found.key): values for key, values in found.all()}
    if there.keys() != groups.keys():
        yield f"other keys: {str([*there])[:200]}"
        return
    for name, values in groups.items():
        actual = there[name]
        if len(actual) != len(values):
            yield f"a key has {len(actual)} values, not {len(values)}"
        elif not all(same(found.value, *pair, dtypes) for pair in zip(actual, values)):
            yield f"a key has other values than {str(values)[:200]}"
