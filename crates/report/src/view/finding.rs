//! A finding as a card: the rule, what was expected and what came, where, what to change, and how to play it again.

use super::index::{Index, Located, exchange_anchor};
use super::message;
use crate::bodies::Bodies;
use crate::code::{self, Line, Notation};
use crate::limits::{BODY_BYTES_MAX, LINKS_MAX};
use crate::text::{self, Word};
use counterpart_evidence::{
    Basis, ExchangeId, ExchangeRecord, Finding, FindingOutcome, MessageRecord, Part, ScenarioRecord, Verdict,
};
use serde::Serialize;
use std::collections::BTreeSet;

/// A link within the page.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Link {
    /// Anchor.
    pub(crate) anchor: String,
    /// Text.
    pub(crate) text: String,
}

/// A command that plays a scenario again.
#[derive(Debug, Serialize)]
pub(crate) struct Replay {
    command: String,
    of: String,
}

/// Gives the command that plays a scenario again; nothing where there is nothing to play.
pub(crate) fn replay(scenario: &ScenarioRecord) -> Option<Replay> {
    let plays = !scenario.replay.is_empty() && scenario.verdict != Verdict::Review;
    plays.then(|| Replay { command: text::line(&scenario.replay), of: text::line(scenario.id.as_str()) })
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
    /// The mark that stands for outcome and effect together: `fail`, `warning`, `error`, `inconclusive`, `skipped` or `none`.
    pub(crate) mark: &'static str,
    /// What it does to the verdict.
    pub(crate) effect: &'static str,
    /// Cause.
    pub(crate) cause: Option<&'static str>,
    /// The obligation; what is wrong, where the pack's table does not hold it.
    pub(crate) text: Vec<Word>,
    /// Where it is written.
    pub(crate) source: Option<String>,
    /// All that is allowed.
    pub(crate) expected: Vec<Vec<Word>>,
    /// What came.
    pub(crate) actual: Option<String>,
    /// Where, in words.
    pub(crate) place: Option<String>,
    /// What to change.
    pub(crate) hint: Option<Vec<Word>>,
    /// The exchange.
    pub(crate) exchange: Option<Link>,
}

/// A check that failed or warned, with every place at which it did.
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
    pub(crate) replay: Option<Replay>,
    /// The failing place with the lines around it.
    pub(crate) excerpt: Vec<Line>,
    /// What the excerpt is of.
    pub(crate) excerpt_of: String,
    /// Further places at which the same check failed.
    pub(crate) further: Vec<Further>,
    /// How many they are, in words.
    pub(crate) further_count: String,
    /// How many places are not listed, in words.
    pub(crate) further_left: Option<String>,
}

/// A further place of the same failure.
#[derive(Debug, Serialize)]
pub(crate) struct Further {
    /// Scenario.
    pub(crate) scenario: Option<Link>,
    /// Exchange.
    pub(crate) exchange: Option<Link>,
    /// Place.
    pub(crate) place: Option<String>,
    /// What came.
    pub(crate) actual: Option<String>,
}

/// A finding in a line, where its rule stands in full elsewhere or says nothing against the system under test.
#[derive(Debug, Serialize)]
pub(crate) struct Brief {
    mark: &'static str,
    message: Vec<Word>,
    check: String,
    requirement: Option<Link>,
    exchange: Option<Link>,
    card: Option<Link>,
}

/// Makes the line of a finding; `card` is where its rule stands in full.
pub(crate) fn brief(finding: &Finding, index: &Index<'_>, card: Option<&str>) -> Brief {
    let requirement = finding.requirement.as_str();
    Brief {
        mark: mark(finding),
        message: text::words(&finding.message),
        check: text::line(finding.check.as_str()),
        requirement: index.requirement_anchor(requirement).map(|anchor| Link { anchor, text: text::line(requirement) }),
        exchange: finding.exchange.map(exchange_link),
        card: card.map(|anchor| Link { anchor: anchor.to_owned(), text: "the rule".to_owned() }),
    }
}

