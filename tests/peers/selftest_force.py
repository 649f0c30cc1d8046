"""The self-test of `force_endpoint.py`: a probe for each defect, blind on the conformant program, and facts that must hold.

A probe gives True when it sees its defect.
"""

from __future__ import annotations

import base64
import concurrent.futures
import hashlib
import http.client
import json
import socket
import ssl
import time
import uuid
from pathlib import Path
from typing import Any, Callable

import force_endpoint
import ihub_forms
from ihub_forms import Mapper, Media
from peer_common import Defects, Json
from selftest_support import CREDENTIALS, Certificates, Reply, call, control, until

PRESS_BODY_BYTES_MAX = 12 * 1024 * 1024
DOWN_MEDIA_WAIT_MS = 1500
RIGHT_HEADERS = {"client_id": CREDENTIALS[0], "client_secret": CREDENTIALS[1], "Content-Type": "application/json"}
WELSH_TEXT = "***** OFFICIAL *****\nŵyn, ŷd, tŷ a'r môr 🚲 €\n" * 400


class ForceRig:
    """A running endpoint and a caller for it."""

    def __init__(self, certificates: Certificates, folder: Path, *defects: str) -> None:
        self.certificates = certificates
        self.context = certificates.caller_context()
        store = folder / uuid.uuid4().hex
        arguments = ["--cert", certificates.path("server"), "--key", certificates.key("server"),
                     "--ca", certificates.path("root"), "--unknown-ca", certificates.path("unknown-root"),
                     "--client-id", CREDENTIALS[0], "--client-secret", CREDENTIALS[1], "--store", str(store), "--quiet",
                     "--media-wait-ms", str(DOWN_MEDIA_WAIT_MS),
                     "--max-body-bytes", str(PRESS_BODY_BYTES_MAX)]
        for defect in defects:
            arguments += ["--defect", defect]
        self.endpoint = force_endpoint.Endpoint(force_endpoint.parse_options(arguments))

    def close(self) -> None:
        """Stops the endpoint."""
        self.endpoint.close()

    def post(self, body: bytes | Json, method: str = "POST", path: str = "/incidents", client: str | None = "client",
             **headers: str | None) -> Reply:
        """Sends a request with the right credentials, unless the headers say otherwise (None leaves one out)."""
        given: dict[str, str | None] = dict(RIGHT_HEADERS)
        given.update({name.replace("__", "-"): value for name, value in headers.items()})
        context = self.context if client == "client" else self.certificates.caller_context(client)
        content = body if isinstance(body, bytes) else encode(body)
        sent = {name: value for name, value in given.items() if value is not None}
        return call(self.endpoint.port, context, content, sent, method, path)

    def control(self, action: str, **arguments: Any) -> Json:
        """Uses the control port."""
        return control(self.endpoint.control.port, action, **arguments)

    def stored(self, document: Json | None = None) -> list[Json]:
        """Lists what is stored, all or one submission."""
        wanted = None if document is None else submission_attributes(document)["submissionId"]
        return [entry for entry in self.control("list")["submissions"] if wanted in (None, entry["submissionId"])]


def encode(document: Json) -> bytes:
    """Writes a document as the tests send it."""
    return json.dumps(document, ensure_ascii=False).encode()


def report(**changes: Any) -> Json:
    """A fresh crime report."""
    form = ihub_forms.crime_report("901", **changes)
    return json.loads(Mapper(form, "desk@example.org", Defects()).submission(skeleton=False).body)


def entity(document: Json, kind: str) -> Json:
    """The first included entity of a type."""
    return next(resource for resource in document["included"] if resource["type"] == kind)


def submission_attributes(document: Json) -> Json:
    """The submission's attributes."""
    return entity(document, "submission")["attributes"]


def changed(change: Callable[[Json], Any]) -> Json:
    """A fresh crime report with a change made to it."""
    document = report()
    change(document)
    return document


def bad_dates() -> Json:
    """A report with two dates in a wrong form."""
    start = {"dateFrom": "10/05/2031", "dateTo": "11/05/2031"}
    return changed(lambda d: d["data"]["attributes"].update(incidentStartDateTime=start))


