//! Reports of the sample run, as a reader outside the crate gets them.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sample;

use counterpart_report::{Format, Options, render};

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

#[test]
fn html_renders() {
    std::fs::write("/tmp/r.html", rendered(Format::Html)).unwrap();
    std::fs::write("/tmp/r.xml", rendered(Format::Xml)).unwrap();
    std::fs::write("/tmp/r.junit.xml", rendered(Format::Junit)).unwrap();
    let sample = sample::sample();
    std::fs::write("/tmp/r.txt", counterpart_report::console(&sample.record, counterpart_report::Colour::Never)).unwrap();
}
