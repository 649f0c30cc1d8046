"""The self-test of `irc_supplier.py`: a probe for each defect, blind on the conformant program, and facts that must hold.

A probe gives True when it sees its defect. A minute of the program is 0.4 s here, its time limit 0.2 s.
"""

from __future__ import annotations

import base64
import datetime
import json
import re
import ssl
import time
import uuid
from pathlib import Path
from typing import Any, Callable
from urllib.parse import parse_qs

import irc_supplier
from irc_events import COUNTS, event_faults
from peer_common import Json
from selftest_support import Certificates, Scripted, Seen, StubForce, control, until

MINUTE_S = 0.4
TIMEOUT_S = 0.2
TAKEN = Scripted(201, b"{}", "application/json")
FAILED = Scripted(500, b"", "text/html")
SILENT = Scripted(0)
LOGIN = Scripted(200, b"<title>Sign in</title>", "text/html")
CENTRES = {"testalpha": ("irc-alpha", "se:cr%et+alpha"), "testbravo": ("irc-bravo", "secret-bravo")}
PERSON: Json = {"person_id": 7, "cid_id": 8, "gender": "f", "nationality": "gbr"}
OTHER: Json = {**PERSON, "person_id": 9}


class StubHub(StubForce):
    """Token endpoint and back-end in one: tokens tell whose they are; events, heartbeats and the rest each go by a script."""

    def __init__(self, certificates: Certificates, server: str = "server") -> None:
        self.scripts: dict[str, list[Scripted]] = {"event": [TAKEN], "heartbeat": [TAKEN], "other": [TAKEN], "token": []}
        self.token_type = "Bearer"
        self.choose: Callable[[Seen], Scripted | None] = lambda _: None
        super().__init__(certificates, [TAKEN], server)

    def take(self, seen: Seen) -> Scripted:
        """Records a request and gives the answer for it."""
        self.seen.append(seen)
        kind = kind_of(seen)
        script = self.scripts[kind]
        chosen = self.choose(seen) if kind == "event" else None
        if chosen or script:
            return chosen or (script.pop(0) if len(script) > 1 else script[0])
        whose = base64.b64decode(seen.headers.get("authorization", "").removeprefix("Basic ")).decode().partition(":")[0]
        token = {"access_token": f"token-{len(self.seen)}-of-{whose}", "expires_in": 300, "token_type": self.token_type}
        return Scripted(200, json.dumps(token).encode(), "application/json")


def kind_of(seen: Seen) -> str:
    """What a request is."""
    path = seen.path.partition("?")[0]
    if "/realms/" in path:
        return "token"
    return path.rpartition("/")[2] if path.startswith("/irc_entry/") else "other"


