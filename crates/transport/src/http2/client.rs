//! A connection that we made: requests as the scenario wants them, and what came of them.

use super::message::{content, fields, handed_over, map, pour};
use super::serve::Order;
use super::tape::{FrameDeck, FrameTape, Setup};
use crate::client::{Received, Sending};
use crate::coding;
use crate::delivery::{CutAfter, CutHow, Delivery};
use crate::driver::Driver;
use crate::limits::{FAREWELL_MS, Limits};
use crate::line::{cut_outcome, micros, outcome_of};
use crate::stream::Stream;
use crate::tape::Recording;
use crate::tls::alert_behind;
use bytes::Bytes;
use counterpart_evidence::{Alert, Headers, Outcome, Request, Response, Tls, Version};
use h2::client::{Connection, SendRequest};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

/// A connection on which HTTP/2 was agreed.
pub(crate) struct Agreed {
    sender: SendRequest<Bytes>,
    deck: FrameDeck,
    orders: mpsc::UnboundedSender<Order>,
    limits: Limits,
}

/// Begins to speak HTTP/2; gives the task that drives the connection and ends with an alert where one ended it.
pub(crate) async fn connect(stream: Stream, limits: Limits) -> Result<(Agreed, Driver), h2::Error> {
    let setup = Setup {
        recording: Recording::On,
        ours: true,
        message_bytes_max: limits.head_bytes_max + limits.body_bytes_max.saturating_mul(2),
        head_bytes_max: limits.head_bytes_max,
    };
    let (tape, deck) = FrameTape::new(stream, &setup);
    let mut builder = h2::client::Builder::new();
    builder
        .enable_push(false)
        .initial_window_size(256 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .max_header_list_size(u32::try_from(limits.head_bytes_max).unwrap_or(u32::MAX));
    let (sender, connection) = builder.handshake(tape).await?;
    let (orders, ordered) = mpsc::unbounded_channel();
    let driver = Driver::start(drive(connection, deck.clone(), ordered));
    Ok((Agreed { sender, deck, orders, limits }, driver))
}

async fn drive(
    mut connection: Connection<FrameTape, Bytes>,
    deck: FrameDeck,
    mut ordered: mpsc::UnboundedReceiver<Order>,
) -> Option<Alert> {
    let order = tokio::select! {
        result = &mut connection => return result.err().and_then(|error| alert_behind(&error)),
        order = ordered.recv() => order,
    };
    match order {
        Some(Order::End(how, raw)) => {
            deck.end(how, raw);
            drop(timeout(Duration::from_millis(FAREWELL_MS), connection).await);
            None
        }
        Some(Order::Last) | None => connection.await.err().and_then(|error| alert_behind(&error)),
    }
}

/// How far a request came.
enum Step {
    /// It was ended by our own will.
    Cut(CutHow),
    Failed(h2::Error),
    /// The head of the answer came.
    Head(Box<http::Response<h2::RecvStream>>),
}

impl Agreed {
    /// Tells what ended the connection, where an I/O error did.
    pub(crate) fn error(&self) -> Option<std::io::ErrorKind> {
        self.deck.error()
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn send(
        &mut self,
        request: Request,
        authority: &str,
        sending: &Sending,
        within: Duration,
        driver: &Driver,
    ) -> Received {
        let mut received = Received::unsent(Request { version: Version::Http2, ..request });
        let head = match head(&received.request, authority) {
            Ok(head) => head,
            Err(reason) => {
                received.outcome = Outcome::Malformed;
                received.reason = Some(reason);
                return received;
            }
        };
        // What goes out is the map's order, in which fields of one name stand together.
        received.request.headers = crate::head::from_map(head.headers());
        let began = Instant::now();
        let until = began + within;
        let body = received.request.body.content.clone();
        let mut stream = 0;
        let step = tokio::time::timeout_at(until, self.request(head, &body, &sending.delivery, &mut stream)).await;
        match step {
            Err(_) => {
                received.outcome = Outcome::Timeout;
                received.reason = Some(format!("no answer came within {} ms", within.as_millis()));
            }
            Ok(Step::Cut(how)) => {
                received.outcome = cut_outcome(how);
                received.reason = Some("the connection was cut on purpose".to_owned());
            }
            Ok(Step::Failed(error)) => self.explain(&error, driver, &mut received).await,
            Ok(Step::Head(response)) => self.read(*response, stream, until, &mut received).await,
        }
        let came = self.deck.take(stream);
        received.timing.first_byte_us = came.first.map(|first| micros(first.saturating_duration_since(began)));
        received.request_wire = self.deck.take_sent(stream);
        received.response_wire = came.wire;
        received
    }

    async fn request(&mut self, head: http::Request<()>, body: &Bytes, delivery: &Delivery, stream_id: &mut u32) -> Step {
        tokio::time::sleep(delivery.delay).await;
        if let Err(error) = std::future::poll_fn(|context| self.sender.poll_ready(context)).await {
            return Step::Failed(error);
        }
        if let Some(raw) = &delivery.raw {
            return self.end(CutHow::Close, Some(raw.clone())).await;
        }
        if let Some((CutAfter::Nothing, how)) = delivery.cut {
            return self.end(how, None).await;
        }
        let only_head = body.is_empty() && matches!(delivery.cut, None | Some((CutAfter::Whole, _)));
        let (answer, mut stream) = match self.sender.send_request(head, only_head) {
            Ok(sent) => sent,
            Err(error) => return Step::Failed(error),
        };
        *stream_id = stream.stream_id().as_u32();
        let poured = if only_head { Ok(0) } else { pour(&mut stream, body, delivery).await };
        if let (Some((_, how)), Ok(bytes)) = (delivery.cut, &poured) {
            handed_over(&self.deck, *stream_id, *bytes).await;
            return self.end(how, None).await;
        }
        // A server may answer before it has read everything, so its answer counts even where sending failed.
        match answer.await {
            Ok(response) => Step::Head(Box::new(response)),
            Err(error) => Step::Failed(error),
        }
    }

    async fn end(&self, how: CutHow, raw: Option<Bytes>) -> Step {
        if how == CutHow::Hang {
            tokio::time::sleep(Duration::from_millis(self.limits.hang_ms)).await;
        }
        let order = if how == CutHow::Hang { CutHow::Reset } else { how };
        // A connection that is gone needs no end.
        let _ = self.orders.send(Order::End(order, raw));
        Step::Cut(how)
    }

    async fn read(&self, response: http::Response<h2::RecvStream>, stream: u32, until: Instant, received: &mut Received) {
        let (parts, mut incoming) = response.into_parts();
        let (content, read) = content(&mut incoming, &self.limits, until).await;
        let came = self.deck.peek_lists(stream);
        let headers = came.iter().find(|list| !is_interim(list)).map_or_else(|| crate::head::from_map(&parts.headers), fields);
        let body = coding::body(&headers, content, self.limits.body_bytes_max);
        let (outcome, reason) = match read {
            Ok(()) if headers.len() > self.limits.header_count_max => {
                (Outcome::Oversized, Some(format!("the answer has more than {} header fields", self.limits.header_count_max)))
            }
            Ok(()) => (Outcome::Answered, None),
            Err(short @ super::message::Short::Oversized) => (Outcome::Oversized, Some(short.reason(&self.limits))),
            Err(short) => (Outcome::Truncated, Some(short.reason(&self.limits))),
        };
        received.outcome = outcome;
        received.reason = reason;
        let status = parts.status.as_u16();
        received.response = Some(Response { status, reason: String::new(), version: Version::Http2, headers, body });
    }

    /// Says why there is no answer.
    async fn explain(&self, error: &h2::Error, driver: &Driver, received: &mut Received) {
        let alert = match alert_behind(error) {
            Some(alert) => Some(alert),
            None if error.is_io() => {
                // The connection's own task knows of an alert that came instead of an answer.
                driver.alert().await
            }
            None => None,
        };
        received.outcome = match &alert {
            Some(_) => Outcome::TlsAlert,
            None if error.is_io() => self.deck.error().map_or(Outcome::Closed, outcome_of),
            None if error.is_reset() && error.is_remote() => Outcome::Reset,
            None if error.is_go_away() && error.is_remote() => Outcome::Closed,
            None => Outcome::Malformed,
        };
        received.reason = Some(error.to_string());
        received.connection.tls = alert.map(|alert| Tls { alert: Some(alert), ..Tls::default() });
    }
}

fn head(request: &Request, authority: &str) -> Result<http::Request<()>, String> {
    let host = request.headers.first("host").unwrap_or(authority).to_owned();
    // What a proxy is asked for names its own scheme and authority (RFC 9113 §8.3.1).
    let uri = if request.target.starts_with("http://") || request.target.starts_with("https://") {
        http::Uri::try_from(request.target.as_str()).map_err(http::Error::from)
    } else {
        http::Uri::builder().scheme("https").authority(host).path_and_query(request.target.clone()).build()
    };
    let method = http::Method::from_bytes(request.method.as_bytes());
    let (Ok(uri), Ok(method)) = (uri, method) else {
        return Err("method or target cannot be sent in HTTP/2".to_owned());
    };
    let mut head = http::Request::new(());
    *head.method_mut() = method;
    *head.uri_mut() = uri;
    *head.headers_mut() = map(&request.headers);
    // RFC 9113 §8.3.1: the authority stands in its place.
    head.headers_mut().remove(http::header::HOST);
    Ok(head)
}

fn is_interim(list: &Headers) -> bool {
    list.first(":status").is_some_and(|status| status.starts_with('1'))
}
