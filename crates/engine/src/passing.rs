//! A proxy of ours at work: what a request is for, whether that is reached, and what becomes of it there.

use crate::address::{Address, inner};
use crate::answer::{Answer, built};
use crate::arrival::Arrival;
use crate::build::{milliseconds, reason_of, set_fields};
use crate::leg::{Leg, Miss, Passed};
use crate::limits::RESOLUTION_MS;
use crate::names::Layer;
use crate::provider::Provider;
use crate::relay::{self, Hops};
use crate::shared::Target;
use crate::store::StoreNames;
use counterpart_evidence::{Body, Direction, Event, Exchange, Request, Response};
use counterpart_matching::{Names, apply};
use counterpart_plan::model::{Forward, Reply};
use counterpart_transport::Limits;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// What a request to a proxy is for.
pub(crate) struct Inner {
    /// The URL in it, or why there is none.
    found: Result<Address, String>,
    /// The endpoint that it belongs to, and where that is; none where the proxy does not reach it.
    reached: Option<(String, Target)>,
}

impl Inner {
    /// Gives the path of the URL.
    pub(crate) fn path(&self) -> Option<&str> {
        self.found.as_ref().ok().map(Address::path)
    }

    /// Gives it as rules and templates see it; `null` where there is no URL.
    pub(crate) fn value(&self) -> Value {
        let endpoint = self.reached.as_ref().map(|(name, _)| name.as_str());
        self.found.as_ref().map_or(Value::Null, |address| address.value(endpoint))
    }
}

impl Provider {
    /// Finds what a request is for, where its endpoint is a proxy.
    pub(crate) fn inner(&self, endpoint: &str, request: &Request, site: Option<&str>) -> Option<Inner> {
        let proxy = self.shared.proxy(endpoint)?;
        let found = inner(proxy.form, request, site);
        let reached = found.as_ref().ok().and_then(|address| {
            let known = proxy.reaches.iter().filter_map(|name| Some((name.clone(), self.shared.target(name)?)));
            // Of two below one another the nearer is meant.
            known.filter(|(_, target)| address.is_below(target)).max_by_key(|(_, target)| target.base.len())
        });
        Some(Inner { found, reached })
    }

    /// Passes a request on as a rule says, and puts what came of it into the answer.
    pub(crate) async fn pass_on(&self, arrival: &mut Arrival, answer: &mut Answer, forward: &Forward) -> Result<(), String> {
        let Some(inner) = &arrival.inner else {
            return Err(format!("endpoint `{}` is no proxy and passes nothing on", arrival.endpoint));
        };
        let (address, name, target) = match (&inner.found, &inner.reached) {
            (Ok(address), Some((name, target))) => (address.clone(), name.clone(), target.clone()),
            (Err(reason), _) => return self.refuse(arrival, answer, forward, 400, reason.clone()),
            (Ok(_), None) => {
                let reason = self.not_reached(arrival);
                return self.refuse(arrival, answer, forward, 403, reason);
            }
        };
        let request = arrival.exchange.request.as_ref().ok_or("there is no request")?;
        if relay::hops(request) == Hops::Spent {
            answer.response = last_hop(request);
            return Ok(());
        }
        let is_head = request.method == "HEAD";
        let leg = self.leg(arrival, answer, forward, (&address, &name, target))?;
        let Passed { exchange, effect, miss } = leg.go().await?;
        arrival.exchange.leg = Some(format!("through {} to {name}", arrival.endpoint));
        if let (None, Some(response)) = (&miss, &exchange.response) {
            answer.effect = effect;
            answer.passed = Some(Ok(()));
            answer.response = self.back(arrival, answer, forward, relay::response(response, &arrival.endpoint, is_head))?;
            return Ok(());
        }
        let why = exchange.reason.as_deref().unwrap_or_default();
        let reason = format!("`{name}` gave no answer to pass back ({}): {why}", exchange.outcome.name());
        answer.passed = Some(Err((exchange.outcome, reason.clone())));
        let (reply, status) = match miss {
            Some(Miss::Late) => (&forward.late, 504),
            Some(Miss::Unreachable) => (&forward.unreachable, 502),
            Some(Miss::Broken) | None => (&forward.broken, 502),
        };
        self.instead(arrival, answer, reply.as_ref(), status, reason)
    }

    /// Refuses a request that is for nothing that the proxy reaches: where the pack does not say how, that is told of as of a
    /// request that no rule takes.
    fn refuse(
        &self,
        arrival: &Arrival,
        answer: &mut Answer,
        forward: &Forward,
        status: u16,
        reason: String,
    ) -> Result<(), String> {
        if forward.elsewhere.is_none() {
            answer.unmatched = Some(vec![reason.clone()]);
        }
        let scenario = arrival.owner.as_ref().map(|owner| owner.scenario.clone());
        let text = format!("proxy `{}` passed exchange {} on to nobody: {reason}", arrival.endpoint, arrival.exchange.id);
        self.shared.event(Event::Note { scenario, text });
        self.instead(arrival, answer, forward.elsewhere.as_ref(), status, reason)
    }

