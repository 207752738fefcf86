"""What arrays of every home have in common: elements, growing, and shrinking."""

from __future__ import annotations

import array as _standard
import operator
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from deltos._array_options import array_options, counted
from deltos._content import Content
from deltos._dtypes import TAGGED
from deltos._elements import Codec, codec_of
from deltos._errors import InvalidError, RangeError, TypeMismatchError
from deltos._exporter import OBJECT, Exporter, Growable, Handle
from deltos._ffi import ffi, lib
from deltos._files import read_all
from deltos._native import OBJECT_CELL, CData, attempt, call, forget, own, raise_error
from deltos._object import Object, stat
from deltos._view import View

_SMALL_WINDOW = 1 << 20  # arrays in memory: bytes of address space at first, as they are many
typecodes = "bBuhHiIlLqQfd"  # those of the array module; every format and name of a type is one here
UTF32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"


class GrowingArray(Object, Growable):
    """Base of arrays."""

    __slots__ = ()

    _KIND = lib.DELTOS_KIND_ARRAY
    _WORD = "array"
    _mode: str
    _path: bytes | None

    @classmethod
    def _in_memory(cls, format: Any, code: int, capacity: int = 0) -> Self:
        cell = ffi.new(OBJECT_CELL)
        options = array_options(capacity, window_bytes=_SMALL_WINDOW)
        call(lib.deltos_array_open_anonymous, format, code, options, cell)
        return cls._shown(own(OBJECT, cell[0]), None, "r+", None)

    @classmethod
    def _shown(cls, handle: Handle, scope: Any, mode: str, path: bytes | None) -> Self:
        self = Exporter.__new__(cls)
        self._show(handle)
        self._scope = scope
        self._mode = mode
        self._path = path
        self._readonly = False
        return self

    def _show(self, handle: Handle) -> None:
        super()._show(handle)
        info = stat(handle)
        self._typed(ffi.string(info.format).decode(), info.dtype, info.itemsize)

    # ---- What it is ------------------------------------------------------------------------------------------------

    @property
    def typecode(self) -> str:
        """The type code of array.array, where there is one; else the format string."""
        return "u" if self.format == "w" else self.format

    @property
    def shape(self) -> tuple[int, ...]:
        """(its length,)."""
        return (len(self),)

    @property
    def ndim(self) -> int:
        """1."""
        return 1

    @property
    def strides(self) -> tuple[int, ...]:
        """(bytes of one element,)."""
        return (self.itemsize,)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return len(self) * self.itemsize

    # ---- Elements that the native module leaves to this ------------------------------------------------------------

    def _codec(self) -> Codec:
        return codec_of(self.format, self._code, self.itemsize)

    def _get_element(self, index: int) -> Any:
        with View(self, readonly=True) as view:
            return view[index]

    def _set_element(self, index: int, value: Any) -> None:
        with View(self) as view:
            view[index] = value

    def _append_element(self, value: Any) -> None:
        self._change(lib.deltos_array_append, self._codec().pack(value), 1)

    def _packed(self, values: Iterable[Any]) -> bytes:
        """The elements of an iterable as bytes."""
        if self._typed(self.format, self._code, self.itemsize):
            return self._pack(values)
        pack = self._codec().pack
        return b"".join([pack(value) for value in values])

    @contextmanager
    def _changing(self) -> Iterator[CData]:
        """Its pointer, for calls that change it and let other threads run meanwhile."""
        with self._use() as pointer:
            self._begin()
            try:
                yield pointer
            finally:
                self._end()

    def _attempt(self, function: Any, *arguments: Any) -> CData | None:
        """As attempt(); in a storage it waits while another thread is inside a call that growing has to wait for."""
        while True:
            error = attempt(function, *arguments)
            if error is None or error.status != lib.DELTOS_E_BUSY or self._scope is None:
                return error
            if not self._scope.storage._turn.wait():
                return error
            forget(error)

    def _call(self, function: Any, *arguments: Any) -> None:
        error = self._attempt(function, *arguments)
        if error is not None:
            raise_error(error)

    def _change(self, function: Any, *arguments: Any) -> None:
        """A call that changes it."""
        with self._changing() as pointer:
            self._call(function, pointer, *arguments)

    def _made(self, packed: Any) -> Self:
        """A new array of this type in memory."""
        made = type(self)._in_memory(self._layout(), self._code)
        made._append_bytes(packed)
        return made

    def _layout(self) -> Any:
        return ffi.NULL if self._code in TAGGED else self.format.encode()

    def _append_bytes(self, packed: Any) -> None:
        data = ffi.from_buffer(packed)
        if len(data):
            self._change(lib.deltos_array_append, data, len(data) // self.itemsize)

    # ---- Growing ---------------------------------------------------------------------------------------------------

    def _fill_from(self, initializer: Any) -> None:
        text = self.format == "w"
        if isinstance(initializer, str):
            if not text:
                raise TypeMismatchError(f"cannot use a str to initialize an array with typecode {self.typecode!r}")
            self.fromunicode(initializer)
        elif isinstance(initializer, (bytes, bytearray)):
            self.frombytes(initializer)
        elif isinstance(initializer, (_standard.array, GrowingArray)) and text != (initializer.typecode == "u"):
            raise TypeMismatchError(
                f"cannot use a unicode array to initialize an array with typecode {self.typecode!r}, nor the other way"
            )
        elif isinstance(initializer, _standard.array) or isinstance(initializer, GrowingArray):
            if initializer.typecode == self.typecode:
                self._extend_from(initializer)
            else:
                self.fromlist(initializer.tolist())
        else:
            self.extend(initializer)

    def _extend_from(self, exporter: Any) -> bool:
        """Appends the elements of an exporter; False when they are of another type."""
        with Content(exporter) as items, self._changing() as pointer:
            error = self._attempt(lib.deltos_array_extend, pointer, items)
        if error is None:
            return True
        if error.status != lib.DELTOS_E_TYPE:
            raise_error(error)
        forget(error)
        return False

    def extend(self, values: Iterable[Any]) -> None:
        """Appends elements: all of them or, when one does not fit, none.

        Memory of the same element type, of any layout, is copied as it lies. Elements of another array must be of the
        same type; anything else is taken one by one.
        """
        if not isinstance(values, (list, tuple, bytes, bytearray, range)):
            if isinstance(values, (_standard.array, GrowingArray)) and values.typecode != self.typecode:
                raise TypeMismatchError("can only extend with an array of the same kind")
            try:
                if self._extend_from(values):
                    return
            except TypeMismatchError:  # it exports nothing
                pass
        self._append_bytes(self._packed(values))

    def fromlist(self, values: list[Any]) -> None:
        """Appends the elements of a list: all of them or, when one does not fit, none."""
        if not isinstance(values, list):
            raise TypeMismatchError("the argument must be a list")
        before = len(values)
        packed = self._packed(values)
        if len(values) != before or len(packed) != before * self.itemsize:
            raise InvalidError("the list changed while it was being read")
        self._append_bytes(packed)

    def frombytes(self, data: Any) -> None:
        """Appends bytes as elements."""
        with memoryview(data) as given:
            if given.itemsize != 1:
                raise TypeMismatchError("a bytes-like object is required")
            if given.nbytes % self.itemsize:
                raise InvalidError("bytes length not a multiple of item size")
            self._append_bytes(given)

    def fromfile(self, file: Any, count: int) -> None:
        """Reads so many elements from a file and appends them. EOFError when there are fewer; those are appended."""
        wanted = operator.index(count)
        if wanted < 0:
            raise InvalidError("negative count")
        tail, room = ffi.new("void **"), ffi.new("uint64_t *")
        if not hasattr(file, "readinto"):
            data = file.read(wanted * self.itemsize)
            if not isinstance(data, bytes):
                raise TypeMismatchError("read() didn't return bytes")
            self.frombytes(data[: len(data) - len(data) % self.itemsize])
            done = len(data) // self.itemsize
        else:
            with self._changing() as pointer:
                self._call(lib.deltos_array_tail, pointer, wanted, tail, room)
                place = memoryview(ffi.buffer(tail[0], wanted * self.itemsize) if wanted else b"")
                done = read_all(file, place) // self.itemsize
                call(lib.deltos_array_advance, pointer, done)
        if done < wanted:
            raise EOFError("read() didn't return enough bytes")

    def fromunicode(self, text: str) -> None:
        """Appends characters; for the type "u"."""
        if self.format != "w":
            raise InvalidError("fromunicode() may only be called on unicode type arrays")
        if not isinstance(text, str):
            raise TypeMismatchError(f"fromunicode() argument must be str, not {type(text).__name__}")
        self._append_bytes(text.encode(UTF32, "surrogatepass"))

    def insert(self, index: int, value: Any) -> None:
        """Inserts an element before another one; an index outside is cut to the nearest end."""
        packed = self._packed((value,))
        count = len(self)
        place = operator.index(index)
        place = max(0, place + count) if place < 0 else min(place, count)
        self._change(lib.deltos_array_insert, place, packed, 1)

    def reserve(self, capacity: int) -> None:
        """Makes room for so many elements in all."""
        self._change(lib.deltos_array_reserve, counted(capacity, "the capacity of an array"))

    def resize(self, count: int) -> None:
        """Makes it have so many elements: new ones are zero, those too many are cut off."""
        self._change(lib.deltos_array_resize, counted(count, "the length of an array"))

    # ---- Shrinking -------------------------------------------------------------------------------------------------

    def _delete(self, index: int, count: int) -> None:
        self._change(lib.deltos_array_remove, index, count, ffi.NULL)

    def pop(self, index: int = -1) -> Any:
        """Removes an element and gives it."""
        count, place = len(self), operator.index(index)
        if count == 0:
            raise RangeError("pop from empty array")
        if not -count <= place < count:
            raise RangeError("pop index out of range")
        item = ffi.new("char[]", self.itemsize)
        self._change(lib.deltos_array_remove, place % count, 1, item)
        return self._codec().unpack(bytes(ffi.buffer(item)))

    def remove(self, value: Any) -> None:
        """Removes the first element that equals a value."""
        found = self._find(value, 0, len(self))
        if found < 0:
            raise InvalidError("array.remove(x): x not in array")
        self._delete(found, 1)

    def clear(self) -> None:
        """Removes all elements; room stays."""
        self._change(lib.deltos_array_clear)

    def shrink(self) -> None:
        """Gives back room that no element needs."""
        self._change(lib.deltos_array_shrink)

    # ---- Reading --------------------------------------------------------------------------------------------------

    def _find(self, value: Any, start: int, stop: int) -> int:
        with View(self, readonly=True) as view:
            found = view.find(value, min(start, len(view)))
        return found if found < stop else -1

    def tobytes(self) -> bytes:
        """A copy of its elements as bytes."""
        with memoryview(self) as view:
            return view.tobytes()

    def tolist(self) -> list[Any]:
        """A copy of its elements as a list."""
        with View(self, readonly=True) as view:
            return list(view.tolist())

    # ---- Slices ----------------------------------------------------------------------------------------------------

    def _range(self, key: Any) -> tuple[int, int, int]:
        if not isinstance(key, slice):
            raise TypeMismatchError(f"array indices must be integers or slices, not {type(key).__name__}")
        return key.indices(len(self))

    def _get_slice(self, key: Any) -> Self:
        self._range(key)
        with View(self, readonly=True) as view:
            return self._made(view[key].tobytes())

    def _set_slice(self, key: Any, value: Any) -> None:
        """Puts the elements of an array of the same type in the place of others, as in a list."""
        start, stop, step = self._range(key)
        if not isinstance(value, (GrowingArray, _standard.array)):
            raise TypeMismatchError(f"can only assign array (not \"{type(value).__name__}\") to array slice")
        if value.typecode != self.typecode:
            raise TypeMismatchError("can only assign an array of the same kind")
        packed = value.tobytes()
        old, new = len(range(start, stop, step)), len(value)
        if new == 0:
            self._delete_slice(key)
            return
        if step == 1:
            common = min(old, new)
            if new > old:
                self._change(lib.deltos_array_insert, start + old, packed[common * self.itemsize :], new - old)
            elif old > new:
                self._delete(start + new, old - new)  # refused while somebody looks at the end: so before anything else
            self._store(start, 1, packed[: common * self.itemsize])
        elif old == new:
            self._store(start, step, packed)
        else:
            raise InvalidError(f"attempt to assign array of size {new} to extended slice of size {old}")

    def _store(self, start: int, step: int, packed: bytes) -> None:
        """Stores elements at regular distances."""
        count = len(packed) // self.itemsize
        if count == 0:
            return
        if step < 0:
            start, step, reverse = start + (count - 1) * step, -step, True
        else:
            reverse = False
        with View(self) as view:
            target = view[start : start + (count - 1) * step + 1 : step]
            target.copy_from(View(packed)._shaped(self.format, self._code, (count,))[:: -1 if reverse else 1])

    def _delete_slice(self, key: Any) -> None:
        start, stop, step = self._range(key)
        places = range(start, stop, step)
        if not places:
            return
        if step == 1:
            self._delete(start, len(places))
            return
        if step < 0:
            places = places[::-1]
        before, size = self.tobytes(), self.itemsize
        ends = [*places[1:], len(before) // size]
        self._store(places[0], 1, b"".join([before[(k + 1) * size : end * size] for k, end in zip(places, ends)]))
        try:
            self._delete(ends[-1] - len(places), len(places))
        except BaseException:  # somebody looks at the end
            self._store(0, 1, before)
            raise
