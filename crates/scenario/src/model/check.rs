//! Checks, conditions and operators.

use crate::model::{FhirProfileRule, LevelWord};
use crate::read::{Read, Reader, choice, record, word};
use crate::{Cel, Data, Flag, Node, Schemas, Spanned, Text};
use serde_json::{Value, json};

record! {
    /// A file in `checks/`.
    CheckFile "a check file" {
        /// XML namespace prefixes for `xml` subjects of this file.
        map namespaces "namespaces": Text,
        /// The checks.
        list checks "checks": CheckItem,
    }
}

word! {
    /// What a check looks at.
    On "subject of a check" {
        /// A connection, with or without a request.
        "connection" Connection,
        /// Request and response together.
        "exchange" Exchange,
        /// The request.
        "request" Request,
        /// The response.
        "response" Response,
        /// Several exchanges in order.
        "sequence" Sequence,
        /// Durations.
        "timing" Timing,
    }
}

record! {
    /// A named check: one rule of one requirement.
    CheckItem "a check" {
        /// Name, unique in the pack.
        required id "id": Text,
        /// The requirement it stands for.
        required requirement "requirement": Text,
        /// A level lower than the requirement's.
        optional level "level": LevelWord,
        /// What it looks at; a response in role consumer and a request in role provider, unless it says so.
        optional on "on": On,
        /// Preconditions; where one does not hold the finding is `skip` with the reason.
        list when "when": Condition,
        /// The rule.
        required that "that": Rule,
        /// What to change, for the supplier's developer.
        required hint "hint": Text,
    }
}

/// One item of `expect`, `assert` or `checks`: the name of a check, or a check written on the spot.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// A check written on the spot; its full id is `scenario#id`.
    Inline(Box<CheckItem>),
    /// The name of a check.
    Named(Text),
}

impl Read for Expectation {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.data {
            Data::Text(_) => Text::read(node, reader).map(Self::Named),
            _ => CheckItem::read(node, reader).map(|item| Self::Inline(Box::new(item))),
        }
    }

    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "anyOf": [{ "type": "string", "description": "the name of a check" }, CheckItem::schema(schemas)] })
    }
}

/// The rule of a check: a condition, several that must all hold, or whole-document rules.
pub type Rule = Condition;

record! {
    /// A condition: one subject with its operators, or a combination of conditions.
    Condition "a condition" {
        /// The subject or the combination.
        flat subject "": Subject,
        /// Which message it looks at, `request` or `response`, or `STEP.request` and `STEP.response` of an earlier step.
        optional of "of": Text,
        /// The operators.
        flat operators "": Operators,
    }
}

/// The value of a subject that needs no argument: what it must equal, a list of such values, or operators.
#[derive(Clone, Debug)]
pub enum SubjectValue {
    /// One of these values.
    Equals(Vec<Node>),
    /// Operators.
    Operators(Box<Operators>),
}

impl Read for SubjectValue {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.data {
            Data::Map(_) => Operators::read(node, reader).map(|operators| Self::Operators(Box::new(operators))),
            Data::List(items) => Some(Self::Equals(items.clone())),
            Data::Null => reader.mismatch(node, "a value, a list of values or operators"),
            _ => Some(Self::Equals(vec![node.clone()])),
        }
    }

    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "anyOf": [{ "type": ["string", "number", "boolean", "array"] }, Operators::schema(schemas)] })
    }
}

/// A JSON Schema of the pack, and whether a body must match it.
#[derive(Clone, Debug)]
pub enum SchemaName {
    /// It must.
    Is(Text),
    /// It must be JSON and not match.
    Not(OtherSchema),
}

record! {
    /// A schema that a body must not match.
    OtherSchema "a schema not to match" {
        /// The schema, as `json-schema` names it.
        required not "not": Text,
    }
}

