//! A text that is kept small: of the thousands of definitions in a package a run asks for a few dozen.

use crate::limits::ENTRY_BYTES_MAX;
use bytes::Bytes;
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use std::io::Read;

/// The text of a definition, deflated (RFC 1951).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packed(Bytes);

impl Packed {
    /// Packs a text.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut deflated = Vec::with_capacity(text.len() / 8);
        // To read from memory does not fail.
        let _ = DeflateEncoder::new(text, Compression::fast()).read_to_end(&mut deflated);
        deflated.shrink_to_fit();
        Self(deflated.into())
    }

    /// Takes what [`Self::bytes`] gave.
    pub(super) fn from_bytes(deflated: Bytes) -> Self {
        Self(deflated)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Gives the text; `None` where the bytes hold none, or one longer than a definition may be.
    pub(crate) fn text(&self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        DeflateDecoder::new(self.0.as_ref()).take(ENTRY_BYTES_MAX + 1).read_to_end(&mut text).ok()?;
        (text.len() as u64 <= ENTRY_BYTES_MAX).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn texts_come_back() {
        for text in [String::new(), "{}".to_owned(), r#"{"path":"Lamp.on"},"#.repeat(10_000)] {
            let packed = Packed::of(text.as_bytes());
            assert_eq!(packed.text().unwrap(), text.as_bytes());
            assert!(packed.bytes().len() <= 4_000, "{} bytes of {}", packed.bytes().len(), text.len());
        }
    }

    #[test]
    fn what_is_no_text_or_too_long_a_one_is_none() {
        let packed = Packed::of(&[b' '; 1_000]);
        assert_eq!(Packed::from_bytes(packed.0.slice(..packed.0.len() - 1)).text(), None);
        assert_eq!(Packed::from_bytes(Bytes::from_static(b"\xff\xff")).text(), None);
        let bomb = Packed::of(&vec![b' '; usize::try_from(ENTRY_BYTES_MAX).unwrap() + 1]);
        assert_eq!(bomb.text(), None);
    }
}
