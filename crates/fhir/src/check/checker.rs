//! What one check of one resource carries along.

use super::links::Links;
use super::validator::Policy;
use crate::definitions::{Definitions, Element, Profile};
use crate::finding::{Code, Draft, Severity};
use crate::instance::{ROOT, Tree};
use crate::limits::{FINDINGS_MAX, STEPS_MAX};
use std::collections::HashSet;

pub(super) struct Checker<'c> {
    pub(super) definitions: &'c Definitions,
    pub(super) tree: &'c Tree<'c>,
    pub(super) policy: Policy,
    pub(super) links: Links<'c>,
    pub(super) drafts: Vec<Draft>,
    /// Findings beyond the bound.
    pub(super) further: usize,
    /// Elements with the definitions that they were checked against; these are told apart by where they are in memory.
    done: HashSet<(u32, usize)>,
    /// Elements with the expressions that were evaluated on them.
    pub(super) judged: HashSet<(u32, usize)>,
    /// What was told, so that a profile does not repeat what its base says.
    told: HashSet<(u32, Code, String)>,
    pub(super) steps: u64,
    /// How many profiles are being tried inside each other.
    pub(super) trials: usize,
    /// How many references are being followed.
    pub(super) hops: usize,
}

impl<'c> Checker<'c> {
    pub(super) fn new(definitions: &'c Definitions, tree: &'c Tree<'c>, policy: Policy, drafts: Vec<Draft>) -> Self {
        Self {
            definitions,
            tree,
            policy,
            links: Links::new(tree),
            drafts,
            further: 0,
            done: HashSet::with_capacity(tree.len() * 2),
            judged: HashSet::with_capacity(tree.len() * 4),
            told: HashSet::new(),
            steps: 0,
            trials: 0,
            hops: 0,
        }
    }

    /// Keeps a finding that was not told before.
    pub(super) fn tell(&mut self, draft: Draft) {
        let key = match &draft.below {
            Some(below) => format!("{below}: {}", draft.message),
            None => draft.message.clone(),
        };
        if !self.told.insert((draft.node, draft.code, key)) {
            return;
        }
        if self.drafts.len() < FINDINGS_MAX {
            self.drafts.push(draft);
        } else {
            self.further += 1;
        }
    }

    /// Keeps a finding with the rule that it comes from.
    pub(super) fn tell_of(&mut self, mut draft: Draft, profile: &Profile, element: &Element) {
        draft.profile = Some(profile.url.clone());
        draft.element = Some(element.id.clone());
        self.tell(draft);
    }

    /// Tells what could not be judged.
    pub(super) fn not_checked(&mut self, node: u32, reason: &str, profile: &Profile, element: &Element) {
        let message = format!("not checked: {reason}");
        self.tell_of(Draft::new(Severity::Information, Code::NotChecked, node, message), profile, element);
    }

    /// Tells what could not be judged for want of what stands at an address.
    pub(super) fn lacks(&mut self, node: u32, url: &str, reason: &str, profile: &Profile, element: &Element) {
        let draft = Draft::new(Severity::Information, Code::NotChecked, node, format!("not checked: {reason}"));
        self.tell_of(draft.wants(url), profile, element);
    }

    /// Counts a step; false once the bound is passed, which is told.
    pub(super) fn step(&mut self) -> bool {
        self.steps += 1;
        if self.steps == STEPS_MAX {
            let message = format!("not checked: the rest, since it takes more than {STEPS_MAX} steps");
            self.tell(Draft::error(Code::NotChecked, ROOT, message));
        }
        self.steps < STEPS_MAX
    }

    /// Checks every resource in a part of the text against its type and the profiles that it claims.
    pub(super) fn resources(&mut self, part: u32) {
        let tree = self.tree;
        let count = u32::try_from(tree.len()).unwrap_or(u32::MAX);
        for node in (part..count).filter(|node| tree.node(*node).is_resource && tree.is_inside(*node, part)) {
            if let Some(profile) = self.definitions.resource_named(tree.node(node).type_name) {
                self.profile(node, profile);
            }
            self.claimed(node);
        }
        let doubles = self.links.doubles().into_iter().filter(|draft| tree.is_inside(draft.node, part));
        doubles.for_each(|draft| self.tell(draft));
    }

    /// Checks an element against a profile that the caller names.
    pub(super) fn named(&mut self, node: u32, profile: &str) {
        match self.definitions.profile(profile) {
            Some(profile) => self.profile(node, profile),
            None => {
                let message = format!("not checked: the profile `{profile}` is not at hand");
                self.tell(Draft::error(Code::NotChecked, node, message));
            }
        }
    }

    /// Checks a resource against the profiles in its `meta.profile`.
    fn claimed(&mut self, node: u32) {
        let tree = self.tree;
        for claim in tree.named(node, "meta").flat_map(|meta| tree.named(meta, "profile")) {
            let Some(url) = tree.node(claim).value.as_ref().map(|value| value.lexical()) else { continue };
            match self.definitions.profile(url) {
                Some(profile) => self.profile(node, profile),
                None => {
                    let message = format!("not checked: the profile `{url}` is not at hand");
                    self.tell(Draft::new(Severity::Information, Code::NotChecked, claim, message).wants(url));
                }
            }
        }
    }

    /// Checks an element against a definition, once.
    pub(super) fn profile(&mut self, node: u32, profile: &'c Profile) {
        let identity = std::ptr::from_ref(profile) as usize;
        if !self.done.insert((node, identity)) || !self.step() {
            return;
        }
        let type_name = self.tree.node(node).type_name;
        if !self.is_for(profile, type_name) {
            let message = format!("the profile `{}` is for `{}`, and this is `{type_name}`", profile.url, profile.type_name);
            let draft = Draft::error(Code::Structure, node, message).expected(&profile.type_name).actual(type_name);
            self.tell_of(draft, profile, profile.root());
            return;
        }
        for missing in &profile.missing {
            let reason = format!("what `{}` takes from `{missing}`, which is not at hand", profile.url);
            self.lacks(node, missing, &reason, profile, profile.root());
        }
        self.element(node, profile, 0);
    }

    fn is_for(&self, profile: &Profile, type_name: &str) -> bool {
        let general = matches!(profile.type_name.as_str(), "Resource" | "DomainResource" | "Element" | "BackboneElement");
        // `Age` narrows `Quantity`: a definition for the one is a definition for the other.
        let narrowed = || self.definitions.type_named(type_name).is_some_and(|known| known.type_name == profile.type_name);
        general || profile.type_name == type_name || narrowed()
    }

    /// Checks an element against a definition without telling; gives whether nothing is against a rule.
    pub(super) fn would_fit(&mut self, node: u32, profile: &'c Profile) -> bool {
        let drafts = std::mem::take(&mut self.drafts);
        let done = std::mem::take(&mut self.done);
        let judged = std::mem::take(&mut self.judged);
        let told = std::mem::take(&mut self.told);
        let further = self.further;
        self.trials += 1;
        self.profile(node, profile);
        self.trials -= 1;
        let fits = self.further == further && self.drafts.iter().all(|draft| draft.severity != Severity::Error);
        (self.drafts, self.done, self.judged, self.told, self.further) = (drafts, done, judged, told, further);
        fits
    }
}
