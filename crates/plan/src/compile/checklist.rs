//! The authority's checklist: each row resolved to what it stands for in a role, and what no row asks for reported.

use super::{Compiler, has_prefix, role};
use crate::model::{Checks, Scenario};
use crate::options::Purpose;
use counterpart_diag::{Diagnostic, Span};
use counterpart_evidence::{
    Checklist, ChecklistColumn, ChecklistItem, ChecklistPart, ChecklistRest, PartKind, Role, RowVerdict, ScenarioId, ShownBy,
};
use counterpart_scenario::Text;
use counterpart_scenario::model::{ChecklistFile, ChecklistRowItem, RowWords, ShownByWord};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Scenarios of a role with the checks that each applies by itself.
struct Played<'s> {
    role: Role,
    scenarios: Vec<(&'s Scenario, Checks)>,
}

impl Played<'_> {
    fn ids(&self, wanted: impl Fn(&Scenario, &Checks) -> bool) -> Vec<ScenarioId> {
        let found = self.scenarios.iter().filter(|(scenario, checks)| wanted(scenario, checks));
        found.map(|(scenario, _)| scenario.id.clone()).collect()
    }

    fn covering(&self, requirement: &str) -> Vec<ScenarioId> {
        self.ids(|scenario, _| scenario.covers.iter().any(|id| id.as_str() == requirement))
    }
}

/// Whether the pack has what a row names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    All,
    Some,
}

