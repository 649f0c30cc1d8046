//! Masks, stores bodies, writes the journal. One exchange costs one write for each of the two at most.

use super::files::{Files, Recording};
use super::{Memory, texts};
use crate::bodies::Bodies;
use crate::digest::hex;
use crate::journal::Draft;
use crate::lock::lock;
use crate::masking::{MaskedMessage, Seen, Stored};
use crate::{
    CheckId, Error, Event, Exchange, ExchangeRecord, Finding, JournalHead, JournalWriter, MaskKey, MaskRules, Masker, Moment,
    RequirementId, RunFolder, ScenarioId, Skipped, Stamped, Storage,
};
use bytes::Bytes;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where an exchange belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExchangeMeta {
    /// The scenario; absent where it belongs to none.
    pub scenario: Option<ScenarioId>,
    /// Attempt of the scenario, from 1.
    pub attempt: Option<u32>,
    /// Index of the step, from 1.
    pub step: Option<u32>,
    /// Evidence group: the value of the pack's discriminator.
    pub session: Option<String>,
}

/// What was found in an exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assessment {
    /// Findings other than passes and skips.
    pub findings: Vec<Finding>,
    /// Checks that passed, with their requirement.
    pub passed: Vec<(CheckId, RequirementId)>,
    /// Checks that did not apply.
    pub skipped: Vec<Skipped>,
    /// Why no rule of ours took it, criterion by criterion; absent where one did.
    pub unmatched: Option<Vec<String>>,
}

/// Records the events of a run, each as it is told of it; several threads may tell it at once.
///
/// What takes time, masking and writing the line, is done before anything is locked.
#[derive(Debug)]
pub struct Recorder {
    masker: Masker,
    seen: Seen,
    sink: Sink,
    exchanges: AtomicU64,
}

#[derive(Debug)]
enum Sink {
    Files(Arc<Files>),
    Memory(Mutex<Memory>),
}

/// A line of the journal as it was written; nothing for a recorder without files.
#[derive(Debug, Default)]
pub struct Line(pub(super) Option<Draft>);

impl Line {
    /// Gives its bytes without its end.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.as_ref().map(Draft::line).unwrap_or_default()
    }
}

impl Recorder {
    /// Begins to record into a run folder.
    ///
    /// # Errors
    ///
    /// `WriteFile` or `CreateFolder` where the folder cannot be written.
    pub fn new(folder: &RunFolder, masker: Masker, storage: Storage) -> Result<Self, Error> {
        let journal = JournalWriter::create(folder.path(), storage)?;
        let bodies = Bodies::create(folder.path(), storage)?;
        let files = Files::new(folder.path().to_owned(), journal, bodies);
        Ok(Self { masker, seen: Seen::default(), sink: Sink::Files(Arc::new(files)), exchanges: AtomicU64::new(0) })
    }

    /// Begins to record into memory, masking credentials, cookies and keys only.
    ///
    /// # Errors
    ///
    /// `PrepareMasking`, which does not happen without secrets.
    pub fn in_memory() -> Result<Self, Error> {
        // The digests never leave the memory of this process, so that the key need not be random.
        let masker = Masker::new(&MaskRules::default(), MaskKey::new(&[0; 32]))?;
        Ok(Self { masker, seen: Seen::default(), sink: Sink::Memory(Mutex::default()), exchanges: AtomicU64::new(0) })
    }

    /// Records an exchange with all that was found in it; it is acknowledged when this returns.
    ///
    /// # Errors
    ///
    /// `WriteFile`, `JournalFull`, `BodiesFull` and `LineTooLong` where it is not recorded; `WriteAfterFailure` after that.
    pub fn record_exchange(
        &self,
        exchange: &Exchange,
        meta: ExchangeMeta,
        assessment: Assessment,
        at: Moment,
    ) -> Result<Line, Error> {
        self.write(self.exchange_event(exchange, meta, assessment, at))
    }

    /// Puts an exchange behind those that wait to be written, so that many go out with one write; it is acknowledged when
    /// the recording that this gives is over. `told` hears what became of it.
    pub fn begin_exchange(
        &self,
        exchange: &Exchange,
        meta: ExchangeMeta,
        assessment: Assessment,
        at: Moment,
        told: impl FnOnce(Result<Line, Error>) + Send + 'static,
    ) -> Recording {
        let stamped = self.exchange_event(exchange, meta, assessment, at);
        match &self.sink {
            Sink::Files(files) => files.enqueue(stamped, Box::new(told)),
            Sink::Memory(memory) => {
                told(lock(memory).add(stamped).map(|()| Line::default()));
                Recording::over()
            }
        }
    }

