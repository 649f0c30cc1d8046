//! What can go wrong on our side; the text reads after "could not ".

/// Why something of ours could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address could not be listened at.
    #[error("listen at `{address}`: {source}")]
    Listen {
        /// Address.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// TLS could not be set up.
    #[error("set up TLS: {reason}")]
    Tls {
        /// Why.
        reason: String,
    },
}
