//! Texts that were read, and places in them.

use std::sync::Arc;

/// The number of a source within its [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

impl SourceId {
    /// Gives its place in the order of reading.
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

/// A range of bytes in one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The source that the range lies in.
    pub source: SourceId,
    /// Byte offset of the first byte.
    pub start: u32,
    /// Byte offset after the last byte.
    pub end: u32,
}

impl Span {
    /// Gives the range of `source` from byte `start` to before byte `end`.
    #[must_use]
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { source, start: clamp(start), end: clamp(end.max(start)) }
    }

    /// Gives the empty range at the beginning of `source`, for faults of a file as a whole.
    #[must_use]
    pub fn start_of(source: SourceId) -> Self {
        Self { source, start: 0, end: 0 }
    }
}

/// A line and a column, both counted from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// One text with the name under which it is shown.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path or name as the user knows it.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
    line_starts: Arc<[u32]>,
}

impl Source {
    fn new(name: &str, text: &str) -> Self {
        let starts = std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1));
        Self {
            name: name.into(),
            text: text.into(),
            line_starts: starts.map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect(),
        }
    }

    /// Gives line and column of a byte offset; an offset past the end is the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let offset = (offset as usize).min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start as usize <= offset).max(1);
        let start = self.line_starts.get(line - 1).map_or(0, |start| *start as usize);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        Position { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column + 1).unwrap_or(u32::MAX) }
    }
}

/// All texts that were read, so that a [`Span`] can be shown.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    all: Vec<Source>,
}

impl Sources {
    /// Adds a text under the name by which the user knows it; one that is there already, name and text, keeps its number.
    pub fn add(&mut self, name: &str, text: &str) -> SourceId {
        if let Some(at) = self.all.iter().position(|source| &*source.name == name && &*source.text == text) {
            return SourceId(u32::try_from(at).unwrap_or(u32::MAX));
        }
        self.all.push(Source::new(name, text));
        SourceId(u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX))
    }

    /// Gives a source by its number.
    #[must_use]
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.all.get(id.0 as usize)
    }

    /// Gives the text that a span covers.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.source(span.source).and_then(|source| source.text.get(span.start as usize..span.end as usize)).unwrap_or("")
    }

    /// Gives name, line and column of a span's beginning.
    #[must_use]
    pub fn place(&self, span: Span) -> Option<(&str, Position)> {
        self.source(span.source).map(|source| (&*source.name, source.position(span.start)))
    }
}
