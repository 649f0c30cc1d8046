//! The files of a pack, read whole before anything is compiled.
//!
//! Links that lead out of the folder are not followed, so that nothing outside it can be read.

use crate::limits::{FILES_MAX, FOLDER_DEPTH_MAX, PACK_BYTES_MAX};
use aws_lc_rs::digest::{Context, SHA256, digest};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a pack's files could not be read; the text reads after "could not ".
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file or folder could not be read.
    #[error("read `{}`: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The folder holds more than a pack may.
    #[error("read the pack `{}`: it holds more than {FILES_MAX} files or {PACK_BYTES_MAX} bytes", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
    },
}

/// The files of one pack: path below its folder, with `/`, and content.
#[derive(Clone, Debug, Default)]
pub struct PackFiles {
    /// Folder name.
    pub name: String,
    /// How paths are shown: the folder as the user knows it.
    pub shown: String,
    /// Content by path.
    pub files: BTreeMap<String, Arc<[u8]>>,
}

impl PackFiles {
    /// Reads every file below a folder.
    ///
    /// # Errors
    /// [`SourceError::Read`] for what cannot be read, [`SourceError::TooLarge`] past the bounds.
    pub fn read(folder: &Path) -> Result<Self, SourceError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| SourceError::Read { path, source }
        };
        let root = folder.canonicalize().map_err(failed(folder))?;
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut pack = Self { name, shown: folder.display().to_string(), files: BTreeMap::new() };
        let mut folders = vec![(root.clone(), 0)];
        let mut bytes = 0;
        while let Some((current, depth)) = folders.pop() {
            for entry in std::fs::read_dir(&current).map_err(failed(&current))? {
                let entry = entry.map_err(failed(&current))?;
                let path = entry.path();
                let is_link = entry.file_type().map_err(failed(&path))?.is_symlink();
                let leads_out = is_link && !path.canonicalize().map_err(failed(&path))?.starts_with(&root);
                if leads_out || entry.file_name().to_string_lossy().starts_with('.') {
                    continue;
                }
                if path.is_dir() {
                    if depth < FOLDER_DEPTH_MAX {
                        folders.push((path, depth + 1));
                    }
                    continue;
                }
                let content = std::fs::read(&path).map_err(failed(&path))?;
                bytes += content.len() as u64;
                if bytes > PACK_BYTES_MAX || pack.files.len() >= FILES_MAX {
                    return Err(SourceError::TooLarge { path: folder.to_owned() });
                }
                let below = path.strip_prefix(&root).unwrap_or(&path);
                let key = below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
                pack.files.insert(key, content.into());
            }
        }
        Ok(pack)
    }

    /// Gives the SHA-256 over all files, each by path and own digest, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut all = Context::new(&SHA256);
        for (path, content) in &self.files {
            all.update(path.as_bytes());
            all.update(&[0]);
            all.update(digest(&SHA256, content).as_ref());
        }
        all.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Names the files that differ from another copy of the pack, missing and added ones included.
    #[must_use]
    pub fn differing(&self, released: &Self) -> Vec<String> {
        let mut names: Vec<&String> = self.files.keys().chain(released.files.keys()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().filter(|name| self.files.get(*name) != released.files.get(*name)).cloned().collect()
    }

    /// Gives a text file; `None` where there is none of that name or it is not UTF-8.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).and_then(|content| std::str::from_utf8(content).ok())
    }
}
