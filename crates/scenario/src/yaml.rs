//! YAML 1.2 text to a tree of [`Node`]s.
//!
//! Booleans are `true` and `false` only; a number with leading zeros is text, since it is a code and no quantity. Anchors,
//! aliases and directives are refused: a fragment or a template says the same where a reader can find it.
//! <https://yaml.org/spec/1.2.2/>

use crate::limits::{DEPTH_MAX, FILE_BYTES_MAX, NODES_MAX};
use crate::node::{Data, Entry, Node, Tag};
use counterpart_diag::{Diagnostic, Diagnostics, SourceId, Span};
use granit_parser::{Event, Options, Parser, ScalarStyle};

/// Parses one file with one document; the tree is `None` only where nothing could be made of the text.
#[must_use]
pub fn parse(source: SourceId, text: &str) -> (Option<Node>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    if text.len() > FILE_BYTES_MAX {
        let message = format!("the file is larger than {FILE_BYTES_MAX} bytes");
        diagnostics.push(Diagnostic::error("SC001", message).at(Span::start_of(source), ""));
        return (None, diagnostics);
    }
    let mut options = Options::default();
    options.emit_comments = false;
    options.emit_anchor_events = true;
    options.emit_unresolved_aliases = true;
    options.block_nesting_limit = DEPTH_MAX;
    options.flow_nesting_limit = DEPTH_MAX;
    let builder =
        Builder { source, parser: Parser::new_from_str_with_options(text, options), nodes: 0, failed: false, diagnostics };
    builder.document(text)
}

struct Builder<'a> {
    source: SourceId,
    parser: Parser<'a, granit_parser::StrInput<'a>>,
    nodes: usize,
    failed: bool,
    diagnostics: Diagnostics,
}

impl<'a> Builder<'a> {
    fn document(mut self, text: &str) -> (Option<Node>, Diagnostics) {
        let mut root = None;
        self.refuse_directives(text);
        while let Some((event, span)) = self.next() {
            match event {
                Event::StreamEnd => break,
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if root.is_some() => {
                    let diagnostic =
                        Diagnostic::error("SC002", "a file holds one document").at(span, "a second document begins here");
                    self.diagnostics.push(diagnostic.help("move it to a file of its own"));
                    break;
                }
                Event::DocumentStart(..) => {}
                event => root = self.node(event, span, 0),
            }
        }
        if self.failed {
            // What the text would have said beyond its fault is not known, and what is missing in it no mistake of its own.
            return (None, self.diagnostics);
        }
        if root.is_none() && self.diagnostics.is_empty() {
            let diagnostic = Diagnostic::error("SC001", "the file is empty").at(Span::start_of(self.source), "");
            self.diagnostics.push(diagnostic);
        }
        (root, self.diagnostics)
    }

    /// Reports `%YAML` and `%TAG` lines, which would change what the rest of the file means.
    fn refuse_directives(&mut self, text: &str) {
        let mut at = 0;
        for line in text.split_inclusive('\n').take_while(|line| !line.starts_with("---")) {
            if line.starts_with('%') {
                let span = Span::new(self.source, at, at + line.trim_end().len());
                let diagnostic = Diagnostic::error("SC006", "a directive is not part of the language").at(span, "not read");
                self.diagnostics.push(diagnostic.help("take the line away: files are YAML 1.2 as they stand"));
            } else if !line.trim().is_empty() && !line.starts_with('#') {
                break;
            }
            at += line.len();
        }
    }

    /// Gives the next event; an anchor is reported and passed over, wherever it stands.
    fn next(&mut self) -> Option<(Event<'a>, Span)> {
        loop {
            match self.next_raw()? {
                (Event::Anchor(..), span) => self.refuse_alias(span),
                other => return Some(other),
            }
        }
    }

