"""Values: any tree of Python objects as data that every language reads in place, in a storage or in bytes."""

from __future__ import annotations

import datetime as _dt
import sys
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from deltos import _exporter
from deltos._content import view_of
from deltos._errors import (
    CorruptError,
    Error,
    InvalidError,
    LimitError,
    RangeError,
    TypeMismatchError,
    UnsupportedError,
)
from deltos._exporter import BUILDER, OBJECT, VIEW, Exporter, Handle, bind_values, packed, put, read_value
from deltos._ffi import ffi, lib
from deltos._keys import alternatives
from deltos._native import BUILDER_CELL, OBJECT_CELL, VIEW_CELL, bytes_of, call, own
from deltos._proxies import Dict, List, Proxy, Set, Tuple
from deltos._view import View

if TYPE_CHECKING:
    from deltos._scopes import Reader

_PLAIN = frozenset((str, int, float, bool, list, tuple, dict, set, frozenset, type(None)))
_EPOCH = _dt.datetime(1970, 1, 1)
_EPOCH_DAY = _EPOCH.toordinal()
_SECOND = _dt.timedelta(seconds=1)
_FINITE = lib.DELTOS_DECIMAL_FINITE
_SPECIAL = {
    "F": lib.DELTOS_DECIMAL_INFINITE,
    "n": lib.DELTOS_DECIMAL_NAN,
    "N": lib.DELTOS_DECIMAL_SIGNALLING_NAN,
}
_SPECIAL_NAMES = {code: {"F": "Infinity", "n": "NaN", "N": "sNaN"}[letter] for letter, code in _SPECIAL.items()}


class Reference:
    """Stands in a value for another object of the same storage: Reference(storage["x"]), or of an id."""

    __slots__ = ("_scope", "id")

    id: int

    def __init__(self, target: Any) -> None:
        self.id = target if isinstance(target, int) else target.id
        self._scope: Reader | None = None

    @property
    def target(self) -> Any:
        """The object, looked up anew; deltos.NotFoundError when it is gone."""
        if self._scope is None:
            raise UnsupportedError("this reference has not been read from a storage")
        from deltos._kinds import opened

        with self._scope._reading() as snapshot:
            kind, handle = opened(lib.deltos_object_open_id, snapshot, self.id)
        return kind._of(self._scope, handle)

    def __eq__(self, other: object) -> bool:
        return self.id == other.id if isinstance(other, Reference) else NotImplemented

    def __hash__(self) -> int:
        return hash((Reference, self.id))

    def __repr__(self) -> str:
        return f"deltos.Reference({self.id})"


# ---- Into values -----------------------------------------------------------------------------------------------------


def _offset_of(moment: _dt.datetime) -> int | None:
    offset = moment.utcoffset()
    if offset is None:
        return None
    seconds, rest = divmod(offset, _SECOND)
    if rest:
        raise InvalidError("a zone of a value is whole seconds from UTC")
    return seconds


def _datetime_item(moment: _dt.datetime) -> tuple[int, int, int, int, bytes]:
    offset = _offset_of(moment)
    clock = moment.replace(tzinfo=None) - _EPOCH
    seconds = clock.days * 86400 + clock.seconds - (offset or 0)
    nanoseconds = clock.microseconds * 1000 + getattr(moment, "nanosecond", 0)
    zone = lib.DELTOS_VALUE_NO_ZONE if offset is None else offset
    return lib.DELTOS_VALUE_DATETIME, zone, seconds, nanoseconds, b""


def _decimal_item(number: Decimal) -> tuple[int, int, int, int, bytes]:
    sign, digits, exponent = number.as_tuple()
    special = _SPECIAL[exponent] if isinstance(exponent, str) else _FINITE
    text = b"" if exponent == "F" else bytes(digit + 48 for digit in digits)
    return lib.DELTOS_VALUE_DECIMAL, special, exponent if isinstance(exponent, int) else 0, sign, text


def _scalar_of_numpy(scalar: Any, numpy: Any) -> Any:
    """A scalar of NumPy as what it is in Python; None where there is nothing like it."""
    if isinstance(scalar, numpy.datetime64):
        if numpy.isnat(scalar):
            return None
        plain = scalar.item()
        if isinstance(plain, _dt.date):
            return describe(plain)
        seconds, nanoseconds = divmod(int(scalar.astype("M8[ns]").astype("i8")), 10**9)
        return lib.DELTOS_VALUE_DATETIME, lib.DELTOS_VALUE_NO_ZONE, seconds, nanoseconds, b""
    plain = scalar.item()
    return [plain] if isinstance(plain, (bool, int, float, str, bytes, tuple)) else None


