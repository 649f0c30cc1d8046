//! The bodies of a run that is under way, stored by several threads at once.

use super::recent::Recent;
use super::store::BodyStore;
use crate::digest::Digest;
use crate::lock::lock;
use crate::{Error, Storage};
use bytes::Bytes;
use std::path::Path;
use std::sync::{Mutex, PoisonError, RwLock};

/// The bodies of a run; digests, which take time, are made before the store is locked.
#[derive(Debug)]
pub(crate) struct Bodies {
    recent: RwLock<Recent>,
    store: Mutex<BodyStore>,
}

impl Bodies {
    pub(crate) fn create(run: &Path, storage: Storage) -> Result<Self, Error> {
        Ok(Self { recent: RwLock::default(), store: Mutex::new(BodyStore::create(run, storage)?) })
    }

    /// Takes what is not stored already to be stored by the next [`Bodies::write`], and gives the digest of each.
    pub(crate) fn put(&self, bodies: &[&Bytes]) -> Vec<Digest> {
        let digests: Vec<Digest> = bodies.iter().map(|bytes| self.digest(bytes)).collect();
        let mut store = lock(&self.store);
        for (digest, bytes) in digests.iter().zip(bodies) {
            store.put(*digest, bytes);
        }
        digests
    }

    /// Writes what was put since the last time, with one write.
    pub(crate) fn write(&self) -> Result<(), Error> {
        lock(&self.store).write()
    }

    /// Writes the index of what is stored.
    pub(crate) fn write_index(&self) -> Result<(), Error> {
        lock(&self.store).write_index()
    }

    fn digest(&self, bytes: &Bytes) -> Digest {
        if !Recent::takes(bytes) {
            return crate::digest::sha256(bytes);
        }
        if let Some(digest) = self.recent.read().unwrap_or_else(PoisonError::into_inner).find(bytes) {
            return digest;
        }
        let digest = crate::digest::sha256(bytes);
        self.recent.write().unwrap_or_else(PoisonError::into_inner).add(bytes, digest);
        digest
    }
}
