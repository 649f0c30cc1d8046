//! The machine's clock and randomness: asked for here and nowhere else.

use jiff::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// Gives the moment.
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// Gives the moment in milliseconds since 1970.
pub(crate) fn unix_ms(moment: SystemTime) -> i64 {
    moment.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(0)
}

/// Writes a moment as RFC 3339 in UTC, with milliseconds.
pub(crate) fn rfc3339(unix_ms: i64) -> String {
    Timestamp::from_millisecond(unix_ms).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Reads a moment in RFC 3339; gives milliseconds since 1970.
pub(crate) fn parse(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// Writes a moment as part of a folder's name.
pub(crate) fn compact(unix_ms: i64) -> String {
    Timestamp::from_millisecond(unix_ms).unwrap_or_default().strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Gives random bytes of the operating system.
pub(crate) fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    // Without random bytes no key can be made, which whoever needs one reports.
    drop(std::fs::File::open("/dev/urandom").and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes)));
    bytes
}

/// Gives a short id for a run.
pub(crate) fn short_id() -> String {
    random().iter().take(3).map(|byte| format!("{byte:02x}")).collect()
}
