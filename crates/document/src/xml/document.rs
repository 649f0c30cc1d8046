//! An XML text that was read: its bytes and its tree.

use super::element::Element;
use super::tree::{Place, Tree};
use super::{canonical, layout, scan};
use crate::fault::{Fault, line_column};
use crate::layout::Piece;
use crate::limits::{DECLARATION_BYTES_MAX, Limits};
use crate::utf8;
use bytes::Bytes;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

/// An XML text with its tree.
#[derive(Clone, Debug)]
pub struct Xml {
    text: Bytes,
    tree: Arc<Tree>,
}

impl Xml {
    /// Reads an XML text (XML 1.0 with namespaces) in UTF-8.
    ///
    /// # Errors
    /// The first place where the text is not well-formed or passes a limit. A DOCTYPE is refused whatever it says, and
    /// so is a text in another encoding.
    ///
    /// ```
    /// use counterpart_document::{Limits, Xml};
    /// let xml = Xml::parse(&"<a><b id='1'/></a>".into(), &Limits::default())?;
    /// assert_eq!(xml.locate("/a/b/@id"), Some(6..12));
    /// # Ok::<(), counterpart_document::Fault>(())
    /// ```
    pub fn parse(text: &Bytes, limits: &Limits) -> Result<Self, Fault> {
        check_encoding(text)?;
        let source = utf8::read(text, limits)?;
        scan::check(text, limits)?;
        let parsed = roxmltree::Document::parse(source).map_err(|error| fault(text, &error))?;
        Ok(Self { text: text.clone(), tree: Arc::new(Tree::build(source, &parsed)) })
    }

    /// Gives the text as it came.
    #[must_use]
    pub fn text(&self) -> &Bytes {
        &self.text
    }

    /// Gives the local name of the document element.
    #[must_use]
    pub fn root_name(&self) -> &str {
        self.tree.local_name(Place::Node(self.root()))
    }

    /// Gives the namespace name of the document element, empty when it has none.
    #[must_use]
    pub fn root_namespace(&self) -> &str {
        self.tree.namespace(Place::Node(self.root()))
    }

    /// Gives the document element.
    ///
    /// ```
    /// use counterpart_document::{Limits, Xml};
    /// let xml = Xml::parse(&"<a><b id='1'/>text<c/></a>".into(), &Limits::default())?;
    /// assert_eq!(xml.element().children().map(|child| child.name()).collect::<Vec<_>>(), ["b", "c"]);
    /// assert_eq!(xml.element().text(), Some(14..18));
    /// # Ok::<(), counterpart_document::Fault>(())
    /// ```
    #[must_use]
    pub fn element(&self) -> Element<'_> {
        Element::new(&self.tree, self.root())
    }

    fn root(&self) -> usize {
        self.tree.children(0).find(|child| self.tree.node(*child).kind == super::Kind::Element).unwrap_or(0)
    }

    /// Finds the bytes of an element (tags included), attribute or text by the path that
    /// [`XPath::query`](crate::XPath::query) gives.
    #[must_use]
    pub fn locate(&self, path: &str) -> Option<Range<usize>> {
        Some(self.tree.range(self.tree.find(path)?))
    }

    /// Lays the document out with one element a line, piece by piece, until the printer breaks off; elements that hold
    /// text stay on their line.
    pub fn lay_out(&self, mut print: impl FnMut(Piece) -> ControlFlow<()>) {
        let _ = layout::lay_out(self.tree.source(), &self.tree, &mut print);
    }

    /// Gives one text for every way to write this tree: names with their namespace, attributes in order, without
    /// comments, instructions and spaces between elements. It is made to be compared.
    ///
    /// ```
    /// use counterpart_document::{Limits, Xml};
    /// let one = Xml::parse(&"<a xmlns='urn:a' y='2' x='1'>\n  <b/>\n</a>".into(), &Limits::default())?;
    /// let two = Xml::parse(&"<p:a x=\"1\" y=\"2\" xmlns:p='urn:a'><!-- b --><p:b></p:b></p:a>".into(), &Limits::default())?;
    /// assert_eq!(one.canonical(), two.canonical());
    /// assert_eq!(one.canonical(), r#"<{urn:a}a x="1" y="2"><{urn:a}b></{urn:a}b></{urn:a}a>"#);
    /// # Ok::<(), counterpart_document::Fault>(())
    /// ```
    #[must_use]
    pub fn canonical(&self) -> String {
        canonical::canonical(&self.tree, self.root())
    }

    pub(crate) fn tree(&self) -> &Arc<Tree> {
        &self.tree
    }
}