class SupplierRig:
    """A running system, a stub back-end, and another host."""

    def __init__(self, certificates: Certificates, folder: Path, *defects: str) -> None:
        self._certificates = certificates
        self._folder = folder / uuid.uuid4().hex
        self._defects = defects
        self._open: list[Any] = []
        self.hub: StubHub
        self.supplier: irc_supplier.Supplier

    def start(self, server: str = "server", slash: str = "", prepare: Callable[[StubHub], Any] = lambda _: None,
              **scripts: list[Scripted]) -> "SupplierRig":
        """Starts the stub, prepared and scripted as told, then the system."""
        self.hub = StubHub(self._certificates, server)
        self.hub.scripts.update(scripts)
        prepare(self.hub)
        for name in ("log", "state"):
            (self._folder / name).mkdir(parents=True)
        (client, secret), (second, second_secret) = CENTRES.values()
        arguments = ["--base-url", self.hub.url, "--auth-server-url", f"{self.hub.url}/auth{slash}", "--realm", "test",
                     "--centre", "testalpha", "--client-id", client, "--client-secret", secret, "--second-centre", "testbravo",
                     "--second-client-id", second, "--second-client-secret", second_secret,
                     "--ca", self._certificates.path("root"), "--state-dir", str(self._folder / "state"),
                     "--support-log", str(self._folder / "log"), "--time-scale", str(MINUTE_S / 60),
                     "--timeout-ms", str(round(TIMEOUT_S / MINUTE_S * 60_000)), "--quiet"]
        for defect in self._defects:
            arguments += ["--defect", defect]
        self.supplier = irc_supplier.Supplier(irc_supplier.parse_options(arguments))
        self._open += [self.supplier, self.hub]
        return self

    def elsewhere(self) -> StubForce:
        """Starts another host."""
        other = StubForce(self._certificates, [TAKEN])
        self._open.append(other)
        return other

    def act(self, action: str, **arguments: Any) -> "SupplierRig":
        """Makes something happen."""
        control(self.supplier.control.port, action, **arguments)
        return self

    def of(self, kind: str) -> list[Seen]:
        """The requests of a kind that came so far."""
        return [seen for seen in list(self.hub.seen) if kind_of(seen) == kind]

    def await_of(self, kind: str, count: int, limit_s: float = 3.0) -> list[Seen]:
        """Waits for so many requests of a kind; gives what came."""
        until(lambda: len(self.of(kind)) >= count, limit_s)
        return self.of(kind)

    def log(self) -> str:
        """What support was told."""
        return (self._folder / "log" / "support.log").read_text(encoding="utf-8")

    def close(self) -> None:
        """Stops everything."""
        for thing in self._open:
            thing.close()


Probe = Callable[[SupplierRig], bool]


# --- what is sent --------------------------------------------------------------------------------------------------

def event_is_malformed(rig: SupplierRig) -> bool:
    """One of all shapes is not as the interface has it: path, header fields or body."""
    events = rig.start().act("all-shapes").await_of("event", 8, 1.0)
    return len(events) < 8 or any(is_malformed(seen) for seen in events)


def is_malformed(seen: Seen) -> bool:
    """Whether an event is not as the interface has it."""
    names: list[str] = []

    def pairs(members: list[tuple[str, Any]]) -> Json:
        names.extend(name for name, _ in members)
        return dict(members)
    event = json.loads(seen.body, object_pairs_hook=pairs)
    return (not isinstance(event, dict) or len(names) != len(set(names)) or bool(event_faults(event))
            or seen.path != f"/irc_entry/{event.get('centre')}/event" or event["centre"] != "testalpha"
            or seen.headers["content-type"] != "application/json" or seen.headers.get("authorization", "").count("Bearer ") != 1)


def instants_fall(rig: SupplierRig) -> bool:
    """When clocks go back, moments do too."""
    rig.start().act("clocks-back-before").act("check-in", **PERSON).act("clocks-back-after").act("check-out", person_id=7)
    moments = [datetime.datetime.fromisoformat(seen.document()["timestamp"].replace("Z", "+00:00"))
               for seen in rig.await_of("event", 2)]
    return moments != sorted(moments)


def invalid_data_is_sent(rig: SupplierRig) -> bool:
    """What cannot be valid goes out."""
    stir_invalid_data(rig.start())
    return until(lambda: any(is_malformed(seen) for seen in rig.of("event")), MINUTE_S)


def invalid_data_is_untold(rig: SupplierRig) -> bool:
    """Support learns nothing of what cannot be valid."""
    stir_invalid_data(rig.start())
    return rig.log().count("ERROR") < 3


def stir_invalid_data(rig: SupplierRig) -> None:
    """Has the system take data that cannot be valid."""
    rig.act("invalid-nationality", person_id=7).act("invalid-bed-ref", bed_ref="x" * 76)
    rig.act("invalid-reason", bed_ref="A1", reason="Painted")


# --- tokens --------------------------------------------------------------------------------------------------------

