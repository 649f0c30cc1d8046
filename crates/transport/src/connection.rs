//! One connection that came in: welcome, handshake, requests, end.

use crate::coding;
use crate::delivery::{Closing, CutHow, Framing, chunked, script};
use crate::head;
use crate::hello;
use crate::limits::{GARBAGE_BYTES_MAX, Limits};
use crate::old::{old_server_hello, read_reaction};
use crate::server::{Call, Delivered, Ended, Handler, Reply, Welcome, next_connection};
use crate::stream::{Carrier, Prefixed, Stream};
use crate::tape::{Action, Deck, Mark, Recording, Tape};
use crate::tls::{TlsServer, alert_of, facts, offered};
use arc_swap::ArcSwapOption;
use bytes::Bytes;
use counterpart_evidence::{Connection, Outcome, Request, Response, Timing, Tls, Version};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// What all connections of a server share.
pub(crate) struct Serving {
    pub(crate) handler: Arc<dyn Handler>,
    pub(crate) tls: Arc<ArcSwapOption<TlsServer>>,
    pub(crate) limits: Limits,
    pub(crate) recording: Recording,
    pub(crate) address: String,
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) open: Arc<AtomicUsize>,
}

/// Serves a connection to its end.
pub(crate) async fn serve(serving: &Serving, carrier: Carrier, from: String) {
    let started = Instant::now();
    let mut connection =
        Connection { id: next_connection(), local: serving.address.clone(), peer: from, ..Connection::default() };
    let tls = serving.tls.load_full();
    let Some(tls) = tls else {
        match serving.handler.welcome(None) {
            Welcome::End(how) => end_at_once(&carrier, how, &serving.limits).await,
            _ => serve_http(serving, Stream::Plain(carrier), connection, started, Version::Http11).await,
        }
        return;
    };
    let mut carrier = carrier;
    let limit = Duration::from_millis(serving.limits.handshake_ms);
    let silent = |connection: Connection, outcome, reason: Option<String>, wire| {
        serving.handler.silent(Ended { connection, outcome, reason, wire, started });
    };
    let (prefix, hello) = match timeout(limit, hello::read(&mut carrier)).await {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => return silent(connection, outcome_of(error.kind()), Some(error.to_string()), Bytes::new()),
        Err(_) => return silent(connection, Outcome::Timeout, Some("no ClientHello came in time".to_owned()), Bytes::new()),
    };
    connection.tls = Some(offered(Tls::default(), hello.as_ref()));
    if hello.is_none() {
        let (outcome, reason) = match prefix.is_empty() {
            true => (Outcome::Closed, "the connection was closed before a ClientHello"),
            false => (Outcome::Malformed, "the first bytes are no ClientHello"),
        };
        return silent(connection, outcome, Some(reason.to_owned()), prefix);
    }
    let config = match serving.handler.welcome(hello.as_ref()) {
        Welcome::End(how) => {
            end_at_once(&carrier, how, &serving.limits).await;
            return silent(connection, Outcome::Closed, Some("ended by the scenario".to_owned()), prefix);
        }
        Welcome::OldServerHello => {
            let (outcome, alert) = match timeout(limit, old_server_hello(&mut carrier)).await {
                Ok(Ok(())) => timeout(limit, read_reaction(&mut carrier)).await.unwrap_or((Outcome::Timeout, None)),
                Ok(Err(error)) => (outcome_of(error.kind()), None),
                Err(_) => (Outcome::Timeout, None),
            };
            if let Some(tls) = &mut connection.tls {
                tls.alert = alert;
            }
            return silent(connection, outcome, Some("a ServerHello of TLS 1.1 was sent".to_owned()), prefix);
        }
        Welcome::Usual => tls.config.clone(),
        Welcome::With(other) => other.config,
    };
    let acceptor = tokio_rustls::TlsAcceptor::from(config);
    match timeout(limit, acceptor.accept(Prefixed { prefix, inner: carrier })).await {
        Ok(Ok(stream)) => {
            connection.tls = Some(offered(facts(stream.get_ref().1), hello.as_ref()));
            let version = if stream.get_ref().1.alpn_protocol() == Some(b"h2") { Version::Http2 } else { Version::Http11 };
            serve_http(serving, Stream::ServerTls(Box::new(stream)), connection, started, version).await;
        }
        Ok(Err(error)) => {
            let alert = alert_of(&error);
            let outcome = if alert.is_some() { Outcome::TlsAlert } else { outcome_of(error.kind()) };
            connection.tls = Some(Tls { alert, ..offered(Tls::default(), hello.as_ref()) });
            silent(connection, outcome, Some(error.to_string()), Bytes::new());
        }
        Err(_) => silent(connection, Outcome::Timeout, Some("the TLS handshake did not end in time".to_owned()), Bytes::new()),
    }
}

