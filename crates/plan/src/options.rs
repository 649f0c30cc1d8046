//! What the user gave beside the pack.

use counterpart_evidence::{Level, RequirementId, Role};
use counterpart_fhir::Package;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where a setting's value came from, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The command line.
    Option,
    /// The environment.
    Environment,
    /// The workspace file.
    Workspace,
    /// The profile in force.
    Profile,
    /// The pack.
    Default,
}

impl Origin {
    /// Gives its word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Option => "option",
            Self::Environment => "environment",
            Self::Workspace => "workspace",
            Self::Profile => "profile",
            Self::Default => "default",
        }
    }
}

/// What `--scenario`, `--tag` and `--level` picked.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Prefixes of scenario ids, with or without the pack's name; all where empty.
    pub scenarios: Vec<String>,
    /// Tags; all where empty.
    pub tags: Vec<String>,
    /// Levels of covered requirements; all where empty.
    pub levels: Vec<Level>,
}

/// A change of a check's force that the workspace asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Force {
    /// It is left out.
    Disabled,
    /// Its level is this one.
    Lowered(Level),
    /// Its basis counts as published, so that it can fail the supplier.
    Promoted,
}

/// What a run can do beside calling and answering.
#[derive(Clone, Debug, Default)]
pub struct Abilities {
    /// Actions that a hook can do.
    pub actions: BTreeSet<String>,
    /// Whether a person at a terminal, or the mirror, can do every action.
    pub every_action: bool,
    /// Credentials beside the settings.
    pub credentials: BTreeSet<String>,
    /// Certificates beside the usual one.
    pub certificates: BTreeSet<String>,
    /// Endpoints whose address is known in role consumer.
    pub endpoints: BTreeSet<String>,
}

/// What a plan is made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To be played: what proves the pack's checks is not read.
    Play,
    /// To be looked at or proved: everything is read.
    #[default]
    Whole,
}

/// Everything that a plan is made from beside the pack.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What it is made for.
    pub purpose: Purpose,
    /// Role that we play; both are compiled without.
    pub role: Option<Role>,
    /// Role of the run, where that is not `role`: a mirror plays the other side at the same endpoints.
    pub run_role: Option<Role>,
    /// Profile; `default` without.
    pub profile: Option<String>,
    /// Values of settings as text, with where they came from.
    pub settings: BTreeMap<String, (String, Origin)>,
    /// Answers to claims.
    pub claims: BTreeMap<String, bool>,
    /// What to play.
    pub selection: Selection,
    /// What the run can do; `None` where nothing is to be played, and nothing is settled for want of it.
    pub abilities: Option<Abilities>,
    /// Checks whose force is changed, with the reason.
    pub force: BTreeMap<String, (Force, String)>,
    /// Requirements, and rows of the checklist, attested by a person, with the evidence in words.
    pub attested: BTreeMap<RequirementId, String>,
    /// Whether the pack's named requests are compiled to be built without a scenario.
    pub drafts: bool,
    /// FHIR packages that the user adds; their definitions stand before the pack's own.
    pub fhir_packages: Vec<Arc<Package>>,
    /// The mutant whose change is in force, by name: for the plan of the mirror.
    pub mutant: Option<String>,
}
