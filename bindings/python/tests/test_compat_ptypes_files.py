"""deltos.compat.ptypes: closing, transactions, and what is in the file."""

from __future__ import annotations

import gc
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ptypes_agents import Agents

import deltos
from deltos.compat.ptypes.buffer import Buffer
from deltos.compat.ptypes.storage import DbFullException, Storage


@pytest.fixture
def agents(path: Path) -> Any:
    """A new storage of agents."""
    made = Agents(path)
    yield made
    made._store.file.detach()


# ---- The end ---------------------------------------------------------------------------------------------------------


def test_close_names_the_proxies_that_live(agents: Any) -> None:
    agents.root.best = agents.schema.Agent(name=b"Q")
    agents.root.pixels = np.arange(4)
    held = [agents.root.best, agents.root.best.name, agents.root.count, np.asarray(agents.root.pixels)[1:]]
    message = (
        "^Cannot close <Agents '.*'> - some proxies are still around: <persistent Agent object @offset 0x[0-9a-f]+>"
        " <persistent ByteString object 'Q' @offset 0x[0-9a-f]+> <persistent Int object '0' @offset 0x[0-9a-f]+>"
        " <persistent Buffer object @offset 0x[0-9a-f]+>$"
    )
    with pytest.raises(ValueError, match=message):
        agents.close()
    assert held[0].name == b"Q" and agents.root.count == 0  # nothing has happened
    held.clear()
    agents.close()


def test_close_waits_for_no_cycle(agents: Any) -> None:
    agents.root.best = agents.schema.Agent()
    gc.disable()
    try:
        cycle = agents.root.best
        cycle.itself = cycle
        del cycle
        agents.close()
    finally:
        gc.enable()


def test_a_storage_that_nobody_closed_is_collected(path: Path) -> None:
    for number in range(50):
        storage = Agents(path)
        assert storage.root.count == number
        storage.root.count.inc()
        storage.root.best = storage.schema.Agent(name=b"Q", age=number)
        storage.root.pixels = np.arange(number)
        storage.itself = storage.root.best, storage.root.best.age, memoryview(storage.root.pixels)
        del storage
        gc.collect()


def test_what_is_closed_says_so(agents: Any, path: Path) -> None:
    root, registry = agents.root, agents.stringRegistry
    agents.close()
    assert repr(agents) == f"<Agents '{path}'>"
    for use in (
        lambda: agents.root,
        agents.close,
        agents.flush,
        agents.collectGarbage,
        lambda: agents.numPages,
        lambda: agents.define(Buffer("More")),
        lambda: root.count.contents,
        lambda: root.best,
        lambda: setattr(root, "count", 1),
        lambda: setattr(root, "title", b"x"),
        lambda: root.offset,
        lambda: registry.get(b"x"),
        lambda: agents.schema.Agent(),
        lambda: agents.transaction().__enter__(),
    ):
        with pytest.raises(ValueError, match=f"^Storage {path} is closed.$"):
            use()
        gc.collect()


def test_it_does_not_close_inside_of_a_transaction(agents: Any) -> None:
    with agents.transaction(), pytest.raises(ValueError, match="a transaction is open"):
        agents.close()
    agents.close()


# ---- Transactions ----------------------------------------------------------------------------------------------------


def test_a_transaction_is_all_or_nothing(agents: Any, path: Path) -> None:
    agents.root.best = agents.schema.Agent(name=b"before", age=1)
    with pytest.raises(ZeroDivisionError), agents.transaction():
        agents.root.count = 5
        agents.root.best.age.inc()
        agents.root.best.name = agents.stringRegistry.get(b"after")
        lost = agents.root.other = agents.schema.Agent(age=9)
        lost_name = agents.schema.ByteString(b"lost")
        lost_array = agents.schema.Buffer(b"lost")
        assert (agents.root.count, agents.root.best.age, agents.root.best.name) == (5, 2, b"after")
        1 / 0  # noqa: B018
    assert (agents.root.count, agents.root.best.age, agents.root.best.name) == (0, 1, b"before")
    assert agents.root.other is None and agents.stringRegistry.numberOfUsedEntries == 0
    for use in (
        lambda: lost.age.contents,
        lambda: lost_name.contents,
        lambda: memoryview(lost_array),
        lambda: setattr(agents.root, "other", lost),
        lambda: setattr(agents.root, "title", lost_name),
    ):
        with pytest.raises((deltos.StaleError, deltos.ClosedError)):
            use()
    with agents.transaction():
        agents.root.count = 6
        with agents.transaction():
            agents.root.best.age.add(10)
            agents.root.other = agents.schema.Agent(name=b"new")
    with pytest.raises(ZeroDivisionError), agents.transaction():
        agents.root.count.inc()
        1 / 0  # noqa: B018
    del lost, lost_name, lost_array
    agents.close()
    again = Storage(path)
    assert (again.root.count, again.root.best.age, again.root.other.name) == (6, 11, b"new")
    again.close()