async fn end_at_once(carrier: &Carrier, how: CutHow, limits: &Limits) {
    match how {
        CutHow::Reset => carrier.reset(),
        CutHow::Hang => tokio::time::sleep(Duration::from_millis(limits.hang_ms)).await,
        CutHow::Close | CutHow::HalfClose => {}
    }
}

/// What an I/O error means for an exchange.
pub(crate) fn outcome_of(kind: std::io::ErrorKind) -> Outcome {
    use std::io::ErrorKind;
    match kind {
        ErrorKind::ConnectionRefused => Outcome::Refused,
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => Outcome::Reset,
        ErrorKind::TimedOut => Outcome::Timeout,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable => Outcome::Unreachable,
        _ => Outcome::Closed,
    }
}

/// What the requests of one connection share.
struct Line {
    handler: Arc<dyn Handler>,
    connection: Connection,
    deck: Deck,
    limits: Limits,
    recording: Recording,
    requests: AtomicU64,
    version: Version,
}

async fn serve_http(serving: &Serving, stream: Stream, connection: Connection, started: Instant, version: Version) {
    let incoming_max = serving.limits.head_bytes_max + serving.limits.body_bytes_max.saturating_mul(2);
    let (tape, deck) = Tape::new(stream, serving.recording, incoming_max);
    let line = Arc::new(Line {
        handler: Arc::clone(&serving.handler),
        connection,
        deck: deck.clone(),
        limits: serving.limits,
        recording: serving.recording,
        requests: AtomicU64::new(0),
        version,
    });
    let service = {
        let line = Arc::clone(&line);
        hyper::service::service_fn(move |request| Arc::clone(&line).call(request))
    };
    let mut stopping = serving.stopping.clone();
    let result = if version == Version::Http2 {
        let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_header_list_size(u32::try_from(serving.limits.head_bytes_max).unwrap_or(u32::MAX));
        let mut served = std::pin::pin!(builder.serve_connection(TokioIo::new(tape), service));
        tokio::select! {
            result = served.as_mut() => result,
            () = async { drop(stopping.wait_for(|stopping| *stopping).await) } => {
                served.as_mut().graceful_shutdown();
                timeout(Duration::from_secs(1), served).await.unwrap_or(Ok(()))
            }
        }
    } else {
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_millis(serving.limits.head_ms))
            .max_headers(serving.limits.header_count_max)
            .max_buf_size(serving.limits.head_bytes_max.max(16 * 1024))
            .half_close(true)
            .pipeline_flush(false);
        let mut served = std::pin::pin!(builder.serve_connection(TokioIo::new(tape), service));
        tokio::select! {
            result = served.as_mut() => result,
            () = async { drop(stopping.wait_for(|stopping| *stopping).await) } => {
                served.as_mut().graceful_shutdown();
                timeout(Duration::from_secs(1), served).await.unwrap_or(Ok(()))
            }
        }
    };
    line.finish(result.err(), started);
}

