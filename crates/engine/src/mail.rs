//! Mails as `.eml` files: written (RFC 5322, RFC 2045) and read, as far as a test bed must.
//!
//! Reading takes headers, the first text part and every attachment, with base64 and quoted-printable undone. It never fails:
//! what cannot be read is left out, so that a check finds it missing.

use jiff::Timestamp;
use serde_json::{Value, json};
use std::path::Path;

/// A mail to write.
pub(crate) struct Letter {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) unix_ms: i64,
    pub(crate) attachments: Vec<Part>,
}

/// An attachment.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// Writes a mail.
pub(crate) fn render(letter: &Letter, boundary: &str) -> Vec<u8> {
    let date =
        Timestamp::from_millisecond(letter.unix_ms).unwrap_or_default().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    let mut text = format!(
        "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {date}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n",
        letter.from,
        letter.to.join(", "),
        encoded_word(&letter.subject),
    );
    text.push_str(&format!(
        "--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        base64(letter.text.as_bytes())
    ));
    for part in &letter.attachments {
        text.push_str(&format!(
            "--{boundary}\r\nContent-Type: {}\r\nContent-Disposition: attachment; filename=\"{}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            part.media_type,
            part.name.replace(['"', '\\'], "_"),
            base64(&part.bytes)
        ));
    }
    text.push_str(&format!("--{boundary}--\r\n"));
    text.into_bytes()
}

/// Writes a header text that is not ASCII as an encoded word (RFC 2047).
fn encoded_word(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { format!("=?utf-8?B?{}?=", base64(text.as_bytes()).replace("\r\n", "")) }
}

/// Encodes as base64 in lines of 76 characters (RFC 2045 §6.8).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |bits: u32| char::from(ALPHABET.get((bits & 63) as usize).copied().unwrap_or(b'='));
    let mut text = String::new();
    for (at, chunk) in bytes.chunks(3).enumerate() {
        if at > 0 && at % 19 == 0 {
            text.push_str("\r\n");
        }
        let bits = chunk.iter().enumerate().fold(0_u32, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4_usize {
            text.push(if at <= chunk.len() { letter(bits >> (18 - 6 * at)) } else { '=' });
        }
    }
    text
}

/// Decodes base64, white space passed over; `None` where it is none.
pub(crate) fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 255).unwrap_or(0));
        }
    }
    Some(out)
}

/// Reads a mail as checks see it; `None` where the file has no header at all.
pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n")?;
    let headers = headers(head);
    let mut parts = Vec::new();
    collect(&headers, body, 0, &mut parts);
    let first_text = parts
        .iter()
        .find(|part| part.name.is_none() && part.media_type.starts_with("text/"))
        .map(|part| String::from_utf8_lossy(&part.bytes).into_owned());
    let attachments: Vec<Value> =
        parts.iter().filter(|part| part.name.is_some() || !part.media_type.starts_with("text/")).map(attachment).collect();
    let one = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    Some(json!({
        "file": path.file_name().map(|name| name.to_string_lossy()),
        "from": one("from"),
        "to": one("to").map(|to| to.split(',').map(|one| one.trim().to_owned()).collect::<Vec<_>>()),
        "subject": one("subject").map(|subject| decoded_words(&subject)),
        "text": first_text.unwrap_or_default(),
        "attachments": attachments,
    }))
}

struct Found {
    name: Option<String>,
    media_type: String,
    bytes: Vec<u8>,
}

fn attachment(part: &Found) -> Value {
    json!({
        "name": part.name,
        "media_type": part.media_type,
        "size": part.bytes.len(),
        "sha256": sha256(&part.bytes),
        "text": String::from_utf8_lossy(&part.bytes),
        "json": serde_json::from_slice::<Value>(&part.bytes).ok(),
    })
}

/// Unfolds header lines (RFC 5322 §2.2.3); names in lower case.
fn headers(head: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.lines() {
        match (line.starts_with([' ', '\t']), line.split_once(':'), headers.last_mut()) {
            (true, _, Some((_, value))) => value.push_str(&format!(" {}", line.trim())),
            (false, Some((name, value)), _) => headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned())),
            _ => {}
        }
    }
    headers
}

/// How deep parts may nest.
const PART_DEPTH_MAX: usize = 8;

