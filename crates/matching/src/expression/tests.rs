#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::Evaluated;
use crate::{Expression, NameTable, Names, NoNames};
use proptest::prelude::{ProptestConfig, any, proptest};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::time::{Duration, Instant};

fn value(text: &str) -> Evaluated<Value> {
    Expression::compile(text).unwrap_or_else(|fault| panic!("{text}: {fault}")).evaluate(&names())
}

fn names() -> NameTable<'static> {
    NameTable::default()
        .with("a", json!({"n": 3, "list": [3, 1, 2], "rows": [{"k": "x", "v": 2}, {"k": "y", "v": 1}, {"k": "x", "v": 5}]}))
        .with("failed", json!(["head-id", "body-type"]))
}

#[test]
fn every_function_and_operator_gives_its_value() {
    for (text, expected) in [
        ("1 + 2 * 3", json!(7)),
        ("7 / 2", json!(3)),
        ("7.0 / 2.0", json!(3.5)),
        ("7 % 4", json!(3)),
        ("-a.n", json!(-3)),
        ("1 == 1.0", json!(true)),
        ("1 != 2", json!(true)),
        ("'a' < 'b' && 2 >= 2 && 3 > 2 && 1 <= 1", json!(true)),
        ("!(1 > 2) || false", json!(true)),
        ("1 > 2 ? 'x' : 'y'", json!("y")),
        ("2 in [1, 2]", json!(true)),
        ("'n' in a", json!(true)),
        ("a.list[1]", json!(1)),
        ("a['n']", json!(3)),
        ("{'x': 1}.x", json!(1)),
        ("has(a.n) && !has(a.m) && !has(a.m.k)", json!(true)),
        ("a.?m.orValue(9)", json!(9)),
        ("a.?n.hasValue()", json!(true)),
        ("a.list[?7].orValue(0)", json!(0)),
        ("a.list.all(x, x > 0)", json!(true)),
        ("a.list.exists(x, x == 2)", json!(true)),
        ("a.list.exists_one(x, x > 2)", json!(true)),
        ("a.list.filter(x, x > 1)", json!([3, 2])),
        ("a.list.map(x, x * 2)", json!([6, 2, 4])),
        ("a.list.map(x, x > 1, x * 2)", json!([6, 4])),
        ("a.rows.sort_by(r, r.v).map(r, r.v)", json!([1, 2, 5])),
        ("sort_by(a.rows, 'v').map(r, r.v)", json!([1, 2, 5])),
        ("keys(group_by(a.rows, 'k'))", json!(["x", "y"])),
        ("a.rows.group_by(r, r.k)['x'].size()", json!(2)),
        ("sort(a.list)", json!([1, 2, 3])),
        ("reverse(a.list)", json!([2, 1, 3])),
        ("first(a.list) + last(a.list)", json!(5)),
        ("range(3)", json!([0, 1, 2])),
        ("distinct([1, 1.0, 2])", json!([1, 2])),
        ("flatten([[1], [2, 3], 4])", json!([1, 2, 3, 4])),
        ("[1, 2, 3].without([2])", json!([1, 3])),
        ("{'p': 1, 'q': 2}.without('q')", json!({"p": 1})),
        ("{'p': {'q': 2, 'r': 1}}.without(['/p/q'])", json!({"p": {"r": 1}})),
        ("merge({'p': 1}, {'p': 2, 'q': 3})", json!({"p": 2, "q": 3})),
        ("with({'p': {}}, '/p/q', 7)", json!({"p": {"q": 7}})),
        ("with({'p': [1]}, '/p/-', 2)", json!({"p": [1, 2]})),
        ("values({'p': 1, 'q': 2})", json!([1, 2])),
        ("sum([1, 2.5])", json!(3.5)),
        ("sum([])", json!(0)),
        ("min([3, 1]) + max(1, 5)", json!(6)),
        ("mean([1, 2])", json!(1.5)),
        ("percentile([4, 1, 3, 2], 50)", json!(2.0)),
        ("gaps([1, 4, 9])", json!([3, 5])),
        ("gaps([timestamp('2026-01-01T00:00:00Z'), timestamp('2026-01-01T00:00:01.5Z')])", json!(["1.5s"])),
        ("abs(-3) + ceil(1.2) + floor(1.8) + round(1.5)", json!(8)),
        ("int('12') + int(3.9) + uint(1)", json!(16)),
        ("double('1.5')", json!(1.5)),
        ("size('péa') + size([1]) + size({'a': 1})", json!(5)),
        ("'abc'.contains('b') && 'abc'.startsWith('a') && 'abc'.endsWith('c')", json!(true)),
        ("'abc'.matches('^[a-c]+$') && !'abd'.matches('^' + 'x')", json!(true)),
        ("lower('ÀB') + upper('c') + trim(' d ')", json!("àbCd")),
        ("'a,b'.split(',')", json!(["a", "b"])),
        ("['a', 'b'].join('-')", json!("a-b")),
        ("'aXbX'.replace('X', '.')", json!("a.b.")),
        ("'abcdef'.substring(1, 3) + string('abc'.indexOf('c'))", json!("bc2")),
        ("base64('hi') + unbase64('aGk=')", json!("aGk=hi")),
        ("sha256('')", json!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")),
        ("json('{\"a\": [1]}').a[0]", json!(1)),
        ("to_json({'a': 1})", json!("{\"a\":1}")),
        ("parse_query('a=1&a=%202+3&b')", json!({"a": ["1", " 2 3"], "b": [""]})),
        ("url_encode('a b+é%&=~')", json!("a%20b%2B%C3%A9%25%26%3D~")),
        ("size(filler(100))", json!(100)),
        ("type(1) + type('') + type([]) + type({}) + type(null) + type(b'x')", json!("intstringlistmapnull_typebytes")),
        ("b'hi'", json!("aGk=")),
        ("string(bytes('hi')) + string(1) + string(true) + string(1.5)", json!("hi1true1.5")),
        ("bool('true') && dyn(true)", json!(true)),
        ("timestamp('2026-01-31T12:00:00Z') + duration('24h')", json!("2026-02-01T12:00:00Z")),
        ("timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z') == duration('24h')", json!(true)),
        ("date_add(timestamp('2026-01-31T00:00:00Z'), 'P1M')", json!("2026-02-28T00:00:00Z")),
        ("format_date('2026-01-31T12:00:00Z', '%d/%m/%Y')", json!("31/01/2026")),
        ("timestamp('2026-03-04T05:06:07.089Z').getFullYear()", json!(2026)),
        ("timestamp('2026-03-04T05:06:07Z').getMonth()", json!(2)),
        ("timestamp('2026-03-04T05:06:07Z').getDate() + timestamp('2026-03-04T05:06:07Z').getDayOfMonth()", json!(7)),
        ("timestamp('2026-03-04T05:06:07Z').getDayOfWeek()", json!(3)),
        ("timestamp('2026-02-01T05:06:07Z').getDayOfYear()", json!(31)),
        ("timestamp('2026-03-04T23:06:07Z').getHours('+02:00')", json!(1)),
        ("duration('90m').getMinutes() + duration('1500ms').getSeconds()", json!(91)),
        ("timestamp('2026-03-04T05:06:07.089Z').getMilliseconds()", json!(89)),
        ("failed('head-*') && !failed('head') && failed('body-type')", json!(true)),
        (
            "failed('*-id') && failed('*') && failed('b*-*pe') && failed('head-id*') && !failed('*-i') && !failed('body*body-type')",
            json!(true),
        ),
    ] {
        assert_eq!(value(text), Ok(expected), "{text}");
    }
}

#[test]
fn a_token_is_signed_where_a_key_of_the_set_signed_it() {
    let keys = [published(), other()].map(|key| key.to_string());
    let made = |text: &str| value(&text.replace("KEY", &keys[0]).replace("OTHER", &keys[1])).unwrap();
    let token = "jwt({'sub': 'a'}, {'alg': 'ES256'}, KEY)";
    assert_eq!(made(&format!("jwt_signed({token}, jwks([KEY, OTHER]))")), json!(true));
    assert_eq!(made(&format!("jwt_signed({token}, jwks([OTHER]))")), json!(false));
    assert_eq!(made(&format!("jwt_signed({token} + 'A', jwks([KEY]))")), json!(false));
    assert_eq!(made("jwt_signed('no token', jwks([KEY]))"), json!(false));
    // The public half is no secret: what is signed with it as one is signed by nobody (RFC 8725 section 2.1).
    let confused = "jwt({'sub': 'a'}, {'alg': 'HS256'}, to_json(jwks([KEY]).keys[0].x + 'padded to 32 bytes and more'))";
    assert_eq!(made(&format!("jwt_signed({confused}, jwks([KEY]))")), json!(false));
    assert_eq!(
        value("jwt_signed('a.b.c', {})").unwrap_err().message,
        "`jwt_signed`: among the keys, the key set has no member `keys`"
    );
}

/// The private key of RFC 7515 appendix A.3, and one of RFC 7517 appendix A.2.
fn published() -> Value {
    json!({
        "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI", "alg": "ES256",
    })
}

fn other() -> Value {
    json!({
        "kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM", "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE", "alg": "ES256",
    })
}

#[test]
fn a_side_that_decides_hides_the_fault_of_the_other() {
    assert_eq!(value("a.m == 1 || true"), Ok(json!(true)));
    assert_eq!(value("a.m == 1 && false"), Ok(json!(false)));
    assert_eq!(value("[1, 0].exists(x, 1 / x == 1)"), Ok(json!(true)));
    assert!(value("a.m == 1 || false").is_err());
}

#[test]
fn a_fault_names_the_path_that_is_to_blame() {
    let path = |text: &str| value(text).unwrap_err().path;
    assert_eq!(path("a.m"), Some("a.m".to_owned()));
    assert_eq!(path("a.m.k == 1"), Some("a.m".to_owned()));
    assert_eq!(path("a.n + 'x'"), Some("a.n".to_owned()));
    assert_eq!(path("a.rows.map(r, r.w)"), Some("a.rows[*].w".to_owned()));
    assert_eq!(path("other"), Some("other".to_owned()));
    assert_eq!(value("a.m").unwrap_err().message, "`a.m` is missing");
}

#[test]
fn arithmetic_that_has_no_value_is_a_fault() {
    for text in [
        "1 / 0",
        "1 % 0",
        "9223372036854775807 + 1",
        "1 + 'x'",
        "[1] < [2]",
        "int('x')",
        "mean([])",
        "percentile([1], 101)",
        "timestamp('yesterday')",
        "range(1000000)",
        "{'a': 1, 'a': 2}",
        "first([])",
        "a.?m",
        "unbase64('!')",
        "'x'.matches('(' + '')",
    ] {
        assert!(value(text).is_err(), "{text}");
    }
}

#[test]
fn names_and_members_are_listed_without_comprehension_variables() {
    let expression = Expression::compile("a.list.map(x, x.k + setting.id) == claim['c'] && has(profile.p)").unwrap();
    assert_eq!(expression.names(), ["a", "setting", "claim", "profile"]);
    assert_eq!(expression.members(), ["a.list", "setting.id", "profile.p"]);
    assert!(!expression.is_constant());
    assert!(Expression::compile("[1, 2].all(x, x > 0)").unwrap().is_constant());
}

struct Counting(std::cell::Cell<u32>);

impl Names for Counting {
    fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.0.set(self.0.get() + 1);
        (name == "used").then(|| Cow::Owned(json!({"m": true})))
    }
}

