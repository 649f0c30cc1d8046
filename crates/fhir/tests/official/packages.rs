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

/// Gives resources of a version to hold against its definitions, by name. Of STU3 there are archives of examples; of R4 there are none, and
/// the definitions of its package stand in for them, since each is a resource of R4, with samples of our own for other types.
pub(crate) fn examples(folder: &Path, version: FhirVersion) -> BTreeMap<String, Vec<u8>> {
    if version == FhirVersion::R4 {
        let own: Vec<serde_json::Value> = serde_json::from_str(include_str!("r4.json")).unwrap();
        let own = own.into_iter().map(|one| (format!("own-{}.json", one["id"].as_str().unwrap()), one.to_string().into_bytes()));
        let mut all = in_archive(&folder.join("hl7.fhir.core-4.0.1.tgz"));
        all.remove("package.json");
        all.extend(own);
        return all;
    }
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let archives = files.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("examples-"));
    archives.flat_map(|path| in_archive(&path)).collect()
}

/// Gives the JSON files of an archive, by name without folder.
fn in_archive(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut archive = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut archive).unwrap();
    let mut all = BTreeMap::new();
    let mut at = 0;
    while let Some(header) = archive.get(at..at + 512).filter(|header| header[0] != 0) {
        let text = |range: std::ops::Range<usize>| String::from_utf8_lossy(&header[range]).trim_matches(['\0', ' ']).to_owned();
        let (name, size) = (text(0..100), usize::from_str_radix(&text(124..136), 8).unwrap());
        if name.ends_with(".json") {
            all.insert(name.rsplit('/').next().unwrap().to_owned(), archive[at + 512..at + 512 + size].to_vec());
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    all
}
