//! From text to nodes: the `cel` crate parses, without its macros, and nothing of it goes further than this file.

use super::function::{self, Function};
use super::guard::{self, fault};
use super::node::{Binary, Loop, Node};
use super::{ExpressionFault, Program};
use crate::limits::{COMPREHENSION_NESTING_MAX, EXPRESSION_DEPTH_MAX, PATTERN_BYTES_MAX, PATTERN_SIZE_MAX};
use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SourceInfo};
use counterpart_diag::suggest;
use regex::{Regex, RegexBuilder};
use serde_json::Value;

/// Compiles a text.
pub(super) fn compile(text: &str) -> Result<Program, ExpressionFault> {
    guard::check(text)?;
    // An empty environment has no macros: comprehensions arrive as plain calls, and we compile them ourselves.
    let parsed = cel::Env::default().parser().parse_with_source_info(text);
    let (tree, places) = parsed.map_err(|errors| parse_fault(text, errors))?;
    let mut compiler = Compiler { places, ..Compiler::default() };
    let root = compiler.node(&tree)?;
    // What is asked for only where it is there need not be known.
    let demanded = compiler.demanded.iter().filter_map(|at| compiler.members.get(*at));
    let member_names = demanded.map(|(name, member)| format!("{name}.{member}")).collect();
    let Compiler { names, members, has_roots, .. } = compiler;
    Ok(Program { text: text.to_owned(), root, names, member_names, members, has_roots })
}

/// Compiles a pattern of bounded size.
pub(crate) fn pattern(text: &str) -> Result<Regex, String> {
    if text.len() > PATTERN_BYTES_MAX {
        return Err(format!("the pattern has {} bytes; at most {PATTERN_BYTES_MAX} are allowed", text.len()));
    }
    let built = RegexBuilder::new(text).size_limit(PATTERN_SIZE_MAX).dfa_size_limit(PATTERN_SIZE_MAX).build();
    built.map_err(|error| {
        let reason = error.to_string();
        let last = reason.lines().last().unwrap_or("").trim_start_matches("error: ");
        format!("`{text}` is not a pattern: {last}")
    })
}

fn parse_fault(text: &str, errors: cel::ParseErrors) -> ExpressionFault {
    let Some(first) = errors.errors.into_iter().next() else {
        return fault("the expression cannot be parsed".to_owned(), 0);
    };
    let (line, column) = (usize::try_from(first.pos.0).unwrap_or(0), usize::try_from(first.pos.1).unwrap_or(0));
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let here = text.get(start..).unwrap_or("");
    let offset = start + here.char_indices().nth(column.saturating_sub(1)).map_or(here.len(), |(at, _)| at);
    // The parser's message quotes the whole rest of the text; its first line says what is wrong.
    let message = first.msg.lines().next().unwrap_or("").chars().take(160).collect::<String>();
    let message = plain_message(&message);
    let help = (here.get(column.saturating_sub(1)..).is_some_and(|rest| rest.starts_with("= ") || rest.starts_with('=')))
        .then(|| "`==` compares".to_owned());
    ExpressionFault { help, ..fault(message, offset.min(text.len())) }
}

/// Says what the parser says, without the names of its grammar and the list of all that it would have taken.
fn plain_message(message: &str) -> String {
    let message = message.replace("Syntax error: ", "");
    let message = message.split(" expecting ").next().unwrap_or(&message).replace("'<EOF>'", "the end");
    for (begins, says) in [
        ("mismatched input ", "unexpected "),
        ("extraneous input ", "unexpected "),
        ("no viable alternative at input ", "unexpected "),
        ("token recognition error at: ", "unexpected "),
    ] {
        if let Some(rest) = message.strip_prefix(begins) {
            return if rest == "the end" { "the expression ends too early".to_owned() } else { format!("{says}{rest}") };
        }
    }
    message
}

#[derive(Default)]
struct Compiler {
    places: SourceInfo,
    /// Comprehension variables in scope, each with the path of what it runs over.
    locals: Vec<(String, Option<String>)>,
    depth: usize,
    loops: usize,
    names: Vec<String>,
    members: Vec<(String, String)>,
    /// Places of the members that must be there.
    demanded: Vec<usize>,
    has_roots: bool,
}

impl Compiler {
    fn offset(&self, id: u64) -> usize {
        self.places.offset_for(id).map_or(0, |(start, _)| {
            // The parser counts characters.
            self.places.source.char_indices().nth(start as usize).map_or(self.places.source.len(), |(at, _)| at)
        })
    }

