//! Messages as they went over the wire: of HTTP (RFC 9110, RFC 9112), and of LDAP (RFC 4511), whose body is what the message
//! says as JSON.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;

/// One header field line.
///
/// A value is kept as text in which each character is one byte (ISO-8859-1), so that any bytes of a peer survive
/// unchanged (RFC 9110 §5.5: obs-text).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(from = "(String, String)")]
#[schemars(with = "(String, String)")]
pub struct Header {
    /// Field name in the case in which it came or is sent.
    pub name: String,
    /// Field value, one character a byte.
    pub value: String,
}

impl From<(String, String)> for Header {
    fn from((name, value): (String, String)) -> Self {
        Self { name, value }
    }
}

impl From<Header> for (String, String) {
    fn from(header: Header) -> Self {
        (header.name, header.value)
    }
}

impl Serialize for Header {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.name, &self.value).serialize(serializer)
    }
}

/// Header fields in order of arrival, duplicates kept. Equal ones can be shared: see [`crate::KnownHeads`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Headers(Arc<Vec<Header>>);

impl Headers {
    /// Adds a field at the end.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        Arc::make_mut(&mut self.0).push(Header { name: name.into(), value: value.into() });
    }

    /// Gives the first value of a field; names compare without case (RFC 9110 §5.1).
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
    }

    /// Gives every value of a field in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
    }

    /// Replaces every field of that name by one, at the place of the first, or adds it at the end.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let at = self.0.iter().position(|header| header.name.eq_ignore_ascii_case(name));
        self.remove(name);
        let at = at.unwrap_or(self.0.len()).min(self.0.len());
        Arc::make_mut(&mut self.0).insert(at, Header { name: name.to_owned(), value: value.into() });
    }

    /// Removes every field of that name.
    pub fn remove(&mut self, name: &str) {
        Arc::make_mut(&mut self.0).retain(|header| !header.name.eq_ignore_ascii_case(name));
    }

    /// Gives the fields in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.0.iter()
    }

    /// Gives the fields in order, to be changed in place.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Header> {
        Arc::make_mut(&mut self.0).iter_mut()
    }

    /// Counts the field lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, String)> for Headers {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(fields: T) -> Self {
        Self(Arc::new(fields.into_iter().map(Header::from).collect()))
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = &'a Header;
    type IntoIter = std::slice::Iter<'a, Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The protocol version that a message was sent with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Version {
    /// HTTP/1.0.
    #[serde(rename = "1.0")]
    Http10,
    /// HTTP/1.1.
    #[default]
    #[serde(rename = "1.1")]
    Http11,
    /// HTTP/2.
    #[serde(rename = "2")]
    Http2,
    /// LDAP version 3: there are no header fields, and the body is what the message says as JSON.
    #[serde(rename = "ldap3")]
    Ldap3,
}

/// The content of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// Content after transfer coding and before content coding is undone (RFC 9110 §6.4).
    pub content: Bytes,
    /// Content after content coding is undone; `None` where there was none or it could not be undone.
    pub decoded: Option<Bytes>,
    /// Why the content coding could not be undone.
    pub fault: Option<BodyFault>,
}

/// Why a content coding could not be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyFault {
    /// One sentence without a full stop.
    pub reason: String,
    /// Whether nothing is known to be wrong with the content: its coding is not known here, or it is more than is read.
    pub is_limit: bool,
}

impl Body {
    /// Makes a body without content coding.
    #[must_use]
    pub fn plain(content: impl Into<Bytes>) -> Self {
        Self { content: content.into(), decoded: None, fault: None }
    }

    /// Gives the content as its sender wrote it, content coding undone where that was possible.
    #[must_use]
    pub fn plain_bytes(&self) -> &Bytes {
        self.decoded.as_ref().unwrap_or(&self.content)
    }
}

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Method token, in the case in which it came.
    pub method: String,
    /// Request target as sent (RFC 9112 §3.2), path and query for the origin form.
    pub target: String,
    /// Version.
    pub version: Version,
    /// Header fields, in order of arrival.
    pub headers: Headers,
    /// Content.
    pub body: Body,
}

impl Request {
    /// Gives the path: the target up to `?`, without scheme and authority of an absolute form.
    #[must_use]
    pub fn path(&self) -> &str {
        let end = self.target.bytes().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(self.target.len());
        let target = &self.target[..end];
        if target.starts_with('/') {
            return target;
        }
        match target.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
            None => target,
        }
    }

    /// Gives the query after `?`, undecoded, where there is one.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query.split('#').next().unwrap_or(""))
    }
}

/// A response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Status code, as sent.
    pub status: u16,
    /// Reason phrase, as sent; empty in HTTP/2.
    pub reason: String,
    /// Version.
    pub version: Version,
    /// Header fields, in order of arrival.
    pub headers: Headers,
    /// Content.
    pub body: Body,
}

/// Gives the members of a list that says what is accepted, each with its weight (RFC 9110 §12.4.2): 1 where none is said. What has the
/// weight 0 is refused, and left out, as is what has one that cannot be read.
pub fn weighted(list: &str) -> impl Iterator<Item = (&str, f32)> {
    list.split(',').filter_map(|member| {
        let mut parts = member.split(';').map(str::trim);
        let name = parts.next()?;
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>).ok()?;
        (weight > 0.0).then_some((name, weight))
    })
}
