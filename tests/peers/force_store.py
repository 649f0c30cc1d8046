"""The force's intake store: one append-only file, flushed to disk before anything is acknowledged (F11)."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STORE_FILE = "submissions.jsonl"


class StoreUnavailable(Exception):
    """The store did not accept the write; nothing was kept."""


@dataclass(frozen=True)
class Record:
    """One stored submission, with the whole request body as it came."""

    submission_id: str
    resource_id: str
    reference: str
    received_at: str
    correlation_id: str
    body: bytes
    flags: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """The digest of the body in hex."""
        return hashlib.sha256(self.body).hexdigest()

    def to_line(self) -> bytes:
        """Writes the record as one line of JSON."""
        value = {
            "submissionId": self.submission_id, "id": self.resource_id, "reference": self.reference,
            "receivedAt": self.received_at, "correlationId": self.correlation_id, "flags": list(self.flags),
            "body": base64.b64encode(self.body).decode(),
        }
        return json.dumps(value).encode() + b"\n"

    @staticmethod
    def from_line(line: bytes) -> "Record":
        """Reads a line back; raises ValueError or KeyError for a torn one."""
        value: dict[str, Any] = json.loads(line)
        return Record(value["submissionId"], value["id"], value["reference"], value["receivedAt"],
                      value["correlationId"], base64.b64decode(value["body"]), tuple(value["flags"]))


class Store:
    """The records in memory and the file behind them. A new object reads the file afresh."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / STORE_FILE
        self._lock = threading.Lock()
        self._records = self._load()
        self._numbers = itertools.count(len(self._records) + 1)
        self.available = True
        self._closed = False

    def _load(self) -> list[Record]:
        """Reads all whole lines and cuts off a torn last one, which was never acknowledged."""
        if not self._path.exists():
            return []
        records: list[Record] = []
        good_bytes = 0
        with self._path.open("rb") as file:
            for line in file:
                try:
                    records.append(Record.from_line(line))
                except (ValueError, KeyError):
                    break
                good_bytes += len(line)
        if good_bytes < self._path.stat().st_size:
            os.truncate(self._path, good_bytes)
        return records

    def close(self) -> None:
        """Takes no more records: a request that outlives a restart must not write behind the next store's back."""
        with self._lock:
            self._closed = True

    def next_number(self) -> int:
        """Gives a number for a force reference; none is given twice in one run."""
        with self._lock:
            return next(self._numbers)

    def append(self, record: Record) -> None:
        """Keeps a record; returns only when it is on the disk."""
        with self._lock:
            if self._closed or not self.available:
                raise StoreUnavailable
            with self._path.open("ab") as file:
                file.write(record.to_line())
                file.flush()
                os.fsync(file.fileno())
            self._records.append(record)

    def keep_in_memory(self, record: Record) -> None:
        """Keeps a record where a restart loses it. Only defects call this."""
        with self._lock:
            self._records.append(record)

    def replace(self, record: Record) -> None:
        """Overwrites the records of the same submission. Only defects call this."""
        with self._lock:
            self._records = [old for old in self._records if old.submission_id != record.submission_id] + [record]
            self._path.write_bytes(b"".join(kept.to_line() for kept in self._records))

    def find(self, submission_id: str) -> Record | None:
        """Gives the first record of a submission."""
        with self._lock:
            return next((kept for kept in self._records if kept.submission_id == submission_id), None)

    def records(self) -> list[Record]:
        """Gives all records in the order they were stored."""
        with self._lock:
            return list(self._records)

    def clear(self) -> None:
        """Forgets everything, on disk too."""
        with self._lock:
            self._records = []
            self._path.unlink(missing_ok=True)
