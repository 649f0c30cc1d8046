"""The force's answers: the 201 of section 4.1, the error documents of section 4.2, and the ways a defect spoils them."""

from __future__ import annotations

import itertools
import json
import uuid
from dataclasses import dataclass, field
from typing import Mapping

from force_document import Problem
from force_store import Record
from peer_common import Defects, Json

JSON_API = "application/vnd.api+json"
BUSINESS, SYSTEM = "business", "system"

CATALOGUE: dict[str, tuple[int, str, str]] = {
    "MALFORMED_JSON": (400, BUSINESS, "The body is not JSON"),
    "INVALID_DOCUMENT": (400, BUSINESS, "The body is not a document of the expected shape"),
    "BAD_REQUEST": (400, BUSINESS, "The request is not valid HTTP"),
    "AUTH_FAILED": (401, BUSINESS, "The caller could not be identified"),
    "CERT_NOT_ALLOWED": (403, BUSINESS, "The certificate is not allowed here"),
    "NO_SUCH_PATH": (404, BUSINESS, "There is nothing at this path"),
    "METHOD_NOT_ALLOWED": (405, BUSINESS, "The method is not allowed here"),
    "REQUEST_TIMEOUT": (408, BUSINESS, "The request did not arrive in time"),
    "DUPLICATE_CONFLICT": (409, BUSINESS, "The submission is held with other content"),
    "PAYLOAD_TOO_LARGE": (413, BUSINESS, "The body is too large"),
    "UNSUPPORTED_MEDIA_TYPE": (415, BUSINESS, "The media type is not JSON"),
    "SCHEMA_VIOLATION": (422, BUSINESS, "A field breaks the data model"),
    "UNKNOWN_CONSTRAINED_VALUE": (422, BUSINESS, "A constrained value is not an identifier of its list"),
    "WRONG_FORCE": (422, BUSINESS, "The submission is for another force"),
    "INTERNAL_ERROR": (500, SYSTEM, "An unexpected fault"),
    "UPSTREAM_FAILED": (502, SYSTEM, "A system behind this one failed"),
    "STORE_UNAVAILABLE": (503, SYSTEM, "The submission could not be stored"),
}
HTML_PAGE = b"<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>\n"


@dataclass
class Request:
    """One HTTP request, read whole."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    peer_name: str = ""

    def header(self, name: str) -> str:
        """Gives a header's value, or an empty string; names compare without case."""
        return self.headers.get(name) or ""


@dataclass
class Answer:
    """One HTTP response; `dropped` means that the connection is closed instead."""

    status: int = 0
    body: bytes = b""
    media_type: str = JSON_API
    headers: dict[str, str] = field(default_factory=dict)
    dropped: bool = False


