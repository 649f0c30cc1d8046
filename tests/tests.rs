//! Tests through the binary.
#![expect(clippy::print_stderr, clippy::unwrap_used, reason = "a test may panic, and says what it leaves out")]

mod architecture;
mod beside;
mod checklists;
mod choices;
mod clients;
mod command;
mod control;
mod directory;
mod ending;
mod exits;
mod folders;
mod generate;
mod guide;
mod harbour;
mod help;
mod hostile;
mod kept;
mod language;
mod machine;
mod peers;
mod person;
mod profiles;
mod proof;
mod proxies;
mod published;
mod reports;
mod rhythm;
mod secrecy;
mod tokens;
