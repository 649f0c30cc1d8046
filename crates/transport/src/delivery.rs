//! How a message of ours goes over the wire: as it should, or with a fault.

use crate::tape::{Action, Tell};
use bytes::Bytes;
use std::collections::VecDeque;
use std::time::Duration;

/// Largest last piece of a message: a socket that is writable takes so much.
const LAST_BYTES_MAX: usize = 64 * 1024;

/// How a body's end is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// By chunked transfer coding.
    Chunked,
    /// By closing the connection.
    CloseDelimited,
    /// By its length.
    #[default]
    Length,
    /// By a length that is off by this many bytes.
    LengthOff(i64),
}

/// After what a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutAfter {
    /// After this many bytes of the body.
    Body(u64),
    /// After the head.
    Head,
    /// Before anything of the message.
    Nothing,
    /// After the whole message (of a request: before its answer is read).
    Whole,
}

/// How a connection ends in the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutHow {
    /// In good order, both directions.
    Close,
    /// In good order, our direction.
    HalfClose,
    /// It stays open and silent until the peer goes away, or up to a bound.
    Hang,
    /// By a reset.
    Reset,
}

/// Slow sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drip {
    /// Bytes at a time.
    pub bytes: usize,
    /// Time between them.
    pub every: Duration,
}

/// How a message goes over the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Time before the first byte.
    pub delay: Duration,
    /// Interim responses sent first, status and reason each (RFC 9110 §15.2).
    pub interim: Vec<u16>,
    /// How the body's end is told.
    pub framing: Framing,
    /// Bytes instead of the whole message.
    pub raw: Option<Bytes>,
    /// Where the connection ends in the middle.
    pub cut: Option<(CutAfter, CutHow)>,
    /// Slow sending.
    pub drip: Option<Drip>,
    /// Whether the connection is closed after the message.
    pub closing: Closing,
}

/// Whether a connection is closed after a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Closing {
    /// It is.
    Close,
    /// It stays open.
    #[default]
    Keep,
}

impl Delivery {
    /// Tells whether the connection cannot go on after this message.
    pub(crate) fn ends_connection(&self) -> bool {
        self.closing == Closing::Close
            || self.cut.is_some()
            || self.raw.is_some()
            || matches!(self.framing, Framing::CloseDelimited | Framing::LengthOff(_))
    }
}

/// Writes a body in chunks (RFC 9112 §7.1).
pub(crate) fn chunked(body: &Bytes) -> Bytes {
    const CHUNK_BYTES: usize = 16 * 1024;
    let mut out = Vec::with_capacity(body.len() + 64);
    for chunk in body.chunks(CHUNK_BYTES) {
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out.into()
}

/// Makes the script of a message: `tell` is called before its last byte goes out, or when it breaks off.
pub(crate) fn script(delivery: &Delivery, head: &Bytes, body: &Bytes, hang: Duration, tell: Option<Tell>) -> VecDeque<Action> {
    let mut script = VecDeque::new();
    if !delivery.delay.is_zero() {
        script.push_back(Action::Pause(delivery.delay));
    }
    for status in &delivery.interim {
        script.push_back(Action::Bytes(format!("HTTP/1.1 {status} {}\r\n\r\n", interim_reason(*status)).into()));
    }
    let message: Bytes = match &delivery.raw {
        Some(raw) => raw.clone(),
        None if body.is_empty() => head.clone(),
        None => [&head[..], &body[..]].concat().into(),
    };
    let kept = match delivery.cut {
        None | Some((CutAfter::Whole, _)) => message.len(),
        Some((CutAfter::Nothing, _)) => 0,
        Some((CutAfter::Head, _)) => head.len(),
        Some((CutAfter::Body(bytes), _)) => head.len().saturating_add(usize::try_from(bytes).unwrap_or(usize::MAX)),
    };
    let message = message.slice(..kept.min(message.len()));
    let mut pieces: VecDeque<Bytes> = match delivery.drip {
        Some(drip) => (0..message.len())
            .step_by(drip.bytes.max(1))
            .map(|at| message.slice(at..(at + drip.bytes.max(1)).min(message.len())))
            .collect(),
        None if message.is_empty() => VecDeque::new(),
        // What counts as sent once it is handed over must be what a kernel takes at once.
        None if message.len() > LAST_BYTES_MAX => {
            let last = message.len() - LAST_BYTES_MAX;
            [message.slice(..last), message.slice(last..)].into()
        }
        None => [message].into(),
    };
    let last = pieces.pop_back();
    for piece in pieces {
        script.push_back(Action::Bytes(piece));
        script.extend(delivery.drip.map(|drip| Action::Pause(drip.every)));
    }
    // Whoever waits for the rest of a message is told of when the peer gave up; a whole message is over when it is sent.
    let hangs_short = matches!(delivery.cut, Some((after, CutHow::Hang)) if after != CutAfter::Whole);
    let mut tell = tell.map(Action::Mark);
    if !hangs_short {
        script.extend(tell.take());
    }
    script.extend(last.map(Action::Bytes));
    match delivery.cut.map(|(_, how)| how) {
        None => {}
        Some(CutHow::Close | CutHow::HalfClose) => script.push_back(Action::Close),
        Some(CutHow::Hang) => {
            script.push_back(Action::Pause(hang));
            script.extend(tell);
            script.push_back(Action::Reset);
        }
        Some(CutHow::Reset) => script.push_back(Action::Reset),
    }
    script
}

fn interim_reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        102 => "Processing",
        103 => "Early Hints",
        _ => "Interim",
    }
}
