//! The one table of exit codes.

use counterpart_evidence::{RunRecord, Verdict};
use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Pass or warning.
    Pass = 0,
    /// Fail; a surviving mutant; a digest that does not match; news in `diff`.
    Fail = 1,
    /// Wrong file, option or setting.
    Usage = 2,
    /// Our side, the machine or the network broke.
    Error = 3,
    /// Inconclusive, nothing selected, interrupted; incomplete where that was asked for.
    Inconclusive = 4,
}

impl Exit {
    /// Gives the one that says more of two runs, in the order of the verdicts' roll-up.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        const ORDER: [Exit; 5] = [Exit::Fail, Exit::Error, Exit::Usage, Exit::Inconclusive, Exit::Pass];
        ORDER.into_iter().find(|exit| [self, other].contains(exit)).unwrap_or(self)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ended before it had anything to judge.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The machine, the network, or us; reads after `error: `.
    Ours(String),
    /// A file, option or setting of the user; reads after `error: `.
    Usage(String),
}

impl Trouble {
    /// Gives the exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Ours(_) => Exit::Error,
            Self::Usage(_) => Exit::Usage,
        }
    }

    /// Gives the reason.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Ours(reason) | Self::Usage(reason) => reason,
        }
    }
}

/// Whoever says nothing of whose fault it is speaks of ours.
impl From<String> for Trouble {
    fn from(reason: String) -> Self {
        Self::Ours(reason)
    }
}

/// What a run's record asks for beside its verdict.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Strictness {
    /// A warning fails.
    pub(crate) strict: bool,
    /// What is incomplete is inconclusive.
    pub(crate) require_complete: bool,
}

/// Gives the exit code of a run.
pub(crate) fn of_record(record: &RunRecord, strictness: Strictness) -> Exit {
    let incomplete = record.partial || record.summary.review > 0;
    match record.verdict {
        Verdict::Fail => Exit::Fail,
        Verdict::Error => Exit::Error,
        Verdict::Pass | Verdict::Warning if strictness.require_complete && incomplete => Exit::Inconclusive,
        Verdict::Warning if strictness.strict => Exit::Fail,
        Verdict::Pass | Verdict::Warning => Exit::Pass,
        Verdict::Inconclusive | Verdict::NotRun | Verdict::Review | Verdict::Skipped | Verdict::NotApplicable => {
            Exit::Inconclusive
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn a_later_run_does_not_hide_a_worse_one() {
        assert_eq!(Exit::Fail.or_worse(Exit::Inconclusive), Exit::Fail);
        assert_eq!(Exit::Inconclusive.or_worse(Exit::Error), Exit::Error);
        assert_eq!(Exit::Pass.or_worse(Exit::Pass), Exit::Pass);
    }
}
