"""Keys of dicts and members of sets, as they may lie in a value: that tells 1, 1.0 and True apart, and a moment in one
zone from the same in another, where Python does not."""

from __future__ import annotations

import datetime as _dt
import itertools
import math
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from deltos._copies import key_of
from deltos._errors import Error
from deltos._exporter import Handle
from deltos._proxies import Proxy

_MOST_SPELLINGS = 256
_ZONES = [_dt.timezone(_dt.timedelta(minutes=15 * quarter)) for quarter in range(-4 * 16, 4 * 16 + 1)]


def _as_kinds(number: Any, kinds: tuple[Any, ...]) -> Iterator[Any]:
    """A number as itself, and as the other kinds that have it."""
    yield number
    for kind in kinds:
        try:
            other = kind(number)
        except (ValueError, OverflowError, TypeError):
            continue
        if type(other) is not type(number) and other == number:
            yield other


def _spellings(key: Any, kinds: tuple[Any, ...]) -> Iterator[Any]:
    """What is equal to a key, for Python, and yet another value."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(key, numpy.generic) and not isinstance(key, (float, str, bytes)):
        key = key.item()
    if isinstance(key, Proxy):
        key = key_of(key)
    if isinstance(key, (int, float, Decimal)) and not (isinstance(key, float) and math.isnan(key)):
        yield from _as_kinds(key, kinds)
    elif isinstance(key, _dt.datetime) and key.utcoffset() is not None:
        yield key
        for zone in _ZONES:
            try:
                yield key.astimezone(zone)
            except OverflowError:
                continue
    elif isinstance(key, (tuple, frozenset)):
        parts = [list(_spellings(part, (int, float, bool))) for part in key]
        yield from map(type(key) if type(key) in (tuple, frozenset) else tuple, itertools.product(*parts))
    else:
        yield key


def spellings_of(key: Any) -> Iterator[Any]:
    """What is equal to a key, for Python, and yet another value; itself first."""
    hash(key)  # refuses what no dict has as a key
    return itertools.islice(_spellings(key, (int, float, bool, Decimal)), _MOST_SPELLINGS)


def alternatives(key: Any) -> Iterator[Handle]:
    """Values that a key may have been stored as."""
    from deltos._values import in_memory

    for spelling in spellings_of(key):
        try:
            yield in_memory(spelling)
        except (Error, TypeError):  # what cannot be stored is not there
            continue
