//! Rules on whole documents, and rules of named checks, as parts of conditions.

use super::Compiler;
use super::condition::Place;
use counterpart_diag::{Diagnostic, Span};
use counterpart_matching::{Rule, Sense, Whole};
use counterpart_scenario::Text;
use counterpart_scenario::model::{Condition, SchemaName, Subject};
use counterpart_validate::{CheckRule, DocumentRule};
use std::sync::Arc;

impl Compiler<'_> {
    /// Takes the rules of named checks into one, so that a rule is written once and used in combinations.
    pub(super) fn named_rules(&mut self, names: &[Text]) -> Option<Rule> {
        let mut rules = Vec::new();
        for name in names {
            let rule = as_rule(&self.named_check(name)?.rule);
            self.report_left_out(&rule, name.span);
            rules.push(rule);
        }
        Some(Rule::All(rules))
    }

    /// Reports a rule that leaves something out where the report could not tell it: as a part of another condition.
    pub(super) fn report_left_out(&mut self, rule: &Rule, span: Span) {
        if leaves_out(rule) {
            self.diagnostics.push(
                Diagnostic::error("MT002", "what `without` leaves out is told only where a check asks the profile by itself")
                    .at(span, "a part of another condition")
                    .help("make it a check of its own, or a part of `all-of` there"),
            );
        }
    }

    /// Compiles a rule on a whole document.
    pub(super) fn whole(&mut self, condition: &Condition, place: Place<'_>) -> Option<Whole> {
        self.no_operators(condition);
        let (side, step) = self.side(condition.of.as_ref(), place.side)?;
        if step.is_some() {
            self.diagnostics.push(
                Diagnostic::error("MT002", "a whole document is looked at where its message comes")
                    .at(condition.span, "of an earlier step")
                    .help("write it in the `expect` of that step"),
            );
            return None;
        }
        let rule = match &condition.subject {
            Subject::FhirProfile(rule) => return self.fhir_profile(rule).map(|profile| Whole { side, rule: Arc::new(profile) }),
            Subject::JsonSchema(SchemaName::Is(name)) => self.json_schema(name, Sense::Is)?,
            Subject::JsonSchema(SchemaName::Not(other)) => self.json_schema(&other.not, Sense::Not)?,
            Subject::UniqueMembers(flag) if !flag.value => {
                self.diagnostics
                    .push(Diagnostic::error("MT002", "`unique-members` takes `true` only").at(flag.span, "asks nothing"));
                return None;
            }
            _ => DocumentRule::UniqueMembers,
        };
        Some(Whole { side, rule: Arc::new(rule) })
    }

    fn json_schema(&mut self, name: &Text, sense: Sense) -> Option<DocumentRule> {
        self.schema(name).map(|schema| DocumentRule::JsonSchema { name: name.value.clone(), schema, sense })
    }
}

fn leaves_out(rule: &Rule) -> bool {
    match rule {
        Rule::All(rules) => rules.iter().any(leaves_out),
        Rule::Any(alternatives) => alternatives.iter().any(|alternative| leaves_out(&alternative.rule)),
        Rule::Condition(_) => false,
        Rule::Whole(whole) => whole.rule.leaves_out(),
    }
}

/// Gives what a check demands as one rule.
fn as_rule(rule: &CheckRule) -> Rule {
    match rule {
        CheckRule::All(rules) => Rule::All(rules.iter().map(as_rule).collect()),
        CheckRule::Document(whole) => Rule::Whole(whole.clone()),
        CheckRule::Rule(rule) => rule.clone(),
        CheckRule::Rules(checks) => Rule::All(checks.iter().map(|check| as_rule(&check.rule)).collect()),
    }
}
