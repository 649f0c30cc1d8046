//! The calling side: one connection at a time, made as asked, with all that is known of it kept.

use crate::delivery::{Delivery, Framing, chunked, script};
use crate::driver::Driver;
use crate::limits::Limits;
use crate::line::{cut_outcome, micros, outcome_of};
use crate::protocol::Protocol;
use crate::server::Numbers;
use crate::stream::{Network, Stream};
use crate::tape::{Deck, Recording, Tape};
use crate::tls::{TlsClient, alert_behind, alert_of, facts};
use crate::{coding, directory, head, http2};
use bytes::Bytes;
use counterpart_evidence::{Alert, Connection, Outcome, Request, Response, Timing, Tls, Version};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection and its handshake, each.
    pub connect: Duration,
    /// For an answer.
    pub response: Duration,
}

impl Timeouts {
    /// Takes them from limits.
    #[must_use]
    pub fn of(limits: &Limits) -> Self {
        Self { connect: Duration::from_millis(limits.connect_ms), response: Duration::from_millis(limits.response_ms) }
    }
}

/// Where to connect to, and how.
#[derive(Clone, Debug)]
pub struct Connect {
    /// `host:port` to connect to.
    pub address: String,
    /// Host name for SNI and certificate.
    pub host: String,
    /// TLS; plain without.
    pub tls: Option<TlsClient>,
    /// What is spoken.
    pub protocol: Protocol,
    /// HTTP proxy, `host:port`: CONNECT for TLS, absolute form for plain.
    pub proxy: Option<String>,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// A connection that could not be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    /// How it ended.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<String>,
    /// What is known of it.
    pub connection: Connection,
    /// Durations.
    pub timing: Timing,
}

/// How a request is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sending {
    /// How it goes over the wire.
    pub delivery: Delivery,
    /// How long to wait for the answer; the connection's own limit without.
    pub within: Option<Duration>,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub struct Received {
    /// The request with the fields that were added on the way.
    pub request: Request,
    /// The exact bytes of it; of HTTP/2 the stream's frames.
    pub request_wire: Bytes,
    /// The response.
    pub response: Option<Response>,
    /// The exact bytes of it; of HTTP/2 the stream's frames.
    pub response_wire: Bytes,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it ended so.
    pub reason: Option<String>,
    /// Durations.
    pub timing: Timing,
    /// The connection.
    pub connection: Connection,
}

/// Makes connections.
#[derive(Clone, Debug)]
pub struct Client {
    network: Network,
    limits: Limits,
    numbers: Numbers,
}

enum Sender {
    Directory(directory::Asking),
    Http1(http1::SendRequest<Full<Bytes>>, Deck),
    Http2(Box<http2::Agreed>),
}

/// A connection to the system under test.
pub struct Connected {
    sender: Sender,
    driver: Driver,
    /// We gave it up.
    given_up: bool,
    connection: Connection,
    timing: Timing,
    limits: Limits,
    within: Duration,
    host: String,
    absolute: Option<String>,
}

impl Client {
    /// Makes a client whose connections take their numbers from `numbers`.
    #[must_use]
    pub fn new(network: Network, limits: Limits, numbers: Numbers) -> Self {
        Self { network, limits, numbers }
    }

