//! What we remember while we answer: one store a session, changed in transactions.

use crate::build::generators;
use crate::limits::{ATTEMPT_KEYS_MAX, SESSIONS_MAX, STORE_ROWS_MAX};
use crate::shared::Shared;
use counterpart_matching::{Generators, Names};
use counterpart_plan::model::{Change, Reference, Search, Store as Definition};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

/// One collection: rows in the order in which they came, found by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    by_key: HashMap<String, u64>,
    /// By number, so that they can be walked fast and one taken out without looking at the others.
    rows: BTreeMap<u64, (String, Value)>,
    next: u64,
    rows_max: usize,
    search: Arc<Search>,
}

impl Rows {
    /// Gives what they can be searched by.
    pub(crate) fn search(&self) -> &Search {
        &self.search
    }

    /// Gives a row with its key.
    pub(crate) fn entry(&self, key: &str) -> Option<(&str, &Value)> {
        self.rows.get(self.by_key.get(key)?).map(|(key, row)| (key.as_str(), row))
    }

    /// Gives the rows with their keys, the oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.rows.values().map(|(key, row)| (key.as_str(), row))
    }

    fn entry_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.rows.get_mut(self.by_key.get(key)?).map(|(_, row)| row)
    }

    fn insert(&mut self, key: String, row: Value) {
        self.remove(&key);
        if self.rows.len() >= self.rows_max.min(STORE_ROWS_MAX)
            && let Some((_, (oldest, _))) = self.rows.pop_first()
        {
            self.by_key.remove(&oldest);
        }
        self.by_key.insert(key.clone(), self.next);
        self.rows.insert(self.next, (key, row));
        self.next += 1;
    }

    fn remove(&mut self, key: &str) {
        if let Some(number) = self.by_key.remove(key) {
            self.rows.remove(&number);
        }
    }

    fn list(&self) -> Value {
        self.iter().map(|(_, row)| row).cloned().collect()
    }
}

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
            let search = Arc::clone(&collection.search);
            let mut rows = Rows { rows_max: collection.rows_max.max(1), search, ..Rows::default() };
            for (key, row) in &collection.seed {
                rows.insert(key.clone(), row.clone());
            }
            for (key, row) in &collection.rows {
                // Each was worked out once as the plan was compiled, so that it has a value.
                rows.insert(key.clone(), row.build(names, generators).unwrap_or_default());
            }
            collections.insert(collection.name.clone(), rows);
        }
        Self { collections, variables: definition.variables.iter().cloned().collect(), attempts: HashMap::new() }
    }

    pub(crate) fn find(&self, collection: &str, key: &Value) -> Value {
        self.collections.get(collection).and_then(|rows| rows.entry(&key_text(key))).map_or(Value::Null, |(_, row)| row.clone())
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
        self.collections.values().flat_map(|rows| &rows.search.includes)
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
    }

    fn has(&self, collection: &str, key: &str) -> bool {
        self.collections.get(collection).is_some_and(|rows| rows.by_key.contains_key(key))
    }

    fn make(&mut self, change: Effective) {
        match change {
            Effective::Clear(collection) => {
                if let Some(rows) = self.collections.get_mut(&collection) {
                    rows.by_key.clear();
                    rows.rows.clear();
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
                let row = self.collections.get_mut(&collection).and_then(|rows| rows.entry_mut(&key));
                match (row, value) {
                    (Some(Value::Object(row)), Value::Object(changes)) => row.extend(changes),
                    (Some(row), value) => *row = value,
                    (None, _) => {}
                }
            }
        }
    }

    fn member_value(&self, member: &str) -> Option<Value> {
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

/// The memories of all sessions.
pub(crate) struct Memories {
    shared: Arc<Shared>,
    by_session: HashMap<String, Memory>,
    order: VecDeque<String>,
}

impl Memories {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, by_session: HashMap::new(), order: VecDeque::new() }
    }

    /// Gives a session's memory, made the first time.
    pub(crate) fn of(&mut self, session: &str) -> &mut Memory {
        if !self.by_session.contains_key(session) {
            if self.order.len() >= SESSIONS_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.by_session.remove(&oldest);
            }
            self.order.push_back(session.to_owned());
        }
        let shared = &self.shared;
        self.by_session.entry(session.to_owned()).or_insert_with(|| {
            let mut generators = generators(shared.around.seed, &["store", session], &shared.clock);
            Memory::new(&shared.plan.store, &shared.names(), &mut generators)
        })
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        self.by_session.clear();
        self.order.clear();
    }
}

