//! A small run for the programs beside this folder.

use counterpart_evidence::{
    Assessment, Basis, Body, CheckId, Committing, Conductor, Direction, Error, Event, Exchange, ExchangeId, ExchangeMeta, Level,
    Line, MaskKey, MaskRules, Masker, Moment, Outcome, PackRecord, Recorder, Recording, Request, Requirement, RequirementId,
    Response, Role, RunFolder, RunHeader, RunMode, Stamped, Storage, Supplier, Tool,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;

/// Records a run of `count` exchanges, `grouped` with one write, told one by one until nobody wants to hear any more.
pub(crate) fn record(
    folder: &Path,
    (count, grouped): (u64, u64),
    storage: Storage,
    mut told: impl FnMut(ExchangeId) -> bool,
) -> Result<RunFolder, Error> {
    let folder = RunFolder::create(folder, "run")?;
    let rules = MaskRules { secrets: vec![b"hunter2-hunter2".to_vec()], ..MaskRules::default() };
    let recorder = Recorder::new(&folder, Masker::new(&rules, MaskKey::new(&[7; 32]))?, storage)?;
    recorder.record(Stamped { at: Moment(0), event: Event::RunStarted(Box::new(header())) })?;
    let (sender, receiver) = mpsc::channel();
    let mut group = Vec::new();
    for number in 1..=count {
        let exchange = exchange(number);
        let passed = vec![(CheckId::new("status"), RequirementId::new("R1")); 3];
        let assessment = Assessment { passed, ..Assessment::default() };
        let (id, sender) = (exchange.id, sender.clone());
        let hear = move |recorded: Result<Line, Error>| drop(sender.send(recorded.map(|_| id)));
        group.push(recorder.begin_exchange(&exchange, ExchangeMeta::default(), assessment, Moment(number), hear));
        if number.is_multiple_of(grouped) || number == count {
            // The first one is asked to write them all.
            drop(group.first_mut().and_then(Recording::take_committing).and_then(Committing::commit));
            group.clear();
        }
        for acknowledged in receiver.try_iter() {
            if !told(acknowledged?) {
                return Ok(folder);
            }
        }
    }
    recorder.finish().map(|_| folder)
}

fn exchange(number: u64) -> Exchange {
    let body = format!("{{\"number\":{number},\"note\":\"{}\"}}", "x".repeat(usize::try_from(number % 900).unwrap_or(0)));
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nX-Secret: hunter2-hunter2\r\n\r\n", body.len());
    let mut exchange = Exchange::new(ExchangeId(number), Direction::Inbound, "main", number);
    exchange.request = Some(Request { method: "GET".to_owned(), target: format!("/items/{number}"), ..Request::default() });
    exchange.wire.request = format!("GET /items/{number} HTTP/1.1\r\nHost: a\r\n\r\n").into();
    exchange.wire.response = format!("{head}{body}").into();
    exchange.response = Some(Response { status: 200, body: Body::plain(body), ..Response::default() });
    exchange.outcome = Outcome::Answered;
    exchange
}

fn header() -> RunHeader {
    RunHeader {
        run: "run".to_owned(),
        mode: RunMode::Simulate,
        role: Role::Provider,
        conductor: Conductor::SelfRun,
        started: "2026-11-24T10:00:00Z".to_owned(),
        tool: Tool { name: "counterpart".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        supplier: Supplier::default(),
        endpoints: BTreeMap::new(),
        pack: PackRecord::default(),
        settings: Vec::new(),
        seed: "1".to_owned(),
        clock: "real".to_owned(),
        environment: BTreeMap::new(),
        changes: Vec::new(),
        claims: Vec::new(),
        requirements: vec![Requirement {
            id: RequirementId::new("R1"),
            level: Level::Must,
            basis: Basis::Standard,
            text: "Answers with a status.".to_owned(),
            source: "RFC 9110 section 15".to_owned(),
            claim: None,
            untestable: None,
        }],
        attested: BTreeMap::new(),
        scenarios: Vec::new(),
        rules: Vec::new(),
        limits: Vec::new(),
        retry_passes: false,
        checklist: None,
    }
}
