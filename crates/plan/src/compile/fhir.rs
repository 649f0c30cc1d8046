//! FHIR profiles: the definitions in `profiles/` of the packs and in the user's packages, and the checks that name them.

use super::Compiler;
use crate::limits::DEFINITION_BYTES_MAX;
use crate::tree::{DEFINITIONS, DefinitionFile};
use bytes::Bytes;
use counterpart_diag::{Diagnostic, Diagnostics, Span, suggest};
use counterpart_document::{Json, Limits};
use counterpart_fhir::{Definitions, FhirVersion, Kind, Package, Part, Policy, Unknown, expressions};
use counterpart_scenario::Text;
use counterpart_scenario::model::{
    FhirPackageItem, FhirProfileItem, FhirProfileRule, FhirVersionWord, LesserWord, NotCheckedWord, UnknownExtensionWord,
};
use counterpart_validate::{FhirProfile, Lesser, Strictness, Unjudged};
use std::sync::Arc;

const VERSIONS: [FhirVersion; 2] = [FhirVersion::Stu3, FhirVersion::R4];

/// Every definition at hand, by FHIR version, with what is wrong in the packs' own.
#[derive(Debug, Default)]
pub(crate) struct DefinitionSets {
    sets: Vec<Arc<Definitions>>,
    faults: Vec<Diagnostic>,
}

impl DefinitionSets {
    /// Puts together the packs' own definitions and, before them, the user's packages.
    fn read(files: &[&DefinitionFile], given: &[Arc<Package>]) -> Self {
        let mut read = Self::default();
        let mut packages = Vec::new();
        for file in files {
            match package(file) {
                Ok(package) => packages.push(package),
                Err(diagnostic) => read.faults.push(*diagnostic),
            }
        }
        for version in VERSIONS {
            let own = definitions(version, packages.iter());
            read.faults.extend(unusable(&own, files));
            // What is added last stands before what was there: the official definition before a compact one.
            let all = definitions(version, packages.iter().chain(given.iter().map(Arc::as_ref)));
            read.sets.push(Arc::new(all));
        }
        read
    }

    /// Gives the set of a version.
    pub(super) fn of(&self, version: FhirVersion) -> Option<Arc<Definitions>> {
        self.sets.iter().find(|set| set.version() == version).cloned()
    }

    /// Gives the sets that have a profile.
    fn with<'s>(&'s self, url: &'s str, version: Option<FhirVersion>) -> impl Iterator<Item = &'s Arc<Definitions>> {
        let wanted = move |set: &&Arc<Definitions>| version.is_none_or(|version| set.version() == version);
        self.sets.iter().filter(wanted).filter(move |set| set.has_profile(url))
    }
}

/// Gives the version that a word means.
pub(super) fn version(word: FhirVersionWord) -> FhirVersion {
    match word {
        FhirVersionWord::R4 => FhirVersion::R4,
        FhirVersionWord::Stu3 => FhirVersion::Stu3,
    }
}

/// Reads a file of a pack; it is whole or wrong, nothing of it is left out.
fn package(file: &DefinitionFile) -> Result<Package, Box<Diagnostic>> {
    let wrong = |message: String, at: usize| {
        Box::new(Diagnostic::error("SX002", message).at(Span::new(file.source, at, at + 1), "no definition of FHIR"))
    };
    let text = Bytes::copy_from_slice(&file.content);
    if let Err(fault) = Json::parse(&text, &Limits { bytes_max: DEFINITION_BYTES_MAX, ..Limits::default() }) {
        return Err(wrong(format!("this is not JSON: {}", fault.message), fault.offset));
    }
    let package = Package::read(&file.path, text.as_ref()).map_err(|error| match error {
        counterpart_fhir::Error::Package { reason, .. } => wrong(reason, 0),
        other => wrong(other.to_string(), 0),
    })?;
    match package.notices.first() {
        Some(notice) => Err(wrong(notice.clone(), 0)),
        None => Ok(package),
    }
}

