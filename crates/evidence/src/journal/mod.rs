//! The journal: every event as it happened, each line carrying the digest of the line before.

mod chain;
mod draft;
mod line;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use chain::{Mismatch, TornLine};
pub(crate) use draft::Draft;
pub use line::Counted;
pub(crate) use line::JOURNAL;
pub use reader::{JournalReader, JournalState, read_journal};
pub use writer::{JournalHead, JournalWriter};
