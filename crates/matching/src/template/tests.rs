#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::{Escape, Generators, NameTable, NoNames, Random, Template};
use proptest::prelude::{ProptestConfig, any, proptest};
use serde_json::{Value, json};

fn generators() -> Generators {
    Generators::new(1_769_860_800_123, Random::keyed(7, &["test"]))
}

fn render(text: &str, escape: Escape) -> Result<String, String> {
    let names = NameTable::default()
        .with("s", json!("a\"b\\<c>&'d"))
        .with("n", json!(5))
        .with("f", json!(false))
        .with("z", Value::Null)
        .with("list", json!([{"id": 1}, {"id": 2}]))
        .with("map", json!({"k": "v", "l": "w"}))
        .with("o", json!({"deep": {"x": "y"}}))
        .with("line", json!("a\r\nX-Evil: 1"));
    let template = Template::compile("t", text, escape).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    template.render(&names, &mut generators()).map_err(|fault| fault.message)
}

#[test]
fn blocks_paths_and_helpers_render() {
    for (text, expected) in [
        ("{{n}} {{f}} {{o.deep.x}}", "5 false y"),
        ("{{#if n}}yes{{else}}no{{/if}}{{#if f}}yes{{else}}no{{/if}}{{#unless z}}un{{/unless}}", "yesnoun"),
        ("{{#if o.none}}a{{else if n}}b{{else}}c{{/if}}", "b"),
        ("{{#each list}}{{@index}}:{{id}}{{#unless @last}},{{/unless}}{{/each}}", "0:1,1:2"),
        ("{{#each list as |row at|}}{{at}}={{row.id}};{{/each}}", "0=1;1=2;"),
        ("{{#each map}}{{@key}}={{this}};{{/each}}", "k=v;l=w;"),
        ("{{#each o.deep}}{{../n}}{{@root.n}}{{n}}{{/each}}", "555"),
        ("{{#with o.deep}}{{x}}{{this.x}}{{/with}}{{#with o.none}}a{{else}}b{{/with}}", "yyb"),
        ("{{list.0.id}}{{o.[deep].x}}", "1y"),
        ("a {{~n~}} b{{! comment }}{{!-- {{n}} --}}", "a5b"),
        (
            "{{now}} {{now 'ms'}} {{now 'unix'}} {{now 'date' add='P1D'}}",
            "2026-01-31T12:00:00Z 2026-01-31T12:00:00.123Z 1769860800 2026-02-01",
        ),
        ("{{now 'http'}}", "Sat, 31 Jan 2026 12:00:00 GMT"),
        ("{{date-add 'now' '-2h'}} {{date-add '2026-01-31T00:00:00Z' 'P1M' '%d.%m.%Y'}}", "2026-01-31T10:00:00Z 28.02.2026"),
        ("{{base64 'hi'}} {{digest ''}}", "aGk= e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("{{check-digit-mod11 '943476591'}}", "9434765919"),
        ("{{sequence 'a'}}{{sequence 'a'}}{{sequence 'b'}} {{sequence 'c' pad=4}}", "121 0001"),
        ("{{filler 10}}|{{upper 'a'}}{{lower 'B'}}{{trim ' c '}}{{concat 'd' n}}", "The quick |Abcd5"),
        ("{{length list}}{{length 'été'}}{{lookup map 'k'}}{{join (lookup list 0) ','}}", "!"),
        ("{{default o.none 'd'}}{{default n 'd'}}", "d5"),
        ("{{#if (present f)}}there{{/if}}{{#if (present o.none)}}a{{else}}, not there{{/if}}", "there, not there"),
        ("{{#if (and n (not f) (eq n 5) (ne n 6) (or f n))}}all{{/if}}", "all"),
        ("{{replace 'a-b' '-' '+'}}{{url-encode 'a b'}}", "a+ba%20b"),
        ("{{jwt map}}", "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJrIjoidiIsImwiOiJ3In0."),
        ("{{raw-json list}}", "[{\"id\":1},{\"id\":2}]"),
    ] {
        match expected {
            "!" => assert!(render(text, Escape::Text).is_err(), "{text}"),
            expected => assert_eq!(render(text, Escape::Text).as_deref(), Ok(expected), "{text}"),
        }
    }
}

#[test]
fn a_value_cannot_break_out_of_where_it_stands() {
    let json = render(r#"{"a": "{{s}}", "b": {{s}}, "c": {{n}}, "d": "x{{raw-json map}}", "e": {{raw-json map}}}"#, Escape::Json)
        .unwrap();
    let parsed: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        parsed,
        json!({"a": "a\"b\\<c>&'d", "b": "a\"b\\<c>&'d", "c": 5, "d": "x{\"k\":\"v\",\"l\":\"w\"}", "e": {"k": "v", "l": "w"}})
    );
    assert_eq!(render(r#""\" {{s}} \\""#, Escape::Json).unwrap(), r#""\" a\"b\\<c>&'d \\""#);
    assert_eq!(
        render("<a b=\"{{s}}\">{{s}}</a>", Escape::Xml).unwrap(),
        "<a b=\"a&quot;b\\&lt;c&gt;&amp;&#39;d\">a&quot;b\\&lt;c&gt;&amp;&#39;d</a>"
    );
    assert_eq!(render("{{s}}", Escape::Html).unwrap(), "a&quot;b\\&lt;c&gt;&amp;&#39;d");
    assert_eq!(render("/p/{{s}}?q={{line}}", Escape::Url).unwrap(), "/p/a%22b%5C%3Cc%3E%26%27d?q=a%0D%0AX-Evil%3A%201");
    assert_eq!(render("{{line}}", Escape::Xml).unwrap(), "a&#13;\nX-Evil: 1");
    assert!(render("{{line}}", Escape::Header).unwrap_err().contains("U+000D"));
    for text in ["\0", "\n", "\r", "\u{7f}", "\u{85}", "€"] {
        let names = NameTable::default().with("v", json!(text));
        let template = Template::compile("h", "{{v}}", Escape::Header).unwrap();
        assert!(template.render(&names, &mut generators()).is_err(), "{text:?}");
        assert!(Template::compile("h", &format!("a{text}b"), Escape::Header).is_err(), "{text:?}");
    }
    let names = NameTable::default().with("v", json!("\u{1}"));
    assert!(Template::compile("x", "{{v}}", Escape::Xml).unwrap().render(&names, &mut generators()).is_err());
}

#[test]
fn what_is_missing_null_or_a_list_is_a_fault() {
    for (text, part) in [
        ("{{none}}", "`none` is missing"),
        ("{{o.none}}", "`o.none` is missing"),
        ("{{z}}", "null"),
        ("{{list}}", "raw-json"),
        ("{{#each n}}{{/each}}", "takes a list"),
    ] {
        assert!(render(text, Escape::Text).unwrap_err().contains(part), "{text}");
    }
}

#[test]
fn a_template_fault_has_its_place_and_a_suggestion() {
    let fault = Template::compile("t", "a\n  {{uppper 'x'}}", Escape::Text).unwrap_err();
    assert_eq!(
        (fault.message.as_str(), fault.line, fault.help.as_deref()),
        ("unknown helper `uppper`", 2, Some("did you mean `upper`?"))
    );
    for text in [
        "{{{s}}}",
        "{{&s}}",
        "{{> part}}",
        "{{#foo}}{{/foo}}",
        "{{#if}}{{/if}}",
        "{{now x=1}}",
        "{{fake 'gven-name'}}",
        "{{../n}}",
        "{{@none}}",
        "{{#if n}}",
        "{{n",
        "{{date-add}}",
        "{{@root}}",
        "{{#each list}}{{../../n}}{{/each}}",
    ] {
        assert!(Template::compile("t", text, Escape::Text).is_err(), "{text}");
    }
    assert_eq!(
        Template::compile("t", "{{fake 'gven-name'}}", Escape::Text).unwrap_err().help.as_deref(),
        Some("did you mean `given-name`?")
    );
}

#[test]
fn root_names_are_listed_and_members_of_items_are_not() {
    let text = "{{a.b}}{{#each c as |row|}}{{id}}{{row.x}}{{../d}}{{@root.e.f}}{{/each}}{{upper (lower g)}}{{uuid}}";
    let template = Template::compile("t", text, Escape::Text).unwrap();
    assert_eq!(template.names(), ["a", "c", "d", "e", "g"]);
    assert_eq!(template.members(), ["a.b", "e.f"]);
}

#[test]
fn the_same_seed_gives_the_same_text() {
    let text = "{{uuid}} {{fake 'full-name'}} {{fake 'email'}} {{random 1 100}} {{digits 9}} {{check-digit-mod11 prefix='999'}} {{pick list}}";
    let template = Template::compile("t", text.replace(" {{pick list}}", "").as_str(), Escape::Text).unwrap();
    let once = template.render(&NoNames, &mut generators()).unwrap();
    assert_eq!(template.render(&NoNames, &mut generators()).unwrap(), once);
    let other = template.render(&NoNames, &mut Generators::new(0, Random::keyed(8, &["test"]))).unwrap();
    assert_ne!(once, other);
}

#[test]
fn rendering_is_bounded() {
    let names = NameTable::default().with("l", Value::Array(vec![json!(1); 2_000]));
    let template = Template::compile("t", "{{#each l}}{{#each @root.l}}{{filler 1000}}{{/each}}{{/each}}", Escape::Text).unwrap();
    let fault = template.render(&names, &mut generators()).unwrap_err();
    assert!(fault.message.contains("more than"), "{fault}");
    assert!(Template::compile("t", &"{{#if a}}".repeat(10_000), Escape::Text).is_err());
    assert!(Template::compile("t", &format!("{{{{upper {}}}}}", "(".repeat(3_000)), Escape::Text).is_err());
    assert!(Template::compile("t", &"{{".repeat(100_000), Escape::Text).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_compiles_or_not_without_panic(text in any::<String>()) {
        let _ = Template::compile("t", &text, Escape::Text).map(|template| template.render(&NoNames, &mut generators()));
    }

    #[test]
    fn any_text_of_tags_compiles_or_not_without_panic(text in r"(\{\{[#/^&!>~]?|\}\}|\(|\)|[a-z.@=|']| as |else|if |each |with ){0,40}") {
        let _ = Template::compile("t", &text, Escape::Json).map(|template| template.render(&NoNames, &mut generators()));
    }

    #[test]
    fn a_json_template_gives_json_whatever_the_value(text in any::<String>()) {
        let template = Template::compile("t", r#"{"a": "{{v}}", "b": {{v}}}"#, Escape::Json).unwrap();
        let rendered = template.render(&NameTable::default().with("v", json!(text)), &mut generators()).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&rendered).unwrap(), json!({"a": text, "b": text}));
    }
}
