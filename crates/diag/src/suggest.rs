//! "Did you mean": the nearest known word.

/// Gives the candidate that is nearest to `word`, when it is near enough to be a slip of the keyboard.
///
/// ```
/// assert_eq!(counterpart_diag::suggest("stauts", ["status", "header"]), Some("status"));
/// assert_eq!(counterpart_diag::suggest("colour", ["status", "header"]), None);
/// ```
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = match word.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Counts the insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().take(WORD_CHARS_MAX).collect();
    let right: Vec<char> = right.chars().take(WORD_CHARS_MAX).collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, left_char) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, right_char) in right.iter().enumerate() {
            let same = usize::from(left_char != right_char);
            let mut best = (last[column] + same).min(last[column + 1] + 1).min(current[column] + 1);
            // Invariant: row and column are at least 1 here, and every row has right.len() + 1 entries.
            if row > 0 && column > 0 && *left_char == right[column - 1] && left[row - 1] == *right_char {
                best = best.min(before_last[column - 1] + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

/// Longer words are compared by their beginning only, so that a hostile key costs little.
const WORD_CHARS_MAX: usize = 64;
