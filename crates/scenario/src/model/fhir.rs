//! Checks against FHIR profiles, and the packages that a pack would like.

use crate::read::{Read, Reader, record, word};
use crate::{Data, Node, Schemas, Text};
use serde_json::{Value, json};

word! {
    /// A version of FHIR.
    FhirVersionWord "FHIR version" {
        /// 4.0.x.
        "R4" R4,
        /// 3.0.x.
        "STU3" Stu3,
    }
}

word! {
    /// What becomes of a rule of a profile that could not be judged; it is never a pass.
    NotCheckedWord "treatment of what is not checked" {
        /// The check fails.
        "fail" Fail,
        /// The check is left out with the reason, so that a must is inconclusive.
        "skip" Skip,
    }
}

word! {
    /// What becomes of a finding that is no error.
    LesserWord "treatment of a lesser finding" {
        /// The check fails.
        "fail" Fail,
        /// Nothing.
        "ignore" Ignore,
        /// It is told as a warning.
        "warning" Warning,
    }
}

word! {
    /// What becomes of an extension that no definition at hand defines.
    UnknownExtensionWord "treatment of unknown extensions" {
        /// It may be there; a modifier extension, which can change what an element means, counts as not checked all the same.
        "allow" Allow,
        /// The check fails.
        "fail" Fail,
        /// It counts as not checked.
        "not-checked" NotChecked,
    }
}

record! {
    /// The profile that a body must meet, and how strictly.
    FhirProfileItem "a FHIR profile" {
        /// Address of the profile, `|` and a version after it or not.
        required profile "profile": Text,
        /// The parts of the body that must meet it, in the path language of FHIR, the same for JSON and XML: `Bundle.entry.resource`. The whole body without.
        optional part "part": Text,
        /// FHIR version, needed only where the profile is at hand in several.
        optional version "version": FhirVersionWord,
        /// What becomes of a rule that could not be judged; `skip` without.
        optional not_checked "not-checked": NotCheckedWord,
        /// Addresses of value sets, profiles and extensions that the check leaves out: what could not be judged for want of one of them does not hold up the rest, and the report says that it was left out.
        list without "without": Text,
        /// What becomes of warnings: extensible bindings, invariants that only warn; `warning` without.
        optional warnings "warnings": LesserWord,
        /// What becomes of remarks, such as a code outside a preferred set; `ignore` without.
        optional information "information": LesserWord,
        /// What becomes of an extension that no definition at hand defines; `not-checked` without.
        optional unknown_extensions "unknown-extensions": UnknownExtensionWord,
    }
}

/// The profile of a `fhir-profile` condition: its address alone, or with options.
#[derive(Clone, Debug)]
pub enum FhirProfileRule {
    /// The address.
    Address(Text),
    /// With options.
    Item(Box<FhirProfileItem>),
}

impl Read for FhirProfileRule {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.data {
            Data::Text(_) => Text::read(node, reader).map(Self::Address),
            _ => FhirProfileItem::read(node, reader).map(|item| Self::Item(Box::new(item))),
        }
    }

    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "anyOf": [{ "type": "string", "description": "the address of a profile" }, FhirProfileItem::schema(schemas)] })
    }
}

word! {
    /// A form in which a FHIR resource is written.
    FhirFormWord "FHIR form" {
        /// JSON.
        "json" Json,
        /// XML.
        "xml" Xml,
    }
}

record! {
    /// FHIR in the messages of a pack: a body in XML is looked at as the JSON of the same resource, and a body made in JSON can go out as XML.
    FhirItem "FHIR in messages" {
        /// FHIR version of the resources; their types are in `profiles/`, or in packages that the user adds.
        required version "version": FhirVersionWord,
        /// Media types and `_format` values that mean JSON; the first is the `Content-Type` of what goes out, parameters included. `application/fhir+json`, `application/json` and `json` without.
        list json "json": Text,
        /// The same for XML. `application/fhir+xml`, `application/xml`, `text/xml` and `xml` without.
        list xml "xml": Text,
        /// Query parameter that asks for a form, before `Accept` does; `_format` without.
        optional parameter "parameter": Text,
        /// The form where a request asks for none and came in none; `json` without.
        optional otherwise "otherwise": FhirFormWord,
    }
}

record! {
    /// A FHIR package that the user can add to what the pack brings.
    FhirPackageItem "a FHIR package" {
        /// Name, as in its `package.json`.
        required name "name": Text,
        /// Version, as in its `package.json`.
        optional version "version": Text,
        /// What the addresses of its profiles begin with: a check on one of them is left out with the reason while the package is not there.
        required profiles "profiles": Text,
        /// What it adds, and where it can be had.
        required doc "doc": Text,
    }
}
