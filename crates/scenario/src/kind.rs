//! Every kind of file of the language, in one list: what reads it, what its schema is, and where it stands.

use crate::model;
use crate::schema::{RecordDoc, reference, schema_of};
use crate::{Node, Read, Reader, Record, parse};
use counterpart_diag::{Diagnostics, SourceId};
use serde_json::Value;

/// A kind of file.
#[derive(Clone, Copy)]
pub struct FileKind {
    /// Name, as `counterpart schema` takes it.
    pub name: &'static str,
    /// Where it stands below the pack's folder.
    pub path: &'static str,
    /// The record that it holds.
    pub record: &'static str,
    read: fn(&Node, &mut Reader<'_>),
    schema: fn(&str) -> Value,
    records: fn() -> Vec<RecordDoc>,
}

const fn kind<T: Read + Record>(name: &'static str, path: &'static str) -> FileKind {
    FileKind {
        name,
        path,
        record: T::NAME,
        read: |node, reader| drop(T::read(node, reader)),
        schema: schema_of::<T>,
        records: reference::<T>,
    }
}

/// Every kind of file, in the order of the reference.
pub const FILE_KINDS: &[FileKind] = &[
    kind::<model::PackFile>("pack", "pack.yaml"),
    kind::<model::RequirementFile>("requirements", "requirements.yaml"),
    kind::<model::CheckFile>("checks", "checks/NAME.yaml"),
    kind::<model::ChecklistFile>("checklist", "checklist.yaml"),
    kind::<model::RequestFile>("requests", "requests/NAME.yaml"),
    kind::<model::ScenarioFile>("scenario", "FOLDER/NAME.yaml"),
    kind::<model::FragmentFile>("fragment", "fragments/NAME.yaml"),
    kind::<model::ScheduleFile>("schedule", "schedules/NAME.yaml"),
    kind::<model::StubFile>("stub", "stubs/NAME.yaml"),
    kind::<model::StoreFile>("store", "store.yaml"),
    kind::<model::PlayerFile>("player", "players/NAME.yaml"),
    kind::<model::MutantFile>("mutants", "mutants.yaml"),
];

/// Folders of a pack that hold no scenarios.
pub const KEPT_FOLDERS: [&str; 10] =
    ["checks", "requests", "stubs", "players", "fragments", "profiles", "schedules", "templates", "schemas", "tables"];

impl FileKind {
    /// Finds a kind by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        FILE_KINDS.iter().find(|kind| kind.name == name)
    }

    /// Finds the kind of a file by its path below the pack's folder; `None` for what is no file of the language.
    #[must_use]
    pub fn of_path(path: &str) -> Option<&'static Self> {
        let by_path = |wanted: &str| FILE_KINDS.iter().find(|kind| kind.path == wanted);
        match path.split_once('/') {
            None => by_path(path),
            Some(_) if !path.ends_with(".yaml") => None,
            Some((folder, _)) if KEPT_FOLDERS.contains(&folder) => by_path(&format!("{folder}/NAME.yaml")),
            Some(_) => by_path("FOLDER/NAME.yaml"),
        }
    }

    /// Reads a text as a file of this kind; gives its tree and every mistake.
    #[must_use]
    pub fn read(&self, source: SourceId, text: &str) -> (Option<Node>, Diagnostics) {
        let (node, mut diagnostics) = parse(source, text);
        if let Some(node) = &node {
            (self.read)(node, &mut Reader::new(&mut diagnostics));
        }
        (node, diagnostics)
    }

    /// Gives its JSON Schema (2020-12).
    #[must_use]
    pub fn schema(&self) -> Value {
        (self.schema)(self.path)
    }

    /// Gives every record that it is made of.
    #[must_use]
    pub fn records(&self) -> Vec<RecordDoc> {
        (self.records)()
    }
}
