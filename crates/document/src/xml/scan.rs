//! A cheap look over an XML text before the tree is built: its bounds, and that it has no document type.
//!
//! It reads no names and checks no grammar; it only never sees less nesting, attributes or declarations than the tree
//! builder would. Refused: every DOCTYPE, since entities can grow without bound or name files and addresses.
//! <https://www.w3.org/TR/xml/>

use crate::fault::Fault;
use crate::limits::{ATTRIBUTES_MAX, Limits, NAMESPACES_AT_ONCE_MAX, NAMESPACES_IN_SCOPE_MAX};

/// Checks the bounds of a text and that no document type stands in it.
pub(super) fn check(text: &[u8], limits: &Limits) -> Result<(), Fault> {
    Scan { text, at: 0, open: Vec::new(), declared: 0, in_scope_sum: 0, members: 0, limits }.run()
}

struct Scan<'t> {
    text: &'t [u8],
    at: usize,
    /// How many namespace declarations were in scope outside each open element.
    open: Vec<usize>,
    /// How many are in scope here.
    declared: usize,
    in_scope_sum: usize,
    members: usize,
    limits: &'t Limits,
}

impl Scan<'_> {
    fn run(mut self) -> Result<(), Fault> {
        while let Some(next) = self.rest().iter().position(|byte| *byte == b'<') {
            self.at += next;
            let rest = self.rest();
            if rest.starts_with(b"<!--") {
                self.step_over(4, b"-->");
            } else if rest.starts_with(b"<![CDATA[") {
                self.step_over(9, b"]]>");
            } else if rest.starts_with(b"<?") {
                self.step_over(2, b"?>");
            } else if rest.get(..9).is_some_and(|word| word.eq_ignore_ascii_case(b"<!DOCTYPE")) {
                return Err(self
                    .fault("the text has a DOCTYPE, which is refused: entities can grow without bound and name outside files"));
            } else if rest.starts_with(b"</") {
                self.declared = self.open.pop().unwrap_or(0);
                self.step_over(2, b">");
            } else {
                self.start_tag()?;
            }
            self.count(1)?;
        }
        Ok(())
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(message, self.text, self.at)
    }

    fn limit(&self, message: impl Into<String>) -> Fault {
        Fault::limit(message, self.text, self.at)
    }

    fn count(&mut self, members: usize) -> Result<(), Fault> {
        self.members += members;
        if self.members > self.limits.members_max {
            return Err(self.limit(format!("more than {} nodes and attributes", self.limits.members_max)));
        }
        Ok(())
    }

    fn step_over(&mut self, opening: usize, end: &[u8]) {
        let found = self.text.get(self.at + opening..).and_then(|rest| rest.windows(end.len()).position(|window| window == end));
        self.at = found.map_or(self.text.len(), |found| self.at + opening + found + end.len());
    }

    fn start_tag(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let mut attributes = 0;
        let mut declarations = 0;
        let mut quote = None;
        self.at += 1;
        while let Some(&byte) = self.text.get(self.at) {
            match (quote, byte) {
                (Some(open), _) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'=') => attributes += 1,
                (None, b'x') if self.rest().starts_with(b"xmlns") => declarations += 1,
                (None, b'>') => break,
                (None, _) => {}
            }
            self.at += 1;
        }
        let empty = self.text.get(self.at.wrapping_sub(1)) == Some(&b'/');
        let end = (self.at + 1).min(self.text.len());
        self.at = start;
        self.count(attributes)?;
        if attributes > ATTRIBUTES_MAX {
            return Err(self.limit(format!("more than {ATTRIBUTES_MAX} attributes in one element")));
        }
        let outside = self.declared;
        if declarations > 0 {
            self.in_scope_sum += outside + declarations;
            if outside + declarations > NAMESPACES_AT_ONCE_MAX || self.in_scope_sum > NAMESPACES_IN_SCOPE_MAX {
                return Err(self.limit("too many namespace declarations"));
            }
        }
        if self.open.len() >= self.limits.depth() {
            return Err(self.limit(format!("more than {} levels of elements", self.limits.depth())));
        }
        if !empty {
            self.open.push(outside);
            self.declared = outside + declarations;
        }
        self.at = end;
        Ok(())
    }
}