def token_request_is_malformed(rig: SupplierRig) -> bool:
    """A token is not asked for as section 3.2 says."""
    seen = rig.start(slash="/").await_of("token", 1)[0]
    pairs = [f"Basic {base64.b64encode(':'.join(pair).encode()).decode()}" for pair in CENTRES.values()]
    return (seen.method != "POST" or seen.path != "/auth/realms/test/protocol/openid-connect/token"
            or seen.headers["content-type"] != "application/x-www-form-urlencoded"
            or seen.headers.get("authorization") not in pairs
            or parse_qs(seen.body.decode()) != {"grant_type": ["client_credentials"]})


def small_bearer_is_refused(rig: SupplierRig) -> bool:
    """Nothing is sent with a token of the type `bearer`."""
    rig.start(prepare=lambda hub: setattr(hub, "token_type", "bearer")).act("check-in", **PERSON)
    return not rig.await_of("event", 1, 1.0)


def tokens_are_wasted(rig: SupplierRig) -> bool:
    """More than one token of a centre is fetched in the life of one."""
    rig.start().act("check-in", **PERSON).act("check-in", **OTHER).await_of("event", 2)
    return len(rig.of("token")) > len(CENTRES)


def refused_token_is_used_on(rig: SupplierRig) -> bool:
    """An event goes out again with the token that was refused."""
    rig.start(event=[Scripted(401, b""), TAKEN]).act("check-in", **PERSON)
    first, second = rig.await_of("event", 2)[:2]
    return first.headers["authorization"] == second.headers["authorization"]


def heartbeat_has_no_token(rig: SupplierRig) -> bool:
    """Heartbeats come without a token."""
    return "authorization" not in rig.start().await_of("heartbeat", 1)[0].headers


def sent_without_token(rig: SupplierRig) -> bool:
    """An event goes out while there is no token."""
    return bool(rig.start(token=[FAILED]).act("check-in", **PERSON).await_of("event", 1, MINUTE_S))


def lost_without_token(rig: SupplierRig) -> bool:
    """An event is not sent when there is a token at last."""
    rig.start(token=[FAILED]).act("check-in", **PERSON)
    until(lambda: "event" in rig.log(), 2)
    rig.hub.scripts["token"] = []
    return not rig.await_of("event", 1, MINUTE_S * 4)


def token_is_awaited_for_ever(rig: SupplierRig) -> bool:
    """Nobody hears of a token endpoint that does not answer."""
    rig.start(token=[SILENT])
    return not until(lambda: "no token" in rig.log(), TIMEOUT_S * 6)


def token_endpoint_is_hammered(rig: SupplierRig) -> bool:
    """A refused secret is tried on and on."""
    return len(rig.start(token=[Scripted(401, b"{}")]).await_of("token", 20, MINUTE_S)) >= 20


def tokens_are_mixed_up(rig: SupplierRig) -> bool:
    """The second centre's event has the first one's token."""
    seen = rig.start().act("second-centre", person_id=7).await_of("event", 1)[0]
    return not seen.headers["authorization"].endswith("irc-bravo")


def token_is_logged(rig: SupplierRig) -> bool:
    """A token stands in what support reads."""
    rig.start(event=[FAILED, TAKEN]).act("check-in", **PERSON).await_of("event", 2)
    return "token-" in rig.log()


# --- the queue -----------------------------------------------------------------------------------------------------

def lost_after(answer: Scripted) -> Probe:
    """An event is not sent again after this answer."""
    def probe(rig: SupplierRig) -> bool:
        rig.start(event=[answer, TAKEN]).act("check-in", **PERSON)
        return len(rig.await_of("event", 2, MINUTE_S * 3.5)) < 2
    return probe


def sent_again_after(answer: Scripted) -> Probe:
    """An event is sent again although this answer took it."""
    def probe(rig: SupplierRig) -> bool:
        rig.start(event=[answer, TAKEN]).act("check-in", **PERSON)
        return len(rig.await_of("event", 2, MINUTE_S * 4)) > 1
    return probe


