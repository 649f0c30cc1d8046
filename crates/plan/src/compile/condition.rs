//! Conditions and their operators.

use super::check::is_of_whole_document;
use super::{Compiler, Scope};
use counterpart_diag::Diagnostic;
use counterpart_document::{JsonPath, XPath};
use counterpart_evidence::Effect;
use counterpart_matching::{
    Alternative, Anchor, BodyAspect, Bounds, Condition as MatchCondition, Format, Gaps as GapsOperator, Growing, Held, JsonType,
    JwtPart, Operand, Operator, Rule, SIGNED, Sense, Series, SeriesFrom, SeriesOperator, Side, Single, Subject, Test,
    TimingPhase, TlsField, TokenAlgorithm,
};
use counterpart_scenario::model::{AlternativeResult, Range};
use counterpart_scenario::model::{
    Condition, Gaps, NoneAfter, Operators, SameAs, Series as SeriesRecord, SeriesFrom as SeriesFromWord,
    Subject as SubjectRecord, SubjectValue, Token, TokenPart, TokenSignature, TypeWord,
};
use counterpart_scenario::{Data, Node, Read, Reader, Spanned, Text};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where a condition stands: which message it means unless it says so, and the namespaces of its XPaths.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) side: Side,
    pub(crate) namespaces: &'a [(Text, Text)],
}

/// Facts of a TLS connection by their names in files.
pub(crate) const TLS_FIELDS: &[(&str, TlsField)] = &[
    ("alert", TlsField::Alert),
    ("alpn", TlsField::Alpn),
    ("alpn-offered", TlsField::AlpnOffered),
    ("peer.fingerprint", TlsField::PeerFingerprint),
    ("peer.issuer", TlsField::PeerIssuer),
    ("peer.key", TlsField::PeerKey),
    ("peer.names", TlsField::PeerNames),
    ("peer.not-after", TlsField::PeerNotAfter),
    ("peer.not-before", TlsField::PeerNotBefore),
    ("peer.serial", TlsField::PeerSerial),
    ("peer.subject", TlsField::PeerSubject),
    ("server-name", TlsField::ServerName),
    ("suite", TlsField::Suite),
    ("version", TlsField::Version),
    ("version-offered", TlsField::VersionOffered),
];

const BODY_ASPECTS: &[(&str, BodyAspect)] = &[
    ("digest", BodyAspect::Digest),
    ("encoding", BodyAspect::Encoding),
    ("media-type", BodyAspect::MediaType),
    ("size", BodyAspect::Size),
    ("text", BodyAspect::Text),
    ("xml", BodyAspect::Xml),
];

const TIMING_PHASES: &[(&str, TimingPhase)] = &[
    ("connect", TimingPhase::Connect),
    ("first-byte", TimingPhase::FirstByte),
    ("tls", TimingPhase::Tls),
    ("total", TimingPhase::Total),
];

