"""The maker of submissions: web forms as a citizen fills them in, and their mapping to the data model (F25, F49).

Everything here is synthetic: example.org hosts, documentation IP addresses, drama telephone numbers, ZZ postcodes.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

from peer_common import Defects, Json

NOTICE = "Skeleton payload: the narrative is in submissionContent of the linked submission."
MEDIA_URL = "https://media.sim.example.org/items/{item}"
GENDERS = {"Female": "GNDR_0001", "Benyw": "GNDR_0001"}
CONTACTS = {"Email": "CPNC_0002", "E-bost": "CPNC_0002"}


@dataclass
class Media:
    """A file that the citizen attached; it stays on the media host."""

    name: str
    media_type: str
    size_bytes: int


@dataclass
class Form:
    """A filled-in form, in the words of the web page and not of the data model."""

    service: str
    force: str
    narrative: str
    brand: str = "1"
    language: str = "en"
    modelled: bool = True
    title: str = "Mx"
    first_name: str = "Robin"
    middle_names: tuple[str, ...] = ("Quill",)
    surname: str = "Fixture"
    gender: str = "Female"
    contact: str = "Email"
    next_of_kin: tuple[str, str] | None = None
    witness_age_range: str | None = None
    media: list[Media] = field(default_factory=list)


def crime_report(force: str, **changes: Any) -> Form:
    """A filled-in online crime report."""
    return Form("TV1", force, "Pedal cycle cut from a rack and loaded into a light van (synthetic).", **changes)


def welsh_crime_report(force: str) -> Form:
    """The same form, filled in on its Welsh page."""
    return Form("TV1", force, "Beic wedi'i ddwyn o rac ger yr orsaf; roedd tŷ cyfagos ar agor (synthetig).",
                language="cy", gender="Benyw", contact="E-bost", first_name="Siân", surname="Prawf")


def complaint(force: str) -> Form:
    """A filled-in complaint."""
    return Form("CP1", force, "Complaint about how a call was handled (synthetic).", first_name="Alex", surname="Stub",
                middle_names=())


def lost_dog_form(force: str) -> Form:
    """A form that is not modelled."""
    return Form("LD1", force, "A brown dog was found near the canal (synthetic).", modelled=False, middle_names=())


# --- attachments ---------------------------------------------------------------------------------------------------

def blank_pdf(title: str) -> bytes:
    """Makes a PDF of one page with a line of text."""
    page_text = f"BT /F1 12 Tf 20 60 Td ({title}) Tj ET".encode("ascii", "replace")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(page_text), page_text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for index, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj%s\nendobj\n" % (index, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


# --- the mapping ---------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Submission:
    """A submission ready for delivery: its numbers, its document and the parts that an email needs."""

    submission_id: str
    correlation_id: str
    reference: str
    force: str
    brand: str
    body: bytes
    full: bool


def linkage(*targets: Json) -> Json:
    """A relationship value: always an array, even for one target (D5)."""
    return {"data": [{"id": target["id"], "type": target["type"]} for target in targets]}


def resource(kind: str, attributes: Json) -> Json:
    """A resource with a fresh id."""
    return {"id": str(uuid.uuid4()), "type": kind, "attributes": attributes}


class Mapper:
    """Turns one form into a document."""

    def __init__(self, form: Form, mailbox: str, defects: Defects) -> None:
        self._form = form
        self._mailbox = mailbox
        self._defects = defects
        self._included: list[Json] = []
        self._now = dt.datetime.now(dt.timezone.utc)
        self._reference = f"ZZB-{random.randint(10, 99)}-{self._now:%y}-{random.randint(0, 9999):04}-{random.randint(0, 999):03}"
        self._submission_id = str(uuid.uuid4())

    def submission(self, skeleton: bool) -> Submission:
        """Makes the document, full or skeleton, and its envelope."""
        document = self._skeleton() if skeleton else self._full()
        self._spoil_document(document)
        charset = "latin-1" if self._defects.has("latin-1-body") else "utf-8"
        body = json.dumps(document, ensure_ascii=False).encode(charset, "replace")
        return Submission(self._submission_id, str(uuid.uuid4()), self._reference, self._form.force, self._form.brand,
                          body, not skeleton)

    # Documents.

    def _skeleton(self) -> Json:
        incident = resource("incident", {"incidentDescription": NOTICE})
        if self._defects.has("skeleton-extra-attribute"):
            incident["attributes"].update(incidentReportedAlready=False, hadWeapon=False)
        envelope = self._envelope()
        incident["relationships"] = {"submission": linkage(envelope)}
        if not self._defects.has("skeleton-without-email-entity"):
            mailbox = self._include("email", {"emailAddress": self._mailbox})
            envelope["relationships"]["destinationEmailAddresses"] = linkage(mailbox)
        return {"data": incident, "included": [envelope, *self._included]}

    def _full(self) -> Json:
        is_complaint = self._form.service == "CP1"
        incident = resource("incident", self._complaint_attributes() if is_complaint else self._crime_attributes())
        envelope = self._envelope()
        incident["relationships"] = {"submission": linkage(envelope)}
        reporter = self._reporter()
        envelope["relationships"]["personReporting"] = linkage(reporter)
        self._link_victim(envelope, reporter, incident)
        if is_complaint:
            reporter["relationships"]["complainant"] = linkage(incident)
            handler = self._include("person", {"personDescription": "Call handler, first name given as Jo (synthetic)."})
            handler["relationships"] = {"subjectOfComplaint": linkage(incident)}
        else:
            self._add_crime_entities(incident)
        return {"data": incident, "included": [envelope, *self._included]}

    def _link_victim(self, envelope: Json, reporter: Json, incident: Json) -> None:
        """The reporter is the victim too: a second relationship for the second role (F27)."""
        if self._defects.has("one-relationship-for-two-roles"):
            envelope["relationships"]["personReporting"]["data"][0]["meta"] = {"roles": ["personReporting", "victim"]}
            return
        reporter["relationships"]["victim"] = linkage(incident)

    def _crime_attributes(self) -> Json:
        day = self._now.date() - dt.timedelta(days=1)
        start = {"dateFrom": day.isoformat(), "dateTo": self._now.date().isoformat()}
        if self._defects.has("slashed-dates"):
            start = {"dateFrom": f"{day:%d/%m/%Y}", "dateTo": f"{self._now:%d/%m/%Y}"}
        return {
            "incidentDescription": self._form.narrative, "incidentInvolvement": "IVLD_0004",
            "howInvolvedInCrime": "IVLD_0004", "incidentAnyWitnesses": True, "incidentStartDateTime": start,
            "incidentEndDateTime": "07:45:00", "incidentExactTimeKnown": False, "incidentOnPublicTransport": False,
            "incidentReportedAlready": True, "incidentReportedAlreadyReference": "TEST/0042/31", "hadWeapon": False,
            "physicallyAssaulted": False, "subjectedToHateCrime": False, "subjectedToThreatAbuseOrAssault": False,
            "targetedByOffender": False, "beforeWebsite": "BWST_0005",
        }

    def _complaint_attributes(self) -> Json:
        day = (self._now.date() - dt.timedelta(days=2)).isoformat()
        return {
            "incidentDescription": self._form.narrative, "incidentStartDateTime": {"dateFrom": day, "dateTo": day},
            "incidentExactTimeKnown": True, "incidentEndDateTime": "14:20:00", "incidentReportedAlready": False,
            "complaintOutcomeWanted": "An explanation and an apology.",
        }

    # Entities.

    def _include(self, kind: str, attributes: Json) -> Json:
        entity = resource(kind, attributes)
        self._included.append(entity)
        return entity

    def _envelope(self) -> Json:
        form = self._form
        envelope = resource("submission", {
            "externalReferenceId": "SingleOnlineHome", "forceIdentifier": form.force, "brand": form.brand,
            "category": "COMPLAINT" if form.service == "CP1" else "OCR", "categorySubcode": form.service,
            "submissionId": self._submission_id, "userAgent": "SimBrowser/1.0 (synthetic)",
            "submitTime": self._now.isoformat(timespec="milliseconds"), "customerReferenceNumber": self._reference,
            "ipAddress": "192.0.2.44", "submissionContent": self._readable(),
        })
        attachments = [*self._generated_files(), *(self._media(item) for item in form.media)]
        envelope["relationships"] = {"attachments": linkage(*attachments)}
        return envelope

    def _readable(self) -> str:
        form = self._form
        return (f"SYNTHETIC TEST DATA - NOT A REAL REPORT\nReference: {self._reference}\n"
                f"Name: {form.title} {form.first_name} {form.surname}\nWhat happened: {form.narrative}\n")

    def _generated_files(self) -> list[Json]:
        has = self._defects.has
        service = f"service={self._form.service}\nlanguage={self._form.language}\n".encode()
        files = []
        if not has("pdf-missing"):
            pdf = blank_pdf(self._reference)
            files.append((f"{self._reference}.pdf", "application/pdf", pdf[5:] if has("pdf-damaged") else pdf))
        if not has("service-text-missing"):
            files.append(("service-information.txt", "text/plain", service))
        return [self._inline(*file) for file in files]

    def _inline(self, name: str, media_type: str, content: bytes) -> Json:
        encoded = base64.b64encode(content).decode()
        if self._defects.has("base64-broken"):
            encoded = encoded.rstrip("=")[:-1] + "*"
        return self._include("attachment", {"fileName": name, "mediaType": media_type, "content": encoded,
                                            "sizeBytes": len(content)})

    def _media(self, item: Media) -> Json:
        if self._defects.has("media-inlined"):
            return self._inline(item.name, item.media_type, b"\xff\xd8\xff" + bytes(item.size_bytes - 3))
        return self._include("attachment", {"fileName": item.name, "mediaType": item.media_type,
                                            "url": MEDIA_URL.format(item=uuid.uuid4().hex[:12]), "sizeBytes": item.size_bytes})

    def _reporter(self) -> Json:
        form, has = self._form, self._defects.has
        attributes: Json = {
            "givenName": [form.first_name], "surname": form.surname, "titleOther": form.title,
            "gender": self._gender(), "dateofBirthKnown": True, "dateOfBirth": "1990-02-28", "under18": False,
            "ethnicityGroup": "EGRP_0006", "ethnicitySelfDefined": "ESDD_W1",
            "contactPreference": CONTACTS[form.contact], "communicationNeeds": False, "disability": False,
        }
        if form.middle_names:
            joined = " ".join(form.middle_names)
            attributes["middleName"] = [joined] if has("middle-names-merged") else list(form.middle_names)
        if has("title-missing"):
            del attributes["titleOther"]
        person = self._include("person", attributes)
        address = self._include("location", {"addressLine1": "3 Sample Row", "town": "Testbury", "postcode": "ZZ1 2ZZ"})
        email = self._include("email", {"emailAddress": "robin.fixture@example.org"})
        telephone = self._include("telephone", {"telephoneNumber": "+447700900123"})
        person["relationships"] = {"currentAddress": linkage(address), "personalEmail": linkage(email),
                                   "personalTelephone": linkage(telephone)}
        self._add_next_of_kin(person)
        return person

    def _gender(self) -> str:
        """The language-neutral identifier of what was ticked, in whatever language (F28)."""
        form, has = self._form, self._defects.has
        if has("label-for-identifier") or (has("welsh-label") and form.language == "cy"):
            return form.gender
        return GENDERS[form.gender]

    def _add_next_of_kin(self, person: Json) -> None:
        """Two fields of the form become a person of their own, linked by the role (F49)."""
        names = self._form.next_of_kin
        if names is None or self._defects.has("next-of-kin-missing"):
            return
        if self._defects.has("next-of-kin-inlined"):
            person["attributes"].update(nextOfKinKnown=True, nextOfKinFirstName=names[0], nextOfKinSurname=names[1])
            return
        kin = self._include("person", {"givenName": [names[0]], "surname": names[1]})
        person["relationships"]["nextOfKin"] = linkage(kin)

    def _add_crime_entities(self, incident: Json) -> None:
        place = self._include("location", {"addressLine1": "Cycle rack, Fixture Street", "town": "Testbury", "postcode": "ZZ1 1ZZ",
                                           "latitude": 51.5, "longitude": -0.12})
        witness = self._include("person", {"givenName": ["Sam"], "surname": "Onlooker", "dateofBirthKnown": False,
                                           "ageKnown": False, **self._age_range()})
        witness["relationships"] = {"witness": linkage(incident)}
        suspect = self._include("person", {"personDescription": "Unknown adult in a grey hooded top (synthetic).",
                                           "inVehicle": True})
        suspect["relationships"] = {"suspect": linkage(incident)}
        offence = self._include("offence", {"offenceDescription": "Theft of pedal cycle"})
        cycle = self._include("property", {"itemDescription": "Pedal cycle, red frame", "serialNumber": "SIM-0001", "value": 450})
        offence["relationships"] = {"stolenProperty": linkage(cycle)}
        incident["relationships"].update(incidentLocation=linkage(place), offence=linkage(offence))

    def _age_range(self) -> Json:
        """One range of the form becomes two numbers (F49)."""
        text = self._form.witness_age_range
        if text is None:
            return {}
        if self._defects.has("age-range-unsplit"):
            return {"approximateAgeFrom": text}
        lowest, highest = text.split("-")
        return {"approximateAgeFrom": int(lowest), "approximateAgeTo": int(highest)}

    def _spoil_document(self, document: Json) -> None:
        if self._defects.has("linkage-as-object"):
            for entity in (document["data"], *document["included"]):
                for value in entity.get("relationships", {}).values():
                    if len(value["data"]) == 1:
                        value["data"] = value["data"][0]
        if self._defects.has("entity-twice"):
            document["included"].append(document["included"][0])
