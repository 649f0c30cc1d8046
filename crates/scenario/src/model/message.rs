//! Requests and replies of ours, their bodies, and the faults put into them.

use crate::model::Expectation;
use crate::read::{Read, Reader, choice, record, word};
use crate::{Data, Flag, Node, Schemas, Spanned, Text, Time};
use serde_json::{Value, json};

record! {
    /// A file in `requests/`.
    RequestFile "a request file" {
        /// The requests.
        list requests "requests": RequestItem,
    }
}

record! {
    /// A named request, for scenarios and players.
    RequestItem "a request" {
        /// Name, unique in the pack.
        required id "id": Text,
        /// Method, a template.
        required method "method": Text,
        /// Path and query below the endpoint's URL, a template.
        required path "path": Text,
        /// Header fields in order, names and values being templates; an empty value sends an empty field, `null` none.
        map headers "headers": Node,
        /// Body.
        optional body "body": Body,
        /// Arguments with their defaults (any values; text is a template).
        map with "with": Node,
        /// Checks applied to each answer.
        list expect "expect": Expectation,
    }
}

choice! {
    /// Where a body comes from.
    BodyFrom "a body" {
        /// A template of the pack, filled and escaped for its media type.
        "template" Template(Text),
        /// A file of the pack, byte for byte.
        "file" File(Text),
        /// Text written here, a template.
        "text" Text(Text),
        /// A JSON value, usually `!value NAME`.
        "from" From(Node),
        /// Bytes in hexadecimal, for what is no text.
        "hex" Hex(Text),
    }
}

word! {
    /// A content coding (RFC 9110 §8.4.1).
    Encoding "content coding" {
        /// gzip where `Accept-Encoding` of the request names it, else none.
        "accepted" Accepted,
        /// deflate.
        "deflate" Deflate,
        /// gzip.
        "gzip" Gzip,
    }
}

word! {
    /// A form in which a built body is written.
    BodyForm "body form" {
        /// As the request asks, in a pack with `fhir`: by its parameter, else by `Accept`, else as it came in itself.
        "accepted" Accepted,
        /// JSON, members in order.
        "json" Json,
        /// XML: the text that a value is, or, in a pack with `fhir`, the resource that was made in JSON.
        "xml" Xml,
    }
}

/// The form of a body: a word, or a template or `!value` that gives `json`, `xml` or a media type.
#[derive(Clone, Debug)]
pub enum BodyFormRule {
    /// What gives it.
    Built(Node),
    /// The form.
    Is(Spanned<BodyForm>),
}

impl Read for BodyFormRule {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match (&node.tag, node.text()) {
            (None, Some(text)) if !text.contains("{{") => {
                BodyForm::read(node, reader).map(|value| Self::Is(Spanned { value, span: node.span }))
            }
            _ => Node::read(node, reader).map(Self::Built),
        }
    }

    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "anyOf": [BodyForm::schema(schemas), { "type": "string", "description": "a template or `!value` that gives `json`, `xml` or a media type" }] })
    }
}

record! {
    /// A body of ours.
    Body "a body" {
        /// Where it comes from.
        flat from "": BodyFrom,
        /// Names for the template.
        map with "with": Node,
        /// JSON Patch (RFC 6902) applied to it; values may be `!value NAME` or templates.
        list patch "patch": Node,
        /// Form in which it is written once built; in a pack with `fhir` a resource made in JSON goes out in either, and `Content-Type` follows. A template or `!value` can give it.
        optional form "form": BodyFormRule,
        /// Media type for `Content-Type`; by the file's ending without.
        optional media_type "media-type": Text,
        /// Content coding.
        optional encode "encode": Encoding,
    }
}

word! {
    /// What an answer does with what was sent.
    EffectWord "effect" {
        /// Taken, then neither kept nor refused.
        "lost" Lost,
        /// Nothing to speak of.
        "none" None,
        /// Refused.
        "refused" Refused,
        /// Kept.
        "stored" Stored,
    }
}

record! {
    /// An answer of ours.
    Reply "a reply" {
        /// A named reply of a stub file that this one builds on.
        optional reply "reply": Text,
        /// Status code; of an answer over LDAP the name of its result, such as `noSuchObject` (RFC 4511 appendix A).
        optional status "status": Node,
        /// Reason phrase; the usual one without, and always over LDAP.
        optional reason "reason": Text,
        /// Header fields in order, names and values being templates; a list sends the field more than once.
        map headers "headers": Node,
        /// Body.
        optional body "body": Body,
        /// What the answer does with what was sent; `none` without.
        optional effect "effect": EffectWord,
        /// What goes wrong on the way.
        optional fault "fault": Fault,
        /// Names for templates.
        map with "with": Node,
    }
}

/// A reply: the name of one, a bare status, or a reply written on the spot.
#[derive(Clone, Debug)]
pub enum ReplyItem {
    /// A reply written on the spot.
    Inline(Box<Reply>),
    /// The name of a reply.
    Named(Text),
    /// A bare status code.
    Status(Spanned<i64>),
}

