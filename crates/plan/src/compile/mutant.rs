//! Mutants: what each changes, what it plays, what must fail, and what the pack says of checks that none can prove.

use super::scenario::{has_prefix, names};
use super::{Compiler, Scope};
use crate::model::{Connecting, Defect, Mutant, Proof, Scenario, Survivor, Trust};
use crate::mutant::{changed, is_removed, judge, rule_in, rules};
use crate::settings::typed;
use counterpart_diag::{Diagnostic, Span};
use counterpart_evidence::Role;
use counterpart_matching::Edit;
use counterpart_scenario::model::{self as record, MutantFile, MutantItem, PlayerRule, RequestItem, StubRule, TrustWord};
use counterpart_scenario::{Node, Read, Reader, Text};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Gives a check's id without the variant of its scenario: `x[row]#id` is `x#id`.
#[must_use]
pub fn without_variant(check: &str) -> String {
    match (check.find('['), check.rfind("]#")) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &check[..from], &check[to + 1..]),
        _ => check.to_owned(),
    }
}

impl<'a> Compiler<'a> {
    /// Gives what proves the checks of a role, references checked.
    pub(crate) fn proof(&mut self, played: Role) -> Proof {
        let Some(file) = &self.main().mutants else { return Proof::default() };
        let file = &file.record;
        let known = self.known_checks();
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        let mut proof = Proof::default();
        for item in &file.mutants {
            if let Some(first) = seen.insert(&item.id.value, item.id.span) {
                self.diagnostics.push(
                    Diagnostic::error("PK003", format!("mutant `{}` is declared twice", item.id.value))
                        .at(item.id.span, "again here")
                        .also(first, "first here"),
                );
            }
            if judge(item) == played {
                self.report_change(item);
                self.report_empty(item);
                item.fails.iter().for_each(|name| self.report_check(name, &known));
                proof.mutants.push(Mutant {
                    id: item.id.value.clone(),
                    title: item.title.value.clone(),
                    role: played,
                    plays: names(&item.plays),
                    fails: item.fails.iter().map(|name| name.value.clone()).collect(),
                });
            }
        }
        self.exceptions(file, played, &known, &mut proof);
        proof
    }

    /// Reads survivors, implied and unprovable checks.
    fn exceptions(&mut self, file: &MutantFile, played: Role, known: &BTreeSet<String>, proof: &mut Proof) {
        let survivors = file.survivors.iter().filter(|item| super::scenario::role(item.role) == played);
        proof.survivors = survivors
            .map(|item| Survivor {
                message: item.message.value.clone(),
                mutation: item.mutation.value.clone(),
                reason: item.reason.value.clone(),
                span: item.span,
            })
            .collect();
        for (name, by) in &file.implied {
            self.report_check(name, known);
            self.report_check(by, known);
            proof.implied.insert(name.value.clone(), by.value.clone());
        }
        for (name, reason) in &file.unprovable {
            self.report_check(name, known);
            proof.unprovable.insert(name.value.clone(), reason.value.clone());
        }
    }

    pub(super) fn known_checks(&self) -> BTreeSet<String> {
        // A scenario's check belongs to one role, so those of the other are taken from its records.
        let own = |file: &crate::tree::Filed<record::ScenarioFile>| {
            let mut ids = Vec::new();
            check_ids(&file.node, &mut ids);
            ids.into_iter().map(|id| format!("{}#{id}", file.record.id.value)).collect::<Vec<_>>()
        };
        self.check_records.keys().cloned().chain(self.main().scenarios.iter().flat_map(own)).collect()
    }

