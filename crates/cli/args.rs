//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Plays the other side of a national integration hub, and judges what it meets.
#[derive(Debug, Parser)]
#[command(name = "counterpart", version, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Examples:\n  counterpart demo                                     see everything work, in half a minute\n  counterpart run PACK --role consumer --target https://127.0.0.1:8443 --set client_id=x --set client_secret=env:SECRET\n  counterpart run PACK --role provider --listen 127.0.0.1:8443\n  counterpart simulate PACK --listen 127.0.0.1:8443\n  counterpart check scenarios\n\nExit codes: 0 pass or warning, 1 fail, 2 wrong file or option, 3 our side broke, 4 inconclusive."
)]
pub(crate) struct Cli {
    /// How messages are shown.
    #[arg(long, global = true, value_enum, default_value = "human")]
    pub(crate) message_format: MessageFormat,
    /// Less talk.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    Human,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleArg {
    /// Counterpart calls; a server is under test.
    Consumer,
    /// Counterpart answers; a client is under test.
    Provider,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plays both simulators against each other over mutual TLS.
    Demo(DemoArgs),
    /// Plays scenarios against a supplier's system.
    Run(Box<RunArgs>),
    /// Answers, validates and records until stopped.
    Simulate(Box<RunArgs>),
    /// Lints packs and scenarios without running them.
    Check(CheckArgs),
    /// Lists what a pack holds.
    List(ListArgs),
    /// Explains a diagnostic's code, a requirement, a check or a scenario.
    Explain(ExplainArgs),
    /// Proves that each check can fail: plays a pack against its mirror, then against every mutant.
    Prove(ProveArgs),
    /// Renders a run's reports again from its evidence.
    Report(ReportArgs),
    /// Compares two runs.
    Diff(DiffArgs),
    /// Checks that a run folder is as it was written.
    Verify(FolderArgs),
    /// Removes personal data from a run folder.
    Purge(PurgeArgs),
    /// Makes a test authority and certificates, good ones and deliberately bad ones.
    Certs(CertsArgs),
    /// Proves route, TLS and certificates before the first scored message.
    Doctor(Box<RunArgs>),
    /// Prints a JSON Schema for editors and programs.
    Schema(SchemaArgs),
    /// Prints a completion script for a shell.
    Completions {
        /// Shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Pack; the default pack without.
    pub(crate) pack: Option<String>,
    /// Folder in which run folders are made.
    #[arg(long, default_value = "reports")]
    pub(crate) out: PathBuf,
    /// Seed of every random value.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Only scenarios below this prefix; can be given more than once.
    #[arg(long)]
    pub(crate) scenario: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// Pack: a name below `scenarios/`, or a folder. The workspace file can name it.
    pub(crate) pack: Option<String>,
    /// Role that Counterpart plays.
    #[arg(long, value_enum)]
    pub(crate) role: Option<RoleArg>,
    /// URL of the system under test (role consumer), `NAME=URL` for a further endpoint.
    #[arg(long)]
    pub(crate) target: Vec<String>,
    /// Address to listen at (role provider), `NAME=ADDR` for a further endpoint.
    #[arg(long)]
    pub(crate) listen: Vec<String>,
    /// Workspace file; `counterpart.toml` where it exists.
    #[arg(long)]
    pub(crate) workspace: Option<PathBuf>,
    /// A setting, `NAME=VALUE`; a secret as `NAME=env:VARIABLE` or `NAME=file:PATH`.
    #[arg(long = "set")]
    pub(crate) settings: Vec<String>,
    /// Profile: which reading of the documents is in force.
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Only scenarios below this prefix; can be given more than once.
    #[arg(long)]
    pub(crate) scenario: Vec<String>,
    /// Only scenarios with this tag.
    #[arg(long)]
    pub(crate) tag: Vec<String>,
    /// Only scenarios that cover a requirement of this level: must, should, may.
    #[arg(long)]
    pub(crate) level: Vec<String>,
    /// PEM file with the authorities to trust.
    #[arg(long)]
    pub(crate) tls_ca: Option<PathBuf>,
    /// PEM file with the certificate chain to show.
    #[arg(long)]
    pub(crate) tls_cert: Option<PathBuf>,
    /// PEM file with its private key.
    #[arg(long)]
    pub(crate) tls_key: Option<PathBuf>,
    /// Folder of a test authority made by `counterpart certs init`; certificates are minted from it as scenarios need them.
    #[arg(long)]
    pub(crate) certs: Option<PathBuf>,
    /// Speak plain HTTP where we listen.
    #[arg(long)]
    pub(crate) plain: bool,
    /// Connect to this address instead of the target's own host, `HOST:PORT`.
    #[arg(long)]
    pub(crate) resolve: Option<String>,
    /// HTTP proxy to go through, `HOST:PORT`.
    #[arg(long)]
    pub(crate) proxy: Option<String>,
    /// Folder in which the run folder is made.
    #[arg(long, default_value = "reports")]
    pub(crate) out: PathBuf,
    /// Report formats: html, xml, json, junit.
    #[arg(long, value_delimiter = ',', default_value = "html,xml,json")]
    pub(crate) format: Vec<String>,
    /// Writes the JUnit report to this file too.
    #[arg(long)]
    pub(crate) junit: Option<PathBuf>,
    /// Writes the XML report to this file too.
    #[arg(long)]
    pub(crate) xml: Option<PathBuf>,
    /// Writes the HTML report to this file too.
    #[arg(long)]
    pub(crate) html: Option<PathBuf>,
    /// Seed of every random value.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Clock: `real` or `scaled:N`.
    #[arg(long, default_value = "real")]
    pub(crate) clock: String,
    /// Scenarios at once.
    #[arg(long, default_value_t = 1)]
    pub(crate) jobs: usize,
    /// Ends at the first scenario that does not come through.
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Tries a scenario that does not come through again, this often.
    #[arg(long, default_value_t = 0)]
    pub(crate) retry: u32,
    /// A pass after a failed attempt counts as a pass.
    #[arg(long)]
    pub(crate) retry_passes: bool,
    /// A warning is exit code 1.
    #[arg(long)]
    pub(crate) strict: bool,
    /// What was left out or for review is exit code 4.
    #[arg(long)]
    pub(crate) require_complete: bool,
    /// TOML file of known findings; only news is exit code 1.
    #[arg(long)]
    pub(crate) baseline: Option<PathBuf>,
    /// Flushes evidence to the disk.
    #[arg(long)]
    pub(crate) durable: bool,
    /// Prints every setting with where it came from, and ends.
    #[arg(long)]
    pub(crate) print_settings: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Packs, or folders of packs.
    #[arg(default_value = "scenarios")]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Pack; without, the packs themselves are listed.
    pub(crate) pack: Option<String>,
    /// Requirements.
    #[arg(long)]
    pub(crate) requirements: bool,
    /// Scenarios.
    #[arg(long)]
    pub(crate) scenarios: bool,
    /// Checks.
    #[arg(long)]
    pub(crate) checks: bool,
    /// Mutants.
    #[arg(long)]
    pub(crate) mutants: bool,
    /// Actions that a system under test can be asked to do.
    #[arg(long)]
    pub(crate) actions: bool,
    /// Settings and profiles.
    #[arg(long)]
    pub(crate) settings: bool,
    /// Data values that provoke a behaviour of the simulated provider.
    #[arg(long)]
    pub(crate) sentinels: bool,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// A code such as SC012, or an id.
    pub(crate) id: String,
    /// Pack to look in.
    #[arg(long)]
    pub(crate) pack: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct ProveArgs {
    /// Pack.
    pub(crate) pack: String,
    /// Role; both without.
    #[arg(long, value_enum)]
    pub(crate) role: Option<RoleArg>,
    /// Only mutants whose name begins so.
    #[arg(long)]
    pub(crate) mutant: Option<String>,
    /// Seed of every random value.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// Run folder.
    pub(crate) run: PathBuf,
    /// Formats: html, xml, json, junit.
    #[arg(long, value_delimiter = ',', default_value = "html,xml,junit")]
    pub(crate) format: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct DiffArgs {
    /// Earlier run folder.
    pub(crate) before: PathBuf,
    /// Later run folder.
    pub(crate) after: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct FolderArgs {
    /// Run folder.
    pub(crate) run: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct PurgeArgs {
    /// Run folder.
    pub(crate) run: PathBuf,
    /// Removes stored messages; the manifest keeps their digests and says so.
    #[arg(long, required = true)]
    pub(crate) bodies: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CertsArgs {
    #[command(subcommand)]
    pub(crate) command: CertsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CertsCommand {
    /// Makes a test authority: root, issuing authority, a server's and a client's certificate.
    Init {
        /// Folder.
        #[arg(long, default_value = "certs")]
        dir: PathBuf,
        /// Replaces an authority that is there.
        #[arg(long)]
        replace: bool,
    },
    /// Issues a certificate, good or deliberately bad.
    Issue {
        /// Folder of the authority.
        #[arg(long, default_value = "certs")]
        dir: PathBuf,
        /// Common name.
        #[arg(long)]
        name: String,
        /// server, client or both.
        #[arg(long, default_value = "client")]
        usage: String,
        /// DNS name or address; can be given more than once.
        #[arg(long)]
        san: Vec<String>,
        /// What is wrong with it: none, expired, not-yet-valid, wrong-name, unknown-issuer, revoked, weak-key.
        #[arg(long, default_value = "none")]
        defect: String,
        /// Life in days.
        #[arg(long, default_value_t = 90)]
        days: u32,
    },
    /// Revokes a certificate by serial number or name, and writes the list anew.
    Revoke {
        /// Folder of the authority.
        #[arg(long, default_value = "certs")]
        dir: PathBuf,
        /// Serial number or name.
        certificate: String,
    },
    /// Writes the revocation lists anew.
    Crl {
        /// Folder of the authority.
        #[arg(long, default_value = "certs")]
        dir: PathBuf,
    },
    /// Explains a chain: who, until when, what would be refused and why.
    Show {
        /// PEM files: the chain.
        files: Vec<PathBuf>,
        /// PEM file with the authorities to trust.
        #[arg(long)]
        ca: Option<PathBuf>,
        /// Name that the certificate must bear.
        #[arg(long)]
        name: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct SchemaArgs {
    /// pack, requirements, checks, requests, scenario, fragment, schedule, stub, store, player, mutants, or run.
    pub(crate) kind: String,
}
