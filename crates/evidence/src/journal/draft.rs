//! A line before its place in the chain is known: all of it that takes time is done before the journal is locked.

use crate::Error;
use crate::digest::{Digest, hex_digits, sha256};
use crate::limits::LINE_BYTES_MAX;
use serde::Serialize;

/// Most bytes of `{"n":NUMBER,"prev":"DIGEST"`, the number with its 20 digits at most.
const LINK_BYTES_MAX: usize = 5 + 20 + 9 + 64 + 1;

/// A line of which only its link is missing.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Room for the link, then the rest of the line with its end.
    bytes: Vec<u8>,
    /// Where the line begins, once it is linked.
    from: usize,
}

impl Draft {
    /// Writes all of a line but its link.
    pub(crate) fn new(content: &impl Serialize) -> Result<Self, Error> {
        let mut bytes = Vec::with_capacity(4 << 10);
        bytes.resize(LINK_BYTES_MAX, b' ');
        serde_json::to_writer(&mut bytes, content)?;
        // The object's own brace becomes the comma that joins both parts.
        if let Some(brace) = bytes.get_mut(LINK_BYTES_MAX) {
            *brace = b',';
        }
        if bytes.len() >= LINE_BYTES_MAX {
            return Err(Error::LineTooLong { bytes: bytes.len(), bytes_max: LINE_BYTES_MAX });
        }
        bytes.push(b'\n');
        Ok(Self { bytes, from: LINK_BYTES_MAX })
    }

    /// Puts the line after another one, and gives its own digest. It may be linked again.
    pub(super) fn link(&mut self, number: u64, before: &Digest) -> Digest {
        self.from = LINK_BYTES_MAX;
        // Written from its end to its beginning, so that it ends where the rest of the line begins.
        self.put_before(b"\"");
        self.put_before(&hex_digits(before));
        self.put_before(b",\"prev\":\"");
        self.put_before(number.to_string().as_bytes());
        self.put_before(b"{\"n\":");
        sha256(self.line())
    }

    fn put_before(&mut self, part: &[u8]) {
        let from = self.from.saturating_sub(part.len());
        if let Some(place) = self.bytes.get_mut(from..self.from) {
            place.copy_from_slice(part);
        }
        self.from = from;
    }

    /// Gives the line without its end.
    pub(crate) fn line(&self) -> &[u8] {
        let whole = self.with_end();
        whole.strip_suffix(b"\n").unwrap_or(whole)
    }

    /// Gives the line with its end.
    pub(super) fn with_end(&self) -> &[u8] {
        self.bytes.get(self.from..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::Draft;
    use crate::digest::{hex, sha256};
    use serde_json::json;

    #[test]
    fn a_line_is_the_same_however_often_it_is_linked() {
        let mut draft = Draft::new(&json!({"at": 7})).unwrap();
        draft.link(u64::MAX, &[9; 32]);
        let before = [0xab; 32];
        let digest = draft.link(12, &before);
        let line = format!("{{\"n\":12,\"prev\":\"{}\",\"at\":7}}", hex(&before));
        assert_eq!(String::from_utf8_lossy(draft.line()), line);
        assert_eq!(digest, sha256(line.as_bytes()));
        assert_eq!(draft.with_end(), format!("{line}\n").as_bytes());
    }

    #[test]
    fn the_largest_number_has_room() {
        let mut draft = Draft::new(&json!({"at": 7})).unwrap();
        draft.link(u64::MAX, &[0; 32]);
        assert!(draft.line().starts_with(format!("{{\"n\":{},", u64::MAX).as_bytes()));
    }
}
