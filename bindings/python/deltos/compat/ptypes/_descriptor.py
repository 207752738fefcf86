"""Descriptors: what a storage can define a type from."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from deltos.compat.ptypes._types import PersistentMeta


class TypeDescriptor:
    """Says what a type is to be; Storage.define() makes it. The class alone stands for a type of its own name."""

    _proxy_class: ClassVar[PersistentMeta]

    def __init__(self, className: str | None = None) -> None:
        self.className = type(self).__name__ if className is None else className

    def __getitem__(self, typeParameters: Any) -> NoReturn:
        raise TypeError(f"The type {self.className} does not accept parameters!")
