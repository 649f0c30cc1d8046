//! Records exchanges into a run folder and prints the number of each once it is acknowledged; the tests kill it.
//!
//! `journal_writer FOLDER COUNT [drop-oldest]`

use counterpart_evidence::{
    Assessment, Basis, Body, CheckId, Conductor, Direction, Error, Event, Exchange, ExchangeId, ExchangeMeta, Level, MaskKey,
    MaskRules, Masker, Moment, Outcome, PackRecord, Recorder, Request, Requirement, RequirementId, Response, Role, RunFolder,
    RunHeader, RunMode, Stamped, Storage, Supplier, Tool, WhenFull,
};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, count, rest @ ..] = arguments.as_slice() else { return ExitCode::from(2) };
    let storage = match rest {
        [] => Storage::default(),
        _ => Storage {
            journal_bytes_max: 200_000,
            bodies_bytes_max: 400_000,
            when_full: WhenFull::DropOldest,
            ..Storage::default()
        },
    };
    match record(Path::new(folder), count.parse().unwrap_or(0), storage) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "could not {error}");
            ExitCode::from(3)
        }
    }
}

fn record(folder: &Path, count: u64, storage: Storage) -> Result<(), Error> {
    let folder = RunFolder::create(folder, "run")?;
    let rules = MaskRules { secrets: vec![b"hunter2-hunter2".to_vec()], ..MaskRules::default() };
    let mut recorder = Recorder::new(&folder, Masker::new(&rules, MaskKey::new(&[7; 32]))?, storage)?;
    recorder.record(Stamped { at: Moment(0), event: Event::RunStarted(Box::new(header())) })?;
    let mut out = std::io::stdout().lock();
    for number in 1..=count {
        let exchange = exchange(number);
        let passed = vec![(CheckId::new("status"), RequirementId::new("R1")); 3];
        let assessment = Assessment { passed, ..Assessment::default() };
        let id = recorder.record_exchange(&exchange, ExchangeMeta::default(), assessment, Moment(number))?;
        // A reader that is gone has seen enough.
        if writeln!(out, "{id}").and_then(|()| out.flush()).is_err() {
            return Ok(());
        }
    }
    recorder.finish().map(|_| ())
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
    }
}
