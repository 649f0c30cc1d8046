//! Bounds on what others send.

/// Longest token that is read, in bytes.
pub(crate) const TOKEN_BYTES_MAX: usize = 64 * 1024;
/// Most keys of a set.
pub(crate) const KEYS_MAX: usize = 256;
/// Longest RSA modulus, in bytes: 8,192 bits, which is what the library takes.
pub(crate) const MODULUS_BYTES_MAX: usize = 1024;
/// Private keys that a thread keeps as it read them.
pub(crate) const KEYS_KNOWN_MAX: usize = 8;
