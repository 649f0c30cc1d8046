//! Steps: what a scenario, a fragment or a player does, one after another.

use crate::model::{Body, Condition, CutHow, Expectation, Fault, Lookup, Offer, ReplyItem};
use crate::read::{Read, Reader, choice, record};
use crate::{Cel, Data, Flag, Node, Schemas, Text, Time, WordList};
use serde_json::{Value, json};

record! {
    /// One step.
    Step "a step" {
        /// Name, so that later steps can speak of `NAME.request` and `NAME.response`.
        optional id "id": Text,
        /// What it does, for the report; made from the step itself without.
        optional title "title": Text,
        /// CEL; the step is left out where it is false.
        optional guard "if": Cel,
        /// What it does.
        flat act "": Act,
        /// Checks of what came of it.
        list expect "expect": Expectation,
        /// Values to keep, by name.
        map capture "capture": CaptureItem,
        /// Captured names whose value binds requests to this scenario.
        list binds "binds": Text,
    }
}

choice! {
    /// What a step does.
    Act "a step" {
        /// Sends a request and waits for the answer.
        "send" Send(Send),
        /// Asks a directory: a search, or with `bind` who we say we are.
        "lookup" Lookup(Lookup),
        /// Makes a connection without a request, old TLS versions included.
        "probe" Probe(Probe),
        /// Waits for something to come: a request, a connection, a file, a mail, a log line.
        "await" Await(Await),
        /// Answers a request that an `await` with `hold: true` left open.
        "respond" Release(Release),
        /// Asks the system under test to act: a hook or a person does it.
        "ask" Ask(Ask),
        /// Lets stubs and players work for a time while timed steps run.
        "observe" Observe(Observe),
        /// Waits.
        "pause" Pause(Time),
        /// Does steps again and again.
        "repeat" Repeat(Repeat),
        /// Does steps for each member of a list.
        "each" Each(Each),
        /// Does steps at the same time.
        "parallel" Parallel(Parallel),
        /// Does steps under a condition.
        "when" When(When),
        /// Does the steps of a fragment.
        "do" Do(Do),
        /// Checks what is known by now.
        "assert" Assert(Assert),
        /// Names values, each a CEL expression or any other value.
        "let" Let(LetMap),
        /// Changes how an endpoint of ours listens, until the scenario ends.
        "listen" Listen(Listen),
        /// Sends at a rate for a time, judged by service levels.
        "load" Load(Load),
        /// Changes our store.
        "store" Store(StoreChanges),
        /// Writes a file or a mail (players).
        "write" Write(Write),
    }
}

/// Names with values: a text value is a CEL expression, anything else is taken as it is.
#[derive(Clone, Debug)]
pub struct LetMap(pub Vec<(Text, Node)>);

impl Read for LetMap {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self(crate::read::read_map(node, reader)))
    }

    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "object" })
    }
}

record! {
    /// A request to send.
    Send "send" {
        /// The named request that it builds on.
        optional use_request "use": Text,
        /// Arguments: text is a template, `!value NAME` a typed value.
        map with "with": Node,
        /// Endpoint to send to; the first without.
        optional to "to": Text,
        /// Proxy endpoint to send it through, a template; straight to `to` without, or where it is empty.
        optional via "via": Text,
        /// Method instead of the named request's.
        optional method "method": Text,
        /// Path instead of the named request's.
        optional path "path": Text,
        /// Header fields added or, with `null`, left out.
        map headers "headers": Node,
        /// Body instead of the named request's.
        optional body "body": Body,
        /// JSON Patch on top of the body.
        list patch "patch": Node,
        /// Client certificate: `default`, `none`, or one that `[tls.other]` or the test authority gives (`expired`, `unknown`, `revoked`, ...).
        optional certificate "certificate": Text,
        /// Further credentials that the pack declares: their values replace the settings of the same names.
        optional credentials "credentials": Text,
        /// `fresh` for a connection of its own; `keep` (the default) takes the scenario's open one.
        optional connection "connection": Text,
        /// TLS offer.
        optional tls "tls": Offer,
        /// What goes wrong on the way.
        optional fault "fault": Fault,
        /// How long to wait for the answer.
        optional within "within": Time,
    }
}

