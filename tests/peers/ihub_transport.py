"""One delivery attempt: a POST over mutual TLS to one force, on a connection of its own (F01, F02, F05, F07, F08)."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from peer_common import Defects
from peer_http import Request, client_context, whole_exchange

ANSWER_BYTES_MAX = 1024 * 1024
FOREVER_S = 24 * 3600.0


@dataclass(frozen=True)
class Identity:
    """What this client shows: certificate, key, and the pair that a force issued."""

    cert: str
    key: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Timeouts:
    """How long to wait for a connection and for a whole answer."""

    connect_s: float
    response_s: float


@dataclass(frozen=True)
class Outcome:
    """How one attempt ended: `status` is 0 when no answer came."""

    status: int
    text: str
    media_type: str = ""

    @property
    def is_json_object(self) -> bool:
        """Tells whether the answer's body is one JSON object."""
        try:
            return isinstance(json.loads(self.text), dict)
        except ValueError:
            return False


class Transport:
    """Sends request bodies; knows nothing of retries."""

    def __init__(self, ca: str, timeouts: Timeouts, defects: Defects) -> None:
        self._ca = ca
        self._timeouts = timeouts
        self._defects = defects

    def post(self, url: str, body: bytes, correlation_id: str, identity: Identity) -> Outcome:
        """Makes one attempt; whatever goes wrong below HTTP is an outcome with status 0."""
        outcome, location = self._send(url, body, correlation_id, identity)
        if self._defects.has("follows-redirects") and 300 <= outcome.status < 400 and location:
            outcome, _ = self._send(urljoin(url, location), body, correlation_id, identity)
        return outcome

    def _send(self, url: str, body: bytes, correlation_id: str, identity: Identity) -> tuple[Outcome, str]:
        parts = urlsplit(url)
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port or 443, timeout=self._timeouts.connect_s, context=self._context(identity))
        try:
            connection.connect()
            return self._exchange(connection, parts.path, body, self._headers(correlation_id, identity))
        except (OSError, http.client.HTTPException, ValueError) as fault:
            return Outcome(0, f"{type(fault).__name__}: {fault}"), ""
        finally:
            connection.close()

    def _exchange(self, connection: http.client.HTTPSConnection, path: str, body: bytes,
                  headers: dict[str, str]) -> tuple[Outcome, str]:
        wait_s = FOREVER_S if self._defects.has("no-response-timeout") else self._timeouts.response_s
        method = "PUT" if self._defects.has("put-method") else "POST"
        request = Request(method, path, body, [*headers.items(), ("Accept-Encoding", "identity")])
        response, answer = whole_exchange(connection, request, wait_s, ANSWER_BYTES_MAX)
        text = answer.decode("utf-8", "replace")
        return Outcome(response.status, text, response.getheader("Content-Type", "")), response.getheader("Location", "")

    def _headers(self, correlation_id: str, identity: Identity) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json", "Accept": "application/vnd.api+json, application/json",
            "X-Correlation-ID": correlation_id, "client_id": identity.client_id, "client_secret": identity.client_secret,
            "User-Agent": "SimHub/1.0", "Connection": "close",
        }
        if self._defects.has("no-secret-header"):
            del headers["client_secret"]
        if self._defects.has("no-id-header"):
            del headers["client_id"]
        if self._defects.has("wrong-secret"):
            headers["client_secret"] = identity.client_secret[::-1] + "x"
        return headers

    def _context(self, identity: Identity) -> ssl.SSLContext:
        context = client_context(self._ca, self._defects)
        if not self._defects.has("no-client-certificate"):
            context.load_cert_chain(identity.cert, identity.key)
        return context
