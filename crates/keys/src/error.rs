//! What could not be done with certificates and keys.
//!
//! Each text reads after "could not ", names the file or thing as the user knows it, and says what to do where that is
//! known. No text ever holds bytes of a key or a password.

use std::{io, path::PathBuf};

/// What could not be done with certificates and keys.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Several certificates have the name that was given.
    #[error("choose a certificate by the name `{name}`: there are several; give one of these serial numbers: {serials}")]
    ChooseIssued {
        /// What was given.
        name: String,
        /// The serial numbers that it could mean.
        serials: String,
    },
    /// A private key is encrypted.
    #[error(
        "read the private key in `{name}`: it is encrypted; decrypt it first: `openssl pkey -in {name} -out plain-key.pem`, \
         or give a PKCS#12 file with its password"
    )]
    DecryptKey {
        /// File or thing as the user knows it.
        name: String,
    },
    /// A file holds no certificate.
    #[error("find a certificate in `{name}`: {found}")]
    FindCertificate {
        /// File or thing as the user knows it.
        name: String,
        /// What it holds instead, and what to do.
        found: String,
    },
    /// The test authority never issued it.
    #[error("find a certificate with the serial number or name `{name}`: this authority has not issued one")]
    FindIssued {
        /// What was given.
        name: String,
    },
    /// A file holds no private key.
    #[error("find a private key in `{name}`: {found}")]
    FindKey {
        /// File or thing as the user knows it.
        name: String,
        /// What it holds instead, and what to do.
        found: String,
    },
    /// A file holds no revocation list.
    #[error("find a revocation list in `{name}`: {found}")]
    FindRevocations {
        /// File or thing as the user knows it.
        name: String,
        /// What it holds instead, and what to do.
        found: String,
    },
    /// The certificate library refused to make something.
    #[error("make {what}: {reason}")]
    Make {
        /// What was to be made.
        what: &'static str,
        /// Why it could not be.
        reason: String,
    },
    /// Key and certificate do not belong together.
    #[error(
        "use the private key in `{key}` with the certificate in `{certificate}`: they do not belong together; give the key \
         that this certificate was requested with (the first certificate of the file counts)"
    )]
    MatchKey {
        /// File of the certificate.
        certificate: String,
        /// File of the key.
        key: String,
    },
    /// A PKCS#12 file cannot be opened.
    #[error("open the PKCS#12 file `{name}`: {reason}")]
    OpenPkcs12 {
        /// File or thing as the user knows it.
        name: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A certificate would live longer than its issuer.
    #[error("issue a certificate until {until}: the authority itself ends at {authority_until}; give fewer days")]
    Outlive {
        /// End that was asked for.
        until: String,
        /// End of the authority.
        authority_until: String,
    },
    /// Something is there already.
    #[error("write `{file}`: it exists already; choose another folder or name, or replace it explicitly")]
    Overwrite {
        /// What is there.
        file: PathBuf,
    },
    /// A certificate cannot be parsed.
    #[error("parse the certificate in `{name}`: {reason}")]
    ParseCertificate {
        /// File or thing as the user knows it.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A private key cannot be parsed.
    #[error("parse the private key in `{name}`: {reason}")]
    ParseKey {
        /// File or thing as the user knows it.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A PEM file is damaged.
    #[error("parse `{name}` as PEM: {reason}")]
    ParsePem {
        /// File or thing as the user knows it.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A revocation list cannot be parsed.
    #[error("parse the revocation list in `{name}`: {reason}")]
    ParseRevocations {
        /// File or thing as the user knows it.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A file cannot be read.
    #[error("read `{file}`: {source}")]
    ReadFile {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The index of a test authority is damaged.
    #[error("read line {line} of `{file}`: {reason}; restore the file, or make a new authority in another folder")]
    ReadIndex {
        /// The index.
        file: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong with the line.
        reason: &'static str,
    },
    /// A name or number that was given cannot stand in a certificate.
    #[error("use `{value}` in a certificate: {reason}")]
    UseValue {
        /// What was given.
        value: String,
        /// Why not.
        reason: String,
    },
    /// A file cannot be written.
    #[error("write `{file}`: {source}")]
    WriteFile {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}
