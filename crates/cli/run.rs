//! `counterpart run`, `simulate` and `doctor`: against a supplier's system.

use crate::args::{MessageFormat, RoleArg, RunArgs};
use crate::exit::{Exit, Strictness, of_record};
use crate::header::About;
use crate::keyring::{self, BAD};
use crate::mirror::target;
use crate::playing::{Performance, begin, finish, formats, open_book, stop_on_interrupt, storage};
use crate::workspace::{self, Workspace};
use crate::{console, moment, packs, person};
use counterpart_diag::Sources;
use counterpart_engine::{Actor, Clock, ClockKind, Doors, Ending, Hook, Hooks, Keyring, Manner, Sink, Surroundings, Target};
use counterpart_evidence::{
    BaselineEntry, CheckChange, Conductor, Event, Flush, Level, Preflight, RequirementId, Role, RunMode, RunRecord, Supplier,
    WhenFull,
};
use counterpart_plan::{Abilities, Force, Options, Origin, PackFiles, Plan, Selection};
use counterpart_transport::{Client, Connect, Limits, Network, ServerTrust, Timeouts, TlsClient, Versions};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Everything that options and workspace say, put together.
struct Wanted {
    pack: String,
    role: Role,
    workspace: Workspace,
    targets: BTreeMap<String, String>,
    listen: BTreeMap<String, String>,
    settings: BTreeMap<String, (String, Origin)>,
    clock: ClockKind,
}

/// What is done with what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Doctor,
    Run,
    Simulate,
}

pub(crate) fn run(args: &RunArgs, mode: Mode, format: MessageFormat) -> Result<Exit, String> {
    let wanted = match wanted(args, mode) {
        Ok(wanted) => wanted,
        Err(reason) => {
            console::talk(&format!("error: {reason}"));
            return Ok(Exit::Usage);
        }
    };
    let packs = match packs::find(&wanted.pack) {
        Ok(packs) => packs,
        Err(reason) => {
            console::talk(&format!("error: could not {reason}"));
            return Ok(Exit::Usage);
        }
    };
    let keyring = match ring(args, &wanted) {
        Ok(keyring) => keyring,
        Err(reason) => {
            console::talk(&format!("error: {reason}"));
            return Ok(Exit::Usage);
        }
    };
    let options = options(args, &wanted, &keyring, mode)?;
    let refs: Vec<&PackFiles> = packs.iter().collect();
    let mut sources = Sources::default();
    let (plan, found) = counterpart_plan::compile_pack(&refs, &options, &mut sources);
    console::diagnostics(&found.into_sorted(), &sources, format);
    let Some(mut plan) = plan else { return Ok(Exit::Usage) };
    compare_with_released(&mut plan, packs.first());
    if args.print_settings {
        for setting in &plan.settings {
            console::data(&format!("{:<32} {:<40} {}\n", setting.name, setting.value, setting.origin));
        }
        return Ok(Exit::Pass);
    }
    if mode == Mode::Run && plan.scenarios.iter().all(|scenario| scenario.settled.is_some()) {
        console::talk(
            "error: nothing is left to play: every scenario is left out\nhelp: `counterpart list PACK --scenarios` lists them; each report says why one was left out",
        );
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| format!("could not start: {error}"))?;
    runtime.block_on(perform(args, mode, wanted, keyring, Arc::new(plan)))
}