def retry_gap_is_not_a_minute(rig: SupplierRig) -> bool:
    """The second try comes too soon or too late."""
    rig.start(event=[FAILED, TAKEN]).act("check-in", **PERSON)
    seen = rig.await_of("event", 2)
    return not MINUTE_S * 0.7 < seen[1].at - seen[0].at < MINUTE_S * 1.6


def resend_differs(rig: SupplierRig) -> bool:
    """An event is another one when it is sent again."""
    rig.start(event=[FAILED, TAKEN]).act("check-in", **PERSON)
    first, second = rig.await_of("event", 2)[:2]
    return first.body != second.body


def order_is_lost(rig: SupplierRig) -> bool:
    """A later event of one person overtakes an earlier one."""
    rig.start(event=[FAILED, TAKEN]).act("check-in", **PERSON).act("check-out", person_id=7)
    told = [seen.document()["operation"] for seen in rig.await_of("event", 3)]
    return told != ["check in", "check in", "check out"]


def one_blocks_all(rig: SupplierRig) -> bool:
    """Nothing comes of another person while one event is refused."""
    rig.start(prepare=lambda hub: setattr(hub, "choose", lambda seen: Scripted(400, b"") if b'"person_id": 7,' in seen.body else None))
    rig.act("check-in", **PERSON).act("check-in", **OTHER)
    return not until(lambda: any(b'"person_id": 9,' in seen.body for seen in rig.of("event")), MINUTE_S * 2)


def queue_is_forgotten(rig: SupplierRig) -> bool:
    """What waited is not sent after a restart."""
    rig.start(event=[FAILED]).act("check-in", **PERSON).await_of("event", 1)
    rig.act("restart")
    count = len(rig.of("event"))
    rig.hub.scripts["event"] = [TAKEN]
    return len(rig.await_of("event", count + 1, MINUTE_S * 3)) <= count


def support_is_not_told(rig: SupplierRig) -> bool:
    """Nobody hears of an event that was not taken."""
    rig.start(event=[FAILED, TAKEN]).act("check-in", **PERSON).await_of("event", 2)
    return "event" not in rig.log()


def burst_is_cut_short(rig: SupplierRig) -> bool:
    """Of forty events at once not all come."""
    return len(rig.start().act("burst", count=40, first_person_id=100).await_of("event", 40, 8.0)) < 40


def event_is_late(rig: SupplierRig) -> bool:
    """An event is not sent as it happens."""
    rig.start().await_of("heartbeat", 2)
    asked = time.monotonic()
    seen = rig.act("check-in", **PERSON).await_of("event", 1)[0]
    return seen.at - asked > MINUTE_S * 0.6


# --- redirects -----------------------------------------------------------------------------------------------------

def redirect_is_not_kept(rig: SupplierRig) -> bool:
    """A redirect with 307 is not followed with the same verb and body."""
    rig.start(event=[Scripted(307, b"", location="/moved")]).act("check-in", **PERSON).await_of("other", 1, MINUTE_S * 2)
    first = rig.await_of("event", 1)[0]
    return not any((seen.method, seen.body) == ("POST", first.body) for seen in rig.of("other"))


def redirects_have_no_end(rig: SupplierRig) -> bool:
    """More than twenty redirects are followed."""
    rig.start(event=[Scripted(307, b"", location="/irc_entry/testalpha/event")]).act("check-in", **PERSON)
    until(lambda: "redirects" in rig.log(), MINUTE_S * 20)
    return any(int(count) > 20 for count in re.findall(r"after (\d+) redirects", rig.log()))


def token_goes_elsewhere(rig: SupplierRig) -> bool:
    """Another host sees the token."""
    other = rig.elsewhere()
    rig.start(event=[Scripted(307, b"", location=f"{other.url}/event"), TAKEN]).act("check-in", **PERSON)
    until(lambda: bool(other.seen))
    return any("authorization" in seen.headers for seen in other.seen)


