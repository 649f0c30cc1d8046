//! The bounds of the command.

/// Bytes of a file of the user that is read whole: workspace, claims, baseline, certificate, key.
pub(crate) const FILE_BYTES_MAX: u64 = 1 << 20;
/// Bytes of a resource that `fhir` reads: more than a reader takes, so that what is too long is told.
pub(crate) const RESOURCE_BYTES_MAX: u64 = 64 << 20;
/// Bytes of a FHIR package as it is kept once it was read.
pub(crate) const KEPT_BYTES_MAX: u64 = 1 << 30;
/// Exchanges that the control listener still shows.
pub(crate) const RECENT_EXCHANGES_MAX: usize = 1_000;
/// Bytes of those.
pub(crate) const RECENT_BYTES_MAX: usize = 16 << 20;
/// Exchanges in one list of the control listener, unless fewer are asked for.
pub(crate) const LISTED_MAX: usize = 100;
/// Bytes of a run folder that `bundle` packs.
pub(crate) const BUNDLE_BYTES_MAX: u64 = 8 << 30;
/// Bytes of a body that the control listener takes; none of its requests needs one.
pub(crate) const CONTROL_BODY_BYTES_MAX: usize = 64 << 10;
/// Milliseconds for which a person is waited for at least.
pub(crate) const PATIENCE_MIN_MS: u64 = 300_000;
/// Milliseconds between two looks at whether the machine's clock was set.
pub(crate) const CLOCK_LOOK_MS: u64 = 1_000;
/// Milliseconds by which it must have been set to be told.
pub(crate) const CLOCK_JUMP_MS: i64 = 1_000;
/// Milliseconds of real time by which it must have been late to be told among the limits.
pub(crate) const LATE_TOLD_MS: u64 = 50;
/// Connections to the control listener at once.
pub(crate) const CONTROL_CONNECTIONS_MAX: usize = 64;
