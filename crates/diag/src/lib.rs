//! Source texts, spans, diagnostics and the one renderer.
//!
//! A [`Diagnostic`] is what a user sees when a file or an option of theirs is wrong: a place, what is wrong, and what
//! to do. Nothing here knows what the files mean.

mod diagnostic;
mod page;
mod render;
mod source;
mod suggest;

pub use diagnostic::{Diagnostic, Diagnostics, Label, Severity};
pub use page::Page;
pub use render::{Style, render, render_json};
pub use source::{Position, Source, SourceId, Sources, Span};
pub use suggest::suggest;
