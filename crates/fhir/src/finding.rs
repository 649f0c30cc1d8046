//! What a check found, and where.

use std::fmt;

/// How bad a finding is, as an `OperationOutcome` would say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Not wrong: what was not checked, or what is only preferred.
    Information,
    /// Probably wrong.
    Warning,
    /// Against a rule.
    Error,
}

/// What kind of rule a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A code that is not in the value set that it is bound to.
    Binding,
    /// Too few or too many of an element.
    Cardinality,
    /// An extension that is not known, or stands where it must not.
    Extension,
    /// An invariant that is not met.
    Invariant,
    /// A rule that could not be judged; never a pass.
    NotChecked,
    /// A reference that leads nowhere, or to the wrong type.
    Reference,
    /// An element that fits no slice, or stands in the wrong place among them.
    Slice,
    /// An element that is not known, or of the wrong form.
    Structure,
    /// A value of the wrong form, or not the one that is asked for.
    Value,
}

impl Code {
    /// Gives the code as it is written in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Binding => "binding",
            Self::Cardinality => "cardinality",
            Self::Extension => "extension",
            Self::Invariant => "invariant",
            Self::NotChecked => "not-checked",
            Self::Reference => "reference",
            Self::Slice => "slice",
            Self::Structure => "structure",
            Self::Value => "value",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Severity {
    /// Gives the severity as `OperationOutcome.issue.severity` writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Information => "information",
            Self::Warning => "warning",
        }
    }
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of rule it is about.
    pub code: Code,
    /// Place in the path language, `Appointment.participant[0].actor`.
    pub path: String,
    /// Place in the text: JSON Pointer or XPath.
    pub place: String,
    /// Line in the text, from 1.
    pub line: u32,
    /// Column in the text in characters, from 1.
    pub column: u32,
    /// The same place in bytes of the text; never empty.
    pub bytes: std::ops::Range<usize>,
    /// What is wrong, in plain words.
    pub message: String,
    /// What is asked for, where one value says it.
    pub expected: Option<String>,
    /// What came, where one value says it.
    pub actual: Option<String>,
    /// Address of the structure definition whose rule it is.
    pub profile: Option<String>,
    /// Id of the element in it.
    pub element: Option<String>,
    /// Key of the invariant.
    pub rule: Option<String>,
    /// Address of the value set, profile or extension for want of which the rule could not be judged.
    pub wants: Option<String>,
}

/// A finding whose place is not yet worked out.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) severity: Severity,
    pub(crate) code: Code,
    /// Number of the element.
    pub(crate) node: u32,
    /// Name below the element, where that has no number: it is missing, or not known.
    pub(crate) below: Option<String>,
    /// Byte in the text where it is not the element's own.
    pub(crate) offset: Option<usize>,
    pub(crate) message: String,
    pub(crate) expected: Option<String>,
    pub(crate) actual: Option<String>,
    pub(crate) profile: Option<String>,
    pub(crate) element: Option<String>,
    pub(crate) rule: Option<String>,
    pub(crate) wants: Option<String>,
}

impl Draft {
    pub(crate) fn new(severity: Severity, code: Code, node: u32, message: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            node,
            below: None,
            offset: None,
            message: message.into(),
            expected: None,
            actual: None,
            profile: None,
            element: None,
            rule: None,
            wants: None,
        }
    }

    pub(crate) fn error(code: Code, node: u32, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, node, message)
    }

    pub(crate) fn below(mut self, name: impl Into<String>) -> Self {
        self.below = Some(name.into());
        self
    }

    pub(crate) fn wants(mut self, url: &str) -> Self {
        self.wants = Some(url.to_owned());
        self
    }

    pub(crate) fn at(mut self, offset: usize) -> Self {
        self.offset = Some(offset);
        self
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn actual(mut self, actual: &str) -> Self {
        self.actual = Some(shown(actual));
        self
    }
}

/// Cuts a value to what a message can show.
pub(crate) fn shown(value: &str) -> String {
    use crate::limits::SHOWN_CHARS_MAX;
    match value.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value.to_owned(),
    }
}
