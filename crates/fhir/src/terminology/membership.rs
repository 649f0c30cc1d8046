//! Whether a code is in a value set.

use super::value_set::{Filter, Part, ValueSet};
use crate::definitions::Definitions;
use crate::limits::CHAIN_MAX;
use crate::truth::Truth;

/// Tells whether a code is in a value set; without a system any system of the set may have it.
pub(crate) fn is_member(definitions: &Definitions, set: &ValueSet, system: Option<&str>, code: &str) -> Truth {
    Question { definitions, system, code }.set(set, 0)
}

struct Question<'q> {
    definitions: &'q Definitions,
    system: Option<&'q str>,
    code: &'q str,
}

impl Question<'_> {
    fn set(&self, set: &ValueSet, depth: usize) -> Truth {
        if depth > CHAIN_MAX {
            return Truth::Unknown("value sets rest on each other in a circle".to_owned());
        }
        let included = Truth::any(set.include.iter().map(|part| self.part(part, depth)));
        if included == Truth::No || set.exclude.is_empty() {
            return included;
        }
        match Truth::any(set.exclude.iter().map(|part| self.part(part, depth))) {
            Truth::Yes => Truth::No,
            Truth::No => included,
            unknown @ Truth::Unknown(_) => unknown,
        }
    }

    fn part(&self, part: &Part, depth: usize) -> Truth {
        let of_system = match &part.system {
            None => Truth::Yes,
            Some(system) if self.system.is_some_and(|wanted| wanted != system) => return Truth::No,
            Some(system) => self.system_part(system, part),
        };
        // All conditions of one part must hold; several value sets in one are met together.
        Truth::all(std::iter::once(of_system).chain(part.value_sets.iter().map(|url| match self.definitions.value_set(url) {
            Some(set) => self.set(set, depth + 1),
            None => Truth::Unknown(format!("the value set `{url}` is not at hand")),
        })))
    }

    fn system_part(&self, system: &str, part: &Part) -> Truth {
        if let Some(codes) = &part.codes {
            return if codes.contains(self.code) { Truth::Yes } else { Truth::No };
        }
        let Some(known) = self.definitions.code_system(system) else {
            return Truth::Unknown(format!("the code system `{system}` is not at hand"));
        };
        if !known.has(self.code) {
            return if known.is_complete {
                Truth::No
            } else {
                Truth::Unknown(format!("only a part of the code system `{system}` is at hand"))
            };
        }
        Truth::all(part.filters.iter().map(|filter| self.filter(filter, known, system)))
    }

    fn filter(&self, filter: &Filter, system: &super::CodeSystem, url: &str) -> Truth {
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
            other => return Truth::Unknown(format!("the filter `{other}` on `{url}` is not evaluated")),
        };
        is.into()
    }
}
