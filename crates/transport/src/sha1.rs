//! Signatures with SHA-1 in certificate chains, for peers whose authority is of a generation that signed so.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};
use std::sync::{Arc, OnceLock};

/// `sha1WithRSAEncryption` with its parameters (RFC 8017 appendix A.2.4, RFC 3279 section 2.2.1), as DER without the outer sequence.
const SHA1_WITH_RSA: AlgorithmIdentifier =
    AlgorithmIdentifier::from_slice(&[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00]);

/// RSA of 2048 bits and more with SHA-1.
#[derive(Debug)]
struct RsaSha1;

impl SignatureVerificationAlgorithm for RsaSha1 {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, public_key);
        key.verify(message, signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        SHA1_WITH_RSA
    }
}

/// Gives a provider that believes chains with such signatures too. Handshakes are signed as ever: their schemes stay.
pub(crate) fn provider(usual: &CryptoProvider) -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| {
        let usual_algorithms = usual.signature_verification_algorithms;
        let old: &'static dyn SignatureVerificationAlgorithm = &RsaSha1;
        // Made once for the process, so that what is leaked is one list.
        let all = Vec::leak(usual_algorithms.all.iter().copied().chain([old]).collect());
        let signature_verification_algorithms = WebPkiSupportedAlgorithms { all, mapping: usual_algorithms.mapping };
        Arc::new(CryptoProvider { signature_verification_algorithms, ..usual.clone() })
    }))
}