/// Gives a key as text; text stands for itself, anything else for its JSON form.
pub(crate) fn key_text(key: &Value) -> String {
    key.as_str().map_or_else(|| key.to_string(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::{Memory, StoreNames};
    use counterpart_matching::{Escape, Expression, Generators, Names, NoNames, Random, Template};
    use counterpart_plan::model::{Change, Collection, Shape, Store};
    use serde_json::json;
    use std::sync::Arc;

    fn memory(rows_max: usize) -> Memory {
        let collection =
            Collection { name: "rows".to_owned(), rows_max, seed: Vec::new(), rows: Vec::new(), search: Arc::default() };
        begun(&Store { collections: vec![collection], variables: vec![("down".to_owned(), json!(false))] })
    }

    fn begun(store: &Store) -> Memory {
        // 20 November 2026, noon.
        Memory::new(store, &NoNames, &mut Generators::new(1_795_176_000_000, Random::keyed(1, &[])))
    }

    #[test]
    fn first_rows_stand_relative_to_the_clock() {
        let template = Template::compile("t", "{{date-add 'now' 'P1D' 'date'}}", Escape::Text).unwrap();
        let row = Shape::Map(vec![("day".to_owned(), Shape::Template(template)), ("n".to_owned(), Shape::Literal(json!(1)))]);
        let seed = vec![("0".to_owned(), json!({ "day": "2000-01-01" }))];
        let rows =
            Collection { name: "rows".to_owned(), rows_max: 10, seed, rows: vec![("a".to_owned(), row)], search: Arc::default() };
        let memory = begun(&Store { collections: vec![rows], variables: Vec::new() });
        assert_eq!(memory.find("rows", &json!("a")), json!({ "day": "2026-11-21", "n": 1 }));
        assert_eq!(memory.find("rows", &json!("0")), json!({ "day": "2000-01-01" }));
    }

    fn insert(key: &str) -> Change {
        let expression = |text: &str| Expression::compile(text).unwrap();
        Change::Insert { collection: "rows".to_owned(), key: expression(key), value: expression(&format!("{{'id': {key}}}")) }
    }

    fn apply(memory: &mut Memory, changes: &[Change]) -> Result<(), String> {
        let transaction = memory.work_out(changes, &NoNames)?;
        memory.commit(transaction);
        Ok(())
    }

    #[test]
    fn a_transaction_that_loses_changes_nothing() {
        let mut memory = memory(10);
        apply(&mut memory, &[insert("'a'")]).unwrap();
        let set = Change::Set { name: "down".to_owned(), value: Expression::compile("true").unwrap() };
        assert!(apply(&mut memory, &[set, insert("'a'")]).unwrap_err().contains("already"));
        let names = StoreNames { memory: &memory, behind: &NoNames };
        assert_eq!(names.member("store", "down").unwrap().into_owned(), json!(false));
        assert_eq!(names.member("store", "rows").unwrap().into_owned(), json!([{"id": "a"}]));
    }

    #[test]
    fn the_oldest_row_goes_when_a_collection_is_full() {
        let mut memory = memory(2);
        for key in ["'a'", "'b'", "'c'"] {
            apply(&mut memory, &[insert(key)]).unwrap();
        }
        assert_eq!(memory.find("rows", &json!("a")), json!(null));
        assert_eq!(memory.find("rows", &json!("c")), json!({"id": "c"}));
    }

    #[test]
    fn attempts_are_counted_by_key() {
        let mut memory = memory(1);
        assert_eq!((memory.attempt("x".to_owned()), memory.attempt("x".to_owned()), memory.attempt("y".to_owned())), (1, 2, 1));
    }
}
