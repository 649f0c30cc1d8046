//! The versions of FHIR that are known.

use std::fmt;

/// A version of FHIR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum FhirVersion {
    /// STU3, 3.0.x.
    Stu3,
    /// R4, 4.0.x.
    R4,
}

impl FhirVersion {
    /// Reads `3.0.1`, `4.0.1`, `3.0`, `R4` and `STU3`; other versions are not known.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is = |version: &str| text == version || text.strip_prefix(version).is_some_and(|rest| rest.starts_with('.'));
        if is("3.0") || text == "STU3" || text == "R3" {
            Some(Self::Stu3)
        } else if is("4.0") || text == "R4" {
            Some(Self::R4)
        } else {
            None
        }
    }
}

impl fmt::Display for FhirVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Stu3 => "3.0",
            Self::R4 => "4.0",
        })
    }
}
