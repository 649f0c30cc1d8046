"""What a force checks in a request document before it stores it: sections 5 and 6 of the description.

Refused: what cannot be a submission for this force (not JSON, not the document's shape, a broken format, another
force's number). Flagged and stored: what is merely unknown or odd, because a refusal is costly (end of section 4.2).
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from dataclasses import dataclass, field
from typing import Any, Iterator

from force_formats import OTHER_ATTRIBUTES, RULES, Rule, boolean, date, digits, is_date, number, uuid_shaped
from peer_common import Defects, Json

REFERENCE_SHAPE = re.compile(r"[A-Z]{3}-\d+-\d{2}-\d{4}-[0-9A-Z]{3}")
INLINE_FILE_BYTES_MAX = 20 * 1024 * 1024
ATTACHMENTS_MAX = 20
PROBLEMS_MAX = 20
KNOWN_CV = frozenset({"GNDR_0001", "GNDR_0003", "IVLD_0004", "CPNC_0002", "EGRP_0006", "ESDD_W1", "BWST_0005"})
CONTACT_KEYS = frozenset({"submission", "incidentLocation", "currentAddress", "personalEmail", "personalTelephone",
                          "attachments", "destinationEmailAddresses", "offence", "stolenProperty", "usedVehicle"})


@dataclass(frozen=True)
class Problem:
    """One reason for a refusal; `code` is a row of the catalogue in section 4.2."""

    code: str
    detail: str
    pointer: str | None = None
    header: str | None = None


class CaughtFault(Exception):
    """A fault in the code that ends in a proper error document with status 500. Only defects raise it."""


class BareFault(Exception):
    """A fault in the code that ends in a bare 500. Only a defect raises it."""


@dataclass
class Report:
    """What the checks found, and what the document says about itself."""

    problems: list[Problem] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    document: Json = field(default_factory=dict)
    submission_id: str = ""
    resource_id: str = ""

    def refuse(self, code: str, detail: str, pointer: str | None = None) -> None:
        """Notes a reason for a refusal, up to a bound."""
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(code, detail, pointer))


# --- reading JSON --------------------------------------------------------------------------------------------------

def _no_duplicates(pairs: list[tuple[str, Any]]) -> Json:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member name occurs twice in one object")
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def parse(body: bytes) -> Any:
    """Reads strict JSON (D11); raises ValueError with a reason that quotes nothing from the body."""
    if not body.strip():
        raise ValueError("the body is empty")
    if body.startswith(b"\xef\xbb\xbf"):
        raise ValueError("the body starts with a byte-order mark")
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except UnicodeDecodeError as fault:
        raise ValueError(f"the body is not UTF-8 at byte {fault.start}") from fault
    except json.JSONDecodeError as fault:
        raise ValueError(f"the body is not JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}") from fault
    except RecursionError as fault:
        raise ValueError("the body is nested too deeply") from fault


# --- the document --------------------------------------------------------------------------------------------------

Resource = tuple[str, Json]
"""A resource with the JSON Pointer that leads to it."""


def resources(document: Json) -> Iterator[Resource]:
    """Gives the primary resource and the included ones."""
    if isinstance(document.get("data"), dict):
        yield "/data", document["data"]
    included = document.get("included", [])
    for index, resource in enumerate(included if isinstance(included, list) else []):
        if isinstance(resource, dict):
            yield f"/included/{index}", resource


def linkages(resource: Json) -> Iterator[tuple[str, Json]]:
    """Gives each role of a resource with one linkage object."""
    relationships = resource.get("relationships")
    for role, value in (relationships.items() if isinstance(relationships, dict) else ()):
        targets = value.get("data") if isinstance(value, dict) else None
        for target in targets if isinstance(targets, list) else []:
            if isinstance(target, dict):
                yield role, target


def relationships(document: Json) -> list[Json]:
    """Lists every relationship of the document, one entry for each role and pair (F27)."""
    return [{"role": role, "from": resource.get("id"), "to": target.get("id")}
            for _, resource in resources(document) for role, target in linkages(resource)]


def submission_of(document: Json) -> Resource | None:
    """Finds the submission: the one that the incident links, else the first one."""
    found = [entry for entry in resources(document) if entry[1].get("type") == "submission"]
    linked = {target.get("id") for role, target in linkages(document.get("data") or {}) if role == "submission"}
    return next((entry for entry in found if entry[1].get("id") in linked), found[0] if found else None)


def media_links(document: Json) -> list[str]:
    """Lists the addresses of the citizen's media."""
    found = (resource.get("attributes") for _, resource in resources(document) if resource.get("type") == "attachment")
    return [attributes["url"] for attributes in found
            if isinstance(attributes, dict) and isinstance(attributes.get("url"), str)]


