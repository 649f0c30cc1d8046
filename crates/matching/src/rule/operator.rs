//! What can be asked of a subject; every operator can be turned round.

use super::{Format, Rule};
use crate::limits::PATTERNS_KEPT_MAX;
use crate::memo::Memo;
use crate::{Expression, Operand};
use counterpart_evidence::Effect;
use std::sync::Arc;

/// Whether a test must hold or must not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sense {
    /// It must hold.
    #[default]
    Is,
    /// It must not hold; the subject must be there all the same.
    Not,
}

/// An operator and its sense.
#[derive(Clone, Debug)]
pub struct Test {
    /// What is asked.
    pub operator: Operator,
    /// Whether it must hold.
    pub sense: Sense,
}

/// A type of JSON (RFC 8259 §3), with `integer` beside `number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    /// A list.
    Array,
    /// `true` or `false`.
    Boolean,
    /// A number without fraction, however written.
    Integer,
    /// `null`.
    Null,
    /// Any number.
    Number,
    /// An object.
    Object,
    /// A text.
    String,
}

/// Bounds of a number; an absent one does not bind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    /// The least allowed.
    pub min: Option<f64>,
    /// The most allowed.
    pub max: Option<f64>,
    /// It must be more than this.
    pub above: Option<f64>,
    /// It must be less than this.
    pub below: Option<f64>,
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternFault {
    /// One sentence without a full stop.
    pub message: String,
}

/// A compiled regular expression, of bounded size and linear time; copies share it.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Arc<regex::Regex>,
}

impl Pattern {
    /// Compiles a text in the syntax of the `regex` crate.
    ///
    /// # Errors
    /// What is wrong with it, or that it is too big.
    pub fn compile(text: &str) -> Result<Self, PatternFault> {
        static KEPT: Memo<Pattern> = Memo::new(PATTERNS_KEPT_MAX);
        let compile = || crate::expression::pattern(text).map(|regex| Self { regex: Arc::new(regex) });
        KEPT.get_or_compile(text, compile).map_err(|message| PatternFault { message })
    }

    /// Gives the text that it was compiled from.
    #[must_use]
    pub fn text(&self) -> &str {
        self.regex.as_str()
    }

    /// Tells whether it matches anywhere in a text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Gives the first group of the first match, or the whole match where it has no group.
    pub(crate) fn first_group<'t>(&self, text: &'t str) -> Option<&'t str> {
        let groups = self.regex.captures(text)?;
        groups.get(1).or_else(|| groups.get(0)).map(|group| group.as_str())
    }
}

/// How gaps must grow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growing {
    /// Each gap is at least this many times the one before.
    pub factor: f64,
    /// By how much of that it may fall short, as a fraction.
    pub tolerance: f64,
}

/// What is asked of the times between neighbours of a key, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Gaps {
    /// Bounds of each gap.
    pub range: Option<Bounds>,
    /// Bounds of their mean.
    pub mean: Option<Bounds>,
    /// How they grow.
    pub growing: Option<Growing>,
    /// What a key with one exchange is.
    pub single: Single,
}

/// What a key with one exchange, which has no gap, is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Single {
    /// A miss.
    #[default]
    Fails,
    /// Passed over, as long as another key has a gap.
    Passes,
}

/// The exchange after which nothing may come.
#[derive(Clone, Debug)]
pub enum Anchor {
    /// One whose answer had this effect.
    Effect(Effect),
    /// One of which this holds.
    Rule(Box<Rule>),
}

/// What can be asked of several exchanges in order.
#[derive(Clone, Debug)]
pub enum SeriesOperator {
    /// How many exchanges each series has.
    Count(Bounds),
    /// Each value is accepted exactly once; the value is the series key without an expression.
    EachAcceptedOnce(Option<Expression>),
    /// Times between neighbours.
    Gaps(Gaps),
    /// How many may be under way at once.
    InFlightMax(u64),
    /// The values of an expression never go down, or follow the order of a list.
    InOrderOf {
        /// The value of each exchange.
        value: Expression,
        /// The list; ascending order without it.
        list: Option<Operand>,
    },
    /// Nothing comes after such an exchange.
    NoneAfter(Anchor),
}

/// What can be asked of a subject.
#[derive(Clone, Debug)]
pub enum Operator {
    /// It is not there.
    Absent,
    /// Text holds the text, a list holds the member, an object holds the members.
    Contains(Operand),
    /// Every member of a selected list (or object) passes these tests.
    Each(Vec<Test>),
    /// It equals; numbers by value, header fields as text, statuses also as `4xx`.
    Equals(Operand),
    /// It has a format.
    Format(Format),
    /// Characters of text, members of lists and objects.
    Length(Bounds),
    /// A pattern matches somewhere in its text.
    Matches(Pattern),
    /// It equals one of them; an expression that gives a list stands for its members.
    OneOf(Vec<Operand>),
    /// It is there.
    Present,
    /// Its number, or the number that its text is, lies within bounds.
    Range(Bounds),
    /// It is the same JSON value or text, some members left out of the comparison.
    SameAs {
        /// What it must be the same as.
        other: Operand,
        /// JSON Pointers of what is left out on both sides.
        except: Vec<String>,
    },
    /// Something about a series.
    Series(SeriesOperator),
    /// It has a type.
    Type(JsonType),
    /// No two of the selected nodes, or of the members of the one selected list, are equal.
    Unique,
}

impl Operator {
    /// Tells whether what it compares with reads one of these names.
    pub(super) fn reads(&self, names: &[&str]) -> bool {
        let operand = |operand: &Operand| operand.names().iter().any(|name| names.contains(&name.as_str()));
        match self {
            Self::Contains(other) | Self::Equals(other) | Self::SameAs { other, .. } => operand(other),
            Self::Each(tests) => tests.iter().any(|test| test.operator.reads(names)),
            Self::OneOf(others) => others.iter().any(operand),
            _ => false,
        }
    }
}
