//! Moments and durations as text (RFC 3339, ISO 8601); the zone is UTC or a fixed offset.

use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp, Zoned};

/// Characters of a format; a longer one is a mistake.
const FORMAT_CHARS_MAX: usize = 200;

/// Reads a moment with an offset.
pub(crate) fn parse(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| format!("`{}` is not a moment such as `2026-01-31T12:00:00Z`", shown(text)))
}

/// Gives the moment of milliseconds since 1970; out of range is the nearest that there is.
pub(crate) fn from_unix_ms(unix_ms: i64) -> Timestamp {
    let nearest = if unix_ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(unix_ms).unwrap_or(nearest)
}

/// Writes milliseconds since 1970 as a moment in UTC, to the millisecond.
#[must_use]
pub fn text(unix_ms: i64) -> String {
    format(from_unix_ms(unix_ms), "ms").unwrap_or_default()
}

/// Reads a duration such as `1h30m`, `100ms` or `PT1H`.
pub(crate) fn duration(text: &str) -> Result<SignedDuration, String> {
    let text = text.trim();
    if text == "0" {
        return Ok(SignedDuration::ZERO);
    }
    text.parse().map_err(|_| format!("`{}` is not a duration such as `1h30m` or `PT1H30M`", shown(text)))
}

/// Adds a duration, calendar units included, in UTC.
pub(crate) fn add(time: Timestamp, text: &str) -> Result<Timestamp, String> {
    let span: Span = text.trim().parse().map_err(|_| format!("`{}` is not a duration such as `P1D` or `-2h`", shown(text)))?;
    let moved = time.to_zoned(TimeZone::UTC).checked_add(span).map_err(|_| "the moment is out of range".to_owned())?;
    Ok(moved.timestamp())
}

/// Gives the moment in a zone: `UTC`, `Z` or an offset such as `+01:00`.
pub(crate) fn zoned(time: Timestamp, zone: &str) -> Result<Zoned, String> {
    if matches!(zone, "UTC" | "Z" | "") {
        return Ok(time.to_zoned(TimeZone::UTC));
    }
    let fault = || format!("`{}` is not a zone; write `UTC` or an offset such as `+01:00`", shown(zone));
    let (sign, digits) = match zone.split_at_checked(1) {
        Some(("-", digits)) => (-1, digits),
        Some(("+", digits)) => (1, digits),
        _ => return Err(fault()),
    };
    let (hours, minutes) = digits.split_once(':').ok_or_else(fault)?;
    let number = |text: &str| text.parse::<i32>().ok().filter(|number| (0..60).contains(number)).ok_or_else(fault);
    let offset = Offset::from_seconds(sign * (number(hours)? * 3_600 + number(minutes)? * 60)).map_err(|_| fault())?;
    Ok(time.to_zoned(TimeZone::fixed(offset)))
}

/// Formats a moment in UTC: `rfc3339`, `ms` (RFC 3339 with milliseconds), `http` (RFC 9110 §5.6.7), `date`, `unix`,
/// `unix-ms`, or a pattern of `%` fields.
pub(crate) fn format(time: Timestamp, format: &str) -> Result<String, String> {
    let pattern = match format {
        "date" => "%Y-%m-%d",
        "http" => "%a, %d %b %Y %H:%M:%S GMT",
        "ms" => "%Y-%m-%dT%H:%M:%S.%3fZ",
        "rfc3339" => "%Y-%m-%dT%H:%M:%SZ",
        "unix" => return Ok(time.as_second().to_string()),
        "unix-ms" => return Ok(time.as_millisecond().to_string()),
        pattern if pattern.contains('%') && pattern.chars().count() <= FORMAT_CHARS_MAX => pattern,
        other => {
            let known = "`rfc3339`, `ms`, `http`, `date`, `unix`, `unix-ms`, or a pattern such as `%Y-%m-%d`";
            return Err(format!("`{}` is not a format of moments; known are {known}", shown(other)));
        }
    };
    strtime::format(pattern, &time.to_zoned(TimeZone::UTC))
        .map_err(|error| format!("`{}` is not a format of moments: {error}", shown(format)))
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}
