//! Checks what a reference leads to.

use super::checker::Checker;
use crate::definitions::{Derivation, Element, Profile};
use crate::finding::{Code, Draft, Severity, shown};
use crate::limits::HOPS_MAX;
use crate::path::Target;

impl<'c> Checker<'c> {
    /// Checks that a reference into the text leads somewhere, and that its target has a type and a profile asked for.
    pub(super) fn reference(&mut self, node: u32, profile: &'c Profile, element: &'c Element) {
        let tree = self.tree;
        let Some(reference) = tree.text(node, "reference") else { return };
        let target = self.links.resolve(node, reference);
        let type_name = match target {
            Target::Inside(found) => Some(tree.node(found).type_name),
            Target::Nothing => {
                let message = format!("no contained resource has the id that `{}` names", shown(reference));
                self.tell_of(Draft::error(Code::Reference, node, message).actual(reference), profile, element);
                return;
            }
            Target::Outside => {
                if reference.starts_with("urn:uuid:") && self.links.is_in_bundle() {
                    let message = format!("no entry of the bundle has the `fullUrl` `{}`", shown(reference));
                    let draft = Draft::new(Severity::Warning, Code::Reference, node, message);
                    self.tell_of(draft.actual(reference), profile, element);
                }
                self.named_type(reference)
            }
        };
        let stray = element.types.iter().flat_map(|kind| &kind.profiles).map(String::as_str).filter(|url| self.is_target(url));
        let targets: Vec<&'c str> =
            element.types.iter().flat_map(|kind| &kind.targets).map(String::as_str).chain(stray).collect();
        let Some(type_name) = type_name.filter(|_| !targets.is_empty()) else { return };
        let fitting = self.targets_of(type_name, &targets);
        match fitting {
            Some(fitting) if fitting.is_empty() => {
                let allowed: Vec<&str> = targets.iter().map(|url| url.rsplit('/').next().unwrap_or(url)).collect();
                let message = format!("it leads to `{type_name}`, and must lead to {}", allowed.join(" or "));
                let draft = Draft::error(Code::Reference, node, message).expected(allowed.join(", ")).actual(type_name);
                self.tell_of(draft, profile, element);
            }
            Some(fitting) => {
                if let Target::Inside(found) = target {
                    self.follow(found, &fitting, profile, element);
                }
            }
            None => self.not_checked(node, "the profiles of the target are not all at hand", profile, element),
        }
    }

    /// Tells whether a profile that is asked of a reference is for a resource, and so for its target.
    pub(super) fn is_target(&self, url: &str) -> bool {
        self.definitions.profile(url).is_some_and(|profile| profile.type_name != "Reference")
    }

    /// Gives the type in `Patient/1` and `https://server/Patient/1/_history/2`.
    fn named_type(&self, reference: &str) -> Option<&'c str> {
        let versionless = reference.split("/_history/").next()?;
        let mut parts = versionless.rsplit('/');
        let (_, name) = (parts.next()?, parts.next()?);
        self.definitions.resource_named(name).map(|profile| profile.type_name.as_str())
    }

    /// Gives those of the targets that are for a type; `None` where none is and some are not known.
    fn targets_of(&self, type_name: &str, targets: &[&'c str]) -> Option<Vec<&'c str>> {
        let mut fitting = Vec::new();
        let mut all_known = true;
        for url in targets {
            match self.definitions.profile(url) {
                Some(profile) if matches!(profile.type_name.as_str(), "Resource" | "DomainResource") => fitting.push(*url),
                Some(profile) if profile.type_name == type_name => fitting.push(*url),
                Some(_) => {}
                None => all_known = false,
            }
        }
        (all_known || !fitting.is_empty()).then_some(fitting)
    }

    /// Checks a target in the text against the profiles of which it must meet one.
    fn follow(&mut self, target: u32, urls: &[&'c str], profile: &'c Profile, element: &'c Element) {
        let is_plain =
            |url: &&str| self.definitions.profile(url).is_none_or(|profile| profile.derivation == Derivation::Specialization);
        if urls.iter().any(is_plain) {
            return;
        }
        if self.hops >= HOPS_MAX {
            self.not_checked(target, &format!("more than {HOPS_MAX} references follow each other"), profile, element);
            return;
        }
        self.hops += 1;
        self.asked(target, urls, profile, element);
        self.hops -= 1;
    }
}
