//! Feeds mutated texts to the JSON and XML trees, and mutated paths to the query languages: `fuzz_document SECONDS SEED TARGET`.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

#[path = "../../../tests/fuzz/mod.rs"]
mod fuzz;

use bytes::Bytes;
use counterpart_document::{Json, JsonPath, Limits, XPath, Xml};
use fuzz::Target;
use std::ops::ControlFlow;
use std::process::ExitCode;

const JSON: &[&str] = &[
    r#"{"a":[1,-2.5e3,true,null,"x\u00e9\uD834\uDD1E\n"],"b":{"c":{}},"a":[]}"#,
    r#"[[[[[]]]],{"":0,"a/b":1,"m~n":2}]"#,
    "[1e308,1e-400,18446744073709551615,-0,0.1]",
];

const XML: &[&str] = &[
    "<?xml version='1.0' encoding='UTF-8'?><s:E xmlns:s='urn:s' a='1'><s:H/><s:B>x &amp; y<![CDATA[<z>]]></s:B><!--c--></s:E>",
    "<a xmlns='urn:a'><b c='&#65;' d=\"&lt;\"/><b>t</b><?p q?><b xmlns=''/></a>",
    "<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d SYSTEM 'file:///x'>]><a>&b;&d;</a>",
];

const JSON_PATHS: &[&str] = &[
    "$.a[?@.b == 'x' && length(@.c) > 1].d",
    "$..a[1:5:2]",
    "$['a',\"b\",*]",
    "/a~1b/0/m~0n",
    "$[?search(@.a, '^x.*$') || !@.b]",
];

const XPATHS: &[&str] = &[
    "//s:B[@a = '1']/text()",
    "count(//b) > 1 and matches(string(/*), '^[a-z]+$')",
    "for $x in //b, $y in 1 to 3 return concat($x, $y)",
    "some $x in //@* satisfies number($x) = 1",
    "(//a | //b)[last()]/ancestor-or-self::*[position() < 3]",
    "if (not(//c)) then replace('a-b', '(.)-(.)', '$2') else tokenize(., ' ')",
    "xs:dateTime('2026-01-01T00:00:00Z') + xs:dayTimeDuration('P1D')",
];

/// Pieces that steer a mutation past the outer layers of a grammar.
const PIECES: &[&str] = &[
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    ",",
    ":",
    "\\u",
    "\\uD800",
    "1e",
    "-",
    "9999999999999999999",
    "<",
    ">",
    "</",
    "/>",
    "&",
    "&#x",
    ";",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE ",
    "xmlns:",
    "xmlns=''",
    "(",
    ")",
    "//",
    "..",
    "*",
    "@",
    "?",
    "$",
    "::",
    " to ",
    " or ",
    " div ",
    "\0",
    "\u{FEFF}",
    "é",
    "𝄞",
    "~0",
    "~2",
    "ancestor::",
    "[last()]",
    "string(",
    "matches(., '(a+)+$')",
    "xs:integer(",
];

struct Subjects {
    json: Json,
    xml: Vec<Xml>,
    namespaces: Vec<(String, String)>,
}

fn subjects() -> Option<Subjects> {
    let limits = Limits::default();
    let wide = format!("<a>{}</a>", "<b c='1'>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab</b>".repeat(200));
    let texts = XML.iter().take(2).map(|text| (*text).to_owned()).chain([wide]);
    Some(Subjects {
        json: Json::parse(&Bytes::from_static(JSON.first()?.as_bytes()), &limits).ok()?,
        xml: texts.map(|text| Xml::parse(&text.into(), &limits)).collect::<Result<_, _>>().ok()?,
        namespaces: vec![("s".to_owned(), "urn:s".to_owned())],
    })
}

fn json(input: &[u8]) -> bool {
    let Ok(json) = Json::parse(&Bytes::copy_from_slice(input), &Limits::default()) else { return false };
    let _ = (json.locate("/a/0"), json.at("/b/c"));
    json.lay_out(|_| ControlFlow::Continue(()));
    true
}

fn json_path(input: &[u8], subjects: &Subjects) -> bool {
    let text = String::from_utf8_lossy(input);
    let _ = (subjects.json.at(&text), subjects.json.locate(&text));
    let Ok(path) = JsonPath::compile(&text) else { return false };
    let _ = path.query(subjects.json.value());
    true
}

fn xml(input: &[u8]) -> bool {
    let Ok(xml) = Xml::parse(&Bytes::copy_from_slice(input), &Limits::default()) else { return false };
    let _ = xml.locate("/a/b[1]/@c");
    xml.lay_out(|_| ControlFlow::Continue(()));
    true
}

fn xpath(input: &[u8], subjects: &Subjects) -> bool {
    let Ok(path) = XPath::compile(&String::from_utf8_lossy(input), &subjects.namespaces) else { return false };
    for xml in &subjects.xml {
        let _ = path.query(xml);
    }
    true
}

fn target<'a>(name: &'static str, corpus: &[&str], execute: impl FnMut(&[u8]) -> bool + 'a) -> Target<'a> {
    let corpus = corpus.iter().map(|text| text.as_bytes().to_vec()).collect();
    Target { name, corpus, pieces: PIECES, execute: Box::new(execute) }
}

fn main() -> ExitCode {
    let Some(subjects) = subjects() else {
        println!("could not read the corpus");
        return ExitCode::FAILURE;
    };
    fuzz::run(vec![
        target("json", JSON, json),
        target("json-path", JSON_PATHS, |input| json_path(input, &subjects)),
        target("xml", XML, xml),
        target("xpath", XPATHS, |input| xpath(input, &subjects)),
    ])
}
