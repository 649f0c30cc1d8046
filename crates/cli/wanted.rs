//! Everything that options, environment and workspace say of a run, put together and checked before anything is opened.

use crate::args::{RoleArg, RunArgs};
use crate::choices::Choices;
use crate::exit::Trouble;
use crate::keyring::{self, BAD};
use crate::workspace::{self, ForceWord, Workspace};
use crate::{console, fhir, moment, packs, person};
use counterpart_engine::{Actor, ClockKind, Hooks, Keyring, Target};
use counterpart_evidence::{Level, RequirementId, Role, Supplier};
use counterpart_plan::model::Endpoint;
use counterpart_plan::{Abilities, Force, Options, Origin, PackFiles, Plan, Purpose, Selection};
use indicatif::ProgressBar;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a run has at hand beside the user's wishes.
pub(crate) struct Held<'a> {
    pub(crate) keyring: &'a Keyring,
    /// The pack, and those that it may use after it.
    pub(crate) packs: &'a [PackFiles],
}

/// What is wanted of a run.
pub(crate) struct Wanted {
    pub(crate) pack: String,
    /// Prefixes of scenarios: those of `--scenario`, and those that paths mean.
    pub(crate) scenarios: Vec<String>,
    pub(crate) role: Role,
    pub(crate) workspace: Workspace,
    pub(crate) targets: BTreeMap<String, String>,
    pub(crate) listen: BTreeMap<String, String>,
    pub(crate) settings: BTreeMap<String, (String, Origin)>,
    /// Settings whose value was typed in full.
    pub(crate) typed: BTreeSet<String>,
    pub(crate) claims: BTreeMap<String, bool>,
    pub(crate) clock: ClockKind,
    /// Where the run's calendar begins, where somebody says so.
    pub(crate) start_ms: Option<i64>,
}

impl Wanted {
    /// Gives whose product is tested, as the workspace file says.
    pub(crate) fn supplier(&self) -> Supplier {
        let product = self.workspace.product.clone().unwrap_or_default();
        Supplier { name: self.workspace.supplier.clone(), product: product.name, version: product.version, build: product.build }
    }
}

/// What is done with what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Doctor,
    Run,
    Simulate,
}

/// Puts together what is wanted.
pub(crate) fn wanted(args: &RunArgs, choices: &Choices, mode: Mode) -> Result<Wanted, Trouble> {
    let workspace = choices.workspace.clone();
    let (pack, mut scenarios) = packs::place(&args.packs).map_err(Trouble::Usage)?;
    scenarios.extend(args.scenario.iter().cloned());
    let role = match (args.role, mode) {
        (_, Mode::Simulate) | (Some(RoleArg::Provider), _) => Role::Provider,
        (Some(RoleArg::Consumer), _) => Role::Consumer,
        (None, _) => {
            let reason = "no role is named: `--role consumer` calls a server, `--role provider` answers a client";
            return Err(Trouble::Usage(reason.to_owned()));
        }
    };
    let mut claims = workspace.claims.clone();
    if let Some(file) = &args.claims {
        claims.extend(workspace::claims(file)?);
    }
    let mut targets = named(&args.target);
    for (name, url) in &workspace.endpoints {
        targets.entry(name.clone()).or_insert_with(|| url.clone());
    }
    let start = args.start_time.as_deref().map(|text| {
        moment::parse(text)
            .ok_or_else(|| Trouble::Usage(format!("`--start-time {text}`: write a moment like 2026-11-27T09:00:00Z")))
    });
    let (settings, typed) = settings(args, choices).map_err(Trouble::Usage)?;
    Ok(Wanted {
        pack,
        scenarios,
        role,
        targets,
        listen: named(&args.listen),
        settings,
        typed,
        claims,
        clock: clock(&args.clock).map_err(Trouble::Usage)?,
        start_ms: start.transpose()?,
        workspace,
    })
}

/// Reads `NAME=VALUE`, or a value alone, which gets the empty name.
fn named(values: &[String]) -> BTreeMap<String, String> {
    let pair = |value: &String| match value.split_once('=') {
        Some((name, value)) if !name.contains(['/', ':']) => (name.to_owned(), value.to_owned()),
        _ => (String::new(), value.clone()),
    };
    values.iter().map(pair).collect()
}

type Settings = (BTreeMap<String, (String, Origin)>, BTreeSet<String>);