def describe(thing: Any) -> Any:
    """What put() asks of everything that is not a simple builtin."""
    if isinstance(thing, _dt.datetime):
        return _datetime_item(thing)
    if isinstance(thing, _dt.date):
        return lib.DELTOS_VALUE_DATE, 0, thing.toordinal() - _EPOCH_DAY, 0, b""
    if isinstance(thing, Decimal):
        return _decimal_item(thing)
    if isinstance(thing, Proxy):
        return [thing.to_python()]
    if isinstance(thing, Reference):
        return lib.DELTOS_VALUE_REFERENCE, 0, 0, thing.id, b""
    if isinstance(thing, bytearray):
        return [bytes(thing)]
    numpy = sys.modules.get("numpy")
    described = None
    if numpy is not None and isinstance(thing, numpy.generic):
        described = _scalar_of_numpy(thing, numpy)
    elif is_exporter(thing):
        described = view_of(thing, True)
    if described is None:
        raise TypeMismatchError(
            f"objects of type {type(thing).__name__} cannot be part of a value: store what they are made of, as"
            " builtins, dates, Decimal or arrays"
        )
    return described


def is_exporter(thing: Any) -> bool:
    """Whether something has memory to look at, by any of the protocols for that."""
    if isinstance(thing, (Exporter, bytes, bytearray, memoryview)):
        return True
    if type(thing) in _PLAIN or isinstance(thing, Proxy):
        return False
    protocols = ("__array_interface__", "__array__", "__dlpack__")
    if any(hasattr(thing, protocol) for protocol in protocols):
        return True
    try:
        memoryview(thing).release()
    except TypeError:
        return False
    except (ValueError, BufferError, NotImplementedError):  # it has, but not for this consumer
        return True
    return True


def begun() -> Handle:
    """A builder with nothing in it."""
    cell = ffi.new(BUILDER_CELL)
    call(lib.deltos_value_builder_begin, cell)
    return own(BUILDER, cell[0])


def build(thing: Any, label: str = "value") -> Handle:
    """A builder with an object in it; the label stands for it in messages."""
    builder = begun()
    trail: list[str] = []
    try:
        put(builder, thing, describe, trail)
    except Error as error:
        place = label + "".join(reversed(trail))
        error.args = (*error.args[:-1], f"{error.args[-1]}; at {place}")
        raise
    return builder


def pack(thing: Any) -> bytes:
    """A value as bytes, for unpack() in any process and every language.

    It is made of dict, list, tuple, set, frozenset, str, bytes, int (of 64 bits), float, bool, None, date, datetime,
    Decimal, arrays of any exporter of memory, and proxies, nested at will. What is met twice is stored once, and
    containers may contain themselves.
    """
    return packed(build(thing))


def pack_into(thing: Any, buffer: Any, offset: int = 0) -> int:
    """Writes a value into writable memory; tells how many bytes it has. What is too small stays as it was."""
    return packed_into(lib.deltos_value_builder_pack, build(thing), buffer, offset)


def packed_into(function: Any, builder: Handle, buffer: Any, offset: int) -> int:
    """Writes what a builder has into writable memory, by a function of the library for that."""
    with memoryview(buffer) as given, given.cast("B") as memory:
        if not 0 <= offset <= len(memory):
            raise RangeError(f"offset {offset} is outside memory of {len(memory)} bytes")
        with memory[offset:] as part, ffi.from_buffer(part, require_writable=True) as target:
            size = ffi.new("uint64_t *", len(target))
            with builder as pointer:
                call(function, pointer, target, size)
            return int(size[0])


def _opened_in(function: Any, owner: Any, offset: int) -> Handle:
    """A handle of what is at an offset in an exporter's memory, which it keeps."""
    address, size, release, user = _exporter.lend(owner)
    cell = ffi.new(OBJECT_CELL)
    try:
        call(
            function,
            ffi.cast("void *", address + offset),
            size - offset,
            ffi.cast("deltos_release", release),
            ffi.cast("void *", user),
            cell,
        )
    except BaseException:
        _exporter.give_back(user)
        raise
    return own(OBJECT, cell[0])


def _aligned_copy(buffer: Any, offset: int, head_bytes: int, alignment: int) -> tuple[Any, int] | None:
    """The bytes at an offset where they can be read, and at what offset there, when they are not; else None."""
    address, length, _, user = _exporter.lend(buffer)
    _exporter.give_back(user)
    if not 0 <= offset <= length:
        raise RangeError(f"offset {offset} is outside memory of {length} bytes")
    if (address + offset) % alignment == 0:
        return None
    with memoryview(buffer) as given, given.cast("B") as memory:
        size = int.from_bytes(memory[offset + 8 : offset + 16], "little")
        with memory[offset : min(offset + max(size, head_bytes), len(memory))] as part:
            copied = bytearray(len(part) + alignment)
            place = -int(ffi.cast("uintptr_t", ffi.from_buffer(copied))) % alignment
            copied[place : place + len(part)] = part
    return copied, place


def opened_at(function: Any, buffer: Any, offset: int, head_bytes: int, alignment: int = 8) -> tuple[Handle, Any, int]:
    """Opens a value, record table or hash map at an offset, by a function of the library for that; and what memory it
    lies in, and where. All of them say how long they are behind 8 bytes of other things."""
    copied = _aligned_copy(buffer, offset, head_bytes, alignment)
    owner, place = (buffer, offset) if copied is None else copied
    return _opened_in(function, owner, place), owner, place


