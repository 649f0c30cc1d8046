//! Messages taken apart, changed and broken on purpose.

mod capture;
mod edit;
mod mutation;
#[cfg(test)]
mod tests;
mod xml;

pub use capture::{Capture, capture};
pub use edit::{Edit, EditFault, Editable, apply};
pub use mutation::{Mutation, Mutations, mutations};
pub use xml::{XmlChange, XmlPath};
