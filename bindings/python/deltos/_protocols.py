"""What everything that exports memory offers beside the buffer protocol: NumPy, DLPack, files, and its element type."""

from __future__ import annotations

import math
from typing import Any

from deltos import _dtypes
from deltos._errors import InvalidError, LayoutError
from deltos._exporter import Exporter, Handle, Source

_CPU = (1, 0)  # DLPack: kDLCPU, first device


class Exchange:
    """Base of buffers, arrays, tables and views, beside Exporter."""

    __slots__ = ()

    _held: Source | None
    _readonly: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Its lengths."""
        raise NotImplementedError

    @property
    def strides(self) -> tuple[int, ...]:
        """Distances in bytes."""
        raise NotImplementedError

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        raise NotImplementedError

    @property
    def format(self) -> str:
        """The format of an element."""
        raise NotImplementedError

    @property
    def _code(self) -> int:
        """The element type as the library numbers it."""
        raise NotImplementedError

    def _arrow(self, /) -> tuple[Any, Any]:
        raise NotImplementedError

    def _dlpack(self, code: int, bits: int, versioned: bool, copy: bool, /) -> Any:
        raise NotImplementedError

    def _use(self) -> Handle:
        raise NotImplementedError

    @property
    def type_name(self) -> str:
        """The element type as a word, such as "float64", "bfloat16" or "struct"."""
        return _dtypes.name_of(self._code)

    @property
    def dtype(self) -> Any:
        """The element type as a NumPy dtype; without NumPy its name."""
        code = self._code
        numpy = _dtypes.optional_module("numpy")
        if numpy is None:
            return self.type_name
        if code in _dtypes.TAGGED:
            tagged = _dtypes.numpy_type(code)
            return tagged if tagged is not None else numpy.dtype(f"u{self.itemsize}")
        if code in _dtypes.TYPES:
            return numpy.dtype(_dtypes.TYPES[code].name)
        return numpy.asarray(_one_of(self.format, self.itemsize)).dtype

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    def view(self, *, readonly: bool = False) -> memoryview:
        """Its memory. A read-only view of a buffer that others may write keeps nobody from sealing it."""
        if not readonly:
            return memoryview(self)  # type: ignore[arg-type]
        return memoryview(self._exporter(True))

    def _exporter(self, readonly: bool) -> Exporter:
        """Another exporter of the same memory, which does not keep this object alive."""
        exporter = Exporter()
        exporter._handle = self._use()
        exporter._readonly = readonly
        return exporter

    def numpy(self) -> Any:
        """Its memory as a NumPy array, of an ml_dtypes type where the element type is one of those."""
        numpy = _dtypes.optional_module("numpy")
        if numpy is None:
            raise ImportError("NumPy is not installed; memoryview() needs nothing")
        array = numpy.asarray(memoryview(self))  # type: ignore[arg-type]
        tagged = _dtypes.numpy_type(self._code)
        return array if tagged is None else array.view(tagged)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise InvalidError(f"elements of {array.dtype} cannot be seen as {dtype} without a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """NumPy's protocol of addresses. It keeps the memory in place for as long as this object lives."""
        held = self._held
        if held is None:
            # Not of this object: it would keep itself alive.
            held = self._held = Source(self._exporter(self._readonly))  # type: ignore[misc]
        address, _, _, _, _, readonly, _, _, suboffsets = held.fields()
        if suboffsets:
            raise AttributeError("rows that are reached by pointers have no array interface: make a copy")
        known = _dtypes.TYPES.get(self._code)
        strides = None if self.strides == _dtypes.strides_of(self.shape, self.itemsize) else self.strides
        interface: dict[str, Any] = {
            "version": 3,
            "data": (address, readonly),
            "shape": self.shape,
            "strides": strides,
        }
        if known is not None:
            interface["typestr"] = f"{'|' if known.itemsize == 1 else '<'}{known.kind}{known.itemsize}"
        elif _dtypes.optional_module("numpy") is not None:
            dtype = self.dtype
            interface["typestr"] = dtype.str
            interface["descr"] = dtype.descr
        else:
            interface["typestr"] = f"|V{self.itemsize}"
        return interface

    def __dlpack_device__(self) -> tuple[int, int]:
        return _CPU

    def __dlpack__(
        self,
        *,
        stream: object = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        if stream is not None:
            raise LayoutError("memory of a file has no stream: pass None")
        if dl_device is not None and tuple(dl_device) != _CPU:
            raise LayoutError(f"memory of a file is on device {_CPU}, not {dl_device}")
        known = _dtypes.TYPES.get(self._code)
        if known is None:
            raise LayoutError(f"DLPack has no elements of format {self.format!r}")
        versioned = max_version is not None and max_version[0] >= 1
        return self._dlpack(known.dlpack, 8 * known.itemsize, versioned, bool(copy))

    def __arrow_c_schema__(self) -> Any:
        return self._arrow()[0]

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[Any, Any]:
        """Its elements as a column of Arrow, one entry for each index of the first dimension.

        Nothing is copied where they are close together, and no structures. requested_schema is not looked at: who asked
        can cast.
        """
        return self._arrow()

    def readinto(self, file: Any, *, offset: int | None = None) -> int:
        """Reads from a descriptor or a file object straight into its memory, until that is full or the file ends.

        offset: where in the file; None: at its position, which moves on. Tells how many bytes were read, which may end
        in the middle of an element. Into the middle: view[10:20].readinto(file).
        """
        from deltos._files import read_into

        return read_into(self, file, offset)

    def write_to(self, file: Any, *, offset: int | None = None) -> int:
        """Writes its elements, in C order, to a descriptor or a file object; tells how many bytes those are.

        offset: where in the file; None: at its position, which moves on.
        """
        from deltos._files import write_to

        return write_to(self, file, offset)


def _one_of(format: str, itemsize: int) -> Exporter:
    """Memory of one element, for what wants to see its type."""
    from deltos._exporter import wrap
    from deltos._ffi import ffi, lib
    from deltos._native import VIEW_CELL, call, own
    from deltos._exporter import VIEW

    exporter = Exporter()
    cell = ffi.new(VIEW_CELL)
    with wrap(bytes(itemsize), 0, None) as pointer:
        call(lib.deltos_view_cast, pointer, format.encode(), 0, cell)
    exporter._handle = own(VIEW, cell[0])
    return exporter
