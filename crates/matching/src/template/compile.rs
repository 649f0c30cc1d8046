//! From text to nodes: the `handlebars` crate parses, and nothing of it goes further than this file.

use super::guard::{check, fault};
use super::helper::{self, Helper};
use super::{Escape, Program, TemplateFault};
use counterpart_diag::suggest;
use handlebars::template::{BlockParam, HelperTemplate, Parameter, TemplateElement};
use handlebars::{Path, Template as Parsed};
use serde_json::Value;

/// One piece of a template.
#[derive(Debug)]
pub(super) enum Node {
    Each { list: Term, item: Option<String>, key: Option<String>, body: Vec<Node>, empty: Vec<Node> },
    If { test: Term, sense: bool, yes: Vec<Node>, no: Vec<Node> },
    Text(String),
    With { value: Term, name: Option<String>, body: Vec<Node>, absent: Vec<Node> },
    Write(Term),
}

/// One value.
#[derive(Debug)]
pub(super) enum Term {
    Call { helper: &'static Helper, arguments: Vec<Term>, options: Vec<(String, Term)> },
    Literal(Value),
    Path(Route),
}

/// Where a path begins.
#[derive(Debug, PartialEq)]
pub(super) enum Start {
    /// `@index` and the like.
    Loop(String),
    /// A plain name: a block's parameter, a member of the item, or a root name.
    Name(String),
    /// `@root`.
    Root,
    /// `this`, so many scopes up.
    This,
}

/// A path.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) raw: String,
    pub(super) up: usize,
    pub(super) start: Start,
    pub(super) members: Vec<String>,
}

/// Compiles a text.
pub(super) fn compile(name: &str, text: &str, escape: Escape) -> Result<Program, TemplateFault> {
    check(text)?;
    if !text.contains("{{") {
        return literal(name, text, escape);
    }
    let parsed = Parsed::compile(text).map_err(|error| {
        let (line, column) = error.pos().unwrap_or((1, 1));
        TemplateFault { line: number(line), column: number(column), ..fault(text, 0, plain_reason(&error.reason().to_string())) }
    })?;
    let mut compiler =
        Compiler { text, escape, place: (1, 1), scopes: 0, parameters: Vec::new(), names: Vec::new(), members: Vec::new() };
    let nodes = compiler.nodes(&parsed)?;
    Ok(Program { name: name.to_owned(), nodes, escape, names: compiler.names, members: compiler.members })
}

/// Compiles a text without tags, which has nothing to parse: most of what may be a template is none.
fn literal(name: &str, text: &str, escape: Escape) -> Result<Program, TemplateFault> {
    if escape == Escape::Header {
        super::escape::check_header(text).map_err(|message| fault(text, 0, message))?;
    }
    let nodes = if text.is_empty() { Vec::new() } else { vec![Node::Text(text.to_owned())] };
    Ok(Program { name: name.to_owned(), nodes, escape, names: Vec::new(), members: Vec::new() })
}

/// Says why a template is none, without the names of the parser's grammar.
fn plain_reason(reason: &str) -> String {
    let first = reason.lines().next().unwrap_or("");
    match first.strip_prefix("invalid handlebars syntax: ").unwrap_or(first) {
        message if message.starts_with("expected ") => {
            "what stands between `{{` and `}}` cannot be read, or a `{{` or block before it is not closed".to_owned()
        }
        message => message.to_owned(),
    }
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

struct Compiler<'t> {
    text: &'t str,
    escape: Escape,
    /// Line and column of the element at hand.
    place: (u32, u32),
    /// How many `each` and `with` are open.
    scopes: usize,
    /// Block parameters in scope.
    parameters: Vec<String>,
    names: Vec<String>,
    members: Vec<String>,
}

