//! Lists and maps.

use super::super::operate;
use super::{Arguments, Budget, Function, Result, Val, function, function_of_absent, int_of, members_of, next, text_of, wrong};
use crate::expression::EvaluationFault;
use crate::limits::RANGE_MAX;
use indexmap::IndexMap;
use std::rc::Rc;

pub(super) const TABLE: &[Function] = &[
    function("contains", "text.contains(part)", (2, 2), contains),
    function("distinct", "distinct(list)", (1, 1), distinct),
    function("failed", "failed('check-*')", (1, 1), failed),
    function("first", "first(list)", (1, 1), |arguments, _| edge("first", arguments)),
    function("flatten", "flatten(list)", (1, 1), flatten),
    function("group_by", "group_by(list, 'key') or list.group_by(x, expression)", (2, 2), group_by),
    function_of_absent("hasValue", "a.?b.hasValue()", (1, 1), |arguments, _| {
        Ok(Val::Bool(!matches!(arguments.first(), Some(Val::Absent))))
    }),
    function("keys", "keys(map)", (1, 1), keys),
    function("last", "last(list)", (1, 1), |arguments, _| edge("last", arguments)),
    function("merge", "merge(map, map)", (2, 2), merge),
    function_of_absent("orValue", "a.?b.orValue(other)", (2, 2), or_value),
    function("range", "range(count)", (1, 1), range),
    function("reverse", "reverse(list)", (1, 1), reverse),
    function("size", "size(value)", (1, 1), size),
    function("sort", "sort(list)", (1, 1), sort),
    function("sort_by", "sort_by(list, 'key') or list.sort_by(x, expression)", (2, 2), sort_by),
    function("values", "values(map)", (1, 1), values),
    function("with", "with(map, '/pointer', value)", (3, 3), with),
    function("without", "without(value, 'name or /pointer or list of them')", (2, 2), without),
];

fn contains<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let (whole, part) = (next(&mut arguments), next(&mut arguments));
    if let (Val::Text(text), Val::Text(part)) = (&whole, &part) {
        return Ok(Val::Bool(text.contains(&**part)));
    }
    let found = operate::contains(&whole, &part, budget)?;
    found.map(Val::Bool).ok_or_else(|| wrong("`contains` takes a string, a list or a map", &whole))
}

fn distinct<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let mut kept: Vec<Val<'v>> = Vec::new();
    'members: for member in members_of("distinct", &next(&mut arguments.into_iter()))? {
        for known in &kept {
            if operate::equal(known, &member, budget)? {
                continue 'members;
            }
        }
        kept.push(member);
    }
    Ok(Val::list(kept))
}

/// Tells whether a check of that id failed; `*` stands for anything, wherever it is. The first argument is the list of ids.
fn failed<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let ids = members_of("failed", &next(&mut arguments))?;
    let pattern = text_of("failed", next(&mut arguments))?;
    let is_meant = |id: &Val<'_>| match id {
        Val::Text(id) => fits(&pattern, id),
        _ => false,
    };
    Ok(Val::Bool(ids.iter().any(is_meant)))
}

/// Tells whether an id fits a pattern whose `*` stand for anything; what stands between two is taken where it first comes.
fn fits(pattern: &str, id: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return id == pattern };
    let Some(mut left) = id.strip_prefix(start) else { return false };
    let Some((between, end)) = rest.rsplit_once('*') else { return left.ends_with(rest) };
    for part in between.split('*') {
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.ends_with(end)
}

fn edge<'v>(name: &str, arguments: Arguments<'v>) -> Result<Val<'v>> {
    let mut members = members_of(name, &next(&mut arguments.into_iter()))?;
    let member = if name == "first" { members.into_iter().next() } else { members.pop() };
    member.ok_or_else(|| EvaluationFault::new(format!("`{name}` takes a list that is not empty")))
}

fn flatten<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let mut flat = Vec::new();
    for member in members_of("flatten", &next(&mut arguments.into_iter()))? {
        match member.members() {
            Some(members) => {
                budget.step(members.len())?;
                flat.extend(members);
            }
            None => flat.push(member),
        }
    }
    Ok(Val::list(flat))
}

