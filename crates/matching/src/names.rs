//! Where the names of expressions and templates get their values.

use serde_json::{Map, Value};
use std::borrow::Cow;

/// Gives values for names, one at a time and only those that are used.
pub trait Names {
    /// Gives the value of a root name such as `setting` or a capture; `None` where there is no such name.
    fn value(&self, name: &str) -> Option<Cow<'_, Value>>;

    /// Gives one member of a root name, for roots that are costly to build whole, such as the store.
    fn member(&self, name: &str, member: &str) -> Option<Cow<'_, Value>> {
        match self.value(name)? {
            Cow::Borrowed(value) => value.get(member).map(Cow::Borrowed),
            Cow::Owned(mut value) => value.as_object_mut()?.shift_remove(member).map(Cow::Owned),
        }
    }
}

/// Knows no name.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNames;

impl Names for NoNames {
    fn value(&self, _: &str) -> Option<Cow<'_, Value>> {
        None
    }
}

/// A plain table of names, with an optional table behind it that it shadows.
#[derive(Clone, Default)]
pub struct NameTable<'a> {
    /// Names and their values.
    pub values: Map<String, Value>,
    /// Asked for names that are not in `values`.
    pub behind: Option<&'a dyn Names>,
}

impl std::fmt::Debug for NameTable<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("NameTable").field("values", &self.values).finish_non_exhaustive()
    }
}

impl<'a> NameTable<'a> {
    /// Makes a table without names of its own before another.
    #[must_use]
    pub fn before(behind: &'a dyn Names) -> Self {
        Self { values: Map::new(), behind: Some(behind) }
    }

    /// Adds a name or replaces its value.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.values.insert(name.to_owned(), value);
        self
    }
}

impl Names for NameTable<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.values.get(name).map(Cow::Borrowed).or_else(|| self.behind.and_then(|behind| behind.value(name)))
    }

    fn member(&self, name: &str, member: &str) -> Option<Cow<'_, Value>> {
        match self.values.get(name) {
            Some(value) => value.get(member).map(Cow::Borrowed),
            None => self.behind.and_then(|behind| behind.member(name, member)),
        }
    }
}
