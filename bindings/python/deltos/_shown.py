"""Short representations of proxies: the first few elements and levels, as the builtin shows them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from deltos._proxies import Dict, List, Proxy, Set

_MOST_ELEMENTS, _MOST_LEVELS, _MOST_CHARACTERS = 6, 4, 60


def short(thing: Any, level: int) -> str:
    """One element, cut when it is long."""
    if isinstance(thing, Proxy):
        return shown(thing, level + 1) if level < _MOST_LEVELS else "..."
    if isinstance(thing, (str, bytes)) and len(thing) > _MOST_CHARACTERS:
        half = _MOST_CHARACTERS // 2
        return f"{thing[:half]!r}...{thing[-half:]!r}"
    return repr(thing)


def shown_elements(elements: Iterable[Any], brackets: str, level: int = 0) -> str:
    """The first few elements, as the builtin shows them."""
    parts = [short(element, level) for element in itertools.islice(elements, _MOST_ELEMENTS + 1)]
    parts[_MOST_ELEMENTS:] = ["..."] * (len(parts) > _MOST_ELEMENTS)
    text = ", ".join(parts)
    return f"{brackets[0]}{text}{',' if brackets == '()' and len(parts) == 1 else ''}{brackets[1]}"


def shown(proxy: Any, level: int = 0) -> str:
    """A proxy as its builtin is shown, cut to the first few elements and levels."""
    if isinstance(proxy, Dict):
        pairs = [
            f"{short(key, level)}: {short(value, level)}"
            for key, value in itertools.islice(proxy.items(), _MOST_ELEMENTS)
        ]
        return f"{{{', '.join(pairs + ['...'] * (len(proxy) > _MOST_ELEMENTS))}}}"
    if isinstance(proxy, Set):
        return shown_elements(proxy, "{}", level) if len(proxy) else "set()"
    return shown_elements(proxy, "[]" if isinstance(proxy, List) else "()", level)
