"""The self-test of `ihub_client.py`: a probe for each defect, blind on the conformant program, and facts that must hold.

A probe gives True when it sees its defect.
"""

from __future__ import annotations

import base64
import email
import email.policy
import json
import re
import time
import uuid
from pathlib import Path
from typing import Any, Callable

import ihub_client
from peer_common import Json
from selftest_support import (CREDENTIALS, OUTAGE, SECOND_CREDENTIALS, Certificates, Scripted, Seen, StubForce, control,
                              free_port, until)

CREATED = Scripted(201)
ENDED = ("delivered", "emailed", "exhausted")
SETTLE_S = 0.2
MEDIA_WAIT_MS = 1200


class ClientRig:
    """A running client, two stub forces, and the hooks' view of the client."""

    def __init__(self, certificates: Certificates, folder: Path, *defects: str) -> None:
        self._certificates = certificates
        self._folder = folder / uuid.uuid4().hex
        self._defects = defects
        self._open: list[Any] = []
        self.first: StubForce
        self.second: StubForce
        self.client: ihub_client.Client

    def start(self, script: list[Scripted] | None = None, server: str = "server", base_ms: float = 8,
              response_ms: int = 3000, first_url: str | None = None) -> "ClientRig":
        """Starts both stubs and the client."""
        certificates = self._certificates
        self.first = StubForce(certificates, script or [CREATED], server)
        self.second = StubForce(certificates, [CREATED])
        arguments = [
            "--target", first_url or self.first.url, "--second-target", self.second.url, "--ca", certificates.path("root"),
            "--cert", certificates.path("client"), "--key", certificates.key("client"),
            "--client-id", CREDENTIALS[0], "--client-secret", CREDENTIALS[1],
            "--second-client-id", SECOND_CREDENTIALS[0], "--second-client-secret", SECOND_CREDENTIALS[1],
            "--eml-dir", str(self._folder / uuid.uuid4().hex), "--state-dir", str(self._folder / uuid.uuid4().hex),
            "--time-scale", "0.001", "--base-delay-ms", str(base_ms * 1000), "--response-timeout-ms", str(response_ms),
            "--media-wait-ms", str(MEDIA_WAIT_MS), "--quiet"]
        for defect in self._defects:
            arguments += ["--defect", defect]
        self.client = ihub_client.Client(ihub_client.parse_options(arguments))
        self._open += [self.client, self.first, self.second]
        return self

    def close(self) -> None:
        """Stops everything that was started."""
        for thing in self._open:
            thing.close()

    def act(self, action: str, **arguments: Any) -> Json:
        """Uses the control port."""
        return control(self.client.control.port, action, **arguments)

    def state(self, submission_id: str) -> Json:
        """The state hook."""
        return self.act("state", submissionId=submission_id)

    def deliver(self, action: str = "submit-ocr", limit_s: float = 4.0) -> Json:
        """Submits, waits for the end and a moment longer, and gives the state."""
        submission_id = self.act(action)["submissionId"]
        until(lambda: self.state(submission_id)["state"] in ENDED, limit_s)
        time.sleep(SETTLE_S)
        return self.state(submission_id)

    def emails(self) -> list[Json]:
        """The email hook."""
        return self.act("emails")["emails"]

    def document(self, action: str) -> Json:
        """Submits and gives the document that the first force saw."""
        self.start().deliver(action)
        return self.first.seen[0].document()


def entities(document: Json, kind: str) -> list[Json]:
    """The included entities of a type."""
    return [resource for resource in document["included"] if resource["type"] == kind]


def reporter(document: Json) -> Json:
    """The person who reports."""
    wanted = entities(document, "submission")[0]["relationships"]["personReporting"]["data"][0]["id"]
    return next(person for person in entities(document, "person") if person["id"] == wanted)


# --- probes: retries -----------------------------------------------------------------------------------------------

def not_delivered_at_sixth(rig: ClientRig) -> bool:
    """With five failures before a 201 it does not come to a delivery by six requests."""
    state = rig.start([OUTAGE] * 5 + [CREATED]).deliver()
    return state["state"] != "delivered" or len(rig.first.seen) != 6 or bool(rig.emails())