impl Compiler<'_> {
    /// Gives the checklist of a role, references checked.
    pub(super) fn checklist(&mut self, role: Role, scenarios: &[Arc<Scenario>]) -> Option<Checklist> {
        let file = &self.main().checklist.as_ref()?.record;
        let with_checks = |scenario: &'_ Arc<Scenario>| scenario.checks();
        let played = Played { role, scenarios: scenarios.iter().map(|one| (&**one, with_checks(one))).collect() };
        let (mut spans, known) = (BTreeMap::new(), self.known_checks());
        for column in &file.columns {
            self.first(&mut spans, "column of the checklist", &column.id);
        }
        let mut rows = Vec::new();
        for item in &file.rows {
            self.first(&mut spans, "row of the checklist", &item.id);
            rows.push(self.row(file, item, &played, &known));
        }
        self.report_uncovered_names(file, &known);
        Some(Checklist {
            title: file.title.value.clone(),
            source: file.source.as_ref().map(|source| source.value.clone()),
            columns: (file.columns.iter())
                .map(|column| ChecklistColumn { id: column.id.value.clone(), title: column.title.value.clone() })
                .collect(),
            rows,
        })
    }

    fn row(
        &mut self,
        file: &ChecklistFile,
        item: &ChecklistRowItem,
        played: &Played<'_>,
        known: &BTreeSet<String>,
    ) -> ChecklistItem {
        let columns: Vec<&str> = file.columns.iter().map(|column| column.id.value.as_str()).collect();
        for (name, _) in item.cells.iter().filter(|(name, _)| !columns.contains(&name.value.as_str())) {
            self.unknown("column of the checklist", name, &columns);
        }
        let (parts, found) = self.parts_of_row(item, played, known);
        self.report_row(item, (&parts, found), played.role);
        let mut words = BTreeMap::new();
        for given in file.words.iter().chain(&item.words) {
            words.extend(worded(given));
        }
        ChecklistItem {
            id: item.id.value.clone(),
            text: item.text.value.clone(),
            roles: item.roles.iter().map(|word| role(*word)).collect(),
            parts,
            rest: item
                .by
                .zip(item.still.as_ref())
                .map(|(by, still)| ChecklistRest { by: shown_by(by), text: still.value.clone() }),
            cells: item.cells.iter().map(|(name, text)| (name.value.clone(), text.value.clone())).collect(),
            words,
        }
    }

    /// Gives what a row stands for in the role, each thing with the scenarios that show it, and whether the pack has all of it.
    fn parts_of_row(
        &mut self,
        item: &ChecklistRowItem,
        played: &Played<'_>,
        known: &BTreeSet<String>,
    ) -> (Vec<ChecklistPart>, Found) {
        let mut spans = BTreeMap::new();
        let (mut parts, mut found) = (Vec::new(), Found::All);
        let mut part = |kind, id: &Text, scenarios| parts.push(ChecklistPart { kind, id: id.value.clone(), scenarios });
        for name in &item.requirements {
            self.first(&mut spans, "requirement of the row", name);
            match self.requirements.get(&name.value).cloned() {
                Some(requirement) if self.tested_in(&requirement, played.role) => {
                    part(PartKind::Requirement, name, played.covering(&name.value));
                }
                Some(_) => {}
                None => {
                    found = Found::Some;
                    let known: Vec<String> = self.requirements.keys().cloned().collect();
                    self.unknown("requirement", name, &known.iter().map(String::as_str).collect::<Vec<_>>());
                }
            }
        }
        for name in &item.checks {
            self.first(&mut spans, "check of the row", name);
            if !known.contains(&name.value) {
                found = Found::Some;
            }
            self.report_check(name, known);
            if let Some(scenarios) = self.scenarios_of_check(item, name, played) {
                part(PartKind::Check, name, scenarios);
            }
        }
        for name in &item.scenarios {
            self.first(&mut spans, "scenario of the row", name);
            let prefix = self.full_prefix(&name.value);
            let ids = played.ids(|scenario, _| has_prefix(scenario.id.as_str(), &prefix));
            if !ids.is_empty() {
                part(PartKind::Scenario, name, ids);
            } else if !self.main().scenarios.iter().any(|file| has_prefix(&file.record.id.value, &prefix)) {
                found = Found::Some;
                let known: Vec<&str> = self.main().scenarios.iter().map(|file| file.record.id.value.as_str()).collect();
                self.unknown("scenario", name, &known);
            }
        }
        (parts, found)
    }

    /// Gives the scenarios that show a check of a row, where the check is applied in the role.
    fn scenarios_of_check(&mut self, item: &ChecklistRowItem, name: &Text, played: &Played<'_>) -> Option<Vec<ScenarioId>> {
        let requirement = self.requirement_of(&name.value, played.role)?;
        if item.requirements.iter().any(|named| named.value == requirement) {
            let message = format!("row `{}` names check `{}` and all of its requirement", item.id.value, name.value);
            self.wrong_row(message, name.span, "said twice", &format!("`{requirement}` stands for each of its checks"));
        }
        let own = played.ids(|_, checks| checks.contains_key(&name.value));
        // A check of our rules, or one that applies everywhere, is shown where its requirement is.
        Some(if own.is_empty() { played.covering(&requirement) } else { own })
    }

    fn full_prefix(&self, name: &str) -> String {
        let pack = &self.main().name;
        if has_prefix(name, pack) { name.to_owned() } else { format!("{pack}/{name}") }
    }

    /// Gives the requirement of a check that is applied in the role.
    fn requirement_of(&self, check: &str, role: Role) -> Option<String> {
        let named = self.check_records.get(check).map(|(item, _)| item.requirement.value.clone());
        let own = || {
            let mut all = self.checks_of_scenarios.iter().map(|(check, _)| check);
            all.find(|known| crate::without_variant(known.id.as_str()) == check).map(|known| known.requirement.to_string())
        };
        let requirement = named.or_else(own)?;
        self.requirements.get(&requirement).filter(|requirement| self.tested_in(requirement, role))?;
        Some(requirement)
    }

    /// Reports a row that could never say anything.
    fn report_row(&mut self, item: &ChecklistRowItem, (parts, found): (&[ChecklistPart], Found), played: Role) {
        let row = &item.id.value;
        if item.roles.is_empty() {
            let help = "say `roles: [consumer]` where a server is asked, `roles: [provider]` where a client is";
            self.wrong_row(format!("row `{row}` has no role"), item.id.span, "about nobody", help);
        }
        match (&item.by, &item.still) {
            (Some(_), None) => {
                let help = "say under `still` what is to be shown";
                self.wrong_row(
                    format!("row `{row}` says who shows it, and not what"),
                    item.id.span,
                    "`by` without `still`",
                    help,
                );
            }
            (None, Some(still)) => {
                let help = "say `by: person` or `by: integration-environment`";
                self.wrong_row(format!("row `{row}` says what is still to be shown, and not by whom"), still.span, "", help);
            }
            _ => {}
        }
        let in_role = item.roles.iter().any(|word| role(*word) == played);
        if found == Found::All && parts.is_empty() && in_role && item.by.is_none() && item.still.is_none() {
            let message = format!("row `{row}` stands for nothing in role {}", played.name());
            let help = "name requirements, checks or scenarios of that role, or say with `by` and `still` who shows what";
            self.wrong_row(message, item.id.span, "could never be shown", help);
        }
        if let Some(part) = parts.first().filter(|_| !in_role && !item.roles.is_empty()) {
            let message = format!("row `{row}` names {} `{}`, which is of role {}", part.kind, part.id, played.name());
            self.wrong_row(message, item.id.span, "not a role of the row", "add the role under `roles`, or make another row");
        }
    }

    fn wrong_row(&mut self, message: String, span: Span, label: &str, help: &str) {
        self.diagnostics.push(Diagnostic::error("PK021", message).at(span, label).help(help));
    }

    /// Reports names under `uncovered` that mean nothing, or that a row asks for after all.
    fn report_uncovered_names(&mut self, file: &ChecklistFile, known: &BTreeSet<String>) {
        let asked: BTreeSet<&str> = named(file).map(|name| name.value.as_str()).collect();
        for name in file.uncovered.iter().flat_map(|item| &item.ids) {
            let all: Vec<&str> = self.requirements.keys().chain(known).map(String::as_str).collect();
            let meant: Vec<&&str> = all.iter().filter(|id| matches(&name.value, id)).collect();
            if meant.is_empty() {
                let all: Vec<String> = all.iter().map(|id| (*id).to_owned()).collect();
                self.unknown("requirement or check", name, &all.iter().map(String::as_str).collect::<Vec<_>>());
            } else if meant.iter().all(|id| asked.contains(**id)) {
                let message = format!("`{}` is said to stand in no row, and does", name.value);
                self.wrong_row(message, name.span, "asked for by a row", "take it out of `uncovered`");
            }
        }
    }

    /// Warns of the requirements of a role, and of checks of them, that no row asks for.
    pub(super) fn report_unasked(&mut self, role: Role) {
        // Whoever only plays a pack can do nothing about it.
        let Some(filed) = self.main().checklist.as_ref().filter(|_| self.options.purpose == Purpose::Whole) else { return };
        let (file, start) = (&filed.record, filed.start);
        let left_out: Vec<&str> = file.uncovered.iter().flat_map(|item| &item.ids).map(|name| name.value.as_str()).collect();
        let asked: BTreeSet<&str> = named(file).map(|name| name.value.as_str()).collect();
        let is_asked = |id: &str| asked.contains(id) || left_out.iter().any(|pattern| matches(pattern, id));
        let mut checks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, (item, _)) in &self.check_records {
            checks.entry(item.requirement.value.as_str()).or_default().push(id);
        }
        for (check, _) in &self.checks_of_scenarios {
            checks.entry(check.requirement.as_str()).or_default().push(check.id.as_str());
        }
        let mut unasked: Vec<String> = Vec::new();
        let of_role = self.requirements.values().filter(|requirement| self.tested_in(requirement, role));
        for requirement in of_role.filter(|requirement| !is_asked(requirement.id.as_str())) {
            let checks = checks.get(requirement.id.as_str()).map_or(&[][..], Vec::as_slice);
            let open: Vec<&&str> = checks.iter().filter(|check| !is_asked(check)).collect();
            if open.len() == checks.len() {
                unasked.push(requirement.id.to_string());
            } else {
                unasked.extend(open.into_iter().map(|check| (*check).to_owned()));
            }
        }
        if !unasked.is_empty() {
            let message = format!("no row of the checklist asks for what is judged in role {}", role.name());
            let last = file.rows.iter().rfind(|row| row.roles.iter().any(|word| super::role(*word) == role));
            // Each role at a place of its own, so that neither is taken for the other.
            let place = last.map_or(start, |row| row.id.span);
            let diagnostic = Diagnostic::warning("PK020", message).at(place, "no row to here does").note(unasked.join(", "));
            self.diagnostics.push(diagnostic.help("name it in a row, or under `uncovered` with the reason"));
        }
    }
}

