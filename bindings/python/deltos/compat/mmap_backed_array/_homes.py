"""Where the elements of an mmaparray lie: in anonymous memory of Deltos, or in an mmap that somebody else owns.

An owner may close or resize his mmap whenever nobody looks at it. So nothing of it is kept between two calls, neither
address nor length: each call takes hold of the mmap for as long as it lasts, and a closed one says so itself.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import operator
import os
import re
import struct
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from deltos._array import Array
from deltos._errors import BusyError, RangeError, ReadOnlyError
from deltos._exporter import Handle, wrap
from deltos._ffi import lib
from deltos._view import View

_packers: dict[str, Array] = {}
_forks = 0


def _count_fork() -> None:
    global _forks
    _forks += 1


os.register_at_fork(after_in_child=_count_fork)


class Home:
    """Elements of one type code. Places and counts are inside; packed elements are bytes."""

    array: Array | None

    def __init__(self, code: str) -> None:
        packer = _packers.get(code)
        if packer is None:
            packer = _packers[code] = Array(code)
        self._pack = packer._packed
        self.code = code
        self.format = packer.format
        self.itemsize = packer.itemsize
        self._forks = _forks
        self._lock = threading.RLock()

    def pack(self, values: Iterable[Any]) -> bytes:
        """Elements as bytes; OverflowError or TypeError when one is none."""
        return self._pack(values)

    def place_of(self, key: Any, count: int) -> int:
        """Where an index leads, which may count from the end."""
        try:
            index = operator.index(key)
        except TypeError:
            raise TypeError(f"array indices must be integers or slices, not {type(key).__name__}") from None
        if -count <= index < count:
            return index % count
        raise RangeError(f"array index out of range: {index} in an array of {count}")

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other threads out of what takes several steps."""
        if self._forks != _forks:
            self._forked()
        with self._lock:
            yield

    def _forked(self) -> None:
        """Makes what a child has inherited its own."""
        self._forks = _forks
        self._lock = threading.RLock()

    @contextlib.contextmanager
    def reading(self) -> Iterator[View]:
        """All elements, to look at."""
        with self.alone(), View._of(self.handle()) as view:
            yield view

    @contextlib.contextmanager
    def writing(self) -> Iterator[View]:
        """All elements, to store."""
        with self.reading() as view:
            if view.readonly:
                raise TypeError("mmap can't modify a readonly memory map.")
            yield view

    # ---- Where they are ----------------------------------------------------------------------------------------------

    def count(self) -> int:
        """How many elements there are."""
        raise NotImplementedError

    def get(self, index: Any) -> Any:
        """One element; a negative index counts from the end."""
        raise NotImplementedError

    def walk(self) -> Iterator[Any]:
        """Every element, also those that are appended meanwhile."""
        place = 0
        while place < self.count():
            yield self.get(place)
            place += 1

    def set(self, index: Any, value: Any) -> None:
        """Stores one element."""
        raise NotImplementedError

    def append(self, value: Any) -> None:
        """Appends one element."""
        raise NotImplementedError

    def insert(self, place: int, packed: bytes) -> None:
        """Makes room for elements before a place, which may be the end, and stores them there."""
        raise NotImplementedError

    def remove(self, place: int, count: int) -> None:
        """Takes elements out."""
        raise NotImplementedError

    def handle(self) -> Handle:
        """A view of all elements, which holds the memory as long as somebody uses it."""
        raise NotImplementedError


