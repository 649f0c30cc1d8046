//! Packs by name: below `scenarios/` in the working directory, else the copy in the binary.

use counterpart_plan::PackFiles;
use include_dir::{Dir, include_dir};
use std::path::Path;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

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
            let mut all = vec![pack];
            // Packs that it uses lie beside it.
            if let Some(parent) = folder.parent() {
                for other in packs_below(parent).into_iter().filter(|other| *other != folder) {
                    all.push(PackFiles::read(&other).map_err(|error| error.to_string())?);
                }
            }
            Ok(all)
        }
        None => {
            let mut all: Vec<PackFiles> = embedded().into_iter().collect();
            let Some(at) = all.iter().position(|pack| pack.name == name) else {
                let known: Vec<&str> = all.iter().map(|pack| pack.name.as_str()).collect();
                return Err(format!("find a pack `{name}`: neither a folder with a `pack.yaml` nor one of {}", known.join(", ")));
            };
            all.swap(0, at);
            Ok(all)
        }
    }
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

/// Gives the packs in the binary.
pub(crate) fn embedded() -> Vec<PackFiles> {
    let folders = EMBEDDED.dirs().filter(|folder| folder.get_file(folder.path().join("pack.yaml")).is_some());
    folders
        .map(|folder| {
            let name = folder.path().display().to_string();
            let mut pack =
                PackFiles { name: name.clone(), shown: format!("scenarios/{name}"), files: std::collections::BTreeMap::new() };
            gather(folder, &name, &mut pack);
            pack
        })
        .collect()
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
