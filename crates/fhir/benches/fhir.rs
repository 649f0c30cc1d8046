//! Times packages and checks with the official packages: `COUNTERPART_FHIR_PACKAGES=FOLDER cargo bench --bench fhir`.
//!
//! What it checks: a booking of about 6 kB, with what it contains, is checked against its profiles in less than a
//! millisecond, and both STU3 packages are read in less than two seconds. Without the folder it says that it measured nothing.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use bytes::Bytes;
use counterpart_document::Limits;
use counterpart_fhir::{Definitions, FhirVersion, Package, Policy, Resource, Severity, Validator};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const APPOINTMENT: &[u8] = include_bytes!("appointment.json");
const BATCHES: u32 = 200;
const ROUNDS: u32 = 5;
const CHECK_MAX: Duration = Duration::from_millis(1);
const LOAD_MAX: Duration = Duration::from_secs(2);

fn load(folder: &Path) -> Option<Definitions> {
    let mut files: Vec<_> = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    files.sort_by_key(|file| !file.to_string_lossy().contains("/hl7."));
    let mut definitions = Definitions::new(FhirVersion::Stu3);
    for file in files {
        let name = file.file_name()?.to_string_lossy().into_owned();
        // Packages of the other version would only be read to be left out.
        if name.ends_with(".tgz") && !name.starts_with("examples-") && !name.contains("-4.0.") {
            let package = Package::read(&name, std::fs::File::open(&file).ok()?).ok()?;
            println!("{name}: {} definitions", package.definitions.len());
            definitions.add(package);
        }
    }
    Some(definitions)
}

fn main() -> ExitCode {
    let Some(folder) = std::env::var_os("COUNTERPART_FHIR_PACKAGES") else {
        println!("nothing is measured: COUNTERPART_FHIR_PACKAGES names no folder with the official packages");
        return ExitCode::SUCCESS;
    };
    let start = Instant::now();
    let Some(definitions) = load(Path::new(&folder)) else {
        println!("the packages cannot be read");
        return ExitCode::FAILURE;
    };
    let loaded = start.elapsed();
    println!("both packages read in                {loaded:>10.1?}");
    let validator = Validator::new(&definitions, Policy::default());
    let text = Bytes::from_static(APPOINTMENT);
    let check = || Resource::parse(&text, &Limits::default()).map(|resource| validator.check(&resource, &[]));
    let start = Instant::now();
    let Ok(report) = check() else { return ExitCode::FAILURE };
    println!("first check, definitions compiled in {:>10.1?}", start.elapsed());
    for finding in report.findings.iter().filter(|finding| finding.severity != Severity::Information) {
        println!("{} {}: {}", finding.severity.as_str(), finding.path, finding.message);
    }
    let mut best = Duration::MAX;
    for _ in 0..BATCHES {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            std::hint::black_box(check().is_ok());
        }
        best = best.min(start.elapsed() / ROUNDS);
    }
    println!("{} bytes read and checked in        {best:>10.1?}", text.len());
    if report.is_valid() && best < CHECK_MAX && loaded < LOAD_MAX { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
