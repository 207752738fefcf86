"""Reads values with nothing but struct: written from section 17 of src/format/FORMAT.md alone.

An image is read in place of being loaded: a Node knows what it is, and its elements when they are asked for. What this
directory's README calls the notation of values is read into nodes of the same kind, so that hash and equality are
written once, and keys are looked for through the index of the image.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from damage import Damaged, check
from xxh3 import xxh3

MASK = (1 << 64) - 1
MAGIC, HEAD_BYTES = 0x314C5644, 32
DEPTH = 512
BITS, CELLS, BITMAP = 1, 0, 64
NUMBERS = {2: "b", 3: "h", 4: "i", 5: "q", 6: "B", 7: "H", 8: "I", 9: "Q", 11: "f", 12: "d"}
SPECIALS = ("finite", "infinite", "nan", "signalling-nan")
NO_ZONE, DAY, SECOND = (1 << 31) - 1, 24 * 3600, 10**9
CANONICAL_NAN, NEGATIVE_ZERO, OF_TEXT = 0x7FF8000000000000, 1 << 63, 0x9E3779B97F4A7C15
# Kinds as the hash counts them.
HASHED = {"null": 0, "bool": 1, "int": 2, "float": 4, "bytes": 5, "utf8": 6, "list": 7, "tuple": 8, "set": 9}
HASHED |= {"dict": 10, "date": 11, "datetime": 12, "decimal": 13, "ndarray": 14, "reference": 16}
CONTAINERS = {10: "list", 11: "tuple", 12: "set", 13: "dict"}
# A container of a value takes a few calls a level.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 16 * DEPTH))


class Decimal(NamedTuple):
    digits: bytes
    exponent: int
    negative: bool
    special: str

    def as_number(self) -> Decimal:
        """What is equal is the same: no zeros at either end, one zero."""
        digits = self.digits.lstrip(b"0")
        exponent = self.exponent + len(digits) - len(digits.rstrip(b"0"))
        digits = digits.rstrip(b"0")
        is_zero = not digits and self.special == "finite"
        return Decimal(digits, exponent if digits else 0, self.negative and not is_zero, self.special)


class Array(NamedTuple):
    dtype: int
    format: bytes
    shape: tuple[int, ...]
    data: bytes


class Node(NamedTuple):
    """A float is the bits of a float64, text is its bytes, a date and time is seconds, nanoseconds and offset."""

    kind: str
    content: Any = None
    elements: Callable[[], list[Node]] | None = None
    """Of a dict: keys and values in turn."""
    cell: int | None = None
    """What tells it from others of its image."""
    numbers: tuple[int, bytes] | None = None
    """Of a list or tuple whose elements lie as numbers: their form, and they."""


def bits_of(number: float) -> int:
    return int.from_bytes(struct.pack("<d", number), "little")


# ---- Hash and equality


def mixed(*words: int) -> int:
    """H of the page: words that are left out are 0."""
    return xxh3(b"".join(struct.pack("<Q", word & MASK) for word in (*words, 0, 0, 0)[:4]))


def equal_as(node: Node) -> Any:
    """Of what is no container: the same for nodes that are equal."""
    content = node.content
    if node.kind == "float":
        is_nan = content & ~NEGATIVE_ZERO > 0x7FF << 52
        return node.kind, CANONICAL_NAN if is_nan else 0 if content == NEGATIVE_ZERO else content
    return node.kind, content.as_number() if node.kind == "decimal" else content


def hash_of(node: Node, depth: int = 0) -> int:
    check(depth <= DEPTH, "the value is nested too deep, or contains itself")
    kind, content = HASHED[node.kind], equal_as(node)[1]
    if node.elements is not None:
        return hash_of_elements(kind, node.elements(), depth)
    if node.kind in ("bytes", "utf8"):
        return xxh3(content) ^ (OF_TEXT if node.kind == "utf8" else 0)
    if node.kind == "int":
        return mixed(kind, content < 0, content)
    if node.kind == "datetime":
        return mixed(kind, content[0], content[1], content[2] & 0xFFFFFFFF)
    if node.kind == "decimal":
        sign_and_special = SPECIALS.index(content.special) << 1 | content.negative
        return mixed(kind, xxh3(content.digits), content.exponent, sign_and_special)
    if node.kind == "ndarray":
        lengths = struct.pack(f"<{len(content.shape)}q", *content.shape)
        return mixed(kind, xxh3(lengths + content.data), content.dtype, xxh3(content.format))
    return mixed(kind, content or 0)


def hash_of_elements(kind: int, elements: list[Node], depth: int) -> int:
    hashes = [hash_of(element, depth + 1) for element in elements]
    count, all_ = len(hashes), 0
    if kind == HASHED["dict"]:
        count //= 2
        all_ = sum(mixed(kind, key, value) for key, value in zip(hashes[::2], hashes[1::2], strict=True))
    elif kind == HASHED["set"]:
        all_ = sum(mixed(kind, one) for one in hashes)
    else:
        for one in hashes:
            all_ = mixed(kind, all_, one)
    return mixed(kind, all_, count)


def equal(one: Node, other: Node) -> bool:
    if one.kind != other.kind or one.elements is None or other.elements is None:
        return bool(equal_as(one) == equal_as(other))
    left, right = one.elements(), other.elements()
    if len(left) != len(right):
        return False
    if one.kind in ("list", "tuple"):
        return all(map(equal, left, right))
    parts = 2 if one.kind == "dict" else 1

    def entry(nodes: list[Node], at: int) -> list[Node]:
        return nodes[at : at + parts]

    places = range(0, len(left), parts)
    return all(any(all(map(equal, entry(left, i), entry(right, j))) for j in places) for i in places)


# ---- The image


def decompressed(block: bytes, size: int) -> bytes:
    """What an LZ4 block stands for."""
    check(size <= 255 * len(block), "a compressed text is longer than its block can say")
    text, at = bytearray(), 0

    def rest(length: int) -> int:
        nonlocal at
        more = 255 if length == 15 else 0
        while more == 255:
            check(at < len(block), "a compressed text ends within a length")
            more, at = block[at], at + 1
            length += more
        return length

    while True:
        check(at < len(block), "a compressed text ends with a match")
        token, at = block[at], at + 1
        count = rest(token >> 4)
        check(at + count <= len(block), "a compressed text ends within literals")
        text += block[at : at + count]
        at += count
        if at == len(block):
            check(token & 15 == 0 and len(text) == size, "a compressed text has another length than it says")
            return bytes(text)
        check(at + 2 <= len(block), "a compressed text ends within an offset")
        offset, at = block[at] | block[at + 1] << 8, at + 2
        count = rest(token & 15) + 4
        check(0 < offset <= len(text) and len(text) + count <= size, "a compressed text refers to what is not there")
        for _ in range(count):
            text.append(text[-offset])


class Tree:
    def __init__(self, image: bytes) -> None:
        check(len(image) >= HEAD_BYTES, "a value is shorter than its head")
        magic, flags, size, root, reserved = struct.unpack_from("<IIQQQ", image)
        check(magic == MAGIC and flags & ~1 == 0 and reserved == 0, "these bytes are no value, or of a later format")
        check(HEAD_BYTES <= size <= len(image), "a value is longer than what there is of it")
        self._image = image[:size]
        self.root = self._node(root)

    def _take(self, place: int, size: int) -> bytes:
        check(place >= HEAD_BYTES and place + size <= len(self._image), "a block does not lie in the value")
        return self._image[place : place + size]

    def _words(self, place: int, count: int = 1) -> tuple[int, ...]:
        """Of a block, which lies at a multiple of 8."""
        check(place % 8 == 0, "a block does not lie at a multiple of 8")
        return struct.unpack(f"<{count}Q", self._take(place, 8 * count))

    def _text(self, place: int) -> bytes:
        (head,) = self._words(place)
        if head & 0xFF == 1:
            (size,) = self._words(place + 8)
            return decompressed(self._take(place + 16, size), head >> 8)
        check(head & 0xFF == 0, "a text has an unknown form")
        text = self._take(place + 8, (head >> 8) + 1)
        check(text[-1] == 0, "no zero follows a text")
        return text[:-1]

    def _utf8(self, place: int) -> bytes:
        text = self._text(place)
        try:
            text.decode()
        except UnicodeDecodeError:
            raise Damaged("a text is not UTF-8") from None
        return text

    def _decimal(self, place: int) -> Decimal:
        head, exponent = struct.unpack("<Qq", self._take(place, 16))
        digits = self._take(place + 16, head >> 8)
        special = head >> 1 & 0x7F
        check(special < len(SPECIALS) and digits.strip(b"0123456789") == b"", "a decimal is none")
        return Decimal(digits, exponent, head & 1 == 1, SPECIALS[special])

    def _time(self, place: int) -> tuple[int, int, int]:
        seconds, nanoseconds, offset = struct.unpack("<qIi", self._take(place, 16))
        check(nanoseconds < SECOND and (offset == NO_ZONE or abs(offset) < DAY), "a time is none")
        return seconds, nanoseconds, offset

    def _array(self, place: int) -> Array:
        head, format, data, size = self._words(place, 4)
        ndim = head >> 8
        check(ndim <= 64 and data % 64 == 0, "an array is none")
        shape = struct.unpack(f"<{ndim}q", self._take(place + 32, 8 * ndim))
        return Array(head & 0xFF, self._text(format), shape, self._take(data, size))

    def _node(self, cell: int) -> Node:
        tag, place = cell & 0xFF, cell >> 8
        signed = place - (1 << 56) if place >> 55 else place
        if tag in CONTAINERS:
            return self._container(cell, CONTAINERS[tag], place)
        scalars: dict[int, Callable[[], tuple[str, Any]]] = {
            1: lambda: ("null", None),
            2: lambda: ("bool", place != 0),
            3: lambda: ("int", signed),
            4: lambda: ("int", struct.unpack("<q", struct.pack("<Q", *self._words(place)))[0]),
            5: lambda: ("int", self._words(place)[0]),
            6: lambda: ("float", bits_of(struct.unpack("<f", struct.pack("<I", place & 0xFFFFFFFF))[0])),
            7: lambda: ("float", self._words(place)[0]),
            8: lambda: ("utf8", self._utf8(place)),
            9: lambda: ("bytes", self._text(place)),
            14: lambda: ("date", signed),
            15: lambda: ("datetime", self._time(place)),
            16: lambda: ("decimal", self._decimal(place)),
            17: lambda: ("ndarray", self._array(place)),
            18: lambda: ("reference", place),
        }
        check(tag in scalars, f"a cell has the unknown tag {tag}")
        kind, content = scalars[tag]()
        return Node(kind, content, cell=cell)

    def _container(self, cell: int, kind: str, place: int) -> Node:
        (head,) = self._words(place)
        count, form = head >> 8, head & 0xFF
        is_sequence = kind in ("list", "tuple")
        if form == CELLS:
            self._take(place + 8, count * (16 if kind == "dict" else 8) + index_of(count, is_sequence)[2])
            return Node(kind, elements=lambda: self._cells(kind, place, count), cell=cell)
        if form == BITMAP and kind == "set":
            return Node(kind, elements=lambda: self._members(place, count), cell=cell)
        check(is_sequence and (form == BITS or form in NUMBERS), f"a {kind} has the unknown form {form}")
        size = (count + 7) // 8 if form == BITS else count * struct.calcsize("<" + NUMBERS[form])
        numbers = form, self._take(place + 8, size)
        return Node(kind, elements=lambda: numbers_of(count, *numbers), cell=cell, numbers=numbers)

    def _cells(self, kind: str, place: int, count: int) -> list[Node]:
        return [self._node(cell) for cell in self._words(place + 8, count * (2 if kind == "dict" else 1))]

    def _members(self, place: int, count: int) -> list[Node]:
        base, width = struct.unpack("<qQ", self._take(place + 8, 16))
        bits = int.from_bytes(self._take(place + 24, (width + 7) // 8), "little") & ((1 << width) - 1)
        check(bits.bit_count() == count, "a set has another number of members than it says")
        return [Node("int", base + bit) for bit in range(width) if bits >> bit & 1]

    def find(self, container: Node, key: Node) -> Node | None:
        """The value of a key, or the member, by the index where there is one."""
        assert container.elements is not None and container.cell is not None
        parts = 2 if container.kind == "dict" else 1
        place = container.cell >> 8
        (head,) = self._words(place)
        count, form = head >> 8, head & 0xFF
        if form == BITMAP:
            return next((member for member in container.elements() if equal(member, key)), None)
        slots, width, _ = index_of(count, False)
        first = place + 8 + count * 8 * parts
        at = hash_of(key) % slots if slots else 0
        for i in range(slots or count):
            number = i + 1
            if slots:
                number = int.from_bytes(self._take(first + (at + i) % slots * width, width), "little")
            if number == 0:
                return None
            check(number <= count, "an index names an entry that is not there")
            entry = self._words(place + 8 + (number - 1) * 8 * parts, parts)
            if equal(self._node(entry[0]), key):
                return self._node(entry[-1])
        return None


def index_of(count: int, is_sequence: bool) -> tuple[int, int, int]:
    """Slots, bytes of one, and of all."""
    if is_sequence or count <= 8:
        return 0, 0, 0
    slots = 1 << (count + count // 2).bit_length()
    width = 1 if count <= 254 else 2 if count <= 65534 else 4
    return slots, width, slots * width


def numbers_of(count: int, form: int, data: bytes) -> list[Node]:
    if form == BITS:
        return [Node("bool", data[i // 8] >> i % 8 & 1 == 1) for i in range(count)]
    values = struct.unpack(f"<{count}{NUMBERS[form]}", data)
    if form in (11, 12):
        return [Node("float", bits_of(value)) for value in values]
    return [Node("int", value) for value in values]


# ---- The notation


def data_of(data: Any) -> bytes:
    if isinstance(data, dict):
        return bytes.fromhex(data["repeat"]) * int(data["times"])
    return bytes.fromhex(data)


def text_of(text: Any) -> bytes:
    return data_of(text["data"]) if isinstance(text, dict) else text.encode()


def integer_of(number: Any) -> int:
    return number if isinstance(number, int) else int.from_bytes(bytes.fromhex(number), "little", signed=True)


def kind_of(written: dict[str, Any]) -> tuple[str, Any]:
    return next((kind, content) for kind, content in written.items() if kind != "node")


def elements_written(kind: str, content: Any) -> list[dict[str, Any]]:
    """The notation of elements, of a dict of keys and values in turn, without short forms."""
    if isinstance(content, list):
        return [part for pair in content for part in pair] if kind == "dict" else content
    if "repeat" in content:
        return [content["repeat"]] * int(content["times"])
    first, step = content.get("from", 0), content.get("step", 1)
    times = 2 if kind == "dict" else 1
    return [{"int": first + i * step} for i in range(content["count"]) for _ in range(times)]


def written_out(written: dict[str, Any]) -> dict[str, Any]:
    """One level of containers in place of a nest."""
    if "nested" not in written:
        return written
    nest = written["nested"]
    if nest["depth"] == 0:
        return written_out(nest["value"])
    return {nest["in"]: [{"nested": {**nest, "depth": nest["depth"] - 1}}]}


def node_of(written: dict[str, Any], dtypes: list[str]) -> Node:
    """A node as the notation has it; dtypes are the names of the numbers in section 9. No node of it is shared."""
    kind, content = kind_of(written_out(written))
    scalars: dict[str, Callable[[], Any]] = {
        "null": lambda: None,
        "bool": lambda: content,
        "int": lambda: integer_of(content),
        "date": lambda: integer_of(content),
        "reference": lambda: integer_of(content),
        "uint": lambda: int.from_bytes(bytes.fromhex(content), "little"),
        "float": lambda: int.from_bytes(bytes.fromhex(content), "little"),
        "bytes": lambda: data_of(content),
        "utf8": lambda: text_of(content),
        "datetime": lambda: (*map(integer_of, content[:2]), NO_ZONE if content[2] is None else content[2]),
        "decimal": lambda: Decimal(
            text_of(content["digits"]),
            integer_of(content.get("exponent", 0)),
            content.get("negative", False),
            content.get("special", "finite"),
        ),
        "ndarray": lambda: Array(
            dtypes.index(content["dtype"]),
            content["format"].encode(),
            tuple(content.get("shape", ())),
            data_of(content["data"]),
        ),
    }
    if kind in scalars:
        return Node("int" if kind == "uint" else kind, scalars[kind]())
    if "dtype" in content:
        form, data = dtypes.index(content["dtype"]), data_of(content["data"])
        count = len(data) // struct.calcsize("<" + NUMBERS[form])
        return Node(kind, elements=lambda: numbers_of(count, form, data), numbers=(form, data))
    return Node(kind, elements=lambda: [node_of(one, dtypes) for one in elements_written(kind, content)])


def differences(tree: Tree, written: dict[str, Any], dtypes: list[str]) -> Iterator[str]:
    """What of the tree is not as written: kinds and contents exactly, order, what is shared, and what keys lead to."""
    named: dict[int, Node] = {}

    def below(node: Node, written: dict[str, Any]) -> Iterator[str]:
        written = written_out(written)
        kind, content = kind_of(written)
        if "node" in written:
            named[written["node"]] = node
        if kind == "share":
            if node.cell is None or node.cell != named[content].cell:
                yield f"a {node.kind} is not the node {content}"
        elif kind not in CONTAINERS.values() or (isinstance(content, dict) and "dtype" in content):
            wanted = node_of(written, dtypes)
            if (node.kind, node.content) != (wanted.kind, wanted.content) or wanted.numbers not in (None, node.numbers):
                yield f"expected {wanted.kind} {str(wanted.content)[:200]}, got {node.kind} {str(node.content)[:200]}"
        else:
            yield from elements(node, kind, elements_written(kind, content))

    def elements(node: Node, kind: str, written: list[dict[str, Any]]) -> Iterator[str]:
        assert node.elements is not None
        found = node.elements()
        if node.kind != kind or len(found) != len(written):
            yield f"expected a {kind} of {len(written)} nodes, got a {node.kind} of {len(found)}"
            return
        for element, one in zip(found, written, strict=True):
            yield from below(element, one)
        parts = {"set": 1, "dict": 2}.get(kind, 0)
        for i in range(0, len(found) if parts else 0, parts or 1):
            leads_to = tree.find(node, found[i])
            if leads_to is None or leads_to.cell != found[i + parts - 1].cell:
                yield f"key {str(found[i][:2])[:200]} of a {kind} leads elsewhere"

    yield from below(tree.root, written)
