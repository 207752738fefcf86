"""Arrays: growable memory of one element type, in a storage, in a flat file, or shared without a name."""

from __future__ import annotations

import array as _standard
import operator
import os
import sys
from collections.abc import MutableSequence
from typing import TYPE_CHECKING, Any, Self

from deltos._array_options import array_options, array_type
from deltos._dtypes import TAGGED
from deltos._errors import BusyError, ClosedError, InvalidError, TypeMismatchError
from deltos._exporter import OBJECT, Handle, Source
from deltos._ffi import ffi, lib
from deltos._growing import UTF32, GrowingArray
from deltos._native import OBJECT_CELL, call, ending, own
from deltos._operations import Ordered
from deltos._paths import absolute, path_bytes
from deltos._view import View

if TYPE_CHECKING:
    from os import PathLike

    from deltos._scopes import Reader

_MODES: dict[str, tuple[int, int]] = {
    "r": (lib.DELTOS_MODE_READ, 0),
    "in-place": (lib.DELTOS_MODE_IN_PLACE, 0),
    "r+": (lib.DELTOS_MODE_WRITE, lib.DELTOS_CREATE_NEVER),
    "a": (lib.DELTOS_MODE_WRITE, lib.DELTOS_CREATE_IF_ABSENT),
    "x": (lib.DELTOS_MODE_WRITE, lib.DELTOS_CREATE_NEW),
}


