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

/// A revocation list (RFC 5280 §5), as DER.
pub type RevocationList = CertificateRevocationListDer<'static>;

/// Whom a side believes.
#[derive(Clone, Default)]
pub struct Trust {
    /// Certificates of the authorities that chains must end in.
    pub anchors: Vec<CertificateDer<'static>>,
    /// Revocation lists, of any of the authorities in a chain.
    pub revocations: Vec<RevocationList>,
    /// What happens without a list that can tell.
    pub revocation: RevocationPolicy,
    /// Whether chains signed with SHA-1 are believed: authorities of an old generation signed so.
    pub allows_sha1: bool,
}

/// What becomes of a certificate where no revocation list can tell whether it was revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RevocationPolicy {
    /// It is believed: its issuer has no list here, or the list is past its `nextUpdate` (RFC 5280 §5.1.2.5).
    #[default]
    Soft,
    /// It is refused.
    Hard,
}

impl fmt::Debug for Trust {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Trust")
            .field("anchors", &self.anchors.len())
            .field("revocations", &self.revocations.len())
            .field("revocation", &self.revocation)
            .field("allows_sha1", &self.allows_sha1)
            .finish()
    }
}
