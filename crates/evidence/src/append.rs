//! A file that only grows, one write a call, and is left whole when a write fails.

use crate::digest::{RunningSum, hex};
use crate::{Error, FileDigest, Flush};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A new file opened for appending.
#[derive(Debug)]
pub(crate) struct AppendFile {
    file: File,
    path: PathBuf,
    length: u64,
}

impl AppendFile {
    /// Makes the file, which must not exist.
    pub(crate) fn create(path: PathBuf) -> Result<Self, Error> {
        match OpenOptions::new().append(true).create_new(true).open(&path) {
            Ok(file) => Ok(Self { file, path, length: 0 }),
            Err(source) => Err(Error::WriteFile { path, source }),
        }
    }

    /// Writes all bytes with one call, as far as the system takes them at once.
    pub(crate) fn append(&mut self, bytes: &[u8], flush: Flush) -> Result<(), Error> {
        let written = self.file.write_all(bytes).and_then(|()| flush.settle(&self.file));
        if let Err(source) = written {
            // A part may have been written. What cannot be cut off now is found as a torn tail by the reader.
            let _ = self.file.set_len(self.length);
            return Err(Error::WriteFile { path: self.path.clone(), source });
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// A file that stands under its name only once it is whole: what is written goes beside its place first.
///
/// With [`Flush::Kernel`] that holds when the program is killed; when the machine loses its power it holds with
/// [`Flush::Disk`] only.
pub struct NewFile {
    out: BufWriter<File>,
    part: PathBuf,
    path: PathBuf,
    flush: Flush,
    sum: RunningSum,
    finished: bool,
}

impl NewFile {
    /// Begins a file that is to stand at a path.
    pub(crate) fn begin(path: PathBuf, flush: Flush) -> Result<Self, Error> {
        let mut name = path.as_os_str().to_owned();
        name.push(".part");
        let part = PathBuf::from(name);
        match File::create(&part) {
            Ok(file) => {
                let out = BufWriter::new(file);
                Ok(Self { out, part, path, flush, sum: RunningSum::default(), finished: false })
            }
            Err(source) => Err(Error::WriteFile { path, source }),
        }
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    ///
    /// `WriteFile` where the disk is full or not writable.
    pub fn finish(mut self) -> Result<FileDigest, Error> {
        let written = self.out.flush().and_then(|()| self.flush.settle(self.out.get_ref()));
        let placed = written.and_then(|()| std::fs::rename(&self.part, &self.path));
        placed.map_err(|source| Error::WriteFile { path: self.path.clone(), source })?;
        self.finished = true;
        let (digest, bytes) = std::mem::take(&mut self.sum).finish();
        Ok(FileDigest { sha256: hex(&digest), bytes })
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.sum.add(bytes.get(..count).unwrap_or(bytes));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.finished {
            // The part is of no use; that it may stay behind harms nothing.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

/// Writes a file whole or not at all, as [`NewFile`] does.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8], flush: Flush) -> Result<FileDigest, Error> {
    let mut file = NewFile::begin(path.to_owned(), flush)?;
    file.write_all(bytes).map_err(|source| Error::WriteFile { path: path.to_owned(), source })?;
    file.finish()
}
