//! Checks one element against one element of a definition.

use super::checker::Checker;
use crate::definitions::{Element, Profile, StructureKind};
use crate::finding::{Code, Draft};
use crate::limits::TRIALS_MAX;
use crate::primitive;

impl<'c> Checker<'c> {
    /// Checks what a definition asks of an element, and of everything below it.
    pub(super) fn element(&mut self, node: u32, profile: &'c Profile, at: usize) {
        if !self.step() {
            return;
        }
        // Numbers of elements come from the definition itself.
        let element = &profile.elements[at];
        let type_name = self.tree.node(node).type_name;
        if at > 0 && !self.is_allowed(node, element) {
            let allowed: Vec<&str> = element.types.iter().map(|kind| kind.code.as_str()).collect();
            let message = format!("`{type_name}` is not allowed here; allowed: {}", allowed.join(", "));
            let draft = Draft::error(Code::Structure, node, message).expected(allowed.join(", ")).actual(type_name);
            self.tell_of(draft, profile, element);
        }
        self.value(node, profile, element);
        self.binding(node, profile, element);
        self.invariants(node, profile, element);
        self.children(node, profile, at);
        if at > 0 {
            self.of_type(node, profile, element);
        }
        if type_name == "Extension" && at == 0 {
            self.extension(node);
        }
    }

    /// Tells whether the type of an element is allowed; only a choice and a resource can have a wrong one.
    fn is_allowed(&self, node: u32, element: &Element) -> bool {
        let node = self.tree.node(node);
        let any = element.types.iter().any(|kind| matches!(kind.code.as_str(), "Resource" | "DomainResource"));
        let is_open = node.written != node.name || node.is_resource;
        !is_open || any || element.allows(node.type_name)
    }

    /// Checks an element against the definition of its type, and the profiles that are asked of it.
    fn of_type(&mut self, node: u32, profile: &'c Profile, element: &'c Element) {
        let (type_name, is_resource) = (self.tree.node(node).type_name, self.tree.node(node).is_resource);
        if primitive::written(type_name).is_some() {
            // What stands beside a value has the form of any element.
            if self.tree.has_children(node)
                && let Some(any) = self.definitions.type_named("Element")
            {
                self.profile(node, any);
            }
        } else if !is_resource
            && !matches!(type_name, "BackboneElement" | "Element" | "")
            && let Some(own) = self.definitions.type_named(type_name)
            && own.kind != StructureKind::Resource
        {
            self.profile(node, own);
        }
        if type_name == "Reference" {
            self.reference(node, profile, element);
        }
        let asked = element.types.iter().filter(|kind| kind.code == type_name || is_resource).flat_map(|kind| &kind.profiles);
        // Some STU3 profiles name the target of a reference where a profile of the reference itself should stand.
        let asked = asked.map(String::as_str).filter(|url| type_name != "Reference" || !self.is_target(url));
        let asked: Vec<&str> = asked.collect();
        self.asked(node, &asked, profile, element);
    }

    /// Checks an element against profiles of which it must meet one.
    pub(super) fn asked(&mut self, node: u32, urls: &[&str], profile: &'c Profile, element: &'c Element) {
        let known: Vec<&'c Profile> = urls.iter().filter_map(|url| self.definitions.profile(url)).collect();
        match (urls, known.as_slice()) {
            ([], _) => {}
            ([_], [only]) => self.profile(node, only),
            ([missing], _) => self.lacks(node, missing, &format!("the profile `{missing}` is not at hand"), profile, element),
            _ if self.trials >= TRIALS_MAX => {
                self.not_checked(node, "profiles are tried inside each other too deeply", profile, element);
            }
            _ => {
                if known.iter().any(|known| self.would_fit(node, known)) {
                    return;
                }
                if known.len() < urls.len() {
                    self.not_checked(node, "not all of the profiles, one of which is asked for, are at hand", profile, element);
                    return;
                }
                let message = format!("it meets none of the profiles {}", urls.join(", "));
                self.tell_of(Draft::error(Code::Structure, node, message).expected(urls.join(", ")), profile, element);
            }
        }
    }
}
