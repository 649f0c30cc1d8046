//! `counterpart new`: a pack, a scenario or a workspace file that passes `check` and runs as it is.

use crate::args::{NewArgs, NewWhat, RoleArg};
use crate::exit::{Exit, Trouble};
use crate::{console, packs};
use counterpart_plan::PackFiles;
use counterpart_scenario::model::PackFile;
use include_dir::{Dir, include_dir};
use std::io::Write;
use std::path::Path;

/// The pack that every new one begins as. `NAME` stands for its name.
static PACK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/crates/cli/scaffold/pack");
const SCENARIO: &str = include_str!("scaffold/scenario.yaml");
const WORKSPACE: &str = include_str!("scaffold/workspace.toml");

pub(crate) fn new(args: &NewArgs) -> Result<Exit, Trouble> {
    match &args.what {
        NewWhat::Pack { name, dir } => pack(name, dir),
        NewWhat::Scenario { name, dir } => scenario(name, dir),
        NewWhat::Workspace { pack, out, role } => workspace(pack, out, *role),
    }?;
    Ok(Exit::Pass)
}

/// Lets names pass that can be a folder's on every system and a part of an id.
fn check_name(name: &str) -> Result<(), Trouble> {
    let good = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if name.chars().all(good) && name.starts_with(|letter: char| letter.is_ascii_lowercase()) && name.len() <= 64 {
        return Ok(());
    }
    Err(Trouble::Usage(format!("`{name}` is no name: write small letters, digits and dashes, a letter first")))
}

fn pack(name: &str, dir: &Path) -> Result<(), Trouble> {
    check_name(name)?;
    let folder = dir.join(name);
    if folder.exists() {
        return Err(Trouble::Usage(format!("`{}` is there already, and nothing is written over", folder.display())));
    }
    let mut files = Vec::new();
    gather(&PACK, &mut files);
    for (path, text) in &files {
        write(&folder.join(path), &text.replace("NAME", name))?;
    }
    let shown = folder.display();
    console::talk(&format!(
        "next: `counterpart check {shown}`, `counterpart prove {shown}`, `counterpart demo {shown}`; then replace what is in it, requirements first"
    ));
    Ok(())
}

fn gather(dir: &Dir<'static>, into: &mut Vec<(&'static Path, &'static str)>) {
    into.extend(dir.files().filter_map(|file| Some((file.path(), file.contents_utf8()?))));
    dir.dirs().for_each(|inner| gather(inner, into));
}

fn scenario(name: &str, dir: &Path) -> Result<(), Trouble> {
    let parts: Vec<&str> = name.split('/').collect();
    let [pack, inner @ .., _] = parts.as_slice() else { return Err(no_scenario(name)) };
    if inner.is_empty() {
        return Err(no_scenario(name));
    }
    parts.iter().try_for_each(|part| check_name(part))?;
    let folder = dir.join(pack);
    let record = record(&folder)?;
    let Some(endpoint) = record.endpoints.first() else {
        return Err(Trouble::Usage(format!("the pack `{pack}` declares no endpoint that a scenario could call")));
    };
    let requirement = first_requirement(&folder)?;
    let text = SCENARIO.replace("ID", name).replace("ENDPOINT", &endpoint.name.value).replace("REQUIREMENT", &requirement);
    let below = parts.iter().skip(1).copied().collect::<Vec<_>>().join("/");
    write(&folder.join(format!("{below}.yaml")), &text)?;
    console::talk(&format!("next: say what is tested, then `counterpart demo {} --scenario {below}`", folder.display()));
    Ok(())
}

fn no_scenario(name: &str) -> Trouble {
    Trouble::Usage(format!("`{name}` is no scenario's id: write `PACK/FOLDER/NAME`"))
}

