//! Tells which slice an element belongs to.
//!
//! A discriminator names a path; what the slice states there, in its own elements or in the profiles and types that
//! they name, is held against what stands there. <https://hl7.org/fhir/STU3/profiling.html#discriminator>

use super::checker::Checker;
use super::children::is_about;
use super::value::{Extent, has};
use crate::definitions::{By, Discriminator, Element, Profile, Strength};
use crate::limits::{CHAIN_MAX, TRIALS_MAX};
use crate::path;
use crate::terminology::is_member;
use crate::truth::Truth;
use std::cell::Cell;

/// An element of a definition, with the definition.
type Place<'c> = (&'c Profile, usize);

impl<'c> Checker<'c> {
    /// Holds an element against every slice.
    pub(super) fn fits(&mut self, node: u32, profile: &'c Profile, at: usize) -> Vec<Truth> {
        let entry = &profile.elements[at];
        let discriminators = entry.slicing.as_ref().map_or(&[][..], |slicing| &slicing.discriminators);
        if discriminators.is_empty() {
            return entry.slices.iter().map(|slice| self.without(node, profile, *slice)).collect();
        }
        let found: Vec<Result<Vec<u32>, String>> =
            discriminators.iter().map(|discriminator| self.standing(node, discriminator)).collect();
        let slices = entry.slices.iter();
        slices
            .map(|slice| {
                let each = discriminators.iter().zip(&found).map(|(discriminator, found)| match found {
                    Ok(found) => self.discriminate(found, discriminator, (profile, *slice)),
                    Err(reason) => Truth::Unknown(reason.clone()),
                });
                let each: Vec<Truth> = each.collect();
                Truth::all(each)
            })
            .collect()
    }

    /// Tells slices apart where the definition names nothing that does: extensions by address, choices by type.
    fn without(&self, node: u32, profile: &'c Profile, slice: usize) -> Truth {
        let element = &profile.elements[slice];
        if element.types.iter().any(|kind| kind.code == "Extension") {
            let urls = self.stated((profile, slice), "url");
            let found: Vec<u32> = self.tree.named(node, "url").collect();
            return Truth::any(urls.into_iter().map(|place| self.meets_any(&found, place)));
        }
        if element.is_choice {
            return Truth::from(element.allows(self.tree.node(node).type_name));
        }
        Truth::Unknown("the definition does not say what tells them apart".to_owned())
    }

    /// Gives what stands at the path of a discriminator.
    fn standing(&mut self, node: u32, discriminator: &Discriminator) -> Result<Vec<u32>, String> {
        let expression = discriminator.expression.as_ref().as_ref().map_err(Clone::clone)?;
        let resolve = |node: u32, reference: &str| self.links.resolve(node, reference);
        let version = self.definitions.version();
        let context = path::Context { tree: self.tree, resolve: &resolve, version, steps: Cell::new(0) };
        let found = path::nodes(expression, node, &context).map_err(|failure| failure.reason().to_owned());
        let steps = context.steps.get();
        self.steps = self.steps.saturating_add(steps);
        found
    }

