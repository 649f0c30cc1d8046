//! The one way from a record to a report of any format.

use crate::{Bodies, Error, Options, format};
use counterpart_evidence::RunRecord;
use std::io::Write;

/// A format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// The authority's checklist for a spreadsheet.
    ChecklistCsv,
    /// The authority's checklist as a page, whose links lead into the HTML report.
    ChecklistHtml,
    /// One page for people, without network and usable without script.
    Html,
    /// The run record itself.
    Json,
    /// JUnit XML for build servers.
    Junit,
    /// XML in the namespace `urn:counterpart:report:1`.
    Xml,
}

impl Format {
    /// Every format with its name.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::ChecklistCsv, "checklist-csv"),
        (Self::ChecklistHtml, "checklist-html"),
        (Self::Html, "html"),
        (Self::Json, "json"),
        (Self::Junit, "junit"),
        (Self::Xml, "xml"),
    ];

    /// Gives its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(format, _)| *format == self).map_or("", |(_, name)| name)
    }
}

/// Makes ready what rendering needs beside a record, so that it can be done while the record comes about.
pub fn prepare() {
    format::prepare();
}

/// Renders a record into memory.
///
/// # Errors
///
/// As [`render_to`].
pub fn render(record: &RunRecord, bodies: &dyn Bodies, format: Format, options: &Options) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    render_to(record, bodies, format, options, &mut out)?;
    Ok(out)
}

/// Renders a record piece by piece, so that no report need be held whole; the same record, bodies and options give the same bytes.
///
/// # Errors
///
/// `Write` where what takes the bytes fails. Else it fails only by a fault of ours: [`Error`] names what was attempted. Nothing that a peer
/// sent makes it fail.
pub fn render_to(
    record: &RunRecord,
    bodies: &dyn Bodies,
    format: Format,
    options: &Options,
    out: &mut dyn Write,
) -> Result<(), Error> {
    match format {
        Format::ChecklistCsv => Ok(out.write_all(&format::checklist_csv(record, options))?),
        Format::ChecklistHtml => Ok(out.write_all(&format::checklist_html(record, options)?)?),
        Format::Html => format::html(record, bodies, options, out),
        Format::Json => format::json(record, out),
        Format::Junit => Ok(out.write_all(&format::junit(record)?)?),
        Format::Xml => Ok(format::xml(record, options, out)?),
    }
}
