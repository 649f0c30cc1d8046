//! `counterpart run`, `simulate` and `doctor`: against a supplier's system.

use crate::args::{ConductorArg, MessageFormat, Record, RunArgs};
use crate::choices::Choices;
use crate::continuing;
use crate::control::{Control, Desk};
use crate::exit::{Exit, Trouble};
use crate::header::About;
use crate::judged::{baseline, judged};
use crate::playing::{
    Book, Earlier, Performance, begin, copies, finish, formats, open_book, refuse_no_checklist, stop_on_interrupt, storage,
    where_it_is,
};
use crate::wanted::{
    Held, Mode, Wanted, actor, addresses, credentials, options, refuse_typed_secrets, refuse_unreached, ring, targets, wanted,
};
use crate::{console, moment, packs, preflight, replay, settings_shown};
use counterpart_diag::Sources;
use counterpart_engine::{Clock, Doors, Ending, Keyring, Manner, NoSink, Sink, Stage, Surroundings, Target};
use counterpart_evidence::{
    BaselineEntry, CheckChange, Conductor, Event, Flush, Limit, Preflight, Role, RunMode, RunRecord, Verdict, WhenFull,
};
use counterpart_plan::{PackFiles, Plan};
use counterpart_report::Format;
use counterpart_transport::{Network, Recording};
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// A run that is ready to be played: everything of the user's was read and found right.
struct Ready {
    mode: Mode,
    wanted: Wanted,
    keyring: Keyring,
    plan: Arc<Plan>,
    targets: BTreeMap<String, Target>,
    listen: BTreeMap<String, String>,
    formats: Vec<Format>,
    known: Option<Vec<BaselineEntry>>,
    earlier: Option<Earlier>,
}

pub(crate) fn run(args: &RunArgs, choices: &Choices, mode: Mode, format: MessageFormat) -> Result<Exit, Trouble> {
    if let Some(exit) = refuse_workspace(args, choices, format) {
        return Ok(exit);
    }
    let formats = formats(&args.format).map_err(Trouble::Usage)?;
    let wanted = wanted(args, choices, mode)?;
    let packs = packs::find(&wanted.pack).map_err(|reason| Trouble::Usage(format!("could not {reason}")))?;
    let keyring = ring(args, &wanted).map_err(Trouble::Usage)?;
    let options = options(args, &wanted, &Held { keyring: &keyring, packs: &packs }, mode).map_err(Trouble::Usage)?;
    let refs: Vec<&PackFiles> = packs.iter().collect();
    let mut sources = Sources::default();
    let (plan, found) = counterpart_plan::compile_pack(&refs, &options, &mut sources);
    console::diagnostics(&found.into_sorted(), &sources, format);
    let Some(mut plan) = plan else { return Ok(Exit::Usage) };
    refuse_typed_secrets(&wanted, &plan)?;
    if mode == Mode::Run && args.record == Record::Off {
        let reason = "`--record off` is for `simulate`: a run without evidence could not be judged".to_owned();
        return Err(Trouble::Usage(reason));
    }
    packs::compare_with_released(&mut plan, packs.first());
    if args.print_settings {
        settings_shown::print(choices, &plan);
        return Ok(Exit::Pass);
    }
    if mode == Mode::Run
        && let Some(exit) = nothing_to_play(&plan)
    {
        return Ok(exit);
    }
    refuse_unreached(choices, wanted.role, &plan)?;
    refuse_no_checklist(&formats, &plan.pack.name, plan.checklist.is_some())?;
    mask_credentials(&wanted, &mut plan)?;
    let ready = Ready {
        mode,
        targets: targets(args, &wanted, &plan).map_err(Trouble::Usage)?,
        listen: addresses(&wanted, &plan).map_err(Trouble::Usage)?,
        formats,
        known: args.baseline.as_deref().map(baseline).transpose()?,
        earlier: args.continues.as_deref().map(|path| continuing::earlier(path, &wanted, &plan)).transpose()?,
        keyring,
        plan: Arc::new(plan),
        wanted,
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| format!("could not start: {error}"))?;
    runtime.block_on(perform(args, choices, ready))
}

