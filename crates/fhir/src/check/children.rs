//! Checks how often each child of an element stands, and each child.

use super::checker::Checker;
use crate::definitions::{Element, MANY, Profile};
use crate::finding::{Code, Draft};
use crate::instance::Node;

/// Tells whether an element of a definition is about a node.
pub(super) fn is_about(element: &Element, node: &Node<'_>) -> bool {
    // A profile may speak of one type of a choice by its written name.
    if element.is_choice { node.name == element.name } else { node.written == element.name }
}

impl<'c> Checker<'c> {
    /// Checks the children of an element, as far as the definition lists any.
    pub(super) fn children(&mut self, node: u32, profile: &'c Profile, at: usize) {
        let tree = self.tree;
        for &child in profile.children(at) {
            let element = &profile.elements[child];
            let found: Vec<u32> = tree.children(node).filter(|number| is_about(element, tree.node(*number))).collect();
            if element.slice_name.is_some()
                && !element.is_choice
                && element.name != element.slice_name.as_deref().unwrap_or_default()
            {
                // A slice of nothing: the package lacks the element that is sliced.
                if !found.is_empty() {
                    self.not_checked(node, "a slice whose element the definition lacks", profile, element);
                }
                continue;
            }
            self.count(node, &found, profile, element);
            if element.slicing.is_some() || !element.slices.is_empty() {
                self.slices(node, &found, profile, child);
            } else {
                for number in found {
                    self.element(number, profile, child);
                }
            }
        }
        self.other_types(node, profile, at);
    }

    /// Tells of values of a choice whose type the definition lists no element for: it may write `valueCode` for `value[x]`.
    fn other_types(&mut self, node: u32, profile: &'c Profile, at: usize) {
        let (tree, listed) = (self.tree, profile.children(at));
        let is_choice = |child: &u32| tree.node(*child).written != tree.node(*child).name;
        for child in tree.children(node).filter(is_choice) {
            let here = tree.node(child);
            if listed.is_empty() || listed.iter().any(|at| is_about(&profile.elements[*at], here)) {
                continue;
            }
            let others = listed.iter().map(|at| &profile.elements[*at]).filter(|element| element.name.starts_with(here.name));
            let others: Vec<&str> = others.map(|element| element.name.as_str()).collect();
            // A definition that speaks of no type of the choice leaves it as it is.
            if others.is_empty() {
                continue;
            }
            let message = format!("`{}` is not allowed here; allowed: {}", here.written, others.join(", "));
            let draft = Draft::error(Code::Structure, child, message).expected(others.join(", ")).actual(&here.written);
            self.tell_of(draft, profile, &profile.elements[at]);
        }
    }

    /// Checks how often an element, or a slice, stands.
    pub(super) fn count(&mut self, parent: u32, found: &[u32], profile: &'c Profile, element: &'c Element) {
        let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let name = match &element.slice_name {
            Some(slice) if *slice != element.name => format!("{}:{slice}", element.name),
            _ => element.name.clone(),
        };
        if count < element.min {
            let message = match (element.min, count) {
                (1, _) => format!("`{name}` must be present"),
                (min, 0) => format!("`{name}` must stand at least {min} times, and is not present"),
                (min, count) => format!("`{name}` must stand at least {min} times, and stands {count} times"),
            };
            let draft = Draft::error(Code::Cardinality, parent, message).below(&name);
            self.tell_of(draft.expected(format!("at least {}", element.min)).actual(&count.to_string()), profile, element);
        }
        if element.max != MANY && count > element.max {
            // The first that is one too many.
            let place = usize::try_from(element.max).ok().and_then(|at| found.get(at)).copied().unwrap_or(parent);
            let message = match element.max {
                0 => format!("`{name}` must not be present"),
                1 => format!("`{name}` must stand once at most, and stands {count} times"),
                max => format!("`{name}` must stand at most {max} times, and stands {count} times"),
            };
            let draft = Draft::error(Code::Cardinality, place, message);
            self.tell_of(draft.expected(format!("at most {}", element.max)).actual(&count.to_string()), profile, element);
        }
    }
}
