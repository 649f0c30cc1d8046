//! Values that a search asks for: read by the declared criterion, then compared with what rows have.
//!
//! What is asked for comes from the peer: a text of the wrong form is told, never a fault of ours.

use crate::rule::Format;
use crate::subject::select::text_of;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use serde_json::{Number, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

/// What the values of a search parameter are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoughtKind {
    /// `true` or `false`.
    Boolean,
    /// A day.
    Date,
    /// A moment with its offset (RFC 3339 §5.6).
    DateTime,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A code, alone or after its system and `|`.
    Token,
}

/// How a row's value stands to the one asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It is greater.
    After,
    /// It is less.
    Before,
    /// It begins with it.
    Begins,
    /// It contains it.
    Contains,
    /// It is equal.
    Equal,
    /// It is greater or equal.
    From,
    /// It is another.
    Other,
    /// It is less or equal.
    Until,
}

impl Relation {
    /// The relations that a prefix of two letters can ask for.
    const PREFIXES: [(&str, Self); 6] = [
        ("eq", Self::Equal),
        ("ge", Self::From),
        ("gt", Self::After),
        ("le", Self::Until),
        ("lt", Self::Before),
        ("ne", Self::Other),
    ];

    /// Tells whether it is about the order of values.
    #[must_use]
    pub fn is_order(self) -> bool {
        matches!(self, Self::After | Self::Before | Self::From | Self::Until)
    }

    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::After => order.is_gt(),
            Self::Before => order.is_lt(),
            Self::Begins | Self::Contains | Self::Equal => order.is_eq(),
            Self::From => order.is_ge(),
            Self::Other => order.is_ne(),
            Self::Until => order.is_le(),
        }
    }
}

/// Whether capital and small letters differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterCase {
    /// They are the same.
    Any,
    /// They differ.
    Exact,
}

/// Whether a value may begin with how it is to be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefixes {
    /// `eq`, `ne`, `ge`, `gt`, `le` or `lt` may stand before it.
    Allowed,
    /// It is the value alone.
    None,
}

/// How a search parameter is read and compared.
#[derive(Clone, Copy, Debug)]
pub struct Criterion {
    /// What its values are.
    pub kind: SoughtKind,
    /// How to compare where no prefix says it.
    pub relation: Relation,
    /// Whether prefixes are read.
    pub prefixes: Prefixes,
    /// Whether capital and small letters differ, for texts and tokens.
    pub case: LetterCase,
}

/// A value asked for.
#[derive(Clone, Debug)]
pub struct Sought {
    wanted: Wanted,
    relation: Relation,
    case: LetterCase,
}

#[derive(Clone, Debug)]
enum Wanted {
    Boolean(bool),
    Date(Date),
    Moment(Timestamp),
    Number(Number),
    Text(String),
    Token { system: Option<String>, code: Option<String> },
}

impl Criterion {
    /// Reads a value asked for.
    ///
    /// # Errors
    /// What form it should have, as the rest of "the value ...".
    pub fn read(&self, text: &str) -> Result<Sought, String> {
        let (relation, text) = match self.prefixes {
            Prefixes::Allowed => prefixed(text).unwrap_or((self.relation, text)),
            Prefixes::None => (self.relation, text),
        };
        let folded = || folded(text, self.case).into_owned();
        let wanted = match self.kind {
            _ if text.is_empty() => return Err("is empty".to_owned()),
            SoughtKind::Boolean => Wanted::Boolean(flag(text).ok_or("is neither `true` nor `false`")?),
            SoughtKind::Date => Wanted::Date(date(text).ok_or("is not a date such as `2026-01-31`")?),
            SoughtKind::DateTime => {
                Wanted::Moment(moment(text).ok_or("is not a moment with its offset such as `2026-01-31T12:00:00Z`")?)
            }
            SoughtKind::Number => Wanted::Number(serde_json::from_str(text).map_err(|_| "is not a number")?),
            SoughtKind::Text => Wanted::Text(folded()),
            SoughtKind::Token => token(&folded())?,
        };
        Ok(Sought { wanted, relation, case: self.case })
    }
}

