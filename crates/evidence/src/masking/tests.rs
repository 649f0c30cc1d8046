//! Masking, case by case.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use super::Seen;
use super::forms::forms;
use super::wire::Layout;
use crate::{Body, Error, Headers, MaskKey, MaskRules, Masker, Request, Response, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use proptest::prelude::*;

const SECRET: &str = "s3cret/väl ue+\"&";

fn masker() -> Masker {
    let rules = MaskRules {
        secrets: vec![SECRET.as_bytes().to_vec(), b"plain-secret".to_vec(), b"secret-tail".to_vec()],
        headers: vec!["X-Api-Key".to_owned()],
        pointers: vec!["/token".to_owned(), "/people/*/name".to_owned()],
        literals: vec!["LITERAL-42".to_owned()],
    };
    Masker::new(&rules, MaskKey::new(&[3; 32])).unwrap()
}

fn masked(bytes: &[u8]) -> Vec<u8> {
    let mut copy = bytes.to_vec();
    super::range::overwrite(&mut copy, &masker().find(bytes));
    copy
}

fn contains(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

fn headers(fields: &[(&str, &str)]) -> Headers {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn secret_is_found_in_every_form() {
    let json = serde_json::to_string(SECRET).unwrap();
    let cases = [
        SECRET.to_owned(),
        json.trim_matches('"').to_owned(),
        "s3cret%2Fv%C3%A4l%20ue%2B%22%26".to_owned(),
        "s3cret%2fv%c3%a4l+ue%2b%22%26".to_owned(),
        "s3cret/v\\u00e4l ue+\\\"&".to_owned(),
        "s3cret/väl ue+&quot;&amp;".to_owned(),
        "LITERAL-42".to_owned(),
    ];
    for case in cases {
        let text = format!("before {case} after");
        let result = masked(text.as_bytes());
        assert_eq!(result, format!("before {} after", "*".repeat(case.len())).into_bytes(), "{case}");
    }
}

#[test]
fn secret_is_found_in_base64_wherever_it_begins() {
    for user in ["", "u", "us", "use", "user:"] {
        let encoded = STANDARD.encode(format!("{user}plain-secret!"));
        let result = masked(encoded.as_bytes());
        let shown = String::from_utf8(result.clone()).unwrap();
        assert!(shown.contains("********") && result.len() == encoded.len(), "{encoded} -> {shown}");
        // No window of the secret's own Base64 survives.
        let core = STANDARD.encode("plain-secret");
        assert!(!shown.contains(&core[..8]), "{shown}");
    }
}

#[test]
fn overlapping_secrets_leave_nothing_between_them() {
    assert_eq!(
        masked(b"<plain-secret-tail>"),
        b"<***************** >".iter().filter(|b| **b != b' ').copied().collect::<Vec<_>>()
    );
}

#[test]
fn equal_secrets_have_equal_digests_in_all_their_forms() {
    let text = format!("{SECRET} and {} and plain-secret", "s3cret%2Fv%C3%A4l%20ue%2B%22%26");
    let ranges = masker().find(text.as_bytes());
    assert_eq!(ranges.len(), 3);
    assert_eq!(ranges[0].digest, ranges[1].digest);
    assert_ne!(ranges[0].digest, ranges[2].digest);
    let other =
        Masker::new(&MaskRules { secrets: vec![b"plain-secret".to_vec()], ..MaskRules::default() }, MaskKey::new(&[4; 32]));
    assert_ne!(other.unwrap().find(b"plain-secret")[0].digest, ranges[2].digest);
}

#[test]
fn credentials_are_masked_by_their_scheme() {
    let table = [
        ("Authorization", "Basic dXNlcjpwYXNz", "Basic ************"),
        ("authorization", "bearer opaque-token", "bearer ************"),
        (
            "Authorization",
            "Bearer eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2lnbmF0dXJl",
            "Bearer eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.************",
        ),
        ("Authorization", "Bearer eyJhbGciOiJub25lIn0.eyJhIjoxfQ.", "Bearer eyJhbGciOiJub25lIn0.eyJhIjoxfQ."),
        ("Authorization", "Bearer eyJ.a.b.c.d", "Bearer ***********"),
        ("Authorization", "nothing-but-a-token", "*******************"),
        ("Proxy-Authorization", "Digest a=b, c=d", "Digest ********"),
        ("Cookie", "id=7; more=8", "************"),
        ("Set-Cookie", "id=7; Secure", "************"),
        ("x-api-key", "12 34", "*****"),
        ("Location", "https://h/a?token=ab.cd&b=1", "https://h/a?token=*****&b=1"),
        ("location", "/a#state=x&access_token=ab.cd", "/a#state=x&access_token=*****"),
        ("Referer", "https://h/a?client%5Fsecret=ab", "https://h/a?client%5Fsecret=**"),
        ("Content-Location", "/a?b=token", "/a?b=token"),
        ("X-Other", "plain-secret here", "************ here"),
        ("X-Plain", "nothing", "nothing"),
    ];
    for (name, value, wanted) in table {
        let request = Request { headers: headers(&[(name, value)]), ..Request::default() };
        let wire = Bytes::from(format!("GET / HTTP/1.1\r\n{name}:  {value} \r\n\r\n"));
        let message = masker().mask_request(&Seen::default(), &request, &wire);
        assert_eq!(message.record.headers.first(name), Some(wanted), "{name}: {value}");
        let on_wire = message.wire.unwrap();
        assert_eq!(on_wire.bytes, Bytes::from(format!("GET / HTTP/1.1\r\n{name}:  {wanted} \r\n\r\n")), "{name}: {value}");
        let digests = |digest: &str| on_wire.entry.masked.iter().any(|(_, _, one)| one == digest);
        assert!(message.record.masked.iter().all(|mask| digests(&mask.digest)));
    }
}

#[test]
fn credentials_of_forms_and_queries_are_masked_whoever_made_them_up() {
    let request = |target: &str, body: &str| {
        let wire = Bytes::from(format!("POST {target} HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
        let request = Request { method: "POST".to_owned(), target: target.to_owned(), ..Request::default() };
        let request = Request { body: Body::plain(body.to_owned()), ..request };
        let seen = Seen::default();
        let message = masker().mask_request(&seen, &request, &wire);
        let content = message.content.map_or_else(String::new, |content| String::from_utf8(content.bytes.to_vec()).unwrap());
        (message.record.target.unwrap(), content, String::from_utf8(message.wire.unwrap().bytes.to_vec()).unwrap(), seen)
    };
    for (target, shown) in [
        ("/a?access_token=abcd.ef&b=1", "/a?access_token=*******&b=1"),
        ("/a?b=1&access%5Ftoken=abcd#x", "/a?b=1&access%5Ftoken=****#x"),
        ("/a?token=", "/a?token="),
        ("/access_token=abcd?b=token", "/access_token=abcd?b=token"),
        ("/a", "/a"),
    ] {
        let (kept, _, wire, _) = request(target, "");
        assert_eq!((kept.as_str(), wire.lines().next()), (shown, Some(format!("POST {shown} HTTP/1.1").as_str())));
    }
    for (body, shown) in [
        ("grant_type=x&client_secret=opaque-7&client_id=me", "grant_type=x&client_secret=********&client_id=me"),
        ("token=ey.aa.bb&token_type_hint=access_token\n", "token=********&token_type_hint=access_token\n"),
        ("%74oken=ab&password=p%26w", "%74oken=**&password=*****"),
        ("{\"note\":\"token=ab\"}", "{\"note\":\"token=ab\"}"),
        ("\u{FEFF}\r\n {\"note\":\"a&token=ab\"}", "\u{FEFF}\r\n {\"note\":\"a&token=ab\"}"),
        ("my token=ab", "my token=ab"),
    ] {
        let (_, kept, wire, seen) = request("/token", body);
        assert_eq!(kept, shown);
        assert!(wire.ends_with("\r\n\r\n"), "the content is not kept twice: {wire}");
        let mut text = "it was `opaque-7`".to_owned();
        masker().mask_text(&seen, &mut text);
        assert_eq!(text.contains("opaque-7"), !body.contains("opaque-7"), "{text}");
    }
}

#[test]
fn private_key_is_masked_whole() {
    let text = "a -----BEGIN RSA PRIVATE KEY-----\\nMIIB\\n-----END RSA PRIVATE KEY----- b -----BEGIN CERTIFICATE-----";
    let shown = String::from_utf8(masked(text.as_bytes())).unwrap();
    assert!(shown.starts_with("a ****") && shown.ends_with("* b -----BEGIN CERTIFICATE-----"), "{shown}");
    assert!(!shown.contains("MIIB") && !shown.contains("PRIVATE"));
    let open = masked(b"-----BEGIN PRIVATE KEY-----\nMIIB");
    assert!(open.iter().all(|byte| *byte == b'*'));
}

#[test]
fn many_unfinished_keys_cost_no_more_than_their_length() {
    let body = "-----BEGIN PRIVATE KEY-----".repeat(40_000);
    assert!(masked(body.as_bytes()).iter().all(|byte| *byte == b'*'));
}

#[test]
fn json_members_are_masked_by_pointer() {
    let body = r#"{"token": "a\"b", "people":[{"name":"N"},{"name":17,"age":3}], "other":{"token":"kept"}}"#;
    let wanted = r#"{"token": "****", "people":[{"name":"*"},{"name":**,"age":3}], "other":{"token":"kept"}}"#;
    let response = Response { body: Body::plain(body), ..Response::default() };
    let message = masker().mask_response(&Seen::default(), &response, &Bytes::new());
    assert_eq!(message.content.unwrap().bytes, wanted);
    assert!(message.wire.is_none());
}

fn response_of(content: &str, wire: &[u8], version: Version) -> super::MaskedMessage {
    let response = Response { version, body: Body::plain(content.to_owned()), ..Response::default() };
    masker().mask_response(&Seen::default(), &response, &Bytes::copy_from_slice(wire))
}

#[test]
fn secret_split_across_chunks_is_masked_on_the_wire() {
    let wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\na plain-\r\n8;x=1\r\nsecret b\r\n0\r\n\r\n";
    let message = response_of("a plain-secret b", wire, Version::Http11);
    let stored = message.wire.unwrap();
    assert!(stored.bytes.ends_with(b"8\r\na ******\r\n8;x=1\r\n****** b\r\n0\r\n\r\n"), "{:?}", stored.bytes);
    assert_eq!(message.content.unwrap().bytes, "a ************ b");
}

#[test]
fn secret_split_across_frames_is_masked_on_the_wire() {
    let frame = |kind: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, 0, 0, 0, 0, 1], payload].concat()
    };
    let wire = [frame(1, b"packed"), frame(0, b"a plain-"), frame(0, b"secret b")].concat();
    let stored = response_of("a plain-secret b", &wire, Version::Http2).wire.unwrap();
    assert_eq!(stored.bytes, [frame(1, b"packed"), frame(0, b"a ******"), frame(0, b"****** b")].concat());
    // A credential in a packed header block takes the block with it.
    let request =
        Request { version: Version::Http2, headers: headers(&[("authorization", "Bearer abcdef")]), ..Request::default() };
    let stored = masker().mask_request(&Seen::default(), &request, &frame(1, b"packed").into()).wire.unwrap();
    assert_eq!(stored.bytes, frame(1, b"******"));
    assert!(stored.entry.remark.is_some());
}

#[test]
fn compressed_body_with_a_secret_is_kept_decoded_and_marked() {
    let body = |decoded: &'static [u8]| Body {
        content: Bytes::from_static(b"\x1f\x8bpacked"),
        decoded: Some(Bytes::from_static(decoded)),
        fault: None,
    };
    let wire = Bytes::from_static(b"HTTP/1.1 200 OK\r\n\r\n\x1f\x8bpacked");
    let response = Response { body: body(b"has plain-secret"), ..Response::default() };
    let message = masker().mask_response(&Seen::default(), &response, &wire);
    let content = message.content.unwrap();
    assert_eq!((content.bytes, content.entry.decoded), (Bytes::from_static(b"has ************"), true));
    assert_eq!(message.wire.unwrap().bytes, Bytes::from_static(b"HTTP/1.1 200 OK\r\n\r\n********"));
    let response = Response { body: body(b"nothing of note"), ..Response::default() };
    let message = masker().mask_response(&Seen::default(), &response, &wire);
    let content = message.content.unwrap();
    assert_eq!((content.bytes, content.entry.decoded), (Bytes::from_static(b"\x1f\x8bpacked"), false));
    assert!(message.wire.unwrap().content_follows);
}

#[test]
fn wire_that_does_not_hold_the_message_is_masked_whole() {
    let stored = response_of("a plain-secret b", b"something else entirely", Version::Http11).wire.unwrap();
    assert!(stored.bytes.iter().all(|byte| *byte == b'*') && stored.entry.remark.is_some());
    let stored = response_of("harmless", b"Cookie: a=b\r\n something else", Version::Http11).wire.unwrap();
    assert!(!contains(&stored.bytes, "a=b"));
}

#[test]
fn interim_responses_are_part_of_the_head() {
    let wire = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n\r\nbody";
    let stored = response_of("body", wire, Version::Http11).wire.unwrap();
    assert!(stored.content_follows);
    assert_eq!(stored.bytes, Bytes::from_static(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: ***\r\n\r\n"));
}

#[test]
fn continued_credential_line_is_masked() {
    let wire = Bytes::from_static(b"GET / HTTP/1.1\r\nAuthorization: Bearer\r\n token-value\r\nX: y\r\n\r\n");
    let stored = masker().mask_unread(&wire).unwrap().wire.unwrap();
    assert!(!contains(&stored.bytes, "token-value") && contains(&stored.bytes, "X: y"), "{:?}", stored.bytes);
}

#[test]
fn texts_that_quote_a_credential_are_masked_too() {
    let masker = masker();
    let seen = Seen::default();
    let request = Request { headers: headers(&[("Authorization", "Bearer opaque-token-7")]), ..Request::default() };
    masker.mask_request(&seen, &request, &Bytes::new());
    let mut text = "found `Bearer opaque-token-7` and plain-secret".to_owned();
    masker.mask_text(&seen, &mut text);
    assert_eq!(text, "found `Bearer **************` and ************");
}

#[test]
fn masked_values_that_differ_are_told_apart() {
    let masker = masker();
    let seen = Seen::default();
    let request = Request { headers: headers(&[("Authorization", "Bearer opaque-token-7")]), ..Request::default() };
    masker.mask_request(&seen, &request, &Bytes::new());
    let compared = |actual: &str, expected: &str| {
        let finding = crate::Finding {
            actual: Some(actual.to_owned()),
            expected: vec![expected.to_owned()],
            ..crate::samples::fail("c", "R")
        };
        masker.compare_masked(&seen, &finding)
    };
    let another = compared("opaque-token-7", "`plain-secret`").unwrap();
    assert_eq!(another, "(both are masked: 14 bytes came, 12 were expected, another value)");
    assert!(compared("plain-secret", "plain-secret").unwrap().ends_with("the same value)"));
    assert_eq!(compared("visible", "plain-secret"), None);
}

#[test]
fn long_text_is_cut_and_the_rest_counted() {
    let mut text = "ä".repeat(40_000);
    masker().mask_text(&Seen::default(), &mut text);
    assert!(text.len() < 66_000 && text.ends_with("(14464 bytes more)"), "{}", &text[text.len() - 40..]);
}

#[test]
fn too_short_secret_is_refused() {
    let rules = MaskRules { secrets: vec![b"abc".to_vec()], ..MaskRules::default() };
    assert!(matches!(Masker::new(&rules, MaskKey::new(&[0; 32])), Err(Error::MaskSecret { bytes: 3, .. })));
}

proptest! {
    #[test]
    fn no_bytes_make_masking_panic(wire in proptest::collection::vec(any::<u8>(), 0..200), content in proptest::collection::vec(any::<u8>(), 0..80)) {
        for version in [Version::Http10, Version::Http11, Version::Http2] {
            let response = Response { version, body: Body::plain(content.clone()), ..Response::default() };
            let message = masker().mask_response(&Seen::default(), &response, &Bytes::from(wire.clone()));
            prop_assert_eq!(message.content.map_or(0, |stored| stored.bytes.len()), content.len());
            let _ = Layout::of(&wire, version, &content);
        }
        prop_assert!(!forms(&content).iter().any(|form| form.bytes.is_empty()));
    }

    #[test]
    fn secret_never_survives_any_chunking(cuts in proptest::collection::vec(1_usize..9, 1..12)) {
        let content = format!("x plain-secret y {SECRET} z");
        let mut wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let mut rest = content.as_bytes();
        for cut in cuts.iter().cycle() {
            let (chunk, more) = rest.split_at((*cut).min(rest.len()));
            wire.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            wire.extend(chunk);
            wire.extend(b"\r\n");
            rest = more;
            if chunk.is_empty() { break; }
        }
        let stored = response_of(&content, &wire, Version::Http11).wire.unwrap();
        prop_assert_eq!(stored.bytes.iter().filter(|byte| **byte == b'*').count(), 12 + SECRET.len());
    }
}