async fn perform(args: &RunArgs, mode: Mode, wanted: Wanted, keyring: Keyring, plan: Arc<Plan>) -> Result<Exit, String> {
    let now_ms = moment::unix_ms(moment::now());
    let clock = Clock::start(wanted.clock, now_ms);
    let targets = match targets(args, &wanted, &plan) {
        Ok(targets) => targets,
        Err(reason) => {
            console::talk(&format!("error: {reason}"));
            return Ok(Exit::Usage);
        }
    };
    let facts = preflight(&targets, &keyring).await;
    if mode == Mode::Doctor {
        return Ok(doctor(&facts));
    }
    let name = format!("run-{}-{}-{}-{}", moment::compact(now_ms), plan.pack.name, wanted.role.name(), moment::short_id());
    let flush = if args.durable { Flush::Disk } else { Flush::Kernel };
    let when_full = if mode == Mode::Simulate { WhenFull::DropOldest } else { WhenFull::Stop };
    let progress = console::progress(plan.scenarios.iter().filter(|scenario| scenario.settled.is_none()).count());
    let wanted_formats = formats(&args.format)?;
    let book = open_book(&args.out, &name, &plan, &moment::random(), storage(flush, when_full), progress.clone())?;
    let sink = Arc::clone(&book.sink) as Arc<dyn Sink>;
    let around = Surroundings {
        network: Network::Tcp,
        targets: targets.clone(),
        keyring,
        credentials: credentials(&wanted.workspace)?,
        seed: args.seed,
        actor: actor(&wanted.workspace)?,
        sink,
    };
    let doors = if wanted.role == Role::Provider { Doors::Open(wanted.listen.clone()) } else { Doors::Shut };
    let manner = Manner {
        jobs: args.jobs,
        retries: args.retry,
        ending: if args.fail_fast { Ending::FirstFailure } else { Ending::Complete },
    };
    let (stage, manner, clock) = Performance { plan: Arc::clone(&plan), clock, around, doors, manner }.stage().await?;
    let endpoints = if wanted.role == Role::Provider {
        stage.urls()
    } else {
        targets.iter().map(|(name, target)| (name.clone(), target.url())).collect()
    };
    for (name, url) in &endpoints {
        console::talk(&format!("{} {name} at {url}", if wanted.role == Role::Provider { "listening as" } else { "calling" }));
    }
    begin(&book.sink, &plan, about(args, mode, &wanted, &plan, name, now_ms, endpoints), &clock);
    for fact in &facts {
        book.sink.event(Event::Preflight(fact.clone()), clock.now_us());
    }
    let stopping = stop_on_interrupt();
    let broken = facts.iter().find(|fact| fact.passed == Some(false));
    let early = match (mode, broken) {
        (Mode::Simulate, _) => {
            console::talk("answering until Ctrl-C");
            let mut stopping = stopping.clone();
            drop(stopping.wait_for(|stopping| *stopping).await);
            None
        }
        (_, Some(fact)) => Some(format!("{}: {}", fact.name, fact.detail)),
        (_, None) => {
            stage.play(manner, stopping.clone()).await;
            (*stopping.borrow()).then(|| "interrupted".to_owned())
        }
    };
    stage.close();
    progress.finish_and_clear();
    let finished = moment::rfc3339(moment::unix_ms(moment::now()));
    let (record, path) = finish(book, &clock, finished, early.clone(), &wanted_formats)?;
    copies(args, &record, &path)?;
    console::data(&counterpart_report::console(&record, counterpart_report::Colour::Never));
    console::data(&format!("\nreports: {}\n", path.display()));
    if let Some(fact) = broken.filter(|_| mode == Mode::Run) {
        console::talk(&format!("error: {}: {}", fact.name, fact.detail));
        return Ok(Exit::Error);
    }
    if early.is_some() {
        return Ok(Exit::Inconclusive);
    }
    if mode == Mode::Simulate {
        return Ok(Exit::Pass);
    }
    judged(args, &record)
}