/// Refuses a text in another encoding that XML knows, which is well-formed for all that can be said here: one that says so in its
/// declaration and holds bytes whose meaning depends on it, or one that begins as UTF-16 or UTF-32 do (XML 1.0 §4.3.3, appendix F).
fn check_encoding(text: &[u8]) -> Result<(), Fault> {
    let marked = matches!(text, [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, 0, 0xFE, 0xFF, ..]);
    if marked || matches!(text, [0, b'<', ..] | [b'<', 0, ..] | [0, 0, 0, b'<', ..]) {
        return Err(Fault::limit("the text is not UTF-8: it looks like UTF-16 or UTF-32", text, 0));
    }
    let start = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let head = start.get(..DECLARATION_BYTES_MAX).unwrap_or(start);
    // The declaration itself is ASCII in every encoding that is left.
    let ascii = head.iter().position(|byte| !byte.is_ascii()).unwrap_or(head.len());
    let head = std::str::from_utf8(head.get(..ascii).unwrap_or_default()).unwrap_or_default();
    let Some((declaration, _)) = head.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) else { return Ok(()) };
    let Some((_, after)) = declaration.split_once("encoding") else { return Ok(()) };
    let name = after.trim_start_matches(|character: char| character == '=' || character.is_ascii_whitespace());
    let mut pieces = name.splitn(3, ['"', '\'']);
    let name = pieces.nth(1).unwrap_or_default();
    let known = ["utf-8", "utf8", "us-ascii", "ascii"].iter().any(|known| name.eq_ignore_ascii_case(known));
    if known || text.is_ascii() {
        return Ok(());
    }
    let offset = text.len() - start.len() + head.find("encoding").unwrap_or(0);
    Err(Fault::limit(format!("the text declares the encoding `{name}`; only UTF-8 is read"), text, offset))
}

fn fault(text: &Bytes, error: &roxmltree::Error) -> Fault {
    use roxmltree::Error as Reason;
    let written = error.to_string();
    let at_end = match error {
        Reason::NoRootNode => Some("the text has no document element"),
        Reason::UnclosedRootNode => Some("the text ends before its elements are closed"),
        Reason::UnexpectedEndOfStream => Some("the text ends where more should stand"),
        _ => None,
    };
    if let Some(message) = at_end {
        return Fault::new(message, text, text.len());
    }
    let place = error.pos();
    // The place is given by its own fields, so it is cut from the sentence.
    let message = written.replacen(&format!(" at {place}"), "", 1);
    let offset = offset_of(text, place.row, place.col);
    debug_assert!(offset == text.len() || line_column(text, offset).0 == place.row, "rows agree");
    Fault::new(message, text, offset)
}

/// Gives the byte offset of a line and a column in characters, both from 1.
fn offset_of(text: &[u8], line: u32, column: u32) -> usize {
    let number = |count: u32| usize::try_from(count.saturating_sub(1)).unwrap_or(usize::MAX);
    let newlines = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let start = std::iter::once(0).chain(newlines).nth(number(line)).unwrap_or(text.len());
    let rest = text.get(start..).unwrap_or_default();
    let characters = rest.iter().enumerate().filter(|(_, byte)| **byte & 0xC0 != 0x80).map(|(at, _)| at);
    characters.chain(std::iter::once(rest.len())).nth(number(column)).map_or(text.len(), |at| start + at)
}
