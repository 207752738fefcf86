"""What persistent objects rest upon: names, memory, references and changes that are all or nothing.

A Store is one open file. A Cell is one object of it as this process knows it; there is at most one for each, so what
has been looked up once is known. Nobody else changes the structure meanwhile, because a storage has one writer.
"""

from __future__ import annotations

import errno
import itertools
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import deltos
from deltos._attributes import Attributes
from deltos._errors import error_of
from deltos._ffi import ffi, lib

if TYPE_CHECKING:
    from deltos._scopes import Writer
    from deltos.compat.ptypes._schema import Schema
    from deltos.compat.ptypes._types import Persistent, PersistentMeta

NEXT_KEY = "ptypes.next"
ROOT_KEY = "ptypes.root"
_NUMBERS_AT_ONCE = 1024
_CELLS_KEPT = 256


class DbFullException(deltos.NoSpaceError):
    """The disk is full, or the file has the size that it was limited to."""


def corrupt(message: str) -> deltos.Error:
    """The error for a file that does not hold what it says."""
    return error_of(lib.DELTOS_E_CORRUPT, message)


class _Gone:
    """Stands for memory that is there no more."""

    def __init__(self, error: type[Exception], message: str) -> None:
        self._error = error
        self._message = message

    def __getitem__(self, key: object) -> Any:
        raise self._error(self._message)

    def __setitem__(self, key: object, value: object) -> None:
        raise self._error(self._message)


class Cell:
    """One object: its content, the 8-byte words of it where it is a structure, and the names it refers to."""

    __slots__ = ("__weakref__", "_references", "buffer", "floats", "gone", "name", "ptype", "words")

    def __init__(self, name: str, ptype: PersistentMeta, buffer: deltos.Buffer) -> None:
        self.name = name
        self.ptype = ptype
        self.gone: _Gone | None = None
        self._references: dict[str, str] | None = None
        self.attach(buffer)

    def attach(self, buffer: deltos.Buffer) -> None:
        """Uses that memory from now on."""
        self.ptype._check(self.name, buffer)
        self.buffer = buffer
        self.words: Any = None
        self.floats: Any = None
        if self.ptype._layout:
            # Not by way of a memoryview: the collector of Python 3.11 may clear one that still has exports, and crash.
            self.words = ffi.from_buffer("int64_t[]", buffer)
            self.floats = ffi.from_buffer("double[]", buffer)

    def detach(self, gone: _Gone) -> None:
        """Lets go of the memory; whoever uses the object is told why."""
        self.words = self.floats = self.gone = gone
        self._references = None
        self.buffer.release()

    @property
    def references(self) -> dict[str, str]:
        """Names of other objects by field."""
        if self.gone is not None:
            self.gone[self.name]
        if self._references is None:
            self._references = self.ptype._store.references_of(self.name)
        return self._references

    def forget(self) -> None:
        """Looks the references up anew when they are asked for."""
        self._references = None

    def starts_empty(self) -> None:
        """It is new: there are no references to look up."""
        self._references = {}

    @property
    def number(self) -> int:
        """What tells it from all other objects."""
        if self.gone is not None:
            self.gone[self.name]
        return self.buffer.id


class Change:
    """An open transaction, and what this process has to take back when it fails."""

    def __init__(self, transaction: deltos.Transaction, whole: bool) -> None:
        self.transaction = transaction
        self.whole = whole
        self.made: dict[Cell, None] = {}
        self.rewritten: dict[Cell, None] = {}
        self.referring: dict[Cell, None] = {}
        self.defined: list[str] = []


class _Watch(weakref.ref["Persistent"]):
    """A weak reference that knows its place in a dictionary: proxies are equal and hashed by what they show."""

    __slots__ = ("place",)
    place: int


