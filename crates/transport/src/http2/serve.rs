//! An incoming connection: streams up to the handler, and the end that a scenario or the peer chooses.

use super::call::{Stream as OneStream, Streams};
use super::tape::{FrameDeck, FrameTape, Setup};
use crate::delivery::CutHow;
use crate::limits::{FAREWELL_MS, STREAMS_OPEN_MAX};
use crate::line::{Line, outcome_of};
use crate::stream::Stream;
use crate::tls::alert_behind;
use bytes::Bytes;
use counterpart_evidence::Outcome;
use h2::server::Connection;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

/// Serves a connection to its end.
pub(crate) async fn serve(line: Line, stream: Stream, stopping: watch::Receiver<bool>, started: Instant) {
    let limits = line.limits;
    let setup = Setup {
        recording: line.recording,
        ours: false,
        message_bytes_max: limits.head_bytes_max + limits.body_bytes_max.saturating_mul(2),
        head_bytes_max: limits.head_bytes_max,
    };
    let (tape, deck) = FrameTape::new(stream, &setup);
    let (orders, ordered) = mpsc::unbounded_channel();
    let streams = Arc::new(Streams { line, deck: deck.clone(), orders, site: OnceLock::new() });
    let mut builder = h2::server::Builder::new();
    builder
        .max_concurrent_streams(STREAMS_OPEN_MAX)
        .initial_window_size(256 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .max_header_list_size(u32::try_from(limits.head_bytes_max).unwrap_or(u32::MAX));
    let mut house = House { streams, deck, ordered, stopping, started, told: false };
    let within = Duration::from_millis(limits.handshake_ms);
    let error = match timeout(within, builder.handshake::<_, Bytes>(tape)).await {
        Ok(Ok(connection)) => house.keep(connection).await.err(),
        Ok(Err(error)) => Some(error),
        Err(_) => return house.silent(Outcome::Timeout, "the HTTP/2 preface did not come in time".to_owned()),
    };
    house.finish(error.as_ref());
}

/// What happens on a connection beside requests.
pub(super) enum Order {
    /// It ends, with these bytes before.
    End(CutHow, Option<Bytes>),
    /// No further request is taken.
    Last,
}

struct House {
    streams: Arc<Streams>,
    deck: FrameDeck,
    ordered: mpsc::UnboundedReceiver<Order>,
    stopping: watch::Receiver<bool>,
    started: Instant,
    /// The handler knows already how the connection came to nothing.
    told: bool,
}

impl House {
    /// Takes requests until the connection ends.
    async fn keep(&mut self, mut connection: Connection<FrameTape, Bytes>) -> Result<(), h2::Error> {
        let idle = Duration::from_millis(self.streams.line.limits.head_ms);
        loop {
            let idle_until = Instant::now() + idle;
            tokio::select! {
                accepted = connection.accept() => match accepted {
                    Some(Ok((request, respond))) => {
                        let one = OneStream::new(&self.streams, request, respond);
                        tokio::spawn(one.serve());
                    }
                    Some(Err(error)) => return Err(error),
                    None => return Ok(()),
                },
                Some(order) = self.ordered.recv() => match order {
                    Order::End(how, raw) => return self.end(connection, how, raw).await,
                    Order::Last => connection.graceful_shutdown(),
                },
                () = async { drop(self.stopping.wait_for(|stopping| *stopping).await) } => {
                    connection.graceful_shutdown();
                    let ending = async { while let Some(Ok(_)) = connection.accept().await {} };
                    drop(timeout(Duration::from_millis(FAREWELL_MS), ending).await);
                    return Ok(());
                }
                () = sleep_until(idle_until) => {
                    // Each stream under way shares what its connection has.
                    if Arc::strong_count(&self.streams) > 1 {
                        continue;
                    }
                    if !self.streams.line.has_requests() && self.deck.take_unheard().is_empty() {
                        self.silent(Outcome::Timeout, "no request came in time".to_owned());
                    }
                    connection.graceful_shutdown();
                    drop(timeout(Duration::from_millis(FAREWELL_MS), connection.accept()).await);
                    return Ok(());
                }
            }
            self.tell_unheard();
        }
    }

    /// Ends the connection as a scenario wants it.
    async fn end(&self, mut connection: Connection<FrameTape, Bytes>, how: CutHow, raw: Option<Bytes>) -> Result<(), h2::Error> {
        self.deck.end(how, raw);
        let limits = self.streams.line.limits;
        let within = if how == CutHow::HalfClose { limits.hang_ms } else { FAREWELL_MS };
        let ending = async { while let Some(Ok(_)) = connection.accept().await {} };
        drop(timeout(Duration::from_millis(within), ending).await);
        Ok(())
    }

    fn silent(&mut self, outcome: Outcome, reason: String) {
        self.told = true;
        drop(self.deck.take_rest());
        self.streams.line.silent(self.streams.line.idle(), outcome, reason, &self.deck.start(), self.started);
    }

    /// Tells of requests that the library refused by itself.
    fn tell_unheard(&self) {
        for stream in self.deck.take_unheard() {
            let came = self.deck.take(stream);
            let reason = format!("the request on stream {stream} breaks the rules of HTTP/2 and was refused");
            self.streams.line.silent(
                self.streams.line.idle(),
                Outcome::Malformed,
                reason,
                &came.wire,
                came.first.unwrap_or(self.started),
            );
        }
    }

    /// Says what became of a connection whose last bytes were no whole request.
    fn finish(&self, error: Option<&h2::Error>) {
        self.tell_unheard();
        let line = &self.streams.line;
        let (rest, dropped) = self.deck.take_rest();
        let outcome = match error {
            Some(error) if error.is_io() => self.deck.error().map_or(Outcome::Closed, outcome_of),
            Some(_) => Outcome::Malformed,
            None => self.deck.error().map_or(Outcome::Closed, outcome_of),
        };
        let why = error.map_or_else(|| "the connection was closed".to_owned(), ToString::to_string);
        if let Some(alert) = error.and_then(|error| alert_behind(error)) {
            return line.silent_with(line.idle(), Outcome::TlsAlert, why, &self.deck.start(), self.started, Some(alert));
        }
        if rest.is_empty() && dropped == 0 {
            let broke_rules = error.is_some_and(|error| !error.is_io());
            if !self.told && (!line.has_requests() || broke_rules) {
                line.silent(
                    line.idle(),
                    outcome,
                    format!("no further request was whole: {why}"),
                    &self.deck.start(),
                    self.started,
                );
            }
            return;
        }
        for (stream, came) in rest {
            let reason = format!("the request on stream {stream} was not whole: {why}");
            line.silent(line.idle(), outcome, reason, &came.wire, came.first.unwrap_or(self.started));
        }
        if dropped > 0 {
            line.silent(
                line.idle(),
                outcome,
                format!("{dropped} further requests were not whole: {why}"),
                &Bytes::new(),
                self.started,
            );
        }
    }
}