# --- probes: the success answer ------------------------------------------------------------------------------------

def success_is_wrong(rig: ForceRig) -> bool:
    """The 201 is not what section 4.1 requires."""
    reply = rig.post(report())
    value = reply.json()
    return reply.status != 201 or not isinstance(value, dict) or "errors" in value or not value.get("data", {}).get("id")


def media_type_is_wrong(rig: ForceRig) -> bool:
    """Answers are not marked as JSON."""
    return any("json" not in reply.headers.get("content-type", "") for reply in (rig.post(report()), rig.post(b"{")))


# --- probes: persistence -------------------------------------------------------------------------------------------

def lost_by_restart(rig: ForceRig) -> bool:
    """A restart right after the 201 loses the submission."""
    document = report()
    reply = rig.post(document)
    rig.control("restart")
    held = rig.stored(document)
    return reply.status == 201 and [entry["sha256"] for entry in held] != [hashlib.sha256(encode(document)).hexdigest()]


def outage_is_answered_wrongly(rig: ForceRig) -> bool:
    """With the store down the answer is not a 5xx."""
    rig.control("store-down")
    return rig.post(report()).status < 500


def appears_after_outage(rig: ForceRig) -> bool:
    """What a 503 refused is stored later all the same."""
    document = report()
    rig.control("store-down")
    reply = rig.post(document)
    rig.control("store-up")
    return reply.status == 503 and bool(rig.stored(document))


def resend_after_outage_fails(rig: ForceRig) -> bool:
    """The resend after an outage is refused, or is acknowledged and not stored."""
    document = report()
    rig.control("store-down")
    rig.post(document)
    rig.control("store-up")
    return rig.post(document).status != 201 or not rig.stored(document)


def keeps_what_it_refuses(rig: ForceRig) -> bool:
    """A submission with a wrong secret is stored although it is refused."""
    return rig.post(report(), client_secret="wrong").status == 401 and bool(rig.stored())


def loses_some(rig: ForceRig) -> bool:
    """Not everything acknowledged is stored."""
    replies = [rig.post(report()) for _ in range(12)]
    return len(rig.stored()) < sum(reply.status == 201 for reply in replies)


def fails_under_load(rig: ForceRig) -> bool:
    """Some of many different submissions at once are refused."""
    return any(status != 201 for status in at_once(rig, [encode(report()) for _ in range(60)]))


def at_once(rig: ForceRig, bodies: list[bytes]) -> list[int]:
    """Sends bodies at the same moment and gives the statuses."""
    with concurrent.futures.ThreadPoolExecutor(len(bodies)) as pool:
        return [reply.status for reply in pool.map(rig.post, bodies)]


def text_is_damaged(rig: ForceRig) -> bool:
    """The stored text is not the text sent."""
    document = report()
    submission_attributes(document)["submissionContent"] = WELSH_TEXT
    return rig.post(document).status == 201 and rig.stored(document)[0]["submissionContent"] != WELSH_TEXT


# --- probes: TLS and credentials -----------------------------------------------------------------------------------

def tls_1_1_works(rig: ForceRig) -> bool:
    """A handshake of at most TLS 1.1 succeeds."""
    context = rig.certificates.caller_context()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    return call(rig.endpoint.port, context, encode(report()), RIGHT_HEADERS).status == 201


def tls_1_2_fails(rig: ForceRig) -> bool:
    """No handshake of TLS 1.2 or higher succeeds."""
    return rig.post(report()).status == 0


def served_with(client: str | None) -> Callable[[ForceRig], bool]:
    """The caller with this certificate is served."""
    return lambda rig: rig.post(report(), client=client).status == 201


def credentials_accepted(client_id: str | None, client_secret: str | None) -> Callable[[ForceRig], bool]:
    """The caller with these credentials is served."""
    return lambda rig: rig.post(report(), client_id=client_id, client_secret=client_secret).status == 201


# --- probes: error answers -----------------------------------------------------------------------------------------

