//! Clients that send what they should not.

use crate::peer::{DEADLINE, Told, limits, ok, open, plain, read_all, reset};
use counterpart_evidence::Outcome;
use counterpart_transport::{CutHow, Delivery, Welcome};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What is told of bytes after which the client says no more.
async fn told_of(bytes: &[u8]) -> Told {
    let house = plain().await;
    house.exchange(bytes).await;
    house.book.told(1).await.remove(0)
}

#[tokio::test]
async fn bytes_that_are_no_request_are_told_and_kept() {
    let wrong: [&[u8]; 9] = [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"THIS IS NOT HTTP\r\n\r\n",
        b"GET / HTTP/3.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nX y: 1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
        b"GET / HTTP/1.1\r\nX: 1\r\n folded\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
    ];
    for bytes in wrong {
        let told = told_of(bytes).await;
        assert_eq!((told.outcome, told.request_wire.as_slice()), (Outcome::Malformed, bytes), "{told:?}");
    }
}

#[tokio::test]
async fn bytes_beyond_ascii_in_a_field_are_kept_one_character_a_byte() {
    let bytes = b"GET /a HTTP/1.1\r\nHost: x\r\nX-Name: caf\xe9 \xff\xfe\r\n\r\n";
    let told = told_of(bytes).await;
    assert_eq!(told.outcome, Outcome::Answered);
    assert_eq!(told.request_wire, bytes);
    assert_eq!(told.request.unwrap().headers.first("x-name"), Some("caf\u{e9} \u{ff}\u{fe}"));
}

#[tokio::test]
async fn a_connection_without_a_request_is_told() {
    assert_eq!(told_of(b"").await.outcome, Outcome::Closed);
    assert_eq!(told_of(b"GET / HT").await.outcome, Outcome::Closed);
    let house = plain().await;
    let mut stream = house.raw().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    reset(stream);
    assert_eq!(house.book.told(1).await[0].outcome, Outcome::Reset);
}

#[tokio::test]
async fn a_slow_peer_is_ended_and_told() {
    for part in [&b""[..], b"POST / HTTP/1.1\r\nContent-Le", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf"] {
        let house = plain().await;
        let mut stream = house.raw().await;
        stream.write_all(part).await.unwrap();
        read_all(&mut stream).await;
        let told = house.book.told(1).await.remove(0);
        assert_eq!((told.outcome, told.request_wire.as_slice()), (Outcome::Timeout, part), "{told:?}");
    }
}

#[tokio::test]
async fn too_much_is_told_as_such() {
    let many: String = (0..10_000).map(|number| format!("X-{number}: 1\r\n")).collect();
    let many = format!("GET / HTTP/1.1\r\n{many}\r\n");
    let few_too_many: String = (0..51).map(|number| format!("X-{number}: 1\r\n")).collect();
    let few_too_many = format!("GET / HTTP/1.1\r\n{few_too_many}\r\n");
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(100_000));
    let target = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(100_000));
    for bytes in [many, few_too_many, long, target] {
        let told = told_of(bytes.as_bytes()).await;
        assert_eq!(told.outcome, Outcome::Oversized, "{told:?}");
    }
}

#[tokio::test]
async fn a_huge_body_is_read_up_to_the_limit_only() {
    for head in ["Content-Length: 1073741824\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n40000000\r\n"] {
        let house = plain().await;
        let mut stream = house.raw().await;
        stream.write_all(format!("POST / HTTP/1.1\r\n{head}").as_bytes()).await.unwrap();
        let piece = vec![b'a'; 64 * 1024];
        let mut sent = 0;
        // One gigabyte, if it were let in.
        while sent < 1_073_741_824_usize && stream.write_all(&piece).await.is_ok() {
            sent += piece.len();
        }
        assert!(sent < 64 * 1024 * 1024, "{sent} bytes were taken");
        let told = house.book.told(1).await.remove(0);
        assert_eq!(told.outcome, Outcome::Oversized, "{told:?}");
        assert!(told.request_wire.len() <= 64 * 1024);
    }
}

#[tokio::test]
async fn a_body_that_stops_short_is_told() {
    for part in ["Content-Length: 10\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n5\r\nhel"] {
        let told = told_of(format!("POST / HTTP/1.1\r\n{part}").as_bytes()).await;
        assert_eq!(told.outcome, Outcome::Closed, "{told:?}");
        assert!(told.request_wire.ends_with(part.as_bytes()));
    }
}

