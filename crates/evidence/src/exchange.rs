//! One request and its answer, or a connection that brought neither, with all that is known of how it went.

use crate::{ExchangeId, Headers, Request, Response, ScenarioId, Version};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Who began it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The system under test called us.
    Inbound,
    /// We called the system under test.
    Outbound,
}

/// How an exchange ended, seen from our side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A whole response went over the wire.
    Answered,
    /// The peer closed the connection in good order before a response.
    Closed,
    /// Bytes came that are not HTTP.
    Malformed,
    /// A limit of ours was passed (size, count of header fields); the rest was not read.
    Oversized,
    /// The TCP connection was refused.
    Refused,
    /// The connection was reset.
    Reset,
    /// Nothing came in time.
    Timeout,
    /// The TLS handshake failed or the peer sent an alert.
    TlsAlert,
    /// The response began and did not end.
    Truncated,
    /// The host name has no address, or no route leads there.
    Unreachable,
}

impl Outcome {
    /// Every outcome with its name in scenario files.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::Answered, "answered"),
        (Self::Closed, "closed"),
        (Self::Malformed, "malformed"),
        (Self::Oversized, "oversized"),
        (Self::Refused, "refused"),
        (Self::Reset, "reset"),
        (Self::Timeout, "timeout"),
        (Self::TlsAlert, "tls-alert"),
        (Self::Truncated, "truncated"),
        (Self::Unreachable, "unreachable"),
    ];

    /// Gives its name in scenario files.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(outcome, _)| *outcome == self).map_or("", |(_, name)| name)
    }
}

/// What an answer of ours did with what was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It was lost: taken, then neither kept nor refused.
    Lost,
    /// It has no effect to speak of.
    #[default]
    None,
    /// It was refused.
    Refused,
    /// It was kept; a series counts this as accepted, whatever the status said.
    Stored,
}

impl Effect {
    /// Every effect with its name in scenario files.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Lost, "lost"), (Self::None, "none"), (Self::Refused, "refused"), (Self::Stored, "stored")];

    /// Gives its name in scenario files.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(effect, _)| *effect == self).map_or("", |(_, name)| name)
    }
}

/// Which end of a TLS connection did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TlsSide {
    /// We did.
    Ours,
    /// The peer did.
    Peer,
}

/// A TLS alert (RFC 8446 §6) or the failure of ours that stands for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// Who sent it.
    pub side: TlsSide,
    /// Alert description in the RFC's spelling, such as `certificate_required`, or our words where it was no alert.
    pub description: String,
}

/// What a peer's certificate says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PeerCertificate {
    /// Subject as one line (RFC 4514 order as in the certificate).
    pub subject: String,
    /// Issuer as one line.
    pub issuer: String,
    /// Serial number in hexadecimal.
    pub serial: String,
    /// Beginning of validity, RFC 3339.
    pub not_before: String,
    /// End of validity, RFC 3339.
    pub not_after: String,
    /// Subject alternative names: DNS names and IP addresses.
    pub names: Vec<String>,
    /// SHA-256 of the DER form, hexadecimal.
    pub fingerprint: String,
    /// Public key: algorithm and size, such as `RSA 2048` or `EC P-256`.
    pub key: String,
}

/// TLS facts of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Tls {
    /// Negotiated version: `1.0` to `1.3`; absent where none was agreed.
    pub version: Option<String>,
    /// Negotiated cipher suite in the IANA spelling.
    pub suite: Option<String>,
    /// Negotiated application protocol (RFC 7301).
    pub alpn: Option<String>,
    /// Application protocols that the client offered, in its order.
    pub alpn_offered: Vec<String>,
    /// Server name that the client sent (RFC 6066 §3).
    pub server_name: Option<String>,
    /// Highest version that the client offered.
    pub version_offered: Option<String>,
    /// The peer's certificate, where it showed one.
    pub peer: Option<PeerCertificate>,
    /// Why that certificate would not be believed, where the peer was let through all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The alert that ended the handshake or connection.
    pub alert: Option<Alert>,
}

/// A connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Connection {
    /// Number within the run, from 1; exchanges on one connection share it.
    pub id: u64,
    /// Our address and port.
    pub local: String,
    /// The peer's address and port.
    pub peer: String,
    /// Whether an earlier exchange used it.
    pub reused: bool,
    /// TLS facts; absent for plain connections.
    pub tls: Option<Tls>,
}

/// Durations in microseconds, each measured with a monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Timing {
    /// TCP connect; absent on a reused connection and on inbound ones.
    pub connect_us: Option<u64>,
    /// TLS handshake.
    pub tls_us: Option<u64>,
    /// From the first byte of the request to the first byte of the response.
    pub first_byte_us: Option<u64>,
    /// From the first byte of the request to the last byte of the response, or to the end of waiting.
    pub total_us: Option<u64>,
}

