//! How a collection is searched.

use counterpart_document::JsonPath;
use counterpart_matching::Criterion;

/// What a collection can be searched by.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Parameters by name.
    pub parameters: Vec<(String, Parameter)>,
    /// References that a search can follow from its rows, by name.
    pub includes: Vec<(String, Vec<Reference>)>,
}

impl Search {
    /// Finds a parameter by its name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, parameter)| parameter)
    }
}

/// What a search parameter is about.
#[derive(Clone, Debug)]
pub enum Parameter {
    /// A value that rows have.
    Compared(Compared),
    /// Names references to follow from the rows found.
    Include,
    /// Names references to follow from the rows found and from those reached.
    Iterate,
    /// Most rows given, up to this.
    Limit(usize),
    /// Known, and without a meaning.
    Nothing,
    /// Rows left out before the first given.
    Offset,
}

/// A value that rows have, as a parameter asks for it.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Ways from the row to the one that has the value.
    pub through: Vec<Reference>,
    /// Where it stands there.
    pub at: JsonPath,
    /// How it is read and compared.
    pub criterion: Criterion,
    /// What stands between values one of which is enough.
    pub separator: Option<String>,
}

/// How a row names a row of another collection.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Where it stands.
    pub at: JsonPath,
    /// The other collection.
    pub collection: String,
    /// Text before the key.
    pub prefix: String,
}
