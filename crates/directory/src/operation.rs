//! What a client asks: messages as bytes and as JSON (RFC 4511 §4).

use crate::ber::{Element, Reader, SEQUENCE, nest, put, put_boolean, put_enumerated, put_integer, put_octets};
use crate::fault::Fault;
use crate::filter::Filter;
use crate::limits::{LIST_MAX, MESSAGE_BYTES_MAX};
use crate::name::plain_name;
use serde_json::{Value, json};

const BIND: u8 = 0x60;
const UNBIND: u8 = 0x42;
const SEARCH: u8 = 0x63;
const ABANDON: u8 = 0x50;
const EXTENDED: u8 = 0x77;
/// Operations that are known by name only: tag and name.
const OTHERS: [(u8, &str); 5] = [(0x66, "modify"), (0x68, "add"), (0x4a, "delete"), (0x6c, "modify-dn"), (0x6e, "compare")];
const CONTROLS: u8 = 0xa0;
const SIMPLE: u8 = 0x80;
const SASL: u8 = 0xa3;

/// The largest number of a message (RFC 4511 §4.1.1).
const NUMBER_MAX: i64 = i32::MAX as i64;

/// How far below its base a search looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The base alone.
    Base,
    /// What stands directly below it.
    One,
    /// The base and all below it.
    Sub,
}

impl Scope {
    /// Every scope with its name in an LDAP URL (RFC 4516 §2), by its number.
    const ALL: [(Self, &'static str); 3] = [(Self::Base, "base"), (Self::One, "one"), (Self::Sub, "sub")];

    /// Gives its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(scope, _)| *scope == self).map_or("", |(_, name)| name)
    }
}

/// A search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// Name below which it looks.
    pub base: String,
    /// How far.
    pub scope: Scope,
    /// How aliases are followed, 0 to 3; there are none here.
    pub deref: i64,
    /// Most entries; 0 for any number.
    pub size_limit: i64,
    /// Most seconds; 0 for any time.
    pub time_limit: i64,
    /// Whether only names of attributes are wanted.
    pub types_only: bool,
    /// Which entries.
    pub filter: Filter,
    /// Which attributes; all without any.
    pub attributes: Vec<String>,
}

/// Who a client says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// By a mechanism of SASL.
    Sasl(String),
    /// By a password, empty for anonymous.
    Simple(Vec<u8>),
}

/// A control (RFC 4511 §4.1.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Object identifier.
    pub kind: String,
    /// Whether the operation must not be done without it.
    pub critical: bool,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Give up the operation of that number; it has no answer.
    Abandon(i64),
    /// Say who one is.
    Bind {
        /// Version of the protocol.
        version: i64,
        /// Name.
        name: String,
        /// Proof.
        authentication: Authentication,
    },
    /// An extended operation, by object identifier.
    Extended(String),
    /// An operation that changes or compares entries, by name.
    Other(&'static str),
    /// A search.
    Search(Search),
    /// End the connection; it has no answer.
    Unbind,
}

/// A message of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number, which the answer repeats.
    pub id: i64,
    /// What is asked.
    pub operation: Operation,
    /// Controls.
    pub controls: Vec<Control>,
}

