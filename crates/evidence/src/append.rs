//! A file that only grows, one write a call, and is left whole when a write fails.

use crate::{Error, Flush};
use std::fs::{File, OpenOptions};
use std::io::Write;
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

/// Writes a file whole or not at all: beside its place first, then moved there.
///
/// With [`Flush::Kernel`] that holds when the program is killed; when the machine loses its power it holds with
/// [`Flush::Disk`] only.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8], flush: Flush) -> Result<(), Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    let written = File::create(&part)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            flush.settle(&file)
        })
        .and_then(|()| std::fs::rename(&part, path));
    written.map_err(|source| {
        // The part is of no use; that it may stay behind harms nothing.
        let _ = std::fs::remove_file(&part);
        Error::WriteFile { path: path.to_owned(), source }
    })
}
