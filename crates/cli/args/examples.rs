//! What stands at the end of each help text: examples, and how the command ends.

/// Examples of the whole command.
pub(super) const ALL: &str = "\
Examples:
  counterpart demo                                     see everything work
  counterpart run PACK --role consumer --target https://127.0.0.1:8443 --set client_secret=env:SECRET
  counterpart run PACK --role provider --listen 127.0.0.1:8443
  counterpart simulate PACK --listen 127.0.0.1:8443
  counterpart check scenarios
  counterpart new pack lamp && counterpart prove lamp

`counterpart COMMAND --help` has examples of each.

Exit codes: 0 pass or warning, 1 fail, 2 wrong file or option, 3 our side broke, 4 inconclusive.";

/// Examples of `counterpart run`.
pub(super) const RUN: &str = "\
Examples:
  counterpart run PACK --role consumer --target https://127.0.0.1:8443 --certs certs
  counterpart run PACK --role consumer --target http://127.0.0.1:8080 --set client_secret=env:SECRET --junit junit.xml
  counterpart run PACK --role provider --listen 127.0.0.1:8443 --certs certs
  counterpart run scenarios/PACK/submission           only this folder, or one file
  counterpart run --workspace force.toml              everything from the workspace file
  counterpart run --continue reports/run-... --scenario repeats   add to the run of an earlier day

Every option can stand in the workspace file under its long name (`jobs = 4`), and in the environment as
COUNTERPART_OPTION_NAME; settings in the environment are COUNTERPART_SETTING_NAME. The option is stronger than the
environment, the environment than the file. `--print-settings` shows what won.

Exit codes: 0 pass or warning, 1 fail, 2 wrong file or option, 3 our side broke, 4 inconclusive or interrupted.";

/// Examples of `counterpart simulate`.
pub(super) const SIMULATE: &str = "\
Examples:
  counterpart simulate PACK --listen 127.0.0.1:8443 --certs certs
  counterpart simulate PACK --listen 127.0.0.1:8080 --plain --control 127.0.0.1:9090
  curl http://127.0.0.1:9090/_counterpart/exchanges   what came, newest last
  curl http://127.0.0.1:9090/_counterpart/unmatched   what no rule took, and how the closest one missed
  curl -X POST http://127.0.0.1:9090/_counterpart/reset   forget what was stored

Ctrl-C or the signal TERM ends it; the reports are written then.

Exit codes: 0 when it was stopped, whatever it received; with `--fail-on-finding` (or `--strict`, `--baseline`) those of
`run`: 1 where a check of what it received failed, 4 where nothing was judged. 3 where our side broke.";

/// Examples of `counterpart doctor`.
pub(super) const DOCTOR: &str = "\
Examples:
  counterpart doctor PACK --role consumer --target https://127.0.0.1:8443 --certs certs
  counterpart doctor --workspace force.toml

Exit code 2 where something is wrong.";

/// Examples of `counterpart generate`.
pub(super) const GENERATE: &str = "\
Examples:
  counterpart generate PACK                          what can be made
  counterpart generate PACK REQUEST --count 10       ten bodies, one after the other
  counterpart generate PACK REQUEST --count 40 --out data       a file each
  counterpart generate PACK REQUEST --broken --out data         one file for each defect, named after it
  counterpart generate PACK REQUEST --with shape=check-in --whole

Exit code 2 where something that only a scenario could give is missing; give it with `--with`.";

/// Examples of `counterpart demo`.
pub(super) const DEMO: &str = "\
Examples:
  counterpart demo                       the default pack, both roles
  counterpart demo PACK --scenario submission --out /tmp/reports
  counterpart demo --clock scaled:400    over sockets, four hundred times faster than real
  counterpart demo --profile NAME        another reading of the documents";

/// Examples of `counterpart check`.
pub(super) const CHECK: &str = "\
Examples:
  counterpart check                      every pack below `scenarios/`
  counterpart check scenarios/lamp --message-format json

Exit code 2 where there are diagnostics. `counterpart explain CODE` tells more about one.";

/// Examples of `counterpart list`.
pub(super) const LIST: &str = "\
Examples:
  counterpart list                       the packs
  counterpart list PACK --scenarios
  counterpart list PACK --actions --json
  counterpart list PACK --settings --claims";

/// Examples of `counterpart explain`.
pub(super) const EXPLAIN: &str = "\
Examples:
  counterpart explain SC012              a diagnostic
  counterpart explain F12 --pack PACK    a requirement, a check, a mutant
  counterpart explain PACK/FOLDER/NAME   a scenario";

/// Examples of `counterpart prove`.
pub(super) const PROVE: &str = "\
Examples:
  counterpart prove PACK
  counterpart prove PACK --role consumer --mutant always-off

Exit code 1 where a mutant survives or other checks fail than those it names.";

/// Examples of `counterpart report`.
pub(super) const REPORT: &str = "\
Examples:
  counterpart report reports/run-... --format html,junit

It works on a run that was killed, too: what its journal tells is reported.";

/// Examples of `counterpart diff`.
pub(super) const DIFF: &str = "\
Examples:
  counterpart diff reports/run-EARLIER reports/run-LATER

Exit code 1 where there is news, 0 where nothing got worse.";

/// Examples of `counterpart verify`.
pub(super) const VERIFY: &str = "\
Examples:
  counterpart verify reports/run-...

Exit code 1 where something is not as it was written; the first such thing is named.";

/// Examples of `counterpart bundle`.
pub(super) const BUNDLE: &str = "\
Examples:
  counterpart bundle reports/run-...                 writes reports/run-....zip
  counterpart bundle reports/run-... --out run.zip

The same folder gives the same bytes. A folder that does not match its manifest is not packed.";

/// Examples of `counterpart purge`.
pub(super) const PURGE: &str = "\
Examples:
  counterpart purge reports/run-... --bodies";

/// Examples of `counterpart certs`.
pub(super) const CERTS: &str = "\
Examples:
  counterpart certs init                                      a test authority in `certs/`
  counterpart certs issue --name late --usage client --defect expired
  counterpart certs csr --name sim.example.org --san sim.example.org
  counterpart certs revoke late && counterpart certs crl
  counterpart certs show certs/server.pem --ca certs/root.pem --name localhost";

/// Examples of `counterpart new`.
pub(super) const NEW: &str = "\
Examples:
  counterpart new pack lamp              then: counterpart prove lamp
  counterpart new scenario lamp/switching/twice
  counterpart new workspace lamp         writes counterpart.toml

Nothing that is there is written over.";

/// Examples of `counterpart schema`.
pub(super) const SCHEMA: &str = "\
Examples:
  counterpart schema scenario > scenario.schema.json
  counterpart schema workspace";

/// Examples of `counterpart completions`.
pub(super) const COMPLETIONS: &str = "\
Examples:
  counterpart completions bash > counterpart.bash
  counterpart completions zsh > _counterpart";

/// Examples of `counterpart fhir`.
pub(super) const FHIR: &str = "\
Examples:
  counterpart fhir validate appointment.json --package hl7.fhir.core-3.0.1.tgz
  counterpart fhir validate slot.xml --package core.tgz --profile https://example.org/Slot
  counterpart fhir validate appointment.json --package core.tgz --message-format json
  counterpart fhir convert appointment.json --to xml --package core.tgz --out appointment.xml

Packages are files in the FHIR package layout; nothing is fetched. What could not be judged, since a code system or a
profile is not at hand, is shown as `not-checked` and is never a pass of that rule.

Exit codes: 0 no error was found, 1 errors, 2 wrong file or option, 3 our side broke.";
