//! `mutants.yaml`: named defects of the mirror, each with the checks that must fail, and what no defect can show.

use crate::model::{EditItem, Listen, Offer, RoleWord};
use crate::read::{record, word};
use crate::{Flag, Node, Text, WordList};

record! {
    /// `mutants.yaml`.
    MutantFile "mutants" {
        /// Named mutants.
        list mutants "mutants": MutantItem,
        /// Survivors of the generic operators, with the reason why no check can or should see them.
        list survivors "survivors": Survivor,
        /// Must-level checks that never fail alone, each with the check that always fails with it; one mutant must break both.
        map implied "implied": Text,
        /// Must-level checks that no mutant can break, each with the reason.
        map unprovable "unprovable": Text,
    }
}

record! {
    /// One defect of the mirror. What it changes is said by `rule` with `change`, `patch`, `edit`, `before` or `remove`, or by `set`, `listen` or `connect`.
    MutantItem "a mutant" {
        /// Name; never reused.
        required id "id": Text,
        /// What is wrong with this mirror, one sentence.
        required title "title": Text,
        /// Role of ours that must find it: `consumer` where a stub is changed, `provider` where a player is.
        required role "role": RoleWord,
        /// What it changes, one or several in the same way: `FILE#ID` for a rule of a stub or player, or a named reply; `requests#ID`, `fragments#NAME`, `endpoints#NAME`, `store`.
        optional rule "rule": WordList,
        /// Merged into the rule (RFC 7396): maps merge, `null` removes, everything else replaces.
        optional change "change": Node,
        /// Changes inside the rule's lists, after `change`: JSON Patch (RFC 6902) on the rule as it is written.
        list patch "patch": Node,
        /// Edits of each message that the rule sends, once it is built.
        list edit "edit": EditItem,
        /// Whether the rule is taken out.
        optional remove "remove": Flag,
        /// A rule put right before it.
        optional before "before": Node,
        /// Settings of the mirror's own side, by name.
        map set "set": Node,
        /// How an endpoint of the mirror listens: certificate, client certificate, TLS version, protocol answer.
        optional listen "listen": Listen,
        /// How the mirror connects: certificate, TLS offer, whom it trusts.
        optional connect "connect": Connecting,
        /// Scenarios to play, by prefix.
        list plays "plays": Text,
        /// Exactly the checks that must fail there. A scenario's own check is `SCENARIO#ID`, for all its variants.
        list fails "fails": Text,
    }
}

record! {
    /// How the mirror connects wherever it sends, whatever its steps say.
    Connecting "connect" {
        /// Client certificate: `none`, `default`, `expired`, `unknown`, `revoked`, ...
        optional certificate "certificate": Text,
        /// TLS offer.
        optional tls "tls": Offer,
        /// Whom it trusts.
        optional trust "trust": TrustWord,
    }
}

word! {
    /// Whom a client of the mirror trusts.
    TrustWord "trust" {
        /// Any server, whatever certificate it shows.
        "anybody" Anybody,
        /// Servers with a good certificate of a known authority, as usual.
        "chain" Chain,
    }
}

record! {
    /// Survivors of generic operators that are as they should be.
    Survivor "a survivor" {
        /// Role of ours.
        required role "role": RoleWord,
        /// Message of the mirror, as `prove` prints it; `*` stands for any part.
        required message "message": Text,
        /// Mutation, as `prove` prints it; `*` stands for any part.
        required mutation "mutation": Text,
        /// Why no check can or should see it.
        required reason "reason": Text,
    }
}
