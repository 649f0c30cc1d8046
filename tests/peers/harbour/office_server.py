"""A tiny job server of an office, written from section 5 of scenarios/harbour/SPECIFICATION.md. Invented, test data.

Prints `ready PORT CONTROL-PORT`. OFFICE_KEY is its key, SECOND its answer to a second DELETE, DEFECT one deliberate defect:
off-by-one, cancels-again, revives.
"""
import itertools
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = os.environ.get("OFFICE_KEY", "test-key-0000")
SECOND = int(os.environ.get("SECOND", "409"))
DEFECT = os.environ.get("DEFECT", "")
DEPTH = {"HB-001": 650, "HB-002": 480, "HB-003": 1200}
PASSABLE = 51 if DEFECT == "off-by-one" else 50
lock, jobs, ids = threading.Lock(), {}, itertools.count(100)
held = threading.Event()


def advance(job):
    if held.is_set() or job["state"] == "done":
        return
    if job["state"] == "cancelled":
        if DEFECT == "revives":
            job["state"] = "running"
        return
    age = time.monotonic() - job["since"]
    job["state"] = "done" if age > 1.5 else "running" if age > 0.5 else job["state"]


def show(job):
    out = {name: job[name] for name in ("id", "state", "harbour", "draught_cm")}
    if job["state"] == "done":
        clearance = DEPTH[job["harbour"]] - job["draught_cm"]
        out["result"] = {"clearance_cm": clearance, "passable": clearance >= PASSABLE}
    return out


def wanted(raw):
    """The job that is asked for, or nothing where it is wrong in itself."""
    try:
        asked = json.loads(raw)
        harbour, draught = asked["harbour"], asked["draught_cm"]
    except (ValueError, KeyError, TypeError):
        return None
    right = harbour in DEPTH and type(draught) is int and 1 <= draught <= 3000
    return {"harbour": harbour, "draught_cm": draught} if right else None


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def reply(self, status, body, **headers):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/problem+json" if status >= 400 else "application/json")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Jobs(Quiet):
    def problem(self, status, title, **headers):
        self.reply(status, {"type": "about:blank", "title": title, "status": status}, **headers)

    def answer(self):
        raw = self.body()
        if self.headers.get("X-Harbour-Key") != KEY:
            return self.problem(401, "No valid key", WWW_Authenticate='HarbourKey realm="office"')
        parts = self.path.strip("/").split("/")
        with lock:
            if parts == ["jobs"] and self.command == "POST":
                return self.submit(raw)
            if parts == ["jobs"] and self.command == "GET":
                return self.reply(200, {"jobs": [show(job) for job in jobs.values()]})
            if len(parts) == 2 and parts[0] == "jobs" and parts[1] in jobs:
                return self.one(jobs[parts[1]])
            return self.problem(404, "No such job")

    def submit(self, raw):
        asked = wanted(raw)
        if asked is None:
            return self.problem(422, "The job is wrong in itself")
        job = {"id": f"job-{next(ids)}", "state": "queued", "since": time.monotonic()} | asked
        jobs[job["id"]] = job
        return self.reply(202, show(job), Location=f"/jobs/{job['id']}")

    def one(self, job):
        advance(job)
        if self.command == "GET":
            return self.reply(200, show(job))
        if job["state"] in ("queued", "running") or DEFECT == "cancels-again":
            job["state"] = "cancelled"
            return self.reply(200, show(job))
        return self.problem(SECOND, "It is final")

    do_GET = do_POST = do_DELETE = answer


class Hooks(Quiet):
    def do_POST(self):
        self.body()
        with lock:
            held.set() if self.path == "/hold" else held.clear()
            for job in jobs.values():
                job["since"] = time.monotonic()
        self.reply(200, {})


server, control = (ThreadingHTTPServer(("127.0.0.1", 0), kind) for kind in (Jobs, Hooks))
threading.Thread(target=control.serve_forever, daemon=True).start()
print("ready", server.server_port, control.server_port, flush=True)
server.serve_forever()
