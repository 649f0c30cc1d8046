//! Feeds mutated resources, paths, definitions and packages to the checks: `fuzz_fhir SECONDS SEED TARGET`.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

#[path = "../../../tests/fuzz/mod.rs"]
mod fuzz;

use bytes::Bytes;
use counterpart_document::{Json, Limits, Xml};
use counterpart_fhir::{
    Definitions, FhirVersion, Finding, Format, Kind, Package, PackageDigest, Part, Policy, Resource, Validator, as_json, as_xml,
    convert, expressions, place_in_xml,
};
use flate2::Compression;
use flate2::write::GzEncoder;
use fuzz::Target;
use std::io::Write as _;
use std::process::ExitCode;

/// The definitions of the clinic, with which the tests of `plan` play: types, a profile with slices, a value set.
const DEFINITIONS: [&str; 3] = [
    include_str!("../../plan/tests/pack/clinic/profiles/types.json"),
    include_str!("../../plan/tests/pack/clinic/profiles/visit.json"),
    include_str!("../../plan/tests/pack/clinic/profiles/visit-status.json"),
];
const PROFILE: &str = "https://clinic.example/fhir/ClinicVisit";

const JSON: &[&str] = &[
    r##"{"resourceType":"Visit","meta":{"profile":["https://clinic.example/fhir/ClinicVisit"]},"language":"en-GB","identifier":[{"system":"https://clinic.example/booking","value":"1","extension":[{"url":"urn:x","valueCode":"y"}]}],"status":"planned","_status":{"id":"s"},"start":"2026-11-30T09:00:00Z","end":"2026-11-30T09:20:00Z","participant":[{"actor":{"reference":"#p"},"status":"accepted"}]}"##,
    r#"{"resourceType":"Diary","day":"2026-11-30","entry":[{"resource":{"resourceType":"Visit","id":"a","status":"arrived"}},{"resource":{"resourceType":"Diary","day":"2026"}}]}"#,
];

const XML: &[&str] = &[
    r##"<Visit xmlns="http://hl7.org/fhir"><meta><profile value="https://clinic.example/fhir/ClinicVisit"/></meta><language value="en-GB"/><identifier><extension url="urn:x"><valueString value="y"/></extension><system value="https://clinic.example/booking"/><value value="1"/></identifier><status id="s" value="planned"/><start value="2026-11-30T09:00:00Z"/><end value="2026-11-30T09:20:00Z"/><participant><actor><reference value="#p"/></actor><status value="accepted"/></participant></Visit>"##,
    r#"<Diary xmlns="http://hl7.org/fhir"><day value="2026-11-30"/><entry><resource><Visit><id value="a"/><status value="arrived"/></Visit></resource></entry></Diary>"#,
];

const PATHS: &[&str] = &[
    "Visit.identifier.where(system = 'https://clinic.example/booking').value",
    "descendants().where(start < end and participant.all(actor.exists() implies status.exists()))",
    "identifier.select(system | value).where($this.toString().matches('^(a+)+$').not() or (1 + 2 * 3 - 4 / 2) > 1).distinct()",
    "iif(status = 'planned', %resource.descendants().ofType(Reference), {}).first().where($this is Reference)",
    "start.where($this.toString().substring(0, 4).toInteger() div 2 mod 3 = 1 xor language.startsWith('en').not())",
    "$this.children().tail().skip(1).take(2) | identifier.extension('urn:x').value",
];

/// Pieces that steer a mutation past the outer layers of a grammar.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "[", "]", "{", "}", "\"", "'", ",", ":", "\\u", "9999999999999999999", "-1", "1e400", "null", "<", ">", "</", "/>", "&#x", " xmlns=''",
    " value=\"", "\"resourceType\":", "\"extension\":[", "\"contained\":[", "\"_status\":", "<extension url=''>", "<contained>", "valueCode",
    "\"path\":\"Visit", "\"slicing\":{", "\"discriminator\":[", "\"sliceName\":\"", "\"baseDefinition\":\"", "\"contentReference\":\"#Visit\"",
    "\"fixedUri\":", "\"patternCode\":", "\"min\":", "\"max\":\"*\"", "\"type\":[{\"code\":\"Visit\"}]", "\"snapshot\":{\"element\":[",
    "\"differential\":", "\"expression\":\"", "\"compose\":{\"include\":[{\"valueSet\":[\"", "https://clinic.example/fhir/ClinicVisit",
    "http://hl7.org/fhir/StructureDefinition/", "(", ")", ".", "where(", "all(", "descendants()", ".resolve()", " and ", " implies ", " is ",
    " | ", "%resource", "$this", "`", "@2026-01-01T", "matches('(a*)*$')", "replaceMatches('(.*)*', '$0$0')", "\0", "\u{FEFF}", "é", "𝄞",
    "package/", "../", "0000777", "ustar",
];

fn definitions() -> Definitions {
    let mut definitions = Definitions::new(FhirVersion::Stu3);
    let read = DEFINITIONS.iter().filter_map(|text| Package::read("own.json", text.as_bytes()).ok());
    read.for_each(|package| definitions.add(package));
    definitions
}

/// Checks a text, and writes it in both forms; tells whether it is a resource of a type that is known.
fn check(text: &[u8], definitions: &Definitions, part: Option<&Part>) -> bool {
    let Ok(resource) = Resource::parse(&Bytes::copy_from_slice(text), &Limits::default()) else { return false };
    let report = Validator::new(definitions, Policy::default()).check_part(&resource, &[PROFILE.to_owned()], part);
    let has_place = |finding: &Finding| finding.bytes.start < finding.bytes.end && finding.line > 0 && finding.column > 0;
    assert!(report.findings.iter().all(has_place), "a finding has a place");
    for format in [Format::Json, Format::Xml] {
        let Ok(written) = convert(&resource, format, definitions) else { continue };
        let again = Resource::parse(&Bytes::from(written.clone()), &Limits::default());
        assert!(again.is_ok(), "what was written can be read: {written}");
    }
    turned(&resource, definitions);
    !report.resource_type.is_empty()
}

