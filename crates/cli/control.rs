//! The control listener: what came and how it was judged, for programs that drive a run.
//!
//! It has a loopback address of its own, so that nothing of it can be mistaken for the simulated system, and it answers only
//! those who call it by a loopback name: a page in a browser cannot reach it by way of another name.

mod desk;

pub(crate) use desk::Desk;

use crate::exit::Trouble;
use crate::limits::{CONTROL_BODY_BYTES_MAX, CONTROL_CONNECTIONS_MAX};
use crate::sink::RecordingSink;
use crate::wanted::Mode;
use counterpart_evidence::{Body, Request, Response};
use counterpart_transport::{
    Call, Delivery, Ended, Handler, Limits, Network, Numbers, Protocol, Recording, Reply, Server, ServerOptions,
};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

/// An answer: status and content.
pub(crate) type Answer = (u16, Value);

/// The control listener of a run.
pub(crate) struct Control {
    server: Server,
    desk: Arc<OnceLock<Desk>>,
}

impl Control {
    /// Listens where the user wants it; `simulate` has one in any case. Nothing is shown before [`Control::open`].
    pub(crate) async fn start(wanted: Option<&str>, mode: Mode, sink: &RecordingSink) -> Result<Option<Self>, Trouble> {
        let address = match (wanted, mode) {
            (Some(address), _) => loopback(address)?,
            (None, Mode::Simulate) => "127.0.0.1:0".to_owned(),
            (None, _) => return Ok(None),
        };
        sink.keep_recent();
        let limits =
            Limits { body_bytes_max: CONTROL_BODY_BYTES_MAX, connections_max: CONTROL_CONNECTIONS_MAX, ..Limits::default() };
        // Its connections are no part of the run, so they have numbers of their own.
        let options =
            ServerOptions { tls: None, protocol: Protocol::Http, limits, recording: Recording::Off, numbers: Numbers::default() };
        let desk = Arc::new(OnceLock::new());
        let door = Arc::new(Door(Arc::clone(&desk)));
        let server = Server::start(&Network::Tcp, &address, options, door).await;
        let server = server.map_err(|error| Trouble::Ours(format!("could not {error} for `--control`")))?;
        Ok(Some(Self { server, desk }))
    }

    /// Opens the desk.
    pub(crate) fn open(&self, desk: Desk) {
        // It is empty until here: nobody else sets it.
        drop(self.desk.set(desk));
    }

    pub(crate) fn address(&self) -> &str {
        self.server.local_address()
    }

    pub(crate) fn stop(self) {
        self.server.stop();
    }
}

/// Lets nothing but a loopback address pass.
fn loopback(address: &str) -> Result<String, Trouble> {
    let numbers = address.strip_prefix("localhost:").map_or_else(|| address.to_owned(), |port| format!("127.0.0.1:{port}"));
    match numbers.parse::<SocketAddr>() {
        Ok(parsed) if parsed.ip().is_loopback() => Ok(numbers),
        Ok(_) => {
            Err(Trouble::Usage(format!("`--control {address}`: it listens at loopback addresses only, such as 127.0.0.1:9090")))
        }
        Err(_) => Err(Trouble::Usage(format!("`--control {address}`: write `127.0.0.1:PORT`"))),
    }
}

struct Door(Arc<OnceLock<Desk>>);

impl Handler for Door {
    fn respond(&self, call: Call) -> BoxFuture<'static, Reply> {
        let desk = Arc::clone(&self.0);
        Box::pin(async move {
            let answer = match desk.get() {
                None => (503, json!({ "error": "the run has not begun" })),
                Some(_) if !names_loopback(&call.request) => {
                    (421, json!({ "error": "call the control listener by its loopback address" }))
                }
                Some(desk) => desk.answer(&call.request),
            };
            Reply { response: response(answer), delivery: Delivery::default(), record: None }
        })
    }

    fn silent(&self, _: Ended) {}
}

/// Tells whether `Host` is a loopback name: what a page of another site makes a browser send is none.
fn names_loopback(request: &Request) -> bool {
    let host = request.headers.first("host").unwrap_or("");
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn response((status, content): Answer) -> Response {
    let reason = match status {
        200 => "OK",
        404 => "Not Found",
        405 => "Method Not Allowed",
        421 => "Misdirected Request",
        _ => "Service Unavailable",
    };
    let mut response = Response { status, reason: reason.to_owned(), ..Response::default() };
    response.headers.push("Content-Type", "application/json");
    response.headers.push("Cache-Control", "no-store");
    response.body = Body::plain(format!("{content:#}\n"));
    response
}

#[cfg(test)]
mod tests {
    use super::{loopback, names_loopback};
    use counterpart_evidence::Request;

    fn asked(host: &str) -> bool {
        let mut request = Request::default();
        request.headers.push("Host", host);
        names_loopback(&request)
    }

    #[test]
    fn only_loopback_names_are_answered() {
        assert!(asked("127.0.0.1:9090") && asked("localhost") && asked("[::1]:80"));
        assert!(!asked("example.org") && !asked("127.0.0.1.example.org:80") && !asked(""));
    }

    #[test]
    fn only_loopback_addresses_are_listened_at() {
        assert_eq!(loopback("localhost:9090").ok(), Some("127.0.0.1:9090".to_owned()));
        assert!(loopback("0.0.0.0:9090").is_err() && loopback("9090").is_err());
    }
}
