//! HTTP/2, both sides: evidence in frames, faults, and peers that break the rules.

use crate::peer::{House, client, connect, limits, ok, open, request, scripted, tls_client, tls_server};
use counterpart_evidence::{Outcome, Version};
use counterpart_transport::{Connected, CutAfter, CutHow, Delivery, Drip, Framing, Limits, Sending, Versions, Welcome};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn with(delivery: Delivery) -> House {
    open(limits(), Some(tls_server()), Welcome::Usual, move |_| (ok("0123456789"), delivery.clone())).await
}

async fn connected(house: &House) -> Connected {
    let connect = connect(house.server.local_address(), Some(tls_client(Versions::Both, &["h2"])));
    client().connect(&connect).await.map_err(|failed| failed.reason).unwrap()
}

/// Kinds of frames, in order (RFC 9113 §6).
fn kinds(mut wire: &[u8]) -> Vec<u8> {
    let mut kinds = Vec::new();
    while let [a, b, c, kind, ..] = *wire {
        kinds.push(kind);
        let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        wire = &wire[9 + length..];
    }
    assert!(wire.is_empty());
    kinds
}

#[tokio::test]
async fn an_exchange_keeps_its_frames_and_fields_on_both_sides() {
    let house = with(Delivery::default()).await;
    let mut connected = connected(&house).await;
    for round in 0..3 {
        let mut asked = request("POST", &format!("/{round}?q=1"), "abc");
        asked.headers.push("X-Two", "2");
        let received = connected.send(asked, &Sending::default()).await;
        assert_eq!(received.outcome, Outcome::Answered, "{:?}", received.reason);
        let response = received.response.unwrap();
        assert_eq!(
            (response.status, response.version, response.body.content.as_ref()),
            (200, Version::Http2, &b"0123456789"[..])
        );
        assert_eq!(kinds(&received.request_wire), [1, 0], "HEADERS, DATA");
        assert!(kinds(&received.response_wire).starts_with(&[1, 0]));
        let told = house.book.told(round + 1).await.remove(round);
        assert_eq!(told.outcome, Outcome::Answered);
        assert_eq!(told.request_wire, received.request_wire);
        assert_eq!(told.response_wire, received.response_wire);
        let request = told.request.unwrap();
        assert_eq!((request.version, request.target.as_str()), (Version::Http2, format!("/{round}?q=1").as_str()));
        let names: Vec<&str> = request.headers.iter().map(|header| header.name.as_str()).collect();
        assert_eq!(names, ["x-one", "x-two"]);
        assert_eq!(told.connection.reused, round > 0);
    }
}

#[tokio::test]
async fn an_answer_is_delayed_and_drips() {
    let delivery = Delivery {
        delay: Duration::from_millis(100),
        interim: vec![103],
        drip: Some(Drip { bytes: 3, every: Duration::from_millis(30) }),
        ..Delivery::default()
    };
    let house = with(delivery).await;
    let began = Instant::now();
    let received = connected(&house).await.send(request("GET", "/", ""), &Sending::default()).await;
    assert_eq!(received.outcome, Outcome::Answered, "{:?}", received.reason);
    assert!(began.elapsed() >= Duration::from_millis(100 + 3 * 30));
    assert_eq!(kinds(&received.response_wire), [1, 1, 0, 0, 0, 0], "interim, head, four pieces");
    let told = house.book.told(1).await.remove(0);
    assert_eq!(told.response_wire, received.response_wire);
}

