//! `counterpart check`, `list`, `explain` and `schema`: what a pack holds, without playing it.

use crate::args::{CheckArgs, ExplainArgs, ListArgs, MessageFormat, SchemaArgs};
use crate::exit::{Exit, Trouble};
use crate::{console, fhir, packs};
use counterpart_diag::{Diagnostic, Sources, suggest};
use counterpart_evidence::Role;
use counterpart_plan::model::Claim;
use counterpart_plan::{Options, PackFiles, Plan};
use counterpart_report::counted;
use counterpart_scenario::{FILE_KINDS, FileKind};
use serde_json::{Value, json};

pub(crate) fn check(args: &CheckArgs, format: MessageFormat) -> Result<Exit, Trouble> {
    let mut sources = Sources::default();
    let mut all: Vec<Diagnostic> = Vec::new();
    let fhir_packages = fhir::given(&args.fhir).map_err(Trouble::Usage)?;
    let mut count = 0;
    for path in &args.paths {
        let folders = packs::packs_below(path);
        if folders.is_empty() {
            let reason = format!("`{}` holds no pack: a pack is a folder with a `pack.yaml`", path.display());
            return Err(Trouble::Usage(reason));
        }
        for folder in folders {
            count += 1;
            let name = folder.display().to_string();
            let files = packs::find(&name).map_err(|reason| Trouble::Usage(format!("could not {reason}")))?;
            let refs: Vec<&PackFiles> = files.iter().collect();
            all.extend(counterpart_plan::check_pack(&refs, &fhir_packages, &mut sources));
        }
    }
    console::diagnostics(&all, &sources, format);
    if all.iter().any(|diagnostic| diagnostic.severity == counterpart_diag::Severity::Error) {
        console::talk(&format!("{} in {}", counted(all.len() as u64, "diagnostic"), counted(count as u64, "pack")));
        return Ok(Exit::Usage);
    }
    console::talk(&format!("{}, no errors", counted(count as u64, "pack")));
    Ok(Exit::Pass)
}

/// Compiles a pack in one role, to look at.
pub(crate) fn plan_of(name: &str, role: Role) -> Result<Plan, Trouble> {
    let files = packs::find(name).map_err(|reason| Trouble::Usage(format!("could not {reason}")))?;
    let refs: Vec<&PackFiles> = files.iter().collect();
    let options = Options { role: Some(role), ..Options::default() };
    let (plan, _) = counterpart_plan::compile_pack(&refs, &options, &mut Sources::default());
    plan.ok_or_else(|| Trouble::Usage(format!("the pack `{name}` has mistakes: `counterpart check` names them")))
}

/// Compiles a pack in both roles for a listing.
fn plans(name: &str) -> Result<Vec<Plan>, Trouble> {
    Ok(vec![plan_of(name, Role::Consumer)?, plan_of(name, Role::Provider)?])
}

pub(crate) fn list(args: &ListArgs) -> Result<Exit, Trouble> {
    let Some(name) = &args.pack else {
        for name in packs::names() {
            console::data(&format!("{name}\n"));
        }
        return Ok(Exit::Pass);
    };
    let plans = plans(name)?;
    let asked = [args.requirements, args.scenarios, args.checks, args.mutants, args.actions, args.settings, args.sentinels];
    let everything = !args.claims && !args.checklist && !asked.contains(&true);
    let mut out = serde_json::Map::new();
    let mut section = |wanted: bool, title: &str, rows: Vec<Value>| {
        if wanted || everything {
            out.insert(title.to_owned(), Value::Array(rows));
        }
    };
    let each = |rows: &dyn Fn(&Plan) -> Vec<Value>| -> Vec<Value> {
        let mut all: Vec<Value> = plans.iter().flat_map(rows).collect();
        all.sort_by_key(ToString::to_string);
        all.dedup();
        all
    };
    section(
        args.scenarios,
        "scenarios",
        each(&|plan| {
            plan.scenarios
                .iter()
                .map(|one| json!({"id": one.id.as_str(), "role": one.role.name(), "title": one.title, "tags": one.tags}))
                .collect()
        }),
    );
    section(
        args.requirements,
        "requirements",
        each(&|plan| {
            plan.requirements.iter().map(|one| json!({"id": one.id.as_str(), "level": one.level.name(), "basis": one.basis.name(), "text": one.text, "source": one.source})).collect()
        }),
    );
    section(
        args.checks,
        "checks",
        each(&|plan| {
            plan.checks
                .values()
                .map(|one| json!({"id": one.id.as_str(), "requirement": one.requirement.as_str(), "hint": one.hint}))
                .collect()
        }),
    );
    section(
        args.mutants,
        "mutants",
        each(&|plan| {
            plan.proof
                .mutants
                .iter()
                .map(|one| json!({"id": one.id, "role": one.role.name(), "title": one.title, "fails": one.fails}))
                .collect()
        }),
    );
    section(
        args.actions,
        "actions",
        each(&|plan| {
            plan.actions
                .values()
                .map(|one| json!({"id": one.name, "does": one.does, "arguments": one.arguments, "returns": one.returns}))
                .collect()
        }),
    );
    section(
        args.settings,
        "settings",
        each(&|plan| plan.settings.iter().map(|one| json!({"id": one.name, "value": one.value, "origin": one.origin})).collect()),
    );
    section(
        args.claims,
        "claims",
        each(&|plan| {
            let roles = |claim: &Claim| claim.roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ");
            let claims = plan.claims.iter();
            claims
                .map(|one| {
                    json!({"id": one.id, "roles": roles(one), "status": one.status, "default": one.claimed, "question": one.question})
                })
                .collect()
        }),
    );
    section(
        args.sentinels,
        "sentinels",
        each(&|plan| plan.sentinels.iter().map(|one| json!({"id": one.rule, "text": one.text})).collect()),
    );
    let rows = crate::checklist::rows(&plans);
    let shows_checklist = args.checklist || (everything && !rows.is_empty());
    if args.json {
        if shows_checklist {
            out.insert("checklist".to_owned(), Value::Array(rows.iter().map(crate::checklist::as_json).collect()));
        }
        console::data(&format!("{:#}\n", Value::Object(out)));
        return Ok(Exit::Pass);
    }
    for (title, rows) in out {
        console::data(&format!("{title} ({})\n", rows.as_array().map_or(0, Vec::len)));
        for row in rows.as_array().into_iter().flatten() {
            let id = row.get("id").and_then(Value::as_str).unwrap_or("");
            let rest: Vec<String> = row
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(key, value)| *key != "id" && !value.is_null())
                .map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
                .collect();
            console::data(&format!("  {id:<44} {}\n", rest.join("  ")));
        }
    }
    if shows_checklist {
        console::data(&crate::checklist::words(&rows));
    }
    Ok(Exit::Pass)
}

