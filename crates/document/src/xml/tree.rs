//! A tree of XML nodes that owns its text and knows where each node stands in it.
//!
//! Nodes are numbered in document order. The tree is built from another crate's strict parse, so that none of that
//! crate's types is seen outside this file. <https://www.w3.org/TR/xpath-datamodel/>

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

/// The number that stands for no node.
pub(crate) const NONE: usize = usize::MAX;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Comment,
    Element,
    Instruction,
    Root,
    Text,
}

/// The text of a node or attribute: a piece of the source, or what came of its references and line ends.
#[derive(Clone, Debug)]
enum Content {
    Made(Box<str>),
    Source(Range<usize>),
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) parent: usize,
    pub(crate) first_child: usize,
    last_child: usize,
    pub(crate) next: usize,
    pub(crate) previous: usize,
    /// The number after the last node inside this one.
    pub(crate) end: usize,
    pub(crate) attributes: Range<usize>,
    pub(crate) declarations: Range<usize>,
    /// Where it stands in the source, tags included.
    pub(crate) range: Range<usize>,
    /// The qualified name of an element, the target of an instruction.
    name: Range<usize>,
    uri: usize,
    content: Content,
    /// Which of its siblings of the same kind and name it is, from 1.
    position: usize,
    /// Whether it has such siblings, so that a path must give the position.
    several: bool,
}

#[derive(Clone, Debug)]
struct Attribute {
    owner: usize,
    range: Range<usize>,
    name: Range<usize>,
    uri: usize,
    content: Content,
}

/// A node or an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Attribute(usize),
    Node(usize),
}

/// A namespace declaration: its prefix (empty for the default) and its name.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub(crate) prefix: Box<str>,
    pub(crate) uri: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Tree {
    source: Box<str>,
    nodes: Vec<Node>,
    attributes: Vec<Attribute>,
    declarations: Vec<Declaration>,
    /// Namespace names; the first is the empty one.
    uris: Vec<Box<str>>,
}

impl Tree {
    pub(super) fn build(source: &str, parsed: &roxmltree::Document<'_>) -> Self {
        let mut builder = Builder {
            tree: Self {
                source: source.into(),
                nodes: Vec::with_capacity(parsed.descendants().len()),
                attributes: Vec::new(),
                declarations: Vec::new(),
                uris: vec!["".into()],
            },
            uris: HashMap::new(),
            numbers: HashMap::new(),
        };
        for node in parsed.descendants() {
            builder.add(source, node);
        }
        builder.tree.finish();
        builder.tree
    }

    /// Gives the whole text.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn node(&self, number: usize) -> &Node {
        // Numbers come from this tree only; the root always exists, so a stray one degrades to it instead of a panic.
        self.nodes.get(number).unwrap_or(&self.nodes[0])
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    fn attribute(&self, number: usize) -> &Attribute {
        // Attribute numbers are made by this tree from ranges of this list.
        &self.attributes[number]
    }

    pub(crate) fn declaration(&self, number: usize) -> Option<&Declaration> {
        self.declarations.get(number)
    }

    pub(crate) fn uri(&self, number: usize) -> &str {
        self.uris.get(number).map_or("", |uri| uri)
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        self.source.get(range.clone()).unwrap_or_default()
    }

    /// Gives the name as it is written, prefix included.
    pub(crate) fn name(&self, place: Place) -> &str {
        match place {
            Place::Attribute(number) => self.slice(&self.attribute(number).name),
            Place::Node(number) => self.slice(&self.node(number).name),
        }
    }

    pub(crate) fn local_name(&self, place: Place) -> &str {
        let name = self.name(place);
        name.split_once(':').map_or(name, |(_, local)| local)
    }

    pub(crate) fn prefix(&self, place: Place) -> &str {
        self.name(place).split_once(':').map_or("", |(prefix, _)| prefix)
    }

    pub(crate) fn namespace(&self, place: Place) -> &str {
        self.uri(match place {
            Place::Attribute(number) => self.attribute(number).uri,
            Place::Node(number) => self.node(number).uri,
        })
    }

    pub(crate) fn owner(&self, attribute: usize) -> usize {
        self.attribute(attribute).owner
    }

    pub(crate) fn range(&self, place: Place) -> Range<usize> {
        match place {
            Place::Attribute(number) => self.attribute(number).range.clone(),
            Place::Node(number) => self.node(number).range.clone(),
        }
    }

    fn content<'t>(&'t self, content: &'t Content) -> &'t str {
        match content {
            Content::Made(text) => text,
            Content::Source(range) => self.slice(range),
        }
    }

    /// Gives the text that a place holds itself: nothing for an element and the root.
    pub(crate) fn own_text(&self, place: Place) -> &str {
        match place {
            Place::Attribute(number) => self.content(&self.attribute(number).content),
            Place::Node(number) => self.content(&self.node(number).content),
        }
    }

    /// Gives the numbers of the text nodes that make up the string value of a node.
    pub(crate) fn texts(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        (number..self.node(number).end).filter(|inside| self.node(*inside).kind == Kind::Text)
    }