def login_page_is_believed(rig: SupplierRig) -> bool:
    """An event that ended at a login page is not sent again."""
    rig.start(event=[Scripted(307, b"", location="/login"), TAKEN], other=[LOGIN]).act("check-in", **PERSON)
    return len(rig.await_of("event", 2, MINUTE_S * 3)) < 2


# --- heartbeats ----------------------------------------------------------------------------------------------------

def own_beats(rig: SupplierRig, count: int) -> list[Seen]:
    """Waits for so many heartbeats of the first centre."""
    def own() -> list[Seen]:
        return [seen for seen in rig.of("heartbeat") if seen.document()["centre"] == "testalpha"]
    until(lambda: len(own()) >= count, MINUTE_S * count * 2)
    return own()[:count]


def beats_are_uneven(rig: SupplierRig) -> bool:
    """After heartbeats that were refused the gaps are not of a minute."""
    beats = own_beats(rig.start(heartbeat=[FAILED, FAILED, FAILED, TAKEN]), 5)
    return any(not MINUTE_S * 0.7 < late.at - early.at < MINUTE_S * 1.4 for early, late in zip(beats, beats[1:]))


def beats_drift(rig: SupplierRig) -> bool:
    """Ten heartbeats take longer than nine minutes."""
    beats = own_beats(rig.start(), 10)
    return beats[-1].at - beats[0].at > MINUTE_S * 9 * 1.025


def beat_errors_are_untold(rig: SupplierRig) -> bool:
    """Nobody hears of heartbeats that were refused."""
    own_beats(rig.start(heartbeat=[FAILED]), 2)
    return "heartbeat" not in rig.log()


def counts_are_wrong(rig: SupplierRig) -> bool:
    """A heartbeat does not count what happened, or lacks what it must have."""
    rig.start().act("check-in", **PERSON).act("out-commission", bed_ref="A1", gender="m", reason="Crime Scene")
    count = len(rig.of("heartbeat"))
    beat = rig.await_of("heartbeat", count + len(CENTRES) * 2)
    last = next(seen.document() for seen in reversed(beat) if seen.document()["centre"] == "testalpha")
    if not all(isinstance(last.get(name), int) for name in COUNTS):
        return True
    told = [last[name] for name in COUNTS[:4]]
    return told != [0, 1, 1, 0] or last["male_outofcommission"] > last["male_total_configured"] or last["female_total_configured"] < 1


# --- servers -------------------------------------------------------------------------------------------------------

def sent_to_server(server: str) -> Probe:
    """Something is sent to a server whose certificate is wrong."""
    def probe(rig: SupplierRig) -> bool:
        rig.start(server)
        return until(lambda: bool(rig.hub.seen), MINUTE_S * 2)
    return probe


def sent_over_old_tls(rig: SupplierRig) -> bool:
    """Something is sent over TLS 1.1."""
    def age(hub: StubHub) -> None:
        hub.context.set_ciphers("ALL:@SECLEVEL=0")
        hub.context.minimum_version = hub.context.maximum_version = ssl.TLSVersion.TLSv1_1
    rig.start(prepare=age)
    return until(lambda: bool(rig.hub.seen), MINUTE_S * 2)


