//! Scenarios, fragments and fault timelines.

use crate::model::{Fault, ReplyItem, RoleWord, Step};
use crate::read::{Read, Reader, record};
use crate::{Data, Entry, Flag, Node, Schemas, Text, Time, WordList};
use serde_json::{Value, json};

record! {
    /// One test case; file = one scenario, id = its path.
    ScenarioFile "a scenario" {
        /// Id: pack and path without ending.
        required id "id": Text,
        /// Title.
        required title "title": Text,
        /// Test purpose (ISO/IEC 9646-1), one sentence.
        required purpose "purpose": Text,
        /// Role that we play.
        required role "role": RoleWord,
        /// Requirements that it covers.
        list covers "covers": Text,
        /// What it needs to be played; without it the scenario is `skipped` or `not-applicable`, with the reason.
        optional needs "needs": Needs,
        /// Tags.
        list tags "tags": Text,
        /// Rows that it is played with, each with its own verdict.
        optional variants "variants": Variants,
        /// Whether nothing else may be played meanwhile.
        optional exclusive "exclusive": Flag,
        /// Names of what no other scenario may touch meanwhile.
        list holds "holds": Text,
        /// Stub files whose rules answer first for requests of this scenario.
        list using "using": Text,
        /// Preamble: a step that fails here makes the scenario `inconclusive`.
        list setup "setup": Step,
        /// Test body.
        list steps "steps": Step,
        /// Postamble: always runs.
        list cleanup "cleanup": Step,
    }
}

record! {
    /// What a scenario needs.
    Needs "needs" {
        /// Claims that must be answered yes, else it is `not-applicable`; with `in`, only the variants that have those values.
        list claims "claims": ClaimNeed,
        /// Settings that must have a value, else it is `skipped`.
        list settings "settings": Text,
        /// Actions that a hook or a person must be able to do.
        list actions "actions": Text,
        /// Further credentials, as `credentials` of the pack declares them.
        list credentials "credentials": Text,
        /// Certificates beside the usual one.
        list certificates "certificates": Text,
        /// Endpoints beside the first.
        list endpoints "endpoints": Text,
    }
}

record! {
    /// A claim that some variants of a scenario need.
    ClaimOfRows "a claim of some variants" {
        /// Name of the claim.
        required claim "claim": Text,
        /// The variants: columns with the value that they have there.
        map rows "in": Node,
    }
}

/// A claim that a scenario needs: in all of its variants, or in some.
#[derive(Clone, Debug)]
pub enum ClaimNeed {
    /// In all.
    Always(Text),
    /// In some.
    Some(Box<ClaimOfRows>),
}

impl ClaimNeed {
    /// Gives the name of the claim.
    #[must_use]
    pub fn name(&self) -> &Text {
        match self {
            Self::Always(name) => name,
            Self::Some(item) => &item.claim,
        }
    }
}

impl Read for ClaimNeed {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.data {
            Data::Text(_) => Text::read(node, reader).map(Self::Always),
            _ => ClaimOfRows::read(node, reader).map(|item| Self::Some(Box::new(item))),
        }
    }

    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "anyOf": [{ "type": "string", "description": "name of a claim" }, ClaimOfRows::schema(schemas)] })
    }
}

/// Rows that a scenario is played with: axes (`format: [json, xml]`, every combination), `rows`, each with every combination of
/// the axes beside it, a `table`, or `defects-of`.
#[derive(Clone, Debug)]
pub enum Variants {
    /// Axes with their values; every combination is a row.
    Axes(Vec<(Text, Vec<Node>)>),
    /// One row for each rule of a JSON Schema that can be broken alone.
    DefectsOf(Text),
    /// Rows written here, each with every combination of the axes.
    Rows(Vec<Node>, Vec<(Text, Vec<Node>)>),
    /// Rows of a table in `tables/`.
    Table(Text),
}

impl Read for Variants {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Data::Map(entries) = &node.data else {
            return reader.mismatch(node, "a map of axes, or `rows`, `table`, `defects-of`");
        };
        match entries.as_slice() {
            [only] if only.key == "table" => Text::read(&only.value, reader).map(Self::Table),
            [only] if only.key == "defects-of" => Text::read(&only.value, reader).map(Self::DefectsOf),
            _ => {
                let mut axis = |entry: &Entry| {
                    (Text { value: entry.key.clone(), span: entry.key_span }, crate::read::read_list(&entry.value, reader))
                };
                let (rows, axes): (Vec<_>, Vec<_>) = entries.iter().map(&mut axis).partition(|(name, _)| name.value == "rows");
                match rows.into_iter().next() {
                    Some((_, rows)) => Some(Self::Rows(rows, axes)),
                    None => Some(Self::Axes(axes)),
                }
            }
        }
    }

    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "object", "description": "axes with lists of values, beside them rows or not, or one of table, defects-of" })
    }
}

record! {
    /// A file in `fragments/`: steps with parameters, called by `do`.
    FragmentFile "a fragment" {
        /// What it does.
        required title "title": Text,
        /// Parameters by name, with what each means.
        map parameters "parameters": Text,
        /// Steps.
        list steps "steps": Step,
        /// Captured names that the caller may use.
        list gives "gives": Text,
    }
}

record! {
    /// A file in `schedules/`: a fault timeline.
    ScheduleFile "a schedule" {
        /// What it stands for.
        required title "title": Text,
        /// Rows.
        list rows "rows": ScheduleRow,
    }
}

record! {
    /// One span of a fault timeline, measured from the beginning of the observation.
    ScheduleRow "a schedule row" {
        /// From when.
        required from "from": Time,
        /// Until when.
        required to "to": Time,
        /// Endpoint; all without.
        optional endpoint "endpoint": Text,
        /// Methods that it concerns; all without.
        optional method "method": WordList,
        /// What goes wrong with the usual answer.
        optional fault "fault": Fault,
        /// The answer instead of the usual one.
        optional respond "respond": ReplyItem,
    }
}
