//! The raw writer and recorder beneath hyper.
//!
//! hyper parses, keeps connections alive and paces; it would also correct what we send: header case and order, lengths,
//! broken framing. So a message of ours is given to hyper as an empty stand-in, the stand-in's bytes are swallowed here,
//! and a script of our own bytes, pauses and endings goes out in its place.

use crate::stream::Stream;
use bytes::{Buf, Bytes, BytesMut};
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// One thing to do on the wire.
pub(crate) enum Action {
    /// Send these bytes.
    Bytes(Bytes),
    /// Close our direction.
    Close,
    /// Do this before what follows is sent.
    Mark(Box<dyn FnOnce(Mark) + Send>),
    /// Wait.
    Pause(Duration),
    /// Reset the connection.
    Reset,
}

/// What is known when a script comes to its mark.
pub(crate) struct Mark {
    /// All bytes of the message, those about to be sent included.
    pub(crate) wire: Bytes,
    /// When the first byte of the message was handed over.
    pub(crate) first_byte: Option<Instant>,
    /// Why the message could not be sent whole, where that is so.
    pub(crate) broken: Option<io::ErrorKind>,
}

/// What one direction of a connection brought since it was last asked.
#[derive(Default)]
pub(crate) struct Taken {
    pub(crate) bytes: Bytes,
}

/// Whether bytes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// They are not; only what our own answers consist of is known.
    Off,
    /// They are.
    On,
}

struct State {
    recording: Recording,
    incoming: BytesMut,
    incoming_max: usize,
    first_in: Option<Instant>,
    /// How far the end of the stand-in's head has been seen: bytes of `\r\n\r\n`.
    swallowed: Option<usize>,
    script: VecDeque<Action>,
    sent: BytesMut,
    first_out: Option<Instant>,
    /// The script's last bytes, so that its mark can stand before them.
    error: Option<io::ErrorKind>,
}

/// Steers and reads a tape from outside the connection's task.
#[derive(Clone)]
pub(crate) struct Deck(Arc<Mutex<State>>);

impl Deck {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a script in place of the next message that hyper writes.
    pub(crate) fn substitute(&self, script: VecDeque<Action>) {
        let mut state = self.lock();
        state.swallowed = Some(0);
        state.script = script;
        state.sent.clear();
        state.first_out = None;
    }

    /// Takes what came in since the last call.
    pub(crate) fn take_incoming(&self) -> Taken {
        let mut state = self.lock();
        state.first_in = None;
        Taken { bytes: state.incoming.split().freeze() }
    }

    /// Gives what came in, leaving it.
    pub(crate) fn incoming(&self) -> Bytes {
        Bytes::copy_from_slice(&self.lock().incoming)
    }

    /// Gives when the first byte came that was not taken yet.
    pub(crate) fn first_in(&self) -> Option<Instant> {
        self.lock().first_in
    }

    /// Gives the bytes that were sent of the last message.
    pub(crate) fn sent(&self) -> Bytes {
        Bytes::copy_from_slice(&self.lock().sent)
    }

    /// Gives the error that ended the connection, where one did.
    pub(crate) fn error(&self) -> Option<io::ErrorKind> {
        self.lock().error
    }

    /// Tells the marks of a script that will not be played to its end.
    pub(crate) fn abandon(&self) {
        let (script, mark) = {
            let mut state = self.lock();
            let script = std::mem::take(&mut state.script);
            let broken = Some(state.error.unwrap_or(io::ErrorKind::BrokenPipe));
            (script, Mark { wire: Bytes::copy_from_slice(&state.sent), first_byte: state.first_out, broken })
        };
        let mut mark = Some(mark);
        for action in script {
            if let (Action::Mark(tell), Some(mark)) = (action, mark.take()) {
                tell(mark);
                return;
            }
        }
    }
}

/// A connection with its tape.
pub(crate) struct Tape {
    stream: Stream,
    deck: Deck,
    sleep: Option<Pin<Box<Sleep>>>,
    unsent: Bytes,
}

impl Tape {
    pub(crate) fn new(stream: Stream, recording: Recording, incoming_max: usize) -> (Self, Deck) {
        let deck = Deck(Arc::new(Mutex::new(State {
            recording,
            incoming: BytesMut::new(),
            incoming_max,
            first_in: None,
            swallowed: None,
            script: VecDeque::new(),
            sent: BytesMut::new(),
            first_out: None,
            error: None,
        })));
        (Self { stream, deck: deck.clone(), sleep: None, unsent: Bytes::new() }, deck)
    }

