//! LDAP on an incoming connection: messages are answered one after the other.

use super::message::{outcome_of, request, written_response};
use super::script::Script;
use crate::delivery::{Delivery, Framing, script};
use crate::line::{self, Line};
use crate::server::{Call, Reply};
use crate::stream::Stream;
use crate::tape::Recording;
use crate::tls::alert_of;
use bytes::{Bytes, BytesMut};
use counterpart_directory::{Answer, Message, Operation, message_end};
use counterpart_evidence::Outcome;
use std::io::{self, ErrorKind};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// Bytes that are asked for at a time.
const READ_BYTES: usize = 8 * 1024;

/// A connection with what came on it and was not read yet.
struct Talk {
    line: Line,
    stream: Stream,
    came: BytesMut,
    stopping: watch::Receiver<bool>,
    started: Instant,
}

/// Why no further message is read.
struct End {
    outcome: Outcome,
    reason: String,
    /// What is said to the client before its connection is closed.
    farewell: Option<Vec<u8>>,
    alert: Option<counterpart_evidence::Alert>,
}

impl End {
    fn of(outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { outcome, reason: reason.into(), farewell: None, alert: None }
    }
}

/// Serves a connection to its end.
pub(crate) async fn serve(line: Line, stream: Stream, stopping: watch::Receiver<bool>, started: Instant) {
    let mut talk = Talk { line, stream, came: BytesMut::new(), stopping, started };
    while let Some((message, wire)) = talk.next().await {
        match talk.answered(message, wire).await {
            Ok(true) => {}
            Ok(false) => break,
            // What was reset must not end in good order.
            Err(_) => return,
        }
    }
    drop(timeout(Duration::from_millis(crate::limits::FAREWELL_MS), talk.stream.shutdown()).await);
}

impl Talk {
    /// Reads the next message that has an answer; `None` where the connection is over.
    async fn next(&mut self) -> Option<(Message, Bytes)> {
        loop {
            let wire = match self.whole().await {
                Ok(wire) => wire?,
                Err(end) => {
                    self.end(end).await;
                    return None;
                }
            };
            match Message::read(&wire) {
                // RFC 4511 §4.11: an operation that is answered already cannot be abandoned any more.
                Ok(Message { operation: Operation::Abandon(_), .. }) => {}
                Ok(Message { operation: Operation::Unbind, .. }) => return None,
                Ok(message) => return Some((message, wire)),
                Err(fault) => {
                    let farewell = Some(Answer::disconnection(&fault.to_string()));
                    let end = End { farewell, ..End::of(outcome_of(&fault), fault.to_string()) };
                    self.came = BytesMut::from(&wire[..]);
                    self.end(end).await;
                    return None;
                }
            }
        }
    }

    /// Reads the bytes of one message; `None` where the connection ended between two.
    async fn whole(&mut self) -> Result<Option<Bytes>, End> {
        let limit = Duration::from_millis(self.line.limits.head_ms);
        let until = Instant::now() + limit;
        loop {
            match message_end(&self.came) {
                Ok(Some(end)) => return Ok(Some(self.came.split_to(end).freeze())),
                Ok(None) => {}
                Err(fault) => {
                    let farewell = Some(Answer::disconnection(&fault.to_string()));
                    return Err(End { farewell, ..End::of(outcome_of(&fault), fault.to_string()) });
                }
            }
            self.came.reserve(READ_BYTES);
            let was_empty = self.came.is_empty();
            let read = tokio::select! {
                read = tokio::time::timeout_at(until, self.stream.read_buf(&mut self.came)) => read,
                () = async { drop(self.stopping.wait_for(|stopping| *stopping).await) } => return Ok(None),
            };
            let between = self.line.has_requests() && self.came.is_empty();
            match read {
                Ok(Ok(0)) if between => return Ok(None),
                Ok(Ok(0)) if self.came.is_empty() => {
                    return Err(End::of(Outcome::Closed, "the connection was closed without a request"));
                }
                Ok(Ok(0)) => return Err(End::of(Outcome::Closed, "the connection was closed in the middle of a request")),
                Ok(Ok(_)) if was_empty => self.started = Instant::now(),
                Ok(Ok(_)) => {}
                // Between two requests a client may leave as it likes, and be left where it says nothing more.
                Ok(Err(_)) | Err(_) if between => return Ok(None),
                Ok(Err(error)) => {
                    let alert = alert_of(&error);
                    let outcome = if alert.is_some() { Outcome::TlsAlert } else { line::outcome_of(error.kind()) };
                    return Err(End { alert, ..End::of(outcome, error.to_string()) });
                }
                Err(_) => return Err(End::of(Outcome::Timeout, "a request did not come in time")),
            }
        }
    }

    /// Tells of what was no request, and says farewell.
    async fn end(&mut self, end: End) {
        let came = std::mem::take(&mut self.came).freeze();
        self.line.silent_with(self.line.idle(), end.outcome, end.reason, &came, self.started, end.alert);
        if let Some(farewell) = end.farewell {
            let limit = Duration::from_millis(crate::limits::FAREWELL_MS);
            drop(timeout(limit, self.stream.write_all(&farewell)).await);
        }
    }

    /// Answers a message; tells whether the connection goes on.
    async fn answered(&mut self, message: Message, wire: Bytes) -> io::Result<bool> {
        let (connection, started) = (self.line.next_request(), self.started);
        let asked = request(&message);
        let method = asked.method.clone();
        // A message that came with this one began when this one did.
        self.started = Instant::now();
        let wire = if self.line.recording == Recording::On { wire } else { Bytes::new() };
        let Reply { response, delivery, record } =
            self.line.answer(Call { connection, request: asked, wire, started, site: None }).await;
        // What only HTTP has is left out.
        let delivery = Delivery { interim: Vec::new(), framing: Framing::Length, ..delivery };
        let (bytes, sent) = written_response(message.id, &method, response);
        let tell = self.line.teller(record, sent, &delivery, started);
        let hang = Duration::from_millis(self.line.limits.hang_ms);
        let mut out = Script::new(script(&delivery, &Bytes::new(), &bytes, hang, tell));
        let result = tokio::select! {
            result = out.play(&mut self.stream) => result,
            () = async { drop(self.stopping.wait_for(|stopping| *stopping).await) } => {
                out.give_up(ErrorKind::ConnectionAborted);
                Err(ErrorKind::ConnectionAborted.into())
            }
        };
        result.map(|()| !delivery.ends_connection())
    }
}
