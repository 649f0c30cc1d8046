//! A pack as a whole: its files read once, then compiled in one role or in both.

use super::memo::Memo;
use super::{Compiler, Parts, mutant};
use crate::model::Plan;
use crate::options::{Options, Origin, Purpose};
use crate::settings::Settings;
use crate::source::PackFiles;
use crate::tree::Tree;
use counterpart_diag::{Diagnostic, Diagnostics, Sources};
use counterpart_evidence::{Document, PackRecord, Role};
use counterpart_fhir::Package;
use counterpart_matching::{Expression, NameTable};
use counterpart_scenario::Text;
use counterpart_scenario::model::PackFile;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The version of the scenario language that this tool reads.
const LANGUAGE: i64 = 1;

/// The packs that take part, the played one first, with what was found wrong in reading them.
struct Packs<'p> {
    trees: Vec<Tree>,
    files: Vec<&'p PackFiles>,
    diagnostics: Diagnostics,
}

/// Compiles a pack in one role; the plan is `None` where something in the files or options is wrong.
///
/// `packs` holds the pack first and those that it may use after it. Every mistake that can be known is reported at once.
#[must_use]
pub fn compile_pack(packs: &[&PackFiles], options: &Options, sources: &mut Sources) -> (Option<Plan>, Diagnostics) {
    let read = read(packs, options, sources);
    compile(&read, options, &mut Memo::default())
}

/// Compiles a pack in both roles and gives every mistake once, in the order of the files.
#[must_use]
pub fn check_pack(packs: &[&PackFiles], fhir_packages: &[Arc<Package>], sources: &mut Sources) -> Vec<Diagnostic> {
    let mut found = Diagnostics::default();
    let read = read(packs, &Options::default(), sources);
    let mut memo = Memo::default();
    for role in [Role::Consumer, Role::Provider] {
        let options = Options { role: Some(role), fhir_packages: fhir_packages.to_vec(), ..Options::default() };
        found.extend(compile(&read, &options, &mut memo).1);
    }
    let mut kept: Vec<Diagnostic> = Vec::new();
    for diagnostic in found.into_sorted() {
        // The other role may have other words for it; the mistake is the same.
        let same = |known: &Diagnostic| {
            let place = known.primary.is_some() || known.message == diagnostic.message;
            known.code == diagnostic.code && known.primary == diagnostic.primary && place
        };
        if !kept.iter().any(same) {
            kept.push(diagnostic);
        }
    }
    kept
}

/// Reads the pack and those that it uses.
fn read<'p>(packs: &[&'p PackFiles], options: &Options, sources: &mut Sources) -> Packs<'p> {
    let mut read = Packs { trees: Vec::new(), files: Vec::new(), diagnostics: Diagnostics::default() };
    for &pack in packs {
        let first = read.files.is_empty();
        let uses = |tree: &Tree| tree.pack.record.uses.iter().any(|name| name.value == pack.name);
        if !first && !read.trees.iter().any(uses) {
            continue;
        }
        let mutants = crate::tree::Mutants {
            are_read: options.purpose == Purpose::Whole || options.mutant.is_some(),
            in_force: options.mutant.as_deref().filter(|_| first),
        };
        if let Some(tree) = crate::tree::read(pack, mutants, sources, &mut read.diagnostics) {
            read.trees.push(tree);
            read.files.push(pack);
        }
    }
    report_pack(&read.trees, &mut read.diagnostics);
    read
}

fn compile(read: &Packs<'_>, options: &Options, memo: &mut Memo) -> (Option<Plan>, Diagnostics) {
    let Packs { trees, files, .. } = read;
    let mut diagnostics = read.diagnostics.clone();
    let Some(tree) = trees.first() else { return (None, diagnostics) };
    let options = &with_mutant(tree, options);
    let mut settings = crate::settings::resolve(tree, options, &mut diagnostics);
    let role = options.role.unwrap_or(Role::Consumer);
    let mut globals = settings.globals.clone();
    globals.insert("role".to_owned(), Value::String(role.name().to_owned()));
    pack_lets(tree, &mut globals, &mut settings.unset, &mut diagnostics);
    let unset = std::mem::take(&mut settings.unset);
    let mut compiler = Compiler::new((trees, files), options, (&globals, &unset), memo);
    let parts = compiler.parts(role);
    let used = std::mem::take(&mut compiler.used);
    if !diagnostics.has_errors() && !compiler.diagnostics.has_errors() {
        // What could not be read may cover a requirement, and use a captured name.
        compiler.report_uncovered(role, &used);
        compiler.report_plays(&parts.scenarios, role);
        compiler.report_unused();
        compiler.report_unasked(role);
    }
    diagnostics.extend(std::mem::take(&mut compiler.diagnostics));
    if options.mutant.is_some() {
        diagnostics = without_lints(diagnostics);
    }
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    let pack = pack_record(&tree.pack.record, files[0], &settings);
    (Some(compiler.plan(role, pack, parts, settings)), diagnostics)
}

