//! Every bound of a report, so that a long run still gives a file that opens. What a bound leaves out is counted in the
//! report. The numbers are our choice; design section 6 asks that 10,000 exchanges stay usable.

/// Bytes of markup that exchanges shown in full may take before the rest stands as rows.
pub const FULL_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of the bodies of passing exchanges that a page carries.
pub const PASSING_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Bytes of one body in an exchange shown in full.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;
/// Bytes of one body of a passing exchange.
pub(crate) const PASSING_BODY_BYTES_MAX: usize = 16 * 1024;
/// Bytes that a content coding may unfold to.
pub(crate) const DECODED_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Bytes of a body that are looked at for pretty-printing.
pub(crate) const PRETTY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of what stood on the wire, shown in full.
pub(crate) const WIRE_BYTES_MAX: usize = 16 * 1024;
/// Characters of one value: a header, an expected or actual value, a path.
pub(crate) const VALUE_CHARS_MAX: usize = 1_000;
/// Header fields of one message.
pub(crate) const HEADERS_MAX: usize = 100;
/// Failures shown as cards; the rest are found at their scenarios.
pub(crate) const FAILURES_MAX: usize = 150;
/// Failures, and limits, named beside the verdict.
pub(crate) const GLANCE_MAX: usize = 6;
/// Warnings shown as cards.
pub(crate) const WARNINGS_MAX: usize = 100;
/// Findings listed at one step.
pub(crate) const FINDINGS_MAX: usize = 50;
/// Exchanges linked from one step, and places listed on one card.
pub(crate) const LINKS_MAX: usize = 12;
/// Links to evidence in one row of the table of requirements.
pub(crate) const EVIDENCE_LINKS_MAX: usize = 5;
/// Places marked in one body.
pub(crate) const MARKS_MAX: usize = 200;
/// Steps listed at one attempt.
pub(crate) const STEPS_MAX: usize = 200;
/// Lines around a failing place.
pub(crate) const CONTEXT_LINES: usize = 3;
/// Lines of one excerpt.
pub(crate) const EXCERPT_LINES_MAX: usize = 14;
/// Exchanges in one sequence diagram: two arrows each.
pub(crate) const DIAGRAM_EXCHANGES_MAX: usize = 30;
/// Lifelines in one sequence diagram.
pub(crate) const LIFELINES_MAX: usize = 6;
/// Lanes of one timeline.
pub(crate) const LANES_MAX: usize = 8;
/// Requests that have a mark each in one lane of a timeline; where there are more, a stretch of time has one.
pub(crate) const LANE_MARKS_MAX: usize = 150;
/// Arcs in one lane of a timeline.
pub(crate) const TIES_MAX: usize = 80;
/// Bands of a timeline.
pub(crate) const BANDS_MAX: usize = 20;
/// Actions marked in a timeline.
pub(crate) const ASKS_MAX: usize = 100;
/// Gaps and requests with a bar below in one lane of a timeline.
pub(crate) const WRONG_MAX: usize = 50;
/// Requests of one kind from which their rhythm is drawn.
pub(crate) const RHYTHM_REQUESTS_MIN: usize = 3;
/// Exchanges of a scenario from which their durations are drawn.
pub(crate) const HISTOGRAM_EXCHANGES_MIN: usize = 20;
/// Rows in one fold of the table of exchanges.
pub(crate) const FOLD_ROWS: usize = 250;
/// Names in one list: modified files, unused rules, criteria.
pub(crate) const NAMES_MAX: usize = 200;
/// Failures on the console.
pub(crate) const CONSOLE_FAILURES_MAX: usize = 20;
/// Spaces of indentation, however deep a body goes.
pub(crate) const INDENT_MAX: usize = 60;
