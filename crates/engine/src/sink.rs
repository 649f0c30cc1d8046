//! Where events go.

use counterpart_evidence::{CheckId, Event, Exchange, Finding, RequirementId, ScenarioId, Skipped};
use futures_util::future::BoxFuture;

/// What an exchange belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belonging {
    /// Scenario; absent where it belongs to none.
    pub scenario: Option<ScenarioId>,
    /// Attempt, from 1.
    pub attempt: Option<u32>,
    /// Step, from 1.
    pub step: Option<u32>,
    /// Evidence group.
    pub session: Option<String>,
}

/// An exchange with all that was judged of it.
#[derive(Debug)]
pub struct Judged<'a> {
    /// The exchange.
    pub exchange: &'a Exchange,
    /// What it belongs to.
    pub belonging: &'a Belonging,
    /// Findings other than passes and skips.
    pub findings: Vec<Finding>,
    /// Checks that passed.
    pub passed: Vec<(CheckId, RequirementId)>,
    /// Checks that did not apply.
    pub skipped: Vec<Skipped>,
    /// Why no rule of ours took it.
    pub unmatched: Option<Vec<String>>,
}

/// Takes the events of a run, in order; a call returns when the event is recorded.
pub trait Sink: Send + Sync {
    /// Takes an exchange.
    fn exchange(&self, judged: Judged<'_>, at_us: u64);

    /// Takes an exchange, after those it took before; gives what is still to be waited for until it is recorded, and that
    /// dropped, it is recorded at once.
    fn begin_exchange(&self, judged: Judged<'_>, at_us: u64) -> Option<BoxFuture<'static, ()>> {
        self.exchange(judged, at_us);
        None
    }

    /// Takes any other event.
    fn event(&self, event: Event, at_us: u64);

    /// Gives the reason why nothing more can be recorded, once that is so.
    fn broken(&self) -> Option<String>;
}

/// Takes nothing: for our own side where it is the mirror.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSink;

impl Sink for NoSink {
    fn exchange(&self, _: Judged<'_>, _: u64) {}

    fn event(&self, _: Event, _: u64) {}

    fn broken(&self) -> Option<String> {
        None
    }
}
