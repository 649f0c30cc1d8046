//! Sending: connect, send, receive, judge, record.

use super::frame::Frame;
use super::{Brought, Play, Stop};
use crate::build::{self, generators};
use crate::judge::{Found, subjects};
use crate::limits::RESOLUTION_MS;
use crate::names::Layer;
use crate::passage::Passage;
use crate::shared::Target;
use crate::tamper::{Copies, Draft};
use crate::wire;
use counterpart_evidence::{Cause, Direction, Event, Exchange, Outcome, Request, Verdict};
use counterpart_matching::Template;
use counterpart_plan::model::{ConnectionRule, Offer, Probe, ProxyForm, Send, Step, Trust};
use counterpart_transport::{Connect, Connected, Delivery, Failed, Protocol, Received};
use counterpart_validate::{Check, CheckRule};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A proxy on the way to an endpoint.
struct Way {
    /// Its endpoint.
    proxy: String,
    target: Target,
    form: ProxyForm,
}

impl Way {
    /// Writes into a request what it is for, as the proxy takes it.
    fn address(&self, request: &mut Request, to: &Target) {
        let url = format!("{}{}", to.site(), request.target);
        match self.form {
            ProxyForm::Absolute => {
                // The same as in the URL (RFC 9112 §3.2).
                wire::put_host(request, &to.authority());
                request.target = url;
            }
            ProxyForm::Path => {
                wire::name_host(request, &self.target);
                request.target = format!("{}/{url}", self.target.base);
            }
        }
    }
}

impl Play {
    pub(crate) async fn send(self: &Arc<Self>, step: &Step, send: &Send, index: u32, frame: &mut Frame) -> Result<Brought, Stop> {
        let made = self.exchange(send, &step.checks, index, "", frame).await;
        let (exchange, found) = made.map_err(|stop| blamed(stop, step, frame))?;
        let looked_at = step.checks.iter().any(|check| looks_at_connection(check));
        let unreachable = matches!(exchange.outcome, Outcome::Refused | Outcome::Unreachable);
        let (outcome, reason) = (exchange.outcome, exchange.reason.clone());
        // What was never sent cannot be judged; a check that speaks of the connection itself can.
        let kept = if unreachable && !looked_at { Found::default() } else { found };
        let exchange = self.record(exchange, index, &kept);
        if unreachable && !looked_at {
            let reason =
                format!("the system under test could not be reached ({}): {}", outcome.name(), reason.unwrap_or_default());
            return Err(Stop::inconclusive(Cause::Environment, reason));
        }
        Ok(Brought {
            exchanges: vec![Arc::clone(&exchange)],
            exchange: Some(exchange),
            found: kept,
            judged: true,
            ..Brought::default()
        })
    }

    /// Makes one exchange and puts it to the standing checks and those given.
    pub(crate) async fn exchange(
        self: &Arc<Self>,
        send: &Send,
        checks: &[Arc<Check>],
        index: u32,
        key: &str,
        frame: &mut Frame,
    ) -> Result<(Exchange, Found), Stop> {
        let names = self.credentials(send, frame)?;
        let endpoint = self.filled(&send.endpoint, frame)?;
        let target = self.target(&endpoint)?;
        let way = self.way(send, &endpoint, frame)?;
        let mut exchange = Exchange::new(self.shared.next_exchange(), Direction::Outbound, &endpoint, self.shared.clock.now_us());
        exchange.leg = way.as_ref().map(|way| format!("via {}", way.proxy));
        let parts = [&self.key, &self.attempt.to_string(), &frame.branch, &index.to_string(), key];
        let mut sending = self
            .outgoing(send, (&target, way.as_ref()), &names, &parts)
            .map_err(|reason| Stop::error(Cause::Simulator, reason))?;
        let copies = self.tampered(send, &mut sending);
        let again = (copies == Copies::Two).then(|| sending.request.clone());
        exchange.fault.clone_from(&sending.fault);
        let hop = way.as_ref().map_or((endpoint.as_str(), &target), |way| (way.proxy.as_str(), &way.target));
        match self.connection(hop, send, frame).await? {
            Ok(mut connected) => {
                if let Some(barrier) = &frame.barrier {
                    barrier.wait().await;
                }
                exchange.started_us = self.shared.clock.now_us();
                let kept = connected.facts().reused;
                let to_us = way.is_some() || self.is_own(&endpoint);
                let mut passage = to_us.then(|| self.under_way(&connected, &exchange));
                let mut received = connected.send(sending.request.clone(), &sending.sending).await;
                let as_usual = sending.sending.delivery == Delivery::default();
                if kept && as_usual && was_closed_meanwhile(&received) {
                    self.note_closed_meanwhile(&received);
                    if let Ok(fresh) = self.connection(hop, send, frame).await? {
                        connected = fresh;
                        passage = to_us.then(|| self.under_way(&connected, &exchange));
                        exchange.started_us = self.shared.clock.now_us();
                        received = connected.send(sending.request, &sending.sending).await;
                    }
                }
                if let Some(request) = again {
                    drop(connected.send(request, &sending.sending).await);
                }
                wire::take(&mut exchange, received, &self.shared.clock);
                if let Some((outcome, reason)) = passage.and_then(|passage| passage.arrived().stopped) {
                    // What a proxy of our own answers is no answer of the system under test.
                    exchange.response = None;
                    exchange.outcome = outcome;
                    exchange.reason = Some(reason);
                }
                if connected.is_open() && send.fault.is_none() {
                    frame.connection = Some((connection_key(hop.0, send), connected));
                }
            }
            Err(failed) => {
                if let Some(barrier) = &frame.barrier {
                    barrier.wait().await;
                }
                exchange.request = Some(sending.request);
                wire::fail(&mut exchange, failed);
            }
        }
        let found = self.judge_exchange(&exchange, &names, checks);
        Ok((exchange, found))
    }

