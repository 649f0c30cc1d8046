//! Who, what, when, and the requirements.

use counterpart_evidence::{
    Basis, CheckChange, CheckId, ClaimRecord, Conductor, Counts, Document, ExchangeId, Level, Limit, PackRecord, Preflight,
    RUN_FORMAT, RUN_VERSION, Requirement, RequirementId, RequirementRecord, Role, RunMode, RunRecord, ScenarioId, SettingRecord,
    Supplier, Tool, Verdict,
};
use std::collections::BTreeMap;

fn text(words: &str) -> String {
    words.to_owned()
}

fn pairs(all: &[(&str, &str)]) -> BTreeMap<String, String> {
    all.iter().map(|(name, value)| (text(name), text(value))).collect()
}

pub fn record() -> RunRecord {
    RunRecord {
        format: text(RUN_FORMAT),
        version: RUN_VERSION,
        run: text("run-20261124T101500Z-orchard-provider-7f3a"),
        mode: RunMode::Run,
        role: Role::Provider,
        conductor: Conductor::Witnessed,
        started: text("2026-11-24T10:15:00Z"),
        finished: Some(text("2026-11-24T10:22:41Z")),
        duration_us: 461_250_000,
        tool: Tool { name: text("counterpart"), version: text("0.1.0") },
        supplier: Supplier {
            name: Some(text("Example Ltd")),
            product: Some(text("Harvest Connect")),
            version: Some(text("2.3")),
            build: Some(text("sha256:5d41402abc4b2a76b9719d911017c592ae2f1c4e7a90b3d1")),
        },
        endpoints: pairs(&[("alerts", "https://127.0.0.1:8444"), ("deliveries", "https://127.0.0.1:8443")]),
        pack: pack(),
        settings: vec![
            setting("client_id", "orchard-test", "workspace"),
            setting("client_secret", "************", "environment"),
            setting("retry_wait", "60s", "default"),
        ],
        seed: text("20261124"),
        clock: text("scaled:10"),
        environment: pairs(&[("host", "ci-runner-4"), ("system", "Linux 6.1 x86_64")]),
        verdict: Verdict::Fail,
        partial: true,
        ended_early: None,
        limits: vec![
            limit("Cancellation of a delivery", "the feature is not claimed by the supplier"),
            limit("Restart of the system under test", "the action has neither a hook nor a person at the terminal"),
            limit("Public DNS entry (O-12)", "no machine can test it; a person must attest it"),
        ],
        changes: vec![
            CheckChange {
                check: CheckId::new("trace-header"),
                change: text("lowered"),
                reason: text("workspace file: agreed with the assurance team on 2026-11-12, issue 118"),
            },
            CheckChange {
                check: CheckId::new("retry-gap"),
                change: text("promoted"),
                reason: text("workspace file: this supplier asked for it"),
            },
        ],
        claims: claims(),
        preflight: vec![
            flight("Listener", Some(true), "127.0.0.1:8443 and 127.0.0.1:8444 are open", None),
            flight("Clock skew", Some(true), "0.2 s between the two machines", None),
            flight(
                "Client certificate",
                None,
                "could not be looked at before the first call came",
                Some("let the system call once, then run `counterpart doctor`"),
            ),
        ],
        summary: Counts::default(),
        requirements: requirements(),
        scenarios: Vec::new(),
        exchanges: Vec::new(),
        unexpected: vec![ExchangeId(12)],
        unexpected_findings: Vec::new(),
        unexpected_passed: BTreeMap::from([(RequirementId::new("O-03"), 1)]),
        unmatched: BTreeMap::from([(
            ExchangeId(12),
            vec![
                text("closest rule stubs/deliveries.yaml#create"),
                text("method: expected `POST`, was `PUT`"),
                text("path: `/deliveries/v1` fits `/deliveries/{version}`"),
                text("header Content-Type: expected `application/json`, was `text/plain`"),
            ],
        )]),
        unexpected_checks: BTreeMap::new(),
        checklist: None,
        unused_rules: vec![text("stubs/deliveries.yaml#gone"), text("stubs/alerts.yaml#slow")],
    }
}