class DocumentChecker:
    """Checks documents for one force and brand."""

    def __init__(self, force: str, brand: str, defects: Defects) -> None:
        self._force = force
        self._brand = brand
        self._defects = defects

    def check(self, body: bytes) -> Report:
        """Checks one request body; the report's `problems` are empty when it may be stored."""
        report = Report()
        try:
            document = parse(body)
        except ValueError as reason:
            report.refuse("MALFORMED_JSON", f"{reason}.".capitalize())
            return report
        if not isinstance(document, dict):
            report.refuse("INVALID_DOCUMENT", "The document must be a JSON object.", "")
            return report
        report.document = document
        self._check_shape(document, report)
        if not report.problems:
            self._check_content(document, report)
            self._check_routing(document, report)
        return report

    # Shape: D1, D3, D5, D6.

    def _check_shape(self, document: Json, report: Report) -> None:
        if "data" not in document and self._defects.has("missing-data-accepted"):
            report.flags.append("no data member")
        elif not isinstance(document.get("data"), dict):
            report.refuse("INVALID_DOCUMENT", "The member data must be present and an object.", "/data")
        included = document.get("included", [])
        if not isinstance(included, list):
            report.refuse("INVALID_DOCUMENT", "The member included must be an array.", "/included")
            return
        for index, resource in enumerate(included):
            if not isinstance(resource, dict):
                report.refuse("INVALID_DOCUMENT", "A resource must be an object.", f"/included/{index}")
        for pointer, resource in resources(document):
            self._check_resource_shape(pointer, resource, report)
        self._check_unique(document, report)

    def _check_resource_shape(self, pointer: str, resource: Json, report: Report) -> None:
        for member in ("id", "type"):
            if not isinstance(resource.get(member), str) or not resource[member]:
                report.refuse("INVALID_DOCUMENT", f"The member {member} must be a string that is not empty.",
                              f"{pointer}/{member}")
        if not isinstance(resource.get("attributes", {}), dict):
            report.refuse("INVALID_DOCUMENT", "The member attributes must be an object.", f"{pointer}/attributes")
        relationships = resource.get("relationships", {})
        if not isinstance(relationships, dict):
            report.refuse("INVALID_DOCUMENT", "The member relationships must be an object.", f"{pointer}/relationships")
            return
        for role, value in relationships.items():
            if not self._is_linkage(value):
                report.refuse("INVALID_DOCUMENT",
                              f"The relationship {role[:64]} must hold data, an array of objects with id and type.",
                              f"{pointer}/relationships/{escaped(role)}")

    @staticmethod
    def _is_linkage(value: Any) -> bool:
        if not isinstance(value, dict):
            return False
        targets = value.get("data", [])
        return isinstance(targets, list) and all(
            isinstance(target, dict) and isinstance(target.get("id"), str) and isinstance(target.get("type"), str)
            for target in targets)

    @staticmethod
    def _check_unique(document: Json, report: Report) -> None:
        seen: set[tuple[str, str]] = set()
        for pointer, resource in resources(document):
            key = (str(resource.get("type")), str(resource.get("id")))
            if key in seen:
                report.refuse("INVALID_DOCUMENT", "This pair of type and id occurs more than once.", pointer)
            seen.add(key)

    # Content: D2, D4, D7, the data formats and section 6.

    def _check_content(self, document: Json, report: Report) -> None:
        data = document.get("data", {})
        if data and data["type"] != "incident" and not self._defects.has("wrong-type-accepted"):
            report.refuse("SCHEMA_VIOLATION", "The type of data must be incident.", "/data/type")
        report.resource_id = data.get("id", "")
        wrong = uuid_shaped(report.resource_id) if data else None
        if wrong:
            report.refuse("SCHEMA_VIOLATION", f"The id of data {wrong}.", "/data/id")
        self._check_ids(document, report)
        for pointer, resource in resources(document):
            self._check_attributes(pointer, resource, report)
            if resource["type"] == "attachment":
                self._check_attachment(pointer, resource.get("attributes", {}), report)
        self._check_links(document, report)
        if sum(resource["type"] == "attachment" for _, resource in resources(document)) > ATTACHMENTS_MAX:
            report.flags.append(f"more than {ATTACHMENTS_MAX} attachments")

    def _check_ids(self, document: Json, report: Report) -> None:
        if not self._defects.has("uuid-v4-only"):
            return
        for pointer, resource in resources(document):
            if resource["id"][14:15] != "4":
                report.refuse("SCHEMA_VIOLATION", "The id must be a version 4 UUID.", f"{pointer}/id")

    def _check_attributes(self, pointer: str, resource: Json, report: Report) -> None:
        kind = resource["type"]
        if kind not in OTHER_ATTRIBUTES:
            report.flags.append(f"unknown type at {pointer}")
            if self._defects.has("unknown-types-refused"):
                report.refuse("SCHEMA_VIOLATION", "The type is not known.", f"{pointer}/type")
            return
        attributes = resource.get("attributes", {})
        if kind == "incident" and "incidentDescription" not in attributes:
            report.refuse("SCHEMA_VIOLATION", "incidentDescription is required.", f"{pointer}/attributes/incidentDescription")
        for name, value in attributes.items():
            place = f"{pointer}/attributes/{escaped(name)}"
            if value is None:
                report.flags.append(f"null at {place}")
            elif name in RULES.get(kind, {}):
                self._check_value(name, value, RULES[kind][name], place, report)
            elif name not in OTHER_ATTRIBUTES[kind]:
                report.flags.append(f"unknown attribute at {place}")
                if self._defects.has("unknown-attributes-refused"):
                    report.refuse("SCHEMA_VIOLATION", "The attribute is not known.", place)
        if kind == "incident":
            self._check_start(pointer, attributes, report)
        if kind == "person":
            self._check_age_range(pointer, attributes, report)
        if kind == "submission":
            self._flag_oddities(pointer, attributes, report)

    def _check_value(self, name: str, value: Any, rule: Rule, place: str, report: Report) -> None:
        wrong = rule(value)
        if rule is boolean and isinstance(value, str) and self._defects.has("string-booleans-refused"):
            wrong = "must be a JSON boolean"
        if rule is digits and isinstance(value, int) and self._defects.has("number-force-refused"):
            wrong = "must be a string of digits"
        if rule.__name__ == "cv":
            if wrong and self._defects.has("label-500"):
                raise CaughtFault("KeyError in the constrained value table")
            if not wrong and value not in KNOWN_CV:
                report.flags.append(f"unlisted constrained value at {place}")
                if self._defects.has("unknown-cv-refused"):
                    report.refuse("UNKNOWN_CONSTRAINED_VALUE", f"The identifier in {name} is not in the list.", place)
        if wrong:
            code = "UNKNOWN_CONSTRAINED_VALUE" if rule.__name__ == "cv" else "SCHEMA_VIOLATION"
            report.refuse(code, f"{name} {wrong}.", place)

    def _check_start(self, pointer: str, attributes: Json, report: Report) -> None:
        start = attributes.get("incidentStartDateTime")
        if start is None:
            return
        place = f"{pointer}/attributes/incidentStartDateTime"
        if not isinstance(start, dict):
            report.refuse("SCHEMA_VIOLATION", "incidentStartDateTime must be an object with dateFrom and dateTo.", place)
            return
        for name in ("dateFrom", "dateTo"):
            if name in start and not is_date(start[name]):
                if self._defects.has("bad-date-500"):
                    raise BareFault("could not convert the date")
                report.refuse("SCHEMA_VIOLATION", f"{name} {date(start[name])}.", f"{place}/{name}")
        if is_date(start.get("dateFrom")) and is_date(start.get("dateTo")) and start["dateTo"] < start["dateFrom"]:
            report.refuse("SCHEMA_VIOLATION", "dateTo must not be before dateFrom.", f"{place}/dateTo")

    @staticmethod
    def _check_age_range(pointer: str, attributes: Json, report: Report) -> None:
        ages = [attributes.get("approximateAgeFrom"), attributes.get("approximateAgeTo")]
        if all(number(0, 200)(age) is None for age in ages) and ages[0] > ages[1]:
            report.refuse("SCHEMA_VIOLATION", "approximateAgeTo must not be less than approximateAgeFrom.",
                          f"{pointer}/attributes/approximateAgeTo")

    @staticmethod
    def _flag_oddities(pointer: str, attributes: Json, report: Report) -> None:
        reference = attributes.get("customerReferenceNumber")
        if isinstance(reference, str) and not REFERENCE_SHAPE.fullmatch(reference):
            report.flags.append(f"unusual reference at {pointer}/attributes/customerReferenceNumber")
        try:
            ipaddress.ip_address(str(attributes.get("ipAddress", "127.0.0.1")))
        except ValueError:
            report.flags.append(f"no IP address at {pointer}/attributes/ipAddress")

    def _check_attachment(self, pointer: str, attributes: Json, report: Report) -> None:
        place = f"{pointer}/attributes"
        if ("content" in attributes) == ("url" in attributes):
            report.refuse("SCHEMA_VIOLATION", "An attachment has exactly one of content and url.", place)
            return
        if "url" in attributes:
            if not str(attributes["url"]).startswith("https://"):
                report.flags.append(f"no https address at {place}/url")
            return
        try:
            content = base64.b64decode(attributes["content"], validate=True)
        except (TypeError, ValueError, binascii.Error):
            if self._defects.has("broken-base64-500"):
                raise CaughtFault("incorrect padding") from None
            report.refuse("SCHEMA_VIOLATION", "The content of this attachment is not base64.", f"{place}/content")
            return
        if len(content) > INLINE_FILE_BYTES_MAX:
            report.refuse("SCHEMA_VIOLATION", f"An inline file may have {INLINE_FILE_BYTES_MAX} bytes at most.", f"{place}/content")
        if attributes.get("sizeBytes", len(content)) != len(content):
            report.flags.append(f"sizeBytes differs from the content at {place}")
        if attributes.get("mediaType") == "application/pdf" and not content.startswith(b"%PDF-"):
            report.flags.append(f"no PDF at {place}/content")

    def _check_links(self, document: Json, report: Report) -> None:
        present = {(resource["type"], resource["id"]) for _, resource in resources(document)}
        persons: dict[tuple[str, str], set[str]] = {}
        for pointer, resource in resources(document):
            for role, target in linkages(resource):
                if (target["type"], target["id"]) not in present:
                    report.flags.append(f"unresolved link at {pointer}/relationships/{escaped(role)}")
                    if self._defects.has("unresolved-link-500"):
                        raise CaughtFault("the linked entity is None")
                if role not in CONTACT_KEYS:
                    person = resource["id"] if resource["type"] == "person" else target["id"]
                    persons.setdefault(("person", person), set()).add(role)
        if self._defects.has("two-roles-refused") and any(len(held) > 1 for held in persons.values()):
            report.refuse("SCHEMA_VIOLATION", "A person may have one role only.", "/included")

    # Routing: F35.

    def _check_routing(self, document: Json, report: Report) -> None:
        found = submission_of(document)
        if found is None:
            report.refuse("SCHEMA_VIOLATION", "The document must include a submission.", "/included")
            return
        place, attributes = f"{found[0]}/attributes", found[1].get("attributes", {})
        report.submission_id = str(attributes.get("submissionId") or "").lower()
        for name in ("submissionId", "forceIdentifier"):
            if attributes.get(name) is None:
                report.refuse("SCHEMA_VIOLATION", f"{name} is required.", f"{place}/{name}")
        if report.problems or self._defects.has("wrong-force-accepted"):
            return
        if str(attributes["forceIdentifier"]) != self._force:
            report.refuse("WRONG_FORCE", "The forceIdentifier is not one that is served here.", f"{place}/forceIdentifier")
        elif str(attributes.get("brand", self._brand)) != self._brand:
            report.refuse("WRONG_FORCE", "The brand is not one that is served here.", f"{place}/brand")


def escaped(name: str) -> str:
    """Writes a member name as a JSON Pointer token (RFC 6901 section 3)."""
    return name.replace("~", "~0").replace("/", "~1")
