//! `counterpart prove`: a pack against its mirror, then against every mutant.

use crate::args::{MessageFormat, ProveArgs, RoleArg};
use crate::exit::Exit;
use crate::mirror::{Both, Setting, invented, keyring, plans, set};
use crate::{console, moment, packs};
use counterpart_diag::{Diagnostics, Sources};
use counterpart_engine::{ClockKind, Judged, Keyring, Sink};
use counterpart_evidence::{Event, FindingOutcome, Role, Verdict};
use counterpart_plan::model::Mutant;
use counterpart_plan::{PackFiles, Selection};
use counterpart_transport::{MemoryNetwork, Network};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// Keeps which checks failed in which scenarios, and what went wrong on our side.
#[derive(Default)]
struct Tally {
    failed: Mutex<BTreeMap<String, BTreeSet<String>>>,
    passed: Mutex<BTreeSet<String>>,
    stopped: Mutex<BTreeMap<String, String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tally {
    fn add(
        &self,
        scenario: Option<&str>,
        findings: &[counterpart_evidence::Finding],
        passed: &[(counterpart_evidence::CheckId, counterpart_evidence::RequirementId)],
    ) {
        for finding in findings.iter().filter(|finding| finding.outcome == FindingOutcome::Fail) {
            lock(&self.failed).entry(finding.check.to_string()).or_default().insert(scenario.unwrap_or("no scenario").to_owned());
        }
        for finding in findings.iter().filter(|finding| finding.outcome == FindingOutcome::Error) {
            lock(&self.stopped)
                .insert(scenario.unwrap_or("no scenario").to_owned(), format!("{}: {}", finding.check, finding.message));
        }
        lock(&self.passed).extend(passed.iter().map(|(check, _)| check.to_string()));
    }
}

impl Sink for Tally {
    fn exchange(&self, judged: Judged<'_>, _: u64) {
        self.add(
            judged.belonging.scenario.as_ref().map(counterpart_evidence::ScenarioId::as_str),
            &judged.findings,
            &judged.passed,
        );
    }

    fn event(&self, event: Event, _: u64) {
        match event {
            Event::Judged { scenario, findings, passed, .. } => self.add(Some(scenario.as_str()), &findings, &passed),
            Event::StepEnded { scenario, verdict: Some(verdict), reason, .. } if verdict != Verdict::NotRun => {
                lock(&self.stopped)
                    .entry(scenario.to_string())
                    .or_insert_with(|| format!("{verdict}: {}", reason.unwrap_or_default()));
            }
            Event::Note { scenario, text } if text.starts_with("could not") => {
                let name = scenario.map_or_else(|| "no scenario".to_owned(), |scenario| scenario.to_string());
                lock(&self.stopped).entry(name).or_insert(text);
            }
            _ => {}
        }
    }

    fn broken(&self) -> Option<String> {
        None
    }
}

pub(crate) fn prove(args: &ProveArgs, format: MessageFormat) -> Result<Exit, String> {
    let packs = packs::find(&args.pack).map_err(|reason| format!("could not {reason}"))?;
    let keyring = keyring(moment::now())?;
    let mut exit = Exit::Pass;
    for role in [Role::Consumer, Role::Provider] {
        if args.role.is_some_and(|wanted| (wanted == RoleArg::Consumer) != (role == Role::Consumer)) {
            continue;
        }
        let mut sources = Sources::default();
        let outcome = one_role(args, role, &packs, &keyring, &mut sources);
        match outcome {
            Ok(true) => {}
            Ok(false) => exit = Exit::Fail,
            Err(Trouble::Files(found)) => {
                console::diagnostics(&found.into_sorted(), &sources, format);
                return Ok(Exit::Usage);
            }
            Err(Trouble::Ours(reason)) => return Err(reason),
        }
    }
    Ok(exit)
}

enum Trouble {
    Files(Diagnostics),
    Ours(String),
}

/// Plays one role; tells whether everything is proved.
fn one_role(
    args: &ProveArgs,
    role: Role,
    packs: &[PackFiles],
    keyring: &Keyring,
    sources: &mut Sources,
) -> Result<bool, Trouble> {
    let (tally, mutants) = play(args, role, packs, keyring, Selection::default(), None, sources)?;
    let mut proved = true;
    console::data(&format!(
        "{}, role {}: {} checks passed against the mirror\n",
        args.pack,
        role.name(),
        lock(&tally.passed).len()
    ));
    for (check, scenarios) in lock(&tally.failed).iter() {
        proved = false;
        console::data(&format!("  the conformant mirror fails `{check}` in {}\n", join(scenarios)));
    }
    for (scenario, reason) in lock(&tally.stopped).iter() {
        proved = false;
        console::data(&format!("  {scenario}: {reason}\n"));
    }
    let mut killed = 0;
    for mutant in mutants.iter().filter(|mutant| args.mutant.as_ref().is_none_or(|prefix| mutant.id.starts_with(prefix))) {
        let selection = Selection { scenarios: mutant.plays.clone(), ..Selection::default() };
        let (tally, _) = play(args, role, packs, keyring, selection, Some(&mutant.id), sources)?;
        let failed: BTreeSet<String> = lock(&tally.failed).keys().cloned().collect();
        let wanted = mutant.fails.clone();
        if failed == wanted && !failed.is_empty() {
            killed += 1;
            console::data(&format!("  killed    {:<44} by {}\n", mutant.id, join(&failed)));
        } else {
            proved = false;
            let word = if failed.is_empty() { "SURVIVED" } else { "WRONG" };
            console::data(&format!("  {word:<9} {:<44} failed: {}; should: {}\n", mutant.id, join(&failed), join(&wanted)));
            for (scenario, reason) in lock(&tally.stopped).iter() {
                console::data(&format!("            {scenario}: {reason}\n"));
            }
        }
    }
    console::data(&format!("{}, role {}: {killed} of {} mutants killed\n", args.pack, role.name(), mutants.len()));
    Ok(proved)
}

fn join(names: &BTreeSet<String>) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.iter().cloned().collect::<Vec<_>>().join(", ") }
}

/// Plays the mirror, or a mutant of it, on the virtual clock inside this process.
fn play(
    args: &ProveArgs,
    role: Role,
    packs: &[PackFiles],
    keyring: &Keyring,
    selection: Selection,
    mutant: Option<&String>,
    sources: &mut Sources,
) -> Result<(Arc<Tally>, Vec<Mutant>), Trouble> {
    let scratch = std::env::temp_dir().join(format!("counterpart-prove-{}", moment::short_id()));
    let settings = invented(packs, &scratch);
    let both = Both { packs, role, selection, settings, mutant: mutant.cloned() };
    let plans = plans(&both, sources).map_err(Trouble::Files)?;
    let mutants = plans.judge.proof.mutants.clone();
    let tally = Arc::new(Tally::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(|error| Trouble::Ours(error.to_string()))?;
    let setting = Setting {
        network: Network::Memory(MemoryNetwork::default()),
        kind: ClockKind::Virtual,
        unix_ms: moment::unix_ms(moment::now()),
        seed: args.seed,
        jobs: 1,
        keyring: keyring.clone(),
        sink: Arc::clone(&tally) as Arc<dyn Sink>,
    };
    let played = runtime.block_on(async {
        let theatre = set(&plans, &setting).await?;
        let (_stop, stopping) = watch::channel(false);
        theatre.judge.play(theatre.manner, stopping).await;
        theatre.troupe.stop();
        Ok::<_, String>(())
    });
    drop(runtime);
    drop(std::fs::remove_dir_all(&scratch));
    played.map_err(Trouble::Ours)?;
    Ok((tally, mutants))
}