fn collect(headers: &[(String, String)], body: &str, depth: usize, parts: &mut Vec<Found>) {
    let one = |name: &str| headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let kind = one("content-type");
    let media_type = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let boundary = parameter(kind, "boundary").filter(|_| media_type.starts_with("multipart/") && depth < PART_DEPTH_MAX);
    let Some(boundary) = boundary else {
        let name = parameter(one("content-disposition"), "filename").or_else(|| parameter(kind, "name"));
        let bytes = match one("content-transfer-encoding").to_ascii_lowercase().as_str() {
            "base64" => unbase64(body).unwrap_or_default(),
            "quoted-printable" => quoted_printable(body),
            _ => body.as_bytes().to_vec(),
        };
        let media_type = if media_type.is_empty() { "text/plain".to_owned() } else { media_type };
        parts.push(Found { name, media_type, bytes });
        return;
    };
    let marker = format!("--{boundary}");
    for piece in format!("\n{body}").split(&format!("\n{marker}")).skip(1) {
        if piece.starts_with("--") {
            break;
        }
        let piece = piece.split_once('\n').map_or("", |(_, rest)| rest);
        let (head, content) = match piece.strip_prefix('\n') {
            Some(content) => ("", content),
            None => piece.split_once("\n\n").unwrap_or((piece, "")),
        };
        collect(&self::headers(head), content, depth + 1, parts);
    }
}

fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|part| {
        let (key, text) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| text.trim().trim_matches('"').to_owned())
    })
}

/// Undoes quoted-printable (RFC 2045 §6.7).
fn quoted_printable(text: &str) -> Vec<u8> {
    let joined = text.replace("=\n", "");
    let bytes = joined.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let pair = joined.get(at + 1..at + 3).filter(|_| *byte == b'=').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        out.push(pair.unwrap_or(*byte));
        at += if pair.is_some() { 3 } else { 1 };
    }
    out
}

/// Undoes encoded words (RFC 2047).
fn decoded_words(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, word)) = rest.split_once("=?") {
        let mut fields = word.splitn(3, '?');
        let (Some(_), Some(coding), Some(tail)) = (fields.next(), fields.next(), fields.next()) else { break };
        let Some((encoded, after)) = tail.split_once("?=") else { break };
        let bytes = if coding.eq_ignore_ascii_case("b") {
            unbase64(encoded).unwrap_or_default()
        } else {
            quoted_printable(&encoded.replace('_', " "))
        };
        out.push_str(before);
        out.push_str(&String::from_utf8_lossy(&bytes));
        rest = after.trim_start();
    }
    out.push_str(rest);
    out
}

/// Gives the SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::{Letter, Part, base64, parse, render, unbase64};
    use std::path::Path;

    #[test]
    fn a_written_mail_reads_the_same() {
        let attachments =
            vec![Part { name: "sdm.json".to_owned(), media_type: "application/json".to_owned(), bytes: b"{\"a\":[1]}".to_vec() }];
        let letter = Letter {
            from: "a@example.org".to_owned(),
            to: vec!["b@example.org".to_owned(), "c@example.org".to_owned()],
            subject: "Zg\u{142}oszenie".to_owned(),
            text: "line one\nline two \u{1f600}".to_owned(),
            unix_ms: 0,
            attachments,
        };
        let mail = parse(Path::new("x.eml"), &render(&letter, "b1")).unwrap();
        assert_eq!(mail["subject"], "Zg\u{142}oszenie");
        assert_eq!(mail["text"], "line one\nline two \u{1f600}");
        assert_eq!(mail["to"][1], "c@example.org");
        assert_eq!(mail["attachments"][0]["json"]["a"][0], 1);
    }

    #[test]
    fn base64_goes_both_ways_for_every_length() {
        for length in 0..200_u8 {
            let bytes: Vec<u8> = (0..length).collect();
            assert_eq!(unbase64(&base64(&bytes)).unwrap(), bytes);
        }
    }

    #[test]
    fn a_mail_of_another_system_is_read() {
        let text = "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\nContent-Type: multipart/mixed;\n boundary=x\n\n--x\nContent-Transfer-Encoding: quoted-printable\n\ncaf=C3=A9 =\nnoir\n--x\nContent-Type: application/json; name=\"a.json\"\nContent-Transfer-Encoding: base64\n\ne30=\n--x--\n";
        let mail = parse(Path::new("x.eml"), text.as_bytes()).unwrap();
        assert_eq!(mail["subject"], "Gr\u{fc}\u{df}e");
        assert_eq!(mail["text"].as_str().unwrap().trim(), "caf\u{e9} noir");
        assert_eq!(mail["attachments"][0]["json"], serde_json::json!({}));
    }
}
