//! Between the plan's words and the transport's.

use crate::build::milliseconds;
use crate::clock::Clock;
use crate::shared::{Keyring, Target};
use counterpart_evidence::{Body, Connection, Exchange, Outcome, Request, Response, Timing, Tls};
use counterpart_matching::{Editable, Generators, Names, apply};
use counterpart_plan::model::{self, CutAfter, CutHow, Fault, Malformed, Offer, Trust};
use counterpart_transport::{
    Client, Closing, Connect, Connected, CutAfter as After, CutHow as How, Delivered, Delivery, Drip, Failed, Framing, Limits,
    OldVersion, Received, Sending, ServerTrust, Timeouts, TlsClient, Versions, probe_old_tls,
};
use std::sync::Arc;
use std::time::Duration;

/// A reply ready for the transport.
pub(crate) struct Sent {
    pub(crate) response: Response,
    pub(crate) delivery: Delivery,
    /// The fault in words.
    pub(crate) fault: Option<String>,
}

/// A request ready for the transport.
pub(crate) struct Outgoing {
    pub(crate) request: Request,
    pub(crate) sending: Sending,
    /// The fault in words.
    pub(crate) fault: Option<String>,
}

/// The answer where we could not make one: it says whose fault that is.
pub(crate) fn our_fault(reason: &str) -> Response {
    let mut response = Response { status: 500, reason: "Internal Server Error".to_owned(), ..Response::default() };
    response.headers.push("Content-Type", "text/plain; charset=utf-8");
    response.body = Body::plain(format!("the simulator could not answer: {reason}\n"));
    response
}

/// Puts a fault into a reply.
pub(crate) fn delivery(
    fault: &Fault,
    mut response: Response,
    names: &dyn Names,
    generators: &mut Generators,
    clock: &Clock,
) -> Sent {
    let edited = edit(fault, &mut response);
    spoil(fault, &mut response.body);
    let (delivery, mut words) = deliver(fault, names, generators, clock);
    words.extend(edited.err());
    Sent { response, delivery, fault: Some(words.join(", ")) }
}

/// Puts a fault into a request.
pub(crate) fn sending(
    fault: Option<&Fault>,
    mut request: Request,
    within: Option<Duration>,
    names: &dyn Names,
    generators: &mut Generators,
    clock: &Clock,
) -> Result<Outgoing, String> {
    let Some(fault) = fault else {
        return Ok(Outgoing { request, sending: Sending { delivery: Delivery::default(), within }, fault: None });
    };
    edit(fault, &mut request)?;
    spoil(fault, &mut request.body);
    let (delivery, words) = deliver(fault, names, generators, clock);
    Ok(Outgoing { request, sending: Sending { delivery, within }, fault: Some(words.join(", ")) })
}

fn edit(fault: &Fault, message: &mut dyn Editable) -> Result<(), String> {
    apply(&fault.edits, message).map_err(|error| format!("an edit does not fit: {}", error.message))
}

/// Spoils a body.
fn spoil(fault: &Fault, body: &mut Body) {
    if let Some(bytes) = fault.oversized {
        let mut content = body.content.to_vec();
        content.resize(usize::try_from(bytes).unwrap_or(usize::MAX).max(content.len()), b' ');
        *body = Body::plain(content);
    }
    match fault.malformed {
        Some(Malformed::Json) => *body = Body::plain(body.content.slice(..body.content.len() / 2)),
        Some(Malformed::Xml) => {
            let end = body.content.iter().rposition(|byte| *byte == b'<').unwrap_or(0);
            *body = Body::plain(body.content.slice(..end));
        }
        Some(Malformed::Http) | None => {}
    }
}

/// Says in words what a fault does to a message.
pub(crate) fn words(fault: &Fault, names: &dyn Names, generators: &mut Generators, clock: &Clock) -> String {
    deliver(fault, names, generators, clock).1.join(", ")
}