impl Read for ReplyItem {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.data {
            Data::Text(_) => Text::read(node, reader).map(Self::Named),
            Data::Integer(status) => Some(Self::Status(Spanned { value: *status, span: node.span })),
            _ => Reply::read(node, reader).map(|reply| Self::Inline(Box::new(reply))),
        }
    }

    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "anyOf": [{ "type": ["string", "integer"] }, Reply::schema(schemas)] })
    }
}

/// A named reply.
pub type Named = (Text, Reply);

word! {
    /// How a message is spoilt.
    Malformed "malformation" {
        /// The HTTP framing itself: a status line that is none.
        "http" Http,
        /// A JSON body cut in the middle.
        "json" Json,
        /// An XML body with its last tag missing.
        "xml" Xml,
    }
}

word! {
    /// How a connection ends in the middle.
    CutHow "ending" {
        /// Both directions are closed in good order.
        "close" Close,
        /// Our direction is closed, the other stays open.
        "half-close" HalfClose,
        /// Nothing more is sent, and the connection stays open.
        "hang" Hang,
        /// The connection is reset.
        "reset" Reset,
    }
}

record! {
    /// Where and how a connection ends in the middle.
    FaultCut "a cut" {
        /// After what: `nothing`, `head`, or a number of body bytes; for a request of ours also `request`, that is before the answer is read.
        required after "after": Node,
        /// How.
        required how "how": CutHow,
    }
}

record! {
    /// Slow sending.
    Drip "a drip" {
        /// Bytes at a time.
        required bytes "bytes": Spanned<i64>,
        /// Time between them.
        required every "every": Time,
    }
}

record! {
    /// One edit of a message of ours, made after it was built.
    EditItem "an edit" {
        /// Sets a header field: name and value.
        map set_header "set-header": Text,
        /// Removes header fields.
        list remove_header "remove-header": Text,
        /// Sends header fields twice.
        list duplicate_header "duplicate-header": Text,
        /// JSON Patch (RFC 6902) of the body.
        list json_patch "json-patch": Node,
        /// Edits of an XML body.
        list xml "xml": XmlEdit,
        /// Replaces text in the body: from and to.
        map replace "replace": Text,
        /// Replaces the whole body by this text.
        optional body "body": Text,
        /// Sets the status.
        optional status "status": Spanned<i64>,
    }
}

choice! {
    /// What is done with what an XPath finds.
    XmlChange "an XML edit" {
        /// Writes the element twice; `true`.
        "duplicate" Duplicate(Flag),
        /// Puts this XML at the end of the element's content.
        "insert" Insert(Text),
        /// Takes the element or attribute out; `true`.
        "remove" Remove(Flag),
        /// Gives the element or attribute this text as its value.
        "set" Set(Text),
    }
}

record! {
    /// One edit of an XML body, made at everything that an XPath finds there; it must find something.
    XmlEdit "an XML edit" {
        /// Where: an XPath of elements or attributes, with the prefixes under `namespaces` of `pack.yaml`.
        required at "at": Text,
        /// What is done there.
        flat change "": XmlChange,
    }
}

record! {
    /// What goes wrong with a message of ours or its connection.
    Fault "a fault" {
        /// Time before the first byte.
        optional delay "delay": Time,
        /// Random time added to the delay, up to this.
        optional jitter "jitter": Time,
        /// Where the connection ends.
        optional cut "cut": FaultCut,
        /// Slow sending.
        optional drip "drip": Drip,
        /// Content-Length that is off by this many bytes.
        optional length_off "length-off": Spanned<i64>,
        /// Chunked transfer coding instead of a length.
        optional chunked "chunked": Flag,
        /// Body ended by closing the connection (HTTP/1.0 manner).
        optional until_close "until-close": Flag,
        /// How the message is spoilt.
        optional malformed "malformed": Malformed,
        /// Edits of the finished message: headers missing, doubled or wrong, wrong media type or coding.
        list edit "edit": EditItem,
        /// Interim responses sent first (RFC 9110 §15.2).
        list interim "interim": Spanned<i64>,
        /// Body blown up with spaces to this many bytes.
        optional oversized "oversized": Spanned<i64>,
        /// Bytes sent instead of the whole message, a template.
        optional raw "raw": Text,
        /// `Connection: close` after this message.
        optional close "close": Flag,
    }
}

word! {
    /// What a server answers to an application protocol offer (RFC 7301).
    AlpnAnswer "ALPN answer" {
        /// None at all.
        "none" None,
        /// One that was offered, as usual.
        "offered" Offered,
        /// One that was not offered.
        "other" Other,
        /// One that nobody knows.
        "unknown" Unknown,
    }
}

record! {
    /// What we offer in a TLS handshake.
    Offer "a TLS offer" {
        /// Lowest version: `1.2` or `1.3`.
        optional min "min": Text,
        /// Highest version: `1.2` or `1.3`.
        optional max "max": Text,
        /// Application protocols, in order.
        list alpn "alpn": Text,
        /// Server name sent instead of the host's.
        optional server_name "server-name": Text,
    }
}
