//! Every bound of this crate: packages may be anybody's, and resources come from the system under test.

/// Bytes of one package as it is stored.
pub const PACKAGE_BYTES_MAX: u64 = 256 << 20;
/// Bytes of one package when it is unpacked.
pub(crate) const UNPACKED_BYTES_MAX: u64 = 1 << 30;
/// Files in one package.
pub(crate) const ENTRIES_MAX: usize = 50_000;
/// Bytes of one file in a package; longer ones are left out and named.
pub(crate) const ENTRY_BYTES_MAX: u64 = 64 << 20;
/// Bytes of the name of a file in a package.
pub(crate) const NAME_BYTES_MAX: u64 = 4_096;
/// Remarks that are kept on one package.
pub(crate) const NOTICES_MAX: usize = 200;
/// Elements of one structure definition.
pub(crate) const ELEMENTS_MAX: usize = 20_000;
/// Definitions that rest on each other in a line: base of base, value set in value set.
pub(crate) const CHAIN_MAX: usize = 32;
/// Snapshots that are made on the way to one.
pub(crate) const SNAPSHOTS_MAX: usize = 200;
/// Elements inside each other in a resource.
pub(crate) const DEPTH_MAX: usize = 100;
/// Findings on one resource; what goes beyond is counted.
pub(crate) const FINDINGS_MAX: usize = 1_000;
/// Steps of all checks on one resource: a visit of an element, or a step of an expression.
pub(crate) const STEPS_MAX: u64 = 50_000_000;
/// Steps of one evaluation of one invariant.
pub(crate) const EXPRESSION_STEPS_MAX: u64 = 2_000_000;
/// Items in one collection of an expression.
pub(crate) const COLLECTION_MAX: usize = 200_000;
/// Bytes of an expression.
pub(crate) const EXPRESSION_BYTES_MAX: usize = 16_384;
/// Brackets and operators inside each other in an expression.
pub(crate) const EXPRESSION_DEPTH_MAX: usize = 64;
/// Bytes of a compiled regular expression.
pub(crate) const REGEX_BYTES_MAX: usize = 1 << 20;
/// Profiles that are tried inside each other: a slice told by a profile whose slices are told by profiles.
pub(crate) const TRIALS_MAX: usize = 6;
/// Resources that are followed from reference to reference.
pub(crate) const HOPS_MAX: usize = 16;
/// Codes that a value set or code system may list.
pub(crate) const CODES_MAX: usize = 1_000_000;
/// Characters of a value that a message shows.
pub(crate) const SHOWN_CHARS_MAX: usize = 80;
