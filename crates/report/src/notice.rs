//! The one sentence that every report for people carries (design section 6).

/// What a report is not, in every format that a person reads.
pub(crate) const NOTICE: &str = "This report is the result of a simulated test. It is not an accreditation, an assurance decision or a permission to \
     connect; it covers only what its requirement table lists as tested, for the build named, on the day named.";