    /// Records an event; its texts are masked.
    ///
    /// # Errors
    ///
    /// As [`Recorder::record_exchange`].
    pub fn record(&self, stamped: Stamped) -> Result<Line, Error> {
        self.write(self.masked(stamped))
    }

    fn masked(&self, mut stamped: Stamped) -> Stamped {
        texts::findings(&mut stamped.event, |finding| {
            if let Some(difference) = self.masker.compare_masked(&self.seen, finding) {
                finding.message.push(' ');
                finding.message.push_str(&difference);
            }
        });
        texts::each(&mut stamped.event, &mut |text| self.masker.mask_text(&self.seen, text));
        stamped
    }

    fn write(&self, stamped: Stamped) -> Result<Line, Error> {
        match &self.sink {
            Sink::Files(files) => files.write(&stamped),
            Sink::Memory(memory) => lock(memory).add(stamped).map(|()| Line::default()),
        }
    }

    /// Gives what a recorder without files has kept.
    #[must_use]
    pub fn memory(&self) -> Option<MutexGuard<'_, Memory>> {
        match &self.sink {
            Sink::Files(_) => None,
            Sink::Memory(memory) => Some(lock(memory)),
        }
    }

    /// Takes the events that a recorder without files has kept; empty for one with files, whose journal has them.
    #[must_use]
    pub fn into_events(self) -> Vec<Stamped> {
        match self.sink {
            Sink::Files(_) => Vec::new(),
            Sink::Memory(memory) => memory.into_inner().unwrap_or_else(PoisonError::into_inner).into_events(),
        }
    }

    /// Ends the recording: completes the index of bodies, and gives small runs a file for each body.
    ///
    /// # Errors
    ///
    /// `WriteFile` where the disk is full or not writable; the journal stands all the same.
    pub fn finish(self) -> Result<Option<JournalHead>, Error> {
        let Sink::Files(files) = self.sink else { return Ok(None) };
        files.commit();
        files.bodies.write_index()?;
        if self.exchanges.into_inner() < crate::limits::SINGLE_FILES_EXCHANGES_MAX {
            crate::bodies::write_single_files(&files.folder)?;
        }
        Ok(Some(lock(&files.journal).head()))
    }

    fn exchange_event(&self, exchange: &Exchange, meta: ExchangeMeta, assessment: Assessment, at: Moment) -> Stamped {
        let record = self.exchange_record(exchange, meta);
        let Assessment { findings, passed, skipped, unmatched } = assessment;
        self.exchanges.fetch_add(1, Ordering::Relaxed);
        let event = Event::Exchange { exchange: Box::new(record), findings, passed, skipped, unmatched };
        self.masked(Stamped { at, event })
    }

    fn exchange_record(&self, exchange: &Exchange, meta: ExchangeMeta) -> ExchangeRecord {
        let wire = &exchange.wire;
        let mut request = match &exchange.request {
            Some(request) => Some(self.masker.mask_request(&self.seen, request, &wire.request)),
            None => self.masker.mask_unread(&wire.request),
        };
        let mut response = match &exchange.response {
            Some(response) => Some(self.masker.mask_response(&self.seen, response, &wire.response)),
            None => self.masker.mask_unread(&wire.response),
        };
        let mut stored: Vec<&mut Stored> = request.iter_mut().chain(&mut response).flat_map(MaskedMessage::stored).collect();
        self.put(&mut stored);
        ExchangeRecord {
            id: exchange.id,
            scenario: meta.scenario,
            attempt: meta.attempt,
            step: meta.step,
            session: meta.session,
            leg: exchange.leg.clone(),
            parent: exchange.parent,
            direction: exchange.direction,
            endpoint: exchange.endpoint.clone(),
            started_us: exchange.started_us,
            outcome: exchange.outcome,
            reason: exchange.reason.clone(),
            request: request.map(MaskedMessage::into_record),
            response: response.map(MaskedMessage::into_record),
            connection: Arc::clone(&exchange.connection),
            timing: exchange.timing,
            effect: exchange.effect,
            answered_by: exchange.answered_by.clone(),
            fault: exchange.fault.clone(),
            brief: false,
        }
    }

    /// Puts the bytes of an exchange with those to be stored by the next write, and notes their digests.
    fn put(&self, stored: &mut [&mut Stored]) {
        let bytes: Vec<&Bytes> = stored.iter().map(|one| &one.bytes).collect();
        let digests = match &self.sink {
            Sink::Files(files) => files.bodies.put(&bytes),
            Sink::Memory(memory) => {
                let mut memory = lock(memory);
                bytes.into_iter().map(|bytes| memory.put(bytes)).collect()
            }
        };
        for (one, digest) in stored.iter_mut().zip(digests) {
            one.entry.digest = hex(&digest);
        }
    }
}
