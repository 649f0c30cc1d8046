//! Follows the chain of digests through the journal's files and names the first place where it breaks.

use super::line::{JOURNAL, Linked, NOTHING_BEFORE, parse_link};
use crate::Error;
use crate::digest::{Digest, sha256};
use crate::limits::LINE_BYTES_MAX;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The first place where the journal does not agree with itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// File name.
    pub file: String,
    /// Line in that file, from 1.
    pub line: u64,
    /// What is wrong, after the place.
    pub what: String,
}

/// A last line that was not written to its end, as `kill -9` leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornLine {
    /// File name.
    pub file: String,
    /// Line in that file, from 1.
    pub line: u64,
    /// Bytes of it that are there.
    pub bytes: u64,
}

/// A line known to be doubtful, until the next one tells which of two was changed.
struct Doubt {
    earlier: (String, u64),
    later: (String, u64),
    later_digest: Digest,
}

/// Lines in order with the chain checked.
pub(super) struct Chain {
    files: VecDeque<PathBuf>,
    reader: Option<BufReader<File>>,
    place: (String, u64),
    last: Option<(u64, Digest)>,
    doubt: Option<Doubt>,
    dropped_before: bool,
    pub(super) lines: u64,
    pub(super) mismatch: Option<Mismatch>,
    pub(super) torn: Option<TornLine>,
}

impl Chain {
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let files = journal_files(folder)?;
        let dropped_before = files.first().is_some_and(|(number, _)| *number > 1);
        Ok(Self {
            files: files.into_iter().map(|(_, path)| path).collect(),
            reader: None,
            place: (String::new(), 0),
            last: None,
            doubt: None,
            dropped_before,
            lines: 0,
            mismatch: None,
            torn: None,
        })
    }

    /// Gives the digest of the last whole line.
    pub(super) fn head(&self) -> Option<Digest> {
        self.last.map(|(_, digest)| digest)
    }

    pub(super) fn number(&self) -> u64 {
        self.last.map_or(0, |(number, _)| number)
    }

    /// Reads the next whole line, without its end, into `line`; `false` at the end.
    pub(super) fn next_line(&mut self, line: &mut Vec<u8>) -> Result<Step, Error> {
        loop {
            let Some(reader) = &mut self.reader else {
                let Some(path) = self.files.pop_front() else {
                    self.settle(None);
                    return Ok(Step::End);
                };
                let file = File::open(&path).map_err(|source| Error::ReadFile { path: path.clone(), source })?;
                self.reader = Some(BufReader::with_capacity(1 << 16, file));
                self.place = (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), 0);
                continue;
            };
            line.clear();
            let mut bounded = reader.take(LINE_BYTES_MAX as u64 + 1);
            let count = bounded
                .read_until(b'\n', line)
                .map_err(|source| Error::ReadFile { path: PathBuf::from(&self.place.0), source })?;
            if count == 0 {
                self.reader = None;
                continue;
            }
            self.place.1 += 1;
            if line.pop_if(|byte| *byte == b'\n').is_none() {
                self.end_torn(count);
                continue;
            }
            return Ok(self.link(line));
        }
    }

    /// Names what is wrong with the line read last.
    pub(super) fn blame(&mut self, what: &str) {
        let (file, line) = self.place.clone();
        self.mismatch.get_or_insert(Mismatch { file, line, what: what.to_owned() });
    }

    fn end_torn(&mut self, count: usize) {
        if count > LINE_BYTES_MAX {
            self.blame("is longer than a line may be");
        } else if self.files.is_empty() {
            let (file, line) = self.place.clone();
            self.torn = Some(TornLine { file, line, bytes: count as u64 });
        } else {
            self.blame("was not written to its end, though others follow");
        }
        self.reader = None;
    }

    fn link(&mut self, line: &[u8]) -> Step {
        self.lines += 1;
        let digest = sha256(line);
        let Some(linked) = parse_link(line) else {
            self.settle(None);
            self.blame("is not a line of a journal");
            self.last = None;
            return Step::Line;
        };
        self.settle(Some(&linked));
        let follows = match self.last {
            Some((number, before)) => linked.number == number + 1 && linked.before == before,
            None if self.mismatch.is_some() => true,
            None if self.dropped_before => true,
            None => linked.number == 1 && linked.before == NOTHING_BEFORE,
        };
        if !follows && self.mismatch.is_none() && self.doubt.is_none() {
            match self.last {
                Some((number, _)) if linked.number == number + 1 => {
                    let earlier = (self.place.0.clone(), self.place.1.saturating_sub(1));
                    self.doubt = Some(Doubt { earlier, later: self.place.clone(), later_digest: digest });
                }
                Some((number, _)) => self.blame(&format!("has the number {} where {} was due", linked.number, number + 1)),
                None => self.blame("is not the first line of a journal"),
            }
        }
        self.last = Some((linked.number, digest));
        Step::Line
    }

    /// Where two lines do not fit, the line after both tells which was changed: it carries the digest of the later one.
    fn settle(&mut self, next: Option<&Linked>) {
        let Some(doubt) = self.doubt.take() else { return };
        let (place, what) = match next {
            Some(next) if next.before == doubt.later_digest => {
                (doubt.earlier, "was changed: the next line has another digest of it")
            }
            Some(_) => (doubt.later, "was changed: neither the line before nor the one after it fits"),
            None => (doubt.later, "does not fit the line before it: one of the two was changed"),
        };
        self.mismatch.get_or_insert(Mismatch { file: place.0, line: place.1, what: what.to_owned() });
    }
}

/// Whether there was a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Line,
    End,
}

/// Lists the files of a journal in order, with their segment numbers; the one written to last has the largest.
fn journal_files(folder: &Path) -> Result<Vec<(u32, PathBuf)>, Error> {
    let unreadable = |source| Error::ReadFile { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let number = name.strip_prefix("journal-").and_then(|rest| rest.strip_suffix(".ndjson")).and_then(|n| n.parse().ok());
        if let Some(number) = number {
            files.push((number, entry.path()));
        }
    }
    files.sort();
    let current = folder.join(JOURNAL);
    if current.exists() {
        // Alone it is the first segment; after others it follows the last of them.
        let number = files.last().map_or(1, |(number, _)| number + 1);
        files.push((number, current));
    }
    Ok(files)
}
