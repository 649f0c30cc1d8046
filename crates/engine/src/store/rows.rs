//! One collection of a store: rows in the order in which they came, found by key.

use crate::limits::{ROW_TEXT_DEPTH_MAX, ROW_TREE_BYTES_MAX, STORE_ROWS_MAX};
use counterpart_plan::model::Search;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A row as it is kept. Its text is one piece of memory and takes far less than its tree, which is many pieces.
/// Numbers with a fraction could come back another in their last digit, and what nests too deep is not read again, so that a row
/// with either stays a tree.
#[derive(Clone, Debug)]
enum Kept {
    Text(Box<str>),
    Tree(Value),
}

impl Kept {
    fn new(row: Value, stays_tree: bool) -> Self {
        let is_text = !stays_tree && reads_as_written(&row, ROW_TEXT_DEPTH_MAX);
        if is_text { Self::Text(row.to_string().into()) } else { Self::Tree(row) }
    }

    fn value(&self) -> Cow<'_, Value> {
        match self {
            // What was written from a value reads as it.
            Self::Text(text) => Cow::Owned(serde_json::from_str(text).unwrap_or_default()),
            Self::Tree(value) => Cow::Borrowed(value),
        }
    }

    /// Gives about how much memory the row takes, with its places among the others.
    fn bytes(&self) -> usize {
        /// Number, key and place in the order, and the same again in the index by key.
        const PLACES: usize = 128;
        match self {
            Self::Text(text) => PLACES + text.len(),
            Self::Tree(value) => PLACES + size(value),
        }
    }
}

/// Tells whether the text of a value that nests so deep at most reads as the value.
fn reads_as_written(value: &Value, depth_max: usize) -> bool {
    let is_inside = |value| depth_max > 0 && reads_as_written(value, depth_max - 1);
    match value {
        Value::Array(values) => values.iter().all(is_inside),
        Value::Object(members) => members.values().all(is_inside),
        Value::Number(number) => !number.is_f64(),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

/// Gives about how much memory a value takes, in bytes.
fn size(value: &Value) -> usize {
    /// A member of an object: its hash, the head of its name, its place in the index.
    const MEMBER: usize = 48;
    size_of::<Value>()
        + match value {
            Value::Array(values) => values.iter().map(size).sum(),
            Value::Object(members) => members.iter().map(|(name, value)| MEMBER + name.len() + size(value)).sum(),
            Value::String(text) => text.len(),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        }
}

/// One collection: rows in the order in which they came, found by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    by_key: HashMap<Arc<str>, u64>,
    /// By number, so that they can be walked fast and one taken out without looking at the others.
    rows: BTreeMap<u64, (Arc<str>, Kept)>,
    next: u64,
    rows_max: usize,
    bytes: usize,
    search: Arc<Search>,
}

impl Rows {
    pub(super) fn new(rows_max: usize, search: Arc<Search>) -> Self {
        Self { rows_max: rows_max.clamp(1, STORE_ROWS_MAX), search, ..Self::default() }
    }

    /// Gives what they can be searched by.
    pub(crate) fn search(&self) -> &Search {
        &self.search
    }

    /// Gives a row with its key.
    pub(crate) fn entry(&self, key: &str) -> Option<(&str, Cow<'_, Value>)> {
        self.rows.get(self.by_key.get(key)?).map(|(key, row)| (&**key, row.value()))
    }

    /// Gives the rows with their keys, the oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Cow<'_, Value>)> {
        self.rows.values().map(|(key, row)| (&**key, row.value()))
    }

    /// Gives the rows, the oldest first.
    pub(super) fn list(&self) -> Value {
        self.iter().map(|(_, row)| row.into_owned()).collect()
    }

    /// Gives about how much memory the rows take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.by_key.contains_key(key)
    }

    /// Takes a row that is there from the beginning. Such rows are few, and rules look through all of them, so that small ones stay
    /// trees.
    pub(super) fn begin_with(&mut self, key: String, row: Value) {
        let stays_tree = self.is_searched() || size(&row) <= ROW_TREE_BYTES_MAX;
        self.put(key, row, stays_tree);
    }

    pub(super) fn insert(&mut self, key: String, row: Value) {
        self.put(key, row, self.is_searched());
    }

    /// Rows that are searched are looked at one after the other, so that they stay trees.
    fn is_searched(&self) -> bool {
        !self.search.parameters.is_empty()
    }

    fn put(&mut self, key: String, row: Value, stays_tree: bool) {
        self.remove(&key);
        if self.rows.len() >= self.rows_max {
            self.drop_oldest();
        }
        let row = Kept::new(row, stays_tree);
        self.bytes += key.len() + row.bytes();
        let key: Arc<str> = key.into();
        self.by_key.insert(Arc::clone(&key), self.next);
        self.rows.insert(self.next, (key, row));
        self.next += 1;
    }

    /// Changes the members of a row that are given, or all of it where one of both is no object.
    pub(super) fn update(&mut self, key: &str, changes: Value) {
        let Some((_, kept)) = self.by_key.get(key).and_then(|number| self.rows.get_mut(number)) else { return };
        let row = match (kept.value().into_owned(), changes) {
            (Value::Object(mut row), Value::Object(changes)) => {
                row.extend(changes);
                Value::Object(row)
            }
            (_, changes) => changes,
        };
        let before = kept.bytes();
        *kept = Kept::new(row, matches!(kept, Kept::Tree(_)));
        self.bytes = self.bytes + kept.bytes() - before;
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Some((key, row)) = self.by_key.remove(key).and_then(|number| self.rows.remove(&number)) {
            self.bytes -= key.len() + row.bytes();
        }
    }

    /// Drops the row that came first; gives `false` where there is none.
    pub(super) fn drop_oldest(&mut self) -> bool {
        let Some((_, (key, row))) = self.rows.pop_first() else { return false };
        self.by_key.remove(&key);
        self.bytes -= key.len() + row.bytes();
        true
    }

    pub(super) fn clear(&mut self) {
        self.by_key.clear();
        self.rows.clear();
        self.bytes = 0;
    }
}
