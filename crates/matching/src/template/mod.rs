//! Handlebars templates (<https://handlebarsjs.com/guide/>), strict: a name without value is a fault.
//!
//! The `handlebars` crate parses; rendering is ours. What is written is escaped for the place it is written to, so there
//! is no triple brace, no partial and no inline code: a value can never break out of where it stands.

mod compile;
mod escape;
mod fake;
mod guard;
mod helper;
mod render;
#[cfg(test)]
mod tests;

use crate::{Generators, Names};
use compile::Node;
use std::sync::Arc;

pub use escape::fits_header;

/// What the text is written into, which decides how a value is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Escape {
    /// A value in a filter of a directory (RFC 4515 §3).
    Filter,
    /// A header field value: control characters are refused.
    Header,
    /// HTML text or a quoted attribute.
    Html,
    /// JSON: within quotes a value becomes part of the string, elsewhere a whole JSON value.
    Json,
    /// A value in a distinguished name (RFC 4514 §2.4).
    Name,
    /// Plain text: nothing is escaped.
    Text,
    /// A URL's path segment or query value.
    Url,
    /// XML text or a quoted attribute.
    Xml,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateFault {
    /// One sentence without a full stop.
    pub message: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

/// Why a template could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RenderFault {
    /// One sentence without a full stop.
    pub message: String,
}

/// A compiled template; copies share it.
#[derive(Clone, Debug)]
pub struct Template {
    program: Arc<Program>,
}

#[derive(Debug)]
struct Program {
    name: String,
    nodes: Vec<Node>,
    escape: Escape,
    names: Vec<String>,
    members: Vec<String>,
}

impl Template {
    /// Gives how each helper is written, by name, for the language reference.
    #[must_use]
    pub fn helpers() -> Vec<(&'static str, &'static str)> {
        helper::usages()
    }

    /// Compiles a text; `name` is what faults of rendering call it.
    ///
    /// ```
    /// use counterpart_matching::{Escape, Generators, NameTable, Random, Template};
    /// use serde_json::json;
    /// let template = Template::compile("reply", r#"{"note": "{{note}}"}"#, Escape::Json)?;
    /// let names = NameTable::default().with("note", json!("say \"yes\""));
    /// let mut generators = Generators::new(0, Random::keyed(1, &[]));
    /// assert_eq!(template.render(&names, &mut generators).as_deref(), Ok(r#"{"note": "say \"yes\""}"#));
    /// # Ok::<(), counterpart_matching::TemplateFault>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong with the text, and where; also that it passes a bound of length or nesting.
    pub fn compile(name: &str, text: &str, escape: Escape) -> Result<Self, TemplateFault> {
        compile::compile(name, text, escape).map(|program| Self { program: Arc::new(program) })
    }

    /// Gives the root names that it uses, each once. Within `each` and `with` a plain name is a member of the item first,
    /// so that only `@root.name` is listed there.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.program.names
    }

    /// Gives the members of root names that it uses, such as `setting.client_id`, each once.
    #[must_use]
    pub fn members(&self) -> &[String] {
        &self.program.members
    }

    /// Renders it.
    ///
    /// # Errors
    /// A name without value, a value that may not stand there, or a bound that was passed.
    pub fn render(&self, names: &dyn Names, generators: &mut Generators) -> Result<String, RenderFault> {
        render::render(&self.program, names, generators)
            .map_err(|reason| RenderFault { message: format!("template `{}`: {reason}", self.program.name) })
    }
}
