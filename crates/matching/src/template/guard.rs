//! Looks at a template's text before the parser does, whose recursion grows with nesting.

use super::TemplateFault;
use crate::limits::{TAG_BYTES_MAX, TEMPLATE_BYTES_MAX, TEMPLATE_NESTING_MAX, TEMPLATE_TAGS_MAX};

/// Refuses texts that are too long, too deeply nested or made of too many tags.
pub(super) fn check(text: &str) -> Result<(), TemplateFault> {
    if text.len() > TEMPLATE_BYTES_MAX {
        return Err(fault(text, 0, format!("the template has {} bytes; at most {TEMPLATE_BYTES_MAX} are allowed", text.len())));
    }
    let (mut at, mut tags, mut blocks) = (0, 0_usize, 0_usize);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("{{")) {
        let start = at + found;
        let body = text.get(start + 2..).unwrap_or("");
        tags += 1;
        if tags > TEMPLATE_TAGS_MAX {
            return Err(fault(text, start, format!("the template has more than {TEMPLATE_TAGS_MAX} tags")));
        }
        if body.starts_with('!') || body.starts_with("~!") {
            let end = if body.trim_start_matches('~').starts_with("!--") { "--" } else { "}}" };
            at = start + 4 + body.get(2..).and_then(|rest| rest.find(end)).unwrap_or(body.len());
            continue;
        }
        let length = body.find("}}").unwrap_or(body.len());
        if length > TAG_BYTES_MAX {
            return Err(fault(text, start, format!("the tag is longer than {TAG_BYTES_MAX} bytes")));
        }
        let tag = body.get(..length).unwrap_or("");
        let opened = tag.bytes().filter(|byte| matches!(byte, b'(' | b'[' | b'{')).count();
        if opened > TEMPLATE_NESTING_MAX {
            return Err(fault(text, start, format!("the tag has more than {TEMPLATE_NESTING_MAX} brackets")));
        }
        match tag.trim_start_matches(['~', '{', ' ']).bytes().next() {
            Some(b'#' | b'^') => blocks += 1,
            // Each `else if` nests one level deeper in the parser's tree.
            Some(b'e') if tag.trim_start_matches(['~', ' ']).starts_with("else ") => blocks += 1,
            Some(b'/') => blocks = blocks.saturating_sub(1),
            _ => {}
        }
        if blocks > TEMPLATE_NESTING_MAX {
            return Err(fault(text, start, format!("blocks nest deeper than {TEMPLATE_NESTING_MAX} levels")));
        }
        at = start + 2 + length;
    }
    Ok(())
}

/// Makes a fault at a byte of the text.
pub(super) fn fault(text: &str, offset: usize, message: String) -> TemplateFault {
    let (line, column) = counterpart_document::line_column(text.as_bytes(), offset);
    TemplateFault { message, line, column, help: None }
}
