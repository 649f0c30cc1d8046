//! Steps.

use super::condition::TLS_FIELDS;
use super::message::{alpn, cut_how, offer};
use super::{Compiler, Scope};
use crate::limits::ACTION_MS_DEFAULT;
use crate::model::{
    Act, Ask, Attachment, AttachmentForm, Barrier, Captured, ConnectionRule, Demand, Each, EachOf, Listen, Load, Mail, Observe,
    Pace, Parallel, Probe, Repeat, Schedule, ScheduleRow, Send, Shape, Step, Time, TimedStep, When, Write, WriteWhat,
};
use counterpart_diag::Diagnostic;
use counterpart_matching::{Capture, Escape, Side};
use counterpart_scenario::model::{
    Act as ActRecord, Ask as AskRecord, CaptureItem, EndpointKind, Expectation, Listen as ListenRecord, Observe as ObserveRecord,
    Parallel as ParallelRecord, Send as SendRecord, Step as StepRecord, Write as WriteRecord,
};
use counterpart_scenario::{Data, Flag, Node, Reader, Text};
use std::sync::Arc;

impl Compiler<'_> {
    /// Compiles steps in order; each sees the names that those before it give.
    pub(crate) fn steps(&mut self, records: &[StepRecord], scenario: Option<&str>, scope: &mut Scope) -> Vec<Step> {
        records.iter().filter_map(|record| self.step(record, scenario, scope)).collect()
    }

    fn step(&mut self, record: &StepRecord, scenario: Option<&str>, scope: &mut Scope) -> Option<Step> {
        let before = scope.begin_uses();
        let guard = self.expression_if(record.guard.as_ref(), scope);
        let act = self.act(record, scenario, scope);
        if let Some(id) = &record.id {
            scope.add(&id.value);
        }
        let asserted: &[Expectation] = match &record.act {
            ActRecord::Assert(assert) => &assert.that,
            _ => &[],
        };
        let mut checks = self.expectations(asserted, scenario, scope);
        if let ActRecord::Send(send) = &record.act {
            // A request's own checks are the request's, whatever scenario sends it.
            let named = send.use_request.as_ref().and_then(|name| self.requests.get(&name.value)).map(|(item, _)| *item);
            checks.extend(self.expectations(named.map_or(&[], |item| &item.expect), None, scope));
        }
        checks.extend(self.expectations(&record.expect, scenario, scope));
        let mut captures = Vec::new();
        for (name, item) in &record.capture {
            captures.extend(self.captured(name, item, scope));
            scope.capture(&name.value, name.span);
        }
        for name in &record.binds {
            self.check_names(std::slice::from_ref(&name.value), &[], name.span, scope);
        }
        let own = |name: &String| {
            record.id.as_ref().is_some_and(|id| id.value == *name) || record.capture.iter().any(|(given, _)| given.value == *name)
        };
        let uses = scope.end_uses(before).into_iter().filter(|name| !own(name)).collect();
        let act = act?;
        let title = record.title.as_ref().map_or_else(|| title_of(&record.act), |title| title.value.clone());
        Some(Step {
            id: record.id.as_ref().map(|id| id.value.clone()),
            kind: record.act.key(),
            title,
            guard,
            act,
            checks,
            captures,
            binds: record.binds.iter().map(|name| name.value.clone()).collect(),
            uses,
            used_by_checks: self.used_by_named(&record.expect),
        })
    }

    fn act(&mut self, record: &StepRecord, scenario: Option<&str>, scope: &mut Scope) -> Option<Act> {
        Some(match &record.act {
            ActRecord::Lookup(lookup) => Act::Send(Box::new(self.lookup(lookup, scope)?)),
            ActRecord::Send(send) => Act::Send(Box::new(self.send(send, scope)?)),
            ActRecord::Probe(probe) => Act::Probe(Probe {
                endpoint: self.endpoint(probe.to.as_ref())?,
                old_tls: self.one_word(probe.old_tls.as_ref(), "old TLS version", &["1.0", "1.1"])?,
                tls: offer(probe.tls.as_ref()),
                certificate: word_or(probe.certificate.as_ref(), "default"),
                within: self.time_if(probe.within.as_ref(), scope),
            }),
            ActRecord::Await(record) => Act::Await(Arc::new(self.await_step(record, scenario, scope)?)),
            ActRecord::Release(release) => {
                Act::Release(release.to.value.clone(), Box::new(self.reply_item(&release.with, scope)?.as_ref().clone()))
            }
            ActRecord::Ask(ask) => Act::Ask(self.ask(ask, scope)?),
            ActRecord::Observe(observe) => Act::Observe(self.observe(observe, scenario, scope)?),
            ActRecord::Pause(time) => Act::Pause(self.time(time, scope)?),
            ActRecord::Repeat(repeat) => {
                if repeat.times.is_none() && repeat.until.is_none() {
                    self.diagnostics
                        .push(Diagnostic::error("SC016", "repeat needs one of times, until").at(repeat.span, "would never end"));
                }
                scope.add("index");
                let steps = self.steps(&repeat.steps, scenario, scope);
                Act::Repeat(Repeat {
                    times: self.expression_if(repeat.times.as_ref(), scope),
                    until: self.expression_if(repeat.until.as_ref(), scope),
                    at_most: self.time_if(repeat.at_most.as_ref(), scope),
                    every: self.time_if(repeat.every.as_ref(), scope),
                    steps,
                })
            }
            ActRecord::Each(each) => {
                let of = self.each_of(&each.of, scope)?;
                scope.add(&each.name.value);
                scope.add("index");
                Act::Each(Each { of, name: each.name.value.clone(), steps: self.steps(&each.steps, scenario, scope) })
            }
            ActRecord::Parallel(parallel) => Act::Parallel(self.parallel(parallel, scenario, scope)?),
            ActRecord::When(when) => Act::When(When {
                that: self.expression(&when.that, scope)?,
                then: self.steps(&when.then, scenario, scope),
                otherwise: self.steps(&when.otherwise, scenario, scope),
            }),
            ActRecord::Do(call) => self.call(&call.fragment, &call.with, scope)?,
            ActRecord::Assert(_) => Act::Assert,
            ActRecord::Let(map) => Act::Let(self.let_values(&map.0, scope)),
            ActRecord::Listen(listen) => Act::Listen(self.listen(listen, scope)?),
            ActRecord::Load(load) => {
                scope.add("index");
                Act::Load(Box::new(Load {
                    count: self.expression(&load.count, scope)?,
                    over: self.time_if(load.over.as_ref(), scope),
                    at_once: self.expression_if(load.at_once.as_ref(), scope),
                    send: self.send(&load.send, scope)?,
                    each: self.expectations(&load.each, scenario, scope),
                }))
            }
            ActRecord::Store(changes) => Act::Store(self.changes(&changes.0, scope)),
            ActRecord::Write(write) => Act::Write(self.write(write, scope)?),
        })
    }

    pub(crate) fn send(&mut self, send: &SendRecord, scope: &mut Scope) -> Option<Send> {
        let connection = self.connection_rule(send.connection.as_ref())?;
        self.report_directory(send.to.as_ref());
        if let Some(name) = &send.credentials {
            self.known_credentials(name);
        }
        Some(Send {
            request: self.request(send, scope)?,
            via: self.way(send)?,
            endpoint: self.endpoint(send.to.as_ref())?,
            certificate: word_or(send.certificate.as_ref(), "default"),
            credentials: send.credentials.as_ref().map(|name| name.value.clone()),
            connection,
            tls: offer(send.tls.as_ref()),
            fault: match &send.fault {
                Some(fault) => Some(self.fault(fault, scope)?),
                None => None,
            },
            within: self.time_if(send.within.as_ref(), scope),
        })
    }

    pub(super) fn connection_rule(&mut self, word: Option<&Text>) -> Option<ConnectionRule> {
        match word.map(|text| (text.value.as_str(), text.span)) {
            None | Some(("keep", _)) => Some(ConnectionRule::Keep),
            Some(("fresh", _)) => Some(ConnectionRule::Fresh),
            Some((other, span)) => {
                Reader::new(&mut self.diagnostics).unknown_word(other, span, "connection rule", &["fresh", "keep"])
            }
        }
    }

    /// Gives the name of a declared endpoint; the first of the run's role where none is named.
    pub(super) fn endpoint(&mut self, name: Option<&Text>) -> Option<String> {
        let records = &self.main().pack.record.endpoints;
        let declared: Vec<&str> = records.iter().map(|endpoint| endpoint.name.value.as_str()).collect();
        match name {
            None => {
                let mut own = records.iter().filter(|record| self.takes_part(record));
                // A directory is asked by its own step.
                let first = own.clone().find(|record| record.kind != EndpointKind::Ldap).or_else(|| own.next());
                Some(first.map(|record| record.name.value.clone()).unwrap_or_default())
            }
            // A template is filled while playing: a player's route names the endpoint.
            Some(name) if name.value.contains("{{") || declared.contains(&name.value.as_str()) => Some(name.value.clone()),
            Some(name) => {
                self.unknown("endpoint", name, &declared);
                None
            }
        }
    }

    fn one_word(&mut self, word: Option<&Text>, what: &str, known: &[&str]) -> Option<Option<String>> {
        match word {
            None => Some(None),
            Some(word) if known.contains(&word.value.as_str()) => Some(Some(word.value.clone())),
            Some(word) => Reader::new(&mut self.diagnostics).unknown_word(&word.value, word.span, what, known),
        }
    }

    fn ask(&mut self, ask: &AskRecord, scope: &mut Scope) -> Option<Ask> {
        let actions = &self.main().pack.record.actions;
        let Some(declared) = actions.iter().find(|action| action.name.value == ask.action.value) else {
            let known: Vec<&str> = actions.iter().map(|action| action.name.value.as_str()).collect();
            self.unknown("action", &ask.action, &known);
            return None;
        };
        self.used.insert(format!("action {}", ask.action.value));
        let arguments: Vec<&str> = declared.arguments.iter().map(|(name, _)| name.value.as_str()).collect();
        for (name, _) in ask.with.iter().filter(|(name, _)| !arguments.contains(&name.value.as_str())) {
            self.unknown(&format!("argument of `{}`", ask.action.value), name, &arguments);
        }
        let within = match ask.within.as_ref().or(declared.within.as_ref()) {
            Some(time) => self.time(time, scope)?,
            None => Time::Fixed(ACTION_MS_DEFAULT),
        };
        Some(Ask {
            action: ask.action.value.clone(),
            with: self.shapes(&ask.with, Escape::Text, scope),
            within,
            pace: if set(ask.background.as_ref()) { Pace::Background } else { Pace::Waits },
            demand: if set(ask.optional.as_ref()) { Demand::Optional } else { Demand::Required },
        })
    }

    fn observe(&mut self, observe: &ObserveRecord, scenario: Option<&str>, scope: &mut Scope) -> Option<Observe> {
        let lasting = match observe.lasting.as_ref().or(observe.at_most.as_ref()) {
            Some(time) => self.time(time, scope)?,
            None => {
                self.diagnostics
                    .push(Diagnostic::error("SC016", "observe needs one of for, at-most").at(observe.span, "would never end"));
                return None;
            }
        };
        let (mut stubs, mut players) = (Vec::new(), Vec::new());
        for name in &observe.using {
            if self.trees.iter().any(|tree| tree.players.contains_key(&name.value)) {
                players.extend(self.player(name));
            } else if self.trees.iter().any(|tree| tree.stubs.contains_key(&name.value)) {
                stubs.extend(self.stub(name));
            } else {
                let known: Vec<&str> =
                    self.trees.iter().flat_map(|tree| tree.stubs.keys().chain(tree.players.keys())).map(String::as_str).collect();
                self.unknown("stub or player", name, &known);
            }
        }
        let mut steps = Vec::new();
        for timed in &observe.steps {
            let at = self.time(&timed.at, scope)?;
            steps.push(TimedStep { at, step: self.step(&timed.step, scenario, scope)? });
        }
        let schedule = match &observe.schedule {
            Some(name) => Some(self.schedule(name)?),
            None => None,
        };
        Some(Observe { lasting, until: self.expression_if(observe.until.as_ref(), scope), stubs, players, schedule, steps })
    }

    fn schedule(&mut self, name: &Text) -> Option<Arc<Schedule>> {
        self.used.insert(format!("schedule {}", name.value));
        if let Some(done) = self.schedules.get(&name.value) {
            return done.clone();
        }
        let Some(file) = self.trees.iter().find_map(|tree| tree.schedules.get(&name.value)) else {
            let known: Vec<&str> = self.trees.iter().flat_map(|tree| tree.schedules.keys()).map(String::as_str).collect();
            self.unknown("schedule", name, &known);
            return None;
        };
        let mut scope = Scope::rule();
        let mut rows = Vec::new();
        for row in &file.record.rows {
            rows.push(ScheduleRow {
                from: self.time(&row.from, &mut scope)?,
                to: self.time(&row.to, &mut scope)?,
                endpoint: row.endpoint.as_ref().map(|name| name.value.clone()),
                methods: row.method.iter().flat_map(|words| &words.0).map(|word| word.value.clone()).collect(),
                fault: match &row.fault {
                    Some(fault) => Some(self.fault(fault, &mut scope)?),
                    None => None,
                },
                respond: match &row.respond {
                    Some(item) => Some(self.reply_item(item, &mut scope)?),
                    None => None,
                },
            });
        }
        let schedule = Some(Arc::new(Schedule { name: name.value.clone(), rows }));
        self.schedules.insert(name.value.clone(), schedule.clone());
        schedule
    }

    fn each_of(&mut self, node: &Node, scope: &mut Scope) -> Option<EachOf> {
        match &node.data {
            Data::List(items) => {
                Some(EachOf::Values(items.iter().filter_map(|item| self.shape(item, Escape::Text, scope)).collect()))
            }
            Data::Text(text) => self.expression_at(text, node.span, scope).map(EachOf::Expression),
            _ => Reader::new(&mut self.diagnostics).mismatch(node, "a list or an expression"),
        }
    }

    fn parallel(&mut self, parallel: &ParallelRecord, scenario: Option<&str>, scope: &mut Scope) -> Option<Parallel> {
        let barrier = match parallel.barrier.as_ref() {
            None => Barrier::None,
            Some(word) if word.value == "connected" => Barrier::Connected,
            Some(word) => {
                return Reader::new(&mut self.diagnostics).unknown_word(&word.value, word.span, "barrier", &["connected"]);
            }
        };
        scope.add("index");
        let times = self.expression_if(parallel.times.as_ref(), scope);
        let mut branches = Vec::new();
        if !parallel.steps.is_empty() {
            branches.push(self.steps(&parallel.steps, scenario, scope));
        }
        for branch in &parallel.branches {
            branches.push(self.steps(&branch.steps, scenario, scope));
        }
        if branches.is_empty() || (times.is_some() && branches.len() > 1) {
            self.diagnostics.push(
                Diagnostic::error("SC016", "parallel needs `do` with `times`, or `branches`")
                    .at(parallel.span, "nothing runs side by side"),
            );
        }
        Some(Parallel { times, barrier, branches })
    }

    /// Named values: text is an expression, `{template: ...}` a template, anything else as it is.
    fn let_values(&mut self, values: &[(Text, Node)], scope: &mut Scope) -> Vec<(String, Shape)> {
        let mut done = Vec::new();
        for (name, node) in values {
            let shape = match (&node.data, node.key("template")) {
                (Data::Map(entries), Some(template)) if entries.len() == 1 => self.shape(template, Escape::Text, scope),
                (Data::Text(text), _) => self.expression_at(text, node.span, scope).map(Shape::Expression),
                _ => self.shape(node, Escape::Text, scope),
            };
            scope.add(&name.value);
            done.extend(shape.map(|shape| (name.value.clone(), shape)));
        }
        done
    }

    pub(super) fn listen(&mut self, listen: &ListenRecord, scope: &mut Scope) -> Option<Listen> {
        let client = self.one_word(
            listen.client_certificate.as_ref(),
            "client certificate rule",
            &["any", "none", "optional", "required"],
        )?;
        let tls_max = self.one_word(listen.tls_max.as_ref(), "TLS version", &["1.1", "1.2", "1.3"])?;
        Some(Listen {
            endpoint: self.endpoint(listen.endpoint.as_ref())?,
            accept: listen.accept.as_ref().map(|flag| flag.value),
            certificate: listen.certificate.as_ref().map(|name| name.value.clone()),
            client_certificate: client,
            tls_max,
            alpn: listen.alpn.map(alpn),
            ends: listen.ends.map(cut_how),
            lasting: self.time_if(listen.lasting.as_ref(), scope),
        })
    }

    fn write(&mut self, write: &WriteRecord, scope: &mut Scope) -> Option<Write> {
        let path = self.template(&write.path, Escape::Text, scope)?;
        let what = match (&write.mail, &write.text) {
            (Some(mail), None) => {
                let mut attachments = Vec::new();
                for item in &mail.attachments {
                    attachments.push(Attachment {
                        name: self.template(&item.name, Escape::Header, scope)?,
                        media_type: item.media_type.value.clone(),
                        content: self.expression(&item.content, scope)?,
                        form: if set(item.base64.as_ref()) { AttachmentForm::Base64 } else { AttachmentForm::Text },
                    });
                }
                WriteWhat::Mail(Box::new(Mail {
                    from: self.template(&mail.from, Escape::Header, scope)?,
                    to: mail.to.iter().filter_map(|to| self.template(to, Escape::Header, scope)).collect(),
                    subject: self.template(&mail.subject, Escape::Header, scope)?,
                    text: self.template(&mail.text, Escape::Text, scope)?,
                    attachments,
                }))
            }
            (None, Some(text)) => WriteWhat::Text(self.template(text, Escape::Text, scope)?),
            _ => {
                self.diagnostics.push(
                    Diagnostic::error("SC016", "write needs one of text, mail").at(write.span, "none or both of them are here"),
                );
                return None;
            }
        };
        Some(Write { path, what })
    }

    fn captured(&mut self, name: &Text, item: &CaptureItem, scope: &mut Scope) -> Option<Captured> {
        let capture = if let Some(path) = &item.json {
            Capture::Json(self.json_path(path)?)
        } else if let Some(path) = &item.xml {
            Capture::Xml(self.xpath(path, &[])?)
        } else if let Some(header) = &item.header {
            let pattern = match &item.group {
                Some(group) => Some(self.pattern(group)?),
                None => None,
            };
            Capture::Header { name: self.settled_text(header, scope)?, pattern }
        } else if let Some(path) = &item.hook {
            Capture::Hook(self.json_path(path)?)
        } else if let Some(field) = &item.connection {
            match TLS_FIELDS.iter().find(|(name, _)| *name == field.value) {
                Some((_, field)) => Capture::Connection(*field),
                None => {
                    let known: Vec<&str> = TLS_FIELDS.iter().map(|(name, _)| *name).collect();
                    return Reader::new(&mut self.diagnostics).unknown_word(
                        &field.value,
                        field.span,
                        "fact of a connection",
                        &known,
                    );
                }
            }
        } else if let Some(cel) = &item.expr {
            Capture::Expression(self.expression(cel, scope)?)
        } else {
            self.diagnostics.push(
                Diagnostic::error("SC016", "a capture needs one of json, xml, header, hook, connection, expr")
                    .at(item.span, "takes nothing"),
            );
            return None;
        };
        let side = match item.of.as_ref().map(|of| of.value.as_str()) {
            Some("request") => Side::Request,
            Some(_) => Side::Response,
            None if self.options.role == Some(counterpart_evidence::Role::Provider) => Side::Request,
            None => Side::Response,
        };
        let demand = if set(item.optional.as_ref()) { Demand::Optional } else { Demand::Required };
        Some(Captured { name: name.value.clone(), capture, side, demand })
    }
}

