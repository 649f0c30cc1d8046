//! JSON texts with what was odd about them, and where each value stands.

mod document;
mod locate;
mod parse;
pub(crate) mod pointer;
mod pretty;
#[cfg(test)]
mod tests;

pub use document::Json;
pub use parse::Duplicate;
