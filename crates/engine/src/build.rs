//! Plan to message: names filled in, headers and body put together.

use crate::body::{body, when_to_edit};
use crate::clock::Clock;
use crate::names::Layer;
use counterpart_evidence::{Body as BodyBytes, Headers, Request as RequestBytes, Response as ResponseBytes, Version};
use counterpart_matching::{Generators, Names, apply};
use counterpart_plan::model::{Field, Reply, Request, Shape, Time};
use serde_json::{Map, Value};

/// Works out a duration of the run, in milliseconds.
pub(crate) fn milliseconds(time: &Time, names: &dyn Names) -> Result<u64, String> {
    match time {
        Time::Fixed(milliseconds) => Ok(*milliseconds),
        Time::Computed(expression) => {
            let value = expression.evaluate(names).map_err(|fault| fault.message)?;
            whole(&value).ok_or_else(|| format!("`{}` gives {value}, which is no duration in milliseconds", expression.text()))
        }
    }
}

/// Reads a number that is not negative, fractions dropped.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is tested")]
pub(crate) fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().filter(|number| (0.0..=9e15).contains(number)).map(|number| number as u64))
}

/// Works out named values in order; each sees those before it.
pub(crate) fn values(
    with: &[(String, Shape)],
    names: &dyn Names,
    generators: &mut Generators,
) -> Result<Map<String, Value>, String> {
    let mut own = Map::new();
    for (name, shape) in with {
        let value = shape.build(&Layer::new(&own, names), generators).map_err(|reason| format!("`{name}`: {reason}"))?;
        own.insert(name.clone(), value);
    }
    Ok(own)
}

/// Builds a request; `Host` and `Content-Length` are the transport's.
pub(crate) fn request(
    plan: &Request,
    base_path: &str,
    names: &dyn Names,
    generators: &mut Generators,
) -> Result<RequestBytes, String> {
    let own = values(&plan.with, names, generators)?;
    let names = Layer::new(&own, names);
    let text = |template: &counterpart_matching::Template, generators: &mut Generators| {
        template.render(&names, generators).map_err(|fault| fault.message)
    };
    let method = text(&plan.method, generators)?;
    let target = format!("{}{}", base_path.trim_end_matches('/'), text(&plan.path, generators)?);
    let mut headers = fields(&plan.headers, &names, generators)?;
    let (before, after) = when_to_edit(plan.body.as_ref(), &plan.edits);
    let content = body(plan.body.as_ref(), before, &mut headers, &names, generators)?;
    let mut request = RequestBytes { method, target, version: Version::Http11, headers, body: BodyBytes::plain(content) };
    apply(&after, &mut request).map_err(|fault| fault.message)?;
    Ok(request)
}

/// Builds a reply.
pub(crate) fn reply(plan: &Reply, names: &dyn Names, generators: &mut Generators) -> Result<ResponseBytes, String> {
    let own = values(&plan.with, names, generators)?;
    let names = Layer::new(&own, names);
    let status = plan.status.build(&names, generators)?;
    let status = whole(&status)
        .and_then(|status| u16::try_from(status).ok())
        .or_else(|| status.as_str().and_then(|text| text.parse().ok()));
    let status = status.filter(|status| *status <= 999).ok_or("the reply's status is no status code")?;
    let mut headers = fields(&plan.headers, &names, generators)?;
    let (before, after) = when_to_edit(plan.body.as_ref(), &plan.edits);
    let content = body(plan.body.as_ref(), before, &mut headers, &names, generators)?;
    let reason = plan.reason.clone().unwrap_or_else(|| reason_of(status).to_owned());
    let mut response = ResponseBytes { status, reason, version: Version::Http11, headers, body: BodyBytes::plain(content) };
    apply(&after, &mut response).map_err(|fault| fault.message)?;
    Ok(response)
}

fn fields(plan: &[Field], names: &dyn Names, generators: &mut Generators) -> Result<Headers, String> {
    let mut headers = Headers::default();
    set_fields(&mut headers, plan, names, generators)?;
    Ok(headers)
}

/// Builds fields, each in the place of those of its name; one that is `null` only takes these out.
pub(crate) fn set_fields(
    headers: &mut Headers,
    plan: &[Field],
    names: &dyn Names,
    generators: &mut Generators,
) -> Result<(), String> {
    for field in plan {
        let name = field.name.render(names, generators).map_err(|fault| fault.message)?;
        // A reply that builds on another gives a field of its own after the other's, in its place.
        headers.remove(&name);
        match field.value.build(names, generators).map_err(|reason| format!("header `{name}`: {reason}"))? {
            Value::Null => {}
            Value::Array(values) => values.iter().for_each(|value| headers.push(name.clone(), plain(value))),
            value => headers.push(name, plain(&value)),
        }
    }
    // The injection of a line end is impossible for templates; a typed value takes the same way.
    match headers.iter().find(|header| header.value.contains(['\r', '\n', '\0']) || header.name.is_empty()) {
        Some(header) => Err(format!("header `{}` would hold a line end or has no name", header.name)),
        None => Ok(()),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Makes the generators of one message: everything random in it depends on the seed and on what it is for.
pub(crate) fn generators(seed: u64, parts: &[&str], clock: &Clock) -> Generators {
    Generators::new(clock.now_unix_ms(), counterpart_matching::Random::keyed(seed, parts))
}

/// Gives the usual reason phrase of a status (RFC 9110 §15).
pub(crate) fn reason_of(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        103 => "Early Hints",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::fields;
    use counterpart_matching::{Escape, Generators, NoNames, Random, Template};
    use counterpart_plan::model::{Field, Shape};
    use serde_json::{Value, json};

    fn field(name: &str, value: Value) -> Field {
        Field { name: Template::compile(name, name, Escape::Header).expect("a name"), value: Shape::Literal(value) }
    }

    fn built(plan: &[Field]) -> Vec<String> {
        let mut generators = Generators::new(0, Random::keyed(1, &["test"]));
        let headers = fields(plan, &NoNames, &mut generators).expect("headers");
        headers.iter().map(|header| format!("{}: {}", header.name, header.value)).collect()
    }

    #[test]
    fn a_later_field_stands_in_the_place_of_an_earlier_one() {
        let base = || [field("Location", json!("/made")), field("Allow", json!(["GET", "PUT"]))];
        assert_eq!(built(&base()), ["Location: /made", "Allow: GET", "Allow: PUT"]);
        let with = |name, value| base().into_iter().chain([field(name, value)]).collect::<Vec<_>>();
        assert_eq!(built(&with("allow", json!("POST"))), ["Location: /made", "allow: POST"]);
        assert_eq!(built(&with("Location", Value::Null)), ["Allow: GET", "Allow: PUT"]);
    }
}