class Array(GrowingArray, Ordered, MutableSequence[Any]):
    """A growable array of one element type, whose memory never moves.

    All of CPython's array.array, and more: it appends while others look at it, lies in memory that other processes can
    share, in a flat file that any program can read, or in a storage.

        numbers = deltos.Array("d", [1, 2, 3])                  # in memory; other processes open it by fileno()
        log = deltos.Array.open("samples.f64", "d", "a")        # a file of nothing but elements
        series = storage.create_array("series", "d", [1, 2])    # found again as storage["series"]

    An element type is a type code of the array module, a format string of PEP 3118, a name such as "bfloat16", or a
    NumPy dtype. Views (memoryview, numpy.asarray, deltos.View) show the elements that there were when they were made,
    and stay valid while it grows; cutting off what a view shows is refused with PinnedError.

    One thread changes it at a time: a second one that does so through the same object is told by BusyError. Elements
    and length belong to no transaction, and an abort takes back none, but for an array that was made in it.
    """

    __slots__ = ("__weakref__", "_held", "_info", "_mode", "_path", "_scope")

    _held: Source | None
    __hash__ = None  # type: ignore[assignment]

    def __new__(cls, typecode: Any, initializer: Any = None, /, **keywords: Any) -> Self:
        """Makes an array in memory. The initializer is bytes, text for "u", an exporter, or an iterable of elements."""
        if keywords and cls is Array:
            raise TypeMismatchError("deltos.Array() takes no keyword arguments")
        self = cls._in_memory(*array_type(typecode))
        if initializer is not None:
            self._fill_from(initializer)
        return self

    def __init__(self, *_: Any, **__: Any) -> None:
        """Everything has been done in __new__, as in array.array."""

    @classmethod
    def _of(cls, scope: Reader | None, handle: Handle) -> Any:
        assert scope is not None
        self = cls._shown(handle, scope, scope.storage.mode, None)
        self._readonly = not scope.storage._stores
        return self

    @classmethod
    def open(
        cls,
        path: str | bytes | PathLike[str] | PathLike[bytes],
        type: Any,
        mode: str = "r",
        *,
        capacity: int = 0,
        window_bytes: int = 0,
        max_bytes: int = 0,
        guard: bool = True,
    ) -> Self:
        """Opens a flat file: nothing but elements, in native byte order.

        mode: "r" reads; "in-place" also stores into elements that there are; "r+" appends to an existing file; "a" makes
        it if there is none; "x" makes it and there must be none. One process has a file open to append; it has exactly
        the size of its content after flush() and close().
        """
        native, create = _mode_of(mode)
        options = array_options(capacity, create, window_bytes, max_bytes)
        options.flags = lib.DELTOS_OPEN_SIGBUS_GUARD if guard else 0
        cell, encoded = ffi.new(OBJECT_CELL), absolute(path_bytes(path))
        format, code = array_type(type)
        call(lib.deltos_array_open_file, encoded, format, code, native, options, cell, path=True)
        return cls._shown(own(OBJECT, cell[0]), None, mode, encoded)

    @classmethod
    def open_fd(cls, descriptor: int, mode: str = "r") -> Self:
        """Opens an array in memory that another process has made, by its descriptor, which stays the caller's."""
        native, _ = _mode_of(mode)
        cell = ffi.new(OBJECT_CELL)
        call(lib.deltos_array_open_fd, descriptor, native, ffi.NULL, cell)
        return cls._shown(own(OBJECT, cell[0]), None, mode, None)

    # ---- What it is ------------------------------------------------------------------------------------------------

    @property
    def capacity(self) -> int:
        """How many elements there is room for without growing."""
        with self._use() as pointer:
            return int(lib.deltos_array_capacity(pointer))

    @property
    def mode(self) -> str:
        """How it was opened; "r+" when it was made in memory."""
        return self._mode

    @property
    def path(self) -> str | None:
        """The absolute path of a flat file."""
        return None if self._path is None else os.fsdecode(self._path)

    def fileno(self) -> int:
        """The descriptor of a flat file or of memory, to be passed to another process; borrowed."""
        descriptor = ffi.new("int32_t *")
        with self._use() as pointer:
            call(lib.deltos_array_fd, pointer, descriptor)
        return int(descriptor[0])

    def buffer_info(self) -> tuple[int, int]:
        """Where the elements lie, and how many there are; as of now."""
        with View(self, readonly=True) as view:
            return view.address, len(view)

    # ---- By value --------------------------------------------------------------------------------------------------

    def index(self, value: Any, start: int = 0, stop: int = sys.maxsize, /) -> int:
        """The index of the first element that equals a value; ValueError when there is none."""
        count = len(self)
        begin, end = (place if place >= 0 else max(0, place + count) for place in map(operator.index, (start, stop)))
        found = self._find(value, begin, end)
        if found < 0:
            raise InvalidError("array.index(x): x not in array")
        return found

    def count(self, value: Any) -> int:
        """How many elements equal a value."""
        with View(self, readonly=True) as view:
            return view.count(value)

    def __contains__(self, value: object) -> bool:
        return self._find(value, 0, sys.maxsize) >= 0

    def _other(self, other: object) -> bool:
        return isinstance(other, (GrowingArray, _standard.array, View))

    def __eq__(self, other: object) -> bool:
        if not self._other(other):
            return NotImplemented
        with View(self, readonly=True) as view:
            return view == other

    def _compare(self, other: object) -> int | None:
        if not self._other(other):
            return None
        with View(self, readonly=True) as view:
            return view._compare(other)

    # ---- As a sequence ---------------------------------------------------------------------------------------------

    def _same_kind(self, other: Any, what: str) -> Any:
        if not isinstance(other, (GrowingArray, _standard.array)):
            raise TypeMismatchError(f"can only {what} array (not \"{type(other).__name__}\") to array")
        if other.typecode != self.typecode:
            raise TypeMismatchError("arrays of different kinds cannot be joined")
        return other

    def __add__(self, other: Any) -> Self:
        return self._made(self.tobytes() + self._same_kind(other, "append").tobytes())

    def __iadd__(self, other: Any) -> Self:
        if not isinstance(other, (GrowingArray, _standard.array)):
            raise TypeMismatchError(f"can only extend with array (not \"{type(other).__name__}\")")
        self.extend(other)
        return self

    def _times(self, count: Any) -> bytes:
        number = max(0, operator.index(count))
        if number and self.nbytes > sys.maxsize // number:
            raise MemoryError("more elements than can be counted")
        return self.tobytes() * number

    def __mul__(self, count: Any) -> Self:
        return self._made(self._times(count))

    __rmul__ = __mul__

    def __imul__(self, count: Any) -> Self:
        packed = self._times(count)
        if not packed:
            self.clear()
        else:
            self._append_bytes(packed[self.nbytes :])
        return self

    def reverse(self) -> None:
        """Turns the order of the elements round, in place."""
        self._change(lib.deltos_array_reverse)

    def byteswap(self) -> None:
        """Turns the bytes of every number round, in place."""
        self._change(lib.deltos_array_byteswap)

    # ---- Copies ----------------------------------------------------------------------------------------------------

    def tofile(self, file: Any) -> None:
        """Writes its elements to a file."""
        self.write_to(file)

    def tounicode(self) -> str:
        """Its characters; for the type "u"."""
        if self.format != "w":
            raise InvalidError("tounicode() may only be called on unicode type arrays")
        return self.tobytes().decode(UTF32, "surrogatepass")

    def __copy__(self) -> Self:
        return self._made(self.tobytes())

    def __deepcopy__(self, memo: Any) -> Self:
        return self._made(self.tobytes())

    # ---- Homes -----------------------------------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Sees what another process has made room for; of a stored one also what it is now. Tells whether anything
        changed."""
        scope = self._scope
        changed = self._renew()
        self._scope = None if scope is None else scope.storage
        return changed

    def flush(self, *, durable: bool = True) -> None:
        """Commits the length, or gives a flat file exactly its content's size; durable: and waits for the disk."""
        self._change(lib.deltos_array_flush, durable)

    def close(self) -> None:
        """Closes it, or refuses while views live. A flat file has exactly its content's size afterwards."""
        handle = self._handle
        if handle is None or not handle.alive:
            return
        self._held = None
        with ending(OBJECT, handle) as cell:
            call(lib.deltos_array_close, cell)
        self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.release()

    def __reduce__(self) -> tuple[Any, ...]:
        if self._scope is not None:
            return super().__reduce__()
        if self._path is not None:
            mode = "in-place" if self._mode != "r" else "r"
            return _reopened, (type(self), self._path, self._spelling(), mode)
        return type(self), (self._spelling(), self.tobytes()), getattr(self, "__dict__", None)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return self.__reduce__()

    def _spelling(self) -> str:
        return self.type_name if self._code in TAGGED else self.typecode

    def __repr__(self) -> str:
        try:
            name, count = type(self).__name__, len(self)
            place = f" {self.name!r}" if self._scope is not None else f" {self.path!r}" if self._path else ""
            if place:
                return f"<deltos.{name}{place} {self.type_name} {count}>"
            if count == 0:
                return f"{name}({self._spelling()!r})"
            content = repr(self.tounicode()) if self.format == "w" else repr(self.tolist())
            return f"{name}({self._spelling()!r}, {content})"
        except (ClosedError, BusyError):
            return f"<deltos.{type(self).__name__}, closed>"


def _mode_of(mode: str) -> tuple[int, int]:
    try:
        return _MODES[mode]
    except KeyError:
        raise InvalidError(f"a mode of an array is one of {', '.join(_MODES)}; not {mode!r}") from None


def _reopened(kind: type[Array], path: bytes, spelling: str, mode: str) -> Array:
    return kind.open(path, spelling, mode)
