//! Evaluates an expression on an element of a resource.
//!
//! A step is counted for every item that is looked at, so that no expression runs long on any resource.

use super::ast::{Expr, Expression, Operator, TypeTest};
use super::compare::{equal, equivalent, number, order};
use super::function;
use super::item::{Item, is_of_type, plain, text};
use crate::instance::Tree;
use crate::limits::{COLLECTION_MAX, EXPRESSION_STEPS_MAX};
use crate::version::FhirVersion;
use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;

/// Why an expression gave no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It asks for a resource that is not in the text.
    Outside(String),
    /// It uses something in a way that has no meaning, or passes a bound.
    Wrong(String),
}

impl Failure {
    pub(super) fn wrong(text: impl Into<String>) -> Self {
        Self::Wrong(text.into())
    }

    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Outside(reason) | Self::Wrong(reason) => reason,
        }
    }
}

/// What a reference leads to.
pub(crate) enum Target {
    /// A resource in the same text.
    Inside(u32),
    /// Nothing: it names a place in the same text, where nothing is.
    Nothing,
    /// A resource that is not in the text.
    Outside,
}

/// What an expression may ask for beside the element.
pub(crate) struct Context<'t, 'a> {
    pub(crate) tree: &'t Tree<'a>,
    /// Finds what a reference, at an element, leads to.
    pub(crate) resolve: &'t dyn Fn(u32, &str) -> Target,
    pub(crate) version: FhirVersion,
    pub(crate) steps: Cell<u64>,
}

pub(super) type Items<'t> = Vec<Item<'t>>;
pub(super) type Evaluated<'t> = Result<Items<'t>, Failure>;

/// Evaluates an invariant: true, false, nothing, or why none of them.
pub(crate) fn boolean(expression: &Expression, node: u32, context: &Context<'_, '_>) -> Result<Option<bool>, Failure> {
    let focus = [Item::Node(node)];
    let evaluator = Evaluator { context, root: node };
    let result = evaluator.evaluate(&expression.root, &focus, &focus)?;
    evaluator.truth(&result)
}

/// Evaluates a path to elements; values that are no elements are left out.
pub(crate) fn nodes(expression: &Expression, node: u32, context: &Context<'_, '_>) -> Result<Vec<u32>, Failure> {
    let focus = [Item::Node(node)];
    let result = Evaluator { context, root: node }.evaluate(&expression.root, &focus, &focus)?;
    Ok(result.iter().filter_map(|item| if let Item::Node(number) = item { Some(*number) } else { None }).collect())
}

pub(super) struct Evaluator<'c, 't, 'a> {
    pub(super) context: &'c Context<'t, 'a>,
    root: u32,
}

