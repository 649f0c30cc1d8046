//! Whether one key made a signature over a certificate or a revocation list.
//!
//! Old algorithms are verified too, so that a chain can be followed and then be called weak rather than broken.

use aws_lc_rs::signature as with;
use x509_parser::{
    asn1_rs::BitString,
    signature_algorithm::RsaSsaPssParams,
    x509::{AlgorithmIdentifier, SubjectPublicKeyInfo},
};

/// What came of verifying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verified {
    /// This key did not make the signature.
    Bad,
    /// This key made the signature.
    Good,
    /// The algorithm is not known here.
    Unknown,
}

/// Verifies a signature over `message`.
pub(crate) fn verify(
    key: &SubjectPublicKeyInfo<'_>,
    algorithm: &AlgorithmIdentifier<'_>,
    signature: &BitString<'_>,
    message: &[u8],
) -> Verified {
    let Some(algorithm) = choose(key, algorithm) else { return Verified::Unknown };
    match with::UnparsedPublicKey::new(algorithm, &key.subject_public_key.data).verify(message, &signature.data) {
        Ok(()) => Verified::Good,
        Err(_) => Verified::Bad,
    }
}

fn choose(
    key: &SubjectPublicKeyInfo<'_>,
    algorithm: &AlgorithmIdentifier<'_>,
) -> Option<&'static dyn with::VerificationAlgorithm> {
    let curve = || key.algorithm.parameters.as_ref()?.as_oid().ok().map(|oid| oid.to_id_string());
    Some(match algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => &with::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        "1.2.840.113549.1.1.11" => &with::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        "1.2.840.113549.1.1.12" => &with::RSA_PKCS1_2048_8192_SHA384,
        "1.2.840.113549.1.1.13" => &with::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        "1.2.840.113549.1.1.10" => {
            let parameters = RsaSsaPssParams::try_from(algorithm.parameters.as_ref()?).ok()?;
            match parameters.hash_algorithm_oid().to_id_string().as_str() {
                "2.16.840.1.101.3.4.2.1" => &with::RSA_PSS_2048_8192_SHA256,
                "2.16.840.1.101.3.4.2.2" => &with::RSA_PSS_2048_8192_SHA384,
                "2.16.840.1.101.3.4.2.3" => &with::RSA_PSS_2048_8192_SHA512,
                _ => return None,
            }
        }
        "1.2.840.10045.4.3.2" => match curve()?.as_str() {
            "1.2.840.10045.3.1.7" => &with::ECDSA_P256_SHA256_ASN1,
            "1.3.132.0.34" => &with::ECDSA_P384_SHA256_ASN1,
            "1.3.132.0.35" => &with::ECDSA_P521_SHA256_ASN1,
            _ => return None,
        },
        "1.2.840.10045.4.3.3" => match curve()?.as_str() {
            "1.2.840.10045.3.1.7" => &with::ECDSA_P256_SHA384_ASN1,
            "1.3.132.0.34" => &with::ECDSA_P384_SHA384_ASN1,
            "1.3.132.0.35" => &with::ECDSA_P521_SHA384_ASN1,
            _ => return None,
        },
        "1.2.840.10045.4.3.4" => match curve()?.as_str() {
            "1.3.132.0.35" => &with::ECDSA_P521_SHA512_ASN1,
            _ => return None,
        },
        "1.3.101.112" => &with::ED25519,
        _ => return None,
    })
}
