//! The exchanges and their bytes.

use counterpart_evidence::{
    Alert, BodyRef, Connection, Direction, Effect, ExchangeId, ExchangeRecord, HeadMask, Headers, MessageRecord, Outcome,
    PeerCertificate, ScenarioId, Timing, Tls, TlsSide,
};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const BAD_DATE: &str = "{\"delivery\":{\"id\":\"******\",\"began\":\"24/11/2026 10:16\",\"place\":{\"name\":\"North gate\",\"row\":7},\"items\":[{\"kind\":\"apple\",\"crates\":12},{\"kind\":\"pear\",\"crates\":3}],\"note\":\"left at \u{202e}gate\"}}";
pub const ALERT: &str = r#"<?xml version="1.0"?><a:alert xmlns:a="urn:example:alert"><a:id>A-7</a:id><a:level code="high"/><a:text>Frost &amp; wind</a:text></a:alert>"#;

type Bodies = BTreeMap<String, Vec<u8>>;

/// A stand-in for SHA-256 with its shape: the sample needs digests that differ, not ones that prove anything.
fn store(bodies: &mut Bodies, bytes: &[u8]) -> Box<BodyRef> {
    let mut state = [0x6a09_e667_f3bc_c908_u64, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1];
    for (place, byte) in bytes.iter().enumerate() {
        let lane = &mut state[place % 4];
        *lane = (*lane ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(17).wrapping_add(place as u64);
    }
    let digest: String = state.iter().map(|lane| format!("{lane:016x}")).collect();
    bodies.insert(digest.clone(), bytes.to_vec());
    Box::new(BodyRef { digest, bytes: bytes.len() as u64, ..BodyRef::default() })
}

fn headers(fields: &[(&str, &str)]) -> Headers {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn message(bodies: &mut Bodies, fields: &[(&str, &str)], body: &[u8]) -> MessageRecord {
    MessageRecord { headers: headers(fields), body: (!body.is_empty()).then(|| store(bodies, body)), ..MessageRecord::default() }
}

fn request(bodies: &mut Bodies, method: &str, target: &str, fields: &[(&str, &str)], body: &[u8]) -> MessageRecord {
    let wire = format!("{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n{}", String::from_utf8_lossy(body));
    let wire = Some(store(bodies, wire.as_bytes()));
    MessageRecord { method: Some(method.to_owned()), target: Some(target.to_owned()), wire, ..message(bodies, fields, body) }
}

fn response(bodies: &mut Bodies, status: u16, reason: &str, body: &[u8]) -> MessageRecord {
    let fields = [("Content-Type", "application/json"), ("Date", "Tue, 24 Nov 2026 10:16:00 GMT")];
    MessageRecord { status: Some(status), reason: Some(reason.to_owned()), ..message(bodies, &fields, body) }
}

fn tls(alert: Option<Alert>) -> Tls {
    Tls {
        version: Some("1.3".to_owned()),
        suite: Some("TLS_AES_256_GCM_SHA384".to_owned()),
        alpn: Some("http/1.1".to_owned()),
        alpn_offered: vec!["h2".to_owned(), "http/1.1".to_owned()],
        server_name: Some("deliveries.example.test".to_owned()),
        version_offered: Some("1.3".to_owned()),
        peer: Some(PeerCertificate {
            subject: "CN=harvest-connect,O=Example Ltd".to_owned(),
            issuer: "CN=Test authority".to_owned(),
            serial: "0a1b2c".to_owned(),
            not_before: "2026-11-01T00:00:00Z".to_owned(),
            not_after: "2027-11-01T00:00:00Z".to_owned(),
            names: vec!["harvest.example.test".to_owned()],
            fingerprint: "c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f2".to_owned(),
            key: "EC P-256".to_owned(),
        }),
        alert,
        refused: None,
    }
}

fn exchange(id: u64, scenario: Option<&str>, (attempt, step): (u32, u32), started_us: u64) -> ExchangeRecord {
    ExchangeRecord {
        id: ExchangeId(id),
        scenario: scenario.map(ScenarioId::new),
        attempt: scenario.map(|_| attempt),
        step: scenario.map(|_| step),
        session: None,
        leg: None,
        parent: None,
        direction: Direction::Inbound,
        endpoint: "deliveries".to_owned(),
        started_us,
        outcome: Outcome::Answered,
        reason: None,
        request: None,
        response: None,
        connection: Arc::new(Connection {
            id: id.div_ceil(2),
            local: "127.0.0.1:8443".to_owned(),
            peer: format!("127.0.0.1:{}", 40_000 + id),
            reused: id.is_multiple_of(2),
            tls: Some(tls(None)),
        }),
        timing: Timing { connect_us: None, tls_us: Some(2_300), first_byte_us: Some(3_900), total_us: Some(4_200 + id * 137) },
        effect: Effect::Stored,
        answered_by: Some("stubs/deliveries.yaml#create".to_owned()),
        fault: None,
        brief: false,
    }
}

const JSON: [(&str, &str); 4] = [
    ("Content-Type", "application/json"),
    ("Authorization", "Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJvcmNoYXJkIn0.******************************"),
    ("X-Trace-Id", "00000000-0000-1000-8000-00000000002a"),
    ("User-Agent", "Harvest/2.3"),
];

/// Makes the exchanges of the sample.
pub fn exchanges(bodies: &mut Bodies) -> Vec<ExchangeRecord> {
    let mut all = Vec::new();
    let created = "orchard/deliveries/created";
    let mut first = exchange(1, Some(created), (1, 2), 1_250_000);
    let mut bad = request(bodies, "POST", "/deliveries/v1?source=harvest", &JSON, BAD_DATE.as_bytes());
    bad.masked = vec![HeadMask { field: "Authorization".to_owned(), from: 58, to: 88, digest: "9c41".to_owned() }];
    if let Some(body) = &mut bad.body {
        body.masked = vec![(19, 25, "7d1f".to_owned())];
    }
    first.request = Some(bad);
    first.response = Some(response(bodies, 201, "Created", br#"{"accepted":true,"id":"D-1001"}"#));
    all.push(first);
    let raised = "orchard/alerts/raised";
    let mut second = exchange(2, Some(raised), (1, 1), 9_000_000);
    second.endpoint = "alerts".to_owned();
    second.request =
        Some(request(bodies, "POST", "/alerts", &[("Content-Type", "text/html"), ("X-Trace-Id", "abc")], ALERT.as_bytes()));
    second.response = Some(response(bodies, 200, "OK", b""));
    second.outcome = Outcome::Reset;
    second.reason = Some("the peer reset the connection after 120 of 2,048 bytes of the answer".to_owned());
    second.fault = Some("slow drip: 64 bytes a second".to_owned());
    second.effect = Effect::Lost;
    Arc::make_mut(&mut second.connection).tls =
        Some(tls(Some(Alert { side: TlsSide::Peer, description: "close_notify".to_owned() })));
    all.push(second);
    // Two attempts: the first retries too soon, the second keeps its time.
    let retry = "orchard/deliveries/retry";
    for (id, attempt, at, status) in [
        (3, 1, 60_000_000, 503),
        (4, 1, 78_000_000, 503),
        (5, 1, 99_000_000, 201),
        (6, 2, 130_000_000, 503),
        (7, 2, 191_000_000, 503),
        (8, 2, 252_000_000, 201),
    ] {
        let mut call = exchange(id, Some(retry), (attempt, 2), at);
        let body = format!(r#"{{"delivery":{{"id":"D-{}","began":"2026-11-24T10:20:00+00:00"}}}}"#, 2_000 + attempt);
        call.request = Some(request(bodies, "POST", "/deliveries/v1", &JSON, body.as_bytes()));
        call.response = Some(response(bodies, status, if status == 201 { "Created" } else { "Service Unavailable" }, b""));
        call.effect = if status == 201 { Effect::Stored } else { Effect::Refused };
        call.fault = (status == 503).then(|| "answered 503 on purpose".to_owned());
        all.push(call);
    }
    for (id, at) in [(9, 270_000_000), (10, 330_100_000), (11, 390_050_000)] {
        let mut beat = exchange(id, Some("orchard/queue/heartbeat"), (1, 1), at);
        beat.request = Some(request(bodies, "GET", "/heartbeat", &[("X-Trace-Id", "b5f0a8e2-7f0c-4c11-9a54-2f4f5f6b7c8d")], b""));
        beat.response = Some(response(bodies, 204, "No Content", b""));
        beat.effect = Effect::None;
        all.push(beat);
    }
    let mut stray = exchange(12, None, (0, 0), 400_000_000);
    stray.request = Some(request(
        bodies,
        "PUT",
        "/deliveries/v1",
        &[("Content-Type", "text/plain"), ("Cookie", "********")],
        b"<script>alert('x')</script>\xff\x00 end",
    ));
    stray.response = Some(response(bodies, 404, "Not Found", b"{}"));
    stray.effect = Effect::Refused;
    stray.answered_by = None;
    Arc::make_mut(&mut stray.connection).tls = None;
    all.push(stray);
    all
}

/// Adds passing exchanges until there are `count`.
pub fn repeat(all: &mut Vec<ExchangeRecord>, bodies: &mut Bodies, count: u64) {
    for id in all.len() as u64 + 1..=count {
        let mut call = exchange(id, Some("orchard/queue/heartbeat"), (1, 1), 400_000_000 + id * 10_000);
        let body = format!(
            r#"{{"delivery":{{"id":"D-{id}","began":"2026-11-24T10:20:00+00:00","items":[{{"kind":"apple","crates":{}}}]}}}}"#,
            id % 50
        );
        call.request = Some(request(bodies, "POST", "/deliveries/v1?source=harvest", &JSON, body.as_bytes()));
        call.response = Some(response(bodies, 201, "Created", format!(r#"{{"accepted":true,"id":"D-{id}"}}"#).as_bytes()));
        all.push(call);
    }
}
