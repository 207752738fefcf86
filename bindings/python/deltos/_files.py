"""Memory and files: reading straight into memory, and writing it."""

from __future__ import annotations

import errno
import io
from typing import Any

from deltos._content import Content
from deltos._errors import InvalidError, ReadOnlyBufferError, TypeMismatchError
from deltos._ffi import ffi, lib
from deltos._native import call
from deltos._view import View


def _descriptor_of(file: Any, method: str) -> int | None:
    """Its descriptor, where nothing lies between that and the file object; None: use its methods."""
    if isinstance(file, int):
        return file
    if isinstance(file, io.FileIO) or not hasattr(file, method):
        try:
            return int(file.fileno())
        except AttributeError:
            raise TypeMismatchError(f"a {type(file).__name__} is neither a descriptor nor a file object") from None
    return None


def _transfer(function: Any, memory: Any, descriptor: int, offset: int | None) -> int:
    count = ffi.new("uint64_t *")
    with Content(memory) as view:
        call(function, view, descriptor, -1 if offset is None else offset, count)
    return int(count[0])


def _seek(file: Any, offset: int | None) -> None:
    if offset is None:
        return
    if offset < 0:
        raise InvalidError(f"an offset is 0 or more, not {offset}")
    file.seek(offset)


def _bytes_in(memory: Any) -> memoryview | None:
    """The memory as bytes, where it is packed in C order."""
    view = View(memory)
    if not view.c_contiguous:
        return None
    return memoryview((view if view.ndim else view.reshape(1)).cast("B").reshape(view.nbytes))


def read_into(memory: Any, file: Any, offset: int | None) -> int:
    """Fills memory from a file."""
    descriptor = _descriptor_of(file, "readinto")
    if descriptor is not None:
        return _transfer(lib.deltos_view_read_fd, memory, descriptor, offset)
    _seek(file, offset)
    view = View(memory)
    if view.readonly:
        raise ReadOnlyBufferError(errno.EACCES, "the memory is read-only")
    target = _bytes_in(view)
    if target is not None:
        return read_all(file, target)
    copied = view.copy()  # what the file does not fill stays as it is
    packed = _bytes_in(copied)
    assert packed is not None
    count = read_all(file, packed)
    view[...] = copied
    return count


def read_all(file: Any, target: memoryview) -> int:
    """Fills bytes from a file object, until they are full or the file ends; tells how many."""
    done = 0
    while done < len(target):
        count = file.readinto(target[done:])
        if not count:
            break
        done += count
    return done


def write_to(memory: Any, file: Any, offset: int | None) -> int:
    """Writes all of the memory to a file."""
    descriptor = _descriptor_of(file, "write")
    if descriptor is not None:
        return _transfer(lib.deltos_view_write_fd, memory, descriptor, offset)
    _seek(file, offset)
    packed = _bytes_in(memory)
    source = memoryview(memoryview(memory).tobytes()) if packed is None else packed
    done = 0
    while done < len(source):
        count = file.write(source[done:])
        done += len(source) if count is None else count
    return done