fn pack() -> PackRecord {
    PackRecord {
        name: text("orchard"),
        title: text("Orchard delivery hub"),
        version: text("1.4.0"),
        digest: text("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        released: Some(false),
        modified: vec![text("checks/delivery.yaml"), text("scenarios/deliveries/retry.yaml")],
        documents: vec![
            Document {
                id: text("OD"),
                title: text("Orchard Delivery Interface"),
                version: Some(text("3.1, 2026-05-04")),
                link: Some(text("https://example.org/orchard/delivery-3.1.pdf")),
                read: Some(text("2026-10-01")),
            },
            Document {
                id: text("RFC 9110"),
                title: text("HTTP Semantics"),
                version: None,
                link: Some(text("javascript:alert(1)")),
                read: None,
            },
        ],
        profile: text("default"),
        switches: pairs(&[("accept-202", "on"), ("date-with-offset", "required")]),
    }
}

fn setting(name: &str, value: &str, origin: &str) -> SettingRecord {
    SettingRecord { name: text(name), value: text(value), origin: text(origin) }
}

fn limit(what: &str, why: &str) -> Limit {
    Limit { what: text(what), why: text(why) }
}

fn flight(name: &str, passed: Option<bool>, detail: &str, hint: Option<&str>) -> Preflight {
    Preflight { name: text(name), passed, detail: text(detail), hint: hint.map(text), cause: None }
}

fn claims() -> Vec<ClaimRecord> {
    let claim = |id: &str, question: &str, status: &str, (claimed, exercised): (bool, bool), remark: Option<&str>| ClaimRecord {
        id: text(id),
        question: text(question),
        status: text(status),
        claimed,
        exercised,
        remark: remark.map(text),
    };
    vec![
        claim("deliveries", "Does the system report deliveries?", "mandatory", (true, true), None),
        claim("alerts", "Does the system raise alerts?", "mandatory", (false, false), Some("mandatory, but answered no")),
        claim("photos", "Does the system attach photographs?", "optional", (true, false), Some("claimed, but never exercised")),
        claim("cancel", "Does the system cancel deliveries?", "optional", (false, false), None),
    ]
}

struct Row(&'static str, Level, Basis, &'static str, &'static str, &'static [&'static str], (u32, u32, u32), Verdict);

fn requirements() -> Vec<RequirementRecord> {
    let rows = [
        Row(
            "O-01",
            Level::Must,
            Basis::Published,
            "A delivery carries the date and time at which it began, with an offset.",
            "OD 3.1 §4.2",
            &["orchard/deliveries/created", "orchard/deliveries/retry"],
            (3, 1, 0),
            Verdict::Fail,
        ),
        Row(
            "O-02",
            Level::Must,
            Basis::Published,
            "The client closes the connection only after the whole answer was read.",
            "OD 3.1 §2.6",
            &["orchard/alerts/raised"],
            (1, 1, 0),
            Verdict::Fail,
        ),
        Row(
            "O-03",
            Level::Must,
            Basis::Standard,
            "A request with content names its media type.",
            "RFC 9110 §8.3",
            &["orchard/deliveries/created", "orchard/alerts/raised"],
            (8, 1, 0),
            Verdict::Fail,
        ),
        Row(
            "O-04",
            Level::Should,
            Basis::Published,
            "The client waits at least a minute before it sends a failed delivery again.",
            "OD 3.1 §5.1",
            &["orchard/deliveries/retry"],
            (2, 1, 0),
            Verdict::Warning,
        ),
        Row(
            "O-05",
            Level::Must,
            Basis::Assumed,
            "The trace header is a version 4 UUID.",
            "OD 3.1 §3.3 is silent on the version",
            &["orchard/deliveries/created"],
            (4, 1, 0),
            Verdict::Warning,
        ),
        Row(
            "O-06",
            Level::May,
            Basis::Published,
            "The client asks for compressed answers.",
            "OD 3.1 §2.9",
            &["orchard/deliveries/created"],
            (0, 0, 2),
            Verdict::Skipped,
        ),
        Row(
            "O-09",
            Level::Must,
            Basis::Published,
            "A cancelled delivery is reported as cancelled.",
            "OD 3.1 §6",
            &["orchard/deliveries/cancelled"],
            (0, 0, 0),
            Verdict::NotApplicable,
        ),
        Row(
            "O-11",
            Level::Must,
            Basis::Published,
            "The client resumes its queue after a restart.",
            "OD 3.1 §5.4",
            &["orchard/queue/restart"],
            (0, 0, 0),
            Verdict::Skipped,
        ),
        Row(
            "O-12",
            Level::Must,
            Basis::Published,
            "The service has a public DNS entry.",
            "OD 3.1 §2.1",
            &[],
            (0, 0, 0),
            Verdict::Review,
        ),
        Row(
            "O-13",
            Level::Must,
            Basis::Published,
            "A heartbeat is sent each minute.",
            "OD 3.1 §7",
            &["orchard/queue/heartbeat"],
            (5, 0, 0),
            Verdict::Pass,
        ),
    ];
    rows.into_iter()
        .map(|Row(id, level, basis, words, source, scenarios, (passed, failed, skipped), verdict)| RequirementRecord {
            requirement: Requirement {
                id: RequirementId::new(id),
                level,
                basis,
                text: text(words),
                source: text(source),
                claim: (id == "O-09").then(|| text("cancel")),
                untestable: (id == "O-12").then(|| text("it lies outside the test network")),
            },
            claimed: (id == "O-09").then_some(false),
            scenarios: scenarios.iter().map(|id| ScenarioId::new(id)).collect(),
            passed,
            failed,
            skipped,
            verdict,
            reason: (id == "O-11").then(|| text("no hook for the action `restart`")),
            by: None,
        })
        .collect()
}
