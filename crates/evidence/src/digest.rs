//! SHA-256 and hexadecimal text.

use crate::Error;
use aws_lc_rs::digest::{Context, SHA256, digest};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A SHA-256 digest.
pub(crate) type Digest = [u8; 32];

/// Gives the SHA-256 of a file, hexadecimal.
///
/// # Errors
///
/// `ReadFile` where it cannot be read.
pub fn digest_of_file(path: &Path) -> Result<String, Error> {
    sha256_of_file(path).map(|(digest, _)| hex(&digest))
}

/// Gives the SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    to_array(digest(&SHA256, bytes).as_ref())
}

/// Gives the SHA-256 and length of a file, reading it piece by piece.
pub(crate) fn sha256_of_file(path: &Path) -> Result<(Digest, u64), Error> {
    let unreadable = |source| Error::ReadFile { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut sum = RunningSum::default();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = file.read(&mut buffer).map_err(unreadable)?;
        if count == 0 {
            return Ok(sum.finish());
        }
        sum.add(buffer.get(..count).unwrap_or(&[]));
    }
}

/// The SHA-256 and length of bytes that come piece by piece.
pub(crate) struct RunningSum {
    context: Context,
    length: u64,
}

impl Default for RunningSum {
    fn default() -> Self {
        Self { context: Context::new(&SHA256), length: 0 }
    }
}

impl RunningSum {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.length += bytes.len() as u64;
    }

    pub(crate) fn finish(self) -> (Digest, u64) {
        (to_array(self.context.finish().as_ref()), self.length)
    }
}

fn to_array(bytes: &[u8]) -> Digest {
    let mut array = [0; 32];
    // Invariant: SHA-256 gives 32 bytes (FIPS 180-4 §1), so the lengths agree.
    array.copy_from_slice(bytes);
    array
}

/// Writes bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits: Vec<u8> = bytes.iter().flat_map(|byte| hex_pair(*byte)).collect();
    // Digits are ASCII, so that nothing is ever lost here.
    String::from_utf8(digits).unwrap_or_default()
}

/// Writes a digest as its 64 lower-case hexadecimal digits.
pub(crate) fn hex_digits(digest: &Digest) -> [u8; 64] {
    let mut digits = [0; 64];
    for (place, byte) in digits.chunks_exact_mut(2).zip(digest) {
        place.copy_from_slice(&hex_pair(*byte));
    }
    digits
}

fn hex_pair(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)])
}

/// Reads a digest from its 64 hexadecimal digits.
pub(crate) fn from_hex(text: &[u8]) -> Option<Digest> {
    let mut array = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in array.iter_mut().zip(text.chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        let digit = |character: u8| char::from(character).to_digit(16).filter(|_| !character.is_ascii_uppercase());
        *byte = u8::try_from(digit(high)? * 16 + digit(low)?).ok()?;
    }
    Some(array)
}
