//! The pack and scenario file model: text to tree and diagnostics.
//!
//! One definition of each record gives its Rust type, its reader with diagnostics, its JSON Schema and its page in the
//! language reference, so that none of the four can differ from the others. Nothing here opens a file, and nothing here
//! knows what a matcher does.

mod codes;
mod kind;
mod limits;
pub mod model;
mod node;
mod patch;
mod read;
mod scalar;
mod schema;
mod yaml;

pub use codes::{CODES, explain};
pub use kind::{FILE_KINDS, FileKind, KEPT_FOLDERS};
pub use node::{Data, Entry, Node, Tag};
pub use patch::PatchFault;
pub use read::{Field, MapReader, Read, Reader, Record};
pub use scalar::{Cel, Flag, Spanned, Text, Time, WordList};
pub use schema::{KeyDoc, RecordDoc, Schemas, reference, schema_of};
pub use yaml::parse;
