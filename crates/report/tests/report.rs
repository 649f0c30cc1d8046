//! Reports of the sample run, as a reader outside the crate gets them.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sample;

use counterpart_evidence::{Finding, Limit, Place, RunRecord, Verdict};
use counterpart_report::{Colour, Format, NoBodies, Options, console, render};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn options() -> Options {
    Options {
        evidence_digest: Some("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned()),
        folder: Some("reports/run-20261124T101500Z-orchard-provider-7f3a".to_owned()),
        ..Options::default()
    }
}

fn rendered(format: Format) -> String {
    let sample = sample::sample();
    String::from_utf8(render(&sample.record, &sample.bodies, format, &options()).unwrap()).unwrap()
}

fn html_of(record: &RunRecord) -> String {
    String::from_utf8(render(record, &sample::sample().bodies, Format::Html, &options()).unwrap()).unwrap()
}

/// Compares with the golden file, or writes it with `UPDATE_GOLDEN=1`.
fn golden(name: &str, now: &str) {
    let path = root().join("reports/samples").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, now).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let first = kept.lines().zip(now.lines()).position(|(left, right)| left != right);
    assert!(kept == now, "{name} differs from line {first:?}; look at the change, then run again with UPDATE_GOLDEN=1");
}

#[test]
fn html_is_as_it_was() {
    golden("report.html", &rendered(Format::Html));
}

#[test]
fn xml_is_as_it_was() {
    golden("report.xml", &rendered(Format::Xml));
}

#[test]
fn checklist_is_as_it_was() {
    golden("checklist.csv", &rendered(Format::ChecklistCsv));
    golden("checklist.html", &rendered(Format::ChecklistHtml));
}

#[test]
fn junit_is_as_it_was() {
    golden("junit.xml", &rendered(Format::Junit));
}

#[test]
fn json_is_as_it_was_and_reads_back() {
    let json = rendered(Format::Json);
    golden("run.json", &json);
    assert_eq!(serde_json::from_str::<RunRecord>(&json).unwrap(), sample::sample().record);
}

#[test]
fn console_is_as_it_was() {
    golden("console.txt", &console(&sample::sample().record, Colour::Never));
}

#[test]
fn what_only_a_person_can_show_is_one_line_on_the_console() {
    let mut record = sample::sample().record;
    let limit = |id: &str| Limit { what: format!("requirement for review: {id}: It is so"), why: "nobody can see it".to_owned() };
    record.limits.extend(["A1", "B2"].map(limit));
    let text = console(&record, Colour::Never);
    assert!(text.contains("for review 2 requirements"), "{text}");
    assert!(text.trim_end().ends_with("A1, B2"), "{text}");
    assert!(!text.contains("nobody can see it"), "{text}");
    assert!(text.contains("not tested Public DNS entry"), "{text}");
}

#[test]
fn colours_change_no_word() {
    let record = sample::sample().record;
    let mut plain = String::new();
    let coloured = console(&record, Colour::Always);
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, console(&record, Colour::Never));
}

#[test]
fn json_schema_is_as_the_types_say() {
    let mut schema = serde_json::to_string_pretty(&counterpart_evidence::run_schema()).unwrap();
    schema.push('\n');
    golden("../json/run-1.schema.json", &schema);
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    for (format, _) in Format::ALL {
        assert_eq!(rendered(format), rendered(format));
    }
}

#[test]
fn the_failing_place_is_marked_and_its_rule_stands_beside_it() {
    let html = rendered(Format::Html);
    let card = html.split_once("id=\"failure-1\"").unwrap().1.split_once("</article>").unwrap().0;
    assert!(card.contains("<mark>&#34;24/11/2026 10:16&#34;</mark>"));
    for words in [
        "O-01",
        "OD 3.1 §4.2",
        "an RFC 3339 date-time",
        "--scenario orchard/deliveries/created",
        "/delivery/began",
        "as RFC 3339 with the offset",
    ] {
        assert!(card.contains(words), "{words}");
    }
}

#[test]
fn a_place_that_only_has_a_path_is_found_in_the_body() {
    let mut record = sample::sample().record;
    let finding: &mut Finding = &mut record.scenarios[0].attempts[0].steps[1].findings[0];
    finding.place = finding.place.take().map(|place| Place { line: None, column: None, bytes: None, ..place });
    assert!(html_of(&record).contains("<mark>&#34;24/11/2026 10:16&#34;</mark>"));
}

#[test]
fn what_a_peer_sends_is_text_and_nothing_else() {
    let html = rendered(Format::Html);
    assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;⟨xFF⟩⟨U+0000⟩"));
    assert_eq!(html.matches("<script").count(), 1);
    assert!(html.contains("⟨U+202E⟩") && !html.contains('\u{202e}'));
    assert!(!html.contains("href=\"javascript:"));
}

#[test]
fn purged_bodies_are_said_to_be_missing() {
    let record = sample::sample().record;
    let html = String::from_utf8(render(&record, &NoBodies, Format::Html, &options()).unwrap()).unwrap();
    assert!(html.contains("the content is not kept in this run folder, or no longer"));
}

#[test]
fn a_run_of_nothing_renders_in_every_format() {
    let mut record = sample::sample().record;
    record.scenarios.clear();
    record.requirements.clear();
    record.exchanges.clear();
    record.unexpected.clear();
    record.unexpected_findings.clear();
    record.unmatched.clear();
    record.settings.clear();
    record.claims.clear();
    record.preflight.clear();
    record.limits.clear();
    record.changes.clear();
    record.finished = None;
    record.summary = counterpart_evidence::Counts::default();
    record.verdict = Verdict::NotRun;
    for (format, name) in Format::ALL {
        let bytes = render(&record, &NoBodies, format, &Options::default()).unwrap();
        assert!(!bytes.is_empty(), "{name}");
    }
    assert!(console(&record, Colour::Never).contains("scenarios  none"));
}

#[test]
fn a_long_run_stays_small_and_says_what_it_left_out() {
    let sample = sample::long(2_000, 2_000);
    let options = Options { passing_bytes_max: 10_000, full_bytes_max: 10_000, ..options() };
    let html = String::from_utf8(render(&sample.record, &sample.bodies, Format::Html, &options).unwrap()).unwrap();
    assert!(html.len() < 4_000_000, "{} bytes", html.len());
    assert!(html.contains("bodies of passing exchanges left to the run folder reports/run-"));
    assert!(html.contains("with findings stand only as rows"));
    assert!(html.contains("id=\"exchange-2000\""));
    // Its sequence diagram and charts are bounded, and say so.
    assert!(html.contains("1,961 further exchanges of this attempt not drawn"));
    assert!(html.contains("How long 1,991 exchanges took: median"));
}