    pub(super) fn report_check(&mut self, name: &Text, known: &BTreeSet<String>) {
        if !known.contains(&name.value) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            self.unknown("check", name, &known);
        }
    }

    /// Reports mutants that play nothing; what could not be read may be what they play, so it is asked last.
    pub(crate) fn report_plays(&mut self, scenarios: &[Arc<Scenario>], played: Role) {
        let items = self.main().mutants.iter().flat_map(|file| &file.record.mutants);
        for item in items.filter(|item| judge(item) == played) {
            self.report_play(item, scenarios, played);
        }
    }

    fn report_play(&mut self, item: &MutantItem, scenarios: &[Arc<Scenario>], played: Role) {
        let pack = &self.main().name;
        for prefix in &item.plays {
            let full = format!("{pack}/{}", prefix.value);
            let selects = |one: &Arc<Scenario>| has_prefix(one.id.as_str(), &prefix.value) || has_prefix(one.id.as_str(), &full);
            if !scenarios.iter().any(selects) {
                let message = format!("mutant `{}` plays no scenario of role {}", item.id.value, played.name());
                self.diagnostics.push(
                    Diagnostic::error("PK016", message)
                        .at(prefix.span, "selects nothing")
                        .help("name a scenario of that role, or a folder with some"),
                );
            }
        }
    }

    fn report_empty(&mut self, item: &MutantItem) {
        for (list, key) in [(&item.plays, "plays"), (&item.fails, "fails")] {
            if list.is_empty() {
                self.diagnostics.push(
                    Diagnostic::error("PK016", format!("mutant `{}` has nothing under `{key}`", item.id.value))
                        .at(item.id.span, "proves nothing"),
                );
            }
        }
    }

    /// Reports a rule that is not there and a change that changes nothing or does not fit.
    fn report_change(&mut self, item: &MutantItem) {
        self.report_settings(item);
        let elsewhere = !item.set.is_empty() || item.listen.is_some() || item.connect.is_some();
        let of_rule =
            item.change.is_some() || !item.patch.is_empty() || !item.edit.is_empty() || item.before.is_some() || is_removed(item);
        if rules(item).next().is_none() && (of_rule || !elsewhere) {
            self.changes_nothing(item, item.id.span, "it names no `rule`");
        }
        rules(item).for_each(|rule| self.report_rule(item, rule, of_rule));
    }

    fn report_rule(&mut self, item: &MutantItem, rule: &Text, of_rule: bool) {
        let Some((path, node)) = self.mutated_rule(item, rule) else {
            let known = self.mutable_rules(judge(item));
            self.unknown("rule to change", rule, &known.iter().map(String::as_str).collect::<Vec<_>>());
            return;
        };
        match changed(item, node.clone()) {
            Err(fault) => {
                let span = item.patch.first().map_or(rule.span, |operation| operation.span);
                self.diagnostics.push(
                    Diagnostic::error(
                        "PK016",
                        format!("the patch of mutant `{}` does not fit: {}", item.id.value, fault.message),
                    )
                    .at(span, "cannot be applied to the rule"),
                );
            }
            Ok(rule) => self.report_changed(item, &path, node, &rule, of_rule),
        }
    }

    fn report_changed(&mut self, item: &MutantItem, path: &str, before: &Node, after: &Node, of_rule: bool) {
        let merges = item.change.is_some() || !item.patch.is_empty();
        // Only what a rule, a reply or a request sends can be edited.
        let sends = ["stubs/", "players/", "requests/"].iter().any(|folder| path.starts_with(folder));
        let before_edits = self.diagnostics.as_slice().len();
        let edits = self.compiled_edits(&item.edit);
        // Edits that do not compile are mistakes of their own.
        let empty = edits.is_empty() && self.diagnostics.as_slice().len() == before_edits;
        let no_edit = !item.edit.is_empty() && (empty || !sends);
        if !of_rule || merges && before.same_as(after) || no_edit {
            self.changes_nothing(item, item.id.span, "the mirror stays as it is");
        }
        let mut reader = Reader::new(&mut self.diagnostics);
        let written = [merges.then_some(after), item.before.as_ref()];
        for node in written.into_iter().flatten() {
            match path.split('/').next() {
                Some("players") => drop(PlayerRule::read(node, &mut reader)),
                Some("requests") => drop(RequestItem::read(node, &mut reader)),
                // A reply of a stub file has no id.
                Some("stubs") if node.key("id").is_some() => drop(StubRule::read(node, &mut reader)),
                _ => {}
            }
        }
    }

    fn report_settings(&mut self, item: &MutantItem) {
        for (name, node) in &item.set {
            let records = &self.main().pack.record.settings;
            let Some(setting) = records.iter().find(|setting| setting.name.value == name.value) else {
                let known: Vec<&str> = records.iter().map(|setting| setting.name.value.as_str()).collect();
                self.unknown("setting", name, &known);
                continue;
            };
            match typed(setting, &setting_text(node)) {
                Err(reason) => self.diagnostics.push(
                    Diagnostic::error("PK008", format!("setting `{}`: {reason}", name.value)).at(node.span, "not a value for it"),
                ),
                Ok(value) if setting.default.as_ref().is_some_and(|default| default.to_json() == value) => {
                    self.changes_nothing(item, node.span, "the setting's default");
                }
                Ok(_) => {}
            }
        }
    }

    fn changes_nothing(&mut self, item: &MutantItem, span: Span, label: &str) {
        self.diagnostics.push(
            Diagnostic::error("PK016", format!("mutant `{}` changes nothing", item.id.value))
                .at(span, label)
                .help("give a `rule` with `change`, `patch`, `edit`, `before` or `remove`, or one of `set`, `listen`, `connect`"),
        );
    }

    /// Finds a rule that a mutant names, with the path of its file.
    fn mutated_rule(&self, item: &MutantItem, rule: &Text) -> Option<(String, &'a Node)> {
        let trees = self.trees;
        trees.iter().flat_map(crate::tree::Tree::nodes).find_map(|(path, node)| {
            let rule = rule_in(item, rule, &path, node)?;
            Some((path, rule))
        })
    }

    fn mutable_rules(&self, role: Role) -> Vec<String> {
        let mut rules = Vec::new();
        for tree in self.trees {
            match role {
                Role::Consumer => {
                    for (name, file) in &tree.stubs {
                        rules.extend(file.record.rules.iter().map(|rule| format!("{name}#{}", rule.id.value)));
                        rules.extend(file.record.replies.iter().map(|(reply, _)| format!("{name}#{}", reply.value)));
                    }
                }
                Role::Provider => {
                    for (name, file) in &tree.players {
                        rules.extend(file.record.rules.iter().map(|rule| format!("{name}#{}", rule.id.value)));
                    }
                }
            }
            let requests = tree.requests.iter().flat_map(|file| &file.record.requests);
            rules.extend(requests.map(|request| format!("requests#{}", request.id.value)));
            rules.extend(tree.fragments.keys().map(|name| format!("fragments#{name}")));
            rules.extend(tree.pack.record.endpoints.iter().map(|endpoint| format!("endpoints#{}", endpoint.name.value)));
            rules.extend(tree.store.iter().map(|_| "store".to_owned()));
        }
        rules
    }

    /// Gives the mutant that is in force.
    pub(crate) fn mutant(&self) -> Option<&'a MutantItem> {
        let wanted = self.options.mutant.as_ref()?;
        self.main().mutants.iter().flat_map(|file| &file.record.mutants).find(|item| item.id.value == *wanted)
    }

    /// Gives the edits of the mutant in force where its rule is one that is meant.
    pub(crate) fn edits_of(&mut self, meant: impl Fn(&str) -> bool) -> Vec<Edit> {
        let item = self.mutant().filter(|item| rules(item).any(|rule| meant(&rule.value)));
        item.map(|item| self.compiled_edits(&item.edit)).unwrap_or_default()
    }

    /// Gives what the mutant in force changes beside the files.
    pub(crate) fn defect(&mut self) -> Defect {
        let Some(item) = self.mutant() else { return Defect::default() };
        let listen = item.listen.as_ref().and_then(|listen| self.listen(listen, &mut Scope::scenario()));
        let connect = item.connect.as_ref().map(|connect| Connecting {
            certificate: connect.certificate.as_ref().map(|name| name.value.clone()),
            tls: connect.tls.as_ref().map(|offer| super::message::offer(Some(offer))),
            trust: match connect.trust {
                Some(TrustWord::Anybody) => Trust::Anybody,
                Some(TrustWord::Chain) | None => Trust::Chain,
            },
        });
        Defect { listen, connect }
    }
}

/// Gives the text of a setting's value, as an option would give it.
pub(crate) fn setting_text(node: &Node) -> String {
    node.text().map_or_else(|| node.to_json().to_string(), ToOwned::to_owned)
}

/// Finds the ids of checks that are written in a scenario: maps with `id` and `requirement`.
fn check_ids(node: &Node, ids: &mut Vec<String>) {
    use counterpart_scenario::Data;
    match &node.data {
        Data::List(items) => items.iter().for_each(|item| check_ids(item, ids)),
        Data::Map(entries) => {
            if node.key("requirement").is_some() {
                ids.extend(node.key("id").and_then(Node::text).map(ToOwned::to_owned));
            }
            entries.iter().for_each(|entry| check_ids(&entry.value, ids));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::without_variant;

    #[test]
    fn a_check_of_a_variant_is_the_scenarios() {
        assert_eq!(without_variant("p/a/b[expired]#c"), "p/a/b#c");
        assert_eq!(without_variant("p/a/b#c"), "p/a/b#c");
        assert_eq!(without_variant("named"), "named");
    }
}
