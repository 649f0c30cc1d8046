//! What a proof showed, as text and as JSON.

use super::coverage::Coverage;
use super::generic::{Generic, GenericFate, GenericResult, Left};
use super::named::{Fate, NamedResult};
use super::tally::Outcome;
use counterpart_evidence::Role;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What was shown of one role.
pub(crate) struct RoleResult {
    pub(crate) pack: String,
    pub(crate) role: Role,
    pub(crate) scenarios: usize,
    pub(crate) mirror: Outcome,
    pub(crate) named: Vec<NamedResult>,
    pub(crate) coverage: Option<Coverage>,
    pub(crate) generic: Option<Generic>,
}

/// How often a check caught something.
#[derive(Default)]
struct Caught {
    named: Vec<String>,
    alone: usize,
    generic: usize,
}

impl RoleResult {
    /// Tells whether everything is proved that was asked.
    pub(crate) fn is_proved(&self) -> bool {
        let named = self.named.iter().all(|result| result.fate() == Fate::Killed);
        let covered = self.coverage.as_ref().is_none_or(|coverage| coverage.lacking.is_empty() && coverage.stale.is_empty());
        let generic = self.generic.as_ref().is_none_or(|generic| {
            generic.stale.is_empty() && generic.unfit.is_empty() && unexplained(&generic.results).next().is_none()
        });
        self.mirror.is_clean() && named && covered && generic
    }

    /// Gives it as text.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        self.mirror_text(&mut out);
        self.named_text(&mut out);
        if let Some(coverage) = &self.coverage {
            coverage_text(coverage, &mut out);
        }
        if let Some(generic) = &self.generic {
            generic_text(generic, &mut out);
        }
        self.matrix_text(&mut out);
        let word = if self.is_proved() { "proved" } else { "NOT PROVED" };
        put(&mut out, &format!("{}, role {}: {word}\n", self.pack, self.role.name()));
        out
    }

    fn mirror_text(&self, out: &mut String) {
        let Outcome { passed, exchanges, .. } = &self.mirror;
        let (pack, role) = (&self.pack, self.role.name());
        let counts = format!("{} scenarios, {exchanges} exchanges, {} checks passed", self.scenarios, passed.len());
        put(out, &format!("{pack}, role {role}: {counts} against the mirror"));
        outcome_text("the conformant mirror", &self.mirror, out);
    }

    fn named_text(&self, out: &mut String) {
        for result in &self.named {
            let id = &result.mutant.id;
            match result.fate() {
                Fate::Killed => put(out, &format!("  killed    {id:<44} by {}", join(&result.outcome.checks()))),
                Fate::Survived => put(out, &format!("  SURVIVED  {id:<44} should fail {}", join(&result.mutant.fails))),
                Fate::Wrong => {
                    let (more, fewer) = result.differences();
                    put(out, &format!("  WRONG     {id:<44} failed too: {}; did not fail: {}", join(&more), join(&fewer)));
                }
            }
            if result.fate() != Fate::Killed {
                outcome_text("it", &result.outcome, out);
            }
        }
        if !self.named.is_empty() {
            let killed = self.named.iter().filter(|result| result.fate() == Fate::Killed).count();
            put(out, &format!("{killed} of {} mutants killed", self.named.len()));
        }
    }

    fn matrix(&self) -> BTreeMap<String, Caught> {
        let mut matrix: BTreeMap<String, Caught> =
            self.mirror.passed.iter().map(|check| (check.clone(), Caught::default())).collect();
        for result in &self.named {
            for check in result.outcome.checks() {
                matrix.entry(check).or_default().named.push(result.mutant.id.clone());
            }
            if let Some(check) = result.sole() {
                matrix.entry(check.clone()).or_default().alone += 1;
            }
        }
        for result in self.generic.iter().flat_map(|generic| &generic.results) {
            if let GenericFate::Killed(checks) = &result.fate {
                checks.iter().for_each(|check| matrix.entry(check.clone()).or_default().generic += 1);
            }
        }
        matrix
    }

    fn matrix_text(&self, out: &mut String) {
        put(out, &format!("{:<44} {:>6} {:>6} {:>8}", "check: mutants that it caught", "named", "alone", "generic"));
        for (check, Caught { named, alone, generic }) in self.matrix() {
            put(out, &format!("  {check:<42} {:>6} {alone:>6} {generic:>8}  {}", named.len(), named.join(", ")));
        }
    }

    fn json(&self) -> Value {
        let named = self.named.iter().map(|result| {
            json!({
                "id": result.mutant.id, "title": result.mutant.title, "fate": fate_word(result.fate()),
                "should_fail": result.mutant.fails, "failed": result.outcome.failed, "stopped": result.outcome.stopped,
            })
        });
        let matrix = self
            .matrix()
            .into_iter()
            .map(|(check, caught)| (check, json!({ "named": caught.named, "alone": caught.alone, "generic": caught.generic })));
        json!({
            "role": self.role.name(),
            "proved": self.is_proved(),
            "scenarios": self.scenarios,
            "mirror": { "exchanges": self.mirror.exchanges, "passed": self.mirror.passed, "failed": self.mirror.failed, "stopped": self.mirror.stopped },
            "mutants": named.collect::<Vec<_>>(),
            "coverage": self.coverage.as_ref().map(|coverage| json!({
                "alone": coverage.alone, "implied": coverage.implied, "unprovable": coverage.unprovable,
                "lacking": coverage.lacking, "stale": coverage.stale,
            })),
            "generic": self.generic.as_ref().map(generic_json),
            "matrix": matrix.collect::<serde_json::Map<_, _>>(),
        })
    }
}

