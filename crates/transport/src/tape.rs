//! The raw writer and recorder beneath hyper.
//!
//! hyper parses, keeps connections alive and paces; it would also correct what we send: header case and order, lengths,
//! broken framing. So a message of ours is given to hyper as an empty stand-in, the stand-in's bytes are swallowed here,
//! and a script of our own bytes, pauses and endings goes out in its place.

use crate::limits::AHEAD_BYTES_MAX;
use crate::server::Recorded;
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
    /// The message is over; what follows is the next one's.
    End,
    /// Do this before what follows is sent.
    Mark(Tell),
    /// Wait; a peer that goes away meanwhile ends the message.
    Pause(Duration),
    /// Reset the connection.
    Reset,
}

/// Tells somebody of a mark; what it gives is waited for before what follows is sent.
pub(crate) type Tell = Box<dyn FnOnce(Mark) -> Recorded + Send>;

/// What is known when a script comes to its mark.
pub(crate) struct Mark {
    /// All bytes of the message, those about to be sent included.
    pub(crate) wire: Bytes,
    /// When the first byte of the message was handed over.
    pub(crate) first_byte: Option<Instant>,
    /// Why the message could not be sent whole, where that is so.
    pub(crate) broken: Option<io::ErrorKind>,
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
    last_in: Option<Instant>,
    /// Messages whose stand-ins hyper has yet to write: none goes out before, or its answer would come unasked for.
    waiting: VecDeque<VecDeque<Action>>,
    /// How far the end of a stand-in's head has been seen: bytes of `\r\n\r\n`.
    swallowed: Option<usize>,
    /// What is to be sent, messages one after the other: hyper takes a pipelined request while an answer still waits.
    script: VecDeque<Action>,
    sent: BytesMut,
    /// The message that is being sent was told already.
    is_told: bool,
    first_out: Option<Instant>,
    error: Option<io::ErrorKind>,
}

impl State {
    /// Keeps bytes that came in.
    fn keep_incoming(&mut self, new: &[u8]) {
        let now = Instant::now();
        self.first_in.get_or_insert(now);
        self.last_in = Some(now);
        let room = self.incoming_max.saturating_sub(self.incoming.len()).min(new.len());
        if self.recording == Recording::On {
            self.incoming.extend_from_slice(new.get(..room).unwrap_or_default());
        }
    }

    /// Keeps bytes that go out.
    fn keep_sent(&mut self, bytes: &[u8]) {
        if self.recording == Recording::On && !self.is_told {
            self.sent.extend_from_slice(bytes);
        }
    }
}

/// Steers and reads a tape from outside the connection's task.
#[derive(Clone)]
pub(crate) struct Deck(Arc<Mutex<State>>);

impl Deck {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a script in place of the next message that hyper writes; it goes out after those before it.
    pub(crate) fn substitute(&self, script: VecDeque<Action>) {
        self.lock().waiting.push_back(script);
    }

    /// Forgets the message that was sent last, before another one.
    pub(crate) fn clear_sent(&self) {
        let mut state = self.lock();
        state.sent.clear();
        state.is_told = false;
        state.first_out = None;
    }

    /// Takes everything that came in since the last call.
    pub(crate) fn take_incoming(&self) -> Bytes {
        let mut state = self.lock();
        state.first_in = None;
        state.incoming.split().freeze()
    }

