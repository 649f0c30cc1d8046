//! The index of issued certificates: one line each, tab-separated, readable and easy to compare.
//!
//! Columns: serial number, name, usage, defect, when issued, until when, when revoked, why; instants in seconds since 1970,
//! `-` for not revoked. Anything else is refused with its line.

use crate::{Defect, Error, Issued, Reason, Usage, authority, limits};
use std::path::Path;

const HEAD: &str = "# counterpart test authority, version 1: serial name usage defect issued until revoked reason";

/// Writes the index.
pub(crate) fn render(issued: &[Issued]) -> String {
    let mut text = format!("{HEAD}\n");
    for one in issued {
        let (when, why) = match one.revoked {
            Some((when, why)) => (when.to_string(), why.name()),
            None => ("-".to_owned(), "-"),
        };
        let Issued { serial, name, usage, defect, issued_unix_s, until_unix_s, .. } = one;
        text.push_str(&format!("{serial}\t{name}\t{usage}\t{defect}\t{issued_unix_s}\t{until_unix_s}\t{when}\t{why}\n"));
    }
    text
}

/// Reads the index; `file` is for messages.
pub(crate) fn parse(text: &str, file: &Path) -> Result<Vec<Issued>, Error> {
    let refuse = |line: usize, reason| Error::ReadIndex { file: file.to_owned(), line: line + 1, reason };
    let mut issued = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if number == 0 {
            if line != HEAD {
                return Err(refuse(0, "this is not the index of a test authority"));
            }
        } else if issued.len() >= limits::ISSUED_MAX {
            return Err(refuse(number, "there are too many certificates"));
        } else {
            issued.push(parse_line(line).map_err(|reason| refuse(number, reason))?);
        }
    }
    if text.is_empty() { Err(refuse(0, "the file is empty")) } else { Ok(issued) }
}

fn parse_line(line: &str) -> Result<Issued, &'static str> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [serial, name, usage, defect, issued, until, when, why] = columns.as_slice() else {
        return Err("a line has eight columns");
    };
    let instant = |text: &str| text.parse::<i64>().map_err(|_| "an instant is a number of seconds since 1970");
    let revoked = match (*when, *why) {
        ("-", "-") => None,
        (when, why) => Some((instant(when)?, Reason::from_name(why).ok_or("the reason of the revocation is not known")?)),
    };
    // RFC 5280 §4.1.2.2: at most 20 bytes.
    if serial.len() > 40 || authority::bytes_of(serial).is_none() {
        return Err("the serial number is not hexadecimal");
    }
    Ok(Issued {
        serial: (*serial).to_owned(),
        name: (*name).to_owned(),
        usage: Usage::from_name(usage).ok_or("the usage is not known")?,
        defect: Defect::from_name(defect).ok_or("the defect is not known")?,
        issued_unix_s: instant(issued)?,
        until_unix_s: instant(until)?,
        revoked,
    })
}
