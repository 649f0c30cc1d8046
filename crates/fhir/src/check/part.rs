//! The parts of a resource that a check is about.

use super::checker::Checker;
use crate::error::Error;
use crate::finding::{Code, Draft};
use crate::instance::ROOT;
use crate::path::{self, Expression};
use std::cell::Cell;
use std::sync::Arc;

/// A path in the path language that selects parts of a resource, the same for JSON and XML.
#[derive(Clone, Debug)]
pub struct Part {
    text: String,
    expression: Arc<Expression>,
}

impl Part {
    /// Reads a path.
    ///
    /// ```
    /// use counterpart_fhir::Part;
    /// assert!(Part::parse("Bundle.entry.resource").is_ok());
    /// assert_eq!(Part::parse("entry.where(").unwrap_err().to_string().split(':').next(), Some("read the path `entry.where(`"));
    /// ```
    ///
    /// # Errors
    /// [`Error::Path`]: it is not in the path language, or uses what is not known here.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match Expression::parse(text) {
            Ok(expression) => Ok(Self { text: text.to_owned(), expression: expression.into() }),
            Err(reason) => Err(Error::Path { text: text.to_owned(), reason }),
        }
    }

    /// Gives the path as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Checker<'_> {
    /// Gives the elements that a path selects, each once; that there is none, or that it cannot be told, is a finding.
    pub(super) fn parts(&mut self, part: &Part) -> Vec<u32> {
        let resolve = |node: u32, reference: &str| self.links.resolve(node, reference);
        let version = self.definitions.version();
        let context = path::Context { tree: self.tree, resolve: &resolve, version, steps: Cell::new(0) };
        let selected = path::nodes(&part.expression, ROOT, &context);
        match selected {
            Ok(mut nodes) if !nodes.is_empty() => {
                nodes.sort_unstable();
                nodes.dedup();
                nodes
            }
            Ok(_) => {
                self.tell(
                    Draft::error(Code::Cardinality, ROOT, format!("there is nothing at `{}`", part.text)).expected(&part.text),
                );
                Vec::new()
            }
            Err(failure) => {
                let message = format!("not checked: what is at `{}`: {}", part.text, failure.reason());
                self.tell(Draft::error(Code::NotChecked, ROOT, message));
                Vec::new()
            }
        }
    }
}
