//! `counterpart fhir validate` and `convert`: FHIR resources, without a run.

use crate::args::{
    DefinitionArgs, FhirArgs, FhirCommand, FhirConvertArgs, FhirValidateArgs, FormatArg, MessageFormat, PackageArgs,
};
use crate::console;
use crate::exit::{Exit, Trouble};
use crate::limits::{KEPT_BYTES_MAX, RESOURCE_BYTES_MAX};
use bytes::Bytes;
use counterpart_document::Limits;
use counterpart_fhir::{
    Definitions, FhirVersion, Finding, Format, PACKAGE_BYTES_MAX, Package, PackageDigest, Policy, Report, Resource, Severity,
    Unknown, Validator, convert,
};
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) fn fhir(args: &FhirArgs, format: MessageFormat) -> Result<Exit, Trouble> {
    match &args.command {
        FhirCommand::Convert(args) => turn(args),
        FhirCommand::Validate(args) => validate(args, format),
    }
}

fn validate(args: &FhirValidateArgs, format: MessageFormat) -> Result<Exit, Trouble> {
    let definitions = definitions(&args.definitions)?;
    if let Some(missing) = args.profiles.iter().find(|profile| !definitions.has_profile(profile)) {
        return Err(Trouble::Usage(format!("no package has the profile `{missing}`")));
    }
    let unknown = if args.known_extensions_only { Unknown::Error } else { Unknown::Tell };
    let policy = Policy { unknown_extensions: unknown, unknown_modifier_extensions: unknown };
    let validator = Validator::new(&definitions, policy);
    let (mut shown, mut errors, mut not_checked) = (Vec::new(), 0, 0);
    for file in &args.files {
        let name = file.display().to_string();
        let report = match Resource::parse(&read(file)?.into(), &Limits::default()) {
            Ok(resource) => validator.check(&resource, &args.profiles),
            Err(error) => {
                errors += 1;
                match format {
                    MessageFormat::Human => console::data(&format!("{name}: error structure: could not {error}\n")),
                    MessageFormat::Json => shown.push(json!({ "file": name, "unreadable": error.to_string(), "findings": [] })),
                }
                continue;
            }
        };
        errors += report.count(Severity::Error) + report.further;
        not_checked += report.findings.iter().filter(|finding| finding.code == counterpart_fhir::Code::NotChecked).count();
        match format {
            MessageFormat::Human => console::data(&words(&name, &report)),
            MessageFormat::Json => shown.push(as_json(&name, &report)),
        }
    }
    if format == MessageFormat::Json {
        console::data(&format!("{:#}\n", json!({ "fhirVersion": definitions.version().to_string(), "files": shown })));
    }
    console::talk(&format!("{} resources, {errors} errors, {not_checked} rules not checked", args.files.len()));
    Ok(if errors == 0 { Exit::Pass } else { Exit::Fail })
}

fn turn(args: &FhirConvertArgs) -> Result<Exit, Trouble> {
    let definitions = definitions(&args.definitions)?;
    let to = match args.to {
        FormatArg::Json => Format::Json,
        FormatArg::Xml => Format::Xml,
    };
    let resource = Resource::parse(&read(&args.file)?.into(), &Limits::default());
    let text = resource.and_then(|resource| convert(&resource, to, &definitions));
    let text = text.map_err(|error| Trouble::Usage(format!("{}: could not {error}", args.file.display())))?;
    match &args.out {
        Some(out) => std::fs::write(out, text).map_err(|error| format!("could not write {}: {error}", out.display()))?,
        None => console::data(&text),
    }
    Ok(Exit::Pass)
}

/// Reads the packages, and settles which FHIR version is checked.
fn definitions(args: &DefinitionArgs) -> Result<Definitions, Trouble> {
    let packages = packages(&args.packages, args.cache.as_deref()).map_err(Trouble::Usage)?;
    let version = match &args.fhir_version {
        Some(text) => FhirVersion::parse(text)
            .ok_or_else(|| Trouble::Usage(format!("the FHIR version `{text}` is not known: known are 3.0.x and 4.0.x")))?,
        None => {
            let mut named = packages.iter().filter_map(|package| package.fhir);
            let first = named
                .next()
                .ok_or_else(|| Trouble::Usage("no package says which FHIR version it is of: give `--fhir-version`".to_owned()))?;
            if named.any(|other| other != first) {
                return Err(Trouble::Usage("the packages are of several FHIR versions: give `--fhir-version`".to_owned()));
            }
            first
        }
    };
    let mut definitions = Definitions::new(version);
    packages.into_iter().for_each(|package| definitions.add(package));
    definitions.notices().iter().for_each(|notice| console::talk(&format!("note: {notice}")));
    Ok(definitions)
}