impl Compiler<'_> {
    /// Compiles conditions that must all hold; `None` for none.
    pub(crate) fn all(&mut self, conditions: &[Condition], place: Place<'_>, scope: &mut Scope) -> Option<Rule> {
        let mut rules: Vec<Rule> = conditions.iter().filter_map(|condition| self.condition(condition, place, scope)).collect();
        match rules.len() {
            0 => None,
            1 => rules.pop(),
            _ => Some(Rule::All(rules)),
        }
    }

    /// Compiles one condition.
    pub(crate) fn condition(&mut self, condition: &Condition, place: Place<'_>, scope: &mut Scope) -> Option<Rule> {
        match &condition.subject {
            SubjectRecord::AllOf(parts) => {
                self.no_operators(condition);
                let rules = parts.0.iter().filter_map(|part| self.condition(part, place, scope)).collect();
                Some(Rule::All(rules))
            }
            SubjectRecord::AnyOf(alternatives) => {
                self.no_operators(condition);
                let alternatives = alternatives.0.iter().filter_map(|alternative| {
                    let result = match alternative.result {
                        Some(AlternativeResult::Warning) => Held::Warning,
                        _ => Held::Pass,
                    };
                    Some(Alternative { rule: self.condition(&alternative.condition, place, scope)?, result })
                });
                Some(Rule::Any(alternatives.collect()))
            }
            SubjectRecord::Rules(names) => self.named_rules(&names.0),
            _ if is_of_whole_document(condition) => {
                self.whole(condition, place).map(Rule::Whole).inspect(|rule| self.report_left_out(rule, condition.span))
            }
            _ => self.simple(condition, place, scope).map(Rule::Condition),
        }
    }

    pub(crate) fn no_operators(&mut self, condition: &Condition) {
        let what = match &condition.subject {
            _ if is_of_whole_document(condition) => "a rule on a whole document",
            SubjectRecord::JwtSignature(_) => "a signature",
            _ => "a combination of conditions",
        };
        if operator_count(&condition.operators) > 0 {
            self.diagnostics.push(
                Diagnostic::error("MT002", format!("{what} takes no operators")).at(condition.span, "operators stand beside it"),
            );
        }
    }

    fn simple(&mut self, condition: &Condition, place: Place<'_>, scope: &mut Scope) -> Option<MatchCondition> {
        let (side, step) = self.side(condition.of.as_ref(), place.side)?;
        let subject = self.subject(condition, place, scope)?;
        let subject = match step {
            Some(step) => self.of_step(condition, &step, side, subject, scope)?,
            None => subject,
        };
        let inline = inline_value(&condition.subject);
        let before = self.diagnostics.as_slice().len();
        let whole = whole_of(&subject);
        let mut tests = self.operators(&condition.operators, whole, scope);
        match inline {
            Some(SubjectValue::Equals(values)) => tests.extend(self.equal_to_one(values, scope)),
            Some(SubjectValue::Operators(operators)) => tests.extend(self.operators(operators, whole, scope)),
            None => {}
        }
        if matches!(condition.subject, SubjectRecord::JwtSignature(_)) {
            self.no_operators(condition);
            tests = vec![Test { operator: Operator::Equals(Operand::Literal(json!(SIGNED))), sense: Sense::Is }];
        }
        if matches!(condition.subject, SubjectRecord::Expr(_)) {
            tests.push(Test { operator: Operator::Equals(Operand::Literal(json!(true))), sense: Sense::Is });
        }
        if tests.is_empty() && self.diagnostics.as_slice().len() > before {
            return None;
        }
        if tests.is_empty() {
            self.diagnostics.push(
                Diagnostic::error("MT002", "the condition has a subject and asks nothing of it")
                    .at(condition.span, "no operator")
                    .help("add an operator such as `equals`, `matches` or `present: true`"),
            );
            return None;
        }
        Some(MatchCondition { subject, side, tests })
    }

    /// Reads `of`: which message, and of which earlier step.
    pub(super) fn side(&mut self, of: Option<&Text>, default: Side) -> Option<(Side, Option<String>)> {
        let Some(of) = of else { return Some((default, None)) };
        let (step, word) =
            of.value.rsplit_once('.').map_or((None, of.value.as_str()), |(step, word)| (Some(step.to_owned()), word));
        match word {
            "request" => Some((Side::Request, step)),
            "response" => Some((Side::Response, step)),
            _ => {
                self.diagnostics.push(
                    Diagnostic::error("SC014", format!("unknown message `{}`", of.value))
                        .at(of.span, "not a message")
                        .help("write `request`, `response`, or `STEP.request` and `STEP.response`"),
                );
                None
            }
        }
    }

    /// Turns a subject of an earlier step's message into an expression over that step.
    fn of_step(&mut self, condition: &Condition, step: &str, side: Side, subject: Subject, scope: &mut Scope) -> Option<Subject> {
        let message = match side {
            Side::Request => "request",
            Side::Response => "response",
        };
        let path = match (&condition.subject, subject) {
            (_, Subject::Status) => format!("{step}.response.status"),
            (_, Subject::Outcome) => format!("{step}.outcome"),
            (SubjectRecord::Json(pointer), Subject::Json(_)) if pointer.value.is_empty() || pointer.value.starts_with('/') => {
                let members = pointer.value.split('/').skip(1).map(|part| format!("[{}]", index(part))).collect::<String>();
                format!("{step}.{message}.json{members}")
            }
            (_, Subject::Header(name)) => format!("{step}.{message}.headers[{}][0]", json!(name.to_lowercase())),
            _ => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "MT002",
                        "of an earlier step's message, `status`, `outcome`, `header` and `json` by pointer can be looked at",
                    )
                    .at(condition.span, "")
                    .help(format!("write `value: {step}.{message}...` for the rest")),
                );
                return None;
            }
        };
        self.expression_at(&path, condition.span, scope).map(Subject::Expression)
    }

    fn equal_to_one(&mut self, values: &[Node], scope: &mut Scope) -> Option<Test> {
        let mut operands: Vec<Operand> = values.iter().filter_map(|value| self.operand(value, scope)).collect();
        let operator = match operands.len() {
            0 => return None,
            1 => Operator::Equals(operands.pop()?),
            _ => Operator::OneOf(operands),
        };
        Some(Test { operator, sense: Sense::Is })
    }

    fn subject(&mut self, condition: &Condition, place: Place<'_>, scope: &mut Scope) -> Option<Subject> {
        Some(match &condition.subject {
            SubjectRecord::Outcome(value) => {
                self.outcome_words(value);
                Subject::Outcome
            }
            SubjectRecord::Status(_) => Subject::Status,
            SubjectRecord::Reason(_) => Subject::Reason,
            SubjectRecord::Method(_) => Subject::Method,
            SubjectRecord::Path(_) => Subject::Path,
            SubjectRecord::Query(name) => Subject::Query(name.value.clone()),
            SubjectRecord::Header(name) => Subject::Header(self.settled_text(name, scope)?),
            SubjectRecord::HeaderCount(name) => Subject::HeaderCount(self.settled_text(name, scope)?),
            SubjectRecord::Body(aspect) => Subject::Body(self.word(aspect, "aspect of a body", BODY_ASPECTS)?),
            SubjectRecord::Json(path) => Subject::Json(self.json_path(path)?),
            SubjectRecord::Xml(path) => Subject::Xml(self.xpath(path, place.namespaces)?),
            SubjectRecord::Jwt(token) => self.token(token, scope)?,
            SubjectRecord::JwtSignature(token) => self.token_signature(token, scope)?,
            SubjectRecord::Tls(field) => Subject::Tls(self.word(field, "TLS fact", TLS_FIELDS)?),
            SubjectRecord::Timing(phase) => Subject::Timing(self.word(phase, "duration", TIMING_PHASES)?),
            SubjectRecord::Count(_) => Subject::Count,
            SubjectRecord::Series(series) => Subject::Series(self.series(series, place, scope)?),
            SubjectRecord::Store(cel) => Subject::Store(self.expression(cel, scope)?),
            SubjectRecord::Hook(path) => Subject::Hook(self.json_path(path)?),
            SubjectRecord::File(path) => Subject::File(self.json_path(path)?),
            SubjectRecord::Mail(path) => Subject::Mail(self.json_path(path)?),
            SubjectRecord::Log(path) => Subject::Log(self.json_path(path)?),
            SubjectRecord::Value(cel) | SubjectRecord::Expr(cel) => Subject::Expression(self.expression(cel, scope)?),
            SubjectRecord::AllOf(_)
            | SubjectRecord::AnyOf(_)
            | SubjectRecord::FhirProfile(_)
            | SubjectRecord::JsonSchema(_)
            | SubjectRecord::Rules(_)
            | SubjectRecord::UniqueMembers(_) => return None,
        })
    }

    fn token(&mut self, token: &Token, scope: &mut Scope) -> Option<Subject> {
        let header = self.carried_in(token.carried_in.as_ref(), scope)?;
        let (part, path) = match &token.part {
            TokenPart::Claims(path) => (JwtPart::Claims, path),
            TokenPart::Header(path) => (JwtPart::Header, path),
        };
        Some(Subject::Jwt { header, part, path: self.json_path(path)? })
    }

    fn token_signature(&mut self, token: &TokenSignature, scope: &mut Scope) -> Option<Subject> {
        let header = self.carried_in(token.carried_in.as_ref(), scope)?;
        let keys = self.operand(&token.keys, scope);
        if token.algorithms.0.is_empty() {
            self.diagnostics.push(
                Diagnostic::error("MT002", "no algorithm is accepted, so that no token is").at(token.keys.span, "for these keys"),
            );
            return None;
        }
        let known = TokenAlgorithm::ALL.map(|(algorithm, name)| (name, algorithm));
        let words = token.algorithms.0.iter();
        let algorithms: Vec<_> = words.map(|word| self.word(word, "algorithm of signatures", &known)).collect();
        Some(Subject::JwtSignature { header, keys: keys?, algorithms: algorithms.into_iter().collect::<Option<_>>()? })
    }

    /// Gives the header field that carries a token.
    fn carried_in(&mut self, named: Option<&Text>, scope: &mut Scope) -> Option<String> {
        match named {
            Some(name) => self.settled_text(name, scope),
            None => Some("authorization".to_owned()),
        }
    }

    fn outcome_words(&mut self, value: &SubjectValue) {
        let SubjectValue::Equals(values) = value else { return };
        let known: Vec<&str> = counterpart_evidence::Outcome::ALL.iter().map(|(_, name)| *name).collect();
        for node in values {
            if let Some(text) = node.text().filter(|text| !known.contains(text) && !text.contains("{{")) {
                Reader::new(&mut self.diagnostics).unknown_word::<()>(text, node.span, "outcome", &known);
            }
        }
    }

    fn word<T: Copy>(&mut self, word: &Text, what: &str, known: &[(&str, T)]) -> Option<T> {
        match known.iter().find(|(name, _)| *name == word.value) {
            Some((_, value)) => Some(*value),
            None => {
                let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                Reader::new(&mut self.diagnostics).unknown_word(&word.value, word.span, what, &names)
            }
        }
    }

    pub(crate) fn json_path(&mut self, path: &Text) -> Option<JsonPath> {
        match JsonPath::compile(&path.value) {
            Ok(path) => Some(path),
            Err(fault) => {
                // The parser of JSONPath often has no more to say than that.
                let reason = if fault.message == "parser error" { String::new() } else { format!(": {}", fault.message) };
                self.diagnostics.push(
                    Diagnostic::error("MT005", format!("this is neither a JSON Pointer nor a JSONPath{reason}"))
                        .at(path.span, format!("at character {}", fault.offset + 1))
                        .help("a JSON Pointer begins with `/`, a JSONPath with `$`"),
                );
                None
            }
        }
    }

    pub(crate) fn xpath(&mut self, path: &Text, namespaces: &[(Text, Text)]) -> Option<Arc<XPath>> {
        // A prefix of the check file stands before the pack's of the same name.
        let of_packs = self.trees.iter().flat_map(|tree| &tree.pack.record.namespaces);
        let mut declared: BTreeMap<&str, &str> = BTreeMap::new();
        for (prefix, uri) in namespaces.iter().chain(of_packs) {
            declared.entry(&prefix.value).or_insert(&uri.value);
        }
        let namespaces: Vec<(String, String)> =
            declared.into_iter().map(|(prefix, uri)| (prefix.to_owned(), uri.to_owned())).collect();
        match XPath::compile(&path.value, &namespaces) {
            Ok(path) => Some(Arc::new(path)),
            Err(fault) => {
                let prefix = fault.message.contains("Prefix");
                self.diagnostics.push(
                    Diagnostic::error("MT005", format!("this is not an XPath: {}", fault.message))
                        .at(path.span, format!("at character {}", fault.offset + 1))
                        .help_if(
                            prefix
                                .then(|| "declare the prefix under `namespaces` of `pack.yaml` or of the check file".to_owned()),
                        ),
                );
                None
            }
        }
    }

    fn series(&mut self, series: &SeriesRecord, place: Place<'_>, scope: &mut Scope) -> Option<Series> {
        let of = self.all(&series.of, Place { side: Side::Request, ..place }, scope).map(Box::new);
        let key = match &series.key {
            Some(key) => Some(self.expression(key, scope)?),
            None => None,
        };
        let from = match series.from {
            Some(SeriesFromWord::End) => SeriesFrom::End,
            _ => SeriesFrom::Start,
        };
        Some(Series { of, key, from })
    }

    /// Compiles operators; `whole` is what stands for the whole of another message that the subject is compared with.
    fn operators(&mut self, operators: &Operators, whole: &str, scope: &mut Scope) -> Vec<Test> {
        let mut found: Vec<Operator> = Vec::new();
        self.value_operators(operators, whole, scope, &mut found);
        self.series_operators(operators, scope, &mut found);
        let mut tests: Vec<Test> = found.into_iter().map(|operator| Test { operator, sense: Sense::Is }).collect();
        if let Some(nested) = &operators.not {
            let inner = self.operators(&nested.0, whole, scope);
            tests.extend(
                inner
                    .into_iter()
                    .map(|test| Test { sense: if test.sense == Sense::Is { Sense::Not } else { Sense::Is }, ..test }),
            );
        }
        tests
    }

    fn value_operators(&mut self, operators: &Operators, whole: &str, scope: &mut Scope, found: &mut Vec<Operator>) {
        if let Some(node) = &operators.equals {
            found.extend(self.operand(node, scope).map(Operator::Equals));
        }
        if let Some(node) = &operators.one_of {
            found.extend(self.one_of(node, scope));
        }
        if let Some(pattern) = &operators.matches {
            found.extend(self.pattern(pattern).map(Operator::Matches));
        }
        if let Some(node) = &operators.contains {
            found.extend(self.operand(node, scope).map(Operator::Contains));
        }
        self.flag(operators.present.as_ref(), "absent", Operator::Present, found);
        self.flag(operators.absent.as_ref(), "present", Operator::Absent, found);
        self.flag(operators.unique.as_ref(), "not", Operator::Unique, found);
        if let Some(kind) = operators.kind {
            found.push(Operator::Type(json_type(kind)));
        }
        if let Some(format) = &operators.format {
            match Format::from_name(&format.value) {
                Some(format) => found.push(Operator::Format(format)),
                None => {
                    let known: Vec<&str> = Format::names().collect();
                    Reader::new(&mut self.diagnostics).unknown_word::<()>(&format.value, format.span, "format", &known);
                }
            }
        }
        if let Some(range) = &operators.length {
            found.extend(self.bounds(range, scope).map(Operator::Length));
        }
        if let Some(range) = &operators.range {
            found.extend(self.bounds(range, scope).map(Operator::Range));
        }
        if let Some(same) = &operators.same_as {
            found.extend(self.same_as(same, whole, scope));
        }
        if let Some(node) = &operators.each {
            let mut reader_found = counterpart_diag::Diagnostics::default();
            let inner = Operators::read(node, &mut Reader::new(&mut reader_found));
            self.diagnostics.extend(reader_found);
            if let Some(inner) = inner {
                let tests = self.operators(&inner, whole, scope);
                found.push(Operator::Each(tests));
            }
        }
    }

    fn flag(&mut self, flag: Option<&Spanned<bool>>, opposite: &str, operator: Operator, found: &mut Vec<Operator>) {
        match flag {
            Some(flag) if flag.value => found.push(operator),
            Some(flag) => self.diagnostics.push(
                Diagnostic::error("MT002", "this operator takes `true` only")
                    .at(flag.span, "asks nothing")
                    .help(format!("write `{opposite}` for the opposite")),
            ),
            None => {}
        }
    }

    fn one_of(&mut self, node: &Node, scope: &mut Scope) -> Option<Operator> {
        match &node.data {
            Data::List(items) => Some(Operator::OneOf(items.iter().filter_map(|item| self.operand(item, scope)).collect())),
            _ if node.tag.is_some() => Some(Operator::OneOf(vec![self.operand(node, scope)?])),
            _ => Reader::new(&mut self.diagnostics).mismatch(node, "a list"),
        }
    }

    fn same_as(&mut self, same: &SameAs, whole: &str, scope: &mut Scope) -> Option<Operator> {
        let Some(of) = &same.of else {
            self.diagnostics.push(Diagnostic::error("SC010", "same-as needs `of`").at(same.span, "the same as which message?"));
            return None;
        };
        let path = match (&same.json, &same.header) {
            (Some(pointer), None) => {
                let members = pointer.value.split('/').skip(1).map(|part| format!("[{}]", index(part))).collect::<String>();
                format!("{}.json{members}", of.value)
            }
            (None, Some(header)) => format!("{}.headers[{}][0]", of.value, json!(header.value.to_lowercase())),
            (None, None) => format!("{}.{whole}", of.value),
            (Some(_), Some(header)) => {
                self.diagnostics.push(
                    Diagnostic::error("SC015", "same-as takes one of `json` and `header`, not both")
                        .at(header.span, "one too many"),
                );
                return None;
            }
        };
        let other = Operand::Expression(self.expression_at(&path, of.span, scope)?);
        Some(Operator::SameAs { other, except: same.except.iter().map(|text| text.value.clone()).collect() })
    }

    fn series_operators(&mut self, operators: &Operators, scope: &mut Scope, found: &mut Vec<Operator>) {
        if let Some(gaps) = &operators.gaps {
            found.extend(self.gaps(gaps, scope).map(Operator::Series));
        }
        if let Some(key) = &operators.in_order_of {
            found.extend(
                self.expression(key, scope).map(|value| Operator::Series(SeriesOperator::InOrderOf { value, list: None })),
            );
        }
        self.flag(operators.each_accepted_once.as_ref(), "not", Operator::Series(SeriesOperator::EachAcceptedOnce(None)), found);
        if let Some(anchor) = &operators.none_after {
            found.extend(self.anchor(anchor, scope).map(|anchor| Operator::Series(SeriesOperator::NoneAfter(anchor))));
        }
        if let Some(most) = &operators.in_flight_max {
            found.push(Operator::Series(SeriesOperator::InFlightMax(u64::try_from(most.value).unwrap_or(0))));
        }
        if let Some(range) = &operators.per_key {
            found.extend(self.bounds(range, scope).map(|bounds| Operator::Series(SeriesOperator::Count(bounds))));
        }
    }

    fn anchor(&mut self, anchor: &NoneAfter, scope: &mut Scope) -> Option<Anchor> {
        match anchor {
            NoneAfter::Condition(condition) => {
                let place = Place { side: Side::Response, namespaces: &[] };
                self.condition(condition, place, scope).map(|rule| Anchor::Rule(Box::new(rule)))
            }
            NoneAfter::Effect(word) => {
                let effects = Effect::ALL.iter().map(|(effect, name)| (*name, *effect));
                let known: Vec<(&str, Effect)> = std::iter::once(("accepted", Effect::Stored)).chain(effects).collect();
                self.word(word, "effect", &known).map(Anchor::Effect)
            }
        }
    }

    fn gaps(&mut self, gaps: &Gaps, scope: &mut Scope) -> Option<SeriesOperator> {
        let bounds = |compiler: &mut Self, range: &Option<Range>, scope: &mut Scope| -> Option<Bounds> {
            range.as_ref().and_then(|range| compiler.bounds(range, scope))
        };
        let before = self.diagnostics.as_slice().len();
        let range = bounds(self, &gaps.range, scope);
        let mean = bounds(self, &gaps.mean, scope);
        let growing = match &gaps.growing {
            Some(growing) => {
                let factor = self.number(&growing.factor, scope)?;
                let tolerance = growing.tolerance.as_ref().and_then(|cel| self.number(cel, scope)).unwrap_or(0.0);
                Some(Growing { factor, tolerance })
            }
            None => None,
        };
        let single = if gaps.may_be_single.as_ref().is_some_and(|flag| flag.value) { Single::Passes } else { Single::Fails };
        let gaps = GapsOperator { range, mean, growing, single };
        (self.diagnostics.as_slice().len() == before).then_some(SeriesOperator::Gaps(gaps))
    }
}

