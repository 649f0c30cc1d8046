//! How late the machine was, which makes the times that it measures inexact.

/// How late the machine was, in milliseconds of the run, as far as that was measured.
pub trait Lateness: Sync {
    /// Gives how late what came, or was due, at a moment of the run may have been noticed or done.
    fn at_ms(&self, at_us: u64) -> f64;

    /// Gives how late it was altogether between two moments of the run.
    fn between_ms(&self, from_us: u64, to_us: u64) -> f64;
}

/// Says why a miss by some milliseconds cannot be told from the lateness of the machine; nothing where it can.
pub(crate) fn hidden(distance_ms: f64, late_ms: f64) -> Option<String> {
    (distance_ms < late_ms)
        .then(|| format!("this machine was late by {late_ms:.0} ms of the run then, and it misses by {distance_ms:.0} ms; play it where less else goes on"))
}