impl Line {
    /// Says what became of a connection whose last bytes were no whole request.
    fn finish(&self, error: Option<hyper::Error>, started: Instant) {
        self.deck.abandon();
        let came = self.deck.take_incoming();
        let first = self.requests.load(Ordering::Relaxed) == 0;
        if !first && error.is_none() {
            return;
        }
        let (outcome, reason) = match &error {
            None if came.bytes.is_empty() => (Outcome::Closed, "the connection was closed without a request".to_owned()),
            None => (Outcome::Closed, "the connection was closed in the middle of a request".to_owned()),
            Some(error) if error.is_timeout() => (Outcome::Timeout, "the head of a request did not come in time".to_owned()),
            Some(error) if error.is_parse_too_large() => (Outcome::Oversized, error.to_string()),
            Some(error) if error.is_parse() => (Outcome::Malformed, error.to_string()),
            Some(error) => (self.deck.error().map_or(Outcome::Closed, outcome_of), error.to_string()),
        };
        // Between two requests a client may close or reset a kept connection as it likes.
        if !first && came.bytes.is_empty() {
            return;
        }
        let mut connection = self.connection.clone();
        let wire = came.bytes.slice(..came.bytes.len().min(GARBAGE_BYTES_MAX));
        if let (Some(tls), Some(alert)) = (&mut connection.tls, error.as_ref().and_then(tls_alert)) {
            tls.alert = Some(alert);
            return self.handler.silent(Ended { connection, outcome: Outcome::TlsAlert, reason: Some(reason), wire, started });
        }
        self.handler.silent(Ended { connection, outcome, reason: Some(reason), wire, started });
    }