impl Read for SchemaName {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.data {
            Data::Map(_) => OtherSchema::read(node, reader).map(Self::Not),
            _ => Text::read(node, reader).map(Self::Is),
        }
    }

    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "anyOf": [Text::schema(schemas), OtherSchema::schema(schemas)] })
    }
}

choice! {
    /// What a condition looks at.
    Subject "a condition" {
        /// How the exchange ended: answered, closed, malformed, oversized, refused, reset, timeout, tls-alert, truncated, unreachable.
        "outcome" Outcome(SubjectValue),
        /// Status code, or a class such as `4xx`; over LDAP the result code.
        "status" Status(SubjectValue),
        /// Reason phrase; over LDAP the name of the result, such as `success`.
        "reason" Reason(SubjectValue),
        /// Method; over LDAP the operation in capitals, such as `SEARCH` or `BIND`.
        "method" Method(SubjectValue),
        /// Path of the request target.
        "path" Path(SubjectValue),
        /// Values of a query parameter, decoded.
        "query" Query(Text),
        /// Values of a header field.
        "header" Header(Text),
        /// How often a header field stands in the message.
        "header-count" HeaderCount(Text),
        /// An aspect of the body: `size`, `digest` (SHA-256), `media-type`, `encoding`, `text`, `xml` (its XML tree, to compare with `same-as`: names and texts, attributes in any order, no comments and no spaces between elements).
        "body" Body(Text),
        /// Values in a JSON body: a JSON Pointer (RFC 6901) or a JSONPath (RFC 9535). The body of a message over LDAP is what it says as JSON: of a search `/base`, `/base-plain` (small letters, no blanks), `/scope`, `/filter`, `/attributes`, `/demands` (what the filter wants equal: names in small letters, lists of values).
        "json" Json(Text),
        /// Values in an XML body: an XPath.
        "xml" Xml(Text),
        /// A value in a JSON Web Token that a header field carries (RFC 7519), read without checking its signature.
        "jwt" Jwt(Token),
        /// The signature of a JSON Web Token that a header field carries: it is that of a key of a set (RFC 7515 section 5.2).
        "jwt-signature" JwtSignature(TokenSignature),
        /// A TLS fact: `version`, `version-offered`, `suite`, `alpn`, `alpn-offered`, `server-name`, `alert`, `peer.subject`, `peer.issuer`, `peer.names`, `peer.serial`, `peer.fingerprint`, `peer.key`.
        "tls" Tls(Text),
        /// A duration in milliseconds: `connect`, `tls`, `first-byte`, `total`.
        "timing" Timing(Text),
        /// No JSON object of the body has two members of one name (RFC 8259 §4); `true`.
        "unique-members" UniqueMembers(Flag),
        /// How many exchanges the step has.
        "count" Count(SubjectValue),
        /// The exchanges of the scenario, ordered, by key.
        "series" Series(Series),
        /// A CEL expression over our store, `store`.
        "store" Store(Cel),
        /// A value in what the step's hook returned: a JSON Pointer or a JSONPath.
        "hook" Hook(Text),
        /// A value in the file that the step found: `/name`, `/text`, `/size`, `/sha256`, `/json/...`.
        "file" File(Text),
        /// A value in the mail that the step found: `/subject`, `/from`, `/to`, `/text`, `/attachments/...`.
        "mail" Mail(Text),
        /// A value in the log line that the step found: `/line`.
        "log" Log(Text),
        /// A CEL expression that gives the value to look at.
        "value" Value(Cel),
        /// A CEL expression that must be true.
        "expr" Expr(Cel),
        /// A JSON Schema of the pack that the body must match: the file's name in `schemas/`, `#` and a pointer for a part; or `not:` with such a name.
        "json-schema" JsonSchema(SchemaName),
        /// A FHIR profile that the body, JSON or XML, must meet: its address, or a map with `profile` and options. It is found in `profiles/` of the pack, or in a package that the user adds with `--fhir-package`.
        "fhir-profile" FhirProfile(FhirProfileRule),
        /// Named checks whose rules must all hold.
        "rules" Rules(crate::WordList),
        /// Conditions that must all hold.
        "all-of" AllOf(AllOf),
        /// Alternatives, one of which must hold.
        "any-of" AnyOf(AnyOf),
    }
}

