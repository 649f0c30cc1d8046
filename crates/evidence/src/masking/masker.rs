//! What is secret, and where it stands in some bytes.

use super::credentials::Credentials;
use super::forms::forms;
use super::range::{MaskRange, tidy};
use super::seen::Seen;
use crate::digest::hex;
use crate::limits::{SECRET_BYTES_MIN, TEXT_BYTES_MAX};
use crate::{Error, Finding};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use aws_lc_rs::hmac;
use std::borrow::Cow;
use std::fmt;

/// The key of the digests of secrets: random, one a run, discarded with the [`Masker`].
pub struct MaskKey(hmac::Key);

impl MaskKey {
    /// Makes the key from 32 random bytes.
    #[must_use]
    pub fn new(random: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, random))
    }
}

impl fmt::Debug for MaskKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MaskKey(..)")
    }
}

/// What is to be masked besides credentials, cookies and private keys, which always are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MaskRules {
    /// Values of secrets, looked for in every form in which they can stand in a message.
    pub secrets: Vec<Vec<u8>>,
    /// Names of further header fields whose values are masked whole.
    pub headers: Vec<String>,
    /// JSON Pointers (RFC 6901) to members of bodies; `*` as a whole token stands for every member or element.
    pub pointers: Vec<String>,
    /// Texts that are masked wherever they stand.
    pub literals: Vec<String>,
}

impl fmt::Debug for MaskRules {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MaskRules({} secrets, {:?}, {:?})", self.secrets.len(), self.headers, self.pointers)
    }
}

struct Pattern {
    secret: usize,
    before: usize,
    after: usize,
}

/// Finds and overwrites what is secret.
pub struct Masker {
    /// Finds out fast whether anything begins as a secret does.
    first: AhoCorasick,
    /// Finds all, overlapping ones too, so that nothing of a secret stays between two matches.
    all: AhoCorasick,
    patterns: Vec<Pattern>,
    /// Keyed digest of each secret in its plain form.
    digests: Vec<String>,
    pub(super) headers: Vec<String>,
    pub(super) pointers: Vec<Vec<String>>,
    pub(super) credentials: Credentials,
    key: hmac::Key,
}

impl fmt::Debug for Masker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Masker({} secrets)", self.digests.len())
    }
}

/// Stands for a private key among the patterns (RFC 7468 §10, §11 and the older labels).
const PRIVATE_KEY: &[u8] = b"PRIVATE KEY-----";
const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
/// Bytes at the beginning of a pattern that tell it from ordinary text.
const BEGIN_BYTES_MAX: usize = 16;

impl Masker {
    /// Prepares the search.
    ///
    /// # Errors
    ///
    /// `MaskSecret` where a secret is so short that it would be found in ordinary text; empty ones are passed over.
    /// `PrepareMasking` where the patterns are too many.
    pub fn new(rules: &MaskRules, key: MaskKey) -> Result<Self, Error> {
        let mut texts = vec![PRIVATE_KEY.to_vec()];
        let mut patterns = vec![Pattern { secret: usize::MAX, before: 0, after: 0 }];
        let mut digests = Vec::new();
        let literals = rules.literals.iter().map(|literal| literal.as_bytes());
        for secret in rules.secrets.iter().map(Vec::as_slice).chain(literals).filter(|secret| !secret.is_empty()) {
            if secret.len() < SECRET_BYTES_MIN {
                return Err(Error::MaskSecret { bytes: secret.len(), bytes_min: SECRET_BYTES_MIN });
            }
            for form in forms(secret) {
                texts.push(form.bytes);
                patterns.push(Pattern { secret: digests.len(), before: form.before, after: form.after });
            }
            digests.push(keyed(&key.0, secret));
        }
        let failed = |error: aho_corasick::BuildError| Error::PrepareMasking { reason: error.to_string() };
        let begins = texts.iter().map(|text| text.get(..BEGIN_BYTES_MAX).unwrap_or(text));
        Ok(Self {
            // Of this kind, which the search for a few bytes in parallel is for.
            first: AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(begins).map_err(failed)?,
            // A DFA of keys and certificates in all their forms would take tens of megabytes.
            all: AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(&texts).map_err(failed)?,
            patterns,
            digests,
            headers: rules.headers.clone(),
            pointers: rules.pointers.iter().filter_map(|pointer| super::json::parse_pointer(pointer)).collect(),
            credentials: Credentials::default(),
            key: key.0,
        })
    }

    /// Gives the keyed digest of some bytes.
    pub(super) fn digest(&self, bytes: &[u8]) -> String {
        keyed(&self.key, bytes)
    }

