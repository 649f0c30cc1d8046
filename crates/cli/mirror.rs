//! Our own other side: the stub where we call, the player where we answer.

use crate::keyring::{fresh_authority, minted};
use crate::packs;
use crate::playing::{LateActor, Performance};
use counterpart_diag::{Diagnostics, Sources};
use counterpart_engine::{
    Actor, Clock, ClockKind, Doors, Ending, Judged, Keyring, Manner, Mirror, Order, Sink, Stage, Surroundings, Target, Troupe,
    Undone,
};
use counterpart_evidence::{Event, Role, Verdict};
use counterpart_fhir::Package;
use counterpart_plan::model::Credentials;
use counterpart_plan::{Abilities, Options, Origin, PackFiles, Plan, Purpose, Selection};
use counterpart_transport::{Network, Recording};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock, Weak};
use std::time::SystemTime;

/// What both sides of a mirror run are made from.
pub(crate) struct Both<'a> {
    pub(crate) packs: &'a [PackFiles],
    pub(crate) role: Role,
    pub(crate) profile: Option<String>,
    pub(crate) selection: Selection,
    pub(crate) settings: BTreeMap<String, (String, Origin)>,
    pub(crate) purpose: Purpose,
    /// FHIR packages of the user's; both sides read and write by them.
    pub(crate) fhir_packages: Vec<Arc<Package>>,
    /// The mutant that the mirror is, by name.
    pub(crate) mutant: Option<String>,
}

/// Both plans: the one that judges, and the mirror's.
pub(crate) struct Plans {
    pub(crate) judge: Arc<Plan>,
    pub(crate) mirror: Arc<Plan>,
}

pub(crate) fn opposite(role: Role) -> Role {
    match role {
        Role::Consumer => Role::Provider,
        Role::Provider => Role::Consumer,
    }
}

/// What our own other side can do: everything.
fn abilities(packs: &[PackFiles]) -> Abilities {
    Abilities {
        every_action: true,
        credentials: packs::credentials_names(packs),
        certificates: crate::keyring::BAD.iter().map(|(name, _)| (*name).to_owned()).collect(),
        endpoints: packs::endpoint_names(packs),
        ..Abilities::default()
    }
}

/// Invents values for settings that have none, the same for both sides.
pub(crate) fn invented(packs: &[PackFiles], folder: &Path) -> BTreeMap<String, (String, Origin)> {
    let mut settings = BTreeMap::new();
    let record = packs.first().and_then(packs::record);
    for item in record.iter().flat_map(|pack| &pack.settings) {
        use counterpart_scenario::model::SettingKind;
        let name = item.name.value.clone();
        let value = match item.kind {
            SettingKind::Path => folder.join(&name).display().to_string(),
            _ if item.default.is_some() => continue,
            SettingKind::Text => format!("demo-{name}-7f3a"),
            SettingKind::Integer | SettingKind::Number => "1".to_owned(),
            SettingKind::Boolean => "true".to_owned(),
            SettingKind::Url => "http://127.0.0.1:9".to_owned(),
        };
        settings.insert(name, (value, Origin::Default));
    }
    settings
}

/// Compiles both sides.
pub(crate) fn plans(both: &Both<'_>, sources: &mut Sources) -> Result<Plans, Diagnostics> {
    let refs: Vec<&PackFiles> = both.packs.iter().collect();
    let judge = Options {
        purpose: both.purpose,
        role: Some(both.role),
        profile: both.profile.clone(),
        settings: both.settings.clone(),
        selection: both.selection.clone(),
        abilities: Some(abilities(both.packs)),
        fhir_packages: both.fhir_packages.clone(),
        ..Options::default()
    };
    let (judge, found) = counterpart_plan::compile_pack(&refs, &judge, sources);
    let mut judge = judge.ok_or(found)?;
    packs::compare_with_released(&mut judge, both.packs.first());
    Ok(Plans { judge: Arc::new(judge), mirror: mirror(both, sources)? })
}

/// Compiles the mirror's side alone.
pub(crate) fn mirror(both: &Both<'_>, sources: &mut Sources) -> Result<Arc<Plan>, Diagnostics> {
    let refs: Vec<&PackFiles> = both.packs.iter().collect();
    let options = Options {
        // What is wrong with the mutants was said of the mirror without one.
        purpose: if both.mutant.is_some() { Purpose::Play } else { both.purpose },
        role: Some(opposite(both.role)),
        run_role: Some(both.role),
        profile: both.profile.clone(),
        settings: both.settings.clone(),
        mutant: both.mutant.clone(),
        fhir_packages: both.fhir_packages.clone(),
        ..Options::default()
    };
    let (mirror, found) = counterpart_plan::compile_pack(&refs, &options, sources);
    mirror.map(Arc::new).ok_or(found)
}

/// Two stages that play against each other.
pub(crate) struct Theatre {
    pub(crate) judge: Stage,
    pub(crate) mirror: Stage,
    pub(crate) clock: Clock,
    pub(crate) manner: Manner,
    /// Our other side's actors, stopped when it is over.
    pub(crate) troupe: Arc<Troupe>,
}

/// The ring of keys for a mirror run, made once: minting takes longer than a scenario.
pub(crate) fn keyring(now: SystemTime) -> Result<Keyring, String> {
    minted(&mut fresh_authority(now)?, now)
}

