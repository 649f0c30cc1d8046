//! One exchange as conditions and expressions see it; what is parsed is parsed once.

use super::select::{located, part_of, unread};
use super::{Lateness, OtherForm, Side, token};
use crate::limits::{BODY_BYTES_MAX, VALUE_DEPTH_MAX};
use crate::{Generators, Names, Random, digest, query};
use counterpart_document::{Fault, Json, Limits, Xml};
use counterpart_evidence::{Body, BodyFault, Connection, Exchange, Headers, Place, Timing};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Deref;

/// How the run's clock stands to the real one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// How many of the run's milliseconds pass in one real one.
    pub scale: f64,
    /// The smallest real duration that can be judged, in milliseconds.
    pub resolution_ms: u64,
}

impl Clock {
    /// Says why a limit, in milliseconds of the run, takes less real time than can be measured; nothing where it does not.
    ///
    /// ```
    /// use counterpart_matching::Clock;
    /// let clock = Clock { scale: 400.0, resolution_ms: 100 };
    /// assert!(clock.too_coarse(2_000.0).is_some_and(|reason| reason.ends_with("`scaled:20` or slower")));
    /// assert_eq!(clock.too_coarse(60_000.0), None);
    /// ```
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a resolution is a few hundred milliseconds")]
    pub fn too_coarse(&self, limit_ms: f64) -> Option<String> {
        let (real_ms, least_ms) = (limit_ms / self.scale, self.resolution_ms as f64);
        (self.scale > 1.0 && limit_ms > 0.0 && real_ms < least_ms).then(|| {
            format!(
                "clock too coarse: {limit_ms} ms is {real_ms:.0} ms at this speed, and {least_ms} ms is the least that can be \
                 measured; {}",
                clock_advice(limit_ms / least_ms)
            )
        })
    }
}

/// Says with which clock something can be judged that takes at most so many times what can be measured.
pub(crate) fn clock_advice(scale_max: f64) -> String {
    if scale_max < 2.0 {
        return "play it with the clock `real`".to_owned();
    }
    format!("play it with the clock `scaled:{:.0}` or slower", scale_max.floor())
}

/// What is parsed of one message. Each part stands apart, so that the whole is small: it is moved more often than it is looked at.
#[derive(Default)]
struct Parsed {
    headers: OnceCell<Box<Value>>,
    json: OnceCell<Box<Result<Json, Fault>>>,
    query: OnceCell<Box<Value>>,
    token: OnceCell<Option<Box<Value>>>,
    xml: OnceCell<Box<Result<Xml, Fault>>>,
    /// Whether it is in the other form.
    other: OnceCell<bool>,
}

/// What is parsed of a message, here or where the same exchange is looked at with other names.
enum Reading<'a> {
    Others(&'a Parsed),
    Own(Parsed),
}

impl Default for Reading<'_> {
    fn default() -> Self {
        Self::Own(Parsed::default())
    }
}

impl Deref for Reading<'_> {
    type Target = Parsed;

    fn deref(&self) -> &Parsed {
        match self {
            Self::Others(parsed) => parsed,
            Self::Own(parsed) => parsed,
        }
    }
}

/// One exchange, and what belongs to it, as conditions see it.
///
/// As [`Names`] it gives `request`, `response`, `outcome`, `effect`, `started_ms`, `timing`, `connection`, `endpoint`,
/// `hook` and `count` where they are known, before the names that it was made with.
pub struct Subjects<'a> {
    names: &'a dyn Names,
    exchange: Option<&'a Exchange>,
    request: Reading<'a>,
    response: Reading<'a>,
    hook: Option<&'a Value>,
    file: Option<&'a Value>,
    mail: Option<&'a Value>,
    log: Option<&'a Value>,
    count: Option<u64>,
    exchanges: Option<&'a [&'a Exchange]>,
    now_unix_ms: i64,
    clock: Option<Clock>,
    lateness: Option<&'a dyn Lateness>,
    other_form: Option<&'a dyn OtherForm>,
    /// Whether it is worked out where in a body a value stands.
    has_positions: bool,
}

impl std::fmt::Debug for Subjects<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Subjects").field("exchange", &self.exchange.map(|exchange| exchange.id)).finish_non_exhaustive()
    }
}

impl<'a> Subjects<'a> {
    /// Takes an exchange and the names that expressions may use.
    #[must_use]
    pub fn new(exchange: &'a Exchange, names: &'a dyn Names) -> Self {
        Self { exchange: Some(exchange), ..Self::without_exchange(names) }
    }

