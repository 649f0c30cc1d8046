//! What one side shows (a chain and its private key) and what it believes (roots and revocation lists).
//!
//! The private key never appears in `Debug` output.

use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use std::{fmt, sync::Arc};

/// A certificate chain with the private key of its first certificate.
#[derive(Clone)]
pub struct Identity {
    /// The end entity first, then each one's issuer; the root may be left out (RFC 8446 §4.4.2).
    pub chain: Vec<CertificateDer<'static>>,
    /// The private key of the first certificate.
    pub key: Arc<PrivateKeyDer<'static>>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Identity")
            .field("certificates", &self.chain.len())
            .field("key", &"(secret)")
            .finish_non_exhaustive()
    }
}

/// Whom a side believes.
#[derive(Clone, Default)]
pub struct Trust {
    /// Certificates of the authorities that chains must end in.
    pub anchors: Vec<CertificateDer<'static>>,
    /// Revocation lists, of any of the authorities in a chain.
    pub revocations: Vec<CertificateRevocationListDer<'static>>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Trust")
            .field("anchors", &self.anchors.len())
            .field("revocations", &self.revocations.len())
            .finish()
    }
}
