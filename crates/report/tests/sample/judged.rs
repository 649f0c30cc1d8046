//! The scenarios with their findings.

use super::calls::{ALERT, BAD_DATE};
use counterpart_evidence::{
    Attempt, Basis, Cause, CheckId, ExchangeId, Finding, FindingEffect, FindingOutcome, Gap, Level, Part, Place, RequirementId,
    Role, ScenarioId, ScenarioRecord, Span, StepRecord, Verdict,
};
use std::collections::BTreeMap;

fn text(words: &str) -> String {
    words.to_owned()
}

fn place(part: Part, path: &str) -> Place {
    Place { part, path: text(path), line: None, column: None, bytes: None }
}

/// The place of a piece of a one-line body.
fn inside(body: &str, piece: &str, path: &str) -> Place {
    let from = body.find(piece).unwrap_or(0);
    let column = body[..from].chars().count() as u32 + 1;
    let bytes = Some((from as u64, (from + piece.len()) as u64));
    Place { part: Part::Request, path: text(path), line: Some(1), column: Some(column), bytes }
}

fn finding(check: &str, requirement: &str, (level, basis): (Level, Basis), message: &str, exchange: u64) -> Finding {
    Finding {
        check: CheckId::new(check),
        requirement: RequirementId::new(requirement),
        level,
        basis,
        outcome: FindingOutcome::Fail,
        effect: FindingEffect::of_failure(level, basis),
        cause: Some(Cause::Supplier),
        message: text(message),
        expected: Vec::new(),
        actual: None,
        place: None,
        hint: None,
        exchange: Some(ExchangeId(exchange)),
        gaps: Vec::new(),
    }
}

fn bad_date() -> Finding {
    Finding {
        expected: vec![text("an RFC 3339 date-time with an offset, such as 2026-11-24T10:16:00+00:00")],
        actual: Some(text("24/11/2026 10:16")),
        place: Some(inside(BAD_DATE, "\"24/11/2026 10:16\"", "/delivery/began")),
        hint: Some(text("write `began` as RFC 3339 with the offset of the place of delivery")),
        ..finding("began-date", "O-01", (Level::Must, Basis::Published), "`began` is not a date and time with an offset", 1)
    }
}

fn trace(exchange: u64) -> Finding {
    Finding {
        expected: vec![text("a UUID of version 4")],
        actual: Some(text("version 1")),
        place: Some(place(Part::Request, "header X-Trace-Id")),
        hint: Some(text("make the id with a random generator")),
        ..finding(
            "trace-header",
            "O-05",
            (Level::Must, Basis::Assumed),
            "the trace header is a UUID, but not of version 4",
            exchange,
        )
    }
}

fn reset() -> Finding {
    Finding {
        expected: vec![text("answered"), text("closed")],
        actual: Some(text("reset")),
        place: Some(place(Part::Connection, "outcome")),
        hint: Some(text("read the whole answer before the connection is closed")),
        ..finding(
            "reads-answer",
            "O-02",
            (Level::Must, Basis::Published),
            "the connection was reset before the answer was read",
            2,
        )
    }
}

fn media_type() -> Finding {
    Finding {
        expected: vec![text("application/xml"), text("text/xml")],
        actual: Some(text("text/html")),
        place: Some(place(Part::Request, "header Content-Type")),
        hint: Some(text("name the media type of what is sent")),
        ..finding("media-type", "O-03", (Level::Must, Basis::Standard), "the media type does not name XML", 2)
    }
}

fn level_code() -> Finding {
    Finding {
        expected: vec![text("H"), text("M"), text("L")],
        actual: Some(text("high")),
        place: Some(inside(ALERT, "code=\"high\"", "/alert[1]/level[1]/@code")),
        ..finding("alert-level", "O-03", (Level::May, Basis::Published), "the level is written in full, not as its letter", 2)
    }
}

