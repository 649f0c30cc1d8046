//! Masks, stores bodies, writes the journal. One exchange costs one write for each of the two at most.

use super::{Memory, texts};
use crate::bodies::Bodies;
use crate::digest::hex;
use crate::journal::Draft;
use crate::lock::lock;
use crate::masking::{MaskedMessage, Seen, Stored};
use crate::{
    CheckId, Error, Event, Exchange, ExchangeId, ExchangeRecord, Finding, JournalHead, JournalWriter, MaskKey, MaskRules, Masker,
    Moment, RequirementId, RunFolder, ScenarioId, Skipped, Stamped, Storage,
};
use bytes::Bytes;
use std::path::PathBuf;
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
    /// Leg of a proxied exchange.
    pub leg: Option<String>,
    /// The exchange that it is part of.
    pub parent: Option<ExchangeId>,
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
    Files(Box<Files>),
    Memory(Mutex<Memory>),
}

#[derive(Debug)]
struct Files {
    folder: PathBuf,
    journal: Mutex<JournalWriter>,
    bodies: Bodies,
}

/// A line of the journal as it was written; nothing for a recorder without files.
#[derive(Debug, Default)]
pub struct Line(Option<Draft>);

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
        let journal = Mutex::new(JournalWriter::create(folder.path(), storage)?);
        let bodies = Bodies::create(folder.path(), storage)?;
        let files = Files { folder: folder.path().to_owned(), journal, bodies };
        Ok(Self { masker, seen: Seen::default(), sink: Sink::Files(Box::new(files)), exchanges: AtomicU64::new(0) })
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
        // Bodies first, so that the journal never speaks of bytes that are not there.
        let record = self.exchange_record(exchange, meta)?;
        let Assessment { findings, passed, skipped, unmatched } = assessment;
        self.exchanges.fetch_add(1, Ordering::Relaxed);
        self.record(Stamped { at, event: Event::Exchange { exchange: Box::new(record), findings, passed, skipped, unmatched } })
    }

    /// Records an event; its texts are masked.
    ///
    /// # Errors
    ///
    /// As [`Recorder::record_exchange`].
    pub fn record(&self, mut stamped: Stamped) -> Result<Line, Error> {
        texts::each(&mut stamped.event, &mut |text| self.masker.mask_text(&self.seen, text));
        match &self.sink {
            Sink::Files(files) => match Draft::new(&stamped) {
                Ok(mut draft) => {
                    lock(&files.journal).append_drafts(std::slice::from_mut(&mut draft), std::slice::from_ref(&stamped))?;
                    Ok(Line(Some(draft)))
                }
                Err(error) => Err(lock(&files.journal).fail(error)),
            },
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
        files.bodies.write_index()?;
        if self.exchanges.into_inner() < crate::limits::SINGLE_FILES_EXCHANGES_MAX {
            crate::bodies::write_single_files(&files.folder)?;
        }
        Ok(Some(lock(&files.journal).head()))
    }

    fn exchange_record(&self, exchange: &Exchange, meta: ExchangeMeta) -> Result<ExchangeRecord, Error> {
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
        self.store(&mut stored)?;
        Ok(ExchangeRecord {
            id: exchange.id,
            scenario: meta.scenario,
            attempt: meta.attempt,
            step: meta.step,
            session: meta.session,
            leg: meta.leg,
            parent: meta.parent,
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
        })
    }

    /// Stores the bytes of an exchange with one write, and notes their digests.
    fn store(&self, stored: &mut [&mut Stored]) -> Result<(), Error> {
        let bytes: Vec<&Bytes> = stored.iter().map(|one| &one.bytes).collect();
        let digests = match &self.sink {
            Sink::Files(files) => files.bodies.store(&bytes)?,
            Sink::Memory(memory) => {
                let mut memory = lock(memory);
                bytes.into_iter().map(|bytes| memory.put(bytes)).collect()
            }
        };
        for (one, digest) in stored.iter_mut().zip(digests) {
            one.entry.digest = hex(&digest);
        }
        Ok(())
    }
}
