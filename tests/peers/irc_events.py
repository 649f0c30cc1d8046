"""Events and heartbeats as the interface describes them (sections 4 and 5), and the clock by which a site writes moments."""

from __future__ import annotations

import datetime
import re
import threading
import time

from peer_common import Defects, Json

CENTRE = re.compile(r"[a-z]{3,30}")
NATIONALITY = re.compile(r"[a-z]{3}")
BED_REF = re.compile(r"[A-Za-z0-9 -]{0,75}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
UNKNOWN_NATIONALITY = "xxx"
COUNT_MAX = 5000

BED_REASONS = ("Maintenance - Malicious/Accidental Damage", "Maintenance - Health and Safety Concern", "Maintenance - Planned works",
               "Crime Scene", "Medical Isolation", "Other")
SINGLE_REASONS = ("Single Occupancy", "Single Occupancy - Reserved")
TRANSFER_REASONS = ("Rule 40/42 dynamic risk assessment", "Moved to sterile condition pending removal",
                    "Home Office interview scheme", "Separation of detainees", "Safety concern", "Behavioral concern",
                    "Healthcare request", "Detained partner in other centre", "Charter movement", "Other")

PERSON = {"person_id", "cid_id", "gender", "nationality"}
MEMBERS: dict[str, set[str]] = {
    "check in": PERSON, "update individual": PERSON, "check out": {"person_id"}, "reinstatement": {"person_id"},
    "inter site transfer": {"person_id", "centre_to", "reason"}, "in commission": {"bed_ref"},
}
COUNTS = ("male_occupied", "female_occupied", "male_outofcommission", "female_outofcommission",
          "male_total_configured", "female_total_configured")
AN_HOUR = datetime.timedelta(hours=1)


class SiteClock:
    """The wall clock of a site in the United Kingdom. It can be set to another moment; it goes on from there."""

    BEFORE = datetime.datetime(2026, 10, 25, 0, 59, 50, tzinfo=datetime.timezone.utc)
    AFTER = datetime.datetime(2026, 10, 25, 1, 0, 10, tzinfo=datetime.timezone.utc)

    def __init__(self, defects: Defects) -> None:
        self._defects = defects
        self._guard = threading.Lock()
        self._ahead = datetime.timedelta()
        self._last = datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)

    def set(self, moment: datetime.datetime | None) -> None:
        """Sets the clock, or sets it right again."""
        with self._guard:
            now = datetime.datetime.now(datetime.timezone.utc)
            self._ahead = moment - now if moment is not None else datetime.timedelta()
            self._last = datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)

    def moment(self) -> str:
        """The moment as RFC 3339 with the offset in force; no two are the same."""
        with self._guard:
            now = datetime.datetime.now(datetime.timezone.utc) + self._ahead
            self._last = max(now, self._last + datetime.timedelta(milliseconds=1))
            return self._written(self._last)

    def _written(self, moment: datetime.datetime) -> str:
        offset = AN_HOUR if is_summer(moment) else datetime.timedelta()
        local = moment.astimezone(datetime.timezone(offset))
        if self._defects.has("time-without-zone"):
            return local.strftime("%Y-%m-%dT%H:%M:%S")
        if self._defects.has("time-british"):
            return local.strftime("%d/%m/%Y %H:%M")
        if self._defects.has("local-time-as-utc"):
            return local.strftime("%Y-%m-%dT%H:%M:%SZ")
        return local.isoformat(timespec="milliseconds")


def is_summer(moment: datetime.datetime) -> bool:
    """Tells whether British summer time is in force: from the last Sunday of March to that of October, at 01:00 UTC."""
    begin, end = (last_sunday(moment.year, month) for month in (3, 10))
    return begin <= moment < end


def last_sunday(year: int, month: int) -> datetime.datetime:
    """The last Sunday of a month with 31 days, at 01:00 UTC."""
    last = datetime.datetime(year, month, 31, 1, tzinfo=datetime.timezone.utc)
    return last - datetime.timedelta(days=(last.weekday() + 1) % 7)


def lane(event: Json) -> str:
    """What the order of events is kept for: one person or one bed of a centre."""
    thing = f"bed {event['bed_ref']}" if "bed_ref" in event else f"person {event['person_id']}"
    return f"{event['centre']} {thing}"


def event_faults(event: Json) -> list[str]:
    """What is wrong with an event by the tables of section 4; empty when it may be sent."""
    operation = event.get("operation")
    if operation == "out commission":
        single = "single_occupancy_person_id" in event
        wanted = {"bed_ref", "reason", "gender"} | ({"single_occupancy_person_id"} if single else set())
        reasons: tuple[str, ...] = SINGLE_REASONS if single else BED_REASONS
    elif operation in MEMBERS:
        wanted, reasons = MEMBERS[operation], TRANSFER_REASONS
    else:
        return [f"no operation {operation!r}"]
    faults = [f"{name} is missing" for name in sorted(wanted - event.keys())]
    faults += [f"{name} is too much" for name in sorted(event.keys() - wanted - {"operation", "timestamp", "centre"})]
    rules = {
        "timestamp": lambda value: _fits(MOMENT, value), "centre": lambda value: _fits(CENTRE, value),
        "centre_to": lambda value: _fits(CENTRE, value), "nationality": lambda value: _fits(NATIONALITY, value),
        "bed_ref": lambda value: _fits(BED_REF, value), "gender": lambda value: value in ("m", "f"),
        "reason": lambda value: value in reasons, "person_id": _is_id, "cid_id": _is_id, "single_occupancy_person_id": _is_id,
    }
    return faults + [f"{name} is not valid" for name, fits in rules.items() if name in event and not fits(event[name])]


def heartbeat_faults(heartbeat: Json) -> list[str]:
    """What is wrong with a heartbeat by the table of section 5."""
    return [f"{name} is not valid" for name in COUNTS
            if not (isinstance(heartbeat.get(name), int) and 0 <= heartbeat[name] <= COUNT_MAX)]


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


class SupportLog:
    """What support is told: a line for each error, without secrets."""

    def __init__(self, folder: str, defects: Defects) -> None:
        self._file = open(f"{folder}/support.log", "a", encoding="utf-8", buffering=1)  # noqa: SIM115 - open as long as the program
        self._defects = defects
        self._secrets: set[str] = set()
        self._guard = threading.Lock()

    def hide(self, secret: str) -> None:
        """Remembers a text that must never stand in the log."""
        with self._guard:
            self._secrets.add(secret)

    def tell(self, text: str) -> None:
        """Tells of an error."""
        if self._defects.has("support-not-told"):
            return
        with self._guard:
            for secret in self._secrets:
                text = text.replace(secret, "[secret]")
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            self._file.write(f"{stamp} ERROR {text}\n".replace("\r", " "))

    def blurt(self, text: str) -> None:
        """Writes a line as it is; only defects do."""
        with self._guard:
            self._file.write(text + "\n")
