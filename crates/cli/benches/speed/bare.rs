//! A bare hyper server that gives the answers of the three rules.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// Serves until it is killed; says its address on standard output.
pub(crate) fn serve(identity: Option<(&String, &String)>) {
    let acceptor = identity.map(|(cert, key)| acceptor(cert, key));
    tokio::runtime::Runtime::new().unwrap().block_on(async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("listening at {}", listener.local_addr().unwrap());
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            stream.set_nodelay(true).unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                match acceptor {
                    None => connection(stream).await,
                    Some(acceptor) => {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            connection(stream).await;
                        }
                    }
                }
            });
        }
    });
}

fn acceptor(cert: &str, key: &str) -> tokio_rustls::TlsAcceptor {
    let read = |path: &str| counterpart_keys::read_file(Path::new(path), 100_000).unwrap();
    let (chain, key_bytes) = (read(cert), read(key));
    let source = |name, bytes| counterpart_keys::Source { name, bytes };
    let identity = counterpart_keys::read_identity(source(cert, &chain), source(key, &key_bytes)).unwrap();
    let key = identity.certified_key().unwrap();
    let resolver = Arc::new(rustls::sign::SingleCertAndKey::from((*key).clone()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    tokio_rustls::TlsAcceptor::from(Arc::new(builder.with_no_client_auth().with_cert_resolver(resolver)))
}

async fn connection(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut builder = hyper::server::conn::http1::Builder::new();
    // A peer that goes away is no news here.
    let _ = builder.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service_fn(answer)).await;
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    static PAGE: &str = include_str!("three/templates/static.txt.hbs");
    let reply = |status: u16, media_type: &str, body: Bytes| {
        Response::builder().status(status).header("Content-Type", media_type).body(Full::new(body)).unwrap()
    };
    let is_echo = request.headers().get("x-kind").is_some_and(|kind| kind == "echo");
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/static") => Ok(reply(200, "text/plain", Bytes::from_static(PAGE.as_bytes()))),
        (&Method::POST, "/echo") if is_echo => {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
            if json["kind"] != "echo" {
                return Ok(reply(404, "text/plain", Bytes::from_static(b"nothing here")));
            }
            let text = serde_json::json!({ "id": json["id"], "accepted": true }).to_string();
            Ok(reply(201, "application/json", Bytes::from(text)))
        }
        _ => Ok(reply(404, "text/plain", Bytes::from_static(b"nothing here"))),
    }
}
