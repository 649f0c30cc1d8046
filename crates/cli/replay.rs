//! The command that plays a scenario of a run again: with every option that was given and that decides how it goes.

use crate::args::{DemoArgs, RunArgs};
use crate::choices::Choices;
use crate::wanted::Wanted;
use counterpart_plan::{Origin, Plan};

/// Options that decide how a scenario goes; the others choose scenarios, or say what becomes of the result.
const DECIDING: [&str; 18] = [
    "target",
    "listen",
    "certs",
    "tls-ca",
    "tls-crl",
    "tls-sha1",
    "revocation",
    "tls-cert",
    "tls-key",
    "profile",
    "plain",
    "resolve",
    "proxy",
    "seed",
    "clock",
    "start-time",
    "retry",
    "retry-passes",
];

/// A command line that can be pasted into a shell.
struct Line(String);

impl Line {
    fn add(&mut self, word: &str) {
        self.0.push(' ');
        self.0.push_str(&quoted(word));
    }

    fn option(&mut self, name: &str, value: &str) {
        self.add(&format!("--{name}"));
        self.add(value);
    }
}

/// Quotes a word for a POSIX shell where it needs that.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Gives the command for a run, without `--scenario`. No secret stands in it: those that are typed in full are refused, and those of
/// the environment are named.
pub(crate) fn of_run(args: &RunArgs, choices: &Choices, wanted: &Wanted) -> String {
    let mut line = Line("counterpart run".to_owned());
    line.add(&wanted.pack);
    line.option("role", wanted.role.name());
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    for (name, value) in [("workspace", path(&args.workspace)), ("claims", path(&args.claims))] {
        value.into_iter().for_each(|value| line.option(name, &value));
    }
    let given = choices.options.iter().filter(|choice| matches!(choice.origin, Origin::Environment | Origin::Option));
    for choice in given.filter(|choice| DECIDING.contains(&choice.name.as_str())) {
        if matches!(choice.name.as_str(), "plain" | "retry-passes") {
            line.add(&format!("--{}", choice.name));
        } else {
            choice.values.iter().for_each(|value| line.option(&choice.name, value));
        }
    }
    let is_typed = |name: &str| args.settings.iter().any(|pair| pair.split_once('=').is_some_and(|(typed, _)| typed == name));
    for (name, variable, value) in &choices.settings {
        let named = value.starts_with("env:") || value.starts_with("file:");
        let value = if named { value.clone() } else { format!("env:{variable}") };
        if !is_typed(name) {
            line.option("set", &format!("{name}={value}"));
        }
    }
    args.settings.iter().for_each(|setting| line.option("set", setting));
    line.0
}

/// Gives the command for a demo, without `--scenario`.
pub(crate) fn of_demo(args: &DemoArgs, plan: &Plan) -> String {
    let mut line = Line("counterpart demo".to_owned());
    line.add(args.pack.as_deref().unwrap_or(&plan.pack.name));
    args.profile.iter().for_each(|profile| line.option("profile", profile));
    if args.clock != crate::args::DEMO_CLOCK {
        line.option("clock", &args.clock);
    }
    if args.seed != 1 {
        line.option("seed", &args.seed.to_string());
    }
    let is_secret =
        |pair: &&String| pair.split_once('=').is_some_and(|(name, _)| plan.secret_settings.iter().any(|one| one == name));
    args.settings.iter().filter(|pair| !is_secret(pair)).for_each(|setting| line.option("set", setting));
    line.0
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_with_anything_of_the_shells_in_it_is_quoted() {
        assert_eq!(quoted("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert_eq!(quoted("name=it's $HOME"), "'name=it'\\''s $HOME'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("a/b[1]"), "'a/b[1]'");
    }
}
