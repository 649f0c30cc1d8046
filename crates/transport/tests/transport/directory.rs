//! LDAP, both sides: what goes over the wire, what is told, and what hostile bytes come to.

use crate::peer::{DEADLINE, House, Told, client, connect, keys, limits, open_speaking, read_all, request, scripted, tls_client};
use counterpart_evidence::{Body, Outcome, Request, Response, Version};
use counterpart_transport::{
    Call, ClientAuth, Connect, CutAfter, CutHow, Delivery, Drip, Protocol, Received, Sending, TlsClient, TlsServer, Versions,
    Welcome,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

/// A search for `(a=b)` below `o=x` that asks for `c`, number 2, laid out by hand after RFC 4511.
const SEARCH: &[u8] = &[
    0x30, 0x26, 2, 1, 2, 0x63, 0x21, 4, 3, b'o', b'=', b'x', 0x0a, 1, 2, 0x0a, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0, 0xa3, 6, 4, 1,
    b'a', 4, 1, b'b', 0x30, 3, 4, 1, b'c',
];
/// The answer to it: one entry `o=x` with `c: d`, then success.
const ANSWER: &[u8] = &[
    0x30, 0x17, 2, 1, 2, 0x64, 0x12, 4, 3, b'o', b'=', b'x', 0x30, 0x0b, 0x30, 9, 4, 1, b'c', 0x31, 4, 4, 2, b'd', b'e', 0x30,
    0x0c, 2, 1, 2, 0x65, 7, 0x0a, 1, 0, 4, 0, 4, 0,
];
const UNBIND: &[u8] = &[0x30, 5, 2, 1, 3, 0x42, 0];

fn answer() -> Response {
    let body = json!({ "entries": [{ "dn": "o=x", "attributes": { "c": ["de"] } }] });
    Response { status: 0, body: Body::plain(body.to_string()), ..Response::default() }
}

async fn house(delivery: Delivery) -> House {
    open_speaking(Protocol::Directory, limits(), None, Welcome::Usual, move |_| (answer(), delivery.clone())).await
}

fn said(body: &Body) -> Value {
    serde_json::from_slice(&body.content).unwrap()
}

fn asking(address: &str, tls: Option<TlsClient>) -> Connect {
    Connect { protocol: Protocol::Directory, ..connect(address, tls) }
}

fn search() -> Request {
    request("SEARCH", "/", r#"{"base":"o=x","filter":"(a=b)","attributes":["c"]}"#)
}

async fn asked(address: &str, sending: &Sending) -> Received {
    let mut connected = client().connect(&asking(address, None)).await.unwrap();
    timeout(DEADLINE, connected.send(search(), sending)).await.unwrap()
}

#[tokio::test]
async fn a_search_is_told_as_json_with_its_bytes() {
    let house = house(Delivery::default()).await;
    assert_eq!(house.exchange(&[SEARCH, UNBIND].concat()).await, ANSWER);
    let Told { outcome, request, request_wire, response, response_wire, .. } = house.book.told(1).await.remove(0);
    let (request, response) = (request.unwrap(), response.unwrap());
    assert_eq!((outcome, request.version), (Outcome::Answered, Version::Ldap3));
    assert_eq!((request.method.as_str(), request.target.as_str()), ("SEARCH", "/o=x?c?sub?(a=b)"));
    assert_eq!(said(&request.body)["demands"], json!({ "a": ["b"] }));
    assert_eq!((response.status, response.reason.as_str()), (0, "success"));
    assert_eq!((request_wire.as_slice(), response_wire.as_slice()), (SEARCH, ANSWER));
    assert!(request.headers.is_empty() && response.headers.is_empty());
}

#[tokio::test]
async fn messages_are_answered_in_order_however_they_come() {
    let house = house(Delivery::default()).await;
    let mut stream = house.raw().await;
    for byte in SEARCH {
        stream.write_all(&[*byte]).await.unwrap();
    }
    let abandon = [0x30, 6, 2, 1, 9, 0x50, 1, 2];
    stream.write_all(&[SEARCH, &abandon, SEARCH, UNBIND].concat()).await.unwrap();
    assert_eq!(read_all(&mut stream).await, ANSWER.repeat(3));
    let told = house.book.told(3).await;
    assert_eq!(told.iter().map(|told| told.connection.reused).collect::<Vec<_>>(), [false, true, true]);
}

#[tokio::test]
async fn our_own_question_comes_as_it_was_asked() {
    let house = house(Delivery::default()).await;
    let mut connected = client().connect(&asking(house.server.local_address(), None)).await.unwrap();
    for reused in [false, true] {
        let received = connected.send(search(), &Sending::default()).await;
        assert_eq!((received.outcome, received.connection.reused), (Outcome::Answered, reused), "{received:?}");
        let response = received.response.unwrap();
        assert_eq!((response.status, response.reason.as_str(), response.version), (0, "success", Version::Ldap3));
        assert_eq!(said(&response.body)["entries"], json!([{ "dn": "o=x", "attributes": { "c": ["de"] } }]));
        assert_eq!(received.request.target, "/o=x?c?sub?(a=b)");
        assert!(connected.is_open());
    }
    let told = house.book.told(2).await;
    // Only the number of the message is another one.
    assert_eq!(told[1].request_wire, SEARCH);
    assert_eq!(told[1].response_wire, ANSWER);
}

#[tokio::test]
async fn a_directory_is_asked_over_tls() {
    let tls = TlsServer::new(&keys().server, &ClientAuth::None, Versions::Both, &[]).unwrap();
    let answers = |_: &Call| (answer(), Delivery::default());
    let house = open_speaking(Protocol::Directory, limits(), Some(tls), Welcome::Usual, answers).await;
    let connect = asking(house.server.local_address(), Some(tls_client(Versions::Both, &[])));
    let received = client().connect(&connect).await.unwrap().send(search(), &Sending::default()).await;
    assert_eq!(received.outcome, Outcome::Answered);
    assert_eq!(received.connection.tls.unwrap().version.as_deref(), Some("1.3"));
}

#[tokio::test]
async fn what_is_no_message_is_told_and_disconnected() {
    let oversized = [0x30, 0x84, 0x7f, 0xff, 0xff, 0xff];
    let deep = {
        let mut filter = vec![0x87, 1, b'a'];
        for _ in 0..60 {
            filter = [&[0xa2, u8::try_from(filter.len()).unwrap()][..], &filter].concat();
        }
        let rest = [&SEARCH[7..27], &filter, &SEARCH[35..]].concat();
        let inner = [&[2, 1, 2, 0x63, 0x81, u8::try_from(rest.len()).unwrap()][..], &rest].concat();
        [&[0x30, 0x81, u8::try_from(inner.len()).unwrap()][..], &inner].concat()
    };
    for (bytes, outcome, reason) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], Outcome::Malformed, "begins with 0x30"),
        (&oversized, Outcome::Oversized, "more than 1048576"),
        (&[0x30, 0x80, 0, 0], Outcome::Malformed, "indefinite"),
        (&[0x30, 3, 2, 1, 2], Outcome::Malformed, "is missing"),
        (&deep, Outcome::Oversized, "depth of the filter"),
    ] {
        let house = house(Delivery::default()).await;
        let farewell = house.exchange(bytes).await;
        // Message 0, the notice of disconnection, says protocolError.
        assert_eq!((farewell[0], &farewell[2..6], farewell[9]), (0x30, &[2, 1, 0, 0x78][..], 2), "{reason}: {farewell:?}");
        let told = house.book.told(1).await.remove(0);
        assert_eq!(told.outcome, outcome, "{reason}: {}", told.reason);
        assert!(told.reason.contains(reason), "{}", told.reason);
        assert!(told.request.is_none() && bytes.starts_with(&told.request_wire), "{reason}");
    }
}

