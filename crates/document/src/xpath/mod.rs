//! XPath 2.0 over our XML trees, with another crate's engine kept behind our own types.

mod cost;
mod cursor;
mod query;
#[cfg(test)]
mod tests;

pub use query::{XPath, XmlItem};
