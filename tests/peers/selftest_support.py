"""What the self-test needs: throw-away certificates, a plain HTTPS caller, and a stub force that records requests."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable

from peer_common import Json

LOCAL_NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"
OTHER_NAME = "subjectAltName=DNS:other.example.org"
CREDENTIALS = ("ihub-test", "s3cret-of-force-901")
SECOND_CREDENTIALS = ("ihub-test-902", "another-s3cret-902")


class Certificates:
    """Two authorities and the certificates they issue, made by the openssl command in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for authority in ("root", "unknown-root"):
            self._openssl("req", "-x509", *self._new_key(authority), "-out", f"{authority}.pem", "-days", "2",
                          "-subj", f"/CN={authority}", "-addext", "basicConstraints=critical,CA:TRUE",
                          "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self._issue("server", "root", LOCAL_NAMES)
        self._issue("server-expired", "root", LOCAL_NAMES, expired=True)
        self._issue("server-other", "root", OTHER_NAME)
        self._issue("client", "root", LOCAL_NAMES)
        self._issue("client-expired", "root", LOCAL_NAMES, expired=True)
        self._issue("client-unknown", "unknown-root", LOCAL_NAMES)

    @staticmethod
    def _new_key(name: str) -> list[str]:
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}-key.pem"]

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=self._folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {arguments[0]}: {done.stderr}")

    def _issue(self, name: str, authority: str, names: str, expired: bool = False) -> None:
        self._openssl("req", "-new", *self._new_key(name), "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (self._folder / f"{name}.ext").write_text(f"{names}\nbasicConstraints=CA:FALSE\n", encoding="ascii")
        (self._folder / f"{name}.db").write_text("", encoding="ascii")
        (self._folder / f"{name}.cnf").write_text(
            f"[ca]\ndefault_ca=d\n[d]\ndatabase={name}.db\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n"
            "unique_subject=no\n[p]\ncommonName=supplied\n", encoding="ascii")
        dates = ("20200101000000Z", "20200201000000Z") if expired else ("20200101000000Z", "20490101000000Z")
        self._openssl("ca", "-batch", "-notext", "-config", f"{name}.cnf", "-cert", f"{authority}.pem",
                      "-keyfile", f"{authority}-key.pem", "-in", f"{name}.csr", "-out", f"{name}.pem",
                      "-extfile", f"{name}.ext", "-startdate", dates[0], "-enddate", dates[1])

    def path(self, name: str) -> str:
        """The certificate's file."""
        return str(self._folder / f"{name}.pem")

    def key(self, name: str) -> str:
        """The key's file."""
        return str(self._folder / f"{name}-key.pem")

    def caller_context(self, client: str | None = "client") -> ssl.SSLContext:
        """A client's side of mutual TLS, showing the certificate named."""
        context = ssl.create_default_context(cafile=self.path("root"))
        if client is not None:
            context.load_cert_chain(self.path(client), self.key(client))
        return context


@dataclass(frozen=True)
class Reply:
    """What came back: status 0 when the connection ended without an answer."""

    status: int
    body: bytes
    headers: dict[str, str]

    def json(self) -> Any:
        """The body as JSON, or None."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


NO_REPLY = Reply(0, b"", {})


def call(port: int, context: ssl.SSLContext, body: bytes, headers: dict[str, str], method: str = "POST",
         path: str = "/incidents") -> Reply:
    """Makes one HTTPS request."""
    connection = http.client.HTTPSConnection("localhost", port, timeout=20, context=context)
    try:
        connection.request(method, path, body, headers)
        return _read(connection)
    except (OSError, http.client.HTTPException):
        try:  # an early answer may be there although the body could not be sent whole
            return _read(connection)
        except (OSError, http.client.HTTPException, AttributeError):
            return NO_REPLY
    finally:
        connection.close()


def _read(connection: http.client.HTTPSConnection) -> Reply:
    response = connection.getresponse()
    return Reply(response.status, response.read(), {name.lower(): value for name, value in response.getheaders()})


def control(port: int, action: str, **arguments: Any) -> Json:
    """Uses a peer's control port."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", f"/{action}", json.dumps(arguments))
    response = connection.getresponse()
    value = json.loads(response.read())
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"{action}: {response.status} {value}")
    return value


def until(condition: Callable[[], bool], limit_s: float = 5.0) -> bool:
    """Waits for a condition; tells whether it came true in time."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return condition()


def free_port() -> int:
    """Finds a port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@dataclass
class Seen:
    """One request as the stub force saw it."""

    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    certified: bool

    def document(self) -> Json:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Scripted:
    """One answer to give; status 0 means to hang until the caller leaves."""

    status: int
    body: bytes = b'{"data": {"type": "incident", "id": "1"}}'
    media_type: str = "application/vnd.api+json"
    location: str = ""
    delay_s: float = 0.0


OUTAGE = Scripted(503, b'{"errors": [{"status": "503", "code": "X", "title": "t", "detail": "store-is-away"}]}')


class _StubHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "StubForce"

    def do_POST(self) -> None:  # noqa: N802 - the name is the base class's
        """Records the request and answers by the script."""
        arrived = time.monotonic()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): ", ".join(self.headers.get_all(name, [])) for name in self.headers.keys()}
        certified = bool(self.connection.getpeercert())  # type: ignore[attr-defined]
        answer = self.server.take(Seen(arrived, self.command, self.path, headers, body, certified))
        if answer.status == 0:
            self.server.closing.wait(10)
            self.close_connection = True
            return
        time.sleep(answer.delay_s)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.location:
            self.send_header("Location", answer.location)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_PUT = do_POST

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Says nothing."""


class StubForce(ThreadingHTTPServer):
    """A scripted force: answers in order, the last answer for ever; asks for a client certificate but serves all."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, certificates: Certificates, script: list[Scripted], server: str = "server", port: int = 0) -> None:
        self.seen: list[Seen] = []
        self.closing = threading.Event()
        self._script = script
        self._guard = threading.Lock()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificates.path(server), certificates.key(server))
        self.context.load_verify_locations(certificates.path("root"))
        self.context.verify_mode = ssl.CERT_OPTIONAL
        super().__init__(("127.0.0.1", port), _StubHandler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"https://localhost:{self.server_address[1]}"

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Shakes hands in the connection's own thread."""
        request.settimeout(15)
        try:
            request = self.context.wrap_socket(request, server_side=True)
        except OSError:
            request.close()
            return
        super().process_request_thread(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who leaves is no news here."""

    def take(self, seen: Seen) -> Scripted:
        """Records a request and gives the answer for it."""
        with self._guard:
            self.seen.append(seen)
            return self._script[min(len(self.seen), len(self._script)) - 1]

    def close(self) -> None:
        """Stops."""
        self.closing.set()
        self.shutdown()
        self.server_close()
