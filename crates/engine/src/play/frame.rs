//! The names that steps gave so far, and those that they should have given.

use counterpart_plan::model::Step;
use counterpart_transport::Connected;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Barrier;

/// What a line of steps knows at one moment.
pub(crate) struct Frame {
    pub(crate) names: Map<String, Value>,
    pub(crate) phase: &'static str,
    /// The open connection, with what it was made for.
    pub(crate) connection: Option<(String, Connected)>,
    /// Waited at between connecting and sending.
    pub(crate) barrier: Option<Arc<Barrier>>,
    /// Branch of a parallel step, for random values.
    pub(crate) branch: String,
    lacking: BTreeSet<String>,
}

impl Frame {
    pub(crate) fn new(names: Map<String, Value>) -> Self {
        Self { names, phase: "setup", connection: None, barrier: None, branch: String::new(), lacking: BTreeSet::new() }
    }

    /// Gives a line of steps of its own that knows what this one knows.
    pub(crate) fn fork(&self, branch: &str) -> Self {
        Self {
            names: self.names.clone(),
            phase: self.phase,
            connection: None,
            barrier: None,
            branch: format!("{}/{branch}", self.branch),
            lacking: self.lacking.clone(),
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.lacking.remove(name);
        self.names.insert(name.to_owned(), value);
    }

    /// Notes that a name should have been given and was not.
    pub(crate) fn lack(&mut self, name: &str) {
        self.names.remove(name);
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

fn given(step: &Step) -> impl Iterator<Item = &str> {
    step.captures.iter().map(|captured| captured.name.as_str()).chain(step.id.as_deref())
}
