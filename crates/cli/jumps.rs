//! Whether the machine's clock was set while a run goes on. Gaps and limits are measured with a clock that nobody sets; but the
//! moments in messages are those of the calendar, and whoever reads them should know.

use crate::limits::{CLOCK_JUMP_MS, CLOCK_LOOK_MS};
use crate::moment;
use crate::sink::RecordingSink;
use counterpart_engine::{Clock, ClockKind, Sink as _};
use counterpart_evidence::{Event, Limit};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How far the calendar was before the clock that nobody sets, when both were looked at last.
struct Jumps {
    ahead_ms: i64,
}

impl Jumps {
    /// Gives by how many milliseconds the calendar was set since it was looked at last, where it was: to follow a time server, clocks
    /// are slowed and hurried by far less.
    fn look(&mut self, ahead_ms: i64) -> Option<i64> {
        let jumped_ms = ahead_ms - std::mem::replace(&mut self.ahead_ms, ahead_ms);
        (jumped_ms.abs() >= CLOCK_JUMP_MS).then_some(jumped_ms)
    }
}

/// Looks at the machine's clock again and again, as long as the run is recorded. On the virtual clock no time of the machine counts.
pub(crate) fn watch(sink: &Arc<RecordingSink>, clock: &Clock) {
    if clock.kind() == ClockKind::Virtual {
        return;
    }
    let (sink, clock) = (Arc::downgrade(sink), clock.clone());
    let mut jumps = Jumps { ahead_ms: ahead_ms(&clock) };
    tokio::spawn(async move {
        while Weak::strong_count(&sink) > 0 {
            tokio::time::sleep(Duration::from_millis(CLOCK_LOOK_MS)).await;
            let Some(jumped_ms) = jumps.look(ahead_ms(&clock)) else { continue };
            let Some(sink) = sink.upgrade() else { return };
            sink.event(Event::Limited(limit(jumped_ms, &moment::rfc3339(moment::unix_ms(moment::now())))), clock.now_us());
        }
    });
}

fn ahead_ms(clock: &Clock) -> i64 {
    moment::unix_ms(moment::now()) - clock.machine_unix_ms()
}

fn limit(jumped_ms: i64, at: &str) -> Limit {
    let why = format!(
        "the machine's clock jumped by {jumped_ms:+} ms, to {at}, or the machine slept: gaps and limits are measured with another clock \
         and stand, but the moments in messages of before and after do not fit together"
    );
    Limit { what: "moments of the calendar".to_owned(), why }
}

#[cfg(test)]
mod tests {
    use super::Jumps;

    #[test]
    fn a_clock_that_is_set_is_noticed_once_and_one_that_drifts_is_not() {
        let mut jumps = Jumps { ahead_ms: 5_000 };
        assert_eq!([5_000, 5_400, 5_900].map(|ahead| jumps.look(ahead)), [None; 3]);
        assert_eq!([65_900, 65_900].map(|ahead| jumps.look(ahead)), [Some(60_000), None]);
        assert_eq!([-3_534_100, -3_534_000].map(|ahead| jumps.look(ahead)), [Some(-3_600_000), None]);
    }
}