def error_form_is_wrong(reply: Reply) -> bool:
    """The error answer breaks the rules of section 4.2."""
    value = reply.json()
    if not 400 <= reply.status < 600 or not isinstance(value, dict) or "data" in value or not value.get("errors"):
        return True
    return not all(error.get("status") == str(reply.status) and error.get("title") and error.get("detail")
                   for error in value["errors"])


def any_error_form_is_wrong(rig: ForceRig) -> bool:
    """Some error answer breaks the rules of section 4.2."""
    return any(map(error_form_is_wrong, (rig.post(b'{"data": '), rig.post(b""), rig.post(report(), client_secret="no"),
                                         rig.post(bad_dates()), rig.post(report(), path="/"), rig.post(b"", "GET"))))


def errors_are_vague(rig: ForceRig) -> bool:
    """Two wrong fields get neither their own pointer nor their own detail."""
    errors = rig.post(bad_dates()).json()["errors"]
    return len({(error["detail"], str(error.get("source"))) for error in errors}) < 2 or "dateFrom" not in json.dumps(errors)


def titles_vary(rig: ForceRig) -> bool:
    """Two errors of one kind have different codes or titles."""
    return len({(error["code"], error["title"]) for error in rig.post(bad_dates()).json()["errors"]}) > 1


def class_is_wrong(rig: ForceRig) -> bool:
    """A body that is not JSON is not told to be a business error."""
    reply = rig.post(b'{"data": ')
    error = reply.json()["errors"][0]
    return error.get("meta", {}).get("errorClass", "business" if reply.status < 500 else "system") != "business"


def detail_shows(text: str) -> Callable[[ForceRig], bool]:
    """An error answer contains this text."""
    def probe(rig: ForceRig) -> bool:
        broken_person = changed(lambda d: entity(d, "person")["attributes"].update(dateOfBirth="28/02/1990"))
        replies = (rig.post(broken_person), rig.post(report(), client_secret="a-wrong-secret"))
        return any(text.encode() in reply.body for reply in replies)
    return probe


def status_of(body: bytes | Json, wrong: Callable[[int], bool], **how: Any) -> Callable[[ForceRig], bool]:
    """This request gets a wrong status."""
    return lambda rig: wrong(rig.post(body, **how).status)


def is_201(status: int) -> bool:
    """The request was taken."""
    return status == 201


def is_not_201(status: int) -> bool:
    """The request was not taken."""
    return status != 201


def is_500(status: int) -> bool:
    """The request met a fault."""
    return status == 500


def is_dropped(status: int) -> bool:
    """There was no answer."""
    return status == 0


# --- probes: duplicates, media, slow bodies ------------------------------------------------------------------------

def repeat_is_stored(rig: ForceRig) -> bool:
    """The same submission twice makes two records."""
    document = report()
    rig.post(document)
    rig.post(document)
    return len(rig.stored(document)) > 1


def repeat_is_refused(rig: ForceRig) -> bool:
    """The same submission again does not get the same answer."""
    document = report()
    first, second = rig.post(document), rig.post(document)
    return second.status != 201 or first.json() != second.json()


def conflict_overwrites(rig: ForceRig) -> bool:
    """Other content under a stored submissionId replaces the first."""
    document = report()
    rig.post(document)
    digest = rig.stored(document)[0]["sha256"]
    submission_attributes(document)["submissionContent"] = "Another story."
    return rig.post(document).status == 201 or rig.stored(document)[0]["sha256"] != digest


def race_makes_many(rig: ForceRig) -> bool:
    """Identical requests at once make more than one record."""
    document = report()
    at_once(rig, [encode(document)] * 20)
    return len(rig.stored(document)) != 1


def race_fails_for_good(rig: ForceRig) -> bool:
    """Identical requests at once get a 5xx, and so does a later resend."""
    document = report()
    statuses = at_once(rig, [encode(document)] * 20)
    return any(status >= 500 for status in statuses) and rig.post(document).status >= 500


