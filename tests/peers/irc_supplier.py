#!/usr/bin/env python3
"""The system of a removal centre as one supplier might have built it: it tells of events and sends heartbeats.

It stands for a real supplier's system in tests of Counterpart in the role provider. A loopback control port makes things
happen in the centre; telling of them goes on in the background. Without `--defect` it conforms to the description in every
point that it can.

It prints one line, `ready CONTROL-PORT`, when it can be told to act.
"""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

from irc_events import BED_REASONS, SINGLE_REASONS, UNKNOWN_NATIONALITY, SiteClock, SupportLog, event_faults, lane
from irc_link import Link
from irc_queue import Queue
from irc_site import Heart, Site
from irc_tokens import Credentials, Tokens
from irc_transport import Transport
from peer_common import ControlPort, Defects, Json, add_common_options, secret, serve

STOP_DELAY_S = 0.2
OWN_PERSONS_FROM = 9_100_000


class Supplier:
    """The system: what happens in its centres is told to the back-end."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._defects = Defects(options.defect)
        self._guard = threading.Lock()
        self._stopped = threading.Event()
        self._own = 0
        self._clock = SiteClock(self._defects)
        self._log = SupportLog(options.support_log, self._defects)
        self._centres = [options.centre] + ([options.second_centre] if options.second_centre else [])
        self._tokens = self._new_tokens()
        self._start()
        person, bed = ("person_id",), ("bed_ref",)
        self.control = ControlPort(options.control, {
            "check-in": self._action("check in", *person, "cid_id", "gender", "nationality"),
            "update-individual": self._action("update individual", *person, "cid_id", "gender", "nationality"),
            "check-out": self._action("check out", *person),
            "reinstatement": self._action("reinstatement", *person),
            "inter-site-transfer": self._action("inter site transfer", *person, "centre_to", "reason"),
            "out-commission": self._action("out commission", *bed, "gender", "reason"),
            "in-commission": self._action("in commission", *bed),
            "out-commission-single": self._out_single, "all-shapes": self._all_shapes, "sequence": self._sequence,
            "burst": self._burst, "second-centre": self._second_centre, "restart": self._restart, "stop": self._stop,
            "reload-credentials": self._reload_credentials, "invalid-nationality": self._unknown_nationality,
            "invalid-bed-ref": lambda given: self._out(given["bed_ref"], BED_REASONS[0]),
            "invalid-reason": lambda given: self._out(given["bed_ref"], given["reason"]),
            "clocks-back-before": lambda _: self._set_clock(SiteClock.BEFORE),
            "clocks-back-after": lambda _: self._set_clock(SiteClock.AFTER),
            "clock-normal": lambda _: self._set_clock(None),
        })

    def _new_tokens(self) -> dict[str, Tokens]:
        options = self._options
        transport = Transport(options.ca, options.timeout_ms / 1000 * options.time_scale, self._defects)
        pairs = [(options.client_id, options.client_secret), (options.second_client_id, options.second_client_secret)]
        credentials = [Credentials(options.realm, options.auth_server_url, *pair) for pair in pairs]
        goes_by_clock = options.renew == "before-end"
        return {name: Tokens(given, transport, self._log, self._defects, goes_by_clock)
                for name, given in zip(self._centres, credentials)}

    def _start(self) -> None:
        """Starts everything from the files."""
        options = self._options
        folder = Path(options.state_dir)
        folder.mkdir(parents=True, exist_ok=True)
        minute_s = 60 * options.time_scale
        transport = Transport(options.ca, options.timeout_ms / 1000 * options.time_scale, self._defects)
        link = Link(options.base_url, transport, self._tokens, self._clock.moment, self._log, self._defects)
        self._sites = {name: Site(name, folder, self._defects) for name in self._centres}
        self._queue = Queue(folder / "queue", link.event, minute_s, self._defects)
        self._hearts = [Heart(site, link, self._log, minute_s, self._defects) for site in self._sites.values()]

    # What happens in the centre.

    def _happened(self, centre: str, operation: str, **members: object) -> Json:
        """Something happened: it is told now, unless it cannot be said."""
        with self._guard:
            event = {"operation": operation, "timestamp": self._clock.moment(), "centre": centre, **members}
            faults = event_faults(event) if not self._has_odd_time() else []
            if faults:
                if not self._defects.has("invalid-kept-back-untold"):
                    self._log.tell(f"{operation} cannot be told: {', '.join(faults)}")
                if not self._defects.has("invalid-data-sent"):
                    return {}
            self._sites[centre].happened(event)
            if operation == "inter site transfer" and event["centre_to"] in self._sites:
                self._sites[event["centre_to"]].happened({**event, "operation": "reinstatement"})
            self._queue.put(lane(event), event)
        return {}

    def _has_odd_time(self) -> bool:
        return self._defects.has("time-without-zone") or self._defects.has("time-british")

    def _action(self, operation: str, *names: str):  # noqa: ANN202 - an action of the control port
        return lambda given: self._happened(self._options.centre, operation, **{name: given[name] for name in names})

    def _out(self, bed_ref: str, reason: str) -> Json:
        return self._happened(self._options.centre, "out commission", bed_ref=bed_ref, gender="m", reason=reason)

    def _out_single(self, given: Json) -> Json:
        return self._happened(self._options.centre, "out commission", bed_ref=given["bed_ref"], gender=given["gender"],
                              reason=given["reason"], single_occupancy_person_id=given["person_id"])

    def _second_centre(self, given: Json) -> Json:
        return self._happened(self._options.second_centre, "check in", **_person(given["person_id"], UNKNOWN_NATIONALITY))

    def _unknown_nationality(self, given: Json) -> Json:
        """A nationality that nobody knows has a code of its own (section 4.1)."""
        code = "unknown" if self._defects.has("invalid-data-sent") else UNKNOWN_NATIONALITY
        if code == UNKNOWN_NATIONALITY and not self._defects.has("invalid-kept-back-untold"):
            self._log.tell(f"the nationality of person {given['person_id']} is not known: told as {code}")
        return self._happened(self._options.centre, "check in", **_person(given["person_id"], code))

    def _sequence(self, given: Json) -> Json:
        person, centre = given["person_id"], self._options.centre
        self._happened(centre, "check in", **_person(person, "gbr"))
        self._happened(centre, "update individual", **{**_person(person, "gbr"), "cid_id": person + 1})
        self._happened(centre, "check out", person_id=person)
        return self._happened(centre, "reinstatement", person_id=person)

    def _all_shapes(self, _: Json) -> Json:
        with self._guard:
            self._own += 1
            person, bed = OWN_PERSONS_FROM + self._own, f"Wing A-{self._own}"
        centre = self._options.centre
        self._sequence({"person_id": person})
        self._happened(centre, "inter site transfer", person_id=person, centre_to=self._options.second_centre or centre,
                       reason="Behavioral concern")
        self._out(bed, BED_REASONS[2])
        self._happened(centre, "in commission", bed_ref=bed)
        return self._happened(centre, "out commission", bed_ref=f"{bed} single", gender="f", reason=SINGLE_REASONS[0],
                              single_occupancy_person_id=person)

    def _burst(self, given: Json) -> Json:
        for number in range(int(given["count"])):
            self._happened(self._options.centre, "check in", **_person(given["first_person_id"] + number, "gbr"))
        return {}

    # Ruling the system.

    def _set_clock(self, moment) -> Json:  # noqa: ANN001 - a moment or none
        self._clock.set(moment)
        return {}

    def _reload_credentials(self, given: Json) -> Json:
        self._tokens[self._options.centre].replace(Credentials.of_file(given["file"]))
        return {}

    def _restart(self, _: Json) -> Json:
        """Drops all memory but the credentials, which come from a file, and goes on from the disk."""
        with self._guard:
            self._halt()
            self._start()
        return {}

    def _halt(self) -> None:
        self._queue.stop()
        for heart in self._hearts:
            heart.stop()

    def _stop(self, _: Json) -> Json:
        threading.Timer(STOP_DELAY_S, self._stopped.set).start()  # the answer must get out first
        return {}

    def wait(self) -> None:
        """Waits until it is told to stop."""
        self._stopped.wait()

    def close(self) -> None:
        """Stops everything."""
        self.control.close()
        self._halt()


def _person(person: int, nationality: str) -> Json:
    return {"person_id": person, "cid_id": person, "gender": "m", "nationality": nationality}


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base-url", required=True, metavar="URL", help="address of the back-end, without /irc_entry")
    parser.add_argument("--auth-server-url", required=True, metavar="URL", help="address of the token server, without /realms")
    parser.add_argument("--realm", required=True, help="realm of the credentials")
    parser.add_argument("--centre", required=True, help="name of the centre")
    parser.add_argument("--client-id", type=secret, required=True, help="`resource` of its credentials (or env:NAME, file:PATH)")
    parser.add_argument("--client-secret", type=secret, required=True, help="its secret (or env:NAME, file:PATH)")
    parser.add_argument("--second-centre", default="", help="name of a second centre")
    parser.add_argument("--second-client-id", type=secret, default="", help="id of the second centre")
    parser.add_argument("--second-client-secret", type=secret, default="", help="secret of the second centre")
    parser.add_argument("--ca", required=True, help="authority of the servers, PEM")
    parser.add_argument("--state-dir", required=True, metavar="DIR", help="folder of the queue and of what is known of the centres")
    parser.add_argument("--support-log", required=True, metavar="DIR", help="folder of what support is told")
    parser.add_argument("--renew", choices=("before-end", "when-refused"), default="before-end", help="when a token is renewed")
    parser.add_argument("--timeout-ms", type=int, default=5000, help="for one whole exchange, before scaling")
    parser.add_argument("--time-scale", type=float, default=1.0, help="factor on the minute and the timeout, such as 0.05")
    add_common_options(parser, "irc_supplier")
    return parser.parse_args(arguments)


def main() -> int:
    """Runs the system until it is told to stop."""
    options = parse_options()
    return serve(Supplier(options), options)


if __name__ == "__main__":
    sys.exit(main())
