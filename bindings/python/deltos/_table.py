"""Tables: two-dimensional memory whose rows are reached by pointers, the T** of C."""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from deltos import _exporter
from deltos._content import Content, view_of
from deltos._dtypes import resolve
from deltos._errors import BusyError, ClosedError, LayoutError, RangeError, TypeMismatchError
from deltos._exporter import OBJECT, VIEW, Handle
from deltos._ffi import ffi, lib
from deltos._native import OBJECT_CELL, VIEW_CELL, CData, call, own, text_of, told
from deltos._object import Object
from deltos._view import View

_POINTER_BYTES: int = ffi.sizeof("void *")


def type_of(dtype: Any, format: str | None) -> tuple[Any, int]:
    """Format and code of an element type, from what a caller may say."""
    layout, code, inner = resolve(dtype, format, ())
    if inner:
        raise TypeMismatchError("elements that are arrays are not supported: give their type and more columns")
    return ffi.NULL if layout is None else layout, code


def lengths_of(rows: int, columns: int | Sequence[int]) -> tuple[int, int, Any]:
    """Rows, columns and lengths as the library takes them."""
    count = operator.index(rows)
    try:
        return count, operator.index(columns), ffi.NULL  # type: ignore[arg-type]
    except TypeError:
        lengths = [operator.index(length) for length in columns]  # type: ignore[union-attr]
    if len(lengths) != count:
        raise TypeMismatchError(f"{count} rows need as many lengths, not {len(lengths)}")
    return count, -1, ffi.new("int64_t[]", lengths or [0])


def _address_of(pointers: Any) -> int:
    """An address from a number, a ctypes or a cffi pointer, or a ctypes array of pointers."""
    try:
        return operator.index(pointers)
    except TypeError:
        pass
    if isinstance(pointers, ffi.CData):
        return int(ffi.cast("uintptr_t", pointers))
    if isinstance(pointers, (ctypes.Array, ctypes._Pointer, ctypes.c_void_p)):
        return int(ctypes.cast(pointers, ctypes.c_void_p).value or 0)
    raise TypeMismatchError(
        f"a {type(pointers).__name__} is no address: give a number or a pointer of ctypes or cffi"
    )


