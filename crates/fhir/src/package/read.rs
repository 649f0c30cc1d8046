//! Reads packages and single definition files.

use super::packed::Packed;
use super::tar::Archive;
use super::trim::trim;
use crate::error::Error;
use crate::limits::{ENTRIES_MAX, NOTICES_MAX, PACKAGE_BYTES_MAX};
use crate::version::FhirVersion;
use flate2::read::GzDecoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::io::Read;

/// What a definition defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// Codes of one system.
    CodeSystem,
    /// A type, a resource, a profile or an extension.
    StructureDefinition,
    /// Codes chosen from systems.
    ValueSet,
}

/// One definition, cut down to what the checks need.
#[derive(Clone, Debug)]
pub struct Definition {
    /// What it defines.
    pub kind: Kind,
    /// Canonical address.
    pub url: String,
    /// Version of the definition itself, empty where it has none.
    pub version: String,
    /// What remains of its JSON.
    pub(crate) json: Packed,
    /// The FHIR version that the definition names.
    pub(crate) fhir: Option<FhirVersion>,
}

/// The definitions of one package.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// Name and version, `name#version`; the file's name for a single definition.
    pub name: String,
    /// The FHIR version, where the package or its structure definitions say so.
    pub fhir: Option<FhirVersion>,
    /// Names and versions of the packages that this one rests on. They are not fetched: the caller gives them too.
    pub dependencies: Vec<(String, String)>,
    /// Structure definitions, value sets and code systems.
    pub definitions: Vec<Definition>,
    /// What was left out, and why, at most 200.
    pub notices: Vec<String>,
}

impl Package {
    /// Reads a package (gzip tar), a single definition or a bundle of definitions (JSON); the bytes tell which.
    ///
    /// # Errors
    /// [`Error::Package`]: no gzip tar and no JSON object, an entry that climbs out, or a bound that is passed.
    pub fn read(file: &str, from: impl Read) -> Result<Self, Error> {
        let failed = |reason: String| Error::Package { name: file.to_owned(), reason };
        let mut from = from.take(PACKAGE_BYTES_MAX + 1);
        let mut start = [0; 2];
        from.read_exact(&mut start).map_err(|error| failed(error.to_string()))?;
        let mut package = Self { name: file.to_owned(), ..Self::default() };
        let mut whole = start.chain(from);
        if start == [0x1f, 0x8b] {
            package.archive(GzDecoder::new(&mut whole)).map_err(failed)?;
        } else {
            let mut text = Vec::new();
            whole.read_to_end(&mut text).map_err(|error| failed(error.to_string()))?;
            if !package.file(file, &text) {
                let reason =
                    "it is neither a gzip tar nor a structure definition, value set or code system in JSON, nor a bundle of them";
                return Err(failed(package.notices.pop().unwrap_or_else(|| reason.to_owned())));
            }
        }
        package.settle_version();
        Ok(package)
    }

    fn archive(&mut self, from: impl Read) -> Result<(), String> {
        let mut archive = Archive::new(from);
        while let Some(entry) = archive.next()? {
            // The layout keeps examples and indexes in folders of their own, or under names that begin with a dot.
            let Some(name) = entry.name.strip_prefix("package/").filter(|name| !name.contains('/')) else { continue };
            if !name.ends_with(".json") || name.starts_with('.') {
                continue;
            }
            match entry.content {
                Some(content) if name == "package.json" => self.manifest(&content),
                Some(content) => {
                    self.file(name, &content);
                }
                None => self.notice(format!("`{name}` is larger than a definition may be, and is left out")),
            }
        }
        Ok(())
    }

    /// Adds one file: a definition, or a bundle of them; false where nothing in it is of a kind that is used.
    fn file(&mut self, name: &str, text: &[u8]) -> bool {
        let Some((trimmed, head)) = self.head(name, text) else { return false };
        if head.resource_type.as_deref() != Some("Bundle") {
            return self.definition(name, &trimmed, head);
        }
        let bundle: Bundle<'_> = serde_json::from_slice(text).unwrap_or_default();
        let resources = bundle.entry.iter().filter_map(|entry| entry.resource).take(ENTRIES_MAX);
        let before = self.definitions.len();
        for resource in resources {
            // A bundle in a bundle is passed over: nobody writes one, and there would be no bound.
            if let Some((trimmed, head)) = self.head(name, resource.get().as_bytes()) {
                self.definition(name, &trimmed, head);
            }
        }
        self.definitions.len() > before
    }

    fn head(&mut self, name: &str, text: &[u8]) -> Option<(Vec<u8>, Head)> {
        let Some(trimmed) = trim(text) else {
            self.notice(format!("`{name}` is no JSON object, and is left out"));
            return None;
        };
        let head = serde_json::from_slice(&trimmed).unwrap_or_default();
        Some((trimmed, head))
    }

    fn definition(&mut self, name: &str, trimmed: &[u8], head: Head) -> bool {
        let kind = match head.resource_type.as_deref() {
            Some("StructureDefinition") => Kind::StructureDefinition,
            Some("ValueSet") => Kind::ValueSet,
            Some("CodeSystem") => Kind::CodeSystem,
            _ => return false,
        };
        let Some(url) = head.url.filter(|url| !url.is_empty()) else {
            self.notice(format!("`{name}` has no `url`, and is left out"));
            return false;
        };
        let fhir = head.fhir_version.as_deref().and_then(FhirVersion::parse);
        let version = head.version.unwrap_or_default();
        self.definitions.push(Definition { kind, url, version, json: Packed::of(trimmed), fhir });
        true
    }

    fn manifest(&mut self, text: &[u8]) {
        let Ok(manifest) = serde_json::from_slice::<Value>(text) else {
            return self.notice("`package.json` is no JSON, so that name and dependencies are not known".to_owned());
        };
        let text = |key: &str| manifest.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        self.name = format!("{}#{}", text("name"), text("version"));
        let listed = ["fhirVersions", "fhir-version-list"].iter().filter_map(|key| manifest.get(*key)?.as_array()).flatten();
        self.fhir = listed.filter_map(Value::as_str).find_map(FhirVersion::parse);
        if self.fhir.is_none() && text("name").starts_with("hl7.fhir.core") {
            self.fhir = FhirVersion::parse(&text("version"));
        }
        let dependencies = manifest.get("dependencies").and_then(Value::as_object);
        self.dependencies = dependencies
            .into_iter()
            .flatten()
            .map(|(name, version)| (name.clone(), version.as_str().unwrap_or_default().to_owned()))
            .collect();
    }

    /// Takes the version of the structure definitions where the package itself names none.
    fn settle_version(&mut self) {
        if self.fhir.is_none() {
            self.fhir = self.definitions.iter().find_map(|definition| definition.fhir);
        }
    }

    fn notice(&mut self, text: String) {
        if self.notices.len() < NOTICES_MAX {
            self.notices.push(text);
        }
    }
}

/// A bundle, whose resources are read one by one.
#[derive(Default, Deserialize)]
struct Bundle<'t> {
    #[serde(borrow, default)]
    entry: Vec<BundleEntry<'t>>,
}

#[derive(Deserialize)]
struct BundleEntry<'t> {
    #[serde(borrow)]
    resource: Option<&'t RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Head {
    resource_type: Option<String>,
    url: Option<String>,
    version: Option<String>,
    fhir_version: Option<String>,
}
