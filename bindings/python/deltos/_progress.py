"""Progress of long calls: what a caller may say, and a bar for a terminal."""

from __future__ import annotations

import sys
from typing import Any

from deltos._dtypes import optional_module
from deltos._errors import TypeMismatchError
from deltos._native import ProgressFunction

_UNITS = ("B", "kB", "MB", "GB", "TB")


def _bytes_shown(count: float) -> str:
    for unit in _UNITS[:-1]:
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} {_UNITS[-1]}"


class _Line:
    """One line on the terminal, written over and over."""

    def __init__(self, label: str) -> None:
        self._label = label

    def __call__(self, done: int, total: int) -> None:
        share = f"{100 * done // total} % of {_bytes_shown(total)}" if total else _bytes_shown(done)
        print(f"\r\x1b[K{self._label}: {share}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Ends the line."""
        print(file=sys.stderr, flush=True)


class _Tqdm:
    """A bar of tqdm; each phase of the work begins a new one."""

    def __init__(self, label: str, tqdm: Any) -> None:
        self._label, self._make = label, tqdm.tqdm
        self._bar: Any = None
        self._total = 0

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None or total != self._total or done < self._bar.n:
            self.close()
            self._bar = self._make(total=total or None, desc=self._label, unit="B", unit_scale=True, file=sys.stderr)
            self._total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Leaves the bar as it is."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def function_of(progress: ProgressFunction | bool | None, label: str) -> ProgressFunction | None:
    """What is to be called: what the caller gives; for True a bar, when standard error is a terminal."""
    if progress is None or progress is False:
        return None
    if progress is not True:
        if not callable(progress):
            raise TypeMismatchError(f"progress is None, True or a callable, not {type(progress).__name__}")
        return progress
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    tqdm = optional_module("tqdm")
    return _Line(label) if tqdm is None else _Tqdm(label, tqdm)


def close(function: ProgressFunction | None) -> None:
    """Ends a bar; a callable of the caller's is left alone."""
    if isinstance(function, (_Line, _Tqdm)):
        function.close()
