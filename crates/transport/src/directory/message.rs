//! Between messages as the rest of the house knows them and those of LDAP.

use bytes::Bytes;
use counterpart_directory::{Answer, Fault, Message, result_name};
use counterpart_evidence::{Body, Headers, Outcome, Request, Response, Version};
use serde_json::Value;

/// Writes as a request what a message asks.
pub(super) fn request(message: &Message) -> Request {
    Request {
        method: message.method(),
        target: message.target(),
        version: Version::Ldap3,
        headers: Headers::default(),
        body: Body::plain(message.to_value().to_string()),
    }
}

/// Writes as a response what an answer says.
pub(super) fn response(answer: &Answer) -> Response {
    Response {
        status: answer.code,
        reason: result_name(answer.code).to_owned(),
        version: Version::Ldap3,
        headers: Headers::default(),
        body: Body::plain(answer.to_value().to_string()),
    }
}

/// Gives the bytes of a request, and the request as they say it. A body that asks nothing goes out as it stands, so that what is
/// wrong with it shows at the peer.
pub(super) fn written_request(id: i64, asked: Request) -> (Bytes, Request) {
    let value = serde_json::from_slice::<Value>(&asked.body.content).ok();
    match value.and_then(|value| Message::from_value(id, &value).ok()) {
        Some(message) => (message.write().into(), request(&message)),
        None => (asked.body.content.clone(), Request { version: Version::Ldap3, headers: Headers::default(), ..asked }),
    }
}

/// Gives the bytes of an answer, and the answer as they say it. A body that is neither empty nor JSON goes out as it stands.
pub(super) fn written_response(id: i64, method: &str, given: Response) -> (Bytes, Response) {
    let content = &given.body.content;
    let value = if content.is_empty() { Some(Value::Null) } else { serde_json::from_slice::<Value>(content).ok() };
    match value {
        Some(value) => {
            let answer = Answer::from_value(given.status, &value);
            (answer.write(id, method).into(), response(&answer))
        }
        None => (content.clone(), Response { version: Version::Ldap3, headers: Headers::default(), ..given }),
    }
}

/// Tells what a fault means for an exchange.
pub(super) fn outcome_of(fault: &Fault) -> Outcome {
    match fault {
        Fault::Bound { .. } => Outcome::Oversized,
        Fault::Bytes { .. } | Fault::Filter { .. } | Fault::Value(_) => Outcome::Malformed,
    }
}
