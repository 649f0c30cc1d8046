"""The queue of events (rules R7 and R12 to R15): on disk, in order for each person and bed, tried again each minute."""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import json
import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from peer_common import Defects, Json

WORKERS = 4
STOP_GRACE_S = 2.0
SOON_PART = 1 / 6
EVENTS_A_MINUTE = 20


@dataclass(frozen=True)
class Entry:
    """One event that waits; the number gives the order in which things happened."""

    number: int
    lane: str
    event: Json


Delivery = Callable[[Entry], bool]
"""Sends an event once; tells whether it left the queue."""


class Queue:
    """Delivers entries in the background. A restart makes a new queue on the same folder."""

    def __init__(self, folder: Path, deliver: Delivery, minute_s: float, defects: Defects) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._deliver = deliver
        self._minute_s = minute_s
        self._defects = defects
        self._changed = threading.Condition()
        self._stopped = False
        self._recent: list[float] = []
        self._lanes: dict[str, deque[Entry]] = {}
        self._due: list[tuple[float, int, str]] = []
        self._turns = itertools.count()
        self._numbers = itertools.count(1 + self._load())
        self._workers = [threading.Thread(target=self._work, daemon=True, name="queue") for _ in range(WORKERS)]
        for worker in self._workers:
            worker.start()

    def _load(self) -> int:
        """Takes up what was left; gives the highest number."""
        highest = 0
        for path in sorted(self._folder.glob("*.json")):
            if self._defects.has("queue-in-memory"):
                path.unlink()
                continue
            entry = Entry(**json.loads(path.read_text(encoding="utf-8")))
            highest = entry.number
            self._append(entry)
        return highest

    def put(self, lane: str, event: Json) -> None:
        """Takes an event. It is on the disk before this returns."""
        with self._changed:
            if self._defects.has("burst-cut-short") and self._is_busy():
                return
            number = next(self._numbers)
            if self._defects.has("order-lost"):
                lane = f"{lane} {number}"
            entry = Entry(number, "all" if self._defects.has("one-blocks-all") else lane, event)
            self._write(entry)
            self._append(entry)
            self._changed.notify()

    def _is_busy(self) -> bool:
        """Whether many events came in the last minute; only a defect asks."""
        now = time.monotonic()
        self._recent = [at for at in self._recent if now - at < self._minute_s] + [now]
        return len(self._recent) > EVENTS_A_MINUTE

    def _write(self, entry: Entry) -> None:
        path = self._path(entry)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(dataclasses.asdict(entry)), encoding="utf-8")
        os.replace(fresh, path)

    def _path(self, entry: Entry) -> Path:
        return self._folder / f"{entry.number:012}.json"

    def _append(self, entry: Entry) -> None:
        """Adds an entry to its lane; a lane that was empty is due at once."""
        waiting = self._lanes.setdefault(entry.lane, deque())
        waiting.append(entry)
        if len(waiting) == 1:
            delay_s = self._minute_s * 0.75 if self._defects.has("events-collected") else 0.0
            self._plan(time.monotonic() + delay_s, entry.lane)

    def _plan(self, due: float, lane: str) -> None:
        heapq.heappush(self._due, (due, next(self._turns), lane))

    def _work(self) -> None:
        while (entry := self._next()) is not None:
            began = time.monotonic()
            is_done = self._deliver(entry)
            with self._changed:
                if self._stopped:
                    return
                self._settle(entry, is_done, began)
                self._changed.notify()

    def _next(self) -> Entry | None:
        """Waits for a lane that is due; gives its first entry, or none when all is over."""
        with self._changed:
            while not self._stopped:
                wait_s = self._due[0][0] - time.monotonic() if self._due else None
                if wait_s is not None and wait_s <= 0:
                    return self._lanes[heapq.heappop(self._due)[2]][0]
                self._changed.wait(wait_s)
        return None

    def _settle(self, entry: Entry, is_done: bool, began: float) -> None:
        """The next of the lane is due at once after a success, the same one a minute after its last try began."""
        waiting = self._lanes[entry.lane]
        if not is_done:
            self._plan(began + self._gap_s(), entry.lane)
            return
        self._path(entry).unlink(missing_ok=True)
        waiting.popleft()
        if waiting:
            self._plan(time.monotonic(), entry.lane)
        else:
            del self._lanes[entry.lane]

    def _gap_s(self) -> float:
        if self._defects.has("retries-after-10s"):
            return self._minute_s * SOON_PART
        return self._minute_s * (2 if self._defects.has("retries-after-two-minutes") else 1)

    def stop(self) -> None:
        """Ends delivery; what waits stays on the disk."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.join(STOP_GRACE_S)
