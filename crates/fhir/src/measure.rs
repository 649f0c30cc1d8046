//! How much of what the packages ask for is understood.

use crate::definitions::Definitions;
use crate::package::Kind;
use std::collections::BTreeMap;

/// One invariant's expression, and whether it is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expressed {
    /// The expression.
    pub text: String,
    /// Why it cannot be evaluated.
    pub refused: Option<String>,
}

/// Gives every expression of every invariant of a set of definitions, once, in the order of their texts.
#[must_use]
pub fn expressions(definitions: &Definitions) -> Vec<Expressed> {
    let urls: Vec<&str> = definitions.urls(Kind::StructureDefinition).collect();
    for url in urls {
        // To compile a definition is to compile what stands in it.
        let _ = definitions.profile(url);
    }
    let mut all = BTreeMap::new();
    definitions.expressions().each(|text, refused| {
        all.insert(text.to_owned(), refused.map(ToOwned::to_owned));
    });
    all.into_iter().map(|(text, refused)| Expressed { text, refused }).collect()
}
