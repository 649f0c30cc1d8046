//! The helpers of templates: one table.

use super::fake::{KINDS, fake};
use super::render::truthy;
use crate::limits::FILLER_BYTES_MAX;
use crate::{Generators, digest, moment};
use jiff::Timestamp;
use serde_json::Value;
use std::borrow::Cow;

/// What a helper is called with.
pub(super) struct Call<'c> {
    pub(super) arguments: &'c [Cow<'c, Value>],
    pub(super) options: &'c [(&'c str, Cow<'c, Value>)],
    pub(super) generators: &'c mut Generators,
}

type Outcome = Result<Value, String>;

/// A helper.
pub(super) struct Helper {
    pub(super) name: &'static str,
    /// How it is written, for faults.
    pub(super) usage: &'static str,
    pub(super) arguments_min: usize,
    pub(super) arguments_max: usize,
    pub(super) options: &'static [&'static str],
    /// Whether it takes null for an argument that is missing.
    pub(super) asks: bool,
    pub(super) body: for<'c> fn(Call<'c>) -> Outcome,
}

impl std::fmt::Debug for Helper {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

impl Helper {
    /// Finds a helper by name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        TABLE.iter().find(|helper| helper.name == name)
    }

    const fn asking(self) -> Self {
        Self { asks: true, ..self }
    }

    const fn with(self, options: &'static [&'static str]) -> Self {
        Self { options, ..self }
    }
}

/// Gives the names of all helpers.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|helper| helper.name)
}

/// Gives how each helper is written, by name.
pub(super) fn usages() -> Vec<(&'static str, &'static str)> {
    let mut all: Vec<_> = TABLE.iter().map(|helper| (helper.name, helper.usage)).collect();
    all.sort_unstable();
    all
}

const fn helper(
    name: &'static str,
    usage: &'static str,
    arguments: (usize, usize),
    body: for<'c> fn(Call<'c>) -> Outcome,
) -> Helper {
    Helper { name, usage, arguments_min: arguments.0, arguments_max: arguments.1, options: &[], asks: false, body }
}

