//! FHIR definitions, and the checks that they ask of a resource: STU3 and R4, in JSON and in XML.
//!
//! Packages come from the caller, as bytes; nothing is fetched. To compile definitions may leave something out, with a
//! notice; to check is total: whatever is wrong with a resource is a finding, and what could not be judged is a finding of
//! its own, never a pass. Nothing here knows of HTTP, of scenarios or of any system.

mod check;
mod convert;
mod definitions;
mod error;
mod finding;
mod instance;
mod limits;
mod measure;
mod package;
mod path;
mod primitive;
#[cfg(test)]
mod samples;
mod terminology;
mod truth;
mod version;

pub use check::{Part, Policy, Report, Unknown, Validator};
pub use convert::{as_json, as_xml, convert, place_in_xml};
pub use definitions::Definitions;
pub use error::Error;
pub use finding::{Code, Finding, Severity};
pub use instance::{Format, Resource};
pub use limits::PACKAGE_BYTES_MAX;
pub use measure::{Expressed, expressions};
pub use package::{Definition, Kind, Package, PackageDigest};
pub use version::FhirVersion;
