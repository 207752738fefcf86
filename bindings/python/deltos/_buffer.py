"""Buffers: n-dimensional typed memory of a storage, seen without a copy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deltos import _dtypes
from deltos._content import Content
from deltos._errors import TypeMismatchError
from deltos._ffi import lib
from deltos._native import call
from deltos._object import Object


class Buffer(Object):
    """A typed n-dimensional array that lives in a storage.

    It is memory, not a copy of it: memoryview(buffer), numpy.asarray(buffer) and every other consumer of the buffer
    protocol look at the file itself, and storing through them changes it for every process at once, where the storage
    was opened for it. Each such view keeps its memory in place until it is released, and the storage refuses to close
    while one lives.

    A buffer describes the object as it was when it was looked up. After somebody has replaced or deleted the object,
    views stay valid and `current` is False; refresh() looks again.
    """

    __slots__ = ("__weakref__", "_held", "_info", "_scope")

    _KIND = lib.DELTOS_KIND_BUFFER
    _WORD = "buffer"

    def __init__(self, *_: object) -> None:
        raise TypeError("buffers come from a storage: storage[name] or storage.create(name, ...)")

    def tobytes(self) -> bytes:
        """A copy of its bytes."""
        with memoryview(self) as view:
            return view.tobytes()

    def tolist(self) -> Any:
        """A copy of its elements as nested lists; of one element, without dimensions, that element."""
        if _dtypes.optional_module("numpy") is not None:
            return self.numpy().tolist()
        with memoryview(self) as view:
            return view.tolist()

    def __len__(self) -> int:
        shape = self.shape
        if not shape:
            raise TypeMismatchError("a buffer without dimensions has no length")
        return shape[0]

    def __iter__(self) -> Iterator[Any]:
        if _dtypes.optional_module("numpy") is not None:
            return iter(self.numpy())
        return iter(memoryview(self))

    def __getitem__(self, key: Any) -> Any:
        if _dtypes.optional_module("numpy") is not None:
            return self.numpy()[key]
        return memoryview(self)[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        if _dtypes.optional_module("numpy") is not None:
            self.numpy()[key] = value
        elif key is Ellipsis:
            with Content(memoryview(self)) as target, Content(value) as source:
                call(lib.deltos_view_copy, target, source)
        else:
            memoryview(self)[key] = value
