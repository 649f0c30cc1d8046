//! How we behave as a client.

use crate::model::{Condition, Let, Step};
use crate::read::{record, word};
use crate::{Cel, Flag, Spanned, Text, Time, WordList};

record! {
    /// A file in `players/`.
    PlayerFile "a player file" {
        /// What it stands for.
        required title "title": Text,
        /// Rules, each for an action or a rhythm.
        list rules "rules": PlayerRule,
    }
}

record! {
    /// What a player does on an action, or every so often.
    PlayerRule "a player rule" {
        /// Name, unique in its file.
        required id "id": Text,
        /// Actions.
        optional on "on": WordList,
        /// Rhythm, from the moment each was due. Where an action starts it, the next such action starts it anew.
        optional every "every": Time,
        /// Named values, worked out in order.
        map lets "let": Let,
        /// Conditions that must hold.
        list when "when": Condition,
        /// CEL that gives what the action returns at once.
        optional returns "returns": Cel,
        /// Steps done before the answer to the action.
        list first "first": Step,
        /// Steps done after the answer to the action, on their own time.
        list steps "do": Step,
        /// Tries `do` again where it fails.
        optional retry "retry": Retry,
        /// Steps where `do` came through.
        list then "then": Step,
        /// Steps where every try failed.
        list otherwise "else": Step,
        /// CEL that gives the queue that this waits in: one after the other by key.
        optional queue "queue": Cel,
    }
}

word! {
    /// What a retry limit counts.
    RetryCount "count" {
        /// Requests in all.
        "requests" Requests,
        /// Requests after the first.
        "resends" Resends,
    }
}

record! {
    /// When and how often to try again.
    Retry "retry" {
        /// Conditions, any of which means failed; without them anything but the step's `expect` holding.
        list failed "failed": Condition,
        /// First gap.
        required first "first": Time,
        /// Each gap is this many times the one before; 1 without. CEL.
        optional factor "factor": Cel,
        /// Longest gap.
        optional longest "longest": Time,
        /// How many; CEL.
        required max "max": Cel,
        /// What `max` counts; CEL giving `requests` or `resends`; `requests` without.
        optional count "count": Cel,
        /// Random time added to each gap, up to this.
        optional jitter "jitter": Time,
        /// Status codes after which no further try is made.
        list skip "skip": Spanned<i64>,
        /// Whether `Retry-After` is heeded (RFC 9110 §10.2.3).
        optional heed_retry_after "heed-retry-after": Flag,
    }
}
