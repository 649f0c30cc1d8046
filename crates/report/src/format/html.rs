//! HTML: fills the templates of `reports/html/` with the view. Strict mode: a name that the view does not have is an
//! error, never an empty string.

use crate::{Bodies, Error, Options, view};
use counterpart_evidence::RunRecord;
use handlebars::Handlebars;

const TEMPLATES: [(&str, &str); 15] = [
    ("page", include_str!("../../../../reports/html/page.hbs")),
    ("briefs", include_str!("../../../../reports/html/briefs.hbs")),
    ("card", include_str!("../../../../reports/html/card.hbs")),
    ("charts", include_str!("../../../../reports/html/charts.hbs")),
    ("code", include_str!("../../../../reports/html/code.hbs")),
    ("exchange", include_str!("../../../../reports/html/exchange.hbs")),
    ("finding", include_str!("../../../../reports/html/finding.hbs")),
    ("glance", include_str!("../../../../reports/html/glance.hbs")),
    ("mark", include_str!("../../../../reports/html/mark.hbs")),
    ("obligation", include_str!("../../../../reports/html/obligation.hbs")),
    ("replay", include_str!("../../../../reports/html/replay.hbs")),
    ("rule", include_str!("../../../../reports/html/rule.hbs")),
    ("scenario", include_str!("../../../../reports/html/scenario.hbs")),
    ("sequence", include_str!("../../../../reports/html/sequence.hbs")),
    ("words", include_str!("../../../../reports/html/words.hbs")),
];

/// Renders a record as one page.
pub(crate) fn html(record: &RunRecord, bodies: &dyn Bodies, options: &Options) -> Result<Vec<u8>, Error> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    // A partial inside `<pre>` must not gain the spaces that stand before it.
    registry.set_prevent_indent(true);
    registry.register_escape_fn(escape);
    for (name, text) in TEMPLATES {
        registry.register_template_string(name, text).map_err(Box::new)?;
    }
    let page = view::page(record, bodies, options);
    Ok(registry.render("page", &page).map_err(Box::new)?.into_bytes())
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
