"""A centre: who is in it, which beds are out of commission, and the heartbeat that counts them (section 5)."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Protocol

from irc_events import SupportLog, heartbeat_faults
from peer_common import Defects, Json

PLACES = {"m": 3000, "f": 2000}
GENDERS = {"m": "male", "f": "female"}
JOIN_S = 2.0
LEAD_PART = 0.1


class Site:
    """The state of one centre, kept in a file."""

    def __init__(self, name: str, folder: Path, defects: Defects) -> None:
        self.name = name
        self._file = folder / f"{name}.json"
        self._defects = defects
        self._guard = threading.Lock()
        self._people: dict[str, str] = {}
        self._beds: dict[str, str] = {}
        self._known: dict[str, str] = {}
        if self._file.exists():
            self._people, self._beds, self._known = json.loads(self._file.read_text(encoding="utf-8"))

    def happened(self, event: Json) -> None:
        """Follows an event of this centre."""
        operation, person = event["operation"], str(event.get("person_id"))
        with self._guard:
            if operation in ("check in", "update individual"):
                self._known[person] = event["gender"]
            if operation in ("check in", "reinstatement") or (operation == "update individual" and person in self._people):
                self._people[person] = self._known.get(person, "m")
            elif operation in ("check out", "inter site transfer"):
                self._people.pop(person, None)
            elif operation == "out commission":
                self._beds[event["bed_ref"]] = event["gender"]
            elif operation == "in commission":
                self._beds.pop(event["bed_ref"], None)
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps([self._people, self._beds, self._known]), encoding="utf-8")
            os.replace(fresh, self._file)

    def heartbeat(self) -> Json:
        """The counts as they are now."""
        with self._guard:
            people, beds = list(self._people.values()), list(self._beds.values())
        counts: Json = {"centre": self.name}
        for letter, word in GENDERS.items():
            counts[f"{word}_occupied"] = people.count(letter)
            counts[f"{word}_outofcommission"] = beds.count(letter)
            counts[f"{word}_total_configured"] = PLACES[letter]
        return counts

    def spoilt(self, counts: Json) -> Json:
        """The counts as a defect has them."""
        if self._defects.has("counts-never-change"):
            counts.update(male_occupied=7, female_occupied=7, male_outofcommission=0, female_outofcommission=0)
        if self._defects.has("totals-missing"):
            del counts["male_total_configured"], counts["female_total_configured"]
        if self._defects.has("totals-do-not-add-up"):
            counts.update(male_occupied=20, male_total_configured=10)
        if self._defects.has("counts-as-text"):
            counts["male_occupied"] = str(counts["male_occupied"])
        if self._defects.has("beds-out-counted-as-free"):
            counts.update(male_outofcommission=0, female_outofcommission=0)
        return counts


class Way(Protocol):
    """How heartbeats get out."""

    def heartbeat(self, counts: Json) -> bool:
        """Sends a heartbeat once; tells whether it was taken."""

    def prepare(self, centre: str, within_s: float) -> None:
        """Makes ready what a heartbeat needs that is due soon."""


class Heart:
    """Sends the heartbeat of one centre each minute, by the clock and not by how long the last one took."""

    def __init__(self, site: Site, way: Way, log: SupportLog, minute_s: float, defects: Defects) -> None:
        self._site = site
        self._way = way
        self._beat = way.heartbeat
        self._log = log
        self._minute_s = minute_s
        self._defects = defects
        self._stopped = threading.Event()
        self._kept: list[Json] = []
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"heart of {site.name}")
        self._thread.start()

    def _run(self) -> None:
        due = time.monotonic()
        lead_s = self._minute_s * LEAD_PART
        while not self._stopped.wait(max(0.0, due - lead_s - time.monotonic())):
            self._way.prepare(self._site.name, lead_s * 2)
            if self._stopped.wait(max(0.0, due - time.monotonic())):
                return
            self._once()
            if self._defects.has("heartbeat-drifts"):
                due = time.monotonic() + self._gap_s()
            else:
                # A minute that is over already is left out: two heartbeats at once tell nothing.
                due += self._gap_s() * max(1, -(-(time.monotonic() - due) // self._gap_s()))

    def _gap_s(self) -> float:
        if self._defects.has("heartbeat-each-two-minutes"):
            return self._minute_s * 2
        return self._minute_s * (1.075 if self._defects.has("heartbeat-drifts") else 1)

    def _once(self) -> None:
        heartbeat = self._site.heartbeat()
        faults = heartbeat_faults(heartbeat)
        if faults:
            self._log.tell(f"heartbeat of {self._site.name} is not valid: {', '.join(faults)}")
            return
        heartbeat = self._site.spoilt(heartbeat)
        is_taken = self._beat(heartbeat)
        if is_taken:
            self._replay()
        elif self._defects.has("heartbeat-queued"):
            self._kept.append(heartbeat)
        elif self._defects.has("heartbeat-retried") and not self._stopped.wait(self._minute_s * 0.2):
            self._beat(heartbeat)

    def _replay(self) -> None:
        """Sends what was kept; nothing is, but by a defect."""
        while self._kept:
            self._beat(self._kept.pop(0))

    def stop(self) -> None:
        """Ends the heartbeats."""
        self._stopped.set()
        self._thread.join(JOIN_S)
