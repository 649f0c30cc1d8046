//! Where head and content stand in the bytes of the wire, so that a secret in the content is found there even when a
//! transfer coding or frames cut it in pieces (RFC 9112 §7.1, RFC 9113 §6).

use crate::Version;
use crate::limits::INTERIM_RESPONSES_MAX;
use memchr::memchr;
use std::ops::Range;

/// A piece of the content: where it stands on the wire and in the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) wire: usize,
    pub(super) content: usize,
    pub(super) length: usize,
}

/// The parts of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// Lines with header fields in the clear.
    pub(super) heads: Vec<Range<usize>>,
    /// Header fields in compressed form (RFC 7541).
    pub(super) packed: Vec<Range<usize>>,
    /// The content.
    pub(super) pieces: Vec<Piece>,
}

impl Layout {
    /// Finds the parts; `None` where the wire does not hold that content in a way that is known.
    pub(super) fn of(wire: &[u8], version: Version, content: &[u8]) -> Option<Self> {
        let layout = match version {
            Version::Http2 => frames(wire)?,
            // The content is no part of the bytes: where a secret stands in it, none of them is kept.
            Version::Ldap3 => return None,
            Version::Http10 | Version::Http11 => lines(wire, content)?,
        };
        if layout.pieces.len() == 1 && layout.heads.len() == 1 {
            // The content was compared already when its one piece was found.
            return Some(layout);
        }
        let fits = |piece: &Piece| {
            wire.get(piece.wire..piece.wire + piece.length) == content.get(piece.content..piece.content + piece.length)
        };
        let length: usize = layout.pieces.iter().map(|piece| piece.length).sum();
        (length == content.len() && layout.pieces.iter().all(fits)).then_some(layout)
    }

    /// Gives the length of the head where the wire is a head and then the content, with nothing else.
    pub(super) fn plain_head(&self, wire: &[u8]) -> Option<usize> {
        match (self.pieces.as_slice(), self.packed.is_empty()) {
            ([piece], true) if piece.wire + piece.length == wire.len() => Some(piece.wire),
            _ => None,
        }
    }

    /// Gives the ranges on the wire of a range of the content.
    pub(super) fn on_wire(&self, from: usize, to: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.pieces.iter().filter_map(move |piece| {
            let (start, end) = (from.max(piece.content), to.min(piece.content + piece.length));
            (start < end).then(|| (piece.wire + start - piece.content, piece.wire + end - piece.content))
        })
    }
}

fn lines(wire: &[u8], content: &[u8]) -> Option<Layout> {
    let mut end = head_end(wire, 0)?;
    let mut head = 0;
    for _ in 0..INTERIM_RESPONSES_MAX {
        // RFC 9110 §15.2: interim responses come before the final one; 101 is final for HTTP.
        let interim = wire
            .get(head..)
            .is_some_and(|rest| rest.starts_with(b"HTTP/1.") && rest.get(9) == Some(&b'1') && rest.get(9..12) != Some(b"101"));
        if !interim {
            break;
        }
        head = end;
        end = head_end(wire, head)?;
    }
    let body = wire.get(end..)?;
    let mut layout = Layout { heads: Vec::new(), packed: Vec::new(), pieces: Vec::new() };
    layout.heads.push(0..end);
    if body.starts_with(content) {
        layout.pieces.push(Piece { wire: end, content: 0, length: content.len() });
        return Some(layout);
    }
    let after = chunks(wire, end, &mut layout.pieces)?;
    layout.heads.push(after..wire.len());
    Some(layout)
}

/// Finds the end of the first empty line; a lone LF may end a line (RFC 9112 §2.2).
pub(super) fn head_end(wire: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let mut blank = false;
    loop {
        let rest = wire.get(at..)?;
        let line = memchr(b'\n', rest)?;
        blank = matches!(rest.get(..line)?, b"" | b"\r") && (blank || at > from);
        at += line + 1;
        if blank {
            return Some(at);
        }
    }
}

/// Reads chunks as far as they go; gives the place after the last one.
fn chunks(wire: &[u8], from: usize, pieces: &mut Vec<Piece>) -> Option<usize> {
    let mut at = from;
    let mut content = 0;
    loop {
        let rest = wire.get(at..)?;
        let Some(line) = memchr(b'\n', rest) else { return Some(at) };
        let size = std::str::from_utf8(rest.get(..line)?).ok()?;
        let size = size.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        at += line + 1;
        if size == 0 {
            return Some(at);
        }
        let length = size.min(wire.len().saturating_sub(at));
        pieces.push(Piece { wire: at, content, length });
        content += length;
        at += length;
        match wire.get(at..)? {
            [b'\r', b'\n', ..] => at += 2,
            [b'\n', ..] => at += 1,
            _ => return Some(at),
        }
    }
}

/// RFC 9113 §3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frames(wire: &[u8]) -> Option<Layout> {
    let mut at = if wire.starts_with(PREFACE) { PREFACE.len() } else { 0 };
    let mut layout = Layout::default();
    let mut content = 0;
    while at < wire.len() {
        // RFC 9113 §4.1: length (24 bits), type, flags, stream.
        let head = wire.get(at..at + 9)?;
        let length = head.iter().take(3).fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
        let (kind, flags) = (*head.get(3)?, *head.get(4)?);
        let payload = at + 9..(at + 9 + length).min(wire.len());
        at = at + 9 + length;
        match kind {
            0 => {
                // RFC 9113 §6.1: flag 8 says that the first byte counts the padding at the end.
                let padded = flags & 8 != 0;
                let padding = if padded { usize::from(*wire.get(payload.start)?) } else { 0 };
                let from = payload.start + usize::from(padded);
                let length = payload.end.checked_sub(padding)?.checked_sub(from)?;
                layout.pieces.push(Piece { wire: from, content, length });
                content += length;
            }
            // HEADERS, PUSH_PROMISE and CONTINUATION carry field blocks.
            1 | 5 | 9 => layout.packed.push(payload),
            _ => {}
        }
    }
    Some(layout)
}
