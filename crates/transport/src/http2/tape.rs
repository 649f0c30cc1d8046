//! A connection beneath the HTTP/2 library: frames are kept as they pass, and the connection ends as we like.

use super::frames::{Frames, Held, Passed, Sender};
use crate::delivery::CutHow;
use crate::stream::Stream;
use crate::tape::{Mark, Recording, Tell};
use bytes::{Buf, Bytes};
use counterpart_evidence::Headers;
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Instant;

/// What came of one message.
#[derive(Debug, Default)]
pub(super) struct Came {
    /// Its frames.
    pub(super) wire: Bytes,
    /// Its header lists in order; the last may be trailers.
    pub(super) lists: Vec<Headers>,
    /// When its first frame came.
    pub(super) first: Option<Instant>,
}

impl From<Held> for Came {
    fn from(held: Held) -> Self {
        Self { wire: held.bytes.freeze(), lists: held.lists, first: Some(held.first) }
    }
}

struct State {
    incoming: Frames,
    outgoing: Frames,
    /// Told before the last frame of a message is handed over, or when the message breaks off. A frame is not held back, so
    /// that what this gives is dropped, which ends it at once.
    marks: HashMap<u32, Tell>,
    /// Streams that were handed up and whose frames will be taken.
    claimed: BTreeSet<u32>,
    /// Streams that the library answered or reset without handing them up.
    unheard: Vec<u32>,
    ours: bool,
    ending: Option<CutHow>,
    raw: Option<Bytes>,
    error: Option<io::ErrorKind>,
    over: bool,
}

/// Steers and reads a tape from outside the connection's task.
#[derive(Clone)]
pub(super) struct FrameDeck {
    state: Arc<Mutex<State>>,
    /// Told whenever frames went out.
    sent: Arc<Notify>,
}

impl FrameDeck {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what came on a stream.
    pub(super) fn take(&self, stream: u32) -> Came {
        let mut state = self.lock();
        state.claimed.remove(&stream);
        state.incoming.take(stream).map(Came::from).unwrap_or_default()
    }

    /// Says that the frames of a stream will be taken by whoever serves it.
    pub(super) fn claim(&self, stream: u32) {
        self.lock().claimed.insert(stream);
    }

    /// Gives the header lists that came on a stream, leaving them.
    pub(super) fn peek_lists(&self, stream: u32) -> Vec<Headers> {
        self.lock().incoming.held(stream).map(|held| held.lists.clone()).unwrap_or_default()
    }

    /// Gives when the first frame of a stream came.
    pub(super) fn first_in(&self, stream: u32) -> Option<Instant> {
        self.lock().incoming.held(stream).map(|held| held.first)
    }

    /// Takes what was sent on a stream.
    pub(super) fn take_sent(&self, stream: u32) -> Bytes {
        self.lock().outgoing.take(stream).map(|held| held.bytes.freeze()).unwrap_or_default()
    }

    /// Takes what came on streams that nobody took, and the number of those of which nothing was kept.
    pub(super) fn take_rest(&self) -> (Vec<(u32, Came)>, u64) {
        let mut state = self.lock();
        let claimed = std::mem::take(&mut state.claimed);
        let (streams, dropped) = state.incoming.take_all(&claimed);
        state.claimed = claimed;
        (streams.into_iter().map(|(stream, held)| (stream, held.into())).collect(), dropped)
    }

    /// Takes the streams that the library answered or reset by itself.
    pub(super) fn take_unheard(&self) -> Vec<u32> {
        std::mem::take(&mut self.lock().unheard)
    }

    /// Gives the first bytes that came.
    pub(super) fn start(&self) -> Bytes {
        self.lock().incoming.start()
    }

    /// Gives the error that ended the connection, where one did.
    pub(super) fn error(&self) -> Option<io::ErrorKind> {
        self.lock().error
    }

    /// Has something told when the last frame of a stream is about to go out.
    pub(super) fn mark(&self, stream: u32, tell: Tell) {
        let mut state = self.lock();
        if !state.over {
            state.marks.insert(stream, tell);
            return;
        }
        let broken = Some(state.error.unwrap_or(io::ErrorKind::BrokenPipe));
        drop(state);
        drop(tell(Mark { wire: Bytes::new(), first_byte: None, broken }));
    }

    /// Tells a mark now: the message stops here.
    pub(super) fn tell(&self, stream: u32, broken: Option<io::ErrorKind>) {
        let told = {
            let mut state = self.lock();
            state.marks.remove(&stream).map(|tell| (tell, state.mark_of(stream, broken)))
        };
        if let Some((tell, mark)) = told {
            drop(tell(mark));
        }
    }

    /// Waits until the head and that many bytes of content of a stream were handed over.
    pub(super) async fn until_sent(&self, stream: u32, content_bytes: u64) {
        loop {
            let notified = self.sent.notified();
            {
                let state = self.lock();
                if state.over || state.outgoing.held(stream).is_some_and(|held| held.data >= content_bytes) {
                    return;
                }
            }
            notified.await;
        }
    }

    /// Waits until the mark of a stream was told.
    pub(super) async fn until_told(&self, stream: u32) {
        loop {
            let notified = self.sent.notified();
            if !self.lock().marks.contains_key(&stream) {
                return;
            }
            notified.await;
        }
    }

    /// Has the connection end; it does when its task looks at it next.
    pub(super) fn end(&self, how: CutHow, raw: Option<Bytes>) {
        let mut state = self.lock();
        state.ending = Some(how);
        state.raw = raw;
    }

