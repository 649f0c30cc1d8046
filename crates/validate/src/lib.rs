//! Compiled checks that turn an exchange into findings.
//!
//! `compile` is fallible, `check` is total: a check can fail a message, never the run. Nothing here knows of scenarios or of
//! any system; a rule that cannot be written as data comes in under the name of its technique.

mod check;
mod defect;
mod document;
mod findings;
mod forms;
mod limits;
mod profile;
mod schema;

pub use check::{Check, CheckRule, check, check_all};
pub use defect::{SchemaDefect, defects_of};
pub use document::DocumentRule;
pub use findings::Findings;
pub use forms::{Asked, FhirForms, Form};
pub use profile::{FhirProfile, Lesser, Strictness, Unjudged};
pub use schema::{Problem, Schema, SchemaFault};
