//! A workspace file as text, so that what is wrong in it can be shown where it stands.

use counterpart_diag::{SourceId, Sources, Span};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// A workspace file with the text that its places lie in.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    source: SourceId,
    text: String,
}

impl Places {
    pub(crate) fn new(name: &str, text: &str, sources: &mut Sources) -> Self {
        Self { source: sources.add(name, text), text: text.to_owned() }
    }

    /// Gives the place of bytes of the file.
    pub(crate) fn span(&self, bytes: Range<usize>) -> Span {
        Span::new(self.source, bytes.start, bytes.end)
    }

    /// Reads the file; what is wrong with its form was told before.
    pub(crate) fn table(&self) -> DeTable<'_> {
        DeTable::parse_recoverable(&self.text).0.into_inner()
    }
}

/// Gives the keys of a table below the top, each with its place.
pub(crate) fn keys<'t>(table: &'t DeTable<'_>, path: &[&str]) -> Vec<(&'t str, Range<usize>)> {
    let mut here = table;
    for name in path {
        match here.get(*name).map(toml::Spanned::get_ref) {
            Some(DeValue::Table(below)) => here = below,
            _ => return Vec::new(),
        }
    }
    here.keys().map(|key| (key.get_ref().as_ref(), key.span())).collect()
}