#[tokio::test]
async fn an_answer_is_cut_where_and_how_it_should_be() {
    let places = [(CutAfter::Nothing, None), (CutAfter::Head, Some("")), (CutAfter::Body(4), Some("0123"))];
    let ways = [
        (CutHow::Close, Outcome::Closed),
        (CutHow::HalfClose, Outcome::Closed),
        (CutHow::Hang, Outcome::Timeout),
        (CutHow::Reset, Outcome::Reset),
    ];
    for (after, content) in places {
        for (how, outcome) in ways {
            let house = with(Delivery { cut: Some((after, how)), ..Delivery::default() }).await;
            let mut connected = connected(&house).await;
            let received = connected.send(request("GET", "/", ""), &Sending::default()).await;
            assert_ne!(received.outcome, Outcome::Answered, "{after:?} {how:?}");
            let came = received.response.map(|response| String::from_utf8(response.body.content.to_vec()).unwrap());
            // A reset may overtake what was sent.
            if how != CutHow::Reset {
                assert_eq!(came.as_deref(), content, "{after:?} {how:?}: {:?}", received.reason);
            }
            let told = house.book.told(1).await.remove(0);
            assert_eq!(told.outcome, outcome, "{after:?} {how:?}");
            assert_eq!(
                kinds(&told.response_wire).len(),
                match after {
                    CutAfter::Nothing => 0,
                    CutAfter::Head => 1,
                    _ => 2,
                }
            );
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_given_up_is_told_of_when_it_was() {
    let hang = |after| Delivery { cut: Some((after, CutHow::Hang)), ..Delivery::default() };
    let delay = Delivery { delay: Duration::from_secs(9), ..Delivery::default() };
    for delivery in [delay, hang(CutAfter::Nothing), hang(CutAfter::Body(4))] {
        let limits = Limits { hang_ms: 9_000, ..limits() };
        let said = format!("{delivery:?}");
        let house = open(limits, Some(tls_server()), Welcome::Usual, move |_| (ok("0123456789"), delivery.clone())).await;
        // Its client waits for half a second.
        connected(&house).await.send(request("GET", "/", ""), &Sending::default()).await;
        let told = house.book.told(1).await.remove(0);
        assert!(matches!(told.outcome, Outcome::Closed | Outcome::Reset), "{said}: {:?}", told.outcome);
        let took = Duration::from_micros(told.timing.total_us.unwrap());
        assert!(took >= Duration::from_millis(400) && took < Duration::from_secs(3), "{said}: {took:?}");
    }
}

#[tokio::test]
async fn a_wrong_length_and_raw_bytes_reach_the_client() {
    let house = with(Delivery { framing: Framing::LengthOff(5), ..Delivery::default() }).await;
    let received = connected(&house).await.send(request("GET", "/", ""), &Sending::default()).await;
    assert_ne!(received.outcome, Outcome::Answered, "the length is checked by whoever reads (RFC 9113 §8.1.1)");
    assert_eq!(house.book.told(1).await[0].response.as_ref().unwrap().headers.first("content-length"), Some("15"));

    let house = with(Delivery { raw: Some("HTTP/1.1 200 OK\r\n\r\n".into()), ..Delivery::default() }).await;
    let received = connected(&house).await.send(request("GET", "/", ""), &Sending::default()).await;
    assert!(received.response.is_none(), "{received:?}");
    assert_eq!(house.book.told(1).await[0].outcome, Outcome::Malformed);
}

#[tokio::test]
async fn too_much_is_told_as_such() {
    let house = with(Delivery::default()).await;
    let mut many = request("GET", "/", "");
    (0..60).for_each(|number| many.headers.push(format!("x-{number}"), "1"));
    let received = connected(&house).await.send(many, &Sending::default()).await;
    assert_eq!(received.response.map(|response| response.status), Some(431));
    let large = "a".repeat(limits().body_bytes_max + 1);
    let received = connected(&house).await.send(request("POST", "/", &large), &Sending::default()).await;
    assert_eq!(received.response.map(|response| response.status), Some(413), "{:?}", received.reason);
    let told = house.book.told(2).await;
    assert!(told.iter().all(|told| told.outcome == Outcome::Oversized), "{told:?}");
}

#[tokio::test]
async fn a_request_that_is_cut_is_told() {
    let house = with(Delivery::default()).await;
    for (how, outcome) in [(CutHow::Close, Outcome::Closed), (CutHow::Reset, Outcome::Reset)] {
        let mut connected = connected(&house).await;
        let delivery = Delivery { cut: Some((CutAfter::Body(2), how)), ..Delivery::default() };
        let received = connected.send(request("POST", "/", "0123456789"), &Sending { delivery, within: None }).await;
        assert_eq!(received.outcome, outcome);
    }
    let told = house.book.told(2).await;
    assert!(told.iter().all(|told| told.request.is_none() && !told.request_wire.is_empty()), "{told:?}");
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[a, b, c, kind, flags][..], &stream.to_be_bytes(), payload].concat()
}

/// GET https / and an authority, from the fixed table and as a literal.
const GET: &[u8] = &[0x82, 0x87, 0x84, 0x41, 1, b'x'];

/// Sends frames over TLS as they are, and reads until the end.
async fn raw(house: &House, bytes: &[u8]) {
    let stream = house.raw().await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(crate::peer::keys().trust.anchors.iter().cloned());
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let mut stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let _ = stream.flush().await;
    let mut buffer = [0; 8192];
    let reading = async { while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {} };
    assert!(tokio::time::timeout(crate::peer::DEADLINE, reading).await.is_ok(), "the server did not end the connection");
}

#[tokio::test]
async fn frames_that_break_the_rules_are_told() {
    let wrong = [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        PREFACE[..10].to_vec(),
        PREFACE.to_vec(),
        [PREFACE, &frame(0, 0, 1, b"data before a head")].concat(),
        [PREFACE, &frame(1, 4, 2, GET)].concat(),
        [PREFACE, &frame(1, 4, 1, &[0xff; 10])].concat(),
        [PREFACE, &frame(1, 0, 1, GET), &frame(6, 0, 0, &[0; 8])].concat(),
        [PREFACE, &[0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]].concat(),
        // Upper case in a name (RFC 9113 §8.2.1), and no method.
        [PREFACE, &frame(1, 5, 1, &[GET, &[0, 1, b'A', 1, b'b']].concat())].concat(),
        [PREFACE, &frame(1, 5, 1, &[0x84])].concat(),
        // A request without its end.
        [PREFACE, &frame(1, 4, 1, GET)].concat(),
    ];
    for bytes in wrong {
        let house = with(Delivery::default()).await;
        raw(&house, &bytes).await;
        let told = house.book.told(1).await.remove(0);
        assert!(told.request.is_none(), "{bytes:?}: {told:?}");
        assert!(matches!(told.outcome, Outcome::Malformed | Outcome::Timeout | Outcome::Closed), "{bytes:?}: {told:?}");
    }
}

#[tokio::test]
async fn a_flood_of_resets_ends_the_connection_and_is_told() {
    let mut bytes = PREFACE.to_vec();
    for stream in (1..20_000).step_by(2) {
        bytes.extend(frame(1, 5, stream, GET));
        bytes.extend(frame(3, 0, stream, &[0, 0, 0, 8]));
    }
    let house = with(Delivery::default()).await;
    raw(&house, &bytes).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let told = house.book.all();
    assert!(!told.is_empty() && told.len() < 2_000, "{} events", told.len());
    assert!(told.iter().any(|told| told.outcome == Outcome::Malformed), "{:?}", told.last());
}

#[tokio::test]
async fn a_server_that_speaks_no_http2_is_an_outcome() {
    // It agrees to h2 in TLS and then answers as HTTP/1.
    let config = {
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = crate::peer::keys().server.certified_key().unwrap();
        let resolver = rustls::sign::SingleCertAndKey::from((*key).clone());
        let mut config = builder.with_no_client_auth().with_cert_resolver(std::sync::Arc::new(resolver));
        config.alpn_protocols = vec![b"h2".to_vec()];
        std::sync::Arc::new(config)
    };
    let address = scripted(move |stream| {
        let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::clone(&config));
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
            let _ = stream.flush().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
    let connect = connect(&address, Some(tls_client(Versions::Both, &["h2"])));
    let mut connected = client().connect(&connect).await.map_err(|failed| failed.reason).unwrap();
    let received = connected.send(request("GET", "/", ""), &Sending::default()).await;
    assert!(received.response.is_none());
    assert_eq!(received.outcome, Outcome::Malformed, "{received:?}");
}