def media_delays(rig: ForceRig) -> bool:
    """The answer waits for the media host."""
    document = report(media=[Media("rack.jpg", "image/jpeg", 4096)])
    started = time.monotonic()
    status = rig.post(document).status
    return status == 201 and time.monotonic() - started >= DOWN_MEDIA_WAIT_MS / 1000


def media_refuses(rig: ForceRig) -> bool:
    """A media link whose host is down gets the submission refused."""
    return rig.post(report(media=[Media("rack.jpg", "image/jpeg", 4096)])).status != 201


def slow_body_fails(rig: ForceRig) -> bool:
    """A body sent over seven seconds is not taken."""
    body = encode(report())
    return slow_post(rig, body, 7.0) != 201


def raw_head(body_bytes: int) -> bytes:
    """The head of a right request, for a caller who writes the body in their own way."""
    lines = ("POST /incidents HTTP/1.1", "Host: localhost", f"client_id: {CREDENTIALS[0]}", f"client_secret: {CREDENTIALS[1]}",
             "Content-Type: application/json", f"Content-Length: {body_bytes}", "Connection: close", "", "")
    return "\r\n".join(lines).encode()


def slow_post(rig: ForceRig, body: bytes, seconds: float) -> int:
    """Sends a body in slices over a time; gives the status, 0 when the connection broke."""
    head = raw_head(len(body))
    slices = 14
    size = len(body) // slices + 1
    try:
        with socket.create_connection(("localhost", rig.endpoint.port), 10) as plain, \
                rig.context.wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(head)
            for start in range(0, len(body), size):
                connection.sendall(body[start:start + size])
                time.sleep(seconds / slices)
            answer = connection.recv(100)
    except OSError:
        return 0
    return int(answer.split()[1]) if answer else 0


def big_report(inline_bytes: int) -> Json:
    """A report with a large inline PDF."""
    content = b"%PDF-1.4\n" + bytes(inline_bytes)
    return changed(lambda d: entity(d, "attachment")["attributes"].update(
        content=base64.b64encode(content).decode(), sizeBytes=len(content)))


def with_ids_of_version(version: str) -> Json:
    """A report whose ids have another version digit throughout."""
    text = encode(report()).decode()
    for resource in [json.loads(text)["data"], *json.loads(text)["included"]]:
        text = text.replace(resource["id"], resource["id"][:14] + version + resource["id"][15:])
    return json.loads(text)


def other_type() -> Json:
    """A report whose primary resource says that it is a person."""
    return changed(lambda d: d["data"].update(type="person", attributes={}))


def string_booleans(document: Json) -> None:
    """The quirks Q1 and Q2."""
    entity(document, "person")["attributes"].update(disability="false", dateofBirthKnown="false")


def broken_link(document: Json) -> None:
    """A link to a location that is not there."""
    document["data"]["relationships"]["incidentLocation"] = {"data": [{"id": str(uuid.uuid4()), "type": "location"}]}


Probe = Callable[[ForceRig], bool]
MIB = 1024 * 1024


def fresh(change: Callable[[Json], Any], wrong: Callable[[int], bool]) -> Probe:
    """A fresh report with a change gets a wrong status."""
    return lambda rig: wrong(rig.post(changed(change)).status)


