"""A reader that is wrong: it takes the last byte of every content for another. The matrix must see it.

    runner.py read DESCRIPTION STORAGE
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import reader  # noqa: E402


class MisreadingStorage(reader.Storage):
    """A storage whose contents end wrongly."""

    def object(self, name: str) -> reader.Object:
        found = super().object(name)
        return found._replace(data=found.data[:-1] + bytes(byte ^ 1 for byte in found.data[-1:]))


reader.Storage = MisreadingStorage  # type: ignore[misc]

if __name__ == "__main__":
    sys.exit(reader.main(sys.argv[1:]))