impl<'t, 'a> Evaluator<'_, 't, 'a> {
    pub(super) fn tree(&self) -> &'t Tree<'a> {
        self.context.tree
    }

    /// Counts steps against the bound.
    pub(super) fn count(&self, steps: usize) -> Result<(), Failure> {
        let sum = self.context.steps.get().saturating_add(steps as u64);
        self.context.steps.set(sum);
        if sum > EXPRESSION_STEPS_MAX || steps > COLLECTION_MAX {
            return Err(Failure::wrong(format!("it takes more than {EXPRESSION_STEPS_MAX} steps")));
        }
        Ok(())
    }

    /// Evaluates an expression; `focus` is what names are looked for in, `this` is `$this`.
    pub(super) fn evaluate(&self, expression: &Expr, focus: &[Item<'t>], this: &[Item<'t>]) -> Evaluated<'t> {
        self.count(1 + focus.len())?;
        Ok(match expression {
            Expr::Boolean(value) => vec![Item::Boolean(*value)],
            Expr::Constant(name) => self.constant(name)?,
            Expr::Decimal(value) => vec![Item::Decimal(*value)],
            Expr::Empty => Vec::new(),
            Expr::Function(call) => return function::call(self, call, focus, this),
            Expr::Index(list, index) => {
                let list = self.evaluate(list, focus, this)?;
                let index = self.evaluate(index, this, this)?;
                match index.first().map(|index| plain(self.tree(), index)) {
                    Some(Item::Integer(at)) => {
                        usize::try_from(at).ok().and_then(|at| list.get(at).cloned()).into_iter().collect()
                    }
                    _ => return Err(Failure::wrong("an index is no whole number")),
                }
            }
            Expr::Integer(value) => vec![Item::Integer(*value)],
            Expr::Member(name) => self.member(name, focus)?,
            Expr::Moment(text) => vec![Item::Moment(Cow::Owned(text.clone()))],
            Expr::Negate(operand) => match self.evaluate(operand, focus, this)?.first().map(|item| plain(self.tree(), item)) {
                None => Vec::new(),
                Some(Item::Integer(value)) => vec![Item::Integer(value.wrapping_neg())],
                Some(Item::Decimal(value)) => vec![Item::Decimal(-value)],
                Some(_) => return Err(Failure::wrong("only numbers have a sign")),
            },
            Expr::Operate(operator, left, right) => return self.operate(*operator, left, right, focus, this),
            Expr::Path(left, right) => {
                let left = self.evaluate(left, focus, this)?;
                return self.evaluate(right, &left, this);
            }
            Expr::Text(text) => vec![Item::Text(Cow::Owned(text.clone()))],
            Expr::This => this.to_vec(),
            Expr::Type(test, operand, name) => {
                let operand = match **operand {
                    Expr::This => focus.to_vec(),
                    _ => self.evaluate(operand, focus, this)?,
                };
                self.type_test(*test, operand, name)
            }
        })
    }

    fn type_test(&self, test: TypeTest, items: Items<'t>, name: &str) -> Items<'t> {
        let is = |item: &Item<'t>| is_of_type(self.tree(), item, name);
        match test {
            TypeTest::As => items.into_iter().filter(is).collect(),
            TypeTest::Is if items.is_empty() => Vec::new(),
            TypeTest::Is => vec![Item::Boolean(items.iter().all(is))],
        }
    }

    fn constant(&self, name: &str) -> Evaluated<'t> {
        let text = |text: &'static str| Ok(vec![Item::Text(Cow::Borrowed(text))]);
        match name {
            "context" => Ok(vec![Item::Node(self.root)]),
            // STU3 §fhirpath: `%resource` skips contained resources; R4 has `%rootResource` for that.
            "resource" if self.context.version == FhirVersion::R4 => Ok(vec![Item::Node(self.tree().resource_of(self.root))]),
            "resource" | "rootResource" => Ok(vec![Item::Node(self.tree().container_of(self.tree().resource_of(self.root)))]),
            "loinc" => text("http://loinc.org"),
            "sct" => text("http://snomed.info/sct"),
            "ucum" => text("http://unitsofmeasure.org"),
            _ => Err(Failure::wrong(format!("`%{name}` is not known"))),
        }
    }

    fn member(&self, name: &str, focus: &[Item<'t>]) -> Evaluated<'t> {
        let mut found = Vec::new();
        let is_type = name.starts_with(|letter: char| letter.is_ascii_uppercase());
        for item in focus {
            let Item::Node(number) = item else { continue };
            // A path may begin with the type that it starts from.
            if is_type && *number == self.root && is_of_type(self.tree(), item, name) {
                found.push(item.clone());
                continue;
            }
            for child in self.tree().children(*number) {
                self.count(1)?;
                if self.tree().node(child).name == name {
                    found.push(Item::Node(child));
                }
            }
        }
        Ok(found)
    }

    /// Gives the truth of a collection: nothing for nothing, and true for one thing that is no boolean (FHIRPath §4.5).
    pub(super) fn truth(&self, items: &[Item<'t>]) -> Result<Option<bool>, Failure> {
        match items {
            [] => Ok(None),
            [one] => Ok(Some(match plain(self.tree(), one) {
                Item::Boolean(value) => value,
                _ => true,
            })),
            // The core invariants use `a | b` where `a or b` is meant: true where any of them is.
            several => {
                let plain: Vec<_> = several.iter().map(|item| plain(self.tree(), item)).collect();
                if plain.iter().all(|item| matches!(item, Item::Boolean(_))) {
                    return Ok(Some(plain.contains(&Item::Boolean(true))));
                }
                Err(Failure::wrong("several values stand where one truth is asked for"))
            }
        }
    }

    fn operate(&self, operator: Operator, left: &Expr, right: &Expr, focus: &[Item<'t>], this: &[Item<'t>]) -> Evaluated<'t> {
        if let Operator::And | Operator::Implies | Operator::Or | Operator::Xor = operator {
            return self.logic(operator, left, right, focus, this);
        }
        let left = self.evaluate(left, focus, this)?;
        let right = self.evaluate(right, focus, this)?;
        let boolean = |value: Option<bool>| value.map(Item::Boolean).into_iter().collect();
        Ok(match operator {
            Operator::Union => return function::union(self, left, right),
            Operator::In => boolean(self.contains(&right, &left)?),
            Operator::Contains => boolean(self.contains(&left, &right)?),
            Operator::Equal => boolean(self.same(&left, &right)?),
            Operator::NotEqual => boolean(self.same(&left, &right)?.map(|same| !same)),
            Operator::Equivalent => boolean(Some(self.alike(&left, &right)?)),
            Operator::NotEquivalent => boolean(Some(!self.alike(&left, &right)?)),
            Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual => {
                boolean(self.ordered(operator, &left, &right)?)
            }
            _ => return self.calculate(operator, &left, &right),
        })
    }

    /// Evaluates a connective; what cannot be evaluated does not matter where the other side decides.
    fn logic(&self, operator: Operator, left: &Expr, right: &Expr, focus: &[Item<'t>], this: &[Item<'t>]) -> Evaluated<'t> {
        let side = |expression: &Expr| self.evaluate(expression, focus, this).and_then(|items| self.truth(&items));
        let first = side(left);
        let decides = match operator {
            Operator::And => Some(false),
            Operator::Or => Some(true),
            _ => None,
        };
        match (&first, operator) {
            (Ok(Some(value)), _) if Some(*value) == decides => return Ok(vec![Item::Boolean(*value)]),
            // Nothing implies anything: FHIRPath gives nothing there, and the core invariants (ras-2) rest on `true`, which the
            // reference implementation gives.
            (Ok(Some(false) | None), Operator::Implies) => return Ok(vec![Item::Boolean(true)]),
            _ => {}
        }
        let second = side(right);
        match &second {
            Ok(Some(value)) if Some(*value) == decides => return Ok(vec![Item::Boolean(*value)]),
            Ok(Some(true)) if operator == Operator::Implies => return Ok(vec![Item::Boolean(true)]),
            _ => {}
        }
        let result = match (operator, first?, second?) {
            (Operator::Xor, Some(a), Some(b)) => Some(a != b),
            (Operator::And, Some(true), Some(true)) => Some(true),
            (Operator::Or, Some(false), Some(false)) | (Operator::Implies, Some(true), Some(false)) => Some(false),
            _ => None,
        };
        Ok(result.map(Item::Boolean).into_iter().collect())
    }

    fn same(&self, left: &[Item<'t>], right: &[Item<'t>]) -> Result<Option<bool>, Failure> {
        if left.is_empty() || right.is_empty() {
            // STU3's invariants (obs-7) rest on nothing being unequal to something; since R4 it gives nothing.
            let same = left.is_empty() && right.is_empty();
            return Ok((self.context.version == FhirVersion::Stu3).then_some(same));
        }
        self.count(left.len())?;
        if left.len() != right.len() {
            return Ok(Some(false));
        }
        let mut result = Some(true);
        for (left, right) in left.iter().zip(right) {
            match equal(self.tree(), left, right) {
                Some(true) => {}
                Some(false) => return Ok(Some(false)),
                None => result = None,
            }
        }
        Ok(result)
    }

    fn alike(&self, left: &[Item<'t>], right: &[Item<'t>]) -> Result<bool, Failure> {
        self.count(left.len().saturating_mul(right.len()))?;
        let found = |item: &Item<'t>| right.iter().any(|other| equivalent(self.tree(), item, other));
        Ok(left.len() == right.len() && left.iter().all(found))
    }

    fn contains(&self, list: &[Item<'t>], wanted: &[Item<'t>]) -> Result<Option<bool>, Failure> {
        self.count(list.len())?;
        match wanted {
            [] => Ok(None),
            [wanted] => Ok(Some(list.iter().any(|item| equal(self.tree(), item, wanted) == Some(true)))),
            _ => Err(Failure::wrong("several values are looked for where one may be")),
        }
    }

    fn ordered(&self, operator: Operator, left: &[Item<'t>], right: &[Item<'t>]) -> Result<Option<bool>, Failure> {
        let (Some(left), Some(right)) = (left.first(), right.first()) else { return Ok(None) };
        let order = order(self.tree(), left, right).map_err(Failure::Wrong)?;
        Ok(order.map(|order| match operator {
            Operator::Greater => order == Ordering::Greater,
            Operator::GreaterOrEqual => order != Ordering::Less,
            Operator::Less => order == Ordering::Less,
            _ => order != Ordering::Greater,
        }))
    }

    fn calculate(&self, operator: Operator, left: &[Item<'t>], right: &[Item<'t>]) -> Evaluated<'t> {
        let first = |items: &[Item<'t>]| items.first().map(|item| plain(self.tree(), item));
        let (left, right) = (first(left), first(right));
        if operator == Operator::Concatenate {
            // `&` takes nothing for an empty text (FHIRPath §6.6.5).
            let part = |item: &Option<Item<'t>>| item.as_ref().and_then(text).unwrap_or_default().into_owned();
            return Ok(vec![Item::Text(Cow::Owned(part(&left) + &part(&right)))]);
        }
        let (Some(left), Some(right)) = (left, right) else { return Ok(Vec::new()) };
        if let (Operator::Add, Item::Text(a), Item::Text(b)) = (operator, &left, &right) {
            return Ok(vec![Item::Text(Cow::Owned(format!("{a}{b}")))]);
        }
        if let (Item::Integer(a), Item::Integer(b)) = (&left, &right)
            && operator != Operator::Divide
        {
            let result = match operator {
                Operator::Add => a.checked_add(*b),
                Operator::Subtract => a.checked_sub(*b),
                Operator::Multiply => a.checked_mul(*b),
                Operator::IntegerDivide => a.checked_div(*b),
                _ => a.checked_rem(*b),
            };
            return Ok(result.map(Item::Integer).into_iter().collect());
        }
        let (Some(a), Some(b)) = (number(&left), number(&right)) else {
            return Err(Failure::wrong("values that are no numbers are calculated with"));
        };
        let result = match operator {
            Operator::Add => a + b,
            Operator::Subtract => a - b,
            Operator::Multiply => a * b,
            Operator::Divide => a / b,
            Operator::IntegerDivide => (a / b).trunc(),
            _ => a % b,
        };
        // A division by zero gives nothing (FHIRPath §6.6.2).
        Ok(if result.is_finite() { vec![Item::Decimal(result)] } else { Vec::new() })
    }
}
