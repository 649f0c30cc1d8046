//! Settings, profile and claims: text from the user to typed values.

use crate::compile::role;
use crate::model::Claim;
use crate::options::{Options, Origin};
use crate::tree::{Filed, Tree};
use counterpart_diag::{Diagnostic, Diagnostics, suggest};
use counterpart_evidence::{Role, SettingRecord};
use counterpart_scenario::model::{ClaimStatus, ScenarioFile, SettingItem, SettingKind};
use counterpart_scenario::{Data, Node};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Settings as they are in force.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) globals: Map<String, Value>,
    pub(crate) records: Vec<SettingRecord>,
    pub(crate) secrets: Vec<String>,
    pub(crate) secret_names: Vec<String>,
    pub(crate) switches: BTreeMap<String, String>,
    pub(crate) profile: String,
    /// Settings that have no value.
    pub(crate) unset: Vec<String>,
    pub(crate) claims: Vec<Claim>,
}

pub(crate) fn resolve(tree: &Tree, options: &Options, diagnostics: &mut Diagnostics) -> Settings {
    let pack = &tree.pack.record;
    let mut settings =
        Settings { profile: options.profile.clone().unwrap_or_else(|| "default".to_owned()), ..Settings::default() };
    let profile = pack.profiles.iter().find(|profile| profile.name.value == settings.profile);
    if profile.is_none() && options.profile.is_some() {
        let known: Vec<&str> = pack.profiles.iter().map(|profile| profile.name.value.as_str()).collect();
        diagnostics.push(
            Diagnostic::error("PK008", format!("the pack has no profile `{}`", settings.profile))
                .note(format!("profiles: {}", known.join(", ")))
                .help_if(suggest(&settings.profile, known.iter().copied()).map(|near| format!("did you mean `{near}`?"))),
        );
    }
    report_unknown(tree, options, diagnostics);
    let unfit = report_declared(tree, diagnostics);
    let mut values = Map::new();
    let mut switches = Map::new();
    for item in &pack.settings {
        let name = item.name.value.clone();
        let from_profile =
            profile.and_then(|profile| profile.set.iter().find(|(key, _)| key.value == name)).map(|(_, value)| value.to_json());
        let given = options.settings.get(&name);
        let (value, origin) = match (given, from_profile) {
            (Some((text, origin)), _) => match typed(item, text) {
                Ok(value) => (Some(value), *origin),
                Err(reason) => {
                    diagnostics
                        .push(Diagnostic::error("PK008", format!("setting `{name}`: {reason}")).help(item.doc.value.clone()));
                    (None, *origin)
                }
            },
            (None, Some(value)) => (Some(value), Origin::Profile),
            (None, None) if unfit.contains(&name) => (None, Origin::Default),
            (None, None) => (item.default.as_ref().map(Node::to_json), Origin::Default),
        };
        let Some(value) = value else {
            settings.unset.push(name);
            continue;
        };
        let secret = item.secret.as_ref().is_some_and(|flag| flag.value);
        if !secret && value.as_str().is_some_and(is_private_key) {
            let message = format!("setting `{name}` holds a private key, and is not secret");
            let diagnostic = Diagnostic::error("PK008", message).at(item.name.span, "would stand in every report");
            diagnostics.push(diagnostic.help("declare it with `secret: true`"));
            settings.unset.push(name);
            continue;
        }
        let shown = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        if secret {
            settings.secrets.push(shown.clone());
            settings.secret_names.push(name.clone());
        }
        let shown = if secret { "********".to_owned() } else { shown };
        if item.switch.as_ref().is_some_and(|flag| flag.value) {
            switches.insert(name.clone(), value.clone());
            settings.switches.insert(name.clone(), shown.clone());
        }
        settings.records.push(SettingRecord { name: name.clone(), value: shown, origin: origin.name().to_owned() });
        values.insert(name, value);
    }
    let claims = claims(tree, options, &mut settings);
    settings.globals.insert("setting".to_owned(), Value::Object(values));
    settings.globals.insert("profile".to_owned(), Value::Object(switches));
    settings.globals.insert("claim".to_owned(), Value::Object(claims));
    settings
}

/// Tells whether a text is a private key, in PEM or as a JSON Web Key (RFC 7518 section 6: `d`, or `k` of a shared one).
fn is_private_key(text: &str) -> bool {
    let is_private = |jwk: Value| jwk.get("kty").is_some() && (jwk.get("d").is_some() || jwk.get("k").is_some());
    text.contains("PRIVATE KEY-----") || serde_json::from_str(text).is_ok_and(is_private)
}

fn claims(tree: &Tree, options: &Options, settings: &mut Settings) -> Map<String, Value> {
    let mut claims = Map::new();
    for item in &tree.pack.record.claims {
        let answer = options.claims.get(&item.id.value).copied().unwrap_or(item.default.value);
        let status = ClaimStatus::ALL.iter().find(|(status, _)| *status == item.status).map_or("", |(_, word)| word);
        settings.claims.push(Claim {
            id: item.id.value.clone(),
            question: item.question.value.clone(),
            status: status.to_owned(),
            claimed: answer,
            roles: claim_roles(tree, &item.id.value),
        });
        claims.insert(item.id.value.clone(), json!(answer));
    }
    claims
}

