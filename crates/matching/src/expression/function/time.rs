//! Timestamps and durations. The zone is UTC or a fixed offset: a zone's name would need a database that changes.

use super::{Arguments, Budget, Function, Result, Val, function, int_of, next, text_of, wrong};
use crate::expression::EvaluationFault;
use crate::moment;
use jiff::{Timestamp, Zoned};

pub(super) const TABLE: &[Function] = &[
    function("date_add", "date_add(timestamp, 'P1D')", (2, 2), date_add),
    function("duration", "duration('1h30m')", (1, 1), duration),
    function("format_date", "format_date(timestamp, '%Y-%m-%d')", (2, 2), format_date),
    function("getDate", "timestamp.getDate()", (1, 2), |arguments, _| field(arguments, |time| i64::from(time.day()))),
    function("getDayOfMonth", "timestamp.getDayOfMonth()", (1, 2), |arguments, _| {
        field(arguments, |time| i64::from(time.day()) - 1)
    }),
    function("getDayOfWeek", "timestamp.getDayOfWeek()", (1, 2), |arguments, _| {
        field(arguments, |time| i64::from(time.weekday().to_sunday_zero_offset()))
    }),
    function("getDayOfYear", "timestamp.getDayOfYear()", (1, 2), |arguments, _| {
        field(arguments, |time| i64::from(time.day_of_year()) - 1)
    }),
    function("getFullYear", "timestamp.getFullYear()", (1, 2), |arguments, _| field(arguments, |time| i64::from(time.year()))),
    function("getHours", "value.getHours()", (1, 2), |arguments, _| part(arguments, 3_600_000, |time| i64::from(time.hour()))),
    function("getMilliseconds", "value.getMilliseconds()", (1, 2), |arguments, _| {
        part(arguments, 1, |time| i64::from(time.millisecond()))
    }),
    function("getMinutes", "value.getMinutes()", (1, 2), |arguments, _| part(arguments, 60_000, |time| i64::from(time.minute()))),
    function("getMonth", "timestamp.getMonth()", (1, 2), |arguments, _| field(arguments, |time| i64::from(time.month()) - 1)),
    function("getSeconds", "value.getSeconds()", (1, 2), |arguments, _| part(arguments, 1_000, |time| i64::from(time.second()))),
    function("timestamp", "timestamp('2026-01-31T12:00:00Z')", (1, 1), timestamp),
];

fn time_of(name: &str, value: Val<'_>) -> Result<Timestamp> {
    match value {
        Val::Int(seconds) => Timestamp::from_second(seconds).map_err(|_| EvaluationFault::new("the timestamp is out of range")),
        Val::Text(text) => moment::parse(&text).map_err(EvaluationFault::new),
        Val::Time(time) => Ok(time),
        other => Err(wrong(&format!("`{name}` takes a timestamp"), &other)),
    }
}

fn timestamp<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    time_of("timestamp", next(&mut arguments.into_iter())).map(Val::Time)
}

fn duration<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    match next(&mut arguments.into_iter()) {
        Val::Span(span) => Ok(Val::Span(span)),
        other => moment::duration(&text_of("duration", other)?).map(Val::Span).map_err(EvaluationFault::new),
    }
}

fn date_add<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let time = time_of("date_add", next(&mut arguments))?;
    match next(&mut arguments) {
        Val::Span(span) => {
            time.checked_add(span).map(Val::Time).map_err(|_| EvaluationFault::new("the timestamp is out of range"))
        }
        other => moment::add(time, &text_of("date_add", other)?).map(Val::Time).map_err(EvaluationFault::new),
    }
}

fn format_date<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let time = time_of("format_date", next(&mut arguments))?;
    let text = moment::format(time, &text_of("format_date", next(&mut arguments))?).map_err(EvaluationFault::new)?;
    budget.bytes(text.len())?;
    Ok(Val::text(text))
}

fn zoned(time: Timestamp, zone: Option<Val<'_>>) -> Result<Zoned> {
    let zone = zone.map_or(Ok("UTC".to_owned()), |zone| text_of("time zone", zone).map(std::borrow::Cow::into_owned))?;
    moment::zoned(time, &zone).map_err(EvaluationFault::new)
}

fn field<'v>(arguments: Arguments<'v>, field: fn(&Zoned) -> i64) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let time = time_of("this function", next(&mut arguments))?;
    zoned(time, arguments.next()).map(|time| Val::Int(field(&time)))
}

/// Of a timestamp, the field; of a duration, the whole of it in that unit.
fn part<'v>(arguments: Arguments<'v>, unit_ms: i128, part: fn(&Zoned) -> i64) -> Result<Val<'v>> {
    if let Some(Val::Span(span)) = arguments.first() {
        return int_of("duration", &Val::Int(i64::try_from(span.as_millis() / unit_ms).unwrap_or(i64::MAX))).map(Val::Int);
    }
    field(arguments, part)
}
