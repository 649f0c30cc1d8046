#!/usr/bin/env python3
"""The iHub side as one supplier might have built it: it takes filled-in forms and delivers them to forces.

It stands for a real supplier's client in tests of Counterpart in the role provider. A loopback control port makes it
act; delivery goes on in the background. Without `--defect` it conforms to the description in every point that it can.

It prints one line, `ready CONTROL-PORT`, when it can be told to act.
"""

from __future__ import annotations

import argparse
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import ihub_forms
from ihub_delivery import AuditLog, Delivery, Engine, RetryPolicy
from ihub_forms import Form, Mapper, Media
from ihub_mail import Mailbox
from ihub_transport import Identity, Timeouts, Transport
from peer_common import ControlPort, ControlRefused, Defects, Json, add_common_options, secret, serve

STOP_DELAY_S = 0.2
FIRST, SECOND = "first", "second"


@dataclass(frozen=True)
class Row:
    """One row of the routing table (section 8.3)."""

    route: str
    mailbox: str
    endpoint: str = FIRST
    skeletons: bool = False


ROUTING: dict[str, Row] = {
    "901": Row("sapi", "digital-desk@force901.example.org", skeletons=True),
    "902": Row("sapi", "digital-desk@force902.example.org", endpoint=SECOND),
    "904": Row("email", "digital-desk@force904.example.org"),
    "905": Row("sapi", "digital-desk@force905.example.org"),
}


