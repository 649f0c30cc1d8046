//! Credentials that stood in messages of late.

use super::range::MaskRange;
use crate::limits::{CREDENTIALS_SEEN_MAX, SECRET_BYTES_MIN};
use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// Credentials that stood in messages of late, though no setting names them, so that findings that quote them are masked.
///
/// Many texts are looked through for many credentials, and hardly one quotes any: where one can begin is told by its first bytes.
#[derive(Default)]
pub(crate) struct Seen(RwLock<Known>);

/// The bytes that a credential begins with.
type Head = [u8; SECRET_BYTES_MIN];

/// Bits of the filter; with it full of credentials, one place in sixty-four of an innocent text is looked at twice.
const FILTER_BITS: usize = 1 << 16;

#[derive(Default)]
struct Known {
    /// In the order in which they came.
    order: VecDeque<Arc<str>>,
    all: HashSet<Arc<str>>,
    by_head: HashMap<Head, Vec<Arc<str>>>,
    /// One bit for each head; empty as long as there is none.
    filter: Vec<u64>,
}

impl fmt::Debug for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Seen({} credentials)", self.read().order.len())
    }
}

impl Seen {
    /// Takes note of a credential; the one that came first goes where there are too many.
    pub(super) fn add(&self, credential: &str) {
        if credential.len() < SECRET_BYTES_MIN || self.read().all.contains(credential) {
            return;
        }
        self.0.write().unwrap_or_else(PoisonError::into_inner).add(credential);
    }

    /// Finds where a text quotes one.
    pub(super) fn find(&self, text: &str) -> Vec<MaskRange> {
        let known = self.read();
        if known.order.is_empty() {
            return Vec::new();
        }
        let mut ranges = Vec::new();
        for (from, window) in text.as_bytes().windows(SECRET_BYTES_MIN).enumerate() {
            let Some(head) = window.first_chunk().copied().filter(|head| known.may_begin(*head)) else { continue };
            let rest = text.as_bytes().get(from..).unwrap_or_default();
            let quoted = known.by_head.get(&head).into_iter().flatten().filter(|one| rest.starts_with(one.as_bytes()));
            ranges.extend(quoted.map(|one| MaskRange { from, to: from + one.len(), digest: String::new() }));
        }
        ranges
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn add(&mut self, credential: &str) {
        let credential: Arc<str> = credential.into();
        let Some(head) = head_of(&credential).filter(|_| self.all.insert(Arc::clone(&credential))) else {
            return; // Another thread was faster.
        };
        self.order.push_back(Arc::clone(&credential));
        self.by_head.entry(head).or_default().push(credential);
        if self.order.len() > CREDENTIALS_SEEN_MAX {
            self.forget_first();
        }
        self.filter.resize(FILTER_BITS / 64, 0);
        let (word, bit) = place(head);
        if let Some(word) = self.filter.get_mut(word) {
            *word |= bit;
        }
    }

    fn forget_first(&mut self) {
        let Some(first) = self.order.pop_front() else { return };
        self.all.remove(&first);
        if let Some(head) = head_of(&first)
            && let Some(alike) = self.by_head.get_mut(&head)
        {
            alike.retain(|one| *one != first);
            if alike.is_empty() {
                self.by_head.remove(&head);
            }
        }
        self.filter.fill(0);
        for (word, bit) in self.by_head.keys().map(|head| place(*head)) {
            if let Some(word) = self.filter.get_mut(word) {
                *word |= bit;
            }
        }
    }

    fn may_begin(&self, head: Head) -> bool {
        let (word, bit) = place(head);
        self.filter.get(word).is_some_and(|word| word & bit != 0)
    }
}

fn head_of(credential: &str) -> Option<Head> {
    credential.as_bytes().first_chunk().copied()
}

/// Gives the word of the filter and the bit in it that stand for a head: Fibonacci hashing, the upper bits of a product.
fn place(head: Head) -> (usize, u64) {
    let hash = u32::from_le_bytes(head).wrapping_mul(0x9E37_79B9) >> 16;
    (hash as usize / 64, 1 << (hash % 64))
}

#[cfg(test)]
mod tests {
    use super::Seen;
    use crate::limits::CREDENTIALS_SEEN_MAX;

    fn found(seen: &Seen, text: &str) -> Vec<(usize, usize)> {
        seen.find(text).into_iter().map(|range| (range.from, range.to)).collect()
    }

    #[test]
    fn every_quote_of_a_credential_is_found() {
        let seen = Seen::default();
        assert_eq!(found(&seen, "no credential is known"), []);
        for credential in ["abcd", "abcdef", "Grüße-1", "abc", "abcd"] {
            seen.add(credential);
        }
        assert_eq!(found(&seen, "abcdef and abcd"), [(0, 4), (0, 6), (11, 15)]);
        assert_eq!(found(&seen, "xGrüße-1x"), [(1, 10)]);
        assert_eq!(found(&seen, "abc is too short, and abce is another"), []);
        assert_eq!(found(&seen, "ab"), []);
    }

    #[test]
    fn the_oldest_credential_goes_where_there_are_too_many() {
        let seen = Seen::default();
        for number in 0..=CREDENTIALS_SEEN_MAX {
            seen.add(&format!("{number:05}-credential"));
        }
        assert_eq!(found(&seen, "00000-credential 00001-credential"), [(17, 33)]);
        assert_eq!(found(&seen, &format!("{CREDENTIALS_SEEN_MAX:05}-credential")), [(0, 16)]);
    }
}