impl Message {
    /// Reads one whole message.
    ///
    /// # Errors
    /// The bytes are no message of a client, or a bound was passed.
    pub fn read(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(Fault::Bound { what: "a message's length in bytes", most: MESSAGE_BYTES_MAX });
        }
        let mut outer = Reader::new(bytes);
        let message = outer.tagged(SEQUENCE, "the message")?;
        let mut inner = message.inner();
        let id = inner.integer("the message's number")?;
        // 0 is the server's own.
        if !(1..=NUMBER_MAX).contains(&id) {
            return Err(message.wrong(format!("the message's number is {id}")));
        }
        let operation = operation(inner.any("the operation")?)?;
        let controls = match inner.next()? {
            None => Vec::new(),
            Some(element) if element.tag == CONTROLS => controls(element)?,
            Some(element) => return Err(element.wrong("something other than controls follows the operation")),
        };
        if let Some(element) = outer.next()? {
            return Err(element.wrong("something follows the message"));
        }
        Ok(Self { id, operation, controls })
    }

    /// Writes the message; one known by name only cannot be written and gives nothing.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        nest(&mut out, SEQUENCE, |inner| {
            put_integer(inner, self.id);
            match &self.operation {
                Operation::Abandon(id) => put(inner, ABANDON, &crate::ber::digits(*id)),
                Operation::Bind { version, name, authentication } => nest(inner, BIND, |bind| {
                    put_integer(bind, *version);
                    put_octets(bind, name.as_bytes());
                    match authentication {
                        Authentication::Simple(password) => put(bind, SIMPLE, password),
                        Authentication::Sasl(mechanism) => nest(bind, SASL, |sasl| put_octets(sasl, mechanism.as_bytes())),
                    }
                }),
                Operation::Extended(name) => nest(inner, EXTENDED, |extended| put(extended, 0x80, name.as_bytes())),
                Operation::Other(_) => {}
                Operation::Search(search) => nest(inner, SEARCH, |out| search.write(out)),
                Operation::Unbind => put(inner, UNBIND, &[]),
            }
        });
        out
    }

    /// Makes the operation that a JSON value says: a search, or with `"operation": "bind"` a bind.
    ///
    /// # Errors
    /// A member has a value of the wrong kind, or the filter is none.
    pub fn from_value(id: i64, value: &Value) -> Result<Self, Fault> {
        let operation = match value.get("operation").and_then(Value::as_str) {
            None | Some("search") => Operation::Search(Search::from_value(value)?),
            Some("bind") => Operation::Bind {
                version: number(value, "version", 3)?,
                name: text(value, "name", "")?,
                authentication: match value.get("mechanism") {
                    Some(_) => Authentication::Sasl(text(value, "mechanism", "")?),
                    None => Authentication::Simple(value.get("password").map(crate::text::bytes_of).unwrap_or_default()),
                },
            },
            Some("extended") => Operation::Extended(text(value, "name", "")?),
            Some(other) => return Err(Fault::Value(format!("the operation `{other}` is none that can be asked for"))),
        };
        Ok(Self { id, operation, controls: Vec::new() })
    }

    /// Writes as JSON what the message says.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut value = match &self.operation {
            Operation::Abandon(id) => json!({ "operation": "abandon", "abandons": id }),
            Operation::Bind { version, name, authentication } => {
                let mut value = json!({ "operation": "bind", "version": version, "name": name });
                match authentication {
                    Authentication::Simple(password) if password.is_empty() => value["authentication"] = json!("anonymous"),
                    Authentication::Simple(password) => {
                        value["authentication"] = json!("simple");
                        value["password"] = crate::text::value_of(password);
                    }
                    Authentication::Sasl(mechanism) => {
                        value["authentication"] = json!("sasl");
                        value["mechanism"] = json!(mechanism);
                    }
                }
                value
            }
            Operation::Extended(name) => json!({ "operation": "extended", "name": name }),
            Operation::Other(name) => json!({ "operation": name }),
            Operation::Search(search) => search.to_value(),
            Operation::Unbind => json!({ "operation": "unbind" }),
        };
        if !self.controls.is_empty() {
            let controls = self.controls.iter().map(|control| json!({ "type": control.kind, "critical": control.critical }));
            value["controls"] = controls.collect();
        }
        value
    }

    /// Gives the name of the operation in capitals, as a method is written.
    #[must_use]
    pub fn method(&self) -> String {
        self.to_value().get("operation").and_then(Value::as_str).unwrap_or_default().to_uppercase()
    }

    /// Gives what is asked as an LDAP URL without its server (RFC 4516 §2): name, attributes, scope and filter.
    #[must_use]
    pub fn target(&self) -> String {
        let mut out = String::from("/");
        match &self.operation {
            Operation::Search(search) => {
                encode(&search.base, &mut out);
                out.push('?');
                encode(&search.attributes.join(","), &mut out);
                out.push('?');
                out.push_str(search.scope.name());
                out.push('?');
                encode(&search.filter.to_string(), &mut out);
            }
            Operation::Bind { name, .. } | Operation::Extended(name) => encode(name, &mut out),
            _ => {}
        }
        out
    }
}

