"""What an mmaparray has of a list: elements and slices to get and to set, growing and shrinking.

What is refused changes nothing: room is made or given back first, and elements are stored then. Values become bytes
before anything is taken hold of, as their own methods may do anything.
"""

from __future__ import annotations

import array as _standard
import operator
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from deltos._array import Array
from deltos._errors import RangeError
from deltos._exporter import Exporter
from deltos._growing import UTF32, GrowingArray
from deltos._view import View
from deltos.compat.mmap_backed_array._homes import Home

_TEXT = "w" if sys.version_info >= (3, 13) else "u"  # what the array module calls characters of 4 bytes


def code_of(value: Any) -> str | None:
    """The type code of an array; None for anything else."""
    if not isinstance(value, (Editing, _standard.array, GrowingArray)):
        return None
    return "u" if value.typecode == "w" else value.typecode


def characters(value: Any) -> Any:
    """Bytes as the elements of type code c that they are; anything else as it is."""
    if not isinstance(value, (bytes, bytearray)):
        return value
    return [bytes(value[place : place + 1]) for place in range(len(value))]


class Editing(Exporter):
    """Base of mmaparray."""

    _home: Home
    _array: Array | None  # what elements are read from without a detour

    @property
    def typecode(self) -> str:
        """The type code."""
        return self._home.code

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._home.itemsize

    def _find(self, value: Any, start: int, stop: int, what: str) -> int:
        with self._home.reading() as view:
            begin, end, _ = slice(start, stop).indices(len(view))
            found = view.find(value, begin)
        if not 0 <= found < end:
            raise ValueError(f"array.{what}(x): x not in array")
        return found

    # ---- Elements --------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._home.count()

    def __getitem__(self, key: Any) -> Any:
        if key.__class__ is not slice:
            array = self._array
            return self._home.get(key) if array is None else array[key]
        with self._home.reading() as view:
            return self._copied(view[key].tobytes())

    def _copied(self, packed: bytes) -> Any:
        code = self.typecode
        if code == "c":
            return type(self)(code, packed)
        made: Any = _standard.array(_TEXT if code == "u" else code)
        made.frombytes(packed)
        return made

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, slice):
            self._set_slice(key, value)
        else:
            self._home.set(key, value)

    def _set_slice(self, key: slice, value: Any) -> None:
        code = code_of(value)
        if code is None:
            raise TypeError(f'Can only assign array (not "{type(value).__name__}" to array slice')
        if code != self.typecode:
            raise TypeError("Can only assign array of same type to array slice")
        home, packed = self._home, value.tobytes()
        new = len(packed) // home.itemsize
        with home.alone():
            places = range(*key.indices(home.count()))
            old = len(places)
            if places.step != 1 and new == 0:
                self._delete(places)
                return
            if places.step != 1 and old != new:
                raise ValueError(f"attempt to assign object of length {new} to extended slice of length {old}")
            common = min(old, new)
            if new > old:
                home.insert(places.start + old, packed[common * home.itemsize :])
            else:
                home.remove(places.start + new, old - new)
            self._store(places[:common], packed[: common * home.itemsize])

    def _store(self, places: range, packed: bytes) -> None:
        if not places:
            return
        with self._home.writing() as view:
            stop = places.stop if places.stop >= 0 else None
            view[places.start : stop : places.step].copy_from(View(packed).cast(self._home.format))

    def __delitem__(self, key: Any) -> None:
        home = self._home
        with home.alone():
            count = home.count()
            if isinstance(key, slice):
                places = range(*key.indices(count))
                self._delete(places)
            else:
                home.remove(home.place_of(key, count), 1)

    def _delete(self, places: range) -> None:
        """Takes out what lies at some places: first puts what is left together, then cuts the end off."""
        if not places:
            return
        home = self._home
        if places.step < 0:
            places = places[::-1]
        if places.step == 1:
            home.remove(places.start, len(places))
            return
        with home.reading() as view:
            before = view.tobytes()
        kept = _standard.array("B")
        size, count = home.itemsize, len(before) // home.itemsize
        for place, following in zip(places, [*places[1:], count]):
            kept.frombytes(before[(place + 1) * size : following * size])
        start = places[0]
        self._replace_end(start, kept.tobytes(), before[start * size :])

    def _replace_end(self, start: int, packed: bytes, before: bytes) -> None:
        home = self._home
        size = home.itemsize
        new = len(packed) // size
        self._store(range(start, start + new), packed)
        try:
            home.remove(start + new, (len(before) - len(packed)) // size)
        except BaseException:  # somebody looks at them
            self._store(range(start, start + len(before) // size), before)
            raise

    def __iter__(self) -> Iterator[Any]:
        return self._home.walk()

    def __reversed__(self) -> Iterator[Any]:
        for place in range(len(self) - 1, -1, -1):
            yield self[place]

    # ---- Growing ---------------------------------------------------------------------------------------------------

    def append(self, value: Any) -> None:
        """Appends an element."""
        self._home.append(value)

    def insert(self, index: int, value: Any) -> None:
        """Inserts an element before another one; an index outside is cut to the nearest end."""
        home = self._home
        packed, place = home.pack((value,)), operator.index(index)
        with home.alone():
            count = home.count()
            home.insert(max(0, place + count) if place < 0 else min(place, count), packed)

    def _append_packed(self, packed: bytes) -> None:
        home = self._home
        with home.alone():
            home.insert(home.count(), packed)

    def extend(self, values: Iterable[Any]) -> None:
        """Appends the elements of an array of the same type code, or what an iterable gives: when something is wrong
        with it, what came before stays appended."""
        code = code_of(values)
        if code is not None:
            if code != self.typecode:
                raise TypeError("can only extend with array of same kind")
            self._append_packed(values.tobytes())  # type: ignore[attr-defined]
            return
        listed: list[Any] = []
        try:
            listed.extend(characters(values) if self.typecode == "c" else values)
        finally:
            self._append_listed(listed)

    def _append_listed(self, listed: list[Any]) -> None:
        pack = self._home.pack
        try:
            packed = pack(listed)
        except Exception:
            good = []
            try:
                for value in listed:
                    good.append(pack((value,)))
            finally:
                self._append_packed(b"".join(good))
            return
        self._append_packed(packed)

    def fromlist(self, values: list[Any]) -> None:
        """Appends the elements of a list: all of them or, when one does not fit, none."""
        if not isinstance(values, list):
            raise TypeError("arg must be list")
        self._append_packed(self._home.pack(values))

    def frombytes(self, data: Any) -> None:
        """Appends bytes as elements."""
        with memoryview(data) as given:
            if given.itemsize != 1 or given.nbytes % self.itemsize:
                raise ValueError("bytes length not a multiple of item size")
            packed = given.tobytes()
        self._append_packed(packed)

    def fromunicode(self, text: str) -> None:
        """Appends characters; for the type code u."""
        if not isinstance(text, str):
            raise TypeError(f"fromunicode() argument must be str, not {type(text).__name__}")
        if self.typecode != "u":
            raise ValueError("fromunicode() may only be called on unicode type arrays")
        self._append_packed(text.encode(UTF32, "surrogatepass"))

    def fromstring(self, text: str) -> None:
        """As fromunicode()."""
        self.fromunicode(text)

    def fromfile(self, file: Any, count: int) -> None:
        """Reads so many elements from a file and appends them. EOFError when there are fewer; those are appended."""
        wanted = operator.index(count)
        if wanted < 0:
            raise ValueError("negative count")
        data = file.read(wanted * self.itemsize)
        if not isinstance(data, bytes):
            raise TypeError("read() didn't return bytes")
        self._append_packed(data[: len(data) - len(data) % self.itemsize])
        if len(data) < wanted * self.itemsize:
            raise EOFError("read() didn't return enough bytes")

    # ---- Shrinking -------------------------------------------------------------------------------------------------

    def pop(self, index: int = -1) -> Any:
        """Removes an element and gives it."""
        home, place = self._home, operator.index(index)
        with home.alone():
            count = home.count()
            if not count:
                raise RangeError("pop from empty array")
            if not -count <= place < count:
                raise RangeError("pop index out of range")
            value = home.get(place)
            home.remove(place % count, 1)
        return value

    def remove(self, value: Any) -> None:
        """Removes the first element that equals a value."""
        home = self._home
        with home.alone():
            home.remove(self._find(value, 0, sys.maxsize, "remove"), 1)

    def clear(self) -> None:
        """Removes all elements."""
        home = self._home
        with home.alone():
            home.remove(0, home.count())
