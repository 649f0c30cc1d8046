//! The listening side: connections in, calls up to a handler, replies out.

use crate::connection::{Serving, serve, turn_away};
use crate::delivery::Delivery;
use crate::hello::Hello;
use crate::limits::Limits;
use crate::protocol::Protocol;
use crate::stream::{Listener, Network};
use crate::tape::Recording;
use crate::tls::TlsServer;
use crate::{Error, delivery::CutHow};
use arc_swap::ArcSwapOption;
use bytes::Bytes;
use counterpart_evidence::{Connection, Outcome, Request, Response, Timing};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

/// A request that came.
#[derive(Debug)]
pub struct Call {
    /// Connection.
    pub connection: Arc<Connection>,
    /// Request.
    pub request: Request,
    /// The exact bytes, of HTTP/2 the stream's frames; empty where recording is off.
    pub wire: Bytes,
    /// When its first byte came.
    pub started: Instant,
    /// Scheme and authority of a request in HTTP/2, which stand beside its path there, as `SCHEME://AUTHORITY`.
    pub site: Option<Arc<str>>,
}

/// What is sent back.
pub struct Reply {
    /// Response; header fields go out in this order and case.
    pub response: Response,
    /// How it goes over the wire.
    pub delivery: Delivery,
    /// Told before the last byte is handed to the kernel, or when the response breaks off.
    pub record: Option<Record>,
}

/// What is done with what went over the wire of a reply. What it gives is waited for before the last byte goes out, and
/// dropped where the response broke off.
pub type Record = Box<dyn FnOnce(Delivered) -> Recorded + Send>;

/// What is still to be done before a reply counts as recorded; nothing where it is.
pub type Recorded = Option<BoxFuture<'static, ()>>;

/// What went over the wire of a reply.
#[derive(Debug)]
pub struct Delivered {
    /// The response with the fields that were added on the way.
    pub response: Response,
    /// The exact bytes, of HTTP/2 the stream's frames; empty where recording is off.
    pub wire: Bytes,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it ended so.
    pub reason: Option<String>,
    /// Durations.
    pub timing: Timing,
}

/// A connection that brought no whole request.
#[derive(Debug)]
pub struct Ended {
    /// Connection, with the alert where TLS failed.
    pub connection: Connection,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it ended so.
    pub reason: Option<String>,
    /// The bytes that came and were no request.
    pub wire: Bytes,
    /// When it began.
    pub started: Instant,
}

/// What is done with a connection before it is served.
#[derive(Clone, Debug, Default)]
pub enum Welcome {
    /// It is ended at once.
    End(CutHow),
    /// A ServerHello of TLS 1.1 is sent, and the client's reaction awaited.
    OldServerHello,
    /// TLS with these settings, and an application protocol that the client did not offer.
    OtherAlpn(TlsServer),
    /// TLS as it is set for the server, or none.
    #[default]
    Usual,
    /// TLS with other settings.
    With(TlsServer),
}

/// Answers what comes.
pub trait Handler: Send + Sync + 'static {
    /// Says how a connection is welcomed; `hello` is absent on plain endpoints and where no ClientHello came.
    fn welcome(&self, hello: Option<&Hello>) -> Welcome {
        let _ = hello;
        Welcome::Usual
    }

    /// Answers a request.
    fn respond(&self, call: Call) -> BoxFuture<'static, Reply>;

    /// Takes note of a connection that brought no whole request.
    fn silent(&self, ended: Ended);
}

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// TLS; plain without.
    pub tls: Option<TlsServer>,
    /// What is spoken.
    pub protocol: Protocol,
    /// Bounds.
    pub limits: Limits,
    /// Whether bytes are kept.
    pub recording: Recording,
    /// Where its connections take their numbers from.
    pub numbers: Numbers,
}

/// Numbers the connections of one run from 1, whichever server or client of ours they belong to.
#[derive(Clone, Debug, Default)]
pub struct Numbers(Arc<AtomicU64>);

