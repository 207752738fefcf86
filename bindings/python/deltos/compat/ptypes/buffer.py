"""Buffers: n-dimensional arrays of any element type in a storage, seen without a copy.

    class Root(self.schema.Structure):
        pixels = self.define(Buffer("Pixels"))

    storage.root.pixels = storage.schema.Pixels(numpy.zeros((3, 4)))
    numpy.asarray(storage.root.pixels)[1, 2] = 7  # in the file
"""

from __future__ import annotations

from typing import Any

import deltos
from deltos._exporter import Exporter
from deltos.compat.ptypes._descriptor import TypeDescriptor
from deltos.compat.ptypes._types import Persistent, ReferenceMeta


class BufferMeta(ReferenceMeta):
    """The type of types that Buffer describes."""

    def _make(cls, source: Any) -> Any:
        try:
            return cls._proxy(cls._store.make(cls, source))
        except deltos.TypeMismatchError:
            raise TypeError(
                f"Objects of type '{type(source).__name__}' do not support the buffer protocol."
            ) from None
        except deltos.FormatError as error:
            raise BufferError(str(error)) from error


class PersistentBuffer(Persistent, Exporter, metaclass=BufferMeta):
    """A C-contiguous array in the file. Each memoryview and NumPy array of it keeps the storage from being closed."""

    __slots__ = ("__weakref__", "_cell")

    def _lead_to(self, cell: Any) -> None:
        self._handle = cell.buffer._use()
        self._readonly = False
        super()._lead_to(cell)

    @property
    def _code(self) -> int:
        return self._cell.buffer._code


class Buffer(TypeDescriptor):
    """Describes a type of buffers: self.define(Buffer), or self.define(Buffer("Pixels")) for one of that name."""

    _proxy_class = PersistentBuffer