#[tokio::test]
async fn a_client_that_says_nothing_more_is_left() {
    for (bytes, outcome, count) in
        [(&SEARCH[..9], Outcome::Timeout, 1), (&[], Outcome::Timeout, 1), (SEARCH, Outcome::Answered, 1)]
    {
        let house = house(Delivery::default()).await;
        let mut stream = house.raw().await;
        stream.write_all(bytes).await.unwrap();
        let began = Instant::now();
        read_all(&mut stream).await;
        assert!(began.elapsed() >= Duration::from_millis(limits().head_ms) / 2, "{bytes:?}");
        assert_eq!(house.book.told(count).await[0].outcome, outcome, "{bytes:?}");
    }
    // One that ends in the middle is told of as well.
    let house = house(Delivery::default()).await;
    assert!(house.exchange(&SEARCH[..20]).await.is_empty());
    assert_eq!(house.book.told(1).await[0].outcome, Outcome::Closed);
}

#[tokio::test]
async fn answers_go_wrong_as_they_should() {
    let cut = |after, how| Delivery { cut: Some((after, how)), ..Delivery::default() };
    let drip = Delivery { drip: Some(Drip { bytes: 5, every: Duration::from_millis(1) }), ..Delivery::default() };
    for (delivery, bytes, ours, theirs) in [
        (cut(CutAfter::Nothing, CutHow::Close), 0, Outcome::Closed, Outcome::Closed),
        (cut(CutAfter::Body(25), CutHow::Close), 25, Outcome::Closed, Outcome::Truncated),
        (cut(CutAfter::Nothing, CutHow::Reset), 0, Outcome::Reset, Outcome::Reset),
        (cut(CutAfter::Nothing, CutHow::Hang), 0, Outcome::Timeout, Outcome::Reset),
        (drip, ANSWER.len(), Outcome::Answered, Outcome::Answered),
        (Delivery { raw: Some("no LDAP".into()), ..Delivery::default() }, 7, Outcome::Malformed, Outcome::Malformed),
    ] {
        let house = house(delivery.clone()).await;
        let received = asked(house.server.local_address(), &Sending::default()).await;
        assert_eq!(received.outcome, theirs, "{delivery:?}: {:?}", received.reason);
        assert_eq!(received.response_wire.len(), bytes, "{delivery:?}");
        let told = house.book.told(1).await.remove(0);
        assert_eq!((told.outcome, told.response_wire.len()), (ours, bytes), "{delivery:?}");
    }
}