fn operator_count(operators: &Operators) -> usize {
    let operators = operators.clone();
    [
        operators.equals.is_some(),
        operators.one_of.is_some(),
        operators.matches.is_some(),
        operators.contains.is_some(),
        operators.present.is_some(),
        operators.absent.is_some(),
        operators.kind.is_some(),
        operators.format.is_some(),
        operators.length.is_some(),
        operators.range.is_some(),
        operators.unique.is_some(),
        operators.same_as.is_some(),
        operators.each.is_some(),
        operators.not.is_some(),
    ]
    .into_iter()
    .filter(|there| *there)
    .count()
}

/// Names the whole of a message's body that a subject can be the same as.
fn whole_of(subject: &Subject) -> &'static str {
    match subject {
        Subject::Body(BodyAspect::Text) => "text",
        Subject::Body(BodyAspect::Xml) => "xml",
        _ => "sha256",
    }
}

fn inline_value(subject: &SubjectRecord) -> Option<&SubjectValue> {
    match subject {
        SubjectRecord::Outcome(value)
        | SubjectRecord::Status(value)
        | SubjectRecord::Reason(value)
        | SubjectRecord::Method(value)
        | SubjectRecord::Path(value)
        | SubjectRecord::Count(value) => Some(value),
        _ => None,
    }
}

fn json_type(word: TypeWord) -> JsonType {
    match word {
        TypeWord::Array => JsonType::Array,
        TypeWord::Boolean => JsonType::Boolean,
        TypeWord::Integer => JsonType::Integer,
        TypeWord::Null => JsonType::Null,
        TypeWord::Number => JsonType::Number,
        TypeWord::Object => JsonType::Object,
        TypeWord::String => JsonType::String,
    }
}

/// Writes one step of a JSON Pointer as a CEL index.
fn index(part: &str) -> String {
    let name = part.replace("~1", "/").replace("~0", "~");
    if name.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() { name } else { json!(name).to_string() }
}
