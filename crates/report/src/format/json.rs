//! JSON: the run record as it is, indented, so that two runs can be compared line by line.

use crate::Error;
use counterpart_evidence::RunRecord;

/// Renders a record as JSON with a line feed at the end.
pub(crate) fn json(record: &RunRecord) -> Result<Vec<u8>, Error> {
    let mut out = serde_json::to_vec_pretty(record)?;
    out.push(b'\n');
    Ok(out)
}