fn judged(args: &RunArgs, record: &RunRecord) -> Result<Exit, String> {
    let exit = of_record(record, Strictness { strict: args.strict, require_complete: args.require_complete });
    let Some(path) = &args.baseline else { return Ok(exit) };
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Baseline {
        #[serde(default)]
        known: Vec<BaselineEntry>,
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("could not read `{}`: {error}", path.display()))?;
    let baseline: Baseline = toml::from_str(&text).map_err(|error| format!("`{}` is not a baseline\n{error}", path.display()))?;
    let today = moment::rfc3339(moment::unix_ms(moment::now()));
    let outcome = counterpart_evidence::apply(record, &baseline.known, today.get(..10).unwrap_or(""));
    for news in &outcome.news {
        console::talk(&format!("news: {}", news.check));
    }
    for entry in outcome.stale.iter().chain(&outcome.expired) {
        console::talk(&format!("stale or expired: {} ({})", entry.check, entry.reason));
    }
    Ok(match (exit, outcome.is_quiet()) {
        (Exit::Fail | Exit::Pass, true) => Exit::Pass,
        (Exit::Fail | Exit::Pass, false) => Exit::Fail,
        (other, _) => other,
    })
}

fn copies(args: &RunArgs, record: &RunRecord, folder: &Path) -> Result<(), String> {
    use counterpart_report::Format;
    let book = counterpart_evidence::RunFolder::open(folder).map_err(|error| format!("could not {error}"))?;
    for (path, format) in [(&args.html, Format::Html), (&args.junit, Format::Junit), (&args.xml, Format::Xml)] {
        if let Some(path) = path {
            for (_, bytes) in crate::playing::rendered(record, &book, &[format])? {
                std::fs::write(path, bytes).map_err(|error| format!("could not write `{}`: {error}", path.display()))?;
            }
        }
    }
    Ok(())
}

fn wanted(args: &RunArgs, mode: Mode) -> Result<Wanted, String> {
    let workspace = workspace::read(args.workspace.as_deref())?;
    let pack = args
        .pack
        .clone()
        .or_else(|| workspace.pack.clone())
        .ok_or("no pack is named: `counterpart run PACK`, or `pack = \"...\"` in the workspace file")?;
    let role = match (args.role, workspace.role.as_deref(), mode) {
        (_, _, Mode::Simulate) => Role::Provider,
        (Some(RoleArg::Consumer), _, _) | (None, Some("consumer"), _) => Role::Consumer,
        (Some(RoleArg::Provider), _, _) | (None, Some("provider"), _) => Role::Provider,
        (None, Some(other), _) => return Err(format!("role `{other}` is neither `consumer` nor `provider`")),
        (None, None, _) => {
            return Err("no role is named: `--role consumer` calls a server, `--role provider` answers a client".to_owned());
        }
    };
    let mut settings = BTreeMap::new();
    for (name, value) in &workspace.settings {
        settings.insert(name.clone(), (workspace::text(&workspace::plain(value))?, Origin::Workspace));
    }
    for pair in &args.settings {
        let (name, value) = pair.split_once('=').ok_or_else(|| format!("`--set {pair}`: write `NAME=VALUE`"))?;
        settings.insert(name.to_owned(), (workspace::text(value)?, Origin::Option));
    }
    let named = |values: &[String]| -> BTreeMap<String, String> {
        values
            .iter()
            .map(|value| {
                value.split_once('=').map_or((String::new(), value.clone()), |(name, value)| (name.to_owned(), value.to_owned()))
            })
            .collect()
    };
    let clock = match args.clock.split_once(':') {
        None if args.clock == "real" => ClockKind::Real,
        Some(("scaled", scale)) => match scale.parse::<f64>() {
            Ok(scale) if (1.0..=100_000.0).contains(&scale) => ClockKind::Scaled(scale),
            _ => return Err(format!("`--clock {}`: N is a number from 1 to 100000", args.clock)),
        },
        _ => {
            return Err(format!(
                "`--clock {}`: write `real` or `scaled:N`; the virtual clock is for `demo` and `prove`",
                args.clock
            ));
        }
    };
    let mut targets = named(&args.target);
    targets.extend(workspace.endpoints.clone().into_iter().filter(|(name, _)| !named(&args.target).contains_key(name)));
    if let Some(target) = workspace.target.clone().filter(|_| !targets.contains_key("")) {
        targets.insert(String::new(), target);
    }
    let mut listen = named(&args.listen);
    if let Some(address) = workspace.listen.clone().filter(|_| !listen.contains_key("")) {
        listen.insert(String::new(), address);
    }
    Ok(Wanted { pack, role, workspace, targets, listen, settings, clock })
}

