//! All that the HTML page says, computed; the templates only loop, branch and print.

mod chart;
mod checklist;
mod exchange;
mod failure;
mod finding;
mod head;
mod index;
mod message;
mod requirement;
mod scenario;
mod sequence;
mod setup;
mod timeline;

pub(crate) use checklist::{Row as ChecklistRow, checklist, columns as checklist_columns, rows as checklist_rows};

use crate::bodies::Bodies;
use crate::options::Options;
use counterpart_evidence::RunRecord;
use serde::Serialize;

/// The page.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    /// Style sheet.
    style: &'static str,
    /// Script.
    script: &'static str,
    /// The icons, each a symbol that the page refers to.
    icons: &'static str,
    head: head::Head,
    failures: failure::Failures,
    requirements: Vec<requirement::Row>,
    coverage: Vec<requirement::Coverage>,
    scenarios: Vec<scenario::Scenario>,
    exchanges: exchange::Exchanges,
    unexpected: setup::Unexpected,
    setup: setup::Setup,
}

/// Makes the view of a run, and the table of its exchanges, which is made row by row.
pub(crate) fn page<'a>(record: &'a RunRecord, bodies: &dyn Bodies, options: &Options) -> (Page, exchange::Table<'a>) {
    let index = index::Index::new(record);
    let groups = failure::Groups::new(&index);
    let (exchanges, rows) = exchange::exchanges(&index, bodies, options);
    let page = Page {
        style: include_str!("../../../../reports/html/report.css"),
        script: include_str!("../../../../reports/html/report.js"),
        icons: include_str!("../../../../reports/html/icons.svg"),
        head: head::head(record, options),
        failures: failure::failures(&groups, &index, bodies),
        requirements: requirement::rows(&groups, &index),
        coverage: requirement::coverage(record),
        scenarios: record.scenarios.iter().map(|one| scenario::scenario(one, &groups, &index)).collect(),
        exchanges,
        unexpected: setup::unexpected(&index),
        setup: setup::setup(record),
    };
    (page, exchange::Table::new(index, rows))
}
