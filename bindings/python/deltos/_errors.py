"""The one place where a status of the library becomes an exception.

Every exception is a deltos.Error and also the built-in exception that a Python program would expect, so that neither
`except KeyError` nor `except deltos.Error` has to know about the other.
"""

from __future__ import annotations

import errno
from typing import NoReturn

from deltos._ffi import lib


class Error(Exception):
    """Base of everything that the library raises."""

    status: int = 0
    """The code of the C interface, such as lib.DELTOS_E_PINNED."""

    def __str__(self) -> str:
        return str(self.args[-1]) if self.args else ""


class InvalidError(Error, ValueError):
    """An argument that no call could accept."""


class KindError(Error, TypeError):
    """The object is of another kind than asked for."""


class TypeMismatchError(Error, TypeError):
    """Element types or shapes do not fit together."""


class RangeError(Error, IndexError):
    """An index, offset or size outside what there is."""


class TooSmallError(Error, ValueError):
    """Memory that was to be filled is too small."""


class NotFoundError(Error, KeyError):
    """No object of that name."""


class MissingFileError(Error, FileNotFoundError):
    """No such file."""


class ExistsError(Error, FileExistsError):
    """The name or the file is taken."""


class ReadOnlyError(Error, PermissionError):
    """The mode of the storage does not allow it."""


class ReadOnlyBufferError(ReadOnlyError, BufferError):
    """Writable memory was asked for, and there is only read-only memory."""


class SealedError(Error, BufferError):
    """The object is sealed: unseal it or replace it."""


class PinnedError(Error, BufferError):
    """Views are still exported; the message names the objects."""


class BusyError(Error, BlockingIOError):
    """A transaction or another operation is under way."""


class ClosedError(Error, ValueError):
    """The storage, or what came from it, has been closed."""


class StaleError(Error, ReferenceError):
    """The object was deleted or replaced, or belonged to an aborted transaction."""


class ForkedError(Error, RuntimeError):
    """A writing storage from before fork(), used in the child."""


class LayoutError(Error, BufferError):
    """The memory layout does not allow what was requested without a copy."""


class FormatError(Error, ValueError):
    """A malformed format string, or a type that cannot be stored."""


class CancelledError(Error, InterruptedError):
    """The progress callback asked to stop."""


class StructError(Error, RuntimeError):
    """The package and the library inside it do not fit together."""


class UnsupportedError(Error, NotImplementedError):
    """Not possible for this storage."""


class DuplicateError(Error, ValueError):
    """A key given twice."""


class CorruptError(Error, OSError):
    """The file is damaged; the message says what and where."""


class NotDeltosError(Error, ValueError):
    """Not a storage at all."""


class FeatureError(Error, NotImplementedError):
    """Written by a newer version."""


class LimitError(Error, OverflowError):
    """A limit of the format or of the options."""


class ReplacedError(Error, OSError):
    """The path leads to another file now."""


class IoError(Error, OSError):
    """A system call failed."""


class AccessError(IoError, PermissionError):
    """The system refused access."""


class InDoubtError(Error, OSError):
    """The last barrier of a commit failed: it may or may not survive."""


class NoSpaceError(Error, OSError):
    """Disk, quota or max_file_bytes."""


class NoMemoryError(Error, MemoryError):
    """An allocation failed."""


class AddressSpaceError(Error, MemoryError):
    """The reserved address space is used up; open with a larger reserve_bytes."""


class FilesystemError(Error, OSError):
    """A file system without coherent mappings or working locks."""


class LockedError(Error, BlockingIOError):
    """Another process is the writer."""


class InternalError(Error, SystemError):
    """A bug in the library; please report the message."""


