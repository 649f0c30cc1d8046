//! Frames as they pass in one direction (RFC 9113 §4.1), sorted by stream, with the header lists in order.

use super::hpack::Decoder;
use crate::limits::{GARBAGE_BYTES_MAX, STREAMS_HELD_MAX};
use bytes::{Bytes, BytesMut};
use counterpart_evidence::Headers;
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::Instant;

/// RFC 9113 §3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEAD_BYTES: usize = 9;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;

/// Ends of streams that were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// The last frame of a message.
    Ended(u32),
    /// The first frame of a header block that is no trailer.
    Opened(u32),
    /// The stream was given up.
    Reset(u32),
}

/// What passed on one stream.
#[derive(Debug)]
pub(super) struct Held {
    /// Frames, up to a bound.
    pub(super) bytes: BytesMut,
    /// When the first of them passed.
    pub(super) first: Instant,
    /// Bytes of DATA frames, padding included.
    pub(super) data: u64,
    /// Header lists in order, trailers included; fewer where one could not be read.
    pub(super) lists: Vec<Headers>,
}

/// Whose first bytes a direction carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    Client,
    Server,
}

/// One direction of a connection.
#[derive(Debug)]
pub(super) struct Frames {
    preface: usize,
    head: Vec<u8>,
    left: usize,
    block: Option<Block>,
    decoder: Decoder,
    streams: BTreeMap<u32, Held>,
    /// Streams of which nothing is kept any more.
    dropped: u64,
    bytes_max: usize,
    list_bytes_max: usize,
    keeps: bool,
    start: BytesMut,
}

/// A header block under way.
#[derive(Debug)]
struct Block {
    stream: u32,
    bytes: Vec<u8>,
    ends_stream: bool,
}

impl Frames {
    pub(super) fn new(sender: Sender, bytes_max: usize, list_bytes_max: usize, keeps: bool) -> Self {
        Self {
            preface: if sender == Sender::Client { PREFACE.len() } else { 0 },
            head: Vec::with_capacity(HEAD_BYTES),
            left: 0,
            block: None,
            decoder: Decoder::default(),
            streams: BTreeMap::new(),
            dropped: 0,
            bytes_max,
            list_bytes_max,
            keeps,
            start: BytesMut::new(),
        }
    }

    /// Gives the first bytes of the direction, whatever they are.
    pub(super) fn start(&self) -> Bytes {
        Bytes::copy_from_slice(&self.start)
    }

    pub(super) fn held(&self, stream: u32) -> Option<&Held> {
        self.streams.get(&stream)
    }

    pub(super) fn take(&mut self, stream: u32) -> Option<Held> {
        self.streams.remove(&stream)
    }

    /// Takes everything that is still held but what was claimed, and tells how many streams were held no more.
    pub(super) fn take_all(&mut self, claimed: &BTreeSet<u32>) -> (BTreeMap<u32, Held>, u64) {
        let (kept, taken) = std::mem::take(&mut self.streams).into_iter().partition(|(stream, _)| claimed.contains(stream));
        self.streams = kept;
        (taken, std::mem::take(&mut self.dropped))
    }

    /// Takes bytes that pass.
    pub(super) fn feed(&mut self, mut bytes: &[u8], now: Instant, passed: &mut Vec<Passed>) {
        let room = GARBAGE_BYTES_MAX.saturating_sub(self.start.len()).min(bytes.len());
        self.start.extend_from_slice(bytes.get(..room).unwrap_or_default());
        let skipped = self.preface.min(bytes.len());
        self.preface -= skipped;
        bytes = bytes.get(skipped..).unwrap_or_default();
        while !bytes.is_empty() {
            if self.head.len() < HEAD_BYTES {
                let wanted = (HEAD_BYTES - self.head.len()).min(bytes.len());
                let (more, rest) = bytes.split_at(wanted);
                self.head.extend_from_slice(more);
                bytes = rest;
                if self.head.len() < HEAD_BYTES {
                    return;
                }
                self.begin(now, passed);
            }
            let (payload, rest) = bytes.split_at(self.left.min(bytes.len()));
            self.payload(payload);
            self.left -= payload.len();
            bytes = rest;
            if self.left == 0 {
                self.end(passed);
                self.head.clear();
            }
        }
    }

    /// RFC 9113 §4.1: length (24 bits), type, flags, stream.
    fn shape(&self) -> (usize, u8, u8, u32) {
        let byte = |at: usize| self.head.get(at).copied().unwrap_or(0);
        let length = usize::from(byte(0)) << 16 | usize::from(byte(1)) << 8 | usize::from(byte(2));
        (length, byte(3), byte(4), u32::from_be_bytes([byte(5) & 0x7f, byte(6), byte(7), byte(8)]))
    }

    fn begin(&mut self, now: Instant, passed: &mut Vec<Passed>) {
        let (length, kind, flags, stream) = self.shape();
        self.left = length;
        if kind == HEADERS {
            self.block = Some(Block { stream, bytes: Vec::new(), ends_stream: flags & 1 != 0 });
        }
        if stream == 0 {
            return;
        }
        if !self.streams.contains_key(&stream) {
            // Only a header block opens a stream; what comes after its end is no message's.
            if kind != HEADERS {
                return;
            }
            passed.push(Passed::Opened(stream));
            self.make_room();
            let held = Held { bytes: BytesMut::new(), first: now, data: 0, lists: Vec::new() };
            self.streams.insert(stream, held);
        }
        let head = std::mem::take(&mut self.head);
        self.keep(stream, &head);
        self.head = head;
        if let Some(held) = self.streams.get_mut(&stream).filter(|_| kind == DATA) {
            held.data += length as u64;
        }
    }

