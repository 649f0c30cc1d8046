//! Fragments, how steps call them, and captured names that nobody uses.

use super::{Compiler, Scope};
use crate::model::{Act, Do, Fragment};
use counterpart_diag::Diagnostic;
use counterpart_matching::Escape;
use counterpart_scenario::{Node, Text};
use std::sync::Arc;

impl Compiler<'_> {
    pub(super) fn call(&mut self, name: &Text, with: &[(Text, Node)], scope: &mut Scope) -> Option<Act> {
        let Some(fragment) = self.fragment(name) else {
            // What it would have given is not known, and no name that is missed now is a mistake of its own.
            scope.open_up();
            return None;
        };
        let declared: Vec<&Text> = self
            .trees
            .iter()
            .find_map(|tree| tree.fragments.get(&name.value))
            .map(|file| file.record.parameters.iter().map(|(name, _)| name).collect())
            .unwrap_or_default();
        let names: Vec<&str> = declared.iter().map(|name| name.value.as_str()).collect();
        for (given, _) in with.iter().filter(|(given, _)| !names.contains(&given.value.as_str())) {
            self.unknown(&format!("parameter of `{}`", name.value), given, &names);
        }
        for missing in names.iter().filter(|known| !with.iter().any(|(given, _)| given.value == **known)) {
            self.diagnostics.push(
                Diagnostic::error("SC010", format!("fragment `{}` needs `{missing}`", name.value))
                    .at(name.span, format!("`{missing}` is not given")),
            );
        }
        let with = self.shapes(with, Escape::Text, scope);
        for given in &fragment.gives {
            scope.add(given);
        }
        Some(Act::Do(Do { fragment, with }))
    }

    fn fragment(&mut self, name: &Text) -> Option<Arc<Fragment>> {
        self.used.insert(format!("fragment {}", name.value));
        if let Some(done) = self.fragments.get(&name.value) {
            return done.clone();
        }
        let Some(file) = self.trees.iter().find_map(|tree| tree.fragments.get(&name.value)) else {
            let known: Vec<&str> = self.trees.iter().flat_map(|tree| tree.fragments.keys()).map(String::as_str).collect();
            self.unknown("fragment", name, &known);
            return None;
        };
        let fragment = self.guarded("fragment", name, |compiler| {
            let mut scope = Scope::rule();
            for (parameter, _) in &file.record.parameters {
                scope.add(&parameter.value);
            }
            let steps = compiler.steps(&file.record.steps, Some(&name.value), &mut scope);
            for given in &file.record.gives {
                scope.note(&given.value);
            }
            compiler.note_unused(&scope);
            let gives = file.record.gives.iter().map(|name| name.value.clone()).collect();
            Some(Fragment { name: name.value.clone(), title: file.record.title.value.clone(), steps, gives })
        });
        let fragment = fragment.map(Arc::new);
        self.fragments.insert(name.value.clone(), fragment.clone());
        fragment
    }

    /// Notes captured values that the steps of a file do not use; a check or request that is yet to be compiled may.
    pub(crate) fn note_unused(&mut self, scope: &Scope) {
        self.unused.extend(scope.unused().map(|(name, span)| (name.to_owned(), span)));
    }

    /// Reports captured values that nobody uses.
    pub(crate) fn report_unused(&mut self) {
        for (name, span) in std::mem::take(&mut self.unused) {
            if self.used_openly.contains(&name) {
                continue;
            }
            self.diagnostics.push(
                Diagnostic::error("PK006", format!("`{name}` is captured and never used"))
                    .at(span, "never used")
                    .help("use it in a later step, or leave the capture out"),
            );
        }
    }
}
