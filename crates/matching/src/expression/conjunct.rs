//! The parts of an expression between its outermost `&&`.

use super::Expression;
use super::node::Node;

impl Expression {
    /// Gives the expressions that must all be true for this one to be true: those between its outermost `&&`, or itself.
    ///
    /// ```
    /// use counterpart_matching::Expression;
    /// let expression = Expression::compile("a == 1 && (b || c) && 'x && y' in d")?;
    /// let parts: Vec<String> = expression.conjuncts().iter().map(|part| part.text().to_owned()).collect();
    /// assert_eq!(parts, ["a == 1", "(b || c)", "'x && y' in d"]);
    /// # Ok::<(), counterpart_matching::ExpressionFault>(())
    /// ```
    #[must_use]
    pub fn conjuncts(&self) -> Vec<Self> {
        let compiled: Option<Vec<Self>> = between_ands(self.text()).map(|text| Self::compile(text.trim()).ok()).collect();
        // The text is read the plain way here. A part that ends inside of a quoted text or of brackets does not compile, and one that
        // holds an `&&` too few or too many makes another number than the tree has.
        let count = leaves(&self.program.root);
        compiled.filter(|parts| parts.len() == count && count > 1).unwrap_or_else(|| vec![self.clone()])
    }
}

/// Counts what stands between the `&&` at the top of a tree.
fn leaves(node: &Node) -> usize {
    match node {
        Node::And(left, right) => leaves(left) + leaves(right),
        _ => 1,
    }
}

/// Splits a text at each `&&` outside of brackets and quoted texts.
fn between_ands(text: &str) -> impl Iterator<Item = &str> {
    let (mut nesting, mut quote, mut escaped) = (0_usize, None, false);
    let mut and = false;
    text.split(move |character: char| {
        let second = std::mem::take(&mut and);
        match (quote, character) {
            _ if std::mem::take(&mut escaped) => {}
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '(' | '[' | '{') => nesting += 1,
            (None, ')' | ']' | '}') => nesting = nesting.saturating_sub(1),
            (None, '&') if nesting == 0 && second => return true,
            (None, '&') if nesting == 0 => and = true,
            (None, _) => {}
        }
        false
    })
    .map(|part| part.strip_suffix('&').unwrap_or(part))
}
