//! Cuts a definition down to the members that the checks need.
//!
//! A package is mostly prose: what stays is about a seventh. The text is read once, without a tree.

use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// What becomes of a member.
#[derive(Clone, Copy)]
enum Rule {
    Copy,
    Drop,
    /// Its members, or those of its items, are judged one by one.
    Inner(fn(&str) -> Rule),
}

/// Gives the text of a definition with what the checks need, without white space; `None` where it is no JSON object.
pub(super) fn trim(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 6);
    let mut reader = serde_json::Deserializer::from_slice(text);
    Trim { rule: top, out: &mut out }.deserialize(&mut reader).ok()?;
    out.starts_with(b"{").then_some(out)
}

fn top(name: &str) -> Rule {
    match name {
        "resourceType" | "url" | "version" | "name" | "fhirVersion" | "kind" | "abstract" | "type" | "baseDefinition"
        | "derivation" | "context" | "contextType" | "contextInvariant" | "content" | "caseSensitive" | "valueSet"
        | "supplements" | "id" | "fhirVersions" | "fhir-version-list" | "dependencies" => Rule::Copy,
        "snapshot" | "differential" => Rule::Inner(|name| if name == "element" { Rule::Inner(element) } else { Rule::Drop }),
        "compose" => Rule::Inner(compose),
        "concept" => Rule::Inner(concept),
        "expansion" => Rule::Inner(|name| if name == "contains" { Rule::Inner(contains) } else { Rule::Drop }),
        _ => Rule::Drop,
    }
}

fn element(name: &str) -> Rule {
    match name {
        "short" | "definition" | "comment" | "comments" | "requirements" | "alias" | "mapping" | "isSummary" | "condition"
        | "meaningWhenMissing" | "orderMeaning" | "extension" | "code" | "label" | "example" | "mustSupport"
        | "isModifierReason" | "text" => Rule::Drop,
        "constraint" => Rule::Inner(|name| match name {
            "key" | "severity" | "human" | "expression" => Rule::Copy,
            _ => Rule::Drop,
        }),
        "binding" => Rule::Inner(|name| if name == "description" { Rule::Drop } else { Rule::Copy }),
        _ if name.starts_with("defaultValue") || name.starts_with("example") => Rule::Drop,
        _ => Rule::Copy,
    }
}

fn compose(name: &str) -> Rule {
    match name {
        "include" | "exclude" => Rule::Inner(|name| match name {
            "concept" => Rule::Inner(|name| if name == "code" { Rule::Copy } else { Rule::Drop }),
            "system" | "version" | "filter" | "valueSet" => Rule::Copy,
            _ => Rule::Drop,
        }),
        _ => Rule::Drop,
    }
}

fn concept(name: &str) -> Rule {
    match name {
        "code" | "property" => Rule::Copy,
        "concept" => Rule::Inner(concept),
        _ => Rule::Drop,
    }
}

fn contains(name: &str) -> Rule {
    match name {
        "system" | "code" | "abstract" => Rule::Copy,
        "contains" => Rule::Inner(contains),
        _ => Rule::Drop,
    }
}

struct Trim<'o> {
    rule: fn(&str) -> Rule,
    out: &'o mut Vec<u8>,
}

impl<'de> DeserializeSeed<'de> for Trim<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Trim<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object, or a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.out.push(b'[');
        let mut first = true;
        while {
            let before = self.out.len();
            if !first {
                self.out.push(b',');
            }
            let more = items.next_element_seed(Trim { rule: self.rule, out: self.out })?.is_some();
            if !more {
                self.out.truncate(before);
            }
            more
        } {
            first = false;
        }
        self.out.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        self.out.push(b'{');
        let mut comma = false;
        let mut has_snapshot = false;
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            let mut rule = (self.rule)(&name);
            // A differential is of use only where no snapshot stands before it.
            if name == "differential" && has_snapshot {
                rule = Rule::Drop;
            }
            has_snapshot |= name == "snapshot";
            if matches!(rule, Rule::Drop) {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            if comma {
                self.out.push(b',');
            }
            comma = true;
            // A text always has a JSON form.
            self.out.extend(serde_json::to_vec(&name).unwrap_or_default());
            self.out.push(b':');
            match rule {
                Rule::Inner(rule) => members.next_value_seed(Trim { rule, out: self.out })?,
                _ => squeeze(members.next_value::<&RawValue>()?.get(), self.out),
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    // What should be an object and is not is kept as nothing; whoever compiles the definition finds it empty.
    fn visit_unit<E>(self) -> Result<(), E> {
        self.null()
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.null()
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.null()
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.null()
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.null()
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.null()
    }
}

impl Trim<'_> {
    fn null<E>(self) -> Result<(), E> {
        self.out.extend(b"null");
        Ok(())
    }
}

/// Writes a JSON text without the white space between its tokens.
fn squeeze(text: &str, out: &mut Vec<u8>) {
    let mut inside = false;
    let mut escaped = false;
    for byte in text.bytes() {
        if inside {
            inside = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            continue;
        } else {
            inside = byte == b'"';
        }
        out.push(byte);
    }
}
