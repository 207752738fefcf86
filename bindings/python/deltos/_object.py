"""Objects: what a storage keeps under a name, seen through every protocol Python has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from deltos import _dtypes
from deltos._errors import BusyError, ClosedError, InvalidError, UnsupportedError
from deltos._exporter import OBJECT, Exporter, Handle, Source
from deltos._ffi import ffi, lib
from deltos._native import OBJECT_CELL, CData, call, own, renewed, text_of, told
from deltos._protocols import Exchange

if TYPE_CHECKING:
    from deltos._attributes import Attributes
    from deltos._scopes import Reader
    from deltos._storage import Storage


def stat(handle: Handle) -> CData:
    """What the library says about an object; pointers in it are good for as long as the handle."""
    return told(lib.deltos_object_stat, "deltos_object_info", handle)


def advise(handle: Handle, advice: str) -> None:
    """Tells the system how an object will be used."""
    code = getattr(lib, f"DELTOS_ADVICE_{advice.upper()}", None)
    if code is None:
        raise InvalidError("advice is one of normal, random, sequential, will_need, dont_need and prefault")
    with handle as pointer:
        call(lib.deltos_object_advise, pointer, code)


class Facts(NamedTuple):
    """What a handle says for as long as it lives."""

    code: int
    id: int
    itemsize: int
    nbytes: int
    name: str
    format: str
    shape: tuple[int, ...]
    sealed: bool
    writable: bool


class Object(Exporter, Exchange):
    """Base of buffers, arrays and tables: memory with a type, which lives in a storage or by itself."""

    __slots__ = ()

    _KIND: int
    _WORD = "object"
    _handle: Handle | None
    _readonly: bool
    _scope: Reader | None
    _info: Facts | None
    _held: Source | None

    @classmethod
    def _of(cls, scope: Reader | None, handle: Handle) -> Any:
        self = cls.__new__(cls)
        self._show(handle)
        self._scope = scope
        self._readonly = scope is not None and not scope.storage._stores
        return self

    def _look_again(self) -> None:
        """Between lookup and first use somebody has replaced the object: whoever asked wants the new one."""
        name = bytes(ffi.string(stat(self._use()).name))
        self._handle = self.storage._open_newest(name, self._KIND)

    def _use(self) -> Handle:
        handle = self._handle
        if handle is None:
            raise ClosedError(f"the {self._WORD} has been released")
        return handle

    def _scope_or_refuse(self) -> Reader:
        scope = self._scope
        if scope is None:
            raise UnsupportedError(f"this {self._WORD} belongs to no storage")
        return scope

    def _facts(self) -> Facts:
        known = self._info
        if known is None:
            handle = self._use()
            info = stat(handle)
            self._fresh = False
            known = self._info = Facts(
                info.dtype,
                info.id,
                info.itemsize,
                info.payload_bytes,
                text_of(info.name) if info.name else "",
                text_of(info.format),
                tuple(info.shape[0 : info.ndim]),
                bool(info.sealed),
                bool(info.writable),
            )
        return known

    # ---- What it is ------------------------------------------------------------------------------------------------

    @property
    def storage(self) -> Storage:
        """The storage it lives in."""
        return self._scope_or_refuse().storage

    @property
    def name(self) -> str:
        """Its name when it was looked up."""
        return self._facts().name

    @property
    def id(self) -> int:
        """A number that no other object of the storage ever has; a rename keeps it."""
        return self._facts().id

    @property
    def shape(self) -> tuple[int, ...]:
        """Its lengths."""
        return self._facts().shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self._facts().shape)

    @property
    def strides(self) -> tuple[int, ...]:
        """Distances in bytes; buffers are stored in C order."""
        facts = self._facts()
        return _dtypes.strides_of(facts.shape, facts.itemsize)

    @property
    def format(self) -> str:
        """The element type as a format string of the struct module and PEP 3118."""
        return self._facts().format

    @property
    def _code(self) -> int:
        return self._facts().code

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._facts().itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._facts().nbytes

    @property
    def readonly(self) -> bool:
        """Whether views of it are read-only: so was the storage opened, or the buffer is sealed."""
        return not self._facts().writable

    @property
    def sealed(self) -> bool:
        """Whether it is checksummed and never written again."""
        return self._facts().sealed

    @property
    def current(self) -> bool:
        """False once the object has been deleted or replaced."""
        return bool(stat(self._use()).current)

    @property
    def file_offset(self) -> int:
        """Where its memory starts in the file, for programs that map it themselves."""
        offset = ffi.new("uint64_t *")
        with self._use() as pointer:
            call(lib.deltos_object_file_offset, pointer, offset)
        return int(offset[0])

    @property
    def attrs(self) -> Attributes:
        """Small typed values kept with the object."""
        from deltos._attributes import Attributes

        return Attributes(self._scope_or_refuse()._current(), self.name)

    # ---- What can be done with it ----------------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Looks again in the newest commit: by id, and when that is gone by name. Tells whether anything changed."""
        changed = self._renew()
        self._scope = self.storage
        return changed

    def _renew(self) -> bool:
        """A handle of what the object is now."""
        handle, changed = renewed(OBJECT, self._use(), lib.deltos_object_refresh)
        self._show(handle)
        return changed

    def _show(self, handle: Handle) -> None:
        self._handle = handle
        self._info = None
        self._held = None

    def seal(self) -> None:
        """Checksums it; nobody writes to it again. Refused while a writable view of it lives in some process."""
        self._alter(lib.deltos_object_seal)

    def unseal(self) -> None:
        """Lets it be written again, in a new place: old views and snapshots keep the sealed content."""
        self._alter(lib.deltos_object_unseal)

    def _alter(self, function: Any) -> None:
        cell = ffi.new(OBJECT_CELL)
        with self._scope_or_refuse()._live()._writing() as transaction:
            snapshot = lib.deltos_transaction_snapshot(transaction)
            call(lib.deltos_object_open_id, snapshot, self.id, self._KIND, cell)
            handle = own(OBJECT, cell[0])
            with handle as pointer:
                call(function, transaction, pointer)
        self._show(handle)

    def advise(self, advice: str) -> None:
        """Tells the system how it will be used: normal, random, sequential, will_need, dont_need, or prefault (map all of it now)."""
        advise(self._use(), advice)

    def release(self) -> None:
        """Lets go of the object. Views made from it live on."""
        self._handle = None
        self._held = None

    def __reduce__(self) -> tuple[Any, ...]:
        from deltos._pickling import object_state, restore_object

        return restore_object, object_state(self)

    def __repr__(self) -> str:
        try:
            return f"<deltos.{type(self).__name__} {self.name!r} {self.type_name} {self.shape}>"
        except (ClosedError, BusyError):
            return f"<deltos.{type(self).__name__}, closed>"
