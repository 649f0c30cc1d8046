//! Keeps `scenarios/README.md` true: its reference is made from the file model, and the files it shows are read.
//!
//! `UPDATE_REFERENCE=1 cargo test -p counterpart-scenario --test reference` writes the reference anew; without the variable
//! the test compares. What is refused: a type that has no words here, since a reader of the page could not look it up.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use counterpart_diag::{Sources, Style, render};
use counterpart_scenario::{FILE_KINDS, FileKind, RecordDoc, model};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

const BEGIN: &str = "<!-- reference: begin -->\n";
const END: &str = "<!-- reference: end -->";
/// A record repeats another one's keys as a block when that one has at least this many.
const BLOCK_KEYS_MIN: usize = 4;

/// What a value may be, in words, by the name of its type; `[name]` leads to that record's table.
const TYPES: &[(&str, &str)] = &[
    ("ActionItem", "[an action]"),
    ("AllOf", "list of [a condition]"),
    ("AnyOf", "list of [an alternative]"),
    ("Ask", "[ask]"),
    ("Assert", "[assert]"),
    ("Await", "[await]"),
    ("AwaitLog", "[a file]"),
    ("AwaitMail", "[a mail]"),
    ("Bind", "[bind]"),
    ("Body", "[a body]"),
    ("Box<Reply>", "[a reply]"),
    ("BodyFormRule", "`accepted`, `json`, `xml`, a template, or `!value`"),
    ("Branch", "[a branch]"),
    ("CaptureItem", "[a capture]"),
    ("Cel", "CEL"),
    ("CheckItem", "[a check]"),
    ("ChecklistColumnItem", "[a column]"),
    ("ChecklistRowItem", "[a row]"),
    ("ClaimItem", "[a claim]"),
    ("ClaimNeed", "name of a claim, or [a claim of some variants]"),
    ("Collection", "[a collection]"),
    ("Condition", "[a condition]"),
    ("Connecting", "[connect]"),
    ("ConnectionMatch", "[a connection match]"),
    ("CountItem", "whole number, CEL, or [a count]"),
    ("CredentialsItem", "[further credentials]"),
    ("Do", "[do]"),
    ("DocumentItem", "[a document]"),
    ("Drip", "[a drip]"),
    ("Each", "[each]"),
    ("EditItem", "[an edit]"),
    ("EndpointItem", "[an endpoint]"),
    ("Expectation", "name of a check, or [a check]"),
    ("Fault", "[a fault]"),
    ("FaultCut", "[a cut]"),
    ("FhirItem", "[FHIR in messages]"),
    ("FhirPackageItem", "[a FHIR package]"),
    ("FhirProfileRule", "address, or [a FHIR profile]"),
    ("Flag", "`true` or `false`"),
    ("Format", "name of a text form"),
    ("Forward", "[forward]"),
    ("Gaps", "[gaps]"),
    ("Growing", "[growing]"),
    ("Let", "CEL, [find], [search], or [directory]"),
    ("LetMap", "map of names to CEL or other values"),
    ("Listen", "[listen]"),
    ("Load", "[load]"),
    ("Lookup", "[lookup]"),
    ("MailItem", "[a mail to write]"),
    ("Masking", "[masking]"),
    ("MutantItem", "[a mutant]"),
    ("Needs", "[needs]"),
    ("Nested", "[operators]"),
    ("Node", "any value"),
    ("NoneAfter", "`accepted`, `lost`, `none`, `refused`, `stored`, or [a condition]"),
    ("Observe", "[observe]"),
    ("Offer", "[a TLS offer]"),
    ("Parallel", "[parallel]"),
    ("PlayerRule", "[a player rule]"),
    ("PreflightItem", "[preflight]"),
    ("Probe", "[probe]"),
    ("ProfileItem", "[a profile]"),
    ("Range", "[a range]"),
    ("Release", "[respond]"),
    ("Repeat", "[repeat]"),
    ("Replies", "a reply or a list of replies; each the name of one, a status, or [a reply]"),
    ("Reply", "[a reply]"),
    ("ReplyItem", "name of a reply, a status, or [a reply]"),
    ("Reference", "[a reference]"),
    ("References", "[a reference], or a list of them"),
    ("RequestItem", "[a request]"),
    ("RequestMatch", "[a request match]"),
    ("RequirementItem", "[a requirement]"),
    ("Retry", "[retry]"),
    ("RoleItem", "[a role]"),
    ("RowWords", "[words of a row]"),
    ("Roles", "[roles]"),
    ("Rule", "[a condition]"),
    ("RuleOn", "[on]"),
    ("SameAs", "[same-as]"),
    ("ScheduleRow", "[a schedule row]"),
    ("SearchItem", "[a search parameter]"),
    ("SchemaName", "name of a schema, or [a schema not to match]"),
    ("Send", "[send]"),
    ("Series", "[a series]"),
    ("SettingItem", "[a setting]"),
    ("Spanned<i64>", "whole number"),
    ("Standing", "[standing]"),
    ("StandingChecks", "[standing checks]"),
    ("Step", "[a step]"),
    ("StoreChange", "[a store change]"),
    ("StoreChanges", "list of [a store change]"),
    ("Token", "[a token]"),
    ("TokenSignature", "[a signature]"),
    ("XmlEdit", "[an XML edit]"),
    ("StubRule", "[a rule]"),
    ("Survivor", "[a survivor]"),
    ("SubjectValue", "a value, a list of values, or [operators]"),
    ("Text", "text"),
    ("Time", "duration"),
    ("TimedStep", "[a timed step]"),
    ("UncoveredItem", "[what no row asks for]"),
    ("Variants", "axes with lists of values, with `rows` beside them or not, or one of `table`, `defects-of`"),
    ("When", "[when]"),
    ("WordList", "word or list of words"),
    ("Write", "[write]"),
    ("WriteAttachment", "[an attachment]"),
];