    /// Gives what its connections are made of.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Connects, shakes hands, and speaks what was asked for, HTTP/2 where that was agreed.
    ///
    /// # Errors
    /// [`Failed`] with the outcome; a TLS 1.3 server may refuse a certificate only after the handshake, at the first answer.
    pub async fn connect(&self, connect: &Connect) -> Result<Connected, Failed> {
        let began = Instant::now();
        let mut connection = Connection { id: self.numbers.next(), peer: connect.address.clone(), ..Connection::default() };
        let mut timing = Timing::default();
        let failed = |outcome, reason: String, connection: &Connection, timing: &Timing| Failed {
            outcome,
            reason: Some(reason),
            connection: connection.clone(),
            timing: Timing { total_us: Some(micros(began.elapsed())), ..*timing },
        };
        let address = connect.proxy.as_ref().unwrap_or(&connect.address);
        let carrier = match timeout(connect.timeouts.connect, self.network.connect(address)).await {
            Ok(Ok((carrier, local, peer))) => {
                connection.local = local;
                connection.peer = peer;
                carrier
            }
            Ok(Err(error)) => {
                // A name without an address is an error of its own kind that the standard library does not name.
                let outcome = match error.kind() {
                    std::io::ErrorKind::ConnectionRefused
                    | std::io::ErrorKind::ConnectionReset
                    | std::io::ErrorKind::TimedOut => outcome_of(error.kind()),
                    _ => Outcome::Unreachable,
                };
                return Err(failed(outcome, error.to_string(), &connection, &timing));
            }
            Err(_) => return Err(failed(Outcome::Unreachable, "connecting took too long".to_owned(), &connection, &timing)),
        };
        timing.connect_us = Some(micros(began.elapsed()));
        let mut carrier = carrier;
        if let (Some(_), Some(_)) = (&connect.proxy, &connect.tls)
            && let Err(reason) = crate::proxy::tunnel(&mut carrier, &connect.address, connect.timeouts.response).await
        {
            return Err(failed(Outcome::Unreachable, reason, &connection, &timing));
        }
        let mut version = Version::Http11;
        let stream = match &connect.tls {
            None => Stream::Plain(carrier),
            Some(tls) => {
                let name = ServerName::try_from(connect.host.clone());
                let Ok(name) = name else {
                    return Err(failed(
                        Outcome::Unreachable,
                        format!("`{}` is no host name", connect.host),
                        &connection,
                        &timing,
                    ));
                };
                let shaking = Instant::now();
                let offer = Tls {
                    alpn_offered: tls.alpn.clone(),
                    server_name: Some(connect.host.clone()),
                    version_offered: Some(tls.highest.to_owned()),
                    ..Tls::default()
                };
                let connector = tokio_rustls::TlsConnector::from(tls.config.clone());
                match timeout(connect.timeouts.connect, connector.connect(name, carrier)).await {
                    Ok(Ok(stream)) => {
                        timing.tls_us = Some(micros(shaking.elapsed()));
                        let agreed = facts(stream.get_ref().1);
                        connection.tls = Some(Tls {
                            alpn_offered: offer.alpn_offered,
                            server_name: offer.server_name,
                            version_offered: offer.version_offered,
                            ..agreed
                        });
                        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                            version = Version::Http2;
                        }
                        Stream::ClientTls(Box::new(stream))
                    }
                    Ok(Err(error)) => {
                        let alert = alert_of(&error);
                        let outcome = if alert.is_some() { Outcome::TlsAlert } else { outcome_of(error.kind()) };
                        connection.tls = Some(Tls { alert, ..offer });
                        return Err(failed(outcome, error.to_string(), &connection, &timing));
                    }
                    Err(_) => {
                        return Err(failed(
                            Outcome::Timeout,
                            "the TLS handshake did not end in time".to_owned(),
                            &connection,
                            &timing,
                        ));
                    }
                }
            }
        };
        let (sender, driver) = match self.speak(stream, connect.protocol, version).await {
            Ok(spoken) => spoken,
            Err(reason) => return Err(failed(Outcome::Closed, reason, &connection, &timing)),
        };
        let absolute = (connect.proxy.is_some() && connect.tls.is_none()).then(|| format!("http://{}", connect.address));
        let host = host_field(connect);
        Ok(Connected {
            sender,
            driver,
            given_up: false,
            connection,
            timing,
            limits: self.limits,
            within: connect.timeouts.response,
            host,
            absolute,
        })
    }

    async fn speak(&self, stream: Stream, protocol: Protocol, version: Version) -> Result<(Sender, Driver), String> {
        if protocol == Protocol::Directory {
            let (asking, driver) = directory::connect(stream, Duration::from_millis(self.limits.hang_ms));
            return Ok((Sender::Directory(asking), driver));
        }
        if version == Version::Http2 {
            let (agreed, driver) = http2::connect(stream, self.limits).await.map_err(|error| error.to_string())?;
            return Ok((Sender::Http2(Box::new(agreed)), driver));
        }
        let incoming_max = self.limits.head_bytes_max + self.limits.body_bytes_max.saturating_mul(2);
        let (tape, deck) = Tape::new(stream, Recording::On, incoming_max);
        let mut builder = http1::Builder::new();
        builder.max_headers(self.limits.header_count_max).max_buf_size(self.limits.head_bytes_max.max(16 * 1024));
        let (sender, driver) = builder.handshake(TokioIo::new(tape)).await.map_err(|error| error.to_string())?;
        let driver = Driver::start(async move { driver.await.err().and_then(|error| alert_behind(&error)) });
        Ok((Sender::Http1(sender, deck), driver))
    }
}

/// Gives the value of `Host`: the port is left out where it is the scheme's own (RFC 9110 §7.2).
fn host_field(connect: &Connect) -> String {
    let port = connect.address.rsplit_once(':').map_or("", |(_, port)| port);
    let usual = if connect.tls.is_some() { "443" } else { "80" };
    let host = if connect.host.contains(':') { format!("[{}]", connect.host) } else { connect.host.clone() };
    if port == usual || port.is_empty() { host } else { format!("{host}:{port}") }
}

