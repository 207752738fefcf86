"""Views: typed memory of any layout and any origin, without a copy."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from deltos._content import Content, view_of
from deltos._dtypes import TAGGED, element_type, shape_of
from deltos._elements import array_of, codec_of
from deltos._errors import ClosedError, InvalidError, LimitError, RangeError, TypeMismatchError
from deltos._exporter import VIEW, Handle, Memory, Source
from deltos._ffi import ffi, lib
from deltos._native import VIEW_CELL, CData, call, own
from deltos._operations import Atomics, Values
from deltos._protocols import Exchange

_WIDEST = 2**63 - 1
_KNOWN = frozenset("?cbBhHiIlLqQnNfd")
def _whole(key: tuple[Any, ...], ndim: int) -> tuple[Any, ...]:
    """A key with as many parts as there are dimensions, at most: what ... stands for is written out."""
    dots = [place for place, part in enumerate(key) if part is Ellipsis]
    if len(dots) > 1:
        raise InvalidError("an index has at most one ...")
    if dots:
        missing = max(0, ndim - len(key) + 1)
        key = (*key[: dots[0]], *[slice(None)] * missing, *key[dots[0] + 1 :])
    if len(key) > ndim:
        raise RangeError(f"{len(key)} indices for memory of {ndim} dimensions")
    return key


def _within(number: Any) -> int:
    return max(-_WIDEST, min(_WIDEST, operator.index(number)))


def _slices(key: tuple[Any, ...]) -> CData:
    """A key as the library takes it."""
    slices = ffi.new("deltos_slice[]", max(1, len(key)))
    for part, place in zip(key, slices):
        if isinstance(part, slice):
            place.step = 1 if part.step is None else _within(part.step)
            if part.start is None:
                place.flags |= lib.DELTOS_SLICE_NO_START
            else:
                place.start = _within(part.start)
            if part.stop is None:
                place.flags |= lib.DELTOS_SLICE_NO_STOP
            else:
                place.stop = _within(part.stop)
            continue
        try:
            place.start = _within(part)
        except TypeError:
            message = f"an index is an integer, a slice or ..., not {type(part).__name__}"
            raise TypeMismatchError(message) from None
        place.step = 1
        place.flags = lib.DELTOS_SLICE_INDEX
    return slices


class View(Memory, Values, Atomics, Exchange):
    """Typed n-dimensional memory: what memoryview is, with every layout, element type and operation.

    View(exporter) sees the memory of anything that exports it: a buffer, an array or a table of a storage, bytes, a
    NumPy array, a memoryview. Nothing is copied, and the memory stays where it is for as long as a view of it lives.

        view = deltos.View(numpy.zeros((100, 3)))
        view[10:20, 0] = 1.5            # fills
        view[::-1].T                    # another view of the same memory
        view[...] = other               # copies from any exporter, of any layout
        view[50:].readinto(file)        # reads straight into the middle

    An index that names one element gives its value: a number, bytes, a str, a tuple for a structure. Any other index
    gives a view. As in memoryview, `==` compares by value; views also have an order, that of words in a dictionary.
    """

    __slots__ = ("__weakref__", "_held")

    _handle: Handle | None
    _readonly: bool
    _held: Source | None

    def __init__(self, exporter: Any, *, readonly: bool = False) -> None:
        handle = view_of(exporter)
        self._held = None
        self._handle = handle
        if readonly and not self.readonly:
            self._handle = self._view(True)

    @classmethod
    def _of(cls, handle: Handle) -> View:
        self = cls.__new__(cls)
        self._held = None
        self._handle = handle
        return self

    def _use(self) -> Handle:
        handle = self._handle
        if handle is None:
            raise ClosedError("the view has been released")
        return handle

    def _sub(self, function: Any, *arguments: Any) -> View:
        cell = ffi.new(VIEW_CELL)
        with self._use() as pointer:
            call(function, pointer, *arguments, cell)
        return View._of(own(VIEW, cell[0]))

    def _count(self, function: Any, kind: str, *arguments: Any) -> int:
        cell = ffi.new(kind)
        with self._use() as pointer:
            call(function, pointer, *arguments, cell)
        return int(cell[0])

    # ---- Parts of it -----------------------------------------------------------------------------------------------

    def _get(self, key: Any) -> Any:
        given = key if isinstance(key, tuple) else (key,)
        parts = _whole(given, self.ndim)
        if len(parts) == self.ndim and not any(isinstance(part, slice) or part is Ellipsis for part in given):
            return self._codec().unpack(self._element(parts))
        return self._sub(lib.deltos_view_slice, _slices(parts), len(parts))

    def _set(self, key: Any, value: Any) -> None:
        parts = _whole(key if isinstance(key, tuple) else (key,), self.ndim)
        if len(parts) == self.ndim and parts and not any(isinstance(part, slice) for part in parts):
            packed = self._codec().pack(value)
            with self._use() as pointer:
                call(lib.deltos_view_set_bytes, pointer, self._place(parts), packed, len(packed))
        elif len(parts) == 0:
            self._assign(value)
        else:
            self._sub(lib.deltos_view_slice, _slices(parts), len(parts))._assign(value)

    def _assign(self, value: Any) -> None:
        if isinstance(value, (numbers.Number, str)):
            self.fill(value)
        elif isinstance(value, (list, tuple)):
            packed = array_of(self._codec(), self.shape).pack(value)
            source = View(packed)._shaped(self.format, self._code, self.shape)
            self.copy_from(source)
        else:
            self.copy_from(value)

    def _shaped(self, format: str, code: int, shape: tuple[int, ...]) -> View:
        """Packed bytes as elements."""
        tagged = code in TAGGED
        cast = self._sub(lib.deltos_view_cast, ffi.NULL if tagged else format.encode(), code if tagged else 0)
        return cast.reshape(shape)

    def _place(self, index: Iterable[Any]) -> CData:
        lengths = self.shape
        numbers = [operator.index(number) for number in index]
        if len(numbers) != len(lengths):
            raise RangeError(f"{len(numbers)} indices for memory of {len(lengths)} dimensions")
        for dimension, (number, length) in enumerate(zip(numbers, lengths)):
            if not -length <= number < length:
                raise RangeError(f"index {number} is outside dimension {dimension} of length {length}")
        return ffi.new("int64_t[]", [number % length for number, length in zip(numbers, lengths)] or [0])

    def _element(self, index: Iterable[Any]) -> bytes:
        place, size = self._place(index), self.itemsize
        item = ffi.new("char[]", size)
        with self._use() as pointer:
            call(lib.deltos_view_get_bytes, pointer, place, item, size)
        return bytes(ffi.buffer(item, size))

    def _codec(self) -> Any:
        return codec_of(self.format, self._code, self.itemsize)

    def window(self, offset: int, length: int) -> View:
        """Consecutive elements along the first dimension; a length that goes beyond the end is cut."""
        return self._sub(lib.deltos_view_window, operator.index(offset), operator.index(length))

    def chunks(self, length: int) -> Iterator[View]:
        """All of it, so many elements of the first dimension at a time; the last chunk may be short."""
        step = operator.index(length)
        if step < 1:
            raise InvalidError(f"a chunk has 1 element or more, not {step}")
        return (self.window(offset, step) for offset in range(0, len(self), step))

    def transpose(self, *axes: Any) -> View:
        """The dimensions in another order; without axes in reverse."""
        order = axes[0] if len(axes) == 1 and isinstance(axes[0], Iterable) else axes
        if not axes:
            return self._sub(lib.deltos_view_transpose, ffi.NULL)
        listed = [operator.index(axis) for axis in order]
        if len(listed) != self.ndim:
            raise InvalidError(f"{len(listed)} axes for memory of {self.ndim} dimensions")
        wanted = [axis + self.ndim if axis < 0 else axis for axis in listed]
        if any(not 0 <= axis < self.ndim for axis in wanted):
            raise RangeError(f"axes are 0 to {self.ndim - 1}: {tuple(listed)}")
        return self._sub(lib.deltos_view_transpose, ffi.new("int32_t[]", wanted or [0]))

    @property
    def T(self) -> View:
        """The dimensions in reverse."""
        return self.transpose()

    def reshape(self, *shape: Any) -> View:
        """The same elements in C order under another shape; one length may be -1: whatever is left."""
        given = shape[0] if len(shape) == 1 and isinstance(shape[0], Iterable) else shape
        lengths = [operator.index(length) for length in given]
        return self._sub(lib.deltos_view_reshape, len(lengths), ffi.new("int64_t[]", lengths or [0]))

    def cast(self, type: Any, shape: Any = None) -> View:
        """The same bytes as elements of another type: a format, a name such as "float64", or a NumPy dtype."""
        format, code = element_type(type)
        view = self._sub(lib.deltos_view_cast, ffi.NULL if format is None else format, code)
        return view if shape is None else view.reshape(shape_of(shape))

    def toreadonly(self) -> View:
        """The same memory, read-only."""
        return View._of(self._view(True))

    # ---- What it is ------------------------------------------------------------------------------------------------

    def _contiguity(self) -> int:
        return self._count(lib.deltos_view_contiguity, "int32_t *")

    @property
    def c_contiguous(self) -> bool:
        """Whether the elements lie packed, the last index fastest."""
        return bool(self._contiguity() & lib.DELTOS_CONTIGUOUS_C)

    @property
    def f_contiguous(self) -> bool:
        """Whether the elements lie packed, the first index fastest."""
        return bool(self._contiguity() & lib.DELTOS_CONTIGUOUS_F)

    @property
    def contiguous(self) -> bool:
        """Whether the elements lie packed in either order."""
        return self._contiguity() != 0

    # ---- Copies ----------------------------------------------------------------------------------------------------

    def copy(self) -> View:
        """A packed, writable copy in memory of its own."""
        shape = self.shape
        made = View(bytearray(self.nbytes))._shaped(self.format, self._code, shape)
        made.copy_from(self)
        return made

    def copy_from(self, source: Any) -> None:
        """Copies the elements of anything that exports memory of the same shape and element type."""
        with Content(source) as content, self._use() as target:
            call(lib.deltos_view_copy, target, content)

    def copy_to(self, target: Any) -> None:
        """Copies its elements to anything that exports writable memory of the same shape and element type."""
        with Content(target) as content, self._use() as source:
            call(lib.deltos_view_copy, content, source)

    def tobytes(self, order: Literal["C", "F", "A"] | None = "C") -> bytes:
        """A copy of its elements as bytes, in C order, in Fortran's, or ("A") in Fortran's where they lie so."""
        with memoryview(self) as view:
            return view.tobytes(order)

    def tolist(self) -> Any:
        """A copy of its elements as nested lists; of one element, without dimensions, that element."""
        if self.format in _KNOWN and self._code not in TAGGED:  # memoryview is quicker where it knows the type
            with memoryview(self) as view:
                return view.tolist()
        return array_of(self._codec(), self.shape).unpack(self.tobytes())

    def hex(self, *separation: Any) -> str:
        """Its elements' bytes, in C order, as hexadecimal digits; a separator and its distance as for bytes.hex()."""
        return self.tobytes().hex(*separation)

    # ---- Many elements ---------------------------------------------------------------------------------------------

    def fill(self, value: Any) -> None:
        """Stores one value everywhere."""
        packed = self._codec().pack(value)
        with self._use() as pointer:
            call(lib.deltos_view_fill, pointer, packed, len(packed))

    def gather(self, rows: Any, out: Any = None) -> View:
        """Rows chosen by number along the first dimension: a copy, or into memory that is given."""
        chosen = [operator.index(row) for row in rows]
        if any(not 0 <= row <= _WIDEST for row in chosen):
            raise RangeError(f"rows are 0 and more: {min(chosen)}")
        if out is None:
            shape = (len(chosen), *self.shape[1:])
            size = math.prod(shape) * self.itemsize
            out = View(bytearray(size))._shaped(self.format, self._code, shape)
        target = out if isinstance(out, View) else View(out)
        with Content(target) as content, self._use() as source:
            call(lib.deltos_view_gather, source, ffi.new("int64_t[]", chosen or [0]), len(chosen), content)
        return target

    take = gather

    # ---- Its end ---------------------------------------------------------------------------------------------------

    def release(self) -> None:
        """Lets go of the memory. Views and exports made from it live on."""
        handle = self._handle
        if handle is not None:
            handle.close()
        self._held = None

    def __enter__(self) -> View:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __repr__(self) -> str:
        handle = self._handle
        if handle is None or not handle.alive:
            return "<deltos.View, released>"
        return f"<deltos.View {self.type_name} {self.shape}{', read-only' if self.readonly else ''}>"
