//! Which names an expression or template may use, and which it did use.

use super::Compiler;
use counterpart_diag::{Diagnostic, Span, suggest};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Names that hold everywhere.
const EVERYWHERE: [&str; 8] = ["setting", "profile", "claim", "pack", "role", "scenario", "endpoint", "clock"];
/// Those of them that are known before the run.
const SETTLED: [&str; 5] = ["setting", "profile", "claim", "pack", "role"];
/// Names that hold where a message is looked at.
const MESSAGE: [&str; 23] = [
    "mails",
    "files",
    "logs",
    "load",
    "request",
    "response",
    "outcome",
    "effect",
    "started_ms",
    "timing",
    "connection",
    "hook",
    "mail",
    "file",
    "log",
    "exchanges",
    "value",
    "store",
    "now",
    "now_ms",
    "machine_ms",
    "reason",
    "target",
];
/// Names that hold in rules of stubs and players.
const RULE: [&str; 5] = ["attempt", "args", "path", "failed", "last"];

/// The names in force at one place of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    known: BTreeSet<String>,
    captured: BTreeMap<String, Span>,
    used: BTreeSet<String>,
}

impl Scope {
    /// Names of a scenario or a fragment.
    pub(crate) fn scenario() -> Self {
        Self { known: EVERYWHERE.iter().chain(&MESSAGE).map(|name| (*name).to_owned()).collect(), ..Self::default() }
    }

    /// Names that hold before anything was played.
    pub(crate) fn store() -> Self {
        Self { known: SETTLED.iter().map(|name| (*name).to_owned()).collect(), ..Self::default() }
    }

    /// Names of a rule of a stub or a player.
    pub(crate) fn rule() -> Self {
        let mut scope = Self::scenario();
        scope.known.extend(RULE.iter().map(|name| (*name).to_owned()));
        scope
    }

    /// Names of a request, a reply or a check by itself: whoever uses it brings more, so nothing is reported.
    pub(crate) fn open() -> Self {
        let mut scope = Self::rule();
        scope.open_up();
        scope
    }

    /// Takes every name for known from here on.
    pub(crate) fn open_up(&mut self) {
        self.known.insert("*".to_owned());
    }

    /// Adds a name.
    pub(crate) fn add(&mut self, name: &str) {
        self.known.insert(name.to_owned());
    }

    /// Adds a captured name, which somebody must use.
    pub(crate) fn capture(&mut self, name: &str, span: Span) {
        self.known.insert(name.to_owned());
        self.captured.insert(name.to_owned(), span);
    }

    /// Notes that a name is used.
    pub(crate) fn note(&mut self, name: &str) {
        self.used.insert(name.to_owned());
    }

    /// Takes over the uses that another scope noted.
    pub(crate) fn note_all(&mut self, other: &Self) {
        self.used.extend(other.used.iter().cloned());
    }

    fn is_open(&self) -> bool {
        self.known.contains("*")
    }

    fn knows(&self, name: &str) -> bool {
        self.is_open() || self.known.contains(name)
    }

    /// Names captured and never used, with their places.
    pub(crate) fn unused(&self) -> impl Iterator<Item = (&str, Span)> {
        self.captured.iter().filter(|(name, _)| !self.used.contains(*name)).map(|(name, span)| (name.as_str(), *span))
    }

    /// Begins a list of uses of its own; what was used so far is handed out, for [`Self::end_uses`].
    pub(crate) fn begin_uses(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.used)
    }

    /// Ends a list of uses: gives it, and adds what was used before it.
    pub(crate) fn end_uses(&mut self, before: BTreeSet<String>) -> BTreeSet<String> {
        let own = self.used.clone();
        self.used.extend(before);
        own
    }
}

impl Compiler<'_> {
    /// Checks the names that an expression or template uses, and notes them.
    pub(crate) fn check_names(&mut self, names: &[String], members: &[String], span: Span, scope: &mut Scope) {
        for name in names {
            scope.note(name);
            if scope.is_open() {
                self.used_openly.insert(name.clone());
            }
            if let Some(used) = self.used_by_open_checks.last_mut() {
                used.insert(name.clone());
            }
            if scope.knows(name) {
                continue;
            }
            let known: Vec<&str> = scope.known.iter().map(String::as_str).collect();
            self.diagnostics.push(
                Diagnostic::error("PK005", format!("`{name}` is not defined here"))
                    .at(span, format!("uses `{name}`"))
                    .note(format!("names in force: {}", known.join(", ")))
                    .help_if(suggest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"))),
            );
        }
        for member in members {
            let Some((root, name)) = member.split_once('.') else { continue };
            let name = name.split(['.', '[']).next().unwrap_or(name);
            self.check_member(root, name, span);
        }
    }

    fn check_member(&mut self, root: &str, name: &str, span: Span) {
        let Some(Value::Object(values)) = self.globals.get(root) else { return };
        if root == "setting" {
            self.settings_used.insert(name.to_owned());
        }
        if values.contains_key(name) || self.unset.iter().any(|unset| unset == name) {
            return;
        }
        let known: Vec<&str> = values.keys().map(String::as_str).chain(self.unset.iter().map(String::as_str)).collect();
        let what = match root {
            "pack" => "value under `let`",
            "profile" => "switch",
            other => other,
        };
        self.diagnostics.push(
            Diagnostic::error("PK005", format!("the pack has no {what} `{name}`"))
                .at(span, format!("uses `{root}.{name}`"))
                .note(format!("declared: {}", known.join(", ")))
                .help_if(suggest(name, known.iter().copied()).map(|near| format!("did you mean `{root}.{near}`?"))),
        );
    }
}