impl Connected {
    /// Tells whether a further request can be sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let ready = match &self.sender {
            Sender::Directory(asking) => asking.is_open(),
            Sender::Http1(sender, _) => !sender.is_closed(),
            Sender::Http2(_) => true,
        };
        ready && !self.given_up && !self.driver.is_finished()
    }

    /// Gives what is known of the connection.
    #[must_use]
    pub fn facts(&self) -> &Connection {
        &self.connection
    }

    /// Waits for the peer to end the connection, for at most a time; tells how it did.
    pub async fn watch(&mut self, at_most: Duration) -> (Outcome, Option<Alert>) {
        match self.driver.ended(at_most).await {
            Ok(Some(alert)) => (Outcome::TlsAlert, Some(alert)),
            Ok(None) => (self.error().map_or(Outcome::Closed, outcome_of), None),
            Err(_) => (Outcome::Answered, None),
        }
    }

    /// Sends a request and waits for its answer.
    pub async fn send(&mut self, mut request: Request, sending: &Sending) -> Received {
        let started = Instant::now();
        let within = sending.within.unwrap_or(self.within);
        let timing = std::mem::take(&mut self.timing);
        let connection = self.connection.clone();
        self.connection.reused = true;
        let mut received = match &mut self.sender {
            Sender::Directory(asking) => asking.send(request, sending, within, &self.driver).await,
            Sender::Http2(agreed) => agreed.send(request, &self.host, sending, within, &self.driver).await,
            Sender::Http1(..) => {
                self.complete(&mut request, sending.delivery.framing);
                self.send_http1(request, sending, within).await
            }
        };
        if let (Some(tls), Some(alert)) = (&connection.tls, received.connection.tls.as_ref().and_then(|tls| tls.alert.clone())) {
            received.connection.tls = Some(Tls { alert: Some(alert), ..tls.clone() });
            received.connection = Connection { tls: received.connection.tls.take(), ..connection };
        } else {
            received.connection = connection;
        }
        received.timing.connect_us = timing.connect_us;
        received.timing.tls_us = timing.tls_us;
        received.timing.total_us = Some(micros(started.elapsed()));
        received
    }

    /// Adds the fields that a request cannot go without, at their usual places.
    fn complete(&self, request: &mut Request, framing: Framing) {
        if request.headers.first("host").is_none() {
            let mut headers = counterpart_evidence::Headers::default();
            headers.push("Host", self.host.clone());
            for header in &request.headers {
                headers.push(header.name.clone(), header.value.clone());
            }
            request.headers = headers;
        }
        let told = request.headers.first("content-length").is_some() || request.headers.first("transfer-encoding").is_some();
        let content = request.body.content.len();
        let expects_body = content > 0 || matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
        if !told && expects_body {
            match framing {
                Framing::Chunked => request.headers.push("Transfer-Encoding", "chunked"),
                Framing::CloseDelimited => {}
                Framing::Length => request.headers.push("Content-Length", content.to_string()),
                Framing::LengthOff(off) => {
                    let length = i64::try_from(content).unwrap_or(i64::MAX).saturating_add(off).max(0);
                    request.headers.push("Content-Length", length.to_string());
                }
            }
        }
        if let Some(absolute) = self.absolute.as_ref().filter(|_| request.target.starts_with('/')) {
            request.target = format!("{absolute}{}", request.target);
        }
    }

    fn give_up(&mut self) {
        self.given_up = true;
        self.driver.abort();
    }

    fn error(&self) -> Option<std::io::ErrorKind> {
        match &self.sender {
            Sender::Directory(asking) => asking.error(),
            Sender::Http1(_, deck) => deck.error(),
            Sender::Http2(agreed) => agreed.error(),
        }
    }

    async fn send_http1(&mut self, request: Request, sending: &Sending, within: Duration) -> Received {
        let Sender::Http1(sender, deck) = &mut self.sender else { return Received::unsent(request) };
        let deck = deck.clone();
        drop(deck.take_incoming());
        deck.clear_sent();
        let head = head::request(&request);
        let body = if sending.delivery.framing == Framing::Chunked {
            chunked(&request.body.content)
        } else {
            request.body.content.clone()
        };
        let hang = Duration::from_millis(self.limits.hang_ms);
        deck.substitute(script(&sending.delivery, &head, &body, hang, None));
        let method = http::Method::from_bytes(request.method.as_bytes()).unwrap_or(http::Method::GET);
        let mut stand_in = hyper::Request::new(Full::default());
        *stand_in.method_mut() = method;
        if sending.delivery.ends_connection() {
            stand_in.headers_mut().insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
        }
        let started = Instant::now();
        let waiting = async {
            sender.ready().await?;
            sender.send_request(stand_in).await
        };
        let result = timeout(within, waiting).await;
        let first_byte = deck.first_in();
        let mut received = Received::unsent(request);
        received.timing.first_byte_us = first_byte.map(|first| micros(first.saturating_duration_since(started)));
        match result {
            Err(_) => {
                received.outcome = if deck.incoming().is_empty() { Outcome::Timeout } else { Outcome::Truncated };
                received.reason = Some(format!("no whole answer came within {} ms", within.as_millis()));
                self.give_up();
            }
            Ok(Err(error)) => self.explain(&error, &deck, &sending.delivery, &mut received).await,
            Ok(Ok(response)) => self.read_http1(response, &deck, within.saturating_sub(started.elapsed()), &mut received).await,
        }
        received.request_wire = deck.sent();
        received.response_wire = deck.take_incoming();
        received
    }

    async fn read_http1(&mut self, response: hyper::Response<Incoming>, deck: &Deck, rest: Duration, received: &mut Received) {
        let (parts, incoming) = response.into_parts();
        let (content, outcome, reason) = collect(incoming, rest, self.limits.body_bytes_max).await;
        let reread = head::reread_response(&deck.incoming(), self.limits.header_count_max);
        let head = reread.map_or_else(
            || head::Head {
                headers: head::from_map(&parts.headers),
                version: head::version_of(parts.version),
                text: String::new(),
            },
            |(head, _)| head,
        );
        let body = coding::body(&head.headers, content, self.limits.body_bytes_max);
        received.response = Some(Response {
            status: parts.status.as_u16(),
            reason: head.text,
            version: head.version,
            headers: head.headers,
            body,
        });
        received.outcome = outcome;
        received.reason = reason;
        if outcome != Outcome::Answered {
            self.give_up();
        }
    }

    /// Says why hyper gave no answer.
    async fn explain(&mut self, error: &hyper::Error, deck: &Deck, delivery: &Delivery, received: &mut Received) {
        // The connection's own task knows of an alert that came instead of an answer.
        let alert = match alert_behind(error) {
            Some(alert) => Some(alert),
            None => self.driver.alert().await,
        };
        let came = deck.incoming();
        received.outcome = match (&alert, deck.error()) {
            (Some(_), _) => Outcome::TlsAlert,
            (None, _) if delivery.cut.is_some() => delivery.cut.map_or(Outcome::Closed, |(_, how)| cut_outcome(how)),
            (None, _) if error.is_parse_too_large() => Outcome::Oversized,
            (None, _) if error.is_parse() && !came.is_empty() => Outcome::Malformed,
            (None, Some(kind)) => outcome_of(kind),
            (None, None) if !came.is_empty() => Outcome::Truncated,
            (None, None) => Outcome::Closed,
        };
        received.reason = Some(if delivery.cut.is_some() && alert.is_none() {
            "the connection was cut on purpose".to_owned()
        } else {
            error.to_string()
        });
        received.connection.tls = alert.map(|alert| Tls { alert: Some(alert), ..Tls::default() });
    }
}

async fn collect(incoming: Incoming, within: Duration, bytes_max: usize) -> (Bytes, Outcome, Option<String>) {
    let mut limited = Limited::new(incoming, bytes_max);
    let mut content = Vec::new();
    let reading = async {
        while let Some(frame) = limited.frame().await {
            if let Ok(data) = frame?.into_data() {
                content.extend_from_slice(&data);
            }
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    let (outcome, reason) = match timeout(within.max(Duration::from_millis(1)), reading).await {
        Ok(Ok(())) => (Outcome::Answered, None),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
            (Outcome::Oversized, Some(format!("the body is larger than {bytes_max} bytes")))
        }
        Ok(Err(error)) => (Outcome::Truncated, Some(format!("the body broke off: {error}"))),
        Err(_) => (Outcome::Truncated, Some("the body did not end in time".to_owned())),
    };
    (content.into(), outcome, reason)
}

impl Received {
    /// Makes what is known of a request that was not sent yet.
    pub(crate) fn unsent(request: Request) -> Self {
        Self {
            request,
            request_wire: Bytes::new(),
            response: None,
            response_wire: Bytes::new(),
            outcome: Outcome::Closed,
            reason: None,
            timing: Timing::default(),
            connection: Connection::default(),
        }
    }
}