choice! {
    /// Which part of a token.
    TokenPart "a token" {
        /// Its claims: a JSON Pointer or a JSONPath.
        "claims" Claims(Text),
        /// Its JOSE header: a JSON Pointer or a JSONPath.
        "header" Header(Text),
    }
}

record! {
    /// Where a JSON Web Token stands, and what of it is looked at.
    Token "a token" {
        /// Header field that carries it, a scheme such as `Bearer` before it or not; `Authorization` without.
        optional carried_in "in": Text,
        /// What is looked at.
        flat part "": TokenPart,
    }
}

record! {
    /// Which keys a token must be signed with.
    TokenSignature "a signature" {
        /// Header field that carries the token, a scheme such as `Bearer` before it or not; `Authorization` without.
        optional carried_in "in": Text,
        /// The keys: a set of JSON Web Keys (RFC 7517), one such key, or either as text; most often `!value NAME` of what was fetched or captured.
        required keys "keys": Node,
        /// The algorithms that are accepted: `EdDSA`, `ES256`, `ES384`, `ES512`, `PS256`, `PS384`, `PS512`, `RS256`, `RS384`, `RS512`.
        required algorithms "algorithms": crate::WordList,
    }
}

/// Conditions that belong together.
#[derive(Clone, Debug)]
pub struct AllOf(pub Vec<Condition>);

/// Alternatives.
#[derive(Clone, Debug)]
pub struct AnyOf(pub Vec<Alternative>);

impl Read for AllOf {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self(crate::read::read_list(node, reader)))
    }

    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "type": "array", "items": Condition::schema(schemas) })
    }
}

impl Read for AnyOf {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self(crate::read::read_list(node, reader)))
    }

    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "type": "array", "items": Alternative::schema(schemas) })
    }
}

word! {
    /// What it means that an alternative holds.
    AlternativeResult "result" {
        /// All is well.
        "pass" Pass,
        /// Allowed, with a warning.
        "warning" Warning,
    }
}

record! {
    /// One alternative of `any-of`.
    Alternative "an alternative" {
        /// What it means that this one holds; `pass` without.
        optional result "result": AlternativeResult,
        /// The condition.
        flat condition "": Condition,
    }
}

word! {
    /// A JSON type.
    TypeWord "type" {
        /// A list.
        "array" Array,
        /// `true` or `false`.
        "boolean" Boolean,
        /// A whole number.
        "integer" Integer,
        /// `null`.
        "null" Null,
        /// A number.
        "number" Number,
        /// A map.
        "object" Object,
        /// Text.
        "string" String,
    }
}

/// The name of a text form, such as `uuid` or `date-time`; the list is the matcher's.
pub type Format = Text;

record! {
    /// Operators: each must hold for every selected value. All but `absent` ask that the subject be there.
    Operators "operators" {
        /// Equal to this value; `!value NAME` and `{{...}}` bring in captured values.
        optional equals "equals": Node,
        /// Equal to one of these values.
        optional one_of "one-of": Node,
        /// Matches this regular expression (linear time, no look-around); anchored only by `^` and `$`.
        optional matches "matches": Text,
        /// Text that contains this text, a list that has this member, or a map that has these members.
        optional contains "contains": Node,
        /// Is there.
        optional present "present": Flag,
        /// Is not there.
        optional absent "absent": Flag,
        /// Of this JSON type.
        optional kind "type": TypeWord,
        /// Of this form.
        optional format "format": Format,
        /// Length: characters of text, members of a list or map.
        optional length "length": Range,
        /// Within these bounds.
        optional range "range": Range,
        /// No two selected values are equal.
        optional unique "unique": Flag,
        /// The same as another message's.
        optional same_as "same-as": SameAs,
        /// Conditions on each member of the selected list, as `value`.
        optional each "each": Node,
        /// Operators that must not hold; the subject must be there.
        optional not "not": Nested,
        /// For a series: the gaps between neighbours, per key.
        optional gaps "gaps": Gaps,
        /// For a series: the exchanges come in the order of this CEL key.
        optional in_order_of "in-order-of": Cel,
        /// For a series: each key has exactly one exchange whose effect is `stored`.
        optional each_accepted_once "each-accepted-once": Flag,
        /// For a series: nothing comes after such an exchange: one with this effect (`accepted` means `stored`), or one of which this condition holds.
        optional none_after "none-after": NoneAfter,
        /// For a series: how many exchanges of a key are under way at once.
        optional in_flight_max "in-flight-max": Spanned<i64>,
        /// For a series: how many exchanges each key has.
        optional per_key "per-key": Range,
    }
}

