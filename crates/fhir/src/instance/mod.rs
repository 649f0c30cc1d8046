//! A resource as a tree whose elements know their types, whether it came as JSON or as XML.
//!
//! The definitions of the resource's type say which names are elements, which of them are lists, and what type a choice
//! has. What they do not know is a finding here, and is not in the tree. <https://hl7.org/fhir/STU3/json.html>

mod flat;
mod json;
mod read;
#[cfg(test)]
mod tests;
mod tree;
mod unknown;
mod write_json;
mod write_xml;
mod xml;

pub use read::{Format, Resource};
pub(crate) use read::{Keep, Source, read, read_from};
pub(crate) use tree::{Node, ROOT, Scalar, Tree};
pub(crate) use write_json::{Layout, write as write_json};
pub(crate) use write_xml::write as write_xml;
