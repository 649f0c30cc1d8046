"""Holds each document of a folder against each schema of another: `validate.py SCHEMAS DOCUMENTS`.

Prints one JSON object: for each document by name, for each schema by name, the members that the schema finds fault with; an empty list is a
document that it accepts, and `""` stands for the document as a whole.
"""

import json
import pathlib
import sys

from jsonschema import Draft4Validator


def members(error):
    """The members that an error is about: those it lacks, those that are too many, or the one in which it lies."""
    if error.path:
        return [str(error.path[0])]
    if error.validator == "required":
        return [name for name in error.validator_value if name not in error.instance]
    if error.validator == "additionalProperties":
        return [name for name in error.instance if name not in error.schema["properties"]]
    return [""]


def faults(validator, document):
    return sorted({member for error in validator.iter_errors(document) for member in members(error)})


def main(schemas, documents):
    validators = {}
    for path in sorted(pathlib.Path(schemas).glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        Draft4Validator.check_schema(schema)
        validators[path.stem] = Draft4Validator(schema)
    found = {}
    for path in sorted(pathlib.Path(documents).glob("*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            found[path.stem] = {name: [""] for name in validators}
            continue
        found[path.stem] = {name: faults(validator, document) for name, validator in validators.items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
