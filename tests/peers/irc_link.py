"""What a site sends and how it takes the answer: paths, headers, a token that is refused, and what counts as success."""

from __future__ import annotations

import json
from typing import Callable

from irc_events import SupportLog, lane
from irc_queue import Entry
from irc_tokens import NoToken, Tokens
from irc_transport import Outcome, Transport
from peer_common import Defects, Json

UNAUTHORISED = 401


class Link:
    """The way of all messages to the back-end."""

    def __init__(self, base: str, transport: Transport, tokens: dict[str, Tokens], now: Callable[[], str], log: SupportLog,
                 defects: Defects) -> None:
        self._base = base.rstrip("/")
        self._transport = transport
        self._tokens = tokens
        self._now = now
        self._log = log
        self._defects = defects

    def event(self, entry: Entry) -> bool:
        """Sends an event once; gives whether it left the queue."""
        event = dict(entry.event)
        if self._defects.has("moment-of-sending"):
            event["timestamp"] = self._now()
        outcome = self._sent(event["centre"], "event", event)
        if outcome is not None and self._is_taken(outcome):
            if self._defects.has("sent-twice"):
                self._sent(event["centre"], "event", event)
            return True
        self._log.tell(f"event {entry.number} ({event['operation']}) of {lane(entry.event)} was not taken: {_told(outcome)}")
        return self._is_given_up(outcome)

    def _is_given_up(self, outcome: Outcome | None) -> bool:
        """Whether a defect loses an event that was not taken."""
        status = outcome.status if outcome is not None else -1
        return ((self._defects.has("dropped-on-5xx") and status >= 500) or (self._defects.has("dropped-on-4xx") and 400 <= status < 500)
                or (self._defects.has("dropped-when-silent") and status == 0) or (self._defects.has("dropped-without-token") and status < 0))

    def prepare(self, centre: str, within_s: float) -> None:
        """Sees to it that a heartbeat that is due soon need not wait for a token."""
        self._tokens[centre].renew_early(within_s)

    def heartbeat(self, counts: Json) -> bool:
        """Sends a heartbeat once and never again; gives whether it was taken."""
        outcome = self._sent(counts["centre"], "heartbeat", counts)
        is_taken = outcome is not None and self._is_taken(outcome)
        if not is_taken and not self._defects.has("heartbeat-errors-untold"):
            self._log.tell(f"heartbeat of {counts['centre']} was not taken: {_told(outcome)}")
        return is_taken

    def _sent(self, centre: str, kind: str, message: Json) -> Outcome | None:
        """Sends with the centre's token; none where there is none. An event whose token is refused goes out anew with another."""
        try:
            tokens = self._tokens[next(iter(self._tokens)) if self._defects.has("one-token-for-all") else centre]
            bearer = tokens.bearer()
            outcome = self._post(centre, kind, message, bearer)
            if outcome.status == UNAUTHORISED or self._is_login_page(outcome):
                tokens.forget(bearer)
                if kind == "event":
                    self._log.tell(f"a token of {centre} was refused: {outcome.told()}")
                    outcome = self._post(centre, kind, message, tokens.bearer())
            return outcome
        except NoToken as reason:
            self._log.tell(str(reason))
            return self._post(centre, kind, message, "") if self._defects.has("sent-without-token") else None

    def _post(self, centre: str, kind: str, message: Json, bearer: str) -> Outcome:
        if self._defects.has("token-logged"):
            self._log.blurt(f"trace: POST {kind} with Bearer {bearer}")
        return self._transport.send("POST", self._url(centre, kind, bearer), self._body(kind, message),
                                    self._headers(kind, bearer), follow=True)

    def _url(self, centre: str, kind: str, bearer: str) -> str:
        if self._defects.has("path-of-other-centre"):
            centre = next(name for name in self._tokens if name != centre)
        if self._defects.has("path-in-capitals"):
            centre = centre.upper()
        query = f"?access_token={bearer}" if self._defects.has("token-in-query") else ""
        middle = "" if self._defects.has("path-without-centre") else f"{centre}/"
        return f"{self._base}/irc_entry/{middle}{kind}{query}"

    def _headers(self, kind: str, bearer: str) -> list[tuple[str, str]]:
        headers = [("Content-Type", "text/plain" if self._defects.has("sent-as-text") else "application/json")]
        is_hidden = (self._defects.has("heartbeat-without-token") and kind == "heartbeat") or self._defects.has("token-in-query")
        if bearer and not is_hidden:
            headers.append(("Authorization", f"Bearer {bearer}"))
        if self._defects.has("authorization-twice"):
            headers.append(("Authorization", f"Bearer {bearer}"))
        return headers

    def _body(self, kind: str, message: Json) -> bytes:
        message = self._spoilt(message) if kind == "event" else message
        text = json.dumps([message] if self._defects.has("events-in-array") and kind == "event" else message)
        if self._defects.has("member-twice"):
            text = text[:-1] + f', "centre": {json.dumps(message["centre"])}}}'
        return text.encode()

    def _spoilt(self, event: Json) -> Json:
        """The event as a defect has it."""
        event = dict(event)
        if self._defects.has("operation-in-capitals"):
            event["operation"] = event["operation"].title()
        if self._defects.has("ids-as-text") and "person_id" in event:
            event["person_id"] = str(event["person_id"])
        if self._defects.has("member-too-many"):
            event["site_version"] = "4.2"
        if self._defects.has("centre-not-in-body"):
            del event["centre"]
        if self._defects.has("nationality-of-two-letters") and "nationality" in event:
            event["nationality"] = event["nationality"][:2]
        if self._defects.has("reason-in-british-spelling") and event.get("reason") == "Behavioral concern":
            event["reason"] = "Behavioural concern"
        if self._defects.has("single-without-person"):
            event.pop("single_occupancy_person_id", None)
        return event

    def _is_login_page(self, outcome: Outcome) -> bool:
        return outcome.is_login_page and not self._defects.has("login-page-believed")

    def _is_taken(self, outcome: Outcome) -> bool:
        """Success is 2xx after redirects, and nothing else; a page for people took no message."""
        status = outcome.status
        if self._defects.has("duplicate-is-error") and status == 208:
            return False
        if self._defects.has("only-201-is-success"):
            return status == 201
        if self._defects.has("redirect-is-success") and 300 <= status < 400:
            return True
        if self._defects.has("body-decides") and outcome.body:
            return b"201 Created" in outcome.body or (200 <= status < 300)
        return 200 <= status < 300 and not self._is_login_page(outcome)


def _told(outcome: Outcome | None) -> str:
    return "there is no token" if outcome is None else outcome.told()
