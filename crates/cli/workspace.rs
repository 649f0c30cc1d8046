//! The workspace file: what one supplier knows, in one file.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `counterpart.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Workspace {
    pub(crate) supplier: Option<String>,
    pub(crate) product: Option<Product>,
    pub(crate) pack: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) listen: Option<String>,
    pub(crate) profile: Option<String>,
    pub(crate) settings: BTreeMap<String, toml::Value>,
    pub(crate) tls: TlsFiles,
    pub(crate) claims: BTreeMap<String, bool>,
    pub(crate) hooks: BTreeMap<String, HookText>,
    pub(crate) credentials: BTreeMap<String, BTreeMap<String, toml::Value>>,
    pub(crate) endpoints: BTreeMap<String, String>,
    pub(crate) evidence: BTreeMap<String, Evidence>,
    pub(crate) checks: BTreeMap<String, CheckForce>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Product {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) build: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TlsFiles {
    pub(crate) ca: Option<PathBuf>,
    pub(crate) cert: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    /// Folder of a test authority.
    pub(crate) authority: Option<PathBuf>,
    pub(crate) other: BTreeMap<String, Pair>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pair {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HookText {
    pub(crate) run: Option<String>,
    pub(crate) http: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evidence {
    pub(crate) by: String,
    pub(crate) date: toml::Value,
    pub(crate) note: String,
    #[serde(default)]
    pub(crate) file: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckForce {
    /// `promoted`, `disabled`, `should` or `may`.
    pub(crate) force: String,
    pub(crate) reason: String,
}

/// Reads the workspace named, else `counterpart.toml` where there is one.
pub(crate) fn read(named: Option<&Path>) -> Result<Workspace, String> {
    let usual = Path::new("counterpart.toml");
    let path = match named {
        Some(path) => path,
        None if usual.is_file() => usual,
        None => return Ok(Workspace::default()),
    };
    let text = std::fs::read_to_string(path).map_err(|error| format!("could not read `{}`: {error}", path.display()))?;
    toml::from_str(&text).map_err(|error| format!("`{}` is not a workspace file\n{error}", path.display()))
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
