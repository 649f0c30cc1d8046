//! What a certificate says, in words and numbers.
//!
//! Reads any certificate, however old or odd; refuses only bytes that are no X.509 certificate.
//! <https://www.rfc-editor.org/rfc/rfc5280#section-4.1>

use crate::{Error, limits, name, time};
use rustls::pki_types::CertificateDer;
use std::{
    fmt::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};
use x509_parser::{prelude::*, public_key::PublicKey, signature_algorithm::RsaSsaPssParams};

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Subject as one line, in the order of the certificate.
    pub subject: String,
    /// Issuer as one line.
    pub issuer: String,
    /// Serial number in hexadecimal, lower case, without separators.
    pub serial: String,
    /// Beginning of validity, RFC 3339 in UTC.
    pub not_before: String,
    /// End of validity, RFC 3339 in UTC; this second is the last one.
    pub not_after: String,
    /// Subject alternative names: DNS names and IP addresses, in the order of the certificate.
    pub names: Vec<String>,
    /// SHA-256 of the DER form, hexadecimal, lower case.
    pub fingerprint: String,
    /// Public key: algorithm and size, such as `RSA 2048`, `EC P-256` or `Ed25519`.
    pub key: String,
    /// How the issuer signed it, such as `ECDSA with SHA-256`.
    pub signature: String,
    /// Whether it may sign certificates (RFC 5280 §4.2.1.9).
    pub is_ca: bool,
    /// Key usages in the words of RFC 5280 §4.2.1.3; empty where it does not say.
    pub key_usages: Vec<String>,
    /// Extended key usages in the words of RFC 5280 §4.2.1.12; empty where it does not say.
    pub extended_key_usages: Vec<String>,
    /// Where its revocation list is found (RFC 5280 §4.2.1.13).
    pub crl_points: Vec<String>,
    /// Where its state can be asked for by OCSP (RFC 5280 §4.2.2.1).
    pub ocsp: Vec<String>,
    /// Where its issuer's certificate is found (RFC 5280 §4.2.2.1).
    pub issuer_points: Vec<String>,
}

/// Describes a certificate.
///
/// # Errors
/// [`Error::ParseCertificate`] where the bytes are not one X.509 certificate.
pub fn describe(der: &CertificateDer<'_>) -> Result<Certificate, Error> {
    let parsed = parse(der)?;
    let mut certificate = Certificate {
        subject: name::line(parsed.subject()),
        issuer: name::line(parsed.issuer()),
        serial: hexadecimal(serial(&parsed)),
        not_before: time::rfc3339(parsed.validity().not_before.to_datetime()),
        not_after: time::rfc3339(parsed.validity().not_after.to_datetime()),
        names: Vec::new(),
        fingerprint: hexadecimal(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der).as_ref()),
        key: Key::of(parsed.public_key()).to_string(),
        signature: signature(&parsed.signature_algorithm),
        is_ca: parsed.is_ca(),
        key_usages: Vec::new(),
        extended_key_usages: Vec::new(),
        crl_points: Vec::new(),
        ocsp: Vec::new(),
        issuer_points: Vec::new(),
    };
    for extension in parsed.extensions() {
        add_extension(extension.parsed_extension(), &mut certificate);
    }
    Ok(certificate)
}

/// Parses exactly one certificate.
pub(crate) fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, Error> {
    let refuse = |reason: String| Error::ParseCertificate { name: "the certificate".to_owned(), reason };
    match X509Certificate::from_der(der) {
        Ok(([], parsed)) => Ok(parsed),
        Ok((rest, _)) => Err(refuse(format!("{} bytes follow its end", rest.len()))),
        Err(error) => Err(refuse(error.to_string())),
    }
}

/// Gives the bytes of the serial number without leading zeros.
pub(crate) fn serial<'a>(parsed: &'a X509Certificate<'_>) -> &'a [u8] {
    without_zeros(parsed.raw_serial())
}

/// Drops the zeros that DER puts before positive numbers.
pub(crate) fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros.min(bytes.len().saturating_sub(1))..).unwrap_or(bytes)
}