def unpack(buffer: Any, offset: int = 0) -> Any:
    """What pack() or pack_into() has written: a builtin, or a proxy that reads the memory where it is and keeps it.

    Nobody may change the memory while proxies of it live. Nothing is copied where the value lies at a multiple of 8
    bytes of the address space, as pack() makes it; elsewhere its bytes are copied once.
    """
    return read_value(opened_at(lib.deltos_value_open_memory, buffer, offset, 32)[0], 0)


def in_memory(thing: Any) -> Handle:
    """A handle of a value of its own."""
    return _opened_in(lib.deltos_value_open_memory, pack(thing), 0)


def whole_of(thing: Any) -> tuple[Handle, int]:
    """Handle and node of a proxy of a whole container; anything else is packed first."""
    if isinstance(thing, Proxy) and thing._slice is None:
        return thing._handle, thing._place
    return in_memory(thing), 0


def stable_hash(thing: Any) -> int:
    """A hash of 64 bits that is the same in every process, language and version: equal values have equal ones.

    Equal as values are: 1, 1.0 and True differ, and so do a list and a tuple; the order in sets and dicts does not
    matter.
    """
    handle, node = whole_of(thing)
    number = ffi.new("uint64_t *")
    with handle as pointer:
        call(lib.deltos_value_hash, pointer, node, number)
    return int(number[0])


def store(scope: Any, name: str, thing: Any) -> None:
    """Stores a value in a storage or transaction; whatever has the name is replaced."""
    encoded = bytes_of(name, "a name")
    builder = build(thing, name)
    from deltos._kinds import found

    with scope._writing() as transaction:
        if found(lib.deltos_transaction_snapshot(transaction), encoded) is not None:
            call(lib.deltos_transaction_delete, transaction, encoded)
        with builder as pointer:
            call(lib.deltos_value_builder_store, pointer, transaction, encoded, ffi.NULL)


# ---- Out of values ---------------------------------------------------------------------------------------------------


class Value:
    """What storages have under a name: found as a builtin or a proxy."""

    _KIND = lib.DELTOS_KIND_VALUE

    @classmethod
    def _of(cls, scope: Reader | None, handle: Handle) -> Any:
        handle.origin = None if scope is None else scope.storage
        return read_value(handle, 0)


def view_of_numbers(sequence: Any) -> View:
    """A list or tuple of a value as memory."""
    cell = ffi.new(VIEW_CELL)
    with sequence._handle as pointer:
        call(lib.deltos_value_view, pointer, sequence._place, lib.DELTOS_VIEW_FULL_RO, cell)
    return View._of(own(VIEW, cell[0]))


def _date_of(days: int) -> _dt.date:
    try:
        return _dt.date.fromordinal(_EPOCH_DAY + days)
    except (ValueError, OverflowError):
        raise LimitError(f"the date {days} days from 1970-01-01 is outside what Python's dates reach") from None


def _datetime_of(zone: int, seconds: int, nanoseconds: int) -> _dt.datetime:
    aware = zone != lib.DELTOS_VALUE_NO_ZONE
    try:
        clock = _EPOCH + _dt.timedelta(seconds=seconds + (zone if aware else 0), microseconds=nanoseconds // 1000)
        return clock.replace(tzinfo=_dt.timezone(_dt.timedelta(seconds=zone))) if aware else clock
    except (ValueError, OverflowError):
        raise LimitError(f"the time {seconds} seconds from 1970 is outside what Python's datetimes reach") from None


def _decimal_of(special: int, exponent: int, negative: int, digits: bytes | None) -> Decimal:
    sign, text = "-" if negative else "", (digits or b"").decode("ascii")
    if special == _FINITE:
        text = f"{text or '0'}E{exponent}"
    else:
        text = _SPECIAL_NAMES[special] + ("" if special == lib.DELTOS_DECIMAL_INFINITE else text)
    try:
        return Decimal(sign + text)
    except InvalidOperation:
        raise LimitError(f"the decimal {sign}{text[:40]} is outside what Python's Decimal reaches") from None


def _decode(kind: int, handle: Handle, *parts: Any) -> Any:
    """Objects of what is neither container nor simple scalar."""
    if kind == lib.DELTOS_VALUE_NDARRAY:
        return View._of(handle)
    detail, i64, u64, data = parts
    if kind == lib.DELTOS_VALUE_DATETIME:
        return _datetime_of(detail, i64, u64)
    if kind == lib.DELTOS_VALUE_DATE:
        return _date_of(i64)
    if kind == lib.DELTOS_VALUE_DECIMAL:
        return _decimal_of(detail, i64, u64, data)
    if kind == lib.DELTOS_VALUE_REFERENCE:
        reference = Reference(u64)
        reference._scope = handle.origin
        return reference
    raise CorruptError(0, f"the value has a node of kind {kind}, which this version does not know")


bind_values(List, Tuple, Set, Dict, _decode, alternatives)
