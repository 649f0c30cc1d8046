//! A finding as a card: the rule, what was expected and what came, where, what to change, and how to play it again.

use super::index::{Index, Located, exchange_anchor};
use super::message;
use crate::bodies::Bodies;
use crate::code::{self, Line, Notation};
use crate::limits::{BODY_BYTES_MAX, LINKS_MAX};
use crate::text::{self, Word};
use counterpart_evidence::{Basis, ExchangeRecord, Finding, MessageRecord, Part};
use serde::Serialize;

/// A link within the page.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Link {
    /// Anchor.
    pub(crate) anchor: String,
    /// Text.
    pub(crate) text: String,
}

/// The rule behind a finding and what it found.
#[derive(Debug, Serialize)]
pub(crate) struct Rule {
    /// What is wrong.
    pub(crate) message: Vec<Word>,
    /// Check.
    pub(crate) check: String,
    /// Requirement.
    pub(crate) requirement: String,
    /// Anchor of the requirement, where the pack's table holds it.
    pub(crate) requirement_anchor: Option<String>,
    /// Level in force.
    pub(crate) level: &'static str,
    /// Basis.
    pub(crate) basis: &'static str,
    /// Whether the basis is an assumption.
    pub(crate) assumed: bool,
    /// `fail`, `error`, `skip` or `pass`.
    pub(crate) outcome: &'static str,
    /// The mark that stands for outcome and effect together: `fail`, `warning`, `error`, `skipped` or `none`.
    pub(crate) mark: &'static str,
    /// What it does to the verdict.
    pub(crate) effect: &'static str,
    /// Cause.
    pub(crate) cause: Option<&'static str>,
    /// The obligation.
    pub(crate) text: Option<String>,
    /// Where it is written.
    pub(crate) source: Option<String>,
    /// All that is allowed.
    pub(crate) expected: Vec<String>,
    /// What came.
    pub(crate) actual: Option<String>,
    /// Where, in words.
    pub(crate) place: Option<String>,
    /// What to change.
    pub(crate) hint: Option<Vec<Word>>,
    /// The exchange.
    pub(crate) exchange: Option<Link>,
}

/// A failing or warning check of one scenario.
#[derive(Debug, Serialize)]
pub(crate) struct Card {
    /// Anchor of the card itself.
    pub(crate) anchor: String,
    /// The rule, at its first place.
    pub(crate) rule: Rule,
    /// The scenario.
    pub(crate) scenario: Option<Link>,
    /// Title of the scenario.
    pub(crate) scenario_title: String,
    /// The command that plays it again.
    pub(crate) replay: Option<String>,
    /// The failing place with the lines around it.
    pub(crate) excerpt: Vec<Line>,
    /// What the excerpt is of.
    pub(crate) excerpt_of: String,
    /// Further places at which the same check failed in the same scenario.
    pub(crate) further: Vec<Further>,
    /// How many places are not listed, in words.
    pub(crate) further_left: Option<String>,
}

/// A further place of the same failure.
#[derive(Debug, Serialize)]
pub(crate) struct Further {
    /// Exchange.
    pub(crate) exchange: Option<Link>,
    /// Place.
    pub(crate) place: Option<String>,
    /// What came.
    pub(crate) actual: Option<String>,
}

/// Makes the view of a finding's rule.
pub(crate) fn rule(finding: &Finding, index: &Index<'_>) -> Rule {
    let row = index.requirement(finding.requirement.as_str());
    Rule {
        message: text::words(&finding.message),
        check: text::line(finding.check.as_str()),
        requirement: text::line(finding.requirement.as_str()),
        requirement_anchor: index.requirement_anchor(finding.requirement.as_str()),
        level: finding.level.name(),
        basis: finding.basis.name(),
        assumed: finding.basis == Basis::Assumed,
        outcome: finding.outcome.name(),
        mark: mark(finding),
        effect: finding.effect.name(),
        cause: finding.cause.map(counterpart_evidence::Cause::name),
        text: row.map(|row| text::line(&row.requirement.text)),
        source: row.map(|row| text::line(&row.requirement.source)),
        expected: finding.expected.iter().map(|value| text::line(value)).collect(),
        actual: finding.actual.as_deref().map(text::line),
        place: finding.place.is_some().then(|| place(finding)),
        hint: finding.hint.as_deref().map(text::words),
        exchange: finding.exchange.map(|id| Link { anchor: exchange_anchor(id), text: format!("exchange {id}") }),
    }
}

/// Gives the mark that stands for a finding's outcome and effect.
pub(crate) fn mark(finding: &Finding) -> &'static str {
    match (finding.outcome.name(), finding.effect.name()) {
        ("fail", "fail") => "fail",
        ("fail", "warning") => "warning",
        ("fail", _) => "none",
        ("error", _) => "error",
        ("pass", _) => "pass",
        _ => "skipped",
    }
}

