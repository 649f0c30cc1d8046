//! What a step waits for, how often and how long, and what it answers.

use super::condition::Place;
use super::step::set;
use super::{Compiler, Scope};
use crate::model::{Await, AwaitWhat, CountBounds, Hold, RequestMatch};
use counterpart_diag::Diagnostic;
use counterpart_evidence::Outcome;
use counterpart_matching::{Escape, Side};
use counterpart_scenario::Reader;
use counterpart_scenario::model::{Await as AwaitRecord, CountItem};

impl Compiler<'_> {
    pub(super) fn await_step(&mut self, record: &AwaitRecord, scenario: Option<&str>, scope: &mut Scope) -> Option<Await> {
        let what = self.await_what(record, scope)?;
        let count = match &record.count {
            None => CountBounds { min: Self::constant("1")?, max: Self::constant("1") },
            Some(CountItem::Exactly(cel)) => {
                let exactly = self.expression(cel, scope)?;
                CountBounds { min: exactly.clone(), max: Some(exactly) }
            }
            Some(CountItem::Between(count)) => {
                if count.min.is_none() && count.max.is_none() {
                    self.diagnostics
                        .push(Diagnostic::error("SC016", "a count needs one of min, max").at(count.span, "bounds nothing"));
                }
                let min = match &count.min {
                    Some(cel) => self.expression(cel, scope)?,
                    None => Self::constant("0")?,
                };
                CountBounds { min, max: self.expression_if(count.max.as_ref(), scope) }
            }
        };
        let quiet = match &record.quiet {
            Some(item) => self.expectation(item, scenario, scope),
            None => None,
        };
        let then_quiet = match (&record.then_quiet, quiet) {
            (Some(time), Some(check)) => Some((self.time(time, scope)?, check)),
            (Some(_), None) if record.quiet.is_none() => {
                self.diagnostics.push(
                    Diagnostic::error("SC010", "`then-quiet` needs `quiet`: the check that a further request breaks")
                        .at(record.span, "`quiet` is missing here"),
                );
                None
            }
            _ => None,
        };
        let else_fails = match &record.else_fails {
            Some(item) => self.expectation(item, scenario, scope),
            None => None,
        };
        Some(Await {
            what,
            within: self.time(&record.within, scope)?,
            count,
            then_quiet,
            respond: record.respond.iter().filter_map(|item| self.reply_item(item, scope)).collect(),
            using: record.using.iter().filter_map(|name| self.stub(name)).collect(),
            hold: if set(record.hold.as_ref()) { Hold::Held } else { Hold::AtOnce },
            else_fails,
        })
    }

    fn await_what(&mut self, record: &AwaitRecord, scope: &mut Scope) -> Option<AwaitWhat> {
        let given = [
            record.request.is_some(),
            record.connection.is_some(),
            record.file.is_some(),
            record.mail.is_some(),
            record.log.is_some(),
        ];
        if given.iter().filter(|given| **given).count() != 1 {
            self.diagnostics.push(
                Diagnostic::error("SC016", "await needs exactly one of request, connection, file, mail, log")
                    .at(record.span, "waits for none or several of them"),
            );
            return None;
        }
        if let Some(request) = &record.request {
            let place = Place { side: Side::Request, namespaces: &[] };
            let request = &request.0;
            return Some(AwaitWhat::Request(RequestMatch {
                endpoint: match &request.endpoint {
                    Some(name) => Some(self.endpoint(Some(name))?),
                    None => None,
                },
                method: request.method.as_ref().map(|text| text.value.clone()),
                path: match &request.path {
                    Some(path) => Some(self.template(path, Escape::Text, scope)?),
                    None => None,
                },
                when: self.all(&request.when, place, scope),
            }));
        }
        if let Some(connection) = &record.connection {
            let mut outcomes = Vec::new();
            for word in connection.outcome.iter().flat_map(|words| &words.0) {
                match Outcome::ALL.iter().find(|(_, name)| *name == word.value) {
                    Some((outcome, _)) => outcomes.push(*outcome),
                    None => {
                        let known: Vec<&str> = Outcome::ALL.iter().map(|(_, name)| *name).collect();
                        Reader::new(&mut self.diagnostics).unknown_word::<()>(&word.value, word.span, "outcome", &known);
                    }
                }
            }
            return Some(AwaitWhat::Connection(connection.endpoint.as_ref().map(|name| name.value.clone()), outcomes));
        }
        if let Some(mail) = &record.mail {
            let which = self.expression_if(mail.which.as_ref(), scope);
            return self.template(&mail.folder, Escape::Text, scope).map(|folder| AwaitWhat::Mail(folder, which));
        }
        let (item, is_file) = record.file.as_ref().map(|item| (item, true)).or(record.log.as_ref().map(|item| (item, false)))?;
        let which = self.expression_if(item.which.as_ref(), scope);
        let path = self.template(&item.path, Escape::Text, scope)?;
        Some(if is_file { AwaitWhat::File(path, which) } else { AwaitWhat::Log(path, which) })
    }
}
