//! The bounds of this crate.

/// Most rows of one collection.
pub(crate) const STORE_ROWS_MAX: usize = 200_000;
/// How deep a row nests at most whose text is kept in place of it; the reader of JSON goes 127 deep.
pub(crate) const ROW_TEXT_DEPTH_MAX: usize = 100;
/// Memory of a row that is there from the beginning, in bytes, up to which it is not kept as text.
pub(crate) const ROW_TREE_BYTES_MAX: usize = 2 * 1024;
/// Memory that the rows of one session take, in bytes; the oldest rows of its largest collection go where more come.
pub(crate) const SESSION_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Memory that the rows of all sessions take, in bytes; the session used longest ago goes where more come.
pub(crate) const STORES_BYTES_MAX: usize = 512 * 1024 * 1024;
/// Most sessions with a store of their own; the one used longest ago goes where another comes.
pub(crate) const SESSIONS_MAX: usize = 10_000;
/// Most rows that one search gives; its total counts them all.
pub(crate) const SEARCH_ROWS_MAX: usize = 1_000;
/// Most rows that one search includes beside those it found.
pub(crate) const SEARCH_INCLUDED_MAX: usize = 1_000;
/// How often references are followed from rows that were reached by references.
pub(crate) const SEARCH_ROUNDS_MAX: usize = 8;
/// Most values that one search asks for, alternatives counted one by one: each is compared with every row.
pub(crate) const SEARCH_VALUES_MAX: usize = 50;
/// Most counters of attempts in one session.
pub(crate) const ATTEMPT_KEYS_MAX: usize = 100_000;
/// Most rounds of a `repeat` without `times`.
pub(crate) const ROUNDS_MAX: u64 = 100_000;
/// Most branches of a `parallel` step, and most requests at once of a `load` step.
pub(crate) const BRANCHES_MAX: u64 = 1_000;
/// Most requests of one `load` step.
pub(crate) const LOAD_MAX: u64 = 1_000_000;
/// Exchanges of one scenario whose bodies stay in memory for later checks: those of a day of 33 clients, two a minute and more each.
pub(crate) const EXCHANGES_KEPT_MAX: usize = 100_000;
/// Bytes of a body up to which it is copied when it is kept, so that it does not hold the buffer that it was read into.
pub(crate) const BODY_COPIED_MAX: usize = 16 * 1024;
/// Longest output of a hook that is kept, in bytes.
pub(crate) const HOOK_BYTES_MAX: usize = 1024 * 1024;
/// How long a hook's address may take to answer before the first scored message, in milliseconds of real time.
pub(crate) const HOOK_REACH_MS: u64 = 5_000;
/// Shortest time between two looks at a folder or file that is waited for, in milliseconds of real time.
pub(crate) const POLL_MS: u64 = 100;
/// Longest time between two looks, reached after minutes of waiting, in milliseconds of real time.
pub(crate) const POLL_MAX_MS: u64 = 5_000;
/// How long a request with an unknown key waits for the hook that may bind it, in milliseconds of real time; on a busy machine a
/// hook takes its time, and a request that is given away is judged in the wrong scenario.
pub(crate) const BINDING_MS: u64 = 3_000;
/// How long such a request waits for a person, in milliseconds of real time: most clients wait half a minute for an answer.
pub(crate) const PERSON_BINDING_MS: u64 = 25_000;

/// Time between two looks at how late the machine is, in milliseconds of real time.
pub(crate) const LATE_LOOK_MS: u64 = 10;
/// How late a look must be to count, in milliseconds of real time: timers are exact to one or two.
pub(crate) const LATE_MS_MIN: u64 = 10;
/// Times in which the machine was late that are told apart.
pub(crate) const LATE_TIMES_MAX: usize = 10_000;
/// Smallest duration that can be judged over sockets, in milliseconds of real time.
pub(crate) const RESOLUTION_MS: u64 = 100;
/// Largest file or mail that is read, in bytes.
pub(crate) const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
