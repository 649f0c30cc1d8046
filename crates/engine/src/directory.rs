//! What a directory of ours answers where no rule does, and its searches over the store.

use crate::answer::Answer;
use crate::store::Memory;
use counterpart_directory::{Message, Operation, Refusal, result_code};
use counterpart_evidence::{Body, Headers, Request, Response, Version};
use serde_json::{Value, json};
use std::borrow::Cow;

/// The answer with a result and nothing else.
fn result(name: &str, diagnostic: &str) -> Response {
    Response {
        status: result_code(name).unwrap_or_default(),
        body: Body::plain(json!({ "diagnostic": diagnostic }).to_string()),
        ..Response::default()
    }
}

fn said(request: &Request) -> Value {
    serde_json::from_slice(&request.body.content).unwrap_or_default()
}

/// Refuses what no directory of ours does, whatever its rules are.
pub(crate) fn refused(request: &Request) -> Option<Answer> {
    let Refusal { result: name, reason } = Refusal::of(&said(request))?;
    let response = result(name, &reason);
    Some(Answer { unmatched: Some(vec![reason]), ..Answer::plain(response) })
}

/// Makes an answer one over LDAP, which has no header fields. What no rule takes is answered by the directory itself: anybody may
/// bind, and there is nothing to be found.
pub(crate) fn answer(request: &Request, given: Answer) -> Answer {
    let mut given = match given.unmatched {
        None => given,
        Some(_) if request.method == "BIND" => Answer::plain(result("success", "")),
        closest => {
            let response = result("noSuchObject", "no rule of this simulated directory takes the search");
            Answer { unmatched: closest, ..Answer::plain(response) }
        }
    };
    given.response.headers = Headers::default();
    given.response.version = Version::Ldap3;
    given
}

/// The answer where we could not make one: it says whose fault that is.
pub(crate) fn our_fault(reason: &str) -> Response {
    result("other", &format!("the simulator could not answer: {reason}"))
}

/// Makes a request of ours one over LDAP, which has no header fields, and checks that it asks something.
pub(crate) fn prepare(request: &mut Request) -> Result<(), String> {
    request.headers = Headers::default();
    request.version = Version::Ldap3;
    Message::from_value(1, &said(request)).map(drop).map_err(|fault| format!("the lookup cannot be asked: {fault}"))
}

/// Searches a collection as a request asks; `null` where it is no search.
pub(crate) fn found(memory: &Memory, collection: &str, request: &Request) -> Value {
    let Some(rows) = memory.rows(collection) else { return Value::Null };
    match Message::from_value(1, &said(request)) {
        Ok(Message { operation: Operation::Search(search), .. }) => {
            let rows: Vec<Cow<'_, Value>> = rows.iter().map(|(_, row)| row).collect();
            counterpart_directory::search(&search, rows.iter().map(AsRef::as_ref)).to_value()
        }
        _ => Value::Null,
    }
}
