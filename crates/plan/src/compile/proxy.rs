//! Proxies: what they reach, the rules that pass requests on, and the sends that go through them.

use super::{Compiler, Scope};
use crate::model::{Field, Forward, Proxy, ProxyForm, Reply};
use counterpart_diag::{Diagnostic, Span};
use counterpart_scenario::model::{
    EndpointItem, EndpointKind, Forward as ForwardRecord, ProxyForm as FormWord, ReplyItem, Send as SendRecord, StubRule,
};
use counterpart_scenario::{Node, Text};
use std::sync::Arc;

impl<'a> Compiler<'a> {
    /// Gives what makes an endpoint a proxy; reports what does not fit its kind.
    pub(crate) fn proxy(&mut self, record: &EndpointItem) -> Option<Proxy> {
        if !is_proxy(record) {
            self.report_no_proxy(record);
            return None;
        }
        let name = &record.name;
        if record.reaches.is_empty() {
            self.no_way(
                format!("proxy `{}` reaches nothing", name.value),
                name.span,
                "has no `reaches`",
                "name the endpoints that it passes requests on to: `reaches: [NAME]`",
            );
        }
        let known = self.endpoint_names(|_| true);
        for reached in &record.reaches {
            if self.endpoint_named(&reached.value).is_none() {
                self.unknown("endpoint", reached, &known);
            } else if self.leads_to(&reached.value, &name.value) {
                let message = format!("proxy `{}` reaches itself", name.value);
                self.diagnostics.push(Diagnostic::error("PK012", message).at(reached.span, "the circle closes here"));
            }
        }
        let form = match record.form {
            Some(FormWord::Path) => ProxyForm::Path,
            Some(FormWord::Absolute) | None => ProxyForm::Absolute,
        };
        Some(Proxy { form, reaches: record.reaches.iter().map(|name| name.value.clone()).collect() })
    }

    fn report_no_proxy(&mut self, record: &EndpointItem) {
        let form = record.form.as_ref().map(|_| ("form", record.name.span));
        let reaches = record.reaches.first().map(|first| ("reaches", first.span));
        for (key, span) in form.into_iter().chain(reaches) {
            let message = format!("endpoint `{}` is no proxy and has no `{key}`", record.name.value);
            self.no_way(message, span, "of kind http", format!("say `kind: proxy`, or take `{key}` out"));
        }
    }

    /// Tells whether what an endpoint passes on can come to another, however many proxies lie between.
    fn leads_to(&self, from: &str, to: &str) -> bool {
        let (mut open, mut seen) = (vec![from.to_owned()], Vec::new());
        while let Some(name) = open.pop() {
            if name == to {
                return true;
            }
            if !seen.contains(&name) {
                let next = self.endpoint_named(&name).into_iter().flat_map(|record| &record.reaches);
                open.extend(next.map(|next| next.value.clone()));
                seen.push(name);
            }
        }
        false
    }

    /// Compiles how a rule passes a request on.
    pub(crate) fn forward(&mut self, file: &str, rule: &StubRule, record: &ForwardRecord, scope: &mut Scope) -> Option<Forward> {
        self.report_place(file, rule, record.span);
        if rule.respond.is_some() {
            self.no_way(
                format!("rule `{}` both answers and passes on", rule.id.value),
                rule.id.span,
                "only one of them can be done",
                "keep `forward` or `respond`; another rule with a condition can answer before this one",
            );
        }
        let name = format!("{file}#{}", rule.id.value);
        let edits = self.edits_of(|rule| rule == name);
        let reply = |compiler: &mut Self, item: Option<&ReplyItem>, scope: &mut Scope| -> Option<Option<Arc<Reply>>> {
            let Some(item) = item else { return Some(None) };
            let reply = compiler.reply_item(item, scope)?;
            Some(Some(if edits.is_empty() { reply } else { Arc::new(Reply { edits: edits.clone(), ..(*reply).clone() }) }))
        };
        Some(Forward {
            elsewhere: reply(self, record.elsewhere.as_ref(), scope)?,
            unreachable: reply(self, record.unreachable.as_ref(), scope)?,
            late: reply(self, record.late.as_ref(), scope)?,
            broken: reply(self, record.broken.as_ref(), scope)?,
            within: self.time_if(record.within.as_ref(), scope),
            headers: self.fields(&record.headers, scope)?,
            answer_headers: self.fields(&record.answer_headers, scope)?,
            certificate: record.certificate.as_ref().map_or_else(|| "default".to_owned(), |name| name.value.clone()),
            edits,
        })
    }