#[tokio::test]
async fn chunks_that_are_none_are_malformed() {
    for chunks in ["zz\r\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "-1\r\n", "ffffffffffffffffff\r\na\r\n"] {
        let told = told_of(format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}").as_bytes()).await;
        assert_eq!(told.outcome, Outcome::Malformed, "{chunks}: {told:?}");
    }
}

#[tokio::test]
async fn chunks_with_extensions_and_trailers_are_one_message() {
    let bytes = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n0\r\nX-After: 1\r\n\r\n";
    let told = told_of(bytes).await;
    assert_eq!(told.outcome, Outcome::Answered);
    assert_eq!(told.request_wire, bytes);
    assert_eq!(told.request.unwrap().body.content.as_ref(), b"hello");
}

/// A request in a request must not be taken for a second one by us and not by others, or the other way round.
#[tokio::test]
async fn lengths_that_contradict_each_other_are_no_second_request() {
    let smuggled = "GET /smuggled HTTP/1.1\r\n\r\n";
    let twice = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\nContent-Length: 3\r\n\r\n{smuggled}", smuggled.len());
    let told = told_of(twice.as_bytes()).await;
    assert_eq!((told.outcome, told.request.is_none()), (Outcome::Malformed, true), "{told:?}");

    let alike = "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc";
    let told = told_of(alike.as_bytes()).await;
    let request = told.request.unwrap();
    assert_eq!((request.headers.all("content-length").count(), request.body.content.as_ref()), (2, &b"abc"[..]));

    let both = "POST / HTTP/1.1\r\nContent-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let told = told_of(both.as_bytes()).await;
    assert_eq!(told.request_wire, both.as_bytes());
    // RFC 9112 §6.3: the transfer coding counts, and both fields stay to be judged.
    let request = told.request.unwrap();
    assert_eq!(request.body.content.as_ref(), b"abc");
    assert!(request.headers.first("content-length").is_some() && request.headers.first("transfer-encoding").is_some());

    let coded = "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nabc";
    assert!(told_of(coded.as_bytes()).await.request.is_none());
    let sign = "POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc";
    assert!(told_of(sign.as_bytes()).await.request.is_none());
}

#[tokio::test]
async fn pipelined_requests_have_bytes_of_their_own_and_answers_in_order() {
    let answer = |call: &counterpart_transport::Call| {
        let slow = call.request.target == "/1";
        let delay = Duration::from_millis(if slow { 150 } else { 0 });
        (ok(&call.request.target), Delivery { delay, ..Delivery::default() })
    };
    let house = open(limits(), None, Welcome::Usual, answer).await;
    let parts = [
        "POST /1 HTTP/1.1\r\nContent-Length: 3\r\n\r\none",
        "POST /2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n",
        "GET /3 HTTP/1.1\r\nX-Third: 3\r\nConnection: close\r\n\r\n",
    ];
    let answers = String::from_utf8(house.exchange(parts.concat().as_bytes()).await).unwrap();
    let told = house.book.told(3).await;
    for (told, part) in told.iter().zip(parts) {
        assert_eq!(String::from_utf8_lossy(&told.request_wire), part);
        assert_eq!(told.outcome, Outcome::Answered);
    }
    let wires: Vec<u8> = told.iter().flat_map(|told| told.response_wire.clone()).collect();
    assert_eq!(answers.as_bytes(), wires);
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3);
    let places: Vec<_> = ["\r\n\r\n/1", "\r\n\r\n/2", "\r\n\r\n/3"].map(|text| answers.find(text)).into();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{answers}");
    assert_eq!(told.iter().map(|told| told.connection.reused).collect::<Vec<_>>(), [false, true, true]);
}

#[tokio::test]
async fn a_client_that_asks_for_leave_and_does_not_wait_gets_both_answers() {
    let house = plain().await;
    let bytes = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc";
    let answer = String::from_utf8(house.exchange(bytes).await).unwrap();
    let told = house.book.told(1).await.remove(0);
    assert!(answer.ends_with("hello"), "{answer}");
    let finals: Vec<&str> = answer.split("\r\n\r\n").filter(|part| part.starts_with("HTTP/1.1 200")).collect();
    assert_eq!(finals.len(), 1, "{answer}");
    assert_eq!(told.response_wire, answer.as_bytes());
}

