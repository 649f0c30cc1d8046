//! Reads every YAML file of a pack folder and prints the diagnostics: `read FOLDER`.
#![expect(clippy::print_stdout, reason = "an example prints")]

use counterpart_diag::{Diagnostics, Sources, Style, render};
use counterpart_scenario::{Read, Reader, model, parse};
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let root = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    let (mut sources, mut all, mut files) = (Sources::default(), Vec::new(), 0);
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "yaml") {
                files += 1;
                let text = std::fs::read_to_string(&path)?;
                let id = sources.add(&path.display().to_string(), &text);
                let (node, mut diagnostics) = parse(id, &text);
                if let Some(node) = node {
                    read(path.strip_prefix(&root).unwrap_or(&path), &node, &mut diagnostics);
                }
                all.extend(diagnostics.into_sorted());
            }
        }
    }
    println!("{}{files} files, {} diagnostics", render(&all, &sources, Style::Plain), all.len());
    Ok(())
}

fn read(path: &Path, node: &counterpart_scenario::Node, diagnostics: &mut Diagnostics) {
    let mut reader = Reader::new(diagnostics);
    let first = path.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
    match first.as_str() {
        "pack.yaml" => drop(model::PackFile::read(node, &mut reader)),
        "requirements.yaml" => drop(model::RequirementFile::read(node, &mut reader)),
        "store.yaml" => drop(model::StoreFile::read(node, &mut reader)),
        "mutants.yaml" => drop(model::MutantFile::read(node, &mut reader)),
        "checks" => drop(model::CheckFile::read(node, &mut reader)),
        "requests" => drop(model::RequestFile::read(node, &mut reader)),
        "stubs" => drop(model::StubFile::read(node, &mut reader)),
        "players" => drop(model::PlayerFile::read(node, &mut reader)),
        "fragments" => drop(model::FragmentFile::read(node, &mut reader)),
        "schedules" => drop(model::ScheduleFile::read(node, &mut reader)),
        _ => drop(model::ScenarioFile::read(node, &mut reader)),
    }
}
