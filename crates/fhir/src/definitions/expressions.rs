//! Expressions by their text: definitions repeat the same few thousands of times.

use crate::path::Expression;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

type Compiled = Arc<Result<Expression, String>>;

#[derive(Debug, Default)]
pub(crate) struct Expressions {
    known: Mutex<HashMap<Box<str>, Compiled>>,
}

impl Expressions {
    /// Compiles an expression, or gives what was compiled before.
    pub(crate) fn compile(&self, text: &str) -> Compiled {
        // A map that another thread left in the middle of an insertion is whole all the same.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(text) {
            return Arc::clone(found);
        }
        let compiled: Compiled = Arc::new(Expression::parse(text));
        known.insert(text.into(), Arc::clone(&compiled));
        compiled
    }

    /// Gives every text with why it cannot be evaluated, in no order.
    pub(crate) fn each(&self, mut give: impl FnMut(&str, Option<&str>)) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().for_each(|(text, compiled)| give(text, compiled.as_ref().as_ref().err().map(String::as_str)));
    }
}
