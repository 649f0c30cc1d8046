//! The official packages and examples, where `COUNTERPART_FHIR_PACKAGES` names the folder that has them.

use counterpart_fhir::{Definitions, FhirVersion, Package};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

pub(crate) fn folder(of: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("COUNTERPART_FHIR_PACKAGES").map(PathBuf::from);
    if folder.is_none() {
        println!("left out: {of}, since COUNTERPART_FHIR_PACKAGES names no folder with the official packages");
    }
    folder
}

pub(crate) fn definitions(folder: &Path, version: FhirVersion) -> Definitions {
    let mut definitions = Definitions::new(version);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    // The core packages first: what rests on them stands before them.
    files.sort_by_key(|file| !file.file_name().unwrap().to_str().unwrap().starts_with("hl7."));
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".tgz") && !name.starts_with("examples-") {
            let package = Package::read(&name, std::fs::File::open(&file).unwrap()).unwrap();
            definitions.add(package);
        }
    }
    definitions
}

/// Gives the example resources of the archives, by name.
pub(crate) fn examples(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.file_name().unwrap().to_str().unwrap().starts_with("examples-") {
            continue;
        }
        let mut archive = Vec::new();
        flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut archive).unwrap();
        let mut at = 0;
        while let Some(header) = archive.get(at..at + 512).filter(|header| header[0] != 0) {
            let text =
                |range: std::ops::Range<usize>| String::from_utf8_lossy(&header[range]).trim_matches(['\0', ' ']).to_owned();
            let (name, size) = (text(0..100), usize::from_str_radix(&text(124..136), 8).unwrap());
            if name.ends_with(".json") {
                all.insert(name.rsplit('/').next().unwrap().to_owned(), archive[at + 512..at + 512 + size].to_vec());
            }
            at += 512 + size.div_ceil(512) * 512;
        }
    }
    all
}