pub(crate) fn explain(args: &ExplainArgs) -> Result<Exit, Trouble> {
    let codes = || counterpart_scenario::CODES.iter().chain(counterpart_plan::CODES).chain(crate::codes::CODES);
    if let Some(page) = codes().find(|page| page.code == args.id) {
        console::data(&page.text());
        return Ok(Exit::Pass);
    }
    let name = args
        .pack
        .clone()
        .or_else(|| args.id.split_once('/').map(|(pack, _)| pack.to_owned()))
        .unwrap_or_else(packs::default_name);
    for plan in plans(&name)? {
        if let Some(requirement) = plan.requirements.iter().find(|one| one.id.as_str() == args.id) {
            console::data(&format!(
                "{} ({}, {}): {}\nsource: {}\n",
                requirement.id, requirement.level, requirement.basis, requirement.text, requirement.source
            ));
            return Ok(Exit::Pass);
        }
        if let Some(check) = plan.checks.get(&args.id) {
            console::data(&format!(
                "{}: stands for requirement {} ({}, {})\nhint: {}\n",
                check.id,
                check.requirement,
                check.level,
                check.basis,
                check.hint.clone().unwrap_or_default()
            ));
            return Ok(Exit::Pass);
        }
        if let Some(mutant) = plan.proof.mutants.iter().find(|one| one.id == args.id) {
            console::data(&format!(
                "{}: {}\nrole: {}\nplays: {}\nfails: {}\n",
                mutant.id,
                mutant.title,
                mutant.role.name(),
                mutant.plays.join(", "),
                mutant.fails.iter().cloned().collect::<Vec<_>>().join(", ")
            ));
            return Ok(Exit::Pass);
        }
        if let Some(scenario) = plan.scenarios.iter().find(|one| one.id.as_str() == args.id) {
            let covers: Vec<&str> = scenario.covers.iter().map(counterpart_evidence::RequirementId::as_str).collect();
            console::data(&format!(
                "{}: {}\npurpose: {}\nrole: {}\ncovers: {}\n",
                scenario.id,
                scenario.title,
                scenario.purpose,
                scenario.role.name(),
                covers.join(", ")
            ));
            for step in scenario.setup.iter().chain(&scenario.steps).chain(&scenario.cleanup) {
                console::data(&format!("  {:<8} {}\n", step.kind, step.title));
            }
            return Ok(Exit::Pass);
        }
    }
    let codes: Vec<&str> = codes().map(|page| page.code).collect();
    let help = match suggest(&args.id, codes.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("`counterpart list {name}` lists them"),
    };
    let reason = format!("there is no code, requirement, check, scenario or mutant `{}`\nhelp: {help}", args.id);
    Err(Trouble::Usage(reason))
}

pub(crate) fn schema(args: &SchemaArgs) -> Result<Exit, Trouble> {
    let schema = match (FileKind::named(&args.kind), args.kind.as_str()) {
        (Some(kind), _) => kind.schema(),
        (None, "run") => counterpart_evidence::run_schema(),
        (None, "workspace") => crate::choices::workspace_schema(),
        (None, other) => {
            let known: Vec<&str> = FILE_KINDS.iter().map(|kind| kind.name).chain(["workspace", "run"]).collect();
            let help =
                suggest(other, known.iter().copied()).map(|near| format!("\nhelp: did you mean `{near}`?")).unwrap_or_default();
            return Err(Trouble::Usage(format!("there is no schema `{other}`: known are {}{help}", known.join(", "))));
        }
    };
    console::data(&format!("{schema:#}\n"));
    Ok(Exit::Pass)
}
