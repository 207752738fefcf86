"""deltos.compat.ptypes: structures, byte strings and buffers that outlive their process."""

from __future__ import annotations

import array
import builtins
import doctest
import os
import pickle
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ptypes_agents import Agents

from deltos._exporter import Source
from deltos.compat.ptypes.buffer import Buffer
from deltos.compat.ptypes.storage import MixIn, Storage


@pytest.fixture
def agents(path: Path) -> Any:
    """A new storage of agents."""
    made = Agents(path)
    yield made
    made._store.file.detach()


def described(path: Path, populate: Any, **more: Any) -> Any:
    """A storage with the types that a function defines."""
    return type("Described", (Storage,), {"populateSchema": populate})(path, **more)


# ---- The page, which holds the examples that people know -------------------------------------------------------------


def test_the_examples_of_the_page_do_what_it_says(
    source_tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = source_tree / "bindings" / "python" / "docs" / "coming-from-ptypes.md"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(builtins, "_", None, raising=False)
    failed, attempted = doctest.testfile(str(page), module_relative=False)
    assert failed == 0 and attempted > 40


# ---- Schemas ---------------------------------------------------------------------------------------------------------


def test_a_schema_is_a_module_of_types(agents: Any) -> None:
    shown = [name for name in dir(agents.schema) if not name.startswith("__")]
    assert shown == ["Agent", "Buffer", "ByteString", "Float", "Int", "Root", "Structure"]
    assert repr(agents.schema).startswith("<module 'schema'")
    assert repr(agents.schema.Int) == "<persistent class 'Int'>"
    assert agents.root.ptype is agents.schema.Root
    assert repr(agents.root).startswith("<persistent Root object @offset 0x")


def test_the_schema_is_made_once_and_read_back_by_any_storage(path: Path) -> None:
    first = Agents(path, fileSize=1, stringRegistrySize=32)
    assert first.createTypes and first.fileName == str(path) and repr(first) == f"<Agents '{path}'>"
    first.close()
    again = Storage(path)
    assert not again.createTypes
    assert again.root.best is None and again.root.count == 0  # although nobody had asked for the root before
    again.root.best = again.schema.Agent(age=7)
    assert again.root.best.age == 7
    again.close()


def test_types_may_be_defined_later(path: Path) -> None:
    storage = Storage(path)
    with pytest.raises(Exception, match="The schema contains no type called 'Root'."):
        storage.root  # noqa: B018

    class Root(storage.schema.Structure):  # type: ignore[misc,name-defined]
        number = storage.schema.Int

    storage.root.number = 5
    storage.close()
    again = Storage(path)
    assert again.root.number == 5
    again.close()


def test_what_populating_raises_leaves_the_file_without_types(path: Path) -> None:
    def populate(storage: Any) -> None:
        storage.define(Buffer)
        storage.stringRegistry.get(b"text")
        storage.define("foo")

    with pytest.raises(TypeError, match="Don't know how to define 'foo'"):
        described(path, populate)
    storage = Agents(path)
    assert storage.createTypes and storage.root.count == 0 and storage.stringRegistry.numberOfUsedEntries == 0
    storage.close()


def test_a_module_can_define_types(path: Path) -> None:
    module = types.ModuleType("shapes")
    module.defineTypes = lambda storage: storage.define(Buffer("Shape"))  # type: ignore[attr-defined]
    storage = described(path, lambda self: self.define(module))
    assert storage.schema.Shape(b"x").ptype is storage.schema.Shape
    storage.close()


def test_a_name_stands_for_one_type(agents: Any) -> None:
    for define in (
        lambda: agents.define(Buffer),
        lambda: agents.define(Buffer("Int")),
        lambda: type(agents.schema.Structure)("Agent", (agents.schema.Structure,), {}),
    ):
        with pytest.raises(Exception, match="Redefinition of type '(Buffer|Int|Agent)'."):
            define()
    with pytest.raises(ValueError, match="identifier"):
        agents.define(Buffer("two words"))
    with pytest.raises(TypeError, match="The type Pixels does not accept parameters!"):
        Buffer("Pixels")[agents.schema.Int]


def test_a_type_that_fails_in_a_transaction_is_forgotten(agents: Any) -> None:
    with pytest.raises(ZeroDivisionError), agents.transaction():
        agents.define(Buffer("Extra"))
        1 / 0  # noqa: B018
    assert not hasattr(agents.schema, "Extra")
    agents.define(Buffer("Extra"))


# ---- Numbers ---------------------------------------------------------------------------------------------------------


def test_numbers_begin_with_zero_and_are_changed_in_place(agents: Any) -> None:
    agents.root.best = agents.schema.Agent()
    age, weight = agents.root.best.age, agents.root.best.weight
    assert (age.contents, weight.contents) == (0, 0.0)
    agents.root.best.age = 27
    agents.root.best.weight = 73.5
    age.inc()
    weight.add(1)
    age.contents += 1
    assert (age.contents, weight.contents) == (29, 74.5)
    assert repr(age).startswith("<persistent Int object '29' @offset 0x") and str(age) == "29"
    assert "Float object '74.5'" in repr(weight)


def test_an_int_holds_64_bits(agents: Any) -> None:
    count = agents.root.count
    for number in (2**63 - 1, -(2**63)):
        agents.root.count = number
        assert count.contents == number
    for number in (2**63, -(2**63) - 1):
        with pytest.raises(OverflowError):
            agents.root.count = number
    with pytest.raises(OverflowError):
        count.add(-1)
    assert count.contents == -(2**63)


def test_bits_of_an_int(agents: Any) -> None:
    count = agents.root.count
    for bit in (0, 5, 40, 63):
        assert count.testBit(bit) == 0
        count.setBit(bit)
        assert count.testBit(bit)
    assert count.contents % 2**64 == 2**63 + 2**40 + 2**5 + 1
    count.clearBit(63)
    assert count.contents == 2**40 + 2**5 + 1
    with pytest.raises(ValueError, match="bit 64"):
        count.testBit(64)


@pytest.mark.parametrize("value", [None, 1.5, "1", b"1"])
def test_only_integers_go_into_an_int(agents: Any, value: object) -> None:
    with pytest.raises(TypeError, match="an integer is required"):
        agents.root.count = value
    assert agents.root.count == 0


@pytest.mark.parametrize("value", [None, "1", b"1"])
def test_only_numbers_go_into_a_float(agents: Any, value: object) -> None:
    with pytest.raises(TypeError, match="a float is required"):
        agents.schema.Agent(weight=value)


def test_numbers_compare_with_numbers_of_their_type(agents: Any) -> None:
    agents.root.best = agents.schema.Agent(age=12, weight=0.0)
    age, weight = agents.root.best.age, agents.root.best.weight
    agents.root.count = age  # by value
    assert age == 12 and age == agents.root.count and age != 13 and hash(age) == hash(12)
    assert 11 < age <= 12 < 13 and age >= agents.root.count and not age > 12
    assert age != 12.0 and weight != 0 and weight == 0.0 and weight != age
    with pytest.raises(TypeError, match="<persistent class 'Int'> does not define a sort order for 'x'!"):
        age < "x"  # noqa: B015


def test_numbers_live_in_structures_only(agents: Any) -> None:
    with pytest.raises(TypeError, match="^<persistent class 'Int'> exhibits store-by-value semantics"):
        agents.schema.Int(3)


# ---- Byte strings ----------------------------------------------------------------------------------------------------


def test_byte_strings_hold_any_bytes(agents: Any) -> None:
    for content in (b"James Bond", b"", b"a\0b", bytes(range(256)), b"x" * 100_000):
        agents.root.title = content
        assert agents.root.title == content and agents.root.title.contents == content
        assert hash(agents.root.title) == hash(content) and str(agents.root.title) == content.decode("latin-1")
    agents.root.title = b"007"
    assert repr(agents.root.title).startswith("<persistent ByteString object '007' @offset 0x")
    assert b"006" < agents.root.title < b"008"
    agents.root.title = None
    assert agents.root.title is None
    with pytest.raises(TypeError, match="expected bytes, str found"):
        agents.root.title = "text"


def test_the_registry_keeps_one_string_for_each_content(agents: Any, path: Path) -> None:
    registry = agents.stringRegistry
    with pytest.raises(KeyError):
        registry[b"a"]
    names = [bytes([letter]) * 2000 for letter in range(65, 75)]
    agents.root.title = registry.get(names[0])
    for name in names:
        assert registry.get(name).isSameAs(registry[name]) and registry.get(registry[name]).isSameAs(registry[name])
    assert agents.root.title.isSameAs(registry.get(names[0]))
    assert not agents.root.title.isSameAs(agents.schema.ByteString(names[0]))
    assert sorted(key.contents for key in registry.iterkeys()) == names
    for iterate in (registry.itervalues, registry.iteritems):
        with pytest.raises(TypeError, match=r"Is this not a Set\?"):
            iterate()
    agents.close()
    code = (
        f"from deltos.compat.ptypes.storage import Storage; s = Storage({str(path)!r}); r = s.stringRegistry\n"
        f"for name in {names!r}: assert r[name] == name\nassert r.numberOfUsedEntries == 10\ns.close()"
    )
    for seed in "1", "2":
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONHASHSEED": seed})


# ---- Structures ------------------------------------------------------------------------------------------------------


def test_structures_refer_to_each_other(agents: Any) -> None:
    agents.root.best = agents.root.other = agents.schema.Agent(name=b"Q", age=60)
    assert agents.root.best is not agents.root.best
    assert agents.root.best.isSameAs(agents.root.other) and agents.root.best.id == agents.root.other.id
    agents.root.other.age.inc()
    assert agents.root.best.age == 61
    assert agents.root.best.age.offset not in (agents.root.best.offset, agents.root.best.weight.offset)
    agents.root.other = None
    assert agents.root.other is None and agents.root.best.name == b"Q"


def test_contents_are_a_named_tuple_of_the_fields_by_name(agents: Any) -> None:
    agent = agents.schema.Agent(weight=80.5, name=b"M", age=50)
    assert agent.contents._fields == ("age", "name", "weight") and agent.contents == (50, b"M", 80.5)
    copy = agents.schema.Agent(agent)
    assert copy == agent and hash(copy) == hash(agent) == hash((50, b"M", 80.5)) and not copy.isSameAs(agent)
    agent.contents = types.SimpleNamespace(age=51, name=b"N", weight=81.0, ignored=1)
    assert agent == types.SimpleNamespace(age=51, name=b"N", weight=81.0) != copy
    assert agent != types.SimpleNamespace(age=51) and agent != None and agent != 5  # noqa: E711
    bare = agents.schema.Structure()
    assert bare == bare and bare != agents.schema.Structure() and bare != 5
    with pytest.raises(TypeError, match="^<persistent class 'Agent'> does not define a sort order!"):
        agent < copy  # noqa: B015


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (types.SimpleNamespace(age=1, name=b"x"), AttributeError),
        (types.SimpleNamespace(age=1, name=b"x", weight="heavy"), TypeError),
        (types.SimpleNamespace(age=1, name="x", weight=1.0), TypeError),
    ],
)
def test_contents_that_do_not_fit_change_nothing(agents: Any, source: object, error: type[Exception]) -> None:
    agent = agents.schema.Agent(age=50, name=b"M", weight=1.5)
    with pytest.raises(error):
        agent.contents = source
    assert agent.contents == (50, b"M", 1.5)


