//! How we behave as a server: rules and the store.

use crate::model::{Condition, Expectation, Fault, References, Reply, ReplyItem, Search, SearchItem, StoreChange};
use crate::read::{Read, Reader, record};
use crate::{Cel, Data, Node, Schemas, Spanned, Text, Time, WordList};
use serde_json::{Value, json};

record! {
    /// A file in `stubs/`: ordered rules, the first that matches wins.
    StubFile "a stub file" {
        /// What it stands for.
        required title "title": Text,
        /// Named replies, usable from scenarios, rules and schedules of the pack.
        map replies "replies": Reply,
        /// Rules.
        list rules "rules": StubRule,
    }
}

record! {
    /// What a rule answers.
    RuleOn "on" {
        /// Endpoint; any without.
        optional endpoint "endpoint": Text,
        /// Methods; any without.
        optional method "method": WordList,
        /// Path pattern, a template over settings; `{name}` stands for a segment and `{*rest}` for the rest; any without. At a proxy it is the path of the URL in the request.
        optional path "path": Text,
        /// An action instead of a request, where this stub is under test as the mirror.
        optional action "action": Text,
    }
}

record! {
    /// A row of a collection, found by key.
    Find "find" {
        /// Collection.
        required find "find": Text,
        /// CEL that gives the key.
        required key "key": Cel,
    }
}

record! {
    /// Entries that a search over LDAP finds: rows of a collection, each with `dn` and `attributes`, by base, scope and filter of
    /// the request. Gives `status`, `result` (its name) and `answer` (`entries` with the attributes asked for).
    DirectoryLet "directory" {
        /// Collection.
        required directory "directory": Text,
    }
}

/// A named value: a CEL expression, a row found by key (`null` where there is none), rows found by search parameters, or entries
/// of a directory found by the request's own search.
#[derive(Clone, Debug)]
pub enum Let {
    /// An expression.
    Computed(Cel),
    /// Entries found by the request's own search.
    Directory(DirectoryLet),
    /// A row found by key.
    Found(Find),
    /// Rows found by search parameters.
    Searched(Search),
}

impl Read for Let {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.data {
            Data::Map(_) if node.key("directory").is_some() => DirectoryLet::read(node, reader).map(Self::Directory),
            Data::Map(_) if node.key("search").is_some() => Search::read(node, reader).map(Self::Searched),
            Data::Map(_) => Find::read(node, reader).map(Self::Found),
            _ => Cel::read(node, reader).map(Self::Computed),
        }
    }

    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "anyOf": [{ "type": ["string", "boolean", "number"] }, Find::schema(schemas), Search::schema(schemas), DirectoryLet::schema(schemas)] })
    }
}

record! {
    /// How a proxy passes a request on: to the endpoint that the URL in it names, if that is one it reaches.
    Forward "forward" {
        /// How long the far side may take to answer, connecting included; 30 s without.
        optional within "within": Time,
        /// Header fields set in the request that goes on or, with `null`, left out of it; `Via` is added without.
        map headers "headers": Node,
        /// Header fields set in the answer that goes back or, with `null`, left out of it; `Via` is added without.
        map answer_headers "answer-headers": Node,
        /// Client certificate shown to the far side: `default`, `none`, or one that `[tls.other]` gives.
        optional certificate "certificate": Text,
        /// Answer where the request names no URL, or one that the proxy does not reach; 400 and 403 without.
        optional elsewhere "elsewhere": ReplyItem,
        /// Answer where no connection could be made; 502 without.
        optional unreachable "unreachable": ReplyItem,
        /// Answer where the far side gave none in time; 504 without.
        optional late "late": ReplyItem,
        /// Answer where what the far side gave is no whole answer: broken off, not HTTP, or too large; 502 without.
        optional broken "broken": ReplyItem,
    }
}

record! {
    /// One rule.
    StubRule "a rule" {
        /// Name, unique in its file.
        required id "id": Text,
        /// What it answers.
        optional on "on": RuleOn,
        /// Named values, worked out in order before `when`.
        map lets "let": Let,
        /// Conditions that must hold.
        list when "when": Condition,
        /// Checks applied to each match.
        list checks "checks": Expectation,
        /// Changes of the store, all or none.
        list then "then": StoreChange,
        /// The answer; several are given in turn, by attempt.
        optional respond "respond": Replies,
        /// At a proxy: passes the request on instead of answering it.
        optional forward "forward": Forward,
        /// CEL that gives the key by which attempts are counted; the rule's own count without.
        optional attempts_by "attempts-by": Cel,
        /// What goes wrong with the answer.
        optional fault "fault": Fault,
        /// The answer where the transaction loses.
        optional otherwise "else": ReplyItem,
        /// For an action: CEL that gives what it returns.
        optional returns "returns": Cel,
        /// For a sentinel: the value that provokes the behaviour and what it is, as `counterpart list` shows it.
        optional sentinel "sentinel": Text,
    }
}

/// One reply or several in turn.
#[derive(Clone, Debug)]
pub struct Replies(pub Vec<ReplyItem>);

impl Read for Replies {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.data {
            Data::List(_) => Some(Self(crate::read::read_list(node, reader))),
            _ => ReplyItem::read(node, reader).map(|reply| Self(vec![reply])),
        }
    }

    fn schema(schemas: &mut Schemas) -> Value {
        let reply = ReplyItem::schema(schemas);
        json!({ "anyOf": [reply, { "type": "array", "items": reply }] })
    }
}

record! {
    /// `store.yaml`: what we remember.
    StoreFile "a store" {
        /// Collections by name.
        map collections "collections": Collection,
        /// Variables by name, with their first value.
        map variables "variables": Node,
    }
}

record! {
    /// One collection of rows.
    Collection "a collection" {
        /// Most rows; the oldest goes where another comes. 10,000 without.
        optional at_most "at-most": Spanned<i64>,
        /// Table in `tables/` with the first rows; a row's `key` column is its key.
        optional seed "seed": Text,
        /// First rows written here, after those of `seed`: text may be a template and `!value` an expression, both worked out as the store begins, so that dates stand relative to the clock; `key` is a row's key, a template or an expression too, and its number without.
        list rows "rows": Node,
        /// Parameters that its rows can be searched by, by name.
        map search "search": SearchItem,
        /// References to rows of other collections that a search can follow, by name; one name may have several.
        map include "include": References,
    }
}
