//! The authority's checklist as CSV (RFC 4180) and as a page of its own.
//!
//! The CSV is for spreadsheets: UTF-8 with a byte order mark, since Excel reads it as the machine's old code page without one, every
//! field quoted, lines ended by CR LF. A field that a spreadsheet would take for a formula gets an apostrophe before it.

use super::html::read;
use crate::view::{self, ChecklistRow};
use crate::{Error, Options, text};
use counterpart_evidence::RunRecord;
use handlebars::{Handlebars, TemplateError};
use std::sync::LazyLock;

/// The templates of the page, read where one is asked for: a run without one does not wait for them.
static TEMPLATES: LazyLock<Result<Handlebars<'static>, TemplateError>> = LazyLock::new(|| read(TEXTS));

const TEXTS: [(&str, &str); 4] = [
    ("checklist", include_str!("../../../../reports/html/checklist.hbs")),
    ("checklist-row", include_str!("../../../../reports/html/checklist-row.hbs")),
    ("checklist-table", include_str!("../../../../reports/html/checklist-table.hbs")),
    ("words", include_str!("../../../../reports/html/words.hbs")),
];

/// Columns before those of the pack.
const BEFORE: [&str; 2] = ["Id", "Asked"];
/// Columns after those of the pack.
const AFTER: [&str; 14] = [
    "Verdict",
    "Wording",
    "Seen",
    "Open",
    "Stands for",
    "Evidence",
    "Date",
    "Supplier",
    "Product",
    "Product version",
    "Build",
    "Pack",
    "Run",
    "Evidence digest",
];

/// Renders the checklist as CSV, one line for each row of the form.
pub(crate) fn checklist_csv(record: &RunRecord, options: &Options) -> Vec<u8> {
    let columns = view::checklist_columns(record);
    let mut out = String::from("\u{feff}");
    let heading = BEFORE.into_iter().map(str::to_owned).chain(columns).chain(AFTER.into_iter().map(str::to_owned));
    line(&mut out, heading);
    for row in view::checklist_rows(record) {
        line(&mut out, fields(row, record, options));
    }
    out.into_bytes()
}

fn fields(row: ChecklistRow, record: &RunRecord, options: &Options) -> Vec<String> {
    let supplier = &record.supplier;
    let named = |value: &Option<String>| value.as_deref().map_or_else(|| "not named".to_owned(), text::line);
    let links: Vec<String> = row.evidence.into_iter().map(|place| place.href).collect();
    let mut fields = vec![row.id, row.text];
    fields.extend(row.cells.into_iter().map(|cell| cell.text));
    fields.extend([
        row.verdict.to_owned(),
        row.wording,
        row.seen,
        row.open.join("; "),
        row.stands_for.join("; "),
        links.join(" "),
        text::line(&record.started),
        named(&supplier.name),
        named(&supplier.product),
        named(&supplier.version),
        named(&supplier.build),
        text::line(&format!("{} {}", record.pack.name, record.pack.version)),
        text::line(&record.run),
        options.evidence_digest.as_deref().map(text::line).unwrap_or_default(),
    ]);
    fields
}

fn line(out: &mut String, fields: impl IntoIterator<Item = String>) {
    for (place, field) in fields.into_iter().enumerate() {
        out.push_str(if place == 0 { "\"" } else { ",\"" });
        if is_formula(&field) {
            out.push('\'');
        }
        // RFC 4180 section 2: a quote within quotes is doubled.
        out.push_str(&field.replace('"', "\"\""));
        out.push('"');
    }
    out.push_str("\r\n");
}

/// Tells whether a spreadsheet would evaluate a field: those that begin with `=`, `+`, `-` or `@`, in full width too, spaces before
/// them or not (OWASP, "CSV Injection"). Tabs and line ends were made visible before.
fn is_formula(field: &str) -> bool {
    field.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// Renders the checklist as one page.
pub(crate) fn checklist_html(record: &RunRecord, options: &Options) -> Result<Vec<u8>, Error> {
    let registry = TEMPLATES.as_ref().map_err(Error::ReadTemplate)?;
    let mut out = Vec::new();
    registry.render_to_write("checklist", &view::checklist(record, options), &mut out).map_err(Box::new)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_field_that_would_be_a_formula_is_text() {
        for field in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "＝1", "\u{3000}-1"] {
            let mut out = String::new();
            line(&mut out, [field.to_owned()]);
            assert_eq!(out, format!("\"'{field}\"\r\n"));
        }
    }

    #[test]
    fn quotes_commas_and_line_ends_stay_within_their_field() {
        let mut out = String::new();
        line(&mut out, ["a \"b\", c".to_owned(), "x\r\ny".to_owned(), "1=1".to_owned()]);
        assert_eq!(out, "\"a \"\"b\"\", c\",\"x\r\ny\",\"1=1\"\r\n");
    }
}
