//! What we did on purpose over a time, so that what came meanwhile is read in its light.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A time in which an endpoint of ours did not work as usual: a row of a fault timeline, or how it listened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Span {
    /// Beginning, in microseconds from the beginning of the run.
    pub from_us: u64,
    /// End; absent where it lasts as long as the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_us: Option<u64>,
    /// The endpoint; absent where it is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// What it did, in words.
    pub what: String,
}
