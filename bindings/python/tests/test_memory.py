"""Nothing is copied, nothing moves, and nothing goes away while somebody looks at it."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest

import deltos


def address(array: object) -> int:
    return int(np.asarray(array).__array_interface__["data"][0])


def aligned(data: bytes) -> tuple[bytearray, memoryview]:
    """The bytes at an address that is a multiple of 64, and the bytearray they lie in."""
    outer = bytearray(len(data) + 64)
    start = -address(np.frombuffer(outer, "u1")) % 64
    outer[start : start + len(data)] = data
    return outer, memoryview(outer)[start : start + len(data)]


def test_two_views_are_the_same_memory(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(1000)
    first, second = np.asarray(storage["x"]), np.asarray(storage["x"])
    assert address(first) == address(second)
    assert storage["x"].__array_interface__["data"][0] == address(first)
    first[7] = -1
    assert second[7] == -1


def test_numpy_keeps_the_buffer_alive(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10)
    array = np.asarray(storage["x"])
    gc.collect()
    assert array.base is not None
    assert array.sum() == 45


def test_what_is_stored_is_in_the_file(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(4096, dtype="i8")
    buffer = storage["x"]
    mapped = np.memmap(storage.path, dtype="i8", mode="r+", offset=buffer.file_offset, shape=buffer.shape)
    assert mapped[4095] == 4095
    buffer[5] = 55
    assert mapped[5] == 55
    mapped[6] = 66
    assert buffer[6] == 66
    assert buffer.file_offset % 4096 == 0


def test_a_small_buffer_starts_on_a_cache_line(storage: deltos.Storage) -> None:
    for size in (1, 3, 8, 100, 1000):
        storage[f"x{size}"] = bytes(size)
        assert storage[f"x{size}"].file_offset % 64 == 0
        assert address(storage[f"x{size}"]) % 64 == 0


def test_another_handle_sees_stores_at_once(storage: deltos.Storage) -> None:
    storage["x"] = np.zeros(10)
    with deltos.open(storage.path or "") as reader, deltos.open(storage.path or "", "in-place") as writer:
        seen = np.asarray(reader["x"])
        storage["x"][1] = 1
        writer["x"][2] = 2
        assert seen[:3].tolist() == [0, 1, 2]
        del seen


def test_another_process_sees_stores_at_once(storage: deltos.Storage) -> None:
    storage["x"] = np.zeros(10)
    script = "import deltos, sys; s = deltos.open(sys.argv[1], 'in-place'); s['x'][3] = 7; s.close()"
    subprocess.run([sys.executable, "-c", script, storage.path or ""], check=True)
    assert storage["x"][3] == 7


def test_views_do_not_move_while_the_file_grows(storage: deltos.Storage) -> None:
    storage["first"] = np.arange(1000)
    array = np.asarray(storage["first"])
    before = address(array)
    for index in range(20):
        storage[f"big/{index}"] = np.zeros(1 << 20, "u1")
    assert address(array) == before == address(storage["first"])
    assert array.sum() == 499500


def test_a_view_outlives_its_object(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(100)
    buffer = storage["x"]
    view = memoryview(buffer)
    del storage["x"]
    for index in range(50):
        storage[f"y{index}"] = np.zeros(100)
    assert view.tolist() == list(range(100))
    view[3] = -3
    assert view[3] == -3
    assert not buffer.current
    with pytest.raises(deltos.StaleError):
        memoryview(buffer)
    with pytest.raises(deltos.NotFoundError):
        buffer.refresh()


def test_replacing_leaves_old_views_alone(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(100)
    buffer = storage["x"]
    old = np.asarray(buffer)
    storage["x"] = np.zeros(5)
    assert old.tolist() == list(range(100))
    assert not buffer.current
    with pytest.raises(ReferenceError):
        memoryview(buffer)
    assert buffer.refresh()
    assert buffer.shape == (5,) and buffer.current
    assert not buffer.refresh()
    assert np.asarray(buffer).sum() == 0


def test_close_names_what_is_alive(storage: deltos.Storage) -> None:
    storage["some/name"] = np.arange(10)
    storage["other"] = np.arange(10)
    views = [memoryview(storage["some/name"]), np.asarray(storage["some/name"]), memoryview(storage["other"])]
    with pytest.raises(BufferError) as caught:
        storage.close()
    assert isinstance(caught.value, deltos.PinnedError)
    assert "some/name" in str(caught.value) and "other" in str(caught.value) and "2" in str(caught.value)
    assert not storage.closed
    assert {(pin.name, pin.view_count) for pin in storage.pins()} == {("some/name", 2), ("other", 1)}
    assert views[1].sum() == 45  # nothing has changed
    storage["still"] = b"works"
    del views
    gc.collect()
    assert storage.pins() == []
    storage.close()
    assert storage.closed
    storage.close()


def test_close_refuses_while_a_transaction_is_open(storage: deltos.Storage) -> None:
    with storage.transaction() as transaction:
        with pytest.raises(deltos.BusyError):
            storage.close()
        transaction["x"] = b"1"
    assert "x" in storage


def test_everything_of_a_closed_storage_says_so(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10)
    buffer, snapshot = storage["x"], storage.snapshot()
    names = iter(storage)
    storage.close()
    for use in (
        lambda: storage["x"],
        lambda: len(storage),
        lambda: list(storage),
        lambda: "x" in storage,
        lambda: storage.info,
        lambda: storage.attrs["x"],
        lambda: storage.transaction(),
        lambda: storage.snapshot(),
        lambda: storage.__enter__(),
        lambda: memoryview(buffer),
        lambda: np.asarray(buffer),
        lambda: snapshot["x"],
        lambda: next(names),
        lambda: storage.__setitem__("y", b"1"),
    ):
        with pytest.raises(deltos.ClosedError):
            use()
    assert buffer.name == "x"  # what a handle tells, it tells for ever
    assert "closed" in repr(storage)
    snapshot.close()


def test_detach_leaves_views_valid(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(1000)
    array = np.asarray(storage["x"])
    storage.detach()
    assert storage.closed
    array[1] = 11
    assert array[:3].tolist() == [0, 11, 2]


def test_a_forgotten_storage_keeps_views_valid(path: Path) -> None:
    storage = deltos.open(path, "x")
    storage["x"] = np.arange(1000)
    array = np.asarray(storage["x"])
    gone = weakref.ref(storage)
    view = memoryview(array)
    del storage
    gc.collect()
    assert gone() is not None  # the array holds the buffer, and that its storage
    del array
    assert view[999] == 999
    del view
    gc.collect()
    assert gone() is None
    deltos.open(path, "r+").close()


def test_leaving_a_block_closes(path: Path) -> None:
    with deltos.open(path, "x") as storage:
        storage["x"] = b"1"
    assert storage.closed


def test_an_error_of_the_block_is_not_hidden_by_views(path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught, deltos.open(path, "x") as storage:
        storage["x"] = np.arange(10)
        view = memoryview(storage["x"])
        1 / 0  # noqa: B018
    assert any("x" in note for note in caught.value.__notes__)
    assert storage.closed
    assert view[9] == 9


def test_leaving_a_block_with_views_raises(path: Path) -> None:
    with pytest.raises(deltos.PinnedError, match="x"), deltos.open(path, "x") as storage:
        storage["x"] = np.arange(10)
        view = memoryview(storage["x"])
    view.release()
    storage.close()


def test_the_array_interface_holds_the_memory_until_the_buffer_goes(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10)
    buffer = storage["x"]
    assert buffer.__array_interface__["typestr"] == "<i8"
    with pytest.raises(deltos.PinnedError):
        storage.close()
    buffer.release()
    with pytest.raises(deltos.ClosedError):
        memoryview(buffer)
    storage.close()


def test_views_released_while_the_interpreter_ends_do_no_harm(path: Path) -> None:
    script = """
