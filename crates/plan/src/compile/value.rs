//! Scalars: expressions, templates, durations, bounds, and values built from them.

use super::{Compiler, Scope};
use crate::model::{Shape, Time};
use counterpart_diag::{Diagnostic, Span};
use counterpart_matching::{Bounds, Escape, Expression, Generators, NameTable, Operand, Pattern, Random, Template};
use counterpart_scenario::model::Range;
use counterpart_scenario::{Cel, Data, Node, Text, Time as TimeRecord};
use serde_json::Value;

impl Compiler<'_> {
    /// Compiles an expression and checks its names.
    pub(crate) fn expression(&mut self, cel: &Cel, scope: &mut Scope) -> Option<Expression> {
        self.expression_at(&cel.text, cel.span, scope)
    }

    pub(crate) fn expression_at(&mut self, text: &str, span: Span, scope: &mut Scope) -> Option<Expression> {
        match self.compiled_expression(text) {
            Ok(expression) => {
                self.check_names(expression.names(), expression.members(), span, scope);
                Some(expression)
            }
            Err(fault) => {
                // Where escapes or line breaks make text and file differ, a place within the text is none in the file.
                let exact = span.end.saturating_sub(span.start) as usize == text.len();
                let offset = if exact { u32::try_from(fault.offset).unwrap_or(0) } else { 0 };
                let at = Span { start: span.start.saturating_add(offset).min(span.end), ..span };
                self.diagnostics.push(
                    Diagnostic::error("MT001", format!("this is not an expression: {}", fault.message))
                        .at(at, "here")
                        .help_if(fault.help),
                );
                None
            }
        }
    }

    /// Compiles a template written in a YAML file.
    pub(crate) fn template(&mut self, text: &Text, escape: Escape, scope: &mut Scope) -> Option<Template> {
        match self.compiled_template("text", &text.value, escape) {
            Ok(template) => {
                self.check_names(template.names(), template.members(), text.span, scope);
                Some(template)
            }
            Err(fault) => {
                self.diagnostics.push(
                    Diagnostic::error("TP001", format!("this is not a template: {}", fault.message))
                        .at(text.span, format!("at character {} of line {}", fault.column, fault.line))
                        .help_if(fault.help),
                );
                None
            }
        }
    }

    /// Gives an expression that is always this value.
    pub(crate) fn constant(text: &str) -> Option<Expression> {
        Expression::compile(text).ok()
    }

    pub(crate) fn time(&mut self, time: &TimeRecord, scope: &mut Scope) -> Option<Time> {
        match time {
            TimeRecord::Fixed(value) => Some(Time::Fixed(value.value)),
            TimeRecord::Computed(cel) => self.expression(cel, scope).map(Time::Computed),
        }
    }

    pub(crate) fn time_if(&mut self, time: Option<&TimeRecord>, scope: &mut Scope) -> Option<Time> {
        time.and_then(|time| self.time(time, scope))
    }

    /// Makes a value to be built: text is a template, `!value` an expression, everything else literal.
    pub(crate) fn shape(&mut self, node: &Node, escape: Escape, scope: &mut Scope) -> Option<Shape> {
        if let Some(tag) = &node.tag {
            return self.tagged(&tag.name, node, scope).map(Shape::Expression);
        }
        match &node.data {
            Data::Text(text) if text.contains("{{") => {
                self.template(&Text { value: text.clone(), span: node.span }, escape, scope).map(Shape::Template)
            }
            Data::List(items) => Some(Shape::List(items.iter().filter_map(|item| self.shape(item, escape, scope)).collect())),
            Data::Map(entries) => Some(Shape::Map(
                entries.iter().filter_map(|entry| Some((entry.key.clone(), self.shape(&entry.value, escape, scope)?))).collect(),
            )),
            _ => Some(Shape::Literal(node.to_json())),
        }
    }

    fn tagged(&mut self, tag: &str, node: &Node, scope: &mut Scope) -> Option<Expression> {
        match (tag, node.text()) {
            ("value", Some(text)) => self.expression_at(text, node.span, scope),
            ("value", None) => {
                self.diagnostics
                    .push(Diagnostic::error("SC011", "`!value` takes a name or an expression").at(node.span, "not text"));
                None
            }
            _ => {
                self.diagnostics.push(
                    Diagnostic::error("SC014", format!("unknown tag `!{tag}`"))
                        .at(node.span, "")
                        .help("the language has one tag, `!value`"),
                );
                None
            }
        }
    }

    pub(crate) fn shapes(&mut self, with: &[(Text, Node)], escape: Escape, scope: &mut Scope) -> Vec<(String, Shape)> {
        with.iter().filter_map(|(name, node)| Some((name.value.clone(), self.shape(node, escape, scope)?))).collect()
    }

    /// Makes what a subject is compared with.
    pub(crate) fn operand(&mut self, node: &Node, scope: &mut Scope) -> Option<Operand> {
        match self.shape(node, Escape::Text, scope)? {
            Shape::Expression(expression) => Some(Operand::Expression(expression)),
            Shape::Template(template) => Some(Operand::Template(template)),
            Shape::Literal(value) => Some(Operand::Literal(value)),
            Shape::List(_) | Shape::Map(_) if !has_parts(node) => Some(Operand::Literal(node.to_json())),
            Shape::List(_) | Shape::Map(_) => {
                self.diagnostics.push(
                    Diagnostic::error("MT002", "a list or map to compare with holds literal values only")
                        .at(node.span, "has a template or `!value` in it")
                        .help("build the value in a `let` step and compare with `!value NAME`"),
                );
                None
            }
        }
    }

    pub(crate) fn pattern(&mut self, text: &Text) -> Option<Pattern> {
        match Pattern::compile(&text.value) {
            Ok(pattern) => Some(pattern),
            Err(fault) => {
                self.diagnostics.push(
                    Diagnostic::error("MT003", format!("this is not a regular expression: {}", fault.message))
                        .at(text.span, "here"),
                );
                None
            }
        }
    }

    /// Works out an expression that uses settings only; `None` where a setting has no value.
    pub(crate) fn worked_out(&mut self, cel: &Cel, scope: &mut Scope) -> Option<Value> {
        let before = self.diagnostics.as_slice().len();
        let expression = self.expression(cel, scope)?;
        if self.diagnostics.as_slice().len() > before {
            return None;
        }
        let names = NameTable { values: self.globals.clone(), behind: None };
        match expression.evaluate(&names) {
            Ok(value) => Some(value),
            Err(_) if expression.members().iter().any(|member| self.is_unset(member)) => None,
            Err(fault) => {
                self.diagnostics.push(
                    Diagnostic::error("MT004", format!("this must be known before the run: {}", fault.message))
                        .at(cel.span, "uses what is known only while playing")
                        .help("use numbers and settings here, or an `expr` over captured values"),
                );
                None
            }
        }
    }

    fn is_unset(&self, member: &str) -> bool {
        member.split_once('.').is_some_and(|(_, name)| self.unset.iter().any(|unset| unset == name))
    }

    pub(crate) fn number(&mut self, cel: &Cel, scope: &mut Scope) -> Option<f64> {
        // A duration is a number of milliseconds wherever a number may stand.
        if let Some(milliseconds) = milliseconds(&cel.text) {
            return Some(milliseconds);
        }
        let value = self.worked_out(cel, scope)?;
        let number = value.as_f64();
        if number.is_none() {
            self.diagnostics.push(Diagnostic::error("SC011", "expected a number").at(cel.span, format!("gives `{value}`")));
        }
        number
    }

    pub(crate) fn bounds(&mut self, range: &Range, scope: &mut Scope) -> Option<Bounds> {
        if range.min.is_none() && range.max.is_none() {
            self.diagnostics.push(
                Diagnostic::error("RL001", "a range without `min` and `max` holds for everything").at(range.span, "cannot fail"),
            );
            return None;
        }
        let before = self.diagnostics.as_slice().len();
        // A bound whose setting has no value yet is not known, and still is a bound.
        let min = range.min.as_ref().map(|cel| self.number(cel, scope).unwrap_or(f64::NEG_INFINITY));
        let max = range.max.as_ref().map(|cel| self.number(cel, scope).unwrap_or(f64::INFINITY));
        (self.diagnostics.as_slice().len() == before).then(|| Bounds { min, max, ..Bounds::default() })
    }

    /// Renders a template that uses settings only, such as the path of a rule.
    pub(crate) fn settled_text(&mut self, text: &Text, scope: &mut Scope) -> Option<String> {
        if !text.value.contains("{{") {
            return Some(text.value.clone());
        }
        let template = self.template(text, Escape::Text, scope)?;
        let names = NameTable { values: self.globals.clone(), behind: None };
        let mut generators = Generators::new(0, Random::keyed(0, &[]));
        match template.render(&names, &mut generators) {
            Ok(text) => Some(text),
            Err(_) if template.members().iter().any(|member| self.is_unset(member)) => Some(text.value.clone()),
            Err(fault) => {
                self.diagnostics.push(
                    Diagnostic::error("TP002", format!("this must be known before the run: {}", fault.message))
                        .at(text.span, "here"),
                );
                None
            }
        }
    }
}

fn has_parts(node: &Node) -> bool {
    node.tag.is_some()
        || match &node.data {
            Data::Text(text) => text.contains("{{"),
            Data::List(items) => items.iter().any(has_parts),
            Data::Map(entries) => entries.iter().any(|entry| has_parts(&entry.value)),
            _ => false,
        }
}

/// Reads `250ms`, `30s`, `5min`, `2h` as milliseconds.
fn milliseconds(text: &str) -> Option<f64> {
    let digits = text.find(|character: char| !character.is_ascii_digit() && character != '.')?;
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "ms" => 1.0,
        "s" => 1_000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| number * factor)
}
