//! HTML: fills the templates of `reports/html/` with the view. Strict mode: a name that the view does not have is an
//! error, never an empty string.

use crate::{Bodies, Error, Options, view};
use counterpart_evidence::RunRecord;
use handlebars::{Context, Handlebars, TemplateError};
use std::io::Write;
use std::sync::LazyLock;

/// What the sections use, by the names that they use. Many small ones are read faster than few large ones: for each tag
/// the parser counts lines from the beginning of its template.
const PARTIALS: [(&str, &str); 26] = [
    ("attempt", include_str!("../../../../reports/html/attempt.hbs")),
    ("briefs", include_str!("../../../../reports/html/briefs.hbs")),
    ("card", include_str!("../../../../reports/html/card.hbs")),
    ("charts", include_str!("../../../../reports/html/charts.hbs")),
    ("code", include_str!("../../../../reports/html/code.hbs")),
    ("documents", include_str!("../../../../reports/html/documents.hbs")),
    ("exchange", include_str!("../../../../reports/html/exchange.hbs")),
    ("finding", include_str!("../../../../reports/html/finding.hbs")),
    ("fold", include_str!("../../../../reports/html/fold.hbs")),
    ("glance", include_str!("../../../../reports/html/glance.hbs")),
    ("headers", include_str!("../../../../reports/html/headers.hbs")),
    ("histogram", include_str!("../../../../reports/html/histogram.hbs")),
    ("mark", include_str!("../../../../reports/html/mark.hbs")),
    ("message", include_str!("../../../../reports/html/message.hbs")),
    ("obligation", include_str!("../../../../reports/html/obligation.hbs")),
    ("preflight", include_str!("../../../../reports/html/preflight.hbs")),
    ("replay", include_str!("../../../../reports/html/replay.hbs")),
    ("requirement", include_str!("../../../../reports/html/requirement.hbs")),
    ("row", include_str!("../../../../reports/html/row.hbs")),
    ("rule", include_str!("../../../../reports/html/rule.hbs")),
    ("scenario", include_str!("../../../../reports/html/scenario.hbs")),
    ("sequence", include_str!("../../../../reports/html/sequence.hbs")),
    ("settings", include_str!("../../../../reports/html/settings.hbs")),
    ("steps", include_str!("../../../../reports/html/steps.hbs")),
    ("timeline", include_str!("../../../../reports/html/timeline.hbs")),
    ("words", include_str!("../../../../reports/html/words.hbs")),
];

/// The page, section after section: each is filled from the whole view, and no part of the view is copied for it.
const SECTIONS: [(&str, &str); 20] = [
    ("page/top", include_str!("../../../../reports/html/page/top.hbs")),
    ("page/summary", include_str!("../../../../reports/html/page/summary.hbs")),
    ("page/counts", include_str!("../../../../reports/html/page/counts.hbs")),
    ("page/glance", include_str!("../../../../reports/html/page/glance.hbs")),
    ("page/limits", include_str!("../../../../reports/html/page/limits.hbs")),
    ("page/failures", include_str!("../../../../reports/html/page/failures.hbs")),
    ("page/open", include_str!("../../../../reports/html/page/open.hbs")),
    ("page/warnings", include_str!("../../../../reports/html/page/warnings.hbs")),
    ("page/review", include_str!("../../../../reports/html/page/review.hbs")),
    ("page/requirements", include_str!("../../../../reports/html/page/requirements.hbs")),
    ("page/coverage", include_str!("../../../../reports/html/page/coverage.hbs")),
    ("page/claims", include_str!("../../../../reports/html/page/claims.hbs")),
    ("page/scenarios", include_str!("../../../../reports/html/page/scenarios.hbs")),
    ("page/exchanges", include_str!("../../../../reports/html/page/exchanges.hbs")),
    ("page/table-end", include_str!("../../../../reports/html/page/table-end.hbs")),
    ("page/unexpected", include_str!("../../../../reports/html/page/unexpected.hbs")),
    ("page/setup", include_str!("../../../../reports/html/page/setup.hbs")),
    ("page/signoff", include_str!("../../../../reports/html/page/signoff.hbs")),
    ("page/words", include_str!("../../../../reports/html/page/words.hbs")),
    ("page/end", include_str!("../../../../reports/html/page/end.hbs")),
];

/// The section after which the table of exchanges stands: it is as long as the run, so that it is made and filled fold by fold.
const TABLE_AFTER: &str = "page/exchanges";

/// Renders a record as one page.
pub(crate) fn html(record: &RunRecord, bodies: &dyn Bodies, options: &Options, out: &mut dyn Write) -> Result<(), Error> {
    let (page, table) = view::page(record, bodies, options);
    let page = Context::wraps(page).map_err(Box::new)?;
    // The templates may still be being read.
    let registry = TEMPLATES.as_ref().map_err(Error::ReadTemplate)?;
    for (name, _) in SECTIONS {
        registry.render_with_context_to_write(name, &page, &mut *out).map_err(Box::new)?;
        if name == TABLE_AFTER {
            for fold in table.folds() {
                let fold = Context::wraps(fold).map_err(Box::new)?;
                registry.render_with_context_to_write("fold", &fold, &mut *out).map_err(Box::new)?;
            }
        }
    }
    Ok(())
}

/// Reads the templates, unless that was done before.
pub(crate) fn prepare() {
    LazyLock::force(&TEMPLATES);
}

/// The templates, read once in a process: they are the binary's own, and reading them takes longer than filling them.
static TEMPLATES: LazyLock<Result<Handlebars<'static>, TemplateError>> =
    LazyLock::new(|| read(PARTIALS.into_iter().chain(SECTIONS)));

/// Reads templates, each with the name that others call it by.
pub(super) fn read(
    templates: impl IntoIterator<Item = (&'static str, &'static str)>,
) -> Result<Handlebars<'static>, TemplateError> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    // A partial inside `<pre>` must not gain the spaces that stand before it.
    registry.set_prevent_indent(true);
    registry.register_escape_fn(escape);
    for (name, text) in templates {
        registry.register_template_string(name, text)?;
    }
    Ok(registry)
}

/// Escapes text for HTML content and quoted attribute values (HTML §13.1.2.3, §13.1.4): the one escape of this crate.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            plain => out.push(plain),
        }
    }
    out
}
