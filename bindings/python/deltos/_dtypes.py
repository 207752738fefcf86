"""Element types: the numbers that files hold, their names in Python, and what other protocols call them."""

from __future__ import annotations

import importlib
import math
import operator
from collections.abc import Iterable
from types import ModuleType
from typing import Any, NamedTuple

from deltos._errors import FormatError, InvalidError, TypeMismatchError
from deltos._ffi import lib


class ElementType(NamedTuple):
    """One element type: its name, bytes, array interface kind, and DLPack type code (-1: none)."""

    name: str
    itemsize: int
    kind: str
    dlpack: int


TYPES: dict[int, ElementType] = {
    lib.DELTOS_DTYPE_BOOL: ElementType("bool", 1, "b", 6),
    lib.DELTOS_DTYPE_I8: ElementType("int8", 1, "i", 0),
    lib.DELTOS_DTYPE_I16: ElementType("int16", 2, "i", 0),
    lib.DELTOS_DTYPE_I32: ElementType("int32", 4, "i", 0),
    lib.DELTOS_DTYPE_I64: ElementType("int64", 8, "i", 0),
    lib.DELTOS_DTYPE_U8: ElementType("uint8", 1, "u", 1),
    lib.DELTOS_DTYPE_U16: ElementType("uint16", 2, "u", 1),
    lib.DELTOS_DTYPE_U32: ElementType("uint32", 4, "u", 1),
    lib.DELTOS_DTYPE_U64: ElementType("uint64", 8, "u", 1),
    lib.DELTOS_DTYPE_F16: ElementType("float16", 2, "f", 2),
    lib.DELTOS_DTYPE_F32: ElementType("float32", 4, "f", 2),
    lib.DELTOS_DTYPE_F64: ElementType("float64", 8, "f", 2),
    lib.DELTOS_DTYPE_C64: ElementType("complex64", 8, "c", 5),
    lib.DELTOS_DTYPE_C128: ElementType("complex128", 16, "c", 5),
    lib.DELTOS_DTYPE_BF16: ElementType("bfloat16", 2, "V", 4),
    lib.DELTOS_DTYPE_F8_E4M3: ElementType("float8_e4m3fn", 1, "V", 10),
    lib.DELTOS_DTYPE_F8_E5M2: ElementType("float8_e5m2", 1, "V", 12),
}

OTHER_NAMES: dict[int, str] = {
    lib.DELTOS_DTYPE_OTHER: "other",
    lib.DELTOS_DTYPE_BYTES: "bytes",
    lib.DELTOS_DTYPE_UCS4: "str",
    lib.DELTOS_DTYPE_STRUCT: "struct",
}

CODES: dict[str, int] = {item.name: code for code, item in TYPES.items()}

TAGGED: frozenset[int] = frozenset(
    (lib.DELTOS_DTYPE_BF16, lib.DELTOS_DTYPE_F8_E4M3, lib.DELTOS_DTYPE_F8_E5M2)
)
"""Types without a format character: other code sees their raw bytes."""


def name_of(code: int) -> str:
    """The name of an element type, such as "float64" or "bfloat16"."""
    known = TYPES.get(code)
    return known.name if known else OTHER_NAMES.get(code, "other")


_modules: dict[str, ModuleType | None] = {}


def optional_module(name: str) -> ModuleType | None:
    """A module that may be missing, looked for once."""
    try:
        return _modules[name]
    except KeyError:
        try:
            module: ModuleType | None = importlib.import_module(name)
        except ImportError:
            module = None
        return _modules.setdefault(name, module)


def tagged_of(dtype: Any) -> int:
    """The code of a NumPy dtype that has no format character; 0 for all others."""
    if getattr(dtype, "isbuiltin", 2) != 2:  # all but those that an extension has made; names take long to make
        return 0
    code = CODES.get(getattr(dtype, "name", ""), 0)
    return code if code in TAGGED else 0