class AnswerWriter:
    """Writes the answers of one endpoint."""

    def __init__(self, defects: Defects) -> None:
        self._defects = defects
        self._occurrence = itertools.count(1)

    # Success.

    def created(self, record: Record) -> Answer:
        """Answers that a submission is stored; a repeat gets the same content."""
        document: Json = {"data": {
            "type": "incident", "id": record.resource_id,
            "attributes": {"forceReference": record.reference, "receivedAt": record.received_at},
        }}
        answer = Answer(201, encode(document), headers={"Location": f"/incidents/{record.resource_id}"})
        return self._spoil_success(answer, document)

    def _spoil_success(self, answer: Answer, document: Json) -> Answer:
        has = self._defects.has
        for defect, status in (("success-200", 200), ("success-202", 202), ("success-204", 204)):
            if has(defect):
                answer.status = status
        if has("success-empty-body") or has("success-204"):
            answer.body = b""
        if has("success-errors-member"):
            answer.body = encode({**document, "errors": []})
        if has("success-html"):
            answer.body, answer.media_type = b"<html><body>Thank you</body></html>", "text/html"
        if has("success-array"):
            answer.body = encode([document["data"]])
        if has("success-without-id"):
            del document["data"]["id"]
            answer.body = encode(document)
        return self._spoil_media_type(answer)

    # Failure.

    def refused(self, problems: list[Problem], request: Request | None = None) -> Answer:
        """Answers with an error document; all problems of one answer share a status."""
        status = CATALOGUE[problems[0].code][0]
        document: Json = {"errors": [self._error(problem, status) for problem in problems]}
        answer = Answer(status, encode(document))
        if status == 405:
            answer.headers["Allow"] = "POST"
        return self._spoil_failure(answer, document, problems, request)

    @staticmethod
    def _error(problem: Problem, status: int) -> Json:
        _, error_class, title = CATALOGUE[problem.code]
        error: Json = {"id": str(uuid.uuid4()), "status": str(status), "code": problem.code, "title": title,
                       "detail": problem.detail, "meta": {"errorClass": error_class}}
        if problem.pointer is not None:
            error["source"] = {"pointer": problem.pointer}
        elif problem.header is not None:
            error["source"] = {"header": problem.header}
        return error

    def bare_fault(self) -> Answer:
        """Answers after a fault in the code, as a framework does that nobody configured."""
        return Answer(500, b"Internal Server Error", "text/plain")

    def _spoil_failure(self, answer: Answer, document: Json, problems: list[Problem], request: Request | None) -> Answer:
        code = problems[0].code
        self._spoil_status(answer, document, code)
        self._spoil_members(document, request)
        answer.body = encode(document)
        self._spoil_form(answer, document, code)
        return self._spoil_media_type(answer)

    def _spoil_status(self, answer: Answer, document: Json, code: str) -> None:
        has = self._defects.has
        if has("class-undecidable"):
            answer.status = 500
            for error in document["errors"]:
                error.pop("code")
                error.pop("meta")
        if has("class-wrong"):
            for error in document["errors"]:
                error["meta"]["errorClass"] = BUSINESS if error["meta"]["errorClass"] == SYSTEM else SYSTEM
        if has("errors-with-200"):
            answer.status = 200
        if has("store-down-400") and code == "STORE_UNAVAILABLE":
            answer.status = 400
            document["errors"][0]["meta"]["errorClass"] = BUSINESS
        if has("truncated-json-500") and code == "MALFORMED_JSON":
            answer.status = 500
            document["errors"][0]["meta"]["errorClass"] = SYSTEM
        for error in document["errors"]:
            error["status"] = str(answer.status)
        if has("errors-status-differs"):
            for error in document["errors"]:
                error["status"] = "400" if answer.status != 400 else "422"
        if has("errors-numeric-status"):
            for error in document["errors"]:
                error["status"] = answer.status

    def _spoil_members(self, document: Json, request: Request | None) -> None:
        has = self._defects.has
        for error in document["errors"]:
            if has("errors-generic"):
                error.update(code="ERROR", title="Error", detail="The request could not be processed.")
                error.pop("source", None)
            if has("errors-empty-detail"):
                error.update(title="", detail="")
            if has("errors-stack-trace"):
                error["detail"] += (' Traceback (most recent call last): File "/srv/app/intake.py", line 211, in accept'
                                    "    self.repository.save(entity) ValueError: invalid entity")
            if has("errors-varying-title"):
                occurrence = next(self._occurrence)
                error.update(code=f"E{occurrence:05}", title=f"{error['title']} (occurrence {occurrence})")
            if has("errors-echo-secret") and request is not None:
                error["detail"] += f" Headers: client_secret={request.header('client_secret')}."
            if has("errors-personal-data") and request is not None:
                error["detail"] += f" Person: {person_in(request.body)}."
        if has("errors-with-data"):
            document["data"] = None if request is None else {"type": "incident", "id": "0"}

    def _spoil_form(self, answer: Answer, document: Json, code: str) -> None:
        has = self._defects.has
        if has("errors-empty-array"):
            answer.body = encode({"errors": []})
        if has("errors-absent"):
            answer.body = encode({"message": document["errors"][0]["detail"], "status": answer.status})
        if has("errors-html") or (has("path-html") and code in ("NO_SUCH_PATH", "METHOD_NOT_ALLOWED")):
            answer.body, answer.media_type = HTML_PAGE, "text/html"
        if has("errors-no-body") or (has("auth-401-bare") and code == "AUTH_FAILED"):
            answer.body = b""

    def _spoil_media_type(self, answer: Answer) -> Answer:
        if self._defects.has("answers-as-text"):
            answer.media_type = "text/plain"
        return answer


def encode(document: object) -> bytes:
    """Writes JSON as UTF-8."""
    return json.dumps(document, ensure_ascii=False).encode()


def person_in(body: bytes) -> str:
    """Finds a person's name in a request. Only a defect calls this."""
    try:
        included = json.loads(body).get("included", [])
        persons = [resource["attributes"] for resource in included if resource.get("type") == "person"]
        return " ".join([*persons[0].get("givenName", []), persons[0].get("surname", "")])
    except (ValueError, AttributeError, KeyError, IndexError, TypeError):
        return "unknown"
