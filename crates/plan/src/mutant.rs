//! A mutant's change of the pack's files: where its rule stands, and the file with the change in it.

use counterpart_evidence::Role;
use counterpart_scenario::model::{MutantItem, RoleWord};
use counterpart_scenario::{Data, Node, PatchFault, Text};

/// Where a rule stands in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Spot {
    /// The whole file.
    File,
    /// A member of a list under a key of the file.
    Item(&'static str, usize),
    /// A member of a map under a key of the file.
    Member(&'static str, usize),
}

/// Gives the role of ours that must find a mutant.
pub(crate) fn judge(item: &MutantItem) -> Role {
    match item.role {
        RoleWord::Consumer => Role::Consumer,
        RoleWord::Provider => Role::Provider,
    }
}

/// Gives the names of what a mutant changes.
pub(crate) fn rules(item: &MutantItem) -> impl Iterator<Item = &Text> {
    item.rule.iter().flat_map(|words| &words.0)
}

/// Gives what a rule of a mutant's holds as it stands in a file; `None` where it stands in another one.
pub(crate) fn rule_in<'n>(item: &MutantItem, rule: &Text, path: &str, file: &'n Node) -> Option<&'n Node> {
    match spot(item, rule, path, file)? {
        Spot::File => Some(file),
        Spot::Item(key, at) => match &file.key(key)?.data {
            Data::List(items) => items.get(at),
            _ => None,
        },
        Spot::Member(key, at) => match &file.key(key)?.data {
            Data::Map(entries) => entries.get(at).map(|entry| &entry.value),
            _ => None,
        },
    }
}

/// Gives a file with a mutant's change in it; the file as it is where its rules stand in others.
pub(crate) fn mutated(item: &MutantItem, path: &str, file: Node) -> Node {
    rules(item).fold(file, |file, rule| with_rule(item, rule, path, file))
}

fn with_rule(item: &MutantItem, named: &Text, path: &str, mut file: Node) -> Node {
    let Some(spot) = spot(item, named, path, &file) else { return file };
    let Some(rule) = rule_in(item, named, path, &file).cloned() else { return file };
    // An operation that does not fit is reported where the mutant is read, and leaves the rule as it was.
    let Ok(rule) = changed(item, rule) else { return file };
    let key = match spot {
        Spot::File => return rule,
        Spot::Item(key, _) | Spot::Member(key, _) => key,
    };
    let Data::Map(entries) = &mut file.data else { return file };
    let list = entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value.data);
    match (list, spot) {
        (Some(Data::List(items)), Spot::Item(_, at)) => put(item, items, at, rule),
        (Some(Data::Map(entries)), Spot::Member(_, at)) => {
            if let Some(entry) = entries.get_mut(at) {
                entry.value = rule;
            }
        }
        _ => {}
    }
    file
}

/// Gives a rule with `change` merged into it and `patch` applied.
pub(crate) fn changed(item: &MutantItem, rule: Node) -> Result<Node, PatchFault> {
    let mut rule = item.change.as_ref().map_or_else(|| rule.clone(), |change| rule.merged(change));
    item.patch.iter().try_for_each(|operation| rule.apply(operation))?;
    Ok(rule)
}

pub(crate) fn is_removed(item: &MutantItem) -> bool {
    item.remove.as_ref().is_some_and(|flag| flag.value)
}

fn put(item: &MutantItem, items: &mut Vec<Node>, at: usize, rule: Node) {
    if is_removed(item) {
        items.remove(at);
    } else if let Some(old) = items.get_mut(at) {
        *old = rule;
    }
    if let Some(before) = &item.before {
        items.insert(at, before.clone());
    }
}

fn spot(item: &MutantItem, rule: &Text, path: &str, file: &Node) -> Option<Spot> {
    let named = rule.value.as_str();
    let (place, id) = named.split_once('#').unwrap_or((named, ""));
    // The stub is the mirror where we call, the player where we answer.
    let folder = if judge(item) == Role::Consumer { "stubs" } else { "players" };
    match place {
        "store" => (path == "store.yaml").then_some(Spot::File),
        "endpoints" => (path == "pack.yaml").then(|| item_at(file, "endpoints", "name", id)).flatten(),
        "fragments" => (path == format!("fragments/{id}.yaml")).then_some(Spot::File),
        "requests" => path.starts_with("requests/").then(|| item_at(file, "requests", "id", id)).flatten(),
        _ if path == format!("{folder}/{place}.yaml") => {
            item_at(file, "rules", "id", id).or_else(|| member_at(file, "replies", id))
        }
        _ => None,
    }
}

fn item_at(file: &Node, list: &'static str, key: &str, id: &str) -> Option<Spot> {
    let Data::List(items) = &file.key(list)?.data else { return None };
    let at = items.iter().position(|item| item.key(key).and_then(Node::text) == Some(id))?;
    Some(Spot::Item(list, at))
}

fn member_at(file: &Node, map: &'static str, id: &str) -> Option<Spot> {
    let Data::Map(entries) = &file.key(map)?.data else { return None };
    entries.iter().position(|entry| entry.key == id).map(|at| Spot::Member(map, at))
}