/// Reads the packages that a pack's own definitions are joined by.
pub(crate) fn given(args: &PackageArgs) -> Result<Vec<Arc<Package>>, String> {
    let read = packages(&args.fhir_package, args.fhir_cache.as_deref())?;
    Ok(read.into_iter().map(Arc::new).collect())
}

/// Reads packages, side by side: to unpack one takes most of a second.
fn packages(paths: &[PathBuf], cache: Option<&Path>) -> Result<Vec<Package>, String> {
    std::thread::scope(|scope| {
        let reading: Vec<_> = paths.iter().map(|path| scope.spawn(move || package(path, cache))).collect();
        let read = reading.into_iter().map(|one| one.join().unwrap_or_else(|_| Err("could not read a package".to_owned())));
        read.collect()
    })
}

/// Reads a package, or takes what was kept of it; only archives are kept, since a single file is quick to read.
fn package(path: &Path, cache: Option<&Path>) -> Result<Package, String> {
    let failed = |error: std::io::Error| format!("could not read {}: {error}", path.display());
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(PACKAGE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    let read = || Package::read(&path.display().to_string(), bytes.as_slice()).map_err(|error| format!("could not {error}"));
    let Some(folder) = cache.filter(|_| bytes.starts_with(&[0x1f, 0x8b])) else { return read() };
    let digest = PackageDigest::of(&bytes);
    let kept = folder.join(digest.file_name());
    if let Some(package) = kept_at(&kept).and_then(|file| Package::kept(&file, &digest)) {
        return Ok(package);
    }
    let package = read()?;
    if let Err(error) = keep(&kept, &package.keep(&digest)) {
        // It is only slower without.
        console::talk(&format!("note: could not keep the package in {}: {error}", folder.display()));
    }
    Ok(package)
}

/// Reads a kept file; whatever is wrong with it, the package itself is read.
fn kept_at(path: &Path) -> Option<Bytes> {
    let file = std::fs::File::open(path).ok()?;
    let length = file.metadata().ok().filter(|data| data.is_file() && data.len() <= KEPT_BYTES_MAX)?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(length).ok()?);
    file.take(KEPT_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(bytes.into())
}

/// Writes a kept file beside its place and moves it there, so that nobody ever reads half of one.
fn keep(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // Half a file is of no use to anybody; that it cannot be taken away either is told by the first error.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    let failed = |error: std::io::Error| Trouble::Usage(format!("could not read {}: {error}", path.display()));
    let mut text = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(RESOURCE_BYTES_MAX).read_to_end(&mut text).map_err(failed)?;
    Ok(text)
}

/// Writes findings for people, a line each, with where each rule comes from.
fn words(name: &str, report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let source = match (&finding.profile, &finding.element) {
            (Some(profile), Some(element)) => format!("\n    rule: {element} in {profile}"),
            _ => String::new(),
        };
        out += &format!(
            "{name}:{}:{}: {} {} {}: {}{source}\n",
            finding.line,
            finding.column,
            finding.severity.as_str(),
            finding.code,
            finding.path,
            finding.message
        );
    }
    if report.further > 0 {
        out += &format!("{name}: {} more findings\n", report.further);
    }
    out
}

fn as_json(name: &str, report: &Report) -> Value {
    let findings: Vec<Value> = report.findings.iter().map(finding_json).collect();
    json!({ "file": name, "resourceType": report.resource_type, "findings": findings, "further": report.further })
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "severity": finding.severity.as_str(),
        "code": finding.code.as_str(),
        "path": finding.path,
        "place": finding.place,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "expected": finding.expected,
        "actual": finding.actual,
        "profile": finding.profile,
        "element": finding.element,
        "rule": finding.rule,
    })
}
