//! FHIR profiles: what a body must meet, and what becomes of each kind of finding.

#[cfg(test)]
mod tests;

use crate::document::part_of;
use crate::limits::{PROBLEMS_MAX, REASONS_MAX};
use counterpart_document::Fault;
use counterpart_evidence::{Body, Part, Place};
use counterpart_fhir::{Code, Definitions, Finding, Part as PartPath, Policy, Resource, Severity, Unknown, Validator};
use counterpart_matching::{Found, Mismatch, Side, Subjects, WholeRule, unread};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What becomes of a finding that is no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lesser {
    /// The check fails.
    Fails,
    /// Nothing.
    Ignored,
    /// It is told as a warning.
    Warns,
}

/// What becomes of a rule that could not be judged; it is never a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unjudged {
    /// The check fails.
    Fails,
    /// The check is left out, with the reason.
    LeftOut,
}

/// A profile that a body must meet, and how strictly.
#[derive(Clone, Debug)]
pub struct FhirProfile {
    /// Every definition at hand, compiled when it is first needed.
    pub definitions: Arc<Definitions>,
    /// Address of the profile.
    pub url: String,
    /// Why the profile is not at hand; nothing is checked then.
    pub missing: Option<String>,
    /// The parts of the body that must meet it; the whole body without.
    pub part: Option<PartPath>,
    /// Addresses for want of which a part of the profile is left out.
    pub without: Vec<String>,
    /// How strictly it is judged.
    pub strictness: Strictness,
}

/// How strictly a profile is judged.
#[derive(Clone, Copy, Debug)]
pub struct Strictness {
    /// What the definitions leave open.
    pub policy: Policy,
    /// What becomes of what could not be judged.
    pub not_checked: Unjudged,
    /// What becomes of warnings.
    pub warnings: Lesser,
    /// What becomes of remarks.
    pub information: Lesser,
}

impl WholeRule for FhirProfile {
    fn asks(&self) -> String {
        let part = self.part.as_ref().map(|part| format!(" at `{}`", part.text())).unwrap_or_default();
        let without: String = self.without.iter().map(|url| format!(", without `{url}`")).collect();
        format!("as `{}` says{part}{without}{}", self.url, self.strictness.words())
    }

    fn leaves_out(&self) -> bool {
        !self.without.is_empty()
    }

    fn look(&self, side: Side, subjects: &Subjects<'_>) -> Found {
        let part = part_of(side);
        if let Some(reason) = &self.missing {
            return Found { unjudged: Some(unjudged(reason.clone(), None)), ..Found::default() };
        }
        let resource = match resource(subjects, side) {
            Ok(resource) => resource,
            Err(found) => return *found,
        };
        let validator = Validator::new(&self.definitions, self.strictness.policy);
        let report = validator.check_part(&resource, std::slice::from_ref(&self.url), self.part.as_ref());
        let mut found = Found::default();
        let (mut not_checked, mut without) = (Vec::new(), Vec::new());
        for finding in report.findings {
            if finding.wants.as_ref().is_some_and(|url| self.without.contains(url)) {
                without.push(finding);
                continue;
            }
            let becomes = match finding.severity {
                _ if finding.code == Code::NotChecked && self.strictness.not_checked == Unjudged::LeftOut => {
                    not_checked.push(finding);
                    continue;
                }
                _ if finding.code == Code::NotChecked => Lesser::Fails,
                Severity::Error => Lesser::Fails,
                Severity::Information => self.strictness.information,
                Severity::Warning => self.strictness.warnings,
            };
            match becomes {
                Lesser::Fails => found.broken.push(mismatch(finding, part)),
                Lesser::Ignored => {}
                Lesser::Warns => found.warnings.push(mismatch(finding, part)),
            }
        }
        found.unjudged = not_checked.first().map(|first| {
            let message = format!("not all of the profile could be judged: {}", reasons(&not_checked));
            unjudged(message, mismatch(first.clone(), part).place)
        });
        found.left_out = (!without.is_empty()).then(|| format!("left out of the profile by the pack: {}", reasons(&without)));
        bound(&mut found.broken, report.further, &self.url);
        bound(&mut found.warnings, 0, &self.url);
        found
    }
}

