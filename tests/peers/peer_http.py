"""One HTTP exchange under one deadline, and whom it trusts, which both sending peers use."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from dataclasses import dataclass, field

from peer_common import Defects

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which the ssl module does not name


@dataclass(frozen=True)
class Request:
    """What is sent once. A header may stand twice, so headers are pairs."""

    method: str
    path: str
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)


def whole_exchange(connection: http.client.HTTPConnection, request: Request, wait_s: float,
                   bytes_max: int) -> tuple[http.client.HTTPResponse, bytes]:
    """Sends over an open connection and reads the whole answer within `wait_s`, however slowly its bytes come."""
    connection.sock.settimeout(wait_s)
    expired = threading.Event()
    deadline = threading.Timer(wait_s, _expire, (connection.sock, expired))
    deadline.daemon = True
    deadline.start()
    try:
        connection.putrequest(request.method, request.path, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value)
        if request.body or request.method != "GET":
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        response = connection.getresponse()
        body = response.read(bytes_max)
        if response.length and len(body) < bytes_max:  # `read` does not mind that the connection ended too soon
            raise http.client.IncompleteRead(body, response.length)
    except (OSError, http.client.HTTPException):
        if expired.is_set():
            raise TimeoutError(f"no whole answer in {wait_s:g} s") from None
        raise
    finally:
        deadline.cancel()
    if expired.is_set():
        raise TimeoutError(f"no whole answer in {wait_s:g} s")
    return response, body


def _expire(sock: socket.socket, expired: threading.Event) -> None:
    expired.set()
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def client_context(ca: str, defects: Defects) -> ssl.SSLContext:
    """Gives a context that trusts one authority, less what the defects of whoever calls leave unchecked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(ca)
    if defects.has("server-name-unchecked"):
        context.check_hostname = False
    if defects.has("server-certificate-unchecked"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if defects.has("expired-server-accepted"):
        context.verify_flags |= NO_CHECK_TIME
    return context
