"""CPython's own tests of its array module, run against deltos.Array."""

from __future__ import annotations

import importlib.util
import sys
import types
import unittest
from collections.abc import Iterator

import pytest

import deltos
from deltos._growing import typecodes

specification = importlib.util.find_spec("test.test_array") if importlib.util.find_spec("test") else None
if specification is None:
    pytest.skip("CPython's test package is not installed", allow_module_level=True)
if sys.version_info >= (3, 13):
    pytest.skip("CPython 3.13 tests the type code w, and warnings about u, as array.array has them", allow_module_level=True)

# What is not so here, each with its reason. A name without a class stands for the test in every class.
EXCEPTIONS = {
    "test_sizeof_with_buffer": "elements are not in memory of Python's",
    "test_sizeof_without_buffer": "elements are not in memory of Python's",
    "test_reverse_iterator_picking": "reversed() gives a generator, as of every sequence written in Python",
    "test_repr": "a repr names the class, which is not called array",
    "test_reduce_ex": "a pickle names deltos.Array and not the reconstructor of the array module",
    "test_buffer": "appending works while views live",
    "test_constructor": "the reconstructor makes subclasses of array.array only",
    "ArrayReconstructorTest.test_error": "the reconstructor makes subclasses of array.array only",
    "ArrayReconstructorTest.test_numbers": "the reconstructor makes subclasses of array.array only",
    "ArrayReconstructorTest.test_unicode": "the reconstructor makes subclasses of array.array only",
    "UnicodeTest.test_unicode": "a repr names the class, which is not called array",
    "MiscTest.test_bad_constructor": "a type is any format; one that is malformed is a ValueError",
    "MiscTest.test_immutable": "the class is one of Python, which can be given attributes",
}
if sys.version_info >= (3, 12):
    EXCEPTIONS["test_bug_782369"] = "it counts references to 10; extensions of the limited API still count immortals"


def cpython_tests() -> types.ModuleType:
    """The test module, with deltos.Array in the place of array.array."""
    import array

    stand_in = types.ModuleType("array")
    stand_in.array = stand_in.ArrayType = deltos.Array  # type: ignore[attr-defined]
    stand_in.typecodes = typecodes  # type: ignore[attr-defined]
    stand_in._array_reconstructor = array._array_reconstructor  # type: ignore[attr-defined]
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["array"], sys.modules[module.__name__] = stand_in, module
    try:
        specification.loader.exec_module(module)
    finally:
        sys.modules["array"] = array
    return module


def cases() -> Iterator[tuple[str, unittest.TestCase]]:
    """Every test, with its name."""
    waiting: list[unittest.TestSuite | unittest.TestCase] = [unittest.defaultTestLoader.loadTestsFromModule(MODULE)]
    while waiting:
        item = waiting.pop()
        if isinstance(item, unittest.TestSuite):
            waiting.extend(item)
        else:
            yield ".".join(item.id().split(".")[-2:]), item


MODULE = cpython_tests()
CASES = dict(sorted(cases()))


def reason_of(name: str) -> str | None:
    return EXCEPTIONS.get(name) or EXCEPTIONS.get(name.split(".")[1])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", [name for name in CASES if reason_of(name) is None])
def test_it_passes(name: str) -> None:
    result = unittest.TestResult()
    sys.modules["test.test_array"] = MODULE
    CASES[name].run(result)
    problems = [text for _, text in [*result.failures, *result.errors]]
    assert not problems, "\n".join(problems)


def test_exceptions_name_tests_that_there_are() -> None:
    known = {*CASES, *(name.split(".")[1] for name in CASES)}
    assert set(EXCEPTIONS) <= known