static TABLE: &[Helper] = &[
    helper("and", "and a b", (2, 8), |call| Ok(Value::from(call.arguments.iter().all(|value| truthy(value))))).asking(),
    helper("base64", "base64 text", (1, 1), |call| Ok(digest::base64(call.text(0)?.as_bytes()).into())),
    helper("check-digit-mod11", "check-digit-mod11 '943476591'", (0, 1), check_digit).with(&["digits", "prefix"]),
    helper("concat", "concat a b", (1, 16), concat),
    helper("date-add", "date-add 'now' 'P1D' 'rfc3339'", (2, 3), date_add),
    helper("default", "default value other", (2, 2), default).asking(),
    helper("digest", "digest text", (1, 1), |call| Ok(digest::sha256(call.text(0)?.as_bytes()).into())),
    helper("digits", "digits count", (1, 1), |call| Ok(call.generators.random.digits(call.count(0)?).into())),
    helper("eq", "eq a b", (2, 2), |call| {
        Ok(Value::from(call.pair().is_some_and(|(left, right)| crate::compare::same(left, right))))
    })
    .asking(),
    helper("fake", "fake 'given-name'", (1, 1), |call| {
        let kind = call.text(0)?.into_owned();
        fake(&kind, &mut call.generators.random)
            .map(Value::from)
            .ok_or_else(|| format!("there is no `{kind}`; there are {}", KINDS.join(", ")))
    }),
    helper("filler", "filler bytes", (1, 1), filler),
    helper("join", "join list ', '", (2, 2), join),
    helper("jwt", "jwt claims header key=setting.key", (1, 2), jwt).with(&["key"]),
    helper("length", "length value", (1, 1), length),
    helper("lookup", "lookup map key", (2, 2), lookup),
    helper("lower", "lower text", (1, 1), |call| Ok(call.text(0)?.to_lowercase().into())),
    helper("ne", "ne a b", (2, 2), |call| {
        Ok(Value::from(call.pair().is_some_and(|(left, right)| !crate::compare::same(left, right))))
    })
    .asking(),
    helper("not", "not value", (1, 1), |call| Ok(Value::from(!call.arguments.iter().any(|value| truthy(value))))).asking(),
    helper("now", "now 'rfc3339'", (0, 1), |call| {
        let format = call.optional_text(0, "rfc3339")?;
        let time = moment::from_unix_ms(call.generators.now_unix_ms);
        let time = call.option("add").map_or(Ok(time), |span| moment::add(time, &text(span)?))?;
        moment::format(time, &format).map(Value::from)
    })
    .with(&["add"]),
    helper("or", "or a b", (2, 8), |call| Ok(Value::from(call.arguments.iter().any(|value| truthy(value))))).asking(),
    helper("pick", "pick list", (1, 1), |call| {
        let list = call.arguments.first().and_then(|list| list.as_array()).ok_or("it takes a list")?;
        call.generators.random.pick(list).cloned().ok_or_else(|| "the list is empty".to_owned())
    }),
    helper("present", "present value", (1, 1), |call| {
        Ok(Value::from(call.arguments.first().is_some_and(|value| !value.is_null())))
    })
    .asking(),
    helper("random", "random low high", (2, 2), |call| {
        let bound = |at: usize| call.arguments.get(at).and_then(|value| value.as_i64()).ok_or("it takes two whole numbers");
        let (low, high) = (bound(0)?, bound(1)?);
        Ok(call.generators.random.range(low, high).into())
    }),
    helper("raw-json", "raw-json value", (1, 1), |call| {
        Ok(call.arguments.first().map_or(Value::Null, |value| (**value).clone()))
    }),
    helper("replace", "replace text from to", (3, 3), replace),
    helper("sequence", "sequence 'name'", (0, 1), sequence).with(&["pad"]),
    helper("trim", "trim text", (1, 1), |call| Ok(call.text(0)?.trim().into())),
    helper("upper", "upper text", (1, 1), |call| Ok(call.text(0)?.to_uppercase().into())),
    helper("url-encode", "url-encode text", (1, 1), |call| {
        let mut encoded = String::new();
        crate::query::encode(&call.text(0)?, &mut encoded);
        Ok(encoded.into())
    }),
    helper("uuid", "uuid", (0, 0), |call| Ok(call.generators.random.uuid().into())),
];

fn text<'v>(value: &'v Value) -> Result<Cow<'v, str>, String> {
    match value {
        Value::Bool(flag) => Ok(Cow::Owned(flag.to_string())),
        Value::Number(number) => Ok(Cow::Owned(number.to_string())),
        Value::String(text) => Ok(Cow::Borrowed(text)),
        _ => Err("it takes text, not a list, an object or null".to_owned()),
    }
}

impl<'c> Call<'c> {
    fn text(&self, at: usize) -> Result<Cow<'c, str>, String> {
        text(self.arguments.get(at).map_or(&Value::Null, |value| value))
    }

    fn optional_text(&self, at: usize, other: &'static str) -> Result<Cow<'c, str>, String> {
        if self.arguments.len() > at { self.text(at) } else { Ok(Cow::Borrowed(other)) }
    }

    fn count(&self, at: usize) -> Result<usize, String> {
        let count = self.arguments.get(at).and_then(|value| value.as_u64()).and_then(|count| usize::try_from(count).ok());
        count.ok_or_else(|| "it takes a whole number".to_owned())
    }

    fn option(&self, name: &str) -> Option<&'c Value> {
        self.options.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value)
    }

    fn pair(&self) -> Option<(&'c Value, &'c Value)> {
        Some((self.arguments.first()?, self.arguments.get(1)?))
    }
}