impl Numbers {
    pub(crate) fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

enum Order {
    Accept(oneshot::Sender<std::io::Result<()>>),
    Refuse(oneshot::Sender<()>),
}

/// A server that listens.
pub struct Server {
    address: String,
    orders: mpsc::UnboundedSender<Order>,
    tls: Arc<ArcSwapOption<TlsServer>>,
    stop: watch::Sender<bool>,
}

impl Server {
    /// Listens at `bind`; port 0 takes a free port.
    ///
    /// # Errors
    /// [`Error::Listen`] where the address is taken or not ours.
    pub async fn start(network: &Network, bind: &str, options: ServerOptions, handler: Arc<dyn Handler>) -> Result<Self, Error> {
        let (listener, address) =
            network.listen(bind).await.map_err(|source| Error::Listen { address: bind.to_owned(), source })?;
        let tls = Arc::new(ArcSwapOption::from(options.tls.map(Arc::new)));
        let (orders, receiver) = mpsc::unbounded_channel();
        let (stop, stopping) = watch::channel(false);
        let serving = Serving {
            handler,
            tls: Arc::clone(&tls),
            protocol: options.protocol,
            limits: options.limits,
            recording: options.recording,
            address: address.clone(),
            numbers: options.numbers,
            stopping,
            open: Arc::new(AtomicUsize::new(0)),
        };
        tokio::spawn(accept(network.clone(), listener, receiver, Arc::new(serving)));
        Ok(Self { address, orders, tls, stop })
    }

    /// Gives the address at which it listens, `host:port`.
    #[must_use]
    pub fn local_address(&self) -> &str {
        &self.address
    }

    /// Puts other TLS settings in force for new connections.
    pub fn replace_tls(&self, tls: Option<TlsServer>) {
        self.tls.store(tls.map(Arc::new));
    }

    /// Closes the listening socket, so that connections are refused.
    pub async fn refuse(&self) {
        let (done, waiting) = oneshot::channel();
        if self.orders.send(Order::Refuse(done)).is_ok() {
            drop(waiting.await);
        }
    }

    /// Listens again at the same address.
    ///
    /// # Errors
    /// [`Error::Listen`] where somebody else has taken it.
    pub async fn accept_again(&self) -> Result<(), Error> {
        let (done, waiting) = oneshot::channel();
        let failed = |source| Error::Listen { address: self.address.clone(), source };
        if self.orders.send(Order::Accept(done)).is_err() {
            return Ok(());
        }
        waiting.await.unwrap_or(Ok(())).map_err(failed)
    }

    /// Stops listening and ends every connection once its answer under way is out.
    pub fn stop(&self) {
        // Nobody listening to it any more means that all connections are gone already.
        let _ = self.stop.send(true);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn accept(network: Network, listener: Listener, mut orders: mpsc::UnboundedReceiver<Order>, serving: Arc<Serving>) {
    let mut listener = Some(listener);
    let mut stopping = serving.stopping.clone();
    loop {
        let arrival = async {
            match &mut listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            arrived = arrival => match arrived {
                Ok((carrier, from)) => {
                    if serving.open.load(Ordering::Relaxed) >= serving.limits.connections_max {
                        turn_away(&serving, &carrier, from);
                        continue;
                    }
                    serving.open.fetch_add(1, Ordering::Relaxed);
                    let serving = Arc::clone(&serving);
                    tokio::spawn(async move {
                        serve(&serving, carrier, from).await;
                        serving.open.fetch_sub(1, Ordering::Relaxed);
                    });
                }
                // A connection that is gone before it was accepted, or no descriptor left: the next one may do better.
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be accepted");
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
            },
            order = orders.recv() => match order {
                Some(Order::Refuse(done)) => {
                    listener = None;
                    let _ = done.send(());
                }
                Some(Order::Accept(done)) => {
                    let result = match (&listener, network.listen(&serving.address).await) {
                        (Some(_), _) => Ok(()),
                        (None, Ok((again, _))) => {
                            listener = Some(again);
                            Ok(())
                        }
                        (None, Err(error)) => Err(error),
                    };
                    drop(done.send(result));
                }
                None => return,
            },
            () = async { drop(stopping.wait_for(|stopping| *stopping).await) } => return,
        }
    }
}
