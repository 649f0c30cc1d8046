//! Messages of HTTP/2: fields both ways, and content sent whole, slowly, or in part.

use super::tape::FrameDeck;
use crate::delivery::{CutAfter, Delivery};
use crate::limits::{FAREWELL_MS, Limits};
use bytes::{Bytes, BytesMut};
use counterpart_evidence::Headers;
use h2::{RecvStream, SendStream};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// Turns fields into what the library sends; those that speak of the connection are left out (RFC 9113 §8.2.2).
pub(super) fn map(headers: &Headers) -> http::HeaderMap {
    const OF_THE_CONNECTION: [&str; 5] = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];
    let mut map = http::HeaderMap::new();
    for header in headers {
        let bytes: Vec<u8> = header.value.chars().filter_map(|character| u8::try_from(u32::from(character)).ok()).collect();
        let name = header.name.to_ascii_lowercase();
        let (Ok(name), Ok(value)) = (http::HeaderName::from_bytes(name.as_bytes()), http::HeaderValue::from_bytes(&bytes)) else {
            continue;
        };
        if !OF_THE_CONNECTION.contains(&name.as_str()) {
            map.append(name, value);
        }
    }
    map
}

/// Takes the fields of a list without those that stand for the first line (RFC 9113 §8.3).
pub(super) fn fields(list: &Headers) -> Headers {
    let usual = list.iter().filter(|header| !header.name.starts_with(':'));
    usual.map(|header| (header.name.clone(), header.value.clone())).collect()
}

/// Why content is not whole.
pub(super) enum Short {
    Broken(h2::Error),
    Late,
    Oversized,
}

impl Short {
    pub(super) fn reason(&self, limits: &Limits) -> String {
        match self {
            Self::Broken(error) => format!("the body broke off: {error}"),
            Self::Late => "the body did not come in time".to_owned(),
            Self::Oversized => format!("the body is larger than {} bytes", limits.body_bytes_max),
        }
    }
}

/// Reads content up to the limits; gives what came, and why it is not all.
pub(super) async fn content(stream: &mut RecvStream, limits: &Limits, until: Instant) -> (Bytes, Result<(), Short>) {
    let mut content = BytesMut::new();
    loop {
        let data = match timeout_at(until, stream.data()).await {
            Ok(Some(Ok(data))) => data,
            Ok(None) => return (content.freeze(), Ok(())),
            Ok(Some(Err(error))) => return (content.freeze(), Err(Short::Broken(error))),
            Err(_) => return (content.freeze(), Err(Short::Late)),
        };
        if content.len() + data.len() > limits.body_bytes_max {
            return (content.freeze(), Err(Short::Oversized));
        }
        // The window that is given back is what came; a stream that is over has none to give back to.
        let _ = stream.flow_control().release_capacity(data.len());
        content.extend_from_slice(&data);
    }
}

/// Sends content, slowly or in part where that is asked for; tells how many bytes.
pub(super) async fn pour(stream: &mut SendStream<Bytes>, body: &Bytes, delivery: &Delivery) -> Result<u64, h2::Error> {
    let kept = match delivery.cut {
        None | Some((CutAfter::Whole, _)) => body.len(),
        Some((CutAfter::Nothing | CutAfter::Head, _)) => 0,
        Some((CutAfter::Body(bytes), _)) => usize::try_from(bytes).unwrap_or(usize::MAX).min(body.len()),
    };
    let ends = matches!(delivery.cut, None | Some((CutAfter::Whole, _)));
    let step = delivery.drip.map_or(kept, |drip| drip.bytes).max(1);
    let mut at = 0;
    while at < kept {
        let piece = body.slice(at..(at + step).min(kept));
        at += piece.len();
        stream.send_data(piece, ends && at == kept)?;
        if let Some(drip) = delivery.drip.filter(|_| at < kept) {
            tokio::time::sleep(drip.every).await;
        }
    }
    Ok(kept as u64)
}

/// Waits until that much of a stream was handed over, which a peer's window may prevent.
pub(super) async fn handed_over(deck: &FrameDeck, stream: u32, content_bytes: u64) {
    drop(timeout(Duration::from_millis(FAREWELL_MS), deck.until_sent(stream, content_bytes)).await);
}
