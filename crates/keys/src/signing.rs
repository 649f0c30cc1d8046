//! From a private key to something that signs, and whether it belongs to a certificate.

use crate::{Error, Identity, describe, weak::WeakKey};
use rustls::{
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::{CertificateDer, PrivateKeyDer},
    sign::{CertifiedKey, SigningKey},
};
use std::sync::Arc;

/// Gives what signs with a key; unlike the TLS library's own loader it also takes RSA keys that are too short.
pub(crate) fn signer(key: &PrivateKeyDer<'static>, name: &str) -> Result<Arc<dyn SigningKey>, Error> {
    match any_supported_type(key) {
        Ok(signer) => Ok(signer),
        Err(error) => match WeakKey::parse(key.secret_der()) {
            Some(weak) => Ok(Arc::new(weak)),
            None => Err(Error::ParseKey {
                name: name.to_owned(),
                reason: format!("{error}; RSA, EC on P-256, P-384 or P-521, and Ed25519 keys can be used"),
            }),
        },
    }
}

/// Tells whether a key belongs to a certificate.
pub(crate) fn belongs(certificate: &CertificateDer<'_>, signer: &dyn SigningKey) -> Result<bool, Error> {
    let parsed = describe::parse(certificate)?;
    Ok(signer.public_key().is_some_and(|public| public.as_ref() == parsed.public_key().raw))
}

impl Identity {
    /// Gives chain and key in the form that a TLS connection takes.
    ///
    /// Use it rather than the TLS library's loader: that one refuses the keys that are too short on purpose.
    ///
    /// # Errors
    /// [`Error::ParseKey`] where the key's kind cannot be used.
    pub fn certified_key(&self) -> Result<Arc<CertifiedKey>, Error> {
        Ok(Arc::new(CertifiedKey::new(self.chain.clone(), signer(&self.key, "the private key")?)))
    }
}