/// Pairs each member with its member of that name.
fn keyed<'v>(name: &str, arguments: Arguments<'v>) -> Result<Vec<(Val<'v>, Val<'v>)>> {
    let mut arguments = arguments.into_iter();
    let members = members_of(name, &next(&mut arguments))?;
    let key = text_of(name, next(&mut arguments))?;
    let pair = |member: Val<'v>| {
        let missing = || EvaluationFault::new(format!("a member of the list has no `{key}`"));
        Ok((member.member(&key).ok_or_else(missing)?, member))
    };
    members.into_iter().map(pair).collect()
}

fn group_by<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    operate::group(keyed("group_by", arguments)?, budget)
}

fn sort_by<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    operate::sort(keyed("sort_by", arguments)?, budget)
}

fn sort<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let members = members_of("sort", &next(&mut arguments.into_iter()))?;
    operate::sort(members.into_iter().map(|member| (member.clone(), member)).collect(), budget)
}

fn keys<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    let map = next(&mut arguments.into_iter());
    let entries = map.entries().ok_or_else(|| wrong("`keys` takes a map", &map))?;
    Ok(Val::list(entries.into_iter().map(|(name, _)| Val::Text(name)).collect()))
}

fn values<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    let map = next(&mut arguments.into_iter());
    let entries = map.entries().ok_or_else(|| wrong("`values` takes a map", &map))?;
    Ok(Val::list(entries.into_iter().map(|(_, value)| value).collect()))
}

fn entries_of<'v>(name: &str, value: &Val<'v>) -> Result<IndexMap<String, Val<'v>>> {
    let entries = value.entries().ok_or_else(|| wrong(&format!("`{name}` takes a map"), value))?;
    Ok(entries.into_iter().map(|(name, value)| (name.into_owned(), value)).collect())
}

/// Gives the members of both; the second's win.
fn merge<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let mut merged = entries_of("merge", &next(&mut arguments))?;
    merged.extend(entries_of("merge", &next(&mut arguments))?);
    Ok(Val::Map(Rc::new(merged)))
}

fn or_value<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let (value, other) = (next(&mut arguments), next(&mut arguments));
    Ok(if matches!(value, Val::Absent) { other } else { value })
}

fn range<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let count = int_of("range", &next(&mut arguments.into_iter()))?;
    if count > RANGE_MAX {
        return Err(EvaluationFault::new(format!("`range` gives at most {RANGE_MAX} numbers")));
    }
    budget.step(usize::try_from(count).unwrap_or(0))?;
    Ok(Val::list((0..count).map(Val::Int).collect()))
}

fn reverse<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    let mut members = members_of("reverse", &next(&mut arguments.into_iter()))?;
    members.reverse();
    Ok(Val::list(members))
}

fn size<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    let value = next(&mut arguments.into_iter());
    let size = value.size().ok_or_else(|| wrong("`size` takes a string, bytes, a list or a map", &value))?;
    Ok(Val::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

/// Sets what a JSON Pointer names, objects on the way made where they are missing; `-` adds to a list (RFC 6901 §4).
fn with<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let (whole, pointer, value) = (next(&mut arguments), next(&mut arguments), next(&mut arguments));
    let mut whole = whole.into_json();
    let value = value.into_json();
    budget.step(crate::pointer::weight(&whole) + crate::pointer::weight(&value))?;
    let pointer = text_of("with", pointer)?;
    let pointer = if pointer.starts_with('/') { pointer.into_owned() } else { format!("/{pointer}") };
    if !crate::pointer::set(&mut whole, &pointer, value) {
        return Err(EvaluationFault::new(format!("there is no place `{pointer}` in the value")));
    }
    Ok(Val::owned(whole))
}

fn without<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let (whole, left_out) = (next(&mut arguments), next(&mut arguments));
    let left_out = left_out.members().unwrap_or_else(|| vec![left_out]);
    if let Some(members) = whole.members() {
        let mut kept = Vec::new();
        'members: for member in members {
            for other in &left_out {
                if operate::equal(&member, other, budget)? {
                    continue 'members;
                }
            }
            kept.push(member);
        }
        return Ok(Val::list(kept));
    }
    let mut whole = whole.into_json();
    budget.step(crate::pointer::weight(&whole))?;
    for pointer in left_out {
        let pointer = text_of("without", pointer)?;
        let pointer = if pointer.starts_with('/') { pointer.into_owned() } else { format!("/{pointer}") };
        crate::pointer::remove(&mut whole, &pointer);
    }
    Ok(Val::owned(whole))
}
