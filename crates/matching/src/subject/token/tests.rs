#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use super::SIGNED;
use crate::subject::{Side, Subject, Subjects};
use crate::{Condition, Judgement, Names, NoNames, Operand, Operator, Rule, Sense, Test, TokenAlgorithm, judge};
use counterpart_evidence::{Direction, Exchange, ExchangeId, Request};
use counterpart_jwt::{Algorithm, PrivateKey};
use serde_json::{Map, Value, json};

/// Judges whether the token in `Authorization` is signed with one of the keys, by ES256.
fn judged(authorization: &str, keys: Value) -> Judgement {
    let subject = Subject::JwtSignature {
        header: "authorization".to_owned(),
        keys: Operand::Literal(keys),
        algorithms: vec![TokenAlgorithm::Es256],
    };
    let test = Test { operator: Operator::Equals(Operand::Literal(json!(SIGNED))), sense: Sense::Is };
    let rule = Rule::Condition(Condition { subject, side: Side::Request, tests: vec![test] });
    judge(&rule, &Subjects::new(&exchange(authorization), &NoNames))
}

fn exchange(authorization: &str) -> Exchange {
    let mut exchange = Exchange::new(ExchangeId(1), Direction::Inbound, "stub", 0);
    let mut request = Request { method: "GET".to_owned(), ..Request::default() };
    request.headers.push("Authorization", authorization);
    exchange.request = Some(request);
    exchange
}

fn broken(judgement: &Judgement) -> String {
    match judgement {
        Judgement::Broken(mismatch) => format!("{} {:?}", mismatch.message, mismatch.actual),
        other => panic!("it is not broken: {other:?}"),
    }
}

#[test]
fn token_is_signed_with_a_key_of_the_set_or_why_not_is_told() {
    let key = PrivateKey::generate(Algorithm::Es256, Some("k1".to_owned())).unwrap();
    let other = PrivateKey::generate(Algorithm::Es256, Some("k1".to_owned())).unwrap();
    let token = format!("Bearer {}", key.mint(&Map::new(), &json!({ "sub": "me" })).unwrap());
    let set = |key: &PrivateKey| json!({ "keys": [key.public().to_jwk()] });
    assert!(matches!(judged(&token, set(&key)), Judgement::Holds));
    assert!(matches!(judged(&token, json!(set(&key).to_string())), Judgement::Holds), "a set as text");
    assert!(broken(&judged(&token, set(&other))).contains("not that of a trusted key"));
    assert!(broken(&judged("Bearer a.b", set(&key))).contains("three parts"));
    let bare = counterpart_jwt::unsecured(&json!({ "alg": "none" }), &json!({}));
    assert!(broken(&judged(&bare, set(&key))).contains("not signed"));
}

#[test]
fn keys_that_are_none_are_not_the_tokens_fault() {
    let key = PrivateKey::generate(Algorithm::Es256, None).unwrap();
    let token = key.mint(&Map::new(), &json!({})).unwrap();
    for keys in [json!("no json"), json!(null), json!({ "keys": [] }), json!({ "keys": [{ "kty": "EC" }] })] {
        assert!(matches!(judged(&token, keys.clone()), Judgement::Undecided(_)), "{keys}");
    }
}

#[test]
fn parts_of_a_bearer_token_are_members_each_where_it_can_be_read() {
    let whole = counterpart_jwt::unsecured(&json!({ "alg": "none" }), &json!({ "iss": "me" }));
    let claims = whole.split('.').nth(1).unwrap();
    for (authorization, read) in [
        (format!("Bearer {whole}"), json!({ "claims": { "iss": "me" }, "header": { "alg": "none" } })),
        (format!("Bearer !.{claims}."), json!({ "claims": { "iss": "me" } })),
        ("Bearer opaque".to_owned(), json!({})),
    ] {
        let exchange = exchange(&authorization);
        let subjects = Subjects::new(&exchange, &NoNames);
        assert_eq!(subjects.member("request", "token").unwrap().into_owned(), read, "{authorization}");
    }
}
