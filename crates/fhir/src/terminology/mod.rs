//! Code systems and value sets, and whether a code is in one.
//!
//! What needs a code system that is not at hand is answered with the reason, never with a guess.

mod code_system;
mod membership;
mod value_set;

pub(crate) use code_system::CodeSystem;
pub(crate) use membership::is_member;
pub(crate) use value_set::ValueSet;
