//! Heads of HTTP/1 messages: written exactly as given, and read again from the bytes that came (RFC 9112).

use bytes::{BufMut, Bytes, BytesMut};
use counterpart_evidence::{Headers, Request, Response, Version};
use std::mem::MaybeUninit;

/// Field lines that most messages stay below.
const FIELDS_USUAL: usize = 32;

/// Writes a response's head.
pub(crate) fn response(response: &Response) -> Bytes {
    let mut head = BytesMut::with_capacity(256);
    head.put_slice(version(response.version).as_bytes());
    head.put_slice(format!(" {} {}\r\n", response.status, response.reason).as_bytes());
    fields(&mut head, &response.headers);
    head.freeze()
}

/// Writes a request's head.
pub(crate) fn request(request: &Request) -> Bytes {
    let mut head = BytesMut::with_capacity(256);
    head.put_slice(format!("{} {} {}\r\n", request.method, request.target, version(request.version)).as_bytes());
    fields(&mut head, &request.headers);
    head.freeze()
}

fn version(version: Version) -> &'static str {
    match version {
        Version::Http10 => "HTTP/1.0",
        Version::Http11 | Version::Http2 | Version::Ldap3 => "HTTP/1.1",
    }
}

fn fields(head: &mut BytesMut, headers: &Headers) {
    for header in headers {
        latin1(head, &header.name);
        head.put_slice(b": ");
        latin1(head, &header.value);
        head.put_slice(b"\r\n");
    }
    head.put_slice(b"\r\n");
}

/// Writes text of which each character is one byte; a character beyond that is written as UTF-8.
fn latin1(head: &mut BytesMut, text: &str) {
    if text.is_ascii() {
        return head.put_slice(text.as_bytes());
    }
    for character in text.chars() {
        match u8::try_from(u32::from(character)) {
            Ok(byte) => head.put_u8(byte),
            Err(_) => head.put_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// Reads bytes as text of which each character is one byte.
pub(crate) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => text.to_owned(),
        _ => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// What stands in a head beside method or status.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) headers: Headers,
    pub(crate) version: Version,
    /// Target of a request, reason phrase of a response.
    pub(crate) text: String,
}

/// Reads the head of a request that came, fields in order and case, and its length; `None` where it is no HTTP/1 head.
pub(crate) fn reread_request(bytes: &[u8], count_max: usize) -> Option<(Head, usize)> {
    let mut parsed = httparse::Request::new(&mut []);
    // Most messages have few fields, which then need no memory of their own while they are read.
    let mut few = [const { MaybeUninit::uninit() }; FIELDS_USUAL];
    let mut many;
    let mut status = parsed.parse_with_uninit_headers(bytes, &mut few);
    if status == Err(httparse::Error::TooManyHeaders) {
        many = vec![MaybeUninit::uninit(); count_max];
        status = parsed.parse_with_uninit_headers(bytes, &mut many);
    }
    let httparse::Status::Complete(length) = status.ok()? else { return None };
    let text = parsed.path.unwrap_or("").to_owned();
    Some((Head { headers: collect(parsed.headers), version: minor(parsed.version), text }, length))
}

/// Reads the head of a response that came, interim responses passed over, and where it ends; `None` where it is none.
pub(crate) fn reread_response(bytes: &[u8], count_max: usize) -> Option<(Head, usize)> {
    let mut from = 0;
    loop {
        let mut fields = vec![httparse::EMPTY_HEADER; count_max];
        let mut parsed = httparse::Response::new(&mut fields);
        let httparse::Status::Complete(length) = parsed.parse(bytes.get(from..)?).ok()? else { return None };
        from += length;
        if !parsed.code.is_some_and(|code| (100..200).contains(&code) && code != 101) {
            let text = parsed.reason.unwrap_or("").to_owned();
            return Some((Head { headers: collect(parsed.headers), version: minor(parsed.version), text }, from));
        }
    }
}

fn minor(version: Option<u8>) -> Version {
    if version == Some(0) { Version::Http10 } else { Version::Http11 }
}

/// Finds where a message ends whose content is that long once transfer coding is undone (RFC 9112 §6.3).
pub(crate) fn message_end(bytes: &[u8], head_bytes: usize, headers: &Headers, content_bytes: usize) -> Option<usize> {
    // RFC 9112 §6.3: a transfer coding overrides a length.
    let chunked = headers.all("transfer-encoding").any(|value| value.to_ascii_lowercase().contains("chunked"));
    if !chunked {
        return head_bytes.checked_add(content_bytes);
    }
    let mut at = head_bytes;
    loop {
        let line = bytes.get(at..)?.iter().position(|byte| *byte == b'\n')?;
        let size = std::str::from_utf8(bytes.get(at..at + line)?).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        at += line + 1;
        if size == 0 {
            break;
        }
        // Content and the line end after it.
        at = at.checked_add(size)?;
        at += bytes.get(at..)?.iter().position(|byte| *byte == b'\n')? + 1;
    }
    loop {
        // Trailers up to an empty line (RFC 9112 §7.1.2).
        let line = bytes.get(at..)?.iter().position(|byte| *byte == b'\n')?;
        at += line + 1;
        if line == 0 || (line == 1 && bytes.get(at - 2) == Some(&b'\r')) {
            return Some(at);
        }
    }
}

fn collect(fields: &[httparse::Header<'_>]) -> Headers {
    fields.iter().map(|field| (field.name.to_owned(), text(field.value))).collect()
}

/// Turns hyper's header map into fields, for HTTP/2, where the frames are not read again.
pub(crate) fn from_map(map: &http::HeaderMap) -> Headers {
    map.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}

/// Names hyper's version.
pub(crate) fn version_of(version: http::Version) -> Version {
    match version {
        http::Version::HTTP_10 => Version::Http10,
        http::Version::HTTP_2 => Version::Http2,
        _ => Version::Http11,
    }
}
