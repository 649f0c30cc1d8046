//! Text and bytes.

use super::{Arguments, Budget, Function, Result, Val, function, int_of, members_of, next, text_of, wrong};
use crate::expression::value::span_text;
use crate::expression::{EvaluationFault, pattern};
use crate::limits::{BYTES_PER_STEP, PATTERN_STEPS, VALUE_DEPTH_MAX};
use serde_json::Value;
use std::borrow::Cow;

pub(super) const TABLE: &[Function] = &[
    function("base64", "base64(text or bytes)", (1, 1), base64),
    function("bool", "bool(value)", (1, 1), boolean),
    function("bytes", "bytes(text)", (1, 1), bytes),
    function("dyn", "dyn(value)", (1, 1), |arguments, _| Ok(next(&mut arguments.into_iter()))),
    function("endsWith", "text.endsWith(end)", (2, 2), |arguments, _| {
        pair("endsWith", arguments, |text, end| text.ends_with(end))
    }),
    function("filler", "filler(bytes)", (1, 1), filler),
    function("indexOf", "text.indexOf(part)", (2, 2), index_of),
    function("join", "list.join(separator)", (1, 2), join),
    function("json", "json(text)", (1, 1), json),
    function("lower", "lower(text)", (1, 1), |arguments, budget| change("lower", arguments, budget, |text| text.to_lowercase())),
    function("matches", "text.matches(pattern)", (2, 2), matches),
    function("parse_query", "parse_query(text)", (1, 1), parse_query),
    function("replace", "text.replace(from, to)", (3, 3), replace),
    function("sha256", "sha256(text or bytes)", (1, 1), sha256),
    function("split", "text.split(separator)", (2, 2), split),
    function("startsWith", "text.startsWith(start)", (2, 2), |arguments, _| {
        pair("startsWith", arguments, |text, start| text.starts_with(start))
    }),
    function("string", "string(value)", (1, 1), string),
    function("substring", "text.substring(from, to)", (2, 3), substring),
    function("to_json", "to_json(value)", (1, 1), to_json),
    function("trim", "trim(text)", (1, 1), |arguments, budget| change("trim", arguments, budget, |text| text.trim().to_owned())),
    function("type", "type(value)", (1, 1), |arguments, _| Ok(Val::text(next(&mut arguments.into_iter()).type_name()))),
    function("unbase64", "unbase64(text)", (1, 1), unbase64),
    function("url_encode", "url_encode(text)", (1, 1), url_encode),
    function("upper", "upper(text)", (1, 1), |arguments, budget| change("upper", arguments, budget, |text| text.to_uppercase())),
];

fn octets(name: &str, value: Val<'_>) -> Result<Vec<u8>> {
    match value {
        Val::Bytes(bytes) => Ok(bytes.to_vec()),
        Val::Text(text) => Ok(text.into_owned().into_bytes()),
        other => Err(wrong(&format!("`{name}` takes a string or bytes"), &other)),
    }
}

fn base64<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let octets = octets("base64", next(&mut arguments.into_iter()))?;
    budget.bytes(octets.len() / 3 * 4 + 4)?;
    Ok(Val::text(crate::digest::base64(&octets)))
}

fn unbase64<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    let text = text_of("unbase64", next(&mut arguments.into_iter()))?;
    let octets = crate::digest::unbase64(&text).ok_or_else(|| EvaluationFault::new("the text is not base64"))?;
    // Most of what is encoded is text; what is not stays bytes.
    Ok(String::from_utf8(octets).map_or_else(|error| Val::Bytes(error.into_bytes().into()), Val::text))
}

fn sha256<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    octets("sha256", next(&mut arguments.into_iter())).map(|octets| Val::text(crate::digest::sha256(&octets)))
}

fn boolean<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    match next(&mut arguments.into_iter()) {
        Val::Bool(flag) => Ok(Val::Bool(flag)),
        Val::Text(text) if text == "true" => Ok(Val::Bool(true)),
        Val::Text(text) if text == "false" => Ok(Val::Bool(false)),
        other => Err(wrong("`bool` takes a bool, `true` or `false`", &other)),
    }
}

fn bytes<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let octets = octets("bytes", next(&mut arguments.into_iter()))?;
    budget.bytes(octets.len())?;
    Ok(Val::Bytes(octets.into()))
}

fn pair<'v>(name: &str, arguments: Arguments<'v>, test: fn(&str, &str) -> bool) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let (text, other) = (text_of(name, next(&mut arguments))?, text_of(name, next(&mut arguments))?);
    Ok(Val::Bool(test(&text, &other)))
}

fn change<'v>(name: &str, arguments: Arguments<'v>, budget: &mut Budget, change: fn(&str) -> String) -> Result<Val<'v>> {
    let text = text_of(name, next(&mut arguments.into_iter()))?;
    budget.bytes(text.len())?;
    Ok(Val::text(change(&text)))
}