/// Adds the check digit to the digits given; without them, makes up a number that has one.
fn check_digit(call: Call<'_>) -> Outcome {
    if !call.arguments.is_empty() {
        let digits = call.text(0)?;
        let check = digest::check_digit_mod11(&digits).ok_or("these digits have no check digit")?;
        return Ok(format!("{digits}{check}").into());
    }
    let prefix = call.option("prefix").map_or(Ok(Cow::Borrowed("")), text)?;
    let count = call.option("digits").and_then(Value::as_u64).unwrap_or(9).clamp(1, 29);
    let missing = usize::try_from(count).unwrap_or(9).saturating_sub(prefix.len());
    // One number in eleven has no check digit; 1,000 such in a row do not happen.
    for _ in 0..1_000 {
        let digits = format!("{prefix}{}", call.generators.random.digits(missing));
        if let Some(check) = digest::check_digit_mod11(&digits) {
            return Ok(format!("{digits}{check}").into());
        }
    }
    Err("no number with this prefix has a check digit".to_owned())
}

fn concat(call: Call<'_>) -> Outcome {
    let parts: Result<Vec<_>, _> = call.arguments.iter().map(|value| text(value)).collect();
    Ok(parts?.concat().into())
}

fn date_add(call: Call<'_>) -> Outcome {
    let time: Timestamp = match &*call.text(0)? {
        "now" => moment::from_unix_ms(call.generators.now_unix_ms),
        moment => moment::parse(moment)?,
    };
    moment::format(moment::add(time, &call.text(1)?)?, &call.optional_text(2, "rfc3339")?).map(Value::from)
}

fn default(call: Call<'_>) -> Outcome {
    let (value, other) = call.pair().ok_or("it takes two values")?;
    Ok(if truthy(value) { value } else { other }.clone())
}

fn filler(call: Call<'_>) -> Outcome {
    let count = call.count(0)?;
    if count > FILLER_BYTES_MAX {
        return Err(format!("it gives at most {FILLER_BYTES_MAX} bytes"));
    }
    Ok(digest::filler(count).into())
}

fn join(call: Call<'_>) -> Outcome {
    let list = call.arguments.first().and_then(|list| list.as_array()).ok_or("it takes a list")?;
    let parts: Result<Vec<_>, _> = list.iter().map(text).collect();
    Ok(parts?.join(&*call.text(1)?).into())
}

/// Makes a token signed with a key, or without one an unsecured one (RFC 7519 §6).
fn jwt(call: Call<'_>) -> Outcome {
    let claims = call.arguments.first().filter(|claims| claims.is_object()).ok_or("it takes claims, an object")?;
    if let Some(key) = call.option("key") {
        return crate::token::signed(claims, call.arguments.get(1).map(|header| &**header), key).map(Value::from);
    }
    let header =
        call.arguments.get(1).map_or_else(|| serde_json::json!({"alg": "none", "typ": "JWT"}), |header| (**header).clone());
    Ok(counterpart_jwt::unsecured(&header, claims).into())
}

fn length(call: Call<'_>) -> Outcome {
    let value = call.arguments.first().ok_or("it takes a value")?;
    let length = match &**value {
        Value::Array(members) => members.len(),
        Value::Object(members) => members.len(),
        other => text(other)?.chars().count(),
    };
    Ok(length.into())
}

fn lookup(call: Call<'_>) -> Outcome {
    let (map, key) = call.pair().ok_or("it takes two values")?;
    let found = match (map, key) {
        (Value::Array(members), key) => key.as_u64().and_then(|at| members.get(usize::try_from(at).ok()?)),
        (Value::Object(members), key) => members.get(&*text(key)?),
        _ => return Err("it takes a list or an object".to_owned()),
    };
    found.cloned().ok_or_else(|| format!("there is no member {key}"))
}

fn replace(call: Call<'_>) -> Outcome {
    let (whole, from, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
    if whole.matches(&*from).count().saturating_mul(to.len()) > FILLER_BYTES_MAX {
        return Err("the text would grow too long".to_owned());
    }
    Ok(whole.replace(&*from, &to).into())
}

fn sequence(call: Call<'_>) -> Outcome {
    let name = call.optional_text(0, "sequence")?;
    let number = call.generators.next(&name);
    let width = call.option("pad").and_then(Value::as_u64).unwrap_or(0).min(40);
    if width == 0 {
        return Ok(number.into());
    }
    Ok(format!("{number:0>width$}", width = usize::try_from(width).unwrap_or(0)).into())
}
