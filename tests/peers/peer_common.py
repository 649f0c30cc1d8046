"""What both peers share: the defect catalogue, secrets on the command line, and the loopback control port.

The peers stand for real suppliers' systems. They use Python's standard library only and were written from
the published interface description alone, so that nothing in them repeats the checks they are judged by.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Iterable, Protocol

CATALOGUE_FILE = Path(__file__).with_name("defects.json")
CONTROL_BODY_BYTES_MAX = 1024 * 1024

Json = dict[str, Any]
Action = Callable[[Json], Json]


class Defects:
    """The deliberate faults that one running peer shows; empty for a conformant one."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset(names)

    def has(self, name: str) -> bool:
        """Tells whether this defect was asked for."""
        return name in self._names

    def __str__(self) -> str:
        return ", ".join(sorted(self._names)) or "none"


def catalogue(program: str) -> dict[str, Json]:
    """Reads the defect catalogue of one program, by name."""
    entries = json.loads(CATALOGUE_FILE.read_text(encoding="utf-8"))["defects"]
    return {entry["name"]: entry for entry in entries if entry["program"] == program}


def add_common_options(parser: argparse.ArgumentParser, program: str) -> None:
    """Adds the options that both programs have."""
    parser.add_argument("--control", type=int, default=0, metavar="PORT", help="loopback control port (0: a free one)")
    parser.add_argument("--defect", action="append", default=[], metavar="NAME", choices=sorted(catalogue(program)),
                        help="a deliberate fault from defects.json; may be repeated")
    parser.add_argument("--quiet", action="store_true", help="say nothing on stderr")


def secret(text: str) -> str:
    """Resolves `env:NAME` and `file:PATH`; anything else is the secret itself."""
    if text.startswith("env:"):
        name = text.removeprefix("env:")
        if name not in os.environ:
            raise argparse.ArgumentTypeError(f"the environment has no {name}")
        return os.environ[name]
    if text.startswith("file:"):
        return Path(text.removeprefix("file:")).read_text(encoding="utf-8").strip()
    return text


def masked(text: str) -> str:
    """Shows the first four characters and the length, as section 3.3 asks of every log."""
    return f"{text[:4]}... ({len(text)} characters)"


def talk(line: str) -> None:
    """Writes one line to stderr, whole even when several threads talk."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


class ControlRefused(Exception):
    """The action cannot be done as asked; its text goes back to the caller."""


class _ControlHandler(BaseHTTPRequestHandler):
    """Turns `POST /name` with a JSON object into a call of the action of that name."""

    protocol_version = "HTTP/1.1"
    server: "ControlPort"

    def do_POST(self) -> None:  # noqa: N802 - the name is the base class's
        """Runs an action."""
        action = self.server.actions.get(self.path.strip("/"))
        if action is None:
            self._answer(404, {"error": f"no action {self.path}", "actions": sorted(self.server.actions)})
            return
        try:
            self._answer(200, action(self._arguments()))
        except ControlRefused as reason:
            self._answer(400, {"error": str(reason)})
        except Exception as fault:  # the caller must learn of it; the port must live on
            self._answer(500, {"error": f"{type(fault).__name__}: {fault}"})

    do_GET = do_POST

    def _arguments(self) -> Json:
        length = int(self.headers.get("Content-Length") or 0)
        if length > CONTROL_BODY_BYTES_MAX:
            self.close_connection = True
            raise ControlRefused("the arguments are too long")
        text = self.rfile.read(length)
        try:
            value = json.loads(text) if text.strip() else {}
        except ValueError as fault:
            raise ControlRefused(f"the arguments are not JSON: {fault}") from fault
        if not isinstance(value, dict):
            raise ControlRefused("the arguments must be a JSON object")
        return value

    def _answer(self, status: int, value: Json) -> None:
        body = json.dumps(value, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Says nothing: the control port is not part of the system shown."""


class ControlPort(ThreadingHTTPServer):
    """A plain HTTP port on the loopback address, by which a test's hooks make the peer act."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, actions: dict[str, Action]) -> None:
        super().__init__(("127.0.0.1", port), _ControlHandler)
        self.actions = actions
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True, name="control").start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self.server_address[1]

    def close(self) -> None:
        """Stops listening."""
        self.shutdown()
        self.server_close()


class Sender(Protocol):
    """A peer that acts when it is told to, and listens at its control port alone."""

    control: ControlPort

    def wait(self) -> None:
        """Waits until it is told to stop."""

    def close(self) -> None:
        """Stops everything."""


def serve(sender: Sender, options: argparse.Namespace) -> int:
    """Runs a sender until it is told to stop, or interrupted."""
    print(f"ready {sender.control.port}", flush=True)
    if not options.quiet:
        talk(f"defects: {Defects(options.defect)}")
    with contextlib.suppress(KeyboardInterrupt):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        sender.wait()
    sender.close()
    return 0
