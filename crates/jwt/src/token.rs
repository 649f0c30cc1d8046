//! A token as it came: three parts of base64url, the first two of which are JSON objects.

use crate::limits::TOKEN_BYTES_MAX;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterpart_document::{Json, Limits};
use serde_json::Value;

/// A part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The claims, second.
    Claims,
    /// The header, first.
    Header,
    /// The signature, last.
    Signature,
    /// The token as a whole.
    Whole,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Claims => "the claims",
            Self::Header => "the header",
            Self::Signature => "the signature",
            Self::Whole => "the token",
        }
    }
}

/// What is wrong with the form of a token; the text is a sentence without its full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {message}", part.name())]
pub struct Malformed {
    /// Where.
    pub part: Part,
    /// What, after the name of the part.
    pub message: String,
}

fn malformed(part: Part, message: impl Into<String>) -> Malformed {
    Malformed { part, message: message.into() }
}

/// A token whose three parts have their form; nothing is said yet of whether it is signed, or by whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    header: Value,
    claims: Value,
    signature: Vec<u8>,
    /// The first two parts as they came: what is signed (RFC 7515 §5.2).
    signed: String,
}

impl Token {
    /// Reads a token.
    ///
    /// # Errors
    ///
    /// [`Malformed`] for the first part that has not its form.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let [header, claims, signature] = parts(text)?;
        let token = Self {
            header: object(header, Part::Header)?.value().clone(),
            claims: object(claims, Part::Claims)?.value().clone(),
            signature: decoded(signature, Part::Signature)?,
            signed: format!("{header}.{claims}"),
        };
        match token.header.get("alg") {
            Some(Value::String(_)) => Ok(token),
            Some(_) => Err(malformed(Part::Header, "has a member `alg` that is no text")),
            None => Err(malformed(Part::Header, "has no member `alg` (RFC 7515 section 4.1.1)")),
        }
    }

    /// Gives the header, an object.
    #[must_use]
    pub fn header(&self) -> &Value {
        &self.header
    }

    /// Gives the claims, an object.
    #[must_use]
    pub fn claims(&self) -> &Value {
        &self.claims
    }

    /// Gives the name of the algorithm, known or not.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        self.text("alg").unwrap_or_default()
    }

    /// Gives the id of the key that it says it was signed with.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.text("kid")
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }

    pub(crate) fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }
}

/// Reads one part of a token as JSON, whatever the others are like.
///
/// # Errors
///
/// [`Malformed`] where the token has not three parts, or this one is no JSON object in base64url; the signature is none.
pub fn part(text: &str, wanted: Part) -> Result<Json, Malformed> {
    let [header, claims, _] = parts(text)?;
    match wanted {
        Part::Claims => object(claims, wanted),
        Part::Header => object(header, wanted),
        Part::Signature | Part::Whole => Err(malformed(wanted, "is no JSON")),
    }
}

fn parts(text: &str) -> Result<[&str; 3], Malformed> {
    if text.len() > TOKEN_BYTES_MAX {
        return Err(malformed(Part::Whole, format!("has more than {TOKEN_BYTES_MAX} bytes")));
    }
    let all: Vec<&str> = text.split('.').collect();
    <[&str; 3]>::try_from(all).map_err(|_| malformed(Part::Whole, "is not three parts divided by dots (RFC 7515 section 3.1)"))
}

fn decoded(text: &str, part: Part) -> Result<Vec<u8>, Malformed> {
    let wrong = |_| malformed(part, "is not base64url without padding (RFC 7515 section 2)");
    URL_SAFE_NO_PAD.decode(text).map_err(wrong)
}

fn object(text: &str, part: Part) -> Result<Json, Malformed> {
    let bytes = decoded(text, part)?;
    let json = Json::parse(&bytes.into(), &Limits::default());
    let json = json.map_err(|fault| malformed(part, format!("is not JSON: {}", fault.message)))?;
    if !json.value().is_object() {
        return Err(malformed(part, "is no JSON object"));
    }
    match json.duplicates().first() {
        // Two readers could take two tokens from it (RFC 7515 §4, RFC 7519 §4).
        Some(twice) => Err(malformed(part, format!("has the member `{}` twice", twice.pointer))),
        None => Ok(json),
    }
}

#[cfg(test)]
mod tests;
