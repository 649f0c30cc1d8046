"""A force's intake: from a whole request to an answer, in the order of section 4."""

from __future__ import annotations

import collections
import datetime as dt
import hmac
import json
import socket
import threading
import time
import uuid
from dataclasses import dataclass, replace
from typing import Callable
from urllib.parse import urlsplit

from force_answers import CATALOGUE, Answer, AnswerWriter, Request
from force_document import BareFault, CaughtFault, DocumentChecker, Problem, Report, media_links, relationships, submission_of
from force_store import Record, Store, StoreUnavailable
from peer_common import Defects, Json, talk

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
LISTED_BODY_BYTES_MAX = 1024 * 1024
LATE_WRITE_S = 1.5
RACE_S = 0.05


@dataclass(frozen=True)
class Policy:
    """How one force set its endpoint up."""

    client_id: str
    client_secret: str
    force: str
    brand: str
    path: str = "/incidents"
    body_bytes_max: int = 50 * 1024 * 1024
    allowed_subjects: tuple[str, ...] = ()
    answer_delay_ms: int = 0
    slow_store_ms: int = 0
    slow_media_ms: int = 0
    media_wait_ms: int = 45_000


class MediaCollector:
    """Internal work after the 201: looks for the media. It never changes an answer already given (F14, F20)."""

    def __init__(self, delay_ms: int) -> None:
        self._delay_s = delay_ms / 1000
        self._states: dict[str, str] = {}

    def collect(self, links: list[str]) -> None:
        """Starts looking for these links in the background."""
        for link in links:
            self._states[link] = "pending"
            threading.Thread(target=self._look, args=(link,), daemon=True).start()

    def _look(self, link: str) -> None:
        time.sleep(self._delay_s)
        self._states[link] = "reachable" if host_answers(link) else "unreachable"

    def states(self, links: list[str]) -> Json:
        """Tells how far each link is."""
        return {link: self._states.get(link, "unknown") for link in links}


def host_answers(link: str) -> bool:
    """Tells whether a link's host takes a connection. Hosts other than the loopback are never called: this is a test bench."""
    parts = urlsplit(link)
    if parts.hostname not in LOOPBACK_HOSTS:
        return False
    try:
        socket.create_connection((parts.hostname, parts.port or 443), timeout=2).close()
    except OSError:
        return False
    return True


