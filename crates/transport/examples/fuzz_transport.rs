//! Feeds spoilt requests to the server and spoilt responses to the client, over memory and a paused clock: `fuzz_transport SECONDS SEED TARGET`.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

#[path = "../../../tests/fuzz/mod.rs"]
mod fuzz;

use bytes::Bytes;
use counterpart_evidence::{Body, Outcome, Request, Response};
use counterpart_transport::{
    Call, Client, Connect, Delivery, Ended, Handler, Limits, MemoryNetwork, Network, Numbers, Protocol, Recording, Reply,
    Sending, Server, ServerOptions, Timeouts,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use fuzz::Target;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Runtime;

const ADDRESS: &str = "server:80";

const REQUESTS: &[&str] = &[
    "GET /items?a=1&a=%20 HTTP/1.1\r\nHost: a\r\nX-Two: 1\r\nx-two: 2\r\n\r\n",
    "POST /items HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
    "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n4;x=y\r\nabcd\r\n0\r\nT: 1\r\n\r\n",
    "POST /z HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n\x1f\x0b\x08",
    "OPTIONS * HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n",
    "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nUpgrade: h2c\r\n\r\n",
];

const RESPONSES: &[&str] = &[
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    "HTTP/1.0 503 \r\nRetry-After: 1\r\n\r\nuntil the connection closes",
    "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 2\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\nx\x01",
    "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
];

const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    " ",
    "\t",
    ":",
    ": ",
    ",",
    ";",
    "\0",
    "\x7f",
    "é",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/2.0",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: -1\r\n",
    "Content-Length: 99999999999999999999\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Content-Encoding: gzip\r\n",
    "Content-Encoding: br, br\r\n",
    "Connection: close\r\n",
    "Connection: upgrade\r\n",
    "Upgrade: websocket\r\n",
    "X: y\r\n",
    " folded\r\n",
    "0\r\n\r\n",
    "ffffffffffffffff\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "GET / HTTP/1.1\r\n",
    "Host: a\r\n",
    "%",
    "?",
    "#",
    "//",
    "\x1f\u{8b}\x08",
];

/// Answers with what it is told to, and counts what came to it.
#[derive(Default)]
struct Answers {
    raw: Mutex<Option<Bytes>>,
    calls: Mutex<u64>,
}

impl Handler for Answers {
    fn respond(&self, call: Call) -> BoxFuture<'static, Reply> {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let _ = (call.request.path().len(), call.request.query().map(str::len), call.request.body.plain_bytes().len());
        let raw = self.raw.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let response = Response { status: 200, body: Body::plain("good"), ..Response::default() };
        let delivery = Delivery { raw, ..Delivery::default() };
        async move { Reply { response, delivery, record: None } }.boxed()
    }

    fn silent(&self, _: Ended) {}
}

struct Bench {
    runtime: Runtime,
    client: Client,
    answers: Arc<Answers>,
    /// Held so that it goes on listening.
    _server: Server,
}

impl Bench {
    fn make() -> Option<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().ok()?;
        let network = Network::Memory(MemoryNetwork::default());
        let limits = Limits { body_bytes_max: 1 << 20, ..Limits::default() };
        let answers = Arc::new(Answers::default());
        let numbers = Numbers::default();
        let options =
            ServerOptions { tls: None, protocol: Protocol::Http, limits, recording: Recording::On, numbers: numbers.clone() };
        let handler: Arc<dyn Handler> = Arc::<Answers>::clone(&answers);
        let server = runtime.block_on(Server::start(&network, ADDRESS, options, handler)).ok()?;
        Some(Self { runtime, client: Client::new(network, limits, numbers), answers, _server: server })
    }

    /// Sends one request, spoilt or not, and gets one answer, spoilt or not; tells whether both were understood.
    fn exchange(&self, request: Option<&[u8]>, response: Option<&[u8]>) -> bool {
        *self.answers.raw.lock().unwrap_or_else(PoisonError::into_inner) = response.map(Bytes::copy_from_slice);
        let connect = Connect {
            address: ADDRESS.to_owned(),
            host: "server".to_owned(),
            tls: None,
            protocol: Protocol::Http,
            proxy: None,
            timeouts: Timeouts::of(&Limits::default()),
        };
        let delivery = Delivery { raw: request.map(Bytes::copy_from_slice), ..Delivery::default() };
        self.runtime.block_on(async {
            let Ok(mut connected) = self.client.connect(&connect).await else { return false };
            let request = Request { method: "GET".to_owned(), target: "/".to_owned(), ..Request::default() };
            let received = connected.send(request, &Sending { delivery, within: None }).await;
            received.outcome == Outcome::Answered && received.response.is_some()
        })
    }
}

fn main() -> ExitCode {
    let Some(bench) = Bench::make() else {
        println!("could not listen");
        return ExitCode::FAILURE;
    };
    let corpus = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    fuzz::run(vec![
        Target {
            name: "request",
            corpus: corpus(REQUESTS),
            pieces: PIECES,
            execute: Box::new(|input| bench.exchange(Some(input), None)),
        },
        Target {
            name: "response",
            corpus: corpus(RESPONSES),
            pieces: PIECES,
            execute: Box::new(|input| bench.exchange(None, Some(input))),
        },
    ])
}
