#!/usr/bin/env python3
"""Lists the crates that the binary is built from, with their licences, and fails where one may not be shipped.

    .ci/licences.py check          every licence is one that deny.toml allows, and no crate of its deny list is built in
    .ci/licences.py list           the list with the licence texts, for a release

Only normal dependencies count: what tests and build scripts use is not shipped. Python 3.11, standard library.
"""

import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = "x86_64-unknown-linux-gnu"
TEXT_NAMES = re.compile(r"^(licen[cs]e|copying|notice|copyright)", re.IGNORECASE)


def cargo(*words):
    return subprocess.run(["cargo", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def shipped():
    """The packages that the root package's binary links, the workspace's own left out."""
    # `cargo metadata` also lists what a feature that is off would bring; `cargo tree` tells what is built.
    tree = cargo("tree", "--locked", "--package", "counterpart", "--edges", "normal", "--target", TARGET, "--prefix", "none",
                 "--format", "{p}")
    built = {tuple(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    packages = json.loads(cargo("metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET))["packages"]
    found = (one for one in packages if one["source"] is not None and (one["name"], f"v{one['version']}") in built)
    return sorted(found, key=lambda package: (package["name"], package["version"]))


def tokens(expression):
    """Splits an SPDX expression; the older `A/B` means `A OR B`."""
    return re.findall(r"\(|\)|[^\s()]+(?:\s+WITH\s+[^\s()]+)?", expression.replace("/", " OR "))


def is_allowed(expression, allowed):
    """Evaluates an SPDX expression: true where a choice exists whose every licence is allowed."""
    parts = tokens(expression)

    def alternatives():
        value = conjunction()
        while parts and parts[0] == "OR":
            parts.pop(0)
            right = conjunction()
            value = value or right
        return value

    def conjunction():
        value = single()
        while parts and parts[0] == "AND":
            parts.pop(0)
            right = single()
            value = value and right
        return value

    def single():
        part = parts.pop(0)
        if part == "(":
            value = alternatives()
            parts.pop(0)
            return value
        return re.sub(r"\s+", " ", part) in allowed

    return alternatives()


def texts(package):
    folder = pathlib.Path(package["manifest_path"]).parent
    for path in sorted(folder.iterdir()):
        if path.is_file() and TEXT_NAMES.match(path.name):
            yield path.name, path.read_text(encoding="utf-8", errors="replace")


def check(packages):
    rules = tomllib.loads((ROOT / "deny.toml").read_text())
    allowed = set(rules["licenses"]["allow"])
    # A crate with wrappers may be built in where only they ask for it; here it may not be built in at all.
    denied = {rule["crate"] for rule in rules["bans"]["deny"]}
    faults = []
    for package in packages:
        name = f"{package['name']} {package['version']}"
        if package["name"] in denied:
            faults.append(f"{name}: deny.toml bans it")
        if not package["license"]:
            faults.append(f"{name}: names no licence")
        elif not is_allowed(package["license"], allowed):
            faults.append(f"{name}: `{package['license']}` is not allowed by deny.toml")
        if not package["source"].startswith("registry+"):
            faults.append(f"{name}: comes from {package['source']}, not from a registry")
    for fault in faults:
        print(fault)
    print(f"{len(packages)} crates are linked into the binary, {len(faults)} with a fault")
    return 1 if faults else 0


def print_list(packages):
    print("Counterpart is under the Apache License 2.0; see LICENSE. It is built from these crates:\n")
    for package in packages:
        print(f"{package['name']} {package['version']}: {package['license']}")
    written = {}
    for package in packages:
        for name, text in texts(package):
            written.setdefault(text.strip(), []).append(f"{package['name']} {package['version']} ({name})")
    for text, owners in written.items():
        print("\n" + "=" * 100)
        print("\n".join(owners))
        print("-" * 100)
        print(text)
    return 0


def main():
    commands = {"check": check, "list": print_list}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    return commands[sys.argv[1]](shipped())


if __name__ == "__main__":
    sys.exit(main())
