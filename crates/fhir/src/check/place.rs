//! Gives findings their places: path, pointer or XPath, line and column.

use crate::finding::{Draft, Finding};
use crate::instance::{Format, Resource, Tree};

/// Turns drafts into findings, in the order of the text.
pub(super) fn settle(drafts: &[Draft], tree: Option<&Tree<'_>>, resource: &Resource) -> Vec<Finding> {
    let offset_of = |draft: &Draft| draft.offset.unwrap_or_else(|| tree.map_or(0, |tree| tree.node(draft.node).range.start));
    let mut ordered: Vec<(usize, &Draft)> = drafts.iter().map(|draft| (offset_of(draft), draft)).collect();
    ordered.sort_by_key(|(offset, _)| *offset);
    let mut walk = Walk { text: resource.text(), at: 0, line: 1, column: 1 };
    ordered
        .into_iter()
        .map(|(offset, draft)| {
            walk.to(offset);
            let (path, place) = match tree {
                Some(tree) => places(tree, draft, resource.format()),
                None => Default::default(),
            };
            Finding {
                severity: draft.severity,
                code: draft.code,
                path,
                place,
                line: walk.line,
                column: walk.column,
                bytes: offset..end_of(resource.text(), offset),
                message: draft.message.clone(),
                expected: draft.expected.clone(),
                actual: draft.actual.clone(),
                profile: draft.profile.clone(),
                element: draft.element.clone(),
                rule: draft.rule.clone(),
                wants: draft.wants.clone(),
            }
        })
        .collect()
}

/// Gives the end of what begins at a byte: the name of a member or an element, or a value, never more than a line.
fn end_of(text: &[u8], offset: usize) -> usize {
    let rest = text.get(offset..).unwrap_or_default();
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r' | b'>' | b',' | b'}' | b']' | b' ' | b'=' | b'/');
    let length = match rest.first() {
        Some(b'"') => {
            let mut escaped = false;
            let close = rest.iter().skip(1).position(|byte| {
                let is_close = *byte == b'"' && !escaped;
                escaped = *byte == b'\\' && !escaped;
                is_close
            });
            close.map_or(1, |close| close + 2)
        }
        _ => rest.iter().skip(1).position(is_end).map_or(rest.len(), |end| end + 1),
    };
    offset + length.max(1)
}

fn places(tree: &Tree<'_>, draft: &Draft, format: Format) -> (String, String) {
    let mut path = tree.path(draft.node);
    let place = match format {
        Format::Json => tree.pointer(draft.node),
        Format::Xml => tree.xpath(draft.node),
    };
    if let Some(below) = &draft.below {
        path = format!("{path}.{below}");
    }
    (path, place)
}

/// Counts lines and columns in one pass, for offsets that do not go back.
struct Walk<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
    column: u32,
}

impl Walk<'_> {
    fn to(&mut self, offset: usize) {
        for byte in self.text.get(self.at..offset.min(self.text.len())).unwrap_or_default() {
            match byte {
                b'\n' => (self.line, self.column) = (self.line.saturating_add(1), 1),
                // RFC 3629 §3: bytes 10xxxxxx continue a character.
                byte if byte & 0xC0 != 0x80 => self.column = self.column.saturating_add(1),
                _ => {}
            }
        }
        self.at = self.at.max(offset);
    }
}