    fn not_reached(&self, arrival: &Arrival) -> String {
        let proxy = self.shared.proxy(&arrival.endpoint);
        let known = proxy.iter().flat_map(|proxy| &proxy.reaches).map(|name| match self.shared.target(name) {
            Some(target) => format!("{name} at {}", target.url()),
            None => format!("{name}, which has no address in this run"),
        });
        let known: Vec<String> = known.collect();
        let url = arrival.inner.as_ref().and_then(|inner| inner.found.as_ref().ok()).map_or("", |address| address.url());
        format!("`{url}` is not reached by proxy `{}`, which reaches {}", arrival.endpoint, known.join(", "))
    }

    /// Builds the request that goes on.
    fn leg(
        &self,
        arrival: &Arrival,
        answer: &Answer,
        forward: &Forward,
        (address, name, target): (&Address, &str, Target),
    ) -> Result<Leg, String> {
        let came = arrival.exchange.request.as_ref().ok_or("there is no request")?;
        let mut request = relay::request(came, address, &arrival.endpoint);
        let mut generators = self.generators(&arrival.exchange);
        let within = self.with_rule_names(arrival, answer, |names| {
            set_fields(&mut request.headers, &forward.headers, names, &mut generators)?;
            forward.within.as_ref().map(|time| milliseconds(time, names)).transpose()
        })??;
        let clock = &self.shared.clock;
        let usual = Duration::from_millis(Limits::default().response_ms);
        let within = within.map_or(usual, |run_ms| clock.real(run_ms)).max(Duration::from_millis(RESOLUTION_MS));
        let mut exchange = Exchange::new(self.shared.next_exchange(), Direction::Outbound, name, clock.now_us());
        exchange.leg = Some(format!("{} to {name}", arrival.endpoint));
        exchange.parent = Some(arrival.exchange.id);
        Ok(Leg {
            shared: Arc::clone(&self.shared),
            exchange,
            owner: arrival.owner.clone(),
            session: arrival.session.clone(),
            target,
            certificate: forward.certificate.clone(),
            request,
            within,
        })
    }

    /// Changes an answer that goes back as the rule says.
    fn back(&self, arrival: &Arrival, answer: &Answer, forward: &Forward, mut response: Response) -> Result<Response, String> {
        let mut generators = self.generators(&arrival.exchange);
        self.with_rule_names(arrival, answer, |names| {
            set_fields(&mut response.headers, &forward.answer_headers, names, &mut generators)
        })??;
        apply(&forward.edits, &mut response).map_err(|fault| fault.message)?;
        Ok(response)
    }

    /// Answers in place of the far side.
    fn instead(
        &self,
        arrival: &Arrival,
        answer: &mut Answer,
        reply: Option<&Arc<Reply>>,
        status: u16,
        reason: String,
    ) -> Result<(), String> {
        let Some(reply) = reply else {
            answer.response = plain(status, &reason);
            return Ok(());
        };
        answer.own.insert("reason".to_owned(), json!(reason));
        let mut generators = self.generators(&arrival.exchange);
        answer.response = self.with_rule_names(arrival, answer, |names| built(reply, names, &mut generators))??;
        answer.effect = reply.effect;
        answer.template.clone_from(&reply.name);
        answer.fault = answer.fault.take().or_else(|| reply.fault.clone());
        Ok(())
    }

    /// Takes the names that a rule gave, before all others.
    fn with_rule_names<T>(&self, arrival: &Arrival, answer: &Answer, work: impl FnOnce(&dyn Names) -> T) -> Result<T, String> {
        self.with_subjects(arrival, |_, subjects| {
            let layer = Layer::new(&answer.own, subjects);
            self.with_memory(&arrival.session, |memory| work(&StoreNames { memory, behind: &layer }))
        })
    }
}

/// Answers as the last one that a request may come to (RFC 9110 §7.6.2); what came is not given back, for it may hold secrets.
fn last_hop(request: &Request) -> Response {
    if request.method == "OPTIONS" {
        return Response { status: 200, reason: "OK".to_owned(), ..Response::default() };
    }
    plain(405, "this proxy gives no request back")
}

fn plain(status: u16, reason: &str) -> Response {
    let mut response = Response { status, reason: reason_of(status).to_owned(), ..Response::default() };
    response.headers.push("Content-Type", "text/plain; charset=utf-8");
    response.body = Body::plain(format!("{reason}\n"));
    response
}