class Memory(Home):
    """Anonymous shared memory: a deltos.Array. It grows in the process that made it; its children read and store."""

    array: Array

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.array = Array(code)

    def _forked(self) -> None:
        super()._forked()
        self.array = Array.open_fd(self.array.fileno(), "in-place")

    def count(self) -> int:
        return len(self.array)

    def get(self, index: Any) -> Any:
        return self.array[index]

    def walk(self) -> Iterator[Any]:
        return iter(self.array)

    def set(self, index: Any, value: Any) -> None:
        if self._forks != _forks:
            self._forked()
        self.array[index] = value

    def append(self, value: Any) -> None:
        try:
            self.array.append(value)
        except (BusyError, ReadOnlyError):
            self.insert(self.count(), self.pack((value,)))

    def insert(self, place: int, packed: bytes) -> None:
        with self._growing():
            self.array._change(lib.deltos_array_insert, place, packed, len(packed) // self.itemsize)

    def remove(self, place: int, count: int) -> None:
        with self._growing():
            self.array._delete(place, count)

    @contextlib.contextmanager
    def _growing(self) -> Iterator[None]:
        with self.alone():
            if self.array.mode != "r+":
                raise ReadOnlyError("an array in memory grows and shrinks in the process that made it, not in a child")
            yield

    def handle(self) -> Handle:
        if self._forks != _forks:
            self._forked()
        return self.array._view(False)


class Lent(Home):
    """As many whole elements as an mmap has bytes for. The mmap, and the file behind it, is as long as they are."""

    def __init__(self, code: str, given: mmap.mmap) -> None:
        super().__init__(code)
        self.array = None
        self.mmap = given
        self._count, self._seen = 0, -1
        self._struct = struct.Struct("=I" if code == "u" else "@" + code)
        self.count()

    def count(self) -> int:
        size = len(self.mmap)
        if size != self._seen:  # the first time, or its owner has resized it
            self._count, self._seen = size // self.itemsize, size
        return self._count

    def get(self, index: Any) -> Any:
        place = self.place_of(index, self.count())
        try:
            number = self._struct.unpack_from(self.mmap, place * self.itemsize)[0]
        except struct.error:  # resized by another thread since
            raise RangeError("array index out of range: the mmap has been resized meanwhile") from None
        return chr(number) if self.code == "u" else number

    def set(self, index: Any, value: Any) -> None:
        packed = self.pack((value,))
        start = self.place_of(index, self.count()) * self.itemsize
        self.mmap[start : start + self.itemsize] = packed

    def append(self, value: Any) -> None:
        self.insert(self.count(), self.pack((value,)))

    def handle(self) -> Handle:
        view = View._of(wrap(self.mmap, 0, None))
        return view.window(0, self.count() * self.itemsize).cast(self.format)._use()

    # ---- Its length ------------------------------------------------------------------------------------------------

    def insert(self, place: int, packed: bytes) -> None:
        if not packed:
            return
        with self.alone():
            start, end = place * self.itemsize, self.count() * self.itemsize
            self._resize(end + len(packed))
            self.mmap.move(start + len(packed), start, end - start)
            self.mmap[start : start + len(packed)] = packed

    def remove(self, place: int, count: int) -> None:
        if not count:
            return
        with self.alone():
            start, end, size = place * self.itemsize, self.count() * self.itemsize, count * self.itemsize
            removed, behind = self.mmap[start : start + size], end - start - size
            self.mmap.move(start, start + size, behind)
            try:
                self._resize(end - size)
            except BaseException:  # somebody looks at it
                self.mmap.move(start + size, start, behind)
                self.mmap[start : start + size] = removed
                raise

    def _resize(self, size: int) -> None:
        """Of no elements one byte is left, as an mmap is never empty."""
        given, old = self.mmap, len(self.mmap)
        _refuse_other_length(given, old)
        given.resize(max(1, size))
        reached = -(-old // mmap.PAGESIZE) * mmap.PAGESIZE
        if size > reached and not _allocated(given, reached):
            given.resize(old)
            message = "the mmap cannot grow: one without a file does not, and one of a file needs room on the disk"
            raise OSError(errno.ENOSPC, message)
        if size == 0:
            given[:1] = b"\0"
        self._count, self._seen = size // self.itemsize, max(1, size)


def _refuse_other_length(given: mmap.mmap, length: int) -> None:
    """Resizing an mmap cuts its file to the same length."""
    try:
        ahead = given.size() - length
    except (OSError, ValueError):  # there is no file
        return
    offset = re.search(r"offset=(\d+)", mmap.mmap.__repr__(given)) if ahead else None
    ahead -= int(offset[1]) if offset else 0
    if ahead:
        where = f"{ahead} bytes go on behind it" if ahead > 0 else f"{-ahead} bytes of it are gone"
        raise BufferError(f"resizing the mmap would change the file at the wrong place, as {where}: map the whole file")


def _allocated(given: mmap.mmap, start: int) -> bool:
    """Lets the system write zeros, which tells where a store would end the program: an anonymous mmap does not really
    grow, and a disk may be full."""
    with memoryview(given) as memory, memory[start:] as rest, open("/dev/zero", "rb", buffering=0) as zeros:
        done = 0
        while done < len(rest):
            try:
                with rest[done:] as left:
                    count = zeros.readinto(left)
            except OSError:
                return False
            if not count:
                return False
            done += count
    return True
