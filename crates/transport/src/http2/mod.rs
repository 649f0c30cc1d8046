//! HTTP/2 (RFC 9113), both sides, with the frames of each stream as they went.
//!
//! The `h2` crate speaks the protocol; [`tape::FrameTape`] beneath it keeps what passes and ends connections as we like.

mod call;
mod client;
mod frames;
mod hpack;
mod message;
mod serve;
mod tables;
mod tape;

pub(crate) use client::{Agreed, connect};
pub(crate) use serve::serve;
