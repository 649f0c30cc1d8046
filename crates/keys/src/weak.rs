//! RSA keys that are too short on purpose.
//!
//! A test of "the peer refuses a weak key" needs a key that no serious library makes or signs with: aws-lc-rs starts at 2048
//! bits. So the arithmetic stands here, in plain big integers. It is not constant-time and must never guard anything: it
//! refuses keys of 2048 bits and more, which belong to the library.
//! <https://www.rfc-editor.org/rfc/rfc8017>

use crate::limits;
use aws_lc_rs::{digest, rand};
use rustls::{
    SignatureAlgorithm, SignatureScheme,
    pki_types::SubjectPublicKeyInfoDer,
    sign::{Signer, SigningKey},
};
use std::{fmt, sync::Arc};
use x509_parser::der_parser::{ber::BerObject, der::parse_der, num_bigint::BigUint};

const HASH_BYTES: usize = 32;

/// A short RSA key with its private part.
#[derive(Clone)]
pub(crate) struct WeakKey(Arc<Numbers>);

struct Numbers {
    modulus: BigUint,
    public: BigUint,
    private: BigUint,
    primes: [BigUint; 2],
}

impl fmt::Debug for WeakKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WeakKey({} bits)", self.0.modulus.bits())
    }
}

impl WeakKey {
    /// Makes a key of 1024 bits; `None` where the system gives no random bytes.
    pub(crate) fn generate() -> Option<Self> {
        let public = BigUint::from(65_537_u32);
        // A pair fails only where 65537 divides one of them less one, about once in thirty thousand.
        for _ in 0..16 {
            let (first, second) = (prime()?, prime()?);
            let one = BigUint::from(1_u32);
            let order = (&first - &one) * (&second - &one);
            if let Some(private) = public.modinv(&order)
                && first != second
            {
                let modulus = &first * &second;
                return Some(Self(Arc::new(Numbers { modulus, public, private, primes: [first, second] })));
            }
        }
        None
    }

    /// Reads a PKCS#8 or PKCS#1 key; `None` for anything but an RSA key below 2048 bits.
    pub(crate) fn parse(der: &[u8]) -> Option<Self> {
        let (_, outer) = parse_der(der).ok()?;
        let inner = outer.as_sequence().ok()?.get(2)?.as_slice().ok();
        // RFC 5208 §5: PKCS#8 wraps PKCS#1 in an octet string, where PKCS#1 itself has the public exponent.
        match inner.and_then(|inner| parse_der(inner).ok()) {
            Some((_, inner)) if inner.as_sequence().is_ok() => Self::from_numbers(&inner),
            _ => Self::from_numbers(&outer),
        }
    }

    fn from_numbers(object: &BerObject<'_>) -> Option<Self> {
        let parts = object.as_sequence().ok()?;
        let number = |index: usize| parts.get(index).and_then(|part| part.as_slice().ok()).map(BigUint::from_bytes_be);
        let (modulus, public, private) = (number(1)?, number(2)?, number(3)?);
        let primes = [number(4)?, number(5)?];
        let short = (512..limits::RSA_BITS_MIN as u64).contains(&modulus.bits());
        // The division by factors less one in `pkcs8` needs true factors above one.
        let [first, second] = &primes;
        let whole = first.bits() > 1 && second.bits() > 1 && first * second == modulus && modulus.bit(0);
        (short && whole && public.bits() <= 64 && private < modulus)
            .then(|| Self(Arc::new(Numbers { modulus, public, private, primes })))
    }

    /// Gives the private key as PKCS#8.
    pub(crate) fn pkcs8(&self) -> Vec<u8> {
        let numbers = &self.0;
        let one = BigUint::from(1_u32);
        let [first, second] = &numbers.primes;
        let inverse = second.modinv(first).unwrap_or_default();
        let parts = [
            integer(&BigUint::default()),
            integer(&numbers.modulus),
            integer(&numbers.public),
            integer(&numbers.private),
            integer(first),
            integer(second),
            integer(&(&numbers.private % (first - &one))),
            integer(&(&numbers.private % (second - &one))),
            integer(&inverse),
        ];
        let pkcs1 = tagged(0x30, &parts.concat());
        tagged(0x30, &[integer(&BigUint::default()), algorithm(), tagged(0x04, &pkcs1)].concat())
    }

    /// Gives the public key as it stands in a certificate.
    pub(crate) fn public_key_info(&self) -> Vec<u8> {
        let key = tagged(0x30, &[integer(&self.0.modulus), integer(&self.0.public)].concat());
        tagged(0x30, &[algorithm(), tagged(0x03, &[&[0], key.as_slice()].concat())].concat())
    }

    fn bytes(&self) -> usize {
        usize::try_from(self.0.modulus.bits().div_ceil(8)).unwrap_or_default()
    }

    fn sign(&self, encoded: &[u8]) -> Vec<u8> {
        let signature = BigUint::from_bytes_be(encoded).modpow(&self.0.private, &self.0.modulus).to_bytes_be();
        let mut padded = vec![0; self.bytes().saturating_sub(signature.len())];
        padded.extend(signature);
        padded
    }

