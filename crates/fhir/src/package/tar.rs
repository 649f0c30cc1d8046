//! The files of a tar archive, one after the other: ustar, with the long names of pax and GNU.
//!
//! Links, devices and names that climb out are never followed: nothing is written anywhere, and an entry whose name
//! has `..` in it or begins with `/` ends the reading. <https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html>

use crate::limits::{ENTRIES_MAX, ENTRY_BYTES_MAX, NAME_BYTES_MAX, UNPACKED_BYTES_MAX};
use std::io::Read;

const BLOCK: usize = 512;

/// One plain file of an archive.
pub(crate) struct Entry {
    pub(crate) name: String,
    /// `None` where the file is larger than the bound, and was stepped over.
    pub(crate) content: Option<Vec<u8>>,
}

pub(crate) struct Archive<R> {
    from: R,
    entries: usize,
    bytes: u64,
}

impl<R: Read> Archive<R> {
    pub(crate) fn new(from: R) -> Self {
        Self { from, entries: 0, bytes: 0 }
    }

    /// Gives the next plain file; the text of a failure says what is wrong with the archive.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, String> {
        let mut long_name = None;
        let mut long_size = None;
        loop {
            let mut header = [0; BLOCK];
            if !self.block(&mut header)? || header.iter().all(|byte| *byte == 0) {
                return Ok(None);
            }
            self.entries += 1;
            if self.entries > ENTRIES_MAX {
                return Err(format!("more than {ENTRIES_MAX} entries"));
            }
            check_sum(&header)?;
            let size = long_size.take().map_or_else(|| number(&header[124..136]), Ok)?;
            match header[156] {
                // GNU: the name of the next entry; pax: records for the next entry.
                kind @ (b'L' | b'x') => {
                    let text = self.content(size, NAME_BYTES_MAX)?.ok_or("a name or record of an entry is too long")?;
                    if kind == b'L' {
                        long_name = Some(String::from_utf8_lossy(&text).trim_end_matches('\0').to_owned());
                    } else {
                        long_name = record(&text, "path").or(long_name);
                        long_size = record(&text, "size").and_then(|size| size.parse().ok());
                    }
                }
                b'0' | 0 => {
                    let name = long_name.take().unwrap_or_else(|| ustar_name(&header));
                    if name.starts_with('/') || name.split(['/', '\\']).any(|part| part == "..") {
                        return Err(format!("the entry `{name}` climbs out of the package"));
                    }
                    let content = self.content(size, ENTRY_BYTES_MAX)?;
                    return Ok(Some(Entry { name, content }));
                }
                // Folders, links and devices carry nothing that is wanted.
                _ => {
                    self.content(size, 0)?;
                    long_name = None;
                }
            }
        }
    }

    /// Reads one block; false at the end of the stream.
    fn block(&mut self, block: &mut [u8; BLOCK]) -> Result<bool, String> {
        let mut filled = 0;
        while filled < BLOCK {
            match self.from.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err("the archive ends inside a block".to_owned()),
                Ok(more) => filled += more,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        self.bytes += BLOCK as u64;
        Ok(true)
    }

    /// Reads the content and the padding of an entry, or steps over them where there is more than wanted.
    fn content(&mut self, size: u64, bytes_max: u64) -> Result<Option<Vec<u8>>, String> {
        let padded = size.div_ceil(BLOCK as u64).saturating_mul(BLOCK as u64);
        self.bytes = self.bytes.saturating_add(padded);
        if self.bytes > UNPACKED_BYTES_MAX {
            return Err(format!("more than {UNPACKED_BYTES_MAX} bytes when unpacked"));
        }
        let mut kept = Vec::new();
        let wanted = if size <= bytes_max { size } else { 0 };
        let read = self.from.by_ref().take(wanted).read_to_end(&mut kept).map_err(|error| error.to_string())?;
        let rest = padded - wanted;
        let skipped =
            std::io::copy(&mut self.from.by_ref().take(rest), &mut std::io::sink()).map_err(|error| error.to_string())?;
        if read as u64 != wanted || skipped != rest {
            return Err("the archive ends inside an entry".to_owned());
        }
        Ok((size <= bytes_max).then_some(kept))
    }
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn ustar_name(header: &[u8; BLOCK]) -> String {
    let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
    // The GNU form uses the place of the prefix for times.
    if prefix.is_empty() || &header[257..263] != b"ustar\0" { name } else { format!("{prefix}/{name}") }
}

/// Reads an octal number, or a binary one where the first bit says so.
fn number(field: &[u8]) -> Result<u64, String> {
    if field.first().is_some_and(|byte| byte & 0x80 != 0) {
        let low = field.iter().rev().take(7).rev();
        return Ok(low.fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
    }
    let digits = text(field);
    let digits = digits.trim();
    if digits.is_empty() { Ok(0) } else { u64::from_str_radix(digits, 8).map_err(|_| "a size is no octal number".to_owned()) }
}

/// The header's bytes add up to its sum, with the sum's own place counted as blanks.
fn check_sum(header: &[u8; BLOCK]) -> Result<(), String> {
    let sum: u64 = header.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) }).sum();
    if number(&header[148..156])? == sum { Ok(()) } else { Err("a header's sum is wrong, so it is no tar archive".to_owned()) }
}

/// Finds a value in the records of a pax header: `LENGTH KEY=VALUE` and a line end each.
fn record(text: &[u8], wanted: &str) -> Option<String> {
    let mut rest = std::str::from_utf8(text).ok()?;
    while let Some((length, _)) = rest.split_once(' ') {
        let line = rest.get(..length.parse().ok()?)?;
        let (key, value) = line.get(length.len() + 1..)?.trim_end_matches('\n').split_once('=')?;
        if key == wanted {
            return Some(value.to_owned());
        }
        rest = rest.get(line.len().max(1)..)?;
    }
    None
}
