//! LDAP on a connection of ours: one operation at a time.

use super::message::{outcome_of, response, written_request};
use super::script::Script;
use crate::client::{Received, Sending};
use crate::delivery::{Delivery, Framing, script};
use crate::driver::Driver;
use crate::limits::CHUNKS_WAITING_MAX;
use crate::line::{cut_outcome, micros};
use crate::stream::Stream;
use crate::tls::alert_of;
use bytes::{Bytes, BytesMut};
use counterpart_directory::AnswerReader;
use counterpart_evidence::{Alert, Outcome, Request, Tls};
use std::io::ErrorKind;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

/// Bytes that are asked for at a time.
const READ_BYTES: usize = 8 * 1024;

/// A message to be sent, and where its bytes are told once it is.
struct Order {
    script: Script,
    sent: oneshot::Sender<Bytes>,
}

/// The asking side of a connection.
pub(crate) struct Asking {
    orders: mpsc::UnboundedSender<Order>,
    came: mpsc::Receiver<Bytes>,
    error: Arc<OnceLock<ErrorKind>>,
    last_id: i64,
    hang: Duration,
}

/// Begins to speak LDAP.
pub(crate) fn connect(stream: Stream, hang: Duration) -> (Asking, Driver) {
    let (orders, ordered) = mpsc::unbounded_channel();
    let (coming, came) = mpsc::channel(CHUNKS_WAITING_MAX);
    let error = Arc::new(OnceLock::new());
    let driver = Driver::start(pump(stream, ordered, coming, Arc::clone(&error)));
    (Asking { orders, came, error, last_id: 0, hang }, driver)
}

/// Sends what is ordered and hands up what comes, until the connection is over; gives the alert that ended it.
async fn pump(
    mut stream: Stream,
    mut ordered: mpsc::UnboundedReceiver<Order>,
    coming: mpsc::Sender<Bytes>,
    error: Arc<OnceLock<ErrorKind>>,
) -> Option<Alert> {
    let mut buffer = BytesMut::new();
    let broken = |problem: &std::io::Error| {
        // The first problem is the one that counts.
        let _ = error.set(problem.kind());
        alert_of(problem)
    };
    loop {
        buffer.reserve(READ_BYTES);
        tokio::select! {
            read = stream.read_buf(&mut buffer) => match read {
                Ok(0) => return None,
                Ok(_) => drop(coming.send(buffer.split().freeze()).await),
                Err(problem) => return broken(&problem),
            },
            order = ordered.recv() => {
                let Order { mut script, sent } = order?;
                let result = script.play(&mut stream).await;
                drop(sent.send(script.into_sent()));
                if let Err(problem) = result {
                    return broken(&problem);
                }
            }
        }
    }
}

impl Asking {
    /// Tells whether a further operation can be asked for.
    pub(crate) fn is_open(&self) -> bool {
        !self.orders.is_closed()
    }

    pub(crate) fn error(&self) -> Option<ErrorKind> {
        self.error.get().copied()
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn send(&mut self, request: Request, sending: &Sending, within: Duration, driver: &Driver) -> Received {
        // What a server says unasked is no answer.
        while self.came.try_recv().is_ok() {}
        self.last_id += 1;
        let (bytes, asked) = written_request(self.last_id, request);
        // What only HTTP has is left out.
        let delivery = Delivery { interim: Vec::new(), framing: Framing::Length, ..sending.delivery.clone() };
        let script = Script::new(script(&delivery, &Bytes::new(), &bytes, self.hang, None));
        let started = Instant::now();
        let (sent, telling) = oneshot::channel();
        // Where the connection is over, nothing comes and its end tells why.
        drop(self.orders.send(Order { script, sent }));
        let mut received = Received::unsent(asked);
        self.answer(&mut received, (started, within), &delivery, driver).await;
        received.request_wire = sent_bytes(telling).await;
        received
    }

    async fn answer(
        &mut self,
        received: &mut Received,
        (started, within): (Instant, Duration),
        delivery: &Delivery,
        driver: &Driver,
    ) {
        let mut reader = AnswerReader::new(self.last_id);
        let mut came = BytesMut::new();
        (received.outcome, received.reason) = loop {
            match timeout_at(started + within, self.came.recv()).await {
                Err(_) => {
                    driver.abort();
                    let outcome = if came.is_empty() { Outcome::Timeout } else { Outcome::Truncated };
                    break (outcome, Some(format!("no whole answer came within {} ms", within.as_millis())));
                }
                Ok(None) => break self.ended(received, came.is_empty(), delivery, driver).await,
                Ok(Some(chunk)) => {
                    received.timing.first_byte_us.get_or_insert_with(|| micros(started.elapsed()));
                    came.extend_from_slice(&chunk);
                    match reader.read(&came) {
                        Ok(None) => {}
                        Ok(Some(answer)) => {
                            received.response = Some(response(&answer));
                            break (Outcome::Answered, None);
                        }
                        Err(fault) => {
                            driver.abort();
                            break (outcome_of(&fault), Some(fault.to_string()));
                        }
                    }
                }
            }
        };
        received.response_wire = came.freeze();
    }

    /// Says how a connection ended that gave no whole answer.
    async fn ended(
        &self,
        received: &mut Received,
        unanswered: bool,
        cut: &Delivery,
        driver: &Driver,
    ) -> (Outcome, Option<String>) {
        let alert = driver.alert().await;
        let reason = |text: &str| Some(text.to_owned());
        let ended = match (&alert, cut.cut, self.error()) {
            (Some(alert), _, _) => (Outcome::TlsAlert, Some(format!("the TLS alert {}", alert.description))),
            (None, Some((_, how)), _) => (cut_outcome(how), reason("the connection was cut on purpose")),
            (None, None, Some(kind)) => (crate::line::outcome_of(kind), Some(kind.to_string())),
            (None, None, None) if unanswered => (Outcome::Closed, reason("the connection was closed before an answer")),
            (None, None, None) => (Outcome::Truncated, reason("the connection was closed in the middle of an answer")),
        };
        received.connection.tls = alert.map(|alert| Tls { alert: Some(alert), ..Tls::default() });
        ended
    }
}

/// Gives what was sent of a request whose answer is known, or is not coming.
async fn sent_bytes(telling: oneshot::Receiver<Bytes>) -> Bytes {
    telling.await.unwrap_or_default()
}