    fn fields(&mut self, records: &[(Text, Node)], scope: &mut Scope) -> Option<Vec<Field>> {
        records.iter().map(|(name, node)| self.field(name, node, scope)).collect()
    }

    /// Reports a rule that passes on where it may answer at an endpoint that is no proxy.
    fn report_place(&mut self, file: &str, rule: &StubRule, span: Span) {
        let endpoints = &self.main().pack.record.endpoints;
        if rule.on.as_ref().is_some_and(|on| on.action.is_some()) {
            self.report_forward(rule, span, "an action is no request");
            return;
        }
        if let Some(name) = rule.on.as_ref().and_then(|on| on.endpoint.as_ref()) {
            if self.endpoint_named(&name.value).is_some_and(|record| !is_proxy(record)) {
                self.report_forward(rule, span, &format!("`{}` is no proxy", name.value));
            }
            return;
        }
        let mut at = endpoints.iter().filter(|record| record.stubs.iter().any(|stub| stub.value == file)).peekable();
        if at.peek().is_none() {
            self.report_forward(rule, span, "it may answer at any endpoint");
        } else if let Some(other) = at.find(|record| !is_proxy(record)) {
            self.report_forward(rule, span, &format!("it answers at `{}`, which is no proxy", other.name.value));
        }
    }

    fn report_forward(&mut self, rule: &StubRule, span: Span, why: &str) {
        let proxies = self.endpoint_names(is_proxy);
        let help = match proxies.first() {
            Some(first) => format!("say at which proxy it answers: `on: {{ endpoint: {first} }}`"),
            None => "declare an endpoint with `kind: proxy`".to_owned(),
        };
        self.no_way(format!("rule `{}` cannot pass requests on: {why}", rule.id.value), span, "only a proxy passes on", help);
    }

    /// Gives the proxy that a `send` goes through.
    pub(crate) fn way(&mut self, send: &SendRecord) -> Option<Option<String>> {
        let Some(via) = &send.via else { return Some(None) };
        // A template is filled while playing, as that of `to` is.
        if via.value.contains("{{") {
            return Some(Some(via.value.clone()));
        }
        let proxies = self.endpoint_names(is_proxy);
        let Some(record) = self.endpoint_named(&via.value) else {
            self.unknown("endpoint", via, &proxies);
            return None;
        };
        if !is_proxy(record) {
            let message = format!("endpoint `{}` is no proxy to send through", via.value);
            let near = proxies.first().map(|first| format!("send through `{first}`, or straight without `via`"));
            self.no_way(message, via.span, "of kind http", near.unwrap_or_else(|| "say `kind: proxy` there".to_owned()));
            return None;
        }
        let to = self.endpoint(send.to.as_ref())?;
        let reached = |name: &str| record.reaches.iter().any(|known| known.value == name);
        if !to.contains("{{") && !reached(&to) {
            let known: Vec<&str> = record.reaches.iter().map(|name| name.value.as_str()).collect();
            let span = send.to.as_ref().map_or(via.span, |to| to.span);
            self.no_way(
                format!("proxy `{}` does not reach `{to}`", via.value),
                span,
                "not reached",
                format!("it reaches {}; add the endpoint to its `reaches`, or send straight", known.join(", ")),
            );
            return None;
        }
        Some(Some(via.value.clone()))
    }

    fn endpoint_named(&self, name: &str) -> Option<&'a EndpointItem> {
        self.main().pack.record.endpoints.iter().find(|record| record.name.value == name)
    }

    fn endpoint_names(&self, is: impl Fn(&EndpointItem) -> bool) -> Vec<&'a str> {
        let records = self.main().pack.record.endpoints.iter().filter(|record| is(record));
        records.map(|record| record.name.value.as_str()).collect()
    }

    /// Reports a way that cannot be gone.
    fn no_way(&mut self, message: String, span: Span, label: &str, help: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error("PK017", message).at(span, label.to_owned()).help(help));
    }
}

fn is_proxy(record: &EndpointItem) -> bool {
    record.kind == EndpointKind::Proxy
}
