//! The folder of a run: who may write into it, what stands in it, and how it is closed.

use crate::append::{NewFile, write_atomically};
use crate::bodies::{BODIES, BodyReader};
use crate::limits::RECORD_BYTES_MAX;
use crate::manifest::{FileDigest, LOCK, MANIFEST, Manifest, inventory};
use crate::{BodyRef, Error, Flush, JournalHead, JournalReader, RunRecord};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

/// The run record's file name.
pub(crate) const RECORD: &str = "run.json";

/// A run folder.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Held as long as this value lives; the system lets go of it however the program ends.
    lock: Option<File>,
    flush: Flush,
    bodies: OnceLock<BodyReader>,
}

impl RunFolder {
    /// Makes the folder `name` under `parent` for a new run, which alone may write into it.
    ///
    /// # Errors
    ///
    /// `Lock` where another run writes into it, `FolderTaken` where one has, `CreateFolder` or `WriteFile` where it cannot
    /// be made, `NameFile` where the name is not that of one folder.
    pub fn create(parent: &Path, name: &str) -> Result<Self, Error> {
        if !is_plain(name) {
            return Err(Error::NameFile { name: name.to_owned() });
        }
        let path = parent.join(name);
        std::fs::create_dir_all(&path).map_err(|source| Error::CreateFolder { path: path.clone(), source })?;
        let lock_path = path.join(LOCK);
        let unwritable = |source| Error::WriteFile { path: lock_path.clone(), source };
        let lock = File::options().create(true).append(true).open(&lock_path).map_err(unwritable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Lock { path }),
            Err(TryLockError::Error(source)) => return Err(unwritable(source)),
        }
        let others = std::fs::read_dir(&path).map_err(|source| Error::ReadFile { path: path.clone(), source })?;
        if others.flatten().any(|entry| entry.file_name() != LOCK) {
            return Err(Error::FolderTaken { path });
        }
        Ok(Self { path, lock: Some(lock), flush: Flush::Kernel, bodies: OnceLock::new() })
    }

    /// Opens the folder of an earlier run, to read it.
    ///
    /// # Errors
    ///
    /// `ReadFile` where there is no such folder.
    pub fn open(path: &Path) -> Result<Self, Error> {
        std::fs::read_dir(path).map_err(|source| Error::ReadFile { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), lock: None, flush: Flush::Kernel, bodies: OnceLock::new() })
    }

    /// Says how far what is written here from now on must have gone.
    #[must_use]
    pub fn with_flush(self, flush: Flush) -> Self {
        Self { flush, ..self }
    }

    /// Gives its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the run record: the one that was written, or, where the run was cut off, what its journal tells; `None` where
    /// that has no beginning.
    ///
    /// # Errors
    ///
    /// `ReadFile` or `ParseFile` where files cannot be read or understood.
    pub fn read_record(&self) -> Result<Option<RunRecord>, Error> {
        match read_json(&self.path.join(RECORD))? {
            Some(record) => Ok(Some(record)),
            None => self.fold_journal(),
        }
    }

    /// Folds the journal into a record, event by event.
    ///
    /// # Errors
    ///
    /// `ReadFile` where the journal cannot be read.
    pub fn fold_journal(&self) -> Result<Option<RunRecord>, Error> {
        JournalReader::open(&self.path)?.fold()
    }

    /// Gives the last line of the journal, whose digest stands for every line before it; empty where there is none.
    ///
    /// # Errors
    ///
    /// `ReadFile` where the journal cannot be read.
    pub fn journal_head(&self) -> Result<JournalHead, Error> {
        let mut reader = JournalReader::open(&self.path)?;
        reader.skip_to_end()?;
        let state = reader.state();
        Ok(JournalHead { line: state.last_line, digest: state.head.unwrap_or_default() })
    }

    /// Gives stored bytes by digest; `None` where they are not there, or are not what they should be.
    ///
    /// # Errors
    ///
    /// `ReadFile` where files cannot be read.
    pub fn body(&self, digest: &str) -> Result<Option<Vec<u8>>, Error> {
        self.bodies()?.bytes(digest)
    }

    /// Gives all bytes that an entry of the record stands for: what is stored, and what follows it.
    ///
    /// # Errors
    ///
    /// `ReadFile` where files cannot be read.
    pub fn bytes(&self, entry: &BodyRef) -> Result<Option<Vec<u8>>, Error> {
        let Some(mut bytes) = self.body(&entry.digest)? else { return Ok(None) };
        if let Some(digest) = &entry.followed_by {
            let Some(more) = self.body(digest)? else { return Ok(None) };
            bytes.extend(more);
        }
        Ok(Some(bytes))
    }

    fn bodies(&self) -> Result<&BodyReader, Error> {
        if let Some(reader) = self.bodies.get() {
            return Ok(reader);
        }
        let reader = BodyReader::open(&self.path)?;
        Ok(self.bodies.get_or_init(|| reader))
    }

    /// Writes the record, and takes stock of all that stands in the folder then.
    ///
    /// The recorder must be finished before, so that all it wrote is covered.
    ///
    /// # Errors
    ///
    /// `WriteFile` where the disk is full or not writable, `ReadFile` where what was written cannot be read back.
    pub fn write_record(&self, record: &RunRecord) -> Result<Inventory, Error> {
        let mut file = NewFile::begin(self.path.join(RECORD), self.flush)?;
        write_json(&mut file, record)?;
        file.finish()?;
        Ok(Inventory { head: self.journal_head()?, files: inventory(&self.path)? })
    }

    /// Begins a report, which is written piece by piece and then finished.
    ///
    /// # Errors
    ///
    /// `WriteFile` as above, `NameFile` for a report whose name leads out of the folder.
    pub fn begin_report(&self, name: &str) -> Result<NewFile, Error> {
        let ours = [RECORD, MANIFEST, LOCK].contains(&name) || name.starts_with("journal");
        if ours || !is_plain(name) {
            return Err(Error::NameFile { name: name.to_owned() });
        }
        NewFile::begin(self.path.join(name), self.flush)
    }

    /// Closes the run: writes the manifest.
    ///
    /// # Errors
    ///
    /// `WriteFile` where the disk is full or not writable.
    pub fn finish(&mut self, record: &RunRecord, inventory: Inventory) -> Result<JournalHead, Error> {
        let Inventory { head, files } = inventory;
        let manifest = Manifest::new(record, head.clone(), files);
        self.write_manifest(&manifest)?;
        if self.lock.take().is_some() {
            // The run is over; that an empty file may stay behind harms nothing.
            let _ = std::fs::remove_file(self.path.join(LOCK));
        }
        Ok(head)
    }

    fn write_manifest(&self, manifest: &Manifest) -> Result<(), Error> {
        write_atomically(&self.path.join(MANIFEST), &json(manifest)?, self.flush).map(drop)
    }

    /// Takes reports that were written into the folder of a closed run into its manifest; no other entry is touched.
    ///
    /// # Errors
    ///
    /// As [`RunFolder::finish`].
    pub fn add_reports(&self, written: impl IntoIterator<Item = (String, FileDigest)>) -> Result<(), Error> {
        // A run that was cut off has no manifest, and gets none for being read.
        let Some(mut manifest) = read_json::<Manifest>(&self.path.join(MANIFEST))? else { return Ok(()) };
        manifest.files.extend(written);
        self.write_manifest(&manifest)
    }

    /// Removes the stored bodies, which can hold personal data; the manifest keeps their digests and says that they went.
    ///
    /// # Errors
    ///
    /// `WriteFile` where they cannot be removed or the manifest not written.
    pub fn purge_bodies(&self) -> Result<(), Error> {
        if let Some(mut manifest) = read_json::<Manifest>(&self.path.join(MANIFEST))? {
            let bodies = manifest.files.extract_if(.., |name, _| name.starts_with("bodies/")).collect::<Vec<_>>();
            manifest.purged.extend(bodies);
            self.write_manifest(&manifest)?;
        }
        let bodies = self.path.join(BODIES);
        match std::fs::remove_dir_all(&bodies) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(source) => Err(Error::WriteFile { path: bodies, source }),
        }
    }

    /// Takes the stored bodies of an earlier run over, so that a merged record finds all it speaks of in one folder.
    ///
    /// The recorder must be finished before: the copies stand in segments after its own.
    ///
    /// # Errors
    ///
    /// `ReadFile` where the earlier ones cannot be read, `WriteFile` where the copies cannot be written.
    pub fn adopt_bodies(&mut self, earlier: &Self) -> Result<(), Error> {
        // What was read of this folder before does not know of them.
        self.bodies = OnceLock::new();
        crate::bodies::adopt(&self.path, &earlier.path)
    }
}

/// What stands in a run folder: the end of its journal, and the digests of its files.
#[derive(Debug)]
pub struct Inventory {
    head: JournalHead,
    files: BTreeMap<String, FileDigest>,
}

impl Inventory {
    /// Adds a report that was written since.
    pub fn add(&mut self, name: String, digest: FileDigest) {
        self.files.insert(name, digest);
    }
}

/// Tells whether a name is that of one file or folder, without any path.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name)
}

/// Gives a value as the files of a run folder hold it.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    write_json(&mut bytes, value)?;
    Ok(bytes)
}

/// Writes a value as the files of a run folder hold it, piece by piece.
fn write_json(out: &mut impl Write, value: &impl serde::Serialize) -> Result<(), Error> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n").map_err(serde_json::Error::io)?;
    Ok(())
}

/// Reads a file of JSON up to the bound; `None` where there is no such file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::ReadFile { path: path.to_owned(), source }),
    };
    let mut bytes = Vec::new();
    let read = file.take(RECORD_BYTES_MAX).read_to_end(&mut bytes);
    read.map_err(|source| Error::ReadFile { path: path.to_owned(), source })?;
    serde_json::from_slice(&bytes).map(Some).map_err(|source| Error::ParseFile { path: path.to_owned(), source })
}