/// Tells whether a check did not apply; one that could not be judged is told of like one that failed.
pub(crate) fn does_not_apply(finding: &Finding) -> bool {
    finding.outcome == FindingOutcome::Skip && !finding.is_unjudged()
}

/// Says how many checks did not apply; nothing where all did.
pub(crate) fn skipped_count(skipped: usize) -> Option<String> {
    (skipped > 0).then(|| format!("{} did not apply", text::counted(skipped as u64, "check")))
}

/// Links to an exchange.
pub(crate) fn exchange_link(id: ExchangeId) -> Link {
    Link { anchor: exchange_anchor(id), text: format!("exchange {id}") }
}

/// Links to a scenario of the record.
pub(crate) fn scenario_link(id: &str, index: &Index<'_>) -> Option<Link> {
    Some(Link { anchor: index.scenario_anchor(id)?, text: text::line(id) })
}

/// Makes the view of a finding's rule.
pub(crate) fn rule(finding: &Finding, index: &Index<'_>) -> Rule {
    let row = index.requirement(finding.requirement.as_str());
    let (expected, actual, placed) = if is_quoted(finding) {
        (&[][..], None, None)
    } else {
        (&finding.expected[..], finding.actual.as_deref(), finding.place.as_ref())
    };
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
        text: text::words(row.map_or(finding.message.as_str(), |row| &row.requirement.text)),
        source: row.map(|row| text::line(&row.requirement.source)),
        expected: expected.iter().map(|value| text::words(value)).collect(),
        actual: actual.map(text::line),
        place: placed.map(|_| place(finding)),
        hint: finding.hint.as_deref().map(text::words),
        exchange: finding.exchange.map(exchange_link),
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
        _ if finding.is_unjudged() => "inconclusive",
        _ => "skipped",
    }
}

/// Tells whether the message quotes the whole condition that the place names: then it says all, and nothing stands twice.
fn is_quoted(finding: &Finding) -> bool {
    let quoted = |path: &str| !path.is_empty() && finding.message.contains(&format!("`{path}` is `"));
    finding.place.as_ref().is_some_and(|place| place.line.is_none() && quoted(&place.path))
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

/// Makes a card for all findings of one check; `all` is never empty.
pub(crate) fn card(anchor: String, all: &[Located<'_>], index: &Index<'_>, bodies: &dyn Bodies) -> Option<Card> {
    let (first, rest) = all.split_first()?;
    let (excerpt, excerpt_of) = excerpt(first.finding, index, bodies);
    let link = |located: &Located<'_>| located.scenario.and_then(|scenario| scenario_link(scenario.id.as_str(), index));
    let further = rest
        .iter()
        .take(LINKS_MAX)
        .map(|located| Further {
            scenario: link(located),
            exchange: located.finding.exchange.map(exchange_link),
            place: (located.finding.place.is_some() && !is_quoted(located.finding)).then(|| place(located.finding)),
            actual: located.finding.actual.as_deref().map(text::line),
        })
        .collect();
    let left = rest.len().saturating_sub(LINKS_MAX) as u64;
    Some(Card {
        anchor,
        rule: rule(first.finding, index),
        scenario: link(first),
        scenario_title: first.scenario.map_or_else(String::new, |scenario| text::line(&scenario.title)),
        replay: first.scenario.and_then(replay),
        excerpt,
        excerpt_of,
        further,
        further_count: places(all, rest),
        further_left: (left > 0).then(|| format!("and {}, each at its scenario", text::counted(left, "further place"))),
    })
}

fn places(all: &[Located<'_>], rest: &[Located<'_>]) -> String {
    let scenarios: BTreeSet<&str> =
        all.iter().filter_map(|located| located.scenario).map(|scenario| scenario.id.as_str()).collect();
    let within = if scenarios.len() > 1 {
        format!(", {} in all", text::counted(scenarios.len() as u64, "scenario"))
    } else {
        String::new()
    };
    format!("{}{within}", text::counted(rest.len() as u64, "further place"))
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