record! {
    /// A connection without a request.
    Probe "probe" {
        /// Endpoint; the first without.
        optional to "to": Text,
        /// Old TLS version to offer at most: `1.0` or `1.1`.
        optional old_tls "old-tls": Text,
        /// TLS offer of a usual handshake.
        optional tls "tls": Offer,
        /// Client certificate.
        optional certificate "certificate": Text,
        /// How long to wait.
        optional within "within": Time,
    }
}

record! {
    /// How many.
    Count "a count" {
        /// At least.
        optional min "min": Cel,
        /// At most.
        optional max "max": Cel,
    }
}

/// Which requests a step waits for.
#[derive(Clone, Debug)]
pub struct RequestMatch(pub RuleMatch);

record! {
    /// Which requests are meant.
    RuleMatch "a request match" {
        /// Endpoint; any without.
        optional endpoint "endpoint": Text,
        /// Method; any without.
        optional method "method": Text,
        /// Path pattern, `{name}` for a segment and `{*rest}` for the rest; any without.
        optional path "path": Text,
        /// Further conditions.
        list when "when": Condition,
    }
}

impl Read for RequestMatch {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        RuleMatch::read(node, reader).map(Self)
    }

    fn schema(schemas: &mut Schemas) -> Value {
        RuleMatch::schema(schemas)
    }
}

record! {
    /// Which connections without a request are meant.
    ConnectionMatch "a connection match" {
        /// Endpoint; any without.
        optional endpoint "endpoint": Text,
        /// Outcomes; any without.
        optional outcome "outcome": WordList,
    }
}

record! {
    /// A mail that is waited for: an `.eml` file in a folder.
    AwaitMail "a mail" {
        /// Folder, a template.
        required folder "folder": Text,
        /// CEL over `mail` that says which one is meant; any without.
        optional which "which": Cel,
    }
}

record! {
    /// A file or log line that is waited for.
    AwaitLog "a file" {
        /// Path, a template; `*` stands for any part of the last segment.
        required path "path": Text,
        /// CEL over `file` or `log` that says which one is meant; any without.
        optional which "which": Cel,
    }
}

record! {
    /// Something to wait for. One of `request`, `connection`, `file`, `mail`, `log` stands in it.
    Await "await" {
        /// A request.
        optional request "request": RequestMatch,
        /// A connection that brings no request.
        optional connection "connection": ConnectionMatch,
        /// A file.
        optional file "file": AwaitLog,
        /// A mail.
        optional mail "mail": AwaitMail,
        /// A log line.
        optional log "log": AwaitLog,
        /// How long to wait.
        required within "within": Time,
        /// How many: a number, or `{min, max}`; 1 without.
        optional count "count": CountItem,
        /// Time after the last one in which none more may come; without it no upper count is judged.
        optional then_quiet "then-quiet": Time,
        /// The check that a request in the quiet time breaks; one of `expect` or its own.
        optional quiet "quiet": Expectation,
        /// Answers, the first for the first request, the last for all that follow; the endpoint's stubs answer without.
        list respond "respond": ReplyItem,
        /// Stub files whose rules answer first.
        list using "using": Text,
        /// Whether the answer waits for a `respond` step.
        optional hold "hold": Flag,
        /// Whether too few requests are the supplier's failure (with the check named) or make the step inconclusive.
        optional else_fails "else-fails": Expectation,
    }
}

/// A number, or bounds.
#[derive(Clone, Debug)]
pub enum CountItem {
    /// Bounds.
    Between(Count),
    /// Exactly this many; CEL.
    Exactly(Cel),
}