/// Gives the roles of ours in which a claim matters.
fn claim_roles(tree: &Tree, claim: &str) -> Vec<Role> {
    let requirements = tree.requirements.iter().flat_map(|file| &file.record.requirements);
    let hang_on_it = requirements.filter(|one| one.claim.as_ref().is_some_and(|name| name.value == claim));
    let of_requirements = hang_on_it.flat_map(|one| one.roles.0.iter().map(|word| word.value.as_str()));
    let needs_it = |file: &&Filed<ScenarioFile>| {
        file.record.needs.iter().flat_map(|needs| &needs.claims).any(|need| need.name().value == claim)
    };
    let scenarios = tree.scenarios.iter().filter(needs_it);
    let words: Vec<&str> = of_requirements.chain(scenarios.map(|file| role(file.record.role).name())).collect();
    let matters = |one: &Role| words.is_empty() || words.contains(&one.name());
    [Role::Consumer, Role::Provider].into_iter().filter(matters).collect()
}

fn report_unknown(tree: &Tree, options: &Options, diagnostics: &mut Diagnostics) {
    let pack = &tree.pack.record;
    let known: Vec<&str> = pack.settings.iter().map(|item| item.name.value.as_str()).collect();
    for name in options.settings.keys().filter(|name| !known.contains(&name.as_str())) {
        diagnostics.push(
            Diagnostic::error("PK008", format!("the pack has no setting `{name}`"))
                .note(format!("settings: {}", known.join(", ")))
                .help_if(suggest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"))),
        );
    }
    let known: Vec<&str> = pack.claims.iter().map(|item| item.id.value.as_str()).collect();
    for name in options.claims.keys().filter(|name| !known.contains(&name.as_str())) {
        diagnostics.push(
            Diagnostic::error("PK008", format!("the pack has no claim `{name}`"))
                .note(format!("claims: {}", known.join(", ")))
                .help_if(suggest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"))),
        );
    }
}

/// Reports defaults and values of profiles that do not fit their settings; gives the settings whose default does not.
fn report_declared(tree: &Tree, diagnostics: &mut Diagnostics) -> Vec<String> {
    let pack = &tree.pack.record;
    let mut unfit = Vec::new();
    for item in &pack.settings {
        if let Some(default) = &item.default
            && let Some(reason) = misfit(item, default)
        {
            diagnostics.push(
                Diagnostic::error("PK008", format!("the default of setting `{}` does not fit it", item.name.value))
                    .at(default.span, reason),
            );
            unfit.push(item.name.value.clone());
        }
    }
    let known: Vec<&str> = pack.settings.iter().map(|item| item.name.value.as_str()).collect();
    for (name, value) in pack.profiles.iter().flat_map(|profile| &profile.set) {
        let Some(item) = pack.settings.iter().find(|item| item.name.value == name.value) else {
            diagnostics.push(
                Diagnostic::error("PK008", format!("the pack has no setting `{}`", name.value))
                    .at(name.span, "not a setting")
                    .note(format!("settings: {}", known.join(", ")))
                    .help_if(suggest(&name.value, known.iter().copied()).map(|near| format!("did you mean `{near}`?"))),
            );
            continue;
        };
        if let Some(reason) = misfit(item, value) {
            let message = format!("the value of setting `{}` does not fit it", name.value);
            diagnostics.push(Diagnostic::error("PK008", message).at(value.span, reason));
        }
    }
    unfit
}

/// Tells why a value of the pack does not fit a setting; `None` where it does.
fn misfit(item: &SettingItem, node: &Node) -> Option<String> {
    let fits = match (item.kind, &node.data) {
        (SettingKind::Boolean, Data::Bool(_)) | (SettingKind::Integer | SettingKind::Number, Data::Integer(_)) => true,
        (SettingKind::Number, Data::Float(_)) | (SettingKind::Path | SettingKind::Text, Data::Text(_)) => true,
        (SettingKind::Url, Data::Text(text)) => text.starts_with("http://") || text.starts_with("https://"),
        _ => false,
    };
    let word = SettingKind::ALL.iter().find(|(kind, _)| *kind == item.kind).map_or("", |(_, word)| word);
    if !fits {
        return Some(format!("the setting is of type `{word}`"));
    }
    let allowed: Vec<Value> = item.one_of.iter().map(Node::to_json).collect();
    if allowed.is_empty() || allowed.contains(&node.to_json()) {
        return None;
    }
    let words: Vec<String> =
        allowed.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)).collect();
    Some(format!("the setting takes {}", words.join(", ")))
}

/// Reads a setting's text as its type.
pub(crate) fn typed(item: &SettingItem, text: &str) -> Result<Value, String> {
    let value = match item.kind {
        SettingKind::Boolean => match text {
            "true" => json!(true),
            "false" => json!(false),
            _ => return Err(format!("`{text}` is neither `true` nor `false`")),
        },
        SettingKind::Integer => json!(text.parse::<i64>().map_err(|_| format!("`{text}` is not a whole number"))?),
        SettingKind::Number => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => json!(number),
            _ => return Err(format!("`{text}` is not a number")),
        },
        SettingKind::Url if !text.starts_with("http://") && !text.starts_with("https://") => {
            return Err(format!("`{text}` is not an http or https URL"));
        }
        SettingKind::Path | SettingKind::Text | SettingKind::Url => json!(text),
    };
    let allowed: Vec<Value> = item.one_of.iter().map(Node::to_json).collect();
    if !allowed.is_empty() && !allowed.contains(&value) {
        let words: Vec<String> = allowed
            .iter()
            .map(|value| format!("`{}`", value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)))
            .collect();
        return Err(format!("`{text}` is none of {}", words.join(", ")));
    }
    Ok(value)
}
