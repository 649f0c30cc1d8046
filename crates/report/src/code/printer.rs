//! Puts pieces of a source text into numbered lines and keeps the marks on them. It refuses to grow beyond its bound.

use super::Code;
use crate::limits::INDENT_MAX;
use crate::text;
use counterpart_document::Piece as Laid;
use serde::Serialize;
use std::ops::ControlFlow;

/// A range of bytes `[from, to)` in the source text.
pub(crate) type Span = (usize, usize);

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Piece {
    /// Text.
    pub(crate) text: String,
    /// Whether it lies in a marked place.
    pub(crate) hit: bool,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    /// Number from 1.
    pub(crate) number: usize,
    /// Whether a piece of it is marked.
    pub(crate) hit: bool,
    /// The whole text, where nothing is marked.
    pub(crate) text: String,
    /// The pieces, where something is marked.
    pub(crate) pieces: Vec<Piece>,
}

/// Builds lines.
pub(crate) struct Printer<'a> {
    source: &'a str,
    marks: Vec<Span>,
    lines: Vec<Line>,
    pieces: Vec<Piece>,
    bytes: usize,
    bytes_max: usize,
    left: usize,
}

impl<'a> Printer<'a> {
    /// Makes one for a source text; marks that are empty or lie behind the end are moved so that they can be seen.
    pub(crate) fn new(source: &'a str, marks: &[Span], bytes_max: usize) -> Self {
        let end = source.trim_end().len();
        let mut marks: Vec<Span> = marks
            .iter()
            .map(|&(from, to)| {
                let from = floor(source, from.min(end.saturating_sub(1)));
                (from, ceil(source, to.max(from + 1)))
            })
            .filter(|(from, to)| from < to)
            .collect();
        marks.sort_unstable();
        Self { source, marks, lines: Vec::new(), pieces: Vec::new(), bytes: 0, bytes_max, left: 0 }
    }

    /// Prints a piece of a layout; breaks off when nothing more will be shown and no mark is left to come.
    pub(crate) fn piece(&mut self, piece: Laid) -> ControlFlow<()> {
        match piece {
            Laid::Line(depth) => {
                self.newline();
                self.push(&" ".repeat((depth * 2).min(INDENT_MAX)), false);
            }
            Laid::Source(range) => {
                let to = range.end;
                self.source(range.start, to);
                if self.bytes >= self.bytes_max && self.marks.iter().all(|(_, end)| *end <= to) {
                    self.left += self.source.len() - to;
                    return ControlFlow::Break(());
                }
            }
            Laid::Space => self.push(" ", false),
        }
        ControlFlow::Continue(())
    }

    /// Prints a range of the source, marked where a mark lies. Bounds must stand between characters.
    pub(crate) fn source(&mut self, from: usize, to: usize) {
        let source = self.source;
        let mut at = from;
        while at < to {
            let inside = self.marks.iter().filter(|(start, end)| *start <= at && at < *end).map(|(_, end)| *end).max();
            let (end, hit) = match inside {
                Some(end) => (end.min(to), true),
                None => (self.marks.iter().map(|(start, _)| *start).find(|start| *start > at).unwrap_or(to).min(to), false),
            };
            self.push(source.get(at..end).unwrap_or(""), hit);
            at = end;
        }
    }

    fn newline(&mut self) {
        let pieces = std::mem::take(&mut self.pieces);
        let hit = pieces.iter().any(|piece| piece.hit);
        let (text, pieces) =
            if hit { (String::new(), pieces) } else { (pieces.into_iter().map(|piece| piece.text).collect(), Vec::new()) };
        self.lines.push(Line { number: self.lines.len() + 1, hit, text, pieces });
    }

    fn push(&mut self, text: &str, hit: bool) {
        // What is marked is always shown, for it is what the reader came for; the bound on it is that of the source.
        let room = self.bytes_max.saturating_sub(self.bytes);
        let keep = if hit && text.len() <= self.bytes_max { text.len() } else { floor(text, room) };
        self.left += text.len() - keep;
        self.bytes += keep;
        let kept = text.get(..keep).unwrap_or("");
        for (index, part) in kept.split('\n').enumerate() {
            if index > 0 {
                self.newline();
            }
            if !part.is_empty() {
                let text = text::visible(part.strip_suffix('\r').unwrap_or(part));
                match self.pieces.last_mut() {
                    Some(last) if last.hit == hit => last.text.push_str(&text),
                    _ => self.pieces.push(Piece { text, hit }),
                }
            }
        }
    }

    /// Ends the last line and gives all.
    pub(crate) fn finish(mut self) -> Code {
        if !self.pieces.is_empty() {
            self.newline();
        }
        let cut = (self.left > 0).then(|| format!("{} left out here", text::size(self.left as u64)));
        Code { lines: self.lines, cut }
    }
}

fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn ceil(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}