    fn make_room(&mut self) {
        if self.streams.len() >= STREAMS_HELD_MAX {
            self.streams.pop_first();
            self.dropped += 1;
        }
    }

    fn keep(&mut self, stream: u32, bytes: &[u8]) {
        if let Some(held) = self.streams.get_mut(&stream).filter(|_| self.keeps) {
            let room = self.bytes_max.saturating_sub(held.bytes.len()).min(bytes.len());
            held.bytes.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
    }

    fn payload(&mut self, bytes: &[u8]) {
        let (_, kind, _, stream) = self.shape();
        self.keep(stream, bytes);
        if let Some(block) = self.block.as_mut().filter(|_| matches!(kind, HEADERS | CONTINUATION)) {
            let room = self.list_bytes_max.saturating_sub(block.bytes.len()).min(bytes.len());
            block.bytes.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
    }

    fn end(&mut self, passed: &mut Vec<Passed>) {
        let (_, kind, flags, stream) = self.shape();
        match kind {
            DATA if flags & 1 != 0 => passed.push(Passed::Ended(stream)),
            HEADERS | CONTINUATION => {
                if kind == HEADERS
                    && let Some(block) = &mut self.block
                {
                    block.bytes = unpadded(std::mem::take(&mut block.bytes), flags);
                }
                if flags & 4 != 0 {
                    self.close_block(passed);
                }
            }
            RST_STREAM => passed.push(Passed::Reset(stream)),
            _ => {}
        }
    }

    fn close_block(&mut self, passed: &mut Vec<Passed>) {
        let Some(block) = self.block.take() else { return };
        let list = self.decoder.parse(&block.bytes, self.list_bytes_max);
        if let (Some(list), Some(held)) = (list, self.streams.get_mut(&block.stream)) {
            held.lists.push(list);
        }
        if block.ends_stream {
            passed.push(Passed::Ended(block.stream));
        }
    }
}

/// Takes padding and priority off a HEADERS frame (RFC 9113 §6.2).
fn unpadded(mut payload: Vec<u8>, flags: u8) -> Vec<u8> {
    let padding = if flags & 8 != 0 { payload.first().map_or(0, |count| usize::from(*count)) } else { 0 };
    payload.truncate(payload.len().saturating_sub(padding));
    let from = usize::from(flags & 8 != 0) + if flags & 0x20 != 0 { 5 } else { 0 };
    payload.drain(..from.min(payload.len()));
    payload
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::{Frames, Passed, Sender};
    use tokio::time::Instant;

    fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        [&[0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream][..], payload].concat()
    }

    fn fed(bytes: &[u8], step: usize) -> (Frames, Vec<Passed>) {
        let mut frames = Frames::new(Sender::Client, 10_000, 10_000, true);
        let mut passed = Vec::new();
        for piece in bytes.chunks(step) {
            frames.feed(piece, Instant::now(), &mut passed);
        }
        (frames, passed)
    }

    #[test]
    fn frames_of_two_streams_are_kept_apart_however_they_are_cut() {
        let one = [frame(1, 4, 1, &[0x83]), frame(0, 1, 1, b"one")];
        let three = [frame(1, 5, 3, &[0x82])];
        let bytes = [super::PREFACE, &frame(4, 0, 0, &[]), &one[0], &three[0], &one[1]].concat();
        for step in 1..bytes.len() {
            let (mut frames, passed) = fed(&bytes, step);
            assert_eq!(passed, [Passed::Opened(1), Passed::Opened(3), Passed::Ended(3), Passed::Ended(1)]);
            assert_eq!(frames.take(1).unwrap().bytes, one.concat());
            assert_eq!(frames.take(3).unwrap().bytes, three.concat());
        }
    }

    #[test]
    fn a_padded_block_in_two_frames_is_one_list() {
        let bytes = [super::PREFACE, &frame(1, 0x28, 1, &[1, 0, 0, 0, 0, 9, 0x82, 0]), &frame(9, 4, 1, &[0x86])].concat();
        let (mut frames, _) = fed(&bytes, 7);
        let lists = frames.take(1).unwrap().lists;
        assert_eq!(lists[0].iter().map(|header| header.value.as_str()).collect::<Vec<_>>(), ["GET", "http"]);
    }

    #[test]
    fn a_flood_of_streams_is_counted_and_not_kept() {
        let mut frames = Frames::new(Sender::Server, 100, 100, true);
        for stream in 1..3_000_u32 {
            let [_, _, high, low] = stream.to_be_bytes();
            let head = [0, 0, 1, 1, 5, 0, 0, high, low, 0x82];
            frames.feed(&head, Instant::now(), &mut Vec::new());
        }
        let (held, dropped) = frames.take_all(&std::collections::BTreeSet::new());
        assert_eq!(held.len() as u64 + dropped, 2_999);
        assert!(held.len() <= crate::limits::STREAMS_HELD_MAX);
    }
}
