//! Stubs, the store and players.

use super::condition::Place;
use super::{Compiler, Scope};
use crate::model::{Change, Named, NamedValue, Player, PlayerRule, Reply, Retry, Rule, RuleOn, Stub};
use counterpart_diag::Diagnostic;
use counterpart_matching::{Expression, Side};
use counterpart_scenario::model::{Let, PlayerRule as PlayerRuleRecord, Retry as RetryRecord, StoreChange, StubRule};
use counterpart_scenario::{Cel, Text};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Compiler<'_> {
    /// Gives a stub by name, compiled the first time.
    pub(crate) fn stub(&mut self, name: &Text) -> Option<Arc<Stub>> {
        self.used.insert(format!("stub {}", name.value));
        if let Some(done) = self.stubs.get(&name.value) {
            return done.clone();
        }
        let Some(file) = self.trees.iter().find_map(|tree| tree.stubs.get(&name.value)) else {
            let known: Vec<&str> = self.trees.iter().flat_map(|tree| tree.stubs.keys()).map(String::as_str).collect();
            self.unknown("stub", name, &known);
            return None;
        };
        let stub = self.guarded("stub", name, |compiler| {
            let mut ids = BTreeSet::new();
            let mut rules = Vec::new();
            for record in &file.record.rules {
                if !ids.insert(record.id.value.clone()) {
                    compiler.diagnostics.push(
                        Diagnostic::error("PK003", format!("rule `{}` is declared twice", record.id.value))
                            .at(record.id.span, "again here"),
                    );
                }
                if let Some((reply, _)) = file.record.replies.iter().find(|(reply, _)| reply.value == record.id.value) {
                    let message = format!("`{}#{}` is the name of a rule and of a reply", name.value, reply.value);
                    compiler.diagnostics.push(
                        Diagnostic::error("PK003", message)
                            .at(record.id.span, "the rule")
                            .also(reply.span, "the reply")
                            .help("give one of them another name: a mutant could mean either"),
                    );
                }
                rules.extend(compiler.rule(&name.value, record).map(Arc::new));
            }
            compiler.report_unreachable(&file.record.rules);
            Some(Stub { name: name.value.clone(), rules })
        });
        let stub = stub.map(Arc::new);
        self.stubs.insert(name.value.clone(), stub.clone());
        stub
    }

    /// Reports a rule that an earlier one without conditions always takes first.
    fn report_unreachable(&mut self, rules: &[StubRule]) {
        let key = |rule: &StubRule| {
            rule.on.as_ref().map(|on| {
                let text = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
                let methods: Vec<String> = on.method.iter().flat_map(|words| &words.0).map(|word| word.value.clone()).collect();
                (text(&on.endpoint), methods, text(&on.path), text(&on.action))
            })
        };
        for (at, rule) in rules.iter().enumerate() {
            let Some(before) =
                rules.iter().take(at).find(|before| before.when.is_empty() && (before.on.is_none() || key(before) == key(rule)))
            else {
                continue;
            };
            self.diagnostics.push(
                Diagnostic::error("PK011", format!("rule `{}` can never be reached", rule.id.value))
                    .at(rule.id.span, "never reached")
                    .also(before.id.span, "this one always takes the request first"),
            );
        }
    }

    fn rule(&mut self, file: &str, record: &StubRule) -> Option<Rule> {
        let mut scope = Scope::rule();
        let on = match &record.on {
            Some(on) => RuleOn {
                endpoint: on.endpoint.as_ref().map(|text| text.value.clone()),
                methods: on.method.iter().flat_map(|words| &words.0).map(|word| word.value.clone()).collect(),
                path: match &on.path {
                    Some(path) => Some(self.settled_text(path, &mut scope)?),
                    None => None,
                },
                action: on.action.as_ref().map(|text| text.value.clone()),
            },
            None => RuleOn::default(),
        };
        let lets = self.lets(&record.lets, &mut scope);
        let place = Place { side: Side::Request, namespaces: &[] };
        let respond = match &record.respond {
            Some(replies) => replies.0.iter().filter_map(|item| self.reply_item(item, &mut scope)).collect(),
            None => Vec::new(),
        };
        let name = format!("{file}#{}", record.id.value);
        let forward = match &record.forward {
            Some(forward) => Some(Arc::new(self.forward(file, record, forward, &mut scope)?)),
            None => None,
        };
        if record.respond.is_none() && forward.is_none() && on.action.is_none() {
            self.diagnostics.push(
                Diagnostic::error("SC010", format!("rule `{}` needs `respond`", record.id.value))
                    .at(record.id.span, "answers nothing"),
            );
        }
        let edits = self.edits_of(|rule| rule == name);
        let edited = |reply: Arc<Reply>| {
            if edits.is_empty() { reply } else { Arc::new(Reply { edits: edits.clone(), ..(*reply).clone() }) }
        };
        let respond: Vec<Arc<Reply>> = respond.into_iter().map(edited).collect();
        Some(Rule {
            name,
            on,
            lets,
            when: self.all(&record.when, place, &mut scope),
            checks: self.expectations(&record.checks, None, &mut scope),
            then: self.changes(&record.then, &mut scope),
            respond,
            forward,
            attempts_by: self.expression_if(record.attempts_by.as_ref(), &mut scope),
            fault: match &record.fault {
                Some(fault) => Some(self.fault(fault, &mut scope)?),
                None => None,
            },
            otherwise: match &record.otherwise {
                Some(item) => Some(edited(self.reply_item(item, &mut scope)?)),
                None => None,
            },
            returns: self.expression_if(record.returns.as_ref(), &mut scope),
        })
    }

    pub(crate) fn expression_if(&mut self, cel: Option<&Cel>, scope: &mut Scope) -> Option<Expression> {
        cel.and_then(|cel| self.expression(cel, scope))
    }

    fn lets(&mut self, records: &[(Text, Let)], scope: &mut Scope) -> Vec<Named<NamedValue>> {
        let mut lets = Vec::new();
        for (name, record) in records {
            let value = match record {
                Let::Computed(cel) => self.expression(cel, scope).map(NamedValue::Computed),
                Let::Directory(record) => {
                    self.known_collection(&record.directory);
                    Some(NamedValue::Directory { collection: record.directory.value.clone() })
                }
                Let::Found(find) => {
                    self.known_collection(&find.find);
                    self.expression(&find.key, scope).map(|key| NamedValue::Found { collection: find.find.value.clone(), key })
                }
                Let::Searched(search) => {
                    self.searchable_collection(&search.search);
                    let collection = search.search.value.clone();
                    self.expression(&search.with, scope).map(|with| NamedValue::Searched { collection, with })
                }
            };
            scope.add(&name.value);
            lets.extend(value.map(|value| Named { name: name.value.clone(), value }));
        }
        lets
    }

    pub(super) fn known_collection(&mut self, name: &Text) {
        let known: Vec<&str> =
            self.main().store.iter().flat_map(|file| &file.record.collections).map(|(name, _)| name.value.as_str()).collect();
        if !known.contains(&name.value.as_str()) {
            self.unknown("collection", name, &known);
        }
    }

    /// Compiles the changes of a transaction.
    pub(crate) fn changes(&mut self, records: &[StoreChange], scope: &mut Scope) -> Vec<Change> {
        records.iter().flat_map(|record| self.change(record, scope).unwrap_or_default()).collect()
    }

    fn change(&mut self, record: &StoreChange, scope: &mut Scope) -> Option<Vec<Change>> {
        let mut changes = Vec::new();
        if let Some(cel) = &record.require {
            changes.push(Change::Require(self.expression(cel, scope)?));
        }
        if let Some(name) = &record.clear {
            self.known_collection(name);
            changes.push(Change::Clear(name.value.clone()));
        }
        for (name, cel) in &record.set {
            changes.push(Change::Set { name: name.value.clone(), value: self.expression(cel, scope)? });
        }
        if let Some(name) = &record.insert {
            self.known_collection(name);
            let (key, value) = (
                self.part(record, record.key.as_ref(), "key", scope)?,
                self.part(record, record.value.as_ref(), "value", scope)?,
            );
            changes.push(Change::Insert { collection: name.value.clone(), key, value });
        }
        if let Some(name) = &record.update {
            self.known_collection(name);
            let (key, value) = (
                self.part(record, record.key.as_ref(), "key", scope)?,
                self.part(record, record.value.as_ref(), "value", scope)?,
            );
            changes.push(Change::Update { collection: name.value.clone(), key, value });
        }
        if let Some(name) = &record.delete {
            self.known_collection(name);
            changes.push(Change::Delete {
                collection: name.value.clone(),
                key: self.part(record, record.key.as_ref(), "key", scope)?,
            });
        }
        if changes.is_empty() {
            self.diagnostics.push(
                Diagnostic::error("SC016", "a store change needs one of insert, update, delete, clear, set, require")
                    .at(record.span, "changes nothing"),
            );
        }
        Some(changes)
    }

    fn part(&mut self, record: &StoreChange, cel: Option<&Cel>, what: &str, scope: &mut Scope) -> Option<Expression> {
        match cel {
            Some(cel) => self.expression(cel, scope),
            None => {
                self.diagnostics.push(
                    Diagnostic::error("SC010", format!("this store change needs `{what}`"))
                        .at(record.span, format!("`{what}` is missing here")),
                );
                None
            }
        }
    }

    /// Gives a player by name, compiled the first time.
    pub(crate) fn player(&mut self, name: &Text) -> Option<Arc<Player>> {
        self.used.insert(format!("player {}", name.value));
        if let Some(done) = self.players.get(&name.value) {
            return done.clone();
        }
        let Some(file) = self.trees.iter().find_map(|tree| tree.players.get(&name.value)) else {
            let known: Vec<&str> = self.trees.iter().flat_map(|tree| tree.players.keys()).map(String::as_str).collect();
            self.unknown("player", name, &known);
            return None;
        };
        let player = self.guarded("player", name, |compiler| {
            let rules =
                file.record.rules.iter().filter_map(|record| compiler.player_rule(&name.value, record)).map(Arc::new).collect();
            Some(Player { name: name.value.clone(), rules })
        });
        let player = player.map(Arc::new);
        self.players.insert(name.value.clone(), player.clone());
        player
    }

    fn player_rule(&mut self, file: &str, record: &PlayerRuleRecord) -> Option<PlayerRule> {
        let name = format!("{file}#{}", record.id.value);
        self.edits = self.edits_of(|rule| rule == name);
        let rule = self.player_steps(name, record);
        self.edits.clear();
        rule
    }

    fn player_steps(&mut self, name: String, record: &PlayerRuleRecord) -> Option<PlayerRule> {
        let mut scope = Scope::rule();
        let lets = self.lets(&record.lets, &mut scope);
        let place = Place { side: Side::Request, namespaces: &[] };
        let when = self.all(&record.when, place, &mut scope);
        let first = self.steps(&record.first, None, &mut scope);
        let returns = self.expression_if(record.returns.as_ref(), &mut scope);
        let steps = self.steps(&record.steps, None, &mut scope);
        let retry = match &record.retry {
            Some(retry) => Some(self.retry(retry, &mut scope)?),
            None => None,
        };
        Some(PlayerRule {
            name,
            on: record.on.iter().flat_map(|words| &words.0).map(|word| word.value.clone()).collect(),
            every: self.time_if(record.every.as_ref(), &mut scope),
            lets,
            when,
            returns,
            first,
            steps,
            retry,
            then: self.steps(&record.then, None, &mut scope),
            otherwise: self.steps(&record.otherwise, None, &mut scope),
            queue: self.expression_if(record.queue.as_ref(), &mut scope),
        })
    }

    pub(crate) fn retry(&mut self, record: &RetryRecord, scope: &mut Scope) -> Option<Retry> {
        let place = Place { side: Side::Response, namespaces: &[] };
        let failed: Vec<_> = record.failed.iter().filter_map(|condition| self.condition(condition, place, scope)).collect();
        let failed = (!failed.is_empty()).then(|| {
            let alternatives = failed
                .into_iter()
                .map(|rule| counterpart_matching::Alternative { rule, result: counterpart_matching::Held::Pass });
            counterpart_matching::Rule::Any(alternatives.collect())
        });
        let or = |compiler: &mut Self, cel: Option<&Cel>, default: &str, scope: &mut Scope| match cel {
            Some(cel) => compiler.expression(cel, scope),
            None => Self::constant(default),
        };
        Some(Retry {
            failed,
            first: self.time(&record.first, scope)?,
            factor: or(self, record.factor.as_ref(), "1", scope)?,
            longest: self.time_if(record.longest.as_ref(), scope),
            max: self.expression(&record.max, scope)?,
            count: or(self, record.count.as_ref(), "'requests'", scope)?,
            jitter: self.time_if(record.jitter.as_ref(), scope),
            skip: record.skip.iter().filter_map(|status| u16::try_from(status.value).ok()).collect(),
            heed_retry_after: record.heed_retry_after.as_ref().is_some_and(|flag| flag.value),
        })
    }
}