/// Gives bytes as lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn add_extension(extension: &ParsedExtension<'_>, certificate: &mut Certificate) {
    match extension {
        ParsedExtension::SubjectAlternativeName(names) => {
            certificate.names.extend(names.general_names.iter().filter_map(general_name));
        }
        ParsedExtension::KeyUsage(usage) => certificate.key_usages = key_usages(usage),
        ParsedExtension::ExtendedKeyUsage(usage) => certificate.extended_key_usages = extended_key_usages(usage),
        ParsedExtension::CRLDistributionPoints(points) => {
            for point in points.iter() {
                if let Some(DistributionPointName::FullName(names)) = &point.distribution_point {
                    certificate.crl_points.extend(names.iter().filter_map(location));
                }
            }
        }
        ParsedExtension::AuthorityInfoAccess(access) => {
            for point in &access.accessdescs {
                let list = match point.access_method.to_id_string().as_str() {
                    "1.3.6.1.5.5.7.48.1" => &mut certificate.ocsp,
                    "1.3.6.1.5.5.7.48.2" => &mut certificate.issuer_points,
                    _ => continue,
                };
                list.extend(location(&point.access_location));
            }
        }
        _ => {}
    }
}

fn general_name(general: &GeneralName<'_>) -> Option<String> {
    match general {
        GeneralName::DNSName(dns) => Some(name::clean(dns)),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    }
}

/// Reads an address of 4 or 16 bytes (RFC 5280 §4.2.1.6).
pub(crate) fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(four).into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|sixteen| Ipv6Addr::from(sixteen).into())
}

fn location(general: &GeneralName<'_>) -> Option<String> {
    match general {
        GeneralName::URI(uri) => Some(name::clean(uri)),
        GeneralName::DirectoryName(directory) => Some(format!("directory entry {}", name::line(directory))),
        _ => None,
    }
}

fn key_usages(usage: &KeyUsage) -> Vec<String> {
    [
        (usage.digital_signature(), "digital signature"),
        (usage.non_repudiation(), "non-repudiation"),
        (usage.key_encipherment(), "key encipherment"),
        (usage.data_encipherment(), "data encipherment"),
        (usage.key_agreement(), "key agreement"),
        (usage.key_cert_sign(), "certificate signing"),
        (usage.crl_sign(), "CRL signing"),
        (usage.encipher_only(), "encipher only"),
        (usage.decipher_only(), "decipher only"),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .map(|(_, word)| word.to_owned())
    .collect()
}

fn extended_key_usages(usage: &ExtendedKeyUsage<'_>) -> Vec<String> {
    [
        (usage.any, "any"),
        (usage.server_auth, "server authentication"),
        (usage.client_auth, "client authentication"),
        (usage.code_signing, "code signing"),
        (usage.email_protection, "e-mail protection"),
        (usage.time_stamping, "time stamping"),
        (usage.ocsp_signing, "OCSP signing"),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .map(|(_, word)| word.to_owned())
    .chain(usage.other.iter().map(|oid| oid.to_id_string()))
    .collect()
}

/// A public key's algorithm and size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Curve(String, usize),
    Other(String),
    Rsa(usize),
}

impl Key {
    /// Reads algorithm and size from a public key.
    pub(crate) fn of(info: &SubjectPublicKeyInfo<'_>) -> Self {
        let algorithm = info.algorithm.algorithm.to_id_string();
        match (algorithm.as_str(), info.parsed()) {
            ("1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10", Ok(PublicKey::RSA(rsa))) => Self::Rsa(bits(rsa.modulus)),
            ("1.2.840.10045.2.1", parsed) => {
                let bits = parsed.map_or(0, |key| key.key_size());
                let curve = info.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
                let (name, bits) = match curve.map(|oid| oid.to_id_string()).as_deref() {
                    Some("1.2.840.10045.3.1.1") => ("P-192".to_owned(), 192),
                    Some("1.3.132.0.33") => ("P-224".to_owned(), 224),
                    Some("1.2.840.10045.3.1.7") => ("P-256".to_owned(), 256),
                    Some("1.3.132.0.10") => ("secp256k1".to_owned(), 256),
                    Some("1.3.132.0.34") => ("P-384".to_owned(), 384),
                    Some("1.3.132.0.35") => ("P-521".to_owned(), 521),
                    Some(other) => (other.to_owned(), bits),
                    None => ("with its own parameters".to_owned(), bits),
                };
                Self::Curve(name, bits)
            }
            ("1.3.101.112", _) => Self::Other("Ed25519".to_owned()),
            ("1.3.101.113", _) => Self::Other("Ed448".to_owned()),
            ("1.2.840.10040.4.1", _) => Self::Other("DSA".to_owned()),
            (other, _) => Self::Other(other.to_owned()),
        }
    }

    /// Tells whether attackers are expected to be able to break it.
    pub(crate) fn is_weak(&self) -> bool {
        match self {
            Self::Curve(_, bits) => *bits != 0 && *bits < limits::EC_BITS_MIN,
            Self::Other(name) => name == "DSA",
            Self::Rsa(bits) => *bits < limits::RSA_BITS_MIN,
        }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Curve(name, _) => write!(formatter, "EC {name}"),
            Self::Other(name) => formatter.write_str(name),
            Self::Rsa(bits) => write!(formatter, "RSA {bits}"),
        }
    }
}

