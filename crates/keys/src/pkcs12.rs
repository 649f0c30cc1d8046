//! Reading PKCS#12 files: a chain and its key under a password.
//!
//! Takes what OpenSSL, Java and Windows write today and the triple-DES form of old; a store with several keys is refused.
//! The library bounds the rounds of key derivation. <https://www.rfc-editor.org/rfc/rfc7292>

use crate::{Error, Identity, Source, describe, limits, pem::what_it_holds, signing};
use p12_keystore::{Pkcs12Archive, error::Error as StoreError};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;

/// Reads the one key of a PKCS#12 file with its certificate, followed by its issuers as far as the file holds them.
///
/// # Errors
/// [`Error::OpenPkcs12`] naming the file: wrong password, no or several keys, no certificate of the key.
pub fn read_pkcs12(source: Source<'_>, password: &str) -> Result<Identity, Error> {
    let refuse = |reason: String| Error::OpenPkcs12 { name: source.name.to_owned(), reason };
    if !crate::pem::is_pkcs12(source.bytes) {
        return Err(refuse(format!("it is not PKCS#12: {}", what_it_holds(source.bytes))));
    }
    let archive = Pkcs12Archive::from_pkcs12(source.bytes, password).map_err(|error| refuse(fault(&error)))?;
    let [bag] = archive.keys.as_slice() else {
        let advice = "export the one that is wanted into a file of its own";
        return Err(refuse(match archive.keys.len() {
            0 => "it holds no private key; export it with its key".to_owned(),
            several => format!("it holds {several} private keys; {advice}"),
        }));
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(bag.key.as_der().to_vec()));
    let signer = signing::signer(&key, source.name)?;
    let mut rest: Vec<CertificateDer<'static>> =
        archive.certs.iter().map(|bag| CertificateDer::from(bag.cert.as_der().to_vec())).collect();
    let mut first = None;
    for (index, certificate) in rest.iter().enumerate() {
        if signing::belongs(certificate, &*signer)? {
            first = Some(index);
            break;
        }
    }
    let Some(first) = first else {
        return Err(refuse("none of its certificates belongs to its private key".to_owned()));
    };
    let mut chain = vec![rest.swap_remove(first)];
    while chain.len() < limits::CHAIN_MAX {
        let Some(index) = issuer_of(chain.last(), &rest)? else { break };
        chain.push(rest.swap_remove(index));
    }
    Ok(Identity { chain, key: Arc::new(key) })
}

/// Finds the certificate whose subject is the issuer of another.
fn issuer_of(certificate: Option<&CertificateDer<'_>>, among: &[CertificateDer<'_>]) -> Result<Option<usize>, Error> {
    let Some(certificate) = certificate else { return Ok(None) };
    let parsed = describe::parse(certificate)?;
    for (index, candidate) in among.iter().enumerate() {
        let candidate = describe::parse(candidate)?;
        if candidate.is_ca() && candidate.subject().as_raw() == parsed.issuer().as_raw() {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

fn fault(error: &StoreError) -> String {
    match error {
        StoreError::MacError(_) | StoreError::UnpadError | StoreError::Pkcs5Error(_) => {
            "the password is wrong, or the file was changed".to_owned()
        }
        StoreError::UnsupportedEncryptionScheme | StoreError::UnsupportedMacAlgorithm => {
            "it is protected in a way that is not known here; export it again with AES-256 and HMAC-SHA-256".to_owned()
        }
        other => format!("it is damaged or not PKCS#12 ({other})"),
    }
}