impl Read for CountItem {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.data {
            Data::Map(_) => Count::read(node, reader).map(Self::Between),
            _ => Cel::read(node, reader).map(Self::Exactly),
        }
    }

    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "anyOf": [{ "type": ["integer", "string"] }, Count::schema(schemas)] })
    }
}

record! {
    /// An answer to a request that is held open.
    Release "respond" {
        /// Id of the `await` step that holds it.
        required to "to": Text,
        /// The answer.
        required with "with": ReplyItem,
    }
}

record! {
    /// An action of the system under test.
    Ask "ask" {
        /// Name, as the pack declares it.
        required action "action": Text,
        /// Arguments: text is a template, `!value NAME` a typed value.
        map with "with": Node,
        /// How long it may take; the action's own limit without.
        optional within "within": Time,
        /// Whether the next step begins without waiting for its end.
        optional background "background": Flag,
        /// Whether the scenario goes on without it where neither hook nor person is there.
        optional optional "optional": Flag,
    }
}

record! {
    /// A step at a moment of an observation.
    TimedStep "a timed step" {
        /// Time from the beginning of the observation.
        required at "at": Time,
        /// The step.
        flat step "": Step,
    }
}

record! {
    /// An observation: stubs and players work while timed steps run.
    Observe "observe" {
        /// How long.
        optional lasting "for": Time,
        /// CEL; the observation ends when it becomes true.
        optional until "until": Cel,
        /// How long at most where `until` is given.
        optional at_most "at-most": Time,
        /// Stub files and players that work meanwhile.
        list using "using": Text,
        /// Fault timeline in `schedules/`.
        optional schedule "schedule": Text,
        /// Steps at their moments.
        list steps "do": TimedStep,
    }
}

record! {
    /// Steps done again and again.
    Repeat "repeat" {
        /// How often; CEL.
        optional times "times": Cel,
        /// CEL; ends when it becomes true after a pass.
        optional until "until": Cel,
        /// How long at most.
        optional at_most "at-most": Time,
        /// Time from one beginning to the next.
        optional every "every": Time,
        /// The steps; `index` counts from 0.
        list steps "do": Step,
    }
}

record! {
    /// Steps done for each member of a list.
    Each "each" {
        /// CEL that gives the list, or a list.
        required of "of": Node,
        /// Name of the member.
        required name "as": Text,
        /// The steps.
        list steps "do": Step,
    }
}

record! {
    /// Steps done at the same time.
    Parallel "parallel" {
        /// How many times the steps of `do` run side by side; CEL.
        optional times "times": Cel,
        /// `connected`: all connect first and send together.
        optional barrier "barrier": Text,
        /// The steps of each; `index` counts from 0.
        list steps "do": Step,
        /// Different lists of steps, side by side.
        list branches "branches": Branch,
    }
}

record! {
    /// One of several lists of steps that run side by side.
    Branch "a branch" {
        /// The steps.
        list steps "do": Step,
    }
}

record! {
    /// Steps done under a condition.
    When "when" {
        /// CEL.
        required that "that": Cel,
        /// Steps where it is true.
        list then "then": Step,
        /// Steps where it is false.
        list otherwise "else": Step,
    }
}

record! {
    /// A call of a fragment.
    Do "do" {
        /// Name of the fragment.
        required fragment "fragment": Text,
        /// Arguments.
        map with "with": Node,
    }
}

record! {
    /// Checks of what is known by now: captured values, series, the store.
    Assert "assert" {
        /// The checks.
        list that "that": Expectation,
    }
}

record! {
    /// How an endpoint of ours listens.
    Listen "listen" {
        /// Endpoint; the first without.
        optional endpoint "endpoint": Text,
        /// Whether connections are accepted; `false` closes the port.
        optional accept "accept": Flag,
        /// Server certificate: `default`, `expired`, `not-yet-valid`, `wrong-name`, `unknown`, `revoked`, `weak-key`.
        optional certificate "certificate": Text,
        /// Client certificate: `any`, `none`, `optional`, `required`.
        optional client_certificate "client-certificate": Text,
        /// Highest TLS version: `1.2`, `1.3`, or `1.1` for a ServerHello of that old version.
        optional tls_max "tls-max": Text,
        /// Answer to the application protocol offer.
        optional alpn "alpn": crate::model::AlpnAnswer,
        /// Ends every connection at once in this way.
        optional ends "ends": CutHow,
        /// How long, where it is not to the scenario's end.
        optional lasting "for": Time,
    }
}

