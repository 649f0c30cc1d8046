//! Turns a resource from JSON into XML and back: strictly, for people, or with all that it holds, for messages.

use crate::definitions::Definitions;
use crate::error::Error;
use crate::finding::{Code, Severity};
use crate::instance::{Format, Keep, Layout, ROOT, Resource, Source, Tree, read, read_from, write_json, write_xml};
use counterpart_document::{Fault, Json, Limits, Xml, line_column};
use std::ops::Range;

/// Writes a resource in a format, indented; of numbers every digit is kept.
///
/// # Errors
/// [`Error::Resource`]: the type of the resource is not known, or something in it has no place in the definitions, so
/// that it would be lost; the first such place is named. So is what JSON carries and XML cannot: control characters, and a
/// narrative that is no XML.
pub fn convert(resource: &Resource, to: Format, definitions: &Definitions) -> Result<String, Error> {
    let (tree, drafts) = read(resource, definitions);
    // What is only of the wrong form is carried over; what is not known has no place to go.
    let lost = drafts.iter().find(|draft| draft.severity == Severity::Error && draft.code == Code::Structure);
    match (tree, lost.or(drafts.iter().find(|draft| draft.code == Code::NotChecked))) {
        (Some(tree), None) => Ok(match to {
            Format::Json => write_json(&tree, Layout::Indented),
            Format::Xml => return well_formed(write_xml(&tree, definitions, Layout::Indented)),
        }),
        (_, Some(draft)) => Err(Error::Resource(draft.message.clone())),
        (None, None) => Err(Error::Resource("its type is not known".to_owned())),
    }
}

/// Writes a resource that came in XML as JSON, in one line, for those who look at messages in JSON.
///
/// What the definitions know has its own JSON form. What they do not know comes over as texts, and as a list where it stands
/// several times: whether it may be there is for a check to say. What is no part of any resource, such as text between
/// elements, is left out.
///
/// # Errors
/// It is no resource of a type that is known; with the place.
pub fn as_json(xml: &Xml, definitions: &Definitions) -> Result<String, Fault> {
    let read = read_from(Source::Xml(xml), definitions, Keep::All);
    read.tree.map(|tree| write_json(&tree, Layout::Compact)).ok_or_else(|| {
        let first = read.drafts.first();
        let message = first.map_or_else(|| "its type is not known".to_owned(), |draft| draft.message.clone());
        let offset = first.and_then(|draft| draft.offset).unwrap_or_else(|| xml.element().range().start);
        fault(message, xml.text(), offset)
    })
}

/// Writes a resource in JSON as XML, in one line; what no definition knows comes over too, as elements with values.
///
/// # Errors
/// It is no resource of a type that is known, or holds what XML cannot carry: a name that stands twice, a list in a list,
/// an object where a value belongs, a control character; with the place.
pub fn as_xml(json: &Json, definitions: &Definitions) -> Result<String, Fault> {
    let read = read_from(Source::Json(json), definitions, Keep::All);
    match (read.tree, read.lost) {
        (Some(tree), None) => {
            well_formed(write_xml(&tree, definitions, Layout::Compact)).map_err(|error| fault(error.to_string(), json.text(), 0))
        }
        (_, Some((message, offset))) => Err(fault(message, json.text(), offset)),
        (None, None) => {
            let message = read.drafts.first().map_or_else(|| "its type is not known".to_owned(), |draft| draft.message.clone());
            Err(fault(message, json.text(), 0))
        }
    }
}

/// Finds where in a resource in XML a value stands that [`as_json`] gives: its XPath, and its bytes.
#[must_use]
pub fn place_in_xml(xml: &Xml, pointer: &str, definitions: &Definitions) -> Option<(String, Range<usize>)> {
    let tree = read_from(Source::Xml(xml), definitions, Keep::All).tree?;
    let mut node = ROOT;
    let mut tokens = pointer.split('/').skip(1).peekable();
    while let Some(token) = tokens.next() {
        if token == "resourceType" && tree.node(node).is_resource {
            break;
        }
        let index = tokens.next_if(|next| next.bytes().all(|byte| byte.is_ascii_digit()));
        node = child(&tree, node, token, index.and_then(|index| index.parse().ok()).unwrap_or(0))?;
    }
    Some((tree.xpath(node), tree.node(node).range.clone()))
}

/// Finds a child by the name that JSON gives it, `_name` for what stands beside a value.
fn child(tree: &Tree<'_>, node: u32, token: &str, index: usize) -> Option<u32> {
    let name = token.strip_prefix('_').unwrap_or(token);
    tree.children(node).filter(|child| tree.node(*child).written == name).nth(index)
}

fn fault(message: String, text: &[u8], offset: usize) -> Fault {
    let (line, column) = line_column(text, offset);
    Fault { message, offset, line, column, is_limit: false }
}

/// Makes sure that what was written can be read.
fn well_formed(text: String) -> Result<String, Error> {
    let limits = Limits { bytes_max: usize::MAX, members_max: usize::MAX, ..Limits::default() };
    match Xml::parse(&text.clone().into(), &limits) {
        Ok(_) => Ok(text),
        Err(fault) => Err(Error::Resource(format!("XML cannot carry what it holds: {}", fault.message))),
    }
}
