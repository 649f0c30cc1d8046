//! Parses an expression.

use super::ast::{Call, Expr, Function, Operator, TypeTest};
use super::lexer::{Token, tokens};
use crate::limits::{EXPRESSION_BYTES_MAX, EXPRESSION_DEPTH_MAX, REGEX_BYTES_MAX};
use regex::{Regex, RegexBuilder};

/// Operators by how weakly they bind (FHIRPath §6.8), weakest first.
const LEVELS: &[&[(&str, Operator)]] = &[
    &[("implies", Operator::Implies)],
    &[("or", Operator::Or), ("xor", Operator::Xor)],
    &[("and", Operator::And)],
    &[("in", Operator::In), ("contains", Operator::Contains)],
    &[("=", Operator::Equal), ("~", Operator::Equivalent), ("!=", Operator::NotEqual), ("!~", Operator::NotEquivalent)],
    &[("<=", Operator::LessOrEqual), ("<", Operator::Less), (">", Operator::Greater), (">=", Operator::GreaterOrEqual)],
    &[("|", Operator::Union)],
];
const SUMS: &[(&str, Operator)] = &[("+", Operator::Add), ("-", Operator::Subtract), ("&", Operator::Concatenate)];
const PRODUCTS: &[(&str, Operator)] =
    &[("*", Operator::Multiply), ("/", Operator::Divide), ("div", Operator::IntegerDivide), ("mod", Operator::Modulo)];