#[tokio::test]
async fn a_body_that_says_no_answer_goes_out_as_it_stands() {
    let broken = |_: &Call| (Response { body: Body::plain("{\"entries\":"), ..Response::default() }, Delivery::default());
    let house = open_speaking(Protocol::Directory, limits(), None, Welcome::Usual, broken).await;
    let received = asked(house.server.local_address(), &Sending::default()).await;
    assert_eq!((received.outcome, &received.response_wire[..]), (Outcome::Malformed, &b"{\"entries\":"[..]));
}

#[tokio::test]
async fn a_hostile_directory_is_a_finding_and_no_hang() {
    for (bytes, outcome) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], Outcome::Malformed),
        (&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], Outcome::Oversized),
        // An entry, and half of a result.
        (&[0x30, 9, 2, 1, 1, 0x64, 4, 4, 0, 0x30, 0, 0x30, 0x0c, 2, 1], Outcome::Truncated),
        // An answer to a message that nobody sent.
        (&[0x30, 0x0c, 2, 1, 7, 0x65, 7, 0x0a, 1, 0, 4, 0, 4, 0], Outcome::Malformed),
    ] {
        let address = scripted(move |mut stream| async move {
            let mut asked = [0; 512];
            drop(stream.read(&mut asked).await);
            drop(stream.write_all(bytes).await);
            drop(stream.shutdown().await);
        })
        .await;
        let received = asked(&address, &Sending::default()).await;
        assert_eq!((received.outcome, received.response.is_none()), (outcome, true), "{bytes:?}: {:?}", received.reason);
        assert_eq!(&received.response_wire[..], bytes);
    }
    let silent = scripted(|mut stream| async move {
        let mut asked = [0; 512];
        while stream.read(&mut asked).await.is_ok_and(|count| count > 0) {}
    })
    .await;
    let sending = Sending { within: Some(Duration::from_millis(100)), ..Sending::default() };
    assert_eq!(asked(&silent, &sending).await.outcome, Outcome::Timeout);
}

/// A directory that talks without end and says nothing.
#[tokio::test]
async fn an_endless_answer_is_bounded() {
    let address = scripted(|mut stream| async move {
        let mut asked = [0; 512];
        drop(stream.read(&mut asked).await);
        // Half of an answer is whole messages: entries without a result.
        let entry: &[u8] = &[0x30, 9, 2, 1, 1, 0x64, 4, 4, 0, 0x30, 0];
        let many = entry.repeat(1_000);
        while stream.write_all(&many).await.is_ok() {}
    })
    .await;
    let received = asked(&address, &Sending { within: Some(DEADLINE), ..Sending::default() }).await;
    assert_eq!(received.outcome, Outcome::Oversized, "{:?}", received.reason);
}
