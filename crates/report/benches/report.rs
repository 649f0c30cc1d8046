//! Renders a run of 10,000 exchanges in every format and prints seconds and megabytes: `cargo bench -p counterpart-report`.
//!
//! The budget for HTML is 2 s and 20 MB. `HTML_OUT=FILE` also writes that page, for the browser check.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench may panic and prints its result")]

#[path = "../tests/sample/mod.rs"]
mod sample;

use counterpart_report::{Format, Options, render};
use std::time::Instant;

fn main() {
    let sample = sample::long(10_000);
    for (format, name) in Format::ALL {
        let began = Instant::now();
        let bytes = render(&sample.record, &sample.bodies, format, &Options::default()).unwrap();
        println!("{name:<6} {:.3} s {:.1} MB", began.elapsed().as_secs_f64(), bytes.len() as f64 / 1e6);
        if let (Format::Html, Ok(file)) = (format, std::env::var("HTML_OUT")) {
            std::fs::write(file, bytes).unwrap();
        }
    }
}
