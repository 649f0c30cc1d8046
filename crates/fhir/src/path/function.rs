//! The functions.

use super::ast::{Call, Expr, Function};
use super::compare::equal;
use super::evaluate::{Evaluated, Evaluator, Failure, Items, Target};
use super::item::{Item, plain, text};
use super::parser::pattern;
use super::text::is_narrative;
use std::borrow::Cow;

/// Calls a function on a collection.
pub(super) fn call<'t>(on: &Evaluator<'_, 't, '_>, call: &Call, focus: &[Item<'t>], this: &[Item<'t>]) -> Evaluated<'t> {
    let argument = |at: usize| match call.arguments.get(at) {
        Some(argument) => on.evaluate(argument, this, this),
        None => Ok(Vec::new()),
    };
    let boolean = |value: bool| Ok(vec![Item::Boolean(value)]);
    match call.function {
        Function::All => all(on, focus, call.arguments.first()),
        Function::AllFalse | Function::AllTrue | Function::AnyFalse | Function::AnyTrue => {
            let wanted = Item::Boolean(matches!(call.function, Function::AllTrue | Function::AnyTrue));
            let mut is = focus.iter().map(|item| plain(on.tree(), item) == wanted);
            let every = matches!(call.function, Function::AllTrue | Function::AllFalse);
            boolean(if every { is.all(|is| is) } else { is.any(|is| is) })
        }
        Function::Children => children(on, focus),
        Function::Descendants => descendants(on, focus),
        Function::Combine => Ok(focus.iter().cloned().chain(argument(0)?).collect()),
        Function::Count => Ok(vec![Item::Integer(i64::try_from(focus.len()).unwrap_or(i64::MAX))]),
        Function::Distinct => union(on, focus.to_vec(), Vec::new()),
        Function::Empty => boolean(focus.is_empty()),
        Function::Exists => match call.arguments.first() {
            Some(criterion) => boolean(!filter(on, focus, criterion)?.is_empty()),
            None => boolean(!focus.is_empty()),
        },
        Function::Extension => extension(on, focus, &argument(0)?),
        Function::First => Ok(focus.first().cloned().into_iter().collect()),
        Function::Last => Ok(focus.last().cloned().into_iter().collect()),
        Function::Tail => Ok(focus.iter().skip(1).cloned().collect()),
        Function::HasValue => boolean(match focus {
            [Item::Node(number)] => on.tree().node(*number).value.is_some(),
            other => other.len() == 1,
        }),
        Function::HtmlChecks | Function::HtmlChecksLower => {
            boolean(focus.iter().all(|item| text(&plain(on.tree(), item)).is_some_and(|text| is_narrative(&text))))
        }
        Function::Iif => conditional(on, call, focus, this),
        Function::Intersect | Function::Exclude => {
            let other = argument(0)?;
            on.count(focus.len().saturating_mul(other.len()))?;
            let wanted = call.function == Function::Intersect;
            let is_in = |item: &Item<'t>| other.iter().any(|other| equal(on.tree(), item, other) == Some(true));
            Ok(focus.iter().filter(|item| is_in(item) == wanted).cloned().collect())
        }
        Function::IsDistinct => boolean(union(on, focus.to_vec(), Vec::new())?.len() == focus.len()),
        Function::Not => Ok(on.truth(focus)?.map(|truth| Item::Boolean(!truth)).into_iter().collect()),
        Function::Resolve => resolve(on, focus),
        Function::Select => select(on, focus, call.arguments.first()),
        Function::Single if focus.len() > 1 => Err(Failure::wrong("several values stand where `single` asks for one")),
        Function::Single => Ok(focus.to_vec()),
        Function::Skip | Function::Take => {
            let count = integer(on, &argument(0)?)?;
            let count = usize::try_from(count).unwrap_or(0);
            let skip = call.function == Function::Skip;
            Ok(if skip { focus.iter().skip(count).cloned().collect() } else { focus.iter().take(count).cloned().collect() })
        }
        Function::SubsetOf => subset(on, focus, &argument(0)?),
        Function::SupersetOf => subset(on, &argument(0)?, focus),
        // A trace shows and changes nothing.
        Function::Trace => Ok(focus.to_vec()),
        Function::Union => union(on, focus.to_vec(), argument(0)?),
        Function::Where => match call.arguments.first() {
            Some(criterion) => filter(on, focus, criterion),
            None => Ok(Vec::new()),
        },
        _ => on_text(on, call, focus, &argument),
    }
}