fn definitions<'p>(version: FhirVersion, packages: impl Iterator<Item = &'p Package>) -> Definitions {
    let mut definitions = Definitions::new(version);
    packages
        .filter(|package| package.fhir.is_none_or(|fhir| fhir == version))
        .for_each(|package| definitions.add(package.clone()));
    definitions
}

/// Gives what of the packs' own definitions could never be judged; of what others publish, a check tells it.
fn unusable(own: &Definitions, files: &[&DefinitionFile]) -> Vec<Diagnostic> {
    let fault = |message: String, text: &str| {
        let diagnostic = Diagnostic::error("SX002", message);
        match place_of(text, files) {
            Some(span) => diagnostic.at(span, "can never be judged"),
            None => diagnostic,
        }
    };
    let empty = own.urls(Kind::StructureDefinition).filter(|url| !own.can_check(url));
    let empty: Vec<Diagnostic> = empty.map(|url| fault(format!("the definition `{url}` has no elements"), url)).collect();
    let refused = expressions(own).into_iter().filter_map(|expressed| {
        let reason = expressed.refused?;
        Some(fault(format!("an invariant cannot be evaluated: {reason}"), &expressed.text))
    });
    empty.into_iter().chain(refused).collect()
}

/// Finds a text of a definition in the files; the start of the first where it is written with other escapes.
fn place_of(text: &str, files: &[&DefinitionFile]) -> Option<Span> {
    let written = serde_json::Value::from(text).to_string();
    let found = files.iter().find_map(|file| {
        let at = std::str::from_utf8(&file.content).ok()?.find(&written)?;
        Some(Span::new(file.source, at, at + written.len()))
    });
    found.or_else(|| files.first().map(|file| Span::start_of(file.source)))
}

