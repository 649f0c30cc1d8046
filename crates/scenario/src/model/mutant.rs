//! `mutants.yaml`: named defects of the mirror, each with the checks that must fail.

use crate::model::{EditItem, RoleWord};
use crate::read::record;
use crate::{Flag, Node, Text};

record! {
    /// `mutants.yaml`.
    MutantFile "mutants" {
        /// Named mutants.
        list mutants "mutants": MutantItem,
        /// Survivors of the generic operators, with the reason why no check can see them.
        list equivalent "equivalent": Equivalent,
        /// Must-level checks that are no set's sole member: the check that implies them, or why no mutant is possible.
        map implied "implied": Text,
    }
}

record! {
    /// One defect of the mirror.
    MutantItem "a mutant" {
        /// Name; never reused.
        required id "id": Text,
        /// What is wrong with this mirror, one sentence.
        required title "title": Text,
        /// Role of ours that must find it.
        required role "role": RoleWord,
        /// The rule it changes: `FILE#ID` of a stub or a player, a request `ID`, or `store`, `endpoint`.
        required rule "rule": Text,
        /// Merged into the rule (RFC 7396): maps merge, `null` removes, everything else replaces.
        optional change "change": Node,
        /// Edits of the message that the rule sends.
        list edit "edit": EditItem,
        /// Whether the rule is taken out.
        optional remove "remove": Flag,
        /// A rule put before all others of its file.
        optional before "before": Node,
        /// Settings of the mirror's own side, by name.
        map set "set": Node,
        /// Scenarios to play, by prefix.
        list plays "plays": Text,
        /// Exactly the checks that must fail there.
        list fails "fails": Text,
    }
}

record! {
    /// Survivors of a generic operator that are as they should be.
    Equivalent "equivalent" {
        /// Role of ours.
        required role "role": RoleWord,
        /// Rule of the mirror whose message is meant: `FILE#ID`; `*` for any part.
        required rule "rule": Text,
        /// Mutation, as `prove` prints it; `*` for any part.
        required mutation "mutation": Text,
        /// Why no check can or should see it.
        required reason "reason": Text,
    }
}
