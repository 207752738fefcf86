"""IndirectMemory2D and BufferCollection2D: the names and words of indirect_buffer over a table of Deltos.

An object here is a table's handle. The table holds what its rows lie in, the exports hold the table, and the last of them
to go lets go of all of it.
"""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Iterable
from typing import Any, NoReturn

from deltos import _exporter
from deltos._content import view_of
from deltos._dtypes import struct_format
from deltos._errors import Error, FormatError, LayoutError, LimitError, NoMemoryError, PinnedError, ReadOnlyError
from deltos._exporter import OBJECT, VIEW, Exporter, Handle
from deltos._ffi import ffi, lib
from deltos._native import OBJECT_CELL, VIEW_CELL, CData, call, own
from deltos._table import Table
from deltos.compat.indirect_buffer._layout import CONTIGUOUS, FULL, FULL_RO, Layout, copy, writable

_MOST_ROWS = 2**44  # more pointers than there are addresses


def _text(format: str | bytes) -> str:
    if not isinstance(format, (str, bytes)):
        raise TypeError(f"a format is str or bytes, not {type(format).__name__}")
    text = format if isinstance(format, str) else format.decode("latin-1")
    if not text or not text.isprintable():
        raise FormatError(f"{format!r} is not a format: name an element type, such as 'i' or 'd'")
    return text


def _handle_of(table: Table) -> Handle:
    return table._use()


def _size_of(pointers: Any) -> int:
    """Bytes of what ctypes pointers lead to; 0 when they are not of ctypes."""
    kind: Any = type(pointers)
    while issubclass(kind, ctypes.Array):
        kind = kind._type_
    return ctypes.sizeof(kind._type_) if issubclass(kind, ctypes._Pointer) else 0