class Table(Object):
    """Two-dimensional memory whose rows may lie anywhere and are reached by pointers: the T** of C.

        table = deltos.Table(3, 4, dtype="float64")       # zeros, in memory
        table = deltos.Table.from_rows(matrix)            # rows of a two-dimensional exporter, nothing is copied
        table = deltos.Table.from_buffers([a, b, c])      # separate arrays as rows
        library.process(table.rows, len(table))           # the address of the row pointers, for C

    memoryview(table) follows the pointers. NumPy does not, and refuses; table.to_dense() is a copy that it takes.
    Rows that have lengths of their own (a ragged table) are seen one by one: table[i].
    """

    __slots__ = ("__weakref__", "_held", "_info", "_pin", "_scope")

    _KIND = lib.DELTOS_KIND_TABLE
    _WORD = "table"
    _pin: tuple[Handle, int] | None

    def __init__(
        self, rows: int, columns: int | Sequence[int], *, dtype: Any = None, format: str | None = None
    ) -> None:
        """A table of zeros. columns: elements of every row, or a sequence that has a number for each row."""
        layout, code = type_of(dtype, format)
        cell = ffi.new(OBJECT_CELL)
        size = lengths_of(rows, columns)
        call(lib.deltos_table_create, ffi.NULL, ffi.NULL, layout, code, *size, cell)
        self._adopt(own(OBJECT, cell[0]))

    def _adopt(self, handle: Handle) -> None:
        self._handle = handle
        self._info = self._held = self._scope = self._pin = None

    @classmethod
    def _made(cls, handle: Handle) -> Table:
        self = cls.__new__(cls)
        self._adopt(handle)
        return self

    def _show(self, handle: Handle) -> None:
        super()._show(handle)
        self._pin = None

    @classmethod
    def from_rows(cls, matrix: Any) -> Table:
        """The rows of anything that exports two-dimensional memory; of one dimension: that is the only row."""
        self = cls.__new__(cls)
        self._handle = _exporter.table(matrix, 0) or _table(matrix, 0)
        self._info = self._held = self._scope = self._pin = None
        return self

    @classmethod
    def from_columns(cls, matrix: Any) -> Table:
        """The columns of anything that exports two-dimensional memory, as rows; they must be contiguous."""
        return cls._made(_exporter.table(matrix, 1) or _table(matrix, 1))

    @classmethod
    def from_buffers(
        cls, buffers: Iterable[Any], *, columns: int = -1, dtype: Any = None, format: str | None = None
    ) -> Table:
        """Separate exporters of contiguous memory as rows; each is held. Read-only when any of them is.

        All have the same element type and number of elements: those of the first, unless they are given.
        """
        listed = buffers if isinstance(buffers, (list, tuple)) else [*buffers]
        if columns == -1 and dtype is None and format is None:
            handle = _exporter.table_of_rows(listed)
            if handle is not None:
                return cls._made(handle)
        layout, code = (ffi.NULL, 0) if dtype is None and format is None else type_of(dtype, format)
        views = [View._of(view_of(buffer)) for buffer in listed]
        pointers = ffi.new("deltos_view *[]", [view._use().__enter__() for view in views] or [ffi.NULL])
        cell = ffi.new(OBJECT_CELL)
        try:
            call(lib.deltos_table_from_views, pointers, len(views), columns, layout, code, cell)
        finally:
            for view in views:
                view._use().__exit__()
        return cls._made(own(OBJECT, cell[0]))

    @classmethod
    def from_pointers(
        cls,
        pointers: Any,
        rows: int,
        columns: int | Sequence[int],
        *,
        dtype: Any = None,
        format: str | None = None,
        readonly: bool = False,
        owner: Any = None,
    ) -> Table:
        """A T** of somebody else: a number, or a pointer of ctypes or cffi. Neither pointers nor rows are copied.

        owner is held until the table and the last view of it have gone; without one the memory must stay.
        """
        layout, code = type_of(dtype, format)
        size = lengths_of(rows, columns)
        address = ffi.cast("void *const *", _address_of(pointers))
        cell = ffi.new(OBJECT_CELL)
        release, loan = _exporter.keep((pointers, owner))
        try:
            callback, user = ffi.cast("deltos_release", release), ffi.cast("void *", loan)
            count, width, lengths = size
            call(
                lib.deltos_table_wrap, address, count, width, lengths, layout, code, readonly, callback, user, cell
            )
        except BaseException:
            _exporter.give_back(loan)
            raise
        return cls._made(own(OBJECT, cell[0]))

    # ---- What it is ------------------------------------------------------------------------------------------------

    def _stat(self) -> CData:
        return told(lib.deltos_table_stat, "deltos_table_info", self._use())

    def __len__(self) -> int:
        return int(self._stat().rows)

    @property
    def ragged(self) -> bool:
        """Whether rows have lengths of their own."""
        return bool(self._stat().ragged)

    @property
    def stored(self) -> bool:
        """Whether it belongs to a storage."""
        return bool(self._stat().stored)

    @property
    def columns(self) -> int:
        """Elements of every row; -1 when it is ragged."""
        return int(self._stat().columns)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Elements of each row."""
        info = self._stat()
        if not info.ragged:
            return (info.columns,) * int(info.rows)
        pin, _, lengths = self._pinned(False)
        with pin:
            return tuple(lengths[0 : info.rows])

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        info = self._stat()
        if info.ragged:
            raise LayoutError("rows of a ragged table have lengths of their own: see lengths")
        return info.rows, info.columns

    @property
    def ndim(self) -> int:
        """2."""
        return 2

    @property
    def strides(self) -> tuple[int, ...]:
        """Distances in bytes: from pointer to pointer, and from element to element of a row."""
        return _POINTER_BYTES, self.itemsize

    @property
    def suboffsets(self) -> tuple[int, ...]:
        """(0, -1): rows are reached by pointers, elements are not."""
        return 0, -1

    @property
    def format(self) -> str:
        """The element type as a format string of the struct module and PEP 3118."""
        return text_of(self._stat().format)

    @property
    def _code(self) -> int:
        return int(self._stat().dtype)

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return int(self._stat().itemsize)

    @property
    def size(self) -> int:
        """The number of elements."""
        return sum(self.lengths)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.itemsize

    @property
    def readonly(self) -> bool:
        """Whether it gives no writable views."""
        info = self._stat()
        return bool(info.readonly) or (bool(info.stored) and super().readonly)

    @property
    def exports(self) -> int:
        """How many views of it live, row pointers included."""
        return int(self._stat().exports)

    # ---- Memory ----------------------------------------------------------------------------------------------------

    def _pinned(self, writable: bool) -> tuple[Handle, int, CData]:
        """A view that pins the row pointers, their address, and the lengths."""
        cell, rows, lengths = ffi.new(VIEW_CELL), ffi.new("void *const **"), ffi.new("const int64_t **")
        with self._use() as pointer:
            call(lib.deltos_table_rows, pointer, writable, cell, rows, lengths)
        return own(VIEW, cell[0]), int(ffi.cast("uintptr_t", rows[0])), lengths[0]

    @property
    def rows(self) -> int:
        """The address of the row pointers, for C. It holds for as long as this object lives, or until release().

        Asking for it pins the table: reinterpret() and make_readonly() let go of it, and it may be asked for again.
        """
        pin = self._pin
        if pin is None:
            handle, address, _ = self._pinned(not self.readonly)
            pin = self._pin = handle, address
        return pin[1]

    def row(self, index: int) -> View:
        """One row, as a view of one dimension."""
        count, place = len(self), operator.index(index)
        if not -count <= place < count:
            raise RangeError(f"row {place} of a table of {count} rows")
        cell = ffi.new(VIEW_CELL)
        flags = lib.DELTOS_VIEW_FULL_RO if self.readonly else lib.DELTOS_VIEW_FULL
        with self._use() as pointer:
            call(lib.deltos_table_row, pointer, place % count, flags, cell)
        return View._of(own(VIEW, cell[0]))

    def to_dense(self) -> View:
        """A copy in packed memory, for consumers that do not follow pointers, such as NumPy."""
        cell = ffi.new(VIEW_CELL)
        with self._use() as pointer:
            call(lib.deltos_table_to_dense, pointer, cell)
        return View._of(own(VIEW, cell[0]))

    def numpy(self) -> Any:
        """Refused: NumPy does not follow pointers."""
        raise LayoutError("NumPy does not follow row pointers: table.to_dense().numpy() is a copy that it takes")

    def tobytes(self) -> bytes:
        """A copy of its elements as bytes, row by row."""
        return b"".join(row.tobytes() for row in self)

    def tolist(self) -> list[Any]:
        """A copy of its elements as lists of rows."""
        return [row.tolist() for row in self]

    def copy_from(self, source: Any) -> None:
        """Copies the elements of anything that exports memory of the same shape and element type."""
        with Content(self) as target, Content(source) as content:
            call(lib.deltos_view_copy, target, content)

    def copy_to(self, target: Any) -> None:
        """Copies its elements to anything that exports writable memory of the same shape and element type."""
        with Content(target) as content, Content(self) as source:
            call(lib.deltos_view_copy, content, source)

    def __iter__(self) -> Iterator[View]:
        return (self.row(index) for index in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        if hasattr(key, "__index__"):
            return self.row(key)
        if isinstance(key, tuple) and len(key) == 2 and hasattr(key[0], "__index__"):
            return self.row(key[0])[key[1]]
        return View(self)[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        if hasattr(key, "__index__"):
            self.row(key)[...] = value
        elif isinstance(key, tuple) and len(key) == 2 and hasattr(key[0], "__index__"):
            self.row(key[0])[key[1]] = value
        else:
            View(self)[key] = value

    # ---- What can be done with it ----------------------------------------------------------------------------------

    def reinterpret(self, *, dtype: Any = None, format: str | None = None) -> None:
        """Shows the same bytes as elements of another type, through this handle. Refused while views of it live."""
        layout, code = type_of(dtype, format)
        self._pin = self._held = None
        with self._use() as pointer:
            call(lib.deltos_table_reinterpret, pointer, layout, code)

    def make_readonly(self) -> None:
        """Gives no writable views any more, through this handle. Refused while writable views of it live."""
        self._pin = self._held = None
        with self._use() as pointer:
            call(lib.deltos_table_make_readonly, pointer)

    def release(self) -> None:
        """Lets go of the table and of its row pointers. Views made from it live on."""
        super().release()
        self._pin = None

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __reduce__(self) -> tuple[Any, ...]:
        if not self.stored:
            raise TypeMismatchError("a table in memory cannot be pickled: store it, or pickle table.tolist()")
        return super().__reduce__()

    def __repr__(self) -> str:
        try:
            info = self._stat()
        except (ClosedError, BusyError):
            return "<deltos.Table, closed>"
        name = f" {self.name!r}" if info.stored else ""
        size = f"{info.rows} ragged rows" if info.ragged else f"({info.rows}, {info.columns})"
        return f"<deltos.Table{name} {self.type_name} {size}>"


def _table(matrix: Any, axis: int) -> Handle:
    cell = ffi.new(OBJECT_CELL)
    with view_of(matrix) as view:
        call(lib.deltos_table_from_view, view, axis, cell)
    return own(OBJECT, cell[0])
