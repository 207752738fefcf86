"""Buffers: n-dimensional typed memory of a storage, seen without a copy through every protocol Python has."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from deltos import _dtypes
from deltos._content import Content
from deltos._errors import BusyError, ClosedError, InvalidError, LayoutError, TypeMismatchError
from deltos._exporter import OBJECT, Exporter, Handle, Source
from deltos._ffi import ffi, lib
from deltos._native import CData, call, own, text_of

if TYPE_CHECKING:
    from deltos._attributes import Attributes
    from deltos._scopes import Reader
    from deltos._storage import Storage

_CPU = (1, 0)  # DLPack: kDLCPU, first device


def _stat(handle: Handle) -> CData:
    """What the library says about an object; pointers in it are good for as long as the handle."""
    info = ffi.new("deltos_object_info *")
    info.struct_size = ffi.sizeof("deltos_object_info")
    with handle as pointer:
        call(lib.deltos_object_stat, pointer, info)
    return info


def _stat_name(handle: Handle) -> bytes:
    return bytes(ffi.string(_stat(handle).name))


class _Info(NamedTuple):
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


class Buffer(Exporter):
    """A typed n-dimensional array that lives in a storage.

    It is memory, not a copy of it: memoryview(buffer), numpy.asarray(buffer) and every other consumer of the buffer
    protocol look at the file itself, and storing through them changes it for every process at once, where the storage
    was opened for it. Each such view keeps its memory in place until it is released, and the storage refuses to close
    while one lives.

    A buffer describes the object as it was when it was looked up. After somebody has replaced or deleted the object,
    views stay valid and `current` is False; refresh() looks again.
    """

    __slots__ = ("__weakref__", "_held", "_info", "_scope")

    _handle: Handle | None
    _readonly: bool
    _scope: Reader
    _info: _Info | None
    _held: Source | None

    def __init__(self, *_: object) -> None:
        raise TypeError("buffers come from a storage: storage[name] or storage.create(name, ...)")

    @classmethod
    def _of(cls, scope: Reader, handle: Handle) -> Buffer:
        self = cls.__new__(cls)
        self._show(handle)
        self._scope = scope
        self._readonly = not scope.storage._stores
        return self

    def _look_again(self) -> None:
        """Between lookup and first use somebody has replaced the object: whoever asked wants the new one."""
        self._handle = self.storage._open_newest(_stat_name(self._use()))

    def _use(self) -> Handle:
        handle = self._handle
        if handle is None:
            raise ClosedError("the buffer has been released")
        return handle


    def _facts(self) -> _Info:
        known = self._info
        if known is None:
            handle = self._use()
            info = _stat(handle)
            self._fresh = False
            known = self._info = _Info(
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
        return self._scope.storage

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
    def type_name(self) -> str:
        """The element type as a word, such as "float64", "bfloat16" or "struct"."""
        return _dtypes.name_of(self._facts().code)

    @property
    def dtype(self) -> Any:
        """The element type as a NumPy dtype; without NumPy its name."""
        facts = self._facts()
        numpy = _dtypes.optional_module("numpy")
        if numpy is None:
            return self.type_name
        if facts.code in _dtypes.TAGGED:
            tagged = _dtypes.numpy_type(facts.code)
            return tagged if tagged is not None else numpy.dtype(f"u{facts.itemsize}")
        if facts.code in _dtypes.TYPES:
            return numpy.dtype(_dtypes.TYPES[facts.code].name)
        return numpy.asarray(memoryview(self)).dtype

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
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self._facts().shape)

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
        return bool(_stat(self._use()).current)

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

        return Attributes(self._scope._current(), self.name)

    # ---- What it holds ---------------------------------------------------------------------------------------------

    def view(self, *, readonly: bool = False) -> memoryview:
        """Its memory. A read-only view of a buffer that others may write keeps nobody from sealing it."""
        if not readonly:
            return memoryview(self)
        exporter = Exporter()
        exporter._handle = self._use()
        exporter._readonly = True
        return memoryview(exporter)

    def numpy(self) -> Any:
        """Its memory as a NumPy array, of an ml_dtypes type where the element type is one of those."""
        numpy = _dtypes.optional_module("numpy")
        if numpy is None:
            raise ImportError("NumPy is not installed; memoryview(buffer) needs nothing")
        array = numpy.asarray(memoryview(self))
        tagged = _dtypes.numpy_type(self._facts().code)
        return array if tagged is None else array.view(tagged)

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

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise InvalidError(f"a buffer of {array.dtype} cannot be seen as {dtype} without a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """NumPy's protocol of addresses. It keeps the memory in place for as long as this buffer object lives."""
        held = self._held
        if held is None:
            exporter = Exporter()  # not this object: it would keep itself alive
            exporter._handle = self._use()
            exporter._readonly = self._readonly
            held = self._held = Source(exporter)
        facts = self._facts()
        address, _, _, _, _, readonly, _, _, _ = held.fields()
        known = _dtypes.TYPES.get(facts.code)
        interface: dict[str, Any] = {"version": 3, "data": (address, readonly), "shape": facts.shape, "strides": None}
        if known is not None:
            interface["typestr"] = f"{'|' if known.itemsize == 1 else '<'}{known.kind}{known.itemsize}"
        elif _dtypes.optional_module("numpy") is not None:
            dtype = self.dtype
            interface["typestr"] = dtype.str
            interface["descr"] = dtype.descr
        else:
            interface["typestr"] = f"|V{facts.itemsize}"
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
        facts = self._facts()
        known = _dtypes.TYPES.get(facts.code)
        if known is None:
            raise LayoutError(f"DLPack has no elements of format {facts.format!r}")
        versioned = max_version is not None and max_version[0] >= 1
        return self._dlpack(known.dlpack, 8 * known.itemsize, versioned, bool(copy))

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

    # ---- What can be done with it ----------------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Looks again in the newest commit: by id, and when that is gone by name. Tells whether anything changed."""
        handle = self._use()
        cell = ffi.new("deltos_object **", handle.consume())
        changed = ffi.new("uint8_t *")
        done = False
        try:
            call(lib.deltos_object_refresh, cell, changed)
            done = True
        finally:
            handle.consumed(done)
        self._show(own(OBJECT, cell[0]))
        self._scope = self.storage
        return bool(changed[0])

    def _show(self, handle: Handle) -> None:
        self._handle = handle
        self._info = None
        self._held = None

    def seal(self) -> None:
        """Checksums it; nobody writes to it again. Refused while a writable view of it lives in some process."""
        self._change(lib.deltos_object_seal)

    def unseal(self) -> None:
        """Lets it be written again, in a new place: old views and snapshots keep the sealed content."""
        self._change(lib.deltos_object_unseal)

    def _change(self, function: Any) -> None:
        cell = ffi.new("deltos_object **")
        with self._scope._live()._writing() as transaction:
            snapshot = lib.deltos_transaction_snapshot(transaction)
            call(lib.deltos_object_open_id, snapshot, self.id, lib.DELTOS_KIND_BUFFER, cell)
            handle = own(OBJECT, cell[0])
            with handle as pointer:
                call(function, transaction, pointer)
        self._show(handle)

    def advise(self, advice: str) -> None:
        """Tells the system how it will be used: normal, random, sequential, will_need or dont_need."""
        code = getattr(lib, f"DELTOS_ADVICE_{advice.upper()}", None)
        if code is None:
            raise InvalidError("advice is one of normal, random, sequential, will_need and dont_need")
        with self._use() as pointer:
            call(lib.deltos_object_advise, pointer, code)

    def release(self) -> None:
        """Lets go of the object. Views made from it live on."""
        self._handle = None
        self._held = None

    def __reduce__(self) -> tuple[Any, ...]:
        from deltos._pickling import buffer_state, restore_buffer

        return restore_buffer, buffer_state(self)

    def __repr__(self) -> str:
        try:
            return f"<deltos.Buffer {self.name!r} {self.type_name} {self.shape}>"
        except (ClosedError, BusyError):
            return "<deltos.Buffer, closed>"