/// Reads what a pack says of itself.
fn record(folder: &Path) -> Result<PackFile, Trouble> {
    let unread = |reason: String| Trouble::Usage(format!("could not read the pack `{}`: {reason}", folder.display()));
    let help = "it is no folder with a `pack.yaml`\nhelp: `counterpart new pack NAME` makes one";
    if !folder.join("pack.yaml").is_file() {
        return Err(unread(help.to_owned()));
    }
    let files = PackFiles::read(folder).map_err(|error| unread(error.to_string()))?;
    packs::record(&files).ok_or_else(|| unread("its `pack.yaml` has mistakes: `counterpart check` names them".to_owned()))
}

/// Gives the first requirement of a pack that a machine can test in role consumer.
fn first_requirement(folder: &Path) -> Result<String, Trouble> {
    let name = folder.display().to_string();
    let plan = crate::packwork::plan_of(&name, counterpart_evidence::Role::Consumer)?;
    let testable = plan.requirements.iter().find(|requirement| requirement.untestable.is_none());
    let reason = || Trouble::Usage(format!("the pack `{name}` has no requirement for role consumer that a scenario could cover"));
    testable.map(|requirement| requirement.id.to_string()).ok_or_else(reason)
}

fn workspace(pack: &str, out: &Path, role: RoleArg) -> Result<(), Trouble> {
    let files = packs::find(pack).map_err(|reason| Trouble::Usage(format!("could not {reason}")))?;
    let record = files.first().and_then(packs::record);
    let record =
        record.ok_or_else(|| Trouble::Usage(format!("the pack `{pack}` has mistakes: `counterpart check` names them")))?;
    let (role, address) = match role {
        RoleArg::Consumer => ("consumer", "target   = \"http://127.0.0.1:8080\""),
        RoleArg::Provider => ("provider", "listen   = \"127.0.0.1:8080\"\nplain    = true"),
    };
    let mut text = WORKSPACE.replace("PACK", pack).replace("ROLE", role).replace("ADDRESS", address);
    text.push_str(&settings(&record));
    text.push_str(&claims(&record));
    text.push_str(&hooks(&record));
    write(out, &text)?;
    console::talk(&format!("next: put in what is yours, then `counterpart doctor --workspace {}`", out.display()));
    Ok(())
}

/// Quotes text for TOML; JSON's escapes are TOML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// One line of a comment, however many the pack has.
fn comment(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The settings: those without a value are to be filled in, the others stand as they are, commented out.
fn settings(record: &PackFile) -> String {
    let mut text = String::from("\n[settings]\n");
    for item in &record.settings {
        let name = &item.name.value;
        text.push_str(&format!("# {}\n", comment(&item.doc.value)));
        let is_secret = item.secret.as_ref().is_some_and(|flag| flag.value);
        match &item.default {
            Some(default) => {
                let default = default.to_json();
                let value = if default.is_null() { quoted("") } else { default.to_string() };
                text.push_str(&format!("# {name} = {}\n", comment(&value)));
            }
            None if is_secret => text.push_str(&format!("# {name} = \"env:{}\"\n", name.to_uppercase())),
            None => text.push_str(&format!("# {name} = ...\n")),
        }
    }
    text
}

fn claims(record: &PackFile) -> String {
    let mut text = String::from("\n[claims]\n");
    for item in &record.claims {
        text.push_str(&format!("# {}\n{} = {}\n", comment(&item.question.value), item.id.value, item.default.value));
    }
    text
}

fn hooks(record: &PackFile) -> String {
    let mut text = String::from(
        "\n# What makes your system act, so that nobody need sit at a terminal: a command, or one HTTP request.\n[hooks]\n",
    );
    for item in &record.actions {
        let name = &item.name.value;
        text.push_str(&format!("# {}\n# {name} = {{ run = \"...\" }}\n", comment(&item.does.value)));
    }
    text
}

/// Writes a file that is not there; makes its folder.
fn write(path: &Path, text: &str) -> Result<(), Trouble> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Trouble::Usage(format!("`{}` is there already, and nothing is written over", path.display()))
        }
        _ => Trouble::Ours(format!("could not write `{}`: {error}", path.display())),
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = std::fs::File::options().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    console::data(&format!("{}\n", path.display()));
    Ok(())
}
