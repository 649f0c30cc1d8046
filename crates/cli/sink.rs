//! Events to the evidence files, and a line on the console for each scenario.

use crate::live::Live;
use crate::recent::Recent;
use counterpart_engine::{Judged, Sink};
use counterpart_evidence::{Assessment, Committing, Event, ExchangeId, ExchangeMeta, Line, Moment, Recorder, Recording, Stamped};
use futures_util::future::BoxFuture;
use indicatif::ProgressBar;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Records everything that happens.
pub(crate) struct RecordingSink {
    recorder: RwLock<Option<Recorder>>,
    heard: Arc<Heard>,
    /// Exchanges are let pass, and only the run's other events are recorded.
    passes_exchanges: AtomicBool,
    pub(crate) progress: ProgressBar,
}

/// What is done with each line once it is recorded.
struct Heard {
    broken: Mutex<Option<String>>,
    /// Kept where a control listener may ask for it.
    recent: Mutex<Option<Recent>>,
    live: Mutex<Option<Live>>,
    progress: ProgressBar,
}

impl Heard {
    /// Hears what became of an event; `exchange` is its number where it is one.
    fn hear(&self, exchange: Option<ExchangeId>, recorded: Result<Line, counterpart_evidence::Error>) {
        let line = match recorded {
            Ok(line) => line,
            Err(error) => {
                lock(&self.broken).get_or_insert_with(|| format!("could not {error}"));
                return;
            }
        };
        if let Some((id, recent)) = exchange.zip(lock(&self.recent).as_mut()) {
            recent.add(id, line.bytes());
        }
        if let Some(live) = lock(&self.live).as_mut() {
            live.show(line.bytes(), &self.progress);
        }
    }
}

/// Writes what waits, again and again until nothing does; others are let run between, whose exchanges then go out together.
async fn commit(mut committing: Committing) {
    loop {
        tokio::task::yield_now().await;
        match committing.commit() {
            Some(more) => committing = more,
            None => return,
        }
    }
}

impl RecordingSink {
    pub(crate) fn new(recorder: Recorder, progress: ProgressBar) -> Self {
        let heard =
            Heard { broken: Mutex::default(), recent: Mutex::default(), live: Mutex::default(), progress: progress.clone() };
        Self { recorder: RwLock::new(Some(recorder)), heard: Arc::new(heard), passes_exchanges: AtomicBool::new(false), progress }
    }

    /// Shows whoever sits at a terminal what happens from now on.
    pub(crate) fn show_live(&self) {
        if !self.progress.is_hidden() {
            *lock(&self.heard.live) = Some(Live::default());
        }
    }

    /// Records no exchange from now on.
    pub(crate) fn let_exchanges_pass(&self) {
        self.passes_exchanges.store(true, Ordering::Relaxed);
    }

    /// Keeps the latest exchanges from now on.
    pub(crate) fn keep_recent(&self) {
        *lock(&self.heard.recent) = Some(Recent::default());
    }

    /// Looks at the latest exchanges; none where none are kept.
    pub(crate) fn recent<T>(&self, look: impl FnOnce(&Recent) -> T) -> T {
        look(lock(&self.heard.recent).get_or_insert_default())
    }

    /// Gives the reason why nothing more can be recorded, once that is so.
    pub(crate) fn reason_broken(&self) -> Option<String> {
        lock(&self.heard.broken).clone()
    }

    /// Takes the recorder when everything is over.
    pub(crate) fn take(&self) -> Option<Recorder> {
        self.recorder.write().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Works with the recorder, as several threads may at once; nothing where the run is over.
    fn with<T>(&self, work: impl FnOnce(&Recorder) -> T) -> Option<T> {
        self.recorder.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(work)
    }

    fn begin(&self, judged: Judged<'_>, at_us: u64) -> Option<Recording> {
        if self.passes_exchanges.load(Ordering::Relaxed) {
            return None;
        }
        let belonging = judged.belonging.clone();
        let meta = ExchangeMeta {
            scenario: belonging.scenario,
            attempt: belonging.attempt,
            step: belonging.step,
            session: belonging.session,
        };
        let Judged { exchange, findings, passed, skipped, unmatched, .. } = judged;
        let assessment = Assessment { findings, passed, skipped, unmatched };
        let (id, heard) = (exchange.id, Arc::clone(&self.heard));
        let told = move |recorded| heard.hear(Some(id), recorded);
        self.with(|recorder| recorder.begin_exchange(exchange, meta, assessment, Moment(at_us), told))
    }
}

impl Sink for RecordingSink {
    fn exchange(&self, judged: Judged<'_>, at_us: u64) {
        // What is dropped is written at once.
        drop(self.begin(judged, at_us));
    }

    fn begin_exchange(&self, judged: Judged<'_>, at_us: u64) -> Option<BoxFuture<'static, ()>> {
        let mut recording = self.begin(judged, at_us)?;
        if let Some(committing) = recording.take_committing() {
            // A connection can end with the runtime, when nobody is left to do it later: what is dropped is written at once.
            tokio::runtime::Handle::try_current().ok()?.spawn(commit(committing));
        }
        Some(Box::pin(recording))
    }

    fn event(&self, event: Event, at_us: u64) {
        match &event {
            Event::ScenarioStarted { scenario, .. } => self.progress.set_message(scenario.to_string()),
            Event::ScenarioEnded { .. } => self.progress.inc(1),
            _ => {}
        }
        if let Some(recorded) = self.with(|recorder| recorder.record(Stamped { at: Moment(at_us), event })) {
            self.heard.hear(None, recorded);
        }
    }

    fn broken(&self) -> Option<String> {
        self.reason_broken()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
