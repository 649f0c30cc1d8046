//! The memories of all sessions, bounded together.

use super::Memory;
use crate::build::generators;
use crate::claim::lock;
use crate::limits::{SESSIONS_MAX, STORES_BYTES_MAX};
use crate::shared::Shared;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

/// The memories of all sessions. Requests of one session wait for one another, those of others do not.
pub(crate) struct Memories {
    shared: Arc<Shared>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    by_session: HashMap<String, Remembered>,
    /// Sessions by when they were used.
    by_use: BTreeMap<u64, String>,
    uses: u64,
    bytes: usize,
}

/// One session's memory, and when it was used.
struct Remembered {
    memory: Arc<Mutex<Memory>>,
    used: u64,
    bytes: usize,
}

impl Memories {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, known: Mutex::default() }
    }

    /// Works with a session's memory, made the first time. Where all of them grow too large, those used longest ago go.
    pub(crate) fn with<T>(&self, session: &str, work: impl FnOnce(&mut Memory) -> T) -> T {
        let memory = lock(&self.known).used(session, &self.shared);
        let mut held = lock(&memory);
        let result = work(&mut held);
        let bytes = held.bytes();
        drop(held);
        lock(&self.known).count(session, &memory, bytes);
        result
    }

    /// Forgets everything.
    pub(crate) fn reset(&self) {
        *lock(&self.known) = Known::default();
    }
}

impl Known {
    fn used(&mut self, session: &str, shared: &Shared) -> Arc<Mutex<Memory>> {
        self.uses += 1;
        let remembered = self.by_session.entry(session.to_owned()).or_insert_with(|| {
            let mut generators = generators(shared.around.seed, &["store", session], &shared.clock);
            let memory = Memory::new(&shared.plan.store, &shared.names(), &mut generators);
            Remembered { memory: Arc::new(Mutex::new(memory)), used: 0, bytes: 0 }
        });
        let name = self.by_use.remove(&remembered.used).unwrap_or_else(|| session.to_owned());
        self.by_use.insert(self.uses, name);
        remembered.used = self.uses;
        Arc::clone(&remembered.memory)
    }

    /// Takes down what a memory takes now, unless it was forgotten meanwhile, and forgets others until the bounds are kept.
    fn count(&mut self, session: &str, memory: &Arc<Mutex<Memory>>, bytes: usize) {
        let known = self.by_session.get_mut(session).filter(|known| Arc::ptr_eq(&known.memory, memory));
        let Some(remembered) = known else { return };
        self.bytes = self.bytes + bytes - remembered.bytes;
        remembered.bytes = bytes;
        while self.by_session.len() > 1 && (self.bytes > STORES_BYTES_MAX || self.by_session.len() > SESSIONS_MAX) {
            let Some((_, longest_ago)) = self.by_use.pop_first() else { return };
            if let Some(gone) = self.by_session.remove(&longest_ago) {
                self.bytes -= gone.bytes;
            }
        }
    }
}
