//! Scenarios: variants, needs, selection; and the lists of the pack.

use super::{Compiler, Scope};
use crate::limits::ROWS_MAX;
use crate::model::{Action, NOT_SELECTED, Profile, Scenario, Sentinel, Settled, Time, VariantRow};
use crate::tree::Filed;
use counterpart_diag::Diagnostic;
use counterpart_evidence::{Level, RequirementId, Role, ScenarioId, Verdict};
use counterpart_scenario::model::{ClaimNeed, RoleWord, ScenarioFile, Variants};
use counterpart_scenario::{Node, Spanned, Text};
use counterpart_validate::Schema;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) fn role(word: RoleWord) -> Role {
    match word {
        RoleWord::Consumer => Role::Consumer,
        RoleWord::Provider => Role::Provider,
    }
}

pub(super) fn names(texts: &[Text]) -> Vec<String> {
    texts.iter().map(|text| text.value.clone()).collect()
}

impl<'a> Compiler<'a> {
    /// Compiles every scenario of a role, each variant by itself.
    pub(crate) fn scenarios(&mut self, played: Role) -> Vec<Arc<Scenario>> {
        let mut all = Vec::new();
        for file in &self.main().scenarios {
            self.check_path(file);
            if role(file.record.role) == played {
                for row in self.rows(file) {
                    all.extend(self.scenario(file, row).map(Arc::new));
                }
            }
        }
        all.sort_by(|left, right| left.id.cmp(&right.id));
        all
    }

    fn check_path(&mut self, file: &Filed<ScenarioFile>) {
        let expected = format!("{}/{}", self.main().name, file.path.trim_end_matches(".yaml"));
        let id = &file.record.id;
        if id.value != expected {
            self.diagnostics.push(
                Diagnostic::error("PK004", format!("the id of a scenario is its path: `{expected}`"))
                    .at(id.span, "another id")
                    .help(format!("write `id: {expected}`")),
            );
        }
        if file.record.steps.is_empty() {
            self.diagnostics.push(Diagnostic::error("SC010", "a scenario needs `steps`").at(id.span, "tests nothing"));
        }
    }

    /// Gives the variant rows of a scenario, one empty row where it has none.
    fn rows(&mut self, file: &Filed<ScenarioFile>) -> Vec<(Option<String>, VariantRow)> {
        let before = self.diagnostics.as_slice().len();
        let rows = match &file.record.variants {
            None => return vec![(None, VariantRow::new())],
            Some(Variants::Axes(axes)) => combinations(axes),
            Some(Variants::Rows(nodes, axes)) => {
                let written = nodes.iter().filter_map(|node| node.to_json().as_object().cloned());
                written
                    .flat_map(|row| combinations(axes).into_iter().map(move |axes| joined(&row, axes)))
                    .take(ROWS_MAX + 1)
                    .collect()
            }
            Some(Variants::Table(name)) => self.table(name),
            Some(Variants::DefectsOf(name)) => self.defect_rows(name),
        };
        if (rows.is_empty() && self.diagnostics.as_slice().len() == before) || rows.len() > ROWS_MAX {
            self.diagnostics.push(
                Diagnostic::error("PK014", format!("the scenario has {} variants", rows.len()))
                    .at(file.record.id.span, format!("between 1 and {ROWS_MAX} are played")),
            );
        }
        rows.into_iter().take(ROWS_MAX).enumerate().map(|(at, row)| (Some(row_name(&row, at)), row)).collect()
    }

    /// One row for each rule of a schema that can be broken alone in the schema's own `examples[0]`.
    fn defect_rows(&mut self, name: &Text) -> Vec<VariantRow> {
        let Some(schema) = self.schema(name) else { return Vec::new() };
        let file = name.value.split('#').next().unwrap_or("").to_owned();
        let Some(content) = self.content("schemas", &Spanned { value: file, span: name.span }) else { return Vec::new() };
        let value: Value = serde_json::from_slice(&content).unwrap_or_default();
        let Some(instance) = value.pointer("/examples/0") else {
            self.diagnostics.push(
                Diagnostic::error("SX001", format!("schema `{}` has no `examples`", name.value))
                    .at(name.span, "nothing to break")
                    .help("give the schema a valid instance as `examples`"),
            );
            return Vec::new();
        };
        counterpart_validate::defects_of(&value, &schema, instance)
            .into_iter()
            .map(|defect| {
                let mut row = VariantRow::new();
                row.insert("name".to_owned(), json!(defect.id));
                row.insert("describe".to_owned(), json!(defect.describe));
                row.insert("patch".to_owned(), defect.patch);
                row
            })
            .collect()
    }

