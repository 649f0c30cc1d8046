//! What the tests share: a server that keeps what it is told, and peers that send whatever bytes they like.

use counterpart_evidence::{Body, Connection, Headers, Outcome, Request, Response, Timing};
use counterpart_keys::{Authority, AuthorityOptions, Defect, Identity, Issue, KeyKind, Trust, Usage};
use counterpart_transport::{
    Call, Client, Connect, Delivered, Delivery, Ended, Handler, Hello, Limits, Network, Numbers, Protocol, Recording, Reply,
    Server, ServerOptions, ServerTrust, Timeouts, TlsClient, TlsServer, Versions, Welcome,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

/// No test waits longer for anything.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// One thing that a handler was told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
    pub(crate) connection: Connection,
    pub(crate) request: Option<Request>,
    pub(crate) request_wire: Vec<u8>,
    pub(crate) response: Option<Response>,
    pub(crate) response_wire: Vec<u8>,
    pub(crate) timing: Timing,
}

/// What a handler does with requests.
type Answer = dyn Fn(&Call) -> (Response, Delivery) + Send + Sync;

/// Keeps what it is told.
pub(crate) struct Book {
    told: Mutex<Vec<Told>>,
    changed: Notify,
    answer: Box<Answer>,
    welcome: Mutex<Welcome>,
    /// What the next answer waits for before it counts as recorded.
    pub(crate) gate: Mutex<Option<oneshot::Receiver<()>>>,
    /// Requests to this path wait for ever.
    pub(crate) stuck: &'static str,
}

impl Book {
    fn note(&self, told: Told) {
        self.told.lock().unwrap().push(told);
        self.changed.notify_waiters();
    }

    pub(crate) fn all(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    /// Waits until that many things were told, then a moment for one too many.
    pub(crate) async fn told(&self, count: usize) -> Vec<Told> {
        let waiting = async {
            loop {
                let changed = self.changed.notified();
                if self.told.lock().unwrap().len() >= count {
                    return;
                }
                changed.await;
            }
        };
        let in_time = timeout(DEADLINE, waiting).await;
        tokio::time::sleep(Duration::from_millis(30)).await;
        let told = self.all();
        assert!(in_time.is_ok() && told.len() == count, "{count} wanted, told were {told:#?}");
        told
    }
}

struct Door(Arc<Book>);

impl Handler for Door {
    fn welcome(&self, _: Option<&Hello>) -> Welcome {
        self.0.welcome.lock().unwrap().clone()
    }

    fn respond(&self, call: Call) -> BoxFuture<'static, Reply> {
        let book = Arc::clone(&self.0);
        Box::pin(async move {
            if call.request.target == book.stuck {
                std::future::pending::<()>().await;
            }
            let (response, delivery) = (book.answer)(&call);
            let record = move |delivered: Delivered| {
                book.note(Told {
                    outcome: delivered.outcome,
                    reason: delivered.reason.unwrap_or_default(),
                    connection: (*call.connection).clone(),
                    request: Some(call.request),
                    request_wire: call.wire.to_vec(),
                    response: Some(delivered.response),
                    response_wire: delivered.wire.to_vec(),
                    timing: delivered.timing,
                });
                let gate = book.gate.lock().unwrap().take()?;
                Some(async { drop(gate.await) }.boxed())
            };
            Reply { response, delivery, record: Some(Box::new(record)) }
        })
    }

    fn silent(&self, ended: Ended) {
        self.0.note(Told {
            outcome: ended.outcome,
            reason: ended.reason.unwrap_or_default(),
            connection: ended.connection,
            request: None,
            request_wire: ended.wire.to_vec(),
            response: None,
            response_wire: Vec::new(),
            timing: Timing::default(),
        });
    }
}

/// Limits that a test can reach quickly.
pub(crate) fn limits() -> Limits {
    Limits {
        header_count_max: 50,
        head_bytes_max: 16 * 1024,
        body_bytes_max: 256 * 1024,
        connections_max: 100,
        handshake_ms: 400,
        head_ms: 400,
        body_ms: 400,
        connect_ms: 2_000,
        response_ms: 2_000,
        hang_ms: 300,
    }
}

pub(crate) struct House {
    pub(crate) server: Server,
    pub(crate) book: Arc<Book>,
}

pub(crate) fn ok(text: &str) -> Response {
    let mut response = Response { status: 200, reason: "OK".to_owned(), ..Response::default() };
    response.headers.push("X-Case-Kept", "yes");
    response.body = Body::plain(text.to_owned());
    response
}

