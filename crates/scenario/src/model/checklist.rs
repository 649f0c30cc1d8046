//! `checklist.yaml`: the form in which the hub's authority asks for the result.

use crate::Text;
use crate::model::RoleWord;
use crate::read::{record, word};

record! {
    /// `checklist.yaml`: the form in which the hub's authority asks for the result, row by row, as `--format checklist` fills it.
    ChecklistFile "checklist" {
        /// Title of the form.
        required title "title": Text,
        /// Document id and section.
        optional source "source": Text,
        /// Columns of the form beside those that every checklist has.
        list columns "columns": ChecklistColumnItem,
        /// Wording for the form, by what a run says to a row; a row's own stands before it.
        optional words "words": RowWords,
        /// Rows in the form's order.
        list rows "rows": ChecklistRowItem,
        /// Requirements and checks that no row asks for, with the reason; without, `check` warns of them.
        list uncovered "uncovered": UncoveredItem,
    }
}

record! {
    /// A column of the form that the pack fills.
    ChecklistColumnItem "a column" {
        /// Id, as `cells` names it.
        required id "id": Text,
        /// Heading.
        required title "title": Text,
    }
}

word! {
    /// Who shows what no run can.
    ShownByWord "who shows it" {
        /// The hub's integration environment, where the real systems meet.
        "integration-environment" Integration,
        /// A person, with evidence of another kind.
        "person" Person,
    }
}

record! {
    /// A row of the form: what it stands for, or who shows it, or both.
    ChecklistRowItem "a row" {
        /// Id in the authority's form.
        required id "id": Text,
        /// What the form asks, in our words.
        required text "text": Text,
        /// Roles of ours in which it can be shown.
        list roles "roles": RoleWord,
        /// Requirements that it stands for, each with every check of it.
        list requirements "requirements": Text,
        /// Checks that it stands for, wherever they are applied.
        list checks "checks": Text,
        /// Scenarios that it stands for, by prefix.
        list scenarios "scenarios": Text,
        /// Who shows what no run can.
        optional by "by": ShownByWord,
        /// What is then still to be shown.
        optional still "still": Text,
        /// Values of the pack's own columns.
        map cells "cells": Text,
        /// Wording for the form, by what a run says to the row.
        optional words "words": RowWords,
    }
}

record! {
    /// Wording for the form, by what a run says to a row.
    RowWords "words of a row" {
        /// Our side, the machine or the set-up broke.
        optional error "error": Text,
        /// What the row stands for was broken.
        optional fail "fail": Text,
        /// It could not be judged.
        optional inconclusive "inconclusive": Text,
        /// It is left to the integration environment.
        optional integration "integration-environment": Text,
        /// The conformance statement says no to all of it.
        optional not_applicable "not-applicable": Text,
        /// The run played nothing of it.
        optional not_tested "not-tested": Text,
        /// What was judged of it held, and the rest is open.
        optional partial "partial": Text,
        /// All of it was played and held.
        optional pass "pass": Text,
        /// It is left to a person.
        optional person "person": Text,
        /// All of it was judged, and something that does not bind as a must did not hold.
        optional warning "warning": Text,
    }
}

record! {
    /// Requirements and checks that no row asks for.
    UncoveredItem "what no row asks for" {
        /// Ids; `*` at an id's end stands for whatever follows.
        list ids "ids": Text,
        /// Why the form does not ask for them.
        required reason "reason": Text,
    }
}
