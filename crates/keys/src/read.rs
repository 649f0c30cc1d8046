//! Reading chains, keys, roots and revocation lists that the user gives.
//!
//! Takes PEM and single DER; refuses keys that do not belong to the certificate beside them, and says what a file holds when
//! it is not what was asked for.

#[cfg(test)]
mod tests;

use crate::{
    Error, Identity, Source, Trust, describe, limits,
    pem::{blocks, has_encrypted_key, what_it_holds},
    signing,
};
use rustls::pki_types::{
    CertificateDer, CertificateRevocationListDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
    pem::SectionKind,
};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::Arc,
};
use x509_parser::prelude::{CertificateRevocationList, FromDer};

/// Reads a chain: the end entity first, then its issuers.
///
/// # Errors
/// [`Error::FindCertificate`], [`Error::ParsePem`] and [`Error::ParseCertificate`], each naming the file.
pub fn read_chain(source: Source<'_>) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates = certificates(source)?;
    if certificates.len() > limits::CHAIN_MAX {
        let found = format!("it holds {} certificates, a chain has at most {}", certificates.len(), limits::CHAIN_MAX);
        return Err(Error::FindCertificate { name: source.name.to_owned(), found });
    }
    Ok(certificates)
}

/// Reads a chain and its private key, from two files or twice from one that holds both.
///
/// # Errors
/// Those of [`read_chain`] and [`read_key`], and [`Error::MatchKey`] where the key is of another certificate.
pub fn read_identity(chain: Source<'_>, key: Source<'_>) -> Result<Identity, Error> {
    let certificates = read_chain(chain)?;
    let private = read_key(key)?;
    let signer = signing::signer(&private, key.name)?;
    match certificates.first() {
        Some(first) if signing::belongs(first, &*signer)? => {}
        _ => return Err(Error::MatchKey { certificate: chain.name.to_owned(), key: key.name.to_owned() }),
    }
    Ok(Identity { chain: certificates, key: Arc::new(private) })
}

/// Reads a private key: PKCS#8, PKCS#1 or SEC 1, unencrypted.
///
/// # Errors
/// [`Error::DecryptKey`], [`Error::FindKey`], [`Error::ParsePem`] and [`Error::ParseKey`], each naming the file.
pub fn read_key(source: Source<'_>) -> Result<PrivateKeyDer<'static>, Error> {
    let name = || source.name.to_owned();
    if has_encrypted_key(source.bytes) {
        return Err(Error::DecryptKey { name: name() });
    }
    let mut keys = Vec::new();
    for (kind, der) in blocks(source)? {
        match kind {
            SectionKind::EcPrivateKey => keys.push(PrivateKeyDer::Sec1(PrivateSec1KeyDer::from(der))),
            SectionKind::PrivateKey => keys.push(PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der))),
            SectionKind::RsaPrivateKey => keys.push(PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(der))),
            _ => {}
        }
    }
    if keys.len() > 1 {
        let found = format!("it holds {} private keys; give a file with one", keys.len());
        return Err(Error::FindKey { name: name(), found });
    }
    if let Some(key) = keys.pop() {
        return Ok(key);
    }
    let usable = |key: &PrivateKeyDer<'static>| signing::signer(key, source.name).is_ok();
    match PrivateKeyDer::try_from(source.bytes.to_vec()) {
        Ok(key) if usable(&key) => Ok(key),
        _ => Err(Error::FindKey { name: name(), found: what_it_holds(source.bytes).to_owned() }),
    }
}

/// Reads roots, and revocation lists where the file holds some too.
///
/// # Errors
/// [`Error::FindCertificate`] where there is no root, else those of [`read_chain`] and [`read_crl`].
pub fn read_trust(source: Source<'_>) -> Result<Trust, Error> {
    let anchors = certificates(source)?;
    let revocations = match read_crl(source) {
        Ok(lists) => lists,
        Err(Error::FindRevocations { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(Trust { anchors, revocations, ..Trust::default() })
}

/// Reads revocation lists: any number as PEM, or one as DER.
///
/// # Errors
/// [`Error::FindRevocations`], [`Error::ParsePem`] and [`Error::ParseRevocations`], each naming the file.
pub fn read_crl(source: Source<'_>) -> Result<Vec<CertificateRevocationListDer<'static>>, Error> {
    let lists: Vec<_> = blocks(source)?.into_iter().filter(|(kind, _)| *kind == SectionKind::Crl).map(|(_, der)| der).collect();
    if lists.is_empty() {
        return match check_crl(source.bytes) {
            Ok(()) => Ok(vec![source.bytes.to_vec().into()]),
            Err(_) => {
                let found = what_it_holds(source.bytes).to_owned();
                Err(Error::FindRevocations { name: source.name.to_owned(), found })
            }
        };
    }
    for list in &lists {
        check_crl(list).map_err(|reason| Error::ParseRevocations { name: source.name.to_owned(), reason })?;
    }
    Ok(lists.into_iter().map(Into::into).collect())
}

fn check_crl(der: &[u8]) -> Result<(), String> {
    match CertificateRevocationList::from_der(der) {
        Ok(([], _)) => Ok(()),
        Ok(_) => Err("bytes follow its end".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn certificates(source: Source<'_>) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut found: Vec<CertificateDer<'static>> =
        blocks(source)?.into_iter().filter(|(kind, _)| *kind == SectionKind::Certificate).map(|(_, der)| der.into()).collect();
    if found.is_empty() {
        let whole = CertificateDer::from(source.bytes.to_vec());
        if describe::parse(&whole).is_err() {
            let found = what_it_holds(source.bytes).to_owned();
            return Err(Error::FindCertificate { name: source.name.to_owned(), found });
        }
        found.push(whole);
    }
    for (index, certificate) in found.iter().enumerate() {
        describe::parse(certificate).map_err(|error| match error {
            Error::ParseCertificate { reason, .. } => Error::ParseCertificate {
                name: source.name.to_owned(),
                reason: format!("certificate {} of the file: {reason}", index + 1),
            },
            other => other,
        })?;
    }
    Ok(found)
}

/// Reads a file up to a bound.
///
/// # Errors
/// [`Error::ReadFile`] where it is not there, not readable, or larger than `bytes_max`.
pub fn read_file(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Error> {
    let refuse = |source| Error::ReadFile { file: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(refuse)?;
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(refuse)?;
    if bytes.len() as u64 > bytes_max {
        return Err(refuse(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {bytes_max} bytes"))));
    }
    Ok(bytes)
}
