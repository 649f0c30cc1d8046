//! Servers that answer what they should not.

use crate::peer::{client, connect, limits, request, scripted};
use counterpart_evidence::Outcome;
use counterpart_transport::{ContentCoding, CutAfter, CutHow, Delivery, Drip, Framing, Received, Sending, encode};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn read_head(stream: &mut TcpStream) {
    let mut read = Vec::new();
    while !read.windows(4).any(|four| four == b"\r\n\r\n") {
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(count @ 1..) => read.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
}

/// What comes of a request that is answered with these bytes, after which the server says no more.
async fn answered_with(bytes: impl Into<Vec<u8>>) -> Received {
    let bytes = bytes.into();
    let address = scripted(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
            // What a client sends after its request is read, so that closing is no reset.
            let mut rest = [0; 4096];
            while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
        }
    })
    .await;
    let mut connected = client().connect(&connect(&address, None)).await.map_err(|failed| failed.reason).unwrap();
    connected.send(request("GET", "/", ""), &Sending::default()).await
}

#[tokio::test]
async fn bytes_that_are_no_answer_are_malformed_and_kept() {
    for bytes in [&b"garbage\r\n\r\n"[..], b"\x00\xff\xfe", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"] {
        let received = answered_with(bytes).await;
        assert!(matches!(received.outcome, Outcome::Malformed | Outcome::Truncated), "{received:?}");
        assert_eq!(received.response_wire, bytes);
        assert!(received.response.is_none());
    }
}

#[tokio::test]
async fn an_answer_that_stops_short_is_truncated() {
    for (bytes, has_head) in [
        ("HTTP/1.1 200 OK\r\nContent-Le", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", true),
    ] {
        let received = answered_with(bytes).await;
        assert_eq!((received.outcome, received.response.is_some()), (Outcome::Truncated, has_head), "{received:?}");
        assert_eq!(received.response_wire, bytes);
    }
}

#[tokio::test]
async fn no_answer_at_all_is_closed() {
    assert_eq!(answered_with("").await.outcome, Outcome::Closed);
}

#[tokio::test]
async fn a_server_that_hangs_is_a_timeout_before_and_truncated_within_an_answer() {
    for (part, outcome) in [
        ("", Outcome::Timeout),
        ("HTTP/1.1 200 OK\r\n", Outcome::Truncated),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", Outcome::Truncated),
    ] {
        let address = scripted(move |mut stream| async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(part.as_bytes()).await;
            tokio::time::sleep(Duration::from_secs(30)).await;
        })
        .await;
        let mut connected = client().connect(&connect(&address, None)).await.map_err(|failed| failed.reason).unwrap();
        let began = std::time::Instant::now();
        let received = connected.send(request("GET", "/", ""), &Sending::default()).await;
        assert_eq!(received.outcome, outcome, "{received:?}");
        assert!(began.elapsed() < Duration::from_secs(5));
        assert!(!connected.is_open());
    }
}

#[tokio::test]
async fn a_reset_within_the_body_is_told() {
    let address = scripted(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        crate::peer::reset(stream);
    })
    .await;
    let mut connected = client().connect(&connect(&address, None)).await.map_err(|failed| failed.reason).unwrap();
    let received = connected.send(request("GET", "/", ""), &Sending::default()).await;
    assert_eq!(received.outcome, Outcome::Truncated);
    assert_eq!(received.response.unwrap().body.content.as_ref(), b"half");
}

#[tokio::test]
async fn a_gigabyte_is_read_up_to_the_limit_only() {
    let address = scripted(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n").await;
        let piece = vec![b'a'; 64 * 1024];
        for _ in 0..16_384 {
            if stream.write_all(&piece).await.is_err() {
                return;
            }
        }
    })
    .await;
    let mut connected = client().connect(&connect(&address, None)).await.map_err(|failed| failed.reason).unwrap();
    let received = connected.send(request("GET", "/", ""), &Sending::default()).await;
    assert_eq!(received.outcome, Outcome::Oversized, "{:?}", received.reason);
    assert!(received.response.unwrap().body.content.len() <= limits().body_bytes_max);
    assert!(received.response_wire.len() <= 3 * limits().body_bytes_max);
}

