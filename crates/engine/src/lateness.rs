//! How late this machine was while a run went on: what came meanwhile was noticed late, and what was due was done late.
//!
//! It is measured by doing something often and looking how late that is. Times are those of the run, in microseconds.

use crate::claim::lock;
use crate::limits::LATE_TIMES_MAX;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// A time in which the machine was late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LateTime {
    pub(crate) from_us: u64,
    pub(crate) to_us: u64,
    /// How late anything in it may have been.
    pub(crate) late_us: u64,
    /// How much time went by altogether; more than `late_us` where several are told as one.
    pub(crate) lost_us: u64,
}

impl LateTime {
    /// Tells whether it meets a stretch of time.
    pub(crate) fn meets(&self, (from_us, to_us): (u64, u64)) -> bool {
        self.from_us <= to_us && from_us <= self.to_us
    }

    pub(crate) fn new((from_us, to_us): (u64, u64), late_us: u64) -> Self {
        Self { from_us, to_us, late_us, lost_us: late_us }
    }
}

/// The times in which the machine was late.
#[derive(Debug)]
pub(crate) struct LateTimes {
    /// In order.
    over: Mutex<Vec<LateTime>>,
    /// When the next look is due: what is judged before it is late already where it is past that.
    due_us: AtomicU64,
}

impl Default for LateTimes {
    fn default() -> Self {
        Self { over: Mutex::default(), due_us: AtomicU64::new(u64::MAX) }
    }
}

impl LateTimes {
    /// Says when the next look is due; `u64::MAX` where there is none.
    pub(crate) fn set_due_us(&self, due_us: u64) {
        self.due_us.store(due_us, Ordering::Relaxed);
    }

    /// Gives when the next look is due.
    pub(crate) fn due_us(&self) -> u64 {
        self.due_us.load(Ordering::Relaxed)
    }

    /// Takes note of the latest. Where there are too many, the last one stands for all that follow.
    pub(crate) fn note(&self, time: LateTime) {
        let mut times = lock(&self.over);
        let is_full = times.len() >= LATE_TIMES_MAX;
        match times.last_mut() {
            Some(last) if is_full || last.to_us >= time.from_us => {
                last.to_us = last.to_us.max(time.to_us);
                last.late_us = last.late_us.max(time.late_us);
                last.lost_us = last.lost_us.saturating_add(time.lost_us);
            }
            _ => times.push(time),
        }
    }

    /// Gives the time in which it was latest.
    pub(crate) fn worst(&self) -> Option<LateTime> {
        lock(&self.over).iter().copied().max_by_key(|time| time.late_us)
    }

    /// Gives how late it may have been at a moment.
    pub(crate) fn at_us(&self, moment_us: u64) -> u64 {
        self.between(moment_us, moment_us, |times| times.iter().map(|time| time.late_us).max().unwrap_or(0))
    }

    /// Gives how late it was altogether between two moments.
    pub(crate) fn between_us(&self, from_us: u64, to_us: u64) -> u64 {
        self.between(from_us, to_us, |times| times.iter().map(|time| time.lost_us).sum())
    }

    fn between<T>(&self, from_us: u64, to_us: u64, look: impl FnOnce(&[LateTime]) -> T) -> T {
        let times = lock(&self.over);
        let first = times.partition_point(|time| time.to_us < from_us);
        let end = times.partition_point(|time| time.from_us <= to_us);
        look(times.get(first..end).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(all: &[(u64, u64, u64)]) -> LateTimes {
        let times = LateTimes::default();
        all.iter().for_each(|(from_us, to_us, late_us)| times.note(LateTime::new((*from_us, *to_us), *late_us)));
        times
    }

    #[test]
    fn a_machine_is_late_at_its_late_times_only() {
        let times = times(&[(100, 200, 50), (300, 400, 70)]);
        assert_eq!([99, 100, 200, 201, 350, 401].map(|at| times.at_us(at)), [0, 50, 50, 0, 70, 0]);
        assert_eq!([(0, 99), (0, 100), (150, 350), (201, 299)].map(|(from, to)| times.between_us(from, to)), [0, 50, 120, 0]);
        assert_eq!(times.worst(), Some(LateTime::new((300, 400), 70)));
    }

    #[test]
    fn late_times_that_meet_are_one_and_none_is_forgotten_past_the_bound() {
        let met = times(&[(100, 200, 50), (150, 250, 20)]);
        assert_eq!((met.at_us(240), met.between_us(0, 1_000)), (50, 70));
        let most = LATE_TIMES_MAX as u64;
        let all: Vec<(u64, u64, u64)> = (0..most + 10).map(|at| (at * 10, at * 10 + 1, 3)).collect();
        let many = times(&all);
        assert_eq!(lock(&many.over).len(), LATE_TIMES_MAX);
        assert_eq!((many.at_us((most + 9) * 10), many.between_us(0, u64::MAX)), (3, (most + 10) * 3));
    }
}
