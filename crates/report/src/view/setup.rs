//! What surrounded the run: unexpected calls, claims, pre-flight, settings, documents, machine.

use super::exchange::{Row, row};
use super::finding::{Rule, rule};
use super::index::Index;
use crate::limits::{FINDINGS_MAX, NAMES_MAX};
use crate::text;
use counterpart_evidence::{ExchangeId, RunRecord};
use serde::Serialize;
use std::collections::BTreeSet;

/// A call that no scenario or no rule expected.
#[derive(Debug, Serialize)]
pub(crate) struct Call {
    row: Row,
    kind: &'static str,
    reasons: Vec<String>,
}

/// Unexpected and unmatched calls.
#[derive(Debug, Serialize)]
pub(crate) struct Unexpected {
    calls: Vec<Call>,
    calls_left: Option<String>,
    findings: Vec<Rule>,
    findings_left: Option<String>,
    unused: Vec<String>,
    unused_left: Option<String>,
    none: bool,
}

/// A claim.
#[derive(Debug, Serialize)]
pub(crate) struct Claim {
    id: String,
    question: String,
    status: String,
    claimed: &'static str,
    exercised: &'static str,
    remark: Option<String>,
}

/// A pre-flight fact.
#[derive(Debug, Serialize)]
pub(crate) struct Flight {
    name: String,
    mark: &'static str,
    detail: String,
    hint: Option<String>,
}

/// A setting.
#[derive(Debug, Serialize)]
pub(crate) struct Setting {
    name: String,
    value: String,
    masked: bool,
    origin: String,
}

/// A document.
#[derive(Debug, Serialize)]
pub(crate) struct Source {
    id: String,
    title: String,
    version: String,
    link: Option<String>,
    href: Option<String>,
    read: String,
}

/// A name and a value.
#[derive(Debug, Serialize)]
pub(crate) struct Pair {
    name: String,
    value: String,
}

/// What surrounded the run.
#[derive(Debug, Serialize)]
pub(crate) struct Setup {
    claims: Vec<Claim>,
    preflight: Vec<Flight>,
    settings: Vec<Setting>,
    documents: Vec<Source>,
    switches: Vec<Pair>,
    environment: Vec<Pair>,
}

fn rest(all: usize, shown_max: usize) -> Option<String> {
    let left = all.saturating_sub(shown_max) as u64;
    (left > 0).then(|| format!("and {} more; the run record holds all", text::count(left)))
}

/// Makes the view of unexpected and unmatched calls.
pub(crate) fn unexpected(index: &Index<'_>) -> Unexpected {
    let record = index.record;
    let strays: BTreeSet<ExchangeId> = record.unexpected.iter().copied().collect();
    let ids: BTreeSet<ExchangeId> = strays.iter().chain(record.unmatched.keys()).copied().collect();
    let call = |id: &ExchangeId| {
        let kind = match (strays.contains(id), record.unmatched.contains_key(id)) {
            (true, true) => "belongs to no scenario, and no rule took it",
            (true, false) => "belongs to no scenario",
            _ => "no rule took it",
        };
        let reasons = record.unmatched.get(id).into_iter().flatten().take(NAMES_MAX).map(|reason| text::line(reason)).collect();
        Some(Call { row: row(index.exchange(*id)?, index), kind, reasons })
    };
    Unexpected {
        calls: ids.iter().take(NAMES_MAX).filter_map(call).collect(),
        calls_left: rest(ids.len(), NAMES_MAX),
        findings: record.unexpected_findings.iter().take(FINDINGS_MAX).map(|finding| rule(finding, index)).collect(),
        findings_left: rest(record.unexpected_findings.len(), FINDINGS_MAX),
        unused: record.unused_rules.iter().take(NAMES_MAX).map(|name| text::line(name)).collect(),
        unused_left: rest(record.unused_rules.len(), NAMES_MAX),
        none: ids.is_empty() && record.unexpected_findings.is_empty(),
    }
}

/// Makes the view of what surrounded the run.
pub(crate) fn setup(record: &RunRecord) -> Setup {
    let answer = |yes: bool| if yes { "yes" } else { "no" };
    let pair = |(name, value): (&String, &String)| Pair { name: text::line(name), value: text::line(value) };
    Setup {
        claims: record
            .claims
            .iter()
            .map(|claim| Claim {
                id: text::line(&claim.id),
                question: text::line(&claim.question),
                status: text::line(&claim.status),
                claimed: answer(claim.claimed),
                exercised: answer(claim.exercised),
                remark: claim.remark.as_deref().map(text::line),
            })
            .collect(),
        preflight: record
            .preflight
            .iter()
            .map(|flight| Flight {
                name: text::line(&flight.name),
                mark: match flight.passed {
                    Some(true) => "pass",
                    Some(false) => "fail",
                    None => "skipped",
                },
                detail: text::line(&flight.detail),
                hint: flight.hint.as_deref().map(text::line),
            })
            .collect(),
        settings: record
            .settings
            .iter()
            .map(|setting| Setting {
                name: text::line(&setting.name),
                value: text::line(&setting.value),
                masked: setting.value.contains("***"),
                origin: text::line(&setting.origin),
            })
            .collect(),
        documents: record.pack.documents.iter().map(source).collect(),
        switches: record.pack.switches.iter().map(pair).collect(),
        environment: record.environment.iter().map(pair).collect(),
    }
}

fn source(document: &counterpart_evidence::Document) -> Source {
    let link = document.link.as_deref();
    Source {
        id: text::line(&document.id),
        title: text::line(&document.title),
        version: document.version.as_deref().map_or_else(|| "not stated".to_owned(), text::line),
        link: link.map(text::line),
        // A pack is somebody's file: only a plain web address becomes a link, never `javascript:`.
        href: link.filter(|link| link.starts_with("https://") || link.starts_with("http://")).map(text::line),
        read: document.read.as_deref().map_or_else(String::new, text::line),
    }
}
