//! What a client offers in its ClientHello (RFC 8446 §4.1.2), read before TLS begins.

use crate::limits::HELLO_BYTES_MAX;
use bytes::BytesMut;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// What a client offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// Server name (RFC 6066 §3).
    pub server_name: Option<String>,
    /// Application protocols, in order (RFC 7301).
    pub alpn: Vec<String>,
    /// Highest version: `1.0` to `1.3`.
    pub version: Option<String>,
}

/// Reads until the first handshake message is whole, or is plainly none; `bytes` holds what came however it ends.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin), bytes: &mut BytesMut) -> io::Result<Option<Hello>> {
    loop {
        match whole(bytes) {
            Whole::Message(message) => return Ok(parse(&message)),
            Whole::None => return Ok(None),
            Whole::More if bytes.len() >= HELLO_BYTES_MAX => return Ok(None),
            Whole::More => {}
        }
        if stream.read_buf(bytes).await? == 0 {
            return Ok(None);
        }
    }
}

/// Tells whether bytes could be the beginning of a ClientHello.
pub(crate) fn is_beginning(bytes: &[u8]) -> bool {
    bytes.len() < HELLO_BYTES_MAX && matches!(whole(bytes), Whole::More)
}

enum Whole {
    Message(Vec<u8>),
    More,
    None,
}

/// Joins the records of the first handshake message (RFC 8446 §5.1).
fn whole(bytes: &[u8]) -> Whole {
    let (mut rest, mut message) = (bytes, Vec::new());
    loop {
        let Some((head, after)) = rest.split_at_checked(5) else {
            return if rest.first().is_none_or(|kind| *kind == 22) { Whole::More } else { Whole::None };
        };
        if head.first() != Some(&22) || head.get(1) != Some(&3) {
            return Whole::None;
        }
        let length = usize::from(u16::from_be_bytes([head.get(3).copied().unwrap_or(0), head.get(4).copied().unwrap_or(0)]));
        let Some((fragment, after)) = after.split_at_checked(length) else { return Whole::More };
        message.extend_from_slice(fragment);
        rest = after;
        if let [1, a, b, c, ..] = message[..] {
            let wanted = 4 + (usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c));
            if message.len() >= wanted {
                return Whole::Message(message);
            }
        } else if message.first().is_some_and(|kind| *kind != 1) {
            return Whole::None;
        }
    }
}

/// Walks a byte string.
struct Walk<'a>(&'a [u8]);

impl<'a> Walk<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, bytes: usize) -> Option<usize> {
        Some(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    fn vector(&mut self, length_bytes: usize) -> Option<Walk<'a>> {
        let length = self.number(length_bytes)?;
        self.take(length).map(Walk)
    }
}

fn parse(message: &[u8]) -> Option<Hello> {
    let mut walk = Walk(message);
    walk.take(4)?;
    let legacy = walk.number(2)?;
    walk.take(32)?;
    walk.vector(1)?;
    walk.vector(2)?;
    walk.vector(1)?;
    let mut hello = Hello { version: version_name(legacy), ..Hello::default() };
    let Some(mut extensions) = walk.vector(2) else { return Some(hello) };
    while let Some(kind) = extensions.number(2) {
        let mut body = extensions.vector(2)?;
        match kind {
            // server_name: a list of (type 0, name).
            0 => {
                let mut names = body.vector(2)?;
                if names.number(1) == Some(0) {
                    hello.server_name = names.vector(2).map(|name| String::from_utf8_lossy(name.0).into_owned());
                }
            }
            16 => {
                let mut protocols = body.vector(2)?;
                while let Some(protocol) = protocols.vector(1) {
                    hello.alpn.push(String::from_utf8_lossy(protocol.0).into_owned());
                }
            }
            // supported_versions
            43 => {
                let mut versions = body.vector(1)?;
                let mut highest = 0;
                while let Some(version) = versions.number(2) {
                    // Values such as 0x1a1a are there to keep servers tolerant (RFC 8701).
                    if (0x0301..=0x0304).contains(&version) {
                        highest = highest.max(version);
                    }
                }
                hello.version = version_name(highest).or(hello.version);
            }
            _ => {}
        }
    }
    Some(hello)
}

/// Names a version of the wire.
pub(crate) fn version_name(number: usize) -> Option<String> {
    let name = match number {
        0x0300 => "3.0 (SSL)",
        0x0301 => "1.0",
        0x0302 => "1.1",
        0x0303 => "1.2",
        0x0304 => "1.3",
        _ => return None,
    };
    Some(name.to_owned())
}
