//! Certificates by name, from files or minted by a test authority.

use crate::limits::FILE_BYTES_MAX;
use counterpart_engine::Keyring;
use counterpart_keys::{
    Authority, AuthorityOptions, Defect, Identity, Issue, KeyKind, RevocationList, Source, Usage, read_crl, read_file,
    read_identity, read_trust,
};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The bad certificates that a test authority makes, by the name scenarios call them.
pub(crate) const BAD: [(&str, Defect); 6] = [
    ("expired", Defect::Expired),
    ("not-yet-valid", Defect::NotYetValid),
    ("wrong-name", Defect::WrongName),
    ("unknown", Defect::UnknownIssuer),
    ("revoked", Defect::Revoked),
    ("weak-key", Defect::WeakKey),
];

/// Makes an authority in memory.
pub(crate) fn fresh_authority(now: SystemTime) -> Result<Authority, String> {
    let options =
        AuthorityOptions { name: "Counterpart test authority".to_owned(), now, days: 365, key: KeyKind::ALL[0].0, crl_url: None };
    Authority::new(&options).map_err(|error| format!("could not {error}"))
}

/// Mints what both sides of a run may show; both trust the authority.
pub(crate) fn minted(authority: &mut Authority, now: SystemTime) -> Result<Keyring, String> {
    let mut keyring = Keyring::default();
    for (name, defect) in std::iter::once(("default", Defect::None)).chain(BAD) {
        for usage in [Usage::Client, Usage::Server] {
            let identity = mint(authority, usage, defect, now)?;
            let ring = if usage == Usage::Client { &mut keyring.client } else { &mut keyring.server };
            ring.insert(name.to_owned(), identity);
        }
    }
    // The lists are made last, so that they hold what was revoked on purpose. A clock that is a little behind must still find them valid.
    keyring.trust = authority.trust(now - Duration::from_secs(60)).map_err(|error| format!("could not {error}"))?;
    Ok(keyring)
}

fn mint(authority: &mut Authority, usage: Usage, defect: Defect, now: SystemTime) -> Result<Identity, String> {
    let names =
        if usage == Usage::Server { vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()] } else { Vec::new() };
    let common_name = if usage == Usage::Server { "localhost" } else { "counterpart-client" };
    let issue = Issue { usage, common_name: common_name.to_owned(), names, defect, days: 7, key: KeyKind::ALL[0].0, now };
    authority.issue(&issue).map(|credential| credential.identity).map_err(|error| format!("could not {error}"))
}

/// Reads a certificate chain with its key.
pub(crate) fn identity(cert: &Path, key: &Path) -> Result<Identity, String> {
    let (cert_bytes, key_bytes) = (bytes(cert)?, bytes(key)?);
    let (cert_name, key_name) = (cert.display().to_string(), key.display().to_string());
    read_identity(Source { name: &cert_name, bytes: &cert_bytes }, Source { name: &key_name, bytes: &key_bytes })
        .map_err(|error| format!("could not {error}"))
}

/// Reads the authorities to trust.
pub(crate) fn trust(path: &Path) -> Result<counterpart_keys::Trust, String> {
    let content = bytes(path)?;
    let name = path.display().to_string();
    read_trust(Source { name: &name, bytes: &content }).map_err(|error| format!("could not {error}"))
}

/// Reads revocation lists.
pub(crate) fn revocations(path: &Path) -> Result<Vec<RevocationList>, String> {
    let content = bytes(path)?;
    let name = path.display().to_string();
    read_crl(Source { name: &name, bytes: &content }).map_err(|error| format!("could not {error}"))
}

pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    read_file(path, FILE_BYTES_MAX).map_err(|error| format!("could not {error}"))
}
