//! Filters as text (RFC 4515 §3), read strictly: each part in parentheses.

use super::{Filter, FilterPart};
use crate::fault::Fault;
use crate::limits::{DEPTH_MAX, FILTER_PARTS_MAX, FILTER_TEXT_MAX};

pub(super) fn parse(text: &str) -> Result<Filter, Fault> {
    if text.len() > FILTER_TEXT_MAX {
        return Err(Fault::Bound { what: "the filter's length in bytes", most: FILTER_TEXT_MAX });
    }
    let mut parts: Vec<FilterPart> = Vec::new();
    // Where in `parts` each level that is open began.
    let mut open: Vec<usize> = Vec::new();
    let mut rest = text;
    loop {
        let at = text.len() - rest.len();
        let wrong = |reason: &str| Err(Fault::Filter { at, reason: reason.to_owned() });
        if let Some(after) = rest.strip_prefix(')') {
            let Some(began) = open.pop() else { return wrong("`)` closes nothing") };
            if matches!(parts.get(began), Some(FilterPart::Not)) && parts.len() == began + 1 {
                return wrong("`!` stands before no filter");
            }
            rest = after;
        } else if let Some(after) = rest.strip_prefix('(') {
            if parts.len() >= FILTER_PARTS_MAX {
                return Err(Fault::Bound { what: "the number of parts of the filter", most: FILTER_PARTS_MAX });
            }
            if let Some(began) = open.last().copied() {
                let is_first = parts.len() == began + 1;
                match parts.get_mut(began) {
                    Some(FilterPart::And(count) | FilterPart::Or(count)) => *count += 1,
                    _ if !is_first => return wrong("`!` stands before one filter"),
                    _ => {}
                }
            }
            let holder = match after.chars().next() {
                Some('&') => Some(FilterPart::And(0)),
                Some('|') => Some(FilterPart::Or(0)),
                Some('!') => Some(FilterPart::Not),
                _ => None,
            };
            if let Some(holder) = holder {
                if open.len() >= DEPTH_MAX {
                    return Err(Fault::Bound { what: "the depth of the filter", most: DEPTH_MAX });
                }
                open.push(parts.len());
                parts.push(holder);
                rest = after.get(1..).unwrap_or_default();
            } else {
                let end = after.find([')', '(']).filter(|end| after.get(*end..=*end) == Some(")"));
                let Some(end) = end else { return wrong("a part that is not closed by `)`") };
                parts.push(item(after.get(..end).unwrap_or_default(), at + 1)?);
                rest = after.get(end + 1..).unwrap_or_default();
            }
        } else {
            return wrong(if rest.is_empty() { "it ends where a part is missing or not closed" } else { "expected `(`" });
        }
        if open.is_empty() {
            let at = text.len() - rest.len();
            return if rest.is_empty() {
                Ok(Filter(parts))
            } else {
                Err(Fault::Filter { at, reason: "something follows the filter".to_owned() })
            };
        }
    }
}

/// Reads what stands between parentheses: a name, an operator and a value.
fn item(text: &str, at: usize) -> Result<FilterPart, Fault> {
    let wrong = |reason: &str| Fault::Filter { at, reason: reason.to_owned() };
    let (left, right) = text.split_once('=').ok_or_else(|| wrong("a part without `=`"))?;
    if let Some(left) = left.strip_suffix(':') {
        return extensible(left, unescaped(right, at)?, at);
    }
    let (name, operator) = match left.chars().next_back() {
        Some(sign @ ('~' | '>' | '<')) => (left.get(..left.len() - 1).unwrap_or_default(), Some(sign)),
        _ => (left, None),
    };
    let name = named(name, at)?;
    match operator {
        Some('~') => return Ok(FilterPart::Approx(name, unescaped(right, at)?)),
        Some('>') => return Ok(FilterPart::From(name, unescaped(right, at)?)),
        Some(_) => return Ok(FilterPart::Until(name, unescaped(right, at)?)),
        None => {}
    }
    if right == "*" {
        return Ok(FilterPart::Present(name));
    }
    let pieces: Vec<&str> = right.split('*').collect();
    let [first, middle @ .., last] = pieces.as_slice() else {
        return Ok(FilterPart::Equal(name, unescaped(right, at)?));
    };
    let piece = |text: &str| unescaped(text, at).map(|piece| (!piece.is_empty()).then_some(piece));
    let mut any = Vec::new();
    for text in middle {
        any.push(piece(text)?.ok_or_else(|| wrong("`**` in a value"))?);
    }
    Ok(FilterPart::Substrings { name, initial: piece(first)?, any, last: piece(last)? })
}

fn extensible(left: &str, value: Vec<u8>, at: usize) -> Result<FilterPart, Fault> {
    let mut words = left.split(':');
    let name = words.next().filter(|name| !name.is_empty()).map(|name| named(name, at)).transpose()?;
    let mut rest: Vec<&str> = words.collect();
    let of_name = rest.first().is_some_and(|word| word.eq_ignore_ascii_case("dn"));
    if of_name {
        rest.remove(0);
    }
    match rest.as_slice() {
        [] if name.is_some() => Ok(FilterPart::Extensible { name, rule: None, value, of_name }),
        [rule] => Ok(FilterPart::Extensible { name, rule: Some(named(rule, at)?), value, of_name }),
        _ => Err(Fault::Filter { at, reason: "a matching rule without attribute and name".to_owned() }),
    }
}

fn named(name: &str, at: usize) -> Result<String, Fault> {
    let wrong = || Fault::Filter { at, reason: format!("`{name}` is no attribute's name") };
    super::is_description(name).then(|| name.to_owned()).ok_or_else(wrong)
}

/// Undoes `\` and two digits.
fn unescaped(text: &str, at: usize) -> Result<Vec<u8>, Fault> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while let Some(byte) = bytes.get(place) {
        match byte {
            b'\\' => {
                let digits = text.get(place + 1..place + 3).filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
                let digits = digits.and_then(|pair| u8::from_str_radix(pair, 16).ok());
                let wrong = || Fault::Filter { at, reason: "`\\` is followed by two hexadecimal digits".to_owned() };
                out.push(digits.ok_or_else(wrong)?);
                place += 3;
            }
            b'*' | b'\0' => return Err(Fault::Filter { at, reason: "a `*` or NUL that is not escaped".to_owned() }),
            other => {
                out.push(*other);
                place += 1;
            }
        }
    }
    Ok(out)
}
