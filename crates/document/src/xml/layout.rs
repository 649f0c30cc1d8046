//! Lays an XML tree out with one element a line.
//!
//! White space between elements moves; an element that holds text keeps its content as it came, because white space
//! there may mean something.

use super::tree::{Kind, Place, Tree};
use crate::layout::Piece;
use std::ops::{ControlFlow, Range};

/// Prints a tree, until it ends or the printer breaks off. A list of what is still to print stands in for recursion.
pub(super) fn lay_out(text: &str, tree: &Tree, print: &mut dyn FnMut(Piece) -> ControlFlow<()>) -> ControlFlow<()> {
    let layout = Layout { text, tree };
    let mut tasks = layout.whole();
    while let Some(task) = tasks.pop() {
        match task {
            Task::Node { number, depth } => layout.node(number, depth, &mut tasks),
            Task::Piece(Piece::Source(range)) if range.is_empty() => {}
            Task::Piece(piece) => print(piece)?,
        }
    }
    ControlFlow::Continue(())
}

/// What is still to be printed, the next one last.
enum Task {
    Node { number: usize, depth: usize },
    Piece(Piece),
}

struct Layout<'t> {
    text: &'t str,
    tree: &'t Tree,
}

impl Layout<'_> {
    /// The declaration, which is no node, then each node beside the document element, one a line.
    fn whole(&self) -> Vec<Task> {
        let nodes: Vec<usize> = self.tree.children(0).collect();
        let first = nodes.first().map_or(self.text.len(), |number| self.range(*number).start);
        let before = self.text.get(..first).unwrap_or_default();
        let declaration = before.trim_start_matches('\u{FEFF}').trim();
        let mut tasks = Vec::new();
        for (place, number) in nodes.iter().enumerate().rev() {
            tasks.push(Task::Node { number: *number, depth: 0 });
            if place > 0 || !declaration.is_empty() {
                tasks.push(Task::Piece(Piece::Line(0)));
            }
        }
        let start = before.find(declaration).unwrap_or(0);
        tasks.push(Task::Piece(Piece::Source(start..start + declaration.len())));
        tasks
    }

    fn node(&self, number: usize, depth: usize, tasks: &mut Vec<Task>) {
        let range = self.range(number);
        let Some((start_tag, end_tag)) = self.tags_of_lines(number, &range) else {
            tasks.push(Task::Piece(Piece::Source(range)));
            return;
        };
        tasks.push(Task::Piece(Piece::Source(end_tag)));
        tasks.push(Task::Piece(Piece::Line(depth)));
        let inside: Vec<usize> = self.nodes_inside(number).collect();
        for number in inside.into_iter().rev() {
            tasks.push(Task::Node { number, depth: depth + 1 });
            tasks.push(Task::Piece(Piece::Line(depth + 1)));
        }
        tasks.push(Task::Piece(Piece::Source(start_tag)));
    }

    /// Gives the tags of an element between which there are nodes and white space only; nothing where its content must
    /// stay as it came.
    fn tags_of_lines(&self, number: usize, range: &Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
        let whole = self.text.get(range.clone())?;
        let start = range.start + start_tag_bytes(whole);
        let end = range.start + whole.rfind("</")?;
        let blank = |gap: Range<usize>| {
            self.text.get(gap).is_some_and(|gap| gap.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')))
        };
        let mut at = start;
        for inside in self.nodes_inside(number) {
            let inside = self.range(inside);
            if !blank(at..inside.start) {
                return None;
            }
            at = inside.end;
        }
        (at > start && blank(at..end)).then_some((range.start..start, end..range.end))
    }

    fn nodes_inside(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        self.tree.children(number).filter(|child| self.tree.node(*child).kind != Kind::Text)
    }

    fn range(&self, number: usize) -> Range<usize> {
        self.tree.range(Place::Node(number))
    }
}

/// Counts the bytes of the tag that a text begins with: `>` may stand in a quoted value (XML 1.0 §2.3).
fn start_tag_bytes(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return at + 1,
            (None, _) => {}
        }
    }
    text.len()
}
