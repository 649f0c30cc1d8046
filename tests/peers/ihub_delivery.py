"""Delivery: the state machine of section 8.2, the retry policy of 8.1, and the email at the end (F16 to F19)."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from ihub_mail import Mailbox
from ihub_transport import Identity, Outcome, Transport
from peer_common import Defects, Json, masked

ERROR_TEXT_MAX = 2000
GROWTH_STEPS_MAX = 12
STOP_GRACE_S = 2.0
UNSENT = ("queued", "sending", "waiting")


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how far apart; durations are scaled before they come here."""

    requests_max: int
    base_s: float
    factor: float


@dataclass
class Delivery:
    """One submission on its way to one force. All of it but the body stands in one JSON file."""

    submission_id: str
    correlation_id: str
    force: str
    route: str
    urls: dict[str, str]
    credentials: str
    mailbox: str
    state: str = "queued"
    attempts: int = 0
    due: float = 0.0
    marked_for_deletion: bool = False
    last_error: str = ""
    emails: list[str] = field(default_factory=list)

    def shown(self) -> Json:
        """The answer to a state hook."""
        return {"submissionId": self.submission_id, "state": self.state, "attempts": self.attempts,
                "markedForDeletion": self.marked_for_deletion, "lastError": self.last_error, "force": self.force,
                "route": self.route, "emails": self.emails}