class IndirectMemory2D(Exporter):
    """Two-dimensional memory whose rows are reached by pointers: the T** of C. memoryview(memory) follows them.

    As long as somebody has a view of it, it is locked: its element type does not change.
    """

    __slots__ = ("__weakref__", "_spelt")
    _handle: Handle
    _spelt: str | None  # the format as it was given; None: the table's own

    def __init__(self, *_: object, **__: object) -> None:
        raise TypeError(
            "IndirectMemory2D is made by create_memory(), view_from_rows(), view_from_columns(), from_ctype_ptr() "
            "or from_ptr()"
        )

    @staticmethod
    def _made(handle: Handle, readonly: object = False, spelt: str | None = None) -> IndirectMemory2D:
        self = IndirectMemory2D.__new__(IndirectMemory2D)
        self._handle = handle
        self._spelt = spelt
        if readonly:
            self.make_read_only()
        return self

    # ---- Making it -------------------------------------------------------------------------------------------------

    @staticmethod
    def create_memory(rows: int, cols: int, format: str | bytes, readonly: object = False) -> IndirectMemory2D:
        """Zeros. format: of one element, as in the struct module."""
        text = _text(format)
        count, columns = operator.index(rows), operator.index(cols)
        if not 0 <= count < _MOST_ROWS:
            raise MemoryError("Error in first allocation")
        try:
            if not 0 <= columns < 2**63:
                raise LimitError("columns")
            handle = _handle_of(Table(count, columns, format=text))
        except (LimitError, NoMemoryError):
            raise MemoryError("Allocation of row 0") from None
        return IndirectMemory2D._made(handle, readonly, text)

    create = create_memory

    @staticmethod
    def view_from_rows(obj: Any, readonly: object = False) -> IndirectMemory2D:
        """The rows of one- or two-dimensional memory, without copying. They are contiguous, at any distance."""
        return IndirectMemory2D._made(_lines_of(obj, 0, bool(readonly)), readonly)

    @staticmethod
    def view_from_columns(obj: Any, readonly: object = False) -> IndirectMemory2D:
        """The columns of one- or two-dimensional memory as rows, without copying."""
        return IndirectMemory2D._made(_lines_of(obj, 1, bool(readonly)), readonly)

    @staticmethod
    def from_ctype_ptr(
        ptr: Any, rows: int, cols: int, readonly: object = False, memory_nanny: object = None
    ) -> IndirectMemory2D:
        """Rows behind a ctypes array of pointers. It is held, and so is the nanny, until the last view has gone."""
        layout = Layout(ptr, CONTIGUOUS)
        if not layout.format.startswith(b"&") or layout.format.count(b"&") != 1:
            raise BufferError(f"wrong format: {layout.format!r}")
        if layout.count < rows:
            raise BufferError(f"less rows than expected: {layout.count} vs. {rows}")
        owner = layout.source, memory_nanny
        made = IndirectMemory2D.from_ptr_with_memory_nanny(
            layout.address, rows, cols, layout.format[1:], readonly, owner
        )
        size, told = _size_of(ptr), int(made._stat().itemsize)
        if size not in (0, told):  # formats of ctypes leave out padding
            raise BufferError(f"elements have {size} bytes, and ctypes says {told}: give from_ptr() the right format")
        return made

    @staticmethod
    def from_ptr(ptr: Any, rows: int, cols: int, format: str | bytes, readonly: object = False) -> IndirectMemory2D:
        """Rows behind a T**: an address, or a pointer of ctypes or cffi. The memory stays the caller's."""
        return IndirectMemory2D.from_ptr_with_memory_nanny(ptr, rows, cols, format, readonly, None)

    @staticmethod
    def from_ptr_with_memory_nanny(
        ptr: Any, rows: int, cols: int, format: str | bytes, readonly: object, memory_nanny: object
    ) -> IndirectMemory2D:
        """The same. The nanny is held until the last view has gone; nannies may be shared."""
        text = _text(format)
        table = Table.from_pointers(ptr, rows, cols, format=text, readonly=bool(readonly), owner=memory_nanny)
        return IndirectMemory2D._made(_handle_of(table), spelt=text)

    # ---- What it is ------------------------------------------------------------------------------------------------

    def _stat(self) -> CData:
        return self.table._stat()

    @property
    def table(self) -> Table:
        """The same rows as a deltos.Table, which can do more."""
        return Table._made(self._handle)

    @property
    def shape(self) -> list[int]:
        """Rows and columns."""
        info = self._stat()
        return [int(info.rows), int(info.columns)]

    @property
    def row_count(self) -> int:
        """The number of rows."""
        return int(self._stat().rows)

    @property
    def readonly(self) -> bool:
        """Whether its memory must not be written."""
        return bool(self._stat().readonly)

    @property
    def ptr(self) -> int:
        """The address of the row pointers, for C: a T**. It holds for as long as this object or a view of it lives."""
        return self.table._pinned(not self.readonly)[1]

    def get_format(self) -> bytes:
        """The format of one element, spelt as it was given."""
        return bytes(ffi.string(self._stat().format)) if self._spelt is None else self._spelt.encode()

    # ---- What can be done with it ----------------------------------------------------------------------------------

    def reinterpret_data(self, format: str | bytes) -> None:
        """Shows the same bytes as elements of another type; as many columns as fit into a row."""
        text = _text(format)
        try:
            self.table.reinterpret(format=text)
        except PinnedError:
            raise BufferError("buffer is locked") from None
        self._spelt = text

    def make_read_only(self) -> None:
        """Gives no writable views any more."""
        try:
            self.table.make_readonly()
        except PinnedError:
            raise BufferError("buffer is locked") from None

    def copy_from(self, obj: Any, cast: object = False) -> None:
        """Copies from two-dimensional memory of the same shape and format, of any layout, also overlapping."""
        with Layout(self, FULL_RO) as target, Layout(obj, FULL_RO) as source:
            copy(target, source, bool(cast))

    def copy_to(self, obj: Any, cast: object = False) -> None:
        """Copies to two-dimensional memory of the same shape and format, of any layout, also overlapping."""
        with writable(obj) as target, Layout(self, FULL_RO) as source:
            copy(target, source, bool(cast))

    def _refused(self, error: Exception) -> None:
        """Why a consumer gets no memory."""
        if isinstance(error, ReadOnlyError):
            raise BufferError("buffer is not writable")
        if isinstance(error, LayoutError):
            raise BufferError("need PyBUF_INDIRECT-able buffer-consumer")

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"cannot pickle '{type(self).__name__}' object: pickle memoryview(memory).tolist()")

    def __repr__(self) -> str:
        rows, columns = self.shape
        return f"<{type(self).__name__} {rows} x {columns} of {self.get_format().decode()!r}>"


