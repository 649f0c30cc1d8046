//! PEM blocks: writing them, and finding them in files of any kind.
//!
//! <https://www.rfc-editor.org/rfc/rfc7468>

use crate::{Error, limits};
use rustls::pki_types::pem::{Error as PemError, PemObject, SectionKind};

/// A file's bytes with the name by which the user knows it.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Path or name, for messages.
    pub name: &'a str,
    /// Content: PEM or DER.
    pub bytes: &'a [u8],
}

impl std::fmt::Debug for Source<'_> {
    // The content can be a private key.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Source").field("name", &self.name).field("bytes", &self.bytes.len()).finish()
    }
}

/// Writes one block, 64 characters to a line.
pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in der.chunks(48) {
        for three in line.chunks(3) {
            let number = three.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
            for place in 0..4 {
                // Six bits are always below 64.
                let digit = DIGITS[(number >> (18 - 6 * place) & 63) as usize];
                text.push(if place <= three.len() { char::from(digit) } else { '=' });
            }
        }
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// Gives the blocks of a file in order; blocks of unknown kinds and text between them are passed over.
pub(crate) fn blocks(source: Source<'_>) -> Result<Vec<(SectionKind, Vec<u8>)>, Error> {
    let refuse = |reason: String| Error::ParsePem { name: source.name.to_owned(), reason };
    let mut found = Vec::new();
    for block in <(SectionKind, Vec<u8>)>::pem_slice_iter(source.bytes) {
        found.push(block.map_err(|error| refuse(damage(&error)))?);
        if found.len() > limits::BLOCKS_MAX {
            return Err(refuse(format!("it has more than {} blocks", limits::BLOCKS_MAX)));
        }
    }
    Ok(found)
}

fn damage(error: &PemError) -> String {
    match error {
        PemError::MissingSectionEnd { end_marker } => {
            format!("the line `{}` is missing; the file was cut short", String::from_utf8_lossy(end_marker).trim())
        }
        // The library's own text would show the line, which can be part of a key.
        PemError::IllegalSectionStart { .. } => "a `-----BEGIN` line is damaged".to_owned(),
        PemError::Base64Decode(_) => "a block holds characters that are not base64, or was cut short".to_owned(),
        _ => "it is damaged".to_owned(),
    }
}

/// Tells whether a private key in the file is encrypted (RFC 5958 §3, and the older headers of RFC 1421).
pub(crate) fn has_encrypted_key(bytes: &[u8]) -> bool {
    contains(bytes, b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || contains(bytes, b"Proc-Type: 4,ENCRYPTED")
}

/// Says what a file without the thing that was looked for holds instead, and what to do.
pub(crate) fn what_it_holds(bytes: &[u8]) -> &'static str {
    const KINDS: &[(&[u8], &str)] = &[
        (b"-----BEGIN OPENSSH PRIVATE KEY-----", "it holds an OpenSSH key; TLS takes PKCS#8: `ssh-keygen -p -m PKCS8 -f FILE`"),
        (b"-----BEGIN CERTIFICATE REQUEST-----", "it holds a request; give the certificate that the authority made of it"),
        (b"-----BEGIN CERTIFICATE-----", "it holds only certificates; give the file of the private key beside it"),
        (b"PRIVATE KEY-----", "it holds only a private key; give the file of the certificate beside it"),
        (b"-----BEGIN PUBLIC KEY-----", "it holds only a public key"),
        (b"-----BEGIN X509 CRL-----", "it holds a revocation list"),
        (b"-----BEGIN PKCS7-----", "it holds PKCS#7; unpack it: `openssl pkcs7 -print_certs -in FILE -out chain.pem`"),
        (b"\xfe\xed\xfe\xed", "it is a Java key store; make PKCS#12 of it: `keytool -importkeystore -deststoretype pkcs12`"),
    ];
    if bytes.is_empty() {
        return "it is empty";
    }
    if is_pkcs12(bytes) {
        return "it is PKCS#12; give it as such, with its password";
    }
    KINDS.iter().find(|(mark, _)| contains(bytes, mark)).map_or("it is neither PEM nor DER of that kind", |(_, words)| words)
}

/// Tells by its first bytes whether a file is PKCS#12: a sequence that begins with the number 3 (RFC 7292 §4).
#[must_use]
pub fn is_pkcs12(bytes: &[u8]) -> bool {
    let content = match bytes {
        [0x30, 0x80, rest @ ..] => rest,
        [0x30, length, rest @ ..] if *length & 0x80 != 0 => rest.get(usize::from(*length & 0x7f)..).unwrap_or(&[]),
        [0x30, rest @ ..] => rest.get(1..).unwrap_or(&[]),
        _ => &[],
    };
    content.starts_with(&[2, 1, 3, 0x30])
}

fn contains(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}