    /// Lets whoever proves checks spoil a request of the mirror.
    fn tampered(&self, send: &Send, sending: &mut wire::Outgoing) -> Copies {
        let mut copies = Copies::default();
        if let Some(tamper) = self.shared.tamper() {
            let name = format!("requests#{}", send.request.id.as_deref().unwrap_or("unnamed"));
            let (message, delivery) = (&mut sending.request, &mut sending.sending.delivery);
            tamper.tamper(Draft { name: &name, template: None, message, delivery, copies: &mut copies });
        }
        copies
    }

    /// Says that a request was sent twice, and why.
    fn note_closed_meanwhile(&self, received: &Received) {
        let (method, target) = (&received.request.method, &received.request.target);
        let text = format!(
            "connection {} was closed by the peer while it was kept: `{method} {target}` was sent again on a new one",
            received.connection.id
        );
        self.shared.event(Event::Note { scenario: Some(self.claimant.scenario.clone()), text });
    }

    /// Builds a request with all that goes wrong on its way.
    fn outgoing(
        &self,
        send: &Send,
        (target, way): (&Target, Option<&Way>),
        names: &Map<String, Value>,
        parts: &[&str],
    ) -> Result<wire::Outgoing, String> {
        let mut generators = generators(self.shared.around.seed, parts, &self.shared.clock);
        let globals = self.shared.names();
        let layer = Layer::new(names, &globals);
        let mut request = build::request(&send.request, &target.base, &layer, &mut generators)?;
        if target.protocol == Protocol::Directory {
            crate::directory::prepare(&mut request)?;
        }
        match way {
            Some(way) => way.address(&mut request, target),
            None if target.protocol == Protocol::Directory => {}
            None => wire::name_host(&mut request, target),
        }
        let within = send.within.as_ref().map(|time| build::milliseconds(time, &layer)).transpose()?;
        let within = within.map(|run_ms| self.shared.clock.real(run_ms).max(Duration::from_millis(RESOLUTION_MS)));
        wire::sending(send.fault.as_ref(), request, within, &layer, &mut generators, &self.shared.clock)
    }

    /// Puts an exchange to the standing checks and those given.
    fn judge_exchange(&self, exchange: &Exchange, names: &Map<String, Value>, checks: &[Arc<Check>]) -> Found {
        let mut found = Found::default();
        let standing = self.shared.endpoint(&exchange.endpoint).map(|endpoint| &endpoint.standing.exchange);
        let mut all = standing.cloned().unwrap_or_default();
        all.extend(checks.iter().filter(|check| !super::is_step_level(check)).cloned());
        let globals = self.shared.names();
        found.check(&all, &subjects(exchange, &Layer::new(names, &globals), &self.shared));
        found
    }

