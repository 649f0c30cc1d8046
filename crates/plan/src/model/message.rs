//! Requests and replies of ours, ready to be built.

use crate::model::{Shape, Time};
use counterpart_evidence::Effect;
use counterpart_matching::{Edit, Template};
use counterpart_validate::{FhirForms, Form};
use std::sync::Arc;

/// A header field line to be built; `value` `null` leaves it out, a list sends it more than once.
#[derive(Clone, Debug)]
pub struct Field {
    /// Name.
    pub name: Template,
    /// Value.
    pub value: Shape,
}

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// gzip where the request that is answered names it in `Accept-Encoding`, else none.
    Accepted,
    /// deflate.
    Deflate,
    /// gzip.
    Gzip,
}

/// The form in which a built body is written.
#[derive(Clone, Debug)]
pub enum BodyForm {
    /// A FHIR resource, made in JSON, in either of its forms; `Content-Type` follows.
    Fhir(Arc<FhirForms>, FormChoice),
    /// JSON.
    Json,
    /// XML.
    Xml,
}

/// Who says in which form a FHIR resource goes out.
#[derive(Clone, Debug)]
pub enum FormChoice {
    /// The request that is answered.
    Accepted,
    /// A value: `json`, `xml` or a media type.
    Built(Shape),
    /// The pack.
    Is(Form),
}

/// Where a body comes from.
#[derive(Clone, Debug)]
pub enum BodyFrom {
    /// Bytes as they are.
    Bytes(Arc<[u8]>),
    /// A template; what it gives is text of the body's media type.
    Template(Template),
    /// A value, written as JSON.
    Value(Shape),
}

/// A body to be built.
#[derive(Clone, Debug)]
pub struct Body {
    /// Where it comes from.
    pub from: BodyFrom,
    /// Names that the template sees beside those in force.
    pub with: Vec<(String, Shape)>,
    /// JSON Patch operations (RFC 6902), applied in order.
    pub patch: Vec<Shape>,
    /// Form in which it is written.
    pub form: BodyForm,
    /// Media type for `Content-Type`, where no header field says it.
    pub media_type: Option<String>,
    /// Content coding.
    pub encode: Option<Coding>,
}

/// A request to be built.
#[derive(Clone, Debug)]
pub struct Request {
    /// Id of the named request it builds on.
    pub id: Option<String>,
    /// Arguments, in order; each sees those before it.
    pub with: Vec<(String, Shape)>,
    /// Method.
    pub method: Template,
    /// Path and query.
    pub path: Template,
    /// Header fields in order.
    pub headers: Vec<Field>,
    /// Body.
    pub body: Option<Body>,
    /// Edits of the finished request (mutants).
    pub edits: Vec<Edit>,
}

/// A reply to be built.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its full name, `FILE#ID`, or that of the reply that it builds on.
    pub name: Option<String>,
    /// Names for templates.
    pub with: Vec<(String, Shape)>,
    /// Status.
    pub status: Shape,
    /// Reason phrase; the usual one without.
    pub reason: Option<String>,
    /// Header fields in order.
    pub headers: Vec<Field>,
    /// Body.
    pub body: Option<Body>,
    /// What it does with what was sent.
    pub effect: Effect,
    /// What goes wrong on the way.
    pub fault: Option<Fault>,
    /// Edits of the finished reply (mutants).
    pub edits: Vec<Edit>,
}

/// How a message is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The HTTP framing.
    Http,
    /// A JSON body cut in the middle.
    Json,
    /// An XML body without its last tag.
    Xml,
}

/// How a connection ends in the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutHow {
    /// Closed in good order.
    Close,
    /// Our direction is closed.
    HalfClose,
    /// Nothing more is sent.
    Hang,
    /// Reset.
    Reset,
}

/// After what a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutAfter {
    /// After this many bytes of the body.
    Body(u64),
    /// After the head.
    Head,
    /// Before anything of the message.
    Nothing,
    /// After a request of ours, before its answer is read.
    Request,
}

/// Where and how a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// After what.
    pub after: CutAfter,
    /// How.
    pub how: CutHow,
}

/// Slow sending.
#[derive(Clone, Debug)]
pub struct Drip {
    /// Bytes at a time.
    pub bytes: u64,
    /// Time between them.
    pub every: Time,
}

/// What goes wrong with a message or its connection.
#[derive(Clone, Debug, Default)]
pub struct Fault {
    /// Time before the first byte.
    pub delay: Option<Time>,
    /// Random time added, up to this.
    pub jitter: Option<Time>,
    /// Where the connection ends.
    pub cut: Option<Cut>,
    /// Slow sending.
    pub drip: Option<Drip>,
    /// By how much Content-Length is off.
    pub length_off: i64,
    /// Chunked transfer coding instead of a length.
    pub chunked: Option<Chunked>,
    /// How it is spoilt.
    pub malformed: Option<Malformed>,
    /// Edits of the finished message.
    pub edits: Vec<Edit>,
    /// Interim responses sent first.
    pub interim: Vec<u16>,
    /// Body blown up with spaces to this many bytes.
    pub oversized: Option<u64>,
    /// Bytes instead of the message.
    pub raw: Option<Template>,
    /// Whether the connection is closed after the message.
    pub closing: Option<Closing>,
}

/// That a message is sent with chunked transfer coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunked;

/// Whether and how a connection is closed after a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// `Connection: close` is sent and the connection closed.
    Announced,
    /// The body has no length; closing ends it.
    EndsBody,
}

/// What a server answers to an application protocol offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlpnAnswer {
    /// None.
    None,
    /// One that was offered.
    Offered,
    /// One that was not offered.
    Other,
    /// One that nobody knows.
    Unknown,
}

/// What we offer in a TLS handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Lowest version, `1.2` or `1.3`.
    pub min: Option<String>,
    /// Highest version.
    pub max: Option<String>,
    /// Application protocols, in order.
    pub alpn: Vec<String>,
    /// Server name instead of the host's.
    pub server_name: Option<String>,
}