/// Gives each setting with its value looked up and where it came from, and those that were typed in full.
fn settings(args: &RunArgs, choices: &Choices) -> Result<Settings, String> {
    let (mut settings, mut typed) = (BTreeMap::new(), BTreeSet::new());
    let value = |name: &str, text: &str| workspace::text(text).map_err(|reason| format!("setting `{name}`: {reason}"));
    for (name, text) in &choices.workspace.settings {
        settings.insert(name.clone(), (value(name, &workspace::plain(text))?, Origin::Workspace));
    }
    for (name, _, text) in &choices.settings {
        settings.insert(name.clone(), (value(name, text)?, Origin::Environment));
    }
    for pair in &args.settings {
        let (name, text) = pair.split_once('=').ok_or_else(|| format!("`--set {pair}`: write `NAME=VALUE`"))?;
        if !text.starts_with("env:") && !text.starts_with("file:") {
            typed.insert(name.to_owned());
        }
        settings.insert(name.to_owned(), (value(name, text)?, Origin::Option));
    }
    Ok((settings, typed))
}

/// Refuses a secret on the command line, where every user of the machine can read it.
pub(crate) fn refuse_typed_secrets(wanted: &Wanted, plan: &Plan) -> Result<(), Trouble> {
    let secret = plan.secret_settings.iter().find(|name| wanted.typed.contains(*name));
    let Some(name) = secret else { return Ok(()) };
    let reason = format!(
        "setting `{name}` is a secret, and a command line can be read by others\nhelp: write `--set {name}=env:VARIABLE` or `--set {name}=file:PATH`"
    );
    Err(Trouble::Usage(reason))
}

/// Reads the clock of a run with a system that is not ours.
fn clock(text: &str) -> Result<ClockKind, String> {
    match any_clock(text)? {
        ClockKind::Virtual => Err("`--clock virtual` is for `demo` and `prove`, where both sides are ours".to_owned()),
        kind => Ok(kind),
    }
}

/// Reads a clock.
pub(crate) fn any_clock(text: &str) -> Result<ClockKind, String> {
    match text.split_once(':') {
        None if text == "virtual" => Ok(ClockKind::Virtual),
        None if text == "real" => Ok(ClockKind::Real),
        Some(("scaled", scale)) => match scale.parse::<f64>() {
            Ok(scale) if (1.0..=100_000.0).contains(&scale) => Ok(ClockKind::Scaled(scale)),
            _ => Err(format!("`--clock {text}`: N is a number from 1 to 100000")),
        },
        _ => Err(format!("`--clock {text}`: write `real`, `scaled:N`, or in `demo` also `virtual`")),
    }
}

/// Reads settings that are given as `NAME=VALUE`.
pub(crate) fn settings_given(pairs: &[String]) -> Result<BTreeMap<String, (String, Origin)>, Trouble> {
    let pair = |text: &String| {
        let (name, value) = text.split_once('=').ok_or_else(|| Trouble::Usage(format!("`--set {text}`: write `NAME=VALUE`")))?;
        let value = workspace::text(value).map_err(|reason| Trouble::Usage(format!("setting `{name}`: {reason}")))?;
        Ok((name.to_owned(), (value, Origin::Option)))
    };
    pairs.iter().map(pair).collect()
}

