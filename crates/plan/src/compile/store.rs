//! What the store begins with.

use super::{Compiler, Scope};
use crate::limits::ROWS_KEPT_DEFAULT;
use crate::model::{Collection, Shape, Store};
use crate::options::Purpose;
use counterpart_diag::{Diagnostic, Span};
use counterpart_matching::{Escape, Generators, NameTable, Random};
use counterpart_scenario::model::Collection as CollectionRecord;
use counterpart_scenario::{Data, Reader};
use serde_json::Value;
use std::sync::Arc;

impl Compiler<'_> {
    /// Gives what the store begins with.
    pub(crate) fn store(&mut self) -> Store {
        let Some(file) = &self.main().store else { return Store::default() };
        let mut collections = Vec::new();
        for (name, record) in &file.record.collections {
            let seed: Vec<(String, Value)> = record
                .seed
                .as_ref()
                .map(|table| self.table(table))
                .unwrap_or_default()
                .into_iter()
                .enumerate()
                .map(|(at, row)| (key_of(row.get("key"), at), Value::Object(row)))
                .collect();
            let rows = self.rows_of_store(record, seed.len());
            let rows_max = record.at_most.as_ref().and_then(|most| usize::try_from(most.value).ok()).unwrap_or(ROWS_KEPT_DEFAULT);
            let search = Arc::new(self.search(record));
            collections.push(Collection { name: name.value.clone(), rows_max, seed, rows, search });
        }
        let variables = file.record.variables.iter().map(|(name, node)| (name.value.clone(), node.to_json())).collect();
        Store { collections, variables }
    }

    fn rows_of_store(&mut self, record: &CollectionRecord, seeded: usize) -> Vec<(String, Shape)> {
        let mut rows = Vec::new();
        for (at, node) in record.rows.iter().enumerate() {
            if !matches!(node.data, Data::Map(_)) {
                Reader::new(&mut self.diagnostics).mismatch::<()>(node, "a map (a row)");
                continue;
            }
            let before = self.diagnostics.as_slice().len();
            let shape = self.shape(node, Escape::Text, &mut Scope::store());
            if let Some(shape) = shape.filter(|_| self.diagnostics.as_slice().len() == before) {
                self.try_row(&shape, node.span);
                rows.push(((seeded + at).to_string(), shape));
            }
        }
        rows
    }

    /// Works a row out once, so that it has a value whenever a store begins.
    fn try_row(&mut self, shape: &Shape, span: Span) {
        let names = NameTable { values: self.globals.clone(), behind: None };
        let Err(reason) = shape.build(&names, &mut Generators::new(0, Random::keyed(0, &[]))) else { return };
        let waits = self.options.purpose == Purpose::Whole && self.unset.iter().any(|unset| reason.contains(unset.as_str()));
        if !waits {
            self.diagnostics.push(
                Diagnostic::error("MT004", format!("this must be known as the store begins: {reason}"))
                    .at(span, "has no value then")
                    .help("use settings, `now` and generators here"),
            );
        }
    }
}

/// Gives a row's key: its `key`, else its number.
fn key_of(key: Option<&Value>, at: usize) -> String {
    key.and_then(Value::as_str).map_or_else(|| at.to_string(), ToOwned::to_owned)
}
