//! Talk to stderr, data to stdout, colour where it is wanted.

use counterpart_diag::{Diagnostic, Sources, Style, render, render_json};
use std::io::{IsTerminal, Write};

/// Tells whether stderr shows colour.
pub(crate) fn style() -> Style {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) || !std::io::stderr().is_terminal();
    if plain { Style::Plain } else { Style::Colour }
}

/// Writes data. A reader that went away is no fault of ours.
pub(crate) fn data(text: &str) {
    drop(std::io::stdout().write_all(text.as_bytes()));
}

/// Writes talk.
pub(crate) fn talk(text: &str) {
    drop(writeln!(std::io::stderr(), "{text}"));
}

/// Writes diagnostics in the form asked for.
pub(crate) fn diagnostics(found: &[Diagnostic], sources: &Sources, format: crate::args::MessageFormat) {
    match format {
        crate::args::MessageFormat::Human => drop(write!(std::io::stderr(), "{}", render(found, sources, style()))),
        crate::args::MessageFormat::Json => data(&format!("{:#}\n", render_json(found, sources))),
    }
}

/// Gives a progress bar that shows on a terminal only.
pub(crate) fn progress(steps: usize) -> indicatif::ProgressBar {
    if !std::io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let bar = indicatif::ProgressBar::new(steps as u64);
    if let Ok(style) = indicatif::ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}