class AuditLog:
    """One line for each event, in a file that outlives a restart; the secrets given to it never appear."""

    def __init__(self, path: Path, secrets: list[str]) -> None:
        self._path = path
        self._secrets = [secret for secret in secrets if secret]
        self._lock = threading.Lock()

    def write(self, submission_id: str, event: str, text: str = "") -> None:
        """Adds a line; line breaks in the text are written as `\\n` so that raw error bodies keep to their line."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = f"{stamp} {submission_id} {event} {self.clean(text)}".rstrip().replace("\r", "\\r").replace("\n", "\\n")
        self.write_raw(line)

    def write_raw(self, line: str) -> None:
        """Adds a line as it is."""
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def rows(self, submission_id: str) -> list[Json]:
        """What was logged of one submission, for the state hook."""
        lines = (line.split(" ", 2) for line in self.text().splitlines())
        return [{"at": parts[0], "event": parts[2]} for parts in lines if len(parts) == 3 and parts[1] == submission_id]

    def clean(self, text: str) -> str:
        """Takes every known secret out of a text, such as an answer that echoes one."""
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return text

    def text(self) -> str:
        """Everything that was logged."""
        return self._path.read_text(encoding="utf-8") if self._path.exists() else ""


class Engine:
    """Delivers submissions in the background. A restart makes a new engine on the same folder."""

    def __init__(self, folder: Path, policy: RetryPolicy, transport: Transport, identities: dict[str, Identity],
                 mailbox: Mailbox, audit: AuditLog, defects: Defects, media_wait_s: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._policy = policy
        self._transport = transport
        self._identities = identities
        self._mailbox = mailbox
        self._audit = audit
        self._defects = defects
        self._media_wait_s = media_wait_s
        self._guard = threading.RLock()
        self._stopped = threading.Event()
        self._abandoned = False
        self._workers: list[threading.Thread] = []
        self._deliveries: dict[str, Delivery] = {}
        self._load()

    # Keeping state.

    def _load(self) -> None:
        for path in sorted(self._folder.glob("*.json")):
            delivery = Delivery(**json.loads(path.read_text(encoding="utf-8")))
            if self._defects.has("restart-forgets") and delivery.state in UNSENT:
                continue
            if self._defects.has("restart-resets-count") and delivery.state in UNSENT:
                delivery.attempts = 0
            self._deliveries[delivery.submission_id] = delivery
            if delivery.state == "sending":
                self._failed(delivery, Outcome(0, "interrupted by a restart"), time.time())
            elif delivery.state == "exhausted" and delivery.route != "parked":
                self._email_at_end(delivery)
            if delivery.state in UNSENT and delivery.route == "sapi":
                self._start(delivery)

    def _save(self, delivery: Delivery) -> None:
        with self._guard:
            if self._abandoned:
                return
            replace_file(self._folder / f"{delivery.submission_id}.json", encoded(delivery))

    def _body(self, delivery: Delivery) -> bytes:
        return (self._folder / f"{delivery.submission_id}.body").read_bytes()

    def stop(self) -> None:
        """Lets running attempts end for a moment, then drops them: the next engine counts them as failed."""
        self._stopped.set()
        deadline = time.monotonic() + STOP_GRACE_S
        for worker in list(self._workers):
            worker.join(max(0.0, deadline - time.monotonic()))
        with self._guard:
            self._abandoned = True

    # Taking work.

    def accept(self, delivery: Delivery, body: bytes) -> None:
        """Takes a submission: keeps it on disk, then starts on its route."""
        replace_file(self._folder / f"{delivery.submission_id}.body", body)
        self._deliveries[delivery.submission_id] = delivery
        self._save(delivery)
        self._audit.write(delivery.submission_id, "queued", f"force {delivery.force}, route {delivery.route}")
        if delivery.route == "parked":
            delivery.last_error = f"no routing row for force {delivery.force}"
            self._audit.write(delivery.submission_id, "ALERT", f"{delivery.last_error}; an operator must decide")
            self._save(delivery)
        elif delivery.route == "email":
            self._email(delivery)
        else:
            self._start(delivery)

    def find(self, submission_id: str) -> Delivery | None:
        """Gives a delivery by its submission."""
        return self._deliveries.get(submission_id)

    def all(self) -> list[Delivery]:
        """Gives all deliveries."""
        return list(self._deliveries.values())

    def _start(self, delivery: Delivery) -> None:
        worker = threading.Thread(target=self._work, args=(delivery,), daemon=True)
        self._workers.append(worker)
        worker.start()

    # Sending.

    def _work(self, delivery: Delivery) -> None:
        if self._defects.has("media-awaited") and b'"url"' in self._body(delivery):
            self._stopped.wait(self._media_wait_s)
        while delivery.state in UNSENT:
            if self._stopped.wait(max(0.0, delivery.due - time.time())):
                return
            self._attempt(delivery)

    def _attempt(self, delivery: Delivery) -> None:
        delivery.attempts += 1
        delivery.state = "sending"
        if self._defects.has("marked-early"):
            delivery.marked_for_deletion = True
        self._save(delivery)
        started = time.time()
        outcome = self._post(delivery)
        if self._abandoned:
            return
        self._audit.write(delivery.submission_id, f"attempt {delivery.attempts}", self._described(outcome))
        if outcome.status == 201 or (self._defects.has("any-2xx-accepted") and 200 <= outcome.status < 300):
            self._delivered(delivery, outcome)
        else:
            self._failed(delivery, outcome, started)

    def _post(self, delivery: Delivery) -> Outcome:
        has = self._defects.has
        target = "first" if has("sent-to-wrong-force") and "first" in delivery.urls else delivery.credentials
        credentials = "first" if has("credentials-shared") else target
        body, correlation_id = self._body(delivery), delivery.correlation_id
        if delivery.attempts > 1:
            body = self._spoil_resend(body, delivery.submission_id)
            if has("resend-new-correlation-id"):
                correlation_id = str(uuid.uuid4())
        self._log_request(delivery, credentials)
        outcome = self._transport.post(self._address(delivery.urls[target]), body, correlation_id, self._identities[credentials])
        if has("sent-to-every-force"):
            for other in set(delivery.urls) - {target}:
                self._transport.post(self._address(delivery.urls[other]), body, correlation_id, self._identities[other])
        return outcome

    def _log_request(self, delivery: Delivery, credentials: str) -> None:
        identity = self._identities[credentials]
        self._audit.write(delivery.submission_id, "sending", f"client_id {masked(identity.client_id)}")
        if self._defects.has("secret-in-log"):
            self._audit.write_raw(f"headers: client_id={identity.client_id} client_secret={identity.client_secret}")

    def _address(self, base: str) -> str:
        name = "incident" if self._defects.has("wrong-path") else "incidents"
        return f"{base.rstrip('/').removesuffix('/incidents')}/{name}"

    def _spoil_resend(self, body: bytes, submission_id: str) -> bytes:
        has = self._defects.has
        if has("resend-changes-body"):
            document = json.loads(body)
            document["data"]["attributes"]["incidentDescription"] += " (resent)"
            return json.dumps(document, ensure_ascii=False).encode()
        if has("resend-reformats-body"):
            return json.dumps(json.loads(body), ensure_ascii=False, indent=1).encode()
        if has("resend-new-submission-id"):
            return body.replace(submission_id.encode(), str(uuid.uuid4()).encode())
        return body

    def _described(self, outcome: Outcome) -> str:
        """What the audit keeps of an answer: the status and the raw text (IC-08, IC-32)."""
        label = f"HTTP {outcome.status}" if outcome.status else "no answer"
        if self._defects.has("error-text-dropped"):
            return label
        return f"{label}: {outcome.text[:ERROR_TEXT_MAX]}"

    # Ends and retries.

    def _delivered(self, delivery: Delivery, outcome: Outcome) -> None:
        delivery.state = "delivered"
        delivery.marked_for_deletion = True
        delivery.last_error = ""
        if outcome.status == 201 and not outcome.is_json_object and not self._defects.has("empty-201-unnoticed"):
            delivery.last_error = "warning: the 201 came without a JSON object"
            self._audit.write(delivery.submission_id, "WARNING", "201 without a JSON object; the body is kept for an operator")
        self._save(delivery)
        self._audit.write(delivery.submission_id, "delivered")
        if self._defects.has("email-after-success"):
            self._write_email(delivery, "")
        if self._defects.has("resends-after-201") and not self._stopped.wait(self._policy.base_s):
            self._post(delivery)

    def _failed(self, delivery: Delivery, outcome: Outcome, started: float) -> None:
        has = self._defects.has
        delivery.last_error = self._audit.clean(self._described(outcome))
        if has("crashes-on-html") and outcome.status:
            self._crash_unless_json(delivery, outcome)
        if has("email-early") and delivery.attempts == 1:
            self._write_email(delivery, "-early")
        if has("dropped-on-4xx") and 400 <= outcome.status < 500:
            delivery.state = "exhausted"
            self._save(delivery)
            return
        if delivery.attempts >= self._requests_max() or self._is_final(outcome):
            delivery.state = "exhausted"
            self._save(delivery)
            self._audit.write(delivery.submission_id, "exhausted", f"after {delivery.attempts} requests")
            self._email_at_end(delivery)
            return
        gap_s = self._gap_s(delivery.attempts)
        now = time.time()
        delivery.due = started + gap_s if started + gap_s > now else now + gap_s
        delivery.state = "waiting"
        self._save(delivery)

    def _crash_unless_json(self, delivery: Delivery, outcome: Outcome) -> None:
        """Ends the worker, as an uncaught fault would. Only the defect `crashes-on-html` comes here."""
        if outcome.is_json_object:
            return
        self._audit.write(delivery.submission_id, "worker ended")
        raise SystemExit

    def _is_final(self, outcome: Outcome) -> bool:
        refused = outcome.status == 0 and "ConnectionRefusedError" in outcome.text
        return (self._defects.has("refused-connection-final") and refused) or (
            self._defects.has("no-retry-on-429") and outcome.status == 429)

    def _requests_max(self) -> int:
        for name, requests in (("never-retries", 1), ("stops-at-5", 5), ("stops-at-8", 8), ("never-stops", 1_000_000)):
            if self._defects.has(name):
                return requests
        return self._policy.requests_max

    def _gap_s(self, failures: int) -> float:
        """Exponential growth (F17): base, base * factor, base * factor^2 ..."""
        if self._defects.has("constant-gaps"):
            return self._policy.base_s
        if self._defects.has("linear-gaps"):
            return self._policy.base_s * failures
        if self._defects.has("shrinking-gaps"):
            return self._policy.base_s * 8 / 2**failures
        return self._policy.base_s * self._policy.factor ** min(failures - 1, GROWTH_STEPS_MAX)

    # Email.

    def _email_at_end(self, delivery: Delivery) -> None:
        if self._defects.has("no-email"):
            return
        self._email(delivery)
        if self._defects.has("emails-twice"):
            self._write_email(delivery, "-again")

    def _email(self, delivery: Delivery) -> None:
        self._write_email(delivery, "")
        delivery.state = "emailed"
        self._save(delivery)
        self._audit.write(delivery.submission_id, "emailed")

    def _write_email(self, delivery: Delivery, suffix: str) -> None:
        delivery.emails.append(self._mailbox.write(delivery.submission_id, self._body(delivery), delivery.mailbox, suffix))
        self._save(delivery)


def encoded(delivery: Delivery) -> bytes:
    """Writes a delivery as JSON."""
    return json.dumps(dataclasses.asdict(delivery)).encode()


def replace_file(path: Path, content: bytes) -> None:
    """Replaces a file whole, so that a reader sees the old content or the new. A restart of this program must find it, a loss of power
    need not: no flush to disk, which would make the gaps between tries uneven and an action slow on a busy machine."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(content)
    fresh.replace(path)
