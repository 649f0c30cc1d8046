//! What we remember while we answer: one store a session, changed in transactions.

mod memories;
mod rows;

pub(crate) use memories::Memories;
pub(crate) use rows::Rows;

use crate::limits::{ATTEMPT_KEYS_MAX, SESSION_BYTES_MAX};
use counterpart_matching::{Generators, Names};
use counterpart_plan::model::{Change, Reference, Store as Definition};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// What one session remembers; nothing, where there is nothing to remember.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    collections: HashMap<String, Rows>,
    variables: Map<String, Value>,
    attempts: HashMap<String, u64>,
}

/// A change worked out, not yet made.
#[derive(Debug)]
enum Effective {
    Clear(String),
    Delete(String, String),
    Insert(String, String, Value),
    Set(String, Value),
    Update(String, String, Value),
}

/// Changes worked out together, to be made together.
#[derive(Debug)]
pub(crate) struct Transaction(Vec<Effective>);

impl Memory {
    /// Begins a memory; names and generators are for the rows that are worked out then.
    pub(crate) fn new(definition: &Definition, names: &dyn Names, generators: &mut Generators) -> Self {
        let mut collections = HashMap::new();
        for collection in &definition.collections {
            let mut rows = Rows::new(collection.rows_max, Arc::clone(&collection.search));
            for (key, row) in &collection.seed {
                rows.begin_with(key.clone(), row.clone());
            }
            for (number, row) in &collection.rows {
                // Each was worked out once as the plan was compiled, so that it has a value.
                let row = row.build(names, generators).unwrap_or_default();
                rows.begin_with(row.get("key").map_or_else(|| number.clone(), key_text), row);
            }
            collections.insert(collection.name.clone(), rows);
        }
        Self { collections, variables: definition.variables.iter().cloned().collect(), attempts: HashMap::new() }
    }

    pub(crate) fn find(&self, collection: &str, key: &Value) -> Value {
        self.collections
            .get(collection)
            .and_then(|rows| rows.entry(&key_text(key)))
            .map_or(Value::Null, |(_, row)| row.into_owned())
    }

    /// Gives the rows of a collection.
    pub(crate) fn rows(&self, collection: &str) -> Option<&Rows> {
        self.collections.get(collection)
    }

    /// Gives the names of collections that a search can include rows of.
    pub(crate) fn include_targets(&self) -> impl Iterator<Item = &str> {
        self.references().flat_map(|(_, references)| references).map(|reference| reference.collection.as_str())
    }

    /// Tells whether some collection has a reference of this name that a search can follow.
    pub(crate) fn has_include(&self, name: &str) -> bool {
        self.references().any(|(known, _)| known == name)
    }

    fn references(&self) -> impl Iterator<Item = &(String, Vec<Reference>)> {
        self.collections.values().flat_map(|rows| &rows.search().includes)
    }

    /// Counts one more attempt under a key and gives its number, from 1.
    pub(crate) fn attempt(&mut self, key: String) -> u64 {
        if self.attempts.len() >= ATTEMPT_KEYS_MAX {
            self.attempts.clear();
        }
        let count = self.attempts.entry(key).or_insert(0);
        *count += 1;
        *count
    }

