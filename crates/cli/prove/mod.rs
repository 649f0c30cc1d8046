//! `counterpart prove`: a pack against its mirror, then against every mutant and every generic defect.
//!
//! Everything is played in memory on a virtual clock, each scenario by itself, on every core.

mod bench;
mod coverage;
mod generic;
mod named;
mod result;
mod spread;
mod tally;

use crate::args::{MessageFormat, ProveArgs, ProveOnly, RoleArg};
use crate::exit::Exit;
use crate::mirror::keyring;
use crate::{console, fhir, moment, packs};
use bench::{Bench, Common};
use counterpart_diag::{Diagnostics, Sources};
use counterpart_evidence::Role;
use result::RoleResult;

/// Why a proof could not be made.
pub(crate) enum Trouble {
    /// The pack has mistakes.
    Files(Diagnostics, Box<Sources>),
    /// Our side broke; the text reads after "could not ".
    Ours(String),
}

pub(crate) fn prove(args: &ProveArgs, format: MessageFormat) -> Result<Exit, String> {
    let packs = packs::find(&args.pack).map_err(|reason| format!("could not {reason}"))?;
    let now = moment::now();
    let common = Common {
        packs: &packs,
        profile: args.profile.clone(),
        fhir_packages: fhir::given(&args.fhir)?,
        keyring: keyring(now)?,
        unix_ms: moment::unix_ms(now),
        seed: args.seed,
        scenarios: &args.scenario,
    };
    let mut results = Vec::new();
    for role in [Role::Consumer, Role::Provider] {
        if args.role.is_some_and(|wanted| (wanted == RoleArg::Consumer) != (role == Role::Consumer)) {
            continue;
        }
        match one_role(args, role, &common) {
            Ok(Some(result)) => {
                if format == MessageFormat::Human {
                    console::data(&result.text());
                }
                results.push(result);
            }
            Ok(None) => {}
            Err(Trouble::Files(found, sources)) => {
                console::diagnostics(&found.into_sorted(), &sources, format);
                return Ok(Exit::Usage);
            }
            Err(Trouble::Ours(reason)) => return Err(reason),
        }
    }
    if format == MessageFormat::Json {
        console::data(&format!("{:#}\n", result::json(&args.pack, &results)));
    }
    if let Some(nothing) = nothing_proved(args, &results) {
        console::error(&nothing);
        return Ok(Exit::Inconclusive);
    }
    let proved = !results.is_empty() && results.iter().all(RoleResult::is_proved);
    Ok(if proved { Exit::Pass } else { Exit::Fail })
}

/// Says why nothing was proved, where what was asked for is not there.
fn nothing_proved(args: &ProveArgs, results: &[RoleResult]) -> Option<String> {
    let help = |what: &str| format!("help: `counterpart list {} --{what}` lists them", args.pack);
    if let Some(prefix) = args.mutant.as_ref().filter(|_| results.iter().all(|result| result.named.is_empty())) {
        let within = if args.scenario.is_empty() { "" } else { " plays only what `--scenario` selects" };
        return Some(format!("nothing is selected: no mutant whose name begins with `{prefix}`{within}\n{}", help("mutants")));
    }
    if !results.is_empty() {
        return None;
    }
    let role = args
        .role
        .map_or(String::new(), |role| format!(" of role {}", if role == RoleArg::Consumer { "consumer" } else { "provider" }));
    let prefixes = args.scenario.iter().map(|prefix| format!("`{prefix}`")).collect::<Vec<_>>().join(" or ");
    let below = if prefixes.is_empty() { String::new() } else { format!(" begins with {prefixes}") };
    Some(format!("nothing is selected: no scenario{role}{below} that could be played\n{}", help("scenarios")))
}

/// Proves one role; `None` where the pack does not play it.
fn one_role(args: &ProveArgs, role: Role, common: &Common<'_>) -> Result<Option<RoleResult>, Trouble> {
    let benches = Bench::several(common, role, spread::threads())?;
    let Some(first) = benches.first().filter(|bench| !bench.singles.is_empty()) else { return Ok(None) };
    let mirror = first.whole()?;
    // A prefix asks for a look at a few mutants: what the others prove is not known then.
    let (with_named, with_generic) = match (args.only, &args.mutant) {
        (_, Some(_)) | (Some(ProveOnly::Named), None) => (true, false),
        (Some(ProveOnly::Generic), None) => (false, true),
        (None, None) => (true, true),
    };
    let named = if with_named { named::play(&benches, args.mutant.as_deref())? } else { Vec::new() };
    let coverage = (with_named && args.mutant.is_none() && args.scenario.is_empty()).then(|| coverage::of(&first.judge, &named));
    let generic = if with_generic { Some(generic::play(&benches)?) } else { None };
    Ok(Some(RoleResult { pack: args.pack.clone(), role, scenarios: first.singles.len(), mirror, named, coverage, generic }))
}
