//! FHIR packages: a gzip tar of definitions, or single definition files.
//!
//! Only structure definitions, value sets and code systems are kept, cut down to what the checks need. Archives may be
//! hostile: entries, sizes and names are bounded. <https://hl7.org/fhir/packages.html>

mod kept;
mod packed;
mod read;
mod tar;
#[cfg(test)]
mod tests;
mod trim;

pub use kept::PackageDigest;
pub use read::{Definition, Kind, Package};
#[cfg(test)]
pub(crate) use tar::Archive;
