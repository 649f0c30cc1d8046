"""A tiny client of an office, written from sections 3 and 4 of scenarios/harbour/SPECIFICATION.md. Invented, test data.

    office_client.py REGISTER-URL QUEUE-FILE SPEED

Prints `ready CONTROL-PORT`. SPEED is how many times faster than real its clock runs, OFFICE_KEY its key, DEFECT one deliberate
defect: hasty, youngest-first, sends-again, queues-beats, forgets.
"""
import datetime
import http.client
import json
import os
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BASE, FILE, SPEED = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2], float(sys.argv[3])
KEY, DEFECT = os.environ.get("OFFICE_KEY", "test-key-0000"), os.environ.get("DEFECT", "")
RETRY = 20 if DEFECT == "hasty" else 60
changed = threading.Condition()
queue, state = [], {"number": 0, "beat": 0, "turn": 0}


def save():
    with open(FILE, "w", encoding="utf-8") as file:
        json.dump({"queue": queue, "number": state["number"]}, file)


def load():
    if os.path.exists(FILE):
        with open(FILE, encoding="utf-8") as file:
            kept = json.load(file)
        queue[:], state["number"] = kept["queue"], kept["number"]


def call(method, path, body=None):
    """The status of the answer and its Retry-After; nothing where none came."""
    headers, data = {"X-Harbour-Key": KEY, "User-Agent": "tiny-office/0.3"}, None
    if body is not None:
        data, headers["Content-Type"] = json.dumps(body, ensure_ascii=False).encode(), "application/json"
    connection = http.client.HTTPConnection(BASE.hostname, BASE.port, timeout=10)
    try:
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("Retry-After")
    except (OSError, http.client.HTTPException):
        return None, None
    finally:
        connection.close()


def sender():
    while True:
        with changed:
            changed.wait_for(lambda: queue)
            notice = queue[-1 if DEFECT == "youngest-first" else 0]
        begun = time.monotonic()
        status, after = call("POST", "/notices", notice)
        if status in (200, 201, 422):
            with changed:
                if notice in queue:
                    queue.remove(notice)
                    save()
            if DEFECT == "sends-again" and status == 201:
                call("POST", "/notices", notice)
            continue
        wait = float(after) if after and after.isdigit() else RETRY
        time.sleep(max(0.0, begun + wait / SPEED - time.monotonic()))


def heart(turn):
    due, backlog = time.monotonic(), []
    while state["turn"] == turn:
        state["beat"] += 1
        beat = {"beat": state["beat"], "queued": len(queue)}
        status, _ = call("POST", "/heartbeats", beat)
        if DEFECT == "queues-beats":
            if status == 204:
                for old in backlog:
                    call("POST", "/heartbeats", old)
                backlog.clear()
            else:
                backlog.append(beat)
        due += 60 / SPEED
        time.sleep(max(0.0, due - time.monotonic()))


def raised(args):
    with changed:
        state["number"] += 1
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        named = {"noticeId": f"OFF-{state['number']:05}", "number": state["number"]}
        contact = {"name": "Test Officer", "phone": "+00 000 0001"}
        queue.append(named | {name: args[name] for name in ("harbour", "kind", "text")} | {"raisedAt": now, "contact": contact})
        save()
        changed.notify_all()
    return named


def restart():
    with changed:
        if DEFECT == "forgets":
            queue.clear()
            save()
        load()
        changed.notify_all()


def start():
    state["turn"] += 1
    threading.Thread(target=heart, args=(state["turn"],), daemon=True).start()


class Hooks(BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_POST(self):
        args = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        out = {}
        match self.path:
            case "/raise":
                out = raised(args)
            case "/withdraw":
                call("DELETE", "/notices/" + args["noticeId"])
            case "/restart":
                restart()
            case "/start":
                start()
        data = json.dumps(out).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


load()
threading.Thread(target=sender, daemon=True).start()
control = ThreadingHTTPServer(("127.0.0.1", 0), Hooks)
print("ready", control.server_port, flush=True)
control.serve_forever()