/// Gives the results of all roles as JSON.
pub(super) fn json(pack: &str, results: &[RoleResult]) -> Value {
    let roles: Vec<Value> = results.iter().map(RoleResult::json).collect();
    json!({ "format": "counterpart-proof", "version": 1, "pack": pack, "roles": roles })
}

fn fate_word(fate: Fate) -> &'static str {
    match fate {
        Fate::Killed => "killed",
        Fate::Survived => "survived",
        Fate::Wrong => "wrong",
    }
}

fn unexplained(results: &[GenericResult]) -> impl Iterator<Item = &GenericResult> {
    results.iter().filter(|result| matches!(result.fate, GenericFate::Survived) && result.explained.is_none())
}

fn put(out: &mut String, line: &str) {
    // Writing to text cannot fail.
    let _ = writeln!(out, "{line}");
}

fn join(names: &BTreeSet<String>) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.iter().cloned().collect::<Vec<_>>().join(", ") }
}

fn outcome_text(who: &str, outcome: &Outcome, out: &mut String) {
    for (check, scenarios) in &outcome.failed {
        for (scenario, message) in scenarios {
            put(out, &format!("            {who} fails `{check}` in {scenario}: {message}"));
        }
    }
    for (scenario, reason) in &outcome.stopped {
        put(out, &format!("            {scenario}: {reason}"));
    }
}

fn coverage_text(coverage: &Coverage, out: &mut String) {
    let Coverage { alone, implied, unprovable, lacking, stale } = coverage;
    let all = alone.len() + implied.len() + unprovable.len() + lacking.len();
    let (one, two, three, four) = (alone.len(), implied.len(), unprovable.len(), lacking.len());
    put(
        out,
        &format!("{all} must-level checks: {one} fail alone, {two} are implied, {three} cannot be proved, {four} lack a proof"),
    );
    implied.iter().for_each(|(check, by)| put(out, &format!("  implied   {check:<44} by {by}")));
    unprovable.iter().for_each(|(check, reason)| put(out, &format!("  no mutant {check:<44} {reason}")));
    lacking.iter().for_each(|(check, lack)| put(out, &format!("  LACKING   {check:<44} {lack}")));
    stale.iter().for_each(|(check, why)| put(out, &format!("  STALE     {check:<44} {why}")));
}

/// How many of each fate.
fn counts(results: &[GenericResult]) -> (usize, usize, usize, usize) {
    let count = |is: fn(&GenericResult) -> bool| results.iter().filter(|result| is(result)).count();
    (
        count(|result| matches!(result.fate, GenericFate::Killed(_))),
        count(|result| matches!(result.fate, GenericFate::Noticed(_))),
        count(|result| matches!(result.fate, GenericFate::Survived) && result.explained.is_some()),
        count(|result| matches!(result.fate, GenericFate::Survived) && result.explained.is_none()),
    )
}

fn generic_text(generic: &Generic, out: &mut String) {
    let (killed, noticed, explained, survived) = counts(&generic.results);
    let messages: BTreeSet<&str> = generic.results.iter().map(|result| result.form.message.as_str()).collect();
    let all = generic.results.len();
    put(
        out,
        &format!(
            "{all} generic mutations of {} messages: {killed} fail a check, {noticed} only keep a scenario from coming through, {explained} survive with a reason, {survived} survive",
            messages.len()
        ),
    );
    left_text(&generic.left, out);
    for (scenario, outcome) in &generic.unfit {
        put(out, &format!("  UNFIT     {scenario} does not pass by itself against the conformant mirror"));
        outcome_text("it", outcome, out);
    }
    for result in unexplained(&generic.results) {
        let form = &result.form;
        let played = format!("{} scenarios, such as {}", result.played.len(), result.played.first().map_or("", String::as_str));
        put(out, &format!("  SURVIVED  {} {} ({}) in {played}", form.message, form.mutation, form.describe));
    }
    generic.stale.iter().for_each(|pattern| put(out, &format!("  STALE     no survivor is `{pattern}`")));
}

/// Says what of the messages was not spoilt.
fn left_text(left: &Left, out: &mut String) {
    for (message, places) in &left.alike {
        let words = "entries of long lists are not spoilt, since one before each is alike in shape and is";
        put(out, &format!("  not all   {message}: {} {words}", places.len()));
    }
    for message in &left.cut {
        put(out, &format!("  not all   {message}: it has more mutations than are played of one message"));
    }
}

fn generic_json(generic: &Generic) -> Value {
    let result = |result: &GenericResult| {
        let (fate, more) = match &result.fate {
            GenericFate::Killed(checks) => ("killed", json!(checks)),
            GenericFate::Noticed(reason) => ("noticed", json!(reason)),
            GenericFate::Survived => ("survived", json!(result.explained)),
        };
        json!({ "message": result.form.message, "mutation": result.form.mutation, "fate": fate, "by": more, "played": result.played })
    };
    json!({
        "mutations": generic.results.iter().map(result).collect::<Vec<_>>(),
        "alike": generic.left.alike.iter().map(|(message, places)| (message.clone(), json!(places.len()))).collect::<serde_json::Map<_, _>>(),
        "cut": generic.left.cut,
        "stale": generic.stale,
        "unfit": generic.unfit.keys().collect::<Vec<_>>(),
    })
}
