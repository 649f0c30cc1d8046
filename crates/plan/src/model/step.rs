//! Steps, ready to be played.

use crate::model::{AlpnAnswer, Change, ConnectionRule, CutHow, Fault, Fragment, Offer, Reply, Request, Schedule, Shape};
use counterpart_evidence::Outcome;
use counterpart_matching::{Capture, Expression, Rule, Side, Template};
use counterpart_validate::Check;
use std::sync::Arc;

/// A duration on the run's clock.
#[derive(Clone, Debug)]
pub enum Time {
    /// An expression that gives milliseconds.
    Computed(Expression),
    /// Milliseconds.
    Fixed(u64),
}

/// A value to keep.
#[derive(Clone, Debug)]
pub struct Captured {
    /// Name.
    pub name: String,
    /// Where it comes from.
    pub capture: Capture,
    /// Which message.
    pub side: Side,
    /// Whether its absence is a fault.
    pub demand: Demand,
}

/// Whether something must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// It may be absent.
    Optional,
    /// It must be there.
    Required,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Name for later steps.
    pub id: Option<String>,
    /// Key in the file.
    pub kind: &'static str,
    /// What it does, in words.
    pub title: String,
    /// Left out where false.
    pub guard: Option<Expression>,
    /// What it does.
    pub act: Act,
    /// Checks of what came of it.
    pub checks: Vec<Arc<Check>>,
    /// Values to keep.
    pub captures: Vec<Captured>,
    /// Names whose value binds requests to the scenario.
    pub binds: Vec<String>,
    /// Names that it uses, so that it can be told what it lacks when an earlier step failed.
    pub uses: Vec<String>,
    /// Names that its named checks use, whoever gives them.
    pub used_by_checks: Vec<String>,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Act {
    /// Asks the system under test to act.
    Ask(Ask),
    /// Checks what is known.
    Assert,
    /// Waits for something to come.
    Await(Arc<Await>),
    /// Calls a fragment.
    Do(Do),
    /// Steps for each member of a list.
    Each(Each),
    /// Names values.
    Let(Vec<(String, Shape)>),
    /// Changes how an endpoint listens.
    Listen(Listen),
    /// Sends at a rate.
    Load(Box<Load>),
    /// Lets stubs and players work.
    Observe(Observe),
    /// Steps side by side.
    Parallel(Parallel),
    /// Waits.
    Pause(Time),
    /// A connection without a request.
    Probe(Probe),
    /// Answers a held request: id of the `await` step, and the answer.
    Release(String, Box<Reply>),
    /// Steps again and again.
    Repeat(Repeat),
    /// Sends a request.
    Send(Box<Send>),
    /// Changes the store.
    Store(Vec<Change>),
    /// Steps under a condition.
    When(When),
    /// Writes a file or a mail.
    Write(Write),
}

/// A request to send.
#[derive(Clone, Debug)]
pub struct Send {
    /// The request.
    pub request: Request,
    /// Endpoint; the first where empty.
    pub endpoint: String,
    /// Proxy to send it through; straight without, or where its template gives nothing.
    pub via: Option<String>,
    /// Client certificate by name; `default` is the workspace's.
    pub certificate: String,
    /// Credentials by name, whose values replace settings.
    pub credentials: Option<String>,
    /// Whether the connection is a new one.
    pub connection: ConnectionRule,
    /// TLS offer.
    pub tls: Offer,
    /// What goes wrong on the way.
    pub fault: Option<Fault>,
    /// How long to wait for the answer.
    pub within: Option<Time>,
}

/// A connection without a request.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Endpoint; the first where empty.
    pub endpoint: String,
    /// Old TLS version to offer at most: `1.0` or `1.1`.
    pub old_tls: Option<String>,
    /// TLS offer of a usual handshake.
    pub tls: Offer,
    /// Client certificate by name.
    pub certificate: String,
    /// How long to wait.
    pub within: Option<Time>,
}

/// Bounds of a count.
#[derive(Clone, Debug)]
pub struct CountBounds {
    /// At least.
    pub min: Expression,
    /// At most; no bound without.
    pub max: Option<Expression>,
}

/// Which requests are meant.
#[derive(Clone, Debug, Default)]
pub struct RequestMatch {
    /// Endpoint; any without.
    pub endpoint: Option<String>,
    /// Method; any without.
    pub method: Option<String>,
    /// Path pattern; any without.
    pub path: Option<Template>,
    /// Further conditions.
    pub when: Option<Rule>,
}

/// What is waited for.
#[derive(Clone, Debug)]
pub enum AwaitWhat {
    /// A connection without a request: endpoint, and its outcomes (any where empty).
    Connection(Option<String>, Vec<Outcome>),
    /// A file: path, and which.
    File(Template, Option<Expression>),
    /// A log line: path, and which.
    Log(Template, Option<Expression>),
    /// A mail: folder, and which.
    Mail(Template, Option<Expression>),
    /// A request.
    Request(RequestMatch),
}

/// Something to wait for.
#[derive(Clone, Debug)]
pub struct Await {
    /// What.
    pub what: AwaitWhat,
    /// How long.
    pub within: Time,
    /// How many.
    pub count: CountBounds,
    /// Time after the last in which none more may come, with the check that it breaks.
    pub then_quiet: Option<(Time, Arc<Check>)>,
    /// Answers in turn, the last for all that follow; empty for the endpoint's stubs.
    pub respond: Vec<Arc<Reply>>,
    /// Stubs whose rules answer first.
    pub using: Vec<Arc<crate::model::Stub>>,
    /// Whether the answer waits for a `respond` step.
    pub hold: Hold,
    /// The check that too few break; without it they make the step inconclusive.
    pub else_fails: Option<Arc<Check>>,
}

