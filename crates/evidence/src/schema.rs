//! The JSON Schema of the run record, made from its types so that it cannot go astray.

use crate::RunRecord;

/// Gives the JSON Schema (draft 2020-12) of `run.json`.
#[must_use]
pub fn run_schema() -> serde_json::Value {
    schemars::schema_for!(RunRecord).to_value()
}
