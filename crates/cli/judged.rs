//! What a run's record means for whoever waits for the exit code.

use crate::args::RunArgs;
use crate::exit::{Exit, Strictness, Trouble, of_record};
use crate::{console, moment, workspace};
use counterpart_evidence::{BaselineEntry, KnownFinding, RunRecord};
use std::path::Path;

/// A file of known findings.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    #[serde(default)]
    known: Vec<BaselineEntry>,
}

/// Reads known findings; done before the run, since a wrong file is found out before anything is opened.
pub(crate) fn baseline(path: &Path) -> Result<Vec<BaselineEntry>, Trouble> {
    let text = workspace::text_of(path).map_err(Trouble::Usage)?;
    let shown = path.display().to_string();
    let read = toml::from_str::<Baseline>(&text);
    let baseline = read.map_err(|error| {
        let help =
            "each `[[known]]` has `check`, `scenario` (none where it belongs to none), `reason`, `owner`, `issue` and `expires`";
        Trouble::Usage(format!("{}\nhelp: {help}", workspace::not_one(&shown, "baseline", &error)))
    })?;
    Ok(baseline.known)
}

/// Gives the exit code of a run that came to its end.
pub(crate) fn judged(args: &RunArgs, record: &RunRecord, known: Option<&[BaselineEntry]>) -> Exit {
    let exit = of_record(record, Strictness { strict: args.strict, require_complete: args.require_complete });
    let Some(known) = known else { return exit };
    let today = moment::rfc3339(moment::unix_ms(moment::now()));
    let outcome = counterpart_evidence::apply(record, known, today.get(..10).unwrap_or(""));
    for finding in &outcome.news {
        console::talk(&format!("news: {}: {}", named(finding), finding.message));
    }
    for finding in &outcome.known {
        console::talk(&format!("known: {}", named(finding)));
    }
    for entry in &outcome.stale {
        console::talk(&format!("stale: {} is in the baseline and no longer fails: take it out", entry.check));
    }
    for entry in &outcome.expired {
        console::talk(&format!(
            "expired: {} was borne until {} ({}, {}): {}",
            entry.check, entry.expires, entry.owner, entry.issue, entry.reason
        ));
    }
    match exit {
        // Only a fail that known findings explain is turned: a warning under `--strict` is none of them.
        Exit::Fail if record.verdict == counterpart_evidence::Verdict::Fail && outcome.is_quiet() => unexplained(args, record),
        Exit::Pass if !outcome.is_quiet() => Exit::Fail,
        other => other,
    }
}

/// Gives the exit code of a run whose every fail is known.
fn unexplained(args: &RunArgs, record: &RunRecord) -> Exit {
    let incomplete = record.partial || record.summary.review > 0;
    if args.require_complete && incomplete { Exit::Inconclusive } else { Exit::Pass }
}

fn named(finding: &KnownFinding) -> String {
    match &finding.scenario {
        Some(scenario) => format!("{} in {scenario}", finding.check),
        None => format!("{} in no scenario", finding.check),
    }
}
