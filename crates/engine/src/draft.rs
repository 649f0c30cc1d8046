//! Requests of a pack, built and not sent: test data that fits what the pack knows.

use crate::build::{self, generators};
use crate::clock::{Clock, ClockKind};
use crate::names::{Layer, RunNames};
use crate::shared::globals;
use counterpart_evidence::Request as RequestBytes;
use counterpart_plan::Plan;
use counterpart_plan::model::Request;
use serde_json::{Map, Value};

/// How drafts are made.
#[derive(Clone, Debug)]
pub struct Drafting {
    /// How many.
    pub count: u32,
    /// Names that the request takes, in place of its own defaults.
    pub given: Map<String, Value>,
    /// Seed of every random value.
    pub seed: u64,
    /// The moment at which they are made, in milliseconds since 1970.
    pub unix_ms: i64,
}

/// Builds a named request of a plan again and again. What is random in each depends on the seed and on its number, which expressions see
/// as `number`, from 1; endpoints are called `https://NAME.invalid`.
///
/// # Errors
/// Why one could not be built: a name that only a step could give, or an expression without a value.
pub fn drafts(plan: &Plan, request: &Request, drafting: &Drafting) -> Result<Vec<RequestBytes>, String> {
    let clock = Clock::start(ClockKind::Virtual, drafting.unix_ms);
    let endpoints = plan.endpoints.iter().map(|one| (one.name.as_str(), format!("https://{}.invalid", one.name)));
    let globals = globals(plan, &clock, endpoints);
    let names = RunNames::new(&globals, &clock);
    let with = request.with.iter().filter(|(name, _)| !drafting.given.contains_key(name)).cloned().collect();
    let request = Request { with, ..request.clone() };
    let mut own = drafting.given.clone();
    let draft = |number: u32| {
        own.insert("number".to_owned(), number.into());
        let id = request.id.as_deref().unwrap_or_default();
        let mut generators = generators(drafting.seed, &["draft", id, &number.to_string()], &clock);
        build::request(&request, "", &Layer::new(&own, &names), &mut generators)
    };
    (1..=drafting.count).map(draft).collect()
}
