//! What `scenarios/README.md` shows is so: its packs compile without a diagnostic, and its lists are those of the code.

use counterpart_diag::{Sources, Style, render};
use counterpart_matching::{Expression, Format, Template};
use counterpart_plan::{PackFiles, check_pack};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn page_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/README.md")
}

fn page() -> String {
    std::fs::read_to_string(page_path()).unwrap()
}

/// The files that the guide shows: fenced blocks whose first line is `# PATH`.
fn shown(page: &str) -> Vec<(String, String)> {
    let blocks = page.split("\n```yaml\n# ").skip(1).filter_map(|rest| rest.split("\n```").next());
    blocks
        .map(|block| {
            let (path, text) = block.split_once('\n').unwrap();
            (path.trim().to_owned(), format!("{text}\n"))
        })
        .collect()
}

#[test]
fn pack_of_the_guide_compiles() {
    let mut pack = PackFiles { name: "lamp".to_owned(), shown: "lamp".to_owned(), ..PackFiles::default() };
    for (path, text) in shown(&page()).into_iter().filter(|(path, _)| !is_of_the_tests(path)) {
        pack.files.insert(path, text.into_bytes().into());
    }
    assert!(pack.files.contains_key("pack.yaml") && pack.files.contains_key("mutants.yaml"));
    let mut sources = Sources::default();
    let found = check_pack(&[&pack], &[], &mut sources);
    assert!(found.is_empty(), "{}", render(&found, &sources, Style::Plain));
}

/// Tells whether a file is of a pack that stands in the tests of `plan`.
fn is_of_the_tests(path: &str) -> bool {
    ["phonebook/", "post/", "relay/"].iter().any(|pack| path.starts_with(pack))
}

/// The further packs are those that the tests of `plan` begin from, and `tests/language.rs` proves; the page shows their files as they are.
#[test]
fn packs_with_both_roles_are_shown_as_they_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/plan/tests/pack");
    let files: Vec<(String, String)> = shown(&page()).into_iter().filter(|(path, _)| is_of_the_tests(path)).collect();
    assert!(files.len() >= 13, "the guide shows only {} files of `phonebook`, `post` and `relay`", files.len());
    for (path, text) in files {
        assert_eq!(std::fs::read_to_string(folder.join(&path)).unwrap(), text, "{path} is another in the guide");
    }
}

/// Two columns in the width of the page.
fn list(usages: &[(&str, &str)], braces: (&str, &str)) -> String {
    let mut text = String::from("\n| | |\n| --- | --- |\n");
    let cell =
        |one: Option<&(&str, &str)>| one.map(|(_, usage)| format!("`{}{usage}{}`", braces.0, braces.1).replace('|', "\\|"));
    for pair in usages.chunks(2) {
        writeln!(text, "| {} | {} |", cell(pair.first()).unwrap_or_default(), cell(pair.get(1)).unwrap_or_default()).unwrap();
    }
    text.push('\n');
    text
}

#[test]
fn helpers_and_functions_are_listed_as_they_are_written() {
    let mut page = page();
    for (name, wanted) in
        [("helpers", list(&Template::helpers(), ("{{", "}}"))), ("functions", list(&Expression::functions(), ("", "")))]
    {
        let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
        let (before, rest) = page.split_once(&begin).unwrap();
        let (found, after) = rest.split_once(&end).unwrap();
        if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
            page = format!("{before}{begin}{wanted}{end}{after}");
            std::fs::write(page_path(), &page).unwrap();
            continue;
        }
        assert!(found == wanted, "the list of {name} is out of date: run this test with UPDATE_GOLDEN=1");
    }
}

#[test]
fn every_form_of_text_is_listed() {
    let page = page();
    for name in Format::names() {
        assert!(page.contains(&format!("`{name}`")), "the format `{name}` is not in the guide");
    }
}
