//! What the user chose: the command line, then the environment, then the workspace file; the first that speaks wins.
//!
//! An option is declared once, in `args`. What the environment and the workspace file say of it is put to the same parser
//! as if it had been typed, so that there is one reading of each value and one message when it is wrong.

use crate::args::Cli;
use crate::exit::Trouble;
use crate::workspace::{self, Reading, Workspace};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, CommandFactory, FromArgMatches};
use counterpart_plan::Origin;
use serde_json::json;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What an option's variable begins with.
const OPTION: &str = "COUNTERPART_OPTION_";
/// What a setting's variable begins with.
const SETTING: &str = "COUNTERPART_SETTING_";
/// Commands whose options can stand elsewhere.
const COMMANDS: [&str; 3] = ["doctor", "run", "simulate"];
/// Options that speak of the command line or the file itself; settings and claims have tables of their own in the file.
const TYPED_ONLY: [&str; 6] = ["claims", "help", "print-settings", "set", "version", "workspace"];
/// The name under which the packs stand in the workspace file.
const PACK: &str = "pack";

/// An option that has a value.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
    pub(crate) origin: Origin,
}

/// What was chosen beside the command.
#[derive(Debug, Default)]
pub(crate) struct Choices {
    pub(crate) workspace: Workspace,
    /// The workspace file with what is wrong in it.
    pub(crate) reading: Reading,
    /// Options by name, in the order of the help text.
    pub(crate) options: Vec<Choice>,
    /// Settings from the environment: name, variable and value.
    pub(crate) settings: Vec<(String, String, String)>,
}

/// Where an option was found that was not typed.
struct Found {
    arguments: Vec<OsString>,
    origin: Origin,
}

/// Reads the command line; a wrong one ends the program with its message.
pub(crate) fn read() -> Result<(Cli, Choices), Trouble> {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let mut command = Cli::command();
    let matches = command.try_get_matches_from_mut(&typed).unwrap_or_else(|error| error.exit());
    let own = matches.subcommand().filter(|(name, _)| COMMANDS.contains(name));
    let Some((name, own)) = own else { return Ok((cli(&matches)?, Choices::default())) };
    let file = workspace_file(own);
    let text = file.as_deref().map(workspace::text_of).transpose().map_err(Trouble::Usage)?;
    let shown = file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
    let mut reading = text.as_ref().map(|text| Reading::new(&shown, text, &schema(name))).unwrap_or_default();
    let mut table = text.as_deref().and_then(|text| text.parse::<toml::Table>().ok()).unwrap_or_default();
    table.retain(|name, _| !reading.is_wrong_at(name));
    let arguments = arguments(&command, name);
    let mut found = found(&arguments, own, &mut table)?;
    found.retain(|(option, found)| match refusal(name, found) {
        Some(reason) => {
            reading.refuse_value(option, &reason);
            false
        }
        None => true,
    });
    let again = if found.is_empty() { None } else { Some(with_found(&typed, &found)?) };
    let matches = again.as_ref().unwrap_or(&matches);
    let own = matches.subcommand_matches(name).unwrap_or(own);
    let sound = text.as_deref().filter(|_| reading.is_sound()).unwrap_or("");
    let workspace = workspace::read(sound, &shown).map_err(Trouble::Usage)?;
    let options = options(&arguments, own, &found);
    Ok((cli(matches)?, Choices { workspace, reading, options, settings: settings_in_environment() }))
}

/// Parses what was typed together with what was found elsewhere.
fn with_found(typed: &[OsString], found: &[(String, Found)]) -> Result<ArgMatches, Trouble> {
    let extra = found.iter().flat_map(|(_, found)| found.arguments.iter().cloned());
    let at = typed.iter().position(|argument| argument == "--").unwrap_or(typed.len());
    let mut all = typed.to_vec();
    all.splice(at..at, extra);
    Cli::command().try_get_matches_from(&all).map_err(|error| Trouble::Usage(blamed(&error, found)))
}

fn cli(matches: &ArgMatches) -> Result<Cli, Trouble> {
    Cli::from_arg_matches(matches).map_err(|error| Trouble::Usage(error.to_string()))
}

fn workspace_file(own: &ArgMatches) -> Option<PathBuf> {
    let named = own.get_one::<PathBuf>("workspace").cloned();
    let named = named.or_else(|| std::env::var_os(format!("{OPTION}WORKSPACE")).map(PathBuf::from));
    named.or_else(|| Path::new(workspace::USUAL).is_file().then(|| PathBuf::from(workspace::USUAL)))
}

/// The arguments of a command that can stand elsewhere, by the name under which they do.
fn arguments(all: &clap::Command, command: &str) -> Vec<(String, clap::Arg)> {
    let own = || all.find_subcommand(command).into_iter().flat_map(clap::Command::get_arguments);
    let is_own = |argument: &clap::Arg| own().any(|one| one.get_id() == argument.get_id());
    // Where the line was parsed, the command has those of all commands too.
    let global = all.get_arguments().filter(|argument| argument.is_global_set() && !is_own(argument));
    let named = own().chain(global).map(|argument| (argument.get_long().unwrap_or(PACK).to_owned(), argument.clone()));
    named.filter(|(name, _)| !TYPED_ONLY.contains(&name.as_str())).collect()
}

