//! A document laid out for reading, and where its values stand in it.

use crate::json::Json;
use crate::xml::Tree;
use std::ops::Range;
use std::sync::Arc;

/// A document laid out for people, one value or element a line.
#[derive(Clone, Debug)]
pub struct Pretty {
    /// The text, lines divided by `\n`, without one at the end.
    pub text: String,
    places: Places,
}

#[derive(Clone, Debug)]
enum Places {
    /// The text is JSON itself, so places are found by walking it.
    Json,
    /// The lines of every node, by its number.
    Xml { tree: Arc<Tree>, lines: Vec<Range<u32>> },
}

impl Pretty {
    pub(crate) fn of_json(text: String) -> Self {
        Self { text, places: Places::Json }
    }

    pub(crate) fn of_xml(text: String, tree: Arc<Tree>, lines: Vec<Range<u32>>) -> Self {
        Self { text, places: Places::Xml { tree, lines } }
    }

    /// Gives the lines of a value, from 1 and without the end: by JSON Pointer in JSON, by the paths that
    /// [`XPath::query`](crate::XPath::query) gives in XML.
    #[must_use]
    pub fn locate(&self, path: &str) -> Option<Range<usize>> {
        match &self.places {
            Places::Json => {
                let bytes = Json::locate_in(&self.text, path)?;
                let line = |offset: usize| self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
                Some(line(bytes.start)..line(bytes.end) + 1)
            }
            Places::Xml { tree, lines } => {
                let found = lines.get(tree.node_of(tree.find(path)?))?;
                Some(usize::try_from(found.start).ok()?..usize::try_from(found.end).ok()?)
            }
        }
    }
}
