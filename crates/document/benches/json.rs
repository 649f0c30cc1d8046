//! Compares our JSON reading with serde_json's on a text of about 5 kB, and times XML beside it: `cargo bench --bench json`.
//!
//! What it checks: reading the text and finding one value in it takes less than 40 microseconds, or on a slow or busy
//! machine at most one and a half times what serde_json takes to read it.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use bytes::Bytes;
use counterpart_document::{Json, JsonPath, Limits, XPath, Xml};
use std::hint::black_box;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Many short batches: one of them is likely to be left alone by whatever else the machine does.
const BATCHES: u32 = 300;
const ROUNDS: u32 = 10;
const RATIO_MAX: f64 = 1.5;
const PARSE_AND_LOCATE_MAX: Duration = Duration::from_micros(40);

/// Gives the shortest mean of a batch.
fn measure(name: &str, mut work: impl FnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..BATCHES {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            work();
        }
        best = best.min(start.elapsed() / ROUNDS);
    }
    println!("{name:<44} {best:>10.1?}");
    best
}

fn main() -> ExitCode {
    let entry = |number: u32| {
        format!(
            r#"{{"resourceType":"Slot","id":"slot-{number}","status":"free","start":"2026-01-{:02}T09:00:00+00:00","minutes":{},"price":{}.25,"codes":[{{"system":"urn:oid:1.2.3","code":"c{number}","display":"Caf\u00e9 \"{number}\""}}]}}"#,
            number % 28 + 1,
            number * 5,
            number
        )
    };
    let text =
        format!(r#"{{"resourceType":"Bundle","total":24,"entry":[{}]}}"#, (0..24).map(entry).collect::<Vec<_>>().join(", "));
    let bytes = Bytes::from(text);
    let limits = Limits::default();
    println!("JSON text of {} bytes", bytes.len());
    let theirs = measure("serde_json: parse", || {
        black_box(serde_json::from_slice::<serde_json::Value>(black_box(&bytes)).is_ok());
    });
    let ours = measure("Json::parse", || {
        black_box(Json::parse(black_box(&bytes), &limits).is_ok());
    });
    let both = measure("Json::parse and locate", || {
        black_box(Json::parse(black_box(&bytes), &limits).ok().and_then(|json| json.locate("/entry/20/codes/0/display")));
    });
    println!("ratio to serde_json: parse {:.2}, parse and locate {:.2}", ratio(ours, theirs), ratio(both, theirs));
    xml_and_paths(&bytes, &limits);
    if both < PARSE_AND_LOCATE_MAX || ratio(both, theirs) < RATIO_MAX { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn ratio(ours: Duration, theirs: Duration) -> f64 {
    ours.as_secs_f64() / theirs.as_secs_f64()
}

fn xml_and_paths(json: &Bytes, limits: &Limits) {
    let items: String =
        (0..60).map(|number| format!("<m:item id=\"i{number}\"><m:value>{number}.50</m:value></m:item>")).collect();
    let soap = format!("<s:Envelope xmlns:s=\"urn:s\" xmlns:m=\"urn:m\"><s:Body><m:list>{items}</m:list></s:Body></s:Envelope>");
    let soap = Bytes::from(soap);
    println!("XML text of {} bytes", soap.len());
    measure("Xml::parse", || {
        black_box(Xml::parse(black_box(&soap), limits).is_ok());
    });
    let namespaces = [("m".to_owned(), "urn:m".to_owned())];
    let paths =
        ["count(//m:item[m:value > 30])", "/*/*/m:list/m:item[60]/m:value", "some $v in //m:value satisfies matches($v, '^5')"];
    if let Ok(xml) = Xml::parse(&soap, limits) {
        for expression in paths {
            let Ok(path) = XPath::compile(expression, &namespaces) else { continue };
            measure(expression, || {
                black_box(path.query(black_box(&xml)).is_ok());
            });
        }
        measure("Xml::lay_out", || {
            xml.lay_out(|piece| {
                black_box(piece);
                ControlFlow::Continue(())
            });
        });
    }
    let Ok(json) = Json::parse(json, limits) else { return };
    for expression in ["$.entry[?@.minutes > 50].id", "/entry/20/codes/0/display"] {
        let Ok(path) = JsonPath::compile(expression) else { continue };
        measure(expression, || {
            black_box(path.query(black_box(json.value())).len());
        });
    }
}