fn is_flag(argument: &clap::Arg) -> bool {
    !matches!(argument.get_action(), ArgAction::Append | ArgAction::Set)
}

/// Finds what was not typed in the environment and in the workspace file; takes it out of the file's table.
fn found(arguments: &[(String, clap::Arg)], own: &ArgMatches, table: &mut toml::Table) -> Result<Vec<(String, Found)>, Trouble> {
    let mut all = Vec::new();
    for (name, argument) in arguments {
        // A table of that name is none of our options: `[claims]` is not `--claims`.
        let in_file = if table.get(name).is_some_and(toml::Value::is_table) { None } else { table.remove(name) };
        if own.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine) {
            continue;
        }
        let variable = format!("{OPTION}{}", name.replace('-', "_").to_uppercase());
        let (values, origin) = match (std::env::var(&variable), in_file) {
            (Ok(text), _) => (vec![text], Origin::Environment),
            (Err(_), Some(toml::Value::Array(values))) => (values.iter().map(workspace::plain).collect(), Origin::Workspace),
            (Err(_), Some(value)) => (vec![workspace::plain(&value)], Origin::Workspace),
            (Err(_), None) => continue,
        };
        let arguments = if is_flag(argument) { flag(name, &values)? } else { with_values(name, &values) };
        all.push((name.clone(), Found { arguments, origin }));
    }
    Ok(all)
}

fn flag(name: &str, values: &[String]) -> Result<Vec<OsString>, Trouble> {
    match values.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["true" | "1"] => Ok(vec![format!("--{name}").into()]),
        ["false" | "0"] => Ok(Vec::new()),
        _ => Err(Trouble::Usage(format!("`{name}` is `true` or `false`, not `{}`", values.join(", ")))),
    }
}

fn with_values(name: &str, values: &[String]) -> Vec<OsString> {
    let argument = |value: &String| if name == PACK { value.clone() } else { format!("--{name}={value}") };
    values.iter().map(|value| argument(value).into()).collect()
}

/// Says why the value that the file gives to an option is none of it.
fn refusal(command: &str, found: &Found) -> Option<String> {
    if found.origin != Origin::Workspace {
        return None;
    }
    let line = [OsString::from("counterpart"), OsString::from(command)].into_iter().chain(found.arguments.iter().cloned());
    let error = Cli::command().try_get_matches_from(line).err()?;
    // Whether the options go together is seen when all are there.
    matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation).then(|| reason(&error))
}

/// Gives what the parser says of a wrong line, without its heading and its advice to ask for help.
fn reason(error: &clap::Error) -> String {
    let text = error.to_string();
    let text = text.trim_start_matches("error: ");
    text.split("\n\nFor more information").next().unwrap_or(text).trim_end().to_owned()
}

/// Says that a value came from the environment that the parser refuses.
fn blamed(error: &clap::Error, found: &[(String, Found)]) -> String {
    let text = reason(error);
    let named = found.iter().find(|(name, _)| text.contains(&format!("--{name}")));
    match named.map(|(_, found)| found.origin) {
        Some(Origin::Environment) => format!("in the environment: {text}"),
        _ => text,
    }
}

fn options(arguments: &[(String, clap::Arg)], own: &ArgMatches, found: &[(String, Found)]) -> Vec<Choice> {
    let mut all = Vec::new();
    for (name, argument) in arguments {
        let id = argument.get_id().as_str();
        let origin = match (found.iter().find(|(known, _)| known == name), own.value_source(id)) {
            (Some((_, found)), _) => found.origin,
            (None, Some(ValueSource::CommandLine)) => Origin::Option,
            (None, Some(_)) => Origin::Default,
            (None, None) => continue,
        };
        let values = own.get_raw(id).into_iter().flatten().map(|value| value.to_string_lossy().into_owned());
        all.push(Choice { name: name.clone(), values: values.collect(), origin });
    }
    all
}

/// Settings from the environment: `COUNTERPART_SETTING_CLIENT_ID` is `client_id`.
fn settings_in_environment() -> Vec<(String, String, String)> {
    let named = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let setting = |(variable, value): (String, String)| Some((variable.strip_prefix(SETTING)?.to_lowercase(), variable, value));
    let mut all: Vec<_> = named.filter_map(setting).collect();
    all.sort();
    all
}

/// Gives the JSON Schema of a workspace file: its own tables, and every option under its long name.
pub(crate) fn workspace_schema() -> serde_json::Value {
    schema("run")
}

fn schema(command: &str) -> serde_json::Value {
    let mut schema = schemars::schema_for!(Workspace).to_value();
    let Some(properties) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) else { return schema };
    for (name, argument) in arguments(&Cli::command(), command) {
        let kind = match argument.get_action() {
            ArgAction::Append => json!({ "type": ["array", "string"], "items": { "type": "string" } }),
            ArgAction::Set => json!({ "type": ["string", "integer"] }),
            _ => json!({ "type": "boolean" }),
        };
        let mut kind = kind;
        kind["description"] = argument.get_help().map(ToString::to_string).into();
        properties.entry(name).or_insert(kind);
    }
    schema["additionalProperties"] = json!(false);
    schema
}
