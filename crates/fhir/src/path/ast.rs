//! An expression as a tree.

use super::parser;
use regex::Regex;

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Expression {
    pub(super) root: Expr,
}

impl Expression {
    /// Compiles a text.
    ///
    /// # Errors
    /// What the text uses that is not known, or where it leaves the grammar.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        parser::parse(text).map(|root| Self { root })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    And,
    Concatenate,
    Contains,
    Divide,
    Equal,
    Equivalent,
    Greater,
    GreaterOrEqual,
    Implies,
    In,
    IntegerDivide,
    Less,
    LessOrEqual,
    Modulo,
    Multiply,
    NotEqual,
    NotEquivalent,
    Or,
    Subtract,
    Union,
    Xor,
}

#[derive(Debug)]
pub(super) enum Expr {
    Boolean(bool),
    /// `%resource` and the like.
    Constant(String),
    Decimal(f64),
    Empty,
    Function(Call),
    Index(Box<Expr>, Box<Expr>),
    Integer(i64),
    /// The name of a child, or of the type in focus.
    Member(String),
    Negate(Box<Expr>),
    Operate(Operator, Box<Expr>, Box<Expr>),
    /// What stands after a `.` works on what stands before.
    Path(Box<Expr>, Box<Expr>),
    Text(String),
    This,
    /// `is` and `as`, as operators or as functions, and `ofType`.
    Type(TypeTest, Box<Expr>, String),
    /// The name of a date, a dateTime or a time.
    Moment(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeTest {
    As,
    Is,
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) arguments: Vec<Expr>,
    /// The pattern of `matches` and `replaceMatches`, where it is written out.
    pub(super) pattern: Option<Regex>,
}

macro_rules! functions {
    ($($variant:ident $name:literal $fewest:literal $most:literal),* $(,)?) => {
        /// The functions that are known.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Function { $($variant),* }

        impl Function {
            /// Gives a function by its name, with how many arguments it takes at least and at most.
            pub(super) fn named(name: &str) -> Option<(Self, usize, usize)> {
                match name { $($name => Some((Self::$variant, $fewest, $most)),)* _ => None }
            }
        }
    };
}

functions! {
    All "all" 1 1, AllFalse "allFalse" 0 0, AllTrue "allTrue" 0 0, AnyFalse "anyFalse" 0 0, AnyTrue "anyTrue" 0 0,
    Children "children" 0 0, Combine "combine" 1 1, Contains "contains" 1 1, Count "count" 0 0,
    Descendants "descendants" 0 0, Distinct "distinct" 0 0, Empty "empty" 0 0, EndsWith "endsWith" 1 1,
    Exclude "exclude" 1 1, Exists "exists" 0 1, Extension "extension" 1 1, First "first" 0 0, HasValue "hasValue" 0 0,
    HtmlChecks "htmlChecks" 0 0, HtmlChecksLower "htmlchecks" 0 0, Iif "iif" 2 3, IndexOf "indexOf" 1 1,
    Intersect "intersect" 1 1, IsDistinct "isDistinct" 0 0, Last "last" 0 0, Length "length" 0 0, Lower "lower" 0 0,
    Matches "matches" 1 1, Not "not" 0 0, OfType "ofType" 1 1, As "as" 1 1, Is "is" 1 1, Replace "replace" 2 2,
    ReplaceMatches "replaceMatches" 2 2, Resolve "resolve" 0 0, Select "select" 1 1, Single "single" 0 0, Skip "skip" 1 1,
    StartsWith "startsWith" 1 1, SubsetOf "subsetOf" 1 1, Substring "substring" 1 2, SupersetOf "supersetOf" 1 1,
    Tail "tail" 0 0, Take "take" 1 1, ToBoolean "toBoolean" 0 0, ToDecimal "toDecimal" 0 0, ToInteger "toInteger" 0 0,
    ToText "toString" 0 0, Trace "trace" 1 2, Union "union" 1 1, Upper "upper" 0 0, Where "where" 1 1,
}
