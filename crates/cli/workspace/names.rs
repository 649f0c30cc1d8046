//! The names in a workspace file held against those of the pack: what the pack does not know would do nothing, in silence.

use super::lint::suggested;
use super::places::{Places, keys};
use counterpart_diag::{Diagnostic, Sources};
use counterpart_evidence::Role;
use counterpart_plan::{Options, PackFiles};
use counterpart_scenario::Text;
use counterpart_scenario::model::PackFile;
use std::collections::BTreeSet;
use toml::de::DeTable;

/// Tables with names of the pack.
const NAMING: [&str; 7] = ["checks", "claims", "credentials", "endpoints", "evidence", "hooks", "settings"];

/// Gives every name in the file that the pack does not know; nothing where the pack cannot be read, which is told elsewhere.
pub(crate) fn unknown(places: &Places, packs: &[PackFiles]) -> Vec<Diagnostic> {
    let table = places.table();
    if NAMING.iter().all(|name| keys(&table, &[name]).is_empty()) {
        return Vec::new();
    }
    let Some(record) = packs.first().and_then(crate::packs::record) else { return Vec::new() };
    let mut found = Vec::new();
    let mut add = |path: &[&str], noun: &str, known: &[&str]| found.extend(unknown_in(&table, path, (noun, known), places));
    let checks: Vec<String> = keys(&table, &["checks"]).into_iter().map(|(name, _)| name.to_owned()).collect();
    match checks_of(packs, &record, &checks) {
        Some(known) => add(&["checks"], "check", &borrowed(&known)),
        None => return Vec::new(),
    }
    add(&["claims"], "claim", &names(&record.claims, |item| &item.id));
    add(&["credentials"], "use for credentials", &names(&record.credentials, |item| &item.name));
    let settings = names(&record.settings, |item| &item.name);
    for (name, _) in keys(&table, &["credentials"]) {
        let declared = record.credentials.iter().find(|item| item.name.value == name);
        match declared {
            Some(item) => add(&["credentials", name], "use there for setting", &names(&item.settings, |name| name)),
            None => add(&["credentials", name], "setting", &settings),
        }
    }
    add(&["endpoints"], "endpoint", &names(&record.endpoints, |item| &item.name));
    if !keys(&table, &["evidence"]).is_empty() {
        add(&["evidence"], "requirement or row of a checklist", &borrowed(&crate::packs::attestable_ids(packs)));
    }
    add(&["hooks"], "action", &names(&record.actions, |item| &item.name));
    add(&["settings"], "setting", &settings);
    found
}

fn names<T>(items: &[T], name: fn(&T) -> &Text) -> Vec<&str> {
    items.iter().map(|item| name(item).value.as_str()).collect()
}

fn borrowed(names: &BTreeSet<String>) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

fn unknown_in(table: &DeTable<'_>, path: &[&str], (noun, known): (&str, &[&str]), places: &Places) -> Vec<Diagnostic> {
    let wrong = keys(table, path).into_iter().filter(|(name, _)| !known.contains(name));
    let told = |(name, span): (&str, std::ops::Range<usize>)| {
        let diagnostic = Diagnostic::error("WS002", format!("the pack has no {noun} `{name}`"));
        suggested(diagnostic.at(places.span(span), format!("in `[{}]`", path.join("."))), name, known)
    };
    wrong.map(told).collect()
}

/// Gives the checks that the pack has; those in `checks/` are read, and only a name that is none of them has the pack compiled in
/// both roles, since a check can stand in any file.
fn checks_of(packs: &[PackFiles], record: &PackFile, wanted: &[String]) -> Option<BTreeSet<String>> {
    let named = crate::packs::check_ids(packs);
    if wanted.iter().all(|name| named.contains(name)) {
        return Some(named);
    }
    let refs: Vec<&PackFiles> = packs.iter().collect();
    let mut checks = BTreeSet::new();
    for role in [Role::Consumer, Role::Provider] {
        // With every claim answered yes, no scenario is left out, nor are the checks in it.
        let claims = record.claims.iter().map(|item| (item.id.value.clone(), true)).collect();
        let options = Options { role: Some(role), claims, ..Options::default() };
        let plan = counterpart_plan::compile_pack(&refs, &options, &mut Sources::default()).0?;
        checks.extend(plan.checks.keys().cloned().chain(plan.checks_played().into_keys()));
    }
    Some(checks)
}
