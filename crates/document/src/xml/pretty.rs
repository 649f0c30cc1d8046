//! Lays an XML tree out for reading.
//!
//! White space between elements is replaced; an element that holds text keeps its content on one line, because white
//! space there may mean something. The result is for people: it is not what was signed or sent.

use super::tree::{Kind, Place, Tree};
use crate::pretty::Pretty;
use std::ops::Range;
use std::sync::Arc;

const INDENT: &str = "  ";

/// Deeper levels are indented no further, so that a deep text does not grow a hundredfold.
const INDENT_LEVELS_MAX: usize = 32;

pub(super) fn render(tree: &Arc<Tree>) -> Pretty {
    let mut writer = Writer { tree, out: String::new(), line: 1, lines: vec![1..2; tree.len()] };
    writer.write();
    let (mut text, mut lines) = (writer.out, writer.lines);
    text.truncate(text.trim_end_matches('\n').len());
    if let Some(root) = lines.first_mut() {
        *root = 1..writer.line.max(2);
    }
    Pretty::of_xml(text, Arc::clone(tree), lines)
}

struct Writer<'t> {
    tree: &'t Tree,
    out: String,
    line: u32,
    lines: Vec<Range<u32>>,
}

/// What is still to be written; a list of these stands in for recursion.
enum Task {
    Close { number: usize, depth: usize, layout: Layout },
    Open { number: usize, depth: usize, layout: Layout },
}

/// Whether a node has lines of its own.
#[derive(Clone, Copy, PartialEq)]
enum Layout {
    Inline,
    Lines,
}

impl Writer<'_> {
    fn write(&mut self) {
        let mut tasks: Vec<Task> = Vec::new();
        self.plan(&mut tasks, 0, 0, Layout::Lines);
        while let Some(task) = tasks.pop() {
            match task {
                Task::Open { number, depth, layout } => self.open(&mut tasks, number, depth, layout),
                Task::Close { number, depth, layout } => self.close(number, depth, layout),
            }
        }
    }

    fn plan(&self, tasks: &mut Vec<Task>, parent: usize, depth: usize, layout: Layout) {
        let start = tasks.len();
        for number in self.tree.children(parent) {
            if layout == Layout::Inline || !self.is_blank(number) {
                tasks.push(Task::Open { number, depth, layout });
            }
        }
        if let Some(planned) = tasks.get_mut(start..) {
            planned.reverse();
        }
    }

    fn is_blank(&self, number: usize) -> bool {
        let text = self.tree.own_text(Place::Node(number));
        self.tree.node(number).kind == Kind::Text && text.trim_matches([' ', '\t', '\r', '\n']).is_empty()
    }

    fn open(&mut self, tasks: &mut Vec<Task>, number: usize, depth: usize, layout: Layout) {
        self.indent(depth, layout);
        let start = self.line;
        let place = Place::Node(number);
        let text = self.tree.own_text(place);
        match self.tree.node(number).kind {
            Kind::Comment => self.push(&["<!--", text, "-->"]),
            Kind::Instruction if text.is_empty() => self.push(&["<?", self.tree.name(place), "?>"]),
            Kind::Instruction => self.push(&["<?", self.tree.name(place), " ", text, "?>"]),
            Kind::Text => self.escaped(text, Quote::Text),
            Kind::Root => {}
            Kind::Element => {
                self.start_tag(number);
                self.note(number, start);
                if self.tree.node(number).first_child == super::NONE {
                    self.push(&["/>"]);
                    self.end_line(layout);
                } else {
                    self.push(&[">"]);
                    let inner = self.inner_layout(number, layout);
                    tasks.push(Task::Close { number, depth, layout });
                    if inner == Layout::Lines {
                        self.end_line(Layout::Lines);
                    }
                    self.plan(tasks, number, depth + 1, inner);
                }
                return;
            }
        }
        self.note(number, start);
        self.end_line(layout);
    }

    fn close(&mut self, number: usize, depth: usize, layout: Layout) {
        if self.inner_layout(number, layout) == Layout::Lines {
            self.indent(depth, Layout::Lines);
        }
        self.push(&["</", self.tree.name(Place::Node(number)), ">"]);
        let start = self.lines.get(number).map_or(1, |lines| lines.start);
        self.note(number, start);
        self.end_line(layout);
    }

    fn inner_layout(&self, number: usize, layout: Layout) -> Layout {
        let holds_text = || {
            let mut texts = self.tree.children(number).filter(|child| self.tree.node(*child).kind == Kind::Text);
            let only_child = self.tree.node(self.tree.node(number).first_child).next == super::NONE;
            texts.any(|text| only_child || !self.is_blank(text))
        };
        if layout == Layout::Inline || holds_text() { Layout::Inline } else { Layout::Lines }
    }

    fn start_tag(&mut self, number: usize) {
        let tree = self.tree;
        self.push(&["<", tree.name(Place::Node(number))]);
        for declaration in tree.node(number).declarations.clone().filter_map(|number| tree.declaration(number)) {
            let colon = if declaration.prefix.is_empty() { "" } else { ":" };
            self.push(&[" xmlns", colon, &declaration.prefix, "=\""]);
            self.escaped(tree.uri(declaration.uri), Quote::Attribute);
            self.push(&["\""]);
        }
        for attribute in tree.node(number).attributes.clone() {
            let place = Place::Attribute(attribute);
            self.push(&[" ", tree.name(place), "=\""]);
            self.escaped(tree.own_text(place), Quote::Attribute);
            self.push(&["\""]);
        }
    }

    fn escaped(&mut self, text: &str, quote: Quote) {
        for character in text.chars() {
            match (character, quote) {
                ('&', _) => self.out.push_str("&amp;"),
                ('<', _) => self.out.push_str("&lt;"),
                ('>', _) => self.out.push_str("&gt;"),
                ('"', Quote::Attribute) => self.out.push_str("&quot;"),
                // XML 1.0 §2.11 and §3.3.3: read back as they are, these would become other white space.
                ('\r', _) => self.out.push_str("&#13;"),
                ('\n', Quote::Attribute) => self.out.push_str("&#10;"),
                ('\t', Quote::Attribute) => self.out.push_str("&#9;"),
                ('\n', Quote::Text) => {
                    self.line += 1;
                    self.out.push('\n');
                }
                (other, _) => self.out.push(other),
            }
        }
    }

    fn push(&mut self, pieces: &[&str]) {
        for piece in pieces {
            self.line += u32::try_from(piece.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(0);
            self.out.push_str(piece);
        }
    }

    fn indent(&mut self, depth: usize, layout: Layout) {
        if layout == Layout::Lines {
            self.out.extend(std::iter::repeat_n(INDENT, depth.min(INDENT_LEVELS_MAX)));
        }
    }

    fn end_line(&mut self, layout: Layout) {
        if layout == Layout::Lines {
            self.push(&["\n"]);
        }
    }

    fn note(&mut self, number: usize, start: u32) {
        if let Some(lines) = self.lines.get_mut(number) {
            *lines = start..self.line + 1;
        }
    }
}

/// Where a text stands.
#[derive(Clone, Copy)]
enum Quote {
    Attribute,
    Text,
}
