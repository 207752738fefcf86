"""Storages of persistent objects.

    class MyStorage(Storage):
        def populateSchema(self):
            class Root(self.schema.Structure):
                name = self.schema.ByteString
                age = self.schema.Int

    storage = MyStorage("agents.deltos")
    storage.root.name = b"James Bond"
    storage.root.age.inc()
    storage.close()
"""

from __future__ import annotations

import gc
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NoReturn

import deltos
from deltos.compat.ptypes._descriptor import TypeDescriptor
from deltos.compat.ptypes._schema import Schema, SchemaError
from deltos.compat.ptypes._store import ROOT_KEY, DbFullException, Store, corrupt
from deltos.compat.ptypes._structure import MixIn, StructureMeta
from deltos.compat.ptypes._types import Persistent, PersistentMeta, bound

_PAGE = 4096
_REGISTRY = "ByteString/registry/"


class StringRegistry:
    """One persistent byte string for each content that is asked for: a set of byte strings."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._type: Any = store.types["ByteString"]

    def _name(self, content: bytes) -> str:
        """Made from the content: whoever looks for the same bytes finds the same object."""
        return _REGISTRY + hashlib.blake2b(content, digest_size=20).hexdigest()

    def get(self, key: Any) -> Any:
        """The persistent byte string of that content, made if there is none."""
        content = self._type._bytes_of(_volatile(key))
        with self._store.lock:
            cell = self._store.find(self._name(content)) or self._store.make(self._type, content, self._name(content))
        return self._shown(cell, content)

    def __getitem__(self, key: Any) -> Any:
        """The persistent byte string of that content, if there is one."""
        content = self._type._bytes_of(_volatile(key))
        cell = self._store.find(self._name(content))
        if cell is None:
            raise KeyError(key)
        return self._shown(cell, content)

    def _shown(self, cell: Any, content: bytes) -> Any:
        if cell.buffer.tobytes() != content:
            raise corrupt(f"{cell.name!r} holds other bytes than its name was made from")
        return self._type._proxy(cell)

    def iterkeys(self) -> Iterator[Any]:
        """All byte strings in it, in no order that means anything."""
        with self._store.lock:
            self._store.refuse_closed()
            names = [*self._store.scope().names(_REGISTRY)]
        return (self._type._proxy(self._store.get(name, self._type)) for name in names)

    def itervalues(self) -> NoReturn:
        """A set has none."""
        raise TypeError("Cannot iterate over the values: no value class is defined. (Is this not a Set?)")

    def iteritems(self) -> NoReturn:
        """A set has none."""
        raise TypeError("Cannot iterate over the items: no value class is defined. (Is this not a Set?)")

    @property
    def numberOfUsedEntries(self) -> int:
        """How many there are."""
        with self._store.lock:
            self._store.refuse_closed()
            return sum(1 for _ in self._store.scope().names(_REGISTRY))

    def __repr__(self) -> str:
        return f"<persistent StringRegistry of {self._store.owner!r}>"


def _volatile(key: Any) -> Any:
    return key.contents if isinstance(key, Persistent) and hasattr(key, "contents") else key


class Storage:
    """A file of persistent objects, all of which are reached from its root.

    populateSchema() is overridden to define types; it is called for a file that has none yet. Later the file itself
    says what is in it, so that Storage(fileName) opens any. The file grows; fileSize and stringRegistrySize are
    accepted, and need not be given.

    One process at a time has a file open. What is assigned is seen by whoever opens the file next, also after this
    process was killed; flush() and close() make it survive a power loss, too. durability="sync" does so with each new
    object, reference and transaction(); a number that is stored in place still waits for flush(). maxFileSize limits
    the file; what would not fit raises DbFullException and changes nothing.
    """

    def __init__(
        self,
        fileName: str | os.PathLike[str],
        fileSize: int = 0,
        stringRegistrySize: int = 0,
        *,
        durability: str = "async",
        maxFileSize: int = 0,
    ) -> None:
        if fileSize < 0 or stringRegistrySize < 0:
            raise ValueError("fileSize and stringRegistrySize are 0 or more")
        self._fileName = os.fspath(fileName)
        file = deltos.open(self._fileName, "a", durability=durability, max_file_bytes=maxFileSize)
        try:
            self._store = Store(file, self._fileName, self)
            self._store.schema = Schema(self._store)
            self._createTypes = not self._store.schema.load()
            self._root: Any = None
            self._stringRegistry = StringRegistry(self._store)
            if self._createTypes:
                self._begin()
        except BaseException:
            file.detach()
            raise

    def _begin(self) -> None:
        file = self._store.file
        if len(file) or len(file.attrs):
            raise deltos.FormatError(
                f"File {self._fileName} is incompatible with this version of the graph DB! It is a storage of Deltos"
                " that was made by something else."
            )
        with self._store.changing(whole=True):
            self.populateSchema()

    def populateSchema(self) -> None:
        """Defines the types of a new file. What it raises leaves the file without any."""

    # ---- What it is ------------------------------------------------------------------------------------------------

    @property
    def fileName(self) -> str:
        """The path as it was given."""
        return self._fileName

    @property
    def createTypes(self) -> bool:
        """Whether populateSchema() was called."""
        return self._createTypes

    @property
    def realFileSize(self) -> int:
        """Bytes of the file now."""
        self._store.refuse_closed()
        return self._store.file.info.file_bytes

    @property
    def numPages(self) -> int:
        """Pages of the file now."""
        return -(-self.realFileSize // _PAGE)

    @property
    def schema(self) -> Any:
        """A module that holds the types."""
        return self._store.schema.module

    @property
    def stringRegistry(self) -> StringRegistry:
        """One persistent byte string for each content."""
        return self._stringRegistry

    @property
    def root(self) -> Any:
        """The one structure of type Root, made when it is first asked for."""
        with self._store.lock:
            self._store.refuse_closed()
            if self._root is None or self._root._cell.gone:
                self._root = self._find_root()
            return self._root

    def _find_root(self) -> Any:
        store = self._store
        ptype: Any = store.types.get("Root")
        if not isinstance(ptype, StructureMeta):
            raise SchemaError("The schema contains no type called 'Root'.")
        name = store.scope().attrs.get(ROOT_KEY)
        if name is not None:
            return ptype._unwatched(store.get(str(name), ptype))
        with store.changing() as change:
            root = ptype._unwatched(store.make(ptype, None))
            change.transaction.attrs[ROOT_KEY] = root._cell.name
            root.__init__()
        return root

    # ---- What can be done with it ----------------------------------------------------------------------------------

    def define(self, description: Any) -> Any:
        """Makes the type that a descriptor stands for, or those of a module, by its defineTypes(storage)."""
        if isinstance(description, type) and issubclass(description, TypeDescriptor):
            return self.defineType(description())
        if isinstance(description, TypeDescriptor):
            return self.defineType(description)
        if isinstance(description, ModuleType):
            return description.defineTypes(self)
        raise TypeError(f"Don't know how to define {description!r}")

    def defineType(self, descriptor: TypeDescriptor) -> PersistentMeta:
        """Makes the type that a descriptor stands for."""
        self._store.refuse_closed()
        ptype = bound(descriptor._proxy_class, self._store, descriptor.className)
        self._store.schema.register(ptype)
        return ptype

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is made and assigned in a block happens at its end, or not at all when it raises.

        That is so for numbers, references and new objects. The content of a buffer is memory, and written at once.
        Inside of another block it is a part of that. Other threads wait with their changes until it ends; what they
        read meanwhile may be new already.
        """
        with self._store.changing(whole=True):
            yield

    def collectGarbage(self) -> int:
        """Deletes what neither the root, the string registry nor a living proxy leads to; tells how many objects."""
        self._store.refuse_closed()

        def roots() -> Iterator[str]:
            scope = self._store.scope()
            name = scope.attrs.get(ROOT_KEY)
            yield from () if name is None else (str(name),)
            yield from scope.names(_REGISTRY)

        return self._store.collect(roots())

    def flush(self, asynchronous: bool = False) -> None:
        """Makes everything survive a power loss. Asynchronous: leaves that to the system, which writes at leisure."""
        self._store.refuse_closed()
        if not asynchronous:
            self._store.file.sync()

    def close(self) -> None:
        """Flushes and closes, or refuses while proxies live, and names them."""
        with self._store.lock:
            self._store.refuse_closed()
            if self._store.change is not None:
                raise ValueError(f"Cannot close {self!r} - a transaction is open: leave its block first")
            living = self._store.living()
            if living:
                gc.collect()
                living = self._store.living()
            if living:
                raise ValueError(f"Cannot close {self!r} - some proxies are still around: {living}")
            self.flush()
            self._store.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self._fileName}'>"


__all__ = ["DbFullException", "MixIn", "Persistent", "SchemaError", "Storage", "StringRegistry", "TypeDescriptor"]
