//! An application protocol that the client did not offer (RFC 7301 §3.2 forbids it), which rustls would never answer.
//!
//! rustls chooses one that was offered; its name is changed in the message that carries it, before that message is
//! encrypted (TLS 1.3) or as it goes out (TLS 1.2), and in what is hashed, so that the handshake stays whole and only the
//! name is wrong. A client that does not look goes on and is seen to.

use rustls::crypto::CryptoProvider;
use rustls::crypto::cipher::{
    AeadKey, Iv, MessageDecrypter, MessageEncrypter, OutboundChunks, OutboundOpaqueMessage, OutboundPlainMessage,
    Tls13AeadAlgorithm, UnsupportedOperationError,
};
use rustls::crypto::hash::{Context, Hash, HashAlgorithm, Output};
use rustls::{ConnectionTrafficSecrets, Error, SupportedCipherSuite, Tls12CipherSuite, Tls13CipherSuite};
use std::sync::{Arc, OnceLock};

const SERVER_HELLO: u8 = 2;
const ENCRYPTED_EXTENSIONS: u8 = 8;
const ALPN: usize = 16;

/// Gives the name that is shown in place of one that was offered.
pub(crate) fn other(name: &[u8]) -> Vec<u8> {
    let mut name = name.to_vec();
    if let Some(last) = name.last_mut() {
        *last = if *last == b'x' { b'y' } else { b'x' };
    }
    name
}

/// Chooses, among the names that were offered, one whose changed form was not offered.
pub(crate) fn base(offered: &[String]) -> Option<&String> {
    offered.iter().find(|name| !offered.iter().any(|one| one.as_bytes() == other(name.as_bytes())))
}

/// Changes the protocol's name in a ServerHello or in encrypted extensions; leaves every other message alone.
fn change(message: &mut [u8]) {
    let Some((from, to)) = place(message) else { return };
    if let Some(name) = message.get_mut(from..to) {
        let changed = other(name);
        name.copy_from_slice(&changed);
    }
}

/// Finds where the name stands.
fn place(message: &[u8]) -> Option<(usize, usize)> {
    let number = |at: usize, bytes: usize| {
        message.get(at..at + bytes).map(|bytes| bytes.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte)))
    };
    // Type and 24-bit length, then the extensions; in a ServerHello version, random, session and suite come before.
    let mut at = match *message.first()? {
        ENCRYPTED_EXTENSIONS => 4,
        SERVER_HELLO => {
            let session = 4 + 2 + 32;
            session + 1 + number(session, 1)? + 3
        }
        _ => return None,
    };
    let end = at + 2 + number(at, 2)?;
    at += 2;
    while at < end {
        let (kind, length) = (number(at, 2)?, number(at + 2, 2)?);
        if kind == ALPN {
            // A list of one name, each with its length.
            let from = at + 4 + 3;
            return Some((from, from + number(from - 1, 1)?)).filter(|(_, to)| *to <= message.len());
        }
        at += 4 + length;
    }
    None
}

/// Changes the name where bytes are a plain record with a ServerHello.
pub(crate) fn change_record(bytes: &[u8]) -> Option<Vec<u8>> {
    const RECORD_HEAD: usize = 5;
    let is_hello = bytes.first() == Some(&22) && bytes.get(RECORD_HEAD) == Some(&SERVER_HELLO);
    let (from, to) = place(bytes.get(RECORD_HEAD..)?).filter(|_| is_hello)?;
    let mut changed = bytes.to_vec();
    let name = changed.get_mut(RECORD_HEAD + from..RECORD_HEAD + to)?;
    let shown = other(name);
    name.copy_from_slice(&shown);
    Some(changed)
}

/// Gives the provider with every suite changed so.
pub(crate) fn provider(usual: &CryptoProvider) -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    let made = PROVIDER.get_or_init(|| {
        let cipher_suites = usual.cipher_suites.iter().map(|suite| changed(*suite)).collect();
        Arc::new(CryptoProvider { cipher_suites, ..usual.clone() })
    });
    Arc::clone(made)
}

/// rustls wants suites that live forever; they are made once.
fn changed(suite: SupportedCipherSuite) -> SupportedCipherSuite {
    match suite {
        SupportedCipherSuite::Tls12(suite) => {
            let mut common = copy(&suite.common);
            common.hash_provider = Box::leak(Box::new(ChangedHash(suite.common.hash_provider)));
            SupportedCipherSuite::Tls12(Box::leak(Box::new(Tls12CipherSuite {
                common,
                prf_provider: suite.prf_provider,
                kx: suite.kx,
                sign: suite.sign,
                aead_alg: suite.aead_alg,
            })))
        }
        SupportedCipherSuite::Tls13(suite) => {
            let mut common = copy(&suite.common);
            common.hash_provider = Box::leak(Box::new(ChangedHash(suite.common.hash_provider)));
            SupportedCipherSuite::Tls13(Box::leak(Box::new(Tls13CipherSuite {
                common,
                hkdf_provider: suite.hkdf_provider,
                aead_alg: Box::leak(Box::new(ChangedAead(suite.aead_alg))),
                quic: None,
            })))
        }
    }
}

fn copy(common: &rustls::CipherSuiteCommon) -> rustls::CipherSuiteCommon {
    rustls::CipherSuiteCommon {
        suite: common.suite,
        hash_provider: common.hash_provider,
        confidentiality_limit: common.confidentiality_limit,
    }
}

struct ChangedHash(&'static dyn Hash);

impl Hash for ChangedHash {
    fn start(&self) -> Box<dyn Context> {
        Box::new(ChangedContext(self.0.start()))
    }

    fn hash(&self, data: &[u8]) -> Output {
        self.0.hash(data)
    }

    fn output_len(&self) -> usize {
        self.0.output_len()
    }

    fn algorithm(&self) -> HashAlgorithm {
        self.0.algorithm()
    }
}

struct ChangedContext(Box<dyn Context>);

impl Context for ChangedContext {
    fn fork_finish(&self) -> Output {
        self.0.fork_finish()
    }

    fn fork(&self) -> Box<dyn Context> {
        Box::new(Self(self.0.fork()))
    }

    fn finish(self: Box<Self>) -> Output {
        self.0.finish()
    }

    fn update(&mut self, data: &[u8]) {
        let mut data = data.to_vec();
        change(&mut data);
        self.0.update(&data);
    }
}

struct ChangedAead(&'static dyn Tls13AeadAlgorithm);

impl Tls13AeadAlgorithm for ChangedAead {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        Box::new(ChangedEncrypter(self.0.encrypter(key, iv)))
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        self.0.decrypter(key, iv)
    }

    fn key_len(&self) -> usize {
        self.0.key_len()
    }

    fn extract_keys(&self, key: AeadKey, iv: Iv) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.0.extract_keys(key, iv)
    }
}

struct ChangedEncrypter(Box<dyn MessageEncrypter>);

impl MessageEncrypter for ChangedEncrypter {
    fn encrypt(&mut self, message: OutboundPlainMessage<'_>, sequence: u64) -> Result<OutboundOpaqueMessage, Error> {
        if message.typ != rustls::ContentType::Handshake {
            return self.0.encrypt(message, sequence);
        }
        let mut payload = message.payload.to_vec();
        change(&mut payload);
        self.0.encrypt(OutboundPlainMessage { payload: OutboundChunks::Single(&payload), ..message }, sequence)
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        self.0.encrypted_payload_len(payload_len)
    }
}
