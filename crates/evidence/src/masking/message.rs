//! Masks a whole message: head, content and the bytes on the wire alike.

use super::range::{MaskRange, listed, overwrite, tidy};
use super::seen::Seen;
use super::wire::{Layout, head_end};
use super::{Masker, json, pairs};
use crate::{Body, BodyRef, HeadMask, Headers, MessageRecord, Request, Response, Version};
use bytes::Bytes;
use memchr::memchr;
use std::ops::Range;

/// Bytes to be stored, with what the record says of them.
#[derive(Debug)]
pub(crate) struct Stored {
    /// The bytes, masked.
    pub(crate) bytes: Bytes,
    /// Their entry in the record; its digest is not set yet.
    pub(crate) entry: BodyRef,
    /// Whether the stored content follows these bytes, which are then the head alone.
    pub(crate) content_follows: bool,
}

/// A message ready to be recorded.
#[derive(Debug, Default)]
pub(crate) struct MaskedMessage {
    /// The record; its `body` and `wire` are not set yet.
    pub(crate) record: MessageRecord,
    /// Content, where there is any.
    pub(crate) content: Option<Stored>,
    /// Wire, where it was captured.
    pub(crate) wire: Option<Stored>,
}

impl MaskedMessage {
    /// Gives what is to be stored of it.
    pub(crate) fn stored(&mut self) -> impl Iterator<Item = &mut Stored> {
        self.content.iter_mut().chain(&mut self.wire)
    }

    /// Makes the record of it, once all of it is stored and has its digest.
    pub(crate) fn into_record(self) -> MessageRecord {
        let body = self.content.map(|stored| Box::new(stored.entry));
        let content = body.as_ref().map(|body| body.digest.clone());
        let wire = self.wire.map(|stored| {
            let followed_by = content.filter(|_| stored.content_follows);
            Box::new(BodyRef { followed_by, ..stored.entry })
        });
        MessageRecord { body, wire, ..self.record }
    }
}

/// The content once masked, and what its ranges are on the wire.
struct Content {
    stored: Stored,
    /// Ranges within the content as it came.
    ranges: Vec<MaskRange>,
    /// Whether a secret stood in content that is compressed on the wire.
    coded: Option<String>,
}

impl Masker {
    pub(crate) fn mask_request(&self, seen: &Seen, request: &Request, wire: &Bytes) -> MaskedMessage {
        let mut masked = Vec::new();
        let record = MessageRecord {
            method: Some(self.mask_field(&mut masked, "method", &request.method)),
            target: Some(self.mask_target(seen, &mut masked, &request.target)),
            ..self.head(seen, request.version, &request.headers)
        };
        self.message(seen, with_masks(record, masked), &request.body, wire)
    }

    pub(crate) fn mask_response(&self, seen: &Seen, response: &Response, wire: &Bytes) -> MaskedMessage {
        let mut masked = Vec::new();
        let record = MessageRecord {
            status: Some(response.status),
            reason: Some(self.mask_field(&mut masked, "reason", &response.reason)),
            ..self.head(seen, response.version, &response.headers)
        };
        self.message(seen, with_masks(record, masked), &response.body, wire)
    }

    /// Masks bytes of a connection that brought no message that could be read.
    pub(crate) fn mask_unread(&self, wire: &Bytes) -> Option<MaskedMessage> {
        let stored = self.mask_wire(wire, Version::Http11, None, &[])?;
        Some(MaskedMessage { wire: Some(stored), ..MaskedMessage::default() })
    }

    fn head(&self, seen: &Seen, version: Version, headers: &Headers) -> MessageRecord {
        let mut masked = Vec::new();
        let mut kept = headers.clone();
        for field in kept.iter_mut() {
            let bytes = latin(&field.value);
            let ranges = self.find_in_field(&latin(&field.name), &bytes);
            if ranges.is_empty() {
                continue;
            }
            let ruled = self.rules_field(&latin(&field.name));
            let mut bytes = bytes.into_owned();
            for range in &ranges {
                if let Some(part) = bytes.get(range.from..range.to).filter(|_| ruled) {
                    seen.add(&text(part));
                }
            }
            overwrite(&mut bytes, &ranges);
            field.value = text(&bytes);
            masked.extend(ranges.into_iter().map(|range| head_mask(&field.name, range)));
        }
        MessageRecord { version, headers: kept, masked, ..MessageRecord::default() }
    }

    fn mask_target(&self, seen: &Seen, masked: &mut Vec<HeadMask>, target: &str) -> String {
        let bytes = latin(target);
        let pairs = self.known(seen, &bytes, pairs::find_in_target(&bytes));
        mask_text(masked, ("target", target), tidy(self.find(&bytes).into_iter().chain(pairs).collect()))
    }

    fn mask_field(&self, masked: &mut Vec<HeadMask>, name: &str, value: &str) -> String {
        mask_text(masked, (name, value), self.find(&latin(value)))
    }

