//! Feeds made-up expressions and templates to the compilers, and what compiles to the evaluators, on stable Rust.
//!
//! `cargo run --release -p counterpart-matching --example fuzz_matching -- SECONDS SEED` prints executions and findings;
//! exit 1 where something panicked or took more than a second.
#![expect(clippy::print_stdout, reason = "the program's output is its result")]

use counterpart_matching::{Escape, Expression, Generators, NameTable, Random, Template};
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

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

fn made_up(random: &mut Random, pieces: &[&str]) -> String {
    let mut text = String::new();
    for _ in 0..random.range(1, 40) {
        let repeats = if random.range(0, 60) == 0 { random.range(1, 3_000) } else { 1 };
        let piece = random.pick(pieces).copied().unwrap_or("");
        for _ in 0..repeats {
            text.push_str(piece);
        }
    }
    text
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (seconds, seed) = (arguments.next().unwrap_or(10), arguments.next().unwrap_or(1));
    let names = NameTable::default().with("a", json!({"b": 1, "list": [1, "2", null]})).with("list", json!([1, {"a": 2}]));
    let mut random = Random::keyed(seed, &["fuzz"]);
    let (mut executions, mut compiled, mut findings) = (0_u64, 0_u64, 0_u64);
    let mut slowest = Duration::ZERO;
    let end = Instant::now() + Duration::from_secs(seconds);
    std::panic::set_hook(Box::new(|_| {}));
    while Instant::now() < end {
        let expression = executions.is_multiple_of(2);
        let text = made_up(&mut random, if expression { EXPRESSION } else { TEMPLATE });
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            if expression {
                return Expression::compile(&text).map(|expression| expression.evaluate(&names).is_ok()).is_ok();
            }
            let escape = if text.len().is_multiple_of(2) { Escape::Json } else { Escape::Xml };
            let mut generators = Generators::new(0, Random::keyed(1, &[]));
            Template::compile("fuzz", &text, escape).map(|template| template.render(&names, &mut generators).is_ok()).is_ok()
        }));
        let took = start.elapsed();
        slowest = slowest.max(took);
        executions += 1;
        compiled += u64::from(matches!(outcome, Ok(true)));
        if outcome.is_err() || took > Duration::from_secs(1) {
            findings += 1;
            let what = if outcome.is_err() { "panic" } else { "slow" };
            println!("{what} after {took:?}: {:?}", text.chars().take(300).collect::<String>());
        }
    }
    println!("{executions} executions, {compiled} compiled, slowest {slowest:?}, {findings} findings");
    if findings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
