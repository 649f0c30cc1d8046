//! Rules on a whole document, such as a schema: judged above this crate, and conditions like every other.

use super::{Judgement, Mismatch};
use crate::{Side, Subjects};
use std::sync::Arc;

/// A rule on a whole document.
pub trait WholeRule: std::fmt::Debug + Send + Sync {
    /// Says what it asks, in the words of a mismatch; two rules that ask the same are the same.
    fn asks(&self) -> String;

    /// Gives what is wrong with the document, each with its place; nothing where it holds.
    fn mismatches(&self, side: Side, subjects: &Subjects<'_>) -> Vec<Mismatch>;
}

/// A rule on a whole document, and in which message that is.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Whose body.
    pub side: Side,
    /// The rule.
    pub rule: Arc<dyn WholeRule>,
}

impl Whole {
    /// Judges it; what is broken is told together, each with its place, since a condition has one mismatch.
    pub(super) fn judge(&self, subjects: &Subjects<'_>) -> Judgement {
        let mismatches = self.rule.mismatches(self.side, subjects);
        let told: Vec<String> = mismatches.iter().map(placed).collect();
        let expected = mismatches.iter().flat_map(|miss| &miss.expected).cloned().collect();
        match mismatches.into_iter().next() {
            None => Judgement::Holds,
            Some(first) => Judgement::Broken(Box::new(Mismatch {
                message: format!("{}: {}", self.rule.asks(), told.join(", ")),
                expected,
                ..first
            })),
        }
    }
}

/// Says what is wrong and where, for a text that tells several.
fn placed(mismatch: &Mismatch) -> String {
    let place = mismatch.place.as_ref();
    let path = place.map(|place| place.path.as_str()).filter(|path| !path.is_empty() && !mismatch.message.contains(path));
    let path = path.map(|path| format!("`{path}`: ")).unwrap_or_default();
    let lines = place.and_then(|place| place.line.zip(place.column));
    let lines = lines.map(|(line, column)| format!(" (line {line}, column {column})")).unwrap_or_default();
    format!("{path}{}{lines}", mismatch.message)
}