impl Compiler<'_> {
    fn fault(&self, message: impl Into<String>) -> TemplateFault {
        TemplateFault { line: self.place.0, column: self.place.1, ..fault(self.text, 0, message.into()) }
    }

    fn nodes(&mut self, parsed: &Parsed) -> Result<Vec<Node>, TemplateFault> {
        let mut nodes = Vec::with_capacity(parsed.elements.len());
        for (at, element) in parsed.elements.iter().enumerate() {
            if let Some(mapping) = parsed.mapping.get(at) {
                self.place = (number(mapping.0), number(mapping.1));
            }
            match element {
                TemplateElement::Comment(_) => {}
                TemplateElement::Expression(helper) => nodes.push(Node::Write(self.call(helper)?)),
                TemplateElement::HelperBlock(helper) => nodes.push(self.block(helper)?),
                TemplateElement::HtmlExpression(_) => {
                    return Err(TemplateFault {
                        help: Some("write two braces; `raw-json` writes a whole JSON value".to_owned()),
                        ..self.fault("three braces would write a value without escaping it")
                    });
                }
                TemplateElement::RawString(text) => {
                    if self.escape == Escape::Header {
                        super::escape::check_header(text).map_err(|message| self.fault(message))?;
                    }
                    nodes.push(Node::Text(text.clone()));
                }
                _ => return Err(self.fault("partials and decorators are not supported; a template is one file")),
            }
        }
        Ok(nodes)
    }

    fn block(&mut self, helper: &HelperTemplate) -> Result<Node, TemplateFault> {
        let name = raw_name(&helper.name);
        let sense = name == "if";
        match (name.as_str(), helper.params.as_slice()) {
            ("if" | "unless", [test]) => {
                let test = self.term(test)?;
                let yes = self.inner(helper.template.as_ref())?;
                Ok(Node::If { test, sense, yes, no: self.inner(helper.inverse.as_ref())? })
            }
            ("each" | "with", [source]) => {
                let source = self.term(source)?;
                let (first, second) = block_names(helper.block_param.as_ref());
                let known = self.parameters.len();
                self.parameters.extend(first.iter().chain(second.iter()).cloned());
                self.scopes += 1;
                let body = self.inner(helper.template.as_ref())?;
                self.scopes -= 1;
                self.parameters.truncate(known);
                let other = self.inner(helper.inverse.as_ref())?;
                Ok(if name == "each" {
                    Node::Each { list: source, item: first, key: second, body, empty: other }
                } else {
                    Node::With { value: source, name: first, body, absent: other }
                })
            }
            ("each" | "if" | "unless" | "with", _) => Err(self.fault(format!("`#{name}` takes one value"))),
            _ => Err(TemplateFault {
                help: suggest(&name, ["each", "if", "unless", "with"]).map(|near| format!("did you mean `#{near}`?")),
                ..self.fault(format!("unknown block `#{name}`; blocks are `#each`, `#if`, `#unless` and `#with`"))
            }),
        }
    }

    fn inner(&mut self, parsed: Option<&Parsed>) -> Result<Vec<Node>, TemplateFault> {
        parsed.map_or(Ok(Vec::new()), |parsed| self.nodes(parsed))
    }

    /// A tag or subexpression: a helper's call, or a path.
    fn call(&mut self, call: &HelperTemplate) -> Result<Term, TemplateFault> {
        if let Parameter::Literal(_) | Parameter::Subexpression(_) = &call.name {
            return self.term(&call.name);
        }
        let name = raw_name(&call.name);
        let bare = call.params.is_empty() && call.hash.is_empty();
        let Some(helper) = Helper::find(&name) else {
            return if bare { self.route(&name).map(Term::Path) } else { Err(self.unknown(&name)) };
        };
        if call.params.len() < helper.arguments_min || call.params.len() > helper.arguments_max {
            return Err(self.fault(format!("`{name}` is written `{{{{{}}}}}`", helper.usage)));
        }
        let arguments: Vec<Term> = call.params.iter().map(|parameter| self.term(parameter)).collect::<Result<_, _>>()?;
        let mut options = Vec::with_capacity(call.hash.len());
        for (option, value) in &call.hash {
            if !helper.options.contains(&option.as_str()) {
                let known = helper.options.join("`, `");
                let known = if known.is_empty() { "it has none".to_owned() } else { format!("it has `{known}`") };
                return Err(self.fault(format!("`{name}` has no option `{option}`; {known}")));
            }
            options.push((option.clone(), self.term(value)?));
        }
        options.sort_by(|left, right| left.0.cmp(&right.0));
        if name == "fake"
            && let Some(Term::Literal(Value::String(kind))) = arguments.first()
            && !super::fake::KINDS.contains(&kind.as_str())
        {
            return Err(TemplateFault {
                help: suggest(kind, super::fake::KINDS.iter().copied()).map(|near| format!("did you mean `{near}`?")),
                ..self.fault(format!("`fake` has no `{kind}`; it has {}", super::fake::KINDS.join(", ")))
            });
        }
        Ok(Term::Call { helper, arguments, options })
    }

    fn unknown(&self, name: &str) -> TemplateFault {
        let help = suggest(name, helper::names()).map_or_else(
            || format!("helpers are {}", helper::names().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        TemplateFault { help: Some(help), ..self.fault(format!("unknown helper `{name}`")) }
    }

    fn term(&mut self, parameter: &Parameter) -> Result<Term, TemplateFault> {
        match parameter {
            Parameter::Literal(value) => Ok(Term::Literal(value.clone())),
            Parameter::Name(_) | Parameter::Path(_) => {
                let name = raw_name(parameter);
                match Helper::find(&name) {
                    // `(now)` and a bare `uuid` as an argument are calls.
                    Some(helper) if helper.arguments_min == 0 => {
                        Ok(Term::Call { helper, arguments: Vec::new(), options: Vec::new() })
                    }
                    _ => self.route(&name).map(Term::Path),
                }
            }
            Parameter::Subexpression(inner) => match inner.as_element() {
                TemplateElement::Expression(call) => self.call(call),
                _ => Err(self.fault("a subexpression is a call in parentheses")),
            },
            _ => Err(self.fault("this kind of argument is not supported")),
        }
    }

    fn route(&mut self, raw: &str) -> Result<Route, TemplateFault> {
        let mut up = 0;
        let mut rest = raw;
        while let Some(further) = rest.strip_prefix("../") {
            up += 1;
            rest = further;
        }
        if rest == ".." {
            up += 1;
            rest = "this";
        }
        if up > self.scopes {
            return Err(self.fault(format!("`{raw}` climbs out of the template")));
        }
        let mut parts = split(rest).into_iter();
        let first = parts.next().unwrap_or_default();
        let mut members: Vec<String> = parts.collect();
        let start = match first.as_str() {
            "@root" => Start::Root,
            "this" | "." | "" => Start::This,
            local if local.starts_with('@') => Start::Loop(local.to_owned()),
            _ => Start::Name(first),
        };
        if let Start::Loop(name) = &start
            && !["@first", "@index", "@key", "@last"].contains(&name.as_str())
        {
            return Err(self.fault(format!("unknown name `{name}`; known are `@first`, `@index`, `@key`, `@last` and `@root`")));
        }
        let start = match start {
            Start::Root if members.is_empty() => return Err(self.fault("`@root` alone is not a value; write `@root.name`")),
            Start::Root => Start::Root,
            // At the top there is no item: `this.name` is the name.
            Start::This if up == self.scopes && !members.is_empty() => Start::Name(members.remove(0)),
            other => other,
        };
        self.note(&start, &members, up);
        Ok(Route { raw: raw.to_owned(), up, start, members })
    }

    /// Notes which root names are used.
    fn note(&mut self, start: &Start, members: &[String], up: usize) {
        let (root, member) = match start {
            Start::Name(name) if up == self.scopes && !self.parameters.contains(name) => (name.clone(), members.first()),
            Start::Root => match members.first() {
                Some(name) => (name.clone(), members.get(1)),
                None => return,
            },
            _ => return,
        };
        if let Some(member) = member {
            let path = format!("{root}.{member}");
            if !self.members.contains(&path) {
                self.members.push(path);
            }
        }
        if !self.names.contains(&root) {
            self.names.push(root);
        }
    }
}

fn raw_name(parameter: &Parameter) -> String {
    match parameter {
        Parameter::Name(name) => name.clone(),
        Parameter::Path(Path::Local((_, _, raw)) | Path::Relative((_, raw))) => raw.clone(),
        _ => String::new(),
    }
}

fn block_names(parameter: Option<&BlockParam>) -> (Option<String>, Option<String>) {
    match parameter {
        Some(BlockParam::Pair((first, second))) => (Some(raw_name(first)), Some(raw_name(second))),
        Some(BlockParam::Single(first)) => (Some(raw_name(first)), None),
        _ => (None, None),
    }
}

/// Splits a path at `.` and `/`; `[...]` is one part.
fn split(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut bracketed = false;
    for character in path.chars() {
        match character {
            '[' if !bracketed => bracketed = true,
            ']' if bracketed => bracketed = false,
            '.' | '/' if !bracketed => {
                if !part.is_empty() {
                    parts.push(std::mem::take(&mut part));
                }
            }
            other => part.push(other),
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}
