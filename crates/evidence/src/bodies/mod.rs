//! The bytes of messages, stored once each under the digest of what is stored.
//!
//! Segments are append-only. Each record is a line `<digest> <length>`, the bytes and a line end, so that a segment can be
//! read without the index; the index only saves that reading.

mod adopt;
mod entry;
mod known;
mod reader;
mod recent;
mod shared;
mod single;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use adopt::adopt;
pub(crate) use entry::BODIES;
pub use reader::BodyReader;
pub(crate) use reader::first_changed;
pub(crate) use shared::Bodies;
pub(crate) use single::write_single_files;
