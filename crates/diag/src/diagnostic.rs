//! One thing that is wrong with what the user gave, and a list of such things.

use crate::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The file or option cannot be used.
    Error,
    /// It can be used, and is likely not what was meant.
    Warning,
}

/// A span with the few words beside its carets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The smallest text that the user must look at.
    pub span: Span,
    /// What is said of it.
    pub text: String,
}

/// One mistake, its place and its mend.
///
/// ```
/// use counterpart_diag::{Diagnostic, Sources, Span, Style, render};
/// let mut sources = Sources::default();
/// let id = sources.add("created.yaml", "- stauts: 201\n");
/// let diagnostic = Diagnostic::error("SC012", "unknown field `stauts`")
///     .at(Span::new(id, 2, 8), "not a field of `expect`")
///     .help("did you mean `status`?");
/// assert!(render(&[diagnostic], &sources, Style::Plain).contains("created.yaml:1:3"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Two letters and three digits; a code never changes its meaning.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// One sentence without a full stop.
    pub message: String,
    /// The place to change; `None` for options and whole files.
    pub primary: Option<Label>,
    /// Other places that explain it, such as a first declaration.
    pub secondary: Vec<Label>,
    /// Facts, such as the list of what is allowed.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Starts an error with its code and message.
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// Starts a warning with its code and message.
    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Sets the place to change and what is said of it.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.primary = Some(Label { span, text: text.into() });
        self
    }

    /// Adds a place that explains the mistake.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Sets what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Sets what to do where something is known.
    #[must_use]
    pub fn help_if(mut self, text: Option<String>) -> Self {
        self.help = text.or(self.help);
        self
    }
}

/// The diagnostics of one pass, in the order in which they were found.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Adds all of another list.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Diagnostic>) {
        self.found.extend(more);
    }

    /// Tells whether one of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Tells whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Gives them in the order of their places, without doubles.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|diagnostic| {
            diagnostic.primary.as_ref().map_or((u32::MAX, 0), |label| (label.span.source.number(), label.span.start))
        });
        self.found.dedup();
        self.found
    }

    /// Gives them as they were found.
    #[must_use]
    pub fn as_slice(&self) -> &[Diagnostic] {
        &self.found
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.into_iter()
    }
}
