//! Arguments of `counterpart fhir`.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(crate) struct FhirArgs {
    #[command(subcommand)]
    pub(crate) command: FhirCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FhirCommand {
    /// Checks resources against their types and profiles.
    Validate(FhirValidateArgs),
    /// Writes a resource as XML or as JSON.
    Convert(FhirConvertArgs),
}

/// Packages that a pack's own definitions are joined by.
#[derive(Args, Debug)]
pub(crate) struct PackageArgs {
    /// FHIR package (.tgz) or definition (JSON) whose profiles the pack's checks use, before the pack's own; can be given more than once. Nothing is fetched.
    #[arg(long, value_name = "FILE")]
    pub(crate) fhir_package: Vec<PathBuf>,
    /// Folder in which FHIR packages are kept as they were read, by digest, so that the next start is quicker; none are kept without.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) fhir_cache: Option<PathBuf>,
}

/// Where the definitions come from.
#[derive(Args, Debug)]
pub(crate) struct DefinitionArgs {
    /// FHIR package (.tgz) or single definition (JSON); can be given more than once. Nothing is fetched.
    #[arg(long = "package", value_name = "FILE", required = true)]
    pub(crate) packages: Vec<PathBuf>,
    /// Folder in which packages are kept as they were read, by digest, so that the next start is quicker.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) cache: Option<PathBuf>,
    /// FHIR version, 3.0.1 or 4.0.1; without, that of the packages.
    #[arg(long, value_name = "VERSION")]
    pub(crate) fhir_version: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct FhirValidateArgs {
    /// Resources, in JSON or in XML.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) definitions: DefinitionArgs,
    /// Profile that each resource must meet, beside those that it claims; can be given more than once.
    #[arg(long = "profile", value_name = "URL")]
    pub(crate) profiles: Vec<String>,
    /// An extension that no package defines is an error, not a remark.
    #[arg(long)]
    pub(crate) known_extensions_only: bool,
}

#[derive(Args, Debug)]
pub(crate) struct FhirConvertArgs {
    /// Resource, in JSON or in XML.
    pub(crate) file: PathBuf,
    /// Format to write.
    #[arg(long, value_enum)]
    pub(crate) to: FormatArg,
    #[command(flatten)]
    pub(crate) definitions: DefinitionArgs,
    /// File to write; standard output without.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    Json,
    Xml,
}