    /// Encodes and signs as RFC 8017 §9.2 says (PKCS#1 v1.5, SHA-256).
    pub(crate) fn sign_pkcs1(&self, message: &[u8]) -> Vec<u8> {
        // The DigestInfo of SHA-256, RFC 8017 §9.2 note 1.
        let prefix = [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
        let hash = digest::digest(&digest::SHA256, message);
        let filling = self.bytes().saturating_sub(3 + prefix.len() + HASH_BYTES);
        let encoded = [&[0, 1], vec![0xff; filling].as_slice(), &[0], &prefix, hash.as_ref()].concat();
        self.sign(&encoded)
    }

    /// Encodes and signs as RFC 8017 §9.1.1 says (PSS, SHA-256, salt of 32 bytes).
    pub(crate) fn sign_pss(&self, message: &[u8]) -> Option<Vec<u8>> {
        let bits = usize::try_from(self.0.modulus.bits()).ok()?.checked_sub(1)?;
        let bytes = bits.div_ceil(8);
        let mut salt = [0; HASH_BYTES];
        rand::fill(&mut salt).ok()?;
        let hashed = digest::digest(&digest::SHA256, message);
        let hash = digest::digest(&digest::SHA256, &[&[0; 8], hashed.as_ref(), &salt].concat());
        let filling = bytes.checked_sub(2 * HASH_BYTES + 2)?;
        let mut block = [vec![0; filling].as_slice(), &[1], &salt].concat();
        for (byte, mask) in block.iter_mut().zip(mask(hash.as_ref())) {
            *byte ^= mask;
        }
        if let Some(first) = block.first_mut() {
            *first &= 0xff >> (8 * bytes - bits);
        }
        Some(self.sign(&[block.as_slice(), hash.as_ref(), &[0xbc]].concat()))
    }
}

/// Gives the endless mask of RFC 8017 appendix B.2.1 with SHA-256.
fn mask(seed: &[u8]) -> impl Iterator<Item = u8> {
    (0_u32..).flat_map(move |counter| digest::digest(&digest::SHA256, &[seed, &counter.to_be_bytes()].concat()).as_ref().to_vec())
}

fn prime() -> Option<BigUint> {
    // One number in about 180 of this size is a prime; four thousand misses in a row do not happen.
    (0..4096).find_map(|_| candidate().filter(is_prime))
}

fn candidate() -> Option<BigUint> {
    let mut bytes = [0; 64];
    rand::fill(&mut bytes).ok()?;
    // The two highest bits make the product exactly 1024 bits long; the lowest makes the number odd.
    let [first, .., last] = &mut bytes;
    *first |= 0xc0;
    *last |= 1;
    Some(BigUint::from_bytes_be(&bytes))
}

/// Tells by trial division and Miller-Rabin (FIPS 186-5 appendix B.3.1) whether an odd number is a prime.
fn is_prime(number: &BigUint) -> bool {
    let (zero, one) = (BigUint::default(), BigUint::from(1_u32));
    if (3_u32..2000).step_by(2).any(|divisor| number % divisor == zero) {
        return false;
    }
    let even = number - &one;
    let twos = even.trailing_zeros().unwrap_or_default();
    let odd = &even >> twos;
    [2_u32, 3, 5, 7, 11, 13, 17, 19, 23, 29].iter().all(|base| {
        let mut power = BigUint::from(*base).modpow(&odd, number);
        if power == one || power == even {
            return true;
        }
        (1..twos).any(|_| {
            power = &power * &power % number;
            power == even
        })
    })
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut bytes = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => bytes.push(short),
        Ok(middle) => bytes.extend([0x81, middle]),
        // Nothing here is longer than 64 kB: a key below 2048 bits has about 1200 bytes.
        Err(_) => bytes.extend([0x82, (length >> 8) as u8, (length & 0xff) as u8]),
    }
    bytes.extend_from_slice(content);
    bytes
}

fn integer(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes.first().is_some_and(|first| first & 0x80 != 0) {
        bytes.insert(0, 0);
    }
    tagged(0x02, &bytes)
}

/// `rsaEncryption` with its NULL (RFC 3279 §2.3.1).
fn algorithm() -> Vec<u8> {
    vec![0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0]
}

impl SigningKey for WeakKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let known = [SignatureScheme::RSA_PSS_SHA256, SignatureScheme::RSA_PKCS1_SHA256];
        let scheme = known.into_iter().find(|scheme| offered.contains(scheme))?;
        Some(Box::new(WeakSigner { key: self.clone(), scheme }))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(self.public_key_info().into())
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

#[derive(Debug)]
struct WeakSigner {
    key: WeakKey,
    scheme: SignatureScheme,
}

impl Signer for WeakSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        match self.scheme {
            SignatureScheme::RSA_PSS_SHA256 => {
                self.key.sign_pss(message).ok_or_else(|| rustls::Error::General("the key is too short for PSS".to_owned()))
            }
            _ => Ok(self.key.sign_pkcs1(message)),
        }
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use aws_lc_rs::signature::{RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};

    #[test]
    fn signatures_of_a_weak_key_are_right_although_the_key_is_short() {
        let key = WeakKey::generate().unwrap();
        assert_eq!(key.0.modulus.bits(), 1024);
        let public = tagged(0x30, &[integer(&key.0.modulus), integer(&key.0.public)].concat());
        let verifier = UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, public);
        verifier.verify(b"message", &key.sign_pkcs1(b"message")).unwrap();
        assert!(verifier.verify(b"another", &key.sign_pkcs1(b"message")).is_err());
    }

    #[test]
    fn weak_key_comes_back_from_its_own_der() {
        let key = WeakKey::generate().unwrap();
        let again = WeakKey::parse(&key.pkcs8()).unwrap();
        assert_eq!(again.public_key_info(), key.public_key_info());
        assert_eq!(again.pkcs8(), key.pkcs8());
    }

    #[test]
    fn weak_key_does_not_show_itself() {
        let key = WeakKey::generate().unwrap();
        assert_eq!(format!("{key:?}"), "WeakKey(1024 bits)");
    }
}
