//! What we do wrong on purpose, as the peer sees it and as it is told.

use crate::peer::{House, limits, ok, open, read_all};
use counterpart_evidence::Outcome;
use counterpart_transport::{Closing, CutAfter, CutHow, Delivery, Drip, Framing, Limits, Welcome};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;

async fn with(delivery: Delivery) -> House {
    open(limits(), None, Welcome::Usual, move |_| (ok("0123456789"), delivery.clone())).await
}

/// Asks and reads until the connection ends; the connection is kept open on the client's side meanwhile.
async fn asked(house: &House) -> String {
    let mut stream = house.raw().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    String::from_utf8(read_all(&mut stream).await).unwrap()
}

#[tokio::test]
async fn cuts_end_where_and_how_they_should() {
    let whole = "HTTP/1.1 200 OK\r\nX-Case-Kept: yes\r\nContent-Length: 10\r\n\r\n0123456789";
    let head = whole.len() - 10;
    let places = [
        (CutAfter::Nothing, 0),
        (CutAfter::Head, head),
        (CutAfter::Body(4), head + 4),
        (CutAfter::Body(400), whole.len()),
        (CutAfter::Whole, whole.len()),
    ];
    let ways = [
        (CutHow::Close, Outcome::Closed),
        (CutHow::HalfClose, Outcome::Closed),
        (CutHow::Hang, Outcome::Timeout),
        (CutHow::Reset, Outcome::Reset),
    ];
    for (after, bytes) in places {
        for (how, outcome) in ways {
            let house = with(Delivery { cut: Some((after, how)), ..Delivery::default() }).await;
            let began = Instant::now();
            let answer = asked(&house).await;
            // A reset may overtake bytes that the peer had not read.
            if how == CutHow::Reset {
                assert!(whole[..bytes].starts_with(&answer), "{after:?} {how:?}: {answer}");
            } else {
                assert_eq!(answer, whole[..bytes], "{after:?} {how:?}");
            }
            let told = house.book.told(1).await.remove(0);
            assert_eq!(told.outcome, outcome, "{after:?} {how:?}");
            assert_eq!(told.response_wire, whole.as_bytes()[..bytes], "{after:?} {how:?}");
            assert_eq!(began.elapsed() >= Duration::from_millis(limits().hang_ms), how == CutHow::Hang, "{after:?} {how:?}");
        }
    }
}

/// Ways to keep a client waiting for much longer than it stays.
fn long_waits() -> Vec<(Delivery, usize)> {
    let hang = |after| Delivery { cut: Some((after, CutHow::Hang)), ..Delivery::default() };
    let drip = Drip { bytes: 400, every: Duration::from_secs(9) };
    vec![
        (Delivery { delay: Duration::from_secs(9), ..Delivery::default() }, 0),
        (Delivery { delay: Duration::from_secs(9), drip: Some(drip), ..Delivery::default() }, 0),
        (hang(CutAfter::Nothing), 0),
        (hang(CutAfter::Body(4)), 4),
    ]
}

#[tokio::test]
async fn a_peer_that_gives_up_is_told_of_when_it_did() {
    for (delivery, content) in long_waits() {
        let limits = Limits { hang_ms: 9_000, ..limits() };
        let said = format!("{delivery:?}");
        let house = open(limits, None, Welcome::Usual, move |_| (ok("0123456789"), delivery.clone())).await;
        let mut stream = house.raw().await;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        // What stays unread would turn the close into a reset.
        let mut read = [0; 400];
        let came = stream.try_read(&mut read).unwrap_or(0);
        drop(stream);
        let told = house.book.told(1).await.remove(0);
        assert_eq!(told.outcome, Outcome::Closed, "{said}: {}", told.reason);
        assert_eq!(told.reason, "the peer closed the connection while its answer was held back", "{said}");
        assert!(read[..came].ends_with(&b"0123456789"[..content]), "{said}");
        assert_eq!(told.response_wire, read[..came], "{said}");
        let took = Duration::from_micros(told.timing.total_us.unwrap());
        assert!(took >= Duration::from_millis(200) && took < Duration::from_secs(2), "{said}: {took:?}");
        assert_eq!(told.timing.first_byte_us.is_none(), came == 0, "{said}");
    }
}

#[tokio::test]
async fn a_peer_that_asked_for_more_and_says_no_more_gets_every_answer() {
    let house = with(Delivery { delay: Duration::from_millis(100), ..Delivery::default() }).await;
    let one = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let last = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answers = String::from_utf8(house.exchange(format!("{one}{one}{last}").as_bytes()).await).unwrap();
    let told = house.book.told(3).await;
    assert!(told[..2].iter().all(|told| told.outcome == Outcome::Answered), "{told:#?}");
    assert!(answers.matches("0123456789").count() >= 2, "{answers}");
}

#[tokio::test]
async fn framing_is_as_wrong_as_asked_for() {
    let cases = [
        (Framing::LengthOff(5), "Content-Length: 15\r\n", "\r\n\r\n0123456789"),
        (Framing::LengthOff(-4), "Content-Length: 6\r\n", "\r\n\r\n0123456789"),
        (Framing::CloseDelimited, "Connection: close\r\n", "\r\n\r\n0123456789"),
        (Framing::Chunked, "Transfer-Encoding: chunked\r\n", "\r\n\r\na\r\n0123456789\r\n0\r\n\r\n"),
    ];
    for (framing, field, ending) in cases {
        let house = with(Delivery { framing, closing: Closing::Close, ..Delivery::default() }).await;
        let answer = asked(&house).await;
        assert!(answer.contains(field) && answer.ends_with(ending), "{framing:?}: {answer}");
        let told = house.book.told(1).await.remove(0);
        assert_eq!((told.outcome, told.response_wire), (Outcome::Answered, answer.into_bytes()));
    }
}

#[tokio::test]
async fn raw_bytes_go_out_as_they_are() {
    let raw = &b"HTTP/9.9 999 \xff\r\nBroken\r\n\r\n"[..];
    let house = with(Delivery { raw: Some(raw.into()), ..Delivery::default() }).await;
    let mut stream = house.raw().await;
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(read_all(&mut stream).await, raw);
    assert_eq!(house.book.told(1).await[0].outcome, Outcome::Malformed);
}

#[tokio::test]
async fn interim_responses_delay_and_drip_are_on_the_wire() {
    let delivery = Delivery {
        delay: Duration::from_millis(100),
        interim: vec![103, 100],
        drip: Some(Drip { bytes: 20, every: Duration::from_millis(30) }),
        closing: Closing::Close,
        ..Delivery::default()
    };
    let house = with(delivery).await;
    let began = Instant::now();
    let answer = asked(&house).await;
    assert!(answer.starts_with("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), "{answer}");
    let drips = u32::try_from((answer.len() - 53) / 20).unwrap();
    assert!(began.elapsed() >= Duration::from_millis(100) + Duration::from_millis(30) * drips, "{:?}", began.elapsed());
    assert_eq!(house.book.told(1).await[0].response_wire, answer.as_bytes());
}

#[tokio::test]
async fn a_server_refuses_and_listens_again_at_the_same_address() {
    let house = with(Delivery::default()).await;
    house.server.refuse().await;
    let refused = tokio::net::TcpStream::connect(house.server.local_address()).await;
    assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
    house.server.accept_again().await.unwrap();
    assert!(!house.exchange(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await.is_empty());
    house.book.told(1).await;
}

#[tokio::test]
async fn a_body_stays_away_from_an_answer_to_head() {
    let house = with(Delivery::default()).await;
    let answer = house.exchange(b"HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n").await;
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains("Content-Length: 10\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}
