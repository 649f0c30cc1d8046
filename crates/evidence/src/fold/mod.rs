//! Events to run record.

mod attempt;
mod checklist;
#[cfg(test)]
mod checklist_tests;
mod claim;
mod collect;
mod findings;
mod limit;
mod requirement;
mod run;
mod scenario;
#[cfg(test)]
mod tests;

pub(crate) use checklist::{Evidence, checklist};
pub(crate) use claim::review as review_claims;
pub(crate) use limit::limits_of;
pub(crate) use requirement::{Judged, requirements};
pub use run::fold;
pub(crate) use run::{REST, is_partial, run_verdict};
