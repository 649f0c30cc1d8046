//! Writes the journal: all lines of one call in one write, so that an exchange stands there whole or not at all.

use super::draft::Draft;
use super::line::{Counted, JOURNAL, NOTHING_BEFORE, SegmentHead};
use crate::append::AppendFile;
use crate::digest::{Digest, hex};
use crate::limits::{JOURNAL_RESERVE_BYTES, JOURNAL_SEGMENTS_MAX};
use crate::{Error, Event, FindingEffect, Moment, RunHeader, Stamped, Storage, WhenFull};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// The end of a journal: what a later reader compares with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalHead {
    /// Number of the last line.
    pub line: u64,
    /// Its digest, hexadecimal.
    pub digest: String,
}

/// The journal of a run that is under way.
#[derive(Debug)]
pub struct JournalWriter {
    folder: PathBuf,
    file: AppendFile,
    storage: Storage,
    segment: u32,
    older: VecDeque<(PathBuf, u64)>,
    link: (u64, Digest),
    counted: Counted,
    header: Option<Box<RunHeader>>,
    failed: bool,
}

impl JournalWriter {
    /// Begins a journal in a folder that has none.
    ///
    /// # Errors
    ///
    /// `WriteFile` where the file exists or cannot be made.
    pub fn create(folder: &Path, storage: Storage) -> Result<Self, Error> {
        Ok(Self {
            folder: folder.to_owned(),
            file: AppendFile::create(folder.join(JOURNAL))?,
            storage,
            segment: 1,
            older: VecDeque::new(),
            link: (0, NOTHING_BEFORE),
            counted: Counted::default(),
            header: None,
            failed: false,
        })
    }

    /// Writes events, in order, with one write; they are acknowledged when this returns.
    ///
    /// # Errors
    ///
    /// `WriteFile` on a full or unwritable disk, `JournalFull` at the size limit, `LineTooLong` for an oversized event:
    /// then none of the events is written. `WriteAfterFailure` for anything after that but the event that ends the run
    /// as broken.
    pub fn append(&mut self, events: &[Stamped]) -> Result<(), Error> {
        let drafts: Result<Vec<Draft>, Error> = events.iter().map(Draft::new).collect();
        match drafts {
            Ok(mut drafts) => self.append_drafts(&mut drafts, events),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Takes note that an event could not be drafted: the journal ends here, since nothing may be left out of its middle.
    pub(crate) fn fail(&mut self, error: Error) -> Error {
        self.failed = true;
        error
    }

    /// Writes events whose lines are drafted already, one draft for each event; as [`JournalWriter::append`] otherwise.
    pub(crate) fn append_drafts(&mut self, drafts: &mut [Draft], events: &[Stamped]) -> Result<(), Error> {
        if self.failed && !events.iter().all(ends_broken) {
            return Err(Error::WriteAfterFailure);
        }
        let written = self.write(drafts, events);
        self.failed |= written.is_err();
        written
    }

    /// Gives number and digest of the last line.
    #[must_use]
    pub fn head(&self) -> JournalHead {
        JournalHead { line: self.link.0, digest: hex(&self.link.1) }
    }

    fn write(&mut self, drafts: &mut [Draft], events: &[Stamped]) -> Result<(), Error> {
        let mut link = self.link(drafts);
        if self.storage.when_full == WhenFull::DropOldest
            && self.file.length() > 0
            && self.file.length() + bytes_of(drafts) > self.storage.journal_bytes_max / JOURNAL_SEGMENTS_MAX
        {
            self.rotate(events.first().map_or_else(Moment::default, |stamped| stamped.at))?;
            link = self.link(drafts);
        }
        let reserve = if events.iter().all(ends_broken) { JOURNAL_RESERVE_BYTES } else { 0 };
        let room = self.storage.journal_bytes_max.saturating_add(reserve);
        if self.storage.when_full == WhenFull::Stop && self.file.length() + bytes_of(drafts) > room {
            return Err(Error::JournalFull { bytes_max: self.storage.journal_bytes_max });
        }
        self.append_to_file(drafts)?;
        self.link = link;
        for stamped in events {
            self.count(&stamped.event);
        }
        Ok(())
    }

    /// Puts lines after the last one, and gives the link after them.
    fn link(&self, drafts: &mut [Draft]) -> (u64, Digest) {
        drafts.iter_mut().fold(self.link, |(number, before), draft| (number + 1, draft.link(number + 1, &before)))
    }

    fn append_to_file(&mut self, drafts: &[Draft]) -> Result<(), Error> {
        match drafts {
            [one] => self.file.append(one.with_end(), self.storage.flush),
            several => {
                let lines: Vec<&[u8]> = several.iter().map(Draft::with_end).collect();
                self.file.append(&lines.concat(), self.storage.flush)
            }
        }
    }

    fn count(&mut self, event: &Event) {
        self.counted.lines += 1;
        let findings = match event {
            Event::RunStarted(header) if self.storage.when_full == WhenFull::DropOldest => {
                self.header = Some(header.clone());
                return;
            }
            Event::Exchange { findings, .. } => {
                self.counted.exchanges += 1;
                findings
            }
            Event::Judged { findings, .. } => findings,
            _ => return,
        };
        self.counted.failed += findings.iter().filter(|finding| finding.effect == FindingEffect::Fail).count() as u64;
    }

    /// Closes the segment, begins the next with what is to be kept of all before it, and drops the oldest.
    fn rotate(&mut self, at: Moment) -> Result<(), Error> {
        let closed = self.folder.join(format!("journal-{:04}.ndjson", self.segment));
        let current = self.file.path().to_owned();
        std::fs::rename(&current, &closed).map_err(|source| Error::WriteFile { path: closed.clone(), source })?;
        self.older.push_back((closed, self.file.length()));
        self.file = AppendFile::create(current)?;
        self.segment += 1;
        let head = SegmentHead { segment: self.segment, at, before: self.counted, header: self.header.as_deref() };
        let mut first = [Draft::new(&head)?];
        self.link = self.link(&mut first);
        self.append_to_file(&first)?;
        self.counted.lines += 1;
        while self.older.len() as u64 >= JOURNAL_SEGMENTS_MAX {
            let Some((oldest, _)) = self.older.pop_front() else { break };
            std::fs::remove_file(&oldest).map_err(|source| Error::WriteFile { path: oldest, source })?;
        }
        Ok(())
    }
}

fn bytes_of(drafts: &[Draft]) -> u64 {
    drafts.iter().map(|draft| draft.with_end().len() as u64).sum()
}

fn ends_broken(stamped: &Stamped) -> bool {
    matches!(stamped.event, Event::RunEnded { broken: Some(_), .. })
}
