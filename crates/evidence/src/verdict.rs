//! The one verdict function, for scenarios, requirements and runs alike.

use crate::finding::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

words! {
    /// What is said at the end of a scenario, a requirement or a run.
    Verdict {
        /// Every must and should held.
        Pass = "pass",
        /// Every must held, a should did not.
        Warning = "warning",
        /// The system under test broke a must.
        Fail = "fail",
        /// It could not be judged.
        Inconclusive = "inconclusive",
        /// Our side, the machine or the set-up broke.
        Error = "error",
        /// A person must attest.
        Review = "review",
        /// Left out on purpose, with the reason.
        Skipped = "skipped",
        /// Optional and not claimed.
        NotApplicable = "not-applicable",
        /// Selected and never reached.
        NotRun = "not-run",
    }
}

/// Rolls verdicts up into one: any fail, else any error, else inconclusive or not-run, else warning, else pass.
///
/// `review`, `skipped` and `not-applicable` neither help nor harm; where nothing else is there, the verdict is theirs in
/// that order, so that nothing untested ever reads `pass`. ISO/IEC 9646-1: a verdict never improves.
///
/// ```
/// use counterpart_evidence::{Verdict, roll_up};
/// assert_eq!(roll_up([Verdict::Pass, Verdict::Error, Verdict::Fail]), Verdict::Fail);
/// assert_eq!(roll_up([Verdict::Pass, Verdict::NotRun]), Verdict::Inconclusive);
/// assert_eq!(roll_up([Verdict::Skipped]), Verdict::Skipped);
/// ```
pub fn roll_up(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    let weight = |verdict| match verdict {
        Verdict::Fail => 8,
        Verdict::Error => 7,
        Verdict::Inconclusive | Verdict::NotRun => 6,
        Verdict::Warning => 5,
        Verdict::Pass => 4,
        Verdict::Review => 3,
        Verdict::Skipped => 2,
        Verdict::NotApplicable => 1,
    };
    match verdicts.into_iter().max_by_key(|verdict| weight(*verdict)) {
        None => Verdict::NotRun,
        Some(Verdict::NotRun) => Verdict::Inconclusive,
        Some(verdict) => verdict,
    }
}
