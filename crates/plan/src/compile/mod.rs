//! Records to plan: every name resolved, every expression, template, pattern and schema compiled once.

mod behaviour;
mod check;
mod checklist;
mod condition;
mod credentials;
mod edit;
mod endpoint;
mod fhir;
mod forms;
mod fragment;
mod lookup;
mod memo;
mod message;
mod mutant;
mod names;
mod pack;
mod preflight;
mod proxy;
mod scenario;
mod search;
mod step;
mod store;
mod table;
mod value;
mod waiting;
mod whole;

use crate::model::{
    Action, Defect, Endpoint, Fragment, Player, Probing, Profile, Proof, Reply, Request, Scenario, Schedule, Sentinel, Store,
    Stub,
};
use crate::options::{Options, Purpose};
use crate::source::PackFiles;
use crate::tree::Tree;
use counterpart_diag::{Diagnostic, Diagnostics, Span, suggest};
use counterpart_evidence::{CheckId, Checklist, Requirement, Role};
use counterpart_matching::{Edit, Expression, Rule};
use counterpart_scenario::Text;
use counterpart_scenario::model::{CheckItem, Reply as ReplyRecord, RequestItem};
use counterpart_validate::{Check, FhirForms, Schema};
use indexmap::IndexMap;
use memo::Memo;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use mutant::without_variant;
pub(crate) use names::Scope;
pub use pack::{check_pack, compile_pack};
pub(crate) use scenario::{has_prefix, role};

/// A check with the namespaces of its file.
type CheckRecord<'a> = (&'a CheckItem, &'a [(Text, Text)]);