    /// Takes what stands at some places for secrets, which texts of ours may quote.
    fn known(&self, seen: &Seen, bytes: &[u8], places: Vec<Range<usize>>) -> Vec<MaskRange> {
        let range = |place: Range<usize>| {
            let value = bytes.get(place.clone()).unwrap_or(&[]);
            if let Ok(value) = std::str::from_utf8(value) {
                seen.add(value);
            }
            self.at(bytes, place)
        };
        places.into_iter().filter(|place| !place.is_empty()).map(range).collect()
    }

    fn message(&self, seen: &Seen, mut record: MessageRecord, body: &Body, wire: &Bytes) -> MaskedMessage {
        let content = (!body.content.is_empty()).then(|| self.mask_content(seen, record.version, body));
        record.body_fault = body.fault.as_ref().map(|fault| fault.reason.clone());
        let wire = self.mask_wire(wire, record.version, content.as_ref().map(|content| (content, body)), &record.masked);
        MaskedMessage { record, content: content.map(|content| content.stored), wire }
    }

    fn mask_content(&self, seen: &Seen, version: Version, body: &Body) -> Content {
        let plain = body.plain_bytes();
        let mut ranges = self.find(plain);
        let mut named = json::find(plain, &self.pointers);
        if version == Version::Ldap3 {
            // The password of a simple bind is a credential as `Authorization` is.
            named.extend(json::find(plain, &[vec!["password".to_owned()]]));
        }
        named.extend(pairs::find_in_body(plain));
        ranges.extend(self.known(seen, plain, named));
        let ranges = tidy(ranges);
        let coded = body.decoded.is_some() && !ranges.is_empty();
        // Compressed bytes that hold no secret once decoded stay as they came.
        let source = if coded { plain } else { &body.content };
        let bytes = masked_copy(source, &ranges);
        let remark = coded.then(|| "content coding was undone before storing, because a secret stood in it".to_owned());
        let coded_digest = ranges.first().filter(|_| coded).map(|range| range.digest.clone());
        let (masked, more) = listed(ranges.clone());
        let entry = BodyRef { bytes: bytes.len() as u64, masked, decoded: coded, remark: more.or(remark), ..BodyRef::default() };
        let stored = Stored { bytes, entry, content_follows: false };
        Content { stored, ranges: if coded { Vec::new() } else { ranges }, coded: coded_digest }
    }

    fn mask_wire(
        &self,
        wire: &Bytes,
        version: Version,
        content: Option<(&Content, &Body)>,
        head_masks: &[HeadMask],
    ) -> Option<Stored> {
        if wire.is_empty() {
            return None;
        }
        let empty = Bytes::new();
        let bytes = content.map_or(&empty, |(_, body)| &body.content);
        let Some(layout) = Layout::of(wire, version, bytes) else {
            return Some(self.mask_unknown_wire(wire, content.map(|(content, _)| content), head_masks));
        };
        let plain = layout.plain_head(wire).filter(|_| content.is_some_and(|(content, _)| content.coded.is_none()));
        if let Some(head) = plain {
            // The content stands in the store already; of the wire only the head is new.
            let bytes = wire.slice(..head);
            let ranges = self.find_in_lines(&bytes);
            return Some(store(&bytes, ranges, Tail::Content, None));
        }
        let mut ranges = self.find(wire);
        let mut remark = None;
        for head in &layout.heads {
            let lines = wire.get(head.clone()).unwrap_or(&[]);
            let found = self.find_in_lines(lines).into_iter();
            ranges.extend(found.map(|range| MaskRange { from: range.from + head.start, to: range.to + head.start, ..range }));
        }
        if let Some(mask) = head_masks.first().filter(|_| !layout.packed.is_empty()) {
            remark = Some("header blocks were overwritten whole, because a secret stood in one".to_owned());
            let blocks = layout.packed.iter();
            ranges.extend(blocks.map(|block| MaskRange { from: block.start, to: block.end, digest: mask.digest.clone() }));
        }
        if let Some((content, body)) = content {
            let on_wire = |range: &MaskRange| {
                let digest = range.digest.clone();
                let pieces: Vec<_> = layout.on_wire(range.from, range.to).collect();
                pieces.into_iter().map(move |(from, to)| MaskRange { from, to, digest: digest.clone() })
            };
            ranges.extend(content.ranges.iter().flat_map(on_wire));
            if let Some(digest) = &content.coded {
                remark = Some("content was overwritten whole, because a secret stood in it compressed".to_owned());
                ranges.extend(on_wire(&MaskRange { from: 0, to: body.content.len(), digest: digest.clone() }));
            }
        }
        Some(store(wire, tidy(ranges), Tail::Nothing, remark))
    }

    /// Where it is not known how the wire holds the message, all of it goes if anything of it is secret.
    fn mask_unknown_wire(&self, wire: &Bytes, content: Option<&Content>, head_masks: &[HeadMask]) -> Stored {
        let of_content = content.and_then(|content| content.coded.as_ref().or(content.ranges.first().map(|one| &one.digest)));
        if let Some(digest) = of_content.or(head_masks.first().map(|mask| &mask.digest)) {
            let all = MaskRange { from: 0, to: wire.len(), digest: digest.clone() };
            let remark = "the bytes were overwritten whole, because a secret stands in them at a place that is not known";
            return store(wire, vec![all], Tail::Nothing, Some(remark.to_owned()));
        }
        let mut ranges = self.find(wire);
        ranges.extend(self.find_in_lines(wire.get(..head_end(wire, 0).unwrap_or(wire.len())).unwrap_or(&[])));
        store(wire, tidy(ranges), Tail::Nothing, None)
    }

