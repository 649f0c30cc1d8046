//! `--continue`: a supplier tests over days, and the runs of one build become one table of requirements.

use crate::exit::Trouble;
use crate::folders;
use crate::playing::Earlier;
use crate::wanted::Wanted;
use counterpart_plan::Plan;
use std::path::Path;

/// Opens the run to be continued; refuses one of another build, pack, profile or role before anything is played.
pub(crate) fn earlier(path: &Path, wanted: &Wanted, plan: &Plan) -> Result<Earlier, Trouble> {
    let (folder, record) = folders::open(path)?;
    let refuse = |reason: String| Err(Trouble::Usage(format!("could not continue `{}`: {reason}", path.display())));
    let ours = wanted.supplier();
    if ours.build.is_none() {
        let help = "help: name it in the workspace file: `product = { name = \"...\", version = \"...\", build = \"...\" }`";
        return refuse(format!("no build is named, so that nobody can tell whether both runs tested the same\n{help}"));
    }
    if record.supplier != ours {
        let build = |build: &Option<String>| build.clone().unwrap_or_else(|| "not named".to_owned());
        return refuse(format!(
            "it tested another build (its build is `{}`, this one's `{}`; supplier, product and version must agree too)\nhelp: begin a new run",
            build(&record.supplier.build),
            build(&ours.build)
        ));
    }
    if record.role != wanted.role {
        return refuse(format!("it played role {}, this run plays {}", record.role.name(), wanted.role.name()));
    }
    if (&record.pack.name, &record.pack.digest) != (&plan.pack.name, &plan.pack.digest) {
        return refuse(format!(
            "it played another pack or another version of it (`{}` {})",
            record.pack.name, record.pack.version
        ));
    }
    if (&record.pack.profile, &record.pack.switches) != (&plan.pack.profile, &plan.pack.switches) {
        return refuse(format!("it was judged by another reading of the documents (profile `{}`)", record.pack.profile));
    }
    Ok(Earlier { folder, record })
}