class Intake:
    """One run of the service; a restart makes a new one on the same store folder."""

    def __init__(self, policy: Policy, store: Store, defects: Defects) -> None:
        self._policy = policy
        self._store = store
        self._defects = defects
        self._checker = DocumentChecker(policy.force, policy.brand, defects)
        self._answers = AnswerWriter(defects)
        self._media = MediaCollector(policy.slow_media_ms)
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = collections.defaultdict(threading.Lock)
        self._busy: collections.Counter[str] = collections.Counter()
        self._in_flight = 0
        self._acknowledged = 0
        self._failed_once: set[str] = set()
        self._kept_back: list[Record] = []
        self._stopped = threading.Event()

    # The control port's view.

    def set_store_available(self, available: bool) -> None:
        """Takes the store away, or gives it back."""
        self._store.available = available
        if available:
            for record in self._kept_back:
                self._store.append(record)
            self._kept_back.clear()

    def stop(self) -> None:
        """Ends internal work: what is not on the disk is lost."""
        self._stopped.set()

    def listing(self, submission_id: str | None) -> list[Json]:
        """Lists what is stored, for the list hook."""
        wanted = submission_id.lower() if submission_id else None
        return [self._listed(record) for record in self._store.records() if wanted in (None, record.submission_id)]

    def _listed(self, record: Record) -> Json:
        entry: Json = {
            "submissionId": record.submission_id, "id": record.resource_id, "forceReference": record.reference,
            "receivedAt": record.received_at, "correlationId": record.correlation_id, "sha256": record.sha256,
            "bytes": len(record.body), "flags": list(record.flags),
        }
        try:
            document = json.loads(record.body)
            found = submission_of(document)
            links = media_links(document)
        except (ValueError, AttributeError, KeyError):
            return entry
        if found is not None:
            entry["submissionContent"] = found[1].get("attributes", {}).get("submissionContent")
        entry["relationships"] = relationships(document)
        entry["roles"] = sorted({relationship["role"] for relationship in entry["relationships"]})
        entry["media"] = self._media.states(links)
        if len(record.body) <= LISTED_BODY_BYTES_MAX:
            entry["body"] = record.body.decode("utf-8", "replace")
        return entry

    # The request's way through.

    def too_large(self, request: Request) -> Answer:
        """Answers a body over the limit."""
        if self._defects.has("over-limit-dropped"):
            return Answer(dropped=True)
        limit = self._policy.body_bytes_max
        return self._finish(request, self._refuse(request, "PAYLOAD_TOO_LARGE", f"A body may have {limit} bytes at most."))

    def broken(self, code: str, detail: str) -> Answer:
        """Answers what could not be read as a request."""
        return self._answers.refused([Problem(code, detail)])

    def handle(self, request: Request) -> Answer:
        """Answers one request."""
        time.sleep(self._policy.answer_delay_ms / 1000)
        with self._guard:
            self._in_flight += 1
        try:
            answer = self._gate(request) or self._take(request)
        except BareFault:
            answer = self._answers.bare_fault()
        except Exception as fault:  # whatever it is, the caller gets an error document (F15)
            if not isinstance(fault, CaughtFault):
                talk(f"fault in the intake: {fault!r}")
            answer = self._fault(request)
        finally:
            with self._guard:
                self._in_flight -= 1
        return self._finish(request, answer)

    def _finish(self, request: Request, answer: Answer) -> Answer:
        correlation_id = request.header("X-Correlation-ID")
        if correlation_id.isprintable() and correlation_id:
            answer.headers["X-Correlation-ID"] = correlation_id
        return answer

    def _refuse(self, request: Request, code: str, detail: str, header: str | None = None) -> Answer:
        return self._answers.refused([Problem(code, detail, header=header)], request)

    def _fault(self, request: Request) -> Answer:
        return self._refuse(request, "INTERNAL_ERROR", "The submission could not be processed because of a fault in this service.")

    def _gate(self, request: Request) -> Answer | None:
        """Steps 2 to 4: path, method, credentials, media type. Gives a refusal or None."""
        has = self._defects.has
        path = request.path.partition("?")[0]
        if path.rstrip("/") != self._policy.path and not has("other-path-accepted"):
            return self._refuse(request, "NO_SUCH_PATH", "Submissions are taken at the path for incidents only.")
        if request.method != "POST":
            if has("get-200") and request.method == "GET":
                return Answer(200, b'{"data": []}')
            return self._refuse(request, "METHOD_NOT_ALLOWED", f"The method {request.method[:16]} is not allowed; POST is.")
        if self._policy.allowed_subjects and request.peer_name not in self._policy.allowed_subjects:
            return self._refuse(request, "CERT_NOT_ALLOWED", "The client certificate is not one that may send here.")
        if not self._credentials_right(request):
            if has("keeps-after-refusal"):
                self._keep_anyway(request)
            return self._refuse(request, "AUTH_FAILED", "The client id and secret were not accepted.")
        media_type = request.header("Content-Type").partition(";")[0].strip().lower()
        accepted = {"application/json", "application/vnd.api+json"}
        if has("json-api-type-refused"):
            accepted.discard("application/vnd.api+json")
        if media_type not in accepted and not has("any-media-type"):
            return self._refuse(request, "UNSUPPORTED_MEDIA_TYPE", "The Content-Type must be JSON.", header="Content-Type")
        if has("large-body-refused") and len(request.body) > 1024 * 1024:
            return self._refuse(request, "PAYLOAD_TOO_LARGE", "A body may have 1048576 bytes at most.")
        return None

    def _credentials_right(self, request: Request) -> bool:
        has = self._defects.has
        client_id, client_secret = request.header("client_id"), request.header("client_secret")
        id_right = hmac.compare_digest(client_id.encode(), self._policy.client_id.encode())
        secret_right = hmac.compare_digest(client_secret.encode(), self._policy.client_secret.encode())
        if has("credentials-ignored") or (has("absent-credentials-accepted") and not client_id and not client_secret):
            return True
        if has("wrong-secret-accepted") and client_secret:
            return id_right
        if has("unknown-client-accepted") and client_id and not id_right:
            return True
        return id_right and secret_right

    def _take(self, request: Request) -> Answer:
        """Steps 5 to 7: checks, the durable write, and only then the 201."""
        if self._defects.has("empty-body-accepted") and not request.body.strip():
            return self._answers.created(self._record(request, Report(resource_id=str(uuid.uuid4()))))
        report = self._checker.check(request.body)
        if report.problems:
            first = report.problems[0].code
            same_status = [problem for problem in report.problems if _status_of(problem) == _status_of(report.problems[0])]
            if self._defects.has("keeps-after-refusal") and first != "MALFORMED_JSON":
                self._keep_anyway(request)
            return self._answers.refused(same_status, request)
        links = media_links(report.document)
        refusal = self._wait_for_media(request, links)
        if refusal is not None:
            return refusal
        answer = self._store_once(request, report)
        if answer.status == 201:
            self._media.collect(links)
        return answer

    def _wait_for_media(self, request: Request, links: list[str]) -> Answer | None:
        if self._defects.has("media-awaited") and any(not host_answers(link) for link in links):
            self._stopped.wait(self._policy.media_wait_ms / 1000)
        if self._defects.has("media-required") and any(not host_answers(link) for link in links):
            return self._refuse(request, "UPSTREAM_FAILED", "The media could not be fetched.")
        return None

    def _store_once(self, request: Request, report: Report) -> Answer:
        """Holds one submission at a time, so that identical requests at one moment make one record."""
        key = report.submission_id
        if self._defects.has("parallel-stores-many"):
            return self._store_or_repeat(request, report)
        if self._defects.has("parallel-500"):
            return self._store_unless_busy(request, key, lambda: self._store_or_repeat(request, report))
        if self._defects.has("load-500") and self._overloaded():
            return self._refuse(request, "INTERNAL_ERROR", "The service is overloaded.")
        with self._guard:
            lock = self._locks[key]
        with lock:
            return self._store_or_repeat(request, report)

    def _store_unless_busy(self, request: Request, key: str, store: Callable[[], Answer]) -> Answer:
        """Fails for good on requests that meet: the defect `parallel-500`."""
        with self._guard:
            self._busy[key] += 1
            if self._busy[key] > 1:
                return self._fault(request)
        time.sleep(RACE_S)
        answer = store()
        with self._guard:
            if self._busy[key] == 1:
                self._busy[key] = 0
        return answer

    def _overloaded(self) -> bool:
        with self._guard:
            self._acknowledged += 1
            return self._in_flight > 1 and self._acknowledged % 10 == 0

    def _store_or_repeat(self, request: Request, report: Report) -> Answer:
        held = self._store.find(report.submission_id)
        if held is not None and not self._defects.has("duplicates-stored"):
            return self._repeat(request, report, held)
        if self._defects.has("parallel-stores-many"):
            time.sleep(RACE_S)
        record = self._record(request, report)
        try:
            self._write(record)
        except StoreUnavailable:
            return self._store_failed(request, record)
        return self._answers.created(record)

    def _repeat(self, request: Request, report: Report, held: Record) -> Answer:
        """Section 9: the same again gets the same answer; other content under the same id is refused."""
        has = self._defects.has
        if held.body == request.body or has("text-altered") or has("text-truncated"):
            if has("duplicate-409"):
                return self._refuse(request, "DUPLICATE_CONFLICT", "This submissionId is held already.")
            return self._fault(request) if has("duplicate-500") else self._answers.created(held)
        if has("conflict-overwrites"):
            record = self._record(request, report)
            self._store.replace(record)
            return self._answers.created(record)
        pointer = "/included"
        found = submission_of(report.document)
        if found is not None:
            pointer = f"{found[0]}/attributes/submissionId"
        problem = Problem("DUPLICATE_CONFLICT", "This submissionId is held with other content; the first is kept.", pointer)
        return self._answers.refused([problem], request)

    def _record(self, request: Request, report: Report) -> Record:
        now = dt.datetime.now(dt.timezone.utc)
        reference = f"F{self._policy.force}/{self._store.next_number():06}/{now:%y}"
        return Record(report.submission_id, report.resource_id or str(uuid.uuid4()), reference,
                      now.isoformat(timespec="milliseconds"), request.header("X-Correlation-ID"),
                      self._body_to_keep(request.body), tuple(report.flags))

    def _body_to_keep(self, body: bytes) -> bytes:
        """The whole body as it came; defects damage the text in it."""
        if self._defects.has("text-altered"):
            return body.decode("utf-8").encode("latin-1", "replace").decode("latin-1").encode("utf-8")
        if self._defects.has("text-truncated"):
            document = json.loads(body)
            found = submission_of(document)
            if found is not None:
                attributes = found[1]["attributes"]
                attributes["submissionContent"] = attributes.get("submissionContent", "")[:4000]
            return json.dumps(document, ensure_ascii=False).encode()
        return body

    def _write(self, record: Record) -> None:
        """Step 6: the durable write (F11); each defect here breaks it in its own way."""
        has = self._defects.has
        time.sleep(self._policy.slow_store_ms / 1000)
        if has("resend-acknowledged-unstored") and record.submission_id in self._failed_once:
            return
        if has("failed-once-refused") and record.submission_id in self._failed_once:
            raise StoreUnavailable
        if has("store-failure-hidden") and not self._store.available:
            return
        with self._guard:
            self._acknowledged += 1
            tenth = self._acknowledged % 10 == 0
        if has("loses-one-in-ten") and tenth:
            return
        if has("stored-in-memory"):
            if not self._store.available:
                raise StoreUnavailable
            self._store.keep_in_memory(record)
        elif has("stored-after-answer"):
            threading.Thread(target=self._write_late, args=(record,), daemon=True).start()
        else:
            self._store.append(record)

    def _write_late(self, record: Record) -> None:
        if self._stopped.wait(LATE_WRITE_S):
            return
        try:
            self._store.append(record)
        except StoreUnavailable:
            pass  # the defect: the 201 is out already, and nobody learns of the loss

    def _store_failed(self, request: Request, record: Record) -> Answer:
        self._failed_once.add(record.submission_id)
        if self._defects.has("kept-after-store-failure"):
            self._kept_back.append(record)
        return self._refuse(request, "STORE_UNAVAILABLE", "The intake store did not accept the write; nothing was kept.")

    def _keep_anyway(self, request: Request) -> None:
        """Stores what is refused. Only the defect `keeps-after-refusal` comes here."""
        report = self._checker.check(request.body)
        record = self._record(request, report)
        self._store.append(replace(record, submission_id=report.submission_id or "unknown"))


def _status_of(problem: Problem) -> int:
    """Gives the status a problem is answered with."""
    return CATALOGUE[problem.code][0]
