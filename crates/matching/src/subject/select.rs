//! Finds what a subject names in an exchange.

use super::{BodyAspect, JwtPart, Side, Subject, Subjects, TimingPhase, TlsField, media_type, milliseconds, token};
use crate::limits::NODES_MAX;
use crate::{EvaluationFault, Expression, digest, query};
use counterpart_document::{Fault, JsonPath, line_column};
use counterpart_evidence::{Direction, Part, PeerCertificate, Place, Tls};
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;

/// One thing that was found.
#[derive(Debug)]
pub(crate) struct Seen<'s> {
    pub(crate) value: Found<'s>,
    pub(crate) spot: Spot,
}

/// What was found: JSON keeps its type, everything that has none is text.
#[derive(Debug)]
pub(crate) enum Found<'s> {
    Json(Cow<'s, Value>),
    Text(Cow<'s, str>),
}

impl Found<'_> {
    pub(crate) fn to_json(&self) -> Cow<'_, Value> {
        match self {
            Self::Json(value) => Cow::Borrowed(value),
            Self::Text(text) => Cow::Owned(Value::from(&**text)),
        }
    }

    /// Gives the text of a text, number or flag; `None` for lists, objects and null.
    pub(crate) fn to_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Json(value) => text_of(value),
            Self::Text(text) => Some(Cow::Borrowed(text)),
        }
    }
}

/// Gives the text of a single JSON value.
pub(crate) fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Array(_) | Value::Null | Value::Object(_) => None,
    }
}

/// Where it was found, in few words; a place is made of it only when something is wrong there.
#[derive(Clone, Debug)]
pub(crate) enum Spot {
    /// A JSON Pointer into the body.
    Pointer(String),
    /// The subject itself says it all.
    Subject,
    /// A path into an XML body, and its bytes.
    Xml(String, Option<Range<usize>>),
}

/// Why nothing can be said of a subject.
#[derive(Debug)]
pub(crate) enum Blocked {
    /// The peer's message is at fault, and where, if that is known.
    Peer(String, Option<Place>),
    /// We are.
    Us(String),
}

pub(crate) type Selected<'s> = Result<Vec<Seen<'s>>, Blocked>;

fn one(value: Option<Value>) -> Vec<Seen<'static>> {
    value.map(|value| Seen { value: Found::Json(Cow::Owned(value)), spot: Spot::Subject }).into_iter().collect()
}

fn texts<'s>(values: impl Iterator<Item = Cow<'s, str>>) -> Vec<Seen<'s>> {
    values.map(|text| Seen { value: Found::Text(text), spot: Spot::Subject }).collect()
}

fn text<'s>(value: Option<&'s str>) -> Vec<Seen<'s>> {
    texts(value.into_iter().map(Cow::Borrowed))
}

fn nodes<'s>(path: &JsonPath, value: Option<&'s Value>) -> Selected<'s> {
    let found = bounded(value.map(|value| path.query(value)).unwrap_or_default())?.into_iter();
    Ok(found.map(|node| Seen { value: Found::Json(Cow::Borrowed(node.value)), spot: Spot::Pointer(node.pointer) }).collect())
}

/// Refuses more nodes than are looked at: to judge the first ones alone could pass what the others break.
pub(super) fn bounded<T>(nodes: Vec<T>) -> Result<Vec<T>, Blocked> {
    if nodes.len() > NODES_MAX {
        return Err(Blocked::Us(format!("it names {} values, and at most {NODES_MAX} are looked at", nodes.len())));
    }
    Ok(nodes)
}

