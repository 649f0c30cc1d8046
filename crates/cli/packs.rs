//! Packs by name: below `scenarios/` in the working directory, else the copy in the binary.

use counterpart_diag::{Diagnostics, Sources, suggest};
use counterpart_plan::{PackFiles, Plan};
use counterpart_scenario::model::{CheckFile, ChecklistFile, PackFile, RequirementFile};
use counterpart_scenario::{Read, Reader, parse};
use include_dir::{Dir, include_dir};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// Tells a plan whether its pack is the one in the binary, and which files differ.
pub(crate) fn compare_with_released(plan: &mut Plan, pack: Option<&PackFiles>) {
    let Some(pack) = pack else { return };
    if let Some(released) = embedded(&pack.name) {
        plan.pack.modified = pack.differing(&released);
        plan.pack.released = Some(plan.pack.modified.is_empty());
    }
}

/// Gives the pack that a name or a folder means, with those that it may use; the text reads after "could not ".
pub(crate) fn find(name: &str) -> Result<Vec<PackFiles>, String> {
    let path = Path::new(name);
    let below = Path::new("scenarios").join(name);
    let folder = if path.join("pack.yaml").is_file() {
        Some(path.to_owned())
    } else if below.join("pack.yaml").is_file() {
        Some(below)
    } else {
        None
    };
    match folder {
        Some(folder) => {
            let pack = PackFiles::read(&folder).map_err(|error| error.to_string())?;
            let parent = folder.parent().unwrap_or(Path::new(""));
            with_used(pack, |name| {
                let beside = parent.join(name);
                let is_there = beside.join("pack.yaml").is_file();
                is_there.then(|| PackFiles::read(&beside).map_err(|error| error.to_string())).transpose()
            })
        }
        None => match embedded(name) {
            Some(pack) => with_used(pack, |name| Ok(embedded(name))),
            None => {
                let known: Vec<String> = embedded_names().collect();
                let near = suggest(name, known.iter().map(String::as_str)).map(|near| format!("; did you mean `{near}`?"));
                let known = known.join(", ");
                let near = near.unwrap_or_default();
                Err(format!("find a pack `{name}`: neither a folder with a `pack.yaml` nor one of {known}{near}"))
            }
        },
    }
}

/// Adds the packs that a pack uses, and those that they use.
fn with_used(pack: PackFiles, read: impl Fn(&str) -> Result<Option<PackFiles>, String>) -> Result<Vec<PackFiles>, String> {
    let mut all = vec![pack];
    let mut at = 0;
    while let Some(pack) = all.get(at) {
        for name in uses(pack) {
            if all.iter().all(|pack| pack.name != name) {
                all.extend(read(&name)?);
            }
        }
        at += 1;
    }
    Ok(all)
}

/// Names the packs that a pack uses, whatever else is wrong with its `pack.yaml`; a name that is a path is none.
fn uses(pack: &PackFiles) -> Vec<String> {
    let record = read_record(pack).0;
    let names = record.iter().flat_map(|record| &record.uses).map(|name| name.value.clone());
    names.filter(|name| Path::new(name).file_name().is_some_and(|last| last == name.as_str())).collect()
}

/// Reads what a run is asked to play: a pack, or scenarios and folders of one pack, by path or by id.
pub(crate) fn place(named: &[String]) -> Result<(String, Vec<String>), String> {
    let mut found: Option<String> = None;
    let mut scenarios = Vec::new();
    for name in named {
        let (pack, scenario) = place_one(name);
        if let Some(other) = found.as_ref().filter(|other| **other != pack) {
            return Err(format!("one run plays one pack, and both `{other}` and `{pack}` are named"));
        }
        found = Some(pack);
        scenarios.extend(scenario);
    }
    let missing = "no pack is named: `counterpart run PACK`, or `pack = \"...\"` in the workspace file";
    Ok((found.ok_or(missing)?, scenarios))
}

/// Splits a name into its pack and the scenarios that it means; without any it is the whole pack.
fn place_one(name: &str) -> (String, Option<String>) {
    let path = Path::new(name);
    let is_pack = |folder: &Path| folder.join("pack.yaml").is_file();
    if is_pack(path) || is_pack(&Path::new("scenarios").join(name)) {
        return (name.to_owned(), None);
    }
    if path.exists() {
        let above = path.ancestors().skip(1).find(|folder| is_pack(folder));
        if let Some((folder, below)) = above.and_then(|folder| Some((folder, path.strip_prefix(folder).ok()?))) {
            let below = below.with_extension("");
            let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            // The working directory itself is a pack where nothing stands before the path.
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            return (folder.display().to_string(), Some(parts.join("/")));
        }
    }
    match name.split_once('/') {
        Some((pack, rest)) if !rest.is_empty() && (is_pack(&Path::new("scenarios").join(pack)) || is_embedded(pack)) => {
            (pack.to_owned(), Some(name.to_owned()))
        }
        _ => (name.to_owned(), None),
    }
}

fn is_embedded(pack: &str) -> bool {
    EMBEDDED.get_file(Path::new(pack).join("pack.yaml")).is_some()
}

/// Reads what a pack says of itself; `None` where its `pack.yaml` has mistakes, which `check` names.
pub(crate) fn record(pack: &PackFiles) -> Option<PackFile> {
    file(pack, "pack.yaml")
}

