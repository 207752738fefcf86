"""DLPack: both versions of the capsule, read-only memory flagged, copies on request."""

from __future__ import annotations

import ctypes
import gc

import numpy as np
import pytest

import deltos

_name = ctypes.pythonapi.PyCapsule_GetName
_name.restype, _name.argtypes = ctypes.c_char_p, [ctypes.py_object]
_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]


class Tensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device", ctypes.c_int32 * 2),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


class Versioned(ctypes.Structure):
    _fields_ = [
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("manager", ctypes.c_void_p),
        ("deleter", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("flags", ctypes.c_uint64),
        ("tensor", Tensor),
    ]


class Managed(ctypes.Structure):
    _fields_ = [
        ("tensor", Tensor),
        ("manager", ctypes.c_void_p),
        ("deleter", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
    ]


def versioned(capsule: object) -> Versioned:
    return Versioned.from_address(_pointer(capsule, b"dltensor_versioned"))


TYPES = {
    "?": (6, 8),
    "i1": (0, 8),
    "i8": (0, 64),
    "u2": (1, 16),
    "f2": (2, 16),
    "f4": (2, 32),
    "f8": (2, 64),
    "c8": (5, 64),
    "c16": (5, 128),
}


@pytest.mark.parametrize("dtype", TYPES)
def test_the_tensor_says_what_the_buffer_is(storage: deltos.Storage, dtype: str) -> None:
    storage["x"] = np.ones((2, 3, 4), dtype)
    capsule = storage["x"].__dlpack__(max_version=(1, 1))
    assert _name(capsule) == b"dltensor_versioned"
    managed = versioned(capsule)
    tensor = managed.tensor
    assert (managed.major, managed.flags) == (1, 0)
    assert (tensor.code, tensor.bits, tensor.lanes) == (*TYPES[dtype], 1)
    assert tensor.shape[:3] == [2, 3, 4] and tensor.strides[:3] == [12, 4, 1]
    assert tensor.data == np.asarray(storage["x"]).ctypes.data and tensor.byte_offset == 0
    assert tuple(tensor.device) == storage["x"].__dlpack_device__() == (1, 0)


def test_the_old_capsule_is_given_to_who_asks_for_no_version(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(6, dtype="f4")
    for version in (None, (0, 8)):
        capsule = storage["x"].__dlpack__(max_version=version)
        assert _name(capsule) == b"dltensor"
        tensor = Managed.from_address(_pointer(capsule, b"dltensor")).tensor
        assert tensor.shape[:1] == [6] and (tensor.code, tensor.bits) == (2, 32)


def test_numpy_shares_the_memory(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10)
    array = np.from_dlpack(storage["x"])
    storage["x"][3] = 33
    assert array[3] == 33 and array.ctypes.data == np.asarray(storage["x"]).ctypes.data
    with pytest.raises(deltos.PinnedError):
        storage.close()
    del array
    gc.collect()
    storage.close()


def test_read_only_memory_is_flagged_or_refused(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10)
    with deltos.open(storage.path or "") as reader:
        buffer = reader["x"]
        capsule = buffer.__dlpack__(max_version=(1, 0))
        assert versioned(capsule).flags == 1
        del capsule
        with pytest.raises(BufferError):
            buffer.__dlpack__()
        capsule = buffer.__dlpack__(copy=True)
        assert _name(capsule) == b"dltensor"
        capsule = buffer.__dlpack__(copy=True, max_version=(1, 0))
        assert versioned(capsule).flags == 2


def test_a_copy_is_its_own(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10)
    capsule = storage["x"].__dlpack__(copy=True, max_version=(1, 0))
    managed = versioned(capsule)
    values = (ctypes.c_int64 * 10).from_address(managed.tensor.data)
    storage["x"][...] = 0
    assert list(values) == list(range(10))
    assert managed.flags == 2
    storage.close()
    assert list(values) == list(range(10))


def test_a_consumer_may_delete_after_the_storage_has_gone(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10)
    capsule = storage["x"].__dlpack__(max_version=(1, 0))
    managed = versioned(capsule)
    rename = ctypes.pythonapi.PyCapsule_SetName
    rename.argtypes = [ctypes.py_object, ctypes.c_char_p]
    name = b"used_dltensor_versioned"
    rename(capsule, name)
    del capsule  # a used capsule leaves the tensor to its consumer
    storage.detach()
    gc.collect()
    assert list((ctypes.c_int64 * 10).from_address(managed.tensor.data)) == list(range(10))
    managed.deleter(ctypes.addressof(managed))


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2)])
def test_scalars_and_empty_memory(storage: deltos.Storage, shape: tuple[int, ...]) -> None:
    storage["x"] = np.zeros(shape)
    capsule = storage["x"].__dlpack__(max_version=(1, 0))
    tensor = versioned(capsule).tensor
    assert tensor.ndim == len(shape)
    assert bool(tensor.data) == (shape == ())


def test_the_small_floats_have_codes_of_their_own(storage: deltos.Storage) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    for name, expected in (("bfloat16", (4, 16)), ("float8_e4m3fn", (10, 8)), ("float8_e5m2", (12, 8))):
        storage["x"] = np.ones(3, getattr(ml_dtypes, name))
        tensor = versioned(storage["x"].__dlpack__(max_version=(1, 1))).tensor
        assert (tensor.code, tensor.bits) == expected


def test_what_dlpack_cannot_say_is_refused(storage: deltos.Storage) -> None:
    for value in (np.zeros(2, "S3"), np.zeros(2, [("a", "i4")]), np.zeros(2, ">i4"), np.zeros(2, "U2")):
        storage["x"] = value
        with pytest.raises(BufferError):
            storage["x"].__dlpack__(max_version=(1, 0))
    storage["x"] = np.zeros(2)
    with pytest.raises(BufferError):
        storage["x"].__dlpack__(stream=1)
    with pytest.raises(BufferError):
        storage["x"].__dlpack__(dl_device=(2, 0))