    fn scenario(&mut self, file: &Filed<ScenarioFile>, (row_name, row): (Option<String>, VariantRow)) -> Option<Scenario> {
        let record = &file.record;
        let id = row_name.map_or_else(|| record.id.value.clone(), |name| format!("{}[{name}]", record.id.value));
        let mut scope = Scope::scenario();
        for column in row.keys() {
            scope.add(column);
        }
        self.settings_used.clear();
        let covers = self.covers(record);
        let using = record.using.iter().filter_map(|name| self.stub(name)).collect();
        let setup = self.steps(&record.setup, Some(&id), &mut scope);
        let steps = self.steps(&record.steps, Some(&id), &mut scope);
        let cleanup = self.steps(&record.cleanup, Some(&id), &mut scope);
        self.note_unused(&scope);
        let claims = self.claims_of(record, &row);
        let settled = self.settled(record, &id, &covers, &claims);
        let needs = record.needs.as_ref();
        for name in needs.iter().flat_map(|needs| &needs.credentials) {
            self.known_credentials(name);
        }
        let list = |pick: fn(&counterpart_scenario::model::Needs) -> &Vec<Text>| {
            needs.map(|needs| names(pick(needs))).unwrap_or_default()
        };
        Some(Scenario {
            id: ScenarioId::new(&id),
            title: record.title.value.clone(),
            purpose: record.purpose.value.clone(),
            role: role(record.role),
            covers,
            claims: names(&claims),
            actions: list(|needs| &needs.actions),
            credentials: list(|needs| &needs.credentials),
            certificates: list(|needs| &needs.certificates),
            endpoints: list(|needs| &needs.endpoints),
            tags: names(&record.tags),
            file: file.path.clone(),
            row,
            exclusive: record.exclusive.as_ref().is_some_and(|flag| flag.value),
            holds: names(&record.holds),
            using,
            setup,
            steps,
            cleanup,
            settled,
        })
    }

    fn covers(&mut self, record: &ScenarioFile) -> Vec<RequirementId> {
        if record.covers.is_empty() {
            self.diagnostics
                .push(Diagnostic::error("SC010", "a scenario needs `covers`").at(record.id.span, "stands for no requirement"));
        }
        for name in &record.covers {
            if !self.requirements.contains_key(&name.value) {
                let known: Vec<String> = self.requirements.keys().cloned().collect();
                self.unknown("requirement", name, &known.iter().map(String::as_str).collect::<Vec<_>>());
            }
            self.used.insert(format!("covered {}", name.value));
        }
        record.covers.iter().map(|name| RequirementId::new(&name.value)).collect()
    }

    /// Settles what is not to be played, with the reason.
    /// Gives the claims that one variant needs.
    fn claims_of(&mut self, record: &ScenarioFile, row: &VariantRow) -> Vec<Text> {
        let mut claims = Vec::new();
        for need in record.needs.iter().flat_map(|needs| &needs.claims) {
            let ClaimNeed::Some(item) = need else {
                claims.push(need.name().clone());
                continue;
            };
            let columns: Vec<&str> = row.keys().map(String::as_str).collect();
            if let Some((name, _)) = item.rows.iter().find(|(name, _)| !row.contains_key(&name.value)) {
                self.unknown("column of the variants", name, &columns);
            } else if item.rows.iter().all(|(name, value)| row.get(&name.value) == Some(&value.to_json())) {
                claims.push(item.claim.clone());
            }
        }
        claims
    }

