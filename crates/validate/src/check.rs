//! A check: a rule with the requirement, level and basis that it stands for, applied to an exchange.

use crate::Findings;
use crate::findings::skip;
use counterpart_evidence::{Basis, Cause, CheckId, Finding, FindingEffect, FindingOutcome, Level, Part, RequirementId};
use counterpart_matching::{Found, Judgement, Mismatch, Rule, Subjects, Unjudged, Whole, judge};
use std::sync::Arc;

/// What a check demands.
#[derive(Clone, Debug)]
pub enum CheckRule {
    /// All of these hold, of which at least one looks at the whole document; what is broken gives a finding each.
    All(Vec<CheckRule>),
    /// The whole body is as it must be; each place that is not gives a finding.
    Document(Whole),
    /// A rule holds.
    Rule(Rule),
    /// Every check of a set; each gives findings under its own id.
    Rules(Vec<Arc<Check>>),
}

/// A rule with all that a finding says of it.
#[derive(Clone, Debug)]
pub struct Check {
    /// Its id.
    pub id: CheckId,
    /// The requirement that it stands for.
    pub requirement: RequirementId,
    /// Level in force.
    pub level: Level,
    /// Basis of the requirement.
    pub basis: Basis,
    /// The part of the exchange that it is about.
    pub on: Part,
    /// What must hold beforehand, all of it; where it does not the check is skipped. Checks that ask the same share it.
    pub when: Vec<Arc<Rule>>,
    /// What it demands.
    pub rule: CheckRule,
    /// What to change.
    pub hint: Option<String>,
}

impl Check {
    fn finding(&self, outcome: FindingOutcome, effect: FindingEffect, message: String) -> Finding {
        Finding {
            check: self.id.clone(),
            requirement: self.requirement.clone(),
            level: self.level,
            basis: self.basis,
            outcome,
            effect,
            cause: None,
            message,
            expected: Vec::new(),
            actual: None,
            place: None,
            hint: self.hint.clone(),
            exchange: None,
            gaps: Vec::new(),
        }
    }

    fn failed(&self, mismatch: Mismatch) -> Finding {
        let effect = FindingEffect::of_failure(self.level, self.basis);
        // Design §7.1: a reading of ours is the specification's cause, never the supplier's alone.
        let cause = if self.basis == Basis::Assumed { Cause::Specification } else { Cause::Supplier };
        Finding {
            expected: mismatch.expected,
            actual: mismatch.actual,
            place: mismatch.place,
            exchange: mismatch.exchange,
            gaps: mismatch.gaps,
            cause: Some(cause),
            ..self.finding(FindingOutcome::Fail, effect, mismatch.message)
        }
    }

    /// Says what is allowed and not what should be.
    fn warned(&self, mismatch: Mismatch) -> Finding {
        let effect = if self.level == Level::May { FindingEffect::None } else { FindingEffect::Warning };
        Finding { effect, ..self.failed(mismatch) }
    }

    /// Says that our side could not decide it.
    #[must_use]
    pub fn undecided(&self, reason: String) -> Finding {
        Finding { cause: Some(Cause::Simulator), ..self.finding(FindingOutcome::Error, FindingEffect::None, reason) }
    }

    /// Leaves it out because it cannot be judged with what the run was given, a clock or definitions, or on this machine.
    #[must_use]
    pub fn unjudged(&self, why: impl Into<Unjudged>) -> Finding {
        let Unjudged { reason, cause } = why.into();
        let skipped = self.finding(FindingOutcome::Skip, FindingEffect::None, reason);
        // The hint is for who makes the system under test, who has nothing to change here.
        Finding { cause: Some(cause), hint: None, ..skipped }
    }
}

/// Checks an exchange.
pub fn check<'a>(check: &'a Check, subjects: &Subjects<'_>, findings: &mut Findings<'a>) {
    if !findings.applies(check, subjects) {
        return;
    }
    apply(check, &check.rule, subjects, findings);
}

fn apply<'a>(check: &'a Check, rule: &'a CheckRule, subjects: &Subjects<'_>, findings: &mut Findings<'a>) {
    match rule {
        CheckRule::All(rules) => by_all(check, rules, subjects, findings),
        CheckRule::Rule(rule) => by_rule(check, rule, subjects, findings),
        CheckRule::Document(whole) => by_document(check, whole, subjects, findings),
        CheckRule::Rules(checks) => checks.iter().for_each(|one| self::check(one, subjects, findings)),
    }
}

/// A check passes once, where each of its parts does.
fn by_all<'a>(check: &'a Check, rules: &'a [CheckRule], subjects: &Subjects<'_>, findings: &mut Findings<'a>) {
    let mut own = Findings::default();
    rules.iter().for_each(|rule| apply(check, rule, subjects, &mut own));
    if own.others.is_empty() {
        findings.passed.push(&check.id);
    }
    findings.others.append(&mut own.others);
    findings.skipped.append(&mut own.skipped);
}

