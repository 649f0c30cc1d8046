//! Microseconds for recording one exchange in full: a 4 kB answer, 30 passed checks, secrets to look for.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement may panic and prints what it found")]

use counterpart_evidence::{
    Assessment, Body, CheckId, Direction, Exchange, ExchangeId, ExchangeMeta, Headers, MaskKey, MaskRules, Masker, Moment,
    Outcome, Recorder, Request, RequirementId, Response, RunFolder, Storage,
};
use std::time::Instant;

/// Exchanges in one measurement.
const EXCHANGES: u64 = 50_000;

/// Whether every answer has a body of its own.
#[derive(Clone, Copy, Debug)]
enum Bodies {
    Distinct,
    Equal,
}

fn main() {
    for bodies in [Bodies::Equal, Bodies::Distinct] {
        // The best of three: other programs share the machine.
        let times: Vec<f64> = (0..3).map(|_| measure(bodies)).collect();
        let best = times.iter().copied().fold(f64::INFINITY, f64::min);
        println!("{bodies:?} bodies: {best:.2} microseconds an exchange (of {times:.2?})");
    }
}

fn measure(bodies: Bodies) -> f64 {
    let parent = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(parent.path(), "run").unwrap();
    let secrets = vec![b"a-client-secret/with+signs".to_vec(), b"another secret value".to_vec()];
    let rules = MaskRules { secrets, ..MaskRules::default() };
    let masker = Masker::new(&rules, MaskKey::new(&[1; 32])).unwrap();
    let recorder = Recorder::new(&folder, masker, Storage::default()).unwrap();
    let checks: Vec<_> = (0..30)
        .map(|number| (CheckId::new(&format!("check-number-{number}")), RequirementId::new(&format!("REQ-{number}"))))
        .collect();
    let exchanges: Vec<Exchange> = (1..=1_000).map(|number| exchange(number, bodies)).collect();
    let begun = Instant::now();
    for number in 1..=EXCHANGES {
        let exchange = &exchanges[usize::try_from(number % 1_000).unwrap()];
        let assessment = Assessment { passed: checks.clone(), ..Assessment::default() };
        recorder.record_exchange(exchange, ExchangeMeta::default(), assessment, Moment(number)).unwrap();
    }
    begun.elapsed().as_secs_f64() * 1e6 / EXCHANGES as f64
}

fn exchange(number: u64, bodies: Bodies) -> Exchange {
    let own = match bodies {
        Bodies::Distinct => number,
        Bodies::Equal => 0,
    };
    let body = format!("{{\"number\":{own:08},\"items\":\"{}\"}}", "value ".repeat(676));
    let fields = [
        ("Content-Type", "application/json".to_owned()),
        ("Content-Length", body.len().to_string()),
        ("Date", "Tue, 24 Nov 2026 10:00:00 GMT".to_owned()),
        ("X-Request-Id", format!("00000000-0000-4000-8000-{number:012}")),
        ("Cache-Control", "no-store".to_owned()),
    ];
    let asked = [
        ("Host", "sut.example.test".to_owned()),
        ("Accept", "application/json".to_owned()),
        ("Authorization", "Bearer 0123456789abcdef0123456789abcdef".to_owned()),
        ("X-Request-Id", format!("00000000-0000-4000-8000-{number:012}")),
    ];
    let lines =
        |fields: &[(&str, String)]| -> String { fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect() };
    let headers = |fields: &[(&str, String)]| -> Headers {
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    };
    let mut exchange = Exchange::new(ExchangeId(number), Direction::Inbound, "main", number);
    exchange.wire.request = format!("GET /items/7 HTTP/1.1\r\n{}\r\n", lines(&asked)).into();
    exchange.wire.response = format!("HTTP/1.1 200 OK\r\n{}\r\n{body}", lines(&fields)).into();
    let (method, target) = ("GET".to_owned(), "/items/7".to_owned());
    exchange.request = Some(Request { method, target, headers: headers(&asked), ..Request::default() });
    exchange.response = Some(Response {
        status: 200,
        reason: "OK".to_owned(),
        headers: headers(&fields),
        body: Body::plain(body),
        ..Response::default()
    });
    exchange.outcome = Outcome::Answered;
    exchange.answered_by = Some("stubs/items.yaml#list".to_owned());
    exchange
}