    /// Gives the string value (XPath data model §5).
    pub(crate) fn string_value(&self, place: Place) -> String {
        match place {
            Place::Node(number) if matches!(self.node(number).kind, Kind::Element | Kind::Root) => {
                self.texts(number).map(|text| self.own_text(Place::Node(text))).collect()
            }
            _ => self.own_text(place).to_owned(),
        }
    }

    /// Gives the numbers of a node's children.
    pub(crate) fn children(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        let first = self.node(number).first_child;
        std::iter::successors((first != NONE).then_some(first), |child| {
            let next = self.node(*child).next;
            (next != NONE).then_some(next)
        })
    }

    /// Works out where each subtree ends and which of its namesakes each node is.
    fn finish(&mut self) {
        for number in (1..self.nodes.len()).rev() {
            let (parent, end) = (self.nodes[number].parent, self.nodes[number].end);
            if let Some(parent) = self.nodes.get_mut(parent) {
                parent.end = parent.end.max(end);
            }
        }
        let mut namesakes: Vec<(usize, usize, bool)> = Vec::new();
        for parent in 0..self.nodes.len() {
            if self.nodes[parent].first_child == self.nodes[parent].last_child {
                continue;
            }
            let mut counts: HashMap<(Kind, &str, usize), usize> = HashMap::new();
            let key = |child: usize| (self.node(child).kind, self.local_name(Place::Node(child)), self.node(child).uri);
            for child in self.children(parent) {
                *counts.entry(key(child)).or_default() += 1;
            }
            let mut seen: HashMap<(Kind, &str, usize), usize> = HashMap::new();
            for child in self.children(parent) {
                let position = seen.entry(key(child)).or_default();
                *position += 1;
                namesakes.push((child, *position, counts.get(&key(child)).is_some_and(|count| *count > 1)));
            }
        }
        for (number, position, several) in namesakes {
            self.nodes[number].position = position;
            self.nodes[number].several = several;
        }
    }

    /// Writes the absolute path of a place, with the document's own prefixes and a position where siblings share a name.
    pub(crate) fn path(&self, place: Place) -> String {
        let (mut number, mut steps) = match place {
            Place::Attribute(attribute) => (self.owner(attribute), vec![format!("@{}", self.name(place))]),
            Place::Node(number) => (number, Vec::new()),
        };
        while self.node(number).kind != Kind::Root {
            steps.push(self.step(number));
            number = self.node(number).parent;
        }
        steps.push(String::new());
        steps.reverse();
        if steps.len() == 1 { "/".to_owned() } else { steps.join("/") }
    }

    fn step(&self, number: usize) -> String {
        let node = self.node(number);
        let name = self.name(Place::Node(number));
        let test = match node.kind {
            Kind::Comment => "comment()".to_owned(),
            Kind::Instruction => format!("processing-instruction('{name}')"),
            Kind::Text => "text()".to_owned(),
            Kind::Element | Kind::Root => name.to_owned(),
        };
        if node.several { format!("{test}[{}]", node.position) } else { test }
    }

    /// Finds the place that a path written by [`Tree::path`] leads to.
    pub(crate) fn find(&self, path: &str) -> Option<Place> {
        let mut number = 0;
        let mut steps = path.strip_prefix('/')?.split('/').filter(|step| !step.is_empty()).peekable();
        while let Some(step) = steps.next() {
            if let Some(name) = step.strip_prefix('@') {
                let found =
                    self.node(number).attributes.clone().find(|attribute| self.name(Place::Attribute(*attribute)) == name)?;
                return steps.peek().is_none().then_some(Place::Attribute(found));
            }
            number = self.children(number).find(|child| self.is_step(*child, step))?;
        }
        Some(Place::Node(number))
    }

    fn is_step(&self, number: usize, step: &str) -> bool {
        let written = self.step(number);
        let plain = written.strip_suffix("[1]").unwrap_or(&written);
        written == step || plain == step || step.strip_suffix("[1]") == Some(plain)
    }
}

struct Builder {
    tree: Tree,
    uris: HashMap<Box<str>, usize>,
    /// Our numbers by the parser's, for the elements and the root.
    numbers: HashMap<u32, usize>,
}

