"""The formats of single values: the tables of sections 5 and 6 as rules, one for each attribute that has one."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Callable

UUID_SHAPE = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
CV_SHAPE = re.compile(r"[A-Z]{4}_[A-Z0-9]{1,4}")
TIME_SHAPE = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d")
INSTANT_SHAPE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d")

Rule = Callable[[Any], "str | None"]
"""Gives what is wrong with a value as the end of the sentence "NAME ...", or None."""


def text(shortest: int, longest: int) -> Rule:
    """A string of so many characters."""
    def rule(value: Any) -> str | None:
        if isinstance(value, str) and shortest <= len(value) <= longest:
            return None
        return f"must be a string of {shortest} to {longest} characters"
    return rule


def any_text(value: Any) -> str | None:
    """A string that is not empty (D13)."""
    return None if isinstance(value, str) and value else "must be a string that is not empty"


def name_list(value: Any) -> str | None:
    """An array of names."""
    good = isinstance(value, list) and all(isinstance(item, str) and 1 <= len(item) <= 35 for item in value)
    return None if good else "must be an array of strings of 1 to 35 characters"


def number(lowest: float, highest: float) -> Rule:
    """A number in a range; a boolean is no number."""
    def rule(value: Any) -> str | None:
        good = isinstance(value, (int, float)) and not isinstance(value, bool) and lowest <= value <= highest
        return None if good else f"must be a number from {lowest} to {highest}"
    return rule


def is_date(value: Any) -> bool:
    """Tells whether this is a calendar date in the form YYYY-MM-DD."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return False
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True


def date(value: Any) -> str | None:
    """A calendar date."""
    return None if is_date(value) else "must be a calendar date in the form YYYY-MM-DD"


def time(value: Any) -> str | None:
    """A time of day."""
    good = isinstance(value, str) and TIME_SHAPE.fullmatch(value)
    return None if good else "must be a time of day in the form HH:MM:SS"


def instant(value: Any) -> str | None:
    """A date and time with milliseconds and numeric offset."""
    good = isinstance(value, str) and INSTANT_SHAPE.fullmatch(value) is not None
    if good:
        try:
            dt.datetime.fromisoformat(value)
        except ValueError:
            good = False
    return None if good else "must be a date and time with milliseconds and numeric offset"


def uuid_shaped(value: Any) -> str | None:
    """Any 8-4-4-4-12 hex string, whatever its version digit (D4)."""
    return None if isinstance(value, str) and UUID_SHAPE.fullmatch(value) else "must be a UUID-shaped string"


def boolean(value: Any) -> str | None:
    """A boolean; the published examples also send it as a string (Q1, Q2)."""
    return None if isinstance(value, bool) or value in ("true", "false") else "must be true or false"


def digits(value: Any) -> str | None:
    """An integer, or a string of digits (F35, F36)."""
    good = (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and value.isdecimal())
    return None if good else "must be an integer or a string of digits"


def cv(prefix: str) -> Rule:
    """A constrained value's identifier of one list (F28)."""
    def rule(value: Any) -> str | None:
        good = isinstance(value, str) and CV_SHAPE.fullmatch(value) and value.startswith(prefix + "_")
        return None if good else f"must be an identifier of the list {prefix}, such as {prefix}_0001"
    rule.__name__ = "cv"
    return rule


def file_name(value: Any) -> str | None:
    """A file's name without a path."""
    good = isinstance(value, str) and 1 <= len(value) <= 255 and not re.search(r"[/\\]", value)
    return None if good else "must be a file name of 1 to 255 characters without path separators"


INCIDENT_BOOLEANS = ("incidentAnyWitnesses", "incidentExactTimeKnown", "incidentOnPublicTransport",
                     "incidentReportedAlready", "hadWeapon", "physicallyAssaulted", "subjectedToHateCrime",
                     "subjectedToThreatAbuseOrAssault", "targetedByOffender")
PERSON_BOOLEANS = ("dateofBirthKnown", "under18", "ageKnown", "communicationNeeds", "inVehicle", "disability",
                   "nextOfKinKnown")
RULES: dict[str, dict[str, Rule]] = {
    "incident": {
        "incidentDescription": any_text, "incidentInvolvement": cv("IVLD"), "howInvolvedInCrime": cv("IVLD"),
        "incidentEndDateTime": time, "incidentReportedAlreadyReference": any_text, "beforeWebsite": cv("BWST"),
        "firstTimeFollowUpOther": any_text, "complaintOutcomeWanted": any_text,
        **dict.fromkeys(INCIDENT_BOOLEANS, boolean),
    },
    "submission": {
        "externalReferenceId": any_text, "forceIdentifier": digits, "brand": digits, "category": any_text,
        "categorySubcode": any_text, "submissionId": uuid_shaped, "userAgent": any_text, "submitTime": instant,
        "customerReferenceNumber": any_text, "ipAddress": any_text, "submissionContent": any_text,
    },
    "person": {
        "givenName": name_list, "middleName": name_list, "surname": text(1, 35), "titleOther": text(1, 35),
        "gender": cv("GNDR"), "genderSelfDescribe": any_text, "dateOfBirth": date, "age": number(0, 200),
        "approximateAgeFrom": number(0, 200), "approximateAgeTo": number(0, 200), "approximateHeight": any_text,
        "personDescription": text(1, 2000), "ethnicityGroup": cv("EGRP"), "ethnicitySelfDefined": cv("ESDD"),
        "contactPreference": cv("CPNC"), "insuranceCompany": text(1, 100), "insurancePolicyNumber": any_text,
        "registeredGp": any_text, **dict.fromkeys(PERSON_BOOLEANS, boolean),
    },
    "location": {"latitude": number(-90, 90), "longitude": number(-180, 180)},
    "attachment": {"fileName": file_name},
}
OTHER_ATTRIBUTES: dict[str, frozenset[str]] = {
    "incident": frozenset({"incidentStartDateTime"}),
    "submission": frozenset(),
    "person": frozenset(),
    "location": frozenset({"addressLine1", "addressLine2", "addressLine3", "addressLine4", "town", "county", "postcode",
                           "country", "locationDescription"}),
    "attachment": frozenset({"mediaType", "content", "url", "sizeBytes"}),
    "email": frozenset({"emailAddress"}),
    "telephone": frozenset({"telephoneNumber"}),
    "offence": frozenset({"offenceDescription"}),
    "vehicle": frozenset({"registration", "make", "model", "colour", "vehicleType"}),
    "property": frozenset({"itemDescription", "serialNumber", "value"}),
    "organisation": frozenset({"organisationName"}),
}
