//! Archives, good and hostile.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Kind, Package};
use crate::version::FhirVersion;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

/// Writes one entry of a tar archive.
fn entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[156] = kind;
    header[257..263].copy_from_slice(b"ustar\0");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header.extend(content);
    header.resize(header.len().div_ceil(512) * 512, 0);
    header
}

fn zipped(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
    entries.iter().for_each(|entry| writer.write_all(entry).unwrap());
    writer.write_all(&[0; 1024]).unwrap();
    writer.finish().unwrap()
}

const SET: &[u8] = br#"{"resourceType": "ValueSet", "url": "urn:set", "description": "prose", "compose": {"include": [{"system": "urn:s", "concept": [{"code": "a", "display": "A"}]}]}}"#;

fn refused(archive: &[u8]) -> String {
    Package::read("p.tgz", archive).unwrap_err().to_string()
}

#[test]
fn definitions_are_kept_and_the_rest_is_not() {
    let manifest = br#"{"name": "own", "version": "1.0.0", "fhirVersions": ["4.0.1"], "dependencies": {"own": "1.0.0"}}"#;
    let long = format!("package/{}.json", "n".repeat(150));
    let archive = zipped(&[
        entry("package/package.json", b'0', manifest),
        entry("package/.index.json", b'0', b"{}"),
        entry("package/Patient-a.json", b'0', br#"{"resourceType": "Patient"}"#),
        entry("package/examples/x.json", b'0', SET),
        entry("package/broken.json", b'0', b"{"),
        entry("package/link", b'2', b""),
        entry("././@LongLink", b'L', long.as_bytes()),
        entry("package/short.json", b'0', SET),
    ]);
    let package = Package::read("p.tgz", archive.as_slice()).unwrap();
    assert_eq!((package.name.as_str(), package.fhir), ("own#1.0.0", Some(FhirVersion::R4)));
    // A package that rests on itself, or on others in a circle, is only named: nothing is fetched.
    assert_eq!(package.dependencies, [("own".to_owned(), "1.0.0".to_owned())]);
    let kept: Vec<_> = package.definitions.iter().map(|definition| (definition.kind, definition.url.as_str())).collect();
    assert_eq!(kept, [(Kind::ValueSet, "urn:set")]);
    assert_eq!(package.notices, ["`broken.json` is no JSON object, and is left out"]);
    assert_eq!(
        String::from_utf8(package.definitions[0].json.text().unwrap()).unwrap(),
        r#"{"resourceType":"ValueSet","url":"urn:set","compose":{"include":[{"system":"urn:s","concept":[{"code":"a"}]}]}}"#
    );
}

#[test]
fn single_definitions_are_read_too() {
    assert_eq!(Package::read("set.json", SET).unwrap().definitions.len(), 1);
    let other = Package::read("set.json", &br#"{"resourceType": "Patient"}"#[..]).unwrap_err().to_string();
    assert!(other.starts_with("read the package `set.json`: it is neither"), "{other}");
}

#[test]
fn hostile_archives_are_refused() {
    let climbing = zipped(&[entry("package/../../etc/x.json", b'0', SET)]);
    assert!(refused(&climbing).contains("climbs out of the package"));
    assert!(refused(&zipped(&[entry("/etc/x.json", b'0', SET)])).contains("climbs out"));
    let mut lying = entry("package/a.json", b'0', b"{}");
    lying[124..135].copy_from_slice(b"77777777777");
    assert!(refused(&zipped(&[lying.clone()])).contains("a header's sum is wrong"));
    lying[148..156].fill(b' ');
    let sum: u32 = lying[..512].iter().map(|byte| u32::from(*byte)).sum();
    lying[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    assert!(refused(&zipped(&[lying])).contains("bytes when unpacked"));
    let many: Vec<_> = (0..50_001).map(|_| entry("package/d", b'5', b"")).collect();
    assert!(refused(&zipped(&many)).contains("more than 50000 entries"));
    let mut cut = zipped(&[entry("package/a.json", b'0', SET)]);
    cut.truncate(cut.len() / 2);
    refused(&cut);
    refused(b"\x1f\x8bnothing");
    refused(b"");
}

#[test]
fn a_bundle_gives_the_definitions_in_it() {
    let set = std::str::from_utf8(SET).unwrap();
    let bundle = format!(
        r#"{{"entry": [{{"resource": {set}}}, {{"fullUrl": "urn:x"}}, {{"resource": {{"resourceType": "Bundle"}}}}], "resourceType": "Bundle"}}"#
    );
    let package = Package::read("own.json", bundle.as_bytes()).unwrap();
    assert_eq!(package.definitions.len(), 1);
    assert_eq!((package.definitions[0].url.as_str(), package.notices.len()), ("urn:set", 0));
    assert!(refused(br#"{"resourceType": "Bundle", "entry": []}"#).contains("neither a gzip tar nor"));
}
