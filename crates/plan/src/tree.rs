//! A pack's files as trees and records, mutant put in, nothing compiled.

use crate::mutant;
use crate::source::PackFiles;
use counterpart_diag::{Diagnostic, Diagnostics, SourceId, Sources, Span};
use counterpart_scenario::model::{
    CheckFile, ChecklistFile, FragmentFile, MutantFile, MutantItem, PackFile, PlayerFile, RequestFile, RequirementFile,
    ScenarioFile, ScheduleFile, StoreFile, StubFile,
};
use counterpart_scenario::{Data, KEPT_FOLDERS, Node, Read, Reader, parse};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where a pack keeps its FHIR definitions.
pub(crate) const DEFINITIONS: &str = "profiles/";

/// A record with the file it came from.
pub(crate) struct Filed<T> {
    /// Path below the pack's folder.
    pub(crate) path: String,
    /// Place of the file's beginning.
    pub(crate) start: Span,
    /// The tree that it was read from, a mutant's change in it.
    pub(crate) node: Node,
    /// The record.
    pub(crate) record: T,
}

/// A file of FHIR definitions; what it says is JSON, not the language.
pub(crate) struct DefinitionFile {
    /// Path below the pack's folder.
    pub(crate) path: String,
    pub(crate) source: SourceId,
    pub(crate) content: Arc<[u8]>,
}

/// All records of a pack and of those that it uses.
pub(crate) struct Tree {
    pub(crate) name: String,
    pub(crate) pack: Filed<PackFile>,
    pub(crate) requirements: Option<Filed<RequirementFile>>,
    pub(crate) store: Option<Filed<StoreFile>>,
    pub(crate) mutants: Option<Filed<MutantFile>>,
    pub(crate) checklist: Option<Filed<ChecklistFile>>,
    pub(crate) checks: Vec<Filed<CheckFile>>,
    pub(crate) requests: Vec<Filed<RequestFile>>,
    pub(crate) stubs: BTreeMap<String, Filed<StubFile>>,
    pub(crate) players: BTreeMap<String, Filed<PlayerFile>>,
    pub(crate) fragments: BTreeMap<String, Filed<FragmentFile>>,
    pub(crate) schedules: BTreeMap<String, Filed<ScheduleFile>>,
    pub(crate) scenarios: Vec<Filed<ScenarioFile>>,
    pub(crate) definitions: Vec<DefinitionFile>,
    pub(crate) unread: Unread,
}

/// What stands in files with mistakes, and may not have been read for that reason: that it is not there is no mistake of
/// whoever refers to it.
#[derive(Default)]
pub(crate) struct Unread {
    /// Names of files, ids and keys in them.
    names: BTreeSet<String>,
    /// Folders, or files at the top, of which a file could not be taken apart at all.
    places: BTreeSet<String>,
}

impl Unread {
    /// Tells whether something that is not there may only be unread.
    pub(crate) fn explains(&self, what: &str, name: &str) -> bool {
        let place = match what {
            "check" => "checks",
            "reply" => "stubs",
            "request" => "requests",
            "requirement" => "requirements.yaml",
            _ => "",
        };
        self.names.contains(name) || self.places.contains(place)
    }

    fn note(&mut self, path: &str, node: Option<&Node>) {
        let (place, file) = path.split_once('/').unwrap_or((path, path));
        self.names.insert(file.trim_end_matches(".yaml").to_owned());
        match node {
            Some(node) => self.note_names(node),
            None => drop(self.places.insert(place.to_owned())),
        }
    }

    fn note_names(&mut self, node: &Node) {
        match &node.data {
            Data::List(items) => items.iter().for_each(|item| self.note_names(item)),
            Data::Map(entries) => {
                for entry in entries {
                    self.names.insert(entry.key.clone());
                    if matches!(entry.key.as_str(), "id" | "name") {
                        self.names.extend(entry.value.text().map(ToOwned::to_owned));
                    }
                    self.note_names(&entry.value);
                }
            }
            _ => {}
        }
    }
}

impl Tree {
    /// Gives the files that a mutant can change, each with its path.
    pub(crate) fn nodes(&self) -> Vec<(String, &Node)> {
        let mut nodes = vec![(self.pack.path.clone(), &self.pack.node)];
        nodes.extend(self.store.iter().map(|file| (file.path.clone(), &file.node)));
        nodes.extend(self.requests.iter().map(|file| (file.path.clone(), &file.node)));
        nodes.extend(self.stubs.values().map(|file| (file.path.clone(), &file.node)));
        nodes.extend(self.players.values().map(|file| (file.path.clone(), &file.node)));
        nodes.extend(self.fragments.values().map(|file| (file.path.clone(), &file.node)));
        nodes
    }
}

/// What is done with a pack's mutants.
#[derive(Clone, Copy)]
pub(crate) struct Mutants<'a> {
    /// Whether they are read at all: nothing that is only played needs them.
    pub(crate) are_read: bool,
    /// The one whose change is put in, by name.
    pub(crate) in_force: Option<&'a str>,
}

