//! JSON: the run record as it is, indented, so that two runs can be compared line by line.

use crate::Error;
use counterpart_evidence::RunRecord;
use std::io::Write;

/// Renders a record as JSON with a line feed at the end.
pub(crate) fn json(record: &RunRecord, out: &mut dyn Write) -> Result<(), Error> {
    serde_json::to_writer_pretty(&mut *out, record)?;
    Ok(out.write_all(b"\n")?)
}
