//! One stream: a request up to the handler, and its reply as the scenario wants it.

use super::message::{Short, content, fields, handed_over, map, pour};
use super::serve::Order;
use super::tape::FrameDeck;
use crate::coding;
use crate::delivery::{Closing, CutAfter, CutHow, Delivery};
use crate::http1::frame;
use crate::line::Line;
use crate::server::{Call, Reply};
use bytes::Bytes;
use counterpart_evidence::{Outcome, Request, Response, Version};
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use std::io;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// What the streams of a connection share.
pub(super) struct Streams {
    pub(super) line: Line,
    pub(super) deck: FrameDeck,
    pub(super) orders: mpsc::UnboundedSender<Order>,
    /// Scheme and authority of the first request, which those after it nearly always share.
    pub(super) site: OnceLock<Arc<str>>,
}

/// One stream.
pub(super) struct Stream {
    streams: Arc<Streams>,
    id: u32,
    request: http::Request<RecvStream>,
    respond: SendResponse<Bytes>,
}

impl Stream {
    pub(super) fn new(streams: &Arc<Streams>, request: http::Request<RecvStream>, respond: SendResponse<Bytes>) -> Self {
        let id = respond.stream_id().as_u32();
        streams.deck.claim(id);
        Self { streams: Arc::clone(streams), id, request, respond }
    }

    /// Serves the stream to its end.
    pub(super) async fn serve(self) {
        let Self { streams, id, request, mut respond } = self;
        let line = &streams.line;
        let connection = line.next_request();
        let started = streams.deck.first_in(id).unwrap_or_else(Instant::now);
        let (parts, mut incoming) = request.into_parts();
        let until = Instant::now() + Duration::from_millis(line.limits.body_ms);
        let (content, read) = content(&mut incoming, &line.limits, until).await;
        let came = streams.deck.take(id);
        let too_many = parts.headers.len() > line.limits.header_count_max;
        let wrong = match read {
            Ok(()) if too_many => Some((
                431,
                Outcome::Oversized,
                format!("the request has more than {} header fields", line.limits.header_count_max),
            )),
            Ok(()) => None,
            Err(short) => Some(match &short {
                Short::Broken(error) if error.is_io() || error.is_reset() => (400, Outcome::Reset, short.reason(&line.limits)),
                Short::Broken(_) => (400, Outcome::Malformed, short.reason(&line.limits)),
                Short::Late => (408, Outcome::Timeout, short.reason(&line.limits)),
                Short::Oversized => (413, Outcome::Oversized, short.reason(&line.limits)),
            }),
        };
        if let Some((status, outcome, reason)) = wrong {
            line.silent(&connection, outcome, reason.clone(), &came.wire, started);
            return refuse(&mut respond, status, &reason);
        }
        let headers = came.lists.first().map_or_else(|| crate::head::from_map(&parts.headers), fields);
        let target = parts.uri.path_and_query().map_or_else(|| parts.uri.to_string(), ToString::to_string);
        let site = streams.site(&parts.uri);
        let body = coding::body(&headers, content, line.limits.body_bytes_max);
        let method = parts.method.as_str().to_owned();
        let is_head = method == "HEAD";
        let request = Request { method, target, version: Version::Http2, headers, body };
        let reply = line.answer(Call { connection, request, wire: came.wire, started, site }).await;
        streams.deliver(id, &mut respond, reply, started, is_head).await;
    }
}

/// Waits; tells how the peer gave the stream up meanwhile, or the connection beneath it, where it did.
async fn gone_within(
    time: Duration,
    poll_reset: impl FnMut(&mut Context<'_>) -> Poll<Result<h2::Reason, h2::Error>>,
) -> Option<io::ErrorKind> {
    match tokio::time::timeout(time, std::future::poll_fn(poll_reset)).await {
        Ok(Ok(_)) => Some(io::ErrorKind::ConnectionReset),
        Ok(Err(_)) => Some(io::ErrorKind::UnexpectedEof),
        Err(_) => None,
    }
}

/// Answers a request that could not be read.
fn refuse(respond: &mut SendResponse<Bytes>, status: u16, reason: &str) {
    let mut response = http::Response::new(());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::BAD_REQUEST);
    // A stream that the peer gave up has nobody to be told.
    if let Ok(mut stream) = respond.send_response(response, false) {
        let _ = stream.send_data(Bytes::from(format!("{reason}\n")), true);
    }
}

