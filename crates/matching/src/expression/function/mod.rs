//! The functions of expressions: one table, a file per subject.

mod list;
mod number;
mod text;
mod time;
mod token;

use super::EvaluationFault;
use super::evaluate::Budget;
use super::value::Val;

type Result<T> = super::Evaluated<T>;
type Arguments<'v> = Vec<Val<'v>>;
type Body = for<'v> fn(Arguments<'v>, &mut Budget) -> Result<Val<'v>>;

/// A function; `f(x, a)` and `x.f(a)` are the same call.
pub(super) struct Function {
    pub(super) name: &'static str,
    /// How it is written, for faults.
    pub(super) usage: &'static str,
    pub(super) arguments_min: usize,
    pub(super) arguments_max: usize,
    /// Whether it is asked about values that may not be there.
    pub(super) takes_absent: bool,
    body: Body,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

const fn function(name: &'static str, usage: &'static str, arguments: (usize, usize), body: Body) -> Function {
    Function { name, usage, arguments_min: arguments.0, arguments_max: arguments.1, takes_absent: false, body }
}

/// A function that is asked about values that may not be there.
const fn function_of_absent(name: &'static str, usage: &'static str, arguments: (usize, usize), body: Body) -> Function {
    Function { takes_absent: true, ..function(name, usage, arguments, body) }
}

impl Function {
    /// Finds a function by name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        TABLES.iter().flat_map(|table| table.iter()).find(|function| function.name == name)
    }

    pub(super) fn call<'v>(&self, arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
        budget.step(arguments.iter().map(work).sum())?;
        (self.body)(arguments, budget)
    }
}

/// Gives the names of all functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().flat_map(|table| table.iter()).map(|function| function.name)
}

/// Gives how each function is written, by name.
pub(super) fn usages() -> Vec<(&'static str, &'static str)> {
    let mut all: Vec<_> = TABLES.iter().flat_map(|table| table.iter()).map(|one| (one.name, one.usage)).collect();
    all.sort_unstable_by_key(|(name, _)| name.to_lowercase());
    all
}

static TABLES: [&[Function]; 5] = [list::TABLE, number::TABLE, text::TABLE, time::TABLE, token::TABLE];

/// Estimates the steps that looking at a value once takes.
fn work(value: &Val<'_>) -> usize {
    match value {
        Val::Text(text) => text.len() / crate::limits::BYTES_PER_STEP,
        Val::Bytes(bytes) => bytes.len() / crate::limits::BYTES_PER_STEP,
        other => other.size().unwrap_or(0),
    }
}

/// Takes the next argument; `compile` has checked how many there are.
fn next<'v>(arguments: &mut std::vec::IntoIter<Val<'v>>) -> Val<'v> {
    arguments.next().unwrap_or(Val::Null)
}

fn wrong(takes: &str, value: &Val<'_>) -> Box<EvaluationFault> {
    EvaluationFault::new(format!("{takes}, not a {}", value.type_name()))
}

fn text_of<'v>(name: &str, value: Val<'v>) -> Result<std::borrow::Cow<'v, str>> {
    match value {
        Val::Text(text) => Ok(text),
        other => Err(wrong(&format!("`{name}` takes a string"), &other)),
    }
}

fn int_of(name: &str, value: &Val<'_>) -> Result<i64> {
    match value {
        Val::Int(number) => Ok(*number),
        #[expect(clippy::cast_possible_truncation, reason = "a double without fraction within the range of exact integers")]
        Val::Double(number) if number.fract() == 0.0 && number.abs() < 9e15 => Ok(*number as i64),
        other => Err(wrong(&format!("`{name}` takes an int"), other)),
    }
}

fn members_of<'v>(name: &str, value: &Val<'v>) -> Result<Vec<Val<'v>>> {
    value.members().ok_or_else(|| wrong(&format!("`{name}` takes a list"), value))
}
