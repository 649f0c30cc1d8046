//! What is wrong with bytes, texts or values that should be LDAP.

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A bound of ours was passed.
    #[error("{what} is more than {most}")]
    Bound {
        /// What has a bound.
        what: &'static str,
        /// The bound.
        most: usize,
    },
    /// The bytes are no message.
    #[error("at byte {at}: {reason}")]
    Bytes {
        /// Where, from 0.
        at: usize,
        /// Why.
        reason: String,
    },
    /// A text is no filter.
    #[error("the filter at character {at}: {reason}")]
    Filter {
        /// Where, from 0.
        at: usize,
        /// Why.
        reason: String,
    },
    /// A JSON value says no request.
    #[error("{0}")]
    Value(String),
}
