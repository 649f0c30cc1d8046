//! Talk to stderr, data to stdout, colour where it is wanted.

use crate::args::{MessageFormat, When};
use counterpart_diag::{Diagnostic, Sources, Style, render, render_json};
use counterpart_report::Colour;
use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use tracing_subscriber::filter::LevelFilter;

/// How much is said, and in which colours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Colour.
    pub(crate) colour: When,
    /// Errors only.
    pub(crate) quiet: bool,
}

/// Set once, by whoever reads the command line; nothing before that needs it.
static MANNER: OnceLock<Manner> = OnceLock::new();

/// Says how much is to be said, and turns on what happens inside where it is asked for.
pub(crate) fn set(manner: Manner, verbose: u8) {
    // It is empty until here: nobody else sets it.
    let _ = MANNER.set(manner);
    let level = match (manner.quiet, verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    let ansi = style() == Style::Colour;
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_ansi(ansi).init();
}

fn is_quiet() -> bool {
    MANNER.get().is_some_and(|manner| manner.quiet)
}

/// Tells whether a stream is to show colour (<https://no-color.org>).
fn is_coloured(is_terminal: bool) -> bool {
    match MANNER.get().map(|manner| manner.colour) {
        Some(When::Always) => true,
        Some(When::Never) => false,
        Some(When::Auto) | None => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

/// Tells whether stderr shows colour.
pub(crate) fn style() -> Style {
    if is_coloured(std::io::stderr().is_terminal()) { Style::Colour } else { Style::Plain }
}

/// Tells whether a summary on stdout shows colour.
pub(crate) fn colour() -> Colour {
    if is_coloured(std::io::stdout().is_terminal()) { Colour::Always } else { Colour::Never }
}

/// Writes data. A reader that went away is no fault of ours.
pub(crate) fn data(text: &str) {
    drop(std::io::stdout().write_all(text.as_bytes()));
}

/// Writes talk.
pub(crate) fn talk(text: &str) {
    if !is_quiet() {
        drop(writeln!(std::io::stderr(), "{text}"));
    }
}

/// Writes an error, however little is to be said.
pub(crate) fn error(reason: &str) {
    drop(writeln!(std::io::stderr(), "error: {reason}"));
}

/// Writes diagnostics in the form asked for.
pub(crate) fn diagnostics(found: &[Diagnostic], sources: &Sources, format: MessageFormat) {
    match format {
        MessageFormat::Human => drop(write!(std::io::stderr(), "{}", render(found, sources, style()))),
        MessageFormat::Json => data(&format!("{:#}\n", render_json(found, sources))),
    }
}

/// Gives a progress bar that shows on a terminal only.
pub(crate) fn progress(steps: usize) -> indicatif::ProgressBar {
    if is_quiet() || !std::io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let bar = indicatif::ProgressBar::new(steps as u64);
    if let Ok(style) = indicatif::ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}
