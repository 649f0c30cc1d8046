//! Bodies of ours: made, changed, and only then written in the form and the coding in which they go out.

use crate::build::values;
use crate::names::Layer;
use counterpart_evidence::{Body as BodyBytes, Headers, Request as RequestBytes, weighted};
use counterpart_matching::{Edit, Generators, Names, apply};
use counterpart_plan::model::{Body, BodyForm, BodyFrom, Coding, FormChoice, Shape};
use counterpart_transport::ContentCoding;
use counterpart_validate::{Asked, FhirForms, Form};
use serde_json::Value;

/// Parts edits into those of the JSON that a body is made in, where it goes out in another form or coding, and the rest.
pub(crate) fn when_to_edit(body: Option<&Body>, edits: &[Edit]) -> (Vec<Edit>, Vec<Edit>) {
    let turned = body.is_some_and(|body| matches!(body.form, BodyForm::Fhir(..)) || body.encode.is_some());
    edits.iter().cloned().partition(|edit: &Edit| turned && edit.is_of_json())
}

/// Makes a body, with the header fields that say what it is.
pub(crate) fn body(
    plan: Option<&Body>,
    edits: Vec<Edit>,
    headers: &mut Headers,
    names: &dyn Names,
    generators: &mut Generators,
) -> Result<Vec<u8>, String> {
    let Some(plan) = plan else { return Ok(Vec::new()) };
    let own = values(&plan.with, names, generators)?;
    let names = Layer::new(&own, names);
    let content = match &plan.from {
        BodyFrom::Bytes(bytes) => bytes.to_vec(),
        BodyFrom::Template(template) => template.render(&names, generators).map_err(|fault| fault.message)?.into_bytes(),
        BodyFrom::Value(shape) => written(&shape.build(&names, generators)?, &plan.form)?,
    };
    let content = edited(content, patch(&plan.patch, &names, generators)?.into_iter().chain(edits))?;
    let mut media_type = plan.media_type.clone();
    let content = match &plan.form {
        BodyForm::Fhir(forms, choice) => {
            let form = chosen(forms, choice, &names, generators)?;
            media_type.get_or_insert_with(|| forms.content_type(form).to_owned());
            forms.written(content, form).map_err(|fault| format!("the body has no XML form: {fault}"))?
        }
        BodyForm::Json | BodyForm::Xml => content,
    };
    if let Some(media_type) = media_type
        && headers.first("content-type").is_none()
    {
        headers.push("Content-Type", media_type);
    }
    Ok(coded(content, plan.encode, headers, &names))
}

fn written(value: &Value, form: &BodyForm) -> Result<Vec<u8>, String> {
    match form {
        BodyForm::Fhir(..) | BodyForm::Json => serde_json::to_vec(value).map_err(|error| error.to_string()),
        BodyForm::Xml => {
            value.as_str().map(|text| text.as_bytes().to_vec()).ok_or_else(|| "an XML body is built from text".to_owned())
        }
    }
}

/// Works out a JSON Patch.
fn patch(plan: &[Shape], names: &dyn Names, generators: &mut Generators) -> Result<Option<Edit>, String> {
    let mut operations = Vec::new();
    for shape in plan {
        match shape.build(names, generators)? {
            // A variant row can bring a whole patch.
            Value::Array(several) => operations.extend(several),
            one => operations.push(one),
        }
    }
    Ok((!plan.is_empty()).then_some(Edit::JsonPatch(Value::Array(operations))))
}

fn edited(content: Vec<u8>, edits: impl Iterator<Item = Edit>) -> Result<Vec<u8>, String> {
    let edits: Vec<Edit> = edits.collect();
    if edits.is_empty() {
        return Ok(content);
    }
    let mut message = RequestBytes { body: BodyBytes::plain(content), ..RequestBytes::default() };
    apply(&edits, &mut message).map_err(|fault| fault.message)?;
    Ok(message.body.content.to_vec())
}

/// Gives the form in which a resource goes out.
fn chosen(forms: &FhirForms, choice: &FormChoice, names: &dyn Names, generators: &mut Generators) -> Result<Form, String> {
    match choice {
        FormChoice::Is(form) => Ok(*form),
        FormChoice::Built(shape) => {
            let value = shape.build(names, generators)?;
            let form = value.as_str().and_then(|text| forms.of(text));
            form.ok_or_else(|| format!("`{value}` names no form of a resource, such as `json` or `xml`"))
        }
        FormChoice::Accepted => {
            let parameter = asked(names, "query", forms.parameter());
            let (accept, content_type) = (asked(names, "headers", "accept"), asked(names, "headers", "content-type"));
            Ok(forms.accepted(Asked {
                parameter: parameter.as_deref(),
                accept: accept.as_deref(),
                content_type: content_type.as_deref(),
            }))
        }
    }
}

/// Gives what the request that is answered says in a part of it; the lines of a header field are one list.
fn asked(names: &dyn Names, part: &str, name: &str) -> Option<String> {
    let part = names.member("request", part)?;
    let lines = part.get(name)?.as_array()?;
    Some(lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "))
}

fn coded(content: Vec<u8>, coding: Option<Coding>, headers: &mut Headers, names: &dyn Names) -> Vec<u8> {
    let (coding, name) = match coding {
        Some(Coding::Accepted) if asked(names, "headers", "accept-encoding").is_some_and(|line| takes_gzip(&line)) => {
            (ContentCoding::Gzip, "gzip")
        }
        Some(Coding::Deflate) => (ContentCoding::Deflate, "deflate"),
        Some(Coding::Gzip) => (ContentCoding::Gzip, "gzip"),
        Some(Coding::Accepted) | None => return content,
    };
    headers.set("Content-Encoding", name);
    counterpart_transport::encode(coding, &content)
}

/// Tells whether `Accept-Encoding` takes gzip (RFC 9110 section 12.5.3): by its name.
fn takes_gzip(line: &str) -> bool {
    weighted(line).any(|(name, _)| name.eq_ignore_ascii_case("gzip"))
}

#[cfg(test)]
mod tests {
    use super::takes_gzip;

    #[test]
    fn gzip_is_taken_by_name_and_weight() {
        assert!(takes_gzip("gzip") && takes_gzip("br;q=1.0, GZip;q=0.5") && takes_gzip("deflate, gzip"));
        assert!(!takes_gzip("gzip;q=0") && !takes_gzip("x-gzip") && !takes_gzip("") && !takes_gzip("*;q=0, br"));
    }
}
