//! JSON Web Tokens in header fields: their parts, and whether they are signed with a key of a set.

use super::select::{Blocked, Found, Seen, Selected, Spot, bounded};
use super::{JwtPart, Side, Subjects};
use crate::Operand;
use counterpart_document::{JsonPath, Located};
use counterpart_jwt::{Algorithm, KeySet, Part, Token, verify};
use serde_json::Value;
use std::borrow::Cow;

/// Header field of a bearer token (RFC 6750 §2.1).
const BEARER: &str = "authorization";

/// What the signature of a token is, where it is that of a key of the set.
pub const SIGNED: &str = "signed with a key of the set";

/// Reads a part of a token without checking its signature.
pub(crate) fn part<'s>(header: &str, part: JwtPart, path: &JsonPath, side: Side, subjects: &Subjects<'_>) -> Selected<'s> {
    let Some(token) = carried(header, side, subjects) else { return Ok(Vec::new()) };
    let (name, wanted) = match part {
        JwtPart::Claims => ("claims", Part::Claims),
        JwtPart::Header => ("header", Part::Header),
    };
    // Many checks look at one token, which is read once where it is the bearer token.
    let read = subjects.token(side).filter(|_| header.eq_ignore_ascii_case(BEARER)).and_then(|parts| parts.get(name));
    let json = match read {
        Some(json) => Cow::Borrowed(json),
        None => Cow::Owned(counterpart_jwt::part(token, wanted).map_err(|fault| no_token(header, &fault))?.value().clone()),
    };
    let seen = |node: Located<'_>| Seen { value: Found::Json(Cow::Owned(node.value.clone())), spot: Spot::Pointer(node.pointer) };
    Ok(bounded(path.query(&json))?.into_iter().map(seen).collect())
}

/// Gives the bearer token of a message as expressions see it: `header` and `claims`, each where it can be read by itself.
pub(crate) fn value(side: Side, subjects: &Subjects<'_>) -> Option<Value> {
    let token = carried(BEARER, side, subjects)?;
    let parts = [("claims", Part::Claims), ("header", Part::Header)];
    let read = |(name, part): (&str, Part)| Some((name.to_owned(), counterpart_jwt::part(token, part).ok()?.value().clone()));
    Some(Value::Object(parts.into_iter().filter_map(read).collect()))
}

/// Tells whether a token is signed with one of the keys: [`SIGNED`], or why not.
pub(crate) fn signature<'s>(
    header: &str,
    keys: &Operand,
    algorithms: &[Algorithm],
    side: Side,
    subjects: &Subjects<'_>,
) -> Selected<'s> {
    let Some(token) = carried(header, side, subjects) else { return Ok(Vec::new()) };
    let token = Token::parse(token).map_err(|fault| no_token(header, &fault))?;
    let keys = key_set(&*keys.resolve(subjects)?).map_err(Blocked::Us)?;
    let result = verify(&token, &keys, algorithms).map_or_else(|why| why.to_string(), |()| SIGNED.to_owned());
    Ok(vec![Seen { value: Found::Text(Cow::Owned(result)), spot: Spot::Subject }])
}

/// Gives the token that a header field carries.
fn carried<'s>(header: &str, side: Side, subjects: &'s Subjects<'_>) -> Option<&'s str> {
    let value = subjects.headers(side)?.first(header)?;
    // RFC 6750 §2.1: the scheme stands before the token.
    Some(value.trim().rsplit(' ').next().unwrap_or(""))
}

fn no_token(header: &str, fault: &counterpart_jwt::Malformed) -> Blocked {
    Blocked::Peer(format!("header `{header}` holds no JSON Web Token: {fault}"), None)
}

/// Reads the keys; what is wrong with them is not the token's fault.
fn key_set(value: &Value) -> Result<KeySet, String> {
    let parsed = match value {
        Value::String(text) => Cow::Owned(serde_json::from_str(text).map_err(|_| "the keys are no JSON".to_owned())?),
        value => Cow::Borrowed(value),
    };
    let set = KeySet::from_json(&parsed).map_err(|fault| format!("among the keys, the key {fault}"))?;
    match (set.keys(), set.passed_over()) {
        ([], 0) => Err("there is no key among the keys".to_owned()),
        ([], others) => Err(format!("none of the keys is for signatures that are known here ({others} passed over)")),
        _ => Ok(set),
    }
}

#[cfg(test)]
mod tests;