    /// Takes names alone, for conditions on hooks, files, counts and series.
    #[must_use]
    pub fn without_exchange(names: &'a dyn Names) -> Self {
        Self {
            names,
            exchange: None,
            request: Reading::default(),
            response: Reading::default(),
            hook: None,
            file: None,
            mail: None,
            log: None,
            count: None,
            exchanges: None,
            now_unix_ms: 0,
            clock: None,
            lateness: None,
            other_form: None,
            has_positions: true,
        }
    }

    /// Gives the same with other names; what was parsed is shared.
    #[must_use]
    pub fn renamed<'b>(&'b self, names: &'b dyn Names) -> Subjects<'b>
    where
        'a: 'b,
    {
        let (request, response) = (Reading::Others(&self.request), Reading::Others(&self.response));
        Subjects { names, request, response, ..*self }
    }

    /// Gives the same for whom it is enough to know whether a rule holds, and why not: where in a body it is broken is not worked out.
    #[must_use]
    pub fn without_positions(&self) -> Subjects<'_> {
        Subjects { has_positions: false, ..self.renamed(self.names) }
    }

    /// Sets what the hook returned.
    #[must_use]
    pub fn with_hook(self, value: &'a Value) -> Self {
        Self { hook: Some(value), ..self }
    }

    /// Sets what was read from a file.
    #[must_use]
    pub fn with_file(self, value: &'a Value) -> Self {
        Self { file: Some(value), ..self }
    }

    /// Sets the mail.
    #[must_use]
    pub fn with_mail(self, value: &'a Value) -> Self {
        Self { mail: Some(value), ..self }
    }

    /// Sets the line of the log.
    #[must_use]
    pub fn with_log(self, value: &'a Value) -> Self {
        Self { log: Some(value), ..self }
    }

    /// Sets how many exchanges there were.
    #[must_use]
    pub fn with_count(self, count: u64) -> Self {
        Self { count: Some(count), ..self }
    }

    /// Sets the exchanges that series, and counts without a number of their own, are made of, in order of beginning.
    #[must_use]
    pub fn with_exchanges(self, exchanges: &'a [&'a Exchange]) -> Self {
        Self { exchanges: Some(exchanges), ..self }
    }

    /// Sets the moment, in milliseconds since 1970.
    #[must_use]
    pub fn with_now(self, now_unix_ms: i64) -> Self {
        Self { now_unix_ms, ..self }
    }

    /// Sets how the run's clock stands to the real one.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// Sets how late the machine was.
    #[must_use]
    pub fn with_lateness(self, lateness: &'a dyn Lateness) -> Self {
        Self { lateness: Some(lateness), ..self }
    }

    /// Gives how late what came at a moment may have been noticed, in milliseconds of the run.
    pub(crate) fn late_at_ms(&self, at_us: u64) -> f64 {
        self.lateness.map_or(0.0, |lateness| lateness.at_ms(at_us))
    }

    /// Gives how late the machine was altogether while the exchange lasted, in milliseconds of the run.
    pub(crate) fn late_meanwhile_ms(&self) -> f64 {
        let meanwhile = |exchange: &Exchange| {
            let until_us = exchange.started_us.saturating_add(exchange.timing.total_us.unwrap_or(0));
            Some(self.lateness?.between_ms(exchange.started_us, until_us))
        };
        self.exchange.and_then(meanwhile).unwrap_or(0.0)
    }

    /// Sets the form in which bodies may stand beside JSON.
    #[must_use]
    pub fn with_other_form(self, other_form: Option<&'a dyn OtherForm>) -> Self {
        Self { other_form, ..self }
    }

    /// Takes another exchange of the same run.
    pub(crate) fn of_another<'b>(&self, exchange: &'b Exchange) -> Subjects<'b>
    where
        'a: 'b,
    {
        Subjects { other_form: self.other_form, ..Subjects::new(exchange, self.names) }
    }

    /// Gives the exchange.
    #[must_use]
    pub fn exchange(&self) -> Option<&'a Exchange> {
        self.exchange
    }

    /// Gives the JSON body of a message, or why it is none; `None` where there is no message or it has no body. A body in
    /// the other form gives the JSON that it means.
    pub fn json(&self, side: Side) -> Option<Result<&Json, &Fault>> {
        let content = self.body(side)?.plain_bytes();
        if content.is_empty() {
            return None;
        }
        let limits = Limits { bytes_max: BODY_BYTES_MAX, depth_max: VALUE_DEPTH_MAX, ..Limits::default() };
        let read = || match self.in_other_form(side) {
            _ if let Some(fault) = self.still_coded(side) => Some(Err(fault)),
            Some(form) => match self.xml(side)? {
                Ok(xml) => Some(form.read(xml, &limits)),
                Err(fault) => Some(Err(fault.clone())),
            },
            None => Some(Json::parse(content, &limits)),
        };
        let parsed = &self.parsed(side).json;
        if parsed.get().is_none() {
            // Whoever is first sets it, and all get the same.
            drop(parsed.set(Box::new(read()?)));
        }
        parsed.get().map(|parsed| (**parsed).as_ref())
    }

    /// Gives the other form where a body is in it: its JSON is then not what was sent, but what that means.
    #[must_use]
    pub fn in_other_form(&self, side: Side) -> Option<&'a dyn OtherForm> {
        let form = self.other_form?;
        let has = || self.headers(side).and_then(media_type).is_some_and(|media_type| form.has(&media_type));
        self.parsed(side).other.get_or_init(has).then_some(form)
    }

    /// Gives the place of a node of a message's JSON: where it stands in the body as it was sent.
    #[must_use]
    pub fn place_in_json(&self, side: Side, pointer: &str) -> Place {
        if !self.has_positions {
            return located(part_of(side), pointer.to_owned(), None, None);
        }
        let content = self.body(side).map(|body| body.plain_bytes().as_ref());
        match self.in_other_form(side) {
            Some(form) => {
                let found = self.xml(side).and_then(Result::ok).and_then(|xml| form.place(xml, pointer));
                let (path, range) = found.map_or_else(|| (pointer.to_owned(), None), |(path, range)| (path, Some(range)));
                located(part_of(side), path, range, content)
            }
            None => {
                let range = self.json(side).and_then(Result::ok).and_then(|json| json.locate(pointer));
                located(part_of(side), pointer.to_owned(), range, content)
            }
        }
    }

    /// Says, after a message about a side's JSON, what it was read from, where that is not what was sent.
    #[must_use]
    pub fn told(&self, side: Side, message: String) -> String {
        match self.in_other_form(side).filter(|_| matches!(self.json(side), Some(Ok(_)))) {
            Some(form) => format!("{message} (the body is {}, looked at as JSON)", form.name()),
            None => message,
        }
    }

    /// Gives the XML body of a message, or why it is none; `None` where there is no message or it has no body.
    pub fn xml(&self, side: Side) -> Option<Result<&Xml, &Fault>> {
        let content = self.body(side)?.plain_bytes();
        if content.is_empty() {
            return None;
        }
        let limits = Limits { bytes_max: BODY_BYTES_MAX, depth_max: VALUE_DEPTH_MAX, ..Limits::default() };
        let read = || self.still_coded(side).map_or_else(|| Xml::parse(content, &limits), Err);
        let parsed = self.parsed(side).xml.get_or_init(|| Box::new(read()));
        Some((**parsed).as_ref())
    }

    /// Gives why the content coding that a message names could not be undone. Whoever believes the message reads nothing then, whatever
    /// the bytes would be without the coding (RFC 9110 §8.4).
    pub(crate) fn still_coded(&self, side: Side) -> Option<Fault> {
        let BodyFault { reason, is_limit } = self.body(side)?.fault.clone()?;
        Some(Fault { message: reason, offset: 0, line: 1, column: 1, is_limit })
    }

    /// Says why a body that was looked at is not read here though nothing is known to be wrong with it: what a rule misses in it says
    /// nothing about the peer.
    ///
    /// It is looked at as what the member of the message's name stands for: `json`, `text` or `xml`.
    pub(crate) fn beyond_limits(&self, side: Side, member: &str) -> Option<String> {
        let parsed = self.parsed(side);
        let fault = match member {
            "json" => parsed.json.get()?.as_ref().as_ref().err().cloned(),
            "xml" => parsed.xml.get()?.as_ref().as_ref().err().cloned(),
            _ => self.still_coded(side),
        };
        fault.filter(|fault| fault.is_limit).map(|fault| unread(side, &fault))
    }

    /// Gives the exchange as expressions see it: `request`, `response`, `outcome` and so on.
    #[must_use]
    pub fn exchange_value(&self) -> Value {
        let value = |name: &&str| self.own(name).map(|value| ((*name).to_owned(), value.into_owned()));
        Value::Object(ROOTS.iter().filter_map(value).collect())
    }

    fn parsed(&self, side: Side) -> &Parsed {
        match side {
            Side::Request => &self.request,
            Side::Response => &self.response,
        }
    }

    /// Gives the body of a message.
    #[must_use]
    pub fn body(&self, side: Side) -> Option<&'a Body> {
        let exchange = self.exchange?;
        match side {
            Side::Request => exchange.request.as_ref().map(|request| &request.body),
            Side::Response => exchange.response.as_ref().map(|response| &response.body),
        }
    }

    /// Gives the header fields of a message.
    pub(crate) fn headers(&self, side: Side) -> Option<&'a Headers> {
        let exchange = self.exchange?;
        match side {
            Side::Request => exchange.request.as_ref().map(|request| &request.headers),
            Side::Response => exchange.response.as_ref().map(|response| &response.headers),
        }
    }

    /// Gives the parts of a message's bearer token that can be read; `None` where it has no such header field.
    pub(crate) fn token(&self, side: Side) -> Option<&Value> {
        self.parsed(side).token.get_or_init(|| token::value(side, self).map(Box::new)).as_deref()
    }

    pub(crate) fn hook(&self) -> Option<&'a Value> {
        self.hook
    }

    pub(crate) fn file(&self) -> Option<&'a Value> {
        self.file
    }

    pub(crate) fn mail(&self) -> Option<&'a Value> {
        self.mail
    }

    pub(crate) fn log(&self) -> Option<&'a Value> {
        self.log
    }

    pub(crate) fn count(&self) -> Option<u64> {
        self.count.or_else(|| self.exchanges.map(|exchanges| exchanges.len() as u64))
    }

    pub(crate) fn exchanges(&self) -> Option<&'a [&'a Exchange]> {
        self.exchanges
    }

    pub(crate) fn clock(&self) -> Option<Clock> {
        self.clock
    }

    /// Gives generators for operands: what an expected value makes up is the same each time the exchange is judged.
    pub(crate) fn generators(&self) -> Generators {
        let id = self.exchange.map_or(0, |exchange| exchange.id.0);
        Generators::new(self.now_unix_ms, Random::keyed(id, &["operand"]))
    }

    /// Gives a root name of the exchange itself.
    fn own(&self, name: &str) -> Option<Cow<'_, Value>> {
        let exchange = self.exchange;
        match name {
            "connection" => exchange.map(|exchange| Cow::Owned(connection_value(&exchange.connection))),
            "count" => self.count().map(|count| Cow::Owned(count.into())),
            "effect" => exchange.map(|exchange| Cow::Owned(exchange.effect.name().into())),
            "endpoint" => exchange.map(|exchange| Cow::Owned(exchange.endpoint.as_str().into())),
            "hook" => self.hook.map(Cow::Borrowed),
            "outcome" => exchange.map(|exchange| Cow::Owned(exchange.outcome.name().into())),
            "request" => self.message(Side::Request).map(Cow::Owned),
            "response" => self.message(Side::Response).map(Cow::Owned),
            "started_ms" => exchange.map(|exchange| Cow::Owned((exchange.started_us / 1_000).into())),
            "timing" => exchange.map(|exchange| Cow::Owned(timing_value(exchange.timing))),
            _ => None,
        }
    }

    fn message(&self, side: Side) -> Option<Value> {
        self.body(side)?;
        let member = |name: &&str| self.part(side, name).map(|value| ((*name).to_owned(), value.into_owned()));
        Some(Value::Object(PARTS.iter().filter_map(member).collect()))
    }

    /// Gives a member of `request` or `response`, so that an expression pays only for what it uses.
    fn part(&self, side: Side, name: &str) -> Option<Cow<'_, Value>> {
        let exchange = self.exchange?;
        let body = self.body(side)?;
        let text = |text: &str| Some(Cow::Owned(Value::from(text)));
        match (side, name) {
            (Side::Request, "method") => text(&exchange.request.as_ref()?.method),
            (Side::Request, "path") => text(exchange.request.as_ref()?.path()),
            (Side::Request, "query") => {
                let query = exchange.request.as_ref()?.query().unwrap_or("");
                Some(Cow::Borrowed(self.parsed(side).query.get_or_init(|| Box::new(query::value(query)))))
            }
            (Side::Request, "target") => text(&exchange.request.as_ref()?.target),
            (Side::Request, "version") => serde_json::to_value(exchange.request.as_ref()?.version).ok().map(Cow::Owned),
            (Side::Response, "reason") => text(&exchange.response.as_ref()?.reason),
            (Side::Response, "status") => Some(Cow::Owned(exchange.response.as_ref()?.status.into())),
            (_, "headers") => {
                let headers = self.headers(side)?;
                Some(Cow::Borrowed(self.parsed(side).headers.get_or_init(|| Box::new(headers_value(headers)))))
            }
            (_, "json") => self.json(side)?.ok().map(|json| Cow::Borrowed(json.value())),
            (_, "media_type") => media_type(self.headers(side)?).map(|name| Cow::Owned(name.into())),
            (_, "sha256") => Some(Cow::Owned(digest::sha256(body.plain_bytes()).into())),
            (_, "size") => Some(Cow::Owned(body.plain_bytes().len().into())),
            (_, "token") => self.token(side).map(Cow::Borrowed),
            // Most bodies are no XML, and are not to be read to find that out.
            (_, "xml") if begins_as_xml(body.plain_bytes()) => text(&self.xml(side)?.ok()?.canonical()),
            (_, "text") if body.fault.is_none() => text(std::str::from_utf8(body.plain_bytes()).ok()?),
            _ => None,
        }
    }
}

