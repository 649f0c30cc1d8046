#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{KeyFault, PublicKey};
use crate::{Algorithm, KeySet, PrivateKey};
use serde_json::{Value, json};

/// RFC 8037 appendix A.2.
fn edwards() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

#[test]
fn example_of_ed25519_verifies() {
    // RFC 8037 appendix A.4; its content is no JSON, so that it is no token.
    let signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let signature = base64::Engine::decode(&super::URL_SAFE_NO_PAD, signature).unwrap();
    let key = PublicKey::from_jwk(&edwards()).unwrap();
    assert!(key.verifies(Algorithm::EdDsa, signed, &signature));
    assert!(!key.verifies(Algorithm::EdDsa, b"eyJhbGciOiJFZERTQSJ9.", &signature));
    assert!(!key.verifies(Algorithm::Es256, signed, &signature), "another algorithm than the key's");
}

#[test]
fn key_is_written_as_it_is_read() {
    for (algorithm, name) in Algorithm::ALL {
        let private = PrivateKey::generate(algorithm, Some(format!("key of {name}"))).unwrap();
        let jwk = private.public().to_jwk();
        assert_eq!(PublicKey::from_jwk(&jwk).unwrap(), private.public(), "{name}: {jwk}");
        assert_eq!(jwk["alg"], *name);
        let again = PrivateKey::from_pkcs8(&private.to_pkcs8().unwrap(), algorithm, None).unwrap();
        assert_eq!(again.public().material, private.public().material, "{name}");
    }
}

#[test]
fn what_is_wrong_with_a_key_is_told() {
    let with = |name: &str, value: Value| {
        let mut jwk = edwards();
        jwk[name] = value;
        PublicKey::from_jwk(&jwk).unwrap_err().to_string()
    };
    assert!(with("kty", json!("oct")).contains("kind `oct`"));
    assert!(with("kty", json!(1)).contains("`kty`"));
    assert!(with("crv", json!("X25519")).contains("X25519"));
    assert!(with("x", json!("AAAA")).contains("another length"));
    assert!(with("x", json!("=")).contains("base64url"));
    assert!(with("d", json!("AAAA")).contains("not public"));
    assert!(with("alg", json!("RS256")).contains("not of this kind"));
    assert!(with("alg", json!("HS256")).contains("no algorithm"));
    let rsa = json!({ "kty": "RSA", "n": "AAAB", "e": "AQAB" });
    assert_eq!(PublicKey::from_jwk(&rsa), Err(KeyFault::Member { name: "n", reason: "begins with a zero" }));
    assert!(PublicKey::from_jwk(&json!({ "kty": "EC", "crv": "P-256", "x": "AA" })).is_err());
    assert!(PublicKey::from_jwk(&json!("no object")).is_err());
}

#[test]
fn set_passes_over_what_is_not_for_signatures() {
    let set = json!({ "keys": [
        edwards(),
        { "kty": "EC", "crv": "secp256k1", "x": "", "y": "" },
        { "kty": "RSA", "use": "enc" },
    ] });
    let set = KeySet::from_json(&set).unwrap();
    assert_eq!((set.keys().len(), set.passed_over()), (1, 2));
    assert_eq!(KeySet::from_json(&set.to_json()).unwrap().keys(), set.keys());
    assert_eq!(KeySet::from_json(&edwards()).unwrap().keys().len(), 1, "one key is a set of it");
    for wrong in [json!({}), json!([]), json!({ "keys": {} }), json!({ "keys": [{ "kty": "RSA" }] })] {
        assert!(KeySet::from_json(&wrong).is_err(), "{wrong}");
    }
    let many = json!({ "keys": vec![edwards(); 257] });
    assert!(KeySet::from_json(&many).unwrap_err().to_string().contains("256"));
}
