//! Rules on a whole document, such as a schema: judged above this crate, and conditions like every other.

use super::{Judgement, Mismatch};
use crate::{Side, Subjects};
use std::sync::Arc;

/// A rule on a whole document.
pub trait WholeRule: std::fmt::Debug + Send + Sync {
    /// Says what it asks, in the words of a mismatch; two rules that ask the same are the same.
    fn asks(&self) -> String;

    /// Tells whether it leaves parts of what it asks out on purpose, which only a check that it stands in by itself can tell.
    fn leaves_out(&self) -> bool {
        false
    }

    /// Looks at the document; it holds where nothing is found.
    fn look(&self, side: Side, subjects: &Subjects<'_>) -> Found;
}

/// What was found in a document, each with its place.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What is wrong.
    pub broken: Vec<Mismatch>,
    /// What is allowed, and not what should be.
    pub warnings: Vec<Mismatch>,
    /// What could not be judged, in one; the message is the reason.
    pub unjudged: Option<Box<Mismatch>>,
    /// Why the document is not read here, though nothing is known to be wrong with it; nothing else is found then.
    pub undecided: Option<String>,
    /// What the rule leaves out on purpose, and met here: one sentence for those who read the report.
    pub left_out: Option<String>,
}

impl Found {
    /// Says that the document is not read here.
    #[must_use]
    pub fn undecided(reason: String) -> Self {
        Self { undecided: Some(reason), ..Self::default() }
    }
}

impl From<Vec<Mismatch>> for Found {
    fn from(broken: Vec<Mismatch>) -> Self {
        Self { broken, ..Self::default() }
    }
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
        let Found { broken, warnings, unjudged, undecided, .. } = self.rule.look(self.side, subjects);
        if let Some(reason) = undecided {
            return Judgement::Undecided(reason);
        }
        let expected = broken.iter().flat_map(|miss| &miss.expected).cloned().collect();
        let message = self.told(&broken);
        match (broken.into_iter().next(), unjudged) {
            (Some(first), _) => Judgement::Broken(Box::new(Mismatch { message, expected, ..first })),
            (None, Some(unjudged)) => Judgement::Unjudged(unjudged.message.into()),
            (None, None) if warnings.is_empty() => Judgement::Holds,
            (None, None) => Judgement::HoldsWithWarning(self.told(&warnings)),
        }
    }

    fn told(&self, mismatches: &[Mismatch]) -> String {
        format!("{}: {}", self.rule.asks(), mismatches.iter().map(placed).collect::<Vec<_>>().join(", "))
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
