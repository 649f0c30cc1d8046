//! One connection, whatever carries it: socket or memory, plain or TLS.

use crate::memory::{MemoryNetwork, MemoryStream};
use bytes::{Buf, Bytes};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What connections are made of.
#[derive(Clone, Debug)]
pub enum Network {
    /// Memory of this process.
    Memory(MemoryNetwork),
    /// TCP sockets.
    Tcp,
}

/// Where connections arrive.
pub(crate) enum Listener {
    Memory(MemoryNetwork, String, mpsc::UnboundedReceiver<(MemoryStream, String)>),
    Tcp(TcpListener),
}

impl Network {
    pub(crate) async fn listen(&self, address: &str) -> io::Result<(Listener, String)> {
        match self {
            Self::Memory(network) => {
                let (address, receiver) = network.listen(address)?;
                Ok((Listener::Memory(network.clone(), address.clone(), receiver), address))
            }
            Self::Tcp => {
                let listener = TcpListener::bind(address).await?;
                let address = listener.local_addr()?.to_string();
                Ok((Listener::Tcp(listener), address))
            }
        }
    }

    /// Connects; gives the stream with our own address.
    pub(crate) async fn connect(&self, address: &str) -> io::Result<(Carrier, String, String)> {
        match self {
            Self::Memory(network) => {
                let (stream, local) = network.connect(address)?;
                Ok((Carrier::Memory(stream), local, address.to_owned()))
            }
            Self::Tcp => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let (local, peer) = (stream.local_addr()?.to_string(), stream.peer_addr()?.to_string());
                Ok((Carrier::Tcp(stream), local, peer))
            }
        }
    }
}

impl Listener {
    pub(crate) async fn accept(&mut self) -> io::Result<(Carrier, String)> {
        match self {
            Self::Memory(_, _, receiver) => match receiver.recv().await {
                Some((stream, from)) => Ok((Carrier::Memory(stream), from)),
                None => Err(io::ErrorKind::ConnectionAborted.into()),
            },
            Self::Tcp(listener) => {
                let (stream, from) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok((Carrier::Tcp(stream), from.to_string()))
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Memory(network, address, _) = self {
            network.close(address);
        }
    }
}

/// A connection without TLS.
#[derive(Debug)]
pub(crate) enum Carrier {
    Memory(MemoryStream),
    Tcp(TcpStream),
}

impl Carrier {
    /// Makes the connection end in a reset instead of in good order.
    pub(crate) fn reset(&self) {
        match self {
            Self::Memory(stream) => stream.reset(),
            // Without lingering, closing sends RST. A socket that is gone needs no reset any more.
            Self::Tcp(stream) => drop(socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO))),
        }
    }
}

macro_rules! each_carrier {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Self::Memory($stream) => $call,
            Self::Tcp($stream) => $call,
        }
    };
}

impl Carrier {
    /// Tells how the connection broke, where it did and nobody was told yet.
    fn broken(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Memory(stream) => stream.is_broken().then_some(io::ErrorKind::ConnectionReset),
            Self::Tcp(stream) => stream.take_error().ok().flatten().map(|error| error.kind()),
        }
    }
}

impl AsyncRead for Carrier {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        each_carrier!(self, stream => Pin::new(stream).poll_read(context, buffer))
    }
}

impl AsyncWrite for Carrier {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        each_carrier!(self, stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each_carrier!(self, stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each_carrier!(self, stream => Pin::new(stream).poll_shutdown(context))
    }
}

/// A connection of which some bytes were read already and are read again.
#[derive(Debug)]
pub(crate) struct Prefixed {
    pub(crate) prefix: Bytes,
    pub(crate) inner: Carrier,
    /// Whether the application protocol in a plain ServerHello is changed as it goes out.
    pub(crate) changes_alpn: bool,
}

impl AsyncRead for Prefixed {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.prefix.is_empty() {
            return Pin::new(&mut self.inner).poll_read(context, buffer);
        }
        let count = self.prefix.len().min(buffer.remaining());
        buffer.put_slice(&self.prefix[..count]);
        self.prefix.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Prefixed {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let changed = if self.changes_alpn { crate::alpn::change_record(bytes) } else { None };
        let written = Pin::new(&mut self.inner).poll_write(context, changed.as_deref().unwrap_or(bytes));
        // The ServerHello is the first thing that goes out.
        self.changes_alpn &= !matches!(written, Poll::Ready(Ok(count)) if count > 0);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// A connection as HTTP sees it.
#[derive(Debug)]
pub(crate) enum Stream {
    ClientTls(Box<tokio_rustls::client::TlsStream<Carrier>>),
    Plain(Carrier),
    ServerTls(Box<tokio_rustls::server::TlsStream<Prefixed>>),
}

impl Stream {
    /// Tells how the connection broke, where it did and nobody was told yet.
    pub(crate) fn broken(&self) -> Option<io::ErrorKind> {
        match self {
            Self::ClientTls(stream) => stream.get_ref().0.broken(),
            Self::Plain(carrier) => carrier.broken(),
            Self::ServerTls(stream) => stream.get_ref().0.inner.broken(),
        }
    }

    /// Makes the connection end in a reset.
    pub(crate) fn reset(&self) {
        match self {
            Self::ClientTls(stream) => stream.get_ref().0.reset(),
            Self::Plain(carrier) => carrier.reset(),
            Self::ServerTls(stream) => stream.get_ref().0.inner.reset(),
        }
    }
}

macro_rules! each_stream {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Self::ClientTls($stream) => $call,
            Self::Plain($stream) => $call,
            Self::ServerTls($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        each_stream!(self, stream => Pin::new(stream).poll_read(context, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        each_stream!(self, stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each_stream!(self, stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each_stream!(self, stream => Pin::new(stream).poll_shutdown(context))
    }
}
