//! Sorts the elements of a list into the slices of a profile, and checks each against its own.

use super::checker::Checker;
use crate::definitions::{Element, Profile, Rules};
use crate::finding::{Code, Draft, Severity};
use crate::truth::Truth;

/// Where an element of the list went.
struct Sorted {
    /// By slice, in the order of the definition.
    members: Vec<Vec<u32>>,
    /// Why an element could not be sorted.
    unknown: Option<String>,
}

impl<'c> Checker<'c> {
    /// Checks the elements that one element of a definition is about, where it is sliced.
    pub(super) fn slices(&mut self, parent: u32, found: &[u32], profile: &'c Profile, at: usize) {
        let entry = &profile.elements[at];
        if entry.slices.is_empty() {
            // Slicing without slices: the rules of the list alone count.
            for number in found {
                self.element(*number, profile, at);
            }
            return;
        }
        let sorted = self.sort(found, profile, at);
        for (slice, members) in entry.slices.iter().zip(&sorted.members) {
            let element = &profile.elements[*slice];
            if sorted.unknown.is_none() || members.len() > element.max as usize {
                self.count(parent, members, profile, element);
            }
            if element.slices.is_empty() {
                for number in members {
                    self.element(*number, profile, *slice);
                }
            } else {
                self.slices(parent, members, profile, *slice);
            }
        }
        if let Some(reason) = sorted.unknown {
            self.not_checked(parent, &format!("the slices of `{}`: {reason}", entry.name), profile, entry);
        }
    }

    fn sort(&mut self, found: &[u32], profile: &'c Profile, at: usize) -> Sorted {
        let entry = &profile.elements[at];
        let mut sorted = Sorted { members: vec![Vec::new(); entry.slices.len()], unknown: None };
        let rules = entry.slicing.as_ref().map_or(Rules::Open, |slicing| slicing.rules);
        let is_ordered = entry.slicing.as_ref().is_some_and(|slicing| slicing.is_ordered);
        let mut reached = 0;
        let mut outside = false;
        for &number in found {
            let fits = self.fits(number, profile, at);
            let position = fits.iter().position(|fit| *fit == Truth::Yes);
            let Some(position) = position else {
                match fits.iter().find_map(|fit| if let Truth::Unknown(reason) = fit { Some(reason.clone()) } else { None }) {
                    Some(reason) => sorted.unknown = Some(reason),
                    None if rules == Rules::Closed => self.outside(number, profile, entry),
                    None => outside = true,
                }
                self.element(number, profile, at);
                continue;
            };
            self.placed(number, (is_ordered && position < reached, outside && rules == Rules::OpenAtEnd), profile, entry);
            reached = reached.max(position);
            if fits.iter().filter(|fit| **fit == Truth::Yes).count() > 1 {
                let message = "it fits several slices, and is checked against the first of them";
                self.tell_of(Draft::new(Severity::Warning, Code::Slice, number, message), profile, entry);
            }
            sorted.members[position].push(number);
        }
        sorted
    }

    /// Tells that an element fits no slice of a closed list.
    fn outside(&mut self, number: u32, profile: &'c Profile, entry: &'c Element) {
        let names: Vec<&str> = entry.slices.iter().filter_map(|slice| profile.elements[*slice].slice_name.as_deref()).collect();
        let message = format!("it fits none of the slices {}, and no other is allowed", names.join(", "));
        self.tell_of(Draft::error(Code::Slice, number, message).expected(names.join(", ")), profile, entry);
    }

    /// Tells of an element that stands in the wrong place among the slices.
    fn placed(&mut self, number: u32, (too_late, after_others): (bool, bool), profile: &'c Profile, entry: &'c Element) {
        if too_late {
            let message = "its slice must stand before that of the elements above it";
            self.tell_of(Draft::error(Code::Slice, number, message), profile, entry);
        }
        if after_others {
            let message = "elements that fit no slice must stand at the end of the list";
            self.tell_of(Draft::error(Code::Slice, number, message), profile, entry);
        }
    }
}

#[cfg(test)]
mod tests;
