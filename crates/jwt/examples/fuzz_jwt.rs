//! Feeds mutated tokens and sets of keys to the readers and the verifier: `fuzz_jwt SECONDS SEED TARGET`.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

#[path = "../../../tests/fuzz/mod.rs"]
mod fuzz;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterpart_jwt::{Algorithm, KeyFault, KeySet, Part, PrivateKey, Token, part, verify};
use fuzz::Target;
use serde_json::{Map, json};
use std::process::ExitCode;

/// Pieces that steer a mutation past the outer layers of the forms.
const PIECES: &[&str] = &[
    ".",
    "=",
    "eyJhbGciOiJub25lIn0",
    "e30",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\"alg\":",
    "\"none\"",
    "\"ES256\"",
    "\"EdDSA\"",
    "\"RS512\"",
    "\"kid\":",
    "\"crit\":",
    "\"keys\":",
    "\"kty\":",
    "\"EC\"",
    "\"OKP\"",
    "\"RSA\"",
    "\"crv\":",
    "\"P-521\"",
    "\"x\":",
    "\"n\":",
    "\"AAAA\"",
    "\"d\":",
    "\"use\":",
    "1e999",
    "null",
    "\0",
    "é",
];

/// Keys of each kind that is signed fast.
fn keys() -> Result<Vec<PrivateKey>, KeyFault> {
    [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Es384, Algorithm::Es512, Algorithm::Ps256, Algorithm::Rs256]
        .into_iter()
        .map(|algorithm| PrivateKey::generate(algorithm, Some(algorithm.name().to_owned())))
        .collect()
}

fn accepted() -> Vec<Algorithm> {
    Algorithm::ALL.iter().map(|(algorithm, _)| *algorithm).collect()
}

fn token(text: &str, set: &KeySet) -> bool {
    let _ = (part(text, Part::Header), part(text, Part::Claims));
    Token::parse(text).is_ok_and(|token| verify(&token, set, &accepted()).is_ok())
}

/// The parts as plain text, divided by a line break, so that a mutation meets JSON and not base64.
fn parts(text: &str, set: &KeySet) -> bool {
    let parts: Vec<String> = text.splitn(3, '\n').map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
    let Ok(token) = Token::parse(&parts.join(".")) else { return false };
    // Whatever it says, nobody signed it: a token that verifies is the worst finding that there can be.
    assert!(verify(&token, set, &accepted()).is_err(), "a forged token was trusted");
    true
}

/// A set that is read is written so that it is read again as it was.
fn set(text: &str) -> bool {
    let Ok(set) = serde_json::from_str(text).map_err(drop).and_then(|json| KeySet::from_json(&json).map_err(drop)) else {
        return false;
    };
    let again = KeySet::from_json(&set.to_json());
    assert!(again.is_ok_and(|again| again.keys() == set.keys()), "a set is not written as it is read");
    true
}

fn target<'a>(name: &'static str, corpus: Vec<String>, execute: impl Fn(&str) -> bool + 'a) -> Target<'a> {
    let corpus = corpus.into_iter().map(String::into_bytes).collect();
    Target { name, corpus, pieces: PIECES, execute: Box::new(move |input| execute(&String::from_utf8_lossy(input))) }
}

fn main() -> ExitCode {
    let Ok(keys) = keys() else {
        println!("could not make keys");
        return ExitCode::FAILURE;
    };
    let trusted: KeySet = keys.iter().map(PrivateKey::public).collect();
    let claims = json!({ "iss": "a", "aud": ["b"], "exp": 4_102_444_800_u64 });
    let tokens = keys.iter().filter_map(|key| key.mint(&Map::new(), &claims).ok()).collect();
    let plain = |name: &str| format!("{{\"alg\":\"{name}\",\"kid\":\"{name}\"}}\n{claims}\nsignature");
    let sets = vec![trusted.to_json().to_string()];
    fuzz::run(vec![
        target("token", tokens, |text| token(text, &trusted)),
        target("parts", ["none", "ES256", "EdDSA", "RS256"].map(plain).into(), |text| parts(text, &trusted)),
        target("keys", sets, set),
    ])
}