fn all<'t>(on: &Evaluator<'_, 't, '_>, focus: &[Item<'t>], criterion: Option<&Expr>) -> Evaluated<'t> {
    let Some(criterion) = criterion else { return Ok(Vec::new()) };
    for item in focus {
        let item = std::slice::from_ref(item);
        if on.truth(&on.evaluate(criterion, item, item)?)? != Some(true) {
            return Ok(vec![Item::Boolean(false)]);
        }
    }
    Ok(vec![Item::Boolean(true)])
}

fn filter<'t>(on: &Evaluator<'_, 't, '_>, focus: &[Item<'t>], criterion: &Expr) -> Evaluated<'t> {
    let mut kept = Vec::new();
    for item in focus {
        let one = std::slice::from_ref(item);
        if on.truth(&on.evaluate(criterion, one, one)?)? == Some(true) {
            kept.push(item.clone());
        }
    }
    Ok(kept)
}

fn select<'t>(on: &Evaluator<'_, 't, '_>, focus: &[Item<'t>], projection: Option<&Expr>) -> Evaluated<'t> {
    let mut all = Vec::new();
    for item in focus {
        let item = std::slice::from_ref(item);
        if let Some(projection) = projection {
            all.extend(on.evaluate(projection, item, item)?);
        }
        on.count(all.len() / 64)?;
    }
    Ok(all)
}

/// Evaluates one of two branches only.
fn conditional<'t>(on: &Evaluator<'_, 't, '_>, call: &Call, focus: &[Item<'t>], this: &[Item<'t>]) -> Evaluated<'t> {
    let branch = |at: usize, within: &[Item<'t>]| match call.arguments.get(at) {
        Some(branch) => on.evaluate(branch, within, within),
        None => Ok(Vec::new()),
    };
    // As a method it is about what stands before it; as a function about what is in focus, which is the same then.
    let within = if focus.is_empty() {
        focus
    } else if std::ptr::eq(focus, this) {
        this
    } else {
        focus
    };
    let holds = on.truth(&branch(0, within)?)? == Some(true);
    branch(if holds { 1 } else { 2 }, within)
}

fn children<'t>(on: &Evaluator<'_, 't, '_>, focus: &[Item<'t>]) -> Evaluated<'t> {
    let mut all = Vec::new();
    for item in focus {
        if let Item::Node(number) = item {
            all.extend(on.tree().children(*number).map(Item::Node));
            on.count(all.len())?;
        }
    }
    Ok(all)
}

fn descendants<'t>(on: &Evaluator<'_, 't, '_>, focus: &[Item<'t>]) -> Evaluated<'t> {
    let mut all = children(on, focus)?;
    let mut next = 0;
    while let Some(item) = all.get(next).cloned() {
        on.count(1)?;
        next += 1;
        if let Item::Node(number) = item {
            all.extend(on.tree().children(number).map(Item::Node));
        }
    }
    on.count(all.len())?;
    Ok(all)
}

/// Joins two collections without repetitions.
pub(super) fn union<'t>(on: &Evaluator<'_, 't, '_>, left: Items<'t>, right: Items<'t>) -> Evaluated<'t> {
    let mut kept: Items<'t> = Vec::with_capacity(left.len());
    // Texts and numbers are told apart by their text at once; elements are compared with each other.
    let mut seen = std::collections::HashSet::new();
    for item in left.into_iter().chain(right) {
        let value = plain(on.tree(), &item);
        let is_new = match text(&value) {
            Some(text) => seen.insert((std::mem::discriminant(&value), text)),
            None => {
                on.count(kept.len())?;
                !kept.iter().any(|known| equal(on.tree(), known, &item) == Some(true))
            }
        };
        if is_new {
            kept.push(item);
        }
    }
    Ok(kept)
}

fn subset<'t>(on: &Evaluator<'_, 't, '_>, inner: &[Item<'t>], outer: &[Item<'t>]) -> Evaluated<'t> {
    on.count(inner.len().saturating_mul(outer.len()))?;
    let is = inner.iter().all(|item| outer.iter().any(|other| equal(on.tree(), item, other) == Some(true)));
    Ok(vec![Item::Boolean(is)])
}

fn extension<'t>(on: &Evaluator<'_, 't, '_>, focus: &[Item<'t>], url: &[Item<'t>]) -> Evaluated<'t> {
    let url = one_text(on, url)?.unwrap_or_default();
    let mut found = Vec::new();
    for item in focus {
        if let Item::Node(number) = item {
            let extensions = on.tree().named(*number, "extension");
            found.extend(extensions.filter(|at| on.tree().text(*at, "url") == Some(&url)).map(Item::Node));
        }
    }
    on.count(found.len())?;
    Ok(found)
}

