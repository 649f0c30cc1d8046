//! Filters as bytes (RFC 4511 §4.5.1).

use super::{Filter, FilterPart};
use crate::ber::{Element, OCTETS, Reader, SEQUENCE, nest, put, put_octets};
use crate::fault::Fault;
use crate::limits::{DEPTH_MAX, FILTER_PARTS_MAX};

const AND: u8 = 0xa0;
const OR: u8 = 0xa1;
const NOT: u8 = 0xa2;
const EQUAL: u8 = 0xa3;
const SUBSTRINGS: u8 = 0xa4;
const FROM: u8 = 0xa5;
const UNTIL: u8 = 0xa6;
const PRESENT: u8 = 0x87;
const APPROX: u8 = 0xa8;
const EXTENSIBLE: u8 = 0xa9;
const INITIAL: u8 = 0x80;
const ANY: u8 = 0x81;
const LAST: u8 = 0x82;

impl Filter {
    /// Reads the next element as a filter.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let mut parts = Vec::new();
        // Levels that are open: where in `parts` each began, and what of it is still to be read.
        let mut open: Vec<(usize, Reader<'_>)> = Vec::new();
        take(reader.any("the filter")?, &mut parts, &mut open)?;
        while let Some((began, inner)) = open.last_mut() {
            match inner.next()? {
                Some(element) => {
                    let (began, is_first) = (*began, parts.len() == *began + 1);
                    match parts.get_mut(began) {
                        Some(FilterPart::And(count) | FilterPart::Or(count)) => *count += 1,
                        _ if !is_first => return Err(element.wrong("`not` holds more than one filter")),
                        _ => {}
                    }
                    take(element, &mut parts, &mut open)?;
                }
                None => {
                    let began = *began;
                    if matches!(parts.get(began), Some(FilterPart::Not)) && parts.len() == began + 1 {
                        return Err(Fault::Value("a `not` in the filter holds no filter".to_owned()));
                    }
                    open.pop();
                }
            }
        }
        Ok(Self(parts))
    }

    /// Writes the filter.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        self.write_from(0, out);
    }

    /// Writes the part at a place with what stands in it, and gives the place after it. The depth was bounded when it was read.
    fn write_from(&self, at: usize, out: &mut Vec<u8>) -> usize {
        let Some(part) = self.0.get(at) else { return at };
        let tag = match part {
            FilterPart::And(_) => AND,
            FilterPart::Or(_) => OR,
            FilterPart::Not => NOT,
            simple => {
                write_simple(simple, out);
                return at + 1;
            }
        };
        let mut next = at + 1;
        nest(out, tag, |inner| {
            for _ in 0..part.arity() {
                next = self.write_from(next, inner);
            }
        });
        next
    }
}

/// Takes one element as a part, and opens it where others stand in it.
fn take<'a>(element: Element<'a>, parts: &mut Vec<FilterPart>, open: &mut Vec<(usize, Reader<'a>)>) -> Result<(), Fault> {
    if parts.len() >= FILTER_PARTS_MAX {
        return Err(Fault::Bound { what: "the number of parts of the filter", most: FILTER_PARTS_MAX });
    }
    let holder = match element.tag {
        AND => Some(FilterPart::And(0)),
        OR => Some(FilterPart::Or(0)),
        NOT => Some(FilterPart::Not),
        _ => None,
    };
    let Some(holder) = holder else {
        parts.push(simple(element)?);
        return Ok(());
    };
    if open.len() >= DEPTH_MAX {
        return Err(Fault::Bound { what: "the depth of the filter", most: DEPTH_MAX });
    }
    open.push((parts.len(), element.inner()));
    parts.push(holder);
    Ok(())
}

fn simple(element: Element<'_>) -> Result<FilterPart, Fault> {
    let mut inner = element.inner();
    Ok(match element.tag {
        PRESENT => FilterPart::Present(description(element)?),
        SUBSTRINGS => substrings(&mut inner)?,
        EXTENSIBLE => extensible(&mut inner)?,
        tag => {
            let make = match tag {
                EQUAL => FilterPart::Equal,
                FROM => FilterPart::From,
                UNTIL => FilterPart::Until,
                APPROX => FilterPart::Approx,
                _ => return Err(element.wrong(format!("the filter has a part with the unknown tag 0x{tag:02x}"))),
            };
            make(named(&mut inner)?, inner.octets("a value of the filter")?)
        }
    })
}

