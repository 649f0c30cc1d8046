//! Masks, stores bodies, writes the journal. One exchange costs one write for each of the two at most.

use super::{Memory, texts};
use crate::bodies::BodyStore;
use crate::digest::hex;
use crate::masking::{MaskedMessage, Seen, Stored};
use crate::{
    BodyRef, CheckId, Error, Event, Exchange, ExchangeId, ExchangeRecord, Finding, JournalHead, JournalWriter, MaskKey,
    MaskRules, Masker, MessageRecord, Moment, RequirementId, RunFolder, ScenarioId, Stamped, Storage,
};
use std::path::PathBuf;

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
    /// Findings other than passes.
    pub findings: Vec<Finding>,
    /// Checks that passed, with their requirement.
    pub passed: Vec<(CheckId, RequirementId)>,
    /// Why no rule of ours took it, criterion by criterion; absent where one did.
    pub unmatched: Option<Vec<String>>,
}

/// Records the events of a run, in the order in which it is told of them.
#[derive(Debug)]
pub struct Recorder {
    masker: Masker,
    seen: Seen,
    sink: Sink,
    exchanges: u64,
}

#[derive(Debug)]
enum Sink {
    Files(Box<Files>),
    Memory(Memory),
}

#[derive(Debug)]
struct Files {
    folder: PathBuf,
    journal: JournalWriter,
    bodies: BodyStore,
}

impl Recorder {
    /// Begins to record into a run folder.
    ///
    /// # Errors
    ///
    /// `WriteFile` or `CreateFolder` where the folder cannot be written.
    pub fn new(folder: &RunFolder, masker: Masker, storage: Storage) -> Result<Self, Error> {
        let journal = JournalWriter::create(folder.path(), storage)?;
        let bodies = BodyStore::create(folder.path(), storage)?;
        let files = Files { folder: folder.path().to_owned(), journal, bodies };
        Ok(Self { masker, seen: Seen::default(), sink: Sink::Files(Box::new(files)), exchanges: 0 })
    }

    /// Begins to record into memory, masking credentials, cookies and keys only.
    ///
    /// # Errors
    ///
    /// `PrepareMasking`, which does not happen without secrets.
    pub fn in_memory() -> Result<Self, Error> {
        // The digests never leave the memory of this process, so that the key need not be random.
        let masker = Masker::new(&MaskRules::default(), MaskKey::new(&[0; 32]))?;
        Ok(Self { masker, seen: Seen::default(), sink: Sink::Memory(Memory::default()), exchanges: 0 })
    }

    /// Records an exchange with all that was found in it; it is acknowledged when this returns.
    ///
    /// # Errors
    ///
    /// `WriteFile`, `JournalFull`, `BodiesFull` and `LineTooLong` where it is not recorded; `WriteAfterFailure` after that.
    pub fn record_exchange(
        &mut self,
        exchange: &Exchange,
        meta: ExchangeMeta,
        assessment: Assessment,
        at: Moment,
    ) -> Result<ExchangeId, Error> {
        let record = self.exchange_record(exchange, meta);
        let Assessment { findings, passed, unmatched } = assessment;
        let event = Event::Exchange { exchange: Box::new(record), findings, passed, unmatched };
        // Bodies first, so that the journal never speaks of bytes that are not there.
        if let Sink::Files(files) = &mut self.sink {
            files.bodies.write()?;
        }
        self.exchanges += 1;
        self.record(Stamped { at, event })?;
        Ok(exchange.id)
    }

    /// Records an event; its texts are masked.
    ///
    /// # Errors
    ///
    /// As [`Recorder::record_exchange`].
    pub fn record(&mut self, mut stamped: Stamped) -> Result<(), Error> {
        texts::each(&mut stamped.event, &mut |text| self.masker.mask_text(&self.seen, text));
        match &mut self.sink {
            Sink::Files(files) => files.journal.append(std::slice::from_ref(&stamped)),
            Sink::Memory(memory) => memory.add(stamped),
        }
    }

    /// Gives the last line of the journal as it was written, without its end; empty for a recorder without files.
    #[must_use]
    pub fn last_line(&self) -> &[u8] {
        match &self.sink {
            Sink::Files(files) => files.journal.last_line(),
            Sink::Memory(_) => &[],
        }
    }

    /// Gives what a recorder without files has kept.
    #[must_use]
    pub fn memory(&self) -> Option<&Memory> {
        match &self.sink {
            Sink::Files(_) => None,
            Sink::Memory(memory) => Some(memory),
        }
    }

    /// Takes the events that a recorder without files has kept; empty for one with files, whose journal has them.
    #[must_use]
    pub fn into_events(self) -> Vec<Stamped> {
        match self.sink {
            Sink::Files(_) => Vec::new(),
            Sink::Memory(memory) => memory.into_events(),
        }
    }

    /// Ends the recording: completes the index of bodies, and gives small runs a file for each body.
    ///
    /// # Errors
    ///
    /// `WriteFile` where the disk is full or not writable; the journal stands all the same.
    pub fn finish(self) -> Result<Option<JournalHead>, Error> {
        let Sink::Files(mut files) = self.sink else { return Ok(None) };
        files.bodies.write_index()?;
        if self.exchanges < crate::limits::SINGLE_FILES_EXCHANGES_MAX {
            crate::bodies::write_single_files(&files.folder)?;
        }
        Ok(Some(files.journal.head()))
    }

    fn exchange_record(&mut self, exchange: &Exchange, meta: ExchangeMeta) -> ExchangeRecord {
        let wire = &exchange.wire;
        let request = match &exchange.request {
            Some(request) => {
                let masked = self.masker.mask_request(&mut self.seen, request, &wire.request);
                Some(self.keep(masked))
            }
            None => self.keep_unread(&wire.request),
        };
        let response = match &exchange.response {
            Some(response) => {
                let masked = self.masker.mask_response(&mut self.seen, response, &wire.response);
                Some(self.keep(masked))
            }
            None => self.keep_unread(&wire.response),
        };
        ExchangeRecord {
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
            request,
            response,
            connection: exchange.connection.clone(),
            timing: exchange.timing,
            effect: exchange.effect,
            answered_by: exchange.answered_by.clone(),
            fault: exchange.fault.clone(),
        }
    }

    fn keep(&mut self, masked: MaskedMessage) -> MessageRecord {
        let mut record = masked.record;
        record.body = masked.content.map(|stored| self.put(stored, None));
        let content = record.body.as_ref().map(|body| body.digest.clone());
        record.wire = masked.wire.map(|stored| self.put(stored, content));
        record
    }

    /// Bytes that were no message are evidence too.
    fn keep_unread(&mut self, wire: &bytes::Bytes) -> Option<MessageRecord> {
        let stored = self.masker.mask_unread(wire)?;
        Some(MessageRecord { wire: Some(self.put(stored, None)), ..MessageRecord::default() })
    }

    fn put(&mut self, stored: Stored, content: Option<String>) -> BodyRef {
        let digest = match &mut self.sink {
            Sink::Files(files) => files.bodies.put(&stored.bytes),
            Sink::Memory(memory) => memory.put(&stored.bytes),
        };
        let followed_by = content.filter(|_| stored.content_follows);
        BodyRef { digest: hex(&digest), followed_by, ..stored.entry }
    }
}
