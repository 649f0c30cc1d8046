//! One text for every way to write the same XML tree, to compare by.
//!
//! Names are written with their namespace, attributes in the order of their names; comments, instructions, the
//! declaration, and spaces between elements are left out. It is no XML and not the W3C's canonical form, whose bytes are
//! signed: that keeps prefixes and spaces.

use super::tree::{Kind, Place, Tree};

/// Gives the text of a node and everything in it.
pub(super) fn canonical(tree: &Tree, number: usize) -> String {
    let mut out = String::new();
    element(tree, number, &mut out);
    out
}

fn element(tree: &Tree, number: usize, out: &mut String) {
    let name = name(tree, Place::Node(number));
    out.push('<');
    out.push_str(&name);
    let places = tree.node(number).attributes.clone().map(Place::Attribute);
    let mut attributes: Vec<(String, &str)> = places.map(|place| (self::name(tree, place), tree.own_text(place))).collect();
    attributes.sort_unstable();
    for (name, value) in attributes {
        out.push(' ');
        out.push_str(&name);
        out.push_str("=\"");
        escape(value, out);
        out.push('"');
    }
    out.push('>');
    content(tree, number, out);
    out.push_str("</");
    out.push_str(&name);
    out.push('>');
}

fn content(tree: &Tree, number: usize, out: &mut String) {
    let holds_elements = tree.children(number).any(|child| tree.node(child).kind == Kind::Element);
    // What a comment divides is one text.
    let mut text = String::new();
    let write = |text: &mut String, out: &mut String| {
        if !(holds_elements && text.chars().all(char::is_whitespace)) {
            escape(text, out);
        }
        text.clear();
    };
    for child in tree.children(number) {
        match tree.node(child).kind {
            Kind::Element => {
                write(&mut text, out);
                element(tree, child, out);
            }
            Kind::Text => text.push_str(tree.own_text(Place::Node(child))),
            Kind::Comment | Kind::Instruction | Kind::Root => {}
        }
    }
    write(&mut text, out);
}

/// Writes a name with its namespace, as `{urn:example}name`.
fn name(tree: &Tree, place: Place) -> String {
    match tree.namespace(place) {
        "" => tree.local_name(place).to_owned(),
        uri => format!("{{{uri}}}{}", tree.local_name(place)),
    }
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}