/// Finds everything that a subject names; nothing found is an empty list.
pub(crate) fn select<'s>(subject: &Subject, side: Side, subjects: &'s Subjects<'_>) -> Selected<'s> {
    let exchange = subjects.exchange();
    let request = exchange.and_then(|exchange| exchange.request.as_ref());
    let response = exchange.and_then(|exchange| exchange.response.as_ref());
    Ok(match subject {
        Subject::Body(BodyAspect::Xml) => match subjects.xml(side) {
            Some(Ok(xml)) => texts(std::iter::once(Cow::Owned(xml.canonical()))),
            Some(Err(fault)) => return Err(not_readable(side, "XML", fault)),
            None => Vec::new(),
        },
        Subject::Body(BodyAspect::Text) if let Some(fault) = subjects.still_coded(side) => {
            return Err(not_readable(side, "text", &fault));
        }
        Subject::Body(aspect) => body(*aspect, side, subjects),
        Subject::Count => one(subjects.count().map(Value::from)),
        Subject::Expression(expression) | Subject::Store(expression) => one(Some(evaluate(expression, subjects)?)),
        Subject::File(path) => nodes(path, subjects.file())?,
        Subject::Header(name) => match subjects.headers(side) {
            Some(headers) => headers
                .iter()
                .filter(|header| header.name.eq_ignore_ascii_case(name))
                .map(|header| Seen { value: Found::Text(Cow::Borrowed(&header.value)), spot: Spot::Subject })
                .collect(),
            None => Vec::new(),
        },
        Subject::HeaderCount(name) => one(subjects
            .headers(side)
            .map(|headers| headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name)).count().into())),
        Subject::Hook(path) => nodes(path, subjects.hook())?,
        Subject::Json(path) => match subjects.json(side) {
            Some(Ok(json)) => nodes(path, Some(json.value()))?,
            Some(Err(fault)) => {
                let kind = subjects.in_other_form(side).map_or("JSON", |form| form.name());
                return Err(not_readable(side, kind, fault));
            }
            None => Vec::new(),
        },
        Subject::Jwt { header, part, path } => token::part(header, *part, path, side, subjects)?,
        Subject::JwtSignature { header, keys, algorithms } => token::signature(header, keys, algorithms, side, subjects)?,
        Subject::Log(path) => nodes(path, subjects.log())?,
        Subject::Mail(path) => nodes(path, subjects.mail())?,
        Subject::Method => text(request.map(|request| request.method.as_str())),
        Subject::Outcome => text(exchange.map(|exchange| exchange.outcome.name())),
        Subject::Path => text(request.map(|request| request.path())),
        Subject::Query(name) => {
            let pairs = request.and_then(|request| request.query()).map(query::pairs).into_iter().flatten();
            texts(pairs.filter(|(known, _)| known == name).map(|(_, value)| Cow::Owned(value)))
        }
        Subject::Reason => text(response.map(|response| response.reason.as_str())),
        // A series is judged as a whole; see `rule::sequence`.
        Subject::Series(_) => Vec::new(),
        Subject::Status => one(response.map(|response| response.status.into())),
        Subject::Timing(phase) => one(exchange.and_then(|exchange| {
            let timing = exchange.timing;
            let us = match phase {
                TimingPhase::Connect => timing.connect_us,
                TimingPhase::FirstByte => timing.first_byte_us,
                TimingPhase::Tls => timing.tls_us,
                TimingPhase::Total => timing.total_us,
            };
            us.map(milliseconds)
        })),
        Subject::Tls(field) => match exchange.and_then(|exchange| exchange.connection.tls.as_ref()) {
            Some(tls) => tls_field(tls, *field),
            None => Vec::new(),
        },
        Subject::Value { name, path } => match crate::Names::value(subjects, name) {
            Some(Cow::Borrowed(value)) => nodes(path, Some(value))?,
            Some(Cow::Owned(value)) => bounded(path.query(&value))?
                .into_iter()
                .map(|node| Seen { value: Found::Json(Cow::Owned(node.value.clone())), spot: Spot::Pointer(node.pointer) })
                .collect(),
            None => Vec::new(),
        },
        Subject::Xml(path) => match subjects.xml(side) {
            Some(Ok(xml)) => {
                let items = path.query(xml).map_err(|fault| Blocked::Us(fault.message))?;
                let seen = |item: counterpart_document::XmlItem| Seen {
                    value: Found::Text(Cow::Owned(item.text)),
                    spot: Spot::Xml(item.path, item.range),
                };
                items.into_iter().map(seen).collect()
            }
            Some(Err(fault)) => return Err(not_readable(side, "XML", fault)),
            None => Vec::new(),
        },
    })
}