fn gap() -> Finding {
    Finding {
        expected: vec![text("60 s or more")],
        actual: Some(text("18 s, 21 s")),
        place: Some(place(Part::Sequence, "gaps")),
        gaps: [(3, 4), (4, 5)].map(|(from, to)| Gap { from: ExchangeId(from), to: ExchangeId(to) }).to_vec(),
        hint: Some(text("wait a minute before sending again")),
        ..finding("retry-gap", "O-04", (Level::Should, Basis::Published), "the delivery was sent again too soon", 4)
    }
}

fn skipped() -> Finding {
    Finding {
        outcome: FindingOutcome::Skip,
        effect: FindingEffect::None,
        cause: None,
        ..finding("compressed", "O-06", (Level::May, Basis::Published), "not looked at: the answer is too small to compress", 1)
    }
}

/// A finding in one of many exchanges.
pub fn bad_kind(exchange: ExchangeId) -> Finding {
    Finding {
        expected: vec![text("`Apple`"), text("`Pear`")],
        actual: Some(text("apple")),
        place: Some(place(Part::Request, "/delivery/items/0/kind")),
        hint: Some(text("write the kind with a capital letter")),
        ..finding("item-kind", "O-03", (Level::Must, Basis::Published), "`kind` is not one of the kinds", exchange.0)
    }
}

/// A finding in a call that belongs to no scenario.
pub fn unexpected_finding() -> Finding {
    Finding {
        outcome: FindingOutcome::Error,
        effect: FindingEffect::None,
        cause: Some(Cause::Simulator),
        actual: Some(text("a byte that is not UTF-8")),
        ..finding("text-body", "O-03", (Level::Should, Basis::Standard), "could not decide: the body is not text", 12)
    }
}

fn step(index: u32, kind: &str, title: &str, started_us: u64, verdict: Verdict) -> StepRecord {
    StepRecord {
        index,
        kind: text(kind),
        title: text(title),
        phase: text("steps"),
        started_us,
        duration_us: 2_400_000,
        verdict,
        cause: None,
        reason: None,
        exchanges: Vec::new(),
        findings: Vec::new(),
        not_applying: BTreeMap::new(),
        passed: BTreeMap::new(),
        spans: Vec::new(),
    }
}

fn passed(all: &[(&str, u32)]) -> BTreeMap<CheckId, u32> {
    all.iter().map(|(check, count)| (CheckId::new(check), *count)).collect()
}

fn attempt(number: u32, started_us: u64, verdict: Verdict, steps: Vec<StepRecord>) -> Attempt {
    Attempt { attempt: number, started_us, duration_us: 31_000_000, verdict, steps, passed: BTreeMap::new() }
}

fn scenario(id: &str, title: &str, covers: &[&str], verdict: Verdict, attempts: Vec<Attempt>) -> ScenarioRecord {
    ScenarioRecord {
        id: ScenarioId::new(id),
        title: text(title),
        purpose: format!("Shows whether the client keeps the interface when {}.", title.to_lowercase()),
        role: Role::Provider,
        covers: covers.iter().map(|id| RequirementId::new(id)).collect(),
        tags: vec![text("core")],
        file: format!("scenarios/{id}.yaml:1"),
        verdict,
        cause: (verdict == Verdict::Fail).then_some(Cause::Supplier),
        reason: None,
        flaky: false,
        replay: format!("counterpart run orchard --role provider --scenario {id} --seed 20261124"),
        attempts,
    }
}

fn exchanges(ids: &[u64]) -> Vec<ExchangeId> {
    ids.iter().map(|id| ExchangeId(*id)).collect()
}

