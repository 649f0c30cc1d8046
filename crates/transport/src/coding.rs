//! Content codings (RFC 9110 §8.4.1): gzip and deflate, undone with a bound.

use bytes::Bytes;
use counterpart_evidence::{Body, BodyFault, Headers};
use flate2::Compression;
use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::{Read, Write};

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentCoding {
    /// deflate: the zlib format (RFC 1950).
    Deflate,
    /// gzip (RFC 1952).
    Gzip,
}

/// Encodes content.
#[must_use]
pub fn encode(coding: ContentCoding, content: &[u8]) -> Vec<u8> {
    // Writing to memory cannot fail.
    match coding {
        ContentCoding::Deflate => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(content).and_then(|()| encoder.finish()).unwrap_or_default()
        }
        ContentCoding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(content).and_then(|()| encoder.finish()).unwrap_or_default()
        }
    }
}

/// Makes a body of content as it came, its coding undone where it says one.
pub(crate) fn body(headers: &Headers, content: Bytes, bytes_max: usize) -> Body {
    let coding = headers.first("content-encoding").map(|value| value.trim().to_ascii_lowercase());
    let coding = coding.filter(|value| value != "identity" && !value.is_empty() && !content.is_empty());
    let Some(coding) = coding else { return Body { content, decoded: None, fault: None } };
    let result = match coding.as_str() {
        "gzip" | "x-gzip" => bounded(GzDecoder::new(&content[..]), bytes_max),
        // Some senders mean the raw format by `deflate` (RFC 9110 §8.4.1.2 notes it).
        "deflate" => {
            let raw = |fault: BodyFault| {
                if fault.is_limit { Err(fault) } else { bounded(DeflateDecoder::new(&content[..]), bytes_max) }
            };
            bounded(ZlibDecoder::new(&content[..]), bytes_max).or_else(raw)
        }
        other => Err(BodyFault { reason: format!("the content coding `{other}` is not known here"), is_limit: true }),
    };
    match result {
        Ok(decoded) => Body { content, decoded: Some(decoded.into()), fault: None },
        Err(fault) => Body { content, decoded: None, fault: Some(fault) },
    }
}

fn bounded(reader: impl Read, bytes_max: usize) -> Result<Vec<u8>, BodyFault> {
    let mut decoded = Vec::new();
    let limit = bytes_max as u64;
    reader
        .take(limit + 1)
        .read_to_end(&mut decoded)
        .map_err(|error| BodyFault { reason: format!("the content coding could not be undone: {error}"), is_limit: false })?;
    if decoded.len() as u64 > limit {
        let reason = format!("the content is larger than {limit} bytes once its coding is undone");
        return Err(BodyFault { reason, is_limit: true });
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::{ContentCoding, body, encode};
    use counterpart_evidence::Headers;

    fn headers(coding: &str) -> Headers {
        let mut headers = Headers::default();
        headers.push("Content-Encoding", coding);
        headers
    }

    #[test]
    fn both_codings_go_both_ways() {
        for (coding, name) in [(ContentCoding::Gzip, "gzip"), (ContentCoding::Deflate, "deflate")] {
            let body = body(&headers(name), encode(coding, b"hello hello").into(), 100);
            assert_eq!(body.plain_bytes().as_ref(), b"hello hello");
        }
    }

    #[test]
    fn a_bomb_stops_at_the_bound() {
        for (coding, name) in [(ContentCoding::Gzip, "gzip"), (ContentCoding::Deflate, "deflate")] {
            let bomb = encode(coding, &vec![0; 5_000_000]);
            let body = body(&headers(name), bomb.into(), 1_000_000);
            assert!(body.decoded.is_none());
            assert!(
                body.fault.is_some_and(|fault| fault.is_limit && fault.reason.contains("larger than 1000000 bytes")),
                "{name}"
            );
        }
    }

    #[test]
    fn what_is_no_gzip_has_a_fault() {
        assert!(body(&headers("gzip"), "plain".into(), 100).fault.is_some_and(|fault| !fault.is_limit));
    }

    #[test]
    fn a_coding_that_is_not_known_is_our_limit() {
        assert!(body(&headers("br"), "plain".into(), 100).fault.is_some_and(|fault| fault.is_limit));
    }
}
