//! Scenarios, fragments and fault timelines.

use crate::model::{Fault, ReplyItem, RoleWord, Step};
use crate::read::{Read, Reader, record};
use crate::{Data, Flag, Node, Schemas, Text, Time, WordList};
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
        /// Claims that must be answered yes, else it is `not-applicable`.
        list claims "claims": Text,
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

/// Rows that a scenario is played with: axes (`format: [json, xml]`, every combination), `rows`, a `table`, or `defects-of`.
#[derive(Clone, Debug)]
pub enum Variants {
    /// Axes with their values; every combination is a row.
    Axes(Vec<(Text, Vec<Node>)>),
    /// One row for each rule of a JSON Schema that can be broken alone.
    DefectsOf(Text),
    /// Rows written here.
    Rows(Vec<Node>),
    /// Rows of a table in `tables/`.
    Table(Text),
}

impl Read for Variants {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Data::Map(entries) = &node.data else {
            return reader.mismatch(node, "a map of axes, or `rows`, `table`, `defects-of`");
        };
        match entries.as_slice() {
            [only] if only.key == "rows" => Some(Self::Rows(crate::read::read_list(&only.value, reader))),
            [only] if only.key == "table" => Text::read(&only.value, reader).map(Self::Table),
            [only] if only.key == "defects-of" => Text::read(&only.value, reader).map(Self::DefectsOf),
            _ => Some(Self::Axes(
                entries
                    .iter()
                    .map(|entry| {
                        (Text { value: entry.key.clone(), span: entry.key_span }, crate::read::read_list(&entry.value, reader))
                    })
                    .collect(),
            )),
        }
    }

    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "object", "description": "axes with lists of values, or one of rows, table, defects-of" })
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
