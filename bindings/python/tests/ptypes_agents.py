"""The storage that tests of deltos.compat.ptypes are about."""

from __future__ import annotations

from deltos.compat.ptypes.buffer import Buffer
from deltos.compat.ptypes.storage import Storage


class Agents(Storage):
    """A root with a number, a string, two agents and an array."""

    def populateSchema(self) -> None:
        class Agent(self.schema.Structure):  # type: ignore[misc,name-defined]
            name = self.schema.ByteString
            age = self.schema.Int
            weight = self.schema.Float

        class Root(self.schema.Structure):  # type: ignore[misc,name-defined]
            count = self.schema.Int
            title = self.schema.ByteString
            best = Agent
            other = Agent
            pixels = self.define(Buffer)
