//! What the requests of one incoming connection share, whatever version of HTTP they come in.

use crate::delivery::{CutHow, Delivery};
use crate::limits::{GARBAGE_BYTES_MAX, Limits};
use crate::server::{Call, Delivered, Ended, Handler, Record, Reply};
use crate::tape::{Mark, Recording, Tell};
use bytes::Bytes;
use counterpart_evidence::{Alert, Connection, Outcome, Response, Timing};
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// An incoming connection on which HTTP is spoken.
pub(crate) struct Line {
    pub(crate) handler: Arc<dyn Handler>,
    pub(crate) limits: Limits,
    pub(crate) recording: Recording,
    connection: Arc<Connection>,
    reused: Arc<Connection>,
    requests: AtomicU64,
}

impl Line {
    pub(crate) fn new(handler: Arc<dyn Handler>, limits: Limits, recording: Recording, connection: Connection) -> Self {
        let reused = Arc::new(Connection { reused: true, ..connection.clone() });
        Self { handler, limits, recording, connection: Arc::new(connection), reused, requests: AtomicU64::new(0) }
    }

    /// Counts a request and gives the connection as that request sees it.
    pub(crate) fn next_request(&self) -> Arc<Connection> {
        let earlier = self.requests.fetch_add(1, Ordering::Relaxed);
        Arc::clone(if earlier == 0 { &self.connection } else { &self.reused })
    }

    /// Tells whether a request came.
    pub(crate) fn has_requests(&self) -> bool {
        self.requests.load(Ordering::Relaxed) > 0
    }

    /// Gives the connection as it is between requests.
    pub(crate) fn idle(&self) -> &Connection {
        if self.has_requests() { &self.reused } else { &self.connection }
    }

    /// Tells the handler of something that was no whole request.
    pub(crate) fn silent(&self, connection: &Connection, outcome: Outcome, reason: String, wire: &Bytes, started: Instant) {
        self.silent_with(connection, outcome, reason, wire, started, None);
    }

    /// The same, with the alert that ended it.
    pub(crate) fn silent_with(
        &self,
        connection: &Connection,
        outcome: Outcome,
        reason: String,
        wire: &Bytes,
        started: Instant,
        alert: Option<Alert>,
    ) {
        let mut connection = connection.clone();
        if let (Some(tls), Some(alert)) = (&mut connection.tls, alert) {
            tls.alert = Some(alert);
        }
        let wire = wire.slice(..wire.len().min(GARBAGE_BYTES_MAX));
        self.handler.silent(Ended { connection, outcome, reason: Some(reason), wire, started });
    }

    /// Has the handler answer; a connection that is given up meanwhile is told as one without an answer.
    pub(crate) async fn answer(&self, call: Call) -> Reply {
        let what = format!("{} {}", call.request.method, call.request.target);
        let mut waiting = Unanswered {
            line: self,
            connection: Arc::clone(&call.connection),
            what,
            wire: call.wire.clone(),
            started: call.started,
            over: false,
        };
        let reply = self.handler.respond(call).await;
        waiting.over = true;
        reply
    }

    /// Makes what is told of a reply once its last byte is about to go out.
    pub(crate) fn teller(
        &self,
        record: Option<Record>,
        response: Response,
        delivery: &Delivery,
        started: Instant,
    ) -> Option<Tell> {
        let record = record?;
        let (cut, raw, recording) = (delivery.cut, delivery.raw.is_some(), self.recording);
        Some(Box::new(move |mark: Mark| {
            let (outcome, reason) = match (mark.broken, cut, raw) {
                (Some(ErrorKind::UnexpectedEof), _, _) => {
                    (Outcome::Closed, Some("the peer closed the connection while its answer was held back".to_owned()))
                }
                (Some(kind), _, _) => (outcome_of(kind), Some(format!("the answer could not be sent whole: {kind}"))),
                (None, Some((_, how)), _) => (cut_outcome(how), Some("the answer was cut on purpose".to_owned())),
                (None, None, true) => (Outcome::Malformed, Some("bytes were sent instead of an answer on purpose".to_owned())),
                (None, None, false) => (Outcome::Answered, None),
            };
            let now = Instant::now();
            // The usual message is told of just before its first byte goes out.
            let first_byte = mark.first_byte.or_else(|| mark.broken.is_none().then_some(now));
            let timing = Timing {
                first_byte_us: first_byte.map(|moment| micros(moment.saturating_duration_since(started))),
                total_us: Some(micros(now.saturating_duration_since(started))),
                ..Timing::default()
            };
            let wire = if recording == Recording::On { mark.wire } else { Bytes::new() };
            record(Delivered { response, wire, outcome, reason, timing })
        }))
    }
}

/// A request whose answer is awaited; no request is lost where the wait is given up.
struct Unanswered<'a> {
    line: &'a Line,
    connection: Arc<Connection>,
    what: String,
    wire: Bytes,
    started: Instant,
    over: bool,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.over {
            let reason = format!("the connection ended before `{}` was answered", self.what);
            self.line.silent(&self.connection, Outcome::Closed, reason, &self.wire, self.started);
        }
    }
}

/// What an I/O error means for an exchange.
pub(crate) fn outcome_of(kind: ErrorKind) -> Outcome {
    match kind {
        ErrorKind::ConnectionRefused => Outcome::Refused,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => Outcome::Reset,
        ErrorKind::TimedOut => Outcome::Timeout,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable => Outcome::Unreachable,
        _ => Outcome::Closed,
    }
}

/// What an ending that we chose means for an exchange.
pub(crate) fn cut_outcome(how: CutHow) -> Outcome {
    match how {
        CutHow::Close | CutHow::HalfClose => Outcome::Closed,
        CutHow::Hang => Outcome::Timeout,
        CutHow::Reset => Outcome::Reset,
    }
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