pub(super) fn set(flag: Option<&Flag>) -> bool {
    flag.is_some_and(|flag| flag.value)
}

pub(super) fn word_or(word: Option<&Text>, default: &str) -> String {
    word.map_or_else(|| default.to_owned(), |word| word.value.clone())
}

/// Says what a step does, for reports, where its file does not.
fn title_of(act: &ActRecord) -> String {
    match act {
        ActRecord::Ask(ask) => format!("ask the system under test to `{}`", ask.action.value),
        ActRecord::Assert(_) => "judge what is known by now".to_owned(),
        ActRecord::Await(record) if record.mail.is_some() => "wait for a mail".to_owned(),
        ActRecord::Await(record) if record.connection.is_some() => "wait for a connection".to_owned(),
        ActRecord::Await(record) if record.request.is_some() => "wait for a request".to_owned(),
        ActRecord::Await(_) => "wait for a file".to_owned(),
        ActRecord::Do(call) => call.fragment.value.replace('-', " "),
        ActRecord::Each(_) => "do for each".to_owned(),
        ActRecord::Let(_) => "name values".to_owned(),
        ActRecord::Listen(_) => "change how the endpoint listens".to_owned(),
        ActRecord::Lookup(lookup) if lookup.bind.is_some() => "bind at the directory".to_owned(),
        ActRecord::Lookup(_) => "look up in the directory".to_owned(),
        ActRecord::Load(_) => "send at a rate".to_owned(),
        ActRecord::Observe(_) => "observe".to_owned(),
        ActRecord::Parallel(_) => "do side by side".to_owned(),
        ActRecord::Pause(_) => "wait".to_owned(),
        ActRecord::Probe(_) => "try a connection".to_owned(),
        ActRecord::Release(_) => "answer the request held open".to_owned(),
        ActRecord::Repeat(_) => "do again".to_owned(),
        ActRecord::Send(send) => {
            send.use_request.as_ref().map_or_else(|| "send a request".to_owned(), |name| format!("send `{}`", name.value))
        }
        ActRecord::Store(_) => "change the store".to_owned(),
        ActRecord::When(_) => "do under a condition".to_owned(),
        ActRecord::Write(_) => "write".to_owned(),
    }
}
