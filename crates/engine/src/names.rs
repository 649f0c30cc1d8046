//! The names that are in force while something is played.

use crate::clock::Clock;
use crate::judge::seen;
use counterpart_evidence::Exchange;
use counterpart_matching::{Names, NoNames, moment_text};
use counterpart_plan::Plan;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

/// A table of names before another.
#[derive(Clone, Copy)]
pub(crate) struct Layer<'a> {
    pub(crate) own: &'a Map<String, Value>,
    pub(crate) behind: &'a dyn Names,
}

impl<'a> Layer<'a> {
    pub(crate) fn new(own: &'a Map<String, Value>, behind: &'a dyn Names) -> Self {
        Self { own, behind }
    }
}

impl Names for Layer<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.own.get(name).map(Cow::Borrowed).or_else(|| self.behind.value(name))
    }

    fn member(&self, name: &str, member: &str) -> Option<Cow<'_, Value>> {
        match self.own.get(name) {
            Some(value) => value.get(member).map(Cow::Borrowed),
            None => self.behind.member(name, member),
        }
    }
}

/// The names that are the same for the whole run, and the moment: `now` as text and `now_ms` since 1970, one for all that is worked
/// out with these names, and `machine_ms`, which is what a system under test reads from its own clock while the run's is scaled.
pub(crate) struct RunNames<'a> {
    globals: &'a Map<String, Value>,
    clock: &'a Clock,
    now_unix_ms: OnceCell<i64>,
}

impl<'a> RunNames<'a> {
    pub(crate) fn new(globals: &'a Map<String, Value>, clock: &'a Clock) -> Self {
        Self { globals, clock, now_unix_ms: OnceCell::new() }
    }
}

impl Names for RunNames<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        let now_unix_ms = || *self.now_unix_ms.get_or_init(|| self.clock.now_unix_ms());
        match name {
            "now" => Some(Cow::Owned(moment_text(now_unix_ms()).into())),
            "now_ms" => Some(Cow::Owned(now_unix_ms().into())),
            "machine_ms" => Some(Cow::Owned(self.clock.machine_unix_ms().into())),
            _ => self.globals.get(name).map(Cow::Borrowed),
        }
    }
}

/// The name `exchanges` before other names. It is costly to build and seldom used, so it is built when it is asked for.
pub(crate) struct WithExchanges<'a> {
    exchanges: &'a [Arc<Exchange>],
    plan: &'a Plan,
    built: OnceCell<Value>,
    behind: &'a dyn Names,
}

impl<'a> WithExchanges<'a> {
    pub(crate) fn new(exchanges: &'a [Arc<Exchange>], plan: &'a Plan, behind: &'a dyn Names) -> Self {
        Self { exchanges, plan, built: OnceCell::new(), behind }
    }
}

impl Names for WithExchanges<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        if name != "exchanges" {
            return self.behind.value(name);
        }
        Some(Cow::Borrowed(self.built.get_or_init(|| exchange_values(self.exchanges, self.plan))))
    }

    fn member(&self, name: &str, member: &str) -> Option<Cow<'_, Value>> {
        // A list has no members.
        if name == "exchanges" { None } else { self.behind.member(name, member) }
    }
}

/// Gives exchanges as expressions see them.
pub(crate) fn exchange_values(exchanges: &[Arc<Exchange>], plan: &Plan) -> Value {
    exchanges.iter().map(|exchange| seen(exchange, &NoNames, plan).exchange_value()).collect()
}
