"""The email route: a message written as an `.eml` file, never sent (section 8.4)."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import os
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from peer_common import Defects, Json

SENDER = "no-reply@hub.example.org"
SDM_FILE = "sdm.json"


class Mailbox:
    """A folder of messages."""

    def __init__(self, folder: Path, defects: Defects) -> None:
        self._folder = folder
        self._defects = defects
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, submission_id: str, body: bytes, recipient: str, suffix: str = "") -> str:
        """Writes the message of one submission and gives the file's path."""
        path = self._folder / f"{submission_id}{suffix}.eml"
        fresh = path.with_suffix(".tmp")
        with fresh.open("wb") as file:
            file.write(self._message(body, recipient).as_bytes())
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
        return str(path)

    def _message(self, body: bytes, recipient: str) -> EmailMessage:
        document = json.loads(body.decode("utf-8", "replace"))
        attributes = _attributes_of(document, "submission")[0]
        addresses = self._destinations(document) or [recipient]
        message = EmailMessage(policy=email.policy.SMTP)
        message["From"] = SENDER
        message["To"] = ", ".join(addresses)
        message["Subject"] = f"Digital report {attributes['customerReferenceNumber']}"
        message["X-Submission-ID"] = attributes["submissionId"]
        attachments = _attributes_of(document, "attachment")
        links = "".join(f"{item['fileName']}: {item['url']}\n" for item in attachments if "url" in item)
        message.set_content(attributes["submissionContent"] + (f"\nMedia:\n{links}" if links else ""))
        if not self._defects.has("email-without-sdm"):
            message.add_attachment(body, maintype="application", subtype="json", filename=SDM_FILE)
        for item in attachments:
            if "content" in item:
                self._attach(message, item)
        return message

    @staticmethod
    def _attach(message: EmailMessage, item: Json) -> None:
        maintype, _, subtype = item["mediaType"].partition("/")
        try:
            content = base64.b64decode(item["content"])
        except ValueError:
            return
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=item["fileName"])

    @staticmethod
    def _destinations(document: Json) -> list[str]:
        entities = [document["data"], *document["included"]]
        wanted: set[str] = set()
        for entity in entities:
            targets = entity.get("relationships", {}).get("destinationEmailAddresses", {}).get("data", [])
            wanted |= {target["id"] for target in ([targets] if isinstance(targets, dict) else targets)}
        return [entity["attributes"]["emailAddress"] for entity in entities if entity["id"] in wanted]

    def listing(self) -> list[Json]:
        """Lists the messages by reading them back."""
        return [self._listed(path) for path in sorted(self._folder.glob("*.eml"))]

    @staticmethod
    def _listed(path: Path) -> Json:
        message: Any = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        names = [part.get_filename() for part in message.iter_attachments()]
        return {"submissionId": message["X-Submission-ID"], "file": str(path), "subject": message["Subject"],
                "to": message["To"], "attachments": names, "hasSdm": SDM_FILE in names}


def _attributes_of(document: Json, kind: str) -> list[Json]:
    return [entity["attributes"] for entity in document["included"] if entity["type"] == kind]
