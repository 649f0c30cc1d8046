//! XPath expressions, compiled once and asked of many documents.
//!
//! The language is XPath 2.0. Refused: functions that read other documents or the clock, and expressions whose work is
//! not bounded by the document. <https://www.w3.org/TR/xpath20/>

use super::cost;
use super::cursor::{Budget, Cursor};
use crate::fault::{EvalFault, PathFault};
use crate::limits::{EXPRESSION_BYTES_MAX, ITEM_BYTES_MAX, ITEMS_MAX, XPATH_DEPTH_MAX, XPATH_STEPS_MAX, XPATH_TIME_MAX};
use crate::xml::{Place, Tree, Xml};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use xsd_schema::namespace::{NameTable, NamespaceContext, NamespaceContextSnapshot};
use xsd_schema::types::value::TimezoneOffset;
use xsd_schema::xpath::functions::effective_boolean_value;
use xsd_schema::xpath::{ParseError, XPathContext, XPathError, XPathExpr, XPathValue, XmlItem as Item, expression_depth, parse};

/// Prefixes that stand for their namespaces unless the caller binds them (XPath 2.0 §2.1).
const STANDARD: &[(&str, &str)] = &[
    ("fn", "http://www.w3.org/2005/xpath-functions"),
    ("xs", "http://www.w3.org/2001/XMLSchema"),
    ("xml", "http://www.w3.org/XML/1998/namespace"),
];

/// A compiled XPath 2.0 expression with the prefixes it uses.
///
/// Names without a prefix are in no namespace, whatever the document's default is.
pub struct XPath {
    expression: String,
    compiled: XPathExpr,
    namespaces: NamespaceContextSnapshot,
    /// The engine's table of names is not made for sharing, so evaluations of one expression take turns.
    names: Mutex<NameTable>,
}

impl std::fmt::Debug for XPath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("XPath").field(&self.expression).finish()
    }
}

/// One item of an XPath result: a node, or a value such as a number or a boolean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlItem {
    /// Absolute path of a node with the document's own prefixes, positions where siblings share a name; empty for a
    /// value that is no node.
    pub path: String,
    /// The string value; booleans are `true` and `false`.
    pub text: String,
    /// Byte range of a node, tags included; nothing for a value that is no node.
    pub range: Option<Range<usize>>,
}

impl XPath {
    /// Compiles an expression; `namespaces` are pairs of prefix and name, `xs` and `fn` are known.
    ///
    /// # Errors
    /// The expression is not XPath 2.0, uses an unknown prefix or function, or passes a bound.
    ///
    /// ```
    /// use counterpart_document::{Limits, XPath, Xml};
    /// let xml = Xml::parse(&"<a xmlns='urn:a'><b n='2'>x</b></a>".into(), &Limits::default())?;
    /// let items = XPath::compile("//p:b[@n > 1]", &[("p".into(), "urn:a".into())])?.query(&xml)?;
    /// assert_eq!((items[0].path.as_str(), items[0].text.as_str()), ("/a/b", "x"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn compile(expression: &str, namespaces: &[(String, String)]) -> Result<Self, PathFault> {
        if expression.len() > EXPRESSION_BYTES_MAX {
            return Err(PathFault::new(
                format!("the expression is longer than {EXPRESSION_BYTES_MAX} bytes"),
                EXPRESSION_BYTES_MAX,
            ));
        }
        let parsed = parse(expression).map_err(|error| syntax_fault(expression, &error))?;
        if expression_depth(&parsed.arena, parsed.root) > XPATH_DEPTH_MAX {
            return Err(too_deep());
        }
        cost::check(&parsed.arena, parsed.root, expression)?;
        let mut names = NameTable::new();
        let bindings = bind(&mut names, namespaces);
        let compiled = XPathExpr::compile(expression, &context(&names, &bindings)).map_err(|error| {
            let offset = guilty_word(&error).and_then(|word| expression.find(&word)).unwrap_or(0);
            PathFault::new(plain(&error), offset)
        })?;
        Ok(Self { expression: expression.to_owned(), compiled, namespaces: bindings, names: Mutex::new(names) })
    }

    /// Gives the expression as it was written.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Asks a document, from its root, and gives the items in the order of the result.
    ///
    /// # Errors
    /// A rule of XPath is broken by this document (such as a cast of a text that is no number), or there is more work
    /// or more result than allowed: 10,000 items, 64 MiB of texts, two million steps, three
    /// quarters of a second.
    pub fn query(&self, xml: &Xml) -> Result<Vec<XmlItem>, EvalFault> {
        let tree = xml.tree();
        self.evaluate(tree, |value| items(tree, value))
    }

    /// Asks a document for the effective boolean value: whether there is a node, a non-empty text, a number other than 0.
    ///
    /// # Errors
    /// As for [`XPath::query`], and when the result has no boolean value (XPath 2.0 §2.4.3).
    pub fn holds(&self, xml: &Xml) -> Result<bool, EvalFault> {
        self.evaluate(xml.tree(), |value| effective_boolean_value(&value).map_err(|error| EvalFault::new(plain(&error))))
    }

    fn evaluate<T>(
        &self,
        tree: &Tree,
        read: impl FnOnce(XPathValue<Cursor<'_>>) -> Result<T, EvalFault>,
    ) -> Result<T, EvalFault> {
        // A panic elsewhere leaves the table whole: it only ever grows.
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let context = context(&names, &self.namespaces);
        let budget = Budget::new(XPATH_STEPS_MAX, XPATH_TIME_MAX);
        let result = self.compiled.evaluator(&context).run_with_node(Cursor::at_root(tree, &budget));
        // An answer from a cursor that stopped moving means nothing, an error no more.
        if budget.is_spent() {
            return Err(too_long());
        }
        let read = read(result.map_err(|error| EvalFault::new(plain(&error)))?);
        if budget.is_spent() { Err(too_long()) } else { read }
    }
}