impl Streams {
    /// Gives `SCHEME://AUTHORITY` of a request: written once for a connection, unless a request of it is for another.
    fn site(&self, uri: &http::Uri) -> Option<Arc<str>> {
        let (scheme, authority) = uri.scheme_str().zip(uri.authority().map(http::uri::Authority::as_str))?;
        let written = || Arc::from(format!("{scheme}://{authority}"));
        let first = self.site.get_or_init(written);
        let rest = first.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://"));
        Some(if rest == Some(authority) { Arc::clone(first) } else { written() })
    }

    async fn deliver(&self, id: u32, respond: &mut SendResponse<Bytes>, reply: Reply, started: Instant, is_head: bool) {
        let Reply { mut response, delivery, record } = reply;
        let plain = response.body.content.clone();
        let body = frame(&mut response, &plain, delivery.framing, is_head);
        // Chunks are of HTTP/1: frames tell the end here.
        let body = if body.is_empty() { body } else { plain };
        let map = map(&response.headers);
        let sent = Response { version: Version::Http2, reason: String::new(), headers: crate::head::from_map(&map), ..response };
        let status = http::StatusCode::from_u16(sent.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(tell) = self.line.teller(record, sent, &delivery, started) {
            self.deck.mark(id, tell);
        }
        if !delivery.delay.is_zero()
            && let Some(kind) = gone_within(delivery.delay, |context| respond.poll_reset(context)).await
        {
            return self.deck.tell(id, Some(kind));
        }
        let mut head = http::Response::new(());
        *head.status_mut() = status;
        *head.headers_mut() = map;
        if self.send(id, respond, head, &body, &delivery).await.is_err() {
            // The peer gave the stream or the connection up.
            self.deck.tell(id, Some(io::ErrorKind::ConnectionReset));
        }
        if delivery.closing == Closing::Close && delivery.cut.is_none() && delivery.raw.is_none() {
            let _ = self.orders.send(Order::Last);
        }
    }

    async fn send(
        &self,
        id: u32,
        respond: &mut SendResponse<Bytes>,
        head: http::Response<()>,
        body: &Bytes,
        delivery: &Delivery,
    ) -> Result<(), h2::Error> {
        for status in &delivery.interim {
            let mut interim = http::Response::new(());
            *interim.status_mut() = http::StatusCode::from_u16(*status).unwrap_or(http::StatusCode::CONTINUE);
            respond.send_informational(interim)?;
        }
        if let Some(raw) = &delivery.raw {
            self.end(id, CutHow::Close, Some(raw.clone())).await;
            return Ok(());
        }
        if let Some((CutAfter::Nothing, how)) = delivery.cut {
            if how == CutHow::Hang {
                self.hang(id, |context| respond.poll_reset(context)).await;
            }
            self.end(id, how, None).await;
            return Ok(());
        }
        let only_head = body.is_empty() && matches!(delivery.cut, None | Some((CutAfter::Whole, _)));
        let mut stream = respond.send_response(head, only_head)?;
        let poured = if only_head { 0 } else { pour(&mut stream, body, delivery).await? };
        match delivery.cut {
            Some((after, how)) => {
                handed_over(&self.deck, id, poured).await;
                if how == CutHow::Hang {
                    if after == CutAfter::Whole {
                        // Whoever has the whole message waits for nothing.
                        self.deck.tell(id, None);
                    }
                    self.hang(id, |context| stream.poll_reset(context)).await;
                }
                self.end(id, how, None).await;
            }
            None => self.until_told(id, &mut stream).await,
        }
        Ok(())
    }

    /// Waits until the last frame is about to go out, or the peer gives the stream up before.
    async fn until_told(&self, id: u32, stream: &mut SendStream<Bytes>) {
        let given_up = async {
            if std::future::poll_fn(|context| stream.poll_reset(context)).await.is_err() {
                // The stream is over in good order, or its connection is, which shows elsewhere.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            () = self.deck.until_told(id) => {}
            () = given_up => self.deck.tell(id, Some(io::ErrorKind::ConnectionReset)),
        }
    }

    /// Tells of the message as far as it went, then ends the connection.
    async fn end(&self, id: u32, how: CutHow, raw: Option<Bytes>) {
        self.deck.tell(id, None);
        let how = if how == CutHow::Hang { CutHow::Reset } else { how };
        let _ = self.orders.send(Order::End(how, raw));
    }

    /// Stays silent until the peer gives the stream up, which is told, or up to a bound.
    async fn hang(&self, id: u32, poll_reset: impl FnMut(&mut Context<'_>) -> Poll<Result<h2::Reason, h2::Error>>) {
        if let Some(kind) = gone_within(Duration::from_millis(self.line.limits.hang_ms), poll_reset).await {
            self.deck.tell(id, Some(kind));
        }
    }
}
