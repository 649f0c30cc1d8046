//! `counterpart list PACK --checklist`: each row of the authority's form with what shows it, in both roles.

use counterpart_evidence::{ChecklistItem, ChecklistPart, PartKind};
use counterpart_plan::Plan;
use counterpart_report::counted;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// One row, and what shows it.
pub(crate) struct Row<'p> {
    item: &'p ChecklistItem,
    parts: Vec<Part<'p>>,
}

/// A requirement, check or prefix that a row stands for.
struct Part<'p> {
    kind: PartKind,
    id: &'p str,
    role: &'static str,
    requirement: Option<String>,
    checks: BTreeSet<String>,
    scenarios: Vec<&'p str>,
}

/// Gives the rows of a pack's checklist, what each role says of them together; none where the pack declares no checklist.
pub(crate) fn rows(plans: &[Plan]) -> Vec<Row<'_>> {
    let forms: Vec<_> = plans.iter().filter_map(|plan| Some((plan, plan.checklist.as_ref()?))).collect();
    let Some((_, first)) = forms.first() else { return Vec::new() };
    let parts = |place: usize| {
        let all = forms.iter().filter_map(|(plan, form)| Some((*plan, form.rows.get(place)?)));
        all.flat_map(|(plan, item)| item.parts.iter().map(move |part| of_part(plan, part))).collect()
    };
    first.rows.iter().enumerate().map(|(place, item)| Row { item, parts: parts(place) }).collect()
}

fn of_part<'p>(plan: &'p Plan, part: &'p ChecklistPart) -> Part<'p> {
    let played = plan.checks_played();
    let (requirement, checks) = match part.kind {
        PartKind::Check => {
            let check = played.get(&part.id);
            (check.map(|check| check.requirement.to_string()), check.map(|_| part.id.clone()).into_iter().collect())
        }
        PartKind::Requirement => {
            let of_it = played.iter().filter(|(_, check)| check.requirement.as_str() == part.id).map(|(id, _)| id.clone());
            (Some(part.id.clone()), of_it.collect())
        }
        PartKind::Scenario => {
            let own = plan.scenarios.iter().filter(|scenario| part.scenarios.contains(&scenario.id));
            (None, own.flat_map(|scenario| scenario.checks().into_keys()).collect())
        }
    };
    let scenarios = part.scenarios.iter().map(counterpart_evidence::ScenarioId::as_str).collect();
    Part { kind: part.kind, id: &part.id, role: plan.role.name(), requirement, checks, scenarios }
}

impl Row<'_> {
    /// Tells whether a run can show something of it: checks that are applied in scenarios.
    fn is_played(&self) -> bool {
        self.parts.iter().any(|part| !part.checks.is_empty() && !part.scenarios.is_empty())
    }
}

/// Gives a row for programs.
pub(crate) fn as_json(row: &Row<'_>) -> Value {
    let parts: Vec<Value> = (row.parts.iter())
        .map(|part| {
            json!({
                "kind": part.kind.name(), "id": part.id, "role": part.role, "requirement": part.requirement,
                "checks": part.checks, "scenarios": part.scenarios,
            })
        })
        .collect();
    let roles: Vec<&str> = row.item.roles.iter().map(|role| role.name()).collect();
    let rest = row.item.rest.as_ref();
    json!({
        "id": row.item.id, "text": row.item.text, "roles": roles, "parts": parts,
        "by": rest.map(|rest| rest.by.name()), "still": rest.map(|rest| rest.text.as_str()),
    })
}

/// Lists scenarios, the variants of one together.
fn without_variants(scenarios: &[&str]) -> String {
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    for id in scenarios {
        *all.entry(id.split_once('[').map_or(*id, |(id, _)| id)).or_default() += 1;
    }
    let one = |(id, count): (&str, u64)| if count == 1 { id.to_owned() } else { format!("{id} ({})", counted(count, "variant")) };
    all.into_iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Gives the rows for people, and how many are shown by what.
pub(crate) fn words(rows: &[Row<'_>]) -> String {
    let mut out = format!("checklist ({})\n", rows.len());
    for row in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {:<12} {}", row.item.id, row.item.text);
        for part in &row.parts {
            let checks: Vec<&str> = part.checks.iter().map(String::as_str).collect();
            let requirement = part.requirement.as_ref().filter(|id| *id != part.id).map(|id| format!(" of {id}"));
            let _ = writeln!(out, "    {} {}{} ({})", part.kind, part.id, requirement.unwrap_or_default(), part.role);
            let none = |list: String| if list.is_empty() { "none".to_owned() } else { list };
            let _ = writeln!(out, "      checks: {}", none(checks.join(", ")));
            let _ = writeln!(out, "      scenarios: {}", none(without_variants(&part.scenarios)));
        }
        if let Some(rest) = &row.item.rest {
            let _ = writeln!(out, "    left to {}: {}", rest.by, rest.text);
        }
    }
    let played = rows.iter().filter(|row| row.is_played()).count() as u64;
    let left = rows.iter().filter(|row| !row.is_played() && row.item.rest.is_some()).count() as u64;
    let reviewed = rows.iter().filter(|row| !row.is_played() && row.item.rest.is_none()).count() as u64;
    let _ = writeln!(
        out,
        "{}: {played} with checks and scenarios, {left} left to others, {reviewed} with neither: scenarios for review only",
        counted(rows.len() as u64, "row")
    );
    out
}
