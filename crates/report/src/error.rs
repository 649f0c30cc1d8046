//! What can go wrong while a report is made. Hostile messages are not among it: they are shown, never refused.

/// Why a report could not be made; each text reads after "could not".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The page could not be filled from its templates: a fault of ours.
    #[error("fill the HTML templates: {0}")]
    FillPage(#[from] Box<handlebars::RenderError>),
    /// A template does not parse: a fault of ours.
    #[error("read the HTML templates: {0}")]
    ReadTemplate(&'static handlebars::TemplateError),
    /// The record could not be written as JSON.
    #[error("write the record as JSON: {0}")]
    WriteJson(#[from] serde_json::Error),
    /// The JUnit report could not be written.
    #[error("write the JUnit report: {0}")]
    WriteJunit(#[from] Box<quick_junit::SerializeError>),
    /// What a report is written to takes no more.
    #[error("write the report: {0}")]
    Write(#[from] std::io::Error),
}
