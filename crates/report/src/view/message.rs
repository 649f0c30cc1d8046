//! One message as it is shown: first line, header fields, content pretty-printed and as sent.

use crate::bodies::Bodies;
use crate::code::{self, Code, Notation, Span};
use crate::limits::{BODY_BYTES_MAX, DECODED_BYTES_MAX, HEADERS_MAX, MARKS_MAX, WIRE_BYTES_MAX};
use crate::text;
use bytes::Bytes;
use counterpart_document::{Json, Limits, Xml};
use counterpart_evidence::{BodyRef, ExchangeId, Finding, MessageRecord, Part, Version};
use serde::Serialize;
use std::io::Read;

/// Heading of content that stands byte for byte as it was sent.
const AS_SENT: &str = "As sent";

/// A header field.
#[derive(Debug, Serialize)]
pub(crate) struct Field {
    /// Name.
    pub(crate) name: String,
    /// Value.
    pub(crate) value: String,
    /// Whether a secret in it was overwritten.
    pub(crate) masked: bool,
    /// Whether a finding names it.
    pub(crate) hit: bool,
}

/// A message.
#[derive(Debug, Serialize)]
pub(crate) struct Message {
    /// `Request` or `Response`.
    pub(crate) name: &'static str,
    /// The exchange that it is of.
    exchange: String,
    /// Request line or status line.
    pub(crate) first_line: String,
    /// Whether a finding names the first line.
    pub(crate) first_line_hit: bool,
    /// Whether a secret in the first line was overwritten.
    pub(crate) first_line_masked: bool,
    /// Header fields.
    pub(crate) headers: Vec<Field>,
    /// How many fields are not shown, in words.
    pub(crate) headers_left: Option<String>,
    /// Size and digest of the content, in words.
    pub(crate) body_note: Option<String>,
    /// Digest of the content.
    pub(crate) digest: Option<String>,
    /// What a reader must know of the content: masked, decoded, cut short, not kept.
    pub(crate) notes: Vec<String>,
    /// The content with one value a line.
    pub(crate) pretty: Option<Code>,
    /// The content as sent.
    pub(crate) raw: Option<Code>,
    /// Heading of `raw`.
    pub(crate) raw_name: &'static str,
    /// The exact bytes on the wire.
    pub(crate) wire: Option<Code>,
    /// What follows the bytes shown.
    pub(crate) wire_note: Option<&'static str>,
    /// Digest of the exact bytes.
    pub(crate) wire_digest: Option<String>,
}

/// Tells whether something was overwritten in a field of the head.
fn is_masked(record: &MessageRecord, field: &str) -> bool {
    record.masked.iter().any(|mask| mask.field.eq_ignore_ascii_case(field))
}

/// Writes the first line of a message.
pub(crate) fn first_line(message: &MessageRecord) -> String {
    let version = match message.version {
        Version::Http10 => "HTTP/1.0",
        Version::Http11 => "HTTP/1.1",
        Version::Http2 => "HTTP/2",
        Version::Ldap3 => "LDAPv3",
    };
    let line = match message.status {
        Some(status) => format!("{version} {status} {}", message.reason.as_deref().unwrap_or("")),
        None => format!("{} {} {version}", message.method.as_deref().unwrap_or("?"), message.target.as_deref().unwrap_or("?")),
    };
    text::line(line.trim_end())
}

/// Makes the view of a message with every place marked that a finding names in it.
pub(crate) fn message(
    of: ExchangeId,
    name: &'static str,
    record: &MessageRecord,
    findings: &[&Finding],
    bodies: &dyn Bodies,
) -> Message {
    let names = |wanted: &str| findings.iter().any(|finding| named(finding, wanted));
    let headers: Vec<Field> = record
        .headers
        .iter()
        .take(HEADERS_MAX)
        .map(|header| Field {
            name: text::line(&header.name),
            value: text::line(&header.value),
            masked: is_masked(record, &header.name),
            hit: names(&format!("header {}", header.name)),
        })
        .collect();
    let left = record.headers.len().saturating_sub(HEADERS_MAX) as u64;
    let first_line_hit = ["status", "method", "path", "target", "query"].iter().any(|word| names(word));
    let mut view = Message {
        name,
        exchange: of.to_string(),
        first_line: first_line(record),
        first_line_hit,
        first_line_masked: is_masked(record, "target") || is_masked(record, "reason"),
        headers,
        headers_left: (left > 0).then(|| format!("{} not shown", text::counted(left, "more field"))),
        body_note: None,
        digest: None,
        notes: record.body_fault.iter().map(|fault| text::line(fault)).collect(),
        pretty: None,
        raw: None,
        raw_name: AS_SENT,
        wire: None,
        wire_note: None,
        wire_digest: None,
    };
    fill_body(&mut view, record, findings, bodies);
    fill_wire(&mut view, record, bodies);
    view
}

fn fill_body(view: &mut Message, record: &MessageRecord, findings: &[&Finding], bodies: &dyn Bodies) {
    let Some(body) = record.body.as_ref().filter(|body| body.bytes > 0) else { return };
    view.body_note = Some(text::size(body.bytes));
    view.digest = Some(text::line(&body.digest));
    view.notes.extend(body_notes(body));
    let Some(source) = body_text(record, bodies) else {
        view.notes.push("the content is not kept in this run folder, or no longer".to_owned());
        return;
    };
    if source.unfolded {
        view.notes.push("shown with its content coding undone; size and digest are of the bytes as sent".to_owned());
        view.raw_name = "As sent, content coding undone";
    }
    let marks = marks(findings, &source.text);
    let notation = Notation::find(record.headers.first("content-type"), &source.text);
    view.pretty = code::pretty(&source.text, notation, &marks, BODY_BYTES_MAX);
    if view.pretty.is_none() && notation != Notation::Plain {
        view.notes.push("not pretty-printed, because it is not well-formed or too large".to_owned());
    }
    view.raw = Some(code::raw(&source.text, &marks, BODY_BYTES_MAX));
}