/// Makes the scenarios of the sample.
pub fn scenarios() -> Vec<ScenarioRecord> {
    let created = vec![
        step(1, "ask", "Report a delivery of twelve crates of apples", 400_000, Verdict::Pass),
        StepRecord {
            exchanges: exchanges(&[1]),
            findings: vec![bad_date(), trace(1), skipped()],
            passed: passed(&[("json-body", 1), ("media-type", 1), ("signed-token", 1)]),
            ..step(2, "receive", "A delivery arrives", 600_000, Verdict::Fail)
        },
    ];
    let raised = vec![StepRecord {
        exchanges: exchanges(&[2]),
        findings: vec![reset(), media_type(), level_code()],
        passed: passed(&[("signed-token", 1)]),
        ..step(1, "receive", "An alert arrives", 8_000_000, Verdict::Fail)
    }];
    let too_soon = vec![
        step(1, "ask", "Report a delivery while the hub is down", 59_000_000, Verdict::Pass),
        StepRecord {
            exchanges: exchanges(&[3, 4, 5]),
            findings: vec![gap()],
            passed: passed(&[("json-body", 3)]),
            duration_us: 40_000_000,
            spans: vec![Span {
                from_us: 59_500_000,
                to_us: Some(89_500_000),
                endpoint: Some(text("deliveries")),
                what: text("answers 503"),
            }],
            ..step(2, "observe", "The delivery is sent again", 59_500_000, Verdict::Warning)
        },
    ];
    let in_time = vec![StepRecord {
        exchanges: exchanges(&[6, 7, 8]),
        findings: vec![trace(6), trace(7)],
        passed: passed(&[("json-body", 3), ("retry-gap", 2), ("began-date", 3)]),
        ..step(2, "observe", "The delivery is sent again", 129_500_000, Verdict::Warning)
    }];
    let beats = vec![StepRecord {
        exchanges: exchanges(&[9, 10, 11]),
        passed: passed(&[("heartbeat", 3), ("trace-header", 3)]),
        ..step(1, "observe", "Heartbeats arrive", 269_000_000, Verdict::Pass)
    }];
    let broken = vec![StepRecord {
        cause: Some(Cause::Configuration),
        reason: Some(text("the hook `list` ended with 127: command not found")),
        ..step(1, "ask", "List the queue", 410_000_000, Verdict::Error)
    }];
    let said = |record: ScenarioRecord, cause: Option<Cause>, reason: &str| ScenarioRecord {
        cause,
        reason: Some(text(reason)),
        ..record
    };
    vec![
        scenario(
            "orchard/deliveries/created",
            "A delivery is reported",
            &["O-01", "O-03", "O-05", "O-06"],
            Verdict::Fail,
            vec![attempt(1, 300_000, Verdict::Fail, created)],
        ),
        scenario(
            "orchard/alerts/raised",
            "An alert is raised over a slow line",
            &["O-02", "O-03"],
            Verdict::Fail,
            vec![attempt(1, 7_900_000, Verdict::Fail, raised)],
        ),
        ScenarioRecord {
            flaky: true,
            ..scenario(
                "orchard/deliveries/retry",
                "The hub is down for a while",
                &["O-01", "O-04"],
                Verdict::Warning,
                vec![attempt(1, 58_900_000, Verdict::Warning, too_soon), attempt(2, 129_000_000, Verdict::Warning, in_time)],
            )
        },
        scenario(
            "orchard/queue/heartbeat",
            "The client says that it is there",
            &["O-13"],
            Verdict::Pass,
            vec![attempt(1, 268_900_000, Verdict::Pass, beats)],
        ),
        said(
            scenario(
                "orchard/queue/listed",
                "The queue is listed",
                &["O-11"],
                Verdict::Error,
                vec![attempt(1, 409_900_000, Verdict::Error, broken)],
            ),
            Some(Cause::Configuration),
            "the hook `list` ended with 127: command not found",
        ),
        said(
            scenario("orchard/queue/silent", "Nothing is sent for an hour", &["O-13"], Verdict::Inconclusive, Vec::new()),
            Some(Cause::Supplier),
            "no call came within 30 s",
        ),
        said(
            scenario("orchard/queue/restart", "The system is restarted", &["O-11"], Verdict::Skipped, Vec::new()),
            None,
            "no hook for the action `restart`",
        ),
        said(
            scenario("orchard/deliveries/cancelled", "A delivery is cancelled", &["O-09"], Verdict::NotApplicable, Vec::new()),
            None,
            "the claim `cancel` was answered no",
        ),
        said(
            scenario("orchard/network/dns", "The public DNS entry", &["O-12"], Verdict::Review, Vec::new()),
            None,
            "no machine can test it: it lies outside the test network",
        ),
    ]
}