    fn settled(&mut self, record: &ScenarioFile, id: &str, covers: &[RequirementId], claims: &[Text]) -> Option<Settled> {
        let skipped = |reason: String| Some(Settled { verdict: Verdict::Skipped, reason });
        if !self.is_selected(record, id, covers) {
            return skipped(NOT_SELECTED.to_owned());
        }
        let untestable: Vec<&str> = covers
            .iter()
            .filter_map(|id| self.requirements.get(id.as_str()))
            .filter_map(|requirement| requirement.untestable.as_deref())
            .map(|reason| reason.trim_end_matches('.'))
            .collect();
        if !covers.is_empty() && untestable.len() == covers.len() {
            if covers.iter().all(|id| self.options.attested.contains_key(id)) {
                let evidence: Vec<&str> =
                    covers.iter().filter_map(|id| self.options.attested.get(id)).map(String::as_str).collect();
                return Some(Settled { verdict: Verdict::Pass, reason: format!("attested: {}", evidence.join("; ")) });
            }
            return Some(Settled { verdict: Verdict::Review, reason: distinct(&untestable).join("; ") });
        }
        let needs = record.needs.as_ref();
        for claim in claims {
            match self.globals.get("claim").and_then(|claims| claims.get(&claim.value)) {
                Some(Value::Bool(true)) => {}
                Some(_) => {
                    return Some(Settled {
                        verdict: Verdict::NotApplicable,
                        reason: format!("claim `{}` is answered no", claim.value),
                    });
                }
                None => {
                    let known: Vec<&str> = self.main().pack.record.claims.iter().map(|claim| claim.id.value.as_str()).collect();
                    self.unknown("claim", claim, &known);
                }
            }
        }
        let abilities = self.options.abilities.as_ref()?;
        let lacking = needs
            .iter()
            .flat_map(|needs| &needs.settings)
            .map(|name| name.value.clone())
            .chain(self.settings_used.iter().cloned());
        if let Some(setting) = lacking.into_iter().find(|name| self.unset.contains(name)) {
            return skipped(format!("setting `{setting}` has no value: give it with `--set {setting}=...`"));
        }
        let needs = needs?;
        let missing = |wanted: &[Text], have: &BTreeSet<String>| {
            wanted.iter().find(|name| !have.contains(&name.value)).map(|name| name.value.clone())
        };
        if !abilities.every_action
            && let Some(action) = missing(&needs.actions, &abilities.actions)
        {
            return skipped(format!("no hook and no person for action `{action}`: give it under `[hooks]` of the workspace"));
        }
        if let Some(name) = missing(&needs.credentials, &abilities.credentials) {
            return skipped(format!("no credentials `{name}`: give them under `[credentials.{name}]` of the workspace"));
        }
        if let Some(name) = missing(&needs.certificates, &abilities.certificates) {
            return skipped(format!(
                "no certificate `{name}`: make a test authority with `counterpart certs init`, or give it under `[tls.other.{name}]` of the workspace"
            ));
        }
        if let Some(name) = missing(&needs.endpoints, &abilities.endpoints) {
            return skipped(format!("no address for endpoint `{name}`: give it under `[endpoints]` of the workspace"));
        }
        None
    }

    fn is_selected(&self, record: &ScenarioFile, id: &str, covers: &[RequirementId]) -> bool {
        let selection = &self.options.selection;
        let below = id.split_once('/').map_or(id, |(_, rest)| rest);
        let by_id = selection.scenarios.is_empty()
            || selection.scenarios.iter().any(|prefix| has_prefix(id, prefix) || has_prefix(below, prefix));
        let by_tag = selection.tags.is_empty() || record.tags.iter().any(|tag| selection.tags.contains(&tag.value));
        let levels: Vec<Level> =
            covers.iter().filter_map(|id| self.requirements.get(id.as_str())).map(|requirement| requirement.level).collect();
        let by_level = selection.levels.is_empty() || levels.iter().any(|level| selection.levels.contains(level));
        by_id && by_tag && by_level
    }

