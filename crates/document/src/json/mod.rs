//! JSON texts with what was odd about them, and where each value stands.

mod document;
mod layout;
mod locate;
mod parse;
pub(crate) mod pointer;
#[cfg(test)]
mod tests;

pub use document::Json;
pub use parse::Duplicate;