def wrong_end_of_retries(rig: ClientRig) -> bool:
    """With failures only it is not six requests and then one email with the data model's JSON."""
    rig.start([OUTAGE]).deliver(limit_s=2.5)
    emails = rig.emails()
    return len(rig.first.seen) != 6 or len(emails) != 1 or not emails[0]["hasSdm"]


def gaps_do_not_grow(rig: ClientRig) -> bool:
    """The gaps fail the checker of section 8.1."""
    rig.start([OUTAGE], base_ms=150).deliver(limit_s=12)
    times = [seen.at for seen in rig.first.seen]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    return any(later < earlier * 1.5 * 0.9 for earlier, later in zip(gaps, gaps[1:]))


def resend_differs(part: Callable[[Seen], Any]) -> Callable[[ClientRig], bool]:
    """Some part of the resend is not that of the first request."""
    def probe(rig: ClientRig) -> bool:
        rig.start([OUTAGE, CREATED]).deliver()
        return len({part(seen) for seen in rig.first.seen}) != 1
    return probe


def no_end_by_email(status: int) -> Callable[[ClientRig], bool]:
    """Failures of this status do not end in an email."""
    def probe(rig: ClientRig) -> bool:
        state = rig.start([Scripted(status, OUTAGE.body)]).deliver(limit_s=2)
        return state["state"] != "emailed" or not rig.emails()
    return probe


def throttling_is_final(rig: ClientRig) -> bool:
    """A 429 is not retried."""
    return rig.start([Scripted(429, OUTAGE.body), CREATED]).deliver()["state"] != "delivered"


def refused_connection_is_final(rig: ClientRig) -> bool:
    """A refused connection is not retried."""
    port = free_port()
    rig.start(base_ms=150, first_url=f"https://localhost:{port}")
    submission_id = rig.act("submit-ocr")["submissionId"]
    until(lambda: bool(rig.state(submission_id)["lastError"]))
    late = StubForce(rig._certificates, [CREATED], port=port)  # noqa: SLF001 - the rig's own
    until(lambda: rig.state(submission_id)["state"] in ENDED)
    late.close()
    return rig.state(submission_id)["state"] != "delivered"


def hangs_for_ever(rig: ClientRig) -> bool:
    """A force that never answers is not given up."""
    return rig.start([Scripted(0), CREATED], response_ms=300).deliver(limit_s=2)["state"] != "delivered"


def html_stops_it(rig: ClientRig) -> bool:
    """An HTML error page ends the delivery."""
    page = Scripted(500, b"<html>Oops</html>", "text/html")
    return rig.start([page, Scripted(500, b""), CREATED]).deliver(limit_s=1.5)["state"] != "delivered"


def error_text_is_lost(rig: ClientRig) -> bool:
    """The audit log does not keep what the force said."""
    rig.start([OUTAGE, CREATED]).deliver()
    return "store-is-away" not in rig.act("log")["text"]


# --- probes: transport ---------------------------------------------------------------------------------------------

def identity_is_wrong(rig: ClientRig) -> bool:
    """Certificate, id or secret are not those issued."""
    rig.start().deliver()
    seen = rig.first.seen[0]
    return not seen.certified or (seen.headers.get("client_id"), seen.headers.get("client_secret")) != CREDENTIALS


def redirect_is_followed(rig: ClientRig) -> bool:
    """A redirect leads to a request at its target."""
    rig.start()
    rig.first._script = [Scripted(307, b"", location=f"{rig.second.url}/incidents"), CREATED]  # noqa: SLF001 - known only now
    rig.deliver()
    return bool(rig.second.seen)


def sent_to_server(server: str) -> Callable[[ClientRig], bool]:
    """A request reaches a server with this certificate."""
    def probe(rig: ClientRig) -> bool:
        rig.start(server=server).deliver()
        return bool(rig.first.seen)
    return probe


