//! JSONPath queries, and JSON Pointers where a query would be too much.
//!
//! `$.orders[?@.open == true].id` asks (RFC 9535); `/orders/0/id`, or the empty text, names one place (RFC 6901) and is
//! looked up directly. Refused: expressions whose work could grow with a power of the document's size.
//! <https://www.rfc-editor.org/rfc/rfc9535>

use crate::fault::PathFault;
use crate::json::pointer;
use crate::limits::{DESCENDANT_SEGMENTS_MAX, EXPRESSION_BYTES_MAX, EXPRESSION_DEPTH_MAX};
use serde_json::Value;

/// A compiled JSONPath query or JSON Pointer.
#[derive(Clone, Debug)]
pub struct JsonPath {
    expression: String,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Pointer(Vec<String>),
    Query(serde_json_path::JsonPath),
}

/// A value that a query selected.
#[derive(Clone, Debug, PartialEq)]
pub struct Located<'a> {
    /// JSON Pointer of the value.
    pub pointer: String,
    /// The value.
    pub value: &'a Value,
}

impl JsonPath {
    /// Compiles a query; a text that is empty or begins with `/` is a JSON Pointer.
    ///
    /// # Errors
    /// The grammar is broken, or a bound is passed: 4,096 bytes, 32 levels of brackets, two `..` segments, and no `..`
    /// or `*` in an absolute query inside a filter (it would run again for every value filtered).
    ///
    /// ```
    /// use counterpart_document::JsonPath;
    /// let value = serde_json::json!({"a": [{"b": 1}, {"b": 2}]});
    /// let found = JsonPath::compile("$.a[?@.b > 1].b")?.query(&value).remove(0);
    /// assert_eq!((found.pointer.as_str(), found.value), ("/a/1/b", &2.into()));
    /// # Ok::<(), counterpart_document::PathFault>(())
    /// ```
    pub fn compile(expression: &str) -> Result<Self, PathFault> {
        if expression.len() > EXPRESSION_BYTES_MAX {
            return Err(PathFault::new(
                format!("the expression is longer than {EXPRESSION_BYTES_MAX} bytes"),
                EXPRESSION_BYTES_MAX,
            ));
        }
        let way = if expression.is_empty() || expression.starts_with('/') {
            Way::Pointer(pointer::tokens(expression)?.into_iter().map(Into::into).collect())
        } else {
            check_bounds(expression)?;
            Way::Query(serde_json_path::JsonPath::parse(expression).map_err(|error| {
                // The library counts positions from 1.
                PathFault::new(error.message(), error.position().saturating_sub(1).min(expression.len()))
            })?)
        };
        Ok(Self { expression: expression.to_owned(), way })
    }

    /// Gives the expression as it was written.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Tells whether one of the values that it selects passes a test; where they stand is not worked out.
    pub fn any(&self, value: &Value, test: impl FnMut(&Value) -> bool) -> bool {
        match &self.way {
            Way::Pointer(tokens) => pointer::find(value, tokens).is_some_and(test),
            Way::Query(query) => query.query(value).into_iter().any(test),
        }
    }

    /// Selects values, in the order that RFC 9535 gives.
    #[must_use]
    pub fn query<'a>(&self, value: &'a Value) -> Vec<Located<'a>> {
        match &self.way {
            Way::Pointer(tokens) => {
                let found = pointer::find(value, tokens);
                found.map(|value| Located { pointer: self.expression.clone(), value }).into_iter().collect()
            }
            Way::Query(query) => query
                .query_located(value)
                .into_iter()
                .map(|node| Located { pointer: node.location().to_json_pointer(), value: node.node() })
                .collect(),
        }
    }
}

/// Refuses what the library would follow by recursion or by repeated walks; the bounds are our own.
fn check_bounds(expression: &str) -> Result<(), PathFault> {
    let bytes = expression.as_bytes();
    let mut depth = 0_usize;
    let mut descendants = 0_usize;
    // The depth at which an absolute query inside a filter was met; it ends where its brackets do or an operator stands.
    let mut absolute: Option<usize> = None;
    let mut quote: Option<u8> = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            // RFC 9535 §2.3.1.1: four hexadecimal digits. The library panics on a text that ends before them.
            (_, b'\\') if bytes.get(at + 1) == Some(&b'u') && !has_four_hex(bytes, at + 2) => {
                return Err(PathFault::new("expected four hexadecimal digits after `\\u`", at));
            }
            (Some(_), b'\\') => at += 1,
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'[' | b'(') => {
                depth += 1;
                if depth > EXPRESSION_DEPTH_MAX {
                    return Err(PathFault::new(format!("more than {EXPRESSION_DEPTH_MAX} levels of brackets"), at));
                }
            }
            (None, b']' | b')') => {
                depth = depth.saturating_sub(1);
                absolute = absolute.filter(|inside| *inside <= depth);
            }
            (None, b'$') if depth > 0 => absolute = absolute.or(Some(depth)),
            (None, b'*') if absolute.is_some() => return Err(repeated(at)),
            (None, b'.') if bytes.get(at + 1) == Some(&b'.') => {
                if absolute.is_some() {
                    return Err(repeated(at));
                }
                descendants += 1;
                if descendants > DESCENDANT_SEGMENTS_MAX {
                    return Err(PathFault::new(format!("more than {DESCENDANT_SEGMENTS_MAX} `..` segments"), at));
                }
                at += 1;
            }
            (None, b'&' | b'|' | b'=' | b'<' | b'>' | b'!' | b',') => absolute = absolute.filter(|inside| *inside < depth),
            (None, _) => {}
        }
        at += 1;
    }
    Ok(())
}

fn has_four_hex(bytes: &[u8], at: usize) -> bool {
    bytes.get(at..at + 4).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

fn repeated(offset: usize) -> PathFault {
    PathFault::new("an absolute query inside a filter must name single places, without `..` and `*`", offset)
}
