//! Why a package or a definition could not be read.

use thiserror::Error;

/// Why something could not be read; each reads after "could not ".
#[derive(Debug, Error)]
pub enum Error {
    /// A path is not in the path language, or uses what is not known here.
    #[error("read the path `{text}`: {reason}")]
    Path {
        /// The path.
        text: String,
        /// What is wrong.
        reason: String,
    },
    /// A resource is no readable JSON or XML, or names no type that is known.
    #[error("read the resource: {0}")]
    Resource(String),
    /// A package is no gzip tar, or passes a bound.
    #[error("read the package `{name}`: {reason}")]
    Package {
        /// Name of the file.
        name: String,
        /// What is wrong.
        reason: String,
    },
}
