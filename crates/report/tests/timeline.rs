//! The timeline of a scenario, as it stands in the page.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sample;

use counterpart_evidence::{Effect, ExchangeId, ExchangeRecord, RunRecord, ScenarioId};
use counterpart_report::{Format, Options, render};

/// Gives the timeline of a scenario's attempt.
fn timeline_of(record: &RunRecord, scenario: &str, attempt: u32) -> String {
    let bodies = sample::sample().bodies;
    let page = String::from_utf8(render(record, &bodies, Format::Html, &Options::default()).unwrap()).unwrap();
    let id = format!("aria-label=\"Timeline scenario-{}-{attempt}-timeline\"", scenario.replace('/', "-"));
    let from = page.find(&id).unwrap_or_else(|| panic!("no {id}"));
    let end = page[from..].find("</figure>").unwrap();
    page[from..from + end].to_owned()
}

#[test]
fn what_was_sent_again_too_soon_is_tied_and_blamed() {
    let drawn = timeline_of(&sample::sample().record, "orchard/deliveries/retry", 1);
    assert_eq!(drawn.matches("<path class=\"tie\"").count(), 2, "{drawn}");
    assert_eq!(drawn.matches("href=\"#m-refused\" x").count(), 2, "{drawn}");
    assert_eq!(drawn.matches("href=\"#m-taken\" x").count(), 1, "{drawn}");
    assert_eq!(drawn.matches("<rect class=\"w-warning\"").count(), 2, "{drawn}");
    assert!(drawn.contains(">retry-gap: 18.00 s, 21.00 s; expected 60 s or more</text>"), "{drawn}");
    assert_eq!(drawn.matches("<rect class=\"band\"").count(), 1, "{drawn}");
    assert!(drawn.contains("0 s to 30 s, endpoint <code>deliveries</code>: answers 503"), "{drawn}");
    // The second attempt keeps its time.
    let kept = timeline_of(&sample::sample().record, "orchard/deliveries/retry", 2);
    assert!(kept.contains("<path class=\"tie\"") && !kept.contains("class=\"blame"), "{kept}");
}

#[test]
fn requests_that_carry_nothing_are_not_sent_again() {
    let beats = timeline_of(&sample::sample().record, "orchard/queue/heartbeat", 1);
    assert!(!beats.contains("class=\"tie\"") && beats.contains("1 min 0 s"), "{beats}");
}

/// A day of heartbeats from several places, one a minute each.
fn day(places: u64) -> RunRecord {
    let mut record = sample::sample().record;
    let scenario = ScenarioId::new("orchard/queue/heartbeat");
    let beat = record.exchanges.iter().find(|one| one.scenario.as_ref() == Some(&scenario)).unwrap().clone();
    let mut beats = Vec::new();
    for minute in 0..1_440 {
        for place in 0..places {
            let id = ExchangeId(1_000 + minute * places + place);
            let mut one =
                ExchangeRecord { id, started_us: (minute * 60 + place) * 1_000_000, effect: Effect::Stored, ..beat.clone() };
            one.request.as_mut().unwrap().target = Some(format!("/site/s{place}/heartbeat"));
            beats.push(one);
        }
    }
    // One is refused: it must not drown.
    beats[700].effect = Effect::Refused;
    let found = record.scenarios.iter_mut().find(|one| one.id == scenario).unwrap();
    let attempt = &mut found.attempts[0];
    (attempt.started_us, attempt.duration_us) = (0, 86_400_000_000);
    attempt.steps[0].exchanges = beats.iter().map(|one| one.id).collect();
    record.exchanges.extend(beats);
    record
}

#[test]
fn a_day_of_thirty_three_places_is_condensed_and_says_so() {
    let drawn = timeline_of(&day(33), "orchard/queue/heartbeat", 1);
    assert!(drawn.contains("/site/*/heartbeat (33 paths)"), "{}", &drawn[..2_000]);
    assert!(drawn.contains("<td class=\"n\">47,520</td><td class=\"n\">47,519</td><td class=\"n\">1</td>"), "{drawn}");
    assert!(drawn.contains("each bar or mark stands for what came in 14 min 24 s, up to 486 requests"), "{drawn}");
    assert_eq!(drawn.matches("href=\"#m-refused\" x").count(), 1);
    // Gaps are those of one place, not those between places.
    assert!(drawn.contains("<td class=\"n\">1 min 0 s</td><td class=\"n\">0 µs</td><td class=\"n\">+0 µs</td>"), "{drawn}");
    assert!(drawn.len() < 20_000, "{} bytes", drawn.len());
}