    /// Gives the actions that a system under test can be asked to do.
    pub(crate) fn actions(&mut self) -> Vec<Action> {
        let records = &self.main().pack.record.actions;
        let mut actions = Vec::new();
        for record in records {
            let mut scope = Scope::scenario();
            let within = record
                .within
                .as_ref()
                .and_then(|time| self.time(time, &mut scope))
                .unwrap_or(Time::Fixed(crate::limits::ACTION_MS_DEFAULT));
            actions.push(Action {
                name: record.name.value.clone(),
                does: record.does.value.clone(),
                roles: record.roles.iter().map(|word| role(*word)).collect(),
                arguments: record.arguments.iter().map(|(name, text)| (name.value.clone(), text.value.clone())).collect(),
                returned: record.returns.as_ref().and_then(|schema| self.returned(schema)),
                returns: record.returns.as_ref().map(Node::to_json),
                within,
                harmless: record.harmless.as_ref().is_some_and(|flag| flag.value),
            });
        }
        actions
    }

    /// Compiles the schema of what an action returns; it refers to no file.
    fn returned(&mut self, schema: &Node) -> Option<Arc<Schema>> {
        match Schema::compile(&schema.to_json(), &|_| None) {
            Ok(compiled) => Some(Arc::new(compiled)),
            Err(fault) => {
                let message = format!("the schema of what the action returns: {} (at `{}`)", fault.message, fault.pointer);
                self.diagnostics.push(Diagnostic::error("SX001", message).at(schema.span, "no JSON Schema"));
                None
            }
        }
    }

    pub(crate) fn profiles(&self) -> Vec<Profile> {
        let records = &self.main().pack.record.profiles;
        let profile = |record: &counterpart_scenario::model::ProfileItem| Profile {
            name: record.name.value.clone(),
            summary: record.summary.value.clone(),
            set: record.set.iter().map(|(name, node)| (name.value.clone(), node.to_json())).collect(),
        };
        records.iter().map(profile).collect()
    }

    /// Gives the data values that provoke a behaviour.
    pub(crate) fn sentinels(&self) -> Vec<Sentinel> {
        let rules = self
            .trees
            .iter()
            .flat_map(|tree| &tree.stubs)
            .flat_map(|(name, file)| file.record.rules.iter().map(move |rule| (name, rule)));
        rules
            .filter_map(|(name, rule)| {
                Some(Sentinel { rule: format!("{name}#{}", rule.id.value), text: rule.sentinel.as_ref()?.value.clone() })
            })
            .collect()
    }
}

/// Tells whether an id is a prefix's own or lies below it; a bare pack name takes the whole pack.
pub(crate) fn has_prefix(id: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    id.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '[']) || prefix.ends_with('*'))
        || wild(id, prefix)
}

fn wild(id: &str, prefix: &str) -> bool {
    prefix.strip_suffix('*').is_some_and(|prefix| id.starts_with(prefix))
}

/// Leaves out what was said before.
fn distinct<'a>(all: &[&'a str]) -> Vec<&'a str> {
    let mut said = BTreeSet::new();
    all.iter().copied().filter(|one| said.insert(*one)).collect()
}

/// Puts a combination of axes beside what a row says; its name then tells both.
fn joined(row: &VariantRow, axes: VariantRow) -> VariantRow {
    let mut joined = row.clone();
    if let (Some(name), false) = (row.get("name").and_then(Value::as_str), axes.is_empty()) {
        joined.insert("name".to_owned(), json!(format!("{name},{}", row_name(&axes, 0))));
    }
    joined.extend(axes);
    joined
}

fn combinations(axes: &[(Text, Vec<Node>)]) -> Vec<VariantRow> {
    axes.iter().fold(vec![VariantRow::new()], |rows, (name, values)| {
        rows.iter()
            .flat_map(|row| {
                values.iter().map(|value| {
                    let mut row = row.clone();
                    row.insert(name.value.clone(), value.to_json());
                    row
                })
            })
            .take(ROWS_MAX + 1)
            .collect()
    })
}

/// Names a row by its `name` column, else by its scalar values.
fn row_name(row: &VariantRow, at: usize) -> String {
    let plain = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    let text = row.get("name").and_then(plain).unwrap_or_else(|| row.values().filter_map(plain).collect::<Vec<_>>().join(","));
    let kept: String = text
        .chars()
        .map(|character| if matches!(character, '[' | ']') || character.is_control() { '-' } else { character })
        .take(80)
        .collect();
    if kept.is_empty() { (at + 1).to_string() } else { kept }
}
