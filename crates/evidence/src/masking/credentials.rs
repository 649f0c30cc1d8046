//! Credentials of late, with the part of them that is secret.

use super::range::MaskRange;
use crate::limits::{CREDENTIAL_BYTES_MAX, CREDENTIALS_SEEN_MAX};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// What is secret of the credentials that came of late: a client shows the same ones with each request, and to find and digest their
/// secret costs more than to look them up.
#[derive(Default)]
pub(super) struct Credentials(RwLock<HashMap<Box<[u8]>, Vec<MaskRange>>>);

impl Credentials {
    /// Gives what is secret of a field's value, found where it is not known. Where too much is known, all of it goes.
    pub(super) fn get_or_find(&self, value: &[u8], find: impl FnOnce() -> Vec<MaskRange>) -> Vec<MaskRange> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(value) {
            return known.clone();
        }
        let found = find();
        if value.len() <= CREDENTIAL_BYTES_MAX {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= CREDENTIALS_SEEN_MAX {
                known.clear();
            }
            known.insert(value.into(), found.clone());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::Credentials;
    use crate::limits::{CREDENTIAL_BYTES_MAX, CREDENTIALS_SEEN_MAX};
    use crate::masking::range::MaskRange;

    #[test]
    fn what_is_known_is_not_sought_again_within_the_bounds() {
        let credentials = Credentials::default();
        let mut sought = 0;
        let mut ask = |value: &[u8]| {
            let found = credentials.get_or_find(value, || {
                sought += 1;
                vec![MaskRange { from: 0, to: value.len(), digest: String::new() }]
            });
            assert_eq!(found.first().map(|range| range.to), Some(value.len()));
            sought
        };
        let long = vec![b'x'; CREDENTIAL_BYTES_MAX + 1];
        assert_eq!((ask(b"a"), ask(b"b"), ask(b"a"), ask(&long), ask(&long)), (1, 2, 2, 3, 4));
        for number in 2..CREDENTIALS_SEEN_MAX {
            ask(number.to_string().as_bytes());
        }
        let before = ask(b"a");
        assert_eq!((ask(b"one too many"), ask(b"a"), ask(b"one too many")), (before + 1, before + 2, before + 2));
    }
}
