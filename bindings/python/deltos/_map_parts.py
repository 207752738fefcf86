"""What building hash maps is made of: kinds and schemas that callers say, columns that are slots of records, and
failures with the number of their pair."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from deltos._building import UNSET, Columns
from deltos._errors import Error, InvalidError, TypeMismatchError
from deltos._exporter import Handle
from deltos._ffi import ffi, lib
from deltos._map_columns import MOST_OBJECTS, listed, plain_column, texts_column, word_of
from deltos._map_tables import Table
from deltos._native import CData
from deltos._records import Record
from deltos._schema import Schema


def _schema_of_value(value: Any) -> Schema | None:
    """The schema of a value that says by itself what slots it has."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return Schema(type(value))
    if isinstance(value, Record):
        table: Any = value._table
        schema: Schema = table._schema_of(value._PARENT)
        return schema
    return None


def key_word(given: Any) -> str | None:
    word = word_of(given)
    if given is not None and word is None:
        raise InvalidError(f"keys are one of str, bytes, int and object, not {given!r}")
    return word


def value_word(given: Any, schema: Any) -> tuple[str | None, Schema | None]:
    """What values are, and their schema."""
    if schema is None and given is not None and word_of(given) is None:
        schema = given
    elif given is not None and schema is not None:
        raise InvalidError("value and schema say the same thing: give one of them")
    if schema is not None:
        return "record", schema if isinstance(schema, Schema) else Schema(schema)
    return word_of(given), None


def refuse_reader(where: Any) -> None:
    if not hasattr(where, "_writing"):
        raise TypeMismatchError(f"a map is stored in a storage or a transaction, not in a {type(where).__name__}")


class Entered:
    """The pointer of a handle for the duration of a block; NULL of none."""

    def __init__(self, handle: Handle | None) -> None:
        self._handle = handle

    def __enter__(self) -> CData:
        return ffi.NULL if self._handle is None else self._handle.__enter__()

    def __exit__(self, *parts: object) -> None:
        if self._handle is not None:
            self._handle.__exit__(*parts)


class Numbered:
    """Failures within the block are told with the number of the pair among all, which is not that among these."""

    def __init__(self, first: int) -> None:
        self._first = first

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, Error) and error.args:
            said = re.sub(r"\b(?:row|pair) (\d+)", self._told, str(error), count=1)
            error.args = (*error.args[:-1], said)

    def _told(self, found: re.Match[str]) -> str:
        return f"pair {self._first + int(found[1])}"


def no_pair(batch: list[Any], first: int) -> Error:
    for number, pair in enumerate(batch, first):
        try:
            _, _ = pair
        except (TypeError, ValueError):
            break
    return TypeMismatchError(f"pair {number}: a pair is a key and a value, not {type(pair).__name__} {pair!r:.40}")


def schema_in(values: Any) -> Schema | None:
    """The schema that the values of a list say they have."""
    return _schema_of_value(values[0]) if isinstance(values, (list, tuple)) and values else None


class SlotColumns:
    """The columns of a table that are the slots of records."""

    def __init__(self, schema: Any, table: Table, count: int) -> None:
        self._count = count
        self._columns: dict[int, Any] = {}
        unknown = set(table.names) - set(schema.names)
        if unknown:
            raise TypeMismatchError(f"the schema has no slot {sorted(unknown)[0]!r}")
        given = set(table.names)
        for number in schema.children():
            name = schema.slots[number].name
            self._columns[number] = self._slot(schema.slots[number], table.column(name)) if name in given else None
        self.most = min((getattr(column, "most", MOST_OBJECTS) for column in self._columns.values()), default=MOST_OBJECTS)

    def __len__(self) -> int:
        return self._count

    def _slot(self, slot: Any, given: Any) -> Any:
        """A column as memory, where it is, or as a list."""
        column = plain_column(given)
        if len(column) != self._count:
            raise TypeMismatchError(f"column {slot.name!r} has {len(column)} items for {self._count} keys")
        word = {lib.DELTOS_TYPE_UTF8: "str", lib.DELTOS_TYPE_BYTES: "bytes"}.get(slot.type)
        source = None if word is None else texts_column(column, word)
        if source is not None:
            return source
        if hasattr(column, "null_count"):
            column = column.to_pylist() if column.null_count else column.to_numpy(zero_copy_only=False)
        return listed(column) if getattr(column, "dtype", None) == object else column

    def fill(self, columns: Columns, first: int, count: int) -> None:
        """Some rows into columns."""
        for number, column in self._columns.items():
            if column is None:
                columns.fill(number, [UNSET] * count)
            elif hasattr(column, "cut"):
                columns.refer(number, column.cut(first, count))
            else:
                columns.fill(number, column[first : first + count])