    fn node(&mut self, tree: &IdedExpr) -> Result<Node, ExpressionFault> {
        self.depth += 1;
        if self.depth > EXPRESSION_DEPTH_MAX {
            let message = format!("the expression's tree is deeper than {EXPRESSION_DEPTH_MAX} levels");
            return Err(fault(message, self.offset(tree.id)));
        }
        let node = match &tree.expr {
            Expr::Call(call) => self.call(tree.id, call),
            Expr::Ident(name) => Ok(self.name(name)),
            Expr::List(list) => list.elements.iter().map(|element| self.node(element)).collect::<Result<_, _>>().map(Node::List),
            Expr::Literal(literal) => Ok(self::literal(literal)),
            Expr::Map(map) => {
                let mut entries = Vec::with_capacity(map.entries.len());
                for entry in &map.entries {
                    let EntryExpr::MapEntry(entry) = &entry.expr else {
                        return Err(fault("a map has keys and values".to_owned(), self.offset(tree.id)));
                    };
                    entries.push((self.node(&entry.key)?, self.node(&entry.value)?));
                }
                Ok(Node::Map(entries))
            }
            Expr::Select(select) => self.select(&select.operand, &select.field),
            Expr::Comprehension(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err(fault("messages of a named type are not supported".to_owned(), self.offset(tree.id)))
            }
        };
        self.depth -= 1;
        node
    }

    fn name(&mut self, name: &str) -> Node {
        if let Some(at) = self.locals.iter().rposition(|(local, _)| local == name) {
            return Node::Local(at, self.locals.get(at).and_then(|(_, path)| path.clone()));
        }
        self.has_roots = true;
        Node::Name(position_or_push(&mut self.names, name.to_owned()))
    }

    fn select(&mut self, operand: &IdedExpr, field: &str) -> Result<Node, ExpressionFault> {
        if let Some(at) = self.root_member(operand, field) {
            position_or_push(&mut self.demanded, at);
            return Ok(Node::RootMember(at));
        }
        Ok(Node::Select(Box::new(self.node(operand)?), field.to_owned()))
    }

    fn optional_select(&mut self, operand: &IdedExpr, field: &str) -> Result<Node, ExpressionFault> {
        match self.root_member(operand, field) {
            Some(at) => Ok(Node::OptionalRootMember(at)),
            None => Ok(Node::OptionalSelect(Box::new(self.node(operand)?), field.to_owned())),
        }
    }

    /// Gives the place of a member of a root name; `None` where the operand is something else.
    fn root_member(&mut self, operand: &IdedExpr, field: &str) -> Option<usize> {
        let Expr::Ident(root) = &operand.expr else { return None };
        if self.locals.iter().any(|(local, _)| local == root) {
            return None;
        }
        position_or_push(&mut self.names, root.clone());
        Some(position_or_push(&mut self.members, (root.clone(), field.to_owned())))
    }

    fn call(&mut self, id: u64, call: &CallExpr) -> Result<Node, ExpressionFault> {
        let name = call.func_name.as_str();
        if let Some((operator, _, _)) = Binary::ALL.iter().find(|(_, known, _)| *known == name)
            && let [left, right] = call.args.as_slice()
        {
            return Ok(Node::Binary(*operator, Box::new(self.node(left)?), Box::new(self.node(right)?)));
        }
        match (name, call.args.as_slice()) {
            ("_&&_", [left, right]) => return Ok(Node::And(Box::new(self.node(left)?), Box::new(self.node(right)?))),
            ("_||_", [left, right]) => return Ok(Node::Or(Box::new(self.node(left)?), Box::new(self.node(right)?))),
            ("!_", [operand]) => return Ok(Node::Not(Box::new(self.node(operand)?))),
            ("-_", [operand]) => return Ok(Node::Negate(Box::new(self.node(operand)?))),
            ("_?_:_", [test, yes, no]) => {
                return Ok(Node::If(Box::new(self.node(test)?), Box::new(self.node(yes)?), Box::new(self.node(no)?)));
            }
            ("_[_]", [list, index]) => return Ok(Node::Index(Box::new(self.node(list)?), Box::new(self.node(index)?))),
            ("_[?_]", [list, index]) => {
                return Ok(Node::OptionalIndex(Box::new(self.node(list)?), Box::new(self.node(index)?)));
            }
            ("_?._", [operand, field]) => {
                if let Expr::Literal(LiteralValue::String(field)) = &field.expr {
                    return self.optional_select(operand, field.inner());
                }
            }
            ("has", [argument]) if call.target.is_none() => return self.has(id, argument),
            _ => {}
        }
        if let Some((kind, _)) = Loop::ALL.iter().find(|(_, known)| *known == name)
            && let Some((source, arguments)) = receiver(call)
            && let [first, _, ..] = arguments.as_slice()
            && let Expr::Ident(variable) = &first.expr
        {
            return self.comprehension(id, *kind, source, variable, &arguments[1..]);
        }
        self.function(id, call)
    }

