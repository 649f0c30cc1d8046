//! Ranges to overwrite.

use crate::limits::MASKED_RANGES_MAX;

/// A range `[from, to)` with the keyed digest of what stood there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MaskRange {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) digest: String,
}

/// Sorts ranges and drops those that another of the same secret covers.
pub(super) fn tidy(mut ranges: Vec<MaskRange>) -> Vec<MaskRange> {
    ranges.sort_by(|left, right| left.from.cmp(&right.from).then(right.to.cmp(&left.to)));
    let mut tidied: Vec<MaskRange> = Vec::with_capacity(ranges.len());
    for range in ranges {
        let covered = |known: &MaskRange| known.to >= range.to && known.from <= range.from && known.digest == range.digest;
        // Ranges that cover this one begin shortly before it; looking further back would cost the square.
        if range.from < range.to && !tidied.iter().rev().take(8).any(covered) {
            tidied.push(range);
        }
    }
    tidied
}

/// Overwrites ranges by `*`.
pub(super) fn overwrite(bytes: &mut [u8], ranges: &[MaskRange]) {
    for range in ranges {
        if let Some(part) = bytes.get_mut(range.from..range.to) {
            part.fill(b'*');
        }
    }
}

/// Gives ranges in the form of the record, up to a bound, with a remark on what is left out.
pub(super) fn listed(ranges: Vec<MaskRange>) -> (Vec<(u64, u64, String)>, Option<String>) {
    let more = ranges.len().saturating_sub(MASKED_RANGES_MAX);
    let remark = (more > 0).then(|| format!("{more} further ranges were overwritten and are not listed"));
    let kept = ranges.into_iter().take(MASKED_RANGES_MAX);
    (kept.map(|range| (range.from as u64, range.to as u64, range.digest)).collect(), remark)
}