fn read_record(pack: &PackFiles) -> (Option<PackFile>, Diagnostics) {
    read(pack, "pack.yaml")
}

/// Reads one file of a pack, with what is wrong in it.
fn read<T: Read>(pack: &PackFiles, path: &str) -> (Option<T>, Diagnostics) {
    let text = pack.text(path).unwrap_or_default();
    let id = Sources::default().add(path, text);
    let (node, mut found) = parse(id, text);
    let record = node.and_then(|node| T::read(&node, &mut Reader::new(&mut found)));
    (record, found)
}

/// Reads one file of a pack; `None` where it has mistakes.
fn file<T: Read>(pack: &PackFiles, path: &str) -> Option<T> {
    let (record, found) = read(pack, path);
    record.filter(|_| !found.has_errors())
}

/// Gives the first of several packs, and those of the others that it uses.
fn used(packs: &[PackFiles]) -> impl Iterator<Item = &PackFiles> {
    let uses: Vec<String> =
        packs.first().and_then(record).into_iter().flat_map(|record| record.uses).map(|name| name.value).collect();
    packs.iter().enumerate().filter(move |(at, pack)| *at == 0 || uses.contains(&pack.name)).map(|(_, pack)| pack)
}

/// Gives the ids of what a person can attest: the requirements of a pack and of those that it uses, and the rows of its checklist.
pub(crate) fn attestable_ids(packs: &[PackFiles]) -> BTreeSet<String> {
    let files = used(packs).filter_map(|pack| file::<RequirementFile>(pack, "requirements.yaml"));
    let requirements = files.flat_map(|file| file.requirements).map(|item| item.id.value);
    let checklist = packs.first().and_then(|pack| file::<ChecklistFile>(pack, "checklist.yaml"));
    requirements.chain(checklist.into_iter().flat_map(|file| file.rows).map(|row| row.id.value)).collect()
}

/// Gives the ids of the checks in `checks/` of a pack and of those that it uses.
pub(crate) fn check_ids(packs: &[PackFiles]) -> BTreeSet<String> {
    let paths = used(packs).flat_map(|pack| pack.files.keys().map(move |path| (pack, path)));
    let files = paths.filter(|(_, path)| path.starts_with("checks/")).filter_map(|(pack, path)| file::<CheckFile>(pack, path));
    files.flat_map(|file| file.checks).map(|item| item.id.value).collect()
}

/// Gives the names of the endpoints that the first of several packs declares.
pub(crate) fn endpoint_names(packs: &[PackFiles]) -> BTreeSet<String> {
    let record = packs.first().and_then(record);
    record.iter().flat_map(|record| &record.endpoints).map(|endpoint| endpoint.name.value.clone()).collect()
}

/// Gives the names of the further credentials that the first of several packs declares.
pub(crate) fn credentials_names(packs: &[PackFiles]) -> BTreeSet<String> {
    let record = packs.first().and_then(record);
    record.iter().flat_map(|record| &record.credentials).map(|item| item.name.value.clone()).collect()
}

/// Gives every folder with a pack below a folder.
pub(crate) fn packs_below(folder: &Path) -> Vec<std::path::PathBuf> {
    if folder.join("pack.yaml").is_file() {
        return vec![folder.to_owned()];
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<_> = entries.filter(|path| path.join("pack.yaml").is_file()).collect();
    found.sort();
    found
}

/// Gives the names of the packs that a name finds: those below `scenarios/` here, and those in the binary.
pub(crate) fn names() -> Vec<String> {
    let here = packs_below(Path::new("scenarios")).into_iter();
    let here = here.filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()));
    let mut all: Vec<String> = here.chain(embedded_names()).collect();
    all.sort();
    all.dedup();
    all
}

/// Gives the pack of that name in the binary.
fn embedded(name: &str) -> Option<PackFiles> {
    let folder = is_embedded(name).then(|| EMBEDDED.get_dir(name)).flatten()?;
    let mut pack = PackFiles { name: name.to_owned(), shown: format!("scenarios/{name}"), files: BTreeMap::new() };
    gather(folder, name, &mut pack);
    Some(pack)
}

/// Names the packs in the binary.
pub(crate) fn embedded_names() -> impl Iterator<Item = String> {
    EMBEDDED.dirs().map(|folder| folder.path().display().to_string()).filter(|name| is_embedded(name))
}

fn gather(folder: &Dir<'_>, root: &str, pack: &mut PackFiles) {
    for file in folder.files() {
        let path = file.path().strip_prefix(root).unwrap_or(file.path());
        let key = path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        pack.files.insert(key, file.contents().into());
    }
    folder.dirs().for_each(|inner| gather(inner, root, pack));
}

/// Gives the name of the default pack, as `scenarios/index.yaml` says.
pub(crate) fn default_name() -> String {
    let text = std::fs::read_to_string("scenarios/index.yaml").ok();
    let text = text
        .or_else(|| EMBEDDED.get_file("index.yaml").and_then(|file| file.contents_utf8()).map(ToOwned::to_owned))
        .unwrap_or_default();
    text.lines().find_map(|line| line.strip_prefix("default:")).map(|name| name.trim().to_owned()).unwrap_or_default()
}
