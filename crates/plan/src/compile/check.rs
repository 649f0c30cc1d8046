//! Checks: requirement, level and rule, and the proof that each could fail.

use super::condition::Place;
use super::{Compiler, Scope};
use crate::options::Force;
use counterpart_diag::{Diagnostic, Span};
use counterpart_evidence::{Basis, Level, Part, Requirement, RequirementId, Role};
use counterpart_matching::{Rule, Side, can_pass_on_absence, cannot_fail};
use counterpart_scenario::model::{BasisWord, CheckItem, Condition, Expectation, LevelWord, On, RequirementItem, Subject};
use counterpart_scenario::{Spanned, Text};
use counterpart_validate::{Check, CheckRule, Schema};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) fn level(word: LevelWord) -> Level {
    match word {
        LevelWord::May => Level::May,
        LevelWord::Must => Level::Must,
        LevelWord::Should => Level::Should,
    }
}

pub(crate) fn requirement(item: &RequirementItem) -> Requirement {
    Requirement {
        id: RequirementId::kept(&item.id.value),
        level: level(item.level),
        basis: match item.basis {
            BasisWord::Assumed => Basis::Assumed,
            BasisWord::Published => Basis::Published,
            BasisWord::Standard => Basis::Standard,
        },
        text: item.text.value.clone(),
        source: item.source.value.clone(),
        claim: item.claim.as_ref().map(|claim| claim.value.clone()),
        untestable: item.untestable.as_ref().map(|reason| reason.value.clone()),
    }
}

/// Orders levels by strength.
fn strength(level: Level) -> u8 {
    match level {
        Level::May => 0,
        Level::Should => 1,
        Level::Must => 2,
    }
}

