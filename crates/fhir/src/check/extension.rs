//! Checks extensions: that they are known, and that they stand where they may.

use super::checker::Checker;
use super::validator::Unknown;
use crate::definitions::{Context, Profile};
use crate::finding::{Code, Draft, Severity, shown};
use crate::primitive;

impl<'c> Checker<'c> {
    /// Checks an extension against the definition that its address names.
    pub(super) fn extension(&mut self, node: u32) {
        let tree = self.tree;
        let Some(url) = tree.text(node, "url") else { return };
        // Inside another extension names are short, and the outer definition says what they mean.
        let is_inner = tree.parent(node).is_some_and(|parent| tree.node(parent).type_name == "Extension") && !url.contains(':');
        if is_inner {
            return;
        }
        match self.definitions.profile(url).filter(|profile| profile.type_name == "Extension") {
            Some(profile) => {
                self.context(node, profile);
                self.profile(node, profile);
            }
            None => {
                let is_modifier = tree.node(node).name == "modifierExtension";
                let policy = if is_modifier { self.policy.unknown_modifier_extensions } else { self.policy.unknown_extensions };
                let message = format!("the extension `{}` is not at hand", shown(url));
                self.tell(match policy {
                    Unknown::Allow => {
                        let message = format!("{message}, and is passed over");
                        Draft::new(Severity::Information, Code::Extension, node, message).actual(url)
                    }
                    Unknown::Error => Draft::error(Code::Extension, node, message).actual(url),
                    Unknown::Tell => {
                        let message = format!("not checked: {message}");
                        Draft::new(Severity::Information, Code::NotChecked, node, message).actual(url).wants(url)
                    }
                });
            }
        }
    }

    /// Checks that an extension stands where its definition lets it.
    fn context(&mut self, node: u32, profile: &'c Profile) {
        let Some(parent) = self.tree.parent(node) else { return };
        let judged: Vec<Option<bool>> = profile.contexts.iter().map(|context| self.is_in(parent, context)).collect();
        if judged.is_empty() || judged.contains(&Some(true)) {
            return;
        }
        let element = profile.root();
        if judged.contains(&None) {
            self.not_checked(node, "whether the extension may stand here", profile, element);
            return;
        }
        let allowed: Vec<&str> = profile
            .contexts
            .iter()
            .map(|context| match context {
                Context::Element(text) | Context::Extension(text) | Context::Other(text) => text.as_str(),
            })
            .collect();
        let message = format!("the extension `{}` may stand only in {}", profile.url, allowed.join(", "));
        self.tell_of(Draft::error(Code::Extension, node, message).expected(allowed.join(", ")), profile, element);
    }

    /// Tells whether an element is what a context names; `None` where that is not judged.
    fn is_in(&self, parent: u32, context: &Context) -> Option<bool> {
        let tree = self.tree;
        let node = tree.node(parent);
        match context {
            Context::Extension(url) => {
                // `url#name` is an extension inside another one.
                let url = url.split('#').next().unwrap_or(url);
                Some(node.type_name == "Extension" && tree.text(parent, "url").is_some_and(|own| own == url))
            }
            Context::Element(path) => {
                let path = path.trim_end_matches("[x]");
                let is_base = match path {
                    "*" | "Element" => true,
                    "Resource" => node.is_resource,
                    "DomainResource" => node.is_resource,
                    "BackboneElement" => node.type_name == "BackboneElement",
                    _ => primitive::parent(node.type_name) == Some(path),
                };
                // A profile's address, or the path of a slice, says more than a path can.
                if path.contains(['/', ':', '(']) {
                    return None;
                }
                Some(is_base || node.type_name == path || self.is_at(parent, path) || self.is_defined_at(parent, path))
            }
            Context::Other(_) => None,
        }
    }

    /// Tells whether the definition of an element is that at a path: by its own path, or by that of the content it refers to, as
    /// each part of an `OperationDefinition.parameter` is such a parameter again.
    fn is_defined_at(&self, node: u32, path: &str) -> bool {
        let Some((profile, at)) = self.tree.parent(node).and_then(|parent| self.definition(parent)) else { return false };
        let named =
            |number: &&usize| profile.elements.get(**number).is_some_and(|element| element.name == self.tree.node(node).name);
        let Some(own) = profile.children(at).iter().find(named).and_then(|number| profile.elements.get(*number)) else {
            return false;
        };
        let content = own.content.and_then(|number| profile.elements.get(number));
        [Some(own), content].into_iter().flatten().any(|element| element.path.trim_end_matches("[x]") == path)
    }

    /// Gives the element of a type, or of the type that it stands in, whose children an element has.
    fn definition(&self, node: u32) -> Option<(&'c Profile, usize)> {
        let here = self.tree.node(node);
        if here.is_resource || !matches!(here.type_name, "BackboneElement" | "Element") {
            return Some((self.definitions.type_named(here.type_name)?, 0));
        }
        let (profile, at) = self.definition(self.tree.parent(node)?)?;
        let named = |number: &&usize| profile.elements.get(**number).is_some_and(|element| element.name == here.name);
        let child = *profile.children(at).iter().find(named)?;
        Some((profile, profile.elements.get(child)?.content.unwrap_or(child)))
    }

    /// Tells whether a path, `Patient.contact.name` or `HumanName.family`, ends at an element.
    fn is_at(&self, node: u32, path: &str) -> bool {
        let mut at = Some(node);
        for name in path.rsplit('.') {
            let Some(number) = at else { return false };
            let here = self.tree.node(number);
            let is_start = name.starts_with(|letter: char| letter.is_ascii_uppercase());
            let fits =
                if is_start { here.type_name == name } else { here.name == name.trim_end_matches("[x]") || here.written == name };
            if !fits {
                return false;
            }
            at = self.tree.parent(number);
            // `Questionnaire.item` is any item, however deep items stand in items.
            while !is_start
                && let Some(outer) = at
                && self.tree.node(outer).name == here.name
                && !path.contains(&format!("{name}.{name}"))
            {
                at = self.tree.parent(outer);
            }
        }
        true
    }
}
