#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{public_set, sign};
use crate::limits::KEYS_KNOWN_MAX;
use crate::{Algorithm, KeyFault, PrivateKey, Token, verify};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

fn pem(key: &PrivateKey) -> String {
    let body = STANDARD.encode(key.to_pkcs8().unwrap());
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

fn header(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

#[test]
fn every_algorithm_signs_with_a_key_in_pem_and_its_set_verifies() {
    for (algorithm, name) in Algorithm::ALL {
        let key = pem(&PrivateKey::generate(algorithm, None).unwrap());
        let token =
            sign(&json!({ "iss": "us" }), &header(json!({ "alg": name, "kid": "k1", "typ": "at+jwt" })), &json!(key)).unwrap();
        let token = Token::parse(&token).unwrap();
        assert_eq!((token.algorithm(), token.key_id(), &token.header()["typ"]), (name, Some("k1"), &json!("at+jwt")));
        let set = public_set(&[json!({ "key": key, "alg": name, "kid": "k1" })]).unwrap();
        assert_eq!(verify(&token, &set, &[algorithm]), Ok(()), "{name}");
        assert!(!set.to_json().to_string().contains("\"d\""), "only public halves");
    }
}

/// The private keys of RFC 7515 appendix A.3 (P-256) and RFC 8037 appendix A.1 (Ed25519).
fn published() -> [(Algorithm, Value); 2] {
    let curve = json!({
        "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
        "alg": "ES256", "kid": "a3",
    });
    let edwards = json!({
        "kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "alg": "EdDSA", "kid": "a1",
    });
    [(Algorithm::Es256, curve), (Algorithm::EdDsa, edwards)]
}

#[test]
fn json_web_keys_sign_under_their_own_id_and_algorithm() {
    for (algorithm, jwk) in published() {
        for given in [jwk.clone(), json!(jwk.to_string())] {
            let token = Token::parse(&sign(&json!({ "a": 1 }), &Map::new(), &given).unwrap()).unwrap();
            assert_eq!((token.algorithm(), token.key_id()), (algorithm.name(), jwk["kid"].as_str()));
            assert_eq!(verify(&token, &public_set(&[given]).unwrap(), &[algorithm]), Ok(()));
        }
    }
}

#[test]
fn shared_secrets_sign_as_the_standard_shows_and_stand_in_no_set() {
    // RFC 7515 appendix A.1, signed over our own form of header and claims: the secret is read, not compared with the text there.
    let secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let jwk = json!({ "kty": "oct", "k": secret, "alg": "HS256" });
    let token = sign(&json!({ "iss": "joe" }), &Map::new(), &jwk).unwrap();
    assert_eq!(token, sign(&json!({ "iss": "joe" }), &Map::new(), &jwk).unwrap(), "the same claims give the same token");
    assert_eq!(Token::parse(&token).unwrap().algorithm(), "HS256");
    assert!(matches!(public_set(&[jwk]), Err(KeyFault::Algorithm(_))));
    let short = sign(&json!({}), &header(json!({ "alg": "HS512" })), &json!("a secret of forty bytes, which is too few"));
    assert!(matches!(short, Err(KeyFault::Short(64))));
}

#[test]
fn what_is_no_key_is_told_without_quoting_it() {
    let [(_, curve), (_, edwards)] = published();
    let pem = pem(&PrivateKey::generate(Algorithm::Rs256, None).unwrap());
    let with = |alg: &str| header(json!({ "alg": alg }));
    let told = |head: Map<String, Value>, key: &Value| sign(&json!({}), &head, key).unwrap_err().to_string();
    let cases = [
        (Map::new(), json!(pem)),
        (with("none"), json!(pem)),
        (with("RS999"), json!(pem)),
        (with("ES256"), json!(pem)),
        (with("HS256"), json!(pem)),
        (with("RS256"), json!("no key at all")),
        (with("RS256"), curve.clone()),
        (with("ES256"), edwards),
        (with("ES384"), {
            let mut key = curve.clone();
            key.as_object_mut().unwrap().remove("alg");
            key
        }),
        (with("ES256"), {
            let mut key = curve.clone();
            key["d"] = json!("!");
            key
        }),
        (with("RS256"), json!(7)),
    ];
    for (head, key) in cases {
        let told = told(head.clone(), &key);
        let secret = curve["d"].as_str().unwrap();
        assert!(!told.contains(secret) && !told.contains("no key at all") && !told.contains("BEGIN"), "{head:?}: {told}");
    }
}

/// Keys are kept as they were read, a few of them: whichever is used, and however often, the token is that of the key.
#[test]
fn a_key_that_was_used_before_signs_as_the_first_time() {
    let keys: Vec<String> =
        (0..KEYS_KNOWN_MAX + 2).map(|_| pem(&PrivateKey::generate(Algorithm::Es256, None).unwrap())).collect();
    for key in keys.iter().chain(&keys).chain(keys.iter().rev()) {
        let token =
            Token::parse(&sign(&json!({ "sub": "a" }), &header(json!({ "alg": "ES256" })), &json!(key)).unwrap()).unwrap();
        let own = public_set(&[json!({ "key": key, "alg": "ES256" })]).unwrap();
        assert_eq!(verify(&token, &own, &[Algorithm::Es256]), Ok(()));
    }
    let other = sign(&json!({ "sub": "a" }), &header(json!({ "alg": "RS256" })), &json!(keys[0]));
    assert_eq!(other, Err(KeyFault::Private("RS256")), "a key is kept for its algorithm");
}
