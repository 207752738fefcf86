"""Values from Python: trees of builtins made and copied out, beside JSON, which has to read text."""

from __future__ import annotations

import json
import sys

import deltos
from views import row

COUNT = 10_000


def main() -> None:
    title = f"Values, Python {sys.version.split()[0]}"
    print(f"\n{title:<52} {'peer':>14} {'deltos':>14} {'ratio':>8}  bar")
    small = [{"id": k, "name": f"name {k}", "height": k / 3} for k in range(COUNT)]
    nested = [{"id": k, "tags": ["old", "tall"], "place": {"x": k / 7, "y": k / 11}} for k in range(COUNT)]
    for what, trees in (("a dict of 3 keys", small), ("a dict of a list and a dict", nested)):
        text, value = json.dumps(trees), deltos.unpack(deltos.pack(trees))
        row(f"to_python, {what} : json.loads", lambda: json.loads(text), value.to_python, 1.5, 15, COUNT)
        row(f"pack, {what} : json.dumps", lambda: json.dumps(trees), lambda: deltos.pack(trees), 0, 15, COUNT)


if __name__ == "__main__":
    main()