/// Reads the YAML files of a pack, with the change of a mutant in them; `None` where `pack.yaml` itself cannot be used.
pub(crate) fn read(files: &PackFiles, wanted: Mutants<'_>, sources: &mut Sources, diagnostics: &mut Diagnostics) -> Option<Tree> {
    let mut reading = Reading { files, mutant: None, unread: Unread::default(), sources, diagnostics };
    let mutants: Option<Filed<MutantFile>> = if wanted.are_read { reading.optional("mutants.yaml") } else { None };
    let mut items = mutants.iter().flat_map(|file| &file.record.mutants);
    reading.mutant = items.find(|item| Some(item.id.value.as_str()) == wanted.in_force);
    let Some(pack) = reading.file::<PackFile>("pack.yaml") else {
        if !files.files.contains_key("pack.yaml") {
            let message = format!("`{}` is not a pack: it has no `pack.yaml`", files.shown);
            reading.diagnostics.push(
                Diagnostic::error("PK001", message)
                    .help("name a folder with a pack, or make one with `counterpart new pack NAME`"),
            );
        }
        return None;
    };
    let requirements = reading.optional("requirements.yaml");
    let store = reading.optional("store.yaml");
    let checklist = reading.optional("checklist.yaml");
    let checks = reading.folder("checks").into_iter().map(|(_, file)| file).collect();
    let requests = reading.folder("requests").into_iter().map(|(_, file)| file).collect();
    let stubs = reading.folder("stubs").into_iter().collect();
    let players = reading.folder("players").into_iter().collect();
    let fragments = reading.folder("fragments").into_iter().collect();
    let schedules = reading.folder("schedules").into_iter().collect();
    let scenarios = reading.scenarios();
    let definitions = reading.definitions();
    let unread = reading.unread;
    Some(Tree {
        name: files.name.clone(),
        pack,
        requirements,
        store,
        checks,
        requests,
        stubs,
        players,
        fragments,
        schedules,
        scenarios,
        definitions,
        mutants,
        checklist,
        unread,
    })
}

struct Reading<'a> {
    files: &'a PackFiles,
    mutant: Option<&'a MutantItem>,
    unread: Unread,
    sources: &'a mut Sources,
    diagnostics: &'a mut Diagnostics,
}

impl Reading<'_> {
    fn optional<T: Read>(&mut self, path: &str) -> Option<Filed<T>> {
        self.files.files.contains_key(path).then(|| self.file(path)).flatten()
    }

    fn file<T: Read>(&mut self, path: &str) -> Option<Filed<T>> {
        let content = self.files.files.get(path)?;
        let shown = format!("{}/{path}", self.files.shown);
        let text = match std::str::from_utf8(content) {
            Ok(text) => text,
            Err(error) => {
                let id = self.sources.add(&shown, &String::from_utf8_lossy(content));
                let at = error.valid_up_to();
                let diagnostic =
                    Diagnostic::error("SC001", "the file is not UTF-8").at(Span::new(id, at, at + 1), "not a character");
                self.diagnostics.push(diagnostic.help("save it as UTF-8"));
                self.unread.note(path, None);
                return None;
            }
        };
        let id = self.sources.add(&shown, text);
        let (node, found) = parse(id, text);
        let before = self.diagnostics.as_slice().len();
        self.diagnostics.extend(found);
        let Some(node) = node else {
            self.unread.note(path, None);
            return None;
        };
        let node = match self.mutant {
            Some(item) => mutant::mutated(item, path, node),
            None => node,
        };
        let record = T::read(&node, &mut Reader::new(self.diagnostics));
        if self.diagnostics.as_slice().len() > before {
            self.unread.note(path, Some(&node));
        }
        let record = record?;
        Some(Filed { path: path.to_owned(), start: Span::start_of(id), node, record })
    }

    fn folder<T: Read>(&mut self, folder: &str) -> Vec<(String, Filed<T>)> {
        let paths: Vec<String> = self.yaml_paths(|path| path.starts_with(&format!("{folder}/")));
        paths
            .iter()
            .filter_map(|path| {
                let name = path.strip_prefix(&format!("{folder}/"))?.strip_suffix(".yaml")?.to_owned();
                Some((name, self.file(path)?))
            })
            .collect()
    }

    fn scenarios(&mut self) -> Vec<Filed<ScenarioFile>> {
        let paths = self.yaml_paths(|path| path.split_once('/').is_some_and(|(folder, _)| !KEPT_FOLDERS.contains(&folder)));
        paths.iter().filter_map(|path| self.file(path)).collect()
    }

    fn definitions(&mut self) -> Vec<DefinitionFile> {
        let files = self.files.files.iter().filter(|(path, _)| path.starts_with(DEFINITIONS) && path.ends_with(".json"));
        files
            .map(|(path, content)| DefinitionFile {
                path: path.clone(),
                source: self.sources.add(&format!("{}/{path}", self.files.shown), &String::from_utf8_lossy(content)),
                content: Arc::clone(content),
            })
            .collect()
    }

    fn yaml_paths(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        self.files.files.keys().filter(|path| path.ends_with(".yaml") && wanted(path)).cloned().collect()
    }
}