impl Compiler<'_> {
    /// Puts together what was compiled.
    fn plan(&self, role: Role, pack: PackRecord, parts: Parts, settings: Settings) -> Plan {
        let masking = &self.main().pack.record.masking;
        let requirements = self.requirements.values().filter(|one| self.tested_in(one, role)).cloned().collect();
        let checks = self.checks.iter().filter_map(|(name, check)| Some((name.clone(), check.clone()?))).collect();
        let stubs = self.stubs.iter().filter_map(|(name, stub)| Some((name.clone(), stub.clone()?))).collect();
        let players = self.players.iter().filter_map(|(name, player)| Some((name.clone(), player.clone()?))).collect();
        Plan {
            role,
            pack,
            settings: settings.records,
            secrets: settings.secrets,
            secret_settings: settings.secret_names,
            globals: Arc::new(self.globals.clone()),
            requirements,
            checks,
            endpoints: parts.endpoints,
            actions: parts.actions,
            credentials: self.credentials(),
            profiles: parts.profiles,
            claims: settings.claims,
            stubs,
            players,
            store: Arc::new(parts.store),
            preflight: parts.preflight,
            discriminator: parts.discriminator,
            correlate: parts.correlate,
            fhir: parts.fhir,
            masked_headers: masking.iter().flat_map(|masking| &masking.headers).map(|name| name.value.clone()).collect(),
            masked_json: masking.iter().flat_map(|masking| &masking.json).map(|pointer| pointer.value.clone()).collect(),
            scenarios: parts.scenarios,
            sentinels: parts.sentinels,
            proof: parts.proof,
            defect: parts.defect,
            attested: self.options.attested.clone(),
            checklist: parts.checklist,
            drafts: parts.drafts,
        }
    }
}

/// Gives the options with the settings of the mutant in force, which are the mirror's own.
fn with_mutant(tree: &Tree, options: &Options) -> Options {
    let mut options = options.clone();
    let items = tree.mutants.iter().flat_map(|file| &file.record.mutants);
    for item in items.filter(|item| Some(&item.id.value) == options.mutant.as_ref()) {
        let set = item.set.iter().map(|(name, node)| (name.value.clone(), (mutant::setting_text(node), Origin::Option)));
        options.settings.extend(set);
    }
    options
}

/// Leaves out what says only that a pack has more than it uses: a rule taken out or put in by a mutant brings that about.
fn without_lints(found: Diagnostics) -> Diagnostics {
    const LINTS: [&str; 4] = ["PK006", "PK011", "PK015", "PK020"];
    let mut kept = Diagnostics::default();
    kept.extend(found.into_iter().filter(|diagnostic| !LINTS.contains(&diagnostic.code)));
    kept
}

fn report_pack(trees: &[Tree], diagnostics: &mut Diagnostics) {
    for tree in trees {
        let pack = &tree.pack.record;
        if pack.language.value != LANGUAGE {
            let message = format!("the pack is written in version {} of the language", pack.language.value);
            diagnostics.push(
                Diagnostic::error("PK007", message)
                    .at(pack.language.span, "not read by this tool")
                    .help(format!("this tool reads version {LANGUAGE}")),
            );
        }
        if pack.pack.value != tree.name {
            let message = format!("the pack calls itself `{}` and its folder `{}`", pack.pack.value, tree.name);
            diagnostics
                .push(Diagnostic::error("PK004", message).at(pack.pack.span, "another name").help("give both the same name"));
        }
    }
    let uses = trees.first().into_iter().flat_map(|tree| &tree.pack.record.uses);
    for name in uses.filter(|name| !trees.iter().any(|tree| tree.name == name.value)) {
        diagnostics.push(
            Diagnostic::error("PK002", format!("there is no pack `{}`", name.value)).at(name.span, "not found beside this pack"),
        );
    }
}

/// Works out the pack's own named values, which may use settings, profile and claims.
fn pack_lets(tree: &Tree, globals: &mut Map<String, Value>, unset: &mut Vec<String>, diagnostics: &mut Diagnostics) {
    let mut lets = Map::new();
    for (name, cel) in &tree.pack.record.lets {
        let names = NameTable { values: globals.clone(), behind: None };
        match Expression::compile(&cel.text)
            .map_err(|fault| fault.message)
            .and_then(|one| one.evaluate(&names).map_err(|fault| fault.message))
        {
            Ok(value) => {
                lets.insert(name.value.clone(), value);
            }
            Err(reason) => {
                if !unset.iter().any(|unset| cel.text.contains(&format!(".{unset}"))) {
                    let message = format!("`{}` has no value: {reason}", name.value);
                    diagnostics.push(Diagnostic::error("MT001", message).at(cel.span, "here"));
                }
                // Whatever uses it is as little known.
                lets.insert(name.value.clone(), Value::Null);
                unset.push(name.value.clone());
            }
        }
        globals.insert("pack".to_owned(), Value::Object(lets.clone()));
    }
    globals.entry("pack").or_insert_with(|| Value::Object(Map::new()));
}

fn pack_record(pack: &PackFile, files: &PackFiles, settings: &Settings) -> PackRecord {
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
    PackRecord {
        name: pack.pack.value.clone(),
        title: pack.title.value.clone(),
        version: pack.version.value.clone(),
        digest: files.digest(),
        released: None,
        modified: Vec::new(),
        documents: pack
            .documents
            .iter()
            .map(|document| Document {
                id: document.id.value.clone(),
                title: document.title.value.clone(),
                version: text(&document.version),
                link: text(&document.link),
                read: text(&document.read),
            })
            .collect(),
        profile: settings.profile.clone(),
        switches: settings.switches.clone(),
    }
}