def test_unknown_attributes_stay_with_the_proxy(agents: Any) -> None:
    agent = agents.root.best = agents.schema.Agent(age=1, mood="good")
    agent.secret = object()
    assert agent.mood == "good" and not hasattr(agents.root.best, "mood")


def test_a_reference_leads_to_its_own_type_in_its_own_storage(agents: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="^Expected <persistent class 'Agent'>, found <persistent class 'ByteString'>$"):
        agents.root.best = agents.schema.ByteString(b"x")
    other = Agents(tmp_path / "other")
    with pytest.raises(ValueError, match="^Expected a persistent object in <Agents '.*'>, not in <Agents '.*other'>!$"):
        agents.root.best = other.schema.Agent()
    with pytest.raises(TypeError, match="of another storage"):
        type("Bad", (agents.schema.Structure,), {"field": other.schema.Int})
    with pytest.raises(TypeError, match="of another storage"):
        type("Bad", (agents.schema.Structure, other.schema.Agent), {})
    assert agents.root.best is None
    agents.define(Buffer("Image"))
    with pytest.raises(TypeError, match="^Expected <persistent class 'Buffer'>, found <persistent class 'Image'>$"):
        agents.root.pixels = agents.schema.Image(b"x")
    other.close()


class Loud(MixIn):
    """Gives a method."""

    def shout(self) -> bytes:
        return bytes(self.name.contents.upper())  # type: ignore[attr-defined]


