"""Storages: opening them, and everything that concerns the whole of one."""

from __future__ import annotations

import os
import time
import uuid
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from deltos import _exporter
from deltos._errors import ClosedError, Error, InvalidError
from deltos._exporter import OBJECT, STORAGE, Handle
from deltos._ffi import ffi, lib
from deltos._kinds import opened
from deltos._native import (
    OBJECT_CELL,
    CData,
    Progress,
    ProgressFunction,
    attempt,
    bytes_of,
    call,
    ending,
    own,
    raise_error,
    text_of,
    told,
)
from deltos._object import Object
from deltos._options import MODE_NAMES, MODES, Finding, Options, Pin, StorageInfo
from deltos._paths import absolute, path_bytes
from deltos._scopes import Writer
from deltos._snapshot import Snapshot, begin, copy
from deltos._transaction import Transaction, Turn, durability_of

if TYPE_CHECKING:
    from os import PathLike

_CELL = ffi.typeof("deltos_storage **")

_living: weakref.WeakSet[Storage] = weakref.WeakSet()


def _renew_turns() -> None:
    for storage in list(_living):
        storage._turn.renew()


os.register_at_fork(after_in_child=_renew_turns)


class Storage(Writer):
    """A file (or memory) that holds named, typed buffers; many processes may have it open at once.

    A mapping: storage[name] is a Buffer, memory of the file itself; storage[name] = array stores or replaces one,
    all or nothing and durable when the assignment is done; `del`, `in`, iteration and len() are those of a dict, in byte
    order of names. Several changes together: `with storage.transaction() as t`. A state that does not change:
    `with storage.snapshot() as s`.

    close() refuses while views live, and names them. As a context manager it closes at the end of the block.
    """

    __slots__ = ("_handle", "_mode", "_options", "_path", "_stores", "_turn")

    _handle: Handle
    _mode: str
    _options: Options
    _path: bytes | None
    _stores: bool
    _turn: Turn

    def __init__(self, *_: object) -> None:
        raise TypeError("storages are opened: deltos.open(path), deltos.open_memory(data) or deltos.anonymous()")

    @classmethod
    def _of(cls, pointer: CData, mode: str, options: Options, path: bytes | None) -> Storage:
        self = cls.__new__(cls)
        self._handle = own(STORAGE, pointer)
        self._mode = mode
        self._stores = MODES[mode][0] in (lib.DELTOS_MODE_WRITE, lib.DELTOS_MODE_IN_PLACE)
        self._options = options
        self._path = path
        self._turn = Turn()
        if MODES[mode][0] == lib.DELTOS_MODE_WRITE:
            _living.add(self)
        return self

    # ---- What it is ------------------------------------------------------------------------------------------------

    @property
    def storage(self) -> Storage:
        """Itself."""
        return self

    @property
    def path(self) -> str | None:
        """The absolute path it was opened by; None for a descriptor or memory."""
        return None if self._path is None else os.fsdecode(self._path)

    @property
    def mode(self) -> str:
        """The mode it was opened with."""
        return self._mode

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return not self._handle.alive

    def _stat(self) -> CData:
        return told(lib.deltos_storage_stat, "deltos_storage_info", self._handle)

    @property
    def info(self) -> StorageInfo:
        """Facts about it: sizes, counts, commits, pins."""
        info = self._stat()
        return StorageInfo(
            mode=MODE_NAMES.get(info.mode, str(info.mode)),
            uuid=uuid.UUID(bytes=bytes(info.uuid)),
            format_version=(info.format_major, info.format_minor),
            io_failed=bool(info.io_failed),
            lost=bool(info.lost),
            unaligned=bool(info.unaligned),
            **{name: getattr(info, name) for name in StorageInfo._fields[3:14]},
        )

    @property
    def uuid(self) -> uuid.UUID:
        """Made when the storage was created; copy_to() keeps it."""
        return uuid.UUID(bytes=bytes(self._stat().uuid))

    def fileno(self) -> int:
        """Its descriptor, to be passed to another process; borrowed."""
        descriptor = ffi.new("int32_t *")
        with self._handle as pointer:
            call(lib.deltos_storage_fd, pointer, descriptor)
        return int(descriptor[0])

    # ---- Reading and writing ---------------------------------------------------------------------------------------

    def _current(self) -> Storage:
        return self

    @contextmanager
    def _reading(self) -> Iterator[CData]:
        with self._handle as storage:
            snapshot = begin(storage)
        try:
            with snapshot as pointer:
                yield pointer
        finally:
            snapshot.close()

    def _state(self) -> Callable[[], Handle]:
        with self._handle as storage:
            snapshot = begin(storage)
        return lambda: snapshot

    @contextmanager
    def _writing(self) -> Iterator[CData]:
        with self.transaction() as transaction:
            with transaction._handle as pointer:
                yield pointer

    def _refuse_closed(self) -> None:
        if self.closed:
            raise ClosedError("the storage has been closed")

    def _open_newest(self, name: bytes, kind: int) -> Handle:
        cell = ffi.new(OBJECT_CELL)
        with self._handle as storage:
            call(lib.deltos_object_open_newest, storage, name, kind, cell)
        return own(OBJECT, cell[0])

    def __getitem__(self, name: str) -> Any:
        encoded = bytes_of(name, "a name")
        with self._handle as storage:
            kind, handle = opened(lib.deltos_object_open_newest, storage, encoded)
        thing = kind._of(self, handle)
        if issubclass(kind, Object):
            thing._fresh = True
        return thing

    def __len__(self) -> int:
        return int(self._stat().object_count)

    def update(self, other: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), /, **more: Any) -> None:  # type: ignore[override]
        """Stores several things in one transaction."""
        with self.transaction() as transaction:
            transaction.update(other, **more)

    def transaction(self, *, durability: str | None = None, timeout: float | None = None) -> Transaction:
        """Begins a transaction: `with storage.transaction() as t: t[name] = array`.

        durability: what its commit survives; None: as the storage was opened.
        timeout: seconds to wait for another thread's transaction to end; None: as long as it takes.
        """
        level = durability_of(self._options.durability if durability is None else durability)
        return Transaction(self, self._turn.begin(self._handle, timeout), level)

    def snapshot(self) -> Snapshot:
        """Takes a snapshot of the newest commit: `with storage.snapshot() as s`."""
        with self._handle as pointer:
            return Snapshot(self, begin(pointer))

    def sync(self) -> None:
        """Makes everything durable that was committed or stored in place so far."""
        with self._handle as pointer:
            call(lib.deltos_storage_sync, pointer)

    def verify(self, level: str = "full", *, progress: ProgressFunction | None = None) -> list[Finding]:
        """Checks the newest commit ("struct"), also the content of sealed objects ("full"); lists what is wrong."""
        levels = {"struct": lib.DELTOS_VERIFY_STRUCT, "full": lib.DELTOS_VERIFY_FULL}
        if level not in levels:
            raise InvalidError(f"a level is one of {', '.join(levels)}; not {level!r}")
        capacity = 1000
        findings, count = ffi.new("deltos_finding[]", capacity), ffi.new("uint64_t *")
        with Progress(progress) as reporter, self._handle as pointer:
            function = lib.deltos_storage_verify
            call(function, pointer, levels[level], reporter.callback, reporter.user, findings, capacity, count)
        return [
            Finding(item.status, item.object_id, item.file_offset, text_of(item.message))
            for item in findings[0 : min(count[0], capacity)]
        ]

    def pins(self) -> list[Pin]:
        """What is exported through this handle: what close() would name."""
        count, capacity = ffi.new("uint64_t *"), 64
        while True:
            pins = ffi.new("deltos_pin[]", capacity)
            with self._handle as pointer:
                call(lib.deltos_storage_pins, pointer, pins, capacity, count)
            if count[0] <= capacity:
                break
            capacity = count[0]
        return [
            Pin(text_of(pin.name), pin.object_id, pin.view_count, bool(pin.writable), pin.bytes, pin.transaction_id)
            for pin in pins[0 : count[0]]
        ]

    def copy_to(
        self, path: str | PathLike[str], *, replace: bool = False, progress: ProgressFunction | None = None
    ) -> None:
        """Copies the newest commit to a new file, place by place, while the storage is in use."""
        with self._reading() as snapshot:
            copy(snapshot, path, False, replace, progress)

    def compact_to(
        self, path: str | PathLike[str], *, replace: bool = False, progress: ProgressFunction | None = None
    ) -> None:
        """Writes the newest commit to a new, smallest file."""
        with self._reading() as snapshot:
            copy(snapshot, path, True, replace, progress)

    # ---- Its end ---------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Closes it, or refuses: with PinnedError, which names them, while views live; with BusyError while a
        transaction is open. Nothing happens when it has been closed."""
        if self.closed:
            return
        with ending(STORAGE, self._handle) as cell:
            call(lib.deltos_storage_close, cell)

    def detach(self) -> None:
        """Gives it up, whatever lives: views stay valid, and the memory goes with the last of them."""
        self._handle.close()

    def __enter__(self) -> Storage:
        self._refuse_closed()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None:
            self.close()
            return
        try:
            self.close()
        except Error as refusal:  # the error of the block is the one to see
            error.add_note(f"deltos: the storage was detached, because it could not be closed: {refusal}")
            self.detach()

    def __reduce__(self) -> tuple[Any, ...]:
        from deltos._pickling import restore_storage, storage_state

        return restore_storage, storage_state(self)

    def __repr__(self) -> str:
        name = self.path or "memory"
        return f"<deltos.Storage {name!r}, {'closed' if self.closed else self._mode}>"


def _try_to_open(path: int | bytes, mode: str, options: Options, cell: CData, progress: Progress | None) -> CData | None:
    native_mode, create = MODES[mode]
    if not isinstance(path, int):
        return attempt(lib.deltos_storage_open, path, options.native(native_mode, create, progress), cell)
    if create == lib.DELTOS_CREATE_IF_ABSENT:  # it is there
        create = lib.DELTOS_CREATE_NEVER
    return attempt(lib.deltos_storage_open_fd, path, options.native(native_mode, create, progress), cell)


def open_storage(path: Any, mode: str, options: Options, progress: ProgressFunction | None) -> Storage:
    """What deltos.open() does; waits for another writer as long as options.timeout says."""
    if mode not in MODES:
        raise InvalidError(f"a mode is one of {', '.join(MODES)}; not {mode!r}")
    deadline = None if not options.timeout else time.monotonic() + options.timeout
    target = path if isinstance(path, int) else absolute(path_bytes(path))
    cell = ffi.new(_CELL)
    while True:
        if progress is None:
            error = _try_to_open(target, mode, options, cell, None)
        else:
            with Progress(progress) as reporter:
                error = _try_to_open(target, mode, options, cell, reporter)
        if error is None:
            return Storage._of(cell[0], mode, options, None if isinstance(target, int) else target)
        waited = options.timeout is not None and (deadline is None or time.monotonic() >= deadline)
        if error.status != lib.DELTOS_E_LOCKED or waited:
            raise_error(error, path=True)
        time.sleep(0.01)


def open_memory_storage(data: Any, options: Options, progress: ProgressFunction | None) -> Storage:
    """What deltos.open_memory() does."""
    cell = ffi.new(_CELL)
    with Progress(progress) as reporter:
        native = options.native(lib.DELTOS_MODE_STATIC, lib.DELTOS_CREATE_NEVER, reporter)
        address, size, release, user = _exporter.lend(data)
        memory, argument = ffi.cast("void *", address), ffi.cast("void *", user)
        call(lib.deltos_storage_open_memory, memory, size, native, ffi.cast("deltos_release", release), argument, cell)
    return Storage._of(cell[0], "static", options, None)


def anonymous_storage(label: str, options: Options) -> Storage:
    """What deltos.anonymous() does."""
    cell = ffi.new(_CELL)
    native = options.native(lib.DELTOS_MODE_WRITE, lib.DELTOS_CREATE_NEVER)
    call(lib.deltos_storage_open_anonymous, bytes_of(label, "a label"), native, cell)
    return Storage._of(cell[0], "r+", options, None)
