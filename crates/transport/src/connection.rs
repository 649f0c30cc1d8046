//! One connection that came in: welcome, handshake, and the protocol of its server in the version agreed.

use crate::delivery::CutHow;
use crate::hello::{self, Hello};
use crate::limits::Limits;
use crate::line::{Line, cut_outcome, outcome_of};
use crate::old::{old_server_hello, read_reaction};
use crate::protocol::Protocol;
use crate::server::{Ended, Handler, Numbers, Welcome};
use crate::stream::{Carrier, Prefixed, Stream};
use crate::tape::Recording;
use crate::tls::{TlsServer, alert_of, facts, offered};
use crate::{directory, http1, http2};
use arc_swap::ArcSwapOption;
use bytes::Bytes;
use counterpart_evidence::{Alert, Connection, Outcome, Tls, TlsSide};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// What all connections of a server share.
pub(crate) struct Serving {
    pub(crate) handler: Arc<dyn Handler>,
    pub(crate) tls: Arc<ArcSwapOption<TlsServer>>,
    pub(crate) protocol: Protocol,
    pub(crate) limits: Limits,
    pub(crate) recording: Recording,
    pub(crate) address: String,
    pub(crate) numbers: Numbers,
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) open: Arc<AtomicUsize>,
}

/// A connection on its way to be served.
struct Arriving<'a> {
    serving: &'a Serving,
    connection: Connection,
    started: Instant,
}

impl Serving {
    fn arriving(&self, from: String) -> Arriving<'_> {
        let connection = Connection { id: self.numbers.next(), local: self.address.clone(), peer: from, ..Connection::default() };
        Arriving { serving: self, connection, started: Instant::now() }
    }
}

/// Ends a connection for which there is no room.
pub(crate) fn turn_away(serving: &Serving, carrier: &Carrier, from: String) {
    carrier.reset();
    let most = serving.limits.connections_max;
    serving.arriving(from).silent(Outcome::Reset, format!("{most} connections are open, so this one was reset"), Bytes::new());
}

/// Serves a connection to its end.
pub(crate) async fn serve(serving: &Serving, carrier: Carrier, from: String) {
    let arriving = serving.arriving(from);
    match serving.tls.load_full() {
        None => arriving.plain(carrier).await,
        Some(tls) => arriving.secure(carrier, &tls).await,
    }
}