PROBES: dict[str, Probe] = {
    **dict.fromkeys(("success-200", "success-202", "success-204", "success-empty-body", "success-errors-member", "success-html",
                     "success-array", "success-without-id"), success_is_wrong),
    "answers-as-text": media_type_is_wrong,
    "stored-in-memory": lost_by_restart,
    "stored-after-answer": lost_by_restart,
    "store-failure-hidden": outage_is_answered_wrongly,
    "store-down-400": outage_is_answered_wrongly,
    "keeps-after-refusal": keeps_what_it_refuses,
    "kept-after-store-failure": appears_after_outage,
    "failed-once-refused": resend_after_outage_fails,
    "resend-acknowledged-unstored": resend_after_outage_fails,
    "loses-one-in-ten": loses_some,
    "load-500": fails_under_load,
    "text-altered": text_is_damaged,
    "text-truncated": text_is_damaged,
    "tls-1.1-offered": tls_1_1_works,
    "tls-1.1-only": tls_1_2_fails,
    "client-certificate-optional": served_with(None),
    "client-certificate-unchecked": served_with("client-unknown"),
    "expired-certificate-accepted": served_with("client-expired"),
    "unknown-ca-accepted": served_with("client-unknown"),
    "wrong-secret-accepted": credentials_accepted(CREDENTIALS[0], "wrong"),
    "absent-credentials-accepted": credentials_accepted(None, None),
    "credentials-ignored": credentials_accepted("who", "ever"),
    "unknown-client-accepted": credentials_accepted("ihub-preprod", "its-secret"),
    **dict.fromkeys(("auth-401-bare", "errors-empty-array", "errors-absent", "errors-no-body", "errors-html",
                     "errors-numeric-status", "errors-status-differs", "errors-with-data", "errors-empty-detail",
                     "errors-with-200", "path-html"),
                    any_error_form_is_wrong),
    "errors-generic": errors_are_vague,
    "errors-varying-title": titles_vary,
    "class-undecidable": class_is_wrong,
    "class-wrong": class_is_wrong,
    "truncated-json-500": class_is_wrong,
    "errors-stack-trace": detail_shows("Traceback"),
    "errors-echo-secret": detail_shows("a-wrong-secret"),
    "errors-personal-data": detail_shows("Robin Fixture"),
    "empty-body-accepted": status_of(b"", is_201),
    "get-200": status_of(b"", lambda status: status == 200, method="GET"),
    "other-path-accepted": lambda rig: rig.post(report(), path="/incident").status == 201,
    "any-media-type": lambda rig: rig.post(report(), Content__Type="text/xml").status == 201,
    "json-api-type-refused": lambda rig: rig.post(report(), Content__Type="application/vnd.api+json").status != 201,
    "large-body-dropped": lambda rig: is_dropped(rig.post(big_report(2 * MIB)).status),
    "large-body-refused": lambda rig: rig.post(big_report(2 * MIB)).status == 413,
    "over-limit-dropped": lambda rig: is_dropped(rig.post(bytes(PRESS_BODY_BYTES_MAX + MIB)).status),
    "slow-body-dropped": slow_body_fails,
    "missing-data-accepted": fresh(lambda d: d.pop("data"), is_201),
    "wrong-type-accepted": lambda rig: rig.post(other_type()).status == 201,
    "bad-date-500": lambda rig: error_form_is_wrong(rig.post(bad_dates())),
    "unresolved-link-500": fresh(broken_link, is_500),
    "two-roles-refused": fresh(lambda d: None, is_not_201),
    "label-500": fresh(lambda d: entity(d, "person")["attributes"].update(gender="Female"), is_500),
    "unknown-cv-refused": fresh(lambda d: entity(d, "person")["attributes"].update(gender="GNDR_9999"), is_not_201),
    "string-booleans-refused": fresh(string_booleans, is_not_201),
    "uuid-v4-only": lambda rig: any(rig.post(with_ids_of_version(version)).status != 201 for version in "1235"),
    "unknown-attributes-refused": fresh(lambda d: d["data"]["attributes"].update(newAttribute=1), is_not_201),
    "unknown-types-refused": fresh(lambda d: d["included"].append({"id": str(uuid.uuid4()), "type": "drone"}), is_not_201),
    "wrong-force-accepted": fresh(lambda d: submission_attributes(d).update(forceIdentifier="777"), is_201),
    "number-force-refused": fresh(lambda d: submission_attributes(d).update(forceIdentifier=901), is_not_201),
    "broken-base64-500": fresh(lambda d: entity(d, "attachment")["attributes"].update(content="JVBERi0*"), is_500),
    "duplicates-stored": repeat_is_stored,
    "duplicate-409": repeat_is_refused,
    "duplicate-500": repeat_is_refused,
    "conflict-overwrites": conflict_overwrites,
    "parallel-stores-many": race_makes_many,
    "parallel-500": race_fails_for_good,
    "media-awaited": media_delays,
    "media-required": media_refuses,
}


