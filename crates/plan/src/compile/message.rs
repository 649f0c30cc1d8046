//! Requests, replies, bodies and faults.

use super::{Compiler, Scope};
use crate::model::{
    AlpnAnswer, Body, BodyForm, BodyFrom, Chunked, Closing, Coding, Cut, CutAfter, CutHow, Drip, Fault, Field, Malformed, Offer,
    Reply, Request, Shape,
};
use counterpart_diag::Diagnostic;
use counterpart_directory::result_code;
use counterpart_evidence::Effect;
use counterpart_matching::{Escape, Template};
use counterpart_scenario::model::{
    AlpnAnswer as AlpnWord, Body as BodyRecord, BodyFrom as FromRecord, CutHow as CutWord, EffectWord, Encoding,
    Fault as FaultRecord, Malformed as MalformedWord, Offer as OfferRecord, Reply as ReplyRecord, ReplyItem, RequestItem,
    Send as SendRecord,
};
use counterpart_scenario::{Data, Node, Spanned, Text};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Compiler<'_> {
    /// Makes the request of a `send`: the named one with what the step changes.
    pub(crate) fn request(&mut self, send: &SendRecord, scope: &mut Scope) -> Option<Request> {
        let named = match &send.use_request {
            Some(name) => {
                self.used.insert(format!("request {}", name.value));
                let Some((item, _)) = self.requests.get(&name.value).copied() else {
                    let known: Vec<String> = self.requests.keys().cloned().collect();
                    self.unknown("request", name, &known.iter().map(String::as_str).collect::<Vec<_>>());
                    return None;
                };
                Some(item)
            }
            None => None,
        };
        let mut own = scope.clone();
        for (name, _) in named.iter().flat_map(|item| &item.with).chain(&send.with) {
            own.add(&name.value);
        }
        own.add("index");
        let request = self.merged_request(named, send, scope, &mut own);
        scope.note_all(&own);
        request
    }

    /// Compiles the requests that nothing sends, so that every file of the pack is checked.
    pub(crate) fn unused_requests(&mut self) {
        let unused: Vec<&RequestItem> = self
            .requests
            .iter()
            .filter(|(name, _)| !self.used.contains(&format!("request {name}")))
            .map(|(_, (item, _))| *item)
            .collect();
        // What they use is not used for that.
        let (used, used_openly) = (self.used.clone(), self.used_openly.clone());
        for item in unused {
            self.request_alone(item);
        }
        (self.used, self.used_openly) = (used, used_openly);
    }

    /// Compiles every named request as it stands, where they are to be built without a scenario.
    pub(crate) fn drafts(&mut self) -> BTreeMap<String, Arc<Request>> {
        if !self.options.drafts {
            return BTreeMap::new();
        }
        let items: Vec<&RequestItem> = self.requests.values().map(|(item, _)| *item).collect();
        let drafts = items.into_iter().filter_map(|item| Some((item.id.value.clone(), Arc::new(self.request_alone(item)?))));
        drafts.collect()
    }

    /// Compiles a request that no step sends; names that a step would give are taken as they come.
    fn request_alone(&mut self, item: &RequestItem) -> Option<Request> {
        let mut scope = Scope::open();
        let with = self.shapes(&item.with, Escape::Text, &mut scope);
        let method = self.template(&item.method, Escape::Header, &mut scope);
        let path = self.template(&item.path, Escape::Text, &mut scope);
        let headers: Option<Vec<Field>> = item.headers.iter().map(|(name, node)| self.field(name, node, &mut scope)).collect();
        let body = item.body.as_ref().map(|body| self.body(body, &mut scope));
        self.expectations(&item.expect, None, &mut scope);
        let body = body.map_or(Some(None), |body| body.map(Some))?;
        Some(Request {
            id: Some(item.id.value.clone()),
            with,
            method: method?,
            path: path?,
            headers: headers?,
            body,
            edits: Vec::new(),
        })
    }

    fn merged_request(
        &mut self,
        named: Option<&RequestItem>,
        send: &SendRecord,
        scope: &mut Scope,
        own: &mut Scope,
    ) -> Option<Request> {
        let mut with: Vec<(String, Shape)> = Vec::new();
        if let Some(item) = named {
            for (name, node) in item.with.iter().filter(|(name, _)| !send.with.iter().any(|(given, _)| given.value == name.value))
            {
                with.push((name.value.clone(), self.shape(node, Escape::Text, own)?));
            }
            let declared: Vec<&str> = item.with.iter().map(|(name, _)| name.value.as_str()).collect();
            for (name, _) in send.with.iter().filter(|(name, _)| !declared.contains(&name.value.as_str())) {
                self.unknown("argument", name, &declared);
            }
        }
        // What the step gives is worked out first: a default may build on it.
        let mut given = self.shapes(&send.with, Escape::Text, scope);
        given.append(&mut with);
        let method = self.required_template(send.method.as_ref().or(named.map(|item| &item.method)), send, "method", own)?;
        let path = match send.path.as_ref().or(named.map(|item| &item.path)) {
            Some(path) => self.template(path, Escape::Text, own)?,
            None => return self.lacking(send, "path"),
        };
        let mut headers = Vec::new();
        for (name, node) in named.iter().flat_map(|item| &item.headers).filter(|(name, _)| !overridden(name, &send.headers)) {
            headers.push(self.field(name, node, own)?);
        }
        for (name, node) in &send.headers {
            headers.push(self.field(name, node, own)?);
        }
        let mut body = match send.body.as_ref().or(named.and_then(|item| item.body.as_ref())) {
            Some(body) => {
                self.report_accepted(body.form.as_ref());
                Some(self.body(body, own)?)
            }
            None => None,
        };
        if let Some(body) = &mut body {
            for node in &send.patch {
                body.patch.push(self.shape(node, Escape::Text, scope)?);
            }
        } else if let Some(node) = send.patch.first() {
            self.diagnostics.push(Diagnostic::error("MT002", "there is no body to patch").at(node.span, "patches nothing"));
        }
        let id = named.map(|item| item.id.value.clone());
        let mut edits = self.edits.clone();
        if let Some(id) = &id {
            edits.extend(self.edits_of(|rule| *rule == format!("requests#{id}")));
        }
        Some(Request { id, with: given, method, path, headers, body, edits })
    }

    fn lacking<T>(&mut self, send: &SendRecord, what: &str) -> Option<T> {
        self.diagnostics.push(
            Diagnostic::error("SC010", format!("send needs `{what}`"))
                .at(send.span, "neither here nor in a named request")
                .help("name a request with `use`"),
        );
        None
    }

    fn required_template(&mut self, text: Option<&Text>, send: &SendRecord, what: &str, scope: &mut Scope) -> Option<Template> {
        match text {
            Some(text) => self.template(text, Escape::Header, scope),
            None => self.lacking(send, what),
        }
    }

    pub(super) fn field(&mut self, name: &Text, node: &Node, scope: &mut Scope) -> Option<Field> {
        let name = self.template(name, Escape::Header, scope)?;
        Some(Field { name, value: self.shape(node, Escape::Header, scope)? })
    }

    pub(crate) fn body(&mut self, body: &BodyRecord, scope: &mut Scope) -> Option<Body> {
        let mut own = scope.clone();
        let with = self.shapes(&body.with, Escape::Text, scope);
        for (name, _) in &with {
            own.add(name);
        }
        let mut media_type = body.media_type.as_ref().map(|text| text.value.clone());
        let from = match &body.from {
            FromRecord::Template(name) => {
                let escape = escape_of(&name.value);
                media_type = media_type.or_else(|| media_type_of(name.value.trim_end_matches(".hbs")).map(ToOwned::to_owned));
                BodyFrom::Template(self.template_file(name, escape, &mut own)?)
            }
            FromRecord::File(name) => {
                media_type = media_type.or_else(|| media_type_of(&name.value).map(ToOwned::to_owned));
                BodyFrom::Bytes(self.content("templates", name)?)
            }
            FromRecord::Text(text) => BodyFrom::Template(self.template(text, Escape::Text, &mut own)?),
            FromRecord::From(node) => {
                media_type = media_type.or_else(|| Some("application/json".to_owned()));
                BodyFrom::Value(self.shape(node, Escape::Text, &mut own)?)
            }
            FromRecord::Hex(text) => BodyFrom::Bytes(self.hex(text)?),
        };
        let form = self.body_form(body.form.as_ref(), &from, &mut own)?;
        let patch = body.patch.iter().filter_map(|node| self.shape(node, Escape::Text, &mut own)).collect();
        scope.note_all(&own);
        if let BodyForm::Fhir(..) = form {
            media_type = body.media_type.as_ref().map(|text| text.value.clone());
        }
        let encode = body.encode.map(|encode| match encode {
            Encoding::Accepted => Coding::Accepted,
            Encoding::Deflate => Coding::Deflate,
            Encoding::Gzip => Coding::Gzip,
        });
        Some(Body { from, with, patch, form, media_type, encode })
    }

    fn hex(&mut self, text: &Text) -> Option<Arc<[u8]>> {
        let digits: String = text.value.split_whitespace().collect();
        let bytes: Option<Vec<u8>> = (0..digits.len() / 2)
            .map(|at| digits.get(2 * at..2 * at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
            .collect();
        match bytes.filter(|_| digits.len().is_multiple_of(2)) {
            Some(bytes) => Some(bytes.into()),
            None => {
                self.diagnostics.push(Diagnostic::error("SC011", "expected pairs of hexadecimal digits").at(text.span, ""));
                None
            }
        }
    }

    /// Compiles a template file.
    pub(crate) fn template_file(&mut self, name: &Text, escape: Escape, scope: &mut Scope) -> Option<Template> {
        let content = self.content("templates", name)?;
        let Ok(text) = std::str::from_utf8(&content) else {
            self.diagnostics
                .push(Diagnostic::error("TP001", format!("template `{}` is not UTF-8", name.value)).at(name.span, "used here"));
            return None;
        };
        match self.compiled_template(&name.value, text, escape) {
            Ok(template) => {
                self.check_names(template.names(), template.members(), name.span, scope);
                Some(template)
            }
            Err(fault) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "TP001",
                        format!("template `{}`, line {}, column {}: {}", name.value, fault.line, fault.column, fault.message),
                    )
                    .at(name.span, "used here")
                    .help_if(fault.help),
                );
                None
            }
        }
    }

    /// Gives a reply by name, by status, or as written.
    pub(crate) fn reply_item(&mut self, item: &ReplyItem, scope: &mut Scope) -> Option<Arc<Reply>> {
        match item {
            ReplyItem::Inline(reply) => self.reply(reply, None, scope).map(Arc::new),
            ReplyItem::Named(name) => self.named_reply(name),
            ReplyItem::Status(status) => Some(Arc::new(Reply {
                name: None,
                with: Vec::new(),
                status: Shape::Literal(json!(status.value)),
                reason: None,
                headers: Vec::new(),
                body: None,
                effect: Effect::None,
                fault: None,
                edits: Vec::new(),
            })),
        }
    }

    fn named_reply(&mut self, name: &Text) -> Option<Arc<Reply>> {
        self.used.insert(format!("reply {}", name.value));
        if let Some(done) = self.replies.get(&name.value) {
            return done.clone();
        }
        let Some((full, record)) = self.reply_records.get(&name.value).cloned() else {
            let known: Vec<String> = self.reply_records.keys().cloned().collect();
            self.unknown("reply", name, &known.iter().map(String::as_str).collect::<Vec<_>>());
            return None;
        };
        let reply = self.guarded("reply", name, |compiler| compiler.reply(record, Some(&full), &mut Scope::open())).map(Arc::new);
        self.replies.insert(name.value.clone(), reply.clone());
        reply
    }

    pub(crate) fn reply(&mut self, record: &ReplyRecord, name: Option<&str>, scope: &mut Scope) -> Option<Reply> {
        let base = match &record.reply {
            Some(base) => Some(self.named_reply(base)?),
            None => None,
        };
        let mut own = scope.clone();
        let mut with = base.as_ref().map(|base| base.with.clone()).unwrap_or_default();
        for (name, shape) in self.shapes(&record.with, Escape::Text, scope) {
            with.retain(|(known, _)| *known != name);
            with.push((name, shape));
        }
        for (name, _) in &with {
            own.add(name);
        }
        let status = match (&record.status, &base) {
            (Some(node), _) => self.status(node, &mut own)?,
            (None, Some(base)) => base.status.clone(),
            (None, None) => {
                self.diagnostics.push(
                    Diagnostic::error("SC010", "a reply needs `status`").at(record.span, "neither here nor in a named reply"),
                );
                return None;
            }
        };
        let mut headers: Vec<Field> = Vec::new();
        for field in base.iter().flat_map(|base| &base.headers) {
            headers.push(field.clone());
        }
        for (name, node) in &record.headers {
            headers.push(self.field(name, node, &mut own)?);
        }
        let body = match &record.body {
            Some(body) => Some(self.body(body, &mut own)?),
            None => base.as_ref().and_then(|base| base.body.clone()),
        };
        scope.note_all(&own);
        let fault = match &record.fault {
            Some(fault) => Some(self.fault(fault, scope)?),
            None => base.as_ref().and_then(|base| base.fault.clone()),
        };
        let effect = record.effect.map_or_else(|| base.as_ref().map_or(Effect::None, |base| base.effect), effect_of);
        let reason =
            record.reason.as_ref().map(|text| text.value.clone()).or_else(|| base.as_ref().and_then(|base| base.reason.clone()));
        // A named reply is changed by its own name, wherever it is built on; one written on the spot with its rule, too.
        let mut edits = base.as_ref().map(|base| base.edits.clone()).unwrap_or_default();
        edits.extend(name.map(|name| self.edits_of(|rule| rule == name)).unwrap_or_default());
        // One written on the spot goes by the name of the reply that it builds on.
        let name = name.map(ToOwned::to_owned).or_else(|| base.as_ref().and_then(|base| base.name.clone()));
        Some(Reply { name, with, status, reason, headers, body, effect, fault, edits })
    }

    fn status(&mut self, node: &Node, scope: &mut Scope) -> Option<Shape> {
        if let Data::Integer(status) = node.data
            && !(100..=999).contains(&status)
        {
            self.diagnostics.push(
                Diagnostic::error("SC011", format!("`{status}` is not a status code")).at(node.span, "a status has three digits"),
            );
            return None;
        }
        // The name of a value may be that of a result too: `!value other`.
        if let Some(code) = node.text().filter(|_| node.tag.is_none()).and_then(result_code) {
            return Some(Shape::Literal(json!(code)));
        }
        self.shape(node, Escape::Text, scope)
    }

    pub(crate) fn fault(&mut self, record: &FaultRecord, scope: &mut Scope) -> Option<Fault> {
        let cut = match &record.cut {
            Some(cut) => Some(Cut { after: self.cut_after(&cut.after)?, how: cut_how(cut.how) }),
            None => None,
        };
        let drip = match &record.drip {
            Some(drip) => {
                Some(Drip { bytes: u64::try_from(drip.bytes.value).unwrap_or(1).max(1), every: self.time(&drip.every, scope)? })
            }
            None => None,
        };
        let set = |flag: &Option<Spanned<bool>>| flag.as_ref().is_some_and(|flag| flag.value);
        let closing = match (set(&record.until_close), set(&record.close)) {
            (true, _) => Some(Closing::EndsBody),
            (false, true) => Some(Closing::Announced),
            (false, false) => None,
        };
        Some(Fault {
            delay: self.time_if(record.delay.as_ref(), scope),
            jitter: self.time_if(record.jitter.as_ref(), scope),
            cut,
            drip,
            length_off: record.length_off.as_ref().map_or(0, |value| value.value),
            chunked: set(&record.chunked).then_some(Chunked),
            malformed: record.malformed.map(|word| match word {
                MalformedWord::Http => Malformed::Http,
                MalformedWord::Json => Malformed::Json,
                MalformedWord::Xml => Malformed::Xml,
            }),
            edits: self.compiled_edits(&record.edit),
            interim: record.interim.iter().filter_map(|status| u16::try_from(status.value).ok()).collect(),
            oversized: record.oversized.as_ref().and_then(|bytes| u64::try_from(bytes.value).ok()),
            raw: match &record.raw {
                Some(text) => Some(self.template(text, Escape::Text, scope)?),
                None => None,
            },
            closing,
        })
    }

    fn cut_after(&mut self, node: &Node) -> Option<CutAfter> {
        match (&node.data, node.text()) {
            (Data::Integer(bytes), _) => Some(CutAfter::Body(u64::try_from(*bytes).unwrap_or(0))),
            (_, Some("head")) => Some(CutAfter::Head),
            (_, Some("nothing")) => Some(CutAfter::Nothing),
            (_, Some("request")) => Some(CutAfter::Request),
            _ => {
                self.diagnostics.push(
                    Diagnostic::error("SC014", "unknown place of a cut")
                        .at(node.span, "")
                        .help("write `nothing`, `head`, `request` or a number of body bytes"),
                );
                None
            }
        }
    }
}