impl Strictness {
    /// Says what differs from the usual: two rules that say the same are the same.
    fn words(self) -> String {
        let told = |lesser: Lesser, usual: Lesser, what: &str| {
            let does = match lesser {
                Lesser::Fails => "fail",
                Lesser::Ignored => "are ignored",
                Lesser::Warns => "warn",
            };
            (lesser != usual).then(|| format!(", {what} {does}"))
        };
        let unknown = self.policy.unknown_extensions == Unknown::Error;
        let parts = [
            told(self.warnings, Lesser::Warns, "warnings"),
            told(self.information, Lesser::Ignored, "remarks"),
            (self.not_checked == Unjudged::Fails).then(|| ", what is not checked fails".to_owned()),
            unknown.then(|| ", unknown extensions fail".to_owned()),
        ];
        parts.into_iter().flatten().collect()
    }
}

/// Cuts a list to the bound, and tells in its last entry how many more there are.
fn bound(mismatches: &mut Vec<Mismatch>, further: usize, url: &str) {
    let more = mismatches.len().saturating_sub(PROBLEMS_MAX) + further;
    mismatches.truncate(PROBLEMS_MAX);
    if more == 0 {
        return;
    }
    let told = format!("and {more} more findings against `{url}`");
    match mismatches.last_mut() {
        Some(last) => last.message = format!("{}; {told}", last.message),
        // What was not looked at any more may be wrong.
        None => mismatches.push(Mismatch { message: told, ..Mismatch::default() }),
    }
}

fn unjudged(message: String, place: Option<Place>) -> Box<Mismatch> {
    Box::new(Mismatch { message, place, ..Mismatch::default() })
}

/// Gives the body as a resource, or what is wrong with it; the first character tells JSON from XML.
fn resource(subjects: &Subjects<'_>, side: Side) -> Result<Resource, Box<Found>> {
    let unreadable = |message: String, fault: Option<&Fault>| {
        let mismatch = Mismatch {
            message,
            expected: vec!["a FHIR resource in JSON or XML".to_owned()],
            place: Some(Place {
                part: part_of(side),
                path: String::new(),
                line: fault.map(|fault| fault.line),
                column: fault.map(|fault| fault.column),
                bytes: fault.map(|fault| (fault.offset as u64, fault.offset as u64 + 1)),
            }),
            ..Mismatch::default()
        };
        Box::new(Found::from(vec![mismatch]))
    };
    let text = subjects.body(side).map(Body::plain_bytes);
    let begins = || text.is_some_and(|text| text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<'));
    let is_xml = subjects.in_other_form(side).is_some() || begins();
    let read = if is_xml {
        subjects.xml(side).map(|read| read.cloned().map(Resource::Xml))
    } else {
        subjects.json(side).map(|read| read.cloned().map(Resource::Json))
    };
    match read {
        None => Err(unreadable("there is no body to look at".to_owned(), None)),
        Some(Ok(resource)) => Ok(resource),
        Some(Err(fault)) if fault.is_limit => Err(Box::new(Found::undecided(unread(side, fault)))),
        Some(Err(fault)) => {
            let form = if is_xml { "XML" } else { "JSON" };
            Err(unreadable(format!("the body is not {form}: {}", fault.message), Some(fault)))
        }
    }
}

fn mismatch(finding: Finding, part: Part) -> Mismatch {
    let rule = match (&finding.profile, &finding.element) {
        (Some(profile), Some(element)) => format!(" (`{element}` in {profile})"),
        _ => String::new(),
    };
    Mismatch {
        message: format!("{}: {}{rule}", finding.path, finding.message),
        expected: finding.expected.into_iter().collect(),
        actual: finding.actual,
        place: Some(Place {
            part,
            path: finding.place,
            line: Some(finding.line),
            column: Some(finding.column),
            bytes: Some((finding.bytes.start as u64, finding.bytes.end as u64)),
        }),
        ..Mismatch::default()
    }
}

/// Tells each reason why something could not be judged once, up to a bound.
fn reasons(not_checked: &[Finding]) -> String {
    let reasons: BTreeSet<&str> =
        not_checked.iter().map(|finding| finding.message.strip_prefix("not checked: ").unwrap_or(&finding.message)).collect();
    let told = reasons.iter().take(REASONS_MAX).copied().collect::<Vec<_>>().join("; ");
    match reasons.len().saturating_sub(REASONS_MAX) {
        0 => told,
        more => format!("{told}; and {more} more"),
    }
}
