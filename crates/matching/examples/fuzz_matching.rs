//! Feeds made-up expressions and templates to the compilers, and what compiles to the evaluators: `fuzz_matching SECONDS SEED TARGET`.
#![expect(clippy::print_stdout, reason = "the program's output is its result")]

#[path = "../../../tests/fuzz/mod.rs"]
mod fuzz;

use counterpart_matching::{Escape, Expression, Generators, NameTable, Random, Template};
use fuzz::Target;
use serde_json::json;
use std::process::ExitCode;

/// Expressions of the kind that packs hold.
const EXPRESSIONS: &[&str] = &[
    "request.json.data.exists(one, one.type == 'person' && size(one.links) > 1)",
    "a.?list[0].orValue('none') + string(list.map(x, x in [1, 2] ? 1 : 2).sort_by(x, -x))",
    "timestamp('2026-01-01T00:00:00Z') + duration('1h') < timestamp('2027-01-01T00:00:00Z')",
    "json('{\"a\":[1,2]}').a.flatten().distinct().percentile(95.0) >= 1.5",
    "{'a': list, \"b\": a}.without(['a']).merge({'c': 'x'.matches('^[a-z]+$')})",
];

/// Templates of the kind that packs hold.
const TEMPLATES: &[&str] = &[
    "{\"id\": \"{{a.b}}\", \"list\": [{{#each list}}{{#unless (eq this 1)}},{{/unless}}\"{{this}}\"{{/each}}]}",
    "<a b=\"{{a.b}}\">{{#if (present a)}}{{uuid}}{{else}}{{now 'ms'}}{{/if}}</a>",
    "{{#with a as |x|}}{{date-add 'now' 'P1D'}} {{digest x.b}} {{default x.c 'none'}}{{/with}}",
    "{{filler 20}}{{fake 'town'}}{{sequence 'n'}}{{base64 (concat 'a' a.b)}}{{raw-json list}}{{join list ', '}}",
];

/// Pieces that expressions are made of.
const EXPRESSION: &[&str] = &[
    "a",
    "a.b",
    "a.list",
    "x",
    "request.json.id",
    "1",
    "2.5",
    "'t'",
    "\"u\"",
    "b'v'",
    "true",
    "null",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    "?",
    "&&",
    "||",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    ">=",
    " in ",
    "has(",
    ".map(x, ",
    ".all(x, ",
    ".filter(x, ",
    ".exists(x, ",
    ".sort_by(x, ",
    ".?",
    "[?",
    ".orValue(",
    "size(",
    "filler(9000000)",
    "range(90000)",
    "matches('a', ",
    "timestamp(",
    "duration('1h')",
    "split('')",
    "'\\",
    "\\u00",
    "/*",
    "//",
    "\n",
    "\u{0}",
    "é",
    "😀",
    "9223372036854775807",
    "-9223372036854775808",
    "1e309",
    "0x",
    "`",
    "@in",
    "dyn(",
    "json(",
    "with(",
];

/// Pieces that templates are made of.
const TEMPLATE: &[&str] = &[
    "{{",
    "}}",
    "{{#",
    "{{/",
    "{{^",
    "{{~",
    "~}}",
    "{{{",
    "}}}",
    "{{!",
    "{{!--",
    "--}}",
    "{{>",
    "{{*",
    "{{{{",
    "}}}}",
    "#if a",
    "/if",
    "#each list",
    "/each",
    "#with a",
    "/with",
    "else",
    "else if a",
    " as |x y|",
    "(",
    ")",
    "a",
    "a.b",
    "../a",
    "this",
    "@index",
    "@root.a",
    "[",
    "]",
    "\"",
    "'",
    "=",
    " ",
    "\n",
    "uuid",
    "now 'ms'",
    "fake 'town'",
    "filler 9000000",
    "raw-json list",
    "date-add 'now' 'P1D'",
    "{{a}}",
    "{{#each list}}",
    "{{/each}}",
    "{\"k\": ",
    "}",
    "\\",
    "é",
    "\u{0}",
    "1",
    "true",
];

fn main() -> ExitCode {
    let names = NameTable::default().with("a", json!({"b": 1, "list": [1, "2", null]})).with("list", json!([1, {"a": 2}]));
    let expression = |input: &[u8]| {
        let Ok(expression) = Expression::compile(&String::from_utf8_lossy(input)) else { return false };
        let _ = expression.evaluate(&names);
        true
    };
    let template = |input: &[u8]| {
        let escape = if input.len().is_multiple_of(2) { Escape::Json } else { Escape::Xml };
        let Ok(template) = Template::compile("fuzz", &String::from_utf8_lossy(input), escape) else { return false };
        let mut generators = Generators::new(0, Random::keyed(1, &[]));
        let _ = template.render(&names, &mut generators);
        true
    };
    let corpus = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    fuzz::run(vec![
        Target { name: "cel", corpus: corpus(EXPRESSIONS), pieces: EXPRESSION, execute: Box::new(expression) },
        Target { name: "template", corpus: corpus(TEMPLATES), pieces: TEMPLATE, execute: Box::new(template) },
    ])
}