fn filler<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let count = int_of("filler", &next(&mut arguments.into_iter()))?;
    let count = usize::try_from(count).map_err(|_| EvaluationFault::new("`filler` takes a number that is not negative"))?;
    budget.bytes(count)?;
    Ok(Val::text(crate::digest::filler(count)))
}

/// Counts characters, as CEL's `size` does; -1 where the part is not there.
fn index_of<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let (text, part) = (text_of("indexOf", next(&mut arguments))?, text_of("indexOf", next(&mut arguments))?);
    let at =
        text.find(&*part).and_then(|at| text.get(..at)).map_or(-1, |before| i64::try_from(before.chars().count()).unwrap_or(-1));
    Ok(Val::Int(at))
}

fn join<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let members = members_of("join", &next(&mut arguments))?;
    let separator = arguments.next().map_or(Ok(Cow::Borrowed("")), |separator| text_of("join", separator))?;
    let mut joined = String::new();
    for (at, member) in members.into_iter().enumerate() {
        let member = text_of("join", member)?;
        budget.bytes(member.len() + separator.len())?;
        if at > 0 {
            joined.push_str(&separator);
        }
        joined.push_str(&member);
    }
    Ok(Val::text(joined))
}

/// Parses JSON; its depth is bounded by the parser (128 levels) and by our own bound.
fn json<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let text = text_of("json", next(&mut arguments.into_iter()))?;
    budget.bytes(text.len())?;
    let value: Value =
        serde_json::from_str(&text).map_err(|error| EvaluationFault::new(format!("the text is not JSON: {error}")))?;
    if crate::pointer::depth(&value) > VALUE_DEPTH_MAX {
        return Err(EvaluationFault::new(format!("the JSON text nests deeper than {VALUE_DEPTH_MAX} levels")));
    }
    Ok(Val::owned(value))
}

fn matches<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let (text, wanted) = (text_of("matches", next(&mut arguments))?, text_of("matches", next(&mut arguments))?);
    budget.step(usize::try_from(PATTERN_STEPS).unwrap_or(usize::MAX))?;
    let compiled = pattern(&wanted).map_err(EvaluationFault::new)?;
    Ok(Val::Bool(compiled.is_match(&text)))
}

fn parse_query<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    let text = text_of("parse_query", next(&mut arguments.into_iter()))?;
    Ok(Val::owned(crate::query::value(&text)))
}

fn replace<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let (text, from) = (text_of("replace", next(&mut arguments))?, text_of("replace", next(&mut arguments))?);
    let to = text_of("replace", next(&mut arguments))?;
    let count = text.matches(&*from).count();
    budget.bytes(text.len().saturating_add(count.saturating_mul(to.len())))?;
    Ok(Val::text(text.replace(&*from, &to)))
}

fn split<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let (text, separator) = (text_of("split", next(&mut arguments))?, text_of("split", next(&mut arguments))?);
    budget.bytes(text.len() * BYTES_PER_STEP.min(8))?;
    Ok(Val::list(text.split(&*separator).map(Val::text).collect()))
}

fn string<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    Ok(Val::text(match next(&mut arguments.into_iter()) {
        Val::Bool(flag) => flag.to_string(),
        Val::Bytes(bytes) => {
            budget.bytes(bytes.len())?;
            String::from_utf8(bytes.to_vec()).map_err(|_| EvaluationFault::new("the bytes are not UTF-8"))?
        }
        Val::Double(number) => number.to_string(),
        Val::Int(number) => number.to_string(),
        Val::Null => "null".to_owned(),
        Val::Span(span) => span_text(span),
        Val::Text(text) => return Ok(Val::Text(text)),
        Val::Time(time) => time.to_string(),
        other => return Err(wrong("`string` takes a single value", &other)),
    }))
}

/// Writes text so that it stands for itself in a query or a form.
fn url_encode<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let text = text_of("url_encode", next(&mut arguments.into_iter()))?;
    budget.bytes(text.len().saturating_mul(3))?;
    let mut encoded = String::with_capacity(text.len());
    crate::query::encode(&text, &mut encoded);
    Ok(Val::text(encoded))
}

fn substring<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let text = text_of("substring", next(&mut arguments))?;
    let from = usize::try_from(int_of("substring", &next(&mut arguments))?);
    let to = arguments.next().map(|to| int_of("substring", &to)).transpose()?.map_or(Ok(usize::MAX), usize::try_from);
    let (Ok(from), Ok(to)) = (from, to) else {
        return Err(EvaluationFault::new("`substring` takes numbers that are not negative"));
    };
    budget.bytes(text.len())?;
    let (from, to) = if text.is_ascii() {
        (from.min(text.len()), to.min(text.len()))
    } else {
        let at = |count: usize| text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
        (at(from), at(to))
    };
    Ok(match text {
        Cow::Borrowed(text) => Val::Text(Cow::Borrowed(text.get(from..to).unwrap_or(""))),
        Cow::Owned(text) => Val::text(text.get(from..to).unwrap_or("")),
    })
}

fn to_json<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let text = next(&mut arguments.into_iter()).into_json().to_string();
    budget.bytes(text.len())?;
    Ok(Val::text(text))
}
