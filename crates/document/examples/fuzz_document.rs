//! Feeds mutated texts and expressions to every reader of the crate: `fuzz_document [SECONDS] [SEED]`.
//!
//! Prints the number of executions and each finding with the input that made it; exits with 1 when a reader panicked or
//! took longer than a second. It needs no nightly tools, so it runs wherever the tests run.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use bytes::Bytes;
use counterpart_document::{Json, JsonPath, Limits, XPath, Xml};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// A case that keeps the processor busy for longer is a finding.
const CASE_MAX: Duration = Duration::from_secs(1);

const FINDINGS_MAX: usize = 20;
const INPUT_BYTES_MAX: usize = 64 * 1024;

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

/// xorshift64*: small, fast, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from((self.next() >> 16) % bound).unwrap_or(0)
    }

    fn pick<'p>(&mut self, from: &[&'p str]) -> &'p str {
        from.get(self.below(from.len())).copied().unwrap_or_default()
    }
}

fn mutate(seed: &str, random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.as_bytes().to_vec();
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(12)).min(bytes.len());
        match random.below(7) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let piece = bytes.get(at..end).unwrap_or_default().to_vec();
                let to = random.below(bytes.len() + 1);
                drop(bytes.splice(to..to, piece));
            }
            2 => bytes.truncate(at),
            3 => {
                let value = u8::try_from(random.below(256)).unwrap_or(0);
                bytes.get_mut(at).into_iter().for_each(|byte| *byte = value);
            }
            4 => {
                // A long run of one piece, for depth and for time.
                let piece = random.pick(PIECES);
                let times = 1 << random.below(13);
                drop(bytes.splice(at..at, piece.repeat(times).into_bytes()));
            }
            _ => drop(bytes.splice(at..end, random.pick(PIECES).bytes().collect::<Vec<_>>())),
        }
        bytes.truncate(INPUT_BYTES_MAX);
    }
    bytes
}

struct Subjects {
    json: Json,
    xml: Vec<Xml>,
    namespaces: Vec<(String, String)>,
}

/// What is fed; the name stands in the output.
#[derive(Clone, Copy, Debug)]
enum Reader {
    Json,
    JsonPath,
    XPath,
    Xml,
}

const READERS: &[Reader] = &[Reader::Json, Reader::JsonPath, Reader::XPath, Reader::Xml];

fn execute(reader: Reader, input: &[u8], subjects: &Subjects) {
    let limits = Limits::default();
    let text = String::from_utf8_lossy(input);
    match reader {
        Reader::Json => {
            if let Ok(json) = Json::parse(&Bytes::copy_from_slice(input), &limits) {
                let _ = (json.locate("/a/0"), json.at("/b/c"));
                json.lay_out(|_| ControlFlow::Continue(()));
            }
        }
        Reader::JsonPath => {
            let _ = (subjects.json.at(&text), subjects.json.locate(&text));
            if let Ok(path) = JsonPath::compile(&text) {
                let _ = path.query(subjects.json.value());
            }
        }
        Reader::XPath => {
            if let Ok(path) = XPath::compile(&text, &subjects.namespaces) {
                for xml in &subjects.xml {
                    let _ = path.query(xml);
                }
            }
        }
        Reader::Xml => {
            if let Ok(xml) = Xml::parse(&Bytes::copy_from_slice(input), &limits) {
                let _ = xml.locate("/a/b[1]/@c");
                xml.lay_out(|_| ControlFlow::Continue(()));
            }
        }
    }
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

/// Gives how long this thread has run; waiting for a busy machine is nobody's fault. Elsewhere than on Linux it is the
/// time of the clock.
fn busy(start: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|line| line.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let seconds = arguments.next().and_then(Result::ok).unwrap_or(10);
    let seed = arguments.next().and_then(Result::ok).unwrap_or(1);
    let Some(subjects) = subjects() else {
        println!("could not read the corpus");
        return ExitCode::FAILURE;
    };
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let (mut executions, mut findings) = (0_u64, 0_usize);
    let mut slowest = Duration::ZERO;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) && findings < FINDINGS_MAX {
        for &reader in READERS {
            let corpus = match reader {
                Reader::Json => JSON,
                Reader::JsonPath => JSON_PATHS,
                Reader::XPath => XPATHS,
                Reader::Xml => XML,
            };
            let input = mutate(random.pick(corpus), &mut random);
            let begun = busy(start);
            let outcome = catch_unwind(AssertUnwindSafe(|| execute(reader, &input, &subjects)));
            let took = busy(start).saturating_sub(begun);
            executions += 1;
            slowest = slowest.max(took);
            if outcome.is_err() || took > CASE_MAX {
                findings += 1;
                let what = if outcome.is_err() { "panic" } else { "slow" };
                println!("{what} in {reader:?} after {took:?}: {:?}", String::from_utf8_lossy(&input));
            }
        }
    }
    println!("{executions} executions, {findings} findings, slowest {slowest:?}, seed {seed}");
    if findings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
