//! LDAP messages (RFC 4511) as bytes and as JSON, filters, distinguished names, and searches over entries.
//!
//! It opens no socket and keeps nothing: bytes, requests and entries are values. The reader is our own and small, because
//! everything here is hostile: its depth and sizes are bounded before anything is built, and an answer can be wrong on purpose.

mod answer;
mod ber;
mod entries;
mod fault;
mod filter;
mod limits;
mod name;
mod operation;
mod refusal;
mod result;
mod text;

pub use answer::{Answer, AnswerReader, Entry};
pub use ber::message_end;
pub use entries::{Found, search};
pub use fault::Fault;
pub use filter::{Filter, FilterPart, escape_value};
pub use limits::MESSAGE_BYTES_MAX;
pub use name::{escape_name_value, is_below, plain_name};
pub use operation::{Authentication, Control, Message, Operation, Scope, Search};
pub use refusal::Refusal;
pub use result::{result_code, result_name};
pub use text::{bytes_of, value_of};