fn bits(number: &[u8]) -> usize {
    let digits = without_zeros(number);
    digits.first().map_or(0, |first| digits.len() * 8 - first.leading_zeros() as usize)
}

/// Gives the name of a signature algorithm.
pub(crate) fn signature(algorithm: &AlgorithmIdentifier<'_>) -> String {
    let oid = algorithm.algorithm.to_id_string();
    match oid.as_str() {
        "1.2.840.113549.1.1.2" => "RSA with MD2".to_owned(),
        "1.2.840.113549.1.1.4" => "RSA with MD5".to_owned(),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => "RSA with SHA-1".to_owned(),
        "1.2.840.113549.1.1.11" => "RSA with SHA-256".to_owned(),
        "1.2.840.113549.1.1.12" => "RSA with SHA-384".to_owned(),
        "1.2.840.113549.1.1.13" => "RSA with SHA-512".to_owned(),
        "1.2.840.113549.1.1.14" => "RSA with SHA-224".to_owned(),
        "1.2.840.113549.1.1.10" => format!("RSA-PSS with {}", pss_hash(algorithm)),
        "1.2.840.10045.4.1" => "ECDSA with SHA-1".to_owned(),
        "1.2.840.10045.4.3.1" => "ECDSA with SHA-224".to_owned(),
        "1.2.840.10045.4.3.2" => "ECDSA with SHA-256".to_owned(),
        "1.2.840.10045.4.3.3" => "ECDSA with SHA-384".to_owned(),
        "1.2.840.10045.4.3.4" => "ECDSA with SHA-512".to_owned(),
        "1.2.840.10040.4.3" => "DSA with SHA-1".to_owned(),
        "1.3.101.112" => "Ed25519".to_owned(),
        "1.3.101.113" => "Ed448".to_owned(),
        _ => oid,
    }
}

fn pss_hash(algorithm: &AlgorithmIdentifier<'_>) -> &'static str {
    let parameters = algorithm.parameters.as_ref().and_then(|any| RsaSsaPssParams::try_from(any).ok());
    // RFC 4055 §3.1: SHA-1 is what absent parameters mean.
    let hash = parameters.map(|parameters| parameters.hash_algorithm_oid().to_id_string());
    match hash.as_deref() {
        Some("2.16.840.1.101.3.4.2.1") => "SHA-256",
        Some("2.16.840.1.101.3.4.2.2") => "SHA-384",
        Some("2.16.840.1.101.3.4.2.3") => "SHA-512",
        Some("1.3.14.3.2.26") | None => "SHA-1",
        Some(_) => "an unknown hash",
    }
}