    fn next_raw(&mut self) -> Option<(Event<'a>, Span)> {
        if self.failed {
            return None;
        }
        match self.parser.next()? {
            Ok((event, span)) => {
                let range = span.byte_range().unwrap_or(0..0);
                Some((event, Span::new(self.source, range.start, range.end)))
            }
            Err(error) => {
                self.failed = true;
                let at = error.marker().byte_offset().unwrap_or(0);
                let diagnostic = Diagnostic::error("SC001", format!("this is not YAML: {}", error.info()));
                self.diagnostics.push(diagnostic.at(Span::new(self.source, at, at + 1), "here"));
                None
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Option<Node> {
        self.nodes += 1;
        if depth > DEPTH_MAX || self.nodes > NODES_MAX {
            self.failed = true;
            let message = format!("the file nests deeper than {DEPTH_MAX} levels or holds more than {NODES_MAX} values");
            self.diagnostics.push(Diagnostic::error("SC001", message).at(span, "here"));
            return None;
        }
        match event {
            Event::Scalar(text, style, _, tag) => {
                let tag = tag.map(|tag| local_tag(&tag));
                let data =
                    if style == ScalarStyle::Plain && tag.is_none() { plain(&text) } else { Data::Text(text.into_owned()) };
                Some(Node { span: within_quotes(span, style), data, tag })
            }
            Event::SequenceStart(_, _, tag) => Some(self.list(span, tag.map(|tag| local_tag(&tag)), depth)),
            Event::MappingStart(_, _, tag) => Some(self.map(span, tag.map(|tag| local_tag(&tag)), depth)),
            Event::Alias(..) | Event::UnresolvedAlias(..) => {
                self.refuse_alias(span);
                Some(Node { span, data: Data::Unknown, tag: None })
            }
            _ => None,
        }
    }

    fn refuse_alias(&mut self, span: Span) {
        let diagnostic = Diagnostic::error("SC003", "anchors and aliases are not part of the language").at(span, "not read");
        self.diagnostics.push(diagnostic.help("use a fragment for steps, a template for bodies, or say it again"));
    }

    fn list(&mut self, start: Span, tag: Option<Tag>, depth: usize) -> Node {
        let mut items = Vec::new();
        let mut end = start;
        while let Some((event, span)) = self.next() {
            end = span;
            match event {
                Event::SequenceEnd => break,
                event => items.extend(self.node(event, span, depth + 1)),
            }
        }
        Node { span: joined(start, end, items.last().map(|node| node.span)), data: Data::List(items), tag }
    }

    fn map(&mut self, start: Span, tag: Option<Tag>, depth: usize) -> Node {
        let mut entries: Vec<Entry> = Vec::new();
        let mut end = start;
        while let Some((event, span)) = self.next() {
            end = span;
            let key = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, ..) => Some(text.into_owned()),
                event => {
                    self.diagnostics.push(Diagnostic::error("SC004", "a key must be text").at(span, "not a plain key"));
                    // Key and value must be read past, or the rest of the map would be taken apart wrongly.
                    drop(self.node(event, span, depth + 1));
                    None
                }
            };
            let Some((event, value_span)) = self.next() else { break };
            let Some(value) = self.node(event, value_span, depth + 1) else { break };
            let Some(key) = key else { continue };
            if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                let diagnostic = Diagnostic::error("SC005", format!("key `{key}` stands twice")).at(span, "again here");
                self.diagnostics.push(diagnostic.also(first.key_span, "first here").help("keep one of them"));
            } else {
                entries.push(Entry { key, key_span: span, value });
            }
        }
        let last = entries.last().map(|entry| entry.value.span);
        Node { span: joined(start, end, last), data: Data::Map(entries), tag }
    }
}

/// Gives the span of a collection: a block collection's end event stands after blank lines, so its last value counts.
fn joined(start: Span, end: Span, last: Option<Span>) -> Span {
    let end = match last {
        Some(last) if end.start == end.end => last.end,
        _ => end.end,
    };
    Span { end: end.max(start.start), ..start }
}

/// Gives the place of what stands between the quotes, so that a place within the text can be counted from there.
fn within_quotes(span: Span, style: ScalarStyle) -> Span {
    let quoted = matches!(style, ScalarStyle::DoubleQuoted | ScalarStyle::SingleQuoted);
    if quoted && span.end - span.start > 2 { Span { start: span.start + 1, end: span.end - 1, ..span } } else { span }
}

fn local_tag(tag: &granit_parser::Tag) -> Tag {
    Tag { name: tag.suffix().to_owned() }
}

/// Resolves a plain scalar by the core schema, without its octal and hexadecimal forms (YAML 1.2.2 §10.3).
fn plain(text: &str) -> Data {
    match text {
        "" | "~" | "null" => return Data::Null,
        "true" => return Data::Bool(true),
        "false" => return Data::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if leading_zero || !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return Data::Text(text.to_owned());
    }
    if let Ok(value) = text.parse::<i64>() {
        return Data::Integer(value);
    }
    let number = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    match text.parse::<f64>() {
        Ok(value) if number && value.is_finite() => Data::Float(value),
        _ => Data::Text(text.to_owned()),
    }
}
