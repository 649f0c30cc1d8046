//! Checks a resource against structure definitions.

mod binding;
mod checker;
mod children;
mod discriminator;
mod element;
mod extension;
mod invariant;
mod links;
mod part;
mod place;
mod reference;
mod slicing;
#[cfg(test)]
mod tests;
mod validator;
mod value;

pub use part::Part;
pub use validator::{Policy, Report, Unknown, Validator};
