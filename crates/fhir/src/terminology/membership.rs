//! Whether a code is in a value set.

use super::value_set::{Filter, Part, ValueSet};
use crate::definitions::Definitions;
use crate::limits::CHAIN_MAX;

/// Whether a code is in a value set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Membership {
    In,
    Out,
    /// It cannot be told, and why.
    Unknown(String),
}

/// Tells whether a code is in a value set; without a system any system of the set may have it.
pub(crate) fn is_member(definitions: &Definitions, set: &ValueSet, system: Option<&str>, code: &str) -> Membership {
    Question { definitions, system, code }.set(set, 0)
}

struct Question<'q> {
    definitions: &'q Definitions,
    system: Option<&'q str>,
    code: &'q str,
}

impl Question<'_> {
    fn set(&self, set: &ValueSet, depth: usize) -> Membership {
        if depth > CHAIN_MAX {
            return Membership::Unknown("value sets rest on each other in a circle".to_owned());
        }
        let included = any(set.include.iter().map(|part| self.part(part, depth)));
        if included == Membership::Out || set.exclude.is_empty() {
            return included;
        }
        match any(set.exclude.iter().map(|part| self.part(part, depth))) {
            Membership::In => Membership::Out,
            Membership::Out => included,
            unknown @ Membership::Unknown(_) => unknown,
        }
    }

    fn part(&self, part: &Part, depth: usize) -> Membership {
        let of_system = match &part.system {
            None => Membership::In,
            Some(system) if self.system.is_some_and(|wanted| wanted != system) => return Membership::Out,
            Some(system) => self.system_part(system, part),
        };
        // All conditions of one part must hold; several value sets in one are met together.
        all(std::iter::once(of_system).chain(part.value_sets.iter().map(|url| match self.definitions.value_set(url) {
            Some(set) => self.set(set, depth + 1),
            None => Membership::Unknown(format!("the value set `{url}` is not at hand")),
        })))
    }

    fn system_part(&self, system: &str, part: &Part) -> Membership {
        if let Some(codes) = &part.codes {
            return if codes.contains(self.code) { Membership::In } else { Membership::Out };
        }
        let Some(known) = self.definitions.code_system(system) else {
            return Membership::Unknown(format!("the code system `{system}` is not at hand"));
        };
        if !known.has(self.code) {
            return if known.is_complete {
                Membership::Out
            } else {
                Membership::Unknown(format!("only a part of the code system `{system}` is at hand"))
            };
        }
        all(part.filters.iter().map(|filter| self.filter(filter, known, system)))
    }

    fn filter(&self, filter: &Filter, system: &super::CodeSystem, url: &str) -> Membership {
        let (code, value) = (self.code, filter.value.as_str());
        let values = || system.property(code, &filter.property);
        let is = match filter.operator.as_str() {
            "=" if filter.property == "parent" => system.property(code, "parent").contains(&value),
            "=" => values().contains(&value),
            "is-a" => system.is_a(code, value),
            "descendent-of" => code != value && system.is_a(code, value),
            "is-not-a" => !system.is_a(code, value),
            "in" => values().iter().any(|known| value.split(',').any(|wanted| wanted.trim() == *known)),
            "not-in" => !values().iter().any(|known| value.split(',').any(|wanted| wanted.trim() == *known)),
            "exists" => values().is_empty() != (value == "true"),
            other => return Membership::Unknown(format!("the filter `{other}` on `{url}` is not evaluated")),
        };
        if is { Membership::In } else { Membership::Out }
    }
}

fn any(parts: impl Iterator<Item = Membership>) -> Membership {
    let mut result = Membership::Out;
    for part in parts {
        match part {
            Membership::In => return Membership::In,
            Membership::Unknown(_) if result == Membership::Out => result = part,
            _ => {}
        }
    }
    result
}

fn all(parts: impl Iterator<Item = Membership>) -> Membership {
    let mut result = Membership::In;
    for part in parts {
        match part {
            Membership::Out => return Membership::Out,
            Membership::Unknown(_) if result == Membership::In => result = part,
            _ => {}
        }
    }
    result
}
