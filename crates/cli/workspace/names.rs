//! The names in a workspace file held against those of the pack: what the pack does not know would do nothing, in silence.

use super::lint::suggested;
use super::places::{Places, keys};
use counterpart_diag::{Diagnostic, Sources};
use counterpart_evidence::Role;
use counterpart_plan::{Options, PackFiles, Plan};
use std::collections::BTreeSet;
use toml::de::DeTable;

/// Tables with names that stand in many files of a pack: it is compiled to know them, in both roles, and only where one is there.
const COMPILED: [&str; 3] = ["checks", "credentials", "evidence"];

/// The names that a pack knows, by the table of the workspace file in which they can stand.
struct Known {
    settings: Vec<String>,
    claims: Vec<String>,
    endpoints: Vec<String>,
    actions: Vec<String>,
    checks: Vec<String>,
    requirements: Vec<String>,
    credentials: Vec<String>,
}

/// Gives every name in the file that the pack does not know; nothing where the pack cannot be read, which is told elsewhere.
pub(crate) fn unknown(places: &Places, packs: &[PackFiles]) -> Vec<Diagnostic> {
    let table = places.table();
    let is_there = |name: &&str| !keys(&table, &[name]).is_empty();
    if !["claims", "endpoints", "hooks", "settings"].iter().chain(&COMPILED).any(&is_there) {
        return Vec::new();
    }
    let Some(known) = Known::of(packs, COMPILED.iter().any(is_there)) else { return Vec::new() };
    let mut found = Vec::new();
    let mut add = |path: &[&str], noun: &str, known: &[String]| found.extend(unknown_in(&table, path, (noun, known), places));
    add(&["checks"], "check", &known.checks);
    add(&["claims"], "claim", &known.claims);
    add(&["credentials"], "use for credentials", &known.credentials);
    for (name, _) in keys(&table, &["credentials"]) {
        add(&["credentials", name], "setting", &known.settings);
    }
    add(&["endpoints"], "endpoint", &known.endpoints);
    add(&["evidence"], "requirement", &known.requirements);
    add(&["hooks"], "action", &known.actions);
    add(&["settings"], "setting", &known.settings);
    found
}

fn unknown_in(table: &DeTable<'_>, path: &[&str], (noun, known): (&str, &[String]), places: &Places) -> Vec<Diagnostic> {
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let wrong = keys(table, path).into_iter().filter(|(name, _)| !names.contains(name));
    let told = |(name, span): (&str, std::ops::Range<usize>)| {
        let diagnostic = Diagnostic::error("WS002", format!("the pack has no {noun} `{name}`"));
        suggested(diagnostic.at(places.span(span), format!("in `[{}]`", path.join("."))), name, &names)
    };
    wrong.map(told).collect()
}

impl Known {
    fn of(packs: &[PackFiles], compiled: bool) -> Option<Self> {
        let record = packs.first().and_then(crate::packs::record)?;
        let plan = |role| {
            let refs: Vec<&PackFiles> = packs.iter().collect();
            // With every claim answered yes, no scenario is left out, nor are the checks in it.
            let claims = record.claims.iter().map(|item| (item.id.value.clone(), true)).collect();
            let options = Options { role: Some(role), claims, ..Options::default() };
            counterpart_plan::compile_pack(&refs, &options, &mut Sources::default()).0
        };
        let plans = if compiled { vec![plan(Role::Consumer)?, plan(Role::Provider)?] } else { Vec::new() };
        let all = |names: fn(&Plan) -> Vec<String>| -> Vec<String> {
            plans.iter().flat_map(names).collect::<BTreeSet<String>>().into_iter().collect()
        };
        Some(Self {
            settings: record.settings.iter().map(|item| item.name.value.clone()).collect(),
            claims: record.claims.iter().map(|item| item.id.value.clone()).collect(),
            endpoints: record.endpoints.iter().map(|item| item.name.value.clone()).collect(),
            actions: record.actions.iter().map(|item| item.name.value.clone()).collect(),
            checks: all(|plan| plan.checks.keys().cloned().chain(plan.checks_played().into_keys()).collect()),
            requirements: all(|plan| plan.requirements.iter().map(|one| one.id.to_string()).collect()),
            credentials: all(|plan| plan.scenarios.iter().flat_map(|one| one.credentials.clone()).collect()),
        })
    }
}
