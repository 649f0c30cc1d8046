//! Times packages and checks with the official packages: `COUNTERPART_FHIR_PACKAGES=FOLDER cargo bench --bench fhir`.
//!
//! What it checks: a booking of about 6 kB, with what it contains, is checked against its profiles in less than a
//! millisecond, it is read from XML as JSON in less than that, both STU3 packages are read in less than two seconds, and what is kept of them in less than 200 ms. Without the
//! folder it says that it measured nothing.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use bytes::Bytes;
use counterpart_document::{Json, Limits, Xml};
use counterpart_fhir::{
    Definitions, FhirVersion, Package, PackageDigest, Policy, Resource, Severity, Validator, as_json, as_xml,
};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const APPOINTMENT: &[u8] = include_bytes!("appointment.json");
const BATCHES: u32 = 200;
const ROUNDS: u32 = 5;
const CHECK_MAX: Duration = Duration::from_millis(1);
const LOAD_MAX: Duration = Duration::from_secs(2);
const KEPT_MAX: Duration = Duration::from_millis(200);

/// The packages of STU3, that of FHIR itself first.
fn packages(folder: &Path) -> Option<Vec<PathBuf>> {
    let mut files: Vec<_> = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    files.sort_by_key(|file| !file.to_string_lossy().contains("/hl7."));
    files.retain(|file| {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // Packages of the other version would only be read to be left out.
        name.ends_with(".tgz") && !name.starts_with("examples-") && !name.contains("-4.0.")
    });
    Some(files)
}

/// Reads the packages themselves, or what is kept of them in a folder, side by side as the command does.
fn load(files: &[PathBuf], kept: Option<&Path>) -> Option<Definitions> {
    let mut definitions = Definitions::new(FhirVersion::Stu3);
    let packages: Option<Vec<Package>> = std::thread::scope(|scope| {
        let reading: Vec<_> = files.iter().map(|file| scope.spawn(move || package(file, kept))).collect();
        reading.into_iter().map(|one| one.join().ok()?).collect()
    });
    packages?.into_iter().for_each(|package| definitions.add(package));
    Some(definitions)
}

fn package(file: &Path, kept: Option<&Path>) -> Option<Package> {
    let bytes = std::fs::read(file).ok()?;
    let Some(folder) = kept else { return Package::read(&file.to_string_lossy(), bytes.as_slice()).ok() };
    let digest = PackageDigest::of(&bytes);
    Package::kept(&std::fs::read(folder.join(digest.file_name())).ok()?.into(), &digest)
}

/// Keeps the packages in a folder, and gives how many bytes that are.
fn keep(files: &[PathBuf], folder: &Path) -> Option<u64> {
    std::fs::create_dir_all(folder).ok()?;
    let mut length = 0;
    for file in files {
        let bytes = std::fs::read(file).ok()?;
        let digest = PackageDigest::of(&bytes);
        let kept = Package::read(&file.to_string_lossy(), bytes.as_slice()).ok()?.keep(&digest);
        length += kept.len() as u64;
        std::fs::write(folder.join(digest.file_name()), kept).ok()?;
    }
    Some(length)
}

/// Times a load, the best of three.
fn timed(files: &[PathBuf], kept: Option<&Path>) -> Option<(Definitions, Duration)> {
    let rounds = (0..3).map(|_| {
        let start = Instant::now();
        load(files, kept).map(|definitions| (definitions, start.elapsed()))
    });
    rounds.collect::<Option<Vec<_>>>()?.into_iter().min_by_key(|(_, took)| *took)
}

/// Times the packages and what is kept of them; gives the definitions as they were kept.
fn loaded(folder: &Path) -> Option<(Definitions, Duration, Duration)> {
    let files = packages(folder)?;
    let (cold, took) = timed(&files, None)?;
    println!("{} packages, {} definitions, read in  {took:>10.1?}", files.len(), cold.len());
    let place = std::env::temp_dir().join(format!("counterpart-fhir-{}", std::process::id()));
    let kept = keep(&files, &place).and_then(|length| Some((length, timed(&files, Some(&place))?)));
    // What is left behind for want of a right is the system's to take away.
    let _ = std::fs::remove_dir_all(&place);
    let (length, (definitions, warm)) = kept?;
    println!("{length} bytes kept, read in         {warm:>10.1?}");
    println!("ratio                                {:>9.1}x", took.as_secs_f64() / warm.as_secs_f64());
    (definitions.len() == cold.len()).then_some((definitions, took, warm))
}

/// Times how long it takes to read a booking in XML as the JSON that conditions look at; gives its length too.
fn read_as_json(json: &Bytes, definitions: &Definitions) -> Option<(usize, Duration)> {
    let limits = Limits::default();
    let xml = Bytes::from(as_xml(&Json::parse(json, &limits).ok()?, definitions).ok()?);
    let read = || Json::parse(&as_json(&Xml::parse(&xml, &limits).ok()?, definitions).ok()?.into(), &limits).ok();
    let mut best = Duration::MAX;
    for _ in 0..BATCHES {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            std::hint::black_box(read()?);
        }
        best = best.min(start.elapsed() / ROUNDS);
    }
    Some((xml.len(), best))
}

fn main() -> ExitCode {
    let Some(folder) = std::env::var_os("COUNTERPART_FHIR_PACKAGES") else {
        println!("nothing is measured: COUNTERPART_FHIR_PACKAGES names no folder with the official packages");
        return ExitCode::SUCCESS;
    };
    let Some((definitions, cold, warm)) = loaded(Path::new(&folder)) else {
        println!("the packages cannot be read, or not what is kept of them");
        return ExitCode::FAILURE;
    };
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
    let Some((length, read)) = read_as_json(&text, &definitions) else { return ExitCode::FAILURE };
    println!("{length} bytes of XML read as JSON in   {read:>10.1?}");
    if report.is_valid() && best < CHECK_MAX && read < CHECK_MAX && cold < LOAD_MAX && warm < KEPT_MAX {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