/// Gives the certificates that a run can show, and whom it trusts.
pub(crate) fn ring(args: &RunArgs, wanted: &Wanted) -> Result<Keyring, String> {
    let tls = &wanted.workspace.tls;
    let now = moment::now();
    let mut ring = match args.certs.as_ref().or(tls.authority.as_ref()) {
        Some(folder) => {
            let mut authority = counterpart_keys::Authority::load(folder).map_err(|error| {
                format!("could not {error}\nhelp: `counterpart certs init --dir {}` makes an authority there", folder.display())
            })?;
            keyring::minted(&mut authority, now)?
        }
        None => Keyring::default(),
    };
    if let Some(ca) = args.tls_ca.as_ref().or(tls.ca.as_ref()) {
        ring.trust = keyring::trust(ca)?;
    }
    for list in args.tls_crl.iter().chain(&tls.crl) {
        ring.trust.revocations.extend(keyring::revocations(list)?);
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
    ring.trust.revocation = args.revocation.or(tls.revocation).unwrap_or_default().policy();
    ring.trust.allows_sha1 = args.tls_sha1 || tls.sha1;
    if args.plain {
        ring.server.clear();
    }
    Ok(ring)
}

/// Gives what the plan is made from beside the pack.
pub(crate) fn options(args: &RunArgs, wanted: &Wanted, held: &Held<'_>, mode: Mode) -> Result<Options, String> {
    let level = |word: &String| Level::from_name(word).ok_or_else(|| format!("`--level {word}`: levels are must, should, may"));
    let selection = Selection {
        scenarios: wanted.scenarios.clone(),
        tags: args.tag.clone(),
        levels: args.level.iter().map(level).collect::<Result<_, _>>()?,
    };
    let certificates: BTreeSet<String> =
        BAD.iter().map(|(name, _)| (*name).to_owned()).chain(wanted.workspace.tls.other.keys().cloned()).collect();
    let ring = if wanted.role == Role::Consumer { &held.keyring.client } else { &held.keyring.server };
    let abilities = Abilities {
        actions: wanted.workspace.hooks.keys().cloned().collect(),
        every_action: person::is_there(),
        credentials: wanted.workspace.credentials.keys().cloned().collect(),
        certificates: certificates.into_iter().filter(|name| ring.contains_key(name)).collect(),
        endpoints: if wanted.role == Role::Provider {
            // The simulated provider plays every endpoint of its pack itself.
            packs::endpoint_names(held.packs)
        } else {
            wanted.targets.keys().cloned().collect()
        },
    };
    let attested = wanted.workspace.evidence.iter().map(|(id, evidence)| {
        let file = evidence.file.as_ref().map(|file| format!(" ({file})")).unwrap_or_default();
        let words = format!("{} on {}: {}{file}", evidence.by, workspace::plain(&evidence.date), evidence.note);
        (RequirementId::new(id), words)
    });
    Ok(Options {
        purpose: Purpose::Play,
        role: Some(wanted.role),
        run_role: None,
        profile: args.profile.clone(),
        settings: wanted.settings.clone(),
        claims: wanted.claims.clone(),
        selection,
        abilities: (mode == Mode::Run).then_some(abilities),
        force: force(&wanted.workspace),
        attested: attested.collect(),
        drafts: false,
        fhir_packages: fhir::given(&args.fhir)?,
        mutant: None,
    })
}

fn force(workspace: &Workspace) -> BTreeMap<String, (Force, String)> {
    let mut force = BTreeMap::new();
    for (check, change) in &workspace.checks {
        let kind = match change.force {
            ForceWord::Promoted => Force::Promoted,
            ForceWord::Disabled => Force::Disabled,
            ForceWord::Should => Force::Lowered(Level::Should),
            ForceWord::May => Force::Lowered(Level::May),
        };
        force.insert(check.clone(), (kind, change.reason.clone()));
    }
    force
}

/// Gives the addresses at which we listen, by endpoint; the rest take free ports.
pub(crate) fn addresses(wanted: &Wanted, plan: &Plan) -> Result<BTreeMap<String, String>, String> {
    endpoint_names(&wanted.listen, plan.endpoints.iter(), "--listen")
}

/// Gives the pack's own name to what was named, and the first endpoint's to what was not.
fn endpoint_names<'a>(
    given: &BTreeMap<String, String>,
    known: impl Iterator<Item = &'a Endpoint>,
    option: &str,
) -> Result<BTreeMap<String, String>, String> {
    let known: Vec<&str> = known.map(|endpoint| endpoint.name.as_str()).collect();
    let mut named = BTreeMap::new();
    for (name, value) in given {
        let name = if name.is_empty() { known.first().copied().unwrap_or_default() } else { name };
        if !known.contains(&name) {
            return Err(format!("`{option} {name}={value}`: the pack has no endpoint `{name}`, but {}", known.join(", ")));
        }
        named.insert(name.to_owned(), value.clone());
    }
    Ok(named)
}

/// Refuses a target that nothing of ours would reach, where we answer. One in the workspace file may be for runs in the other role.
pub(crate) fn refuse_unreached(choices: &Choices, role: Role, plan: &Plan) -> Result<(), Trouble> {
    let typed = choices.options.iter().filter(|choice| choice.name == "target" && choice.origin == Origin::Option);
    let values: Vec<String> = typed.filter(|_| role == Role::Provider).flat_map(|choice| choice.values.clone()).collect();
    let Some((name, url)) = named(&values).into_iter().find(|(name, _)| !is_reached(plan, name)) else { return Ok(()) };
    let asked = if name.is_empty() { url } else { format!("{name}={url}") };
    let reason = "where we answer, a target is a server behind a proxy of ours, by name";
    Err(Trouble::Usage(format!("`--target {asked}`: {reason}; no proxy of this pack reaches `{name}`")))
}

