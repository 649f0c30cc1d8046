//! Diagnostics as text for a terminal, and as JSON for programs.

use crate::{Diagnostic, Label, Severity, Sources};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value, json};

/// Whether the terminal shows colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// ANSI colours.
    Colour,
    /// Plain text: everything can be read without colour.
    Plain,
}

/// How many diagnostics are shown; the rest is counted.
const SHOWN_MAX: usize = 50;

/// Renders diagnostics in the shape of the Rust compiler's, with a count of what was left out.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let renderer = match style {
        Style::Colour => Renderer::styled(),
        Style::Plain => Renderer::plain(),
    };
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(SHOWN_MAX) {
        text.push_str(&renderer.render(&[group(diagnostic, sources)]));
        text.push_str("\n\n");
    }
    if diagnostics.len() > SHOWN_MAX {
        text.push_str(&format!("and {} more\n", diagnostics.len() - SHOWN_MAX));
    }
    text
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(&*diagnostic.message).id(diagnostic.code));
    if let Some(primary) = &diagnostic.primary {
        let mut others: Vec<&Label> = diagnostic.secondary.iter().collect();
        if let Some(source) = sources.source(primary.span.source) {
            let mut snippet = Snippet::source(&*source.text).path(&*source.name).annotation(annotation(
                primary,
                AnnotationKind::Primary,
                &source.text,
            ));
            let (here, elsewhere) = others.into_iter().partition::<Vec<_>, _>(|label| label.span.source == primary.span.source);
            others = elsewhere;
            for label in here {
                snippet = snippet.annotation(annotation(label, AnnotationKind::Context, &source.text));
            }
            group = group.element(snippet);
        }
        for label in others {
            if let Some(source) = sources.source(label.span.source) {
                let annotation = annotation(label, AnnotationKind::Context, &source.text);
                group = group.element(Snippet::source(&*source.text).path(&*source.name).annotation(annotation));
            }
        }
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(&**note));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(&**help));
    }
    group
}

fn annotation<'a>(label: &'a Label, kind: AnnotationKind, text: &str) -> annotate_snippets::Annotation<'a> {
    // A span can come from a parser that counts past the end; the renderer must never be given one.
    let boundary = |offset: u32| (0..=(offset as usize).min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    kind.span(boundary(label.span.start)..boundary(label.span.end)).label(&*label.text)
}

/// Renders diagnostics as a JSON array, one object each, places with line and column.
#[must_use]
pub fn render_json(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    let place = |label: &Label| {
        let (file, start) = sources.place(label.span)?;
        let end = sources.source(label.span.source)?.position(label.span.end);
        Some(json!({
            "file": file,
            "line": start.line,
            "column": start.column,
            "end-line": end.line,
            "end-column": end.column,
            "label": label.text,
        }))
    };
    let severity = |severity| match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    diagnostics
        .iter()
        .map(|diagnostic| {
            json!({
                "code": diagnostic.code,
                "severity": severity(diagnostic.severity),
                "message": diagnostic.message,
                "place": diagnostic.primary.as_ref().and_then(place),
                "related": diagnostic.secondary.iter().filter_map(place).collect::<Vec<_>>(),
                "notes": diagnostic.notes,
                "help": diagnostic.help,
            })
        })
        .collect()
}
