//! Trees to records: one reader for every file of a pack, which reports all of a file's mistakes.

use crate::node::{Data, Entry, Node};
use crate::schema::Schemas;
use counterpart_diag::{Diagnostic, Diagnostics, Span, suggest};
use serde_json::Value;

/// Collects the diagnostics of one file.
pub struct Reader<'a> {
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Reader<'a> {
    /// Makes a reader that reports to a list.
    pub fn new(diagnostics: &'a mut Diagnostics) -> Self {
        Self { diagnostics }
    }

    /// Reports a mistake.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports a value of the wrong type, unless it was reported already.
    pub fn mismatch<T>(&mut self, node: &Node, expected: &str) -> Option<T> {
        self.mismatch_with(node, expected, None)
    }

    /// Reports a value of the wrong type, with what to write instead where that is known.
    pub(crate) fn mismatch_with<T>(&mut self, node: &Node, expected: &str, help: Option<String>) -> Option<T> {
        if !matches!(node.data, Data::Unknown) {
            let message = format!("expected {expected}, found {}", node.kind());
            self.report(Diagnostic::error("SC011", message).at(node.span, format!("not {expected}")).help_if(help));
        }
        None
    }

    /// Reports a word that is none of those allowed.
    pub fn unknown_word<T>(&mut self, word: &str, span: Span, what: &str, known: &[&str]) -> Option<T> {
        self.report(
            Diagnostic::error("SC014", format!("unknown {what} `{word}`"))
                .at(span, format!("not a known {what}"))
                .note(format!("known: {}", known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ")))
                .help_if(suggest(word, known.iter().copied()).map(|near| format!("did you mean `{near}`?"))),
        );
        None
    }
}

/// Something that can be read from a node.
pub trait Read: Sized {
    /// Reads it, reporting what is wrong; `None` where nothing usable is there.
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self>;

    /// Gives its JSON Schema.
    fn schema(schemas: &mut Schemas) -> Value;
}

/// A record whose keys can stand in a map together with those of others.
pub trait Record: Sized {
    /// The record's name in the reference and in diagnostics.
    const NAME: &'static str;

    /// Takes its keys from a map; `None` where one that must be there is missing or unusable.
    fn take(map: &mut MapReader<'_>, reader: &mut Reader<'_>) -> Option<Self>;

    /// Gives the JSON Schemas of its keys, in order, and which of them must be there.
    fn keys(schemas: &mut Schemas) -> Vec<Field>;

    /// Gives what it is for, from its documentation.
    fn doc() -> String;
}

/// One key of a record, for schema and reference.
#[derive(Clone, Debug)]
pub struct Field {
    /// Key.
    pub key: &'static str,
    /// `required`, `optional`, `list`, `map` or `one-of` (one of such keys must stand in the map).
    pub how: &'static str,
    /// What it is for.
    pub doc: String,
    /// Name of its type in words.
    pub kind: String,
    /// JSON Schema of its value.
    pub schema: Value,
}

/// Hands out the keys of one map and keeps account of them.
pub struct MapReader<'n> {
    entries: &'n [Entry],
    span: Span,
    taken: Vec<bool>,
    known: Vec<&'static str>,
    lacking: Vec<Lacking>,
}

/// What a map should have and has not; reported at its end, where a misspelt key may turn out to be the cause.
struct Lacking {
    /// The key, where it is a certain one.
    key: Option<&'static str>,
    diagnostic: Diagnostic,
}

impl<'n> MapReader<'n> {
    /// Opens a node as a map, or reports that it is none.
    pub fn open(node: &'n Node, what: &str, reader: &mut Reader<'_>) -> Option<Self> {
        let Data::Map(entries) = &node.data else {
            return reader.mismatch(node, &format!("a map ({what})"));
        };
        Some(Self { entries, span: node.span, taken: vec![false; entries.len()], known: Vec::new(), lacking: Vec::new() })
    }

    /// Gives the smallest place that stands for the map: its first key where it is a block, else the whole of it.
    #[must_use]
    pub fn span(&self) -> Span {
        match self.entries.first() {
            Some(first) if first.key_span.start == self.span.start => first.key_span,
            _ => self.span,
        }
    }

