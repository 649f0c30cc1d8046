//! What a directory answers: entries, then a result, as bytes and as JSON (RFC 4511 §4.1.9, §4.5.2).

use crate::ber::{Element, OCTETS, Reader, SEQUENCE, SET, message_end, nest, put, put_enumerated, put_integer, put_octets};
use crate::fault::Fault;
use crate::limits::{ANSWER_BYTES_MAX, ENTRIES_MAX};
use crate::text::{bytes_of, list_of, value_of};
use serde_json::{Map, Value, json};

const ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const REFERENCE: u8 = 0x73;
const BIND_DONE: u8 = 0x61;
const EXTENDED_DONE: u8 = 0x78;
const REFERRAL: u8 = 0xa3;
/// The tag of a result by the method that it answers.
const DONE: [(&str, u8); 8] = [
    ("ADD", 0x69),
    ("BIND", BIND_DONE),
    ("COMPARE", 0x6f),
    ("DELETE", 0x6b),
    ("EXTENDED", EXTENDED_DONE),
    ("MODIFY", 0x67),
    ("MODIFY-DN", 0x6d),
    ("SEARCH", SEARCH_DONE),
];
/// What a server sends before it closes a connection on which no message could be read (RFC 4511 §4.4.1).
const DISCONNECTION: &str = "1.3.6.1.4.1.1466.20036";

/// One entry of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its attributes in order, with their values.
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
}

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Result code.
    pub code: u16,
    /// How far the base of the search is known.
    pub matched: String,
    /// In words.
    pub diagnostic: String,
    /// Other servers to ask.
    pub referrals: Vec<String>,
    /// Entries.
    pub entries: Vec<Entry>,
    /// Other servers that hold further entries.
    pub references: Vec<String>,
}

impl Answer {
    /// Makes the answer that a JSON value says; what a member lacks or has in the wrong form counts as empty.
    #[must_use]
    pub fn from_value(code: u16, value: &Value) -> Self {
        let text = |name: &str| value.get(name).map(|value| String::from_utf8_lossy(&bytes_of(value)).into_owned());
        let texts = |name: &str| {
            let list = value.get(name).map(list_of).unwrap_or_default();
            list.iter().map(|value| String::from_utf8_lossy(&bytes_of(value)).into_owned()).collect()
        };
        let entries = value.get("entries").map(list_of).unwrap_or_default();
        Self {
            code,
            matched: text("matched").unwrap_or_default(),
            diagnostic: text("diagnostic").unwrap_or_default(),
            referrals: texts("referrals"),
            entries: entries.iter().take(ENTRIES_MAX).map(Entry::from_value).collect(),
            references: texts("references"),
        }
    }

    /// Writes as JSON what the answer says; its code is told apart. Names of attributes stand in small letters, since LDAP does
    /// not tell capitals from small ones there.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({
            "matched": self.matched,
            "diagnostic": self.diagnostic,
            "referrals": self.referrals,
            "entries": self.entries.iter().map(Entry::to_value).collect::<Vec<_>>(),
            "references": self.references,
        })
    }

    /// Writes the answer to the operation of a method: its entries, its references, then the result.
    #[must_use]
    pub fn write(&self, id: i64, method: &str) -> Vec<u8> {
        let mut out = Vec::new();
        for entry in &self.entries {
            message(&mut out, id, |out| entry.write(out));
        }
        for reference in &self.references {
            message(&mut out, id, |out| nest(out, REFERENCE, |list| put_octets(list, reference.as_bytes())));
        }
        let tag = DONE.iter().find(|(known, _)| *known == method).map_or(EXTENDED_DONE, |(_, tag)| *tag);
        message(&mut out, id, |out| nest(out, tag, |done| self.write_result(done)));
        out
    }

    /// Writes the notice that no message could be read, after which the connection is closed.
    #[must_use]
    pub fn disconnection(reason: &str) -> Vec<u8> {
        let answer = Self { code: 2, diagnostic: reason.to_owned(), ..Self::default() };
        let mut out = Vec::new();
        message(&mut out, 0, |out| {
            nest(out, EXTENDED_DONE, |done| {
                answer.write_result(done);
                put(done, 0x8a, DISCONNECTION.as_bytes());
            });
        });
        out
    }

    fn write_result(&self, out: &mut Vec<u8>) {
        put_enumerated(out, i64::from(self.code));
        put_octets(out, self.matched.as_bytes());
        put_octets(out, self.diagnostic.as_bytes());
        if !self.referrals.is_empty() {
            nest(out, REFERRAL, |list| self.referrals.iter().for_each(|url| put_octets(list, url.as_bytes())));
        }
    }
}

fn message(out: &mut Vec<u8>, id: i64, write: impl FnOnce(&mut Vec<u8>)) {
    nest(out, SEQUENCE, |inner| {
        put_integer(inner, id);
        write(inner);
    });
}