#[test]
fn only_names_that_are_reached_are_asked_for_and_once() {
    let names = Counting(std::cell::Cell::new(0));
    assert_eq!(Expression::compile("used.m && used.m || unused").unwrap().evaluate(&names), Ok(json!(true)));
    assert_eq!(names.0.get(), 1);
}

#[test]
fn an_unknown_function_is_a_fault_with_a_suggestion() {
    let fault = Expression::compile("1 + percentle([1], 50)").unwrap_err();
    assert_eq!(
        (fault.message.as_str(), fault.help.as_deref()),
        ("unknown function `percentle`", Some("did you mean `percentile`?"))
    );
    assert!(fault.offset >= 4, "{}", fault.offset);
    assert!(Expression::compile("zzzzzzzz(1)").unwrap_err().help.unwrap().contains("distinct"));
    assert!(Expression::compile("uuid()").unwrap_err().help.unwrap().contains("templates"));
    assert_eq!(Expression::compile("size()").unwrap_err().message, "`size` is written `size(value)`");
}

#[test]
fn a_syntax_fault_has_an_offset_in_the_text() {
    let fault = Expression::compile("a.b ==\n  == 2").unwrap_err();
    assert!((7..=9).contains(&fault.offset), "{fault:?}");
    assert!(Expression::compile("'é' + +").unwrap_err().offset <= 8);
    assert!(Expression::compile("'x'.matches('(')").unwrap_err().message.contains("is not a pattern"));
}

