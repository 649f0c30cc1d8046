#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Unverified, verify};
use crate::{Algorithm, KeySet, PrivateKey, Token, unsecured};
use serde_json::{Map, Value, json};

const ALL: &[Algorithm] = &[
    Algorithm::EdDsa,
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::Es512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
];

fn minted(key: &PrivateKey, header: Value) -> Token {
    let header: Map<String, Value> = header.as_object().cloned().unwrap_or_default();
    Token::parse(&key.mint(&header, &json!({ "iss": "us" })).unwrap()).unwrap()
}

#[test]
fn examples_of_the_standard_verify() {
    // RFC 7515 appendices A.2 and A.3.
    let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    let rsa = json!({ "kty": "RSA", "n": n, "e": "AQAB" });
    let claims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let by_rsa = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let curve = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let by_curve = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let set = KeySet::from_json(&json!({ "keys": [rsa, curve] })).unwrap();
    for (header, signature) in [("eyJhbGciOiJSUzI1NiJ9", by_rsa), ("eyJhbGciOiJFUzI1NiJ9", by_curve)] {
        let token = Token::parse(&format!("{header}.{claims}.{signature}")).unwrap();
        assert_eq!(verify(&token, &set, ALL), Ok(()), "{}", token.algorithm());
    }
}

#[test]
fn every_algorithm_signs_what_its_key_verifies_and_no_other() {
    for (algorithm, name) in Algorithm::ALL {
        let ours = PrivateKey::generate(algorithm, Some("k1".to_owned())).unwrap();
        let others = PrivateKey::generate(algorithm, Some("k1".to_owned())).unwrap();
        let token = minted(&ours, json!({}));
        assert_eq!((token.algorithm(), token.key_id()), (name, Some("k1")));
        assert_eq!(verify(&token, &[ours.public()].into_iter().collect(), &[algorithm]), Ok(()), "{name}");
        assert_eq!(verify(&token, &[others.public()].into_iter().collect(), ALL), Err(Unverified::Signature), "{name}");
    }
}

#[test]
fn why_a_token_is_not_trusted_is_told() {
    let key = PrivateKey::generate(Algorithm::Es256, Some("k1".to_owned())).unwrap();
    let set: KeySet = [key.public()].into_iter().collect();
    let told = |header: Value, accepted: &[Algorithm]| verify(&minted(&key, header), &set, accepted).unwrap_err();
    assert_eq!(told(json!({ "kid": "k2" }), ALL), Unverified::Key(Some("k2".to_owned())));
    assert!(matches!(told(json!({}), &[Algorithm::Rs256]), Unverified::Algorithm { accepted, .. } if accepted == ["RS256"]));
    assert!(matches!(told(json!({ "alg": "HS256" }), ALL), Unverified::Algorithm { name, .. } if name == "HS256"));
    assert_eq!(told(json!({ "crit": ["exp"] }), ALL), Unverified::Critical("exp".to_owned()));
    assert_eq!(told(json!({ "alg": "none" }), ALL), Unverified::Unsecured);
    let bare = Token::parse(&unsecured(&json!({ "alg": "none" }), &json!({}))).unwrap();
    assert_eq!(verify(&bare, &set, ALL), Err(Unverified::Unsecured));
}

#[test]
fn changed_claims_are_not_those_that_were_signed() {
    let key = PrivateKey::generate(Algorithm::EdDsa, None).unwrap();
    let set: KeySet = [key.public()].into_iter().collect();
    let text = key.mint(&Map::new(), &json!({ "role": "reader" })).unwrap();
    let changed = key.mint(&Map::new(), &json!({ "role": "writer" })).unwrap();
    let (signed, _) = changed.rsplit_once('.').unwrap();
    let (_, signature) = text.rsplit_once('.').unwrap();
    assert_eq!(verify(&Token::parse(&text).unwrap(), &set, ALL), Ok(()), "no id on either side");
    let forged = Token::parse(&format!("{signed}.{signature}")).unwrap();
    assert_eq!(verify(&forged, &set, ALL), Err(Unverified::Signature));
}
