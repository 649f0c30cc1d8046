//! JSON and XML trees with positions, JSON Pointer, JSONPath and XPath.
//!
//! Texts come from the system under test: every bound is in [`Limits`], and what breaks one is a [`Fault`] with a line
//! and a column. Nothing here knows of HTTP or of scenarios.

mod fault;
mod json;
mod json_path;
mod layout;
mod limits;
mod utf8;
mod xml;
mod xpath;

pub use fault::{EvalFault, Fault, PathFault, line_column};
pub use json::{Duplicate, Json};
pub use json_path::{JsonPath, Located};
pub use layout::Piece;
pub use limits::{DEPTH_CEILING, EXPRESSION_BYTES_MAX, ITEMS_MAX, Limits};
pub use xml::{Attribute, Element, Xml};
pub use xpath::{XPath, XmlItem};
