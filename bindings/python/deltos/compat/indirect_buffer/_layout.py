"""The memory of exporters as they describe it, and copies between memory of any two layouts.

Errors of an exporter pass through as they are.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from deltos._errors import Error
from deltos._exporter import Source
from deltos._ffi import ffi, lib
from deltos._native import CData, call
from deltos._table import Table

# The bits are those of the buffer protocol.
FULL: int = lib.DELTOS_VIEW_FULL
FULL_RO: int = lib.DELTOS_VIEW_FULL_RO
CONTIGUOUS: int = lib.DELTOS_VIEW_ANY | lib.DELTOS_VIEW_FORMAT


class Layout(AbstractContextManager["Layout"]):
    """Holds the memory of an exporter until the end of a `with` block, or until nobody holds `source`."""

    def __init__(self, exporter: Any, flags: int) -> None:
        self.source = Source(exporter, flags)
        fields = self.source.fields()
        self.address, self.nbytes, self.itemsize, self.ndim, format, self.readonly = fields[:6]
        self._shape, self._strides, self._suboffsets = (ffi.cast("int64_t *", address) for address in fields[6:])
        self.format: bytes = b"B" if format is None else format

    def __exit__(self, *_: object) -> None:
        self.source.__exit__()

    @property
    def count(self) -> int:
        """The number of elements."""
        return self.nbytes // self.itemsize if self.itemsize else 0

    @property
    def shape(self) -> list[int]:
        """The lengths, as far as they were told."""
        return list(self._shape[0 : self.ndim]) if self._shape else []

    def view(self, format: bytes) -> CData:
        """What the library reads, for as long as the memory is held. Without strides it is packed, as ctypes has it."""
        view = ffi.new("deltos_view *")
        view.struct_size = ffi.sizeof("deltos_view")
        view.ndim = self.ndim
        view.readonly = self.readonly
        view.data = ffi.cast("void *", self.address)
        view.nbytes = self.nbytes
        view.itemsize = self.itemsize
        self._kept = view.format = ffi.new("char[]", format)
        view.shape, view.strides, view.suboffsets = self._shape, self._strides, self._suboffsets
        return view


def writable(exporter: Any) -> Layout:
    """The memory of an exporter to be written, or read-only where there is no other."""
    try:
        return Layout(exporter, FULL)
    except (BufferError, ValueError):
        return Layout(exporter, FULL_RO)


def _plain(format: bytes) -> str:
    """A format as the library spells it, which memory that was made by the library shows already."""
    try:
        return Table(0, 0, format=format.decode("latin-1")).format
    except Error:
        return format.decode("latin-1")


def _same(a: bytes, b: bytes) -> bool:
    return a == b or _plain(a) == _plain(b)


def copy(target: Layout, source: Layout, cast: bool) -> None:
    """Copies two-dimensional memory. cast: elements of another type will do if they are of the same size."""
    if target.readonly:
        raise BufferError("copying to readonly buffer")
    for layout in target, source:
        if layout.ndim != 2:
            raise BufferError(f"wrong number of dimensions: expected 2, received {layout.ndim}")
    if target.shape != source.shape:
        raise BufferError("different shapes")
    if cast and target.itemsize != source.itemsize:
        raise BufferError("different itemsizes")
    if not cast and not _same(target.format, source.format):
        raise BufferError("different formats")
    opaque = b"%ds" % target.itemsize  # what the bytes mean has been looked at
    call(lib.deltos_view_copy, target.view(opaque), source.view(opaque))