fn deliver(fault: &Fault, names: &dyn Names, generators: &mut Generators, clock: &Clock) -> (Delivery, Vec<String>) {
    let mut words = Vec::new();
    let mut delay_ms = 0;
    if let Some(time) = &fault.delay {
        delay_ms += milliseconds(time, names).unwrap_or(0);
        words.push(format!("delayed by {delay_ms} ms"));
    }
    if let Some(most) = fault.jitter.as_ref().and_then(|time| milliseconds(time, names).ok()) {
        let jitter = generators.random.range(0, i64::try_from(most).unwrap_or(i64::MAX));
        delay_ms += u64::try_from(jitter).unwrap_or(0);
        words.push(format!("jitter of {jitter} ms"));
    }
    let framing = match (fault.chunked.is_some(), fault.closing, fault.length_off) {
        (_, Some(model::Closing::EndsBody), _) => Framing::CloseDelimited,
        (true, _, _) => Framing::Chunked,
        (false, _, 0) => Framing::Length,
        (false, _, off) => Framing::LengthOff(off),
    };
    if framing != Framing::Length {
        words.push(format!("framing {framing:?}"));
    }
    let cut = fault.cut.map(|cut| {
        let after = match cut.after {
            CutAfter::Body(bytes) => After::Body(bytes),
            CutAfter::Head => After::Head,
            CutAfter::Nothing => After::Nothing,
            CutAfter::Request => After::Whole,
        };
        words.push(format!("{:?} after {:?}", cut.how, cut.after).to_lowercase());
        (after, how(cut.how))
    });
    let drip = fault.drip.as_ref().map(|drip| {
        let every_ms = milliseconds(&drip.every, names).unwrap_or(0);
        words.push(format!("{} bytes every {every_ms} ms", drip.bytes));
        Drip { bytes: usize::try_from(drip.bytes).unwrap_or(usize::MAX), every: clock.real(every_ms) }
    });
    let raw = match (&fault.raw, fault.malformed) {
        (Some(template), _) => template.render(names, generators).ok().map(String::into_bytes),
        (None, Some(Malformed::Http)) => Some(b"THIS IS NOT HTTP\r\n\r\n".to_vec()),
        (None, _) => None,
    };
    if let Some(malformed) = fault.malformed {
        words.push(format!("malformed {malformed:?}").to_lowercase());
    }
    if !fault.edits.is_empty() {
        words.push(format!("{} edits", fault.edits.len()));
    }
    if !fault.interim.is_empty() {
        words.push(format!("interim {:?}", fault.interim));
    }
    let closing = if fault.closing.is_some() { Closing::Close } else { Closing::Keep };
    let delivery = Delivery {
        delay: clock.real(delay_ms),
        interim: fault.interim.clone(),
        framing,
        raw: raw.map(Into::into),
        cut,
        drip,
        closing,
    };
    (delivery, words)
}

/// Turns the plan's word for an ending into the transport's.
pub(crate) fn how(word: CutHow) -> How {
    match word {
        CutHow::Close => How::Close,
        CutHow::HalfClose => How::HalfClose,
        CutHow::Hang => How::Hang,
        CutHow::Reset => How::Reset,
    }
}

/// Takes into an exchange what went over the wire of our answer.
pub(crate) fn fill(exchange: &mut Exchange, delivered: Delivered, clock: &Clock) {
    exchange.outcome = delivered.outcome;
    exchange.reason = delivered.reason;
    exchange.wire.response = delivered.wire;
    exchange.timing = scaled(delivered.timing, clock);
    exchange.response = Some(delivered.response);
}

/// Takes into an exchange what came of our request.
pub(crate) fn take(exchange: &mut Exchange, received: Received, clock: &Clock) {
    exchange.outcome = received.outcome;
    exchange.reason = received.reason;
    exchange.request = Some(received.request);
    exchange.response = received.response;
    exchange.wire.request = received.request_wire;
    exchange.wire.response = received.response_wire;
    exchange.connection = Arc::new(received.connection);
    exchange.timing = scaled(received.timing, clock);
}

/// Takes into an exchange why no connection could be made.
pub(crate) fn fail(exchange: &mut Exchange, failed: Failed) {
    exchange.outcome = failed.outcome;
    exchange.reason = failed.reason;
    exchange.connection = Arc::new(failed.connection);
    exchange.timing = failed.timing;
}

