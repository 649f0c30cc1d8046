//! How rows of a collection are searched for.

use crate::read::{Read, Reader, choice, record, word};
use crate::{Data, Flag, Node, Schemas, Spanned, Text};
use serde_json::{Value, json};

record! {
    /// A parameter that a collection can be searched by.
    SearchItem "a search parameter" {
        /// What the parameter is about.
        flat subject "": SearchSubject,
        /// Collections between the row and the value, each reached by a reference of the one before.
        list through "through": Reference,
        /// What values are: `text` without.
        optional kind "type": SearchKind,
        /// How a row's value stands to the one asked for: `eq` without. Several values in a row: one of them is enough.
        optional compare "compare": SearchCompare,
        /// Whether the value asked for may begin with `eq`, `ne`, `ge`, `gt`, `le` or `lt`, which then says how to compare.
        optional prefixes "prefixes": Flag,
        /// Whether capital and small letters are the same.
        optional any_case "any-case": Flag,
        /// What stands between values one of which is enough, such as `,`; without it, a value is one as it stands.
        optional separator "separator": Text,
        /// Most rows that a `limit` can ask for; a higher one counts as this.
        optional at_most "at-most": Spanned<i64>,
    }
}

choice! {
    /// What a search parameter is about.
    SearchSubject "a search parameter" {
        /// Where its value stands in a row, or in the last of `through`: a JSON Pointer or a JSONPath.
        "at" At(Text),
        /// What else it says: `include` and `iterate` name references under `include` to follow, from the rows found, and from rows that were reached so too; `limit` and `offset` say how many rows are given and how many left out first; `nothing` is known and has no meaning.
        "takes" Takes(SearchTakes),
    }
}

word! {
    /// What else than a row's value a search parameter is about.
    SearchTakes "meaning of a search parameter" {
        /// References to follow from the rows found.
        "include" Include,
        /// References to follow from the rows found and from those reached.
        "iterate" Iterate,
        /// Most rows given.
        "limit" Limit,
        /// It is known and has no meaning.
        "nothing" Nothing,
        /// Rows left out before the first given.
        "offset" Offset,
    }
}

word! {
    /// What the values of a search parameter are.
    SearchKind "type of a search parameter" {
        /// `true` or `false`.
        "boolean" Boolean,
        /// A day such as `2026-01-31`.
        "date" Date,
        /// A moment with its offset, as RFC 3339 writes it.
        "date-time" DateTime,
        /// A number.
        "number" Number,
        /// A text.
        "text" Text,
        /// A code, alone or after its system: `code`, `system|code`, `|code`, `system|`.
        "token" Token,
    }
}

word! {
    /// How a row's value stands to the one asked for.
    SearchCompare "comparison" {
        /// It begins with it.
        "begins" Begins,
        /// It contains it.
        "contains" Contains,
        /// It is equal.
        "eq" Equal,
        /// It is greater or equal.
        "ge" From,
        /// It is greater.
        "gt" After,
        /// It is less or equal.
        "le" Until,
        /// It is less.
        "lt" Before,
        /// It is another.
        "ne" Other,
    }
}

record! {
    /// How a row names a row of another collection.
    Reference "a reference" {
        /// Where in the row it stands: a JSON Pointer or a JSONPath, for one or several.
        required at "at": Text,
        /// The collection that it leads to.
        required collection "in": Text,
        /// Text before the key in a reference, such as `Schedule/`; a reference without it leads elsewhere.
        optional prefix "prefix": Text,
    }
}

/// One reference or several under one name.
#[derive(Clone, Debug)]
pub struct References(pub Vec<Reference>);

impl Read for References {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.data {
            Data::List(_) => Some(Self(crate::read::read_list(node, reader))),
            _ => Reference::read(node, reader).map(|reference| Self(vec![reference])),
        }
    }

    fn schema(schemas: &mut Schemas) -> Value {
        let reference = Reference::schema(schemas);
        json!({ "anyOf": [reference, { "type": "array", "items": reference }] })
    }
}

record! {
    /// Rows of a collection, found by its search parameters.
    Search "search" {
        /// Collection.
        required search "search": Text,
        /// CEL that gives the parameters: names to lists of values, as `request.query` is.
        required with "with": crate::Cel,
    }
}
