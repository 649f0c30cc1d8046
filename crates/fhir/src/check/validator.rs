//! The check of one resource, from its text to its findings.

use super::checker::Checker;
use super::part::Part;
use super::place::settle;
use crate::definitions::Definitions;
use crate::finding::{Draft, Finding, Severity};
use crate::instance::{ROOT, Resource, read};

/// What is said of an extension that no package defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It may be there; that it was passed over is told as information.
    Allow,
    /// It is an error.
    Error,
    /// It is told as not checked.
    Tell,
}

/// What the definitions leave to whoever checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Extensions that no package defines; FHIR lets anybody use them.
    pub unknown_extensions: Unknown,
    /// The same of modifier extensions, which change the meaning of what they stand in.
    pub unknown_modifier_extensions: Unknown,
}

impl Default for Policy {
    fn default() -> Self {
        Self { unknown_extensions: Unknown::Tell, unknown_modifier_extensions: Unknown::Tell }
    }
}

/// What the check of one resource found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In the order of the text, at most 1,000.
    pub findings: Vec<Finding>,
    /// How many more there were.
    pub further: usize,
    /// The type of the resource, empty where it is not known.
    pub resource_type: String,
}

impl Report {
    /// Counts the findings of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Tells whether nothing is against a rule. What was not checked does not count here: see the findings.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.further == 0 && self.count(Severity::Error) == 0
    }
}

/// Checks resources against a set of definitions.
#[derive(Clone, Copy, Debug)]
pub struct Validator<'d> {
    definitions: &'d Definitions,
    policy: Policy,
}

impl<'d> Validator<'d> {
    /// Makes one.
    #[must_use]
    pub fn new(definitions: &'d Definitions, policy: Policy) -> Self {
        Self { definitions, policy }
    }

    /// Checks a resource against its type, the profiles that it claims, and the profiles named here.
    ///
    /// It never fails: whatever is wrong is a finding, and what could not be judged is one too.
    ///
    /// ```
    /// use counterpart_fhir::{Definitions, FhirVersion, Policy, Resource, Validator};
    /// let definitions = Definitions::new(FhirVersion::R4);
    /// let resource = Resource::parse(&r#"{"resourceType": "Patient"}"#.into(), &Default::default())?;
    /// let report = Validator::new(&definitions, Policy::default()).check(&resource, &[]);
    /// assert_eq!(report.findings[0].message, "`Patient` is no type of resource in the packages at hand");
    /// # Ok::<(), counterpart_fhir::Error>(())
    /// ```
    #[must_use]
    pub fn check(&self, resource: &Resource, profiles: &[String]) -> Report {
        self.check_part(resource, profiles, None)
    }

    /// Checks the parts of a resource that a path selects, all of it without one. The profiles are asked of each part; what
    /// stands outside of them is only read. That nothing is selected is an error.
    #[must_use]
    pub fn check_part(&self, resource: &Resource, profiles: &[String], part: Option<&Part>) -> Report {
        let (tree, drafts) = read(resource, self.definitions);
        let Some(tree) = tree else {
            return Report { findings: settle(&drafts, None, resource), ..Report::default() };
        };
        let mut checker = Checker::new(self.definitions, &tree, self.policy, Vec::new());
        let parts = match part {
            Some(part) => checker.parts(part),
            None => vec![ROOT],
        };
        // What is wrong with the text as a whole, such as a name that stands twice, is wrong with each of its parts.
        let of_all = |draft: &Draft| draft.node == ROOT && draft.below.is_none();
        let concerns = |draft: &Draft| of_all(draft) || parts.iter().any(|part| tree.is_inside(draft.node, *part));
        checker.drafts.extend(drafts.into_iter().filter(concerns));
        for part in parts {
            checker.resources(part);
            for profile in profiles {
                checker.named(part, profile);
            }
        }
        Report {
            findings: settle(&checker.drafts, Some(&tree), resource),
            further: checker.further,
            resource_type: tree.node(ROOT).type_name.to_owned(),
        }
    }
}
