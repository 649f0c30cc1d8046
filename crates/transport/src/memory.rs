//! Connections inside this process, for a virtual clock: no socket, no real time, resets and refusals included.

use crate::limits::MEMORY_BYTES_MAX;
use bytes::{Buf, BytesMut};
use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;

/// A connection that arrives, with the address it comes from.
pub(crate) type Arrival = (MemoryStream, String);

/// Addresses inside this process with whoever listens there.
#[derive(Clone, Debug, Default)]
pub struct MemoryNetwork {
    listeners: Arc<Mutex<Listeners>>,
}

#[derive(Debug, Default)]
struct Listeners {
    by_address: HashMap<String, mpsc::UnboundedSender<Arrival>>,
    last_port: u16,
}

impl Listeners {
    fn next_port(&mut self) -> u32 {
        self.last_port = self.last_port.wrapping_add(1);
        20_000 + u32::from(self.last_port % 40_000)
    }
}

impl MemoryNetwork {
    /// Listens at `host:port`; port 0 takes a free one. Gives the address and the arriving connections.
    pub(crate) fn listen(&self, address: &str) -> io::Result<(String, mpsc::UnboundedReceiver<Arrival>)> {
        let mut listeners = lock(&self.listeners);
        let (host, port) = address.rsplit_once(':').unwrap_or((address, "0"));
        let address = if port == "0" { format!("{host}:{}", listeners.next_port()) } else { address.to_owned() };
        if listeners.by_address.get(&address).is_some_and(|sender| !sender.is_closed()) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        let (sender, receiver) = mpsc::unbounded_channel();
        listeners.by_address.insert(address.clone(), sender);
        Ok((address, receiver))
    }

    /// Stops listening at an address.
    pub(crate) fn close(&self, address: &str) {
        lock(&self.listeners).by_address.remove(address);
    }

    /// Connects to an address; gives the address that the other side sees, too.
    pub(crate) fn connect(&self, address: &str) -> io::Result<Arrival> {
        let mut listeners = lock(&self.listeners);
        let from = format!("client:{}", listeners.next_port());
        let sender = listeners.by_address.get(address).ok_or(io::ErrorKind::ConnectionRefused)?;
        let (near, far) = pair();
        sender.send((far, from.clone())).map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
        Ok((near, from))
    }
}

#[derive(Debug, Default)]
struct Pipe {
    bytes: BytesMut,
    closed: bool,
    reset: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Pipe {
    fn wake(&mut self) {
        self.reader.take().into_iter().chain(self.writer.take()).for_each(Waker::wake);
    }
}

/// One end of a connection inside this process.
#[derive(Debug)]
pub(crate) struct MemoryStream {
    incoming: Arc<Mutex<Pipe>>,
    outgoing: Arc<Mutex<Pipe>>,
}

fn pair() -> (MemoryStream, MemoryStream) {
    let (one, other) = (Arc::new(Mutex::new(Pipe::default())), Arc::new(Mutex::new(Pipe::default())));
    (MemoryStream { incoming: Arc::clone(&one), outgoing: Arc::clone(&other) }, MemoryStream { incoming: other, outgoing: one })
}

impl MemoryStream {
    /// Resets the connection: both ends see it at once, unread bytes are lost.
    pub(crate) fn reset(&self) {
        for pipe in [&self.incoming, &self.outgoing] {
            let mut pipe = lock(pipe);
            pipe.reset = true;
            pipe.bytes.clear();
            pipe.wake();
        }
    }
}

impl MemoryStream {
    /// Tells whether the peer has reset the connection.
    pub(crate) fn is_broken(&self) -> bool {
        lock(&self.outgoing).reset
    }
}

impl Drop for MemoryStream {
    fn drop(&mut self) {
        for pipe in [&self.incoming, &self.outgoing] {
            let mut pipe = lock(pipe);
            pipe.closed = true;
            pipe.wake();
        }
    }
}

impl AsyncRead for MemoryStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut pipe = lock(&self.incoming);
        if pipe.reset {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if pipe.bytes.is_empty() {
            if pipe.closed {
                return Poll::Ready(Ok(()));
            }
            pipe.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        let count = pipe.bytes.len().min(buffer.remaining());
        // Invariant: `count` is no more than either length.
        buffer.put_slice(&pipe.bytes[..count]);
        pipe.bytes.advance(count);
        if let Some(writer) = pipe.writer.take() {
            writer.wake();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for MemoryStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut pipe = lock(&self.outgoing);
        if pipe.reset {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if pipe.closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let room = MEMORY_BYTES_MAX.saturating_sub(pipe.bytes.len());
        if room == 0 {
            pipe.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        let count = room.min(bytes.len());
        // Invariant: `count` is no more than the length.
        pipe.bytes.extend_from_slice(&bytes[..count]);
        if let Some(reader) = pipe.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut pipe = lock(&self.outgoing);
        pipe.closed = true;
        pipe.wake();
        Poll::Ready(Ok(()))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