def request_line_is_wrong(rig: ClientRig) -> bool:
    """It is not POST /incidents."""
    rig.start().deliver()
    return (rig.first.seen[0].method, rig.first.seen[0].path) != ("POST", "/incidents")


# --- probes: routing -----------------------------------------------------------------------------------------------

def forces_are_mixed_up(rig: ClientRig) -> bool:
    """A submission or a secret reaches the force that it is not for."""
    sent = rig.start().act("submit-mixed")["submissions"]
    until(lambda: all(rig.state(entry["submissionId"])["state"] in ENDED for entry in sent))
    time.sleep(SETTLE_S)
    for stub, force, issued in ((rig.first, "901", CREDENTIALS), (rig.second, "902", SECOND_CREDENTIALS)):
        ids = {entry["submissionId"] for entry in sent if entry["forceIdentifier"] == force}
        seen = {entities(request.document(), "submission")[0]["attributes"]["submissionId"] for request in stub.seen}
        shown = {(request.headers["client_id"], request.headers["client_secret"]) for request in stub.seen}
        if ids != seen or shown != {issued}:
            return True
    return False


def sent_although(action: str) -> Callable[[ClientRig], bool]:
    """A submission that belongs to no endpoint is posted."""
    def probe(rig: ClientRig) -> bool:
        rig.start().act(action)
        time.sleep(SETTLE_S)
        return bool(rig.first.seen or rig.second.seen)
    return probe


# --- probes: after the end -----------------------------------------------------------------------------------------

def busy_after_201(rig: ClientRig) -> bool:
    """After a 201 it posts again or writes an email."""
    rig.start([OUTAGE, CREATED]).deliver()
    return len(rig.first.seen) != 2 or bool(rig.emails())


def warning_is_missing(answer: Scripted) -> Callable[[ClientRig], bool]:
    """A wrong success answer is taken without a warning or a retry."""
    def probe(rig: ClientRig) -> bool:
        state = rig.start([answer]).deliver(limit_s=2)
        return state["state"] == "delivered" and "WARNING" not in rig.act("log")["text"]
    return probe


def marked_before_201(rig: ClientRig) -> bool:
    """It is marked for deletion before the 201."""
    rig.start([OUTAGE], base_ms=300)
    submission_id = rig.act("submit-ocr")["submissionId"]
    until(lambda: rig.state(submission_id)["attempts"] >= 1)
    return bool(rig.state(submission_id)["markedForDeletion"])


def restart_breaks_retries(rig: ClientRig) -> bool:
    """After a restart between two tries it is not six requests in all."""
    rig.start([OUTAGE], base_ms=40)
    submission_id = rig.act("submit-ocr")["submissionId"]
    until(lambda: len(rig.first.seen) == 2)
    rig.act("restart")
    until(lambda: bool(rig.emails()), 3)
    time.sleep(SETTLE_S)
    return len(rig.first.seen) != 6 or rig.state(submission_id)["state"] != "emailed"


def secret_is_logged(rig: ClientRig) -> bool:
    """The log shows the secret, even where only the force's answer repeats it."""
    rig.start([Scripted(500, f"you sent {CREDENTIALS[1]}".encode()), CREATED]).deliver()
    return CREDENTIALS[1] in rig.act("log")["text"]


# --- probes: documents ---------------------------------------------------------------------------------------------

def document_is_malformed(rig: ClientRig) -> bool:
    """The document breaks D5, D6 or the form of dates."""
    document = rig.document("submit-ocr")
    everything = [document["data"], *document["included"]]
    linkages = [value["data"] for resource in everything for value in resource.get("relationships", {}).values()]
    keys = [(resource["type"], resource["id"]) for resource in everything]
    start = document["data"]["attributes"]["incidentStartDateTime"]["dateFrom"]
    arrays = all(isinstance(data, list) for data in linkages)
    return not arrays or len(keys) != len(set(keys)) or not re.fullmatch(r"\d{4}-\d\d-\d\d", start)


def is_not_utf8(rig: ClientRig) -> bool:
    """A Welsh form's document is not UTF-8."""
    rig.start().deliver("submit-welsh")
    try:
        return "tŷ" not in rig.first.seen[0].body.decode("utf-8")
    except UnicodeDecodeError:
        return True


