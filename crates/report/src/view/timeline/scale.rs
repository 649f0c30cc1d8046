//! Where a moment stands in the drawing, and the moments that the axis names.

use serde::Serialize;

/// Left edge of the time axis.
pub(super) const LEFT: i64 = 16;
/// Length of the time axis.
pub(super) const WIDTH: i64 = 1_000;
/// Moments that the axis names at most.
const TICKS_MAX: u64 = 12;
/// Steps of the axis, in seconds.
const STEPS: [u64; 20] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000];

/// A moment that the axis names.
#[derive(Debug, Serialize)]
pub(crate) struct Tick {
    x: i64,
    name: String,
    /// `mid`, or the end of the text that stands at the edge of the drawing.
    anchor: &'static str,
}

impl Tick {
    fn new(x: i64, name: String) -> Self {
        let anchor = match x - LEFT {
            ..30 => "first",
            near if near > WIDTH - 30 => "last",
            _ => "mid",
        };
        Self { x, name, anchor }
    }
}

/// The time axis.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    from_us: u64,
    span_us: u64,
}

impl Scale {
    pub(super) fn new(from_us: u64, to_us: u64) -> Self {
        Self { from_us, span_us: to_us.saturating_sub(from_us).max(1) }
    }

    /// Gives where a moment stands; one outside stands at the edge.
    pub(super) fn x(&self, us: u64) -> i64 {
        let since = u128::from(us.saturating_sub(self.from_us).min(self.span_us));
        LEFT + i64::try_from(since * WIDTH.unsigned_abs() as u128 / u128::from(self.span_us)).unwrap_or(WIDTH)
    }

    /// Gives how long a stretch of the axis is.
    pub(super) fn time_us(&self, width: i64) -> u64 {
        self.span_us.saturating_mul(width.unsigned_abs()) / WIDTH.unsigned_abs()
    }

    pub(super) fn ticks(&self) -> Vec<Tick> {
        let seconds = self.span_us / 1_000_000;
        if seconds == 0 {
            let tick = |us: u64| Tick::new(self.x(self.from_us + us), format!("{} ms", us / 1_000));
            return vec![tick(0), tick(self.span_us)];
        }
        let step = STEPS.into_iter().find(|step| seconds / step < TICKS_MAX).unwrap_or(seconds);
        let tick = |number: u64| Tick::new(self.x(self.from_us + number * step * 1_000_000), offset(number * step));
        (0..=seconds / step).map(tick).collect()
    }
}

/// Names a time since the beginning, in the unit that is read most easily.
pub(super) fn offset(seconds: u64) -> String {
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, 0) => format!("{hours} h"),
        (hours, minutes, 0) => format!("{hours} h {minutes} min"),
        (hours, minutes, seconds) => format!("{hours} h {minutes} min {seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::{LEFT, Scale, WIDTH, offset};

    #[test]
    fn the_axis_names_round_moments_and_not_too_many() {
        for (span_s, names) in
            [(20 * 60, "0 s 2 min 4 min"), (86_400, "0 s 3 h 6 h"), (7, "0 s 1 s 2 s"), (30 * 86_400, "0 s 168 h 336 h")]
        {
            let ticks = Scale::new(5, 5 + span_s * 1_000_000).ticks();
            assert!(ticks.len() <= 13, "{span_s}: {ticks:?}");
            let first: Vec<&str> = ticks.iter().take(3).map(|tick| tick.name.as_str()).collect();
            assert_eq!(first.join(" "), names);
            assert!(ticks.iter().all(|tick| (LEFT..=LEFT + WIDTH).contains(&tick.x)));
        }
        assert_eq!(offset(3_725), "1 h 2 min 5 s");
    }

    #[test]
    fn a_moment_outside_stands_at_the_edge() {
        let scale = Scale::new(1_000, 2_000);
        assert_eq!([0, 1_000, 1_500, 9_000].map(|us| scale.x(us)), [LEFT, LEFT, LEFT + WIDTH / 2, LEFT + WIDTH]);
    }
}
