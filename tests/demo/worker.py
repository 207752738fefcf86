"""The Python processes of the demo. Each takes one command a line and answers with one line of JSON.

    python worker.py reader PATH      opens the storage and looks at it in place
    python worker.py copier PATH      loads a file of NumPy arrays, as one does without a shared file
    python worker.py in-place PATH    stores into what is there; cannot change structure
    python worker.py writer PATH      the one process that changes structure
    python worker.py dict PATH        puts the places into dicts of its own
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from typing import Any

import numpy as np

import deltos

COLUMNS = ("coordinates", "population", "ids", "names", "offsets", "countries")
RADIAN = np.pi / 180
END = -1  # behind the last value of live/neighbours
SPINS = 1000  # looks at memory before the processor is offered to somebody else


def milliseconds_since(began: float) -> float:
    return (time.perf_counter() - began) * 1e3


def centre_of(coordinates: np.ndarray, population: np.ndarray) -> tuple[float, float]:
    """The direction from the middle of the Earth to its people, as latitude and longitude."""
    latitude, longitude = coordinates[:, 0] * RADIAN, coordinates[:, 1] * RADIAN
    x = (population * np.cos(latitude) * np.cos(longitude)).sum()
    y = (population * np.cos(latitude) * np.sin(longitude)).sum()
    z = (population * np.sin(latitude)).sum()
    return float(np.arctan2(z, np.hypot(x, y)) / RADIAN), float(np.arctan2(y, x) / RADIAN)


def nearest_to(coordinates: np.ndarray, ids: np.ndarray, centre: tuple[float, float]) -> list[int]:
    difference = (coordinates - centre) * RADIAN / 2
    near = np.sin(difference[:, 0]) ** 2
    near += np.cos(coordinates[:, 0] * RADIAN) * np.cos(centre[0] * RADIAN) * np.sin(difference[:, 1]) ** 2
    return [int(identity) for identity in ids[np.argsort(near, kind="stable")[:5]]]


class Reader:
    """What all of them can do. The file is opened by a command, so that memory can be measured before and after."""

    mode = "r"

    def __init__(self, path: str) -> None:
        self.path = path
        self.storage: deltos.Storage | None = None
        self.columns: dict[str, np.ndarray] = {}

    def open(self) -> dict[str, Any]:
        began = time.perf_counter()
        self.storage = deltos.open(self.path, self.mode)
        self.columns = {name: np.asarray(self.storage[f"places/{name}"]) for name in COLUMNS}
        self.ball = memoryview(self.storage["live/ball"])
        return {"milliseconds": milliseconds_since(began)}

    def touch(self) -> dict[str, Any]:
        """Reads every byte once."""
        for column in self.columns.values():
            np.count_nonzero(column.view(np.uint8))
        return {"bytes": sum(column.nbytes for column in self.columns.values())}

    def sum(self) -> dict[str, Any]:
        return {"sum": int(self.columns["population"].sum())}

    def address(self) -> dict[str, Any]:
        return {"address": self.columns["coordinates"].ctypes.data}

    def answers(self) -> dict[str, Any]:
        began = time.perf_counter()
        coordinates, ids = self.columns["coordinates"], self.columns["ids"]
        centre = centre_of(coordinates, self.columns["population"])
        nearest = nearest_to(coordinates, ids, centre)
        return {"centre": centre, "nearest": nearest, "milliseconds": milliseconds_since(began)}

    def watch(self, for_milliseconds: str) -> dict[str, Any]:
        """Looks at the ball now and then while two others play."""
        end = time.perf_counter() + float(for_milliseconds) / 1e3
        last, seen, backwards = self.ball[0, 0], 0, 0
        while time.perf_counter() < end:
            now = self.ball[0, 0]
            seen += now != last
            backwards += now < last
            last = now
            time.sleep(0.0005)
        return {"seen": seen, "backwards": backwards}

    def ball_now(self) -> dict[str, Any]:
        return {"ball": self.ball[0, 0]}

    def follow(self) -> dict[str, Any]:
        """Sums an array that another process appends to, up to the mark behind its last value."""
        array = self.storage["live/neighbours"]
        print(json.dumps({"following": True}), flush=True)
        values = total = looks = last = 0
        while last != END:
            array.refresh()  # what there is new room for
            if len(array) == values:
                os.sched_yield()
                continue
            new = np.asarray(array)[values:]
            last = int(new[-1])
            values += len(new)
            total += int(new.sum()) - (last if last == END else 0)
            looks += 1
        return {"values": values - 1, "sum": total, "looks": looks}

    def newest(self, name: str) -> dict[str, Any]:
        """Looks up what did not exist when this process opened the storage."""
        array = np.asarray(self.storage[name])
        return {"first": float(array[0]), "last": float(array[-1]), "count": len(array)}


    def drawn(self) -> tuple[list[int], list[str]]:
        """The rows that are looked up, and their names."""
        rows = np.asarray(self.storage["places/drawn"]).tolist()
        names, offsets = self.columns["names"].tobytes(), self.columns["offsets"].tolist()
        return rows, [names[offsets[row] : offsets[row + 1]].decode() for row in rows]

    def look_up(self) -> dict[str, Any]:
        """Looks the drawn places up by name, one by one and all at once, and by id."""
        by_name, by_id = self.storage["by_name"], self.storage["by_id"]
        rows, names = self.drawn()
        ids = self.columns["ids"][rows].astype(np.uint64)
        began = time.perf_counter()
        for name in names:
            by_name.get_first(name)
        asked = time.perf_counter()
        found = by_name.get_many(names, first=True)
        done = time.perf_counter()
        people = int(found.column("population").sum())
        same = int((by_id.get_many(ids).column("id") == ids).sum())
        times = {"one": (asked - began) * 1e9 / len(rows), "many": (done - asked) * 1e9 / len(rows)}
        return {"hits": len(found), "same": same, "people": people, "springfields": len(by_name["Springfield"])} | times


class Copier(Reader):
    def open(self) -> dict[str, Any]:
        began = time.perf_counter()
        with np.load(self.path) as arrays:
            self.columns = {name: arrays[name] for name in COLUMNS}
        return {"milliseconds": milliseconds_since(began)}


class Dicts(Reader):
    def copy(self) -> dict[str, Any]:
        """The same maps as objects of Python."""
        names, offsets = self.columns["names"].tobytes(), self.columns["offsets"].tolist()
        rows = zip(*(self.columns[name].tolist() for name in ("population", "ids", "coordinates")))
        self.by_id, self.by_name = {}, {}
        for row, place in enumerate(rows):
            self.by_id[place[1]] = place
            self.by_name.setdefault(names[offsets[row] : offsets[row + 1]].decode(), []).append(place)
        return {"names": len(self.by_name)}

    def look_up(self) -> dict[str, Any]:
        _, names = self.drawn()
        began = time.perf_counter()
        for name in names:
            self.by_name[name][0]
        return {"one": (time.perf_counter() - began) * 1e9 / len(names)}


class InPlace(Reader):
    mode = "in-place"

    def play(self) -> dict[str, Any]:
        """Returns the ball as often as it comes, until it is -1."""
        ball, returned, spins = self.ball, 0, 0
        while (now := ball[0, 0]) != -1:
            spins += 1
            if now != ball[1, 0]:
                ball[1, 0] = now
                returned += 1
                spins = 0
            elif spins > SPINS:
                time.sleep(0)
        return {"returned": returned}

    def add(self, how_many: str) -> dict[str, Any]:
        """One more inhabitant in each of the first places."""
        self.columns["population"][: int(how_many)] += 1
        return {}


class Writer(Reader):
    mode = "r+"

    def serve(self, for_milliseconds: str) -> dict[str, Any]:
        """Throws the ball and waits for it to come back, again and again."""
        ball, times, number = self.ball, [], 0
        end = time.perf_counter() + float(for_milliseconds) / 1e3
        while (began := time.perf_counter()) < end:
            number += 1
            ball[0, 0] = number
            spins = 0
            while ball[1, 0] != number:
                spins += 1
                if spins > SPINS:
                    time.sleep(0)
            times.append(time.perf_counter() - began)
        return {"rounds": len(times), "last": number, "microseconds": statistics.median(times) * 1e6}

    def put_ball(self, number: str) -> dict[str, Any]:
        self.ball[0, 0] = int(number)
        return {}

    def grow(self, name: str, count: str) -> dict[str, Any]:
        began = time.perf_counter()
        self.storage[name] = np.arange(int(count), dtype=np.float64)
        return {"milliseconds": milliseconds_since(began)}


ROLES = {"reader": Reader, "copier": Copier, "in-place": InPlace, "writer": Writer, "dict": Dicts}


def main(role: str, path: str) -> None:
    worker = ROLES[role](path)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        print(json.dumps(getattr(worker, command)(*arguments)), flush=True)
    if worker.storage is not None:
        worker.storage.detach()


if __name__ == "__main__":
    main(*sys.argv[1:])
