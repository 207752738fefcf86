"""Calls into the library: checked, with the GIL released, and with the handles they need kept alive.

Everything above this module is written in terms of Handle, call() and the plain functions of `lib`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from deltos import _exporter
from deltos._errors import InvalidError, TypeMismatchError, error_of, raise_status
from deltos._exporter import Handle
from deltos._ffi import ffi, lib

CData: TypeAlias = Any
"""A pointer or struct of cffi."""

ProgressFunction: TypeAlias = Callable[[int, int], object]
"""Called with work done and work to do (0: not known); returning True cancels."""

_NULL: CData = ffi.NULL


_ADDRESS = ffi.typeof("uintptr_t")
_ERROR = ffi.typeof("deltos_error *")


def _address(pointer: CData) -> int:
    return int(ffi.cast(_ADDRESS, pointer))


_NAMES = ("storage", "snapshot", "transaction", "object", "cursor", "view", "builder", "schema")  # in the order of kinds
_POINTERS = [ffi.typeof(f"deltos_{name} *") for name in _NAMES]
_CELLS = [ffi.typeof(f"deltos_{name} **") for name in _NAMES]


def _pointer_of(kind: int, address: int) -> CData:
    return ffi.cast(_POINTERS[kind], address)


_exporter.bind(
    tuple(_address(ffi.addressof(lib, name)) for name in _exporter.FUNCTIONS),
    raise_status,
    _pointer_of,
)

_spare_errors: list[CData] = []


def attempt(function: Callable[..., int], *arguments: Any) -> CData | None:
    """Calls a function whose last parameter is the error; gives that on failure and None on success."""
    try:
        error = _spare_errors.pop()
    except IndexError:
        error = ffi.new(_ERROR)
    if function(*arguments, error) != 0:
        return error
    _spare_errors.append(error)
    return None


def call(function: Callable[..., int], *arguments: Any, path: bool = False) -> None:
    """Calls a function whose last parameter is the error; raises on failure. path: it looks for a file."""
    error = attempt(function, *arguments)
    if error is not None:
        raise_error(error, path=path)


def raise_error(error: CData, *, path: bool = False) -> None:
    """Raises what an error of attempt() says."""
    status, os_errno = error.status, error.os_errno
    message = ffi.string(error.message).decode("utf-8", "replace")
    _spare_errors.append(error)
    raise error_of(status, message, os_errno, path=path)


OBJECT_CELL = _CELLS[_exporter.OBJECT]
VIEW_CELL = _CELLS[_exporter.VIEW]
BUILDER_CELL = _CELLS[_exporter.BUILDER]
SCHEMA_CELL = _CELLS[_exporter.SCHEMA]


def forget(error: CData) -> None:
    """Takes back an error of attempt() that is of no interest."""
    _spare_errors.append(error)


def own(kind: int, pointer: CData) -> Handle:
    """A handle that releases what the pointer leads to when nobody uses it any more."""
    return Handle(kind, _address(pointer), pointer)


@contextmanager
def ending(kind: int, handle: Handle) -> Iterator[CData]:
    """A cell with the pointer, for a call that ends the handle: when the block ends without an error, that is gone."""
    cell = ffi.new(_CELLS[kind], handle.consume())
    done = False
    try:
        yield cell
        done = True
    finally:
        handle.consumed(done)


def renewed(kind: int, handle: Handle, function: Callable[..., int]) -> tuple[Handle, bool]:
    """What a refreshing function puts in the place of a handle, and whether it says that anything changed."""
    changed = ffi.new("uint8_t *")
    with ending(kind, handle) as cell:
        call(function, cell, changed)
    return own(kind, cell[0]), bool(changed[0])


def told(function: Callable[..., int], struct: str, handle: Handle) -> CData:
    """What a function of the library tells about a handle in a struct with its size in front; pointers in it are good for
    as long as the handle."""
    info = ffi.new(f"{struct} *")
    info.struct_size = ffi.sizeof(struct)
    with handle as pointer:
        call(function, pointer, info)
    return info


def text_of(pointer: CData) -> str:
    """A string of the library."""
    return str(ffi.string(pointer).decode("utf-8", "surrogateescape"))


def bytes_of(text: str, what: str) -> bytes:
    """A string for the library."""
    if not isinstance(text, str):
        raise TypeMismatchError(f"{what} must be a string, not {type(text).__name__}")
    try:
        encoded = text.encode()
    except UnicodeEncodeError as error:
        raise InvalidError(f"{what} is not Unicode text: {error.reason}") from None
    if b"\0" in encoded:
        raise InvalidError(f"{what} contains a NUL character: leave it out")
    return encoded


class Progress:
    """A progress callback, as the library wants it, for the duration of one call."""

    def __init__(self, function: ProgressFunction | None) -> None:
        self._function = function
        self._failure: BaseException | None = None
        self.callback: CData = lib.deltos_python_progress if function else _NULL
        self.user: CData = ffi.new_handle(self) if function else _NULL

    def report(self, done: int, total: int) -> int:
        """Called from inside the library; a failure cancels the call and is raised again behind it."""
        try:
            return 1 if self._function is not None and self._function(done, total) is True else 0
        except BaseException as failure:  # noqa: BLE001  whatever it is, it must not pass through C
            self._failure = failure
            return 1

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure


@ffi.def_extern(name="deltos_python_progress", error=1)  # type: ignore[untyped-decorator]
def _report(done: int, total: int, user: CData) -> int:
    progress: Progress = ffi.from_handle(user)
    return progress.report(done, total)