    /// Takes the message that stands first in what came in; `length` finds its end, and what follows is the next one's.
    pub(crate) fn take_message(&self, length: impl FnOnce(&[u8]) -> Option<usize>) -> Bytes {
        let mut state = self.lock();
        let end = length(&state.incoming).unwrap_or(usize::MAX).min(state.incoming.len());
        let taken = state.incoming.split_to(end).freeze();
        state.first_in = if state.incoming.is_empty() { None } else { state.last_in };
        taken
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

    /// Tells the marks of messages that will not be sent to their end.
    pub(crate) fn abandon(&self) {
        let (script, mut sent, mut first_byte, broken) = {
            let mut state = self.lock();
            let mut script = std::mem::take(&mut state.script);
            script.extend(std::mem::take(&mut state.waiting).into_iter().flatten());
            let broken = Some(state.error.unwrap_or(io::ErrorKind::BrokenPipe));
            (script, Bytes::copy_from_slice(&state.sent), state.first_out, broken)
        };
        for action in script {
            match action {
                Action::Mark(tell) => drop(tell(Mark { wire: sent.clone(), first_byte, broken })),
                // What was sent is the first message's; those after it never began.
                Action::End => (sent, first_byte) = (Bytes::new(), None),
                Action::Bytes(_) | Action::Close | Action::Pause(_) | Action::Reset => {}
            }
        }
    }
}

/// A connection with its tape.
pub(crate) struct Tape {
    stream: Stream,
    deck: Deck,
    sleep: Option<Pin<Box<Sleep>>>,
    /// What a mark waits for.
    recorded: Recorded,
    unsent: Bytes,
    /// What came while nothing was sent, for whoever reads next.
    ahead: BytesMut,
    /// Whether the connection is looked at before a message counts as sent.
    look: bool,
}

impl Tape {
    pub(crate) fn new(stream: Stream, recording: Recording, incoming_max: usize) -> (Self, Deck) {
        let deck = Deck(Arc::new(Mutex::new(State {
            recording,
            incoming: BytesMut::new(),
            incoming_max,
            first_in: None,
            last_in: None,
            waiting: VecDeque::new(),
            swallowed: None,
            script: VecDeque::new(),
            sent: BytesMut::new(),
            is_told: false,
            first_out: None,
            error: None,
        })));
        (
            Self {
                stream,
                deck: deck.clone(),
                sleep: None,
                recorded: None,
                unsent: Bytes::new(),
                ahead: BytesMut::new(),
                look: false,
            },
            deck,
        )
    }

    /// Plays as much of the script as can be played now.
    fn play(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                if sleep.as_mut().poll(context).is_pending() {
                    return self.watch(context).map_or(Poll::Pending, |kind| self.fail(kind));
                }
                self.sleep = None;
            }
            if let Some(recorded) = &mut self.recorded {
                if recorded.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.recorded = None;
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
                Some(Action::End) => {
                    self.look = false;
                    self.deck.clear_sent();
                }
                Some(Action::Bytes(bytes)) => {
                    let mut state = self.deck.lock();
                    state.first_out.get_or_insert_with(Instant::now);
                    state.keep_sent(&bytes);
                    drop(state);
                    self.look = true;
                    self.unsent = bytes;
                }
                Some(Action::Mark(tell)) => {
                    // Time has passed or much was sent: the peer may be gone, which writing would tell too late.
                    if self.look
                        && let Some(kind) = self.stream.broken()
                    {
                        self.deck.lock().script.push_front(Action::Mark(tell));
                        return self.fail(kind);
                    }
                    self.look = false;
                    let mark = self.mark();
                    self.recorded = tell(mark);
                }
                Some(Action::Pause(duration)) => {
                    self.look = true;
                    self.sleep = Some(Box::pin(tokio::time::sleep(duration)));
                }
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

    /// Looks whether the peer goes away while nothing is sent to it; what it says meanwhile is kept.
    fn watch(&mut self, context: &mut Context<'_>) -> Option<io::ErrorKind> {
        let mut room = [0_u8; 4096];
        while self.ahead.len() < AHEAD_BYTES_MAX {
            let mut buffer = ReadBuf::new(&mut room);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Pending => return None,
                Poll::Ready(Err(error)) => return Some(error.kind()),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
                    // Who has asked for more and then closed its direction waits for answers. Who has not has given up: a close
                    // of one direction and of both look alike, and clients of HTTP do not close one.
                    let asked_more = !self.ahead.is_empty() || !self.deck.lock().incoming.is_empty();
                    return (!asked_more).then_some(io::ErrorKind::UnexpectedEof);
                }
                Poll::Ready(Ok(())) => {
                    self.deck.lock().keep_incoming(buffer.filled());
                    self.ahead.extend_from_slice(buffer.filled());
                }
            }
        }
        None
    }

