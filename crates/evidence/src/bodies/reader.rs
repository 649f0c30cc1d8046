//! Reads stored bytes back by digest, with or without the index.

use super::entry::{BODIES, Entry, index_name, segment_name, segment_number};
use crate::Error;
use crate::digest::{Digest, from_hex, hex, sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The stored bytes of a run.
#[derive(Debug)]
pub struct BodyReader {
    folder: PathBuf,
    entries: HashMap<Digest, Entry>,
    /// The segment that was read last: most reads follow one another in it.
    last: Mutex<Option<(u32, File)>>,
}

/// The head line of a record is a digest, a blank and a length.
const HEAD_BYTES_MAX: u64 = 128;
/// A line of an index is a digest and three numbers.
const INDEX_LINE_BYTES_MAX: u64 = 256;

impl BodyReader {
    /// Opens the stored bytes of a run folder: reads the index and, beyond it, the segments themselves.
    ///
    /// # Errors
    ///
    /// `ReadFile` where a file cannot be read.
    pub fn open(run: &Path) -> Result<Self, Error> {
        let folder = run.join(BODIES);
        let mut reader = Self { folder, entries: HashMap::new(), last: Mutex::default() };
        for segment in segments(&reader.folder)? {
            let indexed = reader.read_index(segment)?;
            reader.scan(segment, indexed, |_, _| ())?;
        }
        Ok(reader)
    }

    /// Gives stored bytes by their digest, hexadecimal; `None` where they are not stored or are not what they should be.
    ///
    /// # Errors
    ///
    /// `ReadFile` where a file cannot be read.
    pub fn bytes(&self, digest: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(wanted) = from_hex(digest.as_bytes()) else { return Ok(None) };
        let Some(entry) = self.entries.get(&wanted) else { return Ok(None) };
        let path = self.folder.join(segment_name(entry.segment));
        let unreadable = |source| Error::ReadFile { path: path.clone(), source };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_none_or(|(segment, _)| *segment != entry.segment) {
            match File::open(&path) {
                Ok(file) => *last = Some((entry.segment, file)),
                // The segment was dropped to keep a size limit, or the bodies were purged.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Err(source) => return Err(unreadable(source)),
            }
        }
        let Some((_, file)) = last.as_mut() else { return Ok(None) };
        file.seek(SeekFrom::Start(entry.offset)).map_err(unreadable)?;
        let mut bytes = Vec::new();
        file.take(entry.length).read_to_end(&mut bytes).map_err(unreadable)?;
        drop(last);
        Ok((sha256(&bytes) == wanted).then_some(bytes))
    }

    /// Gives every digest, hexadecimal, with its length.
    pub fn digests(&self) -> impl Iterator<Item = (String, u64)> + '_ {
        self.entries.values().map(|entry| (hex(&entry.digest), entry.length))
    }

    /// Tells whether bytes are stored under a digest.
    #[must_use]
    pub fn contains(&self, digest: &str) -> bool {
        from_hex(digest.as_bytes()).is_some_and(|digest| self.entries.contains_key(&digest))
    }

    /// Reads a segment's index; gives where the last of the indexed records ends.
    fn read_index(&mut self, segment: u32) -> Result<u64, Error> {
        let path = self.folder.join(index_name(segment));
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
            Err(source) => return Err(Error::ReadFile { path, source }),
        };
        let mut file = BufReader::new(file);
        let mut line = String::new();
        let mut end = 0;
        loop {
            line.clear();
            let read = file.by_ref().take(INDEX_LINE_BYTES_MAX).read_line(&mut line);
            // A damaged index is no harm: what it does not tell, the segment does.
            let Ok(1..) = read else { return Ok(end) };
            let entry = Entry::parse(&line).filter(|entry| line.ends_with('\n') && entry.segment == segment);
            let Some(entry) = entry else { return Ok(end) };
            end = entry.offset.saturating_add(entry.length).saturating_add(1);
            self.entries.insert(entry.digest, entry);
        }
    }

    /// Reads records of a segment from an offset on; stops at what is not a whole record.
    fn scan(&mut self, segment: u32, from: u64, mut each: impl FnMut(&Entry, &[u8])) -> Result<u64, Error> {
        let path = self.folder.join(segment_name(segment));
        let unreadable = |source| Error::ReadFile { path: path.clone(), source };
        let file = File::open(&path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let mut file = BufReader::new(file);
        file.seek(SeekFrom::Start(from)).map_err(unreadable)?;
        let mut at = from;
        let mut head = Vec::new();
        let mut bytes = Vec::new();
        while at < length {
            head.clear();
            file.by_ref().take(HEAD_BYTES_MAX).read_until(b'\n', &mut head).map_err(unreadable)?;
            let Some((digest, count)) = parse_head(&head) else { break };
            let offset = at + head.len() as u64;
            if count >= length.saturating_sub(offset) {
                break;
            }
            bytes.clear();
            file.by_ref().take(count + 1).read_to_end(&mut bytes).map_err(unreadable)?;
            if bytes.pop() != Some(b'\n') {
                break;
            }
            let entry = Entry { digest, segment, offset, length: count };
            each(&entry, &bytes);
            self.entries.insert(digest, entry);
            at = offset + count + 1;
        }
        Ok(at)
    }
}

fn parse_head(line: &[u8]) -> Option<(Digest, u64)> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (digest, length) = line.split_once(' ')?;
    Some((from_hex(digest.as_bytes())?, length.parse().ok()?))
}

/// Lists the segments that are there, in order.
fn segments(folder: &Path) -> Result<Vec<u32>, Error> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::ReadFile { path: folder.to_owned(), source }),
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut numbers: Vec<u32> = names.filter_map(|name| segment_number(&name)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Reads every segment whole and names the first record that is not what its digest says; a segment may end in a record
/// that was not written to its end only where the run was cut off.
pub(crate) fn first_changed(run: &Path) -> Result<Option<String>, Error> {
    let folder = run.join(BODIES);
    let mut reader = BodyReader { folder, entries: HashMap::new(), last: Mutex::default() };
    for segment in segments(&reader.folder)? {
        let mut changed = None;
        let end = reader.scan(segment, 0, |entry, bytes| {
            if changed.is_none() && sha256(bytes) != entry.digest {
                changed = Some(format!("{BODIES}/{}: the body {} was changed", segment_name(segment), hex(&entry.digest)));
            }
        })?;
        if changed.is_some() {
            return Ok(changed);
        }
        let path = reader.folder.join(segment_name(segment));
        let length = std::fs::metadata(&path).map_err(|source| Error::ReadFile { path, source })?.len();
        if end < length {
            return Ok(Some(format!("{BODIES}/{}: no whole body stands at byte {end}", segment_name(segment))));
        }
    }
    Ok(None)
}
