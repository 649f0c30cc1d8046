//! What an XPath expression may cost by itself, and what it may call, judged before it is used.
//!
//! Walks over a document are paid for as they happen; loops over numbers, lists and words are not seen by the cursor,
//! so their product is bounded here. Refused: documents by address, the clock, and ranges whose ends are computed.

use crate::fault::PathFault;
use crate::limits::{XPATH_ITEMS_ASSUMED, XPATH_ITERATIONS_MAX};
use xsd_schema::xpath::ast::ValueNode;
use xsd_schema::xpath::{AstArena, AstNode, AstNodeId};

/// Functions that read what is not in the document, or the clock; each with the reason.
const REFUSED: &[(&str, &str)] = &[
    ("collection", "no document is read but the one that is checked"),
    ("current-date", "an expression has no clock"),
    ("current-dateTime", "an expression has no clock"),
    ("current-time", "an expression has no clock"),
    ("doc", "no document is read but the one that is checked"),
    ("doc-available", "no document is read but the one that is checked"),
    ("trace", "an expression prints nothing"),
];

/// Functions whose result can be as long as a text.
const GROWING: &[&str] = &["distinct-values", "data", "index-of", "string-to-codepoints", "tokenize"];

/// Functions whose result is as long as their arguments.
const PASSING: &[&str] =
    &["exactly-one", "insert-before", "one-or-more", "remove", "reverse", "subsequence", "unordered", "zero-or-one"];

/// How often a part is gone through and how many items it gives.
#[derive(Clone, Copy)]
struct Cost {
    rounds: u64,
    items: u64,
}

const ONE: Cost = Cost { rounds: 1, items: 1 };

/// Refuses what an expression must not call and what could go round too often.
pub(super) fn check(arena: &AstArena, root: AstNodeId, expression: &str) -> Result<(), PathFault> {
    let cost = (Judge { arena, expression }).cost(root)?;
    if cost.rounds.max(cost.items) > XPATH_ITERATIONS_MAX {
        let message = format!("the loops and lists of the expression could go round more than {XPATH_ITERATIONS_MAX} times");
        return Err(PathFault::new(message, 0));
    }
    Ok(())
}

struct Judge<'e> {
    arena: &'e AstArena,
    expression: &'e str,
}

type Judged = Result<Cost, PathFault>;

impl Judge<'_> {
    /// Recursion is safe: the depth of the tree was checked before.
    fn cost(&self, id: AstNodeId) -> Judged {
        // Numbers that stand for no node are left out by the parser for absent parts.
        let Some(node) = self.arena.try_get(id) else { return Ok(ONE) };
        match node {
            AstNode::Value(_) | AstNode::ContextItem(_) | AstNode::VarRef(_) => Ok(ONE),
            AstNode::Expr(list) => self.sum(&list.items),
            AstNode::If(node) => {
                let sides = self.sum(&[node.then_branch, node.else_branch])?;
                Ok(Cost { rounds: sides.rounds.saturating_add(self.cost(node.test)?.rounds), items: sides.items })
            }
            AstNode::For(node) => {
                let outer = self.product(node.bindings.iter().map(|binding| binding.in_expr))?;
                self.nested(outer, node.return_expr)
            }
            AstNode::Quantified(node) => {
                let outer = self.product(node.bindings.iter().map(|binding| binding.in_expr))?;
                Ok(Cost { items: 1, ..self.nested(outer, node.satisfies)? })
            }
            AstNode::FunctionCall(node) => self.call(&node.local_name, &node.args, node.span.start),
            AstNode::PathExpr(node) => self.product(node.steps.iter().copied()),
            AstNode::FilterExpr(node) => self.filtered(self.cost(node.base)?, &node.predicates),
            AstNode::PathStep(node) => {
                let nodes = Cost { rounds: 1, items: 1 };
                let judged = self.filtered(nodes, &node.predicates)?;
                Ok(Cost { rounds: judged.rounds, items: 1 })
            }
            AstNode::Range(node) => self.range(node.start, node.end, node.span.start),
            AstNode::UnaryOp(node) => self.cost(node.operand),
            AstNode::BinaryOp(node) => {
                let sides = self.sum(&[node.left, node.right])?;
                // A union or intersection gives what its sides give; every other operator gives one item. Counting the
                // longer answer for all is on the safe side.
                Ok(sides)
            }
            AstNode::TypeExpr(node) => self.cost(node.operand),
        }
    }

    fn sum(&self, parts: &[AstNodeId]) -> Judged {
        let mut total = Cost { rounds: 0, items: 0 };
        for part in parts {
            let cost = self.cost(*part)?;
            total.rounds = total.rounds.saturating_add(cost.rounds);
            total.items = total.items.saturating_add(cost.items);
        }
        Ok(Cost { rounds: total.rounds.max(1), items: total.items.max(1) })
    }

    /// Judges parts each of which is gone through for every item of those before it.
    fn product(&self, parts: impl Iterator<Item = AstNodeId>) -> Judged {
        let mut total = ONE;
        for part in parts {
            total = self.nested(total, part)?;
        }
        Ok(total)
    }

    fn nested(&self, outer: Cost, inner: AstNodeId) -> Judged {
        let inner = self.cost(inner)?;
        Ok(Cost {
            rounds: outer.rounds.saturating_add(outer.items.saturating_mul(inner.rounds)),
            items: outer.items.saturating_mul(inner.items),
        })
    }

    fn filtered(&self, base: Cost, predicates: &[AstNodeId]) -> Judged {
        let mut rounds = base.rounds;
        for predicate in predicates {
            rounds = rounds.saturating_add(base.items.saturating_mul(self.cost(*predicate)?.rounds));
        }
        Ok(Cost { rounds, items: base.items })
    }

    fn call(&self, name: &str, arguments: &[AstNodeId], offset: usize) -> Judged {
        if let Some((_, reason)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return Err(PathFault::new(format!("`{name}` is not allowed: {reason}"), offset.min(self.expression.len())));
        }
        let inner = self.sum(arguments)?;
        let items = if GROWING.contains(&name) {
            inner.items.saturating_mul(XPATH_ITEMS_ASSUMED)
        } else if PASSING.contains(&name) {
            inner.items
        } else {
            1
        };
        Ok(Cost { rounds: inner.rounds, items })
    }

    fn range(&self, start: AstNodeId, end: AstNodeId, offset: usize) -> Judged {
        let (Some(first), Some(last)) = (self.number(start), self.number(end)) else {
            let message = "the ends of a range must be written as whole numbers";
            return Err(PathFault::new(message, offset.min(self.expression.len())));
        };
        let items = last.saturating_sub(first).saturating_add(1).max(1);
        Ok(Cost { rounds: items, items })
    }

    fn number(&self, id: AstNodeId) -> Option<u64> {
        match self.arena.try_get(id)? {
            AstNode::Value(ValueNode::Integer(digits)) => digits.parse().ok(),
            // The parser wraps a literal in a path of one step, and parentheses wrap a single part.
            AstNode::PathExpr(path) if !path.is_absolute => self.only(&path.steps),
            AstNode::Expr(list) => self.only(&list.items),
            _ => None,
        }
    }

    fn only(&self, parts: &[AstNodeId]) -> Option<u64> {
        match parts {
            [only] => self.number(*only),
            _ => None,
        }
    }
}