impl Arriving<'_> {
    fn silent(self, outcome: Outcome, reason: String, wire: Bytes) {
        let Self { serving, connection, started } = self;
        serving.handler.silent(Ended { connection, outcome, reason: Some(reason), wire, started });
    }

    async fn plain(self, carrier: Carrier) {
        match self.serving.handler.welcome(None) {
            Welcome::End(how) => self.end_at_once(carrier, how, Bytes::new()).await,
            Welcome::OldServerHello | Welcome::OtherAlpn(_) | Welcome::Usual | Welcome::With(_) => {
                self.speak(Stream::Plain(carrier), Spoken::Http1).await;
            }
        }
    }

    async fn secure(mut self, mut carrier: Carrier, usual: &TlsServer) {
        let limit = Duration::from_millis(self.serving.limits.handshake_ms);
        let mut prefix = bytes::BytesMut::new();
        let hello = match timeout(limit, hello::read(&mut carrier, &mut prefix)).await {
            Ok(Ok(hello)) => hello,
            Ok(Err(error)) => return self.silent(outcome_of(error.kind()), error.to_string(), prefix.freeze()),
            Err(_) => return self.silent(Outcome::Timeout, "no ClientHello came in time".to_owned(), prefix.freeze()),
        };
        let prefix = prefix.freeze();
        self.connection.tls = Some(offered(Tls::default(), hello.as_ref()));
        let Some(hello) = hello else {
            let (outcome, reason) = match hello::is_beginning(&prefix) {
                true if prefix.is_empty() => (Outcome::Closed, "the connection was closed before a ClientHello"),
                true => (Outcome::Closed, "the connection was closed in the middle of a ClientHello"),
                false => (Outcome::Malformed, "the first bytes are no ClientHello"),
            };
            return self.silent(outcome, reason.to_owned(), prefix);
        };
        let tls = match self.serving.handler.welcome(Some(&hello)) {
            Welcome::End(how) => return self.end_at_once(carrier, how, prefix).await,
            Welcome::OldServerHello => return self.old_hello(carrier, prefix).await,
            Welcome::Usual => usual.clone(),
            Welcome::OtherAlpn(tls) => tls.with_other_alpn(&hello.alpn),
            Welcome::With(tls) => tls,
        };
        let changes_alpn = tls.changes_alpn();
        if matches!(hello.version.as_deref(), Some("3.0 (SSL)" | "1.0" | "1.1")) {
            return self.refuse_old(carrier, prefix).await;
        }
        self.handshake(Prefixed { prefix, inner: carrier, changes_alpn }, &tls, &hello).await;
    }

    async fn handshake(mut self, carrier: Prefixed, tls: &TlsServer, hello: &Hello) {
        let limit = Duration::from_millis(self.serving.limits.handshake_ms);
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::clone(&tls.config));
        let stream = match timeout(limit, acceptor.accept(carrier)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                let alert = alert_of(&error);
                let outcome = if alert.is_some() { Outcome::TlsAlert } else { outcome_of(error.kind()) };
                self.connection.tls = Some(Tls { alert, ..offered(Tls::default(), Some(hello)) });
                return self.silent(outcome, error.to_string(), Bytes::new());
            }
            Err(_) => return self.silent(Outcome::Timeout, "the TLS handshake did not end in time".to_owned(), Bytes::new()),
        };
        let mut agreed = facts(stream.get_ref().1);
        agreed.refused = tls.refusal(stream.get_ref().1);
        let spoken = if agreed.alpn.as_deref() == Some("h2") { Spoken::Http2 } else { Spoken::Http1 };
        if let Some(other) = tls.shown_alpn(agreed.alpn.as_deref()) {
            agreed.alpn = Some(other);
        }
        self.connection.tls = Some(offered(agreed, Some(hello)));
        self.speak(Stream::ServerTls(Box::new(stream)), spoken).await;
    }

    async fn speak(self, stream: Stream, spoken: Spoken) {
        let Self { serving, connection, started } = self;
        let line = Line::new(Arc::clone(&serving.handler), serving.limits, serving.recording, connection);
        let spoken = if serving.protocol == Protocol::Directory { Spoken::Directory } else { spoken };
        match spoken {
            Spoken::Directory => directory::serve(line, stream, serving.stopping.clone(), started).await,
            Spoken::Http1 => http1::serve(line, stream, serving.stopping.clone(), started).await,
            Spoken::Http2 => http2::serve(line, stream, serving.stopping.clone(), started).await,
        }
    }

    /// Refuses a client that offers nothing new enough (RFC 8446 §4.2.1); rustls would name another reason in its alert.
    async fn refuse_old(mut self, mut carrier: Carrier, prefix: Bytes) {
        const PROTOCOL_VERSION: [u8; 7] = [21, 3, 1, 0, 2, 2, 70];
        if let Some(tls) = &mut self.connection.tls {
            tls.alert = Some(Alert { side: TlsSide::Ours, description: "protocol_version".to_owned() });
        }
        let limit = Duration::from_millis(self.serving.limits.handshake_ms);
        self.silent(Outcome::TlsAlert, "the client offers no TLS version that is spoken here".to_owned(), prefix);
        let telling = async {
            carrier.write_all(&PROTOCOL_VERSION).await?;
            carrier.shutdown().await
        };
        drop(timeout(limit, telling).await);
    }

    async fn old_hello(mut self, mut carrier: Carrier, prefix: Bytes) {
        let limit = Duration::from_millis(self.serving.limits.handshake_ms);
        let (outcome, alert) = match timeout(limit, old_server_hello(&mut carrier)).await {
            Ok(Ok(())) => timeout(limit, read_reaction(&mut carrier)).await.unwrap_or((Outcome::Timeout, None)),
            Ok(Err(error)) => (outcome_of(error.kind()), None),
            Err(_) => (Outcome::Timeout, None),
        };
        if let Some(tls) = &mut self.connection.tls {
            tls.alert = alert;
        }
        self.silent(outcome, "a ServerHello of TLS 1.1 was sent".to_owned(), prefix);
    }

    /// Ends a connection before it is served, and tells of it first, so that nobody sees its end before it is recorded.
    async fn end_at_once(self, mut carrier: Carrier, how: CutHow, wire: Bytes) {
        let limits = self.serving.limits;
        let mut stopping = self.serving.stopping.clone();
        self.silent(cut_outcome(how), "the connection was ended on purpose before it was served".to_owned(), wire);
        match how {
            CutHow::Reset => carrier.reset(),
            CutHow::Close => drop(carrier.shutdown().await),
            CutHow::HalfClose => {
                drop(carrier.shutdown().await);
                let mut unheard = [0; 1024];
                let listening = async { while carrier.read(&mut unheard).await.is_ok_and(|count| count > 0) {} };
                drop(timeout(Duration::from_millis(limits.hang_ms), listening).await);
            }
            CutHow::Hang => {
                let stopped = async { drop(stopping.wait_for(|stopping| *stopping).await) };
                drop(timeout(Duration::from_millis(limits.hang_ms), stopped).await);
                carrier.reset();
            }
        }
    }
}

/// What is spoken on a connection.
enum Spoken {
    Directory,
    Http1,
    Http2,
}