#[tokio::test]
async fn one_connection_too_many_is_reset_and_told() {
    let few = counterpart_transport::Limits { connections_max: 2, head_ms: 5_000, ..limits() };
    let house = open(few, None, Welcome::Usual, |_| (ok(""), Delivery::default())).await;
    let (_one, _two) = (house.raw().await, house.raw().await);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut third = house.raw().await;
    assert!(read_all(&mut third).await.is_empty());
    let told = house.book.told(1).await.remove(0);
    assert_eq!(told.outcome, Outcome::Reset);
    assert!(told.reason.contains("2 connections are open"), "{}", told.reason);
    assert_eq!(told.connection.id, 3);
}

#[tokio::test]
async fn a_connection_that_is_ended_on_purpose_is_told_on_a_plain_endpoint_too() {
    let ways = [
        (CutHow::Close, Outcome::Closed),
        (CutHow::HalfClose, Outcome::Closed),
        (CutHow::Hang, Outcome::Timeout),
        (CutHow::Reset, Outcome::Reset),
    ];
    for (how, outcome) in ways {
        let house = open(limits(), None, Welcome::End(how), |_| (ok(""), Delivery::default())).await;
        let mut stream = house.raw().await;
        assert!(read_all(&mut stream).await.is_empty());
        assert_eq!(house.book.told(1).await[0].outcome, outcome);
    }
}

#[tokio::test]
async fn a_client_that_goes_away_before_the_answer_is_told_once() {
    let late = |_: &counterpart_transport::Call| {
        (ok(&"x".repeat(2_000_000)), Delivery { delay: Duration::from_millis(150), ..Delivery::default() })
    };
    let house = open(limits(), None, Welcome::Usual, late).await;
    let mut stream = house.raw().await;
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    reset(stream);
    let told = house.book.told(1).await.remove(0);
    assert_eq!(told.outcome, Outcome::Reset, "{told:?}");
}

#[tokio::test]
async fn a_request_that_is_never_answered_is_told_when_the_server_stops() {
    let house = plain().await;
    let mut stream = house.raw().await;
    stream.write_all(b"GET /stuck HTTP/1.1\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    house.server.stop();
    let told = house.book.told(1).await.remove(0);
    assert!(told.reason.contains("before `GET /stuck` was answered"), "{told:?}");
}

#[tokio::test]
async fn a_compressed_bomb_is_not_unpacked_beyond_the_limit() {
    let bomb = counterpart_transport::encode(counterpart_transport::ContentCoding::Gzip, &vec![0; 50_000_000]);
    let head = format!("POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len());
    let told = told_of(&[head.as_bytes(), &bomb].concat()).await;
    let body = told.request.unwrap().body;
    assert!(body.decoded.is_none() && body.fault.is_some_and(|fault| fault.is_limit && fault.reason.contains("larger than")));
}

#[tokio::test]
async fn numbers_of_connections_begin_anew_with_each_run() {
    for _ in 0..2 {
        let house = plain().await;
        for _ in 0..2 {
            house.exchange(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await;
        }
        let ids: Vec<u64> = house.book.told(2).await.iter().map(|told| told.connection.id).collect();
        assert_eq!(ids, [1, 2]);
    }
}

/// Any bytes at all: a hundred connections of noise, and each is told.
#[tokio::test]
async fn noise_is_told_for_each_connection() {
    let house = plain().await;
    let mut state = 7_u32;
    for round in 0..100_usize {
        let mut noise = b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd"[..round % 40].to_vec();
        noise.extend((0..200).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }));
        house.exchange(&noise).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    // Noise may hold the end of a request, and then something after it.
    let told: std::collections::BTreeSet<u64> = house.book.all().iter().map(|told| told.connection.id).collect();
    assert_eq!(told, (1..=100).collect());
}

#[tokio::test]
async fn an_answer_goes_out_once_it_is_recorded() {
    let house = plain().await;
    let (recorded, gate) = tokio::sync::oneshot::channel();
    *house.book.gate.lock().unwrap() = Some(gate);
    let mut stream = house.raw().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    house.book.told(1).await;
    let mut first = [0; 1];
    let early = tokio::time::timeout(Duration::from_millis(50), stream.read(&mut first)).await;
    assert!(early.is_err(), "{early:?}");
    recorded.send(()).unwrap();
    let count = tokio::time::timeout(DEADLINE, stream.read(&mut first)).await.unwrap().unwrap();
    assert_eq!((count, first), (1, *b"H"));
}
