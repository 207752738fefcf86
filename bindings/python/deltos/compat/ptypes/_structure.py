"""Structures: numbers in place, references by name, classes that are written as Python classes are."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any, ClassVar

import deltos
from deltos.compat.ptypes._store import corrupt
from deltos.compat.ptypes._types import Persistent, PersistentMeta, ReferenceMeta

if TYPE_CHECKING:
    from deltos.compat.ptypes._store import Store

_CONSTANTS = (str, int, float, bool, type(None))
_MISSING = object()


class MixIn:
    """Base of volatile classes that give methods to structures: class Agent(Spy, self.schema.Structure).

    The file keeps their names only. When it is opened again they are looked up among the subclasses of this one that
    the program has defined by then: what a file says can neither import nor call anything else.
    """

    __slots__ = ()


def mix_in_name(mix_in: type) -> str:
    """The name that a schema keeps."""
    return f"{mix_in.__module__}:{mix_in.__qualname__}"


class Field:
    """One attribute of a structure that the file keeps."""

    __slots__ = ("name", "ptype", "slot")

    def __init__(self, name: str, ptype: Any, slot: int) -> None:
        self.name = name
        self.ptype = ptype
        self.slot = slot

    def __get__(self, structure: Structure | None, owner: type) -> Any:
        return self if structure is None else self.ptype._read(structure._cell, self)

    def __set__(self, structure: Structure, value: Any) -> None:
        if self.ptype._by_value:
            self.ptype._write(structure._cell, self, self.ptype._ready(value))
            return
        with self.ptype._store.changing():
            self.ptype._write(structure._cell, self, self.ptype._ready(value))


def _own_fields(store: Store, namespace: dict[str, Any]) -> dict[str, PersistentMeta]:
    """Takes the fields out of what a class statement says."""
    fields = {name: value for name, value in namespace.items() if isinstance(value, PersistentMeta)}
    for name, ptype in fields.items():
        if getattr(ptype, "_store", None) is not store:
            raise TypeError(f"Cannot use {ptype!r} of another storage for the field {name!r}!")
        del namespace[name]
    for name, value in namespace.items():
        if name.startswith("_") and not name.startswith("__"):
            raise TypeError(f"{name!r} starts with an underscore: such names are those of the package")
        if not (name.startswith("__") and name.endswith("__")) and not isinstance(value, _CONSTANTS):
            raise TypeError(
                f"{name!r} is defined as a volatile member {value!r} in a persistent structure: the file keeps text and"
                " numbers, and methods belong into a class derived from MixIn"
            )
    return fields


def _merge(fields: dict[str, tuple[str, Any]], name: str, definer: str, ptype: Any) -> None:
    """Adds a field: a derived type takes effect, the same or a base changes nothing, anything else is refused."""
    known = fields.get(name)
    if known is None or (issubclass(ptype, known[1]) and ptype is not known[1]):
        fields[name] = definer, ptype
    elif not issubclass(known[1], ptype):
        raise TypeError(
            f"Cannot re-define field {name!r} defined in <persistent class '{known[0]}'> as {known[1]!r} to be of type"
            f" {ptype!r}!"
        )


class StructureMeta(ReferenceMeta):
    """The type of structures; a class statement over one of them makes a new one and keeps it in the schema."""

    _fields: dict[str, Field]
    _definers: dict[str, str]
    _constants: dict[str, Any]
    _contents: Any

    def __new__(meta, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> StructureMeta:
        persistent = [base for base in bases if isinstance(base, StructureMeta)]
        if not any(hasattr(base, "_store") for base in persistent):
            return super().__new__(meta, name, bases, namespace)  # the class at the bottom
        store = persistent[0]._store
        for base in bases:
            if not isinstance(base, PersistentMeta) and not issubclass(base, MixIn):
                raise TypeError(f"Cannot use the volatile class {base!r} in a structure: derive it from MixIn")
            if isinstance(base, PersistentMeta) and getattr(base, "_store", None) is not store:
                raise TypeError(f"Cannot derive from {base!r} of another storage!")
        own = _own_fields(store, namespace)
        fields: dict[str, tuple[str, Any]] = {}
        for base in persistent:
            for field in base._fields.values():
                _merge(fields, field.name, base._definers[field.name], field.ptype)
        for field_name, ptype in own.items():
            _merge(fields, field_name, name, ptype)
        constants = {key: value for key, value in namespace.items() if not key.startswith("__")}
        for key in constants:
            if key in fields:
                raise TypeError(f"Cannot re-define field {key!r} defined in <persistent class '{fields[key][0]}'>!")
        cls = super().__new__(meta, name, bases, {**namespace, "_constants": constants})
        cls._settle(fields)
        store.schema.register(cls)
        return cls

    def _settle(cls, fields: dict[str, tuple[str, Any]]) -> None:
        """Gives every number its place and makes the attributes."""
        ordered = sorted(fields)
        numbers = [name for name in ordered if fields[name][1]._by_value]
        make: Any = namedtuple
        cls._contents = make(cls.__name__, ordered)
        cls._definers = {name: fields[name][0] for name in ordered}
        cls._fields = {}
        for name in ordered:
            slot = numbers.index(name) if name in numbers else 0
            field = cls._fields[name] = Field(name, fields[name][1], slot)
            type.__setattr__(cls, name, field)
        text = "".join(f"{fields[name][1]._format}:{name}:" for name in numbers)
        cls._layout = f"T{{{text}}}" if numbers else ""
        cls._refers = len(numbers) < len(ordered)

    def _make(cls, *arguments: Any, **keywords: Any) -> Structure:
        structure: Structure = cls._proxy(cls._store.make(cls, None))
        structure.__init__(*arguments, **keywords)  # type: ignore[misc]
        return structure

    def _check(cls, name: str, buffer: deltos.Buffer) -> None:
        expected, dimensions = (cls._layout, 0) if cls._layout else ("B", 1)
        if buffer.format != expected or buffer.ndim != dimensions:
            raise corrupt(f"{name!r} is no {cls.__name__}: it holds {buffer.format!r}, not {expected!r}")
        if buffer.readonly:
            raise corrupt(f"{name!r} is a structure, and sealed: unseal it with deltos")


class Structure(Persistent, metaclass=StructureMeta):
    """An object with fields. Other attributes may be set, too; they belong to the proxy and not to the file."""

    _fields: ClassVar[dict[str, Field]] = {}
    _definers: ClassVar[dict[str, str]] = {}
    _constants: ClassVar[dict[str, Any]] = {}
    _contents: ClassVar[Any] = namedtuple("_contents", ())

    def __init__(self, source: Any = None, /, **fields: Any) -> None:
        if source is not None:
            self._assign(source)
        for name, value in fields.items():
            setattr(self, name, value)

    def _assign(self, source: Any) -> None:
        """Takes over all fields from an object that has them, or none when one does not fit."""
        values = {name: getattr(source, name) for name in self._fields}
        with self._store.changing(whole=True):
            ready = [(field, field.ptype._ready(values[name])) for name, field in self._fields.items()]
            for field, value in ready:
                field.ptype._write(self._cell, field, value)

    def _shown(self) -> Any:
        kind: Any = type(self)
        return kind._contents(*(field.__get__(self, kind) for field in self._fields.values()))

    @property
    def contents(self) -> Any:
        """All fields as a named tuple of proxies. Assigning takes the fields of any object that has them."""
        return self._shown()

    @contents.setter
    def contents(self, source: Any) -> None:
        self._assign(source)

    def __eq__(self, other: object) -> bool:
        if other is None or not self._fields:
            return super().__eq__(other)
        return all(
            getattr(other, name, _MISSING) == field.__get__(self, type(self)) for name, field in self._fields.items()
        )

    def __hash__(self) -> int:
        return hash(self._shown())

