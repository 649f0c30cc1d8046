//! The outcome of one check at one place.

use crate::{CheckId, ExchangeId, RequirementId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// Every value with its word in files and reports.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $word),)*];

            /// Gives its word in files and reports.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Finds the value that a word stands for.
            #[must_use]
            pub fn from_name(word: &str) -> Option<Self> {
                Self::ALL.iter().find(|(_, name)| *name == word).map(|(value, _)| *value)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.name())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// How strongly a requirement binds (RFC 2119).
    Level {
        /// Breaking it never changes a verdict.
        May = "may",
        /// Breaking it fails the supplier.
        Must = "must",
        /// Breaking it warns.
        Should = "should",
    }
}

words! {
    /// What a requirement rests on.
    Basis {
        /// Our reading where the documents are silent; can warn, never fail.
        Assumed = "assumed",
        /// The system's own documents.
        Published = "published",
        /// A standard that those documents point to.
        Standard = "standard",
    }
}

words! {
    /// Whose doing something other than a pass is.
    Cause {
        /// Settings, credentials, hooks or certificates of this run.
        Configuration = "configuration",
        /// The machine, the network, or a system under test that is not there.
        Environment = "environment",
        /// Counterpart itself.
        Simulator = "simulator",
        /// Documents that contradict each other or leave it open.
        Specification = "specification",
        /// The system under test.
        Supplier = "supplier",
    }
}

words! {
    /// What a check found.
    FindingOutcome {
        /// The check could not decide, by our fault.
        Error = "error",
        /// The rule does not hold.
        Fail = "fail",
        /// The rule holds.
        Pass = "pass",
        /// A precondition was not met; with a cause: it could not be judged in this run.
        Skip = "skip",
    }
}

words! {
    /// What a finding does to the verdict.
    FindingEffect {
        /// It fails it.
        Fail = "fail",
        /// Nothing.
        None = "none",
        /// It warns.
        Warning = "warning",
    }
}

words! {
    /// The part of an exchange that a place lies in.
    Part {
        /// The connection beneath.
        Connection = "connection",
        /// The exchange as a whole.
        Exchange = "exchange",
        /// What a hook returned.
        Hook = "hook",
        /// The request.
        Request = "request",
        /// The response.
        Response = "response",
        /// Several exchanges in order.
        Sequence = "sequence",
        /// Durations.
        Timing = "timing",
    }
}

/// A place in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Place {
    /// Which part.
    pub part: Part,
    /// What in it, as the check names it: a JSON Pointer, an XPath, `header X`, `status`.
    pub path: String,
    /// Line in the decoded body, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column in characters, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// Byte range `[from, to)` in the decoded body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<(u64, u64)>,
}

/// The time between two exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The earlier one.
    pub from: ExchangeId,
    /// The later one.
    pub to: ExchangeId,
}

/// The outcome of one check at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// The check.
    pub check: CheckId,
    /// The requirement that it stands for.
    pub requirement: RequirementId,
    /// Level in force: the requirement's, or lower by the check or the workspace.
    pub level: Level,
    /// Basis of the requirement.
    pub basis: Basis,
    /// What was found.
    pub outcome: FindingOutcome,
    /// What it does to the verdict.
    pub effect: FindingEffect,
    /// Whose doing it is, where it is not a pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// What is wrong, one sentence.
    pub message: String,
    /// All that would have been right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<String>,
    /// What was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The exchange in which it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<ExchangeId>,
    /// The times between exchanges that are wrong, where it is about those: the first of them, up to a bound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
}

impl Finding {
    /// Tells whether its check was left out because this run could not judge it, rather than because it did not apply.
    #[must_use]
    pub fn is_unjudged(&self) -> bool {
        self.outcome == FindingOutcome::Skip && self.cause.is_some()
    }
}

impl FindingEffect {
    /// Tells what a failed check does (design: a failed check whose basis is `assumed` has the effect `warning`).
    ///
    /// ```
    /// use counterpart_evidence::{Basis, FindingEffect, Level};
    /// assert_eq!(FindingEffect::of_failure(Level::Must, Basis::Published), FindingEffect::Fail);
    /// assert_eq!(FindingEffect::of_failure(Level::Must, Basis::Assumed), FindingEffect::Warning);
    /// assert_eq!(FindingEffect::of_failure(Level::May, Basis::Standard), FindingEffect::None);
    /// ```
    #[must_use]
    pub fn of_failure(level: Level, basis: Basis) -> Self {
        match (level, basis) {
            (Level::May, _) => Self::None,
            (Level::Must, Basis::Published | Basis::Standard) => Self::Fail,
            (Level::Must | Level::Should, _) => Self::Warning,
        }
    }
}