def test_a_root_made_in_a_failed_transaction_is_made_again(agents: Any, path: Path) -> None:
    with pytest.raises(ZeroDivisionError), agents.transaction():
        agents.root.count = 5
        1 / 0  # noqa: B018
    assert agents.root.count == 0
    agents.root.count = 1
    agents.root.best = agents.schema.Agent(age=1)
    agents.close()
    again = Storage(path)
    for number in range(2, 6):  # all under names of their own
        again.root.other = again.schema.Agent(age=number)
    assert again.root.count == 1 and again.root.best.age == 1
    again.close()


def test_threads_do_not_come_between_each_other(agents: Any) -> None:
    agents.root.best = agents.schema.Agent()

    def work(number: int) -> None:
        for turn in range(50):
            agents.root.count.inc()
            with agents.transaction():
                agents.root.best.age.inc()
                agents.root.best.name = b"%d" % agents.root.best.age.contents
            if turn % 10 == number:
                agents.root.title = agents.stringRegistry.get(b"%d" % number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert agents.root.count == 200 and agents.root.best.age == 200 and agents.root.best.name == b"200"
    assert agents.stringRegistry.numberOfUsedEntries == 4


# ---- The file --------------------------------------------------------------------------------------------------------


def test_the_file_grows(agents: Any) -> None:
    pages = agents.numPages
    agents.root.pixels = np.zeros(2_000_000)
    assert agents.numPages > pages + 3000 and agents.realFileSize == agents.numPages * 4096
    with pytest.raises(ValueError, match="0 or more"):
        Storage("nowhere", fileSize=-1)


def test_a_full_file_stays_as_it_was(path: Path) -> None:
    storage = Agents(path, maxFileSize=4 << 20)
    storage.root.pixels = b"small"
    with pytest.raises(DbFullException, match="is full.$"):
        storage.root.pixels = np.zeros(1 << 20)
    assert bytes(storage.root.pixels) == b"small"
    storage.root.title = b"goes on"
    storage.close()


def test_garbage_is_what_nothing_leads_to(agents: Any, path: Path) -> None:
    agents.root.best = agents.schema.Agent(name=b"1")
    agents.root.title = agents.stringRegistry.get(b"kept")
    for number in range(20):
        agents.root.best = agents.schema.Agent(name=b"%d" % number)
    held = agents.schema.Agent(name=b"held")
    agents._store.file["mine"] = b"made by somebody else"
    assert agents.collectGarbage() == 40
    assert agents.collectGarbage() == 0
    assert held.name == b"held" and agents.root.best.name == b"19" and agents.root.title == b"kept"
    del held
    assert agents.collectGarbage() == 2
    agents.close()
    with deltos.open(path) as file:
        assert len(file) == 5 and "mine" in file and file.verify() == []


def test_one_process_has_it_open(agents: Any, path: Path) -> None:
    with pytest.raises(deltos.LockedError):
        Storage(path)
    code = f"from deltos.compat.ptypes.storage import Storage; Storage({str(path)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "LockedError" in done.stderr


def test_other_programs_read_it_meanwhile(agents: Any, path: Path) -> None:
    agents.root.best = agents.schema.Agent(name=b"Q", age=60)
    with deltos.open(path) as reader:
        best = reader[reader.attrs["ptypes.root"]].attrs["best"]
        assert reader[best].format == "T{q:age:d:weight:}" and reader[reader[best].attrs["name"]].tobytes() == b"Q"
        agents.root.best.age.inc()
        assert reader[best][()]["age"] == 61


def test_what_is_no_file_of_it_is_refused(path: Path) -> None:
    path.write_bytes(b"ptypes-0.6.0" + bytes(20_000))
    with pytest.raises(deltos.NotDeltosError):
        Storage(path)
    path.unlink()
    with deltos.open(path, "x") as file:
        file["x"] = b"x"
    with pytest.raises(deltos.FormatError, match="is incompatible with this version of the graph DB!"):
        Agents(path)
    with deltos.open(path) as file:
        assert list(file) == ["x"] and not file.attrs


def spoil_type(text: object) -> Any:
    """Something else in place of the description of a type."""

    def spoil(file: deltos.Storage) -> None:
        file.attrs["ptypes.type.Agent"] = text

    return spoil


def spoil_structure(**wrong: object) -> Any:
    """A structure that is described wrongly."""
    right = {"number": 0, "kind": "structure", "bases": ["Structure"], "fields": {}, "constants": {}}
    return spoil_type(json.dumps({**right, **wrong}))


def spoil_attribute(key: str, value: object) -> Any:
    """Something else in an attribute of the storage."""

    def spoil(file: deltos.Storage) -> None:
        file.attrs[key] = value

    return spoil


def spoil_reference(name: str) -> Any:
    """A reference that leads elsewhere."""

    def spoil(file: deltos.Storage) -> None:
        file["Buffer/9"] = b"x"
        file["Agent/9"] = b"no structure"
        file["Nobody/9"] = b"x"
        file[file.attrs["ptypes.root"]].attrs["best"] = name

    return spoil


def seal(file: deltos.Storage) -> None:
    """A structure that cannot be written."""
    file[file.attrs["ptypes.root"]].seal()


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_type("{"),
        spoil_type(5),
        spoil_type("[]"),
        spoil_type("[" * 50_000),
        spoil_type('{"number": "1"}'),
        spoil_type('{"number": 0, "kind": "other"}'),
        spoil_structure(bases=[]),
        spoil_structure(bases=["Int"]),
        spoil_structure(fields={"a": "b"}),
        spoil_structure(fields={"_a": "Int"}),
        spoil_structure(fields=5),
        spoil_structure(constants={"__del__": 1}),
        spoil_structure(constants={"_store": 1}),
        spoil_structure(constants={"a": [1]}),
        spoil_attribute("ptypes", 2),
        spoil_attribute("ptypes.next", -1),
        spoil_attribute("ptypes.next", "1"),
        spoil_attribute("ptypes.type.Int", '{"number": 9, "kind": "buffer"}'),
        spoil_attribute("ptypes.root", "Buffer/9"),
        spoil_attribute("ptypes.root", "Root/9"),
        spoil_reference("Agent/8"),
        spoil_reference("Agent/9"),
        spoil_reference("Buffer/9"),
        spoil_reference("Nobody/9"),
        seal,
    ],
)
def test_a_damaged_file_is_an_error(agents: Any, path: Path, spoil: Any) -> None:
    agents.root.best = agents.schema.Agent()
    agents.close()
    with deltos.open(path, "r+") as file:
        spoil(file)
    storage = None
    with pytest.raises(deltos.CorruptError):
        storage = Storage(path)
        storage.root.best  # noqa: B018
    if storage is not None:
        storage.close()
    deltos.open(path, "r+").close()  # nobody holds it