#[test]
fn deep_or_long_texts_are_refused_before_they_are_parsed() {
    let start = Instant::now();
    for text in [
        "(".repeat(100_000),
        format!("{}1{}", "(".repeat(7_000 / 2), ")".repeat(7_000 / 2)),
        "[".repeat(3_000),
        "!".repeat(7_000) + "true",
        "-".repeat(7_000) + "1",
        "a?".repeat(3_000),
        format!("a{}", ".b".repeat(3_900)),
        format!("1{}", "+1".repeat(3_900)),
        format!("a{}", "[0]".repeat(2_600)),
        "a.map(x,".repeat(900),
    ] {
        assert!(Expression::compile(&text).is_err());
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn the_longest_texts_that_are_allowed_compile_or_fail_in_time() {
    let start = Instant::now();
    for text in [
        format!("{}1{}", "(".repeat(24), ")".repeat(24)),
        format!("1{}", "+1".repeat(120)),
        format!("a{}", ".b".repeat(140)),
        format!("a{}", ".b".repeat(590)),
        format!("1{}", "+1".repeat(590)),
        format!("[{}]", "1,".repeat(590)),
        format!("{}true", "true&&".repeat(300)),
        format!("{}1{}", "true?1:".repeat(20), ""),
    ] {
        let _ = Expression::compile(&text);
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn an_expression_cannot_hang_or_eat_memory() {
    for text in [
        "range(100000).all(x, range(100000).all(y, range(100000).all(z, true)))",
        "range(100000).map(x, filler(1000000)).size() > 0",
        "range(100000).map(x, range(1000)).size() > 0",
        "range(100000).exists(x, 'a'.matches('a' + string(x)))",
        "range(50000).map(x, x).distinct().size() > 0",
        "[filler(8000000)].map(x, x + x + x + x).size() > 0",
    ] {
        let start = Instant::now();
        let fault = Expression::compile(text).unwrap().evaluate(&NoNames).unwrap_err();
        assert!(fault.message.contains("more than") || fault.message.contains("at most"), "{text}: {fault}");
        assert!(start.elapsed() < Duration::from_secs(3), "{text}: {:?}", start.elapsed());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_compiles_or_not_without_panic(text in any::<String>()) {
        if let Ok(expression) = Expression::compile(&text) {
            let _ = expression.evaluate(&NoNames);
        }
    }

    #[test]
    fn any_text_of_the_grammars_signs_compiles_or_not_in_time(text in r#"[a-c0-9 ().,\[\]{}?:!+*/%<>=&|'"\\-]{0,60}"#) {
        let start = Instant::now();
        if let Ok(expression) = Expression::compile(&text) {
            let _ = expression.evaluate(&NoNames);
        }
        assert!(start.elapsed() < Duration::from_secs(2), "{text}");
    }
}

#[test]
fn expression_is_taken_apart_at_its_outermost_ands_alone() {
    for (text, parts) in [
        ("a", vec!["a"]),
        ("a && b && c", vec!["a", "b", "c"]),
        ("a && (b && c)", vec!["a && (b && c)"]),
        ("a && (b || c)", vec!["a", "(b || c)"]),
        ("a || b && c", vec!["a || b && c"]),
        ("a && b ? c : d", vec!["a && b ? c : d"]),
        ("a == 'x && y' && b", vec!["a == 'x && y'", "b"]),
        ("a == 'it\\'s && y' && b", vec!["a == 'it\\'s && y'", "b"]),
        ("[1, 2].exists(n, n > 1 && n < 3) && b", vec!["[1, 2].exists(n, n > 1 && n < 3)", "b"]),
        // Read the plain way these have other parts than they are made of, and stay whole.
        ("a == r'\\' && b == 'c && d'", vec!["a == r'\\' && b == 'c && d'"]),
        ("a // && b\n && c", vec!["a // && b\n && c"]),
    ] {
        let made = Expression::compile(text).unwrap_or_else(|fault| panic!("{text}: {fault}")).conjuncts();
        assert_eq!(made.iter().map(Expression::text).collect::<Vec<_>>(), parts);
    }
}

#[test]
fn what_is_known_beforehand_changes_no_value() {
    let profile = json!({"strict": "yes", "limit": 3, "rows": [1, 2], "off": false});
    let known = serde_json::Map::from_iter([("profile".to_owned(), profile.clone())]);
    let names = names().with("profile", profile);
    for (text, constant) in [
        ("profile.strict == 'yes'", Some(json!(true))),
        ("profile.strict == 'no' && a.missing > 1", Some(json!(false))),
        ("a.missing > 1 || profile.limit >= 3", Some(json!(true))),
        ("profile.off ? a.missing : profile.limit + 1", Some(json!(4))),
        ("!profile.off", Some(json!(true))),
        ("has(profile.limit)", Some(json!(true))),
        ("profile.?strict.orValue('')", None),
        ("profile.?missing.orValue('none')", None),
        ("profile.missing == 1", None),
        ("profile.limit > 'a'", None),
        ("profile.strict == 'yes' && a.n == 3", None),
        ("profile.strict == 'no' || a.n", None),
        ("a.list.all(x, x <= profile.limit)", None),
        ("a.list.exists(profile, profile == 2)", None),
        ("profile.rows.map(x, x * profile.limit)", None),
        ("{'is': profile.strict, 'of': [profile.limit, a.n]}", None),
        ("duration(string(profile.limit) + 's') > duration('2s')", None),
        ("size(profile) + profile.limit", None),
    ] {
        let whole = Expression::compile(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        let folded = whole.knowing(&known);
        assert_eq!(folded.constant(), constant.as_ref(), "{text}");
        assert_eq!((folded.text(), folded.names(), folded.members()), (whole.text(), whole.names(), whole.members()));
        let message = |value: Evaluated<Value>| value.map_err(|fault| fault.message);
        assert_eq!(message(folded.evaluate(&names)), message(whole.evaluate(&names)), "{text}");
    }
}
