"""One message over HTTPS, redirects included, within five seconds for each exchange (rules R2 to R6 and R16 of section 8)."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from peer_common import Defects
from peer_http import Request, client_context, whole_exchange

ANSWER_BYTES_MAX = 64 * 1024 * 1024
REDIRECTS_MAX = 10
MANY_REDIRECTS = 60
REDIRECTS = (301, 302, 303, 307, 308)
Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Outcome:
    """How a message ended: `status` is 0 when no answer came. `method` and `hops` are those of the last exchange."""

    status: int
    body: bytes = b""
    media_type: str = ""
    location: str = ""
    fault: str = ""
    method: str = ""
    hops: int = 0

    @property
    def is_login_page(self) -> bool:
        """Tells whether a redirect ended at a page for people, which took no message."""
        return self.hops > 0 and 200 <= self.status < 300 and (self.method == "GET" or self.media_type == "text/html")

    def told(self) -> str:
        """The outcome in words, for support."""
        way = f" after {self.hops} redirects" if self.hops else ""
        return (f"status {self.status}" if self.status else self.fault) + way


class Transport:
    """Sends messages; knows nothing of tokens or queues."""

    def __init__(self, ca: str, timeout_s: float, defects: Defects) -> None:
        self._timeout_s = timeout_s
        self._defects = defects
        self._context = self._new_context(ca)

    def send(self, method: str, url: str, body: bytes, headers: Headers, wait_s: float | None = None,
             follow: bool = False) -> Outcome:
        """Sends a message and follows where it is sent to; whatever goes wrong below HTTP is an outcome with status 0."""
        origin = _host(url)
        outcome = self._exchange(method, url, body, headers, wait_s)
        hops_max = self._hops_max() if follow else 0
        hops = 0
        while outcome.status in REDIRECTS and outcome.location and hops < hops_max:
            hops += 1
            method, body = self._onward(outcome.status, method, body)
            url = urljoin(url, outcome.location)
            if _host(url) != origin and not self._defects.has("token-to-other-host"):
                headers = [(name, value) for name, value in headers if name.lower() != "authorization"]
            outcome = replace(self._exchange(method, url, body, headers, wait_s), hops=hops)
        return outcome

    def _hops_max(self) -> int:
        if self._defects.has("redirects-not-followed") or self._defects.has("redirect-is-success"):
            return 0
        return MANY_REDIRECTS if self._defects.has("redirects-without-end") else REDIRECTS_MAX

    def _onward(self, status: int, method: str, body: bytes) -> tuple[str, bytes]:
        """What goes to the next address: 303 asks for a GET, everything else keeps verb and body."""
        if status == 303 or self._defects.has("redirect-becomes-get"):
            return "GET", b""
        return (method, b"{}") if self._defects.has("redirect-loses-body") else (method, body)

    def _exchange(self, method: str, url: str, body: bytes, headers: Headers, wait_s: float | None) -> Outcome:
        parts = urlsplit(url)
        wait_s = wait_s or self._wait_s()
        host, port = parts.hostname or "", parts.port
        connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(host, port, timeout=wait_s, context=self._context)
            if parts.scheme == "https" else http.client.HTTPConnection(host, port, timeout=wait_s))
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        common = [("Accept", "application/json"), ("User-Agent", "SiteLink/1.0"), ("Connection", "close")]
        try:
            connection.connect()
            response, answer = whole_exchange(connection, Request(method, path, body, headers + common), wait_s, ANSWER_BYTES_MAX)
        except (OSError, http.client.HTTPException, ValueError) as fault:
            return Outcome(0, fault=f"{type(fault).__name__}: {fault}", method=method)
        finally:
            connection.close()
        return Outcome(response.status, answer, (response.getheader("Content-Type") or "").partition(";")[0].strip(),
                       response.getheader("Location") or "", method=method)

    def _wait_s(self) -> float:
        if self._defects.has("waits-a-minute"):
            return self._timeout_s * 12
        return self._timeout_s / 4 if self._defects.has("gives-up-early") else self._timeout_s

    def _new_context(self, ca: str) -> ssl.SSLContext:
        context = client_context(ca, self._defects)
        if self._defects.has("tls-1.1-spoken"):
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
        return context


def _host(url: str) -> tuple[str, str | None, int | None]:
    """What a token belongs to: scheme, name and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
