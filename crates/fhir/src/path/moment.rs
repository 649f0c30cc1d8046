//! Dates and times that are compared as far as they are precise (FHIRPath §6.2).

use std::cmp::Ordering;

/// Year, month, day, hour, minute, second, millionth of a second; as many as were written.
struct Moment {
    fields: Vec<i64>,
    /// Minutes east of Greenwich.
    offset: Option<i64>,
}

/// Compares two moments; `None` where one is less precise and they agree as far as both go, or where one is none.
pub(super) fn compare(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (parse(left)?, parse(right)?);
    if let (Some(a), Some(b)) = (instant(&left), instant(&right)) {
        return Some(a.cmp(&b));
    }
    for (a, b) in left.fields.iter().zip(&right.fields) {
        match a.cmp(b) {
            Ordering::Equal => {}
            other => return Some(other),
        }
    }
    (left.fields.len() == right.fields.len()).then_some(Ordering::Equal)
}

fn parse(text: &str) -> Option<Moment> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None if text.contains(':') => ("", Some(text)),
        None => (text, None),
    };
    let mut fields = Vec::new();
    for part in date.split('-').filter(|part| !part.is_empty()) {
        fields.push(number(part)?);
    }
    let mut offset = None;
    if let Some(time) = time {
        let zone = time.find(['Z', '+', '-']);
        let clock = zone.map_or(time, |zone| &time[..zone]);
        offset = match zone {
            Some(zone) => Some(zone_minutes(&time[zone..])?),
            None => None,
        };
        let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
        for part in whole.split(':') {
            fields.push(number(part)?);
        }
        // A second without a fraction is as precise as one with it: §6.1.1 counts both as one.
        fields.push(format!("{fraction:0<6}").get(..6)?.parse().ok()?);
    }
    (!fields.is_empty()).then_some(Moment { fields, offset })
}

/// Reads a part of a moment; no part is longer than a year, which has four digits.
fn number(part: &str) -> Option<i64> {
    part.parse().ok().filter(|_| part.len() <= 4)
}

fn zone_minutes(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    Some(sign * (number(hours)? * 60 + number(minutes)?))
}

/// Gives millionths of seconds since 1970 of a moment that is precise to the second and has a zone.
fn instant(moment: &Moment) -> Option<i64> {
    let [year, month, day, hour, minute, second, fraction] = moment.fields.as_slice() else { return None };
    let offset = moment.offset?;
    // Days from the civil calendar, with the year beginning in March.
    let year = if *month <= 2 { year - 1 } else { *year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let seconds = days * 86_400 + hour * 3_600 + (minute - offset) * 60 + second;
    seconds.checked_mul(1_000_000)?.checked_add(*fraction)
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn moments_are_compared_as_far_as_both_are_precise() {
        assert_eq!(compare("2020", "2021-01"), Some(Less));
        assert_eq!(compare("2020", "2020-01"), None);
        assert_eq!(compare("2020-01-01T12:00:00+02:00", "2020-01-01T10:00:00Z"), Some(Equal));
        assert_eq!(compare("2020-01-01T12:00:00.5Z", "2020-01-01T12:00:00Z"), Some(Greater));
        assert_eq!(compare("12:00:00", "11:59:59"), Some(Greater));
        assert_eq!(compare("x", "2020"), None);
        // Found by the fuzz program: years beyond all counting.
        assert_eq!(compare("202600007770000777-11-30T09:00:00Z", "2026-11-30T09:20:00Z"), None);
        assert_eq!(compare("2026-11-30T09:00:00+99999999999999999:00", "2026-11-30T09:20:00Z"), None);
    }
}
