//! The rules for narrative (txt-1, txt-2): basic formatting only, and not nothing.
//!
//! <https://hl7.org/fhir/STU3/narrative.html#xhtml>

use bytes::Bytes;
use counterpart_document::{Element, Limits, Xml};

/// Chapters 7 to 11 and 15 of HTML 4.0 without section 4 of chapter 9, `a` (also without `href`) and images.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "del",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "font",
    "center",
    "address",
    "bdo",
    "map",
    "area",
];
const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// Tells whether a narrative keeps to the rules.
pub(super) fn is_narrative(text: &str) -> bool {
    let Ok(xml) = Xml::parse(&Bytes::copy_from_slice(text.as_bytes()), &Limits::default()) else { return false };
    let root = xml.element();
    let mut open = vec![root];
    let mut shows = false;
    while let Some(element) = open.pop() {
        if !is_allowed(element) {
            return false;
        }
        shows |= element.text().is_some() || element.name() == "img";
        open.extend(element.children());
    }
    root.name() == "div" && shows
}

fn is_allowed(element: Element<'_>) -> bool {
    let named = element.namespace() == XHTML && ELEMENTS.contains(&element.name());
    // No scripts: neither events nor addresses that run.
    named
        && element.attributes().all(|attribute| {
            let runs = attribute.value().trim_start().to_ascii_lowercase().starts_with("javascript:");
            !attribute.name().starts_with("on") && !runs
        })
}