PROBES: dict[str, Probe] = {
    **dict.fromkeys((
        "path-of-other-centre", "path-in-capitals", "path-without-centre", "sent-as-text", "events-in-array", "member-twice",
        "authorization-twice", "centre-not-in-body", "operation-in-capitals", "ids-as-text", "member-too-many",
        "nationality-of-two-letters", "reason-in-british-spelling", "single-without-person", "time-without-zone", "time-british",
        "token-in-query"), event_is_malformed),
    "local-time-as-utc": instants_fall,
    "invalid-data-sent": invalid_data_is_sent,
    "invalid-kept-back-untold": invalid_data_is_untold,
    **dict.fromkeys(("grant-of-icd", "secret-in-form", "token-request-in-json", "token-by-get", "slash-doubled"),
                    token_request_is_malformed),
    "type-by-case": small_bearer_is_refused,
    "token-for-each-request": tokens_are_wasted,
    "expiry-ignored": refused_token_is_used_on,
    "heartbeat-without-token": heartbeat_has_no_token,
    "sent-without-token": sent_without_token,
    "dropped-without-token": lost_without_token,
    "token-awaited-for-ever": token_is_awaited_for_ever,
    "token-hammered": token_endpoint_is_hammered,
    "one-token-for-all": tokens_are_mixed_up,
    "token-logged": token_is_logged,
    "dropped-on-5xx": lost_after(FAILED),
    "dropped-on-4xx": lost_after(Scripted(409, b"")),
    **dict.fromkeys(("dropped-when-silent", "waits-a-minute"), lost_after(SILENT)),
    "body-decides": lost_after(Scripted(500, b"<h1>201 Created</h1>", "text/html")),
    "gives-up-early": sent_again_after(Scripted(201, b"{}", delay_s=TIMEOUT_S * 0.6)),
    "sent-twice": sent_again_after(TAKEN),
    "duplicate-is-error": sent_again_after(Scripted(208, b"{}")),
    "only-201-is-success": sent_again_after(Scripted(202, b"")),
    **dict.fromkeys(("retries-after-10s", "retries-after-two-minutes"), retry_gap_is_not_a_minute),
    "moment-of-sending": resend_differs,
    "order-lost": order_is_lost,
    "one-blocks-all": one_blocks_all,
    "queue-in-memory": queue_is_forgotten,
    "support-not-told": support_is_not_told,
    "burst-cut-short": burst_is_cut_short,
    "events-collected": event_is_late,
    **dict.fromkeys(("redirects-not-followed", "redirect-becomes-get", "redirect-loses-body", "redirect-is-success"),
                    redirect_is_not_kept),
    "redirects-without-end": redirects_have_no_end,
    "token-to-other-host": token_goes_elsewhere,
    "login-page-believed": login_page_is_believed,
    **dict.fromkeys(("heartbeat-retried", "heartbeat-queued", "heartbeat-each-two-minutes"), beats_are_uneven),
    "heartbeat-drifts": beats_drift,
    "heartbeat-errors-untold": beat_errors_are_untold,
    **dict.fromkeys(("totals-missing", "totals-do-not-add-up", "counts-as-text", "counts-never-change", "beds-out-counted-as-free"),
                    counts_are_wrong),
    **dict.fromkeys(("server-certificate-unchecked", "server-name-unchecked"), sent_to_server("server-other")),
    "expired-server-accepted": sent_to_server("server-expired"),
    "tls-1.1-spoken": sent_over_old_tls,
}


# --- facts about the conformant system ----------------------------------------------------------------------------

def counts_outlive_a_restart(rig: SupplierRig) -> bool:
    """After a restart a heartbeat still counts who is there."""
    rig.start().act("check-in", **PERSON).act("restart")
    count = len(rig.of("heartbeat"))
    beats = [seen.document() for seen in rig.await_of("heartbeat", count + len(CENTRES) * 2)]
    return next(beat for beat in reversed(beats) if beat["centre"] == "testalpha")["female_occupied"] == 1


def new_credentials_are_used(rig: SupplierRig) -> bool:
    """A credentials file with further members and a slash is taken over."""
    rig.start()
    file = {"realm": "test", "auth-server-url": f"{rig.hub.url}/auth/", "resource": "irc-new", "credentials": {"secret": "new"},
            "ssl-required": "external", "confidential-port": 0, "public-client": False}
    rig.act("reload-credentials", file=json.dumps(file)).act("check-in", **PERSON)
    return rig.await_of("event", 1)[0].headers["authorization"].endswith("irc-new")


FACTS: dict[str, Probe] = {
    "counts outlive a restart": counts_outlive_a_restart,
    "new credentials are used": new_credentials_are_used,
}
