//! Edits of an XML body: pieces of its text are changed where an XPath finds them, and everything else stays as it is.

use super::edit::{EditFault, fault};
use crate::limits::EDITED_BYTES_MAX;
use bytes::Bytes;
use counterpart_document::{Limits, XPath, Xml};
use std::ops::Range;
use std::sync::Arc;

/// Where an XML edit is made; two are the same where they are written the same.
#[derive(Clone, Debug)]
pub struct XmlPath(pub Arc<XPath>);

impl PartialEq for XmlPath {
    fn eq(&self, other: &Self) -> bool {
        self.0.expression() == other.0.expression()
    }
}

/// What is done with each element or attribute that is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum XmlChange {
    /// An element is written twice.
    Duplicate,
    /// This XML is put at the end of an element's content.
    Insert(String),
    /// It is taken out.
    Remove,
    /// It gets this text as its value: an element as its only content.
    Set(String),
}

/// Changes a text; a path that finds nothing does not fit.
pub(super) fn edited(text: &[u8], path: &XPath, change: &XmlChange) -> Result<Vec<u8>, EditFault> {
    let text = Bytes::copy_from_slice(text);
    let xml = Xml::parse(&text, &Limits::default()).map_err(|error| fault(format!("the body is not XML: {error}")))?;
    let items = path.query(&xml).map_err(|error| fault(error.message))?;
    let mut places: Vec<(Range<usize>, String)> = items.into_iter().filter_map(|item| Some((item.range?, item.path))).collect();
    if places.is_empty() {
        return Err(fault(format!("`{}` finds nothing in the body", path.expression())));
    }
    // From the end, so that what stands before keeps its place; of two within each other only the outer one is changed.
    places.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let mut end_of_last = 0;
    places.retain(|(range, _)| {
        let outer = range.start >= end_of_last;
        end_of_last = end_of_last.max(range.end);
        outer
    });
    let mut out = text.to_vec();
    for (range, path) in places.iter().rev() {
        let is_attribute = path.rsplit('/').next().is_some_and(|step| step.starts_with('@'));
        let place = if is_attribute { attribute(&text, range, change)? } else { element(&text, range, change)? };
        out.splice(place.0, place.1.into_bytes());
        if out.len() > EDITED_BYTES_MAX {
            return Err(fault(format!("the edited body has more than {EDITED_BYTES_MAX} bytes")));
        }
    }
    Ok(out)
}

/// Gives what is replaced of an attribute, and by what.
fn attribute(text: &[u8], range: &Range<usize>, change: &XmlChange) -> Result<(Range<usize>, String), EditFault> {
    let written = piece(text, range);
    match change {
        XmlChange::Remove => {
            // The space before it goes with it.
            let before = text.get(..range.start).unwrap_or_default();
            let spaces = before.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
            Ok((range.start - spaces..range.end, String::new()))
        }
        XmlChange::Set(value) => {
            let name = written.split('=').next().unwrap_or_default().trim_end();
            Ok((range.clone(), format!("{name}=\"{}\"", escaped(value))))
        }
        XmlChange::Duplicate | XmlChange::Insert(_) => Err(fault("an attribute is set or removed, nothing else")),
    }
}

/// Gives what is replaced of an element or text, and by what.
fn element(text: &[u8], range: &Range<usize>, change: &XmlChange) -> Result<(Range<usize>, String), EditFault> {
    let written = piece(text, range);
    match change {
        XmlChange::Remove => Ok((range.clone(), String::new())),
        XmlChange::Duplicate => Ok((range.end..range.end, written)),
        XmlChange::Set(value) if !written.starts_with('<') => Ok((range.clone(), escaped(value))),
        XmlChange::Set(value) => {
            let (open, _, close) = tags(&written).ok_or_else(|| fault("only an element or attribute can be set"))?;
            Ok((range.clone(), format!("{open}{}{close}", escaped(value))))
        }
        XmlChange::Insert(more) => {
            let (open, content, close) = tags(&written).ok_or_else(|| fault("XML is inserted into an element"))?;
            Ok((range.clone(), format!("{open}{content}{more}{close}")))
        }
    }
}

/// Divides an element into its start tag, content and end tag; an empty one gets an end tag.
fn tags(written: &str) -> Option<(String, &str, String)> {
    let end = end_of_tag(written)?;
    let open = written.get(..=end)?;
    let name = open.get(1..)?.split(|character: char| character.is_whitespace() || matches!(character, '>' | '/')).next()?;
    if !name.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        return None;
    }
    if let Some(empty) = open.strip_suffix("/>") {
        return Some((format!("{}>", empty.trim_end()), "", format!("</{name}>")));
    }
    let close = written.rfind("</")?;
    Some((open.to_owned(), written.get(end + 1..close)?, written.get(close..)?.to_owned()))
}

/// Finds the `>` that ends the first tag; one within an attribute's quotes does not.
fn end_of_tag(written: &str) -> Option<usize> {
    let mut quote = None;
    written.bytes().position(|byte| match (quote, byte) {
        (None, b'"' | b'\'') => {
            quote = Some(byte);
            false
        }
        (Some(open), byte) if open == byte => {
            quote = None;
            false
        }
        (None, b'>') => true,
        _ => false,
    })
}

fn piece(text: &[u8], range: &Range<usize>) -> String {
    String::from_utf8_lossy(text.get(range.clone()).unwrap_or_default()).into_owned()
}

fn escaped(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