class BufferCollection2D(IndirectMemory2D):
    """Separate buffers as the rows of one memory, without copying. All are held; it is read-only if any of them is."""

    __slots__ = ()

    def __init__(
        self,
        rows: Iterable[Any],
        column_count: int = -1,
        format: str | bytes | None = None,
        unravel: object = True,
    ) -> None:
        """column_count, format: what each must have; by default as the first. unravel: any dimensions will do."""
        listed = list(rows)
        self._spelt = None if format is None else _text(format)
        plain = column_count == -1 and format is None and unravel
        handle = _exporter.table_of_rows(listed) if plain else None
        self._handle = handle or _collected(listed, column_count, self._spelt, bool(unravel))


class BufferHolder:
    """Holds the memory of an exporter for as long as it lives, and tells what it is. flags: PyBUF_*."""

    __slots__ = ("_layout",)

    def __init__(self, obj: Any, flags: int) -> None:
        self._layout = Layout(obj, flags)

    def buffer_is_set(self) -> bool:
        """Whether memory is held."""
        return True

    def get_len(self) -> int:
        """Its bytes."""
        return self._layout.nbytes

    def get_format(self) -> bytes:
        """The format of one element."""
        return self._layout.format

    def get_ndim(self) -> int:
        """The number of dimensions."""
        return self._layout.ndim

    def get_readonly(self) -> bool:
        """Whether it must not be written."""
        return self._layout.readonly


# ---- Rows of other exporters -----------------------------------------------------------------------------------------


def _lines_of(exporter: Any, axis: int, readonly: bool) -> Handle:
    """A table of the rows (axis 0) or columns (axis 1) of an exporter, writable unless readonly is given."""
    try:
        handle = _exporter.table(exporter, axis)
    except Error:
        handle = None
    if handle is not None and (readonly or not Table._made(handle).readonly):
        return handle
    handle = None  # lets go of the memory
    layout = Layout(exporter, FULL_RO if readonly else FULL)
    if layout.ndim == 0:
        raise BufferError("requested information was not returned by buffer-object")
    if layout.ndim > 2:
        raise BufferError(f"expected at most 2 but found {layout.ndim} dimensions")
    cell = ffi.new(OBJECT_CELL)
    try:
        with _wrapped(exporter, layout) as view:
            call(lib.deltos_table_from_view, view, axis, cell)
    except LayoutError:
        raise BufferError(f"{('rows', 'columns')[axis]} of the buffer-object aren't contiguous") from None
    return own(OBJECT, cell[0])


def _wrapped(exporter: Any, layout: Layout) -> Handle:
    """A view that holds the memory of an exporter as long as somebody uses it."""
    if isinstance(exporter, Exporter):
        return view_of(exporter)
    dtype = getattr(exporter, "dtype", None)
    format = struct_format(dtype).encode() if getattr(dtype, "names", None) else layout.format
    cell = ffi.new(VIEW_CELL)
    release, loan = _exporter.keep(layout.source)
    try:
        callback, user = ffi.cast("deltos_release", release), ffi.cast("void *", loan)
        call(lib.deltos_view_wrap, layout.view(format), callback, user, cell)
    except BaseException:
        _exporter.give_back(loan)
        raise
    return own(VIEW, cell[0])


def _collected(listed: list[Any], columns: int, text: str | None, unravel: bool) -> Handle:
    """A table of separate exporters."""
    format = None if text is None else text.encode()
    layouts = []
    for place, exporter in enumerate(listed):
        layout = Layout(exporter, CONTIGUOUS)
        if layout.ndim != 1 and not unravel:
            raise BufferError(
                f"{place}. object has dimensionality: {layout.ndim}, but only one-dimensional objects are accepted"
            )
        columns = layout.count if columns == -1 else columns
        format = layout.format if format is None else format
        if layout.count != columns:
            raise BufferError(
                f"{place}. object, expected column count: {columns}, found column count: {layout.count}"
            )
        if layout.format != format:
            raise BufferError(f"{place}. object, expected format: [{format!r}], found format: [{layout.format!r}]")
        layouts.append(layout)
    if format is None or columns == -1:
        raise BufferError("a collection of no objects needs a column count and a format")
    pointers = ffi.new("void *[]", [ffi.cast("void *", layout.address) for layout in layouts] or [ffi.NULL])
    readonly = any(layout.readonly for layout in layouts)
    held = [layout.source for layout in layouts]
    table = Table.from_pointers(
        pointers, len(layouts), columns, format=_text(format), readonly=readonly, owner=held
    )
    return _handle_of(table)