/// Says that a body is not read here, though nothing is known to be wrong with it.
#[must_use]
pub fn unread(side: Side, fault: &Fault) -> String {
    format!("the {} body cannot be read here: {}", side_name(side), fault.message)
}

fn not_readable(side: Side, kind: &str, fault: &Fault) -> Blocked {
    if fault.is_limit {
        return Blocked::Us(unread(side, fault));
    }
    let offset = Some(fault.offset..fault.offset);
    let place =
        Place { line: Some(fault.line), column: Some(fault.column), ..located(part_of(side), "body".to_owned(), offset, None) };
    Blocked::Peer(format!("the {} body is not {kind}: {}", side_name(side), fault.message), Some(place))
}

pub(super) fn part_of(side: Side) -> Part {
    match side {
        Side::Request => Part::Request,
        Side::Response => Part::Response,
    }
}

/// Gives a side's name.
pub(crate) fn side_name(side: Side) -> &'static str {
    match side {
        Side::Request => "request",
        Side::Response => "response",
    }
}

/// Evaluates an expression; a fault in what the peer sent, or in what is worked out from it, is the peer's, any other is ours.
pub(crate) fn evaluate(expression: &Expression, subjects: &Subjects<'_>) -> Result<Value, Blocked> {
    expression.evaluate(subjects).map_err(|fault| blocked(*fault, subjects))
}

fn blocked(fault: EvaluationFault, subjects: &Subjects<'_>) -> Blocked {
    let mut paths = fault.path.iter().chain(&fault.origins);
    match paths.find_map(|path| Some((path, peers_place(path, subjects)?))) {
        Some((path, place)) => {
            let (root, rest) = path.split_once('.').unwrap_or((path, ""));
            let member = rest.split(['.', '[']).next().unwrap_or_default();
            match side_read(root, member).and_then(|side| subjects.beyond_limits(side, member)) {
                Some(reason) => Blocked::Us(reason),
                None => Blocked::Peer(fault.message, Some(place)),
            }
        }
        None => Blocked::Us(fault.message),
    }
}

/// Gives the message whose body a member of a root name stands for, as `request.json` does.
pub(crate) fn side_read(root: &str, member: &str) -> Option<Side> {
    let sides = [Side::Request, Side::Response].into_iter();
    sides.filter(|_| ["json", "text", "xml"].contains(&member)).find(|side| side_name(*side) == root)
}

/// Gives the place of a value by its path, where the peer sent it.
fn peers_place(path: &str, subjects: &Subjects<'_>) -> Option<Place> {
    let direction = subjects.exchange().map(|exchange| exchange.direction);
    let (root, rest) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
    let part = match root {
        "connection" => Part::Connection,
        "hook" => Part::Hook,
        "request" if direction == Some(Direction::Inbound) => Part::Request,
        "response" if direction == Some(Direction::Outbound) => Part::Response,
        _ => return None,
    };
    let rest = rest.trim_start_matches('.');
    // A path into a JSON body is shown as the JSONPath that it is.
    let path = rest.strip_prefix("json").map_or_else(|| rest.to_owned(), |within| format!("${within}"));
    Some(located(part, path, None, None))
}

fn body<'s>(aspect: BodyAspect, side: Side, subjects: &'s Subjects<'_>) -> Vec<Seen<'s>> {
    let (Some(body), Some(headers)) = (subjects.body(side), subjects.headers(side)) else { return Vec::new() };
    let content = body.plain_bytes();
    match aspect {
        BodyAspect::Digest => texts(std::iter::once(Cow::Owned(digest::sha256(content)))),
        BodyAspect::Encoding => {
            texts(headers.first("content-encoding").map(|coding| Cow::Owned(coding.trim().to_ascii_lowercase())).into_iter())
        }
        BodyAspect::MediaType => texts(media_type(headers).map(Cow::Owned).into_iter()),
        BodyAspect::Size => one(Some(content.len().into())),
        BodyAspect::Text => text(std::str::from_utf8(content).ok().filter(|text| !text.is_empty())),
        // It needs the parsed body; see `select`.
        BodyAspect::Xml => Vec::new(),
    }
}

