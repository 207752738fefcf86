"""The examples of examples/*.txt: what programs look like that others have written, and what they print."""

from __future__ import annotations

import builtins
import doctest
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.txt"))


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: page.stem)
def test_they_print_what_they_say(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(builtins, "_", None, raising=False)
    failed, attempted = doctest.testfile(str(page), module_relative=False)
    assert failed == 0 and attempted > 15


def test_there_is_one_for_each_package_and_one_for_views() -> None:
    assert [page.stem for page in EXAMPLES] == [
        "buffer_and_memoryview",
        "indirect_memory",
        "mmap_arrays",
        "persistent_buffers",
    ]