    /// Takes the value of a key.
    pub fn take(&mut self, key: &'static str) -> Option<&'n Entry> {
        self.known.push(key);
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        // Invariant: `taken` has one entry for each of `entries`.
        self.taken[at] = true;
        self.entries.get(at)
    }

    /// Tells whether a key is there, without taking it.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// Notes that a key must be there and is not.
    pub(crate) fn lacks(&mut self, key: &'static str, what: &str) {
        let diagnostic =
            Diagnostic::error("SC010", format!("{what} needs `{key}`")).at(self.span(), format!("`{key}` is missing here"));
        self.lacking.push(Lacking { key: Some(key), diagnostic });
    }

    /// Notes that one of several keys must be there and none is.
    pub(crate) fn lacks_all(&mut self, keys: &[&str], what: &str) {
        let diagnostic = Diagnostic::error("SC016", format!("{what} needs one of {}", keys.join(", ")))
            .at(self.span(), "none of them is here");
        self.lacking.push(Lacking { key: None, diagnostic });
    }

    /// Reports every key that nobody asked for, and what is missing for another reason than a misspelt key.
    pub fn finish(self, what: &str, reader: &mut Reader<'_>) {
        let mut known = self.known;
        known.sort_unstable();
        known.dedup();
        let mut meant = Vec::new();
        for (entry, _) in self.entries.iter().zip(&self.taken).filter(|(_, taken)| !**taken) {
            let near = suggest(&entry.key, known.iter().copied());
            meant.push(near);
            reader.report(
                Diagnostic::error("SC012", format!("unknown key `{}` in {what}", entry.key))
                    .at(entry.key_span, format!("not a key of {what}"))
                    .note(format!("{what} takes {}", known.join(", ")))
                    .help_if(near.map(|near| format!("did you mean `{near}`?"))),
            );
        }
        for Lacking { key, diagnostic } in self.lacking {
            let explained = match key {
                Some(key) => meant.contains(&Some(key)),
                None => !meant.is_empty(),
            };
            if !explained {
                reader.report(diagnostic);
            }
        }
    }
}

/// Reads a list; a single value counts as a list of one only where the type says so itself.
pub(crate) fn read_list<T: Read>(node: &Node, reader: &mut Reader<'_>) -> Vec<T> {
    match &node.data {
        Data::List(items) => items.iter().filter_map(|item| T::read(item, reader)).collect(),
        _ => {
            let help = node.text().map(|text| format!("for a list of one, write `[{text}]`"));
            reader.mismatch_with::<()>(node, "a list", help);
            Vec::new()
        }
    }
}

/// Reads a map from names to values, in order.
pub(crate) fn read_map<T: Read>(node: &Node, reader: &mut Reader<'_>) -> Vec<(crate::Text, T)> {
    match &node.data {
        Data::Map(entries) => entries
            .iter()
            .filter_map(|entry| {
                let value = T::read(&entry.value, reader)?;
                Some((crate::Text { value: entry.key.clone(), span: entry.key_span }, value))
            })
            .collect(),
        _ => {
            reader.mismatch::<()>(node, "a map");
            Vec::new()
        }
    }
}

/// Defines a record: its type, reader, schema and reference from one text.
///
/// Each line is `how key "key": Type`, where `how` is `required`, `optional` (an `Option`), `list` (a `Vec`), `map` (names
/// to values, in order), or `flat` (another record or choice whose keys stand in the same map).
macro_rules! record {
    ($(#[doc = $doc:literal])* $name:ident $word:literal { $($(#[doc = $field_doc:literal])* $how:ident $field:ident $key:literal : $type:ty,)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            /// Where the map stands: a block by its first key.
            pub span: ::counterpart_diag::Span,
            $($(#[doc = $field_doc])* pub $field: $crate::read::record!(@type $how $type),)*
        }

        impl $crate::Record for $name {
            const NAME: &'static str = $word;

            fn take(map: &mut $crate::MapReader<'_>, reader: &mut $crate::Reader<'_>) -> Option<Self> {
                let span = map.span();
                $(let $field = $crate::read::record!(@take $how $type, $key, $word, map, reader);)*
                Some(Self { span, $($field: $crate::read::record!(@some $how $field),)* })
            }

            fn keys(schemas: &mut $crate::Schemas) -> Vec<$crate::Field> {
                let mut fields = Vec::new();
                $($crate::read::record!(@keys $how $type, $key, concat!($($field_doc, "\n"),*), fields, schemas);)*
                let _ = schemas;
                fields
            }

            fn doc() -> String {
                concat!($($doc, "\n"),*).to_owned()
            }
        }

        impl $crate::Read for $name {
            fn read(node: &$crate::Node, reader: &mut $crate::Reader<'_>) -> Option<Self> {
                let mut map = $crate::MapReader::open(node, $word, reader)?;
                let record = <Self as $crate::Record>::take(&mut map, reader);
                map.finish($word, reader);
                record
            }

            fn schema(schemas: &mut $crate::Schemas) -> ::serde_json::Value {
                schemas.record::<Self>()
            }
        }
    };
    (@type required $type:ty) => { $type };
    (@type optional $type:ty) => { Option<$type> };
    (@type list $type:ty) => { Vec<$type> };
    (@type map $type:ty) => { Vec<($crate::Text, $type)> };
    (@type flat $type:ty) => { $type };
    (@some required $field:ident) => { $field? };
    (@some flat $field:ident) => { $field? };
    (@some $how:ident $field:ident) => { $field };
    (@take required $type:ty, $key:literal, $word:literal, $map:ident, $reader:ident) => {
        match $map.take($key) {
            Some(entry) => <$type as $crate::Read>::read(&entry.value, $reader),
            None => {
                $map.lacks($key, $word);
                None
            }
        }
    };
    (@take optional $type:ty, $key:literal, $word:literal, $map:ident, $reader:ident) => {
        $map.take($key).and_then(|entry| <$type as $crate::Read>::read(&entry.value, $reader))
    };
    (@take list $type:ty, $key:literal, $word:literal, $map:ident, $reader:ident) => {
        $map.take($key).map(|entry| $crate::read::read_list::<$type>(&entry.value, $reader)).unwrap_or_default()
    };
    (@take map $type:ty, $key:literal, $word:literal, $map:ident, $reader:ident) => {
        $map.take($key).map(|entry| $crate::read::read_map::<$type>(&entry.value, $reader)).unwrap_or_default()
    };
    (@take flat $type:ty, $key:literal, $word:literal, $map:ident, $reader:ident) => {
        <$type as $crate::Record>::take($map, $reader)
    };
    (@keys flat $type:ty, $key:literal, $doc:expr, $fields:ident, $schemas:ident) => {
        $fields.extend(<$type as $crate::Record>::keys($schemas));
    };
    (@keys $how:ident $type:ty, $key:literal, $doc:expr, $fields:ident, $schemas:ident) => {
        let value = <$type as $crate::Read>::schema($schemas);
        $fields.push($crate::Field { key: $key, how: stringify!($how), doc: $doc.to_owned(), kind: stringify!($type).to_owned(), schema: value });
    };
}

/// Defines a choice: exactly one of its keys stands in the map.
macro_rules! choice {
    ($(#[doc = $doc:literal])* $name:ident $word:literal { $($(#[doc = $variant_doc:literal])* $key:literal $variant:ident ($type:ty),)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        pub enum $name { $($(#[doc = $variant_doc])* $variant($type),)* }

        impl $name {
            /// Gives the key under which it stands.
            #[must_use]
            pub fn key(&self) -> &'static str {
                match self { $(Self::$variant(_) => $key,)* }
            }
        }

        impl $crate::Record for $name {
            const NAME: &'static str = $word;

            fn take(map: &mut $crate::MapReader<'_>, reader: &mut $crate::Reader<'_>) -> Option<Self> {
                let mut found: Option<(Option<Self>, &'static str, ::counterpart_diag::Span)> = None;
                $(if let Some(entry) = map.take($key) {
                    if let Some((_, first, span)) = &found {
                        $crate::read::read_two($word, first, *span, $key, entry.key_span, reader);
                    } else {
                        let read = <$type as $crate::Read>::read(&entry.value, reader).map(Self::$variant);
                        found = Some((read, $key, entry.key_span));
                    }
                })*
                match found {
                    Some((read, _, _)) => read,
                    None => {
                        map.lacks_all(&[$($key),*], $word);
                        None
                    }
                }
            }

            fn keys(schemas: &mut $crate::Schemas) -> Vec<$crate::Field> {
                vec![$({
                    let value = <$type as $crate::Read>::schema(schemas);
                    $crate::Field { key: $key, how: "one-of", doc: concat!($($variant_doc, "\n"),*).to_owned(), kind: stringify!($type).to_owned(), schema: value }
                },)*]
            }

            fn doc() -> String {
                concat!($($doc, "\n"),*).to_owned()
            }
        }
    };
}

/// Defines a set of words, one of which stands as text.
macro_rules! word {
    ($(#[doc = $doc:literal])* $name:ident $what:literal { $($(#[doc = $variant_doc:literal])* $text:literal $variant:ident,)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[doc = $variant_doc])* $variant,)* }

        impl $name {
            /// Every value with its word.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $text),)*];
        }

        impl $crate::Read for $name {
            fn read(node: &$crate::Node, reader: &mut $crate::Reader<'_>) -> Option<Self> {
                let word = <$crate::Text as $crate::Read>::read(node, reader)?;
                match Self::ALL.iter().find(|(_, text)| *text == word.value) {
                    Some((value, _)) => Some(*value),
                    None => reader.unknown_word(&word.value, word.span, $what, &[$($text),*]),
                }
            }

            fn schema(_: &mut $crate::Schemas) -> ::serde_json::Value {
                ::serde_json::json!({ "enum": [$($text),*] })
            }
        }
    };
}
pub(crate) use word;
pub(crate) use {choice, record};

/// Reports two keys of one choice in the same map.
pub(crate) fn read_two(what: &str, first: &str, first_span: Span, second: &str, second_span: Span, reader: &mut Reader<'_>) {
    reader.report(
        Diagnostic::error("SC015", format!("{what} takes one of `{first}` and `{second}`, not both"))
            .at(second_span, "one too many")
            .also(first_span, "already said here"),
    );
}
