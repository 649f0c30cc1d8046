//! The kinds of keys that are made, and making them.

use crate::{Error, weak::WeakKey};
use rcgen::{KeyPair, PublicKeyData, RsaKeySize, SignatureAlgorithm};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::fmt;

/// The kind of a key to make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyKind {
    /// Elliptic curve P-256: small, fast, known everywhere.
    #[default]
    EcP256,
    /// Elliptic curve P-384.
    EcP384,
    /// Edwards curve; many TLS stacks do not take it.
    Ed25519,
    /// RSA of 2048 bits, for peers that know no curves.
    Rsa2048,
    /// RSA of 3072 bits.
    Rsa3072,
    /// RSA of 4096 bits.
    Rsa4096,
}

impl KeyKind {
    /// Every kind with its word on the command line.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::EcP256, "ec-p256"),
        (Self::EcP384, "ec-p384"),
        (Self::Ed25519, "ed25519"),
        (Self::Rsa2048, "rsa-2048"),
        (Self::Rsa3072, "rsa-3072"),
        (Self::Rsa4096, "rsa-4096"),
    ];

    /// Gives its word on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// Finds the kind that a word stands for.
    #[must_use]
    pub fn from_name(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(kind, _)| *kind)
    }

    /// Makes a key.
    pub(crate) fn generate(self) -> Result<KeyPair, Error> {
        let rsa = |size| KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size);
        match self {
            Self::EcP256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
            Self::EcP384 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384),
            Self::Ed25519 => KeyPair::generate_for(&rcgen::PKCS_ED25519),
            Self::Rsa2048 => rsa(RsaKeySize::_2048),
            Self::Rsa3072 => rsa(RsaKeySize::_3072),
            Self::Rsa4096 => rsa(RsaKeySize::_4096),
        }
        .map_err(|error| made("a private key", &error))
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// The key of a certificate that is about to be made.
pub(crate) enum SubjectKey {
    Sound(KeyPair),
    Weak(WeakKey, Vec<u8>),
}

impl SubjectKey {
    /// Makes a key that is too short.
    pub(crate) fn weak() -> Result<Self, Error> {
        let fault = || Error::Make { what: "a weak private key", reason: "the system gave no random numbers".to_owned() };
        let key = WeakKey::generate().ok_or_else(fault)?;
        let info = key.public_key_info();
        let parsed = rcgen::SubjectPublicKeyInfo::from_der(&info).map_err(|error| made("a weak private key", &error))?;
        Ok(Self::Weak(key, parsed.der_bytes().to_vec()))
    }

    /// Gives the private key as PKCS#8.
    pub(crate) fn private(&self) -> PrivateKeyDer<'static> {
        let bytes = match self {
            Self::Sound(pair) => pair.serialize_der(),
            Self::Weak(key, _) => key.pkcs8(),
        };
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(bytes))
    }
}

impl PublicKeyData for SubjectKey {
    fn der_bytes(&self) -> &[u8] {
        match self {
            Self::Sound(pair) => pair.der_bytes(),
            Self::Weak(_, public) => public,
        }
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self {
            Self::Sound(pair) => PublicKeyData::algorithm(pair),
            Self::Weak(..) => &rcgen::PKCS_RSA_SHA256,
        }
    }
}

/// Turns a fault of the certificate library into ours.
pub(crate) fn made(what: &'static str, error: &rcgen::Error) -> Error {
    Error::Make { what, reason: error.to_string() }
}
