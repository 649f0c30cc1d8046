//! The command line.

mod certs;
mod examples;
mod fhir;
mod run;

pub(crate) use certs::{CertsArgs, CertsCommand, CsrArgs};
pub(crate) use fhir::{DefinitionArgs, FhirArgs, FhirCommand, FhirConvertArgs, FhirValidateArgs, FormatArg, PackageArgs};
pub(crate) use run::{Record, Revocation, RunArgs};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Plays the other side of a national integration hub, and judges what it meets.
#[derive(Debug, Parser)]
#[command(name = "counterpart", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = examples::ALL)]
pub(crate) struct Cli {
    /// How diagnostics are shown: for people, or as JSON on standard output.
    #[arg(long, global = true, value_enum, default_value = "human", help_heading = "Output")]
    pub(crate) message_format: MessageFormat,
    /// Colour: `auto` is colour on a terminal, unless `NO_COLOR` is set.
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN", help_heading = "Output")]
    pub(crate) color: When,
    /// Less talk: errors only.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    pub(crate) quiet: bool,
    /// More talk: what happens inside; twice for more.
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Output")]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    Human,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Always,
    Auto,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleArg {
    /// Counterpart calls; a server is under test.
    Consumer,
    /// Counterpart answers; a client is under test.
    Provider,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConductorArg {
    /// A test laboratory.
    Laboratory,
    /// The supplier itself.
    SelfRun,
    /// The supplier, with a witness.
    Witnessed,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plays both simulators against each other over mutual TLS.
    #[command(after_help = examples::DEMO)]
    Demo(DemoArgs),
    /// Plays scenarios against a supplier's system.
    #[command(after_help = examples::RUN)]
    Run(Box<RunArgs>),
    /// Answers, validates and records until stopped.
    #[command(after_help = examples::SIMULATE)]
    Simulate(Box<RunArgs>),
    /// Proves route, TLS and certificates before the first scored message.
    #[command(after_help = examples::DOCTOR)]
    Doctor(Box<RunArgs>),
    /// Lints packs and scenarios without running them.
    #[command(after_help = examples::CHECK)]
    Check(CheckArgs),
    /// Lists what a pack holds.
    #[command(after_help = examples::LIST)]
    List(ListArgs),
    /// Explains a diagnostic's code, a requirement, a check, a scenario or a mutant.
    #[command(after_help = examples::EXPLAIN)]
    Explain(ExplainArgs),
    /// Proves that each check can fail: plays a pack against its mirror, then against every mutant.
    #[command(after_help = examples::PROVE)]
    Prove(ProveArgs),
    /// Makes messages of a pack without sending them: test data from a seed, whole or each with one defect.
    #[command(after_help = examples::GENERATE)]
    Generate(GenerateArgs),
    /// Renders a run's reports again from its evidence.
    #[command(after_help = examples::REPORT)]
    Report(ReportArgs),
    /// Compares two runs: newly failing, fixed, evidence changed, rule changed.
    #[command(after_help = examples::DIFF)]
    Diff(DiffArgs),
    /// Checks that a run folder is as it was written.
    #[command(after_help = examples::VERIFY)]
    Verify(FolderArgs),
    /// Packs a run folder into one zip file with its manifest.
    #[command(after_help = examples::BUNDLE)]
    Bundle(BundleArgs),
    /// Removes personal data from a run folder.
    #[command(after_help = examples::PURGE)]
    Purge(PurgeArgs),
    /// Makes a test authority and certificates, good ones and deliberately bad ones.
    #[command(after_help = examples::CERTS)]
    Certs(CertsArgs),
    /// Checks FHIR resources against profiles, and converts them between JSON and XML.
    #[command(after_help = examples::FHIR)]
    Fhir(FhirArgs),
    /// Begins a pack, a scenario or a workspace file that runs as it is.
    #[command(after_help = examples::NEW)]
    New(NewArgs),
    /// Prints a JSON Schema for editors and programs.
    #[command(after_help = examples::SCHEMA)]
    Schema(SchemaArgs),
    /// Prints a completion script for a shell.
    #[command(after_help = examples::COMPLETIONS)]
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
    /// Profile, for a reading of documents that leave a choice.
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Setting of both sides, as `NAME=VALUE`; can be given more than once.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) settings: Vec<String>,
    /// Clock: `virtual`, where nobody waits and both sides meet in memory, or `scaled:N` or `real`, where they meet over sockets.
    #[arg(long, default_value = DEMO_CLOCK)]
    pub(crate) clock: String,
    #[command(flatten)]
    pub(crate) fhir: PackageArgs,
}

/// The clock of a demo where none is named.
pub(crate) const DEMO_CLOCK: &str = "virtual";

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Packs, or folders of packs.
    #[arg(default_value = "scenarios")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) fhir: PackageArgs,
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
    /// Claims: the questions of the conformance statement.
    #[arg(long)]
    pub(crate) claims: bool,
    /// Checks.
    #[arg(long)]
    pub(crate) checks: bool,
    /// The authority's checklist: each row with the requirements, checks and scenarios that show it.
    #[arg(long)]
    pub(crate) checklist: bool,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProveOnly {
    /// The operators that are applied to every message of the mirror.
    Generic,
    /// The mutants that `mutants.yaml` names.
    Named,
}

#[derive(Args, Debug)]
pub(crate) struct ProveArgs {
    /// Pack.
    pub(crate) pack: String,
    /// Role; both without.
    #[arg(long, value_enum)]
    pub(crate) role: Option<RoleArg>,
    /// Only mutants whose name begins so, and no generic ones.
    #[arg(long)]
    pub(crate) mutant: Option<String>,
    /// Only in these scenarios, by prefix; what the others would prove is not known then.
    #[arg(long)]
    pub(crate) scenario: Vec<String>,
    /// Profile, for a reading of documents that leave a choice.
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Only the named mutants, or only the generic ones.
    #[arg(long, value_enum)]
    pub(crate) only: Option<ProveOnly>,
    #[command(flatten)]
    pub(crate) fhir: PackageArgs,
    /// Seed of every random value.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Args, Debug)]
pub(crate) struct GenerateArgs {
    /// Pack.
    pub(crate) pack: String,
    /// Named request of the pack; those that there are are listed without.
    pub(crate) request: Option<String>,
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) count: u32,
    /// Seed of every random value: the same seed gives the same data, but for the moment.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Name that the request takes, as `NAME=VALUE`; a value that is JSON keeps its type. Can be given more than once.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) with: Vec<String>,
    /// Setting, as `NAME=VALUE`; can be given more than once.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) settings: Vec<String>,
    /// Each message as often as it has generic defects, each with one of them, which its name says.
    #[arg(long)]
    pub(crate) broken: bool,
    /// With request line and header fields, as HTTP/1.1 writes them; the body alone without.
    #[arg(long)]
    pub(crate) whole: bool,
    /// Folder to write into, a file each; files of the same name are replaced. On standard output without.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
    /// Role that sends it.
    #[arg(long, value_enum)]
    pub(crate) role: Option<RoleArg>,
    /// Profile, for a reading of documents that leave a choice.
    #[arg(long)]
    pub(crate) profile: Option<String>,
    #[command(flatten)]
    pub(crate) fhir: PackageArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// Run folder.
    pub(crate) run: PathBuf,
    /// Formats: html, xml, json, junit, and checklist, the authority's form as the pack declares it (CSV and HTML).
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
pub(crate) struct BundleArgs {
    /// Run folder.
    pub(crate) run: PathBuf,
    /// Zip file to write; without, the folder's name with `.zip` beside it.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct NewArgs {
    #[command(subcommand)]
    pub(crate) what: NewWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NewWhat {
    /// A pack with requirements, checks, a scenario, its mirror and a mutant.
    Pack {
        /// Name: small letters, digits and dashes.
        name: String,
        /// Folder in which the pack's folder is made.
        #[arg(long, default_value = "scenarios")]
        dir: PathBuf,
    },
    /// A scenario in a pack that is there.
    Scenario {
        /// `PACK/FOLDER/NAME`, as the scenario's id will be.
        name: String,
        /// Folder in which the pack's folder is.
        #[arg(long, default_value = "scenarios")]
        dir: PathBuf,
    },
    /// A workspace file for one pack.
    Workspace {
        /// Pack.
        pack: String,
        /// File to write.
        #[arg(long, value_name = "FILE", default_value = "counterpart.toml")]
        out: PathBuf,
        /// Role that Counterpart plays.
        #[arg(long, value_enum, default_value = "consumer")]
        role: RoleArg,
    },
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
pub(crate) struct SchemaArgs {
    /// pack, requirements, checks, checklist, requests, scenario, fragment, schedule, stub, store, player, mutants, workspace, or run.
    pub(crate) kind: String,
}
