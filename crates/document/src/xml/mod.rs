//! XML texts as trees with positions.

mod canonical;
mod document;
mod element;
mod layout;
mod scan;
#[cfg(test)]
mod tests;
mod tree;

pub use document::Xml;
pub use element::{Attribute, Element};
pub(crate) use tree::{Kind, NONE, Place, Tree};