    async fn call(self: Arc<Self>, request: hyper::Request<Incoming>) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let started = self.deck.first_in().unwrap_or_else(Instant::now);
        let (parts, incoming) = request.into_parts();
        let body_limit = Duration::from_millis(self.limits.body_ms);
        let collected = timeout(body_limit, Limited::new(incoming, self.limits.body_bytes_max).collect()).await;
        let content = match collected {
            Ok(Ok(collected)) => collected.to_bytes(),
            Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
                let reason = format!("the body is larger than {} bytes", self.limits.body_bytes_max);
                return Ok(self.refuse(413, Outcome::Oversized, &reason, started));
            }
            Ok(Err(error)) => {
                return Ok(self.refuse(400, self.deck.error().map_or(Outcome::Closed, outcome_of), &error.to_string(), started));
            }
            Err(_) => return Ok(self.refuse(408, Outcome::Timeout, "the body did not come in time", started)),
        };
        let taken = self.deck.take_incoming();
        let reread =
            if self.version == Version::Http2 { None } else { head::reread_request(&taken.bytes, self.limits.header_count_max) };
        let (headers, version, target) = reread.unwrap_or_else(|| {
            let target = parts.uri.path_and_query().map_or_else(|| parts.uri.to_string(), ToString::to_string);
            (head::from_map(&parts.headers), version_of(parts.version), target)
        });
        let body = coding::body(&headers, content, self.limits.body_bytes_max);
        let request = Request { method: parts.method.as_str().to_owned(), target, version, headers, body };
        let wire = if self.version == Version::Http2 { Bytes::new() } else { taken.bytes };
        let asked_to_close = request.headers.all("connection").any(|value| value.to_ascii_lowercase().contains("close"))
            || version == Version::Http10;
        let is_head = request.method == "HEAD";
        let connection = Arc::new(Connection { reused: number > 0, ..self.connection.clone() });
        let reply = self.handler.respond(Call { connection, request, wire, started }).await;
        Ok(self.deliver(reply, started, is_head, asked_to_close))
    }

    /// Answers a request that could not be read, and tells the handler of it.
    fn refuse(&self, status: u16, outcome: Outcome, reason: &str, started: Instant) -> hyper::Response<Full<Bytes>> {
        let came = self.deck.take_incoming();
        let wire = came.bytes.slice(..came.bytes.len().min(GARBAGE_BYTES_MAX));
        self.handler.silent(Ended {
            connection: self.connection.clone(),
            outcome,
            reason: Some(reason.to_owned()),
            wire,
            started,
        });
        let mut response = hyper::Response::new(Full::new(Bytes::from(format!("{reason}\n"))));
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::BAD_REQUEST);
        response.headers_mut().insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
        response
    }

    /// Puts our exact bytes in place of a stand-in, and gives the stand-in to hyper.
    fn deliver(&self, reply: Reply, started: Instant, is_head: bool, asked_to_close: bool) -> hyper::Response<Full<Bytes>> {
        let Reply { mut response, mut delivery, record } = reply;
        if self.version == Version::Http2 {
            return self.deliver_http2(response, record, started);
        }
        if asked_to_close {
            delivery.closing = Closing::Close;
        }
        let content = response.body.content.clone();
        let body = frame(&mut response, &content, delivery.framing, is_head);
        if delivery.ends_connection() && response.headers.first("connection").is_none() && delivery.cut.is_none() {
            response.headers.push("Connection", "close");
        }
        let head = head::response(&response);
        let raw = delivery.raw.is_some();
        let cut = delivery.cut;
        let ends = delivery.ends_connection();
        let recording = self.recording;
        let tell: Option<Box<dyn FnOnce(Mark) + Send>> = record.map(|record| {
            Box::new(move |mark: Mark| {
                let (outcome, reason) = match (mark.broken, cut, raw) {
                    (Some(kind), _, _) => (outcome_of(kind), Some(format!("the answer could not be sent whole: {kind}"))),
                    (None, Some((_, how)), _) => (cut_outcome(how), Some("the answer was cut on purpose".to_owned())),
                    (None, None, true) => {
                        (Outcome::Malformed, Some("bytes were sent instead of an answer on purpose".to_owned()))
                    }
                    (None, None, false) => (Outcome::Answered, None),
                };
                let timing = Timing {
                    first_byte_us: Some(micros(mark.first_byte.unwrap_or_else(Instant::now).saturating_duration_since(started))),
                    total_us: Some(micros(started.elapsed())),
                    ..Timing::default()
                };
                let wire = if recording == Recording::On { mark.wire } else { Bytes::new() };
                record(Delivered { response, wire, outcome, reason, timing });
            }) as Box<dyn FnOnce(Mark) + Send>
        });
        let hang = Duration::from_millis(self.limits.hang_ms);
        let script: VecDeque<Action> = script(&delivery, &head, &body, hang, tell);
        self.deck.substitute(script);
        let mut stand_in = hyper::Response::new(Full::default());
        if ends {
            stand_in.headers_mut().insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
        }
        stand_in
    }

    fn deliver_http2(
        &self,
        response: Response,
        record: Option<Box<dyn FnOnce(Delivered) + Send>>,
        started: Instant,
    ) -> hyper::Response<Full<Bytes>> {
        let mut out = hyper::Response::new(Full::new(response.body.content.clone()));
        *out.status_mut() = http::StatusCode::from_u16(response.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        for header in &response.headers {
            let connection_specific =
                ["connection", "transfer-encoding", "keep-alive"].iter().any(|name| header.name.eq_ignore_ascii_case(name));
            let name = http::HeaderName::from_bytes(header.name.to_ascii_lowercase().as_bytes());
            let bytes: Vec<u8> = header.value.chars().filter_map(|character| u8::try_from(u32::from(character)).ok()).collect();
            // RFC 9113 §8.2.2: fields that speak of the connection have no place in HTTP/2.
            if let (false, Ok(name), Ok(value)) = (connection_specific, name, http::HeaderValue::from_bytes(&bytes)) {
                out.headers_mut().append(name, value);
            }
        }
        if let Some(record) = record {
            let total_us = Some(micros(started.elapsed()));
            let timing = Timing { first_byte_us: total_us, total_us, ..Timing::default() };
            let response = Response { version: Version::Http2, reason: String::new(), ..response };
            record(Delivered { response, wire: Bytes::new(), outcome: Outcome::Answered, reason: None, timing });
        }
        out
    }
}

/// Adds the field that tells a body's end, and gives the body as it goes over the wire.
fn frame(response: &mut Response, content: &Bytes, framing: Framing, is_head: bool) -> Bytes {
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

fn cut_outcome(how: CutHow) -> Outcome {
    match how {
        CutHow::Close | CutHow::HalfClose => Outcome::Closed,
        CutHow::Hang => Outcome::Timeout,
        CutHow::Reset => Outcome::Reset,
    }
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

pub(crate) fn version_of(version: http::Version) -> Version {
    match version {
        http::Version::HTTP_10 => Version::Http10,
        http::Version::HTTP_2 => Version::Http2,
        _ => Version::Http11,
    }
}

/// Finds a TLS alert behind an error of hyper's.
pub(crate) fn tls_alert(error: &hyper::Error) -> Option<counterpart_evidence::Alert> {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(alert) = inner.downcast_ref::<std::io::Error>().and_then(alert_of) {
            return Some(alert);
        }
        source = inner.source();
    }
    None
}