#[tokio::test]
async fn too_many_fields_are_oversized() {
    let fields: String = (0..10_000).map(|number| format!("X-{number}: 1\r\n")).collect();
    let received = answered_with(format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\n\r\n")).await;
    assert_eq!(received.outcome, Outcome::Oversized, "{:?}", received.reason);
}

#[tokio::test]
async fn a_bomb_is_not_unpacked_beyond_the_limit() {
    let bomb = encode(ContentCoding::Gzip, &vec![0; 50_000_000]);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len());
    let received = answered_with([head.as_bytes(), &bomb].concat()).await;
    assert_eq!(received.outcome, Outcome::Answered);
    assert!(received.response.unwrap().body.fault.is_some_and(|fault| fault.is_limit && fault.reason.contains("larger than")));
}

#[tokio::test]
async fn interim_answers_are_kept_and_passed_over() {
    let bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Made It\r\nX-B: 2\r\nX-a: 1\r\nContent-Length: 2\r\n\r\nok";
    let received = answered_with(bytes).await;
    let response = received.response.unwrap();
    assert_eq!((response.status, response.reason.as_str()), (201, "Made It"));
    let names: Vec<&str> = response.headers.iter().map(|header| header.name.as_str()).collect();
    assert_eq!(names, ["X-B", "X-a", "Content-Length"]);
    assert_eq!(received.response_wire, bytes);
}

#[tokio::test]
async fn bytes_beyond_the_length_are_kept_as_evidence() {
    let received = answered_with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokEXTRA").await;
    assert_eq!(received.outcome, Outcome::Answered);
    assert_eq!(received.response.unwrap().body.content.as_ref(), b"ok");
}

/// A kept connection that the server has closed meanwhile is seen to be closed, and is not taken for a refusal to answer.
#[tokio::test]
async fn a_kept_connection_that_was_closed_is_not_open() {
    let address = scripted(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    })
    .await;
    let mut connected = client().connect(&connect(&address, None)).await.map_err(|failed| failed.reason).unwrap();
    assert_eq!(connected.send(request("GET", "/", ""), &Sending::default()).await.outcome, Outcome::Answered);
    assert!(connected.is_open());
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(!connected.is_open());
}

#[tokio::test]
async fn our_own_faults_reach_a_server_as_they_are() {
    let got = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let book = std::sync::Arc::clone(&got);
    let address = scripted(move |mut stream| {
        let book = std::sync::Arc::clone(&book);
        async move {
            let mut all = Vec::new();
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                all.extend_from_slice(&buffer[..count]);
                if all.ends_with(b"0\r\n\r\n") || all.ends_with(b"stop") {
                    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
                }
            }
            book.lock().unwrap().push(String::from_utf8(all).unwrap());
        }
    })
    .await;
    let head = "POST / HTTP/1.1\r\nHost: localhost";
    let cases = [
        (
            Delivery { framing: Framing::Chunked, ..Delivery::default() },
            "chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
            Outcome::Answered,
        ),
        (Delivery { cut: Some((CutAfter::Body(3), CutHow::Close)), ..Delivery::default() }, "10\r\n\r\n012", Outcome::Closed),
        (Delivery { cut: Some((CutAfter::Whole, CutHow::HalfClose)), ..Delivery::default() }, "0123456789", Outcome::Closed),
        (Delivery { raw: Some("raw stop".into()), ..Delivery::default() }, "raw stop", Outcome::Answered),
        (
            Delivery {
                framing: Framing::Chunked,
                drip: Some(Drip { bytes: 7, every: Duration::from_millis(5) }),
                ..Delivery::default()
            },
            "0\r\n\r\n",
            Outcome::Answered,
        ),
    ];
    for (delivery, ending, outcome) in cases {
        got.lock().unwrap().clear();
        let mut connected = client().connect(&connect(&address, None)).await.map_err(|failed| failed.reason).unwrap();
        let sending = Sending { delivery: delivery.clone(), within: None };
        let received = connected.send(request("POST", "/", "0123456789"), &sending).await;
        drop(connected);
        assert_eq!(received.outcome, outcome, "{delivery:?}: {:?}", received.reason);
        tokio::time::sleep(Duration::from_millis(50)).await;
        let got = got.lock().unwrap().first().cloned().unwrap_or_default();
        assert!(got.ends_with(ending) && (delivery.raw.is_some() || got.starts_with(head)), "{delivery:?}: {got}");
        assert_eq!(String::from_utf8_lossy(&received.request_wire), got);
    }
}
