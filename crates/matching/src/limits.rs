//! Every bound of this crate.
//!
//! A text from a pack or a message can be hostile; passing a bound is a fault that names the bound, never a hang.

/// Bytes of an expression's text.
pub(crate) const EXPRESSION_BYTES_MAX: usize = 8_000;
/// Expressions that are kept compiled; the packs that are shipped have about half as many together.
pub(crate) const EXPRESSIONS_KEPT_MAX: usize = 8_192;
/// How deep brackets may nest in an expression; the parser below recurses once or more for each.
pub(crate) const EXPRESSION_NESTING_MAX: usize = 24;
/// Operators, dots and separators in an expression; each can make the parser's tree one level deeper.
pub(crate) const EXPRESSION_TOKENS_MAX: usize = 1_200;
/// How deep the tree of an expression may be; evaluation recurses once for each.
pub(crate) const EXPRESSION_DEPTH_MAX: usize = 150;
/// Comprehensions within comprehensions.
pub(crate) const COMPREHENSION_NESTING_MAX: usize = 4;
/// Steps of one evaluation: a node, a member looked at, or some bytes copied.
pub(crate) const EVALUATION_STEPS_MAX: u64 = 1_000_000;
/// Bytes of text that one evaluation may make in all.
pub(crate) const EVALUATION_BYTES_MAX: usize = 16 << 20;
/// Bytes of text that count as one step.
pub(crate) const BYTES_PER_STEP: usize = 64;
/// Steps that compiling a pattern at evaluation counts as.
pub(crate) const PATTERN_STEPS: u64 = 20_000;
/// Bytes of a pattern's text.
pub(crate) const PATTERN_BYTES_MAX: usize = 4_000;
/// Patterns that are kept compiled.
pub(crate) const PATTERNS_KEPT_MAX: usize = 1_024;
/// Bytes of a compiled pattern.
pub(crate) const PATTERN_SIZE_MAX: usize = 1 << 20;
/// Bytes of filler text.
pub(crate) const FILLER_BYTES_MAX: usize = 16 << 20;
/// Gaps of a series that one finding names.
pub(crate) const GAPS_TOLD_MAX: usize = 50;
/// Members of `range(n)`.
pub(crate) const RANGE_MAX: i64 = 100_000;
/// Depth of a JSON value that an expression or template parses or changes.
pub(crate) const VALUE_DEPTH_MAX: usize = 100;
/// Bytes of a template's text.
pub(crate) const TEMPLATE_BYTES_MAX: usize = 4 << 20;
/// How deep blocks and subexpressions may nest in a template; the parser below recurses for each.
pub(crate) const TEMPLATE_NESTING_MAX: usize = 24;
/// Tags in a template.
pub(crate) const TEMPLATE_TAGS_MAX: usize = 20_000;
/// Bytes of one tag, from `{{` to `}}`.
pub(crate) const TAG_BYTES_MAX: usize = 4_000;
/// Bytes that a template may render.
pub(crate) const RENDER_BYTES_MAX: usize = 32 << 20;
/// Rounds of all loops, and tags, of one rendering.
pub(crate) const RENDER_STEPS_MAX: u64 = 1_000_000;
/// Characters of a value that a mismatch shows.
pub(crate) const SHOWN_CHARS_MAX: usize = 200;
/// Nodes that one condition looks at; more is the peer's fault or a wrong path.
pub(crate) const NODES_MAX: usize = 100_000;
/// Members of a list that are compared each with each.
pub(crate) const UNIQUE_MAX: usize = 10_000;
/// Generic mutations of one message.
pub(crate) const MUTATIONS_MAX: usize = 2_000;
/// Entries of a list, alike in shape, that are all spoilt; of more only the first is.
pub(crate) const ALIKE_MAX: usize = 3;
/// Bytes that a message may have after an edit.
pub(crate) const EDITED_BYTES_MAX: usize = 64 << 20;
/// Bytes of a body that is parsed as JSON or XML.
pub(crate) const BODY_BYTES_MAX: usize = 64 << 20;
/// Operations of a JSON Patch.
pub(crate) const PATCH_OPERATIONS_MAX: usize = 1_000;
/// Steps that one signature, or one key of a set, counts as: it takes about as long.
pub(crate) const TOKEN_STEPS: usize = 10_000;
