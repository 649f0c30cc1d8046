//! The pack that `scenarios/README.md` shows is a good one: it compiles without a diagnostic.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use counterpart_diag::{Sources, Style, render};
use counterpart_evidence::Role;
use counterpart_plan::{Options, PackFiles, compile_pack};
use std::path::Path;

/// The files that the guide shows: fenced blocks whose first line is `# PATH`.
fn shown(page: &str) -> PackFiles {
    let mut pack = PackFiles { name: "lamp".to_owned(), shown: "lamp".to_owned(), ..PackFiles::default() };
    for block in page.split("\n```yaml\n# ").skip(1).filter_map(|rest| rest.split("\n```").next()) {
        let (path, text) = block.split_once('\n').unwrap();
        pack.files.insert(path.trim().to_owned(), format!("{text}\n").into_bytes().into());
    }
    pack
}

#[test]
fn pack_of_the_guide_compiles() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/README.md")).unwrap();
    let pack = shown(&page);
    assert!(pack.files.contains_key("pack.yaml") && pack.files.contains_key("mutants.yaml"));
    let mut sources = Sources::default();
    let options = Options { role: Some(Role::Consumer), ..Options::default() };
    let (plan, found) = compile_pack(&[&pack], &options, &mut sources);
    let found = found.into_sorted();
    assert!(found.is_empty(), "{}", render(&found, &sources, Style::Plain));
    assert!(plan.is_some());
}
