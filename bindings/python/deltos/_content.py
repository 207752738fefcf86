"""Memory of Python objects as an input of the library: any exporter, in any layout, without a copy."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from deltos._dtypes import TAGGED, TYPES, optional_module, struct_format, tagged_of
from deltos._errors import Error, FormatError, TypeMismatchError
from deltos._exporter import Exporter, Handle, Source, wrap
from deltos._ffi import ffi
from deltos._native import CData


def _exporter_of(value: Any) -> tuple[Any, int]:
    """Something with the buffer protocol, and the element type where its format cannot say it."""
    if isinstance(value, Exporter):
        code = getattr(value, "_code", 0)
        return value, code if code in TAGGED else 0
    code = tagged_of(getattr(value, "dtype", None))
    if code and hasattr(value, "view"):
        return value.view("u2" if TYPES[code].itemsize == 2 else "u1"), code
    return value, 0


def _converted(value: Any) -> Any:
    """An array of something that offers its memory by another protocol than the buffer protocol."""
    numpy = optional_module("numpy")
    if numpy is not None and not isinstance(value, numpy.ndarray):
        if hasattr(value, "__array_interface__") or hasattr(value, "__array__"):
            return numpy.asarray(value)
        if hasattr(value, "__dlpack__"):
            return numpy.from_dlpack(value)
    return None


def _source_of(exporter: Any) -> Source:
    try:
        return Source(exporter)
    except TypeError as error:
        converted = _converted(exporter)
        if converted is None:
            raise TypeMismatchError(
                f"a {type(exporter).__name__} has no memory to look at or to store: give what exports it,"
                " such as an array, bytes or a memoryview"
            ) from error
        return Source(converted)
    except (ValueError, NotImplementedError) as error:  # a dtype that NumPy does not export
        raise FormatError(f"elements of this type cannot be stored: {error}") from None


def view_of(value: Any, readonly: bool = False) -> Handle:
    """A handle of a view of a value's memory, which stays as it is until the last view of it goes."""
    if isinstance(value, Exporter):
        return value._view(readonly)
    exporter, code = _exporter_of(value)
    format = struct_format(value.dtype) if getattr(getattr(value, "dtype", None), "names", None) else None
    try:
        return wrap(exporter, code, format)
    except (TypeError, ValueError, NotImplementedError) as error:
        if isinstance(error, Error):
            raise
        with _source_of(exporter):  # raises what is to be said
            pass
        return view_of(_converted(value))


class Content(AbstractContextManager[CData]):
    """Holds the memory of a value and describes it as a deltos_view."""

    def __init__(self, value: Any) -> None:
        exporter, code = _exporter_of(value)
        self._source = _source_of(exporter)
        address, nbytes, itemsize, ndim, format, readonly, shape, strides, suboffsets = self._source.fields()
        view = ffi.new("deltos_view *")
        view.struct_size = ffi.sizeof("deltos_view")
        view.ndim = ndim
        view.dtype = code
        view.readonly = readonly
        view.data = ffi.cast("void *", address)
        view.nbytes = nbytes
        view.itemsize = itemsize
        if not code and getattr(getattr(value, "dtype", None), "names", None):
            format = struct_format(value.dtype).encode()
        self._format = ffi.new("char[]", format or b"B")
        view.format = ffi.NULL if code else self._format
        if shape:
            view.shape = ffi.cast("int64_t *", shape)
            view.strides = ffi.cast("int64_t *", strides)
            view.suboffsets = ffi.cast("int64_t *", suboffsets)
        self._view = view

    def __enter__(self) -> CData:
        return self._view

    def __exit__(self, *_: object) -> None:
        self._source.__exit__()