    fn discriminate(&mut self, found: &[u32], discriminator: &Discriminator, slice: Place<'c>) -> Truth {
        let places = self.stated(slice, &discriminator.path);
        if places.is_empty() {
            return Truth::Unknown(format!("the slice says nothing of `{}`", discriminator.path));
        }
        match discriminator.by {
            By::Value | By::Pattern => Truth::any(places.into_iter().map(|place| self.meets_any(found, place))),
            By::Exists => {
                let (profile, at) = places[0];
                let element = &profile.elements[at];
                match (element.max, element.min) {
                    (0, _) => Truth::from(found.is_empty()),
                    (_, 0) => Truth::Unknown(format!("the slice does not say whether `{}` exists", discriminator.path)),
                    _ => Truth::from(!found.is_empty()),
                }
            }
            By::Type => {
                let is = |(profile, at): &Place<'c>| {
                    let element: &Element = &profile.elements[*at];
                    let types = |node: &u32| {
                        let name = self.tree.node(*node).type_name;
                        element.allows(name) || (*at == 0 && profile.type_name == name)
                    };
                    found.iter().any(types)
                };
                Truth::from(places.iter().any(is))
            }
            By::Profile => self.by_profile(found, &places),
        }
    }

    fn by_profile(&mut self, found: &[u32], places: &[Place<'c>]) -> Truth {
        if self.trials >= TRIALS_MAX {
            return Truth::Unknown("profiles are tried inside each other too deeply".to_owned());
        }
        for (profile, at) in places {
            // Where the path is resolved the place is the profile itself.
            let named = if *at == 0 { vec![profile.url.as_str()] } else { profiles_of(&profile.elements[*at]) };
            for url in named {
                let Some(profile) = self.definitions.profile(url) else {
                    return Truth::Unknown(format!("the profile `{url}` is not at hand"));
                };
                if found.iter().any(|node| self.would_fit(*node, profile)) {
                    return Truth::Yes;
                }
            }
        }
        Truth::No
    }

    /// Finds what a slice states at a path: its own elements, or those of the profile or type that it names.
    fn stated(&self, slice: Place<'c>, path: &str) -> Vec<Place<'c>> {
        let mut places = vec![slice];
        for step in steps(path) {
            places = places.into_iter().flat_map(|place| self.step_to(place, step)).take(CHAIN_MAX).collect();
        }
        places
    }

    fn step_to(&self, (profile, at): Place<'c>, step: &str) -> Vec<Place<'c>> {
        let element = &profile.elements[at];
        if step == "$this" || step.starts_with("ofType(") {
            return vec![(profile, at)];
        }
        if step == "resolve()" {
            let targets = element.types.iter().flat_map(|kind| &kind.targets);
            return targets.filter_map(|url| self.definitions.profile(url)).map(|profile| (profile, 0)).collect();
        }
        if let Some(url) = step.strip_prefix("extension(").and_then(|rest| rest.strip_suffix(')')) {
            let url = url.trim_matches(['\'', '"']);
            return self.inside((profile, at), "extension").into_iter().filter(|place| self.is_extension(*place, url)).collect();
        }
        self.inside((profile, at), step)
    }

    /// Gives the elements of a name below a place, with their slices; looked for in its profile or type, where it has none.
    fn inside(&self, (profile, at): Place<'c>, name: &str) -> Vec<Place<'c>> {
        let own = below(profile, at, name);
        if !own.is_empty() {
            return own.into_iter().map(|at| (profile, at)).collect();
        }
        let element = &profile.elements[at];
        let urls = profiles_of(element);
        let named: Vec<&'c Profile> = urls.iter().filter_map(|url| self.definitions.profile(url)).collect();
        let types = element.types.iter().filter_map(|kind| self.definitions.type_named(&kind.code));
        let outer: Vec<&'c Profile> = if named.is_empty() { types.collect() } else { named };
        outer.into_iter().flat_map(|profile| below(profile, 0, name).into_iter().map(move |at| (profile, at))).collect()
    }

    fn is_extension(&self, place: Place<'c>, url: &str) -> bool {
        let (profile, at) = place;
        let states = |(profile, at): Place<'c>| profile.elements[at].fixed.as_ref().is_some_and(|fixed| fixed == url);
        profiles_of(&profile.elements[at]).contains(&url) || self.inside(place, "url").into_iter().any(states)
    }

    /// Tells whether any of several elements has what a place states.
    fn meets_any(&self, found: &[u32], place: Place<'c>) -> Truth {
        if found.is_empty() {
            return match self.states(place, 0) {
                true => Truth::No,
                false => Truth::Unknown(format!("the slice states no value for `{}`", place.0.elements[place.1].name)),
            };
        }
        Truth::any(found.iter().map(|node| self.meets(*node, place, 0)))
    }

    /// Tells whether an element of a definition states a value, itself or below.
    fn states(&self, (profile, at): Place<'c>, depth: usize) -> bool {
        let element = &profile.elements[at];
        let bound = element.binding.as_ref().is_some_and(|binding| binding.strength == Strength::Required);
        element.fixed.is_some()
            || element.pattern.is_some()
            || bound
            || (depth < CHAIN_MAX && with_slices(profile, at).into_iter().any(|child| self.states((profile, child), depth + 1)))
    }

    fn meets(&self, node: u32, (profile, at): Place<'c>, depth: usize) -> Truth {
        let element = &profile.elements[at];
        if let Some(fixed) = &element.fixed {
            return Truth::from(has(self.tree, node, fixed, Extent::Exact));
        }
        if let Some(pattern) = &element.pattern {
            return Truth::from(has(self.tree, node, pattern, Extent::Part));
        }
        let stating: Vec<usize> = with_slices(profile, at)
            .into_iter()
            .filter(|child| depth < CHAIN_MAX && self.states((profile, *child), depth + 1))
            .collect();
        if stating.iter().any(|child| profile.elements[*child].fixed.is_some() || !profile.elements[*child].children.is_empty()) {
            return Truth::all(stating.into_iter().map(|child| self.meets_child(node, (profile, child), depth)));
        }
        self.meets_binding(node, element)
    }

    fn meets_child(&self, node: u32, child: Place<'c>, depth: usize) -> Truth {
        let element = &child.0.elements[child.1];
        let children = self.tree.children(node).filter(|number| is_about(element, self.tree.node(*number)));
        let met = Truth::any(children.map(|number| self.meets(number, child, depth + 1)));
        match (element.max, element.min) {
            (0, _) => met.not(),
            // What may be there, such as an extension, tells nothing where it is not.
            (_, 0) if element.slice_name.is_some() => Truth::Yes,
            _ => met,
        }
    }

    fn meets_binding(&self, node: u32, element: &Element) -> Truth {
        let required = element.binding.as_ref().filter(|binding| binding.strength == Strength::Required);
        let Some(url) = required.and_then(|binding| binding.value_set.as_deref()) else {
            return Truth::Unknown(format!("the slice states no value for `{}`", element.name));
        };
        let Some(set) = self.definitions.value_set(url) else {
            return Truth::Unknown(format!("the value set `{url}` is not at hand"));
        };
        let tree = self.tree;
        let codings: Vec<u32> = tree.named(node, "coding").collect();
        let codings = if codings.is_empty() { vec![node] } else { codings };
        Truth::any(codings.into_iter().map(|coding| {
            let value = tree.node(coding).value.as_ref().map(|value| value.lexical());
            let Some(code) = value.or_else(|| tree.text(coding, "code")) else { return Truth::No };
            is_member(self.definitions, set, tree.text(coding, "system"), code)
        }))
    }
}

fn profiles_of(element: &Element) -> Vec<&str> {
    element.types.iter().flat_map(|kind| &kind.profiles).map(String::as_str).collect()
}

/// Gives the children of a name, and the slices of them.
fn below(profile: &Profile, at: usize, name: &str) -> Vec<usize> {
    let name = name.trim_end_matches("[x]");
    let mut found: Vec<usize> =
        profile.children(at).iter().copied().filter(|child| profile.elements[*child].name == name).collect();
    let slices: Vec<usize> = found.iter().flat_map(|child| profile.elements[*child].slices.iter().copied()).collect();
    if !slices.is_empty() {
        // What is sliced states nothing that its slices do not.
        found = slices;
    }
    found
}

/// Gives the children of an element, slices in the place of what they slice.
fn with_slices(profile: &Profile, at: usize) -> Vec<usize> {
    let children = profile.children(at).iter();
    children
        .flat_map(|child| {
            let slices = &profile.elements[*child].slices;
            if slices.is_empty() { vec![*child] } else { slices.clone() }
        })
        .collect()
}

/// Splits a path at the dots that stand outside brackets.
fn steps(path: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    path.split(|letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == '.' && depth == 0
    })
    .filter(|step| !step.is_empty())
    .collect()
}