/// The records of one pack, indexed, with what is compiled so far.
pub(crate) struct Compiler<'a> {
    pub(crate) trees: &'a [Tree],
    pub(crate) files: &'a [&'a PackFiles],
    pub(crate) options: &'a Options,
    pub(crate) globals: &'a Map<String, Value>,
    memo: &'a mut Memo,
    /// Settings that the pack declares and that have no value.
    pub(crate) unset: &'a [String],
    pub(crate) diagnostics: Diagnostics,
    /// In the order of the pack, which is the order of the reports.
    pub(crate) requirements: IndexMap<String, Requirement>,
    pub(crate) requests: BTreeMap<String, (&'a RequestItem, usize)>,
    pub(crate) reply_records: BTreeMap<String, (String, &'a ReplyRecord)>,
    pub(crate) check_records: BTreeMap<String, CheckRecord<'a>>,
    pub(crate) checks: BTreeMap<String, Option<Arc<Check>>>,
    pub(crate) replies: BTreeMap<String, Option<Arc<Reply>>>,
    pub(crate) stubs: BTreeMap<String, Option<Arc<Stub>>>,
    pub(crate) players: BTreeMap<String, Option<Arc<Player>>>,
    pub(crate) fragments: BTreeMap<String, Option<Arc<Fragment>>>,
    pub(crate) schedules: BTreeMap<String, Option<Arc<Schedule>>>,
    pub(crate) schemas: BTreeMap<String, Option<Arc<Schema>>>,
    /// What is being compiled, so that a circle is reported rather than followed.
    pub(crate) open: Vec<String>,
    /// Named things that something refers to.
    pub(crate) used: BTreeSet<String>,
    /// Settings that the expressions and templates compiled since this was last emptied use.
    pub(crate) settings_used: BTreeSet<String>,
    /// Checks written in scenarios, with the place of their ids.
    pub(crate) checks_of_scenarios: Vec<(Arc<Check>, Span)>,
    /// What checks ask before they apply, each once.
    preconditions: Vec<Arc<Rule>>,
    /// Captured names that nothing is known to use, with their places.
    pub(crate) unused: Vec<(String, Span)>,
    /// Edits of the requests that are being compiled, where a mutant changes the rule that sends them.
    pub(crate) edits: Vec<Edit>,
    /// Names that named checks, requests and replies use, whoever gives them.
    pub(crate) used_openly: BTreeSet<String>,
    /// Names that each named check uses, with those of the checks that it is made of.
    pub(crate) used_by_checks: BTreeMap<String, BTreeSet<String>>,
    /// The same of the named checks that are being compiled, each within the one before.
    pub(crate) used_by_open_checks: Vec<BTreeSet<String>>,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(
        (trees, files): (&'a [Tree], &'a [&'a PackFiles]),
        options: &'a Options,
        (globals, unset): (&'a Map<String, Value>, &'a [String]),
        memo: &'a mut Memo,
    ) -> Self {
        let mut compiler = Self {
            trees,
            files,
            options,
            globals,
            memo,
            unset,
            diagnostics: Diagnostics::default(),
            requirements: IndexMap::new(),
            requests: BTreeMap::new(),
            reply_records: BTreeMap::new(),
            check_records: BTreeMap::new(),
            checks: BTreeMap::new(),
            replies: BTreeMap::new(),
            stubs: BTreeMap::new(),
            players: BTreeMap::new(),
            fragments: BTreeMap::new(),
            schedules: BTreeMap::new(),
            schemas: BTreeMap::new(),
            open: Vec::new(),
            used: BTreeSet::new(),
            settings_used: BTreeSet::new(),
            checks_of_scenarios: Vec::new(),
            preconditions: Vec::new(),
            edits: Vec::new(),
            unused: Vec::new(),
            used_openly: BTreeSet::new(),
            used_by_checks: BTreeMap::new(),
            used_by_open_checks: Vec::new(),
        };
        compiler.index();
        compiler
    }

    /// Gives the pack that is played; the others are those it uses.
    pub(crate) fn main(&self) -> &'a Tree {
        // Invariant: `crate::compile_pack` makes a compiler only with at least one tree.
        &self.trees[0]
    }

    /// Indexes everything that is referred to by name, and reports names given twice.
    fn index(&mut self) {
        let trees = self.trees;
        let mut spans: BTreeMap<String, Span> = BTreeMap::new();
        for (at, tree) in trees.iter().enumerate() {
            for file in &tree.checks {
                for item in &file.record.checks {
                    if self.first(&mut spans, "check", &item.id) {
                        self.check_records.insert(item.id.value.clone(), (item, &file.record.namespaces));
                    }
                }
            }
            for item in tree.requests.iter().flat_map(|file| &file.record.requests) {
                if self.first(&mut spans, "request", &item.id) {
                    self.requests.insert(item.id.value.clone(), (item, at));
                }
            }
            for (file, (name, reply)) in
                tree.stubs.iter().flat_map(|(name, file)| file.record.replies.iter().map(move |reply| (name, reply)))
            {
                if self.first(&mut spans, "reply", name) {
                    self.reply_records.insert(name.value.clone(), (format!("{file}#{}", name.value), reply));
                }
            }
            self.index_requirements(tree, &mut spans);
            self.report_twice(tree);
        }
    }

    /// Reports what a pack declares twice and nobody else refers to.
    fn report_twice(&mut self, tree: &'a Tree) {
        let mut spans = BTreeMap::new();
        let pack = &tree.pack.record;
        let declared = (pack.settings.iter().map(|item| ("setting", &item.name)))
            .chain(pack.profiles.iter().map(|item| ("profile", &item.name)))
            .chain(pack.claims.iter().map(|item| ("claim", &item.id)))
            .chain(pack.actions.iter().map(|item| ("action", &item.name)))
            .chain(pack.endpoints.iter().map(|item| ("endpoint", &item.name)))
            .chain(pack.documents.iter().map(|item| ("document", &item.id)));
        for (what, name) in declared {
            self.first(&mut spans, what, name);
        }
        for (name, file) in &tree.players {
            for rule in &file.record.rules {
                self.first(&mut spans, &format!("rule of `{name}`"), &rule.id);
            }
        }
    }

    fn index_requirements(&mut self, tree: &'a Tree, spans: &mut BTreeMap<String, Span>) {
        let documents: Vec<&str> =
            self.trees.iter().flat_map(|tree| &tree.pack.record.documents).map(|document| document.id.value.as_str()).collect();
        for item in tree.requirements.iter().flat_map(|file| &file.record.requirements) {
            if !self.first(spans, "requirement", &item.id) {
                continue;
            }
            let cited = item.source.value.split([' ', ',', ';']).next().unwrap_or("");
            if !documents.contains(&cited) {
                self.diagnostics.push(
                    Diagnostic::error("PK002", format!("requirement `{}` cites no document of the pack", item.id.value))
                        .at(item.source.span, format!("`{cited}` is not a document id"))
                        .note(format!("documents: {}", documents.join(", ")))
                        .help("begin `source` with the id of a document in `pack.yaml`, then the section"),
                );
            }
            self.requirements.insert(item.id.value.clone(), check::requirement(item));
        }
    }

    fn first(&mut self, spans: &mut BTreeMap<String, Span>, what: &str, name: &Text) -> bool {
        let key = format!("{what} {}", name.value);
        if let Some(first) = spans.get(&key) {
            self.diagnostics.push(
                Diagnostic::error("PK003", format!("{what} `{}` is declared twice", name.value))
                    .at(name.span, "again here")
                    .also(*first, "first here"),
            );
            return false;
        }
        spans.insert(key, name.span);
        true
    }

    /// Reports a reference to something that is not there, unless it may only not have been read for a mistake in its file.
    pub(crate) fn unknown(&mut self, what: &str, name: &Text, known: &[&str]) {
        if self.trees.iter().any(|tree| tree.unread.explains(what, &name.value)) {
            return;
        }
        let mut diagnostic =
            Diagnostic::error("PK002", format!("there is no {what} `{}`", name.value)).at(name.span, "not found in the pack");
        if known.len() <= 40 && !known.is_empty() {
            diagnostic = diagnostic.note(format!("known: {}", known.join(", ")));
        }
        let near = suggest(&name.value, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        self.diagnostics.push(diagnostic.help_if(near));
    }

    /// Finds the bytes of a file in one of the pack's folders, in the pack itself first and then in those it uses.
    pub(crate) fn content(&mut self, folder: &str, name: &Text) -> Option<Arc<[u8]>> {
        let climbs = name.value.split('/').any(|part| part == ".." || part.is_empty()) || name.value.contains('\\');
        if climbs {
            self.diagnostics.push(
                Diagnostic::error("PK009", format!("`{}` leads out of the pack", name.value))
                    .at(name.span, "")
                    .help(format!("name a file below `{folder}/`")),
            );
            return None;
        }
        let path = format!("{folder}/{}", name.value);
        self.used.insert(path.clone());
        let found = self.files.iter().find_map(|pack| pack.files.get(&path).cloned());
        if found.is_none() {
            let prefix = format!("{folder}/");
            let known: Vec<&str> =
                self.files.iter().flat_map(|pack| pack.files.keys()).filter_map(|path| path.strip_prefix(&prefix)).collect();
            self.unknown(&format!("file in `{folder}/`"), name, &known);
        }
        found
    }

    /// Guards against things that refer to themselves.
    pub(crate) fn guarded<T>(&mut self, what: &str, name: &Text, inner: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let key = format!("{what} {}", name.value);
        if self.open.contains(&key) || self.open.len() >= 4 * crate::limits::FRAGMENT_DEPTH_MAX {
            self.diagnostics.push(
                Diagnostic::error("PK012", format!("{what} `{}` refers to itself", name.value))
                    .at(name.span, "the circle closes here"),
            );
            return None;
        }
        self.open.push(key);
        let result = inner(self);
        self.open.pop();
        result
    }

    pub(crate) fn check_id(scenario: Option<&str>, id: &str) -> CheckId {
        CheckId::kept(&scenario.map_or_else(|| id.to_owned(), |scenario| format!("{scenario}#{id}")))
    }
}

/// What is compiled of a pack beside what is referred to by name.
struct Parts {
    scenarios: Vec<Arc<Scenario>>,
    endpoints: Vec<Endpoint>,
    actions: BTreeMap<String, Action>,
    profiles: Vec<Profile>,
    store: Store,
    preflight: Option<Probing>,
    discriminator: Option<Expression>,
    correlate: Option<Expression>,
    fhir: Option<Arc<FhirForms>>,
    sentinels: Vec<Sentinel>,
    proof: Proof,
    defect: Defect,
    checklist: Option<Checklist>,
    drafts: BTreeMap<String, Arc<Request>>,
}

impl Compiler<'_> {
    fn parts(&mut self, role: Role) -> Parts {
        let pack = &self.main().pack.record;
        self.report_definitions();
        self.report_no_definitions();
        self.report_unmasked();
        let fhir = self.fhir_forms();
        let mut scope = Scope::rule();
        let discriminator = self.expression_if(pack.discriminator.as_ref(), &mut scope);
        let correlate = self.expression_if(pack.correlate.as_ref(), &mut scope);
        self.report_credentials();
        let endpoints = self.endpoints(role);
        let scenarios = self.scenarios(role);
        // What nobody has named yet is compiled all the same, so that every file of the pack is checked.
        let names = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>();
        let trees = self.trees;
        let spans = |name: &str, span: Span| Text { value: name.to_owned(), span };
        for (name, file) in trees.iter().flat_map(|tree| &tree.stubs) {
            self.stub(&spans(name, file.start));
        }
        for (name, file) in trees.iter().flat_map(|tree| &tree.players) {
            self.player(&spans(name, file.start));
        }
        for name in names(self.check_records.keys().collect()) {
            let span = self.check_records.get(&name).map(|(item, _)| item.id.span);
            if let Some(span) = span.filter(|_| !self.checks.contains_key(&name)) {
                // Compiling it by itself must not count as its use.
                let used = self.used.contains(&format!("check {name}"));
                self.named_check(&spans(&name, span));
                if !used {
                    self.used.remove(&format!("check {name}"));
                }
            }
        }
        self.unused_requests();
        let checklist = self.checklist(role, &scenarios);
        let drafts = self.drafts();
        let proof = if self.options.purpose == Purpose::Whole { self.proof(role) } else { Proof::default() };
        Parts {
            scenarios,
            endpoints,
            actions: self.actions().into_iter().map(|action| (action.name.clone(), action)).collect(),
            profiles: self.profiles(),
            store: self.store(),
            preflight: self.preflight(),
            discriminator,
            correlate,
            fhir,
            sentinels: self.sentinels(),
            proof,
            defect: self.defect(),
            checklist,
            drafts,
        }
    }

    fn tested_in(&self, requirement: &Requirement, role: Role) -> bool {
        let records = self.trees.iter().filter_map(|tree| tree.requirements.as_ref()).flat_map(|file| &file.record.requirements);
        records
            .filter(|record| record.id.value == requirement.id.as_str())
            .any(|record| record.roles.0.iter().any(|word| word.value == role.name()))
    }

    /// Reports requirements that no scenario of the role covers although a machine can test them.
    fn report_uncovered(&mut self, role: Role, used: &BTreeSet<String>) {
        if self.options.role.is_none() {
            return;
        }
        let records =
            self.trees.iter().take(1).filter_map(|tree| tree.requirements.as_ref()).flat_map(|file| &file.record.requirements);
        for record in records.filter(|record| record.roles.0.iter().any(|word| word.value == role.name())) {
            if !used.contains(&format!("covered {}", record.id.value)) {
                self.diagnostics.push(
                    Diagnostic::error(
                        "PK015",
                        format!("no scenario of role {} covers requirement `{}`", role.name(), record.id.value),
                    )
                    .at(record.id.span, "covered by nothing")
                    .help("write a scenario, or say `untestable` and cover it by one for review"),
                );
            }
        }
    }
}
