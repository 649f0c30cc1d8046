//! The run's clock: real, scaled, or virtual. Gaps are measured with monotonic time only.

use crate::lateness::{LateTime, LateTimes};
use crate::limits::{LATE_LOOK_MS, LATE_MS_MIN};
use counterpart_matching::Lateness;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How the run's time stands to the machine's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ClockKind {
    /// As the machine's.
    Real,
    /// This many times faster.
    Scaled(f64),
    /// As fast as nothing is left to do; both sides are in this process and the runtime's time is paused.
    Virtual,
}

impl ClockKind {
    /// Gives its word in reports: `real`, `scaled:N`, `virtual`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Real => "real".to_owned(),
            Self::Scaled(scale) => format!("scaled:{scale}"),
            Self::Virtual => "virtual".to_owned(),
        }
    }
}

/// The run's clock.
#[derive(Clone, Debug)]
pub struct Clock {
    kind: ClockKind,
    began: Instant,
    began_unix_ms: i64,
    late: Arc<LateTimes>,
}

impl Clock {
    /// Starts the clock at a moment of the calendar, in milliseconds since 1970.
    #[must_use]
    pub fn start(kind: ClockKind, unix_ms: i64) -> Self {
        Self { kind, began: Instant::now(), began_unix_ms: unix_ms, late: Arc::default() }
    }

    /// Gives its kind.
    #[must_use]
    pub fn kind(&self) -> ClockKind {
        self.kind
    }

    /// Gives how many milliseconds of the run pass in one of the machine.
    #[must_use]
    pub fn scale(&self) -> f64 {
        match self.kind {
            ClockKind::Scaled(scale) => scale.max(0.000_001),
            ClockKind::Real | ClockKind::Virtual => 1.0,
        }
    }

    /// Gives the microseconds of the run since it began.
    #[must_use]
    pub fn now_us(&self) -> u64 {
        self.at_us(Instant::now())
    }

    /// Gives the microseconds of the run at a moment of the machine.
    #[must_use]
    pub fn at_us(&self, moment: Instant) -> u64 {
        self.run_us(moment.saturating_duration_since(self.began))
    }

    /// Turns a duration of the machine into microseconds of the run.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a run is far shorter than 2^52 microseconds"
    )]
    pub fn run_us(&self, duration: Duration) -> u64 {
        match self.kind {
            ClockKind::Scaled(_) => (duration.as_micros() as f64 * self.scale()) as u64,
            ClockKind::Real | ClockKind::Virtual => duration.as_micros() as u64,
        }
    }

    /// Gives the moment of the calendar, in milliseconds since 1970.
    #[must_use]
    pub fn now_unix_ms(&self) -> i64 {
        self.began_unix_ms.saturating_add(i64::try_from(self.now_us() / 1_000).unwrap_or(i64::MAX))
    }

    /// Gives the moment of the calendar as the machine has it, whatever the speed of the run, in milliseconds since 1970.
    #[must_use]
    pub fn machine_unix_ms(&self) -> i64 {
        let since_ms = Instant::now().saturating_duration_since(self.began).as_millis();
        self.began_unix_ms.saturating_add(i64::try_from(since_ms).unwrap_or(i64::MAX))
    }

    /// Turns milliseconds of the run into a duration of the machine.
    #[must_use]
    pub fn real(&self, run_ms: u64) -> Duration {
        match self.kind {
            ClockKind::Scaled(_) => Duration::from_millis(run_ms).div_f64(self.scale()),
            ClockKind::Real | ClockKind::Virtual => Duration::from_millis(run_ms),
        }
    }

    /// Waits for milliseconds of the run.
    pub async fn sleep(&self, run_ms: u64) {
        tokio::time::sleep(self.real(run_ms)).await;
    }

    /// Measures how late the machine is, again and again, while something goes on. On the virtual clock nothing is ever late.
    pub async fn measure_lateness(&self, goes_on: impl Fn() -> bool) {
        while self.kind != ClockKind::Virtual && goes_on() {
            let due = Instant::now() + Duration::from_millis(LATE_LOOK_MS);
            tokio::time::sleep_until(due).await;
            self.note_late(due, Instant::now());
        }
    }

    /// Takes note that what was due at a moment of the machine was done at another.
    fn note_late(&self, due: Instant, done: Instant) {
        let late = done.saturating_duration_since(due);
        if late < Duration::from_millis(LATE_MS_MIN) {
            return;
        }
        // It may have been late since just after the look before; and what came meanwhile is noticed just after.
        let look = Duration::from_millis(LATE_LOOK_MS);
        let time = (self.at_us(due).saturating_sub(self.run_us(look)), self.at_us(done + look));
        self.late.note(LateTime::new(time, self.run_us(late + look)));
    }

    /// Gives by how much the machine was late at worst, in milliseconds of the run, and when, in microseconds since the run began.
    #[must_use]
    pub fn latest(&self) -> Option<(u64, u64)> {
        self.late.worst().map(|time| (time.late_us / 1_000, time.from_us))
    }

    /// Gives the smallest duration that can be judged, in milliseconds of the machine.
    #[must_use]
    pub fn resolution_ms(&self) -> u64 {
        match self.kind {
            ClockKind::Virtual => 0,
            ClockKind::Real | ClockKind::Scaled(_) => crate::limits::RESOLUTION_MS,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a run is far shorter than 2^52 microseconds")]
impl Lateness for Clock {
    fn at_ms(&self, at_us: u64) -> f64 {
        self.late.at_us(at_us) as f64 / 1_000.0
    }

    fn between_ms(&self, from_us: u64, to_us: u64) -> f64 {
        self.late.between_us(from_us, to_us) as f64 / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_machine_that_is_late_is_noticed_and_one_that_is_not_is_not() {
        let clock = Clock::start(ClockKind::Scaled(10.0), 0);
        let due = Instant::now() + Duration::from_secs(1);
        clock.note_late(due, due + Duration::from_millis(LATE_MS_MIN - 1));
        assert_eq!(clock.latest(), None);
        clock.note_late(due, due + Duration::from_millis(300));
        // 300 ms, and the 10 between two looks, ten times as long on the run's clock.
        assert_eq!(clock.latest().map(|(late_ms, _)| late_ms), Some(3_100));
        let at = |ms: u64| clock.at_ms(clock.at_us(due + Duration::from_millis(ms)));
        assert_eq!([at(0), at(300), at(320)].map(|late_ms| late_ms as u64), [3_100, 3_100, 0]);
    }

    #[tokio::test]
    async fn what_keeps_the_machine_from_its_work_is_measured() {
        let clock = Clock::start(ClockKind::Real, 0);
        let over = std::cell::Cell::new(false);
        tokio::join!(clock.measure_lateness(|| !over.get()), async {
            tokio::time::sleep(Duration::from_millis(15)).await;
            std::thread::sleep(Duration::from_millis(100));
            over.set(true);
        });
        assert!(clock.latest().is_some_and(|(late_ms, _)| late_ms >= 80), "{:?}", clock.latest());
    }
}
