//! The names that steps gave so far, and those that they should have given.

use counterpart_matching::fits_header;
use counterpart_plan::model::Step;
use counterpart_transport::Connected;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::Barrier;

/// What a line of steps knows at one moment.
pub(crate) struct Frame {
    /// Shared with lines of their own and with the listening side until one of them sets a name.
    pub(crate) names: Arc<Map<String, Value>>,
    pub(crate) phase: &'static str,
    /// The open connection, with what it was made for.
    pub(crate) connection: Option<(String, Connected)>,
    /// Waited at between connecting and sending.
    pub(crate) barrier: Option<Arc<Barrier>>,
    /// Branch of a parallel step, for random values.
    pub(crate) branch: String,
    lacking: BTreeSet<String>,
    /// Names whose value the system under test gave.
    given_by_peer: BTreeSet<String>,
    /// Indexes kept for steps that have not begun, by where the step stands in memory.
    kept: BTreeMap<usize, u32>,
}

impl Frame {
    pub(crate) fn new(names: Map<String, Value>) -> Self {
        Self {
            names: Arc::new(names),
            phase: "setup",
            connection: None,
            barrier: None,
            branch: String::new(),
            lacking: BTreeSet::new(),
            given_by_peer: BTreeSet::new(),
            kept: BTreeMap::new(),
        }
    }

    /// Keeps an index for a step that is yet to begin, and gives it: what comes early belongs there.
    pub(crate) fn keep_index(&mut self, step: &Step, next: impl FnOnce() -> u32) -> u32 {
        *self.kept.entry(std::ptr::from_ref(step).addr()).or_insert_with(next)
    }

    /// Takes the index that was kept for a step.
    pub(crate) fn take_index(&mut self, step: &Step) -> Option<u32> {
        self.kept.remove(&std::ptr::from_ref(step).addr())
    }

    /// Gives a line of steps of its own that knows what this one knows.
    pub(crate) fn fork(&self, branch: &str) -> Self {
        Self {
            names: Arc::clone(&self.names),
            phase: self.phase,
            connection: None,
            barrier: None,
            branch: format!("{}/{branch}", self.branch),
            lacking: self.lacking.clone(),
            given_by_peer: self.given_by_peer.clone(),
            kept: BTreeMap::new(),
        }
    }

    /// Sets a name to what the system under test gave.
    pub(crate) fn take_from_peer(&mut self, name: &str, value: Value) {
        self.set(name, value);
        self.given_by_peer.insert(name.to_owned());
    }

    /// Gives the first of some names whose value the system under test gave and which no header field can carry.
    pub(crate) fn unfit_for_header<'n>(&self, names: &'n [String]) -> Option<&'n str> {
        let unfit = |name: &&String| {
            let text = self.names.get(*name).and_then(Value::as_str).unwrap_or("");
            self.given_by_peer.contains(*name) && !fits_header(text)
        };
        names.iter().find(unfit).map(String::as_str)
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.lacking.remove(name);
        self.given_by_peer.remove(name);
        Arc::make_mut(&mut self.names).insert(name.to_owned(), value);
    }

    /// Notes that a name should have been given and was not.
    pub(crate) fn lack(&mut self, name: &str) {
        if self.names.contains_key(name) {
            Arc::make_mut(&mut self.names).remove(name);
        }
        self.lacking.insert(name.to_owned());
    }

    pub(crate) fn lacks(&self, name: &str) -> bool {
        self.lacking.contains(name)
    }

    /// Notes that a step gave nothing of what it should have.
    pub(crate) fn miss(&mut self, step: &Step) {
        for name in given(step) {
            self.lack(name);
        }
    }

    /// Notes that a step was left out on purpose: what it would have given is null.
    pub(crate) fn null(&mut self, step: &Step) {
        for name in given(step) {
            self.set(name, Value::Null);
        }
    }
}

/// Gives the names that a step gives by its captures and its id.
pub(crate) fn given(step: &Step) -> impl Iterator<Item = &str> {
    step.captures.iter().map(|captured| captured.name.as_str()).chain(step.id.as_deref())
}