pub(super) fn parse(text: &str) -> Result<Expr, String> {
    if text.len() > EXPRESSION_BYTES_MAX {
        return Err(format!("it has more than {EXPRESSION_BYTES_MAX} bytes"));
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let root = parser.level(0)?;
    match parser.peek() {
        None => Ok(root),
        Some(token) => Err(format!("{token:?} stands where the expression should end")),
    }
}

/// Compiles a regular expression that must fit the whole text.
pub(super) fn pattern(text: &str, whole: bool) -> Result<Regex, String> {
    let anchored = if whole { format!("(?s)^(?:{text})$") } else { text.to_owned() };
    let built = RegexBuilder::new(&anchored).size_limit(REGEX_BYTES_MAX).build();
    built.map_err(|_| format!("`{text}` is no regular expression that is known"))
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

type Parsed = Result<Expr, String>;

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Symbol(found)) if *found == symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), String> {
        if self.take(symbol) { Ok(()) } else { Err(format!("`{symbol}` is missing")) }
    }

    fn operator(&self, among: &[(&str, Operator)]) -> Option<Operator> {
        let written = match self.peek()? {
            Token::Symbol(symbol) => symbol,
            Token::Name(name) => name.as_str(),
            _ => return None,
        };
        among.iter().find(|(name, _)| *name == written).map(|(_, operator)| *operator)
    }

    fn level(&mut self, at: usize) -> Parsed {
        let Some(among) = LEVELS.get(at) else { return self.type_operators() };
        self.binary(among, |parser| parser.level(at + 1))
    }

    /// Parses operands with left-associative operators between them.
    fn binary(&mut self, among: &[(&str, Operator)], operand: impl Fn(&mut Self) -> Parsed) -> Parsed {
        let mut left = operand(self)?;
        let mut count = 0;
        while let Some(operator) = self.operator(among) {
            count += 1;
            // A chain of operators becomes a tree of that depth.
            if count > EXPRESSION_DEPTH_MAX {
                return Err(format!("more than {EXPRESSION_DEPTH_MAX} operators follow each other"));
            }
            self.at += 1;
            let right = operand(self)?;
            left = Expr::Operate(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn type_operators(&mut self) -> Parsed {
        let mut left = self.binary(SUMS, |parser| parser.binary(PRODUCTS, Self::unary))?;
        loop {
            let test = match self.peek() {
                Some(Token::Name(name)) if name == "is" => TypeTest::Is,
                Some(Token::Name(name)) if name == "as" => TypeTest::As,
                _ => return Ok(left),
            };
            self.at += 1;
            let name = self.type_name()?;
            left = Expr::Type(test, Box::new(left), name);
            if self.at > EXPRESSION_BYTES_MAX {
                return Ok(left);
            }
        }
    }

    fn type_name(&mut self) -> Result<String, String> {
        let mut name = self.any_name()?;
        // `FHIR.Patient` and `System.String`: the last part is the name.
        if self.take(".") {
            name = self.any_name()?;
        }
        Ok(name)
    }

    fn any_name(&mut self) -> Result<String, String> {
        match self.peek().cloned() {
            Some(Token::Name(name) | Token::Quoted(name)) => {
                self.at += 1;
                Ok(name)
            }
            _ => Err("the name of a type is missing".to_owned()),
        }
    }

    fn unary(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > EXPRESSION_DEPTH_MAX {
            return Err(format!("more than {EXPRESSION_DEPTH_MAX} brackets and signs stand inside each other"));
        }
        let parsed = if self.take("-") {
            self.unary().map(|operand| Expr::Negate(Box::new(operand)))
        } else if self.take("+") {
            self.unary()
        } else {
            self.path()
        };
        self.depth -= 1;
        parsed
    }

    fn path(&mut self) -> Parsed {
        let mut left = self.term()?;
        let mut count = 0;
        loop {
            count += 1;
            if count > EXPRESSION_DEPTH_MAX {
                return Err(format!("a path has more than {EXPRESSION_DEPTH_MAX} steps"));
            }
            if self.take(".") {
                let step = self.term()?;
                left = match step {
                    Expr::Type(test, focus, name) if matches!(*focus, Expr::This) => Expr::Type(test, Box::new(left), name),
                    Expr::Function(_) | Expr::Member(_) => Expr::Path(Box::new(left), Box::new(step)),
                    // `$this.x` begins a path; after a dot only names and functions may stand.
                    _ => return Err("after `.` a name or a function must stand".to_owned()),
                };
            } else if self.take("[") {
                let index = self.level(0)?;
                self.expect("]")?;
                left = Expr::Index(Box::new(left), Box::new(index));
            } else {
                return Ok(left);
            }
        }
    }

    fn term(&mut self) -> Parsed {
        let Some(token) = self.peek().cloned() else { return Err("the expression ends too early".to_owned()) };
        self.at += 1;
        Ok(match token {
            Token::Constant(name) => Expr::Constant(name),
            Token::Decimal(number) => Expr::Decimal(number),
            Token::Integer(number) => Expr::Integer(number),
            Token::Moment(text) => Expr::Moment(text.trim_start_matches('T').to_owned()),
            Token::Text(text) => Expr::Text(text),
            Token::Quoted(name) => Expr::Member(name),
            Token::Name(name) => return self.named(name),
            Token::Symbol("(") => {
                let inner = self.level(0)?;
                self.expect(")")?;
                inner
            }
            Token::Symbol("{") => {
                self.expect("}")?;
                Expr::Empty
            }
            Token::Symbol(symbol) => return Err(format!("`{symbol}` stands where a value should")),
        })
    }

    fn named(&mut self, name: String) -> Parsed {
        if self.take("(") {
            return self.call(&name);
        }
        match name.as_str() {
            "true" => Ok(Expr::Boolean(true)),
            "false" => Ok(Expr::Boolean(false)),
            "$this" => Ok(Expr::This),
            _ if name.starts_with('$') => Err(format!("`{name}` is not known")),
            _ => Ok(Expr::Member(name)),
        }
    }

    fn call(&mut self, name: &str) -> Parsed {
        let Some((function, fewest, most)) = Function::named(name) else {
            return Err(format!("the function `{name}` is not known"));
        };
        if let Function::As | Function::Is | Function::OfType = function {
            let type_name = self.type_name()?;
            self.expect(")")?;
            let test = if function == Function::Is { TypeTest::Is } else { TypeTest::As };
            return Ok(Expr::Type(test, Box::new(Expr::This), type_name));
        }
        let mut arguments = Vec::new();
        if !self.take(")") {
            loop {
                arguments.push(self.level(0)?);
                if self.take(")") {
                    break;
                }
                self.expect(",")?;
            }
        }
        if !(fewest..=most).contains(&arguments.len()) {
            return Err(format!("`{name}` takes {fewest} to {most} arguments, and has {}", arguments.len()));
        }
        let compiled = match (function, arguments.first()) {
            (Function::Matches, Some(Expr::Text(text))) => Some(pattern(text, true)?),
            (Function::ReplaceMatches, Some(Expr::Text(text))) => Some(pattern(text, false)?),
            _ => None,
        };
        Ok(Expr::Function(Call { function, arguments, pattern: compiled }))
    }
}