    /// Gives the names in force with further credentials put over the settings.
    fn credentials(&self, send: &Send, frame: &Frame) -> Result<Map<String, Value>, Stop> {
        let mut names = (*frame.names).clone();
        let Some(name) = &send.credentials else { return Ok(names) };
        let Some(values) = self.shared.around.credentials.get(name) else {
            return Err(Stop {
                verdict: Verdict::Skipped,
                ..Stop::error(Cause::Configuration, format!("there are no credentials `{name}`"))
            });
        };
        let mut settings = self.shared.globals().get("setting").and_then(Value::as_object).cloned().unwrap_or_default();
        settings.extend(values.clone());
        names.insert("setting".to_owned(), Value::Object(settings));
        Ok(names)
    }

    /// Fills a name that may be a template: a player's route, a variant's certificate.
    pub(crate) fn filled(&self, name: &str, frame: &Frame) -> Result<String, Stop> {
        if !name.contains("{{") {
            return Ok(name.to_owned());
        }
        let fault = |reason: String| Stop::error(Cause::Simulator, reason);
        let template =
            Template::compile("name", name, counterpart_matching::Escape::Text).map_err(|error| fault(error.message))?;
        let mut generators = generators(self.shared.around.seed, &[&self.key, "name"], &self.shared.clock);
        self.with_names(frame, |names| template.render(names, &mut generators)).map_err(|error| fault(error.message))
    }

    fn target(&self, endpoint: &str) -> Result<Target, Stop> {
        let found = if self.is_asked(endpoint) {
            self.shared.target(endpoint)
        } else {
            self.shared.around.targets.get(endpoint).cloned()
        };
        found.ok_or_else(|| no_address(endpoint))
    }

    /// Finds the proxy that a request goes through; none where it goes straight.
    fn way(&self, send: &Send, endpoint: &str, frame: &Frame) -> Result<Option<Way>, Stop> {
        let Some(via) = &send.via else { return Ok(None) };
        let proxy = self.filled(via, frame)?;
        if proxy.is_empty() {
            return Ok(None);
        }
        let wrong = |reason: String| Stop::error(Cause::Configuration, reason);
        let plan = self.shared.proxy(&proxy).ok_or_else(|| wrong(format!("`{proxy}` is no proxy to send through")))?;
        if !plan.reaches.iter().any(|name| name == endpoint) {
            return Err(wrong(format!("proxy `{proxy}` does not reach `{endpoint}`")));
        }
        let Some(target) = self.shared.target(&proxy) else { return Err(no_address(&proxy)) };
        Ok(Some(Way { target, form: plan.form, proxy }))
    }

    /// Tells whether an endpoint is a service beside the system under test that is asked, as no proxy is.
    fn is_asked(&self, endpoint: &str) -> bool {
        self.shared.endpoint(endpoint).is_some_and(|one| one.stands_in && one.proxy.is_none())
    }

    /// Tells whether an endpoint that is asked is played by nobody but ourselves.
    fn is_own(&self, endpoint: &str) -> bool {
        self.is_asked(endpoint) && !self.shared.around.targets.contains_key(endpoint)
    }