def test_a_string_of_the_registry_is_what_its_name_says(agents: Any) -> None:
    name = agents.stringRegistry.get(b"right")._cell.name
    gc.collect()
    agents._store._recent.clear()
    agents._store.file[name] = b"wrong"
    with pytest.raises(deltos.CorruptError, match="other bytes"):
        agents.stringRegistry.get(b"right")


KILLED = """
import sys, os
from deltos.compat.ptypes.storage import Storage
storage = Storage(sys.argv[1])
root = storage.root
while True:
    root.count.inc()
    with storage.transaction():
        number = root.best.age.contents + 1
        root.best.age = number
        root.best.name = b"%d" % number
        root.title = storage.stringRegistry.get(b"%d" % (number // 10))
    root.pixels = b"x" * (number % 5000)
    if number % 100 == 0:
        os.write(1, b".")
"""


def test_kill_leaves_whole_steps(agents: Any, path: Path) -> None:
    agents.root.best = agents.schema.Agent(name=b"0")
    agents.root.title = agents.stringRegistry.get(b"0")
    agents.root.pixels = b""
    agents.close()
    before = 0
    for kills in range(1, 5):
        with subprocess.Popen([sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None and process.stdout.read(1) == b"."
            process.send_signal(signal.SIGKILL)
        again = Storage(path)
        root = again.root
        age = root.best.age.contents
        assert age >= 100 * kills and age > before
        assert root.best.name == b"%d" % age and root.title == b"%d" % (age // 10)
        assert age <= root.count.contents <= age + kills  # it may be one ahead each time
        assert len(bytes(root.pixels)) in (age % 5000, (age - 1) % 5000)
        assert again.collectGarbage() > 0
        assert again._store.file.verify() == []
        before = age
        again.close()
