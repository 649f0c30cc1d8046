//! Questions to directories: a search or a bind as the request that asks it, and where such requests may go.

use super::message::offer;
use super::step::word_or;
use super::{Compiler, Scope};
use crate::model::{Body, BodyForm, BodyFrom, Request, Send, Shape};
use counterpart_diag::Diagnostic;
use counterpart_directory::Filter;
use counterpart_matching::{Escape, Template};
use counterpart_scenario::model::{Bind, EndpointItem, EndpointKind, Lookup, ScopeWord};
use counterpart_scenario::{Node, Spanned, Text};
use serde_json::json;

impl Compiler<'_> {
    /// Compiles a lookup as the request that it is.
    pub(super) fn lookup(&mut self, lookup: &Lookup, scope: &mut Scope) -> Option<Send> {
        let (method, members) = match &lookup.bind {
            Some(bind) => ("BIND", self.bind(lookup, bind, scope)?),
            None => ("SEARCH", self.search_members(lookup, scope)?),
        };
        let fixed = |text: &str| Template::compile("lookup", text, Escape::Text).ok();
        let body = Body {
            from: BodyFrom::Value(Shape::Map(members)),
            with: Vec::new(),
            patch: Vec::new(),
            form: BodyForm::Json,
            media_type: None,
            encode: None,
        };
        Some(Send {
            request: Request {
                id: Some("lookup".to_owned()),
                with: Vec::new(),
                method: fixed(method)?,
                path: fixed("/")?,
                headers: Vec::new(),
                body: Some(body),
                edits: self.edits.clone(),
            },
            via: None,
            endpoint: self.directory(lookup.to.as_ref(), lookup)?,
            certificate: word_or(lookup.certificate.as_ref(), "default"),
            credentials: None,
            connection: self.connection_rule(lookup.connection.as_ref())?,
            tls: offer(lookup.tls.as_ref()),
            fault: match &lookup.fault {
                Some(fault) => Some(self.fault(fault, scope)?),
                None => None,
            },
            within: self.time_if(lookup.within.as_ref(), scope),
        })
    }

    fn search_members(&mut self, lookup: &Lookup, scope: &mut Scope) -> Option<Vec<(String, Shape)>> {
        let literal = |value| Shape::Literal(value);
        let mut members = Vec::new();
        let mut add = |name: &str, shape: Shape| members.push((name.to_owned(), shape));
        if let Some(base) = &lookup.base {
            add("base", self.shape(base, Escape::Name, scope)?);
        }
        if let Some(word) = lookup.scope {
            let name = match word {
                ScopeWord::Base => "base",
                ScopeWord::One => "one",
                ScopeWord::Sub => "sub",
            };
            add("scope", literal(json!(name)));
        }
        if let Some(filter) = &lookup.filter {
            self.report_filter(filter);
            add("filter", self.shape(filter, Escape::Filter, scope)?);
        }
        if !lookup.attributes.is_empty() {
            let names: Option<Vec<Shape>> =
                lookup.attributes.iter().map(|name| self.template(name, Escape::Text, scope).map(Shape::Template)).collect();
            add("attributes", Shape::List(names?));
        }
        if let Some(Spanned { value, span }) = &lookup.size_limit {
            if *value < 1 {
                let message = format!("`{value}` is no number of entries");
                self.diagnostics.push(Diagnostic::error("SC011", message).at(*span, "at least 1, or leave it out"));
            }
            add("size-limit", literal(json!(value)));
        }
        if lookup.types_only.as_ref().is_some_and(|flag| flag.value) {
            add("types-only", literal(json!(true)));
        }
        Some(members)
    }

    fn bind(&mut self, lookup: &Lookup, bind: &Bind, scope: &mut Scope) -> Option<Vec<(String, Shape)>> {
        let searched = [&lookup.base, &lookup.filter].into_iter().flatten().next();
        if let Some(key) = searched {
            let message = "a lookup binds or searches, not both";
            self.diagnostics.push(
                Diagnostic::error("PK019", message)
                    .at(key.span, "this is of a search")
                    .help("bind in a step before it, with the connection kept"),
            );
        }
        let mut members = vec![("operation".to_owned(), Shape::Literal(json!("bind")))];
        for (name, node, escape) in [("name", &bind.name, Escape::Name), ("password", &bind.password, Escape::Text)] {
            if let Some(node) = node {
                members.push((name.to_owned(), self.shape(node, escape, scope)?));
            }
        }
        Some(members)
    }

    /// Reports a filter without names that is none; one with names is known only once these have values.
    fn report_filter(&mut self, filter: &Node) {
        let Some(text) = filter.text().filter(|text| !text.contains("{{")) else { return };
        if let Err(fault) = Filter::parse(text) {
            self.diagnostics.push(
                Diagnostic::error("PK019", fault.to_string())
                    .at(filter.span, "not a filter of RFC 4515")
                    .help("write each part in parentheses, such as `(&(objectClass=person)(cn=A*))`"),
            );
        }
    }

    /// Reports a request over HTTP that goes to a directory.
    pub(super) fn report_directory(&mut self, name: Option<&Text>) {
        let records = &self.main().pack.record.endpoints;
        let named = name.and_then(|name| records.iter().find(|record| record.name.value == name.value));
        if let Some((name, _)) = name.zip(named.filter(|record| record.kind == EndpointKind::Ldap)) {
            let message = format!("endpoint `{}` is a directory", name.value);
            let help = "ask it with a `lookup` step";
            self.diagnostics.push(Diagnostic::error("PK019", message).at(name.span, "does not speak HTTP").help(help));
        }
    }

    /// Gives the endpoint that a lookup goes to.
    fn directory(&mut self, name: Option<&Text>, lookup: &Lookup) -> Option<String> {
        let records = &self.main().pack.record.endpoints;
        let is_directory = |record: &&EndpointItem| record.kind == EndpointKind::Ldap;
        let no_directory = |message: String, span| {
            let help = "declare an endpoint of `kind: ldap` in `pack.yaml` and name it";
            Diagnostic::error("PK019", message).at(span, "asks a directory").help(help)
        };
        let Some(name) = name else {
            let first = records.iter().filter(|record| self.takes_part(record)).find(is_directory);
            if first.is_none() && records.iter().all(|record| record.kind != EndpointKind::Ldap) {
                self.diagnostics.push(no_directory("the pack has no directory".to_owned(), lookup.span));
            }
            return Some(first.map(|record| record.name.value.clone()).unwrap_or_default());
        };
        let found = records.iter().find(|record| record.name.value == name.value);
        if found.is_some_and(|record| record.kind != EndpointKind::Ldap) {
            self.diagnostics.push(no_directory(format!("endpoint `{}` is no directory", name.value), name.span));
            return None;
        }
        self.endpoint(Some(name))
    }
}
