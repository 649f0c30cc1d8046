//! Events to the evidence files, and a line on the console for each scenario.

use crate::live::Live;
use crate::recent::Recent;
use counterpart_engine::{Judged, Sink};
use counterpart_evidence::{Assessment, Event, ExchangeMeta, Line, Moment, Recorder, Stamped};
use indicatif::ProgressBar;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

/// Records everything that happens.
pub(crate) struct RecordingSink {
    recorder: RwLock<Option<Recorder>>,
    broken: Mutex<Option<String>>,
    /// Kept where a control listener may ask for it.
    recent: Mutex<Option<Recent>>,
    live: Mutex<Option<Live>>,
    /// Exchanges are let pass, and only the run's other events are recorded.
    passes_exchanges: AtomicBool,
    pub(crate) progress: ProgressBar,
}

impl RecordingSink {
    pub(crate) fn new(recorder: Recorder, progress: ProgressBar) -> Self {
        Self {
            recorder: RwLock::new(Some(recorder)),
            broken: Mutex::default(),
            recent: Mutex::default(),
            live: Mutex::default(),
            passes_exchanges: AtomicBool::new(false),
            progress,
        }
    }

    /// Shows whoever sits at a terminal what happens from now on.
    pub(crate) fn show_live(&self) {
        if !self.progress.is_hidden() {
            *lock(&self.live) = Some(Live::default());
        }
    }

    /// Records no exchange from now on.
    pub(crate) fn let_exchanges_pass(&self) {
        self.passes_exchanges.store(true, Ordering::Relaxed);
    }

    /// Keeps the latest exchanges from now on.
    pub(crate) fn keep_recent(&self) {
        *lock(&self.recent) = Some(Recent::default());
    }

    /// Looks at the latest exchanges; none where none are kept.
    pub(crate) fn recent<T>(&self, look: impl FnOnce(&Recent) -> T) -> T {
        look(lock(&self.recent).get_or_insert_default())
    }

    /// Gives the reason why nothing more can be recorded, once that is so.
    pub(crate) fn reason_broken(&self) -> Option<String> {
        lock(&self.broken).clone()
    }

    /// Takes the recorder when everything is over.
    pub(crate) fn take(&self) -> Option<Recorder> {
        self.recorder.write().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Shows a line that was recorded.
    fn show(&self, line: &Line) {
        if let Some(live) = lock(&self.live).as_mut() {
            live.show(line.bytes(), &self.progress);
        }
    }

    /// Records with the recorder, which several threads may do at once; nothing where the run is over or broken.
    fn with(&self, work: impl FnOnce(&Recorder) -> Result<Line, counterpart_evidence::Error>) -> Option<Line> {
        let recorder = self.recorder.read().unwrap_or_else(PoisonError::into_inner);
        match work(recorder.as_ref()?) {
            Ok(line) => Some(line),
            Err(error) => {
                lock(&self.broken).get_or_insert_with(|| format!("could not {error}"));
                None
            }
        }
    }
}

impl Sink for RecordingSink {
    fn exchange(&self, judged: Judged<'_>, at_us: u64) {
        if self.passes_exchanges.load(Ordering::Relaxed) {
            return;
        }
        let belonging = judged.belonging.clone();
        let meta = ExchangeMeta {
            scenario: belonging.scenario,
            attempt: belonging.attempt,
            step: belonging.step,
            session: belonging.session,
            leg: belonging.leg,
            parent: belonging.parent,
        };
        let Judged { exchange, findings, passed, skipped, unmatched, .. } = judged;
        let assessment = Assessment { findings, passed, skipped, unmatched };
        let recorded = self.with(|recorder| recorder.record_exchange(exchange, meta, assessment, Moment(at_us)));
        if let Some(line) = recorded {
            if let Some(recent) = lock(&self.recent).as_mut() {
                recent.add(exchange.id, line.bytes());
            }
            self.show(&line);
        }
    }

    fn event(&self, event: Event, at_us: u64) {
        match &event {
            Event::ScenarioStarted { scenario, .. } => self.progress.set_message(scenario.to_string()),
            Event::ScenarioEnded { .. } => self.progress.inc(1),
            _ => {}
        }
        if let Some(line) = self.with(|recorder| recorder.record(Stamped { at: Moment(at_us), event })) {
            self.show(&line);
        }
    }

    fn broken(&self) -> Option<String> {
        self.reason_broken()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
