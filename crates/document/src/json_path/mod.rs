//! JSONPath queries, and JSON Pointers where a query would be too much.

mod query;
#[cfg(test)]
mod tests;

pub use query::{JsonPath, Located};
