//! The definitions of all packages, by address; each is compiled when it is first asked for.

mod compile;
mod element;
mod expressions;
#[cfg(test)]
mod official;
mod set;
mod snapshot;
#[cfg(test)]
mod tests;

pub(crate) use element::{
    Binding, By, Constraint, Context, Derivation, Discriminator, Element, MANY, Profile, Rules, Strength, StructureKind,
};
pub use set::Definitions;