/// Writes a place in words.
pub(crate) fn place(finding: &Finding) -> String {
    let Some(place) = &finding.place else { return String::new() };
    let mut words = format!("{}: {}", place.part.name(), if place.path.is_empty() { "(whole)" } else { &place.path });
    if let Some(line) = place.line {
        words.push_str(&format!(", line {line}"));
        if let Some(column) = place.column {
            words.push_str(&format!(" column {column}"));
        }
    }
    text::line(&words)
}

/// Makes a card for all findings of one check in one scenario; `all` is never empty.
pub(crate) fn card(anchor: String, all: &[Located<'_>], index: &Index<'_>, bodies: &dyn Bodies) -> Option<Card> {
    let (first, rest) = all.split_first()?;
    let (excerpt, excerpt_of) = excerpt(first.finding, index, bodies);
    let link = |id: counterpart_evidence::ExchangeId| Link { anchor: exchange_anchor(id), text: format!("exchange {id}") };
    let further = rest
        .iter()
        .take(LINKS_MAX)
        .map(|located| Further {
            exchange: located.finding.exchange.map(link),
            place: located.finding.place.is_some().then(|| place(located.finding)),
            actual: located.finding.actual.as_deref().map(text::line),
        })
        .collect();
    let left = rest.len().saturating_sub(LINKS_MAX) as u64;
    Some(Card {
        anchor,
        rule: rule(first.finding, index),
        scenario: first.scenario.and_then(|scenario| {
            let anchor = index.scenario_anchor(scenario.id.as_str())?;
            Some(Link { anchor, text: text::line(scenario.id.as_str()) })
        }),
        scenario_title: first.scenario.map_or_else(String::new, |scenario| text::line(&scenario.title)),
        replay: first.scenario.map(|scenario| text::line(&scenario.replay)),
        excerpt,
        excerpt_of,
        further,
        further_left: (left > 0).then(|| format!("and {}, listed at the scenario", text::counted(left, "further place"))),
    })
}

fn excerpt(finding: &Finding, index: &Index<'_>, bodies: &dyn Bodies) -> (Vec<Line>, String) {
    let none = (Vec::new(), String::new());
    let Some(exchange) = finding.exchange.and_then(|id| index.exchange(id)) else { return none };
    let Some((name, record)) = message_of(finding, exchange) else { return none };
    let path = finding.place.as_ref().map_or("", |place| place.path.as_str());
    if let Some(field) = path.strip_prefix("header ") {
        let of = format!("header fields of the {name}, exchange {}", exchange.id);
        return (field_lines(record, field), of);
    }
    if matches!(path, "status" | "method" | "path" | "target" | "query") {
        return (
            vec![marked_line(1, &message::first_line(record))],
            format!("first line of the {name}, exchange {}", exchange.id),
        );
    }
    let Some(source) = message::body_text(record, bodies) else { return none };
    let marks = message::marks(&[finding], &source.text);
    let notation = Notation::find(record.headers.first("content-type"), &source.text);
    match code::pretty(&source.text, notation, &marks, BODY_BYTES_MAX) {
        Some(code) => (code.excerpt(), format!("body of the {name}, pretty-printed, exchange {}", exchange.id)),
        None => (
            code::raw(&source.text, &marks, BODY_BYTES_MAX).excerpt(),
            format!("body of the {name} as sent, exchange {}", exchange.id),
        ),
    }
}

fn message_of<'a>(finding: &Finding, exchange: &'a ExchangeRecord) -> Option<(&'static str, &'a MessageRecord)> {
    if message::is_of(finding, Part::Request) {
        return exchange.request.as_ref().map(|record| ("request", record));
    }
    if message::is_of(finding, Part::Response) {
        return exchange.response.as_ref().map(|record| ("response", record));
    }
    None
}

fn field_lines(record: &MessageRecord, wanted: &str) -> Vec<Line> {
    let fields: Vec<_> = record.headers.iter().enumerate().collect();
    let first = fields.iter().position(|(_, header)| header.name.eq_ignore_ascii_case(wanted));
    let Some(first) = first else { return Vec::new() };
    fields
        .iter()
        .skip(first.saturating_sub(1))
        .take(4)
        .map(|(number, header)| {
            let shown = format!("{}: {}", text::line(&header.name), text::line(&header.value));
            if header.name.eq_ignore_ascii_case(wanted) {
                marked_line(number + 1, &shown)
            } else {
                Line { number: number + 1, hit: false, text: shown, pieces: Vec::new() }
            }
        })
        .collect()
}

fn marked_line(number: usize, shown: &str) -> Line {
    let pieces = vec![code::Piece { text: shown.to_owned(), hit: true }];
    Line { number, hit: true, text: String::new(), pieces }
}
