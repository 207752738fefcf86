"""Tables of other libraries, as what hash maps are made of: names and columns."""

from __future__ import annotations

import datetime as _dt
import sys
from collections.abc import Callable, Mapping
from typing import Any

from deltos._dtypes import optional_module
from deltos._errors import TypeMismatchError
from deltos._map_columns import plain_column
from deltos._schema import Schema, Slot


class Table:
    """Columns with names, and perhaps an index that can be keys."""

    def __init__(self, names: list[Any], column: Callable[[Any], Any], index: Any = None) -> None:
        self.names, self.column, self._index = names, column, index

    def _only(self, names: list[Any]) -> Table:
        for name in names:
            if name not in self.names:
                raise TypeMismatchError(f"the table has no column {name!r}")
        return Table(names, self.column)

    def chosen(self, keys: Any, values: Any, records: bool) -> tuple[Any, Any]:
        """The column of keys, and that of values or a table of them. keys: a name; None: the index. values: a name, or
        a list of names; None: all others. records: a table is wanted, also of one column."""
        if keys is None:
            if self._index is None:
                raise TypeMismatchError(f"which column has the keys? keys= is one of {', '.join(map(repr, self.names))}")
            key = self._index
        else:
            key = self._only([keys]).column(keys)
        alone = values is not None and not isinstance(values, list)
        names = [values] if alone else values if values is not None else [name for name in self.names if name != keys]
        chosen = self._only(names)
        if len(names) == 1 and not records and (alone or values is None):
            return key, self.column(names[0])
        return key, chosen


def table_of(thing: Any, mapping: bool, series: bool) -> Table | None:
    """A table of whatever has columns; of a mapping only where it is one of columns, and of a series of pandas where its
    index counts."""
    if isinstance(thing, Table):
        return thing
    if mapping:
        return Table(list(thing), thing.__getitem__)
    pandas, pyarrow = sys.modules.get("pandas"), sys.modules.get("pyarrow")
    if pandas is not None and isinstance(thing, pandas.DataFrame):
        return Table(list(thing.columns), thing.__getitem__, thing.index)
    if pandas is not None and isinstance(thing, pandas.Series):
        return Table([thing.name], lambda _: thing, thing.index) if series else None
    if pyarrow is not None and isinstance(thing, (pyarrow.Table, pyarrow.RecordBatch)):
        return Table(list(thing.schema.names), thing.column)
    names = getattr(getattr(thing, "dtype", None), "names", None)
    if names:
        return Table(list(names), thing.__getitem__)
    if hasattr(thing, "__arrow_c_stream__") and not isinstance(thing, Mapping):
        return _of_stream(thing)
    return None


def _of_stream(thing: Any) -> Table | None:
    """A table of polars, DuckDB, or a record table."""
    pyarrow = optional_module("pyarrow")
    if pyarrow is None:
        raise TypeMismatchError(f"the columns of a {type(thing).__name__} are read with pyarrow, which is not installed")
    try:
        table = pyarrow.table(thing)
    except (pyarrow.ArrowInvalid, TypeError, ValueError):  # a column alone
        return None
    return Table(list(table.schema.names), table.column)


# ---- The schema that a table has -------------------------------------------------------------------------------------


def _arrow_type(type: Any) -> Any:
    types: Any = optional_module("pyarrow").types  # type: ignore[union-attr]
    for fits, ours in (
        (lambda it: types.is_string(it) or types.is_large_string(it) or types.is_string_view(it), str),
        (lambda it: types.is_binary(it) or types.is_large_binary(it) or types.is_fixed_size_binary(it), bytes),
        (types.is_boolean, bool),
        (types.is_date32, _dt.date),
        (lambda it: types.is_timestamp(it) and it.unit != "ns" and it.tz is None, _dt.datetime),
    ):
        if fits(type):
            return ours
    if types.is_dictionary(type):
        return _arrow_type(type.value_type)
    if types.is_integer(type) or types.is_floating(type):
        return type.to_pandas_dtype()
    return object


def _type_of_dtype(dtype: Any) -> Any:
    if dtype.kind == "M":
        return _dt.date if dtype == "M8[D]" else _dt.datetime
    named = {"b": bool, "U": str, "S": bytes}.get(dtype.kind)
    return named or (dtype if dtype.kind in "iufc" else object)


def _type_of_objects(objects: list[Any]) -> Any:
    present = [item for item in objects if item is not None]
    for kind in (str, bytes, bool, int, float, _dt.datetime, _dt.date):
        if present and all(type(item) is kind for item in present):
            return Slot(kind, nullable=len(present) < len(objects))
    return object


def _declared(column: Any) -> Any:
    if hasattr(column, "null_count"):
        return Slot(_arrow_type(column.type), nullable=column.null_count > 0)
    if isinstance(column, list):
        return _type_of_objects(column)
    return _type_of_objects(column.tolist()) if column.dtype == object else _type_of_dtype(column.dtype)


def schema_of(table: Table) -> Schema:
    """What the rows of a table are."""
    return Schema({str(name): _declared(plain_column(table.column(name))) for name in table.names})