/// Whether an answer is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It goes out at once.
    AtOnce,
    /// It waits for a `respond` step.
    Held,
}

/// An action of the system under test.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Name.
    pub action: String,
    /// Arguments.
    pub with: Vec<(String, Shape)>,
    /// How long it may take.
    pub within: Time,
    /// Whether the next step waits for its end.
    pub pace: Pace,
    /// Whether the scenario goes on where nobody can do it.
    pub demand: Demand,
}

/// Whether the next step waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The next step begins at once.
    Background,
    /// The next step waits.
    Waits,
}

/// A step at a moment.
#[derive(Clone, Debug)]
pub struct TimedStep {
    /// From the beginning of the observation.
    pub at: Time,
    /// The step.
    pub step: Step,
}

/// An observation.
#[derive(Clone, Debug)]
pub struct Observe {
    /// How long, at most.
    pub lasting: Time,
    /// Ends when true.
    pub until: Option<Expression>,
    /// Stubs that answer first.
    pub stubs: Vec<Arc<crate::model::Stub>>,
    /// Players that work.
    pub players: Vec<Arc<crate::model::Player>>,
    /// Fault timeline.
    pub schedule: Option<Arc<Schedule>>,
    /// Timed steps.
    pub steps: Vec<TimedStep>,
}

/// Steps again and again.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// How often.
    pub times: Option<Expression>,
    /// Ends when true after a pass.
    pub until: Option<Expression>,
    /// How long at most.
    pub at_most: Option<Time>,
    /// Time from one beginning to the next.
    pub every: Option<Time>,
    /// Steps.
    pub steps: Vec<Step>,
}

/// What is gone through.
#[derive(Clone, Debug)]
pub enum EachOf {
    /// An expression that gives a list.
    Expression(Expression),
    /// Values.
    Values(Vec<Shape>),
}

/// Steps for each member.
#[derive(Clone, Debug)]
pub struct Each {
    /// The list.
    pub of: EachOf,
    /// Name of the member.
    pub name: String,
    /// Steps.
    pub steps: Vec<Step>,
}

/// Steps side by side.
#[derive(Clone, Debug)]
pub struct Parallel {
    /// How many times the steps run side by side, each with its `index`.
    pub times: Option<Expression>,
    /// Whether all connect before any sends.
    pub barrier: Barrier,
    /// Lists of steps: one that runs `times` times, or several.
    pub branches: Vec<Vec<Step>>,
}

/// Whether parallel steps wait for one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barrier {
    /// All are connected before any sends.
    Connected,
    /// None.
    None,
}

/// Steps under a condition.
#[derive(Clone, Debug)]
pub struct When {
    /// Condition.
    pub that: Expression,
    /// Steps where true.
    pub then: Vec<Step>,
    /// Steps where false.
    pub otherwise: Vec<Step>,
}

/// A call of a fragment.
#[derive(Clone, Debug)]
pub struct Do {
    /// Fragment.
    pub fragment: Arc<Fragment>,
    /// Arguments.
    pub with: Vec<(String, Shape)>,
}

/// How an endpoint listens.
#[derive(Clone, Debug, Default)]
pub struct Listen {
    /// Endpoint; the first where empty.
    pub endpoint: String,
    /// Whether connections are accepted.
    pub accept: Option<bool>,
    /// Server certificate by name.
    pub certificate: Option<String>,
    /// Client certificate: `none`, `optional`, `required`.
    pub client_certificate: Option<String>,
    /// Highest TLS version; `1.1` answers with an old ServerHello.
    pub tls_max: Option<String>,
    /// Application protocol answer.
    pub alpn: Option<AlpnAnswer>,
    /// Ends every connection at once in this way.
    pub ends: Option<CutHow>,
    /// How long; to the scenario's end without.
    pub lasting: Option<Time>,
}

/// Requests at a rate.
#[derive(Clone, Debug)]
pub struct Load {
    /// How many in all.
    pub count: Expression,
    /// Over what time.
    pub over: Option<Time>,
    /// How many at once at most.
    pub at_once: Option<Expression>,
    /// What each sends.
    pub send: Send,
    /// Checks of each answer.
    pub each: Vec<Arc<Check>>,
}

/// An attachment of a mail.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// File name.
    pub name: Template,
    /// Media type.
    pub media_type: String,
    /// Its text, or its bytes as base64.
    pub content: Expression,
    /// Which of the two.
    pub form: AttachmentForm,
}

/// What an attachment's content is given as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttachmentForm {
    /// Bytes as base64.
    Base64,
    /// Text.
    Text,
}

/// A mail to write.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Sender.
    pub from: Template,
    /// Recipients.
    pub to: Vec<Template>,
    /// Subject.
    pub subject: Template,
    /// Text.
    pub text: Template,
    /// Attachments.
    pub attachments: Vec<Attachment>,
}

/// What is written.
#[derive(Clone, Debug)]
pub enum WriteWhat {
    /// A mail.
    Mail(Box<Mail>),
    /// Text.
    Text(Template),
}

/// A file or mail to write.
#[derive(Clone, Debug)]
pub struct Write {
    /// Path.
    pub path: Template,
    /// What.
    pub what: WriteWhat,
}
