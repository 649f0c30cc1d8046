//! The authority's checklist: the form in which it asks for the result, row by row, and what a run says to each row.

use crate::finding::words;
use crate::{Role, ScenarioId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// Who shows what a run of this tool cannot.
    ShownBy {
        /// The hub's integration environment, where the real systems meet.
        Integration = "integration-environment",
        /// A person, with evidence of another kind.
        Person = "person",
    }
}

words! {
    /// What a run says to one row of a checklist. It is stricter than a verdict: `pass` needs all that the row stands for.
    RowVerdict {
        /// Our side, the machine or the set-up broke.
        Error = "error",
        /// The system under test broke what the row stands for.
        Fail = "fail",
        /// It could not be judged.
        Inconclusive = "inconclusive",
        /// It is left to the integration environment.
        Integration = "integration-environment",
        /// All that it stands for was answered no in the conformance statement.
        NotApplicable = "not-applicable",
        /// This run played nothing of it.
        NotTested = "not-tested",
        /// What was judged of it held, and the rest is open.
        Partial = "partial",
        /// All that it stands for was played, judged, and held.
        Pass = "pass",
        /// It is left to a person.
        Person = "person",
        /// All of it was judged, and something that does not bind as a must did not hold.
        Warning = "warning",
    }
}

words! {
    /// What a row stands for.
    PartKind {
        /// A check, wherever it is applied.
        Check = "check",
        /// A requirement, with every check of it.
        Requirement = "requirement",
        /// A scenario, or all below a prefix.
        Scenario = "scenario",
    }
}

/// A checklist as a pack declares it, resolved for one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Checklist {
    /// Title of the form.
    pub title: String,
    /// Document and section.
    pub source: Option<String>,
    /// Columns of the form beside those that every checklist has.
    pub columns: Vec<ChecklistColumn>,
    /// Rows in the form's order.
    pub rows: Vec<ChecklistItem>,
}

/// A column of the form that the pack fills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChecklistColumn {
    /// Id, as cells name it.
    pub id: String,
    /// Heading.
    pub title: String,
}

/// A row of the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChecklistItem {
    /// Id in the authority's form.
    pub id: String,
    /// What it asks.
    pub text: String,
    /// Roles of ours in which it can be shown.
    pub roles: Vec<Role>,
    /// What it stands for in this role.
    pub parts: Vec<ChecklistPart>,
    /// What is still to be shown by somebody else.
    pub rest: Option<ChecklistRest>,
    /// The pack's own columns, by id.
    pub cells: BTreeMap<String, String>,
    /// Wording for the form, by what a run says.
    pub words: BTreeMap<RowVerdict, String>,
}

/// One thing that a row stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChecklistPart {
    /// What it is.
    pub kind: PartKind,
    /// Id of the requirement or check, or the prefix of the scenarios.
    pub id: String,
    /// Scenarios of this role in which it is shown.
    pub scenarios: Vec<ScenarioId>,
}

/// What no run can show of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChecklistRest {
    /// Who shows it.
    pub by: ShownBy,
    /// What is still to be shown.
    pub text: String,
}

/// A checklist with what a run says to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChecklistRecord {
    /// Title of the form.
    pub title: String,
    /// Document and section.
    pub source: Option<String>,
    /// Columns of the form beside those that every checklist has.
    pub columns: Vec<ChecklistColumn>,
    /// Rows in the form's order.
    pub rows: Vec<ChecklistRow>,
}

/// A row with what a run says to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ChecklistRow {
    /// The row of the form.
    #[serde(flatten)]
    pub item: ChecklistItem,
    /// What the run says.
    pub verdict: RowVerdict,
    /// Findings that passed.
    pub passed: u32,
    /// Findings that failed.
    pub failed: u32,
    /// What was seen, or why nothing was.
    pub seen: String,
    /// What of the row this run did not show, each with its reason.
    pub open: Vec<String>,
    /// What a person attested of the rest, where one did.
    pub attested: Option<String>,
}
