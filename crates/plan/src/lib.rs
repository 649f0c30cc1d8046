//! Resolves and compiles packs and options into a [`Plan`], or returns every diagnostic.
//!
//! Nothing is played from here, no port is opened, and nothing is read but the files that the caller hands in.

mod codes;
mod compile;
mod limits;
pub mod model;
mod mutant;
mod options;
mod settings;
mod source;
mod tree;

pub use codes::{CODES, explain};
pub use compile::{check_pack, compile_pack, without_variant};
pub use model::Plan;
pub use options::{Abilities, Force, Options, Origin, Purpose, Selection};
pub use source::{PackFiles, SourceError};