const ROOTS: &[&str] =
    &["connection", "count", "effect", "endpoint", "hook", "outcome", "request", "response", "started_ms", "timing"];
const PARTS: &[&str] = &[
    "method",
    "path",
    "query",
    "target",
    "version",
    "status",
    "reason",
    "headers",
    "json",
    "media_type",
    "sha256",
    "size",
    "text",
    "token",
    "xml",
];

impl Names for Subjects<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.own(name).or_else(|| self.names.value(name))
    }

    fn member(&self, name: &str, member: &str) -> Option<Cow<'_, Value>> {
        match name {
            "request" if self.body(Side::Request).is_some() => self.part(Side::Request, member),
            "response" if self.body(Side::Response).is_some() => self.part(Side::Response, member),
            _ => match self.own(name) {
                // `endpoint` is the exchange's own by itself, and with a member one of all endpoints by name.
                Some(value) if !value.is_object() => self.names.member(name, member),
                Some(Cow::Borrowed(value)) => value.get(member).map(Cow::Borrowed),
                Some(Cow::Owned(value)) => value.get(member).cloned().map(Cow::Owned),
                None => self.names.member(name, member),
            },
        }
    }
}

/// Gives the media type without parameters (RFC 9110 §8.3.1: it compares without case).
pub(crate) fn media_type(headers: &Headers) -> Option<String> {
    let value = headers.first("content-type")?.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    (!value.is_empty()).then_some(value)
}

