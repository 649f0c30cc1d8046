//! The `counterpart` command: arguments, console, files, exit codes.

mod args;
mod certs;
mod console;
mod demo;
mod exit;
mod folders;
mod header;
mod keyring;
mod mirror;
mod moment;
mod packs;
mod packwork;
mod person;
mod playing;
mod prove;
mod run;
mod sink;
mod workspace;

use args::{Cli, Command};
use clap::{CommandFactory, Parser};
use exit::Exit;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let format = cli.message_format;
    let result = match &cli.command {
        Command::Demo(args) => demo::demo(args, format),
        Command::Run(args) => run::run(args, run::Mode::Run, format),
        Command::Simulate(args) => run::run(args, run::Mode::Simulate, format),
        Command::Doctor(args) => run::run(args, run::Mode::Doctor, format),
        Command::Check(args) => packwork::check(args, format),
        Command::List(args) => packwork::list(args),
        Command::Explain(args) => packwork::explain(args),
        Command::Prove(args) => prove::prove(args, format),
        Command::Report(args) => folders::report(args),
        Command::Diff(args) => folders::diff(args),
        Command::Verify(args) => folders::verify(args),
        Command::Purge(args) => folders::purge(args),
        Command::Certs(args) => certs::certs(args),
        Command::Schema(args) => packwork::schema(args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "counterpart", &mut script);
            console::data(&String::from_utf8_lossy(&script));
            Ok(Exit::Pass)
        }
    };
    match result {
        Ok(exit) => exit.into(),
        Err(reason) => {
            console::talk(&format!("error: {reason}"));
            Exit::Error.into()
        }
    }
}
