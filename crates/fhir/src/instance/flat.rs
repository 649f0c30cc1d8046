//! A JSON text as a flat list of values that know their places and keep their numbers digit by digit.

use counterpart_document::{Json, Piece};
use std::borrow::Cow;
use std::ops::{ControlFlow, Range};

const NONE: usize = usize::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Array,
    Bool,
    Null,
    Number,
    Object,
    Text,
}

impl Kind {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Array => "an array",
            Self::Bool => "a boolean",
            Self::Null => "null",
            Self::Number => "a number",
            Self::Object => "an object",
            Self::Text => "a string",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) kind: Kind,
    /// Bytes of the value; of an object or array, its opening bracket.
    pub(super) range: Range<usize>,
    /// Bytes of the member's name with its quotes; of an item, those of the value.
    pub(super) place: Range<usize>,
    first: usize,
    next: usize,
}

/// Values by number, in the order of the text; the first is the whole text.
pub(super) struct Flat<'a> {
    text: &'a str,
    values: Vec<Value>,
}

impl<'a> Flat<'a> {
    pub(super) fn new(json: &'a Json) -> Self {
        let text = std::str::from_utf8(json.text()).unwrap_or_default();
        let mut builder = Builder { text, values: Vec::new(), open: Vec::new(), name: None };
        json.lay_out(|piece| {
            if let Piece::Source(range) = piece {
                builder.token(range);
            }
            ControlFlow::Continue(())
        });
        Self { text, values: builder.values }
    }

    /// Gives a value. A text that was read has at least one, and numbers come from here.
    pub(super) fn value(&self, number: usize) -> &Value {
        &self.values[number]
    }

    pub(super) fn inside(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        let first = self.values[number].first;
        std::iter::successors((first != NONE).then_some(first), |last| Some(self.values[*last].next).filter(|next| *next != NONE))
    }

    /// Gives the name of a member.
    pub(super) fn name(&self, number: usize) -> Cow<'a, str> {
        self.unquoted(&self.value(number).place)
    }

    /// Finds a member of an object; of a repeated name the last counts.
    pub(super) fn member(&self, number: usize, name: &str) -> Option<usize> {
        self.inside(number).filter(|member| self.name(*member) == name).last()
    }

    pub(super) fn text_of(&self, number: usize) -> Option<Cow<'a, str>> {
        let value = self.value(number);
        (value.kind == Kind::Text).then(|| self.unquoted(&value.range))
    }

    /// Gives the bytes of a scalar as they are written.
    pub(super) fn written(&self, number: usize) -> &'a str {
        self.text.get(self.value(number).range.clone()).unwrap_or_default()
    }

    fn unquoted(&self, range: &Range<usize>) -> Cow<'a, str> {
        let quoted = self.text.get(range.clone()).unwrap_or_default();
        if quoted.contains('\\') {
            return Cow::Owned(serde_json::from_str(quoted).unwrap_or_default());
        }
        Cow::Borrowed(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default())
    }
}

struct Builder<'a> {
    text: &'a str,
    values: Vec<Value>,
    /// Open objects and arrays, with the last value in each.
    open: Vec<(usize, usize)>,
    /// The name of the member whose value comes next, and whether its colon was seen.
    name: Option<(Range<usize>, bool)>,
}

impl Builder<'_> {
    fn token(&mut self, range: Range<usize>) {
        let kind = match self.text.as_bytes().get(range.start) {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::Text,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') => Kind::Null,
            Some(b'}' | b']') => {
                self.open.pop();
                return;
            }
            Some(b':') => {
                if let Some(name) = &mut self.name {
                    name.1 = true;
                }
                return;
            }
            Some(b',') | None => return,
            Some(_) => Kind::Number,
        };
        let in_object = self.open.last().is_some_and(|(open, _)| self.values[*open].kind == Kind::Object);
        if in_object && self.name.is_none() {
            self.name = Some((range, false));
            return;
        }
        let place = self.name.take().map_or(range.clone(), |(name, _)| name);
        let number = self.values.len();
        self.values.push(Value { kind, range, place, first: NONE, next: NONE });
        if let Some((open, last)) = self.open.last_mut() {
            match self.values.get_mut(*last) {
                Some(before) if *last != NONE => before.next = number,
                _ => self.values[*open].first = number,
            }
            *last = number;
        }
        if matches!(kind, Kind::Object | Kind::Array) {
            self.open.push((number, NONE));
        }
    }
}
