//! What a subject is compared with: a literal, a template or an expression, resolved when it is judged.

use crate::subject::Subjects;
use crate::subject::select::{self, Blocked};
use crate::{Expression, Template};
use serde_json::Value;
use std::borrow::Cow;

/// A value that is known when the rule is written, or when it is judged.
#[derive(Clone, Debug)]
pub enum Operand {
    /// An expression; its value keeps its type.
    Expression(Expression),
    /// A value as written.
    Literal(Value),
    /// A template; its value is text.
    Template(Template),
}

impl Operand {
    /// Gives the names that it uses.
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            Self::Expression(expression) => expression.names(),
            Self::Literal(_) => &[],
            Self::Template(template) => template.names(),
        }
    }

    /// Gives its value for one exchange, or why it has none.
    pub(crate) fn resolve(&self, subjects: &Subjects<'_>) -> Result<Cow<'_, Value>, Blocked> {
        match self {
            Self::Expression(expression) => select::evaluate(expression, subjects).map(Cow::Owned),
            Self::Literal(value) => Ok(Cow::Borrowed(value)),
            Self::Template(template) => template
                .render(subjects, &mut subjects.generators())
                .map(|text| Cow::Owned(Value::String(text)))
                .map_err(|fault| Blocked::Us(fault.message)),
        }
    }
}

impl From<Value> for Operand {
    fn from(value: Value) -> Self {
        Self::Literal(value)
    }
}