/// Turns durations of the machine into durations of the run.
fn scaled(timing: Timing, clock: &Clock) -> Timing {
    let run = |duration: Option<u64>| duration.map(|us| clock.run_us(Duration::from_micros(us)));
    Timing {
        connect_us: run(timing.connect_us),
        tls_us: run(timing.tls_us),
        first_byte_us: run(timing.first_byte_us),
        total_us: run(timing.total_us),
    }
}

/// Works out how to connect to a target.
pub(crate) fn connect(
    keyring: &Keyring,
    target: &Target,
    certificate: &str,
    offer: &Offer,
    trust: Trust,
) -> Result<Connect, String> {
    let host = offer.server_name.clone().unwrap_or_else(|| target.host.clone());
    let tls = if target.tls {
        let identity = match certificate {
            "none" => None,
            "default" => keyring.client.get("default"),
            name => Some(keyring.client.get(name).ok_or_else(|| format!("there is no client certificate `{name}`"))?),
        };
        let versions = versions(offer.min.as_deref(), offer.max.as_deref());
        let trust = match trust {
            Trust::Anybody => ServerTrust::Anybody,
            Trust::Chain => ServerTrust::Chain(keyring.trust.clone()),
        };
        Some(TlsClient::new(&trust, identity, versions, &offer.alpn).map_err(|error| format!("could not {error}"))?)
    } else {
        None
    };
    let address = target.address();
    Ok(Connect {
        address,
        host,
        tls,
        protocol: target.protocol,
        proxy: target.proxy.clone(),
        timeouts: Timeouts::of(&Limits::default()),
    })
}

/// Names the target itself in `Host` where its address is another's (RFC 9110 §7.2), unless the request names one.
pub(crate) fn name_host(request: &mut Request, target: &Target) {
    if target.resolve.is_some() {
        put_host(request, &target.authority());
    }
}

/// Puts `Host` first into a request that has none.
pub(crate) fn put_host(request: &mut Request, host: &str) {
    if request.headers.first("host").is_some() {
        return;
    }
    let own = std::iter::once(("Host".to_owned(), host.to_owned()));
    let others = request.headers.iter().map(|header| (header.name.clone(), header.value.clone()));
    request.headers = own.chain(others).collect();
}

/// Turns the bounds of an offer into versions.
pub(crate) fn versions(min: Option<&str>, max: Option<&str>) -> Versions {
    match (min, max) {
        (Some("1.3"), _) => Versions::Only13,
        (_, Some("1.2")) => Versions::Only12,
        _ => Versions::Both,
    }
}

/// Tries a connection that offers an old TLS version at most.
pub(crate) async fn probe_old(
    exchange: &mut Exchange,
    client: &Client,
    target: &Target,
    version: &str,
    within: Option<Duration>,
) {
    let old = if version == "1.0" { OldVersion::Tls10 } else { OldVersion::Tls11 };
    let mut timeouts = Timeouts::of(&Limits::default());
    timeouts.response = within.unwrap_or(timeouts.response);
    let address = target.address();
    let probe = probe_old_tls(client.network(), &address, &target.host, old, timeouts).await;
    exchange.outcome = probe.outcome;
    exchange.reason = probe.reason;
    let tls = Tls { version: probe.version, alert: probe.alert, version_offered: Some(version.to_owned()), ..Tls::default() };
    exchange.connection = Arc::new(Connection { peer: address, tls: Some(tls), ..(*exchange.connection).clone() });
}

/// Looks whether a connection that was made stays: a TLS 1.3 server refuses a certificate only after the handshake.
pub(crate) async fn probe_open(exchange: &mut Exchange, connected: &mut Connected, within: Option<Duration>) {
    const LOOK: Duration = Duration::from_millis(300);
    let (outcome, alert) = connected.watch(within.unwrap_or(LOOK)).await;
    let mut connection = connected.facts().clone();
    if let (Some(tls), Some(alert)) = (&mut connection.tls, alert) {
        tls.alert = Some(alert);
    }
    exchange.connection = Arc::new(connection);
    exchange.outcome = outcome;
    if outcome == Outcome::Answered {
        exchange.reason = Some("the connection was made and stayed open".to_owned());
    }
}