fn ring(args: &RunArgs, wanted: &Wanted) -> Result<Keyring, String> {
    let tls = &wanted.workspace.tls;
    let now = moment::now();
    let mut ring = match args.certs.as_ref().or(tls.authority.as_ref()) {
        Some(folder) => {
            let mut authority = counterpart_keys::Authority::load(folder).map_err(|error| format!("could not {error}"))?;
            keyring::minted(&mut authority, now)?
        }
        None => Keyring::default(),
    };
    if let Some(ca) = args.tls_ca.as_ref().or(tls.ca.as_ref()) {
        ring.trust = keyring::trust(ca)?;
    }
    let pair = (args.tls_cert.as_ref().or(tls.cert.as_ref()), args.tls_key.as_ref().or(tls.key.as_ref()));
    match pair {
        (Some(cert), Some(key)) => {
            let identity = keyring::identity(cert, key)?;
            ring.client.insert("default".to_owned(), identity.clone());
            ring.server.insert("default".to_owned(), identity);
        }
        (None, None) => {}
        _ => return Err("`--tls-cert` and `--tls-key` go together".to_owned()),
    }
    for (name, pair) in &tls.other {
        let identity = keyring::identity(&pair.cert, &pair.key)?;
        ring.client.insert(name.clone(), identity.clone());
        ring.server.insert(name.clone(), identity);
    }
    if wanted.role == Role::Provider && ring.server.is_empty() && !args.plain {
        console::talk(
            "note: no certificate is given, so a fresh test authority is used for this run only; `counterpart certs init` makes one that stays, `--plain` listens without TLS",
        );
        ring = keyring::minted(&mut keyring::fresh_authority(now)?, now)?;
    }
    if args.plain {
        ring.server.clear();
    }
    Ok(ring)
}

fn options(args: &RunArgs, wanted: &Wanted, ring: &Keyring, mode: Mode) -> Result<Options, String> {
    let level = |word: &String| Level::from_name(word).ok_or_else(|| format!("`--level {word}`: levels are must, should, may"));
    let selection = Selection {
        scenarios: args.scenario.clone(),
        tags: args.tag.clone(),
        levels: args.level.iter().map(level).collect::<Result<_, _>>()?,
    };
    let certificates: BTreeSet<String> =
        BAD.iter().map(|(name, _)| (*name).to_owned()).chain(wanted.workspace.tls.other.keys().cloned()).collect();
    let held = if wanted.role == Role::Consumer { &ring.client } else { &ring.server };
    let abilities = Abilities {
        actions: wanted.workspace.hooks.keys().cloned().collect(),
        every_action: person::is_there(),
        credentials: wanted.workspace.credentials.keys().cloned().collect(),
        certificates: certificates.into_iter().filter(|name| held.contains_key(name)).collect(),
        endpoints: if wanted.role == Role::Provider {
            all_endpoints(&wanted.pack)
        } else {
            wanted.targets.keys().cloned().collect()
        },
    };
    let mut attested = BTreeMap::new();
    for (id, evidence) in &wanted.workspace.evidence {
        let file = evidence.file.as_ref().map(|file| format!(" ({file})")).unwrap_or_default();
        attested.insert(
            RequirementId::new(id),
            format!("{} on {}: {}{file}", evidence.by, workspace::plain(&evidence.date), evidence.note),
        );
    }
    let mut force = BTreeMap::new();
    for (check, change) in &wanted.workspace.checks {
        let kind = match change.force.as_str() {
            "promoted" => Force::Promoted,
            "disabled" => Force::Disabled,
            "should" => Force::Lowered(Level::Should),
            "may" => Force::Lowered(Level::May),
            other => return Err(format!("`[checks.{check}]`: force `{other}` is none of promoted, disabled, should, may")),
        };
        force.insert(check.clone(), (kind, change.reason.clone()));
    }
    Ok(Options {
        role: Some(wanted.role),
        profile: args.profile.clone().or_else(|| wanted.workspace.profile.clone()),
        settings: wanted.settings.clone(),
        claims: wanted.workspace.claims.clone(),
        selection,
        abilities: (mode == Mode::Run).then_some(abilities),
        force,
        attested,
        mutant: None,
    })
}

