//! `counterpart demo`: both simulators against each other.

use crate::args::{DemoArgs, MessageFormat};
use crate::exit::{Exit, Strictness, Trouble, of_record};
use crate::header::About;
use crate::mirror::{Both, Setting, invented, keyring, plans, set};
use crate::playing::{Finished, begin, finish, open_book, stop_on_interrupt, storage, where_it_is};
use crate::wanted::{any_clock, settings_given};
use crate::{console, fhir, moment, packs, replay};
use counterpart_diag::Sources;
use counterpart_engine::ClockKind;
use counterpart_evidence::{Conductor, Limit, Role, RunMode, Supplier, Verdict, WhenFull};
use counterpart_plan::{Purpose, Selection};
use counterpart_report::Format;
use counterpart_transport::{MemoryNetwork, Network};
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Scenarios at once over sockets, in role provider: what waits for a slow back-off waits side by side.
const JOBS: usize = 40;

pub(crate) fn demo(args: &DemoArgs, format: MessageFormat) -> Result<Exit, Trouble> {
    let name = args.pack.clone().unwrap_or_else(packs::default_name);
    let packs = packs::find(&name).map_err(|reason| Trouble::Usage(format!("could not {reason}")))?;
    let kind = any_clock(&args.clock).map_err(Trouble::Usage)?;
    let fhir_packages = fhir::given(&args.fhir).map_err(Trouble::Usage)?;
    let mut worst = Exit::Pass;
    let mut verdicts = Vec::new();
    for role in [Role::Consumer, Role::Provider] {
        let scratch = std::env::temp_dir().join(format!("counterpart-demo-{}", moment::short_id()));
        let mut settings = invented(&packs, &scratch);
        settings.extend(settings_given(&args.settings)?);
        let selection = Selection { scenarios: args.scenario.clone(), ..Selection::default() };
        let both = Both {
            packs: &packs,
            role,
            profile: args.profile.clone(),
            selection,
            settings,
            purpose: Purpose::Play,
            fhir_packages: fhir_packages.clone(),
            mutant: None,
        };
        let mut sources = Sources::default();
        let plans = match plans(&both, &mut sources) {
            Ok(plans) => plans,
            Err(found) => {
                console::diagnostics(&found.into_sorted(), &sources, format);
                return Ok(Exit::Usage);
            }
        };
        // A pack has scenarios in one role only, or the user selected none of this one.
        if !plans.judge.scenarios.iter().any(|scenario| scenario.is_selected()) {
            continue;
        }
        let result = runtime(kind)?.block_on(one(args, kind, role, plans));
        // What it wrote was for itself; a folder that stays behind harms nothing.
        drop(std::fs::remove_dir_all(&scratch));
        let run = result?;
        let record = &run.record;
        console::data(&counterpart_report::console(record, console::colour()));
        console::data(&format!("{}\n", where_it_is(&run)));
        verdicts.push(record.verdict);
        worst = worst.or_worse(of_record(record, Strictness::default()));
    }
    if verdicts.is_empty() {
        console::error(&format!(
            "nothing is selected: no scenario has what `--scenario` asks\nhelp: `counterpart list {name} --scenarios` lists them"
        ));
        return Ok(Exit::Inconclusive);
    }
    if verdicts.iter().all(|verdict| matches!(verdict, Verdict::Pass | Verdict::Warning)) {
        console::talk("Both simulators agree. Next: `counterpart run --help`");
    }
    Ok(worst)
}

/// Makes a runtime for a clock: time that nobody waits for stands still in one thread.
fn runtime(kind: ClockKind) -> Result<Runtime, Trouble> {
    let mut builder = match kind {
        ClockKind::Virtual => tokio::runtime::Builder::new_current_thread(),
        ClockKind::Real | ClockKind::Scaled(_) => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.enable_all().start_paused(kind == ClockKind::Virtual).build();
    runtime.map_err(|error| Trouble::Ours(format!("could not start: {error}")))
}

async fn one(args: &DemoArgs, kind: ClockKind, role: Role, plans: crate::mirror::Plans) -> Result<Finished, Trouble> {
    let now = moment::now();
    let unix_ms = moment::unix_ms(now);
    let name = format!("run-{}-{}-{}-{}", moment::compact(unix_ms), plans.judge.pack.name, role.name(), moment::short_id());
    let progress = console::progress(plans.judge.scenarios.len());
    let book = open_book(
        &args.out,
        &name,
        &plans.judge,
        &moment::random(),
        storage(counterpart_evidence::Flush::Kernel, WhenFull::Stop),
        progress.clone(),
    )?;
    let (network, jobs) = match (kind, role) {
        (ClockKind::Virtual, _) => (Network::Memory(MemoryNetwork::default()), 1),
        (_, Role::Consumer) => (Network::Tcp, 1),
        (_, Role::Provider) => (Network::Tcp, JOBS),
    };
    let sink: Arc<dyn counterpart_engine::Sink> = Arc::clone(&book.sink) as Arc<dyn counterpart_engine::Sink>;
    let setting = Setting { network, kind, unix_ms, seed: args.seed, jobs, keyring: keyring(now)?, sink };
    let theatre = set(&plans, &setting).await?;
    let about = About {
        run: name,
        mode: RunMode::Demo,
        started: moment::rfc3339(unix_ms),
        supplier: Supplier {
            name: Some("Counterpart".to_owned()),
            product: Some("its own mirror".to_owned()),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            build: None,
        },
        conductor: Conductor::SelfRun,
        endpoints: if role == Role::Provider { theatre.judge.urls() } else { theatre.mirror.urls() },
        seed: args.seed,
        clock: kind.name(),
        start_time: None,
        retry_passes: false,
        changes: Vec::new(),
        limits: vec![Limit { what: "a supplier's system".to_owned(), why: "a demo plays Counterpart against itself".to_owned() }],
        replay: replay::of_demo(args, &plans.judge),
    };
    begin(&book.sink, &plans.judge, about, &theatre.clock);
    let stopping = stop_on_interrupt();
    theatre.judge.play(theatre.manner, stopping.clone()).await;
    let early = (*stopping.borrow()).then(|| "interrupted".to_owned());
    theatre.troupe.stop();
    theatre.judge.close();
    theatre.mirror.close();
    progress.finish_and_clear();
    // What was played and what it was played with make room for the reports.
    let clock = theatre.clock.clone();
    drop((theatre, setting, plans));
    finish(
        book,
        &clock,
        moment::rfc3339(moment::unix_ms(moment::now())),
        early,
        None,
        &[Format::Html, Format::Xml, Format::Junit],
    )
}