def gender_is_label(action: str) -> Callable[[ClientRig], bool]:
    """The gender is not its identifier."""
    return lambda rig: reporter(rig.document(action))["attributes"]["gender"] != "GNDR_0001"


def roles_are_merged(rig: ClientRig) -> bool:
    """The reporter's second role has no relationship of its own."""
    return "victim" not in reporter(rig.document("submit-ocr"))["relationships"]


def names_are_wrong(rig: ClientRig) -> bool:
    """Two middle names and the title do not arrive as such."""
    attributes = reporter(rig.document("submit-two-middle-names"))["attributes"]
    return attributes.get("middleName") != ["Quill", "Maple"] or attributes.get("titleOther") != "Captain"


def kin_is_no_person(rig: ClientRig) -> bool:
    """The next of kin is not a linked person."""
    document = rig.document("submit-next-of-kin")
    linked = reporter(document)["relationships"].get("nextOfKin", {"data": []})["data"]
    return [person["attributes"]["givenName"] for person in entities(document, "person")
            if person["id"] in {target["id"] for target in linked}] != [["Jamie"]]


def age_range_is_text(rig: ClientRig) -> bool:
    """The age range is not two numbers."""
    persons = entities(rig.document("submit-age-range"), "person")
    return not any((person["attributes"].get("approximateAgeFrom"), person["attributes"].get("approximateAgeTo")) == (30, 45)
                   for person in persons)


def media_is_inline(rig: ClientRig) -> bool:
    """The media is not a link."""
    return not any("url" in item["attributes"] for item in entities(rig.document("submit-media"), "attachment"))


def media_delays(rig: ClientRig) -> bool:
    """The post waits for the media host."""
    rig.start().act("submit-media")
    return not until(lambda: bool(rig.first.seen), MEDIA_WAIT_MS / 2000)


def files_are_wrong(rig: ClientRig) -> bool:
    """PDF and service text are not both there, whole."""
    files: dict[str, bytes] = {}
    for item in entities(rig.document("submit-ocr"), "attachment"):
        try:
            files[item["attributes"]["mediaType"]] = base64.b64decode(item["attributes"]["content"], validate=True)
        except ValueError:
            return True
    return not files.get("application/pdf", b"").startswith(b"%PDF-") or not files.get("text/plain")


def skeleton_is_wrong(rig: ClientRig) -> bool:
    """The skeleton is not one attribute and four kinds of entity."""
    document = rig.document("submit-skeleton")
    kinds = {resource["type"] for resource in document["included"]}
    return list(document["data"]["attributes"]) != ["incidentDescription"] or kinds != {"submission", "email", "attachment"}


Probe = Callable[[ClientRig], bool]

