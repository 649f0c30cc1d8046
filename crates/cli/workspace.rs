//! The workspace file: what one supplier knows, in one file.

mod lint;
mod names;
mod places;

use crate::args::{MessageFormat, Revocation};
use crate::console;
use crate::exit::Trouble;
use crate::limits::FILE_BYTES_MAX;
use counterpart_diag::{Diagnostic, Diagnostics, Label, Sources};
use counterpart_engine::Hook;
use counterpart_plan::PackFiles;
use places::Places;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The file that is read where none is named.
pub(crate) const USUAL: &str = "counterpart.toml";

/// `counterpart.toml`, without the options that can stand there too.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Workspace {
    /// Organisation whose system is tested.
    pub(crate) supplier: Option<String>,
    /// What is tested.
    pub(crate) product: Option<Product>,
    /// Settings of the pack; a secret as `env:NAME` or `file:PATH`.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub(crate) settings: BTreeMap<String, toml::Value>,
    /// Certificates and keys.
    pub(crate) tls: TlsFiles,
    /// Answers of the conformance statement.
    pub(crate) claims: BTreeMap<String, bool>,
    /// What makes the system under test carry out an action, by action.
    pub(crate) hooks: BTreeMap<String, HookText>,
    /// Further credentials by name: settings that replace those of the same name.
    #[schemars(with = "BTreeMap<String, BTreeMap<String, serde_json::Value>>")]
    pub(crate) credentials: BTreeMap<String, BTreeMap<String, toml::Value>>,
    /// URLs of further endpoints, by name.
    pub(crate) endpoints: BTreeMap<String, String>,
    /// What only a person can show, by requirement.
    pub(crate) evidence: BTreeMap<String, Evidence>,
    /// Checks whose force is changed.
    pub(crate) checks: BTreeMap<String, CheckForce>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Product {
    /// Name.
    pub(crate) name: Option<String>,
    /// Version.
    pub(crate) version: Option<String>,
    /// Build, best as a digest; `--continue` needs it.
    pub(crate) build: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TlsFiles {
    /// PEM file with the authorities to trust.
    pub(crate) ca: Option<PathBuf>,
    /// Files with revocation lists, PEM or DER.
    pub(crate) crl: Vec<PathBuf>,
    /// What becomes of a certificate that no list can tell of: `soft` believes it, `hard` refuses it.
    pub(crate) revocation: Option<Revocation>,
    /// Whether chains that are signed with SHA-1 are believed.
    pub(crate) sha1: bool,
    /// PEM file with the certificate chain to show.
    pub(crate) cert: Option<PathBuf>,
    /// PEM file with its private key.
    pub(crate) key: Option<PathBuf>,
    /// Folder of a test authority.
    pub(crate) authority: Option<PathBuf>,
    /// Further certificates, by the name that scenarios call them.
    pub(crate) other: BTreeMap<String, Pair>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pair {
    /// PEM file with the certificate chain.
    pub(crate) cert: PathBuf,
    /// PEM file with its private key.
    pub(crate) key: PathBuf,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HookText {
    /// Command line for `sh -c`.
    pub(crate) run: Option<String>,
    /// One request: `METHOD URL`, or a URL for POST.
    pub(crate) http: Option<String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evidence {
    /// Who attests it.
    pub(crate) by: String,
    /// When: a date.
    #[schemars(with = "String", extend("format" = "date"))]
    pub(crate) date: toml::Value,
    /// What was seen.
    pub(crate) note: String,
    /// File that shows it.
    #[serde(default)]
    pub(crate) file: Option<String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckForce {
    /// Which force it has instead.
    pub(crate) force: ForceWord,
    /// Why; the report shows it.
    pub(crate) reason: String,
}

/// The force that a check can be given.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ForceWord {
    /// It is left out.
    Disabled,
    /// It changes no verdict.
    May,
    /// It can fail the supplier, though it rests on a reading of ours.
    Promoted,
    /// It can warn at most.
    Should,
}

impl ForceWord {
    /// Gives its word in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::May => "may",
            Self::Promoted => "promoted",
            Self::Should => "should",
        }
    }
}

/// A workspace file as it was read, with all that is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    sources: Sources,
    found: Vec<Diagnostic>,
    places: Option<Places>,
}

impl Reading {
    /// Reads a file and holds it against the schema; with a wrong form nothing else is looked at.
    pub(crate) fn new(shown: &str, text: &str, schema: &serde_json::Value) -> Self {
        let mut sources = Sources::default();
        let places = Places::new(shown, text, &mut sources);
        let (table, faults) = toml::de::DeTable::parse_recoverable(text);
        let fault = |fault: &toml::de::Error| {
            let span = fault.span().unwrap_or(0..0);
            Diagnostic::error("WS001", "it is no TOML").at(places.span(span), fault.message())
        };
        let mut found: Vec<Diagnostic> = faults.iter().map(fault).collect();
        if found.is_empty() {
            found = lint::lint(table.get_ref(), schema, &places);
            found.extend(lint::hooks(table.get_ref(), &places));
        }
        Self { sources, found, places: Some(places) }
    }

    /// Tells whether it can be read into its types.
    pub(crate) fn is_sound(&self) -> bool {
        self.found.is_empty()
    }

    /// Tells whether a mistake was found in the value of a key of the file.
    pub(crate) fn is_wrong_at(&self, name: &str) -> bool {
        let Some(places) = &self.places else { return false };
        let table = places.table();
        let Some(value) = table.get(name) else { return false };
        let span = places.span(value.span());
        let within = |label: &Label| span.start <= label.span.start && label.span.start < span.end;
        self.found.iter().filter_map(|diagnostic| diagnostic.primary.as_ref()).any(within)
    }

    /// Says that the value of an option is not what the option takes.
    pub(crate) fn refuse_value(&mut self, name: &str, reason: &str) {
        let Some(places) = &self.places else { return };
        let table = places.table();
        let span = table.get_key_value(name).map_or(0..0, |(_, value)| value.span());
        self.found.push(Diagnostic::error("WS003", reason.trim_end()).at(places.span(span), "stands here"));
    }

    /// Tells everything that is wrong, the names that the pack does not know too, and gives how many they are; without a
    /// file no pack is asked for.
    pub(crate) fn tell(&self, packs: impl FnOnce() -> Vec<PackFiles>, format: MessageFormat) -> usize {
        let mut all = Diagnostics::default();
        all.extend(self.found.iter().cloned());
        if let Some(places) = &self.places {
            all.extend(names::unknown(places, &packs()));
        }
        let sorted = all.into_sorted();
        if !sorted.is_empty() {
            console::diagnostics(&sorted, &self.sources, format);
        }
        sorted.len()
    }
}

/// Gives what a hook's text means.
pub(crate) fn hook(text: &HookText) -> Result<Hook, String> {
    match (&text.run, &text.http) {
        (Some(command), None) => Ok(Hook::Run(command.clone())),
        (None, Some(url)) => Hook::http(url),
        (None, None) => Err("a hook is `run` or `http`".to_owned()),
        (Some(_), Some(_)) => Err("a hook is `run` or `http`, not both".to_owned()),
    }
}

/// Reads a text file of the user's, up to a bound.
pub(crate) fn text_of(path: &Path) -> Result<String, String> {
    let unread = |reason: String| format!("could not read `{}`: {reason}", path.display());
    let file = std::fs::File::open(path).map_err(|error| unread(error.to_string()))?;
    let mut text = String::new();
    file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(|error| unread(error.to_string()))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(unread(format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

/// Reads what a workspace file holds beside options.
pub(crate) fn read(text: &str, shown: &str) -> Result<Workspace, String> {
    toml::from_str(text).map_err(|error| not_one(shown, "workspace file", &error))
}

/// Reads a file of claims: a line for each, at the top or under `[claims]`.
pub(crate) fn claims(path: &Path) -> Result<BTreeMap<String, bool>, Trouble> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Item {
        Answer(bool),
        Table(BTreeMap<String, bool>),
    }
    let text = text_of(path).map_err(Trouble::Usage)?;
    let shown = path.display().to_string();
    let items: BTreeMap<String, Item> = toml::from_str(&text).map_err(|error| {
        Trouble::Usage(format!("{}\nhelp: write `CLAIM = true` or `CLAIM = false`", not_one(&shown, "file of claims", &error)))
    })?;
    let mut all = BTreeMap::new();
    for (name, item) in items {
        match item {
            Item::Answer(answer) => drop(all.insert(name, answer)),
            Item::Table(answers) if name == "claims" => all.extend(answers),
            Item::Table(_) => return Err(Trouble::Usage(format!("`{shown}` holds a table `[{name}]`, which is none of claims"))),
        }
    }
    Ok(all)
}

/// Says that a file is not what it should be, with the place that the reader names.
pub(crate) fn not_one(shown: &str, what: &str, error: &toml::de::Error) -> String {
    format!("`{shown}` is not a {what}\n{}", error.to_string().trim_end())
}

/// Gives a value as text; `env:NAME` and `file:PATH` are looked up.
pub(crate) fn text(value: &str) -> Result<String, String> {
    if let Some(name) = value.strip_prefix("env:") {
        return std::env::var(name).map_err(|_| format!("environment variable `{name}` is not set"));
    }
    if let Some(path) = value.strip_prefix("file:") {
        return std::fs::read_to_string(path)
            .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
            .map_err(|error| format!("could not read `{path}`: {error}"));
    }
    Ok(value.to_owned())
}

/// Gives a TOML value as the text that a setting is read from.
pub(crate) fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