/// The types that are one of a few words.
fn words(name: &str) -> Option<Vec<&'static str>> {
    macro_rules! words_of {
        ($($word:ident),*) => {
            match name {
                $(stringify!($word) => Some(model::$word::ALL.iter().map(|(_, text)| *text).collect()),)*
                _ => None,
            }
        };
    }
    words_of!(
        AlpnAnswer,
        AlternativeResult,
        BasisWord,
        BodyForm,
        ClaimStatus,
        CutHow,
        EffectWord,
        Encoding,
        EndpointKind,
        FhirFormWord,
        FhirVersionWord,
        LesserWord,
        LevelWord,
        Malformed,
        NotCheckedWord,
        On,
        ProxyForm,
        RetryCount,
        RoleWord,
        ScopeWord,
        SearchCompare,
        SearchKind,
        SearchTakes,
        SeriesFrom,
        ShownByWord,
        TrustWord,
        SettingKind,
        TypeWord,
        UnknownExtensionWord
    )
}

fn slug(name: &str) -> String {
    let words: String =
        name.chars().map(|letter| if letter.is_alphanumeric() { letter.to_ascii_lowercase() } else { '-' }).collect();
    format!("key-{words}")
}

/// Says in words what a key of this type takes, with a link where that is a record.
fn type_words(kind: &str, records: &BTreeMap<String, RecordDoc>) -> String {
    let bare = kind.replace(' ', "");
    let bare = bare.rsplit("::").next().unwrap_or(&bare);
    if let Some(words) = words(bare) {
        return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    let known = TYPES.iter().find(|(name, _)| *name == bare).map(|(_, text)| (*text).to_owned());
    let text = known.unwrap_or_else(|| panic!("the type `{kind}` has no words in `TYPES`"));
    let Some((before, rest)) = text.split_once('[') else { return text };
    let (name, after) = rest.split_once(']').unwrap();
    assert!(records.contains_key(name), "`{kind}` points to `{name}`, which is no record");
    format!("{before}[{name}](#{}){after}", slug(name))
}

fn how_words(how: &str, kind: &str) -> String {
    match how {
        "list" => format!("list: {kind}"),
        "map" => format!("map of names: {kind}"),
        _ => kind.to_owned(),
    }
}

/// Finds a record whose keys stand in this one as a block from `at` on; the longest if there are several.
fn block<'a>(record: &RecordDoc, at: usize, records: &'a BTreeMap<String, RecordDoc>) -> Option<&'a RecordDoc> {
    records
        .values()
        .filter(|other| other.keys.len() >= BLOCK_KEYS_MIN && other.keys.len() < record.keys.len())
        .filter(|other| {
            let own = record.keys.iter().skip(at).map(|key| (&key.key, &key.doc));
            own.take(other.keys.len()).eq(other.keys.iter().map(|key| (&key.key, &key.doc)))
        })
        .max_by_key(|other| other.keys.len())
}

