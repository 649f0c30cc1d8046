//! A request that came to an endpoint of ours, and what it is to whoever waits for one.

use crate::claim::{Claimant, Expectation};
use crate::passing::Inner;
use crate::rules::path_parts;
use counterpart_evidence::{Exchange, Outcome, Request};
use counterpart_matching::{Generators, Subjects, holds};
use counterpart_plan::model::{AwaitWhat, RequestMatch};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A request on its way through.
pub(crate) struct Arrival {
    pub(crate) exchange: Exchange,
    pub(crate) endpoint: String,
    pub(crate) session: String,
    pub(crate) owner: Option<Arc<Claimant>>,
    /// What it is for, where it came to a proxy.
    pub(crate) inner: Option<Inner>,
}

impl Arrival {
    /// Gives the path that rules look at: at a proxy that of the URL in the request.
    pub(crate) fn path<'a>(&'a self, request: &'a Request) -> &'a str {
        self.inner.as_ref().and_then(Inner::path).unwrap_or_else(|| request.path())
    }

    /// Gives the name `target` where it came to a proxy.
    pub(crate) fn target_name(&self) -> Map<String, Value> {
        self.inner.iter().map(|inner| ("target".to_owned(), inner.value())).collect()
    }
}

/// Says how a request ended at a proxy of ours, where its answer is not the far side's.
pub(crate) fn stopped(proxy: &str, passed: Option<Result<(), (Outcome, String)>>) -> Option<(Outcome, String)> {
    let alone = || format!("`{proxy}`, a proxy of our own, answered itself and passed nothing on");
    passed.map_or_else(|| Some((Outcome::Unreachable, alone())), Result::err)
}

/// Tells whether an expectation means a request.
pub(crate) fn expects(expectation: &Expectation, arrival: &Arrival, request: &Request, subjects: &Subjects<'_>) -> bool {
    let AwaitWhat::Request(wanted) = &expectation.plan.what else { return false };
    let RequestMatch { endpoint, method, path, when } = wanted;
    let endpoint_fits = match endpoint {
        Some(name) => *name == arrival.endpoint,
        // One request through a proxy of ours counts once: where it came from the system under test.
        None => arrival.exchange.parent.is_none(),
    };
    let method_fits = method.as_ref().is_none_or(|method| *method == request.method);
    let path_fits = path.as_ref().is_none_or(|template| {
        let mut generators = Generators::new(0, counterpart_matching::Random::keyed(0, &[]));
        template.render(subjects, &mut generators).is_ok_and(|pattern| path_parts(&pattern, arrival.path(request)).is_some())
    });
    endpoint_fits && method_fits && path_fits && when.as_ref().is_none_or(|when| holds(when, subjects))
}
