//! How fast and how large: ratios to a bare hyper server measured in one run, and the figures of whole commands.
//!
//! `cargo bench --bench speed` measures; without `--bench`, as tests call it, everything is done a few times only, to show
//! that it still runs. `speed bare [CERT KEY]` is the bare server, in a process of its own, and `speed load
//! ADDRESS SECONDS` the load by itself, for a profiler beside a server.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may panic, and prints what it measures")]

mod bare;
// What it asks belongs to a pack, and code under `crates` knows none.
#[path = "../../../../tests/load/booking.rs"]
mod booking;
#[path = "../../../../tests/load/capacity.rs"]
mod capacity;
mod commands;
mod identity;
mod load;
mod packs;
mod process;
mod stub;

use std::sync::atomic::{AtomicBool, Ordering};

/// How much is done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Full,
    Smoke,
}

impl Size {
    pub(crate) fn pick<T>(self, full: T, smoke: T) -> T {
        if self == Self::Full { full } else { smoke }
    }
}

/// Set where everything is done a few times only, so that no figure says anything.
static IS_SMOKE: AtomicBool = AtomicBool::new(false);

/// Prints one line of the table.
pub(crate) fn row(what: &str, measured: &str, target: &str, met: bool) {
    let judgement = match (IS_SMOKE.load(Ordering::Relaxed), met) {
        (true, _) => "ran, not measured",
        (false, true) => "met",
        (false, false) => "NOT MET",
    };
    println!("{what:<66} {measured:>18}   {target:<14} {judgement}");
}

/// Measures one part, with a folder to write in.
type Part = fn(Size, &std::path::Path);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "bare") {
        return bare::serve(arguments.get(1).zip(arguments.get(2)));
    }
    if let Some(("load", [address, seconds])) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return stub::load_alone(address, seconds.parse().unwrap());
    }
    let size = if arguments.iter().any(|argument| argument == "--bench") { Size::Full } else { Size::Smoke };
    IS_SMOKE.store(size == Size::Smoke, Ordering::Relaxed);
    let only = arguments.iter().find(|argument| !argument.starts_with('-'));
    let folder = tempfile::tempdir().unwrap();
    process::install(folder.path());
    let parts: [(&str, Part); 9] = [
        ("rate", stub::rate),
        ("tls", stub::tls),
        ("rules", stub::rules),
        ("checks", stub::checks),
        ("memory", stub::memory),
        ("start", commands::start),
        ("run", commands::run),
        ("booking", booking::booking),
        ("capacity", capacity::capacity),
    ];
    for (name, part) in parts {
        if only.is_none_or(|only| only == name) {
            part(size, folder.path());
        }
    }
}