/// Writes text so that it can stand in a URL between question marks (RFC 3986 §2.1).
fn encode(text: &str, out: &mut String) {
    use std::fmt::Write as _;
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !b"\"#%<>?[\\]^`{|}".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

impl Search {
    fn read(mut inner: Reader<'_>) -> Result<Self, Fault> {
        let base = inner.text("the base")?;
        let scope = inner.enumerated("the scope")?;
        let known = usize::try_from(scope).ok().and_then(|at| Scope::ALL.get(at));
        let (scope, _) = *known.ok_or_else(|| Fault::Value(format!("the scope {scope} is none of 0, 1, 2")))?;
        let deref = inner.enumerated("how aliases are followed")?;
        let size_limit = inner.integer("the size limit")?;
        let time_limit = inner.integer("the time limit")?;
        let types_only = inner.boolean("whether only types are wanted")?;
        let number = 0..=NUMBER_MAX;
        if !(0..=3).contains(&deref) || !number.contains(&size_limit) || !number.contains(&time_limit) {
            return Err(Fault::Value("a number of the search is out of its range".to_owned()));
        }
        let filter = Filter::read(&mut inner)?;
        let mut list = inner.tagged(SEQUENCE, "the list of attributes")?.inner();
        let mut attributes = Vec::new();
        while let Some(element) = list.next()? {
            if attributes.len() >= LIST_MAX {
                return Err(Fault::Bound { what: "the number of attributes asked for", most: LIST_MAX });
            }
            let name = String::from_utf8(element.octets());
            attributes.push(name.map_err(|_| element.wrong("an attribute's name is not UTF-8"))?);
        }
        Ok(Self { base, scope, deref, size_limit, time_limit, types_only, filter, attributes })
    }

    fn write(&self, out: &mut Vec<u8>) {
        put_octets(out, self.base.as_bytes());
        put_enumerated(
            out,
            Scope::ALL.iter().position(|(scope, _)| *scope == self.scope).map_or(2, |at| i64::try_from(at).unwrap_or(2)),
        );
        put_enumerated(out, self.deref);
        put_integer(out, self.size_limit);
        put_integer(out, self.time_limit);
        put_boolean(out, self.types_only);
        self.filter.write(out);
        nest(out, SEQUENCE, |list| self.attributes.iter().for_each(|name| put_octets(list, name.as_bytes())));
    }

    fn from_value(value: &Value) -> Result<Self, Fault> {
        let scope = text(value, "scope", "sub")?;
        let known = Scope::ALL.iter().find(|(_, name)| *name == scope).map(|(scope, _)| *scope);
        let attributes = match value.get("attributes") {
            None => Vec::new(),
            Some(Value::Array(names)) => names
                .iter()
                .map(|name| name.as_str().map(ToOwned::to_owned))
                .collect::<Option<_>>()
                .ok_or_else(|| Fault::Value("`attributes` is no list of names".to_owned()))?,
            Some(_) => return Err(Fault::Value("`attributes` is no list of names".to_owned())),
        };
        Ok(Self {
            base: text(value, "base", "")?,
            scope: known.ok_or_else(|| Fault::Value(format!("the scope `{scope}` is none of base, one, sub")))?,
            deref: 0,
            size_limit: number(value, "size-limit", 0)?,
            time_limit: number(value, "time-limit", 0)?,
            types_only: value.get("types-only").is_some_and(|flag| *flag == Value::Bool(true)),
            filter: Filter::parse(&text(value, "filter", "(objectClass=*)")?)?,
            attributes,
        })
    }

    fn to_value(&self) -> Value {
        json!({
            "operation": "search",
            "base": self.base,
            "base-plain": plain_name(&self.base),
            "scope": self.scope.name(),
            "filter": self.filter.to_string(),
            "demands": self.filter.demands(),
            "attributes": self.attributes,
            "size-limit": self.size_limit,
            "time-limit": self.time_limit,
            "types-only": self.types_only,
        })
    }
}

fn text(value: &Value, name: &str, otherwise: &str) -> Result<String, Fault> {
    match value.get(name) {
        None => Ok(otherwise.to_owned()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(Fault::Value(format!("`{name}` is no text: {other}"))),
    }
}

fn number(value: &Value, name: &str, otherwise: i64) -> Result<i64, Fault> {
    match value.get(name) {
        None => Ok(otherwise),
        Some(found) => {
            let number = found.as_i64().filter(|number| (0..=NUMBER_MAX).contains(number));
            number.ok_or_else(|| Fault::Value(format!("`{name}` is no whole number from 0 to {NUMBER_MAX}: {found}")))
        }
    }
}

fn operation(element: Element<'_>) -> Result<Operation, Fault> {
    let mut inner = element.inner();
    Ok(match element.tag {
        ABANDON => Operation::Abandon(element.integer()?),
        BIND => {
            let version = inner.integer("the version")?;
            let name = inner.text("the name")?;
            let proof = inner.any("the authentication")?;
            let authentication = match proof.tag {
                SIMPLE => Authentication::Simple(proof.octets()),
                SASL => Authentication::Sasl(proof.inner().text("the mechanism")?),
                tag => return Err(proof.wrong(format!("an authentication with the unknown tag 0x{tag:02x}"))),
            };
            Operation::Bind { version, name, authentication }
        }
        EXTENDED => {
            let name = inner.tagged(0x80, "the name of the extended operation")?;
            Operation::Extended(String::from_utf8(name.octets()).map_err(|_| name.wrong("it is not UTF-8"))?)
        }
        SEARCH => Operation::Search(Search::read(inner)?),
        UNBIND => Operation::Unbind,
        tag => match OTHERS.iter().find(|(known, _)| *known == tag) {
            Some((_, name)) => Operation::Other(name),
            None => return Err(element.wrong(format!("no client asks for an operation with the tag 0x{tag:02x}"))),
        },
    })
}

fn controls(element: Element<'_>) -> Result<Vec<Control>, Fault> {
    let mut list = element.inner();
    let mut controls = Vec::new();
    while let Some(control) = list.next()? {
        if controls.len() >= LIST_MAX {
            return Err(Fault::Bound { what: "the number of controls", most: LIST_MAX });
        }
        let mut inner = control.inner();
        let kind = inner.text("a control's type")?;
        // What else it may hold is its value, an octet string, which nothing here reads.
        let critical = match inner.next()? {
            Some(flag) if flag.tag == 0x01 => flag.content.first().is_some_and(|byte| *byte != 0),
            _ => false,
        };
        controls.push(Control { kind, critical });
    }
    Ok(controls)
}

#[cfg(test)]
mod tests;