class Client:
    """The client: maps forms, chooses routes, hands over to the delivery engine."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._defects = Defects(options.defect)
        self._guard = threading.Lock()
        self._stopped = threading.Event()
        self._engine = self._new_engine()
        self.control = ControlPort(options.control, {
            "submit-ocr": lambda given: self._submit(ihub_forms.crime_report("901"), given),
            "submit-complaint": lambda given: self._submit(ihub_forms.complaint("901"), given),
            "submit-skeleton": lambda given: self._submit(ihub_forms.lost_dog_form("901"), given),
            "submit-non-modelled": lambda given: self._submit(ihub_forms.lost_dog_form("905"), given),
            "submit-email-route": lambda given: self._submit(ihub_forms.crime_report("904"), given),
            "submit-welsh": lambda given: self._submit(ihub_forms.welsh_crime_report("901"), given),
            "submit-two-middle-names": lambda given: self._submit(
                ihub_forms.crime_report("901", middle_names=("Quill", "Maple"), title="Captain"), given),
            "submit-next-of-kin": lambda given: self._submit(
                ihub_forms.crime_report("901", next_of_kin=("Jamie", "Fixture")), given),
            "submit-age-range": lambda given: self._submit(ihub_forms.crime_report("901", witness_age_range="30-45"), given),
            "submit-media": lambda given: self._submit(
                ihub_forms.crime_report("901", media=[Media("rack.jpg", "image/jpeg", 4096)]), given),
            "submit-force-902": lambda given: self._submit(ihub_forms.crime_report("902"), given),
            "submit-mixed": self._submit_mixed,
            "submit-no-route": lambda given: self._submit(ihub_forms.crime_report("903"), given),
            "state": self._state, "emails": self._emails, "log": self._log, "restart": self._restart, "stop": self._stop,
        })

    def _new_engine(self) -> Engine:
        options = self._options
        first = Identity(options.cert, options.key, options.client_id, options.client_secret)
        second = Identity(options.second_cert or options.cert, options.second_key or options.key,
                          options.second_client_id, options.second_client_secret)
        folder = Path(options.state_dir or Path(options.eml_dir, "state"))
        folder.mkdir(parents=True, exist_ok=True)
        self._audit = AuditLog(folder / "audit.log", [first.client_secret, second.client_secret])
        self._mailbox = Mailbox(Path(options.eml_dir), self._defects)
        timeouts = Timeouts(options.connect_timeout_ms / 1000, options.response_timeout_ms / 1000)
        requests_max = options.retry_max + (1 if options.count_mode == "resends" else 0)
        policy = RetryPolicy(requests_max, options.base_delay_ms / 1000 * options.time_scale, options.factor)
        transport = Transport(options.ca, timeouts, self._defects)
        return Engine(folder / "deliveries", policy, transport, {FIRST: first, SECOND: second}, self._mailbox, self._audit,
                      self._defects, options.media_wait_ms / 1000)

    # Submitting.

    def _submit(self, form: Form, given: Json) -> Json:
        row = ROUTING.get(form.force)
        skeleton = not form.modelled
        route = self._route(row, skeleton)
        mapper = Mapper(form, row.mailbox if row else "unknown@example.org", self._defects)
        submission = mapper.submission(skeleton)
        urls = self._urls(given)
        endpoint = row.endpoint if row else FIRST
        if route == "sapi" and endpoint not in urls:
            raise ControlRefused(f"no address is known for force {form.force}")
        delivery = Delivery(submission.submission_id, submission.correlation_id, form.force, route, urls, endpoint,
                            row.mailbox if row else "")
        with self._guard:
            self._engine.accept(delivery, submission.body)
        if route == "email" and self._defects.has("post-on-email-route") and FIRST in urls:
            self._post_as_well(delivery, submission.body)
        return {"submissionId": submission.submission_id, "correlationId": submission.correlation_id,
                "customerReferenceNumber": submission.reference, "forceIdentifier": form.force}

    def _route(self, row: Row | None, skeleton: bool) -> str:
        """Modelled: in full; else a skeleton where the force opted in; else email; without a row: parked."""
        if row is None:
            return "sapi" if self._defects.has("unrouted-sent") else "parked"
        if skeleton and not row.skeletons and not self._defects.has("skeleton-without-opt-in"):
            return "email"
        return row.route

    def _urls(self, given: Json) -> dict[str, str]:
        """The forces' addresses: what the action says goes before what the options say."""
        known = {FIRST: given.get("url") or self._options.target,
                 SECOND: given.get("url_second_force") or self._options.second_target}
        return {name: url for name, url in known.items() if url}

    def _post_as_well(self, delivery: Delivery, body: bytes) -> None:
        """Sends what was emailed. Only the defect `post-on-email-route` comes here."""
        transport = Transport(self._options.ca, Timeouts(5, 5), self._defects)
        identity = Identity(self._options.cert, self._options.key, self._options.client_id, self._options.client_secret)
        transport.post(f"{delivery.urls[FIRST].rstrip('/')}/incidents", body, delivery.correlation_id, identity)

    def _submit_mixed(self, given: Json) -> Json:
        if set(self._urls(given)) != {FIRST, SECOND}:
            raise ControlRefused("both forces' addresses are needed")
        forms = [ihub_forms.crime_report(force) for force in ("901", "902", "901", "902")]
        return {"submissions": [self._submit(form, given) for form in forms]}

    # Looking and ruling.

    def _state(self, given: Json) -> Json:
        submission_id = given.get("submissionId")
        if submission_id is None:
            return {"submissions": [delivery.shown() for delivery in self._engine.all()]}
        delivery = self._engine.find(str(submission_id))
        if delivery is None:
            raise ControlRefused(f"no submission {submission_id}")
        return {**delivery.shown(), "audit": self._audit.rows(delivery.submission_id)}

    def _emails(self, given: Json) -> Json:
        wanted = given.get("submissionId")
        return {"emails": [entry for entry in self._mailbox.listing() if wanted in (None, entry["submissionId"])]}

    def _log(self, _: Json) -> Json:
        return {"text": self._audit.text()}

    def _restart(self, _: Json) -> Json:
        """Drops all memory and goes on from the files."""
        with self._guard:
            self._engine.stop()
            self._engine = self._new_engine()
        return {"restarted": True, "known": len(self._engine.all())}

    def _stop(self, _: Json) -> Json:
        threading.Timer(STOP_DELAY_S, self._stopped.set).start()  # the answer must get out first
        return {"stopping": True}

    def wait(self) -> None:
        """Waits until it is told to stop."""
        self._stopped.wait()

    def close(self) -> None:
        """Stops everything."""
        self.control.close()
        self._engine.stop()


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", metavar="URL", help="address of force 901, without /incidents")
    parser.add_argument("--second-target", metavar="URL", help="address of force 902, without /incidents")
    parser.add_argument("--cert", required=True, help="client certificate chain, PEM")
    parser.add_argument("--key", required=True, help="client key, PEM")
    parser.add_argument("--second-cert", help="client certificate for force 902 (default: --cert)")
    parser.add_argument("--second-key", help="key for force 902 (default: --key)")
    parser.add_argument("--ca", required=True, help="authority of the forces' servers, PEM")
    parser.add_argument("--client-id", type=secret, required=True, help="id issued by 901 (or env:NAME, file:PATH)")
    parser.add_argument("--client-secret", type=secret, required=True, help="secret issued by 901 (or env:NAME, file:PATH)")
    parser.add_argument("--second-client-id", type=secret, default="", help="id issued by 902")
    parser.add_argument("--second-client-secret", type=secret, default="", help="secret issued by 902")
    parser.add_argument("--eml-dir", required=True, metavar="DIR", help="folder of the messages written")
    parser.add_argument("--state-dir", metavar="DIR", help="folder of the deliveries and the audit log (default: EML-DIR/state)")
    parser.add_argument("--time-scale", type=float, default=1.0, help="factor on the gaps between tries, such as 0.001")
    parser.add_argument("--base-delay-ms", type=float, default=60_000, help="first gap before scaling")
    parser.add_argument("--factor", type=float, default=2.0, help="growth of the gaps")
    parser.add_argument("--retry-max", type=int, default=6, help="the limit of F18")
    parser.add_argument("--count-mode", choices=("requests", "resends"), default="requests", help="what the limit counts")
    parser.add_argument("--connect-timeout-ms", type=int, default=10_000, help="not scaled")
    parser.add_argument("--response-timeout-ms", type=int, default=30_000, help="for the whole answer; not scaled")
    parser.add_argument("--media-wait-ms", type=int, default=45_000, help="how long the defect media-awaited waits")
    add_common_options(parser, "ihub_client")
    return parser.parse_args(arguments)


def main() -> int:
    """Runs the client until it is told to stop."""
    options = parse_options()
    return serve(Client(options), options)


if __name__ == "__main__":
    sys.exit(main())
