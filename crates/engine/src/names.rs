//! The names that are in force while something is played.

use counterpart_matching::Names;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A table of names before another.
#[derive(Clone, Copy)]
pub(crate) struct Layer<'a> {
    pub(crate) own: &'a Map<String, Value>,
    pub(crate) behind: Option<&'a dyn Names>,
}

impl<'a> Layer<'a> {
    pub(crate) fn new(own: &'a Map<String, Value>, behind: &'a dyn Names) -> Self {
        Self { own, behind: Some(behind) }
    }

    pub(crate) fn last(own: &'a Map<String, Value>) -> Self {
        Self { own, behind: None }
    }
}

impl Names for Layer<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.own.get(name).map(Cow::Borrowed).or_else(|| self.behind.and_then(|behind| behind.value(name)))
    }

    fn member(&self, name: &str, member: &str) -> Option<Cow<'_, Value>> {
        match self.own.get(name) {
            Some(value) => value.get(member).map(Cow::Borrowed),
            None => self.behind.and_then(|behind| behind.member(name, member)),
        }
    }
}
