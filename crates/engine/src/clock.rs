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
            self.late.set_due_us(self.at_us(due));
            tokio::time::sleep_until(due).await;
            if let Some(time) = self.late_time(self.at_us(due), self.now_us()) {
                self.late.note(time);
            }
        }
        self.late.set_due_us(u64::MAX);
    }

    /// Gives the time in which the machine was late where a look that was due at one moment of the run was done at another.
    fn late_time(&self, due_us: u64, done_us: u64) -> Option<LateTime> {
        let late_us = done_us.checked_sub(due_us)?;
        // It may have been late since just after the look before; and what came meanwhile is noticed just after.
        let look_us = self.run_us(Duration::from_millis(LATE_LOOK_MS));
        let time = (due_us.saturating_sub(look_us), done_us.saturating_add(look_us));
        (late_us >= self.run_us(Duration::from_millis(LATE_MS_MIN))).then(|| LateTime::new(time, late_us + look_us))
    }

    /// Gives the time in which the machine is late now: its next look is overdue.
    fn late_now(&self, within: (u64, u64)) -> Option<LateTime> {
        self.late_time(self.late.due_us(), self.now_us()).filter(|time| time.meets(within))
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
        let now_us = self.late_now((at_us, at_us)).map_or(0, |time| time.late_us);
        self.late.at_us(at_us).max(now_us) as f64 / 1_000.0
    }

    fn between_ms(&self, from_us: u64, to_us: u64) -> f64 {
        let now_us = self.late_now((from_us, to_us)).map_or(0, |time| time.lost_us);
        (self.late.between_us(from_us, to_us) + now_us) as f64 / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_is_late_is_noticed_and_one_that_is_not_is_not() {
        let clock = Clock::start(ClockKind::Scaled(10.0), 0);
        let us = |ms: u64| clock.run_us(Duration::from_millis(ms));
        assert_eq!(clock.late_time(us(1_000), us(1_000 + LATE_MS_MIN - 1)), None);
        assert_eq!(clock.late_time(us(1_000), us(990)), None, "a look cannot be early, and would be no lateness");
        // 300 ms, and the 10 between two looks, ten times as long on the run's clock.
        let late = clock.late_time(us(1_000), us(1_300));
        assert_eq!(late, Some(LateTime::new((us(990), us(1_310)), 3_100_000)));
        late.into_iter().for_each(|time| clock.late.note(time));
        assert_eq!(clock.latest(), Some((3_100, us(990))));
        assert_eq!([980, 1_000, 1_310, 1_320].map(|ms| clock.at_ms(us(ms))), [0.0, 3_100.0, 3_100.0, 0.0]);
        assert_eq!(
            [(0, 980), (0, 1_000), (1_100, 1_200)].map(|(from, to)| clock.between_ms(us(from), us(to))),
            [0.0, 3_100.0, 3_100.0]
        );
    }

    #[tokio::test]
    async fn what_keeps_the_machine_from_its_work_is_measured_and_known_at_once() {
        let clock = Clock::start(ClockKind::Real, 0);
        let (over, known_ms) = (std::cell::Cell::new(false), std::cell::Cell::new(0.0));
        tokio::join!(clock.measure_lateness(|| !over.get()), async {
            tokio::time::sleep(Duration::from_millis(15)).await;
            let before_us = clock.now_us();
            std::thread::sleep(Duration::from_millis(100));
            // The look is overdue, and nobody had time for it yet.
            known_ms.set(clock.between_ms(before_us, clock.now_us()));
            over.set(true);
        });
        assert!(known_ms.get() >= 80.0, "{known_ms:?}");
        assert!(clock.latest().is_some_and(|(late_ms, _)| late_ms >= 80), "{:?}", clock.latest());
        assert_eq!(clock.at_ms(clock.now_us() + 1_000_000), 0.0, "nothing is overdue any more");
    }
}