fn table(record: &RecordDoc, records: &BTreeMap<String, RecordDoc>) -> String {
    let mut text = String::from("| Key | | Value | What it is for |\n| --- | --- | --- | --- |\n");
    let mut at = 0;
    while let Some(key) = record.keys.get(at) {
        if let Some(other) = block(record, at, records) {
            writeln!(text, "| | | every key of [{}](#{}) | |", other.name, slug(&other.name)).unwrap();
            at += other.keys.len();
            continue;
        }
        let need = match key.how.as_str() {
            "required" => "required",
            "one-of" => "one of",
            _ => "",
        };
        let value = how_words(&key.how, &type_words(&key.kind, records));
        writeln!(text, "| `{}` | {need} | {value} | {} |", key.key, key.doc.replace('|', "\\|")).unwrap();
        at += 1;
    }
    text
}

/// Makes the whole reference: first each kind of file, then the parts in the order of their names.
fn render_reference() -> String {
    let kinds = FILE_KINDS;
    let records: BTreeMap<String, RecordDoc> =
        kinds.iter().flat_map(FileKind::records).map(|record| (record.name.clone(), record)).collect();
    let mut text = String::from("\n### Files\n");
    for kind in kinds {
        let record = records.get(kind.record).unwrap();
        write!(text, "\n#### `{}`\n\n{}\n\n{}", kind.path, record.doc, table(record, &records)).unwrap();
    }
    text.push_str("\n### Parts\n");
    let mut parts: Vec<&RecordDoc> =
        records.values().filter(|record| kinds.iter().all(|kind| kind.record != record.name.as_str())).collect();
    parts.sort_by_key(|record| record.name.trim_start_matches("a ").trim_start_matches("an ").to_lowercase());
    for record in parts {
        let anchor = slug(&record.name);
        write!(text, "\n<a id=\"{anchor}\"></a>\n#### {}\n\n{}\n\n{}", record.name, record.doc, table(record, &records)).unwrap();
    }
    text.push('\n');
    text
}

fn page_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/README.md")
}

#[test]
fn page_has_the_reference_of_every_key() {
    let page = std::fs::read_to_string(page_path()).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has the marker of the reference's beginning");
    let (found, after) = rest.split_once(END).expect("the page has the marker of the reference's end");
    let wanted = render_reference();
    if ["UPDATE_REFERENCE", "UPDATE_GOLDEN"].iter().any(|name| std::env::var_os(name).is_some_and(|value| value == "1")) {
        std::fs::write(page_path(), format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
        return;
    }
    let differs = found.lines().zip(wanted.lines()).find(|(found, wanted)| found != wanted);
    assert!(found == wanted, "the reference is out of date at {differs:?}: run this test with UPDATE_REFERENCE=1");
}

#[test]
fn reference_links_lead_somewhere() {
    let text = render_reference();
    for target in text.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(text.contains(&format!("<a id=\"{target}\">")), "nothing is called `{target}`");
    }
}

/// A file that the page shows: a fenced block whose first line is `# PATH`.
fn shown_files(page: &str) -> Vec<(String, String)> {
    let blocks = page.split("\n```yaml\n# ").skip(1).filter_map(|rest| rest.split("\n```").next());
    blocks.filter_map(|block| block.split_once('\n')).map(|(path, text)| (path.trim().to_owned(), text.to_owned())).collect()
}

#[test]
fn files_that_the_page_shows_are_read_without_diagnostics() {
    let page = std::fs::read_to_string(page_path()).unwrap();
    let files = shown_files(&page);
    assert!(files.len() >= 5, "the guide shows a whole pack, not {} files", files.len());
    for (path, text) in files {
        let path = ["phonebook/", "post/", "relay/"].iter().find_map(|pack| path.strip_prefix(pack)).unwrap_or(&path).to_owned();
        let kind = FileKind::of_path(&path).unwrap_or_else(|| panic!("`{path}` is of no kind"));
        let mut sources = Sources::default();
        let id = sources.add(&path, &text);
        let found = kind.read(id, &text).1.into_sorted();
        assert!(found.is_empty(), "{}", render(&found, &sources, Style::Plain));
    }
}
