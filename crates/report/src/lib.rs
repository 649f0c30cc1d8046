//! Renders the run record as HTML, XML, JSON, JUnit and as a summary for a terminal.
//!
//! The same record and the same bodies give the same bytes: nothing here reads a clock, an environment or a network.

mod bodies;
mod code;
mod console;
mod error;
mod format;
mod limits;
mod notice;
mod options;
mod render;
mod tally;
mod text;
mod view;

pub use bodies::{Bodies, NoBodies};
pub use console::{Colour, console};
pub use error::Error;
pub use limits::{FULL_BYTES_MAX, PASSING_BYTES_MAX};
pub use options::Options;
pub use render::{Format, prepare, render, render_to};
pub use tally::{Tally, tally};
pub use text::counted;

use notice::NOTICE;