impl Compiler<'_> {
    /// Gives a named check, compiled the first time.
    pub(crate) fn named_check(&mut self, name: &Text) -> Option<Arc<Check>> {
        self.used.insert(format!("check {}", name.value));
        if let Some(done) = self.checks.get(&name.value) {
            let used = self.used_by_checks.get(&name.value);
            if let Some(outer) = self.used_by_open_checks.last_mut() {
                outer.extend(used.into_iter().flatten().cloned());
            }
            return done.clone();
        }
        let Some((item, namespaces)) = self.check_records.get(&name.value).copied() else {
            let known: Vec<String> = self.check_records.keys().cloned().collect();
            self.unknown("check", name, &known.iter().map(String::as_str).collect::<Vec<_>>());
            return None;
        };
        self.used_by_open_checks.push(BTreeSet::new());
        let check = self.guarded("check", name, |compiler| compiler.check(item, None, namespaces, &mut Scope::open()));
        let used = self.used_by_open_checks.pop().unwrap_or_default();
        if let Some(outer) = self.used_by_open_checks.last_mut() {
            outer.extend(used.iter().cloned());
        }
        self.used_by_checks.insert(name.value.clone(), used);
        self.checks.insert(name.value.clone(), check.clone());
        check
    }

    /// Gives the names that those of some expectations use that are named checks.
    pub(crate) fn used_by_named(&self, items: &[Expectation]) -> Vec<String> {
        let named = items.iter().filter_map(|item| match item {
            Expectation::Named(name) => self.used_by_checks.get(&name.value),
            Expectation::Inline(_) => None,
        });
        named.flatten().cloned().collect()
    }

    /// Compiles the checks of `expect`, `assert` or `checks`.
    pub(crate) fn expectations(&mut self, items: &[Expectation], scenario: Option<&str>, scope: &mut Scope) -> Vec<Arc<Check>> {
        items.iter().filter_map(|item| self.expectation(item, scenario, scope)).collect()
    }

    pub(crate) fn expectation(&mut self, item: &Expectation, scenario: Option<&str>, scope: &mut Scope) -> Option<Arc<Check>> {
        let check = match item {
            Expectation::Named(name) => self.named_check(name),
            Expectation::Inline(item) => {
                let check = self.check(item, scenario, &[], scope)?;
                // A variant compiles the same place of the same file again.
                match self.checks_of_scenarios.iter().find(|(known, _)| known.id == check.id) {
                    Some((_, first)) if *first != item.id.span => self.diagnostics.push(
                        Diagnostic::error("PK003", format!("check `{}` is declared twice", check.id))
                            .at(item.id.span, "again here")
                            .also(*first, "first here"),
                    ),
                    Some(_) => {}
                    None => self.checks_of_scenarios.push((Arc::clone(&check), item.id.span)),
                }
                Some(check)
            }
        }?;
        (!self.is_disabled(check.id.as_str())).then_some(check)
    }

    fn is_disabled(&self, id: &str) -> bool {
        matches!(self.options.force.get(id), Some((Force::Disabled, _)))
    }

    pub(crate) fn check(
        &mut self,
        item: &CheckItem,
        scenario: Option<&str>,
        namespaces: &[(Text, Text)],
        scope: &mut Scope,
    ) -> Option<Arc<Check>> {
        let part = item.on.map_or_else(|| self.default_part(), part_of);
        let side = if part == Part::Request { Side::Request } else { self.default_side(part) };
        let place = Place { side, namespaces };
        let Some(requirement) = self.requirements.get(&item.requirement.value).cloned() else {
            let known: Vec<String> = self.requirements.keys().cloned().collect();
            self.unknown("requirement", &item.requirement, &known.iter().map(String::as_str).collect::<Vec<_>>());
            return None;
        };
        self.used.insert(format!("requirement {}", item.requirement.value));
        let when = match self.all(&item.when, place, scope) {
            Some(Rule::All(rules)) => rules.into_iter().map(|rule| self.shared_precondition(rule)).collect(),
            when => when.into_iter().map(|when| self.shared_precondition(when)).collect::<Vec<_>>(),
        };
        let rule = self.check_rule(&item.that, place, scope)?;
        self.lint(item, &rule, &format!("check `{}`", item.id.value), !when.is_empty());
        let level = self.check_level(item, &requirement);
        let id = Self::check_id(scenario.map(|scenario| scenario.split('[').next().unwrap_or(scenario)), &item.id.value);
        let (level, basis) = match self.options.force.get(id.as_str()) {
            Some((Force::Lowered(lowered), _)) if strength(*lowered) < strength(level) => (*lowered, requirement.basis),
            Some((Force::Promoted, _)) => (level, Basis::Published),
            _ => (level, requirement.basis),
        };
        Some(Arc::new(Check {
            id,
            requirement: requirement.id,
            level,
            basis,
            on: part,
            when,
            rule,
            hint: Some(item.hint.value.clone()),
        }))
    }

    /// Gives checks that ask the same beforehand one precondition.
    fn shared_precondition(&mut self, when: Rule) -> Arc<Rule> {
        if let Some(known) = self.preconditions.iter().find(|known| known.asks_the_same(&when)) {
            return Arc::clone(known);
        }
        let when = Arc::new(when);
        self.preconditions.push(Arc::clone(&when));
        when
    }

    fn check_level(&mut self, item: &CheckItem, requirement: &Requirement) -> Level {
        match item.level.map(level) {
            Some(own) if strength(own) > strength(requirement.level) => {
                self.diagnostics.push(
                    Diagnostic::error("PK010", format!("check `{}` is stricter than its requirement", item.id.value))
                        .at(item.id.span, format!("requirement `{}` is a `{}`", requirement.id, requirement.level))
                        .help("a check may lower the level, never raise it"),
                );
                requirement.level
            }
            Some(own) => own,
            None => requirement.level,
        }
    }

    /// A check looks at what the system under test sends, unless it says otherwise.
    fn default_part(&self) -> Part {
        match self.options.role {
            Some(Role::Provider) => Part::Request,
            _ => Part::Response,
        }
    }

    fn default_side(&self, part: Part) -> Side {
        match part {
            Part::Request => Side::Request,
            Part::Response => Side::Response,
            _ if self.options.role == Some(Role::Provider) => Side::Request,
            _ => Side::Response,
        }
    }

    fn check_rule(&mut self, that: &Condition, place: Place<'_>, scope: &mut Scope) -> Option<CheckRule> {
        match &that.subject {
            Subject::AllOf(parts) if parts.0.iter().any(is_of_whole_document) => {
                self.no_operators(that);
                let parts: Vec<_> = parts.0.iter().map(|part| self.part_of_check(part, place, scope)).collect();
                parts.into_iter().collect::<Option<_>>().map(CheckRule::All)
            }
            _ if is_of_whole_document(that) => self.whole(that, place).map(CheckRule::Document),
            Subject::Rules(names) if names.0.len() > 1 => {
                let checks: Vec<Arc<Check>> = names.0.iter().filter_map(|name| self.named_check(name)).collect();
                Some(CheckRule::Rules(checks))
            }
            _ => self.condition(that, place, scope).map(CheckRule::Rule),
        }
    }

    fn part_of_check(&mut self, part: &Condition, place: Place<'_>, scope: &mut Scope) -> Option<CheckRule> {
        match &part.subject {
            _ if is_of_whole_document(part) => self.check_rule(part, place, scope),
            _ => self.condition(part, place, scope).map(CheckRule::Rule),
        }
    }

    /// Reports a check that nothing could break.
    fn lint(&mut self, item: &CheckItem, rule: &CheckRule, what: &str, has_precondition: bool) {
        let rule = match rule {
            // The rule on the whole document that stands beside the others breaks where nothing is there.
            CheckRule::All(parts) => {
                let what = format!("a part of {what}");
                return parts.iter().for_each(|part| self.lint(item, part, &what, true));
            }
            CheckRule::Rule(rule) => rule,
            CheckRule::Document(_) | CheckRule::Rules(_) => return,
        };
        if let Some(reason) = cannot_fail(rule) {
            self.diagnostics.push(
                Diagnostic::error("RL001", format!("{what} cannot fail: {reason}")).at(item.that.span, "holds for every message"),
            );
            return;
        }
        if can_pass_on_absence(rule) && !has_precondition && !asks_absence(rule) {
            self.diagnostics.push(
                Diagnostic::error("RL002", format!("{what} could pass because what it looks at is absent"))
                    .at(item.that.span, "passes on nothing")
                    .help("say with `when:` on what it is to be applied, so that its absence is a `skip` with the reason"),
            );
        }
    }

    /// Compiles a JSON Schema of the pack; `name#/pointer` takes a part of it.
    pub(crate) fn schema(&mut self, name: &Text) -> Option<Arc<Schema>> {
        if let Some(done) = self.schemas.get(&name.value) {
            return done.clone();
        }
        let (file, pointer) = name.value.split_once('#').unwrap_or((&name.value, ""));
        let content = self.content("schemas", &Spanned { value: file.to_owned(), span: name.span })?;
        let schema = self.compiled_schema(&name.value, |compiler| compiler.compile_schema(&content, pointer, name));
        self.schemas.insert(name.value.clone(), schema.clone());
        schema
    }

    fn compile_schema(&mut self, content: &[u8], pointer: &str, name: &Text) -> Option<Arc<Schema>> {
        let fault = |message: String, span: Span| {
            Diagnostic::error("SX001", format!("schema `{}`: {message}", name.value)).at(span, "used here")
        };
        let value: serde_json::Value = match serde_json::from_slice(content) {
            Ok(value) => value,
            Err(error) => {
                self.diagnostics.push(fault(format!("this is not JSON: {error}"), name.span));
                return None;
            }
        };
        let Some(mut value) = value.pointer(pointer).cloned() else {
            self.diagnostics.push(fault(format!("there is nothing at `{pointer}`"), name.span));
            return None;
        };
        if let Some(object) = value.as_object_mut() {
            // References between files of `schemas/` are relative; the base makes them so.
            object.entry("$id").or_insert_with(|| {
                serde_json::Value::String(format!("pack:/schemas/{}", name.value.split('#').next().unwrap_or("")))
            });
        }
        let files = self.files;
        let resolve = |uri: &str| {
            let path = uri.strip_prefix("pack:/")?.split('#').next()?;
            files.iter().find_map(|pack| pack.files.get(path)).and_then(|content| serde_json::from_slice(content).ok())
        };
        match Schema::compile(&value, &resolve) {
            Ok(schema) => Some(Arc::new(schema)),
            Err(error) => {
                self.diagnostics.push(fault(format!("{} (at `{}`)", error.message, error.pointer), name.span));
                None
            }
        }
    }
}

/// Tells whether a condition is a rule on a whole document.
pub(super) fn is_of_whole_document(condition: &Condition) -> bool {
    matches!(condition.subject, Subject::FhirProfile(_) | Subject::JsonSchema(_) | Subject::UniqueMembers(_))
}

fn part_of(on: On) -> Part {
    match on {
        On::Connection => Part::Connection,
        On::Exchange => Part::Exchange,
        On::Request => Part::Request,
        On::Response => Part::Response,
        On::Sequence => Part::Sequence,
        On::Timing => Part::Timing,
    }
}

/// Tells whether a rule asks for absence and for nothing else, which is then what it is about.
fn asks_absence(rule: &Rule) -> bool {
    match rule {
        Rule::All(rules) => rules.iter().all(asks_absence),
        Rule::Any(alternatives) => alternatives.iter().all(|alternative| asks_absence(&alternative.rule)),
        Rule::Condition(condition) => {
            condition.tests.iter().all(|test| matches!(test.operator, counterpart_matching::Operator::Absent))
        }
        Rule::Whole(_) => false,
    }
}
