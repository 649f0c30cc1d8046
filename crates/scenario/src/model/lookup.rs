//! What is asked of a directory.

use crate::model::{Fault, Offer};
use crate::read::{record, word};
use crate::{Flag, Node, Spanned, Text, Time};

word! {
    /// How far below its base a search looks (RFC 4511 §4.5.1.2).
    ScopeWord "scope" {
        /// The base alone.
        "base" Base,
        /// What stands directly below it.
        "one" One,
        /// The base and all below it.
        "sub" Sub,
    }
}

record! {
    /// Who we say we are at a directory (RFC 4511 §4.2), by a simple bind.
    Bind "bind" {
        /// Name: a template whose values stay one value of the name, or `!value` for a whole name; empty for anonymous.
        optional name "name": Node,
        /// Password, a template or `!value`.
        optional password "password": Node,
    }
}

record! {
    /// A question to a directory. Its answer has the result code as `status`, its name as `reason`, and what it says as a JSON body:
    /// `/entries`, each with `dn` and `attributes` by names in small letters, `/diagnostic`, `/matched`, `/referrals`.
    Lookup "lookup" {
        /// Endpoint of kind `ldap`; the first without.
        optional to "to": Text,
        /// A bind instead of a search.
        optional bind "bind": Bind,
        /// Name below which is searched: a template whose values stay one value of the name, or `!value` for a whole name; empty without.
        optional base "base": Node,
        /// How far; `sub` without.
        optional scope "scope": ScopeWord,
        /// Which entries (RFC 4515): a template whose values stay one value of the filter, or `!value` for a whole filter; all without.
        optional filter "filter": Node,
        /// Attributes wanted; all without.
        list attributes "attributes": Text,
        /// Most entries.
        optional size_limit "size-limit": Spanned<i64>,
        /// Whether only the names of attributes are wanted.
        optional types_only "types-only": Flag,
        /// Client certificate, as for `send`.
        optional certificate "certificate": Text,
        /// `fresh` for a connection of its own; `keep` (the default) takes the scenario's open one.
        optional connection "connection": Text,
        /// TLS offer.
        optional tls "tls": Offer,
        /// What goes wrong on the way.
        optional fault "fault": Fault,
        /// How long to wait for the answer.
        optional within "within": Time,
    }
}
