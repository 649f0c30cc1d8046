//! The latest exchanges as they stand in the journal, for whoever asks the control listener.

use crate::limits::{RECENT_BYTES_MAX, RECENT_EXCHANGES_MAX};
use bytes::Bytes;
use counterpart_evidence::ExchangeId;
use std::collections::VecDeque;

/// The latest exchanges, up to a number and a size; the journal has all.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    lines: VecDeque<(ExchangeId, Bytes)>,
    bytes: usize,
    seen: u64,
}

impl Recent {
    /// Takes the line of one exchange; the oldest go where there are too many.
    pub(crate) fn add(&mut self, id: ExchangeId, line: &[u8]) {
        self.seen += 1;
        self.bytes += line.len();
        self.lines.push_back((id, Bytes::copy_from_slice(line)));
        while self.lines.len() > RECENT_EXCHANGES_MAX || self.bytes > RECENT_BYTES_MAX {
            let Some((_, oldest)) = self.lines.pop_front() else { break };
            self.bytes -= oldest.len();
        }
    }

    /// Gives the line of an exchange that is still kept.
    pub(crate) fn line(&self, id: ExchangeId) -> Option<Bytes> {
        self.lines.iter().rev().find(|(known, _)| *known == id).map(|(_, line)| line.clone())
    }

    /// Gives the lines that are kept, oldest first: those after an exchange where it is kept, and of these the newest.
    pub(crate) fn lines(&self, after: Option<ExchangeId>, most: usize) -> Vec<Bytes> {
        let at = after.and_then(|after| self.lines.iter().rposition(|(known, _)| *known == after));
        let first = at.map_or(0, |at| at + 1).max(self.lines.len().saturating_sub(most));
        self.lines.range(first..).map(|(_, line)| line.clone()).collect()
    }

    /// Counts all exchanges, those no longer kept as well.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;
    use crate::limits::{RECENT_BYTES_MAX, RECENT_EXCHANGES_MAX};
    use counterpart_evidence::ExchangeId;

    #[test]
    fn the_oldest_goes_at_either_bound() {
        let mut recent = Recent::default();
        for id in 1..=RECENT_EXCHANGES_MAX as u64 + 5 {
            recent.add(ExchangeId(id), b"{}");
        }
        let all = |recent: &Recent| recent.lines(None, usize::MAX).len();
        assert_eq!((all(&recent), recent.line(ExchangeId(5)), recent.seen()), (RECENT_EXCHANGES_MAX, None, 1_005));
        assert!(recent.line(ExchangeId(6)).is_some());
        recent.add(ExchangeId(9_999), &vec![b'x'; RECENT_BYTES_MAX]);
        assert_eq!(all(&recent), 1, "one large exchange leaves no room for others");
    }

    #[test]
    fn the_newest_after_one_are_given() {
        let mut recent = Recent::default();
        for id in [1, 2, 4, 3] {
            recent.add(ExchangeId(id), id.to_string().as_bytes());
        }
        let lines = |after: Option<u64>, most| recent.lines(after.map(ExchangeId), most).concat();
        assert_eq!(lines(None, 9), b"1243");
        assert_eq!(lines(Some(2), 9), b"43", "in the order in which they were recorded");
        assert_eq!(lines(Some(2), 1), b"3");
        assert_eq!(lines(Some(3), 9), b"");
        assert_eq!(lines(Some(7), 9), b"1243", "one that is not kept bounds nothing");
    }
}