fn headers_value(headers: &Headers) -> Value {
    let mut members = Map::new();
    for header in headers {
        let values = members.entry(header.name.to_ascii_lowercase()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(values) = values {
            values.push(header.value.as_str().into());
        }
    }
    Value::Object(members)
}

fn timing_value(timing: Timing) -> Value {
    let fields = [
        ("connect_ms", timing.connect_us),
        ("tls_ms", timing.tls_us),
        ("first_byte_ms", timing.first_byte_us),
        ("total_ms", timing.total_us),
    ];
    let member = |(name, us): (&str, Option<u64>)| us.map(|us| (name.to_owned(), milliseconds(us)));
    Value::Object(fields.into_iter().filter_map(member).collect())
}

/// Gives microseconds as milliseconds.
#[expect(clippy::cast_precision_loss, reason = "a duration of 2^52 microseconds is 142 years")]
pub(crate) fn milliseconds(us: u64) -> Value {
    if us.is_multiple_of(1_000) { Value::from(us / 1_000) } else { Value::from(us as f64 / 1_000.0) }
}

fn connection_value(connection: &Connection) -> Value {
    let mut value = json!({
        "id": connection.id,
        "local": connection.local,
        "peer": connection.peer,
        "reused": connection.reused,
        "secure": connection.tls.is_some(),
    });
    if let (Some(tls), Value::Object(members)) = (&connection.tls, &mut value) {
        let peer = tls.peer.as_ref();
        let fields = [
            ("alert", tls.alert.as_ref().map(|alert| alert.description.as_str().into())),
            ("alpn", tls.alpn.as_deref().map(Value::from)),
            ("alpn_offered", Some(tls.alpn_offered.as_slice().into())),
            ("certificate_fingerprint", peer.map(|peer| peer.fingerprint.as_str().into())),
            ("certificate_issuer", peer.map(|peer| peer.issuer.as_str().into())),
            ("certificate_problem", tls.refused.as_deref().map(Value::from)),
            ("certificate_names", peer.map(|peer| peer.names.as_slice().into())),
            ("certificate_subject", peer.map(|peer| peer.subject.as_str().into())),
            ("server_name", tls.server_name.as_deref().map(Value::from)),
            ("suite", tls.suite.as_deref().map(Value::from)),
            ("version", tls.version.as_deref().map(Value::from)),
            ("version_offered", tls.version_offered.as_deref().map(Value::from)),
        ];
        members.extend(fields.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))));
    }
    value
}

/// Tells whether a body can be XML: its first character that is no space is `<`, a byte order mark before it or not.
fn begins_as_xml(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}
