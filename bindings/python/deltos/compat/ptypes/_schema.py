"""The schema of a file: its types, kept as JSON, one attribute of the storage for each.

What is read from a file describes structures and buffers, and is checked. It names nothing that would be imported or
called.
"""

from __future__ import annotations

import json
import warnings
from types import ModuleType
from typing import TYPE_CHECKING, Any

from deltos.compat.ptypes._store import corrupt
from deltos.compat.ptypes._structure import MixIn, Structure, StructureMeta, mix_in_name
from deltos.compat.ptypes._types import ByteStringProxy, FloatProxy, IntProxy, PersistentMeta, bound
from deltos.compat.ptypes.buffer import PersistentBuffer

if TYPE_CHECKING:
    from deltos.compat.ptypes._store import Store

VERSION_KEY = "ptypes"
_VERSION = 1
_TYPE_KEY = "ptypes.type."


class SchemaError(Exception):
    """What a schema has not, or has already."""


class Schema:
    """The types of one open file, and the module that shows them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loading = True
        self._count = 0
        self.module = ModuleType("schema")
        for name, proxy_class in (
            ("Int", IntProxy),
            ("Float", FloatProxy),
            ("ByteString", ByteStringProxy),
            ("Structure", Structure),
        ):
            self.register(bound(proxy_class, store, name))

    def load(self) -> bool:
        """Makes the types that the file has; tells whether it has a schema."""
        attributes = self._store.file.attrs
        version = attributes.get(VERSION_KEY)
        if version is not None and version != _VERSION:
            raise corrupt(f"{self._store.file_name}: the schema is of version {version!r}, not {_VERSION}")
        texts = {key: attributes[key] for key in attributes if key.startswith(_TYPE_KEY)}
        described = {key: _parsed(key, text) for key, text in texts.items()}
        for key in sorted(described, key=lambda key: described[key]["number"]):
            try:
                self._define(key.removeprefix(_TYPE_KEY), described[key])
            except (AttributeError, KeyError, SchemaError, TypeError, ValueError) as error:
                raise _unusable(key, error) from error
        self._loading = False
        return version is not None

    def _define(self, name: str, description: dict[str, Any]) -> None:
        self._count = max(self._count, description["number"] + 1)
        if description["kind"] == "buffer":
            self.register(bound(PersistentBuffer, self._store, name))
            return
        if description["kind"] != "structure":
            raise ValueError(f"a type of kind {description['kind']!r}")
        bases = [base for base in map(self._base, description["bases"]) if base is not None]
        members = {"__module__": "schema", **description["constants"]}
        members.update((field, self._store.types[type_name]) for field, type_name in description["fields"].items())
        if any(member.startswith("__") for member in [*description["constants"], *description["fields"]]):
            raise ValueError("a name that is Python's own")
        StructureMeta(name, tuple(bases), members)

    def _base(self, name: str) -> type | None:
        if ":" not in name:
            base = self._store.types[name]
            if not isinstance(base, StructureMeta):
                raise ValueError(f"{name!r} is no structure")
            return base
        for mix_in in _mix_ins():
            if mix_in_name(mix_in) == name:
                return mix_in
        warnings.warn(
            f"{self._store.file_name} wants the mix-in {name!r}: without it some methods are missing. Define it first",
            RuntimeWarning,
            stacklevel=6,
        )
        return None

    def register(self, ptype: PersistentMeta) -> None:
        """Takes a new type in, and keeps it in the file unless it comes from there."""
        name = ptype.__name__
        if not name.isidentifier():
            raise ValueError(f"{name!r} cannot be the name of a type: it is no identifier")
        if name in self._store.types:
            raise SchemaError(f"Redefinition of type '{name}'.")
        if self._loading:
            self._remember(name, ptype)
            return
        with self._store.changing() as change:
            attributes = change.transaction.attrs
            attributes[VERSION_KEY] = _VERSION
            attributes[_TYPE_KEY + name] = json.dumps({"number": self._count, **_description(ptype)}, allow_nan=False)
            change.defined.append(name)
            self._remember(name, ptype)
            self._count += 1

    def _remember(self, name: str, ptype: PersistentMeta) -> None:
        self._store.types[name] = ptype
        setattr(self.module, name, ptype)

    def forget(self, name: str) -> None:
        """Drops a type whose definition has failed."""
        if self._store.types.pop(name, None) is not None:
            delattr(self.module, name)


def _description(ptype: PersistentMeta) -> dict[str, Any]:
    if not isinstance(ptype, StructureMeta):
        return {"kind": "buffer"}
    return {
        "kind": "structure",
        "bases": [base.__name__ if isinstance(base, PersistentMeta) else mix_in_name(base) for base in ptype.__bases__],
        "fields": {field.name: field.ptype.__name__ for field in ptype._fields.values()},
        "constants": ptype._constants,
    }


def _parsed(key: str, text: object) -> dict[str, Any]:
    try:
        description = json.loads(text)  # type: ignore[arg-type]
        if not isinstance(description["number"], int):
            raise TypeError("the number of a type is an integer")
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise _unusable(key, error) from error
    return description  # type: ignore[no-any-return]


def _unusable(key: str, error: BaseException) -> Exception:
    return corrupt(f"the attribute {key!r} describes no type: {type(error).__name__}: {error}")


def _mix_ins() -> list[type]:
    found: list[type] = []
    waiting = MixIn.__subclasses__()
    while waiting:
        mix_in = waiting.pop()
        if not isinstance(mix_in, PersistentMeta):
            found.append(mix_in)
            waiting += mix_in.__subclasses__()
    return found