impl Builder {
    fn uri(&mut self, uri: Option<&str>) -> usize {
        let Some(uri) = uri.filter(|uri| !uri.is_empty()) else { return 0 };
        match self.uris.entry(uri.into()) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                self.tree.uris.push(uri.into());
                *free.insert(self.tree.uris.len() - 1)
            }
        }
    }

    fn add(&mut self, source: &str, node: roxmltree::Node<'_, '_>) {
        let number = self.tree.nodes.len();
        let (kind, content, name) = match node.node_type() {
            roxmltree::NodeType::Root => (Kind::Root, Content::Source(0..0), 0..0),
            roxmltree::NodeType::Element => (Kind::Element, Content::Source(0..0), name_at(source, node.range().start + 1)),
            roxmltree::NodeType::PI => {
                let name = name_at(source, node.range().start + 2);
                (Kind::Instruction, stored(source, node.pi().and_then(|pi| pi.value).unwrap_or_default()), name)
            }
            roxmltree::NodeType::Comment => (Kind::Comment, stored(source, node.text().unwrap_or_default()), 0..0),
            roxmltree::NodeType::Text => {
                let text = node.text().unwrap_or_default();
                // The data model has no empty text nodes; an empty CDATA section would be one.
                if text.is_empty() {
                    return;
                }
                (Kind::Text, stored(source, text), 0..0)
            }
        };
        let parent = node.parent().and_then(|parent| self.numbers.get(&parent.id().get()).copied()).unwrap_or(NONE);
        if matches!(kind, Kind::Root | Kind::Element) {
            self.numbers.insert(node.id().get(), number);
        }
        let previous = if parent == NONE { NONE } else { self.tree.nodes[parent].last_child };
        let attributes = self.attributes(source, node, number);
        let declarations = self.declarations(source, node);
        let uri = self.uri(node.tag_name().namespace());
        let range = if kind == Kind::Text { text_range(source, node) } else { node.range() };
        self.tree.nodes.push(Node {
            kind,
            parent,
            first_child: NONE,
            last_child: NONE,
            next: NONE,
            previous,
            end: number + 1,
            attributes,
            declarations,
            range,
            name,
            uri,
            content,
            position: 1,
            several: false,
        });
        if previous != NONE {
            self.tree.nodes[previous].next = number;
        }
        if parent != NONE {
            if self.tree.nodes[parent].first_child == NONE {
                self.tree.nodes[parent].first_child = number;
            }
            self.tree.nodes[parent].last_child = number;
        }
    }

    fn attributes(&mut self, source: &str, node: roxmltree::Node<'_, '_>, owner: usize) -> Range<usize> {
        let start = self.tree.attributes.len();
        for attribute in node.attributes() {
            let uri = self.uri(attribute.namespace());
            self.tree.attributes.push(Attribute {
                owner,
                range: attribute.range(),
                name: attribute.range_qname(),
                uri,
                content: stored(source, attribute.value()),
            });
        }
        start..self.tree.attributes.len()
    }

    fn declarations(&mut self, source: &str, node: roxmltree::Node<'_, '_>) -> Range<usize> {
        let start = self.tree.declarations.len();
        if node.is_element() {
            for prefix in declared_prefixes(start_tag(source, node.range().start)) {
                let name = (!prefix.is_empty()).then_some(prefix);
                let uri = self.uri(node.lookup_namespace_uri(name));
                self.tree.declarations.push(Declaration { prefix: prefix.into(), uri });
            }
        }
        start..self.tree.declarations.len()
    }
}

fn is_space(character: char) -> bool {
    // XML 1.0 §2.3: white space is these four characters and no other.
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// Gives the range of the name that begins at a byte.
fn name_at(source: &str, start: usize) -> Range<usize> {
    let rest = source.get(start..).unwrap_or_default();
    let length = rest.find(|character| is_space(character) || matches!(character, '/' | '>' | '?' | '=')).unwrap_or(rest.len());
    start..start + length
}

/// Gives the start tag that begins at a byte.
fn start_tag(source: &str, start: usize) -> &str {
    let rest = source.get(start..).unwrap_or_default();
    let mut quote = None;
    let end = rest.bytes().position(|byte| {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return true,
            _ => {}
        }
        false
    });
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

/// Gives the prefixes that a start tag declares, the empty one for `xmlns` itself.
fn declared_prefixes(tag: &str) -> Vec<&str> {
    let mut found = Vec::new();
    if !tag.contains("xmlns") {
        return found;
    }
    // Outside quotes, every second piece is a value; a name stands before the `=` that a value follows.
    let mut rest = tag;
    while let Some(open) = rest.find(['"', '\'']) {
        let before = rest.get(..open).unwrap_or_default();
        let name = before.trim_end_matches(|character| is_space(character) || character == '=');
        let name = name.rsplit(is_space).next().unwrap_or_default();
        if let Some(prefix) = name.strip_prefix("xmlns").filter(|tail| tail.is_empty() || tail.starts_with(':')) {
            found.push(prefix.strip_prefix(':').unwrap_or(prefix));
        }
        let quote = rest.get(open..=open).unwrap_or_default();
        let value = rest.get(open + 1..).unwrap_or_default();
        rest = value.split_once(quote).map_or("", |(_, after)| after);
    }
    found
}

/// Keeps a text as a piece of the source where it is one.
fn stored(source: &str, text: &str) -> Content {
    let start = (text.as_ptr() as usize).wrapping_sub(source.as_ptr() as usize);
    let range = start..start.wrapping_add(text.len());
    // The parser gives slices of the source unless references or line ends had to be replaced.
    if source.get(range.clone()) == Some(text) { Content::Source(range) } else { Content::Made(text.into()) }
}

/// Gives the range of a whole text node; the parser gives only its first piece when a CDATA section follows.
fn text_range(source: &str, node: roxmltree::Node<'_, '_>) -> Range<usize> {
    let start = node.range().start;
    let end = node.next_sibling().map(|next| next.range().start).or_else(|| {
        let outer = node.parent_element()?.range();
        source.get(outer.clone())?.rfind("</").map(|close| outer.start + close)
    });
    start..end.unwrap_or(node.range().end)
}