def numpy_type(code: int) -> Any:
    """The NumPy dtype of a tagged type: that of ml_dtypes, or None when it is not installed."""
    extension = optional_module("ml_dtypes")
    numpy = optional_module("numpy")
    if extension is None or numpy is None or code not in TAGGED:
        return None
    return numpy.dtype(getattr(extension, TYPES[code].name))


_CODES = {
    "b": {1: "?"},
    "i": {1: "b", 2: "h", 4: "i", 8: "q"},
    "u": {1: "B", 2: "H", 4: "I", 8: "Q"},
    "f": {2: "e", 4: "f", 8: "d"},
    "c": {8: "Zf", 16: "Zd"},
}


def struct_format(dtype: Any) -> str:
    """The format of a NumPy dtype with fields, every byte of padding spelled out.

    NumPy's own leaves out padding at the end, and in nested structures also what says that nothing is aligned.
    """
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return f"({','.join(map(str, shape))}){struct_format(base)}"
    if dtype.names is not None:
        text, position = "", 0
        for name in sorted(dtype.names, key=lambda name: dtype.fields[name][1]):
            field, offset = dtype.fields[name][:2]
            if offset < position:
                raise FormatError(f"the fields of {dtype} overlap, which no format can say")
            text += f"{offset - position}x" if offset > position else ""
            text += f"{struct_format(field)}:{name}:"
            position = offset + field.itemsize
        return f"T{{{text}{dtype.itemsize - position}x}}" if dtype.itemsize > position else f"T{{{text}}}"
    order = ">" if dtype.byteorder == ">" else "="
    if dtype.kind == "S":
        return f"{dtype.itemsize}s"
    if dtype.kind == "U":
        return f"{order}{dtype.itemsize // 4}w"
    try:
        return order + _CODES[dtype.kind][dtype.itemsize]
    except KeyError:
        raise FormatError(f"elements of type {dtype} cannot be stored") from None


def resolve(dtype: Any, format: str | None, shape: tuple[int, ...]) -> tuple[bytes | None, int, tuple[int, ...]]:
    """Format, code and shape for a new buffer, from what a caller may say."""
    if (dtype is None) == (format is None):
        raise TypeMismatchError("a new buffer needs a dtype or a format, and not both")
    if format is not None:
        return format.encode(), 0, shape
    if isinstance(dtype, str) and dtype in CODES:
        return None, CODES[dtype], shape
    numpy = optional_module("numpy")
    if numpy is None:
        raise FormatError(f"without NumPy a dtype is one of {', '.join(CODES)}; or give a format")
    parsed = numpy.dtype(dtype)
    code = tagged_of(parsed)
    if code:
        return None, code, shape
    if parsed.subdtype is not None:
        parsed, inner = parsed.subdtype
        shape += inner
    if parsed.names is not None:
        return struct_format(parsed).encode(), 0, shape
    try:
        return (memoryview(numpy.empty(0, parsed)).format or "B").encode(), 0, shape
    except (TypeError, ValueError, BufferError) as error:
        raise FormatError(f"elements of type {parsed} cannot be stored: {error}") from None


def element_type(type: Any) -> tuple[bytes | None, int]:
    """Format or code of an element type: a name ("float64", "bfloat16"), a format, or a NumPy dtype."""
    if isinstance(type, str) and type not in CODES:
        return type.encode(), 0
    format, code, inner = resolve(type, None, ())
    if inner:
        raise FormatError(f"elements of type {type} are arrays: give their type and a shape")
    return format, code


def shape_of(shape: int | Iterable[int]) -> tuple[int, ...]:
    """A shape as a tuple; a number is one dimension."""
    try:
        lengths: tuple[int, ...] = (operator.index(shape),)  # type: ignore[arg-type]
    except TypeError:
        lengths = tuple(operator.index(length) for length in shape)  # type: ignore[union-attr]
    if any(length < 0 or length >= 2**63 for length in lengths):
        raise InvalidError(f"a shape holds lengths of 0 and more: {lengths}")
    return lengths


def strides_of(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Strides in bytes of C order."""
    return tuple(itemsize * math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
