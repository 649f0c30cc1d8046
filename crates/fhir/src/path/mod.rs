//! The path language of FHIR, as far as the invariants and discriminators of STU3 and R4 need it.
//!
//! An expression that uses anything else is refused when it is parsed, and the rule that needs it is reported as not
//! checked. Dates and times are compared as far as both are precise; quantities are compared by value where system and
//! code are the same; decimals are 64-bit floats. <https://hl7.org/fhirpath/>

mod ast;
mod compare;
mod evaluate;
mod function;
mod item;
mod lexer;
mod moment;
mod parser;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use ast::Expression;
pub(crate) use evaluate::{Context, Failure, Target, boolean, nodes};
