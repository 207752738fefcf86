"""mmaparray: an array.array over shared memory, with the names and words of mmap_backed_array."""

from __future__ import annotations

import array as _standard
import mmap as _mmap
import operator
import os
import sys
from collections.abc import Callable, MutableSequence
from typing import Any, Self

from deltos._array import Array
from deltos._exporter import Handle
from deltos._growing import UTF32
from deltos._view import View
from deltos.compat.mmap_backed_array._editing import Editing, characters, code_of
from deltos.compat.mmap_backed_array._homes import Home, Lent, Memory

typecodes = "cubBhHiIlLqQfd"
_END = object()


def anon_mmap(data: Any) -> _mmap.mmap:
    """An mmap of shared memory without a name, which holds a copy of bytes, at least one, and can be resized."""
    with memoryview(data) as given:
        descriptor = os.memfd_create("mmaparray", os.MFD_CLOEXEC)
        try:
            os.ftruncate(descriptor, given.nbytes)
            made = _mmap.mmap(descriptor, given.nbytes)
        finally:
            os.close(descriptor)
        made[:] = given.tobytes()
    return made


def _home_of(typecode: object, mmap: object) -> Home:
    if not isinstance(typecode, str) or len(typecode) != 1:
        shown = typecode if isinstance(typecode, str) else type(typecode).__name__
        raise TypeError(f"mmaparray() argument 1 must be a unicode character, not {shown}")
    if typecode not in typecodes:
        raise ValueError(f"bad typecode (must be {', '.join(typecodes[:-1])} or {typecodes[-1]})")
    if mmap is None:
        return Memory(typecode)
    if not isinstance(mmap, _mmap.mmap):
        raise TypeError(f"expected an mmap instance, got {type(mmap).__name__}")
    return Lent(typecode, mmap)


