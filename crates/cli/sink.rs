//! Events to the evidence files, and a line on the console for each scenario.

use counterpart_engine::{Judged, Sink};
use counterpart_evidence::{Assessment, Event, ExchangeMeta, Moment, Recorder, Stamped};
use indicatif::ProgressBar;
use std::sync::{Mutex, PoisonError};

/// Records everything that happens.
pub(crate) struct RecordingSink {
    recorder: Mutex<Option<Recorder>>,
    broken: Mutex<Option<String>>,
    progress: ProgressBar,
}

impl RecordingSink {
    pub(crate) fn new(recorder: Recorder, progress: ProgressBar) -> Self {
        Self { recorder: Mutex::new(Some(recorder)), broken: Mutex::default(), progress }
    }

    /// Takes the recorder when everything is over.
    pub(crate) fn take(&self) -> Option<Recorder> {
        lock(&self.recorder).take()
    }

    fn with(&self, work: impl FnOnce(&mut Recorder) -> Result<(), counterpart_evidence::Error>) {
        if let Some(recorder) = lock(&self.recorder).as_mut()
            && let Err(error) = work(recorder)
        {
            lock(&self.broken).get_or_insert_with(|| format!("could not {error}"));
        }
    }
}

impl Sink for RecordingSink {
    fn exchange(&self, judged: Judged<'_>, at_us: u64) {
        let belonging = judged.belonging.clone();
        let meta = ExchangeMeta {
            scenario: belonging.scenario,
            attempt: belonging.attempt,
            step: belonging.step,
            session: belonging.session,
            leg: belonging.leg,
            parent: belonging.parent,
        };
        let assessment = Assessment { findings: judged.findings, passed: judged.passed, unmatched: judged.unmatched };
        self.with(|recorder| recorder.record_exchange(judged.exchange, meta, assessment, Moment(at_us)).map(|_| ()));
    }

    fn event(&self, event: Event, at_us: u64) {
        match &event {
            Event::ScenarioStarted { scenario, .. } => self.progress.set_message(scenario.to_string()),
            Event::ScenarioEnded { .. } => self.progress.inc(1),
            _ => {}
        }
        self.with(|recorder| recorder.record(Stamped { at: Moment(at_us), event }));
    }

    fn broken(&self) -> Option<String> {
        lock(&self.broken).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