class Store:
    """One open file."""

    schema: Schema

    def __init__(self, file: deltos.Storage, file_name: str, owner: object) -> None:
        self.file = file
        self.file_name = file_name
        self.owner = owner
        self.lock = threading.RLock()
        self.types: dict[str, PersistentMeta] = {}
        self.change: Change | None = None
        self._cells: weakref.WeakValueDictionary[str, Cell] = weakref.WeakValueDictionary()
        self._recent: deque[Cell] = deque(maxlen=_CELLS_KEPT)  # found again without looking into the file
        self._watched: dict[int, _Watch] = {}
        self._places = itertools.count()
        watched = self._watched  # not this object: the watches would keep it alive
        self._unwatch: Callable[[Any], object] = lambda watch: watched.pop(watch.place, None)
        self._limit = self._next = self._first_number()

    def _first_number(self) -> int:
        number = self.file.attrs.get(NEXT_KEY, 1)
        if not isinstance(number, int) or not 1 <= number < 2**62:
            raise corrupt(f"{self.file_name}: the next number is {number!r}")
        return number

    # ---- Changes ---------------------------------------------------------------------------------------------------

    @contextmanager
    def changing(self, *, whole: bool = False) -> Iterator[Change]:
        """A transaction for the duration of a block, or the one that is open: what fails leaves nothing behind.

        whole: numbers in structures are part of it, too; otherwise they are stored in place at once.
        """
        with self.lock:
            self.refuse_closed()
            change = self.change
            if change is None:
                with self._beginning(whole) as change:
                    yield change
                return
            before, change.whole = change.whole, change.whole or whole
            try:
                yield change
            finally:
                change.whole = before

    @contextmanager
    def _beginning(self, whole: bool) -> Iterator[Change]:
        change = self.change = Change(self.file.transaction(), whole)
        try:
            yield change
            change.transaction.commit()
            self.change = None
        except BaseException as error:
            change.transaction.abort()
            self.change = None
            self._undo(change)
            if self._is_full(error):
                raise DbFullException(errno.ENOSPC, f"{self.file_name} is full.") from error
            raise

    def _is_full(self, error: BaseException) -> bool:
        limit = self.file._options.max_file_bytes
        beyond = isinstance(error, deltos.LimitError) and limit > 0 and str(error).endswith(f"limit of {limit}")
        return beyond or isinstance(error, deltos.NoSpaceError)

    def _undo(self, change: Change) -> None:
        self._limit = self._next  # whether the numbers beyond are reserved is not known
        gone = _Gone(deltos.StaleError, "the object was made in a transaction that has failed: make it again")
        for cell in change.made:
            self._cells.pop(cell.name, None)
            cell.detach(gone)
        for cell in change.rewritten:
            cell.attach(self.file[cell.name])
        for cell in change.referring:
            cell.forget()
        for name in change.defined:
            self.schema.forget(name)

    def scope(self) -> Writer:
        """Where to look: the open transaction, or the newest commit."""
        return self.file if self.change is None else self.change.transaction

    def refuse_closed(self) -> None:
        """Raises when the file has been closed."""
        if self.file.closed:
            raise ValueError(f"Storage {self.file_name} is closed.")

    # ---- Objects ---------------------------------------------------------------------------------------------------

    def new_name(self, type_name: str) -> str:
        """A name that no object has had. Numbers are reserved in the file many at once."""
        with self.changing() as change:
            if self._next == self._limit:
                self._limit += _NUMBERS_AT_ONCE
                change.transaction.attrs[NEXT_KEY] = self._limit
            self._next += 1
            return f"{type_name}/{self._next - 1}"

    def make(self, ptype: PersistentMeta, content: Any, name: str | None = None) -> Cell:
        """A new object; content is what exports memory, or None for a structure of zeros."""
        with self.changing() as change:
            name = name or self.new_name(ptype.__name__)
            if content is None and ptype._layout:
                buffer = change.transaction.create(name, format=ptype._layout)
            else:
                change.transaction._put_memory(name, b"" if content is None else content)
                buffer = change.transaction[name]
            cell = self._keep(Cell(name, ptype, buffer))
            cell.starts_empty()
            change.made[cell] = None
            return cell

    def find(self, name: str) -> Cell | None:
        """The object of a name, if there is one."""
        cell = self._cells.get(name)
        if cell is None:
            with self.lock:
                self.refuse_closed()
                ptype = self.types.get(name.partition("/")[0])
                try:
                    buffer = self.scope()[name]
                except deltos.NotFoundError:
                    return None
                if ptype is None:
                    raise corrupt(f"{self.file_name}: {name!r} is of no type that the schema has")
                cell = self._keep(Cell(name, ptype, buffer))
        return cell

    def _keep(self, cell: Cell) -> Cell:
        self._cells[cell.name] = cell
        self._recent.append(cell)
        return cell

    def get(self, name: str, expected: PersistentMeta) -> Cell:
        """The object that a reference leads to."""
        cell = self.find(name)
        if cell is None or not issubclass(cell.ptype, expected):
            raise corrupt(f"{self.file_name}: {name!r} is referred to as {expected.__name__!r}, and it is not there")
        return cell

    def references_of(self, name: str) -> dict[str, str]:
        """The attributes of an object that hold names, read in one snapshot."""
        with self.lock:
            if self.change is not None:
                return _texts(Attributes(self.change.transaction, name))
            with self.file.snapshot() as snapshot:
                return _texts(Attributes(snapshot, name))

    def refer(self, cell: Cell, field: str, target: str | None) -> None:
        """Makes a field refer to another object, or to none."""
        known = cell.references
        with self.changing() as change:
            attributes = Attributes(change.transaction, cell.name)
            change.referring[cell] = None
            if target is not None:
                attributes[field] = known[field] = target
            elif field in known:
                del attributes[field], known[field]

    def before_storing(self, cell: Cell) -> None:
        """Called with the lock before numbers of a structure change: inside of transaction() they change in a copy."""
        change = self.change
        if change is None or not change.whole or cell in change.made or cell in change.rewritten or cell.gone:
            return
        change.transaction[cell.name] = cell.buffer
        cell.attach(change.transaction[cell.name])
        change.rewritten[cell] = None

    def collect(self, roots: Iterator[str]) -> int:
        """Deletes the objects that neither the roots nor this process can reach; tells how many."""
        with self.changing() as change:
            names = [name for name in change.transaction if name.partition("/")[0] in self.types]
            reached: set[str] = set()
            self._recent.clear()
            waiting = [*roots, *self._cells.keys()]
            while waiting:
                name = waiting.pop()
                if name in reached:
                    continue
                reached.add(name)
                ptype = self.types.get(name.partition("/")[0])
                if ptype is not None and ptype._refers:
                    waiting += self.references_of(name).values()
            lost = [name for name in names if name not in reached]
            for name in lost:
                del change.transaction[name]
            return len(lost)

    # ---- Proxies ---------------------------------------------------------------------------------------------------

    def watch(self, proxy: Persistent) -> None:
        """close() will ask whether it still lives."""
        watch = _Watch(proxy, self._unwatch)
        watch.place = place = next(self._places)
        self._watched[place] = watch

    def living(self) -> str:
        """How the proxies that live describe themselves. They are in no variable behind this call."""
        proxies = [watch() for watch in [*self._watched.values()]]
        return " ".join(repr(proxy) for proxy in proxies if proxy is not None)

    def close(self) -> None:
        """Lets go of all memory and closes the file."""
        gone = _Gone(ValueError, f"Storage {self.file_name} is closed.")
        for cell in [*self._cells.values()]:
            cell.detach(gone)
        self._cells.clear()
        self._recent.clear()
        self.file.close()


def _texts(attributes: Attributes) -> dict[str, str]:
    return {key: value for key, value in attributes.items() if isinstance(value, str)}