fn named(inner: &mut Reader<'_>) -> Result<String, Fault> {
    description(inner.tagged(OCTETS, "an attribute's name")?)
}

/// Reads the name of an attribute or matching rule. One that is none is refused: as text it could pass for more of the filter.
fn description(element: Element<'_>) -> Result<String, Fault> {
    let name = String::from_utf8(element.octets()).ok().filter(|name| super::is_description(name));
    name.ok_or_else(|| element.wrong("the filter has something else where the name of an attribute or matching rule stands"))
}

fn substrings(inner: &mut Reader<'_>) -> Result<FilterPart, Fault> {
    let name = named(inner)?;
    let list = inner.tagged(SEQUENCE, "the pieces of a value")?;
    let mut pieces = list.inner();
    let (mut initial, mut any, mut last) = (None, Vec::new(), None);
    while let Some(piece) = pieces.next()? {
        match piece.tag {
            // RFC 4511 §4.5.1.7.2: what begins a value comes first and once, what ends it last and once.
            INITIAL if initial.is_none() && any.is_empty() && last.is_none() => initial = Some(piece.octets()),
            ANY if last.is_none() => any.push(piece.octets()),
            LAST if last.is_none() => last = Some(piece.octets()),
            _ => return Err(piece.wrong("a piece of a value stands at the wrong place")),
        }
        if any.len() > FILTER_PARTS_MAX {
            return Err(Fault::Bound { what: "the number of pieces of a value", most: FILTER_PARTS_MAX });
        }
    }
    if initial.is_none() && any.is_empty() && last.is_none() {
        return Err(list.wrong("a value of no pieces"));
    }
    Ok(FilterPart::Substrings { name, initial, any, last })
}

fn extensible(inner: &mut Reader<'_>) -> Result<FilterPart, Fault> {
    let (mut rule, mut name, mut value, mut of_name) = (None, None, Vec::new(), false);
    while let Some(element) = inner.next()? {
        match element.tag {
            0x81 => rule = Some(description(element)?),
            0x82 => name = Some(description(element)?),
            0x83 => value = element.octets(),
            0x84 => of_name = element.content.first().is_some_and(|byte| *byte != 0),
            tag => return Err(element.wrong(format!("a matching rule has the unknown tag 0x{tag:02x}"))),
        }
    }
    Ok(FilterPart::Extensible { name, rule, value, of_name })
}

fn write_simple(part: &FilterPart, out: &mut Vec<u8>) {
    let mut pair = |tag: u8, name: &str, value: &[u8]| {
        nest(out, tag, |inner| {
            put_octets(inner, name.as_bytes());
            put_octets(inner, value);
        });
    };
    match part {
        FilterPart::Equal(name, value) => pair(EQUAL, name, value),
        FilterPart::From(name, value) => pair(FROM, name, value),
        FilterPart::Until(name, value) => pair(UNTIL, name, value),
        FilterPart::Approx(name, value) => pair(APPROX, name, value),
        FilterPart::Present(name) => put(out, PRESENT, name.as_bytes()),
        FilterPart::Substrings { name, initial, any, last } => nest(out, SUBSTRINGS, |inner| {
            put(inner, OCTETS, name.as_bytes());
            nest(inner, SEQUENCE, |pieces| {
                initial.iter().for_each(|piece| put(pieces, INITIAL, piece));
                any.iter().for_each(|piece| put(pieces, ANY, piece));
                last.iter().for_each(|piece| put(pieces, LAST, piece));
            });
        }),
        FilterPart::Extensible { name, rule, value, of_name } => nest(out, EXTENSIBLE, |inner| {
            rule.iter().for_each(|rule| put(inner, 0x81, rule.as_bytes()));
            name.iter().for_each(|name| put(inner, 0x82, name.as_bytes()));
            put(inner, 0x83, value);
            if *of_name {
                put(inner, 0x84, &[0xff]);
            }
        }),
        FilterPart::And(_) | FilterPart::Or(_) | FilterPart::Not => {}
    }
}
