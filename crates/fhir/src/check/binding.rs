//! Checks codes against the value sets that they are bound to.

use super::checker::Checker;
use crate::definitions::{Binding, Element, Profile, Strength};
use crate::finding::{Code, Draft, Severity, shown};
use crate::primitive;
use crate::terminology::is_member;
use crate::truth::Truth;

/// A code with its system, where it has one.
type Coded<'c> = (Option<&'c str>, &'c str);

impl<'c> Checker<'c> {
    /// Checks the code or the codes of an element.
    pub(super) fn binding(&mut self, node: u32, profile: &'c Profile, element: &'c Element) {
        let type_name = self.tree.node(node).type_name;
        if type_name == "Coding" {
            self.own_system(node, profile, element);
        }
        let Some(binding) = &element.binding else { return };
        let Some(codes) = self.codes(node, type_name) else { return };
        self.bound(node, &codes, binding, profile, element);
    }

    fn bound(&mut self, node: u32, codes: &[Coded<'c>], binding: &Binding, profile: &'c Profile, element: &'c Element) {
        if let Some(url) = &binding.value_set
            && binding.strength != Strength::Example
        {
            let severity = match binding.strength {
                Strength::Required => Severity::Error,
                Strength::Extensible => Severity::Warning,
                _ => Severity::Information,
            };
            let words = match binding.strength {
                Strength::Required => "must be from",
                Strength::Extensible => "must be from, where one of them fits,",
                _ => "should rather be from",
            };
            // Only a required binding asks for a code where there is none: others let a text stand alone.
            if !codes.is_empty() || binding.strength == Strength::Required {
                self.in_set(node, codes, url, (severity, words), profile, element);
            }
        }
        // The bound of an extensible binding is as strict as a required one.
        if let Some(url) = &binding.value_set_max {
            self.in_set(node, codes, url, (Severity::Error, "must be from"), profile, element);
        }
    }

    /// Gives the codes of an element; `None` where its type has none.
    fn codes(&self, node: u32, type_name: &str) -> Option<Vec<Coded<'c>>> {
        let tree = self.tree;
        let coded = |node: u32| Some((tree.text(node, "system"), tree.text(node, "code")?));
        match type_name {
            "CodeableConcept" => Some(tree.named(node, "coding").filter_map(coded).collect()),
            "Coding" => Some(coded(node).into_iter().collect()),
            "Quantity" | "Age" | "Count" | "Distance" | "Duration" | "Money" | "SimpleQuantity" => {
                Some(coded(node).into_iter().collect()).filter(|codes: &Vec<_>| !codes.is_empty())
            }
            _ if primitive::written(type_name).is_some() => {
                let value = tree.node(node).value.as_ref()?;
                Some(vec![(None, value.lexical())])
            }
            _ => None,
        }
    }

    fn in_set(
        &mut self,
        node: u32,
        codes: &[Coded<'c>],
        url: &str,
        (severity, words): (Severity, &str),
        profile: &'c Profile,
        element: &'c Element,
    ) {
        let Some(set) = self.definitions.value_set(url) else {
            self.lacks(node, url, &format!("the value set `{url}` is not at hand"), profile, element);
            return;
        };
        let mut unknown = None;
        for (system, code) in codes {
            match is_member(self.definitions, set, *system, code) {
                Truth::Yes => return,
                Truth::No => {}
                Truth::Unknown(reason) => unknown = Some(reason),
            }
        }
        if let Some(reason) = unknown {
            self.lacks(node, url, &format!("{reason}, and the value set `{url}` needs it"), profile, element);
            return;
        }
        let written: Vec<String> = codes.iter().map(written).collect();
        let message = match written.as_slice() {
            [] => format!("a code from the value set `{url}` is asked for, and there is none"),
            several => format!("`{}` is not in the value set `{url}`; the code {words} it", shown(&several.join("`, `"))),
        };
        let mut draft = Draft::new(severity, Code::Binding, node, message).expected(url);
        draft.actual = (!written.is_empty()).then(|| shown(&written.join(", ")));
        self.tell_of(draft, profile, element);
    }

    /// Checks that the system of a coding has its code, whatever it is bound to.
    fn own_system(&mut self, node: u32, profile: &'c Profile, element: &'c Element) {
        let (Some(url), Some(code)) = (self.tree.text(node, "system"), self.tree.text(node, "code")) else { return };
        let Some(system) = self.definitions.code_system(url).filter(|system| system.is_complete) else { return };
        if !system.has(code) {
            let message = format!("the code system `{url}` has no code `{}`", shown(code));
            self.tell_of(Draft::error(Code::Binding, node, message).actual(code), profile, element);
        }
    }
}

fn written((system, code): &Coded<'_>) -> String {
    match system {
        Some(system) => format!("{system}|{code}"),
        None => (*code).to_owned(),
    }
}