fn body_notes(body: &BodyRef) -> Vec<String> {
    let mut notes = Vec::new();
    if !body.masked.is_empty() {
        let places = text::counted(body.masked.len() as u64, "secret");
        notes.push(format!("{places} overwritten by as many asterisks when the evidence was recorded"));
    }
    notes.extend(body.remark.as_deref().map(text::line));
    if body.decoded {
        notes.push("kept with its content coding undone, because a secret stood in compressed content".to_owned());
    }
    notes
}

/// The bytes on the wire; where the content follows the head as it is, it stands above and is not shown twice.
fn fill_wire(view: &mut Message, record: &MessageRecord, bodies: &dyn Bodies) {
    let Some(wire) = &record.wire else { return };
    view.wire_digest = Some(text::line(&wire.digest));
    let Some(mut bytes) = bodies.body(&wire.digest) else { return };
    let content = record.body.as_ref().map(|body| body.digest.as_str());
    match wire.followed_by.as_deref() {
        Some(rest) if Some(rest) == content && view.raw.is_some() && view.raw_name == AS_SENT => {
            view.wire_note = Some("then the content as sent, above");
        }
        Some(rest) => match bodies.body(rest) {
            Some(content) => bytes.extend_from_slice(&content),
            None => return,
        },
        None => {}
    }
    view.wire = Some(code::raw(&text::from_bytes(&bytes), &[], WIRE_BYTES_MAX));
}

/// The content of a message as text.
pub(crate) struct BodyText {
    /// The text; what is not UTF-8 stands as `⟨xFF⟩`.
    pub(crate) text: String,
    /// Whether a content coding was undone here.
    pub(crate) unfolded: bool,
}

/// Reads the content of a message, its content coding undone where that can be done (RFC 9110 §8.4.1).
pub(crate) fn body_text(record: &MessageRecord, bodies: &dyn Bodies) -> Option<BodyText> {
    let body = record.body.as_ref()?;
    let bytes = bodies.body(&body.digest)?;
    let coding = record.headers.first("content-encoding").map(|value| value.trim().to_ascii_lowercase());
    let unfolded = match coding.as_deref() {
        _ if body.decoded => None,
        Some("gzip" | "x-gzip") => unfold(flate2::read::MultiGzDecoder::new(bytes.as_slice())),
        // RFC 9110 §8.4.1.2: deflate is the zlib form.
        Some("deflate") => unfold(flate2::read::ZlibDecoder::new(bytes.as_slice())),
        _ => None,
    };
    let was = unfolded.is_some();
    Some(BodyText { text: text::from_bytes(unfolded.as_deref().unwrap_or(&bytes)), unfolded: was })
}

fn unfold(reader: impl Read) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    reader.take(DECODED_BYTES_MAX).read_to_end(&mut out).ok()?;
    Some(out)
}

/// Tells whether a finding's place names something outside the body, such as `header Date`.
fn named(finding: &Finding, wanted: &str) -> bool {
    finding.place.as_ref().is_some_and(|place| place.path.eq_ignore_ascii_case(wanted))
}

/// Gives the places in a body that findings name: their byte range, else line and column, which mark one word, else
/// where their path leads.
pub(crate) fn marks(findings: &[&Finding], source: &str) -> Vec<Span> {
    let place = |finding: &&Finding| {
        let place = finding.place.as_ref()?;
        match (place.bytes, place.line) {
            (Some((from, to)), _) => Some((usize::try_from(from).ok()?, usize::try_from(to).ok()?)),
            (None, Some(line)) => at_line(source, line, place.column.unwrap_or(1)),
            (None, None) => at_path(source, &place.path),
        }
    };
    findings.iter().filter_map(place).take(MARKS_MAX).collect()
}

/// Finds what a JSON Pointer or the path of an XML node leads to.
fn at_path(source: &str, path: &str) -> Option<Span> {
    let limits = Limits::default();
    let found = path.starts_with('/').then(|| Bytes::copy_from_slice(source.as_bytes())).and_then(|text| {
        match Json::parse(&text, &limits) {
            Ok(json) => json.locate(path),
            Err(_) => Xml::parse(&text, &limits).ok()?.locate(path),
        }
    })?;
    Some((found.start, found.end))
}

fn at_line(source: &str, line: u32, column: u32) -> Option<Span> {
    let mut start = 0;
    for _ in 1..line {
        start += source.get(start..)?.find('\n')? + 1;
    }
    let rest = source.get(start..)?;
    let from = rest.char_indices().nth(column.saturating_sub(1) as usize).map_or(rest.len(), |(at, _)| at);
    let word = rest.get(from..)?;
    let length = word.find(|character: char| character.is_whitespace() || ",<>{}[]".contains(character)).unwrap_or(word.len());
    Some((start + from, start + from + length.max(1)))
}

/// Tells whether a finding speaks of the request, or of the response.
pub(crate) fn is_of(finding: &Finding, part: Part) -> bool {
    finding.place.as_ref().is_some_and(|place| place.part == part)
}