/// Ends a run whose workspace file has mistakes, all of which are told at once.
fn refuse_workspace(args: &RunArgs, choices: &Choices, format: MessageFormat) -> Option<Exit> {
    // A pack that is not there is told of when it is looked for.
    let packs = || packs::place(&args.packs).and_then(|(pack, _)| packs::find(&pack)).unwrap_or_default();
    let count = choices.reading.tell(packs, format);
    (count > 0).then(|| {
        let count = counterpart_report::counted(count as u64, "mistake");
        console::talk(&format!("{count} in the workspace file; `counterpart explain CODE` tells more"));
        Exit::Usage
    })
}

/// Ends a run of which the user selected nothing; says so where the pack leaves nothing.
fn nothing_to_play(plan: &Plan) -> Option<Exit> {
    if plan.scenarios.iter().any(|scenario| scenario.settled.is_none()) {
        return None;
    }
    if !plan.scenarios.iter().any(|scenario| scenario.is_selected()) {
        console::error(&format!(
            "nothing is selected: no scenario of role {} has what `--scenario`, `--tag` and `--level` ask\nhelp: `counterpart list {} --scenarios` lists them",
            plan.role.name(),
            plan.pack.name
        ));
        return Some(Exit::Inconclusive);
    }
    console::talk("note: nothing is left to play; the report says why each scenario is left out");
    None
}

/// Lets further credentials be masked as the settings are whose place they take.
fn mask_credentials(wanted: &Wanted, plan: &mut Plan) -> Result<(), Trouble> {
    for values in credentials(&wanted.workspace).map_err(Trouble::Usage)?.values() {
        let secret = values.iter().filter(|(name, _)| plan.secret_settings.contains(name));
        let texts: Vec<String> = secret.filter_map(|(_, value)| value.as_str().map(ToOwned::to_owned)).collect();
        plan.secrets.extend(texts);
    }
    Ok(())
}

async fn perform(args: &RunArgs, choices: &Choices, ready: Ready) -> Result<Exit, Trouble> {
    let stopping = stop_on_interrupt();
    if ready.mode == Mode::Doctor {
        return doctor(args, &ready).await;
    }
    let now_ms = moment::unix_ms(moment::now());
    let clock = Clock::start(ready.wanted.clock, ready.wanted.start_ms.unwrap_or(now_ms));
    let role = ready.wanted.role;
    let name = format!("run-{}-{}-{}-{}", moment::compact(now_ms), ready.plan.pack.name, role.name(), moment::short_id());
    let progress = console::progress(ready.plan.scenarios.iter().filter(|scenario| scenario.settled.is_none()).count());
    let flush = if args.durable { Flush::Disk } else { Flush::Kernel };
    let when_full = if ready.mode == Mode::Simulate { WhenFull::DropOldest } else { WhenFull::Stop };
    let book = open_book(&args.out, &name, &ready.plan, &moment::random(), storage(flush, when_full), progress.clone())?;
    if args.record == Record::Off {
        book.sink.let_exchanges_pass();
    }
    let opened = open(args, &ready, &book, clock.clone()).await;
    let (stage, control) = opened.inspect_err(|_| book.discard())?;
    let endpoints = endpoints(&ready, &stage);
    let ours = stage.urls();
    for (name, url) in &endpoints {
        console::talk(&format!("{} {name} at {url}", if ours.contains_key(name) { "listening as" } else { "calling" }));
    }
    for (name, target) in ready.targets.iter().filter(|_| role == Role::Provider) {
        console::talk(&format!("passing on to {name} at {}", target.url()));
    }
    let facts = match ready.mode {
        Mode::Run => preflight::preflight(&stage, &tried(&ready), &ready.keyring).await,
        Mode::Doctor | Mode::Simulate => Vec::new(),
    };
    begin(&book.sink, &ready.plan, about((args, choices), &ready, name, now_ms, endpoints.clone()), &clock);
    for fact in &facts {
        book.sink.event(Event::Preflight(fact.clone()), clock.now_us());
    }
    book.sink.show_live();
    let stage = Arc::new(stage);
    if let Some(control) = &control {
        let folder = book.folder.path();
        control.open(Desk::new(&ready.plan, ready.mode, endpoints, folder, Arc::clone(&book.sink), Arc::clone(&stage)));
        console::talk(&format!("control listener at http://{}/_counterpart/", control.address()));
    }
    let broken = preflight::fault(&facts);
    let early = play(args, &ready, &stage, broken, stopping).await;
    stage.close();
    if let Some(control) = control {
        control.stop();
    }
    // What was played with makes room for the reports.
    drop(stage);
    progress.finish_and_clear();
    let unrecorded = book.sink.reason_broken();
    let finished = moment::rfc3339(moment::unix_ms(moment::now()));
    let run = finish(book, &clock, finished, early.clone(), ready.earlier.as_ref(), &ready.formats)?;
    copies(args, &run.record, &run.folder)?;
    console::data(&counterpart_report::console(&run.record, console::colour()));
    console::data(&where_it_is(&run));
    Ok(exit(args, &ready, &run.record, broken, unrecorded.as_deref(), early.is_some()))
}

