//! Rules on a whole JSON body: a schema, and each member once.

use crate::Schema;
use counterpart_document::{Json, line_column};
use counterpart_evidence::{Part, Place};
use counterpart_matching::{Found, Mismatch, Sense, Side, Subjects, WholeRule, unread};
use std::ops::Range;
use std::sync::Arc;

/// A rule on a whole JSON body. What is no JSON, or not there, breaks it.
#[derive(Clone, Debug)]
pub enum DocumentRule {
    /// The body is valid against a schema, or is not.
    JsonSchema {
        /// The schema's name in the pack.
        name: String,
        /// The schema.
        schema: Arc<Schema>,
        /// Whether it must be valid.
        sense: Sense,
    },
    /// No object of the body has two members of one name.
    UniqueMembers,
}

impl WholeRule for DocumentRule {
    fn asks(&self) -> String {
        match self {
            Self::JsonSchema { name, sense: Sense::Is, .. } => format!("valid against `{name}`"),
            Self::JsonSchema { name, sense: Sense::Not, .. } => format!("not valid against `{name}`"),
            Self::UniqueMembers => "each member once".to_owned(),
        }
    }

    fn look(&self, side: Side, subjects: &Subjects<'_>) -> Found {
        if let Some(Err(fault)) = subjects.json(side)
            && fault.is_limit
        {
            return Found::undecided(unread(side, fault));
        }
        let broken: Vec<Mismatch> = match readable(side, subjects) {
            Ok(json) => self.broken(side, json, subjects),
            Err(mismatch) => vec![*mismatch],
        };
        let told = |mismatch: Mismatch| Mismatch { message: subjects.told(side, mismatch.message), ..mismatch };
        broken.into_iter().map(told).collect::<Vec<_>>().into()
    }
}

impl DocumentRule {
    fn broken(&self, side: Side, json: &Json, subjects: &Subjects<'_>) -> Vec<Mismatch> {
        match self {
            Self::JsonSchema { schema, sense: Sense::Is, .. } => broken_places(schema, side, json, subjects),
            Self::JsonSchema { name, schema, sense: Sense::Not } => {
                let mismatch = || Mismatch {
                    message: format!("the body is valid against `{name}`"),
                    expected: vec![self.asks()],
                    place: Some(subjects.place_in_json(side, "")),
                    ..Mismatch::default()
                };
                schema.is_valid(json.value()).then(mismatch).into_iter().collect()
            }
            // What has no members in its text cannot have one twice, and was not looked at either.
            Self::UniqueMembers if subjects.in_other_form(side).is_some() => vec![no_members(side, subjects)],
            Self::UniqueMembers => json.duplicates().first().map(|duplicate| twice(side, duplicate, json)).into_iter().collect(),
        }
    }
}

/// Gives the JSON body, or the mismatch of one that is no JSON or is not there.
fn readable<'s>(side: Side, subjects: &'s Subjects<'_>) -> Result<&'s Json, Box<Mismatch>> {
    let broken = |message: String, place: Place| {
        let expected = vec!["a JSON body".to_owned()];
        Err(Box::new(Mismatch { message, expected, place: Some(place), ..Mismatch::default() }))
    };
    let nowhere = Place { part: part_of(side), path: String::new(), line: None, column: None, bytes: None };
    match subjects.json(side) {
        None => broken("there is no body to look at".to_owned(), nowhere),
        Some(Ok(json)) => Ok(json),
        Some(Err(fault)) => {
            let offset = fault.offset as u64;
            let (line, column) = (Some(fault.line), Some(fault.column));
            let place = Place { line, column, bytes: Some((offset, offset + 1)), ..nowhere };
            let kind = subjects.in_other_form(side).map_or("JSON", |form| form.name());
            broken(format!("the body is not {kind}: {}", fault.message), place)
        }
    }
}

fn broken_places(schema: &Schema, side: Side, json: &Json, subjects: &Subjects<'_>) -> Vec<Mismatch> {
    let problems = schema.problems(json.value()).into_iter();
    problems
        .map(|problem| {
            let place = subjects.place_in_json(side, &problem.pointer);
            // A missing member has no place of its own: the object that lacks it has.
            let around = |place: Place| Place { path: problem.pointer.clone(), ..place };
            let place = if place.bytes.is_none() { around(subjects.place_in_json(side, "")) } else { place };
            Mismatch {
                message: problem.message,
                expected: problem.expected,
                actual: Some(problem.actual),
                place: Some(place),
                ..Mismatch::default()
            }
        })
        .collect()
}

fn no_members(side: Side, subjects: &Subjects<'_>) -> Mismatch {
    Mismatch {
        message: "the body is not JSON".to_owned(),
        expected: vec!["a JSON body".to_owned()],
        place: Some(subjects.place_in_json(side, "")),
        ..Mismatch::default()
    }
}

fn twice(side: Side, duplicate: &counterpart_document::Duplicate, json: &Json) -> Mismatch {
    Mismatch {
        message: format!("member `{}` stands twice in one object", duplicate.pointer),
        expected: vec!["each member once (RFC 8259 section 4)".to_owned()],
        actual: Some("twice".to_owned()),
        place: Some(place(side, duplicate.pointer.clone(), Some(duplicate.range.clone()), json)),
        ..Mismatch::default()
    }
}

fn place(side: Side, path: String, range: Option<Range<usize>>, json: &Json) -> Place {
    let position = range.as_ref().map(|range| line_column(json.text(), range.start));
    Place {
        part: part_of(side),
        path,
        line: position.map(|(line, _)| line),
        column: position.map(|(_, column)| column),
        bytes: range.map(|range| (range.start as u64, range.end as u64)),
    }
}

/// Gives the part of the exchange that a side's body stands in.
pub(crate) fn part_of(side: Side) -> Part {
    match side {
        Side::Request => Part::Request,
        Side::Response => Part::Response,
    }
}

#[cfg(test)]
mod tests;
