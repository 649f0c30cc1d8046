//! Values that are made up: keyed random numbers, the moment, and counters.

use aws_lc_rs::digest::{SHA256, digest};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;

/// A stream of random numbers that depends on a seed and on what it is for, and on nothing else.
///
/// ChaCha20 (RFC 8439), whose output is the same on every machine and in every version.
#[derive(Clone, Debug)]
pub struct Random {
    /// What the stream's key is the digest of.
    key_from: Vec<u8>,
    /// Made when the first number is asked for: most messages have nothing random in them.
    stream: Option<ChaCha20Rng>,
}

impl Random {
    /// Makes the stream of `seed` for what `parts` name, such as scenario, variant, step and attempt.
    ///
    /// ```
    /// use counterpart_matching::Random;
    /// let uuid = |part| Random::keyed(7, &["book/first", part]).uuid();
    /// assert_eq!(uuid("1"), uuid("1"));
    /// assert_ne!(uuid("1"), uuid("2"));
    /// ```
    #[must_use]
    pub fn keyed(seed: u64, parts: &[&str]) -> Self {
        let mut key_from = Vec::with_capacity(64);
        key_from.extend_from_slice(&seed.to_be_bytes());
        for part in parts {
            // The length before each part keeps ["ab", "c"] apart from ["a", "bc"].
            key_from.extend_from_slice(&(part.len() as u64).to_be_bytes());
            key_from.extend_from_slice(part.as_bytes());
        }
        Self { key_from, stream: None }
    }

    fn stream(&mut self) -> &mut ChaCha20Rng {
        self.stream.get_or_insert_with(|| {
            let mut key = [0_u8; 32];
            key.copy_from_slice(digest(&SHA256, &self.key_from).as_ref());
            ChaCha20Rng::from_seed(key)
        })
    }

    /// Gives a version 4 UUID (RFC 9562 §5.4), lower case.
    pub fn uuid(&mut self) -> String {
        let mut bytes = [0_u8; 16];
        self.stream().fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// Gives a number from `low` to `high`, both included; `low` where `high` is lower.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        let width = high.abs_diff(low);
        // Multiply and shift: the bias is below 2^-64 times the width, and the count of numbers drawn is fixed.
        let drawn = (u128::from(self.stream().next_u64()) * (u128::from(width) + 1)) >> 64;
        low.wrapping_add_unsigned(u64::try_from(drawn).unwrap_or(width))
    }

    /// Gives one of the items; `None` where there is none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let last = i64::try_from(items.len().checked_sub(1)?).ok()?;
        items.get(usize::try_from(self.range(0, last)).ok()?)
    }

    /// Gives decimal digits, at most 1,000.
    pub fn digits(&mut self, count: usize) -> String {
        (0..count.min(1_000)).filter_map(|_| char::from_digit(u32::try_from(self.range(0, 9)).ok()?, 10)).collect()
    }

    /// Gives `value` changed by at most `fraction` of it either way.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a float cast saturates, and a delay needs no more than 52 bits"
    )]
    pub fn jitter(&mut self, value: u64, fraction: f64) -> u64 {
        let reach = (value as f64 * fraction.clamp(0.0, 1.0)) as u64;
        let low = value.saturating_sub(reach);
        let drawn = self.range(0, i64::try_from(reach.saturating_mul(2)).unwrap_or(i64::MAX));
        low.saturating_add(u64::try_from(drawn).unwrap_or(0))
    }
}

/// What a template may make up while it is rendered.
#[derive(Clone, Debug)]
pub struct Generators {
    /// The moment, in milliseconds since 1970-01-01T00:00:00Z.
    pub now_unix_ms: i64,
    /// Random numbers.
    pub random: Random,
    /// The last number given for each sequence.
    pub sequences: BTreeMap<String, u64>,
}

impl Generators {
    /// Makes generators at a moment, every sequence before its first number.
    #[must_use]
    pub fn new(now_unix_ms: i64, random: Random) -> Self {
        Self { now_unix_ms, random, sequences: BTreeMap::new() }
    }

    /// Gives the next number of a sequence, from 1.
    pub fn next(&mut self, sequence: &str) -> u64 {
        let last = self.sequences.entry(sequence.to_owned()).or_insert(0);
        *last = last.saturating_add(1);
        *last
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn a_stream_depends_on_seed_and_parts_and_on_nothing_else() {
        let uuid = |seed, parts: &[&str]| Random::keyed(seed, parts).uuid();
        // Pinned: a change of these bytes changes every recorded run.
        assert_eq!(uuid(1, &["a", "b"]), uuid(1, &["a", "b"]));
        assert_ne!(uuid(1, &["a", "b"]), uuid(2, &["a", "b"]));
        assert_ne!(uuid(1, &["ab", "c"]), uuid(1, &["a", "bc"]));
        assert!(crate::Format::from_name("uuid-v4").is_some_and(|format| format.holds(&uuid(1, &[]))));
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        let mut random = Random::keyed(3, &[]);
        let mut seen = [false; 3];
        for _ in 0..1_000 {
            let number = random.range(-1, 1);
            assert!((-1..=1).contains(&number));
            seen[usize::try_from(number + 1).unwrap_or(9)] = true;
            assert!((90..=110).contains(&random.jitter(100, 0.1)));
        }
        assert_eq!(seen, [true; 3]);
        assert_eq!((random.range(5, 5), random.range(5, 1)), (5, 5));
        let _ = random.range(i64::MIN, i64::MAX);
        assert_eq!(random.pick::<u8>(&[]), None);
        assert_eq!(random.digits(12).len(), 12);
        assert_eq!(random.digits(100_000).len(), 1_000);
    }
}