    /// Works out all changes against the store as it stands, making none.
    ///
    /// # Errors
    /// Why the transaction loses: a key taken, a row missing, a demand not met, an expression without value.
    pub(crate) fn work_out(&self, changes: &[Change], names: &dyn Names) -> Result<Transaction, String> {
        let mut effective = Vec::new();
        for change in changes {
            let evaluate =
                |expression: &counterpart_matching::Expression| expression.evaluate(names).map_err(|fault| fault.message);
            let key_of = |expression| evaluate(expression).map(|key| key_text(&key));
            match change {
                Change::Require(expression) => {
                    if evaluate(expression)? != Value::Bool(true) {
                        return Err(format!("`{}` is not true", expression.text()));
                    }
                }
                Change::Clear(collection) => effective.push(Effective::Clear(collection.clone())),
                Change::Set { name, value } => effective.push(Effective::Set(name.clone(), evaluate(value)?)),
                Change::Insert { collection, key, value } => {
                    let key = key_of(key)?;
                    if self.has(collection, &key) {
                        return Err(format!("`{collection}` has `{key}` already"));
                    }
                    effective.push(Effective::Insert(collection.clone(), key, evaluate(value)?));
                }
                Change::Update { collection, key, value } => {
                    let key = key_of(key)?;
                    if !self.has(collection, &key) {
                        return Err(format!("`{collection}` has no `{key}`"));
                    }
                    effective.push(Effective::Update(collection.clone(), key, evaluate(value)?));
                }
                Change::Delete { collection, key } => {
                    let key = key_of(key)?;
                    if !self.has(collection, &key) {
                        return Err(format!("`{collection}` has no `{key}`"));
                    }
                    effective.push(Effective::Delete(collection.clone(), key));
                }
            }
        }
        Ok(Transaction(effective))
    }

    /// Makes all changes of a transaction that was worked out.
    pub(crate) fn commit(&mut self, transaction: Transaction) {
        transaction.0.into_iter().for_each(|change| self.make(change));
        while self.bytes() > SESSION_BYTES_MAX {
            let largest = self.collections.values_mut().max_by_key(|rows| rows.bytes());
            if !largest.is_some_and(Rows::drop_oldest) {
                break;
            }
        }
    }

    /// Gives about how much memory the rows take.
    fn bytes(&self) -> usize {
        self.collections.values().map(Rows::bytes).sum()
    }

    fn has(&self, collection: &str, key: &str) -> bool {
        self.collections.get(collection).is_some_and(|rows| rows.has(key))
    }

    fn make(&mut self, change: Effective) {
        match change {
            Effective::Clear(collection) => {
                if let Some(rows) = self.collections.get_mut(&collection) {
                    rows.clear();
                }
            }
            Effective::Delete(collection, key) => {
                if let Some(rows) = self.collections.get_mut(&collection) {
                    rows.remove(&key);
                }
            }
            Effective::Insert(collection, key, row) => {
                if let Some(rows) = self.collections.get_mut(&collection) {
                    rows.insert(key, row);
                }
            }
            Effective::Set(name, value) => {
                self.variables.insert(name, value);
            }
            Effective::Update(collection, key, value) => {
                if let Some(rows) = self.collections.get_mut(&collection) {
                    rows.update(&key, value);
                }
            }
        }
    }

    pub(crate) fn member_value(&self, member: &str) -> Option<Value> {
        self.collections.get(member).map(Rows::list).or_else(|| self.variables.get(member).cloned())
    }
}

impl Memory {
    /// Gives everything that is remembered: collections as lists, variables as they are.
    pub(crate) fn as_value(&self) -> Value {
        let collections = self.collections.iter().map(|(name, rows)| (name.clone(), rows.list()));
        Value::Object(collections.chain(self.variables.clone()).collect())
    }
}

/// The store as expressions see it: `store.COLLECTION` and `store.VARIABLE`, made only when asked for.
pub(crate) struct StoreNames<'a> {
    pub(crate) memory: &'a Memory,
    pub(crate) behind: &'a dyn Names,
}

impl Names for StoreNames<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        if name != "store" {
            return self.behind.value(name);
        }
        Some(Cow::Owned(self.memory.as_value()))
    }

    fn member(&self, name: &str, member: &str) -> Option<Cow<'_, Value>> {
        if name == "store" { self.memory.member_value(member).map(Cow::Owned) } else { self.behind.member(name, member) }
    }
}

/// Gives a key as text; text stands for itself, anything else for its JSON form.
pub(crate) fn key_text(key: &Value) -> String {
    key.as_str().map_or_else(|| key.to_string(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests;
