#!/usr/bin/env python3
"""A force's Standard API endpoint, as one supplier might have built it: `POST {base}/incidents` over mutual TLS.

It stands for a real supplier's server in tests of Counterpart in the role consumer. Without `--defect` it conforms to
the description in every point that it can; each `--defect NAME` (see `defects.json`) breaks it in one known way.

It prints one line, `ready PORT CONTROL-PORT`, when it listens.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from force_answers import Answer, Request
from force_intake import Intake, Policy
from force_store import Store
from peer_common import ControlPort, Defects, Json, add_common_options, secret, talk

HANDSHAKE_TIMEOUT_S = 10
READ_TIMEOUT_S = 40
GOODBYE_TIMEOUT_S = 0.5
DRAIN_BYTES_MAX = 256 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
DROPPED_ABOVE_BYTES = 1024 * 1024
IMPATIENT_READS_S = 5.0
NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which the ssl module does not name


class BadFraming(Exception):
    """The request's length cannot be told."""


class TooLarge(Exception):
    """The body is over the limit."""


class ClosedEarly(Exception):
    """The caller went away before the request was whole."""


def tls_context(options: argparse.Namespace, defects: Defects) -> ssl.SSLContext:
    """Builds the server's side of mutual TLS (F05, F07)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(options.cert, options.key)
    context.load_verify_locations(options.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    if options.crl:
        context.load_verify_locations(options.crl)
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    if defects.has("client-certificate-optional"):
        context.verify_mode = ssl.CERT_OPTIONAL
    if defects.has("client-certificate-unchecked"):
        context.verify_mode = ssl.CERT_NONE
    if defects.has("expired-certificate-accepted"):
        context.verify_flags |= NO_CHECK_TIME
    if defects.has("unknown-ca-accepted"):
        context.load_verify_locations(options.unknown_ca)
    if defects.has("tls-1.1-offered") or defects.has("tls-1.1-only"):
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    if defects.has("tls-1.1-only"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


class IncidentHandler(BaseHTTPRequestHandler):
    """Reads requests from one connection and writes what the intake answers."""

    protocol_version = "HTTP/1.1"
    server_version = "ForceIntake/2.3"
    timeout = READ_TIMEOUT_S
    disable_nagle_algorithm = True
    server: "IncidentServer"

    def do_any(self) -> None:
        """Answers one request of any method."""
        request = Request(self.command, self.path, self.headers, b"", peer_name(self.connection))
        try:
            request.body = self._read_body()
        except ClosedEarly:
            self.close_connection = True
            return
        except TooLarge:
            self.close_connection = True
            self._write(self.server.intake.too_large(request))
            self._drain()
            return
        except BadFraming as reason:
            self.close_connection = True
            self._write(self.server.intake.broken("BAD_REQUEST", f"{reason}."))
            return
        except TimeoutError:
            self.close_connection = True
            self._write(self.server.intake.broken("REQUEST_TIMEOUT", "The body did not arrive in time."))
            return
        answer = self.server.intake.handle(request)
        self.server.note(self.command, answer.status, len(request.body))
        self._write(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_any

    # Reading.

    def _read_body(self) -> bytes:
        limit = self.server.body_bytes_max
        if self.headers.get("Transfer-Encoding"):
            return self._read_chunked(limit)
        length_text = self.headers.get("Content-Length") or "0"
        if not length_text.isdecimal():
            raise BadFraming("The Content-Length is not a number")
        length = int(length_text)
        if length > limit:
            raise TooLarge
        if self.server.defects.has("large-body-dropped") and length > DROPPED_ABOVE_BYTES:
            raise ClosedEarly
        return self._read_exactly(length)

    def _read_chunked(self, limit: int) -> bytes:
        if self.headers["Transfer-Encoding"].strip().lower() != "chunked" or self.headers.get("Content-Length"):
            raise BadFraming("The transfer encoding is not understood")
        body = bytearray()
        while True:
            try:
                size = int(self.rfile.readline(100).split(b";")[0].strip(), 16)
            except ValueError:
                raise BadFraming("A chunk has no size") from None
            if size < 0 or len(body) + size > limit:
                raise TooLarge
            if size == 0:
                break
            body += self._read_exactly(size)
            self.rfile.readline(3)
        while self.rfile.readline(8192).strip():  # trailers
            pass
        return bytes(body)

    def _read_exactly(self, length: int) -> bytes:
        """Reads so many bytes, at the caller's pace; each read may wait for READ_TIMEOUT_S."""
        if self.server.defects.has("slow-body-dropped"):
            cut = threading.Timer(IMPATIENT_READS_S, cut_off, (self.connection,))
            cut.daemon = True
            cut.start()
        else:
            cut = None
        body = bytearray()
        try:
            while len(body) < length:
                piece = self.rfile.read1(min(CHUNK_BYTES, length - len(body)))
                if not piece:
                    raise ClosedEarly
                body += piece
        except TimeoutError:
            raise
        except OSError as fault:
            raise ClosedEarly from fault
        finally:
            if cut is not None:
                cut.cancel()
        return bytes(body)

    def _drain(self) -> None:
        """Reads on after an early answer, so that a caller who is still writing gets to read it."""
        drained = 0
        with contextlib.suppress(OSError):
            self.connection.settimeout(2)
            while drained < DRAIN_BYTES_MAX:
                piece = self.rfile.read1(CHUNK_BYTES)
                if not piece:
                    return
                drained += len(piece)

    # Writing.

    def _write(self, answer: Answer) -> None:
        """Sends an answer in one piece; a caller who left without reading it does no harm."""
        if answer.dropped:
            self.close_connection = True
            cut_off(self.connection)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Type", answer.media_type)
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        body = b"" if self.command == "HEAD" else answer.body
        head = b"".join(self._headers_buffer) + b"\r\n"
        self._headers_buffer = []
        try:
            self.wfile.write(head + body)
        except OSError:
            self.close_connection = True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answers what the base class refuses with an error document instead of its HTML page."""
        self.close_connection = True
        if not hasattr(self, "command"):
            self.command = ""
        unknown_method = code == 501
        problem = ("METHOD_NOT_ALLOWED", "The method is not allowed; POST is.") if unknown_method else (
            "BAD_REQUEST", "The request line or the headers are not valid HTTP.")
        self.request_version = "HTTP/1.1"
        self._write(self.server.intake.broken(*problem))

    def version_string(self) -> str:
        """Names the product only."""
        return self.server_version

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Says nothing; `IncidentServer.note` does."""