/// Gives a fact of the TLS connection, each name of a certificate by itself.
pub(crate) fn tls_field(tls: &Tls, field: TlsField) -> Vec<Seen<'_>> {
    let peer = |get: fn(&PeerCertificate) -> &str| text(tls.peer.as_ref().map(get));
    let list = |values: &[String]| one(Some(values.into()));
    match field {
        TlsField::Alert => text(tls.alert.as_ref().map(|alert| alert.description.as_str())),
        TlsField::Alpn => text(tls.alpn.as_deref()),
        TlsField::AlpnOffered => list(&tls.alpn_offered),
        TlsField::PeerFingerprint => peer(|peer| &peer.fingerprint),
        TlsField::PeerIssuer => peer(|peer| &peer.issuer),
        TlsField::PeerKey => peer(|peer| &peer.key),
        TlsField::PeerNames => tls.peer.as_ref().map(|peer| list(&peer.names)).unwrap_or_default(),
        TlsField::PeerNotAfter => peer(|peer| &peer.not_after),
        TlsField::PeerNotBefore => peer(|peer| &peer.not_before),
        TlsField::PeerSerial => peer(|peer| &peer.serial),
        TlsField::PeerSubject => peer(|peer| &peer.subject),
        TlsField::ServerName => text(tls.server_name.as_deref()),
        TlsField::Suite => text(tls.suite.as_deref()),
        TlsField::Version => text(tls.version.as_deref()),
        TlsField::VersionOffered => text(tls.version_offered.as_deref()),
    }
}

