//! Tables: comma-separated values (RFC 4180) with a heading row.

use super::Compiler;
use counterpart_diag::Diagnostic;
use counterpart_scenario::Text;
use serde_json::{Map, Value};

impl Compiler<'_> {
    /// Reads a table of the pack; every value is text.
    pub(crate) fn table(&mut self, name: &Text) -> Vec<Map<String, Value>> {
        let Some(content) = self.content("tables", name) else { return Vec::new() };
        let text = String::from_utf8_lossy(&content);
        let mut records = records(&text).into_iter();
        let Some(heading) = records.next() else { return Vec::new() };
        let mut rows = Vec::new();
        for (at, record) in records.enumerate() {
            if record.len() != heading.len() {
                let message =
                    format!("table `{}`: row {} has {} columns, its heading {}", name.value, at + 2, record.len(), heading.len());
                self.diagnostics.push(Diagnostic::error("PK013", message).at(name.span, "used here"));
                continue;
            }
            rows.push(heading.iter().cloned().zip(record.into_iter().map(Value::String)).collect());
        }
        rows
    }
}

/// Splits text into records and fields; a quoted field may hold commas, line breaks and doubled quotes.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut characters = text.chars().peekable();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        match (quoted, character) {
            (true, '"') if characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            (true, '"') => quoted = false,
            (false, '"') if field.is_empty() => quoted = true,
            (false, ',') => record.push(std::mem::take(&mut field)),
            (false, '\r') if characters.peek() == Some(&'\n') => {}
            (false, '\n') => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            (_, character) => field.push(character),
        }
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        records.push(record);
    }
    records.retain(|record| record.iter().any(|field| !field.is_empty()));
    records
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn quoted_fields_hold_commas_quotes_and_line_breaks() {
        assert_eq!(records("a,b\r\n\"x,\"\"y\",\"1\n2\"\n"), [["a", "b"], ["x,\"y", "1\n2"]]);
    }

    #[test]
    fn empty_lines_are_no_rows() {
        assert_eq!(records("a\n\n1\n\n"), [["a"], ["1"]]);
    }
}
