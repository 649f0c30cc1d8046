//! Arguments of `counterpart run`, `simulate` and `doctor`.
//!
//! Each option has a long name: `choices` lets it stand in the workspace file and in the environment under that name.

use super::{ConductorArg, PackageArgs, RoleArg};
use clap::{Args, ValueEnum};
use counterpart_keys::RevocationPolicy;
use schemars::JsonSchema;
use serde::Deserialize;
use std::path::PathBuf;

/// Whether exchanges are kept.
/// What becomes of a certificate that no revocation list can tell of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Revocation {
    /// It is believed.
    #[default]
    Soft,
    /// It is refused.
    Hard,
}

impl Revocation {
    pub(crate) fn policy(self) -> RevocationPolicy {
        match self {
            Self::Soft => RevocationPolicy::Soft,
            Self::Hard => RevocationPolicy::Hard,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Record {
    Off,
    On,
}

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// Pack: a name below `scenarios/`, a folder, or a scenario or folder in a pack; several of one pack. The workspace file can name it.
    #[arg(value_name = "PACK|PATH")]
    pub(crate) packs: Vec<String>,
    /// Role that Counterpart plays.
    #[arg(long, value_enum)]
    pub(crate) role: Option<RoleArg>,
    /// URL of the system under test (role consumer), `NAME=URL` for a further endpoint; in role provider, of one behind a proxy of ours.
    #[arg(long, value_name = "URL")]
    pub(crate) target: Vec<String>,
    /// Address to listen at (role provider), `NAME=ADDR` for a further endpoint, or in role consumer for a proxy of ours.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Vec<String>,
    /// Workspace file; `counterpart.toml` where it exists.
    #[arg(long, value_name = "FILE")]
    pub(crate) workspace: Option<PathBuf>,
    /// A setting, `NAME=VALUE`; a secret as `NAME=env:VARIABLE` or `NAME=file:PATH`.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) settings: Vec<String>,
    /// Profile: which reading of the documents is in force.
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// TOML file with the conformance statement: a line `CLAIM = true` or `CLAIM = false` for each claim.
    #[arg(long, value_name = "FILE")]
    pub(crate) claims: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) fhir: PackageArgs,
    /// Control listener: recorded exchanges, health and, with `simulate`, store reset; a loopback address. `simulate` takes a free port without.
    #[arg(long, value_name = "ADDR")]
    pub(crate) control: Option<String>,
    /// Prints every option and setting with where it came from, and ends.
    #[arg(long)]
    pub(crate) print_settings: bool,

    /// Only scenarios below this prefix; can be given more than once.
    #[arg(long, value_name = "PREFIX", help_heading = "What is played")]
    pub(crate) scenario: Vec<String>,
    /// Only scenarios with this tag.
    #[arg(long, help_heading = "What is played")]
    pub(crate) tag: Vec<String>,
    /// Only scenarios that cover a requirement of this level: must, should, may.
    #[arg(long, help_heading = "What is played")]
    pub(crate) level: Vec<String>,
    /// Run folder of an earlier run of the same build: both become one table of requirements.
    #[arg(long = "continue", value_name = "RUN", help_heading = "What is played")]
    pub(crate) continues: Option<PathBuf>,
    /// Scenarios at once.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "What is played")]
    pub(crate) jobs: u16,
    /// Ends at the first scenario that does not come through.
    #[arg(long, help_heading = "What is played")]
    pub(crate) fail_fast: bool,
    /// Tries a scenario that does not come through again, this often.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100), help_heading = "What is played")]
    pub(crate) retry: u32,

    /// PEM file with the authorities to trust.
    #[arg(long, value_name = "FILE", help_heading = "Connections")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// File with revocation lists, PEM or DER; nothing is fetched, also not where a certificate names a place.
    #[arg(long, value_name = "FILE", help_heading = "Connections")]
    pub(crate) tls_crl: Vec<PathBuf>,
    /// What becomes of a certificate that no list can tell of, because its issuer has none or it is past its time: `soft`
    /// believes it, `hard` refuses it.
    #[arg(long, value_name = "POLICY", value_enum, help_heading = "Connections")]
    pub(crate) revocation: Option<Revocation>,
    /// Believes chains that are signed with SHA-1, as authorities of an old generation did.
    #[arg(long, help_heading = "Connections")]
    pub(crate) tls_sha1: bool,
    /// PEM file with the certificate chain to show.
    #[arg(long, value_name = "FILE", help_heading = "Connections")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// PEM file with its private key.
    #[arg(long, value_name = "FILE", help_heading = "Connections")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Folder of a test authority made by `counterpart certs init`; certificates are minted from it as scenarios need them.
    #[arg(long, value_name = "FOLDER", help_heading = "Connections")]
    pub(crate) certs: Option<PathBuf>,
    /// Speak plain HTTP where we listen.
    #[arg(long, help_heading = "Connections")]
    pub(crate) plain: bool,
    /// Where a host of a target is reached, `HOST:ADDR` (`example.org:127.0.0.1:8443`); the name is still asked for in TLS and `Host`.
    #[arg(long, value_name = "HOST:ADDR", help_heading = "Connections")]
    pub(crate) resolve: Vec<String>,
    /// HTTP proxy to go through, `http://HOST:PORT`.
    #[arg(long, value_name = "URL", help_heading = "Connections")]
    pub(crate) proxy: Option<String>,

    /// Seed of every random value.
    #[arg(long, default_value_t = 1, help_heading = "Time and chance")]
    pub(crate) seed: u64,
    /// Clock: `real` or `scaled:N`.
    #[arg(long, default_value = "real", help_heading = "Time and chance")]
    pub(crate) clock: String,
    /// Moment at which the run's calendar begins, RFC 3339; with the same seed the generated bytes repeat.
    #[arg(long, value_name = "MOMENT", help_heading = "Time and chance")]
    pub(crate) start_time: Option<String>,

    /// Folder in which the run folder is made.
    #[arg(long, value_name = "DIR", default_value = "reports", help_heading = "Reports")]
    pub(crate) out: PathBuf,
    /// Report formats: html, xml, json, junit, and checklist, the authority's form where the pack declares one.
    #[arg(long, value_name = "F,...", value_delimiter = ',', default_value = "html,xml,json", help_heading = "Reports")]
    pub(crate) format: Vec<String>,
    /// Writes the JUnit report to this file too.
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(crate) junit: Option<PathBuf>,
    /// Writes the XML report to this file too.
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(crate) xml: Option<PathBuf>,
    /// Writes the HTML report to this file too.
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(crate) html: Option<PathBuf>,
    /// Who conducts the run, as the report says.
    #[arg(long, value_enum, default_value = "self-run", value_name = "WHO", help_heading = "Reports")]
    pub(crate) conductor: ConductorArg,
    /// Whether `simulate` keeps what comes and goes; with `off` it answers faster, and the report says that nothing was kept.
    #[arg(long, value_enum, default_value = "on", help_heading = "Reports")]
    pub(crate) record: Record,
    /// Flushes evidence and reports to the disk, so that they survive a power cut.
    #[arg(long, help_heading = "Reports")]
    pub(crate) durable: bool,

    /// A pass after a failed attempt counts as a pass.
    #[arg(long, help_heading = "Verdict and exit code")]
    pub(crate) retry_passes: bool,
    /// Ends `simulate` with the exit code of what it received, as `run` does; without, a simulator that was stopped ends with 0.
    #[arg(long, help_heading = "Verdict and exit code")]
    pub(crate) fail_on_finding: bool,
    /// A warning is exit code 1.
    #[arg(long, help_heading = "Verdict and exit code")]
    pub(crate) strict: bool,
    /// What was left out or for review is exit code 4.
    #[arg(long, help_heading = "Verdict and exit code")]
    pub(crate) require_complete: bool,
    /// TOML file of known findings; only news is exit code 1.
    #[arg(long, value_name = "FILE", help_heading = "Verdict and exit code")]
    pub(crate) baseline: Option<PathBuf>,
}