/// Tells whether a proxy of ours passes requests on to an endpoint.
fn is_reached(plan: &Plan, name: &String) -> bool {
    plan.endpoints.iter().filter_map(|one| one.proxy.as_ref()).any(|proxy| proxy.reaches.contains(name))
}

/// Gives the systems that we call, by endpoint: where we answer, those that a proxy of ours reaches and that are given by name.
pub(crate) fn targets(args: &RunArgs, wanted: &Wanted, plan: &Plan) -> Result<BTreeMap<String, Target>, String> {
    let urls = match wanted.role {
        Role::Consumer => endpoint_names(&wanted.targets, plan.endpoints.iter(), "--target")?,
        Role::Provider => wanted
            .targets
            .iter()
            .filter(|(name, _)| is_reached(plan, name))
            .map(|(name, url)| (name.clone(), url.clone()))
            .collect(),
    };
    let proxy = args.proxy.as_deref().map(proxy).transpose()?;
    let resolve = args.resolve.iter().map(|text| resolve(text)).collect::<Result<Vec<_>, _>>()?;
    let mut targets = BTreeMap::new();
    for (name, url) in urls {
        let mut one = Target::read(&url)?;
        if plan.endpoints.iter().any(|endpoint| endpoint.name == name && endpoint.protocol != one.protocol) {
            return Err(format!("`--target {name}={url}`: endpoint `{name}` speaks another protocol than this scheme says"));
        }
        let port = one.port;
        let found = resolve.iter().find(|(host, _)| *host == one.host);
        one.resolve = found.map(|(_, address)| with_port(address, port));
        one.proxy.clone_from(&proxy);
        targets.insert(name, one);
    }
    if wanted.role == Role::Provider {
        return Ok(targets);
    }
    if targets.is_empty() {
        let reason = "no system under test is named: `--target https://HOST:PORT`, or `target = \"...\"` in the workspace file";
        return Err(reason.to_owned());
    }
    let hosts: BTreeSet<&String> = targets.values().map(|target| &target.host).collect();
    if let Some((host, _)) = resolve.iter().find(|(host, _)| !hosts.contains(host)) {
        return Err(format!("`--resolve`: no target has the host `{host}`"));
    }
    Ok(targets)
}

/// Reads `HOST:ADDR`; ADDR is an address of the machine, with or without a port.
fn resolve(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((host, address)) if !host.is_empty() && !address.is_empty() => Ok((host.to_owned(), address.to_owned())),
        _ => Err(format!("`--resolve {text}`: write `HOST:ADDR`, such as `example.org:127.0.0.1:8443`")),
    }
}

/// Gives an address a port where it has none; the colons of a bare IPv6 address are no port.
fn with_port(address: &str, port: u16) -> String {
    match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V6(_)) => format!("[{address}]:{port}"),
        Err(_) if address.contains(':') => address.to_owned(),
        Ok(_) | Err(_) => format!("{address}:{port}"),
    }
}

/// Reads a proxy's URL as `HOST:PORT`.
fn proxy(text: &str) -> Result<String, String> {
    let address = text.strip_prefix("http://").unwrap_or(text).trim_end_matches('/');
    let port = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
    match port {
        Some((host, _)) if !host.is_empty() && !address.contains(['/', '@']) => Ok(address.to_owned()),
        _ => Err(format!("`--proxy {text}`: write `http://HOST:PORT`")),
    }
}

/// Gives further credentials with their secrets looked up.
pub(crate) fn credentials(workspace: &Workspace) -> Result<BTreeMap<String, Map<String, Value>>, String> {
    let mut all = BTreeMap::new();
    for (name, values) in &workspace.credentials {
        let mut map = Map::new();
        for (key, value) in values {
            map.insert(key.clone(), Value::String(workspace::text(&workspace::plain(value))?));
        }
        all.insert(name.clone(), map);
    }
    Ok(all)
}

/// Gives whoever makes the system under test act: hooks, and a person where one is there.
pub(crate) fn actor(workspace: &Workspace, progress: &ProgressBar) -> Result<Arc<dyn Actor>, String> {
    let mut hooks = BTreeMap::new();
    for (action, text) in &workspace.hooks {
        let hook = workspace::hook(text).map_err(|reason| format!("`[hooks]` {action}: {reason}"))?;
        hooks.insert(action.clone(), hook);
    }
    let person: Option<Box<dyn Actor>> =
        if person::is_there() { Some(Box::new(person::Person::new(progress.clone()))) } else { None };
    Ok(Arc::new(Hooks::new(hooks, person)))
}
