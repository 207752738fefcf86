"""Threads that read again and again while a test writes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def reading_threads(read: Callable[[], None], count: int) -> Iterator[None]:
    """So many call `read` until the block ends; what one of them raised is raised then."""
    done = threading.Event()

    def repeat() -> None:
        while not done.is_set():
            read()

    with ThreadPoolExecutor(count) as pool:
        readers = [pool.submit(repeat) for _ in range(count)]
        try:
            yield
        finally:
            done.set()
    for reader in readers:
        reader.result()