impl Entry {
    fn from_value(value: &Value) -> Self {
        let name = value.get("dn").map(bytes_of).unwrap_or_default();
        let attributes = value.get("attributes").and_then(Value::as_object);
        let attribute = |(name, values): (&String, &Value)| (name.clone(), list_of(values).iter().map(bytes_of).collect());
        Self {
            name: String::from_utf8_lossy(&name).into_owned(),
            attributes: attributes.into_iter().flatten().map(attribute).collect(),
        }
    }

    fn to_value(&self) -> Value {
        let mut attributes = Map::new();
        for (name, values) in &self.attributes {
            let list = attributes.entry(name.to_lowercase()).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.extend(values.iter().map(|value| value_of(value)));
            }
        }
        json!({ "dn": self.name, "attributes": attributes })
    }

    fn write(&self, out: &mut Vec<u8>) {
        nest(out, ENTRY, |entry| {
            put_octets(entry, self.name.as_bytes());
            nest(entry, SEQUENCE, |list| {
                for (name, values) in &self.attributes {
                    nest(list, SEQUENCE, |attribute| {
                        put_octets(attribute, name.as_bytes());
                        nest(attribute, SET, |set| values.iter().for_each(|value| put_octets(set, value)));
                    });
                }
            });
        });
    }

    fn read(element: Element<'_>) -> Result<Self, Fault> {
        let mut inner = element.inner();
        let name = inner.text("the name of an entry")?;
        let mut list = inner.tagged(SEQUENCE, "the attributes of an entry")?.inner();
        let mut attributes = Vec::new();
        while let Some(attribute) = list.next()? {
            let mut attribute = attribute.inner();
            let name = attribute.text("the name of an attribute")?;
            let mut set = attribute.tagged(SET, "the values of an attribute")?.inner();
            let mut values = Vec::new();
            while let Some(value) = set.next()? {
                values.push(value.octets());
            }
            attributes.push((name, values));
        }
        Ok(Self { name, attributes })
    }
}

/// Reads an answer message by message, as its bytes come.
#[derive(Debug)]
pub struct AnswerReader {
    id: i64,
    answer: Answer,
    read_bytes: usize,
}

impl AnswerReader {
    /// Waits for the answer to the message of that number.
    #[must_use]
    pub fn new(id: i64) -> Self {
        Self { id, answer: Answer::default(), read_bytes: 0 }
    }

    /// Reads from all bytes that came; gives the answer once it is whole.
    ///
    /// # Errors
    /// The bytes are no answer, or a bound was passed.
    pub fn read(&mut self, came: &[u8]) -> Result<Option<Answer>, Fault> {
        if came.len() > ANSWER_BYTES_MAX {
            return Err(Fault::Bound { what: "an answer's length in bytes", most: ANSWER_BYTES_MAX });
        }
        while let Some(rest) = came.get(self.read_bytes..).filter(|rest| !rest.is_empty()) {
            let Some(end) = message_end(rest)? else { return Ok(None) };
            let whole = self.message(rest.get(..end).unwrap_or_default())?;
            self.read_bytes += end;
            if whole {
                return Ok(Some(std::mem::take(&mut self.answer)));
            }
        }
        Ok(None)
    }

    /// Gives what came of an answer that is not whole.
    #[must_use]
    pub fn so_far(self) -> Answer {
        self.answer
    }

    /// Reads one message; tells whether it was the last.
    fn message(&mut self, bytes: &[u8]) -> Result<bool, Fault> {
        let message = Reader::new(bytes).tagged(SEQUENCE, "the message")?;
        let mut inner = message.inner();
        let id = inner.integer("the message's number")?;
        let body = inner.any("the answer")?;
        if id == 0 && body.tag == EXTENDED_DONE {
            self.result(body)?;
            return Ok(true);
        }
        if id != self.id {
            return Err(message.wrong(format!("an answer to message {id}, which is not the one that was sent: {}", self.id)));
        }
        match body.tag {
            ENTRY if self.answer.entries.len() >= ENTRIES_MAX => {
                return Err(Fault::Bound { what: "the number of entries of an answer", most: ENTRIES_MAX });
            }
            ENTRY => self.answer.entries.push(Entry::read(body)?),
            REFERENCE => {
                let mut list = body.inner();
                while let Some(url) = list.next()? {
                    self.answer.references.push(String::from_utf8_lossy(url.content).into_owned());
                }
            }
            tag if DONE.iter().any(|(_, known)| *known == tag) => {
                self.result(body)?;
                return Ok(true);
            }
            tag => return Err(body.wrong(format!("no server answers with the tag 0x{tag:02x}"))),
        }
        Ok(false)
    }

    fn result(&mut self, body: Element<'_>) -> Result<(), Fault> {
        let mut inner = body.inner();
        let code = inner.enumerated("the result code")?;
        self.answer.code = u16::try_from(code).map_err(|_| body.wrong(format!("the result code is {code}")))?;
        self.answer.matched = inner.text("how far the base is known")?;
        self.answer.diagnostic = inner.text("the diagnostic message")?;
        while let Some(element) = inner.next()? {
            if element.tag == REFERRAL {
                let mut list = element.inner();
                while let Some(url) = list.next()?.filter(|url| url.tag == OCTETS) {
                    self.answer.referrals.push(String::from_utf8_lossy(url.content).into_owned());
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
