//! Every bound on what is read here, and their defaults.
//!
//! Texts come from the system under test and are hostile until shown otherwise; expressions come from packs, which
//! may be anybody's. Passing a bound is a fault with a place, never a crash and never a silent cut.

use std::time::Duration;

/// The deepest nesting that [`Limits::depth_max`] may ask for; trees are dropped and walked by recursion in places.
pub const DEPTH_CEILING: usize = 1_000;

/// How many repeated member names are told apart; the rest of a text that repeats itself adds no news.
pub(crate) const DUPLICATES_MAX: usize = 100;

/// How many bytes the pointers of repeated member names may take together.
pub(crate) const DUPLICATE_POINTER_BYTES_MAX: usize = 1 << 20;

/// The longest JSON Pointer, JSONPath or XPath expression; compiling a pattern in one takes the square of its length.
pub const EXPRESSION_BYTES_MAX: usize = 4_096;

/// How deep brackets and parentheses may nest in an expression.
pub(crate) const EXPRESSION_DEPTH_MAX: usize = 32;

/// How many `..` segments a JSONPath query may have: each can multiply the work by the depth of the document.
pub(crate) const DESCENDANT_SEGMENTS_MAX: usize = 2;

/// How many bytes at the beginning of an XML text are looked through for its declaration.
pub(crate) const DECLARATION_BYTES_MAX: usize = 1_024;

/// How many attributes one element may have, namespace declarations included.
pub(crate) const ATTRIBUTES_MAX: usize = 256;

/// How many namespace declarations may be in scope of one element.
pub(crate) const NAMESPACES_AT_ONCE_MAX: usize = 1_024;

/// How many namespace declarations may be in scope, summed over the elements that declare one: each such element costs
/// a copy of what is in scope around it.
pub(crate) const NAMESPACES_IN_SCOPE_MAX: usize = 1 << 18;

/// How many items an XPath expression may give.
pub const ITEMS_MAX: usize = 10_000;

/// How many bytes the texts and paths of an XPath result may take together.
pub(crate) const ITEM_BYTES_MAX: usize = 64 << 20;

/// How many moves over the tree, and hundreds of bytes of string values, one XPath evaluation may take.
pub(crate) const XPATH_STEPS_MAX: u64 = 2_000_000;

/// How many moves a string value counts for at least: it is made, and then used.
pub(crate) const XPATH_STEPS_OF_VALUE: usize = 6;

/// How many times the loops, lists and ranges that an XPath expression writes out may go round by themselves.
pub(crate) const XPATH_ITERATIONS_MAX: u64 = 1_000_000;

/// What a loop over nodes, or over the words of a text, counts for in that product: how many there are is known only
/// with a document.
pub(crate) const XPATH_ITEMS_ASSUMED: u64 = 1_000;

/// How long one XPath evaluation may take: patterns (`matches`, `replace`, `tokenize`) cost more than the moves that they make.
pub(crate) const XPATH_TIME_MAX: Duration = Duration::from_millis(750);

/// How deep the operators and brackets of an XPath expression may nest; its evaluation recurses.
pub(crate) const XPATH_DEPTH_MAX: usize = 64;

/// The bounds on one JSON or XML text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text.
    pub bytes_max: usize,
    /// Objects and arrays, or elements, inside each other; more than [`DEPTH_CEILING`] counts as that.
    pub depth_max: usize,
    /// Members and items, or nodes and attributes, in the whole text.
    pub members_max: usize,
}

impl Default for Limits {
    /// Gives 16 MiB, 128 levels and a million members.
    fn default() -> Self {
        Self { bytes_max: 16 << 20, depth_max: 128, members_max: 1_000_000 }
    }
}

impl Limits {
    pub(crate) fn depth(&self) -> usize {
        self.depth_max.min(DEPTH_CEILING)
    }
}