def peer_name(connection: Any) -> str:
    """Gives the common name in the client's certificate, or an empty string."""
    certificate = connection.getpeercert() or {}
    names = [value for part in certificate.get("subject", ()) for key, value in part if key == "commonName"]
    return names[0] if names else ""


def cut_off(connection: socket.socket) -> None:
    """Ends a connection at once, whoever else waits on it; the TLS object stays, for those who still hold it."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


class IncidentServer(ThreadingHTTPServer):
    """The TLS listener: one thread for each connection, the handshake included."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, options: argparse.Namespace, port: int, intake: Intake, defects: Defects) -> None:
        self.intake = intake
        self.defects = defects
        self.body_bytes_max = options.max_body_bytes
        self._quiet = options.quiet
        self._context = tls_context(options, defects)
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__((options.host, port), IncidentHandler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True, name="listener").start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Shakes hands, then serves the connection."""
        request.settimeout(HANDSHAKE_TIMEOUT_S)
        try:
            connection = self._context.wrap_socket(request, server_side=True)
        except (ssl.SSLError, OSError) as fault:
            self.talk(f"handshake refused: {fault}")
            request.close()
            return
        with self._guard:
            self._open.add(connection)
        super().process_request_thread(connection, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Says goodbye in TLS where the caller still listens, then closes."""
        with self._guard:
            self._open.discard(request)
        if isinstance(request, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                request.settimeout(GOODBYE_TIMEOUT_S)
                request.unwrap()
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that vanishes is no news; anything else is a fault in this program."""
        fault = sys.exc_info()[1]
        if not isinstance(fault, OSError):
            talk(f"fault while serving: {fault!r}")

    def note(self, method: str, status: int, body_bytes: int) -> None:
        """Says what was answered; never a header or a body."""
        self.talk(f"{method[:16]} {body_bytes} bytes -> {status or 'dropped'}")

    def talk(self, line: str) -> None:
        """Writes to stderr unless told to be quiet."""
        if not self._quiet:
            talk(line)

    def close(self) -> None:
        """Stops listening and cuts every open connection."""
        self.shutdown()
        self.server_close()
        with self._guard:
            still_open = list(self._open)
        for connection in still_open:
            cut_off(connection)


class Endpoint:
    """The supervisor: owns the listener and the intake, and restarts both on the same store."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._defects = Defects(options.defect)
        self._store_available = True
        self._guard = threading.Lock()
        self._start(options.port)
        self.control = ControlPort(options.control, {
            "list": self._list, "store-down": self._store_down, "store-up": self._store_up,
            "restart": self._restart, "reset": self._reset, "state": self._state,
        })

    @property
    def port(self) -> int:
        """The port of the interface."""
        return self._server.server_address[1]

    def _start(self, port: int) -> None:
        self._store = Store(Path(self._options.store))
        self._intake = Intake(policy(self._options), self._store, self._defects)
        self._intake.set_store_available(self._store_available)
        self._server = IncidentServer(self._options, port, self._intake, self._defects)

    def _stop(self) -> None:
        self._intake.stop()
        self._store.close()
        self._server.close()

    def close(self) -> None:
        """Stops everything."""
        self.control.close()
        self._stop()

    # Actions of the control port.

    def _list(self, arguments: Json) -> Json:
        return {"submissions": self._intake.listing(arguments.get("submissionId"))}

    def _store_down(self, _: Json) -> Json:
        return self._set_store(False)

    def _store_up(self, _: Json) -> Json:
        return self._set_store(True)

    def _set_store(self, available: bool) -> Json:
        self._store_available = available
        self._intake.set_store_available(available)
        return {"storeAvailable": available}

    def _restart(self, _: Json) -> Json:
        """Ends the service as a crash would: memory gone, connections cut; then starts it from the store."""
        with self._guard:
            port = self.port
            self._stop()
            self._start(port)
        return {"restarted": True, "stored": len(self._store.records())}

    def _reset(self, _: Json) -> Json:
        with self._guard:
            port = self.port
            self._stop()
            self._store.clear()
            self._store_available = True
            self._start(port)
        return {"stored": 0}

    def _state(self, _: Json) -> Json:
        return {"storeAvailable": self._store_available, "stored": len(self._store.records()), "defects": str(self._defects)}


def policy(options: argparse.Namespace) -> Policy:
    """Takes the force's set-up from the options."""
    return Policy(
        client_id=options.client_id, client_secret=options.client_secret, force=options.force, brand=options.brand,
        path=f"{options.base.rstrip('/')}/incidents", body_bytes_max=options.max_body_bytes,
        allowed_subjects=tuple(options.allow_subject), answer_delay_ms=options.slow_answer_ms,
        slow_store_ms=options.slow_store_ms, slow_media_ms=options.slow_media_ms, media_wait_ms=options.media_wait_ms)


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (0: a free one)")
    parser.add_argument("--base", default="", help="path in front of /incidents")
    parser.add_argument("--cert", required=True, help="server certificate chain, PEM")
    parser.add_argument("--key", required=True, help="server key, PEM")
    parser.add_argument("--ca", required=True, help="authority of the client certificates, PEM")
    parser.add_argument("--crl", help="revocation list for client certificates, PEM")
    parser.add_argument("--unknown-ca", help="the authority that the defect unknown-ca-accepted trusts by mistake, PEM")
    parser.add_argument("--allow-subject", action="append", default=[], metavar="CN",
                        help="common name of a client certificate that may send; may be repeated (default: any trusted one)")
    parser.add_argument("--client-id", type=secret, required=True, help="issued client id (or env:NAME, file:PATH)")
    parser.add_argument("--client-secret", type=secret, required=True, help="issued secret (or env:NAME, file:PATH)")
    parser.add_argument("--force", default="901", help="force identifier served")
    parser.add_argument("--brand", default="1", help="brand served")
    parser.add_argument("--store", required=True, metavar="DIR", help="folder of the intake store")
    parser.add_argument("--max-body-bytes", type=int, default=50 * 1024 * 1024, help="limit of a request body")
    parser.add_argument("--slow-answer-ms", type=int, default=0, help="think this long about each request")
    parser.add_argument("--slow-store-ms", type=int, default=0, help="each durable write takes this much longer")
    parser.add_argument("--slow-media-ms", type=int, default=0, help="the media download after the answer takes this long")
    parser.add_argument("--media-wait-ms", type=int, default=45_000, help="how long the defect media-awaited waits")
    add_common_options(parser, "force_endpoint")
    options = parser.parse_args(arguments)
    if "unknown-ca-accepted" in options.defect and not options.unknown_ca:
        parser.error("the defect unknown-ca-accepted needs --unknown-ca FILE")
    return options


def main() -> int:
    """Runs the endpoint until it is interrupted."""
    endpoint = Endpoint(parse_options())
    print(f"ready {endpoint.port} {endpoint.control.port}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        threading.Event().wait()
    endpoint.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
