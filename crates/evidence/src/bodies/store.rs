//! Writes bodies: all that one exchange adds in one write.

use super::entry::{BODIES, Entry, index_name, segment_name};
use super::known::Known;
use crate::append::AppendFile;
use crate::digest::{Digest, hex};
use crate::limits::{BODY_SEGMENT_BYTES_MAX, INDEX_ENTRIES_HELD_MAX};
use crate::{Error, Storage, WhenFull};
use bytes::Bytes;
use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The bodies of a run that is under way.
#[derive(Debug)]
pub(super) struct BodyStore {
    folder: PathBuf,
    storage: Storage,
    segment: u32,
    file: AppendFile,
    index: AppendFile,
    known: Known,
    /// Bytes put and not yet written, with their entries; offsets count from the beginning of these bytes.
    waiting: Vec<u8>,
    waiting_entries: Vec<Entry>,
    /// Entries of bytes that are written, not yet in the index.
    held: Vec<Entry>,
    segments: VecDeque<(u32, u64)>,
    bytes: u64,
    failed: bool,
}

impl BodyStore {
    pub(super) fn create(run: &Path, storage: Storage) -> Result<Self, Error> {
        let folder = run.join(BODIES);
        std::fs::create_dir_all(&folder).map_err(|source| Error::CreateFolder { path: folder.clone(), source })?;
        Ok(Self {
            file: AppendFile::create(folder.join(segment_name(1)))?,
            index: AppendFile::create(folder.join(index_name(1)))?,
            folder,
            storage,
            segment: 1,
            known: Known::default(),
            waiting: Vec::new(),
            waiting_entries: Vec::new(),
            held: Vec::new(),
            segments: VecDeque::new(),
            bytes: 0,
            failed: false,
        })
    }

    /// Takes bytes to be stored by the next [`BodyStore::write`], unless they are stored already.
    pub(super) fn put(&mut self, digest: Digest, bytes: &Bytes) {
        if self.known.contains(&digest) || self.waiting_entries.iter().any(|entry| entry.digest == digest) {
            return;
        }
        self.waiting.extend_from_slice(hex(&digest).as_bytes());
        // Writing to a vector cannot fail.
        let _ = writeln!(self.waiting, " {}", bytes.len());
        let offset = self.waiting.len() as u64;
        self.waiting.extend_from_slice(bytes);
        self.waiting.push(b'\n');
        self.waiting_entries.push(Entry { digest, segment: 0, offset, length: bytes.len() as u64 });
    }

    /// Writes what was put since the last time, with one write.
    pub(super) fn write(&mut self) -> Result<(), Error> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        if self.failed {
            return Err(Error::WriteAfterFailure);
        }
        let written = self.write_waiting();
        self.failed |= written.is_err();
        self.waiting.clear();
        self.waiting_entries.clear();
        written
    }

    fn write_waiting(&mut self) -> Result<(), Error> {
        let more = self.waiting.len() as u64;
        if self.file.length() > 0 && self.file.length() + more > self.segment_bytes_max() {
            self.begin_segment()?;
        }
        if self.bytes + more > self.storage.bodies_bytes_max {
            self.make_room(more)?;
        }
        let from = self.file.length();
        self.file.append(&self.waiting, self.storage.flush)?;
        self.bytes += more;
        for entry in &self.waiting_entries {
            self.known.insert(entry.digest, self.segment);
            self.held.push(Entry { segment: self.segment, offset: from + entry.offset, ..*entry });
        }
        if self.held.len() >= INDEX_ENTRIES_HELD_MAX {
            self.write_index()?;
        }
        Ok(())
    }

    /// A limit that drops the oldest segment needs several of them.
    fn segment_bytes_max(&self) -> u64 {
        match self.storage.when_full {
            WhenFull::DropOldest => BODY_SEGMENT_BYTES_MAX.min(self.storage.bodies_bytes_max / 4),
            WhenFull::Stop => BODY_SEGMENT_BYTES_MAX,
        }
    }

    fn begin_segment(&mut self) -> Result<(), Error> {
        self.write_index()?;
        self.segments.push_back((self.segment, self.file.length()));
        self.segment += 1;
        self.file = AppendFile::create(self.folder.join(segment_name(self.segment)))?;
        self.index = AppendFile::create(self.folder.join(index_name(self.segment)))?;
        Ok(())
    }

    fn make_room(&mut self, more: u64) -> Result<(), Error> {
        let bytes_max = self.storage.bodies_bytes_max;
        while self.storage.when_full == WhenFull::DropOldest && self.bytes + more > bytes_max {
            let Some((segment, length)) = self.segments.pop_front() else { break };
            for name in [segment_name(segment), index_name(segment)] {
                let path = self.folder.join(name);
                std::fs::remove_file(&path).map_err(|source| Error::WriteFile { path, source })?;
            }
            self.known.forget_segment(segment);
            self.bytes = self.bytes.saturating_sub(length);
        }
        if self.bytes + more > bytes_max { Err(Error::BodiesFull { bytes_max }) } else { Ok(()) }
    }

    /// Writes the entries that were held back; needed for speed of reading only.
    pub(super) fn write_index(&mut self) -> Result<(), Error> {
        if self.held.is_empty() {
            return Ok(());
        }
        let lines: String = self.held.iter().map(Entry::line).collect();
        self.index.append(lines.as_bytes(), self.storage.flush)?;
        self.held.clear();
        Ok(())
    }
}