/// The exchange after which nothing may come.
#[derive(Clone, Debug)]
pub enum NoneAfter {
    /// One of which this holds.
    Condition(Box<Condition>),
    /// One whose answer had this effect.
    Effect(Text),
}

impl Read for NoneAfter {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.data {
            Data::Map(_) => Condition::read(node, reader).map(|condition| Self::Condition(Box::new(condition))),
            _ => Text::read(node, reader).map(Self::Effect),
        }
    }

    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "anyOf": [{ "enum": ["accepted", "lost", "none", "refused", "stored"] }, Condition::schema(schemas)] })
    }
}

/// Operators within operators.
#[derive(Clone, Debug)]
pub struct Nested(pub Box<Operators>);

impl Read for Nested {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        Operators::read(node, reader).map(|operators| Self(Box::new(operators)))
    }

    fn schema(schemas: &mut Schemas) -> Value {
        Operators::schema(schemas)
    }
}

record! {
    /// Bounds, both inclusive; each a number, a duration in milliseconds, or a CEL expression.
    Range "a range" {
        /// Smallest value.
        optional min "min": Cel,
        /// Largest value.
        optional max "max": Cel,
    }
}

record! {
    /// What a value must be the same as.
    SameAs "same-as" {
        /// `STEP.request` or `STEP.response`.
        optional of "of": Text,
        /// A JSON Pointer in that message; without it and `header` the same whole of its body that the subject takes: the bytes with `body: digest`, the text with `body: text`, the XML tree with `body: xml`.
        optional json "json": Text,
        /// A header field of that message.
        optional header "header": Text,
        /// JSON Pointers that may differ.
        list except "except": Text,
    }
}

word! {
    /// From where the moment of an exchange is taken.
    SeriesFrom "moment" {
        /// From its end.
        "end" End,
        /// From its beginning.
        "start" Start,
    }
}

record! {
    /// The ordered exchanges of a scenario, by key.
    Series "a series" {
        /// Conditions that say which exchanges belong to it; all of the scenario's without.
        list of "of": Condition,
        /// CEL over `request` that gives the key; one series of all without.
        optional key "key": Cel,
        /// From where moments are taken; `start` without.
        optional from "from": SeriesFrom,
    }
}

record! {
    /// How the gaps between neighbours must be.
    Gaps "gaps" {
        /// Bounds of each gap, in milliseconds.
        optional range "range": Range,
        /// Bounds of the mean gap, in milliseconds.
        optional mean "mean": Range,
        /// How gaps must grow.
        optional growing "growing": Growing,
        /// Whether a key with one exchange, which has no gap, is passed over; it fails without. One key at least must have a gap.
        optional may_be_single "may-be-single": Flag,
    }
}

record! {
    /// How gaps must grow (exponential back-off).
    Growing "growing" {
        /// Each gap is at least this many times the one before.
        required factor "factor": Cel,
        /// Part of the factor that may be missing: `0.1` is ten per cent; none without.
        optional tolerance "tolerance": Cel,
    }
}
