//! Looks at an expression's text before the parser does, whose recursion and time grow with nesting.

use super::ExpressionFault;
use crate::limits::{EXPRESSION_BYTES_MAX, EXPRESSION_NESTING_MAX, EXPRESSION_TOKENS_MAX};

/// Refuses texts that are too long, too deeply nested or made of too many parts.
pub(super) fn check(text: &str) -> Result<(), ExpressionFault> {
    if text.len() > EXPRESSION_BYTES_MAX {
        return Err(fault(format!("the expression has {} bytes; at most {EXPRESSION_BYTES_MAX} are allowed", text.len()), 0));
    }
    let mut nesting = 0_usize;
    let mut tokens = 0_usize;
    let mut signs = 0_usize;
    let mut word = false;
    let mut rest = text.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        let in_word = character.is_alphanumeric() || character == '_';
        if in_word && word {
            continue;
        }
        word = in_word;
        match character {
            // A quoted text counts as one part; its end is found the plain way, which is right for every text that parses.
            '"' | '\'' => {
                while let Some((_, inner)) = rest.next() {
                    if inner == '\\' {
                        rest.next();
                    } else if inner == character {
                        break;
                    }
                }
            }
            '(' | '[' | '{' | '?' => nesting += 1,
            ')' | ']' | '}' => nesting = nesting.saturating_sub(1),
            _ if character.is_whitespace() => continue,
            _ => {}
        }
        signs = if matches!(character, '!' | '-') { signs + 1 } else { 0 };
        tokens += 1;
        if nesting > EXPRESSION_NESTING_MAX || signs > EXPRESSION_NESTING_MAX {
            return Err(fault(format!("the expression nests deeper than {EXPRESSION_NESTING_MAX} levels"), at));
        }
        if tokens > EXPRESSION_TOKENS_MAX {
            return Err(fault(format!("the expression has more than {EXPRESSION_TOKENS_MAX} parts"), at));
        }
    }
    Ok(())
}

/// Makes a fault without help.
pub(super) fn fault(message: String, offset: usize) -> ExpressionFault {
    ExpressionFault { message, offset, help: None }
}