impl Sought {
    /// Tells whether a row's value is as asked for; one of another form is not.
    #[must_use]
    pub fn holds(&self, value: &Value) -> bool {
        match &self.wanted {
            Wanted::Boolean(wanted) => flag_of(value).is_some_and(|own| self.relation.holds(own.cmp(wanted))),
            Wanted::Date(wanted) => {
                let own = value.as_str().and_then(day_of);
                own.is_some_and(|own| self.relation.holds(own.cmp(wanted)))
            }
            Wanted::Moment(wanted) => {
                let own = value.as_str().and_then(|text| plain_moment(text).or_else(|| moment(text)));
                own.is_some_and(|own| self.relation.holds(own.cmp(wanted)))
            }
            Wanted::Number(wanted) => {
                number_of(value).and_then(|own| order(&own, wanted)).is_some_and(|order| self.relation.holds(order))
            }
            Wanted::Text(wanted) => text_of(value).is_some_and(|own| self.text_holds(&folded(&own, self.case), wanted)),
            Wanted::Token { system, code } => self.relation.holds(self.token_order(value, system.as_deref(), code.as_deref())),
        }
    }

    fn text_holds(&self, own: &str, wanted: &str) -> bool {
        match self.relation {
            Relation::Begins => own.starts_with(wanted),
            Relation::Contains => own.contains(wanted),
            relation => relation.holds(own.cmp(wanted)),
        }
    }

    /// Equal where what is asked for is so: a token knows no order.
    fn token_order(&self, value: &Value, system: Option<&str>, code: Option<&str>) -> Ordering {
        let part = |names: &[&str]| names.iter().find_map(|name| text_of(value.get(name)?));
        let (own_system, own_code) = match value {
            Value::Object(_) => (part(&["system"]), part(&["code", "value"])),
            _ => (None, text_of(value)),
        };
        let same = |wanted: Option<&str>, own: Option<Cow<'_, str>>| {
            wanted.is_none_or(|wanted| folded(own.as_deref().unwrap_or(""), self.case) == wanted)
        };
        if same(system, own_system) && same(code, own_code) { Ordering::Equal } else { Ordering::Less }
    }
}

fn prefixed(text: &str) -> Option<(Relation, &str)> {
    Relation::PREFIXES.iter().find_map(|(prefix, relation)| Some((*relation, text.strip_prefix(prefix)?)))
}

fn folded(text: &str, case: LetterCase) -> Cow<'_, str> {
    match case {
        LetterCase::Any => Cow::Owned(text.to_lowercase()),
        LetterCase::Exact => Cow::Borrowed(text),
    }
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn flag_of(value: &Value) -> Option<bool> {
    // The rows of a table are texts.
    value.as_bool().or_else(|| flag(value.as_str()?))
}

fn date(text: &str) -> Option<Date> {
    Format::from_name("date").filter(|format| format.holds(text)).and_then(|_| text.parse().ok())
}

/// Gives the day of a row's value; of a moment, the day as it is written, whatever its offset.
fn day_of(text: &str) -> Option<Date> {
    date(text).or_else(|| moment(text).and_then(|_| text.get(..10)?.parse().ok()))
}

fn moment(text: &str) -> Option<Timestamp> {
    Format::from_name("instant").filter(|format| format.holds(text)).and_then(|_| text.parse().ok())
}

