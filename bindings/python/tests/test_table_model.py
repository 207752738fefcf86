"""Tables driven at random, against lists of rows: of their own memory, of others', and stored, across reopening."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import deltos

VALUES = st.integers(0, 200)
PLACES = st.integers(0, 100)


class TableMachine(RuleBasedStateMachine):
    """Rules act on the table and on a list of rows alike."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="deltos-table-"))
        self.storage: deltos.Storage | None = None
        self.views: list[memoryview] = []
        self.readonly = False

    @initialize(
        home=st.sampled_from(["memory", "ragged", "rows", "columns", "buffers", "stored", "stored ragged"]),
        lengths=st.lists(st.integers(1, 5), min_size=1, max_size=5),
    )
    def make(self, home: str, lengths: list[int]) -> None:
        if "ragged" not in home:
            lengths = [lengths[0]] * len(lengths)
        self.model = [[0] * length for length in lengths]
        self.ragged = "ragged" in home
        size: Any = lengths if self.ragged else lengths[0]
        if home.startswith("stored"):
            self.storage = deltos.open(self.directory / "storage", "x", durability="async")
            self.table = self.storage.create_table("table", len(lengths), size, dtype="u1")
        elif home == "rows":
            self.table = deltos.Table.from_rows(np.zeros((2 * len(lengths), lengths[0] + 3), "u1")[::-2, 1:-2])
        elif home == "columns":
            self.table = deltos.Table.from_columns(np.zeros((lengths[0], len(lengths)), "u1", order="F"))
        elif home == "buffers":
            self.table = deltos.Table.from_buffers([bytearray(lengths[0]) for _ in lengths])
        else:
            self.table = deltos.Table(len(lengths), size, dtype="u1")

    def teardown(self) -> None:
        for view in self.views:
            view.release()
        if self.storage is not None:
            self.table.release()
            assert self.storage.verify() == []
            self.storage.close()
        shutil.rmtree(self.directory)

    def refused(self) -> Any:
        return pytest.raises((deltos.ReadOnlyError, deltos.ReadOnlyBufferError))

    # ---- Stores --------------------------------------------------------------------------------------------------------

    @rule(row=PLACES, column=PLACES, value=VALUES, from_end=st.booleans())
    def store_an_element(self, row: int, column: int, value: int, from_end: bool) -> None:
        row %= len(self.model)
        column %= len(self.model[row])
        key = (row - len(self.model), column - len(self.model[row])) if from_end else (row, column)
        if self.readonly:
            with self.refused():
                self.table[key] = value
        else:
            self.table[key] = self.model[row][column] = value

    @rule(row=PLACES, value=VALUES, as_list=st.booleans())
    def store_a_row(self, row: int, value: int, as_list: bool) -> None:
        row %= len(self.model)
        values = [(value + column) % 256 for column in range(len(self.model[row]))]
        given = values if as_list else np.array(values[::-1], "u1")[::-1]
        if self.readonly:
            with self.refused():
                self.table[row] = given
        else:
            self.table[row] = given
            self.model[row] = values

    @precondition(lambda self: not self.ragged)
    @rule(value=VALUES, fortran=st.booleans())
    def copy_a_matrix(self, value: int, fortran: bool) -> None:
        source = np.asarray((np.arange(value, value + sum(map(len, self.model))) % 256).astype("u1"))
        source = np.array(source.reshape(len(self.model), -1), order="F" if fortran else "C")
        if self.readonly:
            with self.refused():
                self.table.copy_from(source)
        else:
            self.table.copy_from(source)
            self.model = source.tolist()

    @precondition(lambda self: self.views)
    @rule(row=PLACES, column=PLACES, value=VALUES)
    def store_through_a_view(self, row: int, column: int, value: int) -> None:
        view = self.views[-1]
        row, column = row % len(self.model), column % len(self.model[0])
        if view.readonly:
            with pytest.raises(TypeError):
                view[row, column] = value
        else:
            view[row, column] = self.model[row][column] = value

    # ---- Views, and what they refuse -----------------------------------------------------------------------------------

    @precondition(lambda self: not self.ragged)
    @rule()
    def take_a_view(self) -> None:
        if len(self.views) < 3:
            self.views.append(memoryview(self.table))
            assert self.views[-1].readonly == self.readonly

    @precondition(lambda self: self.views)
    @rule()
    def drop_a_view(self) -> None:
        self.views.pop(0).release()

    @rule()
    def make_readonly(self) -> None:
        if any(not view.readonly for view in self.views):
            with pytest.raises(deltos.PinnedError):
                self.table.make_readonly()
        else:
            self.table.make_readonly()
            self.readonly = True

    @rule(format=st.sampled_from(["b", "c", "?"]))
    def show_it_as_another_type_and_back(self, format: str) -> None:
        if self.views:
            with pytest.raises(deltos.PinnedError):
                self.table.reinterpret(format=format)
            return
        before = self.table.tobytes()
        self.table.reinterpret(format=format)
        assert self.table.format == format and self.table.tobytes() == before
        self.table.reinterpret(format="B")

    @precondition(lambda self: self.storage is not None)
    @rule()
    def reopen(self) -> None:
        assert self.storage is not None
        while self.views:
            self.views.pop().release()
        self.table.release()
        self.storage.close()
        self.storage = deltos.open(self.directory / "storage", "r+", durability="async")
        self.table = self.storage["table"]
        self.readonly = False

    # ---- What must hold ------------------------------------------------------------------------------------------------

    @invariant()
    def everybody_sees_what_the_model_says(self) -> None:
        assert len(self.table) == len(self.model) and self.table.lengths == tuple(map(len, self.model))
        assert self.table.tolist() == self.model and self.table.readonly == self.readonly
        assert self.table.exports == len(self.views)
        assert all(view.tolist() == self.model for view in self.views)
        if not self.ragged:
            assert np.asarray(self.table.to_dense()).tolist() == self.model


TestTable = TableMachine.TestCase
TestTable.settings = hypothesis.settings(max_examples=500 if os.environ.get("DELTOS_LONG") else 60, stateful_step_count=20)
