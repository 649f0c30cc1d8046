//! Keeps what was compiled from a text: a pack says the same in many places, and a proof compiles all of it once for each mutant.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Compiled things by their text, as many as a bound says; copies share what they hold.
pub(crate) struct Memo<T> {
    kept: Mutex<BTreeMap<String, T>>,
    kept_max: usize,
}

impl<T: Clone> Memo<T> {
    pub(crate) const fn new(kept_max: usize) -> Self {
        Self { kept: Mutex::new(BTreeMap::new()), kept_max }
    }

    /// Gives what is kept of a text, or compiles and keeps it. Where too much is kept, all of it goes.
    pub(crate) fn get_or_compile<E>(&self, text: &str, compile: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let known = self.kept().get(text).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let compiled = compile()?;
        let mut kept = self.kept();
        if kept.len() >= self.kept_max {
            kept.clear();
        }
        kept.insert(text.to_owned(), compiled.clone());
        Ok(compiled)
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, T>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Memo;

    #[test]
    fn a_text_is_compiled_once_and_faults_and_too_many_are_not_kept() {
        let memo = Memo::new(2);
        let mut compiled = Vec::new();
        for text in ["a", "b", "a", "bad", "bad", "c", "a"] {
            let result = memo.get_or_compile(text, || {
                compiled.push(text);
                if text == "bad" { Err(text) } else { Ok(text.to_uppercase()) }
            });
            assert_eq!(result, if text == "bad" { Err(text) } else { Ok(text.to_uppercase()) });
        }
        assert_eq!(compiled, ["a", "b", "bad", "bad", "c", "a"]);
    }
}
