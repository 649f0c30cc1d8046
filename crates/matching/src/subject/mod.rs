//! What a condition looks at.

mod lateness;
mod other_form;
pub(crate) mod select;
mod subjects;
pub(crate) mod token;

pub use lateness::Lateness;
pub(crate) use lateness::hidden;
pub use other_form::OtherForm;
pub use select::unread;
pub(crate) use subjects::clock_advice;
pub use subjects::{Clock, Subjects};
pub(crate) use subjects::{media_type, milliseconds};
pub use token::SIGNED;

use crate::{Expression, Operand, Series};
use counterpart_document::{JsonPath, XPath};
use counterpart_jwt::Algorithm as TokenAlgorithm;
use std::sync::Arc;

/// Which message of an exchange is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The request.
    Request,
    /// The response.
    Response,
}

/// What of a body is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BodyAspect {
    /// SHA-256 of the decoded content, hexadecimal.
    Digest,
    /// The content coding (RFC 9110 §8.4), lower case; absent where there is none.
    Encoding,
    /// The media type without parameters, lower case.
    MediaType,
    /// Bytes of the decoded content.
    Size,
    /// The decoded content as text; absent where it is empty or not UTF-8.
    Text,
    /// One text for every way to write the XML tree of the content; see [`counterpart_document::Xml::canonical`].
    Xml,
}

/// A part of a JSON Web Token (RFC 7519 §3), read without checking its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JwtPart {
    /// The claims.
    Claims,
    /// The JOSE header.
    Header,
}

/// A fact of the TLS connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlsField {
    /// The alert that ended the connection.
    Alert,
    /// The negotiated application protocol.
    Alpn,
    /// The application protocols that the client offered.
    AlpnOffered,
    /// SHA-256 of the peer's certificate.
    PeerFingerprint,
    /// Issuer of the peer's certificate.
    PeerIssuer,
    /// Key of the peer's certificate.
    PeerKey,
    /// Alternative names of the peer's certificate.
    PeerNames,
    /// End of validity of the peer's certificate.
    PeerNotAfter,
    /// Beginning of validity of the peer's certificate.
    PeerNotBefore,
    /// Serial number of the peer's certificate.
    PeerSerial,
    /// Subject of the peer's certificate.
    PeerSubject,
    /// The server name that the client sent.
    ServerName,
    /// The negotiated cipher suite.
    Suite,
    /// The negotiated version.
    Version,
    /// The highest version that the client offered.
    VersionOffered,
}

/// A duration of an exchange, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimingPhase {
    /// TCP connect.
    Connect,
    /// To the first byte of the response.
    FirstByte,
    /// TLS handshake.
    Tls,
    /// To the last byte of the response.
    Total,
}

/// What a condition looks at.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A property of the body.
    Body(BodyAspect),
    /// How many exchanges there were.
    Count,
    /// The value of an expression.
    Expression(Expression),
    /// What the engine read from a file.
    File(JsonPath),
    /// The values of a header field, in order; names compare without case.
    Header(String),
    /// How many field lines of that name there are; 0 counts as present.
    HeaderCount(String),
    /// What a hook returned.
    Hook(JsonPath),
    /// Nodes of the JSON body.
    Json(JsonPath),
    /// A part of a JSON Web Token in a header field (with or without an authentication scheme before it).
    Jwt {
        /// The header field that carries it.
        header: String,
        /// Which part.
        part: JwtPart,
        /// Nodes in it.
        path: JsonPath,
    },
    /// Whether a JSON Web Token in a header field is signed with a key of a set: [`SIGNED`], or why it is not to be trusted.
    JwtSignature {
        /// The header field that carries it.
        header: String,
        /// The keys, as a value or as its text.
        keys: Operand,
        /// The algorithms that are accepted.
        algorithms: Vec<TokenAlgorithm>,
    },
    /// A line of a log.
    Log(JsonPath),
    /// A mail.
    Mail(JsonPath),
    /// The method of the request.
    Method,
    /// How the exchange ended.
    Outcome,
    /// The path of the request.
    Path,
    /// The values of a query parameter, in order, decoded.
    Query(String),
    /// The reason phrase of the response.
    Reason,
    /// Several exchanges in order.
    Series(Series),
    /// The status of the response.
    Status,
    /// The value of an expression over the store.
    Store(Expression),
    /// A duration.
    Timing(TimingPhase),
    /// A fact of the TLS connection.
    Tls(TlsField),
    /// Nodes of a named value, such as a capture.
    Value {
        /// The name.
        name: String,
        /// Nodes in it.
        path: JsonPath,
    },
    /// Nodes of the XML body.
    Xml(Arc<XPath>),
}