/// Turns a resource into its other form as a message, and back: what was written can be read, each value has a place in the XML,
/// and once what no form has is gone, such as an empty element, the way there and back changes nothing.
fn turned(resource: &Resource, definitions: &Definitions) {
    let json = match resource {
        Resource::Json(json) => json.clone(),
        Resource::Xml(xml) => match as_json(xml, definitions).map(|text| Json::parse(&text.into(), &Limits::default())) {
            Ok(Ok(json)) => json,
            // It is too deep or too big, or no resource.
            Ok(Err(_)) | Err(_) => return,
        },
    };
    let Ok(written) = as_xml(&json, definitions) else { return };
    let Ok(xml) = Xml::parse(&written.clone().into(), &Limits::default()) else {
        // The bounds of a reader are narrower than what was written.
        return;
    };
    let Ok(back) = as_json(&xml, definitions) else { panic!("what was written is a resource: {written}") };
    if let Ok(back) = Json::parse(&back.into(), &Limits::default()) {
        let again = as_xml(&back, definitions).ok().and_then(|text| Xml::parse(&text.into(), &Limits::default()).ok());
        let again = again.and_then(|xml| as_json(&xml, definitions).ok());
        assert_eq!(again.as_deref().map(str::as_bytes), Some(back.text().as_ref()), "the second way there is the first");
        for name in back.value().as_object().into_iter().flat_map(|members| members.keys()) {
            assert!(place_in_xml(&xml, &format!("/{name}"), definitions).is_some(), "`{name}` has a place: {written}");
        }
    }
}

/// Checks our own resources; tells whether the type of one is known.
fn check_all(definitions: &Definitions, part: Option<&Part>) -> bool {
    JSON.iter().chain(XML).filter(|text| check(text.as_bytes(), definitions, part)).count() > 0
}

/// Puts definitions in the place of ours and checks with them.
fn definition(text: &[u8]) -> bool {
    let Ok(package) = Package::read("mutated.json", text) else { return false };
    let mut definitions = definitions();
    definitions.add(package);
    compile(&definitions);
    check_all(&definitions, None)
}

fn compile(definitions: &Definitions) {
    let urls: Vec<&str> = definitions.urls(Kind::StructureDefinition).collect();
    // What comes of it is of no matter, only that it ends.
    let usable = urls.iter().filter(|url| definitions.can_check(url)).count();
    std::hint::black_box((usable, expressions(definitions)));
}

fn package(bytes: &[u8]) -> bool {
    let Ok(package) = Package::read("p.tgz", bytes) else { return false };
    let found = !package.definitions.is_empty();
    let mut definitions = Definitions::new(FhirVersion::Stu3);
    definitions.add(package);
    compile(&definitions);
    found
}

/// Packs a tar archive, so that mutations of it get past the checksum of gzip.
fn packed(tar: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory does not fail.
    let _ = writer.write_all(tar);
    writer.finish().unwrap_or_default()
}

fn tar() -> Vec<u8> {
    let manifest = r#"{"name":"own","version":"1","fhirVersions":["3.0.1"],"dependencies":{"own":"1"}}"#;
    let files =
        ["package.json", "types.json", "visit.json", "set.json"].into_iter().zip([manifest].into_iter().chain(DEFINITIONS));
    let mut archive: Vec<u8> = files.flat_map(|(name, content)| entry(&format!("package/{name}"), content.as_bytes())).collect();
    archive.extend([0; 1024]);
    archive
}

fn digest() -> PackageDigest {
    PackageDigest::of(b"a package")
}

/// What is kept of a definition.
fn kept() -> Bytes {
    let package = Package::read("own.json", DEFINITIONS[1].as_bytes());
    package.map(|package| package.keep(&digest()).into()).unwrap_or_default()
}

/// Writes one entry of a tar archive.
fn entry(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = vec![0; 512];
    put(&mut header, 0, name);
    put(&mut header, 124, &format!("{:011o}", content.len()));
    put(&mut header, 156, "0");
    put(&mut header, 257, "ustar\0");
    put(&mut header, 148, "        ");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    put(&mut header, 148, &format!("{sum:06o}\0"));
    header.extend(content);
    header.resize(header.len().div_ceil(512) * 512, 0);
    header
}

fn put(header: &mut [u8], at: usize, text: &str) {
    header.iter_mut().skip(at).zip(text.bytes()).for_each(|(byte, new)| *byte = new);
}

fn target<'a>(name: &'static str, corpus: Vec<Vec<u8>>, execute: impl FnMut(&[u8]) -> bool + 'a) -> Target<'a> {
    Target { name, corpus, pieces: PIECES, execute: Box::new(execute) }
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn main() -> ExitCode {
    let own = definitions();
    let path = |input: &[u8]| Part::parse(&String::from_utf8_lossy(input)).is_ok_and(|part| check_all(&own, Some(&part)));
    fuzz::run(vec![
        target("resource-json", texts(JSON), |input| check(input, &own, None)),
        target("resource-xml", texts(XML), |input| check(input, &own, None)),
        target("path", texts(PATHS), path),
        target("definition", texts(&DEFINITIONS), definition),
        target("package", vec![tar()], |input| package(&packed(input))),
        target("kept", vec![kept().to_vec()], |input| Package::kept(&Bytes::copy_from_slice(input), &digest()).is_some()),
        target("package-bytes", vec![packed(&tar())], package),
    ])
}