    fn at(&self, bytes: &[u8], place: Range<usize>) -> MaskRange {
        MaskRange { digest: self.digest(bytes.get(place.clone()).unwrap_or(&[])), from: place.start, to: place.end }
    }

    /// Finds secrets in header field lines as they stand on the wire, continued lines included (RFC 9112 §5.2).
    fn find_in_lines(&self, lines: &[u8]) -> Vec<MaskRange> {
        let mut ranges = self.find(lines);
        let start = lines.get(..memchr(b'\n', lines).unwrap_or(lines.len())).unwrap_or(&[]);
        let pairs = pairs::find_in_target(start).into_iter().map(|place| ends_at_blank(start, place));
        ranges.extend(pairs.filter(|place| !place.is_empty()).map(|place| self.at(lines, place)));
        let mut at = 0;
        let mut ruled: Option<&[u8]> = None;
        while let Some(rest) = lines.get(at..).filter(|rest| !rest.is_empty()) {
            let line = rest.get(..=memchr(b'\n', rest).unwrap_or(rest.len() - 1)).unwrap_or(rest);
            let from = at;
            at += line.len();
            let continued = matches!(line.first(), Some(b' ' | b'\t'));
            let value_at = match (continued, memchr(b':', line)) {
                (true, _) => 0,
                (false, Some(colon)) => {
                    let name = trimmed_name(line.get(..colon).unwrap_or(&[]));
                    ruled = self.rules_field(name).then_some(name);
                    colon + 1
                }
                (false, None) => {
                    ruled = None;
                    continue;
                }
            };
            let Some(name) = ruled else { continue };
            let value = line.get(value_at..).unwrap_or(&[]);
            // A continued line has lost its scheme, so that all of it is taken for the secret.
            let name = if continued { b"cookie".as_slice() } else { name };
            let found = self.find_in_field(name, value).into_iter();
            let shift = from + value_at;
            ranges.extend(found.map(|range| MaskRange { from: range.from + shift, to: range.to + shift, ..range }));
        }
        tidy(ranges)
    }
}

/// Whether the content follows stored bytes.
enum Tail {
    Content,
    Nothing,
}

fn store(source: &Bytes, ranges: Vec<MaskRange>, tail: Tail, remark: Option<String>) -> Stored {
    let bytes = masked_copy(source, &ranges);
    let (masked, more) = listed(ranges);
    let entry = BodyRef { bytes: bytes.len() as u64, masked, remark: remark.or(more), ..BodyRef::default() };
    Stored { bytes, entry, content_follows: matches!(tail, Tail::Content) }
}

fn masked_copy(source: &Bytes, ranges: &[MaskRange]) -> Bytes {
    if ranges.is_empty() {
        return source.clone();
    }
    let mut copy = source.to_vec();
    overwrite(&mut copy, ranges);
    copy.into()
}

fn with_masks(mut record: MessageRecord, mut masked: Vec<HeadMask>) -> MessageRecord {
    masked.append(&mut record.masked);
    record.masked = masked;
    record
}

fn head_mask(field: &str, range: MaskRange) -> HeadMask {
    HeadMask { field: field.to_owned(), from: range.from as u64, to: range.to as u64, digest: range.digest }
}

/// Cuts a place in a request line where the target ends (RFC 9112 §3).
fn ends_at_blank(line: &[u8], place: Range<usize>) -> Range<usize> {
    let value = line.get(place.clone()).unwrap_or(&[]);
    let length = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    place.start..place.start + length
}

/// Overwrites ranges of a text of the head.
fn mask_text(masked: &mut Vec<HeadMask>, (name, value): (&str, &str), ranges: Vec<MaskRange>) -> String {
    if ranges.is_empty() {
        return value.to_owned();
    }
    let mut bytes = latin(value).into_owned();
    overwrite(&mut bytes, &ranges);
    masked.extend(ranges.into_iter().map(|range| head_mask(name, range)));
    text(&bytes)
}

/// Gives a field's name without any blank around it, those of ISO-8859-1 included.
fn trimmed_name(name: &[u8]) -> &[u8] {
    let shown = |byte: &u8| !(byte.is_ascii_whitespace() || matches!(byte, 0x0b | 0x85 | 0xa0));
    let from = name.iter().position(shown).unwrap_or(name.len());
    let to = name.iter().rposition(shown).map_or(from, |at| at + 1);
    name.get(from..to).unwrap_or(&[])
}

/// Turns text of one character a byte into its bytes; a character beyond that, which no peer can send, stays UTF-8.
fn latin(value: &str) -> std::borrow::Cow<'_, [u8]> {
    if value.is_ascii() {
        return value.as_bytes().into();
    }
    let bytes: Option<Vec<u8>> = value.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    bytes.unwrap_or_else(|| value.as_bytes().to_vec()).into()
}

fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => text.to_owned(),
        _ => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}