import deltos, sys, numpy as np
storage = deltos.open(sys.argv[1], "x")
storage["x"] = np.arange(10)
sys.keep = [memoryview(storage["x"]), np.asarray(storage["x"]), storage["x"].__dlpack__(max_version=(1, 0)), storage]
class Late:
    def __del__(self):
        self.view.release()
late = Late(); late.view = memoryview(storage["x"])
sys.late = late
memory = deltos.open_memory(open(sys.argv[1], "rb").read(), copy=True)
sys.other = [memory["x"].__dlpack__(max_version=(1, 0)), memory.snapshot(), memory.transaction]
transaction = storage.transaction()
transaction["y"] = b"1"
"""
    done = subprocess.run([sys.executable, "-X", "faulthandler", "-c", script, str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    with deltos.open(path, "r+") as storage:
        assert list(storage) == ["x"]


def test_a_sealed_buffer_is_read_only_until_it_is_unsealed(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10)
    buffer = storage["x"]
    view = memoryview(buffer)
    with pytest.raises(deltos.PinnedError):
        buffer.seal()
    view.release()
    reader = buffer.view(readonly=True)
    buffer.seal()
    reader.release()
    assert buffer.sealed and buffer.readonly and storage["x"].sealed
    with pytest.raises(ValueError):
        np.asarray(buffer)[0] = 1
    old = memoryview(buffer)
    buffer.unseal()
    assert not buffer.sealed
    buffer[0] = 5
    assert old[0] == 0 and storage["x"][0] == 5


def test_memory_of_the_caller_is_a_storage_too(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10)
    storage.sync()
    outer, data = aligned(Path(storage.path or "").read_bytes())
    with deltos.open_memory(data) as memory:
        assert memory.mode == "static"
        assert memory["x"].tobytes() == np.arange(10).tobytes()
        assert memory["x"].readonly
        del data
        with pytest.raises(BufferError):
            outer.append(1)
    outer.append(1)  # it was returned
    with deltos.open_memory(Path(storage.path or "").read_bytes(), copy=True) as memory:
        assert memory["x"].tolist() == list(range(10))
    with pytest.raises(deltos.NotDeltosError):
        deltos.open_memory(b"no storage" * 100)


def test_memory_that_is_not_aligned_needs_a_copy(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10)
    storage.sync()
    _, data = aligned(b" " + Path(storage.path or "").read_bytes())
    with deltos.open_memory(data[1:]) as memory:
        assert memory.info.unaligned
        with pytest.raises(deltos.LayoutError, match="COPY"):
            memoryview(memory["x"])


def test_memory_of_the_caller_is_held_by_the_last_view(storage: deltos.Storage) -> None:
    storage["x"] = np.arange(10)
    storage.sync()
    outer, data = aligned(Path(storage.path or "").read_bytes())
    memory = deltos.open_memory(data)
    capsule = memory["x"].__dlpack__(max_version=(1, 0))
    memory.detach()
    del memory, data
    gc.collect()
    with pytest.raises(BufferError):
        outer.append(1)
    del capsule
    outer.append(1)


def test_a_storage_can_be_anonymous_and_passed_on_by_descriptor() -> None:
    with deltos.anonymous("scratch") as storage:
        assert storage.path is None
        storage["x"] = np.arange(10)
        with deltos.open(storage.fileno(), "in-place") as other:
            other["x"][0] = 9
        assert storage["x"][0] == 9


def test_a_storage_can_be_a_part_of_a_file(storage: deltos.Storage, tmp_path: Path) -> None:
    storage["x"] = np.arange(10)
    storage.sync()
    data = Path(storage.path or "").read_bytes()
    outer = tmp_path / "outer"
    outer.write_bytes(bytes(8192) + data + b"tail")
    with deltos.open(outer, offset=8192, size=len(data)) as inner:
        assert inner["x"].tolist() == list(range(10))
        assert inner.info.mode == "static"