# --- facts about the conformant endpoint ---------------------------------------------------------------------------

def published_kinds_are_taken(rig: ForceRig) -> bool:
    """A skeleton and a complaint get a 201."""
    forms = (ihub_forms.lost_dog_form("901"), ihub_forms.complaint("901"), ihub_forms.welsh_crime_report("901"))
    bodies = [Mapper(form, "desk@example.org", Defects()).submission(skeleton=not form.modelled).body for form in forms]
    return all(rig.post(body).status == 201 for body in bodies)


def large_bodies_are_taken(rig: ForceRig) -> bool:
    """A body of 10 MiB gets a 201, one over the limit gets a 413 with an errors body."""
    over = rig.post(bytes(PRESS_BODY_BYTES_MAX + MIB))
    return rig.post(big_report(7 * MIB)).status == 201 and over.status == 413 and not error_form_is_wrong(over)


def early_leaver_is_stored_once(rig: ForceRig) -> bool:
    """A caller who leaves before reading, and resends, makes one record."""
    document = report()
    body = encode(document)
    head = raw_head(len(body))
    with socket.create_connection(("localhost", rig.endpoint.port), 10) as plain, \
            rig.context.wrap_socket(plain, server_hostname="localhost") as connection:
        connection.sendall(head + body)
    until(lambda: bool(rig.stored(document)))
    return rig.post(document).status == 201 and len(rig.stored(document)) == 1


def torn_line_is_cut(rig: ForceRig) -> bool:
    """A line that a crash left half-written does no harm."""
    document = report()
    rig.post(document)
    path = rig.endpoint._store._path  # noqa: SLF001 - the test plays the crash
    with path.open("ab") as file:
        file.write(b'{"submissionId": "half')
    rig.control("restart")
    after = report()
    rig.post(after)
    rig.control("restart")
    return len(rig.stored()) == 2


def chunked_body_is_taken(rig: ForceRig) -> bool:
    """A chunked body gets a 201."""
    connection = http.client.HTTPSConnection("localhost", rig.endpoint.port, timeout=10, context=rig.context)
    body = encode(report())
    connection.request("POST", "/incidents", iter([body[:100], body[100:]]), RIGHT_HEADERS, encode_chunked=True)
    status = connection.getresponse().status
    connection.close()
    return status == 201


def connection_is_kept(rig: ForceRig) -> bool:
    """Several requests fit on one connection, refusals included."""
    connection = http.client.HTTPSConnection("localhost", rig.endpoint.port, timeout=10, context=rig.context)
    connection.connect()
    first = connection.sock
    statuses = []
    for body in (encode(report()), b"{", encode(report())):
        connection.request("POST", "/incidents", body, RIGHT_HEADERS)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    kept = connection.sock is first
    connection.close()
    return kept and statuses == [201, 400, 201]


def hostile_bodies_are_refused(rig: ForceRig) -> bool:
    """Deep nesting, wrong encodings, repeated members and odd types get a 4xx with a right errors body."""
    bodies = [b"[" * 100_000, b"\xff\xfe{}", b'\xef\xbb\xbf{"data": {}}', b'{"data": {}, "data": {}}', b"[]", b"null", b'"x"',
              b'{"data": [1]}', b'{"data": {"id": 1, "type": []}}',
              b'{"data": {"id": "x", "type": "incident", "relationships": []}}']
    replies = [rig.post(body) for body in bodies]
    return all(400 <= reply.status < 500 and not error_form_is_wrong(reply) for reply in replies) and not rig.stored()


FACTS: dict[str, Probe] = {
    "published kinds are taken": published_kinds_are_taken,
    "10 MiB is taken and too much is a 413": large_bodies_are_taken,
    "who leaves early and resends is stored once": early_leaver_is_stored_once,
    "a torn line is cut off": torn_line_is_cut,
    "a chunked body is taken": chunked_body_is_taken,
    "the connection is kept": connection_is_kept,
    "hostile bodies are refused": hostile_bodies_are_refused,
}