impl Compiler<'_> {
    /// Reads all definitions, so that a mistake is told whether or not a check needs the file.
    pub(super) fn read_definitions(&mut self) -> Arc<DefinitionSets> {
        if let Some(done) = &self.memo.definitions {
            return Arc::clone(done);
        }
        // The pack that is played comes last, so that its files stand before those of the packs that it uses.
        let files: Vec<&DefinitionFile> = self.trees.iter().rev().flat_map(|tree| &tree.definitions).collect();
        let sets = Arc::new(DefinitionSets::read(&files, &self.options.fhir_packages));
        self.memo.definitions = Some(Arc::clone(&sets));
        sets
    }

    /// Reports what is wrong in the packs' own definitions.
    pub(super) fn report_definitions(&mut self) {
        let sets = self.read_definitions();
        let mut found = Diagnostics::default();
        found.extend(sets.faults.iter().cloned());
        self.diagnostics.extend(found);
    }

    /// Compiles what a body is held against.
    pub(super) fn fhir_profile(&mut self, rule: &FhirProfileRule) -> Option<FhirProfile> {
        let (profile, item) = match rule {
            FhirProfileRule::Address(profile) => (profile, None),
            FhirProfileRule::Item(item) => (&item.profile, Some(item.as_ref())),
        };
        let part = match item.and_then(|item| item.part.as_ref()) {
            Some(part) => Some(self.part_of_body(part)?),
            None => None,
        };
        let (definitions, missing) = self.definitions_for(profile, item)?;
        let without = item.iter().flat_map(|item| &item.without).map(|address| address.value.clone()).collect();
        Some(FhirProfile { definitions, url: profile.value.clone(), missing, part, without, strictness: strictness(item) })
    }

    fn part_of_body(&mut self, part: &Text) -> Option<Part> {
        match Part::parse(&part.value) {
            Ok(part) => Some(part),
            Err(error) => {
                self.diagnostics.push(
                    Diagnostic::error("MT005", format!("could not {error}"))
                        .at(part.span, "not a path of FHIR")
                        .help("write it like `Bundle.entry.resource`"),
                );
                None
            }
        }
    }

    /// Finds the set that has a profile; where a package that the pack would like has it, the reason why it is not at hand.
    fn definitions_for(&mut self, profile: &Text, item: Option<&FhirProfileItem>) -> Option<(Arc<Definitions>, Option<String>)> {
        let sets = self.read_definitions();
        let wanted = item.and_then(|item| item.version).map(version);
        let found: Vec<&Arc<Definitions>> = sets.with(&profile.value, wanted).collect();
        match found.as_slice() {
            [set] => Some((Arc::clone(set), None)),
            [] => {
                let Some(package) = self.wished(&profile.value) else {
                    self.unknown_profile(profile, &sets);
                    return None;
                };
                let version = package.version.as_ref().map(|version| format!("#{}", version.value)).unwrap_or_default();
                let name = format!("{}{version}", package.name.value);
                let reason = format!(
                    "the profile `{}` is in the package `{name}`, which was not given: add it with `--fhir-package`",
                    profile.value
                );
                Some((Arc::clone(sets.sets.first()?), Some(reason)))
            }
            _ => {
                self.diagnostics.push(
                    Diagnostic::error("MT002", format!("the profile `{}` is at hand in several FHIR versions", profile.value))
                        .at(profile.span, "which of them?")
                        .help("add `version: STU3` or `version: R4`, or `fhirVersion` to the definition"),
                );
                None
            }
        }
    }

    /// Gives the package that should have a profile, where the user has not given it.
    fn wished(&self, url: &str) -> Option<&FhirPackageItem> {
        let mut wished = self.trees.iter().flat_map(|tree| &tree.pack.record.fhir_packages);
        wished.find(|package| {
            let is_given = |given: &Arc<Package>| given.name.split('#').next() == Some(package.name.value.as_str());
            url.starts_with(package.profiles.value.as_str()) && !self.options.fhir_packages.iter().any(is_given)
        })
    }

    fn unknown_profile(&mut self, profile: &Text, sets: &DefinitionSets) {
        let mut known: Vec<&str> = sets.sets.iter().flat_map(|set| set.urls(Kind::StructureDefinition)).collect();
        known.sort_unstable();
        known.dedup();
        // Addresses are long and differ at their ends, which is how people know the definitions too.
        let last = |url: &str| url.rsplit('/').next().unwrap_or_default().to_owned();
        let names: Vec<String> = known.iter().map(|url| last(url)).collect();
        let near = suggest(&last(&profile.value), names.iter().map(String::as_str));
        let near = near.and_then(|near| known.iter().find(|url| last(url) == near));
        let mut diagnostic = Diagnostic::error("PK002", format!("there is no FHIR profile `{}`", profile.value))
            .at(profile.span, format!("not found in `{DEFINITIONS}` or in a package"));
        if known.is_empty() {
            diagnostic = diagnostic.note(format!("the pack has no definitions in `{DEFINITIONS}`, and no package was given"));
        }
        self.diagnostics.push(diagnostic.help_if(near.map(|near| format!("did you mean `{near}`?"))));
    }
}

/// Reads how strictly a profile is judged.
fn strictness(item: Option<&FhirProfileItem>) -> Strictness {
    let lesser = |word: Option<LesserWord>, default| match word {
        None => default,
        Some(LesserWord::Fail) => Lesser::Fails,
        Some(LesserWord::Ignore) => Lesser::Ignored,
        Some(LesserWord::Warning) => Lesser::Warns,
    };
    let (unknown_extensions, unknown_modifier_extensions) = match item.and_then(|item| item.unknown_extensions) {
        Some(UnknownExtensionWord::Allow) => (Unknown::Allow, Unknown::Tell),
        Some(UnknownExtensionWord::Fail) => (Unknown::Error, Unknown::Error),
        Some(UnknownExtensionWord::NotChecked) | None => (Unknown::Tell, Unknown::Tell),
    };
    Strictness {
        policy: Policy { unknown_extensions, unknown_modifier_extensions },
        not_checked: match item.and_then(|item| item.not_checked) {
            Some(NotCheckedWord::Fail) => Unjudged::Fails,
            Some(NotCheckedWord::Skip) | None => Unjudged::LeftOut,
        },
        warnings: lesser(item.and_then(|item| item.warnings), Lesser::Warns),
        information: lesser(item.and_then(|item| item.information), Lesser::Ignored),
    }
}