    /// What a mark tells: the bytes so far, and those that follow it without a pause.
    fn mark(&self) -> Mark {
        let mut state = self.deck.lock();
        // What is told is the end of the message: what follows need not be kept a second time.
        state.is_told = true;
        let State { script, sent, first_out, recording, .. } = &mut *state;
        let first_byte = *first_out;
        let wire = match (&*script.make_contiguous(), *recording) {
            (_, Recording::Off) => sent.clone().freeze(),
            // The usual message goes out in one piece, which is shared.
            ([Action::Bytes(all), Action::End, ..], Recording::On) if sent.is_empty() => all.clone(),
            (following, Recording::On) => {
                let mut wire = sent.clone();
                for action in following {
                    let Action::Bytes(bytes) = action else { break };
                    wire.extend_from_slice(bytes);
                }
                wire.freeze()
            }
        };
        Mark { wire, first_byte, broken: None }
    }

    fn fail<T>(&mut self, kind: io::ErrorKind) -> Poll<io::Result<T>> {
        self.deck.lock().error.get_or_insert(kind);
        self.deck.abandon();
        Poll::Ready(Err(kind.into()))
    }

    /// Swallows bytes of a stand-in; tells how many of them, and `None` where they are hyper's own.
    fn swallow(&self, bytes: &[u8]) -> Option<usize> {
        let mut state = self.deck.lock();
        // RFC 9110 §10.1.1: hyper answers `Expect: 100-continue` itself, and may write that with the stand-in.
        if state.waiting.is_empty() || (state.swallowed.is_none() && bytes.starts_with(CONTINUE)) {
            return None;
        }
        let mut seen = state.swallowed.unwrap_or(0);
        for (at, byte) in bytes.iter().enumerate() {
            seen = match (seen, byte) {
                (0 | 2, b'\r') => seen + 1,
                (1 | 3, b'\n') => seen + 1,
                (_, b'\r') => 1,
                _ => 0,
            };
            if seen == 4 {
                state.swallowed = None;
                let script = state.waiting.pop_front().unwrap_or_default();
                state.script.extend(script);
                return Some(at + 1);
            }
        }
        state.swallowed = Some(seen);
        Some(bytes.len())
    }

    /// Gives as much of hyper's bytes as is its own and not a stand-in's.
    fn own<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let state = self.deck.lock();
        if !state.waiting.is_empty() { bytes.get(..CONTINUE.len()).unwrap_or(bytes) } else { bytes }
    }
}

/// What hyper writes for a client that waits to be asked for its content.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

impl AsyncRead for Tape {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            let count = self.ahead.len().min(buffer.remaining());
            buffer.put_slice(&self.ahead.split_to(count));
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        match &result {
            Poll::Ready(Ok(())) => {
                let new = buffer.filled().get(before..).unwrap_or_default();
                if !new.is_empty() {
                    self.deck.lock().keep_incoming(new);
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
            return match self.play(context) {
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(count)),
            };
        }
        let own = self.own(bytes);
        // What hyper says while an answer of ours waits comes after it, unless it is what the answer waits for.
        if self.deck.lock().waiting.is_empty() {
            match self.play(context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        let written = Pin::new(&mut self.stream).poll_write(context, own);
        if let Poll::Ready(Ok(count)) = &written {
            let mut state = self.deck.lock();
            state.first_out.get_or_insert_with(Instant::now);
            state.keep_sent(own.get(..*count).unwrap_or_default());
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.play(context) {
            Poll::Ready(Ok(())) => Pin::new(&mut self.stream).poll_flush(context),
            other => other,
        }
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
