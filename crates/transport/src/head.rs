//! Heads of HTTP/1 messages: written exactly as given, and read again from the bytes that came (RFC 9112).

use bytes::{BufMut, Bytes, BytesMut};
use counterpart_evidence::{Headers, Request, Response, Version};

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
        Version::Http11 | Version::Http2 => "HTTP/1.1",
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
    for character in text.chars() {
        match u8::try_from(u32::from(character)) {
            Ok(byte) => head.put_u8(byte),
            Err(_) => head.put_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// Reads bytes as text of which each character is one byte.
pub(crate) fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// Reads the header fields of a head that came, in order and case; `None` where it is no HTTP/1 head.
pub(crate) fn reread_request(bytes: &[u8], count_max: usize) -> Option<(Headers, Version, String)> {
    let mut fields = vec![httparse::EMPTY_HEADER; count_max];
    let mut parsed = httparse::Request::new(&mut fields);
    parsed.parse(bytes).ok().filter(httparse::Status::is_complete)?;
    let version = if parsed.version == Some(0) { Version::Http10 } else { Version::Http11 };
    Some((collect(parsed.headers), version, parsed.path.unwrap_or("").to_owned()))
}

/// Reads status line and fields of a response that came, interim responses passed over; `None` where it is none.
pub(crate) fn reread_response(mut bytes: &[u8], count_max: usize) -> Option<(Headers, Version, String)> {
    loop {
        let mut fields = vec![httparse::EMPTY_HEADER; count_max];
        let mut parsed = httparse::Response::new(&mut fields);
        let httparse::Status::Complete(length) = parsed.parse(bytes).ok()? else { return None };
        if parsed.code.is_some_and(|code| (100..200).contains(&code) && code != 101) {
            bytes = bytes.get(length..)?;
            continue;
        }
        let version = if parsed.version == Some(0) { Version::Http10 } else { Version::Http11 };
        return Some((collect(parsed.headers), version, parsed.reason.unwrap_or("").to_owned()));
    }
}

fn collect(fields: &[httparse::Header<'_>]) -> Headers {
    fields.iter().map(|field| (field.name.to_owned(), text(field.value))).collect()
}

/// Turns hyper's header map into fields, for HTTP/2, where the frames are not read again.
pub(crate) fn from_map(map: &http::HeaderMap) -> Headers {
    map.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}
