//! The bounds of what is read.

/// Bytes of one certificate, key or PKCS#12 file.
pub const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Bytes of one certificate revocation list: those of large authorities run to tens of megabytes.
pub const REVOCATIONS_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// PEM blocks of one file; a list of the world's public roots has fewer than two hundred.
pub const BLOCKS_MAX: usize = 4096;

/// Certificates of one chain, the root included.
pub const CHAIN_MAX: usize = 16;

/// Names in one certificate that is made.
pub const NAMES_MAX: usize = 100;

/// Certificates in the index of a test authority.
pub const ISSUED_MAX: usize = 100_000;

/// Days for which a certificate can be made.
pub const DAYS_MAX: u32 = 36_500;

/// Size in bits below which an RSA key is weak (NIST SP 800-57 part 1, table 2: 112 bits of security).
pub const RSA_BITS_MIN: usize = 2048;

/// Size in bits below which an elliptic curve key is weak (NIST SP 800-57 part 1, table 2).
pub const EC_BITS_MIN: usize = 224;

/// Days over which a server certificate of a public authority may not live (CA/Browser Forum, section 6.3.2).
pub const PUBLIC_LIFE_DAYS_MAX: i64 = 398;
