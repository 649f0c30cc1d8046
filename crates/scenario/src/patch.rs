//! JSON Patch (RFC 6902) on trees that remember their places: `add`, `replace` and `remove`, which is all that a mutant needs.

use crate::node::{Data, Entry, Node};

/// Why an operation does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchFault {
    /// One sentence without a full stop.
    pub message: String,
}

fn fault(message: impl Into<String>) -> PatchFault {
    PatchFault { message: message.into() }
}

impl Node {
    /// Applies one operation, a map with `op`, `path` and `value`.
    ///
    /// # Errors
    /// [`PatchFault`] where the operation is none of the three, or its path leads nowhere.
    pub fn apply(&mut self, operation: &Self) -> Result<(), PatchFault> {
        let text = |key: &str| operation.key(key).and_then(Self::text).ok_or_else(|| fault(format!("it has no `{key}`")));
        let (name, path) = (text("op")?, text("path")?);
        let value = || operation.key("value").cloned().ok_or_else(|| fault("it has no `value`"));
        let (parent, last) = path.rsplit_once('/').ok_or_else(|| fault(format!("`{path}` is no JSON Pointer below the rule")))?;
        let parent = self.at_mut(parent).ok_or_else(|| fault(format!("`{parent}` is not there")))?;
        let last = last.replace("~1", "/").replace("~0", "~");
        match name {
            "add" => parent.add_member(&last, value()?, operation),
            "remove" => parent.remove_member(&last),
            "replace" => {
                *parent.member_mut(&last).ok_or_else(|| fault(format!("`{path}` is not there")))? = value()?;
                Ok(())
            }
            other => Err(fault(format!("`{other}` is none of `add`, `replace`, `remove`"))),
        }
    }

    /// Gives the node at a JSON Pointer (RFC 6901).
    fn at_mut(&mut self, pointer: &str) -> Option<&mut Self> {
        pointer.split('/').skip(1).try_fold(self, |node, token| node.member_mut(&token.replace("~1", "/").replace("~0", "~")))
    }

    fn member_mut(&mut self, token: &str) -> Option<&mut Self> {
        match &mut self.data {
            Data::List(items) => token.parse::<usize>().ok().and_then(|at| items.get_mut(at)),
            Data::Map(entries) => entries.iter_mut().find(|entry| entry.key == token).map(|entry| &mut entry.value),
            _ => None,
        }
    }

    fn add_member(&mut self, token: &str, value: Self, operation: &Self) -> Result<(), PatchFault> {
        match &mut self.data {
            Data::List(items) => {
                let at = if token == "-" { Some(items.len()) } else { token.parse().ok() };
                let at = at.filter(|at| *at <= items.len()).ok_or_else(|| fault(format!("the list has no place `{token}`")))?;
                items.insert(at, value);
                Ok(())
            }
            Data::Map(entries) => {
                entries.retain(|entry| entry.key != token);
                entries.push(Entry { key: token.to_owned(), key_span: operation.span, value });
                Ok(())
            }
            _ => Err(fault("only a list or a map can be added to")),
        }
    }

    fn remove_member(&mut self, token: &str) -> Result<(), PatchFault> {
        let gone = || fault(format!("`{token}` is not there"));
        match &mut self.data {
            Data::List(items) => {
                let at = token.parse().ok().filter(|at: &usize| *at < items.len()).ok_or_else(gone)?;
                items.remove(at);
                Ok(())
            }
            Data::Map(entries) => {
                let at = entries.iter().position(|entry| entry.key == token).ok_or_else(gone)?;
                entries.remove(at);
                Ok(())
            }
            _ => Err(gone()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use crate::{Node, parse};
    use counterpart_diag::Sources;

    fn node(text: &str) -> Node {
        parse(Sources::default().add("test", text), text).0.unwrap()
    }

    fn patched(text: &str, operation: &str) -> Result<String, String> {
        let mut tree = node(text);
        tree.apply(&node(operation)).map(|()| tree.to_json().to_string()).map_err(|fault| fault.message)
    }

    #[test]
    fn operations_reach_into_lists_and_maps() {
        let tree = "a: [{ b: 1 }, { c: 2 }]";
        assert_eq!(patched(tree, "{ op: replace, path: /a/1/c, value: x }").unwrap(), r#"{"a":[{"b":1},{"c":"x"}]}"#);
        assert_eq!(patched(tree, "{ op: remove, path: /a/0 }").unwrap(), r#"{"a":[{"c":2}]}"#);
        assert_eq!(patched(tree, "{ op: add, path: /a/-, value: 3 }").unwrap(), r#"{"a":[{"b":1},{"c":2},3]}"#);
        assert_eq!(patched(tree, "{ op: add, path: /a/0/b, value: 9 }").unwrap(), r#"{"a":[{"b":9},{"c":2}]}"#);
    }

    #[test]
    fn an_operation_that_does_not_fit_says_why() {
        assert_eq!(patched("a: 1", "{ op: replace, path: /b, value: 1 }").unwrap_err(), "`/b` is not there");
        assert_eq!(patched("a: 1", "{ op: move, path: /a }").unwrap_err(), "`move` is none of `add`, `replace`, `remove`");
        assert_eq!(patched("a: [1]", "{ op: add, path: /a/7, value: 1 }").unwrap_err(), "the list has no place `7`");
    }

    #[test]
    fn the_same_values_at_other_places_are_the_same() {
        assert!(node("a: [1, x]").same_as(&node("\n\na: [1, x]")));
        assert!(!node("a: x").same_as(&node("a: !value x")));
        assert!(!node("a: 1").same_as(&node("a: 1.0")));
    }
}