/// Gives every requirement and check that a row names.
fn named(file: &ChecklistFile) -> impl Iterator<Item = &Text> {
    file.rows.iter().flat_map(|row| row.requirements.iter().chain(&row.checks))
}

/// Tells whether an id, or the beginning of ids with `*`, means an id.
fn matches(pattern: &str, id: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == id, |prefix| id.starts_with(prefix))
}

fn shown_by(word: ShownByWord) -> ShownBy {
    match word {
        ShownByWord::Integration => ShownBy::Integration,
        ShownByWord::Person => ShownBy::Person,
    }
}

fn worded(words: &RowWords) -> impl Iterator<Item = (RowVerdict, String)> {
    let RowWords { span: _, error, fail, inconclusive, integration, not_applicable, not_tested, partial, pass, person, warning } =
        words;
    let all = [
        (RowVerdict::Error, error),
        (RowVerdict::Fail, fail),
        (RowVerdict::Inconclusive, inconclusive),
        (RowVerdict::Integration, integration),
        (RowVerdict::NotApplicable, not_applicable),
        (RowVerdict::NotTested, not_tested),
        (RowVerdict::Partial, partial),
        (RowVerdict::Pass, pass),
        (RowVerdict::Person, person),
        (RowVerdict::Warning, warning),
    ];
    all.into_iter().filter_map(|(verdict, text)| Some((verdict, text.as_ref()?.value.clone())))
}
