//! The `counterpart` command: arguments, console, files, exit codes.

mod args;
mod bundle;
mod certs;
mod checklist;
mod choices;
mod codes;
mod console;
mod continuing;
mod control;
mod demo;
mod exit;
mod fhir;
mod folders;
mod generate;
mod header;
mod judged;
mod jumps;
mod keyring;
mod lateness;
mod limits;
mod live;
mod mirror;
mod moment;
mod packs;
mod packwork;
mod person;
mod playing;
mod preflight;
mod prove;
mod recent;
mod replay;
mod run;
mod scaffold;
mod settings_shown;
mod signals;
mod sink;
mod wanted;
mod workspace;

use args::{Cli, Command};
use choices::Choices;
use clap::CommandFactory;
use exit::{Exit, Trouble};
use std::process::ExitCode;
use wanted::Mode;

/// A stub allocates for each request on several threads at once, which the system's own allocators do slowly, musl's above all.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    prepare();
    let result = choices::read().and_then(|(cli, choices)| {
        console::set(console::Manner { colour: cli.color, quiet: cli.quiet }, cli.verbose);
        command(&cli, &choices)
    });
    match result {
        Ok(exit) => exit.into(),
        Err(trouble) => {
            console::error(trouble.reason());
            trouble.exit().into()
        }
    }
}

/// Begins what takes longest, while the command line and the files are read.
///
/// The word is a guess. What was not begun here is done, or waited for, where it is needed.
fn prepare() {
    let word = std::env::args_os().skip(1).find(|word| !word.as_encoded_bytes().starts_with(b"-"));
    let (compiles, renders) = match word.as_ref().and_then(|word| word.to_str()) {
        Some("demo" | "run") => (true, true),
        Some("check" | "prove" | "simulate") => (true, false),
        Some("report") => (false, true),
        _ => return,
    };
    std::thread::spawn(move || {
        if compiles {
            counterpart_matching::prepare();
        }
        if renders {
            counterpart_report::prepare();
        }
    });
}

fn command(cli: &Cli, choices: &Choices) -> Result<Exit, Trouble> {
    let format = cli.message_format;
    match &cli.command {
        Command::Bundle(args) => bundle::bundle(args),
        Command::Certs(args) => certs::certs(args),
        Command::Check(args) => packwork::check(args, format),
        Command::Completions { shell } => {
            completions(*shell);
            Ok(Exit::Pass)
        }
        Command::Demo(args) => demo::demo(args, format),
        Command::Diff(args) => folders::diff(args),
        Command::Doctor(args) => run::run(args, choices, Mode::Doctor, format),
        Command::Explain(args) => packwork::explain(args),
        Command::Fhir(args) => fhir::fhir(args, format),
        Command::Generate(args) => generate::generate(args, format),
        Command::List(args) => packwork::list(args),
        Command::New(args) => scaffold::new(args),
        Command::Prove(args) => prove::prove(args, format).map_err(Trouble::from),
        Command::Purge(args) => folders::purge(args),
        Command::Report(args) => folders::report(args),
        Command::Run(args) => run::run(args, choices, Mode::Run, format),
        Command::Schema(args) => packwork::schema(args),
        Command::Simulate(args) => run::run(args, choices, Mode::Simulate, format),
        Command::Verify(args) => folders::verify(args),
    }
}

fn completions(shell: clap_complete::Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "counterpart", &mut script);
    console::data(&String::from_utf8_lossy(&script));
}