    /// Plays as much of the script as can be played now.
    fn play(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                if sleep.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.sleep = None;
            }
            if !self.unsent.is_empty() {
                match Pin::new(&mut self.stream).poll_write(context, &self.unsent) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(0)) => return self.fail(io::ErrorKind::WriteZero),
                    Poll::Ready(Ok(count)) => {
                        self.unsent.advance(count);
                        continue;
                    }
                    Poll::Ready(Err(error)) => return self.fail(error.kind()),
                }
            }
            let next = self.deck.lock().script.pop_front();
            match next {
                None => return Poll::Ready(Ok(())),
                Some(Action::Bytes(bytes)) => {
                    let mut state = self.deck.lock();
                    state.first_out.get_or_insert_with(Instant::now);
                    if state.recording == Recording::On {
                        state.sent.extend_from_slice(&bytes);
                    }
                    drop(state);
                    self.unsent = bytes;
                }
                Some(Action::Mark(tell)) => {
                    let mark = self.mark();
                    tell(mark);
                }
                Some(Action::Pause(duration)) => self.sleep = Some(Box::pin(tokio::time::sleep(duration))),
                Some(Action::Close) => match Pin::new(&mut self.stream).poll_shutdown(context) {
                    Poll::Pending => {
                        self.deck.lock().script.push_front(Action::Close);
                        return Poll::Pending;
                    }
                    Poll::Ready(result) => result?,
                },
                Some(Action::Reset) => {
                    self.stream.reset();
                    return self.fail(io::ErrorKind::ConnectionReset);
                }
            }
        }
    }

    /// What a mark tells: the bytes so far, and those that follow it without a pause.
    fn mark(&self) -> Mark {
        let state = self.deck.lock();
        let mut wire = state.sent.clone();
        for action in &state.script {
            match action {
                Action::Bytes(bytes) if state.recording == Recording::On => wire.extend_from_slice(bytes),
                Action::Bytes(_) => {}
                _ => break,
            }
        }
        Mark { wire: wire.freeze(), first_byte: state.first_out, broken: None }
    }

    fn fail<T>(&mut self, kind: io::ErrorKind) -> Poll<io::Result<T>> {
        self.deck.lock().error.get_or_insert(kind);
        self.deck.abandon();
        Poll::Ready(Err(kind.into()))
    }

    /// Swallows bytes of the stand-in; tells how many of them, and whether its head is over.
    fn swallow(&self, bytes: &[u8]) -> Option<usize> {
        let mut state = self.deck.lock();
        let mut seen = state.swallowed?;
        for (at, byte) in bytes.iter().enumerate() {
            seen = match (seen, byte) {
                (0 | 2, b'\r') => seen + 1,
                (1 | 3, b'\n') => seen + 1,
                (_, b'\r') => 1,
                _ => 0,
            };
            if seen == 4 {
                state.swallowed = None;
                return Some(at + 1);
            }
        }
        state.swallowed = Some(seen);
        Some(bytes.len())
    }
}

impl AsyncRead for Tape {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        match &result {
            Poll::Ready(Ok(())) => {
                let new = buffer.filled().get(before..).unwrap_or_default();
                if !new.is_empty() {
                    let mut state = self.deck.lock();
                    state.first_in.get_or_insert_with(Instant::now);
                    let room = state.incoming_max.saturating_sub(state.incoming.len()).min(new.len());
                    if state.recording == Recording::On {
                        state.incoming.extend_from_slice(new.get(..room).unwrap_or_default());
                    }
                }
            }
            Poll::Ready(Err(error)) => {
                self.deck.lock().error.get_or_insert(error.kind());
            }
            Poll::Pending => {}
        }
        result
    }
}

impl AsyncWrite for Tape {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(count) = self.swallow(bytes) {
            // The stand-in is hyper's to forget; whether our own bytes could be sent shows when it flushes.
            if self.deck.lock().swallowed.is_none()
                && let Poll::Ready(Err(error)) = self.play(context)
            {
                return Poll::Ready(Err(error));
            }
            return Poll::Ready(Ok(count));
        }
        match self.play(context) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => return Poll::Pending,
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.deck.lock().swallowed.is_none() {
            match self.play(context) {
                Poll::Ready(Ok(())) => {}
                other => return other,
            }
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.play(context) {
            Poll::Ready(Ok(())) => Pin::new(&mut self.stream).poll_shutdown(context),
            other => other,
        }
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        self.deck.abandon();
    }
}