class mmaparray(Editing):  # noqa: N801  it is called so
    """An array of the type code given, in memory that other processes can share.

        mmaparray("I", [1, 2, 3])            in anonymous memory
        mmaparray("I", mmap=an_mmap)         in the bytes of an mmap.mmap, which stays its owner's

    All of array.array. Slices are copies in array.array. What goes through memoryview(), NumPy or deltos.View are the
    elements themselves.
    """

    __hash__ = None  # type: ignore[assignment]

    def __new__(cls, *arguments: Any, mmap: Any = None, **unknown: Any) -> Self:
        """mmaparray(typecode, [initializer], mmap=None): what the initializer has is appended to what is there."""
        if not 1 <= len(arguments) <= 2:
            raise TypeError(f"expected 1 or 2 arguments, got {len(arguments)}")
        if unknown and cls is mmaparray:
            raise TypeError(f"unexpected keyword arguments {', '.join(unknown)}")
        self = super().__new__(cls)
        self._home = _home_of(arguments[0], mmap)
        self._array = self._home.array
        if len(arguments) == 2:
            self._fill_from(arguments[1])
        return self

    def __init__(self, *_: Any, **__: Any) -> None:
        """Everything has been done in __new__, as in array.array."""

    def _fill_from(self, initializer: Any) -> None:
        code = code_of(initializer)
        if code is not None and code != self.typecode:
            raise TypeError("Typecodes must be the same")
        if isinstance(initializer, str) and self.typecode != "u":
            raise ValueError(f"cannot use a str to initialize an array with typecode {self.typecode!r}")
        if isinstance(initializer, (bytes, bytearray)):
            self.frombytes(initializer)
        else:
            self.extend(initializer)

    # ---- What it is ------------------------------------------------------------------------------------------------

    @property
    def array(self) -> Array | None:
        """The same elements as a deltos.Array, when they are in anonymous memory. It can do more."""
        return self._home.array

    def buffer_info(self) -> tuple[int, int]:
        """Where the elements lie, and how many bytes they are; as of now."""
        with self._home.reading() as view:
            return view.address, view.nbytes

    def _lend(self) -> Handle:
        """Memory for one export."""
        return self._home.handle()

    # ---- By value --------------------------------------------------------------------------------------------------

    def index(self, value: Any, start: int = 0, stop: int = sys.maxsize) -> int:
        """The index of the first element that equals a value; ValueError when there is none."""
        return self._find(value, operator.index(start), operator.index(stop), "index")

    def count(self, value: Any) -> int:
        """How many elements equal a value."""
        with self._home.reading() as view:
            return view.count(value)

    def __contains__(self, value: object) -> bool:
        with self._home.reading() as view:
            return view.find(value) >= 0

    def _compared(self, other: Any, operation: Callable[[Any, Any], bool]) -> bool:
        """What an operation says of the first two elements that differ, or else of the lengths."""
        try:
            theirs = iter(characters(other) if self.typecode == "c" else other)
        except TypeError:
            return NotImplemented  # type: ignore[no-any-return]
        for mine in self.tolist():
            value = next(theirs, _END)
            if value is _END:
                return operation(1, 0)
            if mine != value:
                return operation(mine, value)
        return operation(0, 0 if next(theirs, _END) is _END else 1)

    def __eq__(self, other: object) -> bool:
        if code_of(other) != self.typecode:
            return self._compared(other, operator.eq)
        with self._home.reading() as view:
            return view == other

    def __lt__(self, other: Any) -> bool:
        return self._compared(other, operator.lt)

    def __le__(self, other: Any) -> bool:
        return self._compared(other, operator.le)

    def __gt__(self, other: Any) -> bool:
        return self._compared(other, operator.gt)

    def __ge__(self, other: Any) -> bool:
        return self._compared(other, operator.ge)

    # ---- Whole arrays ----------------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> mmaparray:
        code = code_of(other)
        if code is None:
            return NotImplemented
        if code != self.typecode:
            raise TypeError("can only append array of same kind")
        return mmaparray(code, self.tobytes() + other.tobytes())

    def __iadd__(self, other: Any) -> Self:
        if code_of(other) is None:
            return NotImplemented
        self.extend(other)
        return self

    def _times(self, count: Any) -> bytes | None:
        try:
            number = max(0, operator.index(count))
        except TypeError:
            return None
        packed = self.tobytes()
        if number and len(packed) > sys.maxsize // number:
            raise OverflowError("more elements than can be counted")
        return packed * number

    def __mul__(self, count: Any) -> mmaparray:
        packed = self._times(count)
        return NotImplemented if packed is None else mmaparray(self.typecode, packed)

    __rmul__ = __mul__

    def __imul__(self, count: Any) -> Self:
        home = self._home
        with home.alone():
            packed = self._times(count)
            if packed is None:
                return NotImplemented
            length = home.count() * home.itemsize
            if packed:
                home.insert(home.count(), packed[length:])
            else:
                self.clear()
        return self

    def reverse(self) -> None:
        """Turns the order of the elements round, in place."""
        with self._home.writing() as view:
            view.copy_from(view[::-1])

    def byteswap(self) -> None:
        """Turns the bytes of every element round, in place."""
        size = self.itemsize
        if size == 1:
            return
        with self._home.writing() as view:
            swapped: _standard.array[int] = _standard.array({2: "H", 4: "I", 8: "Q"}[size], view.tobytes())
            swapped.byteswap()
            view.copy_from(View(swapped.tobytes()).cast(self._home.format))

    # ---- Copies ----------------------------------------------------------------------------------------------------

    def tolist(self) -> list[Any]:
        """A copy of its elements as a list."""
        with self._home.reading() as view:
            return list(view.tolist())

    def tobytes(self) -> bytes:
        """A copy of its elements as bytes."""
        with self._home.reading() as view:
            return view.tobytes()

    tostring = tobytes

    def tounicode(self) -> str:
        """Its characters; for the type code u."""
        if self.typecode != "u":
            raise ValueError("tounicode() may only be called on unicode type arrays")
        return self.tobytes().decode(UTF32, "surrogatepass")

    def tofile(self, file: Any) -> None:
        """Writes its elements to a file."""
        with self._home.reading() as view:
            view.write_to(file)

    def __getslice__(self, start: int, stop: int) -> Any:
        return self[start:stop]

    def __setslice__(self, start: int, stop: int, values: Any) -> None:
        self[start:stop] = values

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickle holds the elements: those of an mmap become ones in anonymous memory."""
        more = {name: value for name, value in self.__dict__.items() if name not in ("_home", "_array")}
        return type(self), (self.typecode, self.tobytes()), more or None

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return self.__reduce__()

    def __repr__(self) -> str:
        code = self.typecode
        try:
            content: Any = self.tounicode() if code == "u" else self.tobytes() if code == "c" else self.tolist()
        except ValueError:
            return f"<{type(self).__name__} of {code!r}, its mmap is closed>"
        return f"array({code!r}, {content!r})" if len(content) else f"array({code!r})"


MutableSequence.register(mmaparray)
