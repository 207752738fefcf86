"""What all tests of the package share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

import deltos

hypothesis.settings.register_profile(
    "deltos",
    database=None,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("deltos")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a storage may be made."""
    return tmp_path / "test.deltos"


@pytest.fixture
def storage(path: Path) -> Iterator[deltos.Storage]:
    """A new storage, open for writing."""
    made = deltos.open(path, "x", durability="async")
    yield made
    made.detach()