fn resolve<'t>(on: &Evaluator<'_, 't, '_>, focus: &[Item<'t>]) -> Evaluated<'t> {
    let mut found = Vec::new();
    for item in focus {
        let Item::Node(number) = item else { continue };
        let node = on.tree().node(*number);
        let reference = match &node.value {
            Some(value) => Some(value.lexical()),
            None => on.tree().text(*number, "reference"),
        };
        let Some(reference) = reference else { continue };
        match (on.context.resolve)(*number, reference) {
            Target::Inside(target) => found.push(Item::Node(target)),
            Target::Nothing => {}
            Target::Outside => return Err(Failure::Outside(format!("`{reference}` is not in the text"))),
        }
    }
    Ok(found)
}

fn integer(on: &Evaluator<'_, '_, '_>, items: &[Item<'_>]) -> Result<i64, Failure> {
    match items {
        [one] => match plain(on.tree(), one) {
            Item::Integer(number) => Ok(number),
            _ => Err(Failure::wrong("a number is asked for")),
        },
        _ => Err(Failure::wrong("one number is asked for")),
    }
}

/// Gives the one text of a collection, nothing for an empty one.
fn one_text<'t>(on: &Evaluator<'_, 't, '_>, items: &[Item<'t>]) -> Result<Option<Cow<'t, str>>, Failure> {
    match items {
        [] => Ok(None),
        [one] => match text(&plain(on.tree(), one)) {
            Some(text) => Ok(Some(text)),
            None => Err(Failure::wrong("an element without a value stands where a text is asked for")),
        },
        _ => Err(Failure::wrong("several values stand where one text is asked for")),
    }
}

/// Calls a function that works on one text.
fn on_text<'t>(
    on: &Evaluator<'_, 't, '_>,
    call: &Call,
    focus: &[Item<'t>],
    argument: &dyn Fn(usize) -> Evaluated<'t>,
) -> Evaluated<'t> {
    let Some(value) = one_text(on, focus)? else {
        // FHIRPath gives nothing for nothing here; the core invariants (bdl-8, ref-1) rest on `false`, which the reference
        // implementation gives.
        let is_test = matches!(call.function, Function::Contains | Function::EndsWith | Function::Matches | Function::StartsWith);
        return Ok(if is_test { vec![Item::Boolean(false)] } else { Vec::new() });
    };
    on.count(value.len() / 16)?;
    let boolean = |value: bool| Ok(vec![Item::Boolean(value)]);
    let from_text = |text: String| Ok(vec![Item::Text(Cow::Owned(text))]);
    let second = || -> Result<Option<Cow<'t, str>>, Failure> { one_text(on, &argument(0)?) };
    match call.function {
        Function::ToText => return Ok(vec![Item::Text(value)]),
        Function::ToInteger => return Ok(value.parse().ok().map(Item::Integer).into_iter().collect()),
        Function::ToDecimal => return Ok(value.parse().ok().map(Item::Decimal).into_iter().collect()),
        Function::ToBoolean => return Ok(value.parse().ok().map(Item::Boolean).into_iter().collect()),
        Function::Length => return Ok(vec![Item::Integer(i64::try_from(value.chars().count()).unwrap_or(i64::MAX))]),
        Function::Lower => return from_text(value.to_lowercase()),
        Function::Upper => return from_text(value.to_uppercase()),
        Function::Substring => {
            let start = usize::try_from(integer(on, &argument(0)?)?).unwrap_or(usize::MAX);
            let length = match call.arguments.len() {
                2 => usize::try_from(integer(on, &argument(1)?)?).unwrap_or(0),
                _ => usize::MAX,
            };
            if start >= value.chars().count() {
                return Ok(Vec::new());
            }
            return from_text(value.chars().skip(start).take(length).collect());
        }
        _ => {}
    }
    let Some(second) = second()? else { return Ok(Vec::new()) };
    match call.function {
        Function::Contains => boolean(value.contains(&*second)),
        Function::EndsWith => boolean(value.ends_with(&*second)),
        Function::StartsWith => boolean(value.starts_with(&*second)),
        Function::IndexOf => {
            let at = value.find(&*second).map_or(-1, |at| i64::try_from(value[..at].chars().count()).unwrap_or(-1));
            Ok(vec![Item::Integer(at)])
        }
        Function::Matches => boolean(match &call.pattern {
            Some(known) => known.is_match(&value),
            None => pattern(&second, true).map_err(Failure::Wrong)?.is_match(&value),
        }),
        Function::Replace | Function::ReplaceMatches => {
            let with = one_text(on, &argument(1)?)?.unwrap_or_default();
            if call.function == Function::Replace {
                return from_text(value.replace(&*second, &with));
            }
            let replaced = match &call.pattern {
                Some(known) => known.replace_all(&value, &*with).into_owned(),
                None => pattern(&second, false).map_err(Failure::Wrong)?.replace_all(&value, &*with).into_owned(),
            };
            from_text(replaced)
        }
        _ => Err(Failure::wrong("a function is used where it has no meaning")),
    }
}
