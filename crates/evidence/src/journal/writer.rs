//! Writes the journal: all lines of one call in one write, so that an exchange stands there whole or not at all.

use super::line::{Counted, JOURNAL, NOTHING_BEFORE, SegmentHead, write_line};
use crate::append::AppendFile;
use crate::digest::{Digest, hex, sha256};
use crate::limits::{JOURNAL_RESERVE_BYTES, JOURNAL_SEGMENTS_MAX, LINE_BYTES_MAX};
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
    buffer: Vec<u8>,
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
            buffer: Vec::with_capacity(16 << 10),
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
        if self.failed && !events.iter().all(ends_broken) {
            return Err(Error::WriteAfterFailure);
        }
        let written = self.write(events);
        self.failed |= written.is_err();
        written
    }

    /// Gives number and digest of the last line.
    #[must_use]
    pub fn head(&self) -> JournalHead {
        JournalHead { line: self.link.0, digest: hex(&self.link.1) }
    }

    /// Gives the last line that was written, without its end.
    #[must_use]
    pub fn last_line(&self) -> &[u8] {
        let lines = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
        lines.rsplit(|byte| *byte == b'\n').next().unwrap_or_default()
    }

    fn write(&mut self, events: &[Stamped]) -> Result<(), Error> {
        let mut link = self.compose(events)?;
        if self.storage.when_full == WhenFull::DropOldest
            && self.file.length() > 0
            && self.file.length() + self.buffer.len() as u64 > self.storage.journal_bytes_max / JOURNAL_SEGMENTS_MAX
        {
            self.rotate(events.first().map_or_else(Moment::default, |stamped| stamped.at))?;
            link = self.compose(events)?;
        }
        let reserve = if events.iter().all(ends_broken) { JOURNAL_RESERVE_BYTES } else { 0 };
        let room = self.storage.journal_bytes_max.saturating_add(reserve);
        if self.storage.when_full == WhenFull::Stop && self.file.length() + self.buffer.len() as u64 > room {
            return Err(Error::JournalFull { bytes_max: self.storage.journal_bytes_max });
        }
        self.file.append(&self.buffer, self.storage.flush)?;
        self.link = link;
        for stamped in events {
            self.count(&stamped.event);
        }
        Ok(())
    }

    /// Puts the lines into the buffer and gives the link after them.
    fn compose(&mut self, events: &[Stamped]) -> Result<(u64, Digest), Error> {
        self.buffer.clear();
        let mut link = self.link;
        for stamped in events {
            link = add_line(&mut self.buffer, link, stamped)?;
        }
        Ok(link)
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
        self.buffer.clear();
        let link = add_line(&mut self.buffer, self.link, &head)?;
        self.file.append(&self.buffer, self.storage.flush)?;
        self.link = link;
        self.counted.lines += 1;
        while self.older.len() as u64 >= JOURNAL_SEGMENTS_MAX {
            let Some((oldest, _)) = self.older.pop_front() else { break };
            std::fs::remove_file(&oldest).map_err(|source| Error::WriteFile { path: oldest, source })?;
        }
        Ok(())
    }
}

fn add_line(buffer: &mut Vec<u8>, link: (u64, Digest), content: &impl Serialize) -> Result<(u64, Digest), Error> {
    let from = buffer.len();
    write_line(buffer, link.0 + 1, &link.1, content)?;
    let line = buffer.get(from..).unwrap_or(&[]);
    if line.len() >= LINE_BYTES_MAX {
        return Err(Error::LineTooLong { bytes: line.len(), bytes_max: LINE_BYTES_MAX });
    }
    let digest = sha256(line);
    buffer.push(b'\n');
    Ok((link.0 + 1, digest))
}

fn ends_broken(stamped: &Stamped) -> bool {
    matches!(stamped.event, Event::RunEnded { broken: Some(_), .. })
}