    fn has(&mut self, id: u64, argument: &IdedExpr) -> Result<Node, ExpressionFault> {
        match &argument.expr {
            Expr::Select(_) => match self.node(argument)? {
                Node::RootMember(at) => Ok(Node::HasRoot(at)),
                Node::Select(operand, field) => Ok(Node::Has(operand, field)),
                _ => Err(fault("`has` takes a member".to_owned(), self.offset(id))),
            },
            _ => Err(ExpressionFault {
                help: Some("write `has(a.b)`".to_owned()),
                ..fault("`has` takes a member".to_owned(), self.offset(id))
            }),
        }
    }

    fn comprehension(
        &mut self,
        id: u64,
        kind: Loop,
        source: &IdedExpr,
        variable: &str,
        arguments: &[&IdedExpr],
    ) -> Result<Node, ExpressionFault> {
        let source = self.node(source)?;
        self.loops += 1;
        if self.loops > COMPREHENSION_NESTING_MAX {
            let message = format!("comprehensions nest deeper than {COMPREHENSION_NESTING_MAX} levels");
            return Err(fault(message, self.offset(id)));
        }
        let path = super::path_of(&source, &self.names, &self.members).map(|path| format!("{path}[*]"));
        self.locals.push((variable.to_owned(), path));
        let (condition, body) = match arguments {
            [body] => (None, self.node(body)?),
            [condition, body] if kind == Loop::Map => (Some(Box::new(self.node(condition)?)), self.node(body)?),
            _ => return Err(fault("a comprehension takes a variable and an expression".to_owned(), self.offset(id))),
        };
        self.locals.pop();
        self.loops -= 1;
        Ok(Node::Comprehension { kind, source: Box::new(source), condition, body: Box::new(body) })
    }

    fn function(&mut self, id: u64, call: &CallExpr) -> Result<Node, ExpressionFault> {
        let mut arguments = Vec::with_capacity(call.args.len() + 1);
        let name = call.func_name.as_str();
        let function = Function::find(name).ok_or_else(|| self.unknown(id, name))?;
        for argument in call.target.iter().map(|target| &**target).chain(&call.args) {
            arguments.push(self.node(argument)?);
        }
        if arguments.len() < function.arguments_min || arguments.len() > function.arguments_max {
            return Err(fault(format!("`{name}` is written `{}`", function.usage), self.offset(id)));
        }
        if name == "failed" {
            // The ids of the checks that failed are a name that only this function reads.
            let failed = self.name("failed");
            arguments.insert(0, failed);
        }
        if name == "matches"
            && let [_, Node::Constant(Value::String(text))] = arguments.as_slice()
        {
            let compiled = pattern(text).map_err(|message| fault(message, self.offset(id)))?;
            return Ok(Node::Matches(Box::new(arguments.swap_remove(0)), compiled));
        }
        Ok(Node::Call(function, arguments))
    }

    fn unknown(&self, id: u64, name: &str) -> ExpressionFault {
        let known = || function::names().chain(Loop::ALL.iter().map(|(_, name)| *name)).chain(["has"]);
        let help = match name {
            "uuid" | "now" | "fake" | "sequence" => {
                format!("`{name}` is a helper of templates; an expression gives the same value each time")
            }
            _ => match suggest(name, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let mut all: Vec<&str> = known().collect();
                    all.sort_unstable();
                    format!("known functions are {}", all.join(", "))
                }
            },
        };
        let name: String = name.chars().take(60).collect();
        ExpressionFault { message: format!("unknown function `{name}`"), offset: self.offset(id), help: Some(help) }
    }
}

/// Gives what a call is made on and its arguments; `f(x, a)` and `x.f(a)` are the same call.
fn receiver(call: &CallExpr) -> Option<(&IdedExpr, Vec<&IdedExpr>)> {
    match &call.target {
        Some(target) => Some((target, call.args.iter().collect())),
        None => call.args.split_first().map(|(first, rest)| (first, rest.iter().collect())),
    }
}

fn position_or_push<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    list.iter().position(|known| *known == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}

fn literal(literal: &LiteralValue) -> Node {
    Node::Constant(match literal {
        LiteralValue::Boolean(flag) => Value::Bool(*flag.inner()),
        LiteralValue::Bytes(bytes) => return Node::Bytes(bytes.inner().into()),
        LiteralValue::Double(number) => Value::from(*number.inner()),
        LiteralValue::Int(number) => Value::from(*number.inner()),
        LiteralValue::Null => Value::Null,
        LiteralValue::String(text) => Value::from(text.inner()),
        LiteralValue::UInt(number) => Value::from(*number.inner()),
    })
}
