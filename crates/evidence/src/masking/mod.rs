//! Overwrites secrets with the same number of `*` at the moment of recording, after checks have run on the real bytes.
//!
//! Each range is listed with a keyed digest of the secret, so that equal secrets show as equal. The key lives as long as
//! the run and is written nowhere.

mod credentials;
mod forms;
mod head;
mod json;
mod masker;
mod message;
mod pairs;
mod range;
mod seen;
#[cfg(test)]
mod tests;
mod wire;

pub use masker::{MaskKey, MaskRules, Masker};
pub(crate) use message::{MaskedMessage, Stored};
pub(crate) use seen::Seen;