_CLASSES: dict[int, type[Error]] = {
    lib.DELTOS_E_INVALID: InvalidError,
    lib.DELTOS_E_KIND: KindError,
    lib.DELTOS_E_TYPE: TypeMismatchError,
    lib.DELTOS_E_RANGE: RangeError,
    lib.DELTOS_E_TOO_SMALL: TooSmallError,
    lib.DELTOS_E_NOT_FOUND: NotFoundError,
    lib.DELTOS_E_EXISTS: ExistsError,
    lib.DELTOS_E_READONLY: ReadOnlyError,
    lib.DELTOS_E_SEALED: SealedError,
    lib.DELTOS_E_PINNED: PinnedError,
    lib.DELTOS_E_BUSY: BusyError,
    lib.DELTOS_E_CLOSED: ClosedError,
    lib.DELTOS_E_STALE: StaleError,
    lib.DELTOS_E_FORKED: ForkedError,
    lib.DELTOS_E_LAYOUT: LayoutError,
    lib.DELTOS_E_FORMAT: FormatError,
    lib.DELTOS_E_CANCELLED: CancelledError,
    lib.DELTOS_E_STRUCT: StructError,
    lib.DELTOS_E_UNSUPPORTED: UnsupportedError,
    lib.DELTOS_E_DUPLICATE: DuplicateError,
    lib.DELTOS_E_CORRUPT: CorruptError,
    lib.DELTOS_E_NOT_DELTOS: NotDeltosError,
    lib.DELTOS_E_FEATURE: FeatureError,
    lib.DELTOS_E_LIMIT: LimitError,
    lib.DELTOS_E_REPLACED: ReplacedError,
    lib.DELTOS_E_IO: IoError,
    lib.DELTOS_E_IN_DOUBT: InDoubtError,
    lib.DELTOS_E_NO_SPACE: NoSpaceError,
    lib.DELTOS_E_NO_MEMORY: NoMemoryError,
    lib.DELTOS_E_ADDRESS_SPACE: AddressSpaceError,
    lib.DELTOS_E_FILESYSTEM: FilesystemError,
    lib.DELTOS_E_LOCKED: LockedError,
    lib.DELTOS_E_INTERNAL: InternalError,
}
for _status, _class in _CLASSES.items():
    _class.status = _status
MissingFileError.status = NotFoundError.status

# What an OSError says when no system call failed.
_ERRNO: dict[int, int] = {
    lib.DELTOS_E_NOT_FOUND: errno.ENOENT,
    lib.DELTOS_E_EXISTS: errno.EEXIST,
    lib.DELTOS_E_READONLY: errno.EACCES,
    lib.DELTOS_E_BUSY: errno.EAGAIN,
    lib.DELTOS_E_CANCELLED: errno.EINTR,
    lib.DELTOS_E_CORRUPT: errno.EIO,
    lib.DELTOS_E_REPLACED: errno.ESTALE,
    lib.DELTOS_E_IO: errno.EIO,
    lib.DELTOS_E_IN_DOUBT: errno.EIO,
    lib.DELTOS_E_NO_SPACE: errno.ENOSPC,
    lib.DELTOS_E_FILESYSTEM: errno.ENOTSUP,
    lib.DELTOS_E_LOCKED: errno.EAGAIN,
}


def error_of(status: int, message: str, os_errno: int = 0, *, export: bool = False, path: bool = False) -> Error:
    """The exception for a status.

    export: memory was being exported, where the buffer protocol wants a BufferError.
    path: what was looked for is a file and not an object.
    """
    chosen = _CLASSES.get(status, InternalError)
    if path and chosen is NotFoundError:
        chosen = MissingFileError
    elif export and chosen is ReadOnlyError:
        chosen = ReadOnlyBufferError
    elif chosen is IoError and os_errno in (errno.EACCES, errno.EPERM):
        chosen = AccessError
    if issubclass(chosen, OSError):
        return chosen(os_errno or _ERRNO[status], message)
    return chosen(message)


def raise_status(status: int, message: str, os_errno: int = 0, export: int = 0) -> NoReturn:
    """Raises the exception for a status."""
    raise error_of(status, message, os_errno, export=bool(export))