def family(storage: Any) -> None:
    """A structure, one derived from it, and a root that may refer to either."""

    class Base(storage.schema.Structure):  # type: ignore[misc,name-defined]
        name = storage.schema.ByteString
        last = storage.schema.Int
        kind = "base"

    class Derived(Loud, Base):
        extra = storage.schema.Float
        first = storage.schema.Int
        partner = Base
        name = storage.schema.ByteString

    class Root(storage.schema.Structure):  # type: ignore[misc,name-defined]
        one = Base


def test_a_derived_structure_goes_where_its_base_goes(path: Path) -> None:
    storage = described(path, family)
    storage.root.one = storage.schema.Derived(name=b"d", last=1, first=2, extra=0.5)
    storage.root.one.partner = storage.root.one  # a cycle
    storage.close()
    again = Storage(path)
    one = again.root.one
    assert one.ptype is again.schema.Derived and isinstance(one, again.schema.Base) and one.kind == "base"
    assert (one.first, one.last, one.extra, one.shout()) == (2, 1, 0.5, b"D")
    assert one.partner.isSameAs(one) and again.collectGarbage() == 0
    del one
    again.close()


def test_a_mix_in_that_is_not_there_is_missed_aloud(path: Path) -> None:
    described(path, family).close()
    code = (
        "import warnings; from deltos.compat.ptypes.storage import Storage\n"
        "with warnings.catch_warnings(record=True) as said:\n"
        f"    warnings.simplefilter('always'); s = Storage({str(path)!r})\n"
        "assert 'Loud' in str(said[0].message) and said[0].category is RuntimeWarning\n"
        "d = s.schema.Derived(name=b'x'); assert not hasattr(d, 'shout')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_fields_are_redefined_by_derived_types_only(path: Path) -> None:
    storage = described(path, family)
    schema = storage.schema
    narrow = type(schema.Root)("Narrow", (schema.Root,), {"one": schema.Derived})
    with pytest.raises(TypeError, match="Expected <persistent class 'Derived'>"):
        narrow(one=schema.Base())
    wide = type(schema.Root)("Wide", (narrow,), {"one": schema.Base})
    with pytest.raises(TypeError, match="Expected <persistent class 'Derived'>"):
        wide(one=schema.Base())
    message = (
        "^Cannot re-define field 'last' defined in <persistent class 'Base'> as <persistent class 'Int'> to be of type"
        " <persistent class 'Float'>!$"
    )
    with pytest.raises(TypeError, match=message):
        type("Bad", (schema.Derived,), {"last": schema.Float})
    with pytest.raises(TypeError, match="Cannot re-define field 'last'"):
        type("Bad", (schema.Derived,), {"last": 5})
    assert not hasattr(schema, "Bad")
    storage.close()


def test_the_file_keeps_no_code(agents: Any) -> None:
    base = agents.schema.Structure
    for members in ({"foo": lambda self: 1}, {"foo": [1]}, {"_foo": 1}):
        with pytest.raises(TypeError, match="'_?foo'"):
            type("Bad", (base,), members)
    with pytest.raises(TypeError, match="Cannot use the volatile class"):
        type("Bad", (array.array, base), {})
    with pytest.raises(ValueError, match="underscore"):
        type("Bad", (base,), {"_foo": agents.schema.Int})
    with pytest.raises(ValueError, match="JSON"):
        type("Bad", (base,), {"foo": float("nan")})
    with pytest.raises(TypeError, match="pickle its contents"):
        pickle.dumps(agents.root)


# ---- Buffers ---------------------------------------------------------------------------------------------------------

ARRAYS = {
    "strided": np.arange(24).reshape(2, 3, 4)[:, ::-1, ::2],
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "scalar": np.array(2.5),
    "empty": np.zeros((3, 0, 2), "i2"),
    "structured": np.array([(1, 2.5), (3, 4.5)], [("x", "i4"), ("y", "f8")]),
    "array": array.array("h", range(5)),
}


@pytest.mark.parametrize("source", ARRAYS.values(), ids=ARRAYS)
def test_buffers_keep_what_they_are_made_from(agents: Any, path: Path, source: Any) -> None:
    agents.root.pixels = source
    agents.close()
    again = Storage(path)
    view = np.asarray(again.root.pixels)
    expected = np.asarray(source)
    assert view.dtype == expected.dtype and view.shape == expected.shape and view.flags.c_contiguous
    assert (view == expected).all() and view.flags.writeable and not view.flags.owndata
    if view.dtype.names is None:
        view[...] = 1
        assert (np.asarray(again.root.pixels) == 1).all()
    assert memoryview(again.root.pixels).tobytes() == view.tobytes()
    del view
    again.close()


def test_a_buffer_is_a_copy_and_equal_to_itself_only(agents: Any) -> None:
    first = agents.schema.Buffer(b"abc")
    second = agents.schema.Buffer(first)
    memoryview(first)[0] = ord("x")
    assert bytes(first) == b"xbc" and bytes(second) == b"abc"
    agents.root.pixels = first
    assert agents.root.pixels == first != second and hash(agents.root.pixels) == hash(first)


def test_what_is_no_buffer_is_refused(agents: Any) -> None:
    with pytest.raises(TypeError, match="^Objects of type 'int' do not support the buffer protocol.$"):
        agents.schema.Buffer(10)
    with pytest.raises(BufferError):
        agents.schema.Buffer(np.array(["2026-01-01"], "M8[D]"))
    with pytest.raises(BufferError):
        Source(agents.schema.Buffer(np.zeros((2, 2))), 0x58)  # PyBUF_F_CONTIGUOUS