/// Opens our endpoints and the control listener.
async fn open(args: &RunArgs, ready: &Ready, book: &Book, clock: Clock) -> Result<(Stage, Option<Control>), Trouble> {
    let control = Control::start(args.control.as_deref(), ready.mode, &book.sink).await?;
    let stage = stage(args, ready, (Arc::clone(&book.sink) as Arc<dyn Sink>, &book.sink.progress), clock).await?;
    Ok((stage, control))
}

/// Opens our endpoints, or gets ready to call.
async fn stage(args: &RunArgs, ready: &Ready, seen: (Arc<dyn Sink>, &ProgressBar), clock: Clock) -> Result<Stage, Trouble> {
    let (sink, progress) = seen;
    let around = Surroundings {
        network: Network::Tcp,
        targets: ready.targets.clone(),
        keyring: ready.keyring.clone(),
        credentials: credentials(&ready.wanted.workspace).map_err(Trouble::Usage)?,
        seed: args.seed,
        actor: actor(&ready.wanted.workspace, progress).map_err(Trouble::Usage)?,
        sink,
    };
    let doors = Doors::Open(ready.listen.clone());
    let recording = if args.record == Record::Off { Recording::Off } else { Recording::On };
    let performance = Performance { plan: Arc::clone(&ready.plan), clock, around, doors, manner: manner(args), recording };
    let listening = |reason: String| match ready.wanted.role {
        Role::Provider => Trouble::Ours(format!("{reason}\nhelp: `--listen HOST:0` takes a free port")),
        Role::Consumer => Trouble::Ours(reason),
    };
    let (stage, _, _) = performance.stage().await.map_err(listening)?;
    Ok(stage)
}

/// Looks at everything that a run would need, plays nothing and records nothing.
async fn doctor(args: &RunArgs, ready: &Ready) -> Result<Exit, Trouble> {
    let clock = Clock::start(ready.wanted.clock, moment::unix_ms(moment::now()));
    let stage = stage(args, ready, (Arc::new(NoSink), &ProgressBar::hidden()), clock).await?;
    let listens = |(name, url): (String, String)| Preflight::good(&format!("endpoint {name}"), format!("listens at {url}"));
    let mut facts: Vec<Preflight> = stage.urls().into_iter().map(listens).collect();
    facts.extend(preflight::preflight(&stage, &tried(ready), &ready.keyring).await);
    stage.close();
    Ok(preflight::show(&facts))
}

fn endpoints(ready: &Ready, stage: &Stage) -> BTreeMap<String, String> {
    match ready.wanted.role {
        Role::Provider => stage.urls(),
        Role::Consumer => {
            let called = ready.targets.iter().map(|(name, target)| (name.clone(), target.url()));
            called.chain(stage.urls()).collect()
        }
    }
}

/// Gives the systems that are tried before the run: those under test that we call ourselves. What lies behind a proxy of somebody
/// else's may be reached through it alone, and where we answer, whom a proxy of ours passes on to is not under test.
fn tried(ready: &Ready) -> BTreeMap<String, Target> {
    let proxies = ready.plan.endpoints.iter().filter(|one| ready.targets.contains_key(&one.name));
    let behind: Vec<&String> = proxies.filter_map(|one| one.proxy.as_ref()).flat_map(|proxy| &proxy.reaches).collect();
    let tried = ready.targets.iter().filter(|(name, _)| ready.wanted.role == Role::Consumer && !behind.contains(name));
    tried.map(|(name, target)| (name.clone(), target.clone())).collect()
}