/// How the two sides reach one another.
pub(crate) struct Setting {
    pub(crate) network: Network,
    pub(crate) kind: ClockKind,
    pub(crate) unix_ms: i64,
    pub(crate) seed: u64,
    pub(crate) jobs: usize,
    pub(crate) keyring: Keyring,
    pub(crate) sink: Arc<dyn Sink>,
}

/// Sets both stages: whoever answers first, since the other calls it.
pub(crate) async fn set(plans: &Plans, setting: &Setting) -> Result<Theatre, String> {
    let clock = Clock::start(setting.kind, setting.unix_ms);
    let late = Arc::new(LateActor::default());
    let credentials = other_credentials(&plans.judge);
    let around = |sink: Arc<dyn Sink>, actor: Arc<dyn Actor>, targets| Surroundings {
        network: setting.network.clone(),
        targets,
        keyring: setting.keyring.clone(),
        credentials: credentials.clone(),
        seed: setting.seed,
        actor,
        sink,
    };
    // Over sockets a busy machine can be late once; the report keeps both attempts and calls it flaky.
    let retries = u32::from(setting.kind != ClockKind::Virtual);
    let manner = Manner { jobs: setting.jobs, retries, ending: Ending::Complete };
    let role = plans.judge.role;
    let stage = |plan: &Arc<Plan>, around, doors| {
        Performance { plan: Arc::clone(plan), clock: clock.clone(), around, doors, manner, recording: Recording::On }.stage()
    };
    // An action that the mirror asks for is its own to do.
    let itself = Arc::new(Itself::default());
    let overheard: Arc<dyn Sink> = Arc::new(Overheard(Arc::clone(&setting.sink)));
    let open = || Doors::Open(BTreeMap::new());
    let (judge, mirror) = match role {
        Role::Consumer => {
            let (mirror, _, _) = stage(&plans.mirror, around(overheard, itself.clone(), BTreeMap::new()), open()).await?;
            let targets = targets(&mirror.urls());
            let (judge, _, _) =
                stage(&plans.judge, around(Arc::clone(&setting.sink), late.clone(), targets), Doors::Shut).await?;
            (judge, mirror)
        }
        Role::Provider => {
            let (judge, _, _) =
                stage(&plans.judge, around(Arc::clone(&setting.sink), late.clone(), BTreeMap::new()), open()).await?;
            let targets = targets(&judge.urls());
            let (mirror, _, _) = stage(&plans.mirror, around(overheard, itself.clone(), targets), Doors::Shut).await?;
            (judge, mirror)
        }
    };
    let players: Vec<_> = plans.mirror.players.values().cloned().collect();
    let actor = mirror.mirror(&players);
    let troupe = Arc::clone(&actor.0);
    late.set(Arc::new(Mirror(Arc::clone(&troupe))));
    itself.set(&troupe);
    // A client has its standing habits whether or not it is told to act.
    if role == Role::Provider {
        troupe.start();
    }
    Ok(Theatre { judge, mirror, clock, manner, troupe })
}

/// The mirror as the one that does what it asks for itself; it owns nothing, since it is part of what it would own.
#[derive(Default)]
struct Itself(OnceLock<Weak<Troupe>>);

impl Itself {
    fn set(&self, troupe: &Arc<Troupe>) {
        // It is empty until here: nobody else sets it.
        drop(self.0.set(Arc::downgrade(troupe)));
    }
}

impl Actor for Itself {
    fn act(&self, order: Order) -> BoxFuture<'_, Result<Value, Undone>> {
        let troupe = self.0.get().and_then(Weak::upgrade);
        Box::pin(async move {
            match troupe {
                Some(troupe) => Mirror(troupe).act(order).await,
                None => Err(Undone::Nobody),
            }
        })
    }
}

/// Hears the mirror: what goes wrong on our own other side is told where the run is judged, and nothing else is.
struct Overheard(Arc<dyn Sink>);

impl Sink for Overheard {
    fn exchange(&self, _: Judged<'_>, _: u64) {}

    fn event(&self, event: Event, at_us: u64) {
        let text = match event {
            Event::StepEnded { scenario, step, verdict: Some(Verdict::Error), reason, .. } => {
                format!("could not play step {step} of `{scenario}` on our own other side: {}", reason.unwrap_or_default())
            }
            Event::Note { text, .. } => text,
            _ => return,
        };
        self.0.event(Event::Note { scenario: None, text }, at_us);
    }

    fn broken(&self) -> Option<String> {
        None
    }
}

fn targets(urls: &BTreeMap<String, String>) -> BTreeMap<String, Target> {
    urls.iter().filter_map(|(name, url)| Some((name.clone(), Target::read(url).ok()?))).collect()
}

/// Invents the further credentials that a pack declares; a mutant can know them, since each is `NAME-SETTING`.
fn other_credentials(plan: &Plan) -> BTreeMap<String, Map<String, Value>> {
    let invented = |item: &Credentials| {
        let value = |setting: &String| (setting.clone(), json!(format!("{}-{setting}", item.name)));
        (item.name.clone(), item.settings.iter().map(value).collect())
    };
    plan.credentials.iter().map(invented).collect()
}