record! {
    /// Requests at a rate, judged by service levels.
    Load "load" {
        /// How many in all; CEL.
        required count "count": Cel,
        /// Over what time they are spread; as fast as possible without.
        optional over "over": Time,
        /// How many at once at most; CEL.
        optional at_once "at-once": Cel,
        /// What each sends; `index` counts from 0.
        required send "send": Send,
        /// Checks of each answer.
        list each "each": Expectation,
    }
}

/// Changes of our store, in one transaction.
#[derive(Clone, Debug)]
pub struct StoreChanges(pub Vec<StoreChange>);

impl Read for StoreChanges {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self(crate::read::read_list(node, reader)))
    }

    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "type": "array", "items": StoreChange::schema(schemas) })
    }
}

record! {
    /// One change of our store. One of `insert`, `update`, `delete`, `set`, `clear`, `require` stands in it.
    StoreChange "a store change" {
        /// Collection to add a row to; loses where its key is taken.
        optional insert "insert": Text,
        /// Collection whose row with this `key` is changed; loses where there is none.
        optional update "update": Text,
        /// Collection whose row with this `key` is removed; loses where there is none.
        optional delete "delete": Text,
        /// Collection that is emptied.
        optional clear "clear": Text,
        /// Variables of the store, each a CEL expression.
        map set "set": Cel,
        /// CEL that must be true, else the transaction loses.
        optional require "require": Cel,
        /// CEL that gives the key of the row.
        optional key "key": Cel,
        /// CEL that gives the row, or the members to change.
        optional value "value": Cel,
    }
}

record! {
    /// An attachment of a mail.
    WriteAttachment "an attachment" {
        /// File name, a template.
        required name "name": Text,
        /// Media type.
        required media_type "media-type": Text,
        /// CEL that gives its text, or its bytes as base64 with `base64: true`.
        required content "content": Cel,
        /// Whether `content` is base64.
        optional base64 "base64": Flag,
    }
}

record! {
    /// A mail that is written as an `.eml` file (RFC 5322).
    MailItem "a mail to write" {
        /// Sender, a template.
        required from "from": Text,
        /// Recipients, a template each.
        list to "to": Text,
        /// Subject, a template.
        required subject "subject": Text,
        /// Text, a template.
        required text "text": Text,
        /// Attachments.
        list attachments "attachments": WriteAttachment,
    }
}

record! {
    /// A file or a mail to write.
    Write "write" {
        /// Path below a folder that a setting of type `path` names, a template.
        required path "path": Text,
        /// Text of a file, a template.
        optional text "text": Text,
        /// A mail.
        optional mail "mail": MailItem,
    }
}

record! {
    /// Where a captured value comes from. One key stands in it.
    CaptureItem "a capture" {
        /// JSON Pointer or JSONPath in the body.
        optional json "json": Text,
        /// XPath in the body.
        optional xml "xml": Text,
        /// Header field.
        optional header "header": Text,
        /// Regular expression with one group, applied to the header field.
        optional group "group": Text,
        /// JSON Pointer or JSONPath in what the hook returned.
        optional hook "hook": Text,
        /// A fact of the connection: a `tls` field, `local`, `peer`, `id`.
        optional connection "connection": Text,
        /// CEL over `request`, `response`, `hook`, `mail`, `file`.
        optional expr "expr": Cel,
        /// `request` where the value is taken from the request.
        optional of "of": Text,
        /// Whether nothing there to capture is no fault; the name is then `null`.
        optional optional "optional": Flag,
    }
}
