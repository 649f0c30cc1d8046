//! HTTP/1.1 on an incoming connection: hyper parses and paces, our own bytes go out beneath it.

use crate::coding;
use crate::delivery::{Closing, Framing, chunked, script};
use crate::head;
use crate::limits::HEADERS_USUAL;
use crate::line::{Line, outcome_of};
use crate::server::{Call, Reply};
use crate::stream::Stream;
use crate::tape::{Deck, Tape};
use crate::tls::alert_behind;
use bytes::Bytes;
use counterpart_evidence::{Connection, Outcome, Request, Response, Version};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// A connection with its tape.
struct Taped {
    line: Line,
    deck: Deck,
    /// A request was refused and told of; what comes after it is not read.
    refused: AtomicBool,
}

/// Serves a connection to its end.
pub(crate) async fn serve(line: Line, stream: Stream, mut stopping: watch::Receiver<bool>, started: Instant) {
    let limits = line.limits;
    let incoming_max = limits.head_bytes_max + limits.body_bytes_max.saturating_mul(2);
    let (tape, deck) = Tape::new(stream, line.recording, incoming_max);
    let taped = Arc::new(Taped { line, deck, refused: AtomicBool::new(false) });
    let service = {
        let taped = Arc::clone(&taped);
        hyper::service::service_fn(move |request| Arc::clone(&taped).call(request))
    };
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits.head_ms))
        .max_buf_size(limits.head_bytes_max.max(16 * 1024))
        .half_close(true)
        .pipeline_flush(false);
    if limits.header_count_max != HEADERS_USUAL {
        builder.max_headers(limits.header_count_max);
    }
    let result = {
        let mut served = std::pin::pin!(builder.serve_connection(TokioIo::new(tape), service));
        tokio::select! {
            result = served.as_mut() => result,
            () = async { drop(stopping.wait_for(|stopping| *stopping).await) } => {
                served.as_mut().graceful_shutdown();
                timeout(Duration::from_millis(crate::limits::FAREWELL_MS), served).await.unwrap_or(Ok(()))
            }
        }
    };
    taped.finish(result.err(), started);
}

impl Taped {
    /// Says what became of a connection whose last bytes were no whole request.
    fn finish(&self, error: Option<hyper::Error>, started: Instant) {
        self.deck.abandon();
        let came = self.deck.take_incoming();
        // Between two requests a client may close or reset a kept connection as it likes.
        if self.refused.load(Ordering::Relaxed) || (self.line.has_requests() && came.is_empty()) {
            return;
        }
        let (outcome, reason) = match &error {
            None if came.is_empty() => (Outcome::Closed, "the connection was closed without a request".to_owned()),
            None => (Outcome::Closed, "the connection was closed in the middle of a request".to_owned()),
            Some(error) if error.is_timeout() => (Outcome::Timeout, "the head of a request did not come in time".to_owned()),
            Some(error) if error.is_parse_too_large() => (Outcome::Oversized, error.to_string()),
            Some(error) if error.is_parse() => (Outcome::Malformed, error.to_string()),
            Some(error) => (self.deck.error().map_or(Outcome::Closed, outcome_of), error.to_string()),
        };
        match error.as_ref().and_then(|error| alert_behind(error)) {
            Some(alert) => self.line.silent_with(self.line.idle(), Outcome::TlsAlert, reason, &came, started, Some(alert)),
            None => self.line.silent(self.line.idle(), outcome, reason, &came, started),
        }
    }

