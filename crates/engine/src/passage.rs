//! Requests of ours that are on their way, so that an endpoint of ours knows what comes from our own side.

use crate::claim::{Claimant, lock};
use counterpart_evidence::{Connection, Effect, ExchangeId, Outcome};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A connection by the calling address and the port that is called, which both its ends know.
type Key = (String, String);

/// Where a request comes from that our own side sent.
#[derive(Clone)]
pub(crate) struct Origin {
    /// The exchange that it belongs to.
    pub(crate) exchange: ExchangeId,
    /// Whose that is.
    pub(crate) owner: Option<Arc<Claimant>>,
}

/// What became of a request at an endpoint of ours.
#[derive(Clone, Default)]
pub(crate) struct Arrived {
    /// What the endpoint did with it.
    pub(crate) effect: Effect,
    /// Where it came to a proxy and the answer is not the far side's: how it ended there, and why.
    pub(crate) stopped: Option<(Outcome, String)>,
}

/// Requests on their way from our own side, by connection: each has one at a time.
#[derive(Default)]
pub(crate) struct Passages {
    by_connection: Mutex<HashMap<Key, (Origin, Arrived)>>,
    /// How many there are, so that an endpoint which nobody of ours calls need not look.
    count: AtomicUsize,
}

/// A request on its way; it ends when this is dropped.
pub(crate) struct Passage<'a> {
    passages: &'a Passages,
    key: Key,
}

impl Passages {
    /// Notes that an exchange begins on a connection that we made.
    pub(crate) fn begin(&self, made: &Connection, exchange: ExchangeId, owner: Option<Arc<Claimant>>) -> Passage<'_> {
        let key = (made.local.clone(), port(&made.peer));
        if lock(&self.by_connection).insert(key.clone(), (Origin { exchange, owner }, Arrived::default())).is_none() {
            self.count.fetch_add(1, Ordering::Release);
        }
        Passage { passages: self, key }
    }

    /// Tells where a request comes from that came on a connection, if our own side sent it.
    pub(crate) fn origin(&self, came: &Connection) -> Option<Origin> {
        if self.is_empty() {
            return None;
        }
        lock(&self.by_connection).get(&arriving(came)).map(|(origin, _)| origin.clone())
    }

    /// Notes what became of what came on a connection.
    pub(crate) fn arrived(&self, came: &Connection, arrived: Arrived) {
        if self.is_empty() {
            return;
        }
        if let Some((_, known)) = lock(&self.by_connection).get_mut(&arriving(came)) {
            *known = arrived;
        }
    }

    fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }
}

impl Passage<'_> {
    /// Gives what became of the request at an endpoint of ours; nothing where it went to somebody else, who alone knows.
    pub(crate) fn arrived(&self) -> Arrived {
        lock(&self.passages.by_connection).get(&self.key).map(|(_, arrived)| arrived.clone()).unwrap_or_default()
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        if lock(&self.passages.by_connection).remove(&self.key).is_some() {
            self.passages.count.fetch_sub(1, Ordering::Release);
        }
    }
}

fn arriving(came: &Connection) -> Key {
    (came.peer.clone(), port(&came.local))
}

fn port(address: &str) -> String {
    address.rsplit_once(':').map_or("", |(_, port)| port).to_owned()
}