    /// Lets a proxy of our own know whose request comes to it.
    fn under_way(&self, connected: &Connected, exchange: &Exchange) -> Passage<'_> {
        self.shared.passages.begin(connected.facts(), exchange.id, Some(Arc::clone(&self.claimant)))
    }

    /// Gives the open connection where it fits, or makes one.
    async fn connection(
        &self,
        (endpoint, target): (&str, &Target),
        send: &Send,
        frame: &mut Frame,
    ) -> Result<Result<Connected, Failed>, Stop> {
        let key = connection_key(endpoint, send);
        if send.connection == ConnectionRule::Keep
            && let Some((made_for, connected)) = frame.connection.take()
            && made_for == key
            && connected.is_open()
        {
            return Ok(Ok(connected));
        }
        let defect = self.shared.plan.defect.connect.as_ref();
        let certificate = defect.and_then(|defect| defect.certificate.as_ref()).unwrap_or(&send.certificate);
        let offer = defect.and_then(|defect| defect.tls.as_ref()).unwrap_or(&send.tls);
        let certificate = self.filled(certificate, frame)?;
        let connect = self.connect(target, &certificate, offer)?;
        Ok(self.shared.client().connect(&connect).await)
    }

    pub(crate) fn connect(&self, target: &Target, certificate: &str, offer: &Offer) -> Result<Connect, Stop> {
        let trust = self.shared.plan.defect.connect.as_ref().map_or(Trust::Chain, |defect| defect.trust);
        wire::connect(&self.shared.around.keyring, target, certificate, offer, trust)
            .map_err(|reason| Stop { verdict: Verdict::Skipped, ..Stop::error(Cause::Configuration, reason) })
    }

    pub(crate) async fn probe(
        self: &Arc<Self>,
        step: &Step,
        probe: &Probe,
        index: u32,
        frame: &mut Frame,
    ) -> Result<Brought, Stop> {
        let target = self.target(&probe.endpoint)?;
        let mut exchange =
            Exchange::new(self.shared.next_exchange(), Direction::Outbound, &probe.endpoint, self.shared.clock.now_us());
        let within = match &probe.within {
            Some(time) => Some(self.shared.clock.real(self.time_ms(time, frame)?).max(Duration::from_millis(RESOLUTION_MS))),
            None => None,
        };
        match &probe.old_tls {
            Some(version) => wire::probe_old(&mut exchange, self.shared.client(), &target, version, within).await,
            None => {
                let certificate = self.filled(&probe.certificate, frame)?;
                let connect = self.connect(&target, &certificate, &probe.tls)?;
                match self.shared.client().connect(&connect).await {
                    Ok(mut connected) => wire::probe_open(&mut exchange, &mut connected, within).await,
                    Err(failed) => wire::fail(&mut exchange, failed),
                }
            }
        }
        exchange.timing.total_us.get_or_insert(self.shared.clock.now_us().saturating_sub(exchange.started_us));
        let mut found = Found::default();
        let globals = self.shared.names();
        let layer = Layer::new(&frame.names, &globals);
        let checks: Vec<Arc<Check>> = step.checks.iter().filter(|check| !super::is_step_level(check)).cloned().collect();
        found.check(&checks, &subjects(&exchange, &layer, &self.shared));
        let exchange = self.record(exchange, index, &found);
        Ok(Brought {
            exchanges: vec![Arc::clone(&exchange)],
            exchange: Some(exchange),
            found,
            judged: true,
            ..Brought::default()
        })
    }
}

/// Says whose fault it is that a request could not be built: a value of the peer's that would begin a new field is the peer's.
fn blamed(stop: Stop, step: &Step, frame: &Frame) -> Stop {
    let unfit = frame.unfit_for_header(&step.uses).filter(|_| stop.verdict == Verdict::Error);
    unfit.map_or(stop, |name| {
        let reason = format!(
            "`{name}`, which the system under test gave, cannot stand in a header field: it holds a line break or another character \
             that no field value can have (RFC 9110 section 5.5)"
        );
        Stop::inconclusive(Cause::Supplier, reason)
    })
}

fn no_address(endpoint: &str) -> Stop {
    let reason = format!("there is no address for endpoint `{endpoint}`");
    Stop { verdict: Verdict::Skipped, ..Stop::error(Cause::Configuration, reason) }
}

/// A server may close a kept connection at any time, which a client cannot tell from a refusal to answer (RFC 9112 §9.3.1).
fn was_closed_meanwhile(received: &Received) -> bool {
    matches!(received.outcome, Outcome::Closed | Outcome::Reset) && received.response_wire.is_empty()
}

fn connection_key(endpoint: &str, send: &Send) -> String {
    json!([endpoint, send.certificate, send.tls.min, send.tls.max, send.tls.alpn, send.tls.server_name]).to_string()
}

/// Tells whether a check speaks of how the exchange ended or of its connection.
fn looks_at_connection(check: &Check) -> bool {
    use counterpart_matching::{Rule, Subject};
    fn looks(rule: &Rule) -> bool {
        match rule {
            Rule::All(rules) => rules.iter().any(looks),
            Rule::Any(alternatives) => alternatives.iter().any(|alternative| looks(&alternative.rule)),
            Rule::Condition(condition) => match &condition.subject {
                Subject::Outcome | Subject::Tls(_) => true,
                Subject::Expression(expression) => {
                    expression.names().iter().any(|name| name == "outcome" || name == "connection")
                }
                _ => false,
            },
            Rule::Whole(_) => false,
        }
    }
    fn one_looks(rule: &CheckRule) -> bool {
        match rule {
            CheckRule::All(rules) => rules.iter().any(one_looks),
            CheckRule::Rule(rule) => looks(rule),
            CheckRule::Document(_) | CheckRule::Rules(_) => false,
        }
    }
    check.on == counterpart_evidence::Part::Connection || one_looks(&check.rule)
}
