//! Generic defects of a mirror: who proves checks sees each message of the mirror before it is sent, and may spoil it.

use counterpart_matching::Editable;
use counterpart_transport::Delivery;

/// How often a request is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Copies {
    /// Once.
    #[default]
    One,
    /// Twice, the second time when the first is answered.
    Two,
}

/// A message that is about to be sent.
pub struct Draft<'a> {
    /// What it comes from: a rule of a stub as `FILE#ID`, or a named request as `requests#ID`.
    pub name: &'a str,
    /// The named reply that an answer is built on, which several rules may share.
    pub template: Option<&'a str>,
    /// The message.
    pub message: &'a mut dyn Editable,
    /// How it goes over the wire.
    pub delivery: &'a mut Delivery,
    /// How often it is sent; an answer goes out once whatever is said here.
    pub copies: &'a mut Copies,
}

/// Sees, and may change, each message before it is sent.
pub trait Tamper: Send + Sync {
    /// Takes a look at a message.
    fn tamper(&self, draft: Draft<'_>);
}
