//! Turns a resource from JSON into XML and back.

use crate::definitions::Definitions;
use crate::error::Error;
use crate::finding::Severity;
use crate::instance::{Format, Resource, read, write_json, write_xml};
use counterpart_document::{Limits, Xml};

/// Writes a resource in a format, indented; of numbers every digit is kept.
///
/// # Errors
/// [`Error::Resource`]: the type of the resource is not known, or something in it has no place in the definitions, so
/// that it would be lost; the first such place is named. So is what JSON carries and XML cannot: control characters, and a
/// narrative that is no XML.
pub fn convert(resource: &Resource, to: Format, definitions: &Definitions) -> Result<String, Error> {
    let (tree, drafts) = read(resource, definitions);
    // What is only of the wrong form is carried over; what is not known has no place to go.
    let lost = drafts.iter().find(|draft| draft.severity == Severity::Error && draft.code == crate::finding::Code::Structure);
    match (tree, lost.or(drafts.iter().find(|draft| draft.code == crate::finding::Code::NotChecked))) {
        (Some(tree), None) => Ok(match to {
            Format::Json => write_json(&tree),
            Format::Xml => return well_formed(write_xml(&tree, definitions)),
        }),
        (_, Some(draft)) => Err(Error::Resource(draft.message.clone())),
        (None, None) => Err(Error::Resource("its type is not known".to_owned())),
    }
}

/// Makes sure that what was written can be read.
fn well_formed(text: String) -> Result<String, Error> {
    let limits = Limits { bytes_max: usize::MAX, members_max: usize::MAX, ..Limits::default() };
    match Xml::parse(&text.clone().into(), &limits) {
        Ok(_) => Ok(text),
        Err(fault) => Err(Error::Resource(format!("XML cannot carry what it holds: {}", fault.message))),
    }
}