/// The exact bytes, below HTTP and above TLS, in each direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    /// Bytes of the request, from its first line or frame.
    pub request: Bytes,
    /// Bytes of the response, interim responses included.
    pub response: Bytes,
}

/// An exchange as it lives in memory, with its bytes.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Number within the run.
    pub id: ExchangeId,
    /// Who began it.
    pub direction: Direction,
    /// Name of the endpoint it came to or went to, as the pack names it.
    pub endpoint: String,
    /// Microseconds from the beginning of the run, on the run's clock.
    pub started_us: u64,
    /// The request; absent where a connection brought none.
    pub request: Option<Request>,
    /// The response; absent where none was sent or came.
    pub response: Option<Response>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it ended so, in words, where that is not plain.
    pub reason: Option<String>,
    /// The connection.
    pub connection: Arc<Connection>,
    /// Durations.
    pub timing: Timing,
    /// The exact bytes.
    pub wire: Wire,
    /// What our answer did.
    pub effect: Effect,
    /// The rule of ours that answered, `file#id`.
    pub answered_by: Option<String>,
    /// The fault that was put in, in words.
    pub fault: Option<String>,
    /// Which leg of a way through a proxy it is, in words; none where no proxy has to do with it.
    pub leg: Option<String>,
    /// The exchange that it is part of: what came to our proxy, where this is what it passed on.
    pub parent: Option<ExchangeId>,
}

impl Exchange {
    /// Makes an exchange of which nothing is known yet.
    #[must_use]
    pub fn new(id: ExchangeId, direction: Direction, endpoint: &str, started_us: u64) -> Self {
        Self {
            id,
            direction,
            endpoint: endpoint.to_owned(),
            started_us,
            request: None,
            response: None,
            outcome: Outcome::Closed,
            reason: None,
            connection: Arc::default(),
            timing: Timing::default(),
            wire: Wire::default(),
            effect: Effect::None,
            answered_by: None,
            fault: None,
            leg: None,
            parent: None,
        }
    }
}

/// Where bytes stand in the run folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct BodyRef {
    /// SHA-256 of what is stored, hexadecimal.
    pub digest: String,
    /// Length in bytes of what is stored.
    pub bytes: u64,
    /// Byte ranges `[from, to)` that were overwritten by `*`, each with a keyed digest of the secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<(u64, u64, String)>,
    /// Set where what is stored was decoded first because a secret stood in compressed content.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decoded: bool,
    /// Digest of further stored bytes that follow these: the wire of an unchunked message is its head, then its content,
    /// so that content is stored once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followed_by: Option<String>,
    /// Why more was overwritten than a secret itself, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// A range of a message's head that was overwritten by `*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct HeadMask {
    /// `target`, `reason`, or the name of the header field.
    pub field: String,
    /// First character that was overwritten, from 0, within the field's value.
    pub from: u64,
    /// End of the range.
    pub to: u64,
    /// Keyed digest of the secret.
    pub digest: String,
}

/// A message as it stands in the journal and the run record: head in full, body by reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct MessageRecord {
    /// Method of a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Target of a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Status of a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Reason phrase of a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Version.
    pub version: Version,
    /// Header fields in order, masked.
    pub headers: Headers,
    /// Content, transfer coding undone and content coding kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Box<BodyRef>>,
    /// Why the content could not be read whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_fault: Option<String>,
    /// The exact bytes on the wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<Box<BodyRef>>,
    /// What was overwritten in the head.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<HeadMask>,
}

/// An exchange as it stands in the journal and the run record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ExchangeRecord {
    /// Number within the run.
    pub id: ExchangeId,
    /// The scenario that it belongs to; absent where it belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<ScenarioId>,
    /// Attempt of the scenario, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Index of the step, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// Evidence group: the value of the pack's discriminator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Which leg of a way through a proxy it is, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<String>,
    /// The exchange that this one is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ExchangeId>,
    /// Who began it.
    pub direction: Direction,
    /// Endpoint name.
    pub endpoint: String,
    /// Microseconds from the beginning of the run, on the run's clock.
    pub started_us: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it ended so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<MessageRecord>,
    /// Response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<MessageRecord>,
    /// Connection.
    pub connection: Arc<Connection>,
    /// Durations.
    pub timing: Timing,
    /// What our answer did.
    pub effect: Effect,
    /// The rule of ours that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// The fault that was put in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Whether header fields and exact bytes were left out of the record, which has room for those of so many exchanges: they stand in the
    /// journal; since version 2.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub brief: bool,
}

impl ExchangeRecord {
    /// Leaves out what only the journal has room for: header fields and exact bytes. What was said, when, how it ended and the digests of
    /// contents stay.
    pub(crate) fn shorten(&mut self) {
        for message in self.request.iter_mut().chain(&mut self.response) {
            message.headers = Headers::default();
            message.masked = Vec::new();
            message.wire = None;
        }
        self.brief = true;
    }
}