    /// Finds secrets and private keys.
    pub(crate) fn find(&self, bytes: &[u8]) -> Vec<MaskRange> {
        if !self.first.is_match(bytes) {
            return Vec::new();
        }
        let mut ranges: Vec<MaskRange> = Vec::new();
        let mut key_end = 0;
        for found in self.all.find_overlapping_iter(bytes) {
            // Invariant: the automaton was built from as many texts as there are patterns.
            let Some(pattern) = self.patterns.get(found.pattern().as_usize()) else { continue };
            match self.digests.get(pattern.secret) {
                Some(digest) => ranges.push(MaskRange {
                    from: found.start().saturating_sub(pattern.before),
                    to: (found.end() + pattern.after).min(bytes.len()),
                    digest: digest.clone(),
                }),
                // What lies inside a key that was found is covered; looking again would cost the square.
                None if found.start() < key_end => {}
                None => {
                    let key = self.private_key(bytes, found.start());
                    key_end = key.as_ref().map_or(key_end, |key| key.to);
                    ranges.extend(key);
                }
            }
        }
        tidy(ranges)
    }

    /// Gives the range of the private key whose first line holds the place; one without an end reaches to the end.
    fn private_key(&self, bytes: &[u8], at: usize) -> Option<MaskRange> {
        let line = bytes.get(at.saturating_sub(64)..at)?;
        let begin = line.windows(BEGIN.len()).rposition(|window| window == BEGIN)?;
        let from = at.saturating_sub(64) + begin;
        let rest = bytes.get(at..)?;
        let end = rest.windows(END.len()).position(|window| window == END).and_then(|end| {
            let label = at + end + END.len();
            let tail = bytes.get(label..(label + 64).min(bytes.len()))?;
            let close = tail.windows(5).position(|window| window == b"-----")?;
            Some(label + close + 5)
        });
        let to = end.unwrap_or(bytes.len());
        Some(MaskRange { from, to, digest: self.digest(bytes.get(from..to)?) })
    }

    /// Masks a text of ours that may quote a secret, and cuts it at the bound of a text.
    pub(crate) fn mask_text(&self, seen: &Seen, text: &mut String) {
        let mut ranges = self.find(text.as_bytes());
        ranges.extend(seen.find(text));
        if !ranges.is_empty() {
            *text = overwrite_text(text, &ranges);
        }
        if text.len() > TEXT_BYTES_MAX {
            let at = (0..=TEXT_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let more = text.len() - at;
            text.truncate(at);
            text.push_str(&format!(" ... ({more} bytes more)"));
        }
    }

    /// Says how what came and what was expected differ, where both are about to be masked and would look alike.
    pub(crate) fn compare_masked(&self, seen: &Seen, finding: &Finding) -> Option<String> {
        let came = self.secret_in(seen, finding.actual.as_deref()?)?;
        let wanted = finding.expected.iter().find_map(|text| self.secret_in(seen, text))?;
        let difference = if came == wanted { "the same value" } else { "another value" };
        Some(format!("(both are masked: {} bytes came, {} were expected, {difference})", came.len(), wanted.len()))
    }

    /// Gives the first secret that a text quotes.
    fn secret_in(&self, seen: &Seen, text: &str) -> Option<String> {
        let known = self.find(text.as_bytes()).into_iter().next();
        let found = known.or_else(|| seen.find(text).into_iter().next())?;
        text.get(found.from..found.to).map(ToOwned::to_owned)
    }

    /// Masks a text, such as one for the console.
    #[must_use]
    pub fn masked<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.find(text.as_bytes()) {
            ranges if ranges.is_empty() => Cow::Borrowed(text),
            ranges => Cow::Owned(overwrite_text(text, &ranges)),
        }
    }
}

fn keyed(key: &hmac::Key, bytes: &[u8]) -> String {
    hex(hmac::sign(key, bytes).as_ref())
}

/// Overwrites whole characters, one `*` a byte; a range can end inside a character by its added edge only.
fn overwrite_text(text: &str, ranges: &[MaskRange]) -> String {
    let mut secret = vec![false; text.len()];
    for range in ranges {
        if let Some(part) = secret.get_mut(range.from..range.to) {
            part.fill(true);
        }
    }
    let mut masked = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        if secret.iter().skip(at).take(character.len_utf8()).any(|secret| *secret) {
            (0..character.len_utf8()).for_each(|_| masked.push('*'));
        } else {
            masked.push(character);
        }
    }
    masked
}