/// Checks an exchange with every check of a list.
#[must_use]
pub fn check_all<'a>(checks: impl IntoIterator<Item = &'a Check>, subjects: &Subjects<'_>) -> Findings<'a> {
    let mut findings = Findings::default();
    for one in checks {
        check(one, subjects, &mut findings);
    }
    findings
}

fn by_rule<'a>(check: &'a Check, rule: &Rule, subjects: &Subjects<'_>, findings: &mut Findings<'a>) {
    match judge(rule, subjects) {
        Judgement::Holds => findings.passed.push(&check.id),
        Judgement::HoldsWithWarning(message) => {
            let mismatch = Mismatch { message, ..Mismatch::default() };
            findings.others.push(check.warned(mismatch));
        }
        Judgement::Broken(mismatch) => findings.others.push(check.failed(*mismatch)),
        Judgement::Unjudged(why) => findings.others.push(check.unjudged(why)),
        Judgement::Undecided(reason) => findings.others.push(check.undecided(reason)),
    }
}

fn by_document<'a>(check: &'a Check, whole: &Whole, subjects: &Subjects<'_>, findings: &mut Findings<'a>) {
    let Found { broken, warnings, unjudged, undecided, left_out } = whole.rule.look(whole.side, subjects);
    if let Some(reason) = undecided {
        return findings.others.push(check.undecided(reason));
    }
    if broken.is_empty() && warnings.is_empty() && unjudged.is_none() {
        findings.passed.push(&check.id);
    }
    if let Some(reason) = left_out {
        skip(&mut findings.skipped, check, &reason);
    }
    findings.others.extend(broken.into_iter().map(|mismatch| check.failed(mismatch)));
    findings.others.extend(warnings.into_iter().map(|mismatch| check.warned(mismatch)));
    findings.others.extend(unjudged.map(|unjudged| Finding { place: unjudged.place, ..check.unjudged(unjudged.message) }));
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::{Check, CheckRule, check_all};
    use crate::{DocumentRule, Schema};
    use counterpart_evidence::{
        Basis, Body, CheckId, Direction, Exchange, ExchangeId, FindingOutcome, Level, Part, Request, RequirementId,
    };
    use counterpart_matching::{Condition, NoNames, Operand, Operator, Rule, Sense, Side, Subject, Subjects, Test, Whole};
    use serde_json::json;
    use std::sync::Arc;

    /// Demands a schema, each member once, and the method POST.
    fn all_three() -> Check {
        let schema = Schema::compile(&json!({ "required": ["a"] }), &|_| None).unwrap();
        let test = Test { operator: Operator::Equals(Operand::Literal(json!("POST"))), sense: Sense::Is };
        let method = Rule::Condition(Condition { subject: Subject::Method, side: Side::Request, tests: vec![test] });
        let schema = DocumentRule::JsonSchema { name: "a.json".to_owned(), schema: Arc::new(schema), sense: Sense::Is };
        let document = |rule| CheckRule::Document(Whole { side: Side::Request, rule: Arc::new(rule) });
        Check {
            id: CheckId::new("all-three"),
            requirement: RequirementId::new("R1"),
            level: Level::Must,
            basis: Basis::Published,
            on: Part::Request,
            when: Vec::new(),
            rule: CheckRule::All(vec![document(schema), document(DocumentRule::UniqueMembers), CheckRule::Rule(method)]),
            hint: None,
        }
    }

    #[test]
    fn a_document_beyond_our_limits_is_an_error_of_ours() {
        let mut exchange = Exchange::new(ExchangeId(1), Direction::Inbound, "main", 0);
        let body = Body::plain(format!("{}1{}", "[".repeat(200), "]".repeat(200)));
        exchange.request = Some(Request { method: "POST".to_owned(), body, ..Request::default() });
        let check = all_three();
        let findings = check_all([&check], &Subjects::new(&exchange, &NoNames));
        let outcomes: Vec<_> = findings.others.iter().map(|finding| finding.outcome).collect();
        assert_eq!((findings.passed.len(), outcomes), (0, vec![FindingOutcome::Error; 2]), "by the schema and by unique members");
    }

    #[test]
    fn check_of_several_parts_passes_once_and_gives_a_finding_for_each_that_is_broken() {
        for (method, body, broken) in [
            ("POST", r#"{"a":1}"#, 0),
            ("GET", r#"{"a":1}"#, 1),
            ("POST", r#"{"a":1,"a":2}"#, 1),
            ("POST", r#"{"b":1}"#, 1),
            ("GET", r#"{"b":1,"b":2}"#, 3),
        ] {
            let mut exchange = Exchange::new(ExchangeId(1), Direction::Inbound, "main", 0);
            let request = Request { method: method.to_owned(), body: Body::plain(body.to_owned()), ..Request::default() };
            exchange.request = Some(request);
            let check = all_three();
            let findings = check_all([&check], &Subjects::new(&exchange, &NoNames));
            let failed = findings.others.iter().filter(|finding| finding.outcome == FindingOutcome::Fail).count();
            assert_eq!((findings.passed.len(), failed), (usize::from(broken == 0), broken), "{method} {body}: {findings:?}");
        }
    }
}
