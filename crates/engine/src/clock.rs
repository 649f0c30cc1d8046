//! The run's clock: real, scaled, or virtual. Gaps are measured with monotonic time only.

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
}

impl Clock {
    /// Starts the clock at a moment of the calendar, in milliseconds since 1970.
    #[must_use]
    pub fn start(kind: ClockKind, unix_ms: i64) -> Self {
        Self { kind, began: Instant::now(), began_unix_ms: unix_ms }
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

    /// Gives the smallest duration that can be judged, in milliseconds of the machine.
    #[must_use]
    pub fn resolution_ms(&self) -> u64 {
        match self.kind {
            ClockKind::Virtual => 0,
            ClockKind::Real | ClockKind::Scaled(_) => crate::limits::RESOLUTION_MS,
        }
    }
}