pub(crate) fn cut_how(word: CutWord) -> CutHow {
    match word {
        CutWord::Close => CutHow::Close,
        CutWord::HalfClose => CutHow::HalfClose,
        CutWord::Hang => CutHow::Hang,
        CutWord::Reset => CutHow::Reset,
    }
}

pub(crate) fn alpn(word: AlpnWord) -> AlpnAnswer {
    match word {
        AlpnWord::None => AlpnAnswer::None,
        AlpnWord::Offered => AlpnAnswer::Offered,
        AlpnWord::Other => AlpnAnswer::Other,
        AlpnWord::Unknown => AlpnAnswer::Unknown,
    }
}

pub(crate) fn offer(record: Option<&OfferRecord>) -> Offer {
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
    record.map_or_else(Offer::default, |record| Offer {
        min: text(&record.min),
        max: text(&record.max),
        alpn: record.alpn.iter().map(|name| name.value.clone()).collect(),
        server_name: text(&record.server_name),
    })
}

fn effect_of(word: EffectWord) -> Effect {
    match word {
        EffectWord::Lost => Effect::Lost,
        EffectWord::None => Effect::None,
        EffectWord::Refused => Effect::Refused,
        EffectWord::Stored => Effect::Stored,
    }
}

/// Tells whether a step says a header field of its named request anew; names that are templates compare as text.
fn overridden(name: &Text, headers: &[(Text, Node)]) -> bool {
    headers.iter().any(|(given, _)| given.value.eq_ignore_ascii_case(&name.value))
}

/// Chooses the escaping by what a template writes.
fn escape_of(name: &str) -> Escape {
    match name.trim_end_matches(".hbs").rsplit('.').next() {
        Some("json") => Escape::Json,
        Some("xml") => Escape::Xml,
        Some("html") => Escape::Html,
        _ => Escape::Text,
    }
}

fn media_type_of(name: &str) -> Option<&'static str> {
    match name.rsplit('.').next() {
        Some("html") => Some("text/html"),
        Some("json") => Some("application/json"),
        Some("pdf") => Some("application/pdf"),
        Some("txt") => Some("text/plain; charset=utf-8"),
        Some("xml") => Some("application/xml"),
        _ => None,
    }
}
