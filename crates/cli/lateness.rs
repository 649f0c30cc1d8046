//! How late the machine was while a run went on: measured from its beginning on, and told at its end.

use crate::limits::LATE_TOLD_MS;
use crate::sink::RecordingSink;
use counterpart_engine::{Clock, Sink as _};
use counterpart_evidence::{Event, Limit};
use std::sync::{Arc, Weak};

/// Measures how late the machine is, as long as the run is recorded.
pub(crate) fn watch(sink: &Arc<RecordingSink>, clock: &Clock) {
    let (sink, clock) = (Arc::downgrade(sink), clock.clone());
    tokio::spawn(async move { clock.measure_lateness(|| Weak::strong_count(&sink) > 0).await });
}

/// Tells how late it was at worst, if it was: among the limits where checks of time can hang on it.
pub(crate) fn tell(sink: &RecordingSink, clock: &Clock) {
    let Some((late_ms, at_us)) = clock.latest() else { return };
    let real_ms = clock.real(late_ms).as_millis();
    let of_run = if clock.scale() > 1.0 { format!(", {late_ms} ms of the run") } else { String::new() };
    let text = format!("this machine was late by up to {real_ms} ms{of_run}, {} s after the beginning", at_us / 1_000_000);
    let event = if real_ms < u128::from(LATE_TOLD_MS) {
        Event::Note { scenario: None, text }
    } else {
        let why = format!("{text}: limits, gaps and rhythms that miss by no more than it was late then are not judged");
        Event::Limited(Limit { what: "times that this machine could not measure".to_owned(), why })
    };
    sink.event(event, clock.now_us());
}