/// The simulated provider plays every endpoint of its pack itself.
fn all_endpoints(pack: &str) -> BTreeSet<String> {
    let Ok(packs) = packs::find(pack) else { return BTreeSet::new() };
    let refs: Vec<&PackFiles> = packs.iter().collect();
    let (plan, _) = counterpart_plan::compile_pack(&refs, &Options::default(), &mut Sources::default());
    plan.map(|plan| plan.endpoints.iter().map(|endpoint| endpoint.name.clone()).collect()).unwrap_or_default()
}

fn compare_with_released(plan: &mut Plan, pack: Option<&PackFiles>) {
    let Some(pack) = pack else { return };
    if let Some(released) = packs::embedded().into_iter().find(|released| released.name == pack.name) {
        plan.pack.modified = pack.differing(&released);
        plan.pack.released = Some(plan.pack.modified.is_empty());
    }
}

fn targets(args: &RunArgs, wanted: &Wanted, plan: &Plan) -> Result<BTreeMap<String, Target>, String> {
    let mut targets = BTreeMap::new();
    if wanted.role == Role::Provider {
        return Ok(targets);
    }
    let first = plan.endpoints.first().map(|endpoint| endpoint.name.clone()).unwrap_or_default();
    for (name, url) in &wanted.targets {
        let mut one = target(url)?;
        one.resolve.clone_from(&args.resolve);
        one.proxy.clone_from(&args.proxy);
        targets.insert(if name.is_empty() { first.clone() } else { name.clone() }, one);
    }
    if targets.is_empty() {
        return Err(
            "no system under test is named: `--target https://HOST:PORT`, or `target = \"...\"` in the workspace file".to_owned()
        );
    }
    Ok(targets)
}

fn credentials(workspace: &Workspace) -> Result<BTreeMap<String, serde_json::Map<String, serde_json::Value>>, String> {
    let mut all = BTreeMap::new();
    for (name, values) in &workspace.credentials {
        let mut map = serde_json::Map::new();
        for (key, value) in values {
            map.insert(key.clone(), serde_json::Value::String(workspace::text(&workspace::plain(value))?));
        }
        all.insert(name.clone(), map);
    }
    Ok(all)
}

fn actor(workspace: &Workspace) -> Result<Arc<dyn Actor>, String> {
    let mut hooks = BTreeMap::new();
    for (action, text) in &workspace.hooks {
        let hook = match (&text.run, &text.http) {
            (Some(command), None) => Hook::Run(command.clone()),
            (None, Some(url)) => Hook::http(url).map_err(|reason| format!("`[hooks]` {action}: {reason}"))?,
            _ => return Err(format!("`[hooks]` {action}: give `run` or `http`")),
        };
        hooks.insert(action.clone(), hook);
    }
    let person: Option<Box<dyn Actor>> = if person::is_there() { Some(Box::new(person::Person)) } else { None };
    Ok(Arc::new(Hooks::new(hooks, person)))
}

