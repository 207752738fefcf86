"""Transactions: changes of structure, all or nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deltos._errors import ClosedError, InvalidError, KindError
from deltos._exporter import TRANSACTION, Handle
from deltos._ffi import ffi, lib
from deltos._native import CData, attempt, call, ending, own, raise_error
from deltos._scopes import Entry, Reader, Writer

if TYPE_CHECKING:
    from deltos._storage import Storage

DURABILITIES: dict[str, int] = {"sync": lib.DELTOS_SYNC, "lazy": lib.DELTOS_LAZY, "async": lib.DELTOS_ASYNC}
_LOOK_AGAIN = 0.05  # seconds: for a transaction that ends without telling, through another handle of the same file


def durability_of(name: str) -> int:
    """The number of a durability."""
    try:
        return DURABILITIES[name]
    except KeyError:
        raise InvalidError(f"durability is one of {', '.join(DURABILITIES)}; not {name!r}") from None


class Turn:
    """Where threads of this process wait until a storage has no open transaction: the library itself never waits."""

    __slots__ = ("_ended", "_thread")

    def __init__(self) -> None:
        self._ended: threading.Condition | None = None
        self._thread: int | None = None

    def renew(self) -> None:
        """After a fork: nobody waits in the child."""
        self._ended = None
        self._thread = None

    def begin(self, storage: Handle, timeout: float | None) -> Handle:
        """Begins a transaction, waiting for another thread's to end. Fails at once when it is this thread's."""
        deadline = None if timeout is None else time.monotonic() + timeout
        cell = ffi.new("deltos_transaction **")
        while True:
            with storage as pointer:
                error = attempt(lib.deltos_transaction_begin, pointer, cell)
            if error is None:
                self._thread = threading.get_ident()
                return own(TRANSACTION, cell[0])
            left = _LOOK_AGAIN if deadline is None else deadline - time.monotonic()
            mine = self._thread == threading.get_ident()
            if error.status != lib.DELTOS_E_BUSY or mine or left <= 0:
                raise_error(error)
            self._pause(min(left, _LOOK_AGAIN))

    def _pause(self, seconds: float) -> None:
        ended = self._ended = self._ended or threading.Condition()
        with ended:
            ended.wait(seconds)

    def wait(self) -> bool:
        """Waits a little for what another thread does with the storage; False, at once, when the transaction is this
        thread's."""
        if self._thread == threading.get_ident():
            return False
        self._pause(_LOOK_AGAIN)
        return True

    def end(self) -> None:
        """Tells those who wait."""
        self._thread = None
        ended = self._ended
        if ended is not None:
            with ended:
                ended.notify_all()


class Transaction(Writer):
    """Changes of structure that appear together or not at all.

    A mapping like the storage, which shows its own changes. As a context manager it commits at the end of the block,
    and aborts when the block raises. One is open at a time in a storage, and one thread uses it at a time.

    Stores into memory that was committed before belong to no transaction: they are seen at once, and not undone.
    """

    __slots__ = ("_durability", "_handle", "_id", "_storage")

    def __init__(self, storage: Storage, handle: Handle, durability: int) -> None:
        self._storage = storage
        self._handle = handle
        self._durability = durability
        self._id: int | None = None

    @property
    def storage(self) -> Storage:
        """The storage that this changes."""
        return self._storage

    @property
    def open(self) -> bool:
        """Whether it can still be committed."""
        return self._handle.alive

    @property
    def id(self) -> int | None:
        """The number of the commit, once there is one."""
        return self._id

    @contextmanager
    def _reading(self) -> Iterator[CData]:
        with self._handle as pointer:
            yield lib.deltos_transaction_snapshot(pointer)

    def _writing(self) -> Handle:
        return self._handle

    def _live(self) -> Writer:
        return self if self.open else self._storage

    def _current(self) -> Reader:
        return self._live()

    def _refuse_closed(self) -> None:
        if not self.open:
            raise ClosedError("the transaction has ended")

    def _entries(self, prefix: str, depth: int) -> Iterator[Entry]:
        return iter([*super()._entries(prefix, depth)])  # at once: it may be changed during the walk

    def commit(self, durability: str | None = None) -> int:
        """Makes all changes appear, at once; tells the number of the commit.

        When it fails the transaction stays open: abort it, or make it smaller and try again.
        """
        level = self._durability if durability is None else durability_of(durability)
        number = ffi.new("uint64_t *")
        with ending(TRANSACTION, self._handle) as cell:
            call(lib.deltos_transaction_commit, cell, level, number)
        self._storage._turn.end()
        self._id = int(number[0])
        return self._id

    def abort(self) -> None:
        """Drops all changes. Views of what it made stay valid, and private."""
        if self.open:
            self._handle.close()
            self._storage._turn.end()

    def __enter__(self) -> Transaction:
        self._refuse_closed()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if not self.open:
            return
        try:
            if kind is None:
                self.commit()
        finally:
            self.abort()

    def __reduce__(self) -> tuple[object, ...]:
        raise KindError("a transaction belongs to its process: pickle the storage, or buffers of it")

    def __repr__(self) -> str:
        return f"<deltos.Transaction, {'open' if self.open else 'ended'}>"
