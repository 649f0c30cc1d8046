//! Instants as certificates write them.
//!
//! The time is always given by the caller; nothing here asks a clock.

use std::time::SystemTime;
use time::OffsetDateTime;

/// Seconds of a day.
pub(crate) const DAY_S: i64 = 86_400;

/// Gives an instant in the form `2026-11-22T10:00:00Z` (RFC 3339, whole seconds, UTC).
pub(crate) fn rfc3339(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// Gives the seconds since 1970 of an instant, negative before it.
pub(crate) fn unix_s(at: SystemTime) -> i64 {
    match at.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds),
    }
}

/// Gives the instant of some seconds since 1970; instants that certificates cannot write become the nearest that they can.
pub(crate) fn instant(unix_s: i64) -> OffsetDateTime {
    // RFC 5280 §4.1.2.5: from 1950 (UTCTime) to 9999 (GeneralizedTime).
    OffsetDateTime::from_unix_timestamp(unix_s.clamp(-631_152_000, 253_402_300_799)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