fn about(
    args: &RunArgs,
    mode: Mode,
    wanted: &Wanted,
    plan: &Plan,
    run: String,
    now_ms: i64,
    endpoints: BTreeMap<String, String>,
) -> About {
    let product = wanted.workspace.product.clone().unwrap_or_default();
    let mut replay = format!("counterpart run {} --role {}", plan.pack.name, wanted.role.name());
    if let Some(target) = wanted.targets.get("") {
        replay.push_str(&format!(" --target {target}"));
    }
    if let Some(workspace) = &args.workspace {
        replay.push_str(&format!(" --workspace {}", workspace.display()));
    }
    let changes = wanted.workspace.checks.iter().map(|(check, change)| CheckChange {
        check: counterpart_evidence::CheckId::new(check),
        change: change.force.clone(),
        reason: change.reason.clone(),
    });
    About {
        run,
        mode: if mode == Mode::Simulate { RunMode::Simulate } else { RunMode::Run },
        started: moment::rfc3339(now_ms),
        supplier: Supplier {
            name: wanted.workspace.supplier.clone(),
            product: product.name,
            version: product.version,
            build: product.build,
        },
        conductor: Conductor::SelfRun,
        endpoints,
        seed: args.seed,
        clock: wanted.clock.name(),
        retry_passes: args.retry_passes,
        changes: changes.collect(),
        limits: Vec::new(),
        replay,
    }
}

/// Proves route, TLS and certificate before the first scored message.
async fn preflight(targets: &BTreeMap<String, Target>, ring: &Keyring) -> Vec<Preflight> {
    let mut facts = Vec::new();
    let limits = Limits::default();
    for (name, target) in targets {
        let tls = if target.tls {
            match TlsClient::new(&ServerTrust::Chain(ring.trust.clone()), ring.client.get("default"), Versions::Both, &[]) {
                Ok(tls) => Some(tls),
                Err(error) => {
                    facts.push(Preflight {
                        name: format!("TLS for {name}"),
                        passed: Some(false),
                        detail: format!("could not {error}"),
                        hint: Some("give `--tls-ca`, `--tls-cert` and `--tls-key`, or `--certs FOLDER`".to_owned()),
                    });
                    continue;
                }
            }
        } else {
            None
        };
        let address = target.resolve.clone().unwrap_or_else(|| format!("{}:{}", target.host, target.port));
        let connect = Connect {
            address: address.clone(),
            host: target.host.clone(),
            tls,
            proxy: target.proxy.clone(),
            timeouts: Timeouts::of(&limits),
        };
        let client = Client::new(Network::Tcp, limits);
        let fact = match client.connect(&connect).await {
            Ok(mut connected) => {
                let (outcome, alert) = connected.watch(std::time::Duration::from_millis(200)).await;
                match alert {
                    None => Preflight {
                        name: format!("route to {name}"),
                        passed: Some(true),
                        detail: format!("{} answers at {address} ({})", name, outcome.name()),
                        hint: None,
                    },
                    Some(alert) => Preflight {
                        name: format!("client certificate at {name}"),
                        passed: Some(false),
                        detail: format!("the system under test refused ours: {}", alert.description),
                        hint: Some("let it trust our authority's root, or give the certificate that it trusts".to_owned()),
                    },
                }
            }
            Err(failed) => Preflight {
                name: format!("route to {name}"),
                passed: Some(false),
                detail: format!("{} at {address}: {}", failed.outcome.name(), failed.reason.unwrap_or_default()),
                hint: Some(
                    "is it running, and is the address right? For TLS faults, `counterpart certs show` explains a chain"
                        .to_owned(),
                ),
            },
        };
        facts.push(fact);
    }
    facts
}

fn doctor(facts: &[Preflight]) -> Exit {
    for fact in facts {
        let word = match fact.passed {
            Some(true) => "ok",
            Some(false) => "FAULT",
            None => "unknown",
        };
        console::data(&format!("{word:<8} {}: {}\n", fact.name, fact.detail));
        if let Some(hint) = fact.hint.as_ref().filter(|_| fact.passed != Some(true)) {
            console::data(&format!("         {hint}\n"));
        }
    }
    if facts.iter().any(|fact| fact.passed == Some(false)) { Exit::Usage } else { Exit::Pass }
}
