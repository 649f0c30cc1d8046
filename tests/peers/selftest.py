#!/usr/bin/env python3
"""Tests the peers: what the conformant ones must do, that each defect shows, and that the ihub ones work against each other.

Every probe runs twice: it must stay blind on the conformant program and must see the defect on the defective one.
All traffic stays on 127.0.0.1. Prints `N passed, N failed`; the exit code is 0 when nothing failed.
"""

from __future__ import annotations

import concurrent.futures
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Callable

import selftest_client
import selftest_force
import selftest_supplier
from peer_common import catalogue
from selftest_support import CREDENTIALS, Certificates, control, until

HERE = Path(__file__).parent
WORKERS = 6
TRIES_MAX = 3
Test = Callable[[], "str | None"]
"""Gives what is wrong, or None."""


def probe_test(rig_type: Any, probe: Callable[[Any], bool], name: str, certificates: Certificates, folder: Path) -> Test:
    """The test of one defect. A probe that saw the defect on the conformant program gets another try: the machine may be busy."""
    def seen(*defects: str) -> bool:
        rig = rig_type(certificates, folder, *defects)
        try:
            return probe(rig)
        finally:
            rig.close()

    def test() -> str | None:
        if not any(not seen() for _ in range(TRIES_MAX)):
            return "the probe sees a defect in the conformant program"
        return None if seen(name) else "the defect does not show"
    return test


def fact_test(rig_type: Any, fact: Callable[[Any], bool], certificates: Certificates, folder: Path) -> Test:
    """The test of one fact about the conformant program."""
    def test() -> str | None:
        rig = rig_type(certificates, folder)
        try:
            return None if fact(rig) else "the fact does not hold"
        finally:
            rig.close()
    return test


def catalogue_test(program: str, probes: dict[str, Any]) -> Test:
    """The catalogue and the probes name the same defects."""
    def test() -> str | None:
        odd = set(catalogue(program)) ^ set(probes)
        return f"not in both: {sorted(odd)}" if odd else None
    return test


def together_test(certificates: Certificates, folder: Path) -> Test:
    """Both programs as they are started by hand: the client delivers to the endpoint, which restarts in between."""
    def test() -> str | None:
        pair = ["--client-id", CREDENTIALS[0], "--client-secret", CREDENTIALS[1], "--ca", certificates.path("root"), "--quiet"]
        force = start("force_endpoint.py", *pair, "--cert", certificates.path("server"), "--key", certificates.key("server"),
                      "--store", str(folder / "together-store"))
        port, force_control = ready(force)
        client = start("ihub_client.py", *pair, "--cert", certificates.path("client"), "--key", certificates.key("client"),
                       "--target", f"https://localhost:{port}", "--eml-dir", str(folder / "together-eml"), "--time-scale", "0.001")
        (client_control,) = ready(client)
        try:
            return deliver_across_outage(force_control, client_control)
        finally:
            control(client_control, "stop")
            client.wait(10)
            force.terminate()
            force.wait(10)
    return test


def deliver_across_outage(force_control: int, client_control: int) -> str | None:
    """Every kind of submission gets through, one of them over a store outage and a restart."""
    actions = ("submit-ocr", "submit-complaint", "submit-skeleton", "submit-welsh", "submit-two-middle-names",
               "submit-next-of-kin", "submit-age-range", "submit-media")
    control(force_control, "store-down")
    ids = [control(client_control, actions[0])["submissionId"]]
    until(lambda: control(client_control, "state", submissionId=ids[0])["attempts"] >= 2)
    control(force_control, "store-up")
    control(force_control, "restart")
    ids += [control(client_control, action)["submissionId"] for action in actions[1:]]
    if not until(lambda: all(control(client_control, "state", submissionId=name)["state"] == "delivered" for name in ids), 15):
        return "not everything was delivered: " + str([control(client_control, "state", submissionId=name) for name in ids])
    listed = control(force_control, "list")["submissions"]
    if sorted(entry["submissionId"] for entry in listed) != sorted(ids):
        return "the store does not hold each submission once"
    flags = [flag for entry in listed for flag in entry["flags"]]
    return f"the endpoint flagged {flags}" if flags else None


def start(program: str, *arguments: str) -> "subprocess.Popen[str]":
    """Starts a peer as its own process."""
    return subprocess.Popen([sys.executable, str(HERE / program), *arguments], stdout=subprocess.PIPE, text=True)


def ready(process: "subprocess.Popen[str]") -> list[int]:
    """Reads the `ready` line."""
    assert process.stdout is not None
    word, *ports = process.stdout.readline().split()
    if word != "ready":
        raise RuntimeError(f"the peer said {word}")
    return [int(port) for port in ports]


def all_tests(certificates: Certificates, folder: Path) -> dict[str, Test]:
    """Every test by name."""
    tests: dict[str, Test] = {"together": together_test(certificates, folder)}
    for program, module, rig in (("force_endpoint", selftest_force, selftest_force.ForceRig),
                                 ("ihub_client", selftest_client, selftest_client.ClientRig),
                                 ("irc_supplier", selftest_supplier, selftest_supplier.SupplierRig)):
        tests[f"{program}: catalogue"] = catalogue_test(program, module.PROBES)
        for name, fact in module.FACTS.items():
            tests[f"{program}: {name}"] = fact_test(rig, fact, certificates, folder)
        for name, probe in module.PROBES.items():
            tests[f"{program}: defect {name}"] = probe_test(rig, probe, name, certificates, folder)
    return tests


def run(test: Test) -> str | None:
    """Runs one test; an exception is a failure."""
    try:
        return test()
    except Exception:  # the other tests must still run
        return traceback.format_exc()


def main() -> int:
    """Runs the tests whose names contain the words given, or all."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="peers-") as name:
        folder = Path(name)
        certificates = Certificates(folder)
        tests = {name: test for name, test in all_tests(certificates, folder).items()
                 if not sys.argv[1:] or any(word in name for word in sys.argv[1:])}
        results: dict[str, str | None] = {}
        for timed in (False, True):  # what measures gaps runs when the machine is quiet
            part = {name: test for name, test in tests.items() if name.endswith("-gaps") == timed}
            with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
                results.update(zip(part, pool.map(run, part.values())))
    failures = {name: wrong for name, wrong in results.items() if wrong is not None}
    for name, wrong in failures.items():
        print(f"FAILED {name}: {wrong}")
    print(f"{len(results) - len(failures)} passed, {len(failures)} failed in {time.monotonic() - started:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