impl Subject {
    /// Gives what messages call it.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Body(BodyAspect::Digest) => "body digest".to_owned(),
            Self::Body(BodyAspect::Encoding) => "content coding".to_owned(),
            Self::Body(BodyAspect::MediaType) => "media type".to_owned(),
            Self::Body(BodyAspect::Size) => "body size".to_owned(),
            Self::Body(BodyAspect::Text) => "body".to_owned(),
            Self::Body(BodyAspect::Xml) => "XML body".to_owned(),
            Self::Count => "count".to_owned(),
            Self::Expression(expression) => quoted(expression.text()),
            Self::File(path) => format!("file `{}`", path.expression()),
            Self::Header(name) => format!("header `{name}`"),
            Self::HeaderCount(name) => format!("count of header `{name}`"),
            Self::Hook(path) => format!("hook `{}`", path.expression()),
            Self::Json(path) => quoted(path.expression()),
            Self::Jwt { part: JwtPart::Claims, path, .. } => format!("token claim `{}`", path.expression()),
            Self::Jwt { part: JwtPart::Header, path, .. } => format!("token header `{}`", path.expression()),
            Self::JwtSignature { .. } => "token signature".to_owned(),
            Self::Log(path) => format!("log `{}`", path.expression()),
            Self::Mail(path) => format!("mail `{}`", path.expression()),
            Self::Method => "method".to_owned(),
            Self::Outcome => "outcome".to_owned(),
            Self::Path => "path".to_owned(),
            Self::Query(name) => format!("query parameter `{name}`"),
            Self::Reason => "reason phrase".to_owned(),
            Self::Series(_) => "series".to_owned(),
            Self::Status => "status".to_owned(),
            Self::Store(expression) => format!("store `{}`", expression.text()),
            Self::Timing(TimingPhase::Connect) => "time to connect in ms".to_owned(),
            Self::Timing(TimingPhase::FirstByte) => "time to first byte in ms".to_owned(),
            Self::Timing(TimingPhase::Tls) => "TLS handshake in ms".to_owned(),
            Self::Timing(TimingPhase::Total) => "total time in ms".to_owned(),
            Self::Tls(field) => tls_label(*field).to_owned(),
            Self::Value { name, path } => format!("`{name}{}`", path.expression().trim_start_matches('$')),
            Self::Xml(path) => format!("`{}`", path.expression()),
        }
    }

    /// Gives what messages call one of the things found.
    pub(crate) fn label_at(&self, spot: &Spot) -> String {
        match (self, spot) {
            (Self::Json(_), Spot::Pointer(pointer)) if pointer.is_empty() => "the body".to_owned(),
            (Self::Json(_), Spot::Pointer(text)) | (_, Spot::Xml(text, _)) => quoted(text),
            _ => self.label(),
        }
    }

    /// Gives the place of one of the things found, or of what should have been there.
    pub(crate) fn place(&self, side: Side, spot: Option<&Spot>, subjects: &Subjects<'_>) -> Place {
        let message = part_of(side);
        let plain = |part, path: String| Place { part, path, line: None, column: None, bytes: None };
        let content = || subjects.body(side).map(|body| body.plain_bytes().as_ref());
        match (self, spot) {
            (Self::Json(_), Some(Spot::Pointer(pointer))) => subjects.place_in_json(side, pointer),
            (Self::Json(path), _) => plain(message, path.expression().to_owned()),
            (Self::Xml(_), Some(Spot::Xml(path, range))) => located(message, path.clone(), range.clone(), content()),
            (Self::Xml(path), _) => plain(message, path.expression().to_owned()),
            (Self::Hook(path), Some(Spot::Pointer(_)) | None) => plain(Part::Hook, path.expression().to_owned()),
            (Self::Method | Self::Path | Self::Query(_), _) => plain(Part::Request, self.label().replace('`', "")),
            (Self::Reason | Self::Status, _) => plain(Part::Response, self.label().replace('`', "")),
            (Self::Body(_) | Self::Header(_) | Self::HeaderCount(_) | Self::Jwt { .. } | Self::JwtSignature { .. }, _) => {
                plain(message, self.label().replace('`', ""))
            }
            (Self::Tls(_), _) => plain(Part::Connection, self.label()),
            (Self::Timing(_), _) => plain(Part::Timing, self.label()),
            (Self::Count | Self::Series(_), _) => plain(Part::Sequence, self.label()),
            _ => plain(Part::Exchange, self.label().replace('`', "")),
        }
    }
}

/// Puts a text of the reader's, such as a value or a path, between backticks.
pub(crate) fn quoted(text: &str) -> String {
    ["`", text, "`"].concat()
}

/// Makes a place with line, column and bytes.
pub(crate) fn located(part: Part, path: String, range: Option<Range<usize>>, content: Option<&[u8]>) -> Place {
    let position = range.as_ref().zip(content).map(|(range, content)| line_column(content, range.start));
    Place {
        part,
        path,
        line: position.map(|(line, _)| line),
        column: position.map(|(_, column)| column),
        bytes: range.map(|range| (range.start as u64, range.end as u64)),
    }
}

fn tls_label(field: TlsField) -> &'static str {
    match field {
        TlsField::Alert => "TLS alert",
        TlsField::Alpn => "ALPN protocol",
        TlsField::AlpnOffered => "ALPN offer",
        TlsField::PeerFingerprint => "fingerprint of the certificate",
        TlsField::PeerIssuer => "issuer of the certificate",
        TlsField::PeerKey => "key of the certificate",
        TlsField::PeerNames => "names of the certificate",
        TlsField::PeerNotAfter => "end of the certificate",
        TlsField::PeerNotBefore => "beginning of the certificate",
        TlsField::PeerSerial => "serial number of the certificate",
        TlsField::PeerSubject => "subject of the certificate",
        TlsField::ServerName => "TLS server name",
        TlsField::Suite => "TLS cipher suite",
        TlsField::Version => "TLS version",
        TlsField::VersionOffered => "TLS version offered",
    }
}

#[cfg(test)]
mod tests;