    async fn call(self: Arc<Self>, request: hyper::Request<Incoming>) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
        let started = self.deck.first_in().unwrap_or_else(Instant::now);
        let connection = self.line.next_request();
        let (parts, incoming) = request.into_parts();
        let content = match self.content(incoming).await {
            Ok(content) => content,
            Err((status, outcome, reason)) => return Ok(self.refuse(&connection, status, outcome, reason, started)),
        };
        let (request, wire) = self.reread(&parts, content);
        let asked_to_close = request.version == Version::Http10
            || request.headers.all("connection").any(|value| value.to_ascii_lowercase().contains("close"));
        let is_head = request.method == "HEAD";
        let reply = self.line.answer(Call { connection, request, wire, started, site: None }).await;
        Ok(self.deliver(reply, started, is_head, asked_to_close))
    }

    /// Reads the content; otherwise tells status, outcome and reason.
    async fn content(&self, incoming: Incoming) -> Result<Bytes, (u16, Outcome, String)> {
        use hyper::body::Body as _;
        if incoming.is_end_stream() {
            return Ok(Bytes::new());
        }
        let limits = &self.line.limits;
        let reading = Limited::new(incoming, limits.body_bytes_max).collect();
        match timeout(Duration::from_millis(limits.body_ms), reading).await {
            Ok(Ok(collected)) => Ok(collected.to_bytes()),
            Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
                Err((413, Outcome::Oversized, format!("the body is larger than {} bytes", limits.body_bytes_max)))
            }
            Ok(Err(error)) => Err(self.broken_off(error.as_ref())),
            Err(_) => Err((408, Outcome::Timeout, "the body did not come in time".to_owned())),
        }
    }

    fn broken_off(&self, error: &(dyn std::error::Error + Send + Sync + 'static)) -> (u16, Outcome, String) {
        let reason = format!("the body broke off: {error}");
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
        let mut kind = None;
        while let Some(inner) = source {
            kind = kind.or(inner.downcast_ref::<std::io::Error>().map(std::io::Error::kind));
            source = inner.source();
        }
        let outcome = match self.deck.error().or(kind) {
            // hyper's words for a length or chunks that are wrong.
            Some(ErrorKind::InvalidData | ErrorKind::InvalidInput) => Outcome::Malformed,
            Some(kind) => outcome_of(kind),
            None => Outcome::Closed,
        };
        (400, outcome, reason)
    }

    /// Takes the request as it came: order and case of header fields are in the bytes, and hyper does not keep them.
    fn reread(&self, parts: &http::request::Parts, content: Bytes) -> (Request, Bytes) {
        let limits = &self.line.limits;
        let mut reread = None;
        let wire = self.deck.take_message(|bytes| {
            let (head, head_bytes) = head::reread_request(bytes, limits.header_count_max)?;
            let end = head::message_end(bytes, head_bytes, &head.headers, content.len());
            reread = Some(head);
            end
        });
        let head = reread.unwrap_or_else(|| head::Head {
            headers: head::from_map(&parts.headers),
            version: head::version_of(parts.version),
            text: parts.uri.path_and_query().map_or_else(|| parts.uri.to_string(), ToString::to_string),
        });
        let body = coding::body(&head.headers, content, limits.body_bytes_max);
        let method = parts.method.as_str().to_owned();
        (Request { method, target: head.text, version: head.version, headers: head.headers, body }, wire)
    }

    /// Answers a request that could not be read, and tells the handler of it.
    fn refuse(
        &self,
        connection: &Connection,
        status: u16,
        outcome: Outcome,
        reason: String,
        started: Instant,
    ) -> hyper::Response<Full<Bytes>> {
        self.refused.store(true, Ordering::Relaxed);
        let mut response = hyper::Response::new(Full::new(Bytes::from(format!("{reason}\n"))));
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::BAD_REQUEST);
        response.headers_mut().insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
        self.line.silent(connection, outcome, reason, &self.deck.take_incoming(), started);
        response
    }

    /// Puts our exact bytes in place of a stand-in, and gives the stand-in to hyper.
    fn deliver(&self, reply: Reply, started: Instant, is_head: bool, asked_to_close: bool) -> hyper::Response<Full<Bytes>> {
        let Reply { mut response, mut delivery, record } = reply;
        if asked_to_close {
            delivery.closing = Closing::Close;
        }
        let content = response.body.content.clone();
        let body = frame(&mut response, &content, delivery.framing, is_head);
        let ends = delivery.ends_connection();
        if ends && response.headers.first("connection").is_none() && delivery.cut.is_none() {
            response.headers.push("Connection", "close");
        }
        let head = head::response(&response);
        let tell = self.line.teller(record, response, &delivery, started);
        let hang = Duration::from_millis(self.line.limits.hang_ms);
        let mut script = script(&delivery, &head, &body, hang, tell);
        script.push_back(crate::tape::Action::End);
        self.deck.substitute(script);
        let mut stand_in = hyper::Response::new(Full::default());
        if ends {
            stand_in.headers_mut().insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
        }
        stand_in
    }
}

/// Adds the field that tells a body's end, and gives the body as it goes over the wire.
pub(crate) fn frame(response: &mut Response, content: &Bytes, framing: Framing, is_head: bool) -> Bytes {
    let bodiless = is_head || response.status == 204 || response.status == 304 || response.status < 200;
    let told = response.headers.first("content-length").is_some() || response.headers.first("transfer-encoding").is_some();
    if !told && (response.status != 204 && response.status >= 200) {
        match framing {
            Framing::Chunked => response.headers.push("Transfer-Encoding", "chunked"),
            Framing::CloseDelimited => {}
            Framing::Length => response.headers.push("Content-Length", content.len().to_string()),
            Framing::LengthOff(off) => {
                let length = i64::try_from(content.len()).unwrap_or(i64::MAX).saturating_add(off).max(0);
                response.headers.push("Content-Length", length.to_string());
            }
        }
    }
    match (bodiless, framing) {
        (true, _) => Bytes::new(),
        (false, Framing::Chunked) => chunked(content),
        (false, _) => content.clone(),
    }
}