/// Plays, or answers until told to stop; gives why it ended early, where it did.
async fn play(
    args: &RunArgs,
    ready: &Ready,
    stage: &Stage,
    broken: Option<&Preflight>,
    stopping: watch::Receiver<bool>,
) -> Option<String> {
    if ready.mode == Mode::Simulate {
        console::talk("answering until Ctrl-C");
        let mut stopping = stopping;
        drop(stopping.wait_for(|stopping| *stopping).await);
        return None;
    }
    if let Some(fact) = broken {
        return Some(format!("{}: {}", fact.name, fact.detail));
    }
    stage.play(manner(args), stopping.clone()).await;
    let interrupted = *stopping.borrow();
    interrupted.then(|| "interrupted".to_owned())
}

fn manner(args: &RunArgs) -> Manner {
    let ending = if args.fail_fast { Ending::FirstFailure } else { Ending::Complete };
    Manner { jobs: usize::from(args.jobs), retries: args.retry, ending }
}

fn exit(
    args: &RunArgs,
    ready: &Ready,
    record: &RunRecord,
    broken: Option<&Preflight>,
    unrecorded: Option<&str>,
    ended_early: bool,
) -> Exit {
    if let Some(fact) = broken.filter(|_| ready.mode == Mode::Run) {
        let hint = fact.hint.as_ref().map(|hint| format!("\nhelp: {hint}")).unwrap_or_default();
        console::error(&format!("{}: {}{hint}", fact.name, fact.detail));
        return Exit::Error;
    }
    if let Some(reason) = unrecorded {
        console::error(&format!("{reason}\nhelp: the run ended there; what was recorded before stands in the journal"));
        return Exit::Error;
    }
    if ended_early {
        return Exit::Inconclusive;
    }
    match ready.mode {
        Mode::Simulate if !is_gated(args) => of_simulator(record),
        Mode::Doctor | Mode::Run | Mode::Simulate => judged(args, record, ready.known.as_deref()),
    }
}

/// Tells whether what a simulator received decides its exit code.
fn is_gated(args: &RunArgs) -> bool {
    args.fail_on_finding || args.strict || args.baseline.is_some()
}

/// Gives the exit code of a simulator that was there to answer, and was stopped.
fn of_simulator(record: &RunRecord) -> Exit {
    match record.verdict {
        Verdict::Error => Exit::Error,
        Verdict::Fail => {
            console::talk("note: a simulator that is stopped ends with exit code 0; with `--fail-on-finding` this would be 1");
            Exit::Pass
        }
        _ => Exit::Pass,
    }
}

fn about(
    (args, choices): (&RunArgs, &Choices),
    ready: &Ready,
    run: String,
    now_ms: i64,
    endpoints: BTreeMap<String, String>,
) -> About {
    let wanted = &ready.wanted;
    let changes = wanted.workspace.checks.iter().map(|(check, change)| CheckChange {
        check: counterpart_evidence::CheckId::new(check),
        change: change.force.name().to_owned(),
        reason: change.reason.clone(),
    });
    About {
        run,
        mode: if ready.mode == Mode::Simulate { RunMode::Simulate } else { RunMode::Run },
        started: moment::rfc3339(now_ms),
        supplier: wanted.supplier(),
        conductor: match args.conductor {
            ConductorArg::Laboratory => Conductor::Laboratory,
            ConductorArg::SelfRun => Conductor::SelfRun,
            ConductorArg::Witnessed => Conductor::Witnessed,
        },
        endpoints,
        seed: args.seed,
        clock: wanted.clock.name(),
        start_time: wanted.start_ms.map(moment::rfc3339),
        retry_passes: args.retry_passes,
        changes: changes.collect(),
        limits: unrecorded_limit(args).into_iter().collect(),
        replay: replay::of_run(args, choices, wanted),
    }
}

/// Says in the report that nothing was kept, where that was asked for.
fn unrecorded_limit(args: &RunArgs) -> Option<Limit> {
    (args.record == Record::Off).then(|| Limit {
        what: "every exchange".to_owned(),
        why: "recording was off (`--record off`), so that nothing that came or went was kept".to_owned(),
    })
}
