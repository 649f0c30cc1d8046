//! A place to play at: both sides compiled once, each scenario ready to be played by itself, a folder of its own.

use super::tally::{Outcome, Tally};
use super::{Trouble, spread};
use crate::mirror::{Both, Plans, Setting, invented, mirror, plans, set};
use crate::moment;
use counterpart_diag::Sources;
use counterpart_engine::{ClockKind, Keyring, Sink, Tamper};
use counterpart_evidence::Role;
use counterpart_fhir::Package;
use counterpart_plan::{PackFiles, Plan, Purpose, Selection};
use counterpart_transport::{MemoryNetwork, Network};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Longest play, in virtual time: whatever waits for nothing ends here.
const VIRTUAL_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// What all benches share.
pub(super) struct Common<'a> {
    pub(super) packs: &'a [PackFiles],
    pub(super) profile: Option<String>,
    pub(super) fhir_packages: Vec<Arc<Package>>,
    pub(super) keyring: Keyring,
    pub(super) unix_ms: i64,
    pub(super) seed: u64,
    /// Prefixes of the scenarios that are played; all where empty.
    pub(super) scenarios: &'a [String],
}

/// A place to play at.
pub(crate) struct Bench<'a> {
    common: &'a Common<'a>,
    role: Role,
    scratch: PathBuf,
    /// The side that judges, with every scenario.
    pub(crate) judge: Arc<Plan>,
    /// The same with one scenario each.
    pub(crate) singles: Vec<Arc<Plan>>,
    /// The conformant mirror.
    pub(crate) mirror: Arc<Plan>,
}

impl<'a> Bench<'a> {
    /// Sets up several at once.
    pub(super) fn several(common: &'a Common<'a>, role: Role, count: usize) -> Result<Vec<Self>, Trouble> {
        std::thread::scope(|scope| {
            let making: Vec<_> = (0..count).map(|_| scope.spawn(|| Self::new(common, role))).collect();
            let made =
                making.into_iter().map(|one| one.join().unwrap_or_else(|_| Err(Trouble::Ours("set up a bench".to_owned()))));
            made.collect()
        })
    }

    fn new(common: &'a Common<'a>, role: Role) -> Result<Self, Trouble> {
        let scratch = std::env::temp_dir().join(format!("counterpart-prove-{}", moment::short_id()));
        let mut sources = Sources::default();
        let both = both(common, role, &scratch, None);
        let Plans { judge, mirror } = plans(&both, &mut sources).map_err(|found| Trouble::Files(found, Box::new(sources)))?;
        let single = |scenario: &Arc<_>| Arc::new(Plan { scenarios: vec![Arc::clone(scenario)], ..(*judge).clone() });
        let singles = judge.scenarios.iter().filter(|scenario| scenario.settled.is_none()).map(single).collect();
        Ok(Self { common, role, scratch, judge, singles, mirror })
    }

    /// Tells whether only some scenarios are played.
    pub(super) fn is_partial(&self) -> bool {
        !self.common.scenarios.is_empty()
    }

    /// Gives the mirror with a mutant's change in it.
    pub(super) fn mutant(&self, id: &str) -> Result<Arc<Plan>, Trouble> {
        let mut sources = Sources::default();
        let both = both(self.common, self.role, &self.scratch, Some(id));
        mirror(&both, &mut sources).map_err(|found| Trouble::Files(found, Box::new(sources)))
    }

    /// Plays the whole pack against the conformant mirror, in one run.
    pub(super) fn whole(&self) -> Result<Outcome, Trouble> {
        std::thread::scope(|scope| {
            let playing = std::thread::Builder::new()
                .stack_size(spread::STACK_BYTES)
                .spawn_scoped(scope, || self.play(&self.judge, &self.mirror, None))
                .map_err(|error| Trouble::Ours(format!("could not start a thread: {error}")))?;
            playing.join().unwrap_or_else(|_| Err(Trouble::Ours("the play of the whole pack broke off".to_owned())))
        })
    }

    /// Plays a plan against a mirror on a virtual clock.
    pub(super) fn play(
        &self,
        judge: &Arc<Plan>,
        mirror: &Arc<Plan>,
        tamper: Option<Arc<dyn Tamper>>,
    ) -> Result<Outcome, Trouble> {
        let tally = Arc::new(Tally::default());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .map_err(|error| Trouble::Ours(format!("could not start: {error}")))?;
        let setting = Setting {
            network: Network::Memory(MemoryNetwork::default()),
            kind: ClockKind::Virtual,
            unix_ms: self.common.unix_ms,
            seed: self.common.seed,
            jobs: 1,
            keyring: self.common.keyring.clone(),
            sink: Arc::clone(&tally) as Arc<dyn Sink>,
        };
        let both = Plans { judge: Arc::clone(judge), mirror: Arc::clone(mirror) };
        let played = runtime.block_on(async {
            let theatre = set(&both, &setting).await?;
            if let Some(tamper) = tamper {
                theatre.mirror.tamper(tamper);
            }
            let (_stop, stopping) = watch::channel(false);
            if tokio::time::timeout(VIRTUAL_MAX, theatre.judge.play(theatre.manner, stopping)).await.is_err() {
                tally.stop("the run", format!("it did not end within {} days of virtual time", VIRTUAL_MAX.as_secs() / 86_400));
            }
            theatre.troupe.stop();
            Ok::<_, String>(())
        });
        drop(runtime);
        // What was written is this play's own; a folder that stays behind harms the next one's checks, so it must go.
        match std::fs::remove_dir_all(&self.scratch) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Trouble::Ours(format!("could not empty `{}`: {error}", self.scratch.display())));
            }
            _ => {}
        }
        played.map_err(Trouble::Ours)?;
        Ok(tally.take())
    }
}

/// Gives what both sides are made from.
fn both<'a>(common: &Common<'a>, role: Role, scratch: &Path, mutant: Option<&str>) -> Both<'a> {
    Both {
        packs: common.packs,
        role,
        profile: common.profile.clone(),
        fhir_packages: common.fhir_packages.clone(),
        selection: Selection { scenarios: common.scenarios.to_vec(), ..Selection::default() },
        settings: invented(common.packs, scratch),
        purpose: Purpose::Whole,
        mutant: mutant.map(ToOwned::to_owned),
    }
}
