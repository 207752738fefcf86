"""What all tests of the package share."""

from __future__ import annotations

import os
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


def pytest_configure(config: pytest.Config) -> None:
    """The settings of pyproject.toml that the tests rely on, for runs from elsewhere."""
    config.addinivalue_line("markers", "install: installs the package in an environment of its own; takes minutes")
    config.addinivalue_line("filterwarnings", "error")


@pytest.fixture(scope="session")
def source_tree() -> Path:
    """The tree with the public headers, for tests that compare the package with them."""
    named = os.environ.get("DELTOS_SOURCE")
    for candidate in [Path(named)] if named else [*Path(__file__).resolve().parents, Path.cwd()]:
        if (candidate / "include" / "deltos" / "status.h").exists():
            return candidate
    pytest.skip("the source tree is not here; DELTOS_SOURCE may name it")


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