/// Reads a moment without fraction, in UTC or with an offset, which most are: a search reads one in each row.
fn plain_moment(text: &str) -> Option<Timestamp> {
    let number = |at: usize, length: usize| -> Option<i16> {
        let digits = text.get(at..at + length).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse().ok()
    };
    let small = |at: usize| number(at, 2).and_then(|number| i8::try_from(number).ok());
    let signs = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if !signs.iter().all(|(at, sign)| text.as_bytes().get(*at) == Some(sign)) {
        return None;
    }
    let day = Date::new(number(0, 4)?, small(5)?, small(8)?).ok()?;
    let time = Time::new(small(11)?, small(14)?, small(17)?, 0).ok()?;
    let offset_s = match text.get(19..)? {
        "Z" => 0,
        offset if offset.len() == 6 && offset.as_bytes().get(3) == Some(&b':') => {
            let seconds = i32::from(small(20)?) * 3_600 + i32::from(small(23)?) * 60;
            match offset.as_bytes().first()? {
                b'+' => seconds,
                b'-' => -seconds,
                _ => return None,
            }
        }
        _ => return None,
    };
    Offset::from_seconds(offset_s).ok()?.to_timestamp(day.to_datetime(time)).ok()
}

fn number_of(value: &Value) -> Option<Number> {
    match value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

fn order(own: &Number, wanted: &Number) -> Option<Ordering> {
    match (own.as_i64(), wanted.as_i64()) {
        (Some(own), Some(wanted)) => Some(own.cmp(&wanted)),
        _ => own.as_f64()?.partial_cmp(&wanted.as_f64()?),
    }
}

/// FHIR search, "token": `code` in any system, `system|code`, `|code` without a system, `system|` with any code.
fn token(text: &str) -> Result<Wanted, String> {
    let Some((system, code)) = text.split_once('|') else {
        return Ok(Wanted::Token { system: None, code: Some(text.to_owned()) });
    };
    if system.is_empty() && code.is_empty() {
        return Err("names neither a system nor a code".to_owned());
    }
    Ok(Wanted::Token { system: Some(system.to_owned()), code: (!code.is_empty()).then(|| code.to_owned()) })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::{Criterion, LetterCase, Prefixes, Relation, SoughtKind};
    use serde_json::{Value, json};

    fn criterion(kind: SoughtKind, relation: Relation) -> Criterion {
        Criterion { kind, relation, prefixes: Prefixes::None, case: LetterCase::Exact }
    }

    fn holds(criterion: Criterion, asked: &str, own: Value) -> bool {
        criterion.read(asked).unwrap().holds(&own)
    }

    #[test]
    fn moments_are_compared_whatever_their_offset() {
        let from = criterion(SoughtKind::DateTime, Relation::From);
        assert!(holds(from, "2026-11-20T10:00:00+01:00", json!("2026-11-20T09:00:00Z")));
        assert!(!holds(from, "2026-11-20T10:00:00Z", json!("2026-11-20T10:59:59+01:00")));
        assert!(!holds(from, "2026-11-20T10:00:00Z", json!("2026-11-21")), "a day is no moment");
    }

    #[test]
    fn moments_are_read_alike_by_the_short_way_and_the_long_one() {
        for text in [
            "2026-11-20T10:00:00Z",
            "2024-02-29T23:59:59+14:00",
            "1969-12-31T23:00:00-01:30",
            "2026-02-29T10:00:00Z",
            "2026-11-20T24:00:00Z",
            "2026-11-20T10:00:00*01:00",
            "2026-11-20T10:00:00+0100",
            "2026-11-20T10:00:0Z",
            "20é6-11-20T10:00:00Z",
        ] {
            assert_eq!(super::plain_moment(text), super::moment(text), "{text}");
        }
        assert_eq!(super::plain_moment("2026-11-20T10:00:00.5Z"), None, "that is for the long way");
    }

    #[test]
    fn prefix_says_how_to_compare() {
        let start = Criterion { prefixes: Prefixes::Allowed, ..criterion(SoughtKind::DateTime, Relation::Equal) };
        let own = || json!("2026-11-20T10:00:00Z");
        for (prefix, at, before, after) in
            [("", true, false, false), ("eq", true, false, false), ("ne", false, true, true), ("ge", true, true, false)]
                .into_iter()
                .chain([("gt", false, true, false), ("le", true, false, true), ("lt", false, false, true)])
        {
            assert_eq!(holds(start, &format!("{prefix}2026-11-20T10:00:00Z"), own()), at, "{prefix}");
            assert_eq!(holds(start, &format!("{prefix}2026-11-20T09:00:00Z"), own()), before, "{prefix}");
            assert_eq!(holds(start, &format!("{prefix}2026-11-20T11:00:00Z"), own()), after, "{prefix}");
        }
    }

    #[test]
    fn value_of_a_wrong_form_is_told() {
        for (kind, asked, said) in [
            (SoughtKind::Boolean, "yes", "neither"),
            (SoughtKind::Date, "2026-02-30", "not a date"),
            (SoughtKind::DateTime, "2026-11-20T10:00:00", "offset"),
            (SoughtKind::DateTime, "2026-11-20T10:00:00 00:00", "offset"),
            (SoughtKind::Number, "1e", "not a number"),
            (SoughtKind::Number, "NaN", "not a number"),
            (SoughtKind::Text, "", "empty"),
            (SoughtKind::Token, "|", "neither a system nor a code"),
        ] {
            let reason = criterion(kind, Relation::Equal).read(asked).unwrap_err();
            assert!(reason.contains(said), "{asked}: {reason}");
        }
        let start = Criterion { prefixes: Prefixes::Allowed, ..criterion(SoughtKind::Date, Relation::Equal) };
        assert!(start.read("ge").unwrap_err().contains("empty"));
        assert!(start.read("äö").unwrap_err().contains("not a date"));
    }

    #[test]
    fn numbers_are_compared_by_value() {
        let until = criterion(SoughtKind::Number, Relation::Until);
        assert!(holds(until, "10", json!(9)) && holds(until, "10", json!("9")) && holds(until, "1e1", json!(10.0)));
        assert!(!holds(until, "10", json!("nine")) && !holds(until, "10", json!(null)));
        assert!(!holds(until, "9007199254740992", json!(9_007_199_254_740_993_i64)), "whole numbers are exact");
    }

    #[test]
    fn texts_are_compared_as_declared() {
        let begins = criterion(SoughtKind::Text, Relation::Begins);
        assert!(holds(begins, "Ad", json!("Ada")) && !holds(begins, "ad", json!("Ada")));
        let any = Criterion { case: LetterCase::Any, ..begins };
        assert!(holds(any, "ÄD", json!("äda")) && !holds(any, "da", json!("Ada")));
        assert!(holds(criterion(SoughtKind::Text, Relation::Contains), "d", json!("Ada")));
        assert!(holds(criterion(SoughtKind::Text, Relation::Equal), "7", json!(7)), "a number stands for its text");
        assert!(!holds(criterion(SoughtKind::Text, Relation::Other), "7", json!(null)), "nothing is not another text");
    }

    #[test]
    fn token_is_asked_for_with_or_without_its_system() {
        let token = criterion(SoughtKind::Token, Relation::Equal);
        let own = || json!({ "system": "s", "value": "c" });
        for (asked, wanted) in [("c", true), ("s|c", true), ("s|", true), ("|c", false), ("t|c", false), ("d", false)] {
            assert_eq!(holds(token, asked, own()), wanted, "{asked}");
        }
        assert!(holds(token, "|c", json!("c")) && holds(token, "c", json!({ "code": "c" })) && !holds(token, "c", json!([])));
    }

    #[test]
    fn day_of_a_moment_is_the_one_written() {
        let day = criterion(SoughtKind::Date, Relation::Equal);
        assert!(holds(day, "2026-11-20", json!("2026-11-20T23:30:00-05:00")));
        assert!(!holds(day, "2026-11-20", json!("20 November")) && !holds(day, "2026-11-20", json!("äääääääää")));
    }
}
