//! The two forms of FHIR: bodies in XML are looked at as the JSON that they mean, and bodies made in JSON go out in either.

use counterpart_document::{Fault, Json, Limits, Xml};
use counterpart_evidence::weighted;
use counterpart_fhir::{Definitions, as_json, as_xml, place_in_xml};
use counterpart_matching::OtherForm;
use std::ops::Range;
use std::sync::Arc;

/// A form in which a FHIR resource is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON.
    Json,
    /// XML.
    Xml,
}

/// What a pack says of the two forms.
#[derive(Clone, Debug)]
pub struct FhirForms {
    definitions: Arc<Definitions>,
    json: Names,
    xml: Names,
    parameter: String,
    otherwise: Form,
}

/// What means a form.
#[derive(Clone, Debug)]
struct Names {
    /// `Content-Type` of what goes out.
    written: String,
    /// Media types and other names in small letters, without parameters.
    known: Vec<String>,
}

impl Names {
    fn new(names: Vec<String>) -> Self {
        let known = names.iter().map(|name| plain(name).to_ascii_lowercase()).collect();
        Self { written: names.into_iter().next().unwrap_or_default(), known }
    }

    fn has(&self, name: &str) -> bool {
        self.known.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Gives a media type without its parameters.
fn plain(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// What of a request can ask for a form.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// The query parameter, decoded.
    pub parameter: Option<&'a str>,
    /// `Accept`.
    pub accept: Option<&'a str>,
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
}

impl FhirForms {
    /// Takes the definitions by which one form is turned into the other, what means JSON and what means XML, of which the first
    /// is what goes out, the query parameter that asks for a form, and the form where nothing does.
    #[must_use]
    pub fn new(
        definitions: Arc<Definitions>,
        (json, xml): (Vec<String>, Vec<String>),
        parameter: String,
        otherwise: Form,
    ) -> Self {
        Self { definitions, json: Names::new(json), xml: Names::new(xml), parameter, otherwise }
    }

    /// Gives the query parameter that asks for a form, such as `_format`.
    #[must_use]
    pub fn parameter(&self) -> &str {
        &self.parameter
    }

    /// Gives the form of a media type; parameters after it do not matter.
    #[must_use]
    pub fn of(&self, media_type: &str) -> Option<Form> {
        // In a query a plus that was not escaped stands for a blank, and no media type has one.
        let name = plain(media_type).replace(' ', "+");
        let json = self.json.has(&name).then_some(Form::Json);
        json.or_else(|| self.xml.has(&name).then_some(Form::Xml))
    }

    /// Gives the form that a request asks for: by the parameter, else by `Accept`, else the one that it came in itself.
    #[must_use]
    pub fn accepted(&self, asked: Asked<'_>) -> Form {
        let parameter = asked.parameter.and_then(|value| self.of(value));
        let accept = || asked.accept.and_then(|value| self.best(value));
        let own = || asked.content_type.and_then(|value| self.of(value));
        parameter.or_else(accept).or_else(own).unwrap_or(self.otherwise)
    }

    /// Gives the form that `Accept` likes best; of those that it likes as much the first.
    fn best(&self, accept: &str) -> Option<Form> {
        let mut best: Option<(Form, f32)> = None;
        for (name, weight) in weighted(accept) {
            let form = if matches!(name, "*/*" | "application/*") { Some(self.otherwise) } else { self.of(name) };
            let Some(form) = form else { continue };
            if best.is_none_or(|(_, most)| weight > most) {
                best = Some((form, weight));
            }
        }
        best.map(|(form, _)| form)
    }

    /// Gives the `Content-Type` of a form.
    #[must_use]
    pub fn content_type(&self, form: Form) -> &str {
        match form {
            Form::Json => &self.json.written,
            Form::Xml => &self.xml.written,
        }
    }

    /// Writes a body that was made in JSON in a form; in JSON it stays as it is.
    ///
    /// # Errors
    /// Why it has no XML form, and where in the JSON.
    pub fn written(&self, json: Vec<u8>, form: Form) -> Result<Vec<u8>, Fault> {
        match form {
            Form::Json => Ok(json),
            Form::Xml => {
                let json = Json::parse(&json.into(), &Limits { bytes_max: usize::MAX, ..Limits::default() })?;
                as_xml(&json, &self.definitions).map(String::into_bytes)
            }
        }
    }
}

impl OtherForm for FhirForms {
    fn name(&self) -> &'static str {
        "a FHIR resource in XML"
    }

    fn has(&self, media_type: &str) -> bool {
        self.xml.has(media_type)
    }

    fn read(&self, body: &Xml, limits: &Limits) -> Result<Json, Fault> {
        let text = as_json(body, &self.definitions)?;
        Json::parse(&text.into(), limits).map_err(|fault| {
            // The place is one of the JSON, which nobody sent.
            let range = body.element().range();
            let (line, column) = counterpart_document::line_column(body.text(), range.start);
            Fault {
                message: format!("its JSON form cannot be read: {}", fault.message),
                offset: range.start,
                line,
                column,
                is_limit: fault.is_limit,
            }
        })
    }

    fn place(&self, body: &Xml, pointer: &str) -> Option<(String, Range<usize>)> {
        place_in_xml(body, pointer, &self.definitions)
    }
}

#[cfg(test)]
mod tests;
