//! The set of all definitions.

use super::compile::compile;
use super::element::{Context, Derivation, Profile, StructureKind};
use super::expressions::Expressions;
use super::snapshot::generate;
use crate::limits::{CHAIN_MAX, SNAPSHOTS_MAX};
use crate::package::{Definition, Kind, Package};
use crate::terminology::{CodeSystem, ValueSet};
use crate::version::FhirVersion;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::OnceLock;

/// The packages that have every type of a version.
const CORE_PACKAGES: [&str; 3] = ["hl7.fhir.core", "hl7.fhir.r3.core", "hl7.fhir.r4.core"];
const CORE: &str = "http://hl7.org/fhir/StructureDefinition/";

/// Structure definitions, value sets and code systems of one FHIR version, by address.
///
/// To add packages is quick; a definition is compiled when it is first asked for, and once.
#[derive(Debug)]
pub struct Definitions {
    version: FhirVersion,
    entries: Vec<Entry>,
    by_url: HashMap<(Kind, String), Vec<usize>>,
    expressions: Expressions,
    notices: Vec<String>,
    is_whole: bool,
}

#[derive(Debug)]
struct Entry {
    definition: Definition,
    compiled: Compiled,
}

#[derive(Debug)]
enum Compiled {
    CodeSystem(OnceLock<Option<CodeSystem>>),
    Profile(OnceLock<Option<Profile>>),
    ValueSet(OnceLock<Option<ValueSet>>),
}

/// What is noted while one snapshot is made.
#[derive(Default)]
struct Making {
    /// Snapshots that were made on the way.
    made: Cell<usize>,
    /// Bases that are not at hand.
    missing: RefCell<Vec<String>>,
}

impl Definitions {
    /// Begins an empty set.
    #[must_use]
    pub fn new(version: FhirVersion) -> Self {
        Self {
            version,
            entries: Vec::new(),
            by_url: HashMap::new(),
            expressions: Expressions::default(),
            notices: Vec::new(),
            is_whole: false,
        }
    }

    /// Gives the FHIR version.
    #[must_use]
    pub fn version(&self) -> FhirVersion {
        self.version
    }

    /// Adds a package; one of another FHIR version is left out, with a notice.
    pub fn add(&mut self, package: Package) {
        self.notices.extend(package.notices.iter().map(|notice| format!("{}: {notice}", package.name)));
        if let Some(other) = package.fhir.filter(|fhir| *fhir != self.version) {
            self.notices.push(format!("{}: it is of FHIR {other}, and is left out: {} is checked", package.name, self.version));
            return;
        }
        self.is_whole |= CORE_PACKAGES.contains(&package.name.split('#').next().unwrap_or_default());
        for definition in package.definitions {
            if definition.fhir.is_some_and(|fhir| fhir != self.version) {
                continue;
            }
            let compiled = match definition.kind {
                Kind::CodeSystem => Compiled::CodeSystem(OnceLock::new()),
                Kind::StructureDefinition => Compiled::Profile(OnceLock::new()),
                Kind::ValueSet => Compiled::ValueSet(OnceLock::new()),
            };
            self.by_url.entry((definition.kind, definition.url.clone())).or_default().push(self.entries.len());
            self.entries.push(Entry { definition, compiled });
        }
    }

    /// Tells whether every type of FHIR is at hand.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Gives what was left out of the packages, and why.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Gives how many definitions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Tells whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Gives the addresses of the definitions of one kind, in the order in which they were added.
    pub fn urls(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(move |entry| entry.definition.kind == kind).map(|entry| entry.definition.url.as_str())
    }

    /// Tells whether a structure definition is at hand.
    #[must_use]
    pub fn has_profile(&self, url: &str) -> bool {
        self.find(Kind::StructureDefinition, url).is_some()
    }

    /// Tells whether a structure definition is at hand and has elements; it is compiled at once.
    #[must_use]
    pub fn can_check(&self, url: &str) -> bool {
        self.profile(url).is_some()
    }

    /// Finds a definition by `url` or `url|version`; without a version the one that was added last counts, so that a
    /// caller's own file stands before a package's.
    fn find(&self, kind: Kind, canonical: &str) -> Option<usize> {
        let (url, version) = canonical.split_once('|').map_or((canonical, None), |(url, version)| (url, Some(version)));
        let found = self.by_url.get(&(kind, url.to_owned()))?;
        match version {
            Some(version) => found.iter().rev().copied().find(|at| self.entries[*at].definition.version == version),
            None => found.last().copied(),
        }
    }

    /// Finds a definition, whatever its version, where the wanted version is not at hand.
    fn find_any(&self, kind: Kind, canonical: &str) -> Option<usize> {
        self.find(kind, canonical).or_else(|| self.find(kind, canonical.split('|').next().unwrap_or_default()))
    }

    pub(crate) fn profile(&self, canonical: &str) -> Option<&Profile> {
        self.profile_at(self.find_any(Kind::StructureDefinition, canonical)?, 0)
    }

    /// Gives the definition of a type by its name.
    pub(crate) fn type_named(&self, name: &str) -> Option<&Profile> {
        if name.contains('/') {
            return self.profile(name);
        }
        let found = self.by_url.get(&(Kind::StructureDefinition, format!("{CORE}{name}")))?;
        self.profile_at(*found.last()?, 0)
    }