    fn abandon(&self) {
        let told: Vec<(Tell, Mark)> = {
            let mut state = self.lock();
            state.over = true;
            let broken = Some(state.error.unwrap_or(io::ErrorKind::BrokenPipe));
            let marks = std::mem::take(&mut state.marks);
            marks.into_iter().map(|(stream, tell)| (tell, state.mark_of(stream, broken))).collect()
        };
        told.into_iter().for_each(|(tell, mark)| drop(tell(mark)));
        self.sent.notify_waiters();
    }
}

impl State {
    fn mark_of(&mut self, stream: u32, broken: Option<io::ErrorKind>) -> Mark {
        let held = self.outgoing.take(stream);
        let first_byte = held.as_ref().map(|held| held.first);
        Mark { wire: held.map(|held| held.bytes.freeze()).unwrap_or_default(), first_byte, broken }
    }

    /// Takes bytes that are about to go out; gives what is to be told of them.
    fn goes_out(&mut self, bytes: &[u8]) -> Vec<(Tell, Mark)> {
        let mut passed = Vec::new();
        self.outgoing.feed(bytes, Instant::now(), &mut passed);
        let mut told = Vec::new();
        for one in passed {
            let (stream, broken) = match one {
                Passed::Opened(_) => continue,
                Passed::Ended(stream) => (stream, None),
                Passed::Reset(stream) => (stream, Some(io::ErrorKind::ConnectionReset)),
            };
            match self.marks.remove(&stream) {
                Some(tell) => {
                    let mark = self.mark_of(stream, broken);
                    told.push((tell, mark));
                }
                None if !self.ours && self.incoming.held(stream).is_some() && !self.claimed.contains(&stream) => {
                    self.unheard.push(stream);
                }
                None => {}
            }
        }
        told
    }
}

/// How a tape is set up.
pub(super) struct Setup {
    pub(super) recording: Recording,
    /// Whether we opened the connection.
    pub(super) ours: bool,
    pub(super) message_bytes_max: usize,
    pub(super) head_bytes_max: usize,
}

/// A connection with its tape.
pub(super) struct FrameTape {
    stream: Stream,
    deck: FrameDeck,
    /// Bytes at the front of the next write that were looked at already.
    ahead: usize,
    shut: bool,
}

impl FrameTape {
    pub(super) fn new(stream: Stream, setup: &Setup) -> (Self, FrameDeck) {
        let frames =
            |sender| Frames::new(sender, setup.message_bytes_max, setup.head_bytes_max, setup.recording == Recording::On);
        let (theirs, own) = if setup.ours { (Sender::Server, Sender::Client) } else { (Sender::Client, Sender::Server) };
        let state = State {
            incoming: frames(theirs),
            outgoing: frames(own),
            marks: HashMap::new(),
            claimed: BTreeSet::new(),
            unheard: Vec::new(),
            ours: setup.ours,
            ending: None,
            raw: None,
            error: None,
            over: false,
        };
        let deck = FrameDeck { state: Arc::new(Mutex::new(state)), sent: Arc::new(Notify::new()) };
        (Self { stream, deck: deck.clone(), ahead: 0, shut: false }, deck)
    }

    /// Ends the connection where that was asked for; ready once nothing is left to do for it.
    fn poll_ending(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<CutHow>>> {
        let Some(how) = self.deck.lock().ending else { return Poll::Ready(Ok(None)) };
        loop {
            let Some(mut raw) = self.deck.lock().raw.take().filter(|raw| !raw.is_empty()) else { break };
            match Pin::new(&mut self.stream).poll_write(context, &raw) {
                Poll::Ready(Ok(count)) if count > 0 => {
                    raw.advance(count);
                    self.deck.lock().raw = Some(raw);
                }
                Poll::Ready(Ok(_)) => break,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.deck.lock().raw = Some(raw);
                    return Poll::Pending;
                }
            }
        }
        if how == CutHow::Reset {
            self.stream.reset();
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if !self.shut {
            match Pin::new(&mut self.stream).poll_shutdown(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(result) => result?,
            }
            self.shut = true;
        }
        Poll::Ready(Ok(Some(how)))
    }
}

impl AsyncRead for FrameTape {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.poll_ending(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            // Closed in both directions: nothing more is read.
            Poll::Ready(Ok(Some(CutHow::Close))) => return Poll::Ready(Ok(())),
            Poll::Ready(Ok(_)) => {}
        }
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        match &result {
            Poll::Ready(Ok(())) => {
                let new = buffer.filled().get(before..).unwrap_or_default();
                self.deck.lock().incoming.feed(new, Instant::now(), &mut Vec::new());
            }
            Poll::Ready(Err(error)) => {
                self.deck.lock().error.get_or_insert(error.kind());
            }
            Poll::Pending => {}
        }
        result
    }
}

impl AsyncWrite for FrameTape {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let new = bytes.get(self.ahead..).unwrap_or_default();
        if !new.is_empty() {
            let told = self.deck.lock().goes_out(new);
            self.ahead = bytes.len();
            told.into_iter().for_each(|(tell, mark)| drop(tell(mark)));
        }
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        match &written {
            Poll::Ready(Ok(count)) => {
                self.ahead -= (*count).min(self.ahead);
                self.deck.sent.notify_waiters();
            }
            Poll::Ready(Err(error)) => {
                self.deck.lock().error.get_or_insert(error.kind());
            }
            Poll::Pending => {}
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Drop for FrameTape {
    fn drop(&mut self) {
        if self.deck.lock().ending == Some(CutHow::Reset) {
            self.stream.reset();
        }
        self.deck.abandon();
    }
}
