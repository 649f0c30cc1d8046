//! Renders runs of 10,000 exchanges in every format and prints seconds and megabytes: `cargo bench -p counterpart-report`.
//!
//! The budget for HTML is 2 s and 20 MB, with one exchange in 2,000 failing as with one in two. `OUT=DIR` also writes the
//! reports there, for the browser and the schema checks. A page above its size ends it with 1; time depends on the machine.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench may panic and prints its result")]

#[path = "../tests/sample/mod.rs"]
mod sample;

use counterpart_report::{Format, Options, render};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

const EXCHANGES: u64 = 10_000;
const HTML_BYTES_MAX: usize = 20_000_000;

fn main() -> ExitCode {
    let out = std::env::var_os("OUT").map(PathBuf::from);
    let mut exit = ExitCode::SUCCESS;
    for failing_every in [2_000, 10, 2] {
        let sample = sample::long(EXCHANGES, failing_every);
        println!("{EXCHANGES} exchanges, one in {failing_every} failing");
        for (format, name) in Format::ALL {
            let began = Instant::now();
            let bytes = render(&sample.record, &sample.bodies, format, &Options::default()).unwrap();
            println!("  {name:<6} {:.3} s {:5.1} MB", began.elapsed().as_secs_f64(), bytes.len() as f64 / 1e6);
            if format == Format::Html && bytes.len() > HTML_BYTES_MAX {
                println!("  above the budget of {} MB", HTML_BYTES_MAX / 1_000_000);
                exit = ExitCode::FAILURE;
            }
            if let Some(folder) = &out {
                let ending = match format {
                    Format::ChecklistCsv => "checklist.csv",
                    Format::ChecklistHtml => "checklist.html",
                    Format::Junit => "junit.xml",
                    Format::Html | Format::Json | Format::Xml => name,
                };
                std::fs::write(folder.join(format!("long-{failing_every}.{ending}")), bytes).unwrap();
            }
        }
    }
    exit
}
