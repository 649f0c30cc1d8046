//! Who makes the system under test act: a hook, a person, or the mirror.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the system under test is asked to do.
#[derive(Clone, Debug)]
pub struct Order {
    /// Action, as the pack declares it.
    pub action: String,
    /// What it must do, one sentence.
    pub does: String,
    /// Arguments.
    pub arguments: Map<String, Value>,
    /// Scenario.
    pub scenario: String,
    /// Step, from 1.
    pub step: u32,
    /// Addresses that the system under test must call, by endpoint name; the first endpoint's also under the empty name.
    pub urls: BTreeMap<String, String>,
    /// JSON Schema of what comes back, where something does.
    pub returns: Option<Value>,
    /// How long it may take, in milliseconds of real time.
    pub within_ms: u64,
}

/// Why an order was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// It was tried and failed: the reason, with what it printed.
    Failed(String),
    /// There is neither a hook nor a person nor a mirror for it.
    Nobody,
}

/// Makes the system under test act.
pub trait Actor: Send + Sync {
    /// Carries out an order; JSON that comes back is the step's `hook`, `null` where nothing does.
    fn act(&self, order: Order) -> BoxFuture<'_, Result<Value, Undone>>;

    /// Gives how long this actor is waited for; a person needs longer than a hook.
    fn within(&self, order: &Order) -> Duration {
        Duration::from_millis(order.within_ms)
    }

    /// Tells, without doing anything, whether what would carry out an action can be reached; `None` where that is no hook.
    fn reach<'a>(&'a self, _action: &'a str) -> BoxFuture<'a, Option<Result<String, String>>> {
        Box::pin(std::future::ready(None))
    }
}