PROBES: dict[str, Probe] = {
    **dict.fromkeys(("never-retries", "stops-at-5"), not_delivered_at_sixth),
    **dict.fromkeys(("stops-at-8", "never-stops", "emails-twice", "no-email", "email-without-sdm"), wrong_end_of_retries),
    **dict.fromkeys(("constant-gaps", "linear-gaps", "shrinking-gaps"), gaps_do_not_grow),
    **dict.fromkeys(("resend-changes-body", "resend-reformats-body", "resend-new-submission-id"),
                    resend_differs(lambda seen: seen.body)),
    "resend-new-correlation-id": resend_differs(lambda seen: seen.headers["x-correlation-id"]),
    **dict.fromkeys(("no-client-certificate", "no-secret-header", "no-id-header", "wrong-secret"), identity_is_wrong),
    "follows-redirects": redirect_is_followed,
    **dict.fromkeys(("sent-to-wrong-force", "sent-to-every-force", "credentials-shared"), forces_are_mixed_up),
    "unrouted-sent": sent_although("submit-no-route"),
    "skeleton-without-opt-in": sent_although("submit-non-modelled"),
    "post-on-email-route": sent_although("submit-email-route"),
    **dict.fromkeys(("resends-after-201", "email-after-success", "email-early"), busy_after_201),
    "dropped-on-4xx": no_end_by_email(422),
    "no-retry-on-429": throttling_is_final,
    "refused-connection-final": refused_connection_is_final,
    "no-response-timeout": hangs_for_ever,
    "crashes-on-html": html_stops_it,
    "error-text-dropped": error_text_is_lost,
    "server-certificate-unchecked": sent_to_server("server-other"),
    "expired-server-accepted": sent_to_server("server-expired"),
    "server-name-unchecked": sent_to_server("server-other"),
    "any-2xx-accepted": warning_is_missing(Scripted(200)),
    "empty-201-unnoticed": warning_is_missing(Scripted(201, b"")),
    "marked-early": marked_before_201,
    **dict.fromkeys(("restart-resets-count", "restart-forgets"), restart_breaks_retries),
    "secret-in-log": secret_is_logged,
    **dict.fromkeys(("wrong-path", "put-method"), request_line_is_wrong),
    **dict.fromkeys(("linkage-as-object", "entity-twice", "slashed-dates"), document_is_malformed),
    "latin-1-body": is_not_utf8,
    "label-for-identifier": gender_is_label("submit-ocr"),
    "welsh-label": gender_is_label("submit-welsh"),
    "one-relationship-for-two-roles": roles_are_merged,
    **dict.fromkeys(("middle-names-merged", "title-missing"), names_are_wrong),
    **dict.fromkeys(("next-of-kin-missing", "next-of-kin-inlined"), kin_is_no_person),
    "age-range-unsplit": age_range_is_text,
    "media-inlined": media_is_inline,
    "media-awaited": media_delays,
    **dict.fromkeys(("pdf-missing", "pdf-damaged", "service-text-missing", "base64-broken"), files_are_wrong),
    **dict.fromkeys(("skeleton-extra-attribute", "skeleton-without-email-entity"), skeleton_is_wrong),
}


# --- facts about the conformant client -----------------------------------------------------------------------------

def url_of_the_action_wins(rig: ClientRig) -> bool:
    """An address in the action goes before the one in the options, with or without the path."""
    rig.start(first_url="https://localhost:1")
    for url in (rig.first.url, f"{rig.first.url}/incidents"):
        rig.act("submit-ocr", url=url)
    return until(lambda: [seen.path for seen in rig.first.seen] == ["/incidents"] * 2)


def email_route_writes_whole_message(rig: ClientRig) -> bool:
    """The email route gives one message with the document, the PDF and the service text, and no POST."""
    answer = rig.start().act("submit-email-route")
    entries = rig.emails()
    message: Any = email.message_from_bytes(Path(entries[0]["file"]).read_bytes(), policy=email.policy.default)
    parts = {part.get_content_type(): part.get_content() for part in message.iter_attachments()}
    document = json.loads(parts["application/json"])
    sent = entities(document, "submission")[0]["attributes"]["submissionId"]
    return (len(entries) == 1 and sent == answer["submissionId"] and parts["application/pdf"].startswith(b"%PDF-")
            and rig.state(sent)["state"] == "emailed" and not rig.first.seen)


def unrouted_is_parked(rig: ClientRig) -> bool:
    """A submission without a routing row stays queued, with an alert."""
    state = rig.start().state(rig.act("submit-no-route")["submissionId"])
    return state["state"] == "queued" and state["attempts"] == 0 and "ALERT" in rig.act("log")["text"]


def delivered_is_marked(rig: ClientRig) -> bool:
    """After the 201 it is marked for deletion and says so after a restart."""
    state = rig.start().deliver()
    rig.act("restart")
    return state["markedForDeletion"] and rig.state(state["submissionId"])["state"] == "delivered" and len(rig.first.seen) == 1


FACTS: dict[str, Probe] = {
    "an action's address wins": url_of_the_action_wins,
    "the email route writes a whole message": email_route_writes_whole_message,
    "what has no routing row is parked": unrouted_is_parked,
    "what is delivered is marked for deletion": delivered_is_marked,
}