    /// Gives the definition of a resource by its name.
    pub(crate) fn resource_named(&self, name: &str) -> Option<&Profile> {
        // One that has the address of a type and is of another, whose name then stands in what is written, defines neither.
        self.type_named(name).filter(|profile| profile.kind == StructureKind::Resource && profile.type_name == name)
    }

    pub(crate) fn value_set(&self, canonical: &str) -> Option<&ValueSet> {
        let entry = &self.entries[self.find_any(Kind::ValueSet, canonical)?];
        match &entry.compiled {
            Compiled::ValueSet(once) => once.get_or_init(|| ValueSet::compile(&entry.definition.json.text()?)).as_ref(),
            _ => None,
        }
    }

    pub(crate) fn code_system(&self, url: &str) -> Option<&CodeSystem> {
        let entry = &self.entries[self.find_any(Kind::CodeSystem, url)?];
        match &entry.compiled {
            Compiled::CodeSystem(once) => once.get_or_init(|| CodeSystem::compile(&entry.definition.json.text()?)).as_ref(),
            _ => None,
        }
    }

    pub(crate) fn expressions(&self) -> &Expressions {
        &self.expressions
    }

    fn profile_at(&self, at: usize, depth: usize) -> Option<&Profile> {
        let entry = &self.entries[at];
        let Compiled::Profile(once) = &entry.compiled else { return None };
        once.get_or_init(|| self.compile_profile(&entry.definition, depth)).as_ref()
    }

    fn compile_profile(&self, definition: &Definition, depth: usize) -> Option<Profile> {
        let raw: Value = serde_json::from_slice(&definition.json.text()?).ok()?;
        let text = |key: &str| raw.get(key).and_then(Value::as_str);
        let making = Making::default();
        let elements = compile(&self.elements(&raw, depth, &making)?, &self.expressions);
        let root = elements.first()?;
        Some(Profile {
            url: definition.url.clone(),
            // STU3 logical models name their type by an address.
            type_name: text("type").unwrap_or(&root.path).to_owned(),
            kind: match text("kind") {
                Some("primitive-type") => StructureKind::Primitive,
                Some("resource") => StructureKind::Resource,
                Some("logical") => StructureKind::Logical,
                _ => StructureKind::Complex,
            },
            derivation: match text("derivation") {
                Some("constraint") => Derivation::Constraint,
                _ => Derivation::Specialization,
            },
            contexts: contexts(&raw),
            elements,
            missing: making.missing.into_inner(),
        })
    }

    /// Gives the elements of a snapshot, made from the differential where there is none.
    ///
    /// It rests on texts, not on compiled definitions, so that definitions that rest on each other in a circle end at
    /// the bound instead of waiting for each other.
    fn elements(&self, raw: &Value, depth: usize, making: &Making) -> Option<Vec<Value>> {
        let list = |key: &str| raw.get(key)?.get("element")?.as_array().filter(|list| !list.is_empty());
        if let Some(snapshot) = list("snapshot") {
            return Some(snapshot.clone());
        }
        let differential = list("differential")?;
        // Each may ask for several others, so that depth alone is no bound on the whole.
        making.made.set(making.made.get() + 1);
        if depth >= CHAIN_MAX || making.made.get() > SNAPSHOTS_MAX {
            return None;
        }
        let wanted = raw.get("baseDefinition").and_then(Value::as_str);
        let base = wanted.and_then(|base| self.elements_of(base, depth + 1, making));
        if let (Some(wanted), None) = (wanted, &base)
            // A compact definition of a type of its own says everything itself, as the types do that rest on none.
            && raw.get("derivation").and_then(Value::as_str) == Some("constraint")
        {
            making.missing.borrow_mut().push(wanted.to_owned());
        }
        let lookup = |name: &str| {
            let url = if name.contains('/') { name.to_owned() } else { format!("{CORE}{name}") };
            self.elements_of(&url, depth + 1, making)
        };
        Some(generate(&base.unwrap_or_default(), differential, &lookup))
    }

    fn elements_of(&self, canonical: &str, depth: usize, making: &Making) -> Option<Vec<Value>> {
        let entry = &self.entries[self.find_any(Kind::StructureDefinition, canonical)?];
        let raw: Value = serde_json::from_slice(&entry.definition.json.text()?).ok()?;
        self.elements(&raw, depth, making)
    }
}

/// Reads where an extension may stand: STU3 gives one kind for all, R4 one for each.
fn contexts(raw: &Value) -> Vec<Context> {
    let common = raw.get("contextType").and_then(Value::as_str);
    let entries = raw.get("context").and_then(Value::as_array).into_iter().flatten();
    entries
        .filter_map(|entry| {
            let texts = entry.as_str().or_else(|| entry.get("expression")?.as_str())?;
            let kind = common.or_else(|| entry.get("type")?.as_str());
            Some((texts, kind))
        })
        // STU3 definitions write several paths in one text: `Element,Resource`.
        .flat_map(|(texts, kind)| texts.split(',').map(move |text| (text.trim().to_owned(), kind)))
        .map(|(text, kind)| match kind {
            Some("resource" | "datatype" | "element") => Context::Element(text),
            Some("extension") => Context::Extension(text),
            _ => Context::Other(text),
        })
        .collect()
}
