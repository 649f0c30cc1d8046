//! Evaluates the invariants of an element.

use super::checker::Checker;
use crate::definitions::{Constraint, Element, Profile};
use crate::finding::{Code, Draft, Severity};
use crate::path::{self, Failure};
use std::cell::Cell;
use std::sync::Arc;

impl<'c> Checker<'c> {
    /// Evaluates what was not evaluated on the element before: a profile repeats the invariants of its base.
    pub(super) fn invariants(&mut self, node: u32, profile: &'c Profile, element: &'c Element) {
        for constraint in &element.constraints {
            let identity = Arc::as_ptr(&constraint.expression) as usize;
            if self.judged.insert((node, identity)) {
                self.invariant(node, constraint, profile, element);
            }
        }
    }

    fn invariant(&mut self, node: u32, constraint: &Constraint, profile: &'c Profile, element: &'c Element) {
        let result = match &*constraint.expression {
            Ok(expression) => {
                let resolve = |node: u32, reference: &str| self.links.resolve(node, reference);
                let version = self.definitions.version();
                let context = path::Context { tree: self.tree, resolve: &resolve, version, steps: Cell::new(0) };
                let result = path::boolean(expression, node, &context);
                let steps = context.steps.get();
                self.steps = self.steps.saturating_add(steps);
                result
            }
            Err(reason) => Err(Failure::Wrong(reason.clone())),
        };
        let key = &constraint.key;
        let mut draft = match result {
            Ok(Some(true)) => return,
            Ok(Some(false)) => {
                let severity = if constraint.is_error { Severity::Error } else { Severity::Warning };
                Draft::new(severity, Code::Invariant, node, format!("{key}: {}", constraint.human))
            }
            undecided => {
                // Neither true nor false is neither met nor broken.
                let reason =
                    undecided.err().map_or("its expression gives nothing here".to_owned(), |failure| failure.reason().to_owned());
                let message = format!("not checked: {key} ({}): {reason}", constraint.human);
                Draft::new(Severity::Information, Code::NotChecked, node, message)
            }
        };
        draft.rule = Some(key.clone());
        self.tell_of(draft, profile, element);
    }
}
