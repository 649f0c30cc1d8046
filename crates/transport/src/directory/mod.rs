//! LDAP on a connection: a request and its answer are a message each, with what they say as JSON in the body and their exact
//! bytes as the wire.

mod client;
mod message;
mod script;
mod serve;

pub(crate) use client::{Asking, connect};
pub(crate) use serve::serve;