/// Opens a server of HTTP.
pub(crate) async fn open(
    limits: Limits,
    tls: Option<TlsServer>,
    welcome: Welcome,
    answer: impl Fn(&Call) -> (Response, Delivery) + Send + Sync + 'static,
) -> House {
    open_speaking(Protocol::Http, limits, tls, welcome, answer).await
}

/// Opens a server.
pub(crate) async fn open_speaking(
    protocol: Protocol,
    limits: Limits,
    tls: Option<TlsServer>,
    welcome: Welcome,
    answer: impl Fn(&Call) -> (Response, Delivery) + Send + Sync + 'static,
) -> House {
    let book = Arc::new(Book {
        told: Mutex::default(),
        changed: Notify::new(),
        answer: Box::new(answer),
        welcome: Mutex::new(welcome),
        gate: Mutex::default(),
        stuck: "/stuck",
    });
    let options = ServerOptions { tls, protocol, limits, recording: Recording::On, numbers: Numbers::default() };
    let server = Server::start(&Network::Tcp, "127.0.0.1:0", options, Arc::new(Door(Arc::clone(&book)))).await.unwrap();
    House { server, book }
}

/// Opens a plain server that answers everything alike.
pub(crate) async fn plain() -> House {
    open(limits(), None, Welcome::Usual, |_| (ok("hello"), Delivery::default())).await
}

impl House {
    pub(crate) async fn raw(&self) -> TcpStream {
        TcpStream::connect(self.server.local_address()).await.unwrap()
    }

    /// Sends bytes, says that no more come, and reads until the end.
    pub(crate) async fn exchange(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.raw().await;
        // A server may refuse before it has read everything.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        read_all(&mut stream).await
    }
}

/// Reads until the end or a reset.
pub(crate) async fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffer = [0; 8192];
    let reading = async {
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            all.extend_from_slice(&buffer[..count]);
        }
    };
    assert!(timeout(DEADLINE, reading).await.is_ok(), "the peer did not end the connection");
    all
}

/// Makes a connection end in a reset when it is dropped.
pub(crate) fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

/// A server that answers each connection with a script of its own.
pub(crate) async fn scripted<F>(script: impl Fn(TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(script(stream));
        }
    });
    address
}

pub(crate) fn client() -> Client {
    Client::new(Network::Tcp, limits(), Numbers::default())
}

pub(crate) fn connect(address: &str, tls: Option<TlsClient>) -> Connect {
    Connect {
        address: address.to_owned(),
        host: "localhost".to_owned(),
        tls,
        protocol: Protocol::Http,
        proxy: None,
        timeouts: Timeouts { connect: Duration::from_secs(2), response: Duration::from_millis(500) },
    }
}

pub(crate) fn request(method: &str, target: &str, content: &str) -> Request {
    let mut headers = Headers::default();
    headers.push("X-One", "1");
    Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body: Body::plain(content.to_owned()),
        ..Request::default()
    }
}

pub(crate) struct Keys {
    pub(crate) server: Identity,
    pub(crate) trust: Trust,
}

pub(crate) fn keys() -> &'static Keys {
    static KEYS: std::sync::OnceLock<Keys> = std::sync::OnceLock::new();
    KEYS.get_or_init(|| {
        let now = std::time::SystemTime::now();
        let options = AuthorityOptions { name: "Test".to_owned(), now, days: 365, key: KeyKind::EcP256, crl_url: None };
        let mut authority = Authority::new(&options).unwrap();
        let issue = Issue {
            usage: Usage::Server,
            common_name: "localhost".to_owned(),
            names: vec!["localhost".to_owned()],
            defect: Defect::None,
            days: 7,
            key: KeyKind::EcP256,
            now,
        };
        let server = authority.issue(&issue).unwrap().identity;
        Keys { server, trust: authority.trust(now).unwrap() }
    })
}

pub(crate) fn tls_client(versions: Versions, alpn: &[&str]) -> TlsClient {
    let alpn: Vec<String> = alpn.iter().map(|name| (*name).to_owned()).collect();
    TlsClient::new(&ServerTrust::Chain(keys().trust.clone()), None, versions, &alpn).unwrap()
}

pub(crate) fn tls_server() -> TlsServer {
    let alpn = ["h2".to_owned(), "http/1.1".to_owned()];
    TlsServer::new(&keys().server, &counterpart_transport::ClientAuth::None, Versions::Both, &alpn).unwrap()
}