fn too_deep() -> PathFault {
    PathFault::new(format!("more than {XPATH_DEPTH_MAX} levels of operators and brackets"), 0)
}

fn too_long() -> EvalFault {
    EvalFault::new(format!(
        "the expression takes more than {XPATH_STEPS_MAX} steps or {} ms on this document",
        XPATH_TIME_MAX.as_millis()
    ))
}

fn items(tree: &Tree, value: XPathValue<Cursor<'_>>) -> Result<Vec<XmlItem>, EvalFault> {
    let values = value.into_vec();
    if values.len() > ITEMS_MAX {
        return Err(EvalFault::new(format!("the result has {} items, more than the {ITEMS_MAX} allowed", values.len())));
    }
    let mut found = Vec::with_capacity(values.len());
    let mut bytes = 0;
    for value in values {
        let item = match value {
            Item::Atomic(value) => XmlItem { path: String::new(), text: value.to_string_value(), range: None },
            Item::Node(cursor) => {
                let place = cursor.place();
                // Checked before the text is made, which is never longer than its source.
                if bytes + tree.range(place).len() > ITEM_BYTES_MAX {
                    return Err(EvalFault::new(format!("the result has more than {ITEM_BYTES_MAX} bytes of text")));
                }
                node_item(tree, place, &cursor)
            }
        };
        bytes += item.text.len() + item.path.len();
        if bytes > ITEM_BYTES_MAX {
            return Err(EvalFault::new(format!("the result has more than {ITEM_BYTES_MAX} bytes of text")));
        }
        found.push(item);
    }
    Ok(found)
}

fn node_item(tree: &Tree, place: Place, cursor: &Cursor<'_>) -> XmlItem {
    use xsd_schema::navigator::DomNavigator;
    let path = tree.path(place);
    match cursor.node_type() {
        xsd_schema::navigator::DomNodeType::Namespace => {
            let path = format!("{path}/namespace::{}", cursor.local_name());
            XmlItem { path, text: cursor.value(), range: None }
        }
        _ => XmlItem { path, text: tree.string_value(place), range: Some(tree.range(place)) },
    }
}

fn bind(names: &mut NameTable, namespaces: &[(String, String)]) -> NamespaceContextSnapshot {
    let mut scope = NamespaceContext::new(names);
    for (prefix, uri) in STANDARD {
        scope.add_namespace(prefix, uri);
    }
    for (prefix, uri) in namespaces {
        // A default namespace would change what plain names mean; the caller's prefixes never do.
        if !prefix.is_empty() {
            scope.add_namespace(prefix, uri);
        }
    }
    scope.snapshot()
}

fn context<'n>(names: &'n NameTable, namespaces: &NamespaceContextSnapshot) -> XPathContext<'n> {
    // Without a zone of its own the engine would read the machine's.
    XPathContext::new(names).with_namespaces(namespaces.clone()).with_implicit_timezone(TimezoneOffset::UTC)
}

fn syntax_fault(expression: &str, error: &ParseError) -> PathFault {
    match error {
        // What the parser would have taken instead is a list of its grammar's names, longer than any help.
        ParseError::Parser { message, location } => {
            let message = message.split(", expected one of").next().unwrap_or(message);
            let message = if message == "Unexpected token Eof" { "the expression ends too early" } else { message };
            PathFault::new(message.to_owned(), location.unwrap_or(0).min(expression.len()))
        }
        ParseError::UnexpectedEof => PathFault::new("the expression ends too early", expression.len()),
        ParseError::LimitExceeded { .. } => too_deep(),
        other => PathFault::new(other.to_string(), 0),
    }
}

/// Gives the word of the expression that an error is about.
fn guilty_word(error: &XPathError) -> Option<String> {
    match error {
        XPathError::XPST0008 { qname } => Some(qname.clone()),
        XPathError::XPST0017 { name, .. } => Some(name.clone()),
        XPathError::XPST0051 { type_name } | XPathError::XPST0080 { type_name } => Some(type_name.clone()),
        XPathError::XPST0081 { prefix } => Some(format!("{prefix}:")),
        _ => None,
    }
}

/// Writes an error in our form: the engine's code last, in brackets.
fn plain(error: &XPathError) -> String {
    let written = error.to_string();
    match written.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((code, message)) => format!("{message} ({code})"),
        None => written,
    }
}
