//! Exchanges: those a finding speaks of in full, the rest as rows, within the budgets of the options.

use super::finding::{Brief, Link, Rule, brief, does_not_apply, rule, scenario_link, skipped_count};
use super::index::{Index, exchange_anchor};
use super::message::{self, Message};
use crate::bodies::Bodies;
use crate::limits::{FINDINGS_MAX, FOLD_ROWS, PASSING_BODY_BYTES_MAX};
use crate::options::Options;
use crate::text;
use counterpart_evidence::{Direction, ExchangeId, ExchangeRecord, Finding, FindingOutcome, Outcome, Part, TlsSide, Version};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// A name with its value.
#[derive(Debug, Serialize)]
pub(crate) struct Fact {
    /// Name.
    pub(crate) name: &'static str,
    /// Value.
    pub(crate) value: String,
}

/// An exchange in full.
#[derive(Debug, Serialize)]
pub(crate) struct Exchange {
    /// Anchor.
    pub(crate) anchor: String,
    /// Whether paper may leave it closed: no must was broken in it.
    pub(crate) quiet: bool,
    /// What a row of the table says of it.
    pub(crate) row: Row,
    /// Facts: times, endpoint, effect, fault.
    pub(crate) facts: Vec<Fact>,
    /// Connection and TLS.
    pub(crate) connection: Vec<Fact>,
    /// Rules that did not hold, or could not be decided.
    pub(crate) rules: Vec<Rule>,
    /// How many of them are not shown, in words.
    pub(crate) rules_left: Option<String>,
    /// Rules that did not apply.
    pub(crate) skipped: Vec<Brief>,
    /// How many they are, in words.
    pub(crate) skipped_count: Option<String>,
    /// Why no rule of ours took it.
    pub(crate) unmatched: Vec<String>,
    /// Request, then response.
    pub(crate) messages: Vec<Message>,
}

/// An exchange in a line.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// Number.
    pub(crate) id: u64,
    /// Anchor of the row, or of the exchange in full.
    pub(crate) anchor: String,
    /// Whether it stands in full elsewhere in the report.
    pub(crate) full: bool,
    /// Seconds from the beginning.
    pub(crate) moment: String,
    /// `to us` or `from us`.
    pub(crate) way: &'static str,
    /// Endpoint.
    pub(crate) endpoint: String,
    /// Method and path.
    pub(crate) call: String,
    /// Status, or how it ended.
    pub(crate) ended: String,
    /// Duration.
    pub(crate) took: String,
    /// Scenario.
    pub(crate) scenario: Option<Link>,
    /// Worst mark of its findings, `pass` without any.
    pub(crate) mark: &'static str,
    /// First characters of the digest of the request body.
    pub(crate) request_digest: String,
    /// First characters of the digest of the response body.
    pub(crate) response_digest: String,
    /// Bodies, where the budget allows.
    pub(crate) bodies: Vec<PlainBody>,
}

/// A body of a passing exchange.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PlainBody {
    /// `request` or `response`.
    pub(crate) name: &'static str,
    /// Text.
    pub(crate) text: String,
}

/// Rows folded together, so that a long table opens quickly.
#[derive(Debug, Serialize)]
pub(crate) struct Fold {
    /// First number.
    pub(crate) from: u64,
    /// Last number.
    pub(crate) to: u64,
    /// How many, in words.
    pub(crate) count: String,
    /// Rows.
    pub(crate) rows: Vec<Row>,
    /// Whether it holds all, so that it may stand open.
    pub(crate) single: bool,
}

/// All exchanges.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Exchanges {
    /// How many, in words.
    pub(crate) count: String,
    /// In full.
    pub(crate) full: Vec<Exchange>,
    /// What was left to the run folder, in words.
    pub(crate) left: Vec<String>,
}

/// What is known of the rows of the table before they are made.
pub(crate) struct Rows {
    /// Exchanges that stand in full.
    shown: HashSet<ExchangeId>,
    /// Bodies for which there is room.
    bodies: HashMap<ExchangeId, Vec<PlainBody>>,
}

/// The table of all exchanges.
pub(crate) struct Table<'a> {
    index: Index<'a>,
    rows: Rows,
}

impl<'a> Table<'a> {
    /// Makes the table of what an index knows.
    pub(crate) fn new(index: Index<'a>, rows: Rows) -> Self {
        Self { index, rows }
    }

    /// Gives the rows, fold by fold.
    pub(crate) fn folds(&self) -> impl Iterator<Item = Fold> {
        let all = &self.index.record.exchanges;
        all.chunks(FOLD_ROWS).map(move |some| {
            let rows: Vec<Row> = some.iter().map(|exchange| self.row(exchange)).collect();
            Fold {
                from: rows.first().map_or(0, |row| row.id),
                to: rows.last().map_or(0, |row| row.id),
                count: text::counted(rows.len() as u64, "exchange"),
                rows,
                single: all.len() <= FOLD_ROWS,
            }
        })
    }

    fn row(&self, exchange: &ExchangeRecord) -> Row {
        Row {
            full: self.rows.shown.contains(&exchange.id),
            bodies: self.rows.bodies.get(&exchange.id).cloned().unwrap_or_default(),
            ..row(exchange, &self.index)
        }
    }
}

/// Makes the view of all exchanges, as far as it does not grow with their number.
pub(crate) fn exchanges(index: &Index<'_>, bodies: &dyn Bodies, options: &Options) -> (Exchanges, Rows) {
    let record = index.record;
    let mut full = Vec::new();
    let mut shown = HashSet::new();
    let mut left_in_full = 0_u64;
    let mut spent = 0;
    for exchange in record.exchanges.iter().filter(|exchange| deserves_full(exchange, index)) {
        if spent >= options.full_bytes_max {
            left_in_full += 1;
            continue;
        }
        let view = in_full(exchange, index, bodies);
        spent += weight(&view);
        shown.insert(exchange.id);
        full.push(view);
    }
    let mut budget = Budget { left: options.passing_bytes_max, bodies_left: 0 };
    let beside = record.exchanges.iter().filter(|exchange| !shown.contains(&exchange.id));
    let bodies = beside.map(|exchange| (exchange.id, budget.bodies(exchange, bodies))).filter(|(_, some)| !some.is_empty());
    let bodies = bodies.collect();
    let exchanges = Exchanges {
        count: text::counted(record.exchanges.len() as u64, "exchange"),
        full,
        left: left(left_in_full, budget.bodies_left, options),
    };
    (exchanges, Rows { shown, bodies })
}

fn left(full: u64, bodies: u64, options: &Options) -> Vec<String> {
    let folder = options.folder.as_deref().map_or_else(|| "the run folder".to_owned(), |name| format!("the run folder {name}"));
    let mut notes = Vec::new();
    if full > 0 {
        notes.push(format!("{} with findings stand only as rows, because the budget of {} for exchanges in full was spent; their bytes are in {folder}",
            text::counted(full, "exchange"), text::size(options.full_bytes_max as u64)));
    }
    if bodies > 0 {
        let noun = if bodies == 1 { "body" } else { "bodies" };
        notes.push(format!("{} {noun} of passing exchanges left to {folder}: each is stored there under the digest in its row; this file carries up to {} of them",
            text::count(bodies), text::size(options.passing_bytes_max as u64)));
    }
    notes
}

/// An exchange stands in full where a finding other than of a check that did not apply speaks of it, or where nothing expected it.
fn deserves_full(exchange: &ExchangeRecord, index: &Index<'_>) -> bool {
    let says = |finding: &Finding| finding.outcome != FindingOutcome::Pass && !does_not_apply(finding);
    index.findings_in(exchange.id).iter().any(|located| says(located.finding))
        || index.record.unmatched.contains_key(&exchange.id)
        || index.record.unexpected.contains(&exchange.id)
}

/// Bytes of markup that a view is about to take: an estimate, near enough for a budget.
fn weight(view: &Exchange) -> usize {
    let code = |code: &Option<crate::code::Code>| {
        let lines = code.iter().flat_map(|code| &code.lines);
        lines
            .map(|line| 40 + line.text.len() + line.pieces.iter().map(|piece| piece.text.len() + 20).sum::<usize>())
            .sum::<usize>()
    };
    let messages = view
        .messages
        .iter()
        .map(|message| code(&message.pretty) + code(&message.raw) + code(&message.wire) + message.headers.len() * 120 + 1_500);
    4_000 + view.rules.len() * 1_500 + messages.sum::<usize>()
}

struct Budget {
    left: usize,
    bodies_left: u64,
}

impl Budget {
    fn bodies(&mut self, exchange: &ExchangeRecord, bodies: &dyn Bodies) -> Vec<PlainBody> {
        let parts = [("request", &exchange.request), ("response", &exchange.response)];
        let mut out = Vec::new();
        for (name, message) in parts {
            let Some(message) = message else { continue };
            let Some(body) = message.body.as_ref().filter(|body| body.bytes > 0) else { continue };
            let fits = body.bytes <= self.left.min(PASSING_BODY_BYTES_MAX) as u64;
            match fits.then(|| message::body_text(message, bodies)).flatten() {
                // A small body may unfold to a large one, so the budget is looked at again.
                Some(source) if source.text.len() <= self.left.min(PASSING_BODY_BYTES_MAX) => {
                    self.left -= source.text.len();
                    out.push(PlainBody { name, text: text::visible(&source.text) });
                }
                _ => self.bodies_left += 1,
            }
        }
        out
    }
}

/// Makes the row of an exchange.
pub(crate) fn row(exchange: &ExchangeRecord, index: &Index<'_>) -> Row {
    let scenario = exchange.scenario.as_ref().and_then(|id| scenario_link(id.as_str(), index));
    let digest = |message: &Option<counterpart_evidence::MessageRecord>| {
        let body = message.as_ref().and_then(|message| message.body.as_ref()).filter(|body| body.bytes > 0);
        body.map_or_else(String::new, |body| text::label(&body.digest.chars().take(16).collect::<String>(), 16))
    };
    Row {
        id: exchange.id.0,
        anchor: exchange_anchor(exchange.id),
        full: false,
        moment: text::moment(exchange.started_us),
        way: match exchange.direction {
            Direction::Inbound => "to us",
            Direction::Outbound => "from us",
        },
        endpoint: text::label(&exchange.endpoint, 40),
        call: call(exchange, 120),
        ended: ended(exchange),
        took: exchange.timing.total_us.map_or_else(String::new, text::duration),
        scenario,
        mark: worst(exchange, index),
        request_digest: digest(&exchange.request),
        response_digest: digest(&exchange.response),
        bodies: Vec::new(),
    }
}

/// Writes method and target of an exchange.
pub(crate) fn call(exchange: &ExchangeRecord, chars_max: usize) -> String {
    let Some(request) = &exchange.request else { return "(no request)".to_owned() };
    text::label(&format!("{} {}", request.method.as_deref().unwrap_or("?"), request.target.as_deref().unwrap_or("?")), chars_max)
}

/// Writes the status of an exchange, or how it ended without one.
pub(crate) fn ended(exchange: &ExchangeRecord) -> String {
    let status = exchange.response.as_ref().and_then(|response| {
        let status = response.status?.to_string();
        // A result code of LDAP says little without its name.
        let name = response.reason.as_ref().filter(|_| response.version == Version::Ldap3);
        Some(name.map_or_else(|| status.clone(), |name| text::label(&format!("{status} {name}"), 40)))
    });
    match (status, exchange.outcome) {
        (Some(status), Outcome::Answered) => status,
        (Some(status), outcome) => format!("{status}, {}", outcome.name()),
        (None, outcome) => outcome.name().to_owned(),
    }
}

fn worst(exchange: &ExchangeRecord, index: &Index<'_>) -> &'static str {
    let marks: Vec<&str> = index.findings_in(exchange.id).iter().map(|located| super::finding::mark(located.finding)).collect();
    ["fail", "error", "warning"].into_iter().find(|mark| marks.contains(mark)).unwrap_or("pass")
}

fn in_full(exchange: &ExchangeRecord, index: &Index<'_>, bodies: &dyn Bodies) -> Exchange {
    let all = || index.findings_in(exchange.id).iter().map(|located| located.finding);
    let (skipped, judged): (Vec<&Finding>, Vec<&Finding>) = all().partition(|finding| does_not_apply(finding));
    let left = judged.len().saturating_sub(FINDINGS_MAX) as u64;
    let findings: Vec<&Finding> = judged.into_iter().take(FINDINGS_MAX).collect();
    let of = |part: Part| findings.iter().copied().filter(|finding| message::is_of(finding, part)).collect::<Vec<_>>();
    let request =
        exchange.request.as_ref().map(|record| message::message(exchange.id, "Request", record, &of(Part::Request), bodies));
    let response =
        exchange.response.as_ref().map(|record| message::message(exchange.id, "Response", record, &of(Part::Response), bodies));
    let mut row = row(exchange, index);
    row.full = true;
    Exchange {
        anchor: exchange_anchor(exchange.id),
        quiet: !matches!(row.mark, "fail" | "error"),
        row,
        facts: facts(exchange),
        connection: connection(exchange),
        rules: findings.iter().map(|finding| rule(finding, index)).collect(),
        rules_left: (left > 0).then(|| format!("{} not shown; the run record holds all", text::counted(left, "more finding"))),
        skipped_count: skipped_count(skipped.len()),
        skipped: skipped.into_iter().take(FINDINGS_MAX).map(|finding| brief(finding, index, None)).collect(),
        unmatched: index.record.unmatched.get(&exchange.id).into_iter().flatten().map(|reason| text::line(reason)).collect(),
        messages: request.into_iter().chain(response).collect(),
    }
}

fn facts(exchange: &ExchangeRecord) -> Vec<Fact> {
    let mut facts = vec![
        Fact { name: "Began", value: format!("{} s after the run began", text::moment(exchange.started_us)) },
        Fact {
            name: "Direction",
            value: match (exchange.direction, exchange.parent) {
                (Direction::Inbound, None) => "the system under test called Counterpart".to_owned(),
                (Direction::Inbound, Some(_)) => "Counterpart called an endpoint of its own".to_owned(),
                (Direction::Outbound, None) => "Counterpart called the system under test".to_owned(),
                (Direction::Outbound, Some(_)) => "Counterpart passed on what came to its proxy".to_owned(),
            },
        },
        Fact { name: "Endpoint", value: text::line(&exchange.endpoint) },
        Fact { name: "Ended", value: exchange.outcome.name().to_owned() },
    ];
    let mut add = |name, value: Option<String>| facts.extend(value.map(|value| Fact { name, value }));
    add("Why so", exchange.reason.as_deref().map(text::line));
    add("Fault put in", exchange.fault.as_deref().map(text::line));
    add("Effect of our answer", (exchange.effect.name() != "none").then(|| exchange.effect.name().to_owned()));
    add("Answered by rule", exchange.answered_by.as_deref().map(text::line));
    add("Session", exchange.session.as_deref().map(text::line));
    add("Leg", exchange.leg.as_deref().map(text::line));
    add("Part of exchange", exchange.parent.map(|id| id.to_string()));
    add(
        "Header fields and exact bytes",
        exchange.brief.then(|| "in the journal only: the run record has no room for more".to_owned()),
    );
    add("TCP connect", exchange.timing.connect_us.map(text::duration));
    add("TLS handshake", exchange.timing.tls_us.map(text::duration));
    add("First byte", exchange.timing.first_byte_us.map(text::duration));
    add("Total", exchange.timing.total_us.map(text::duration));
    facts
}

fn connection(exchange: &ExchangeRecord) -> Vec<Fact> {
    let connection = &exchange.connection;
    let reused = if connection.reused { ", reused" } else { ", new" };
    let mut facts = vec![
        Fact { name: "Connection", value: format!("number {}{reused}", connection.id) },
        Fact { name: "Addresses", value: text::line(&format!("ours {}, peer {}", connection.local, connection.peer)) },
    ];
    let Some(tls) = &connection.tls else {
        facts.push(Fact { name: "TLS", value: "none: a plain connection".to_owned() });
        return facts;
    };
    let mut add = |name, value: Option<String>| facts.extend(value.map(|value| Fact { name, value: text::line(&value) }));
    add("TLS version", Some(tls.version.as_ref().map_or_else(|| "none agreed".to_owned(), |version| format!("TLS {version}"))));
    add("Cipher suite", tls.suite.clone());
    add("Application protocol", tls.alpn.clone());
    add("Server name sent", tls.server_name.clone());
    add("Highest version offered", tls.version_offered.clone());
    let side = |side| if side == TlsSide::Ours { "sent by us" } else { "sent by the peer" };
    add("Alert", tls.alert.as_ref().map(|alert| format!("{} ({})", alert.description, side(alert.side))));
    if let Some(peer) = &tls.peer {
        add("Peer certificate", Some(peer.subject.clone()));
        add("Issued by", Some(peer.issuer.clone()));
        add("Valid", Some(format!("{} to {}", peer.not_before, peer.not_after)));
        add("Names", (!peer.names.is_empty()).then(|| peer.names.join(", ")));
        add("Key", Some(peer.key.clone()));
        add("Serial", Some(peer.serial.clone()));
        add("Fingerprint (SHA-256)", Some(peer.fingerprint.clone()));
    } else {
        add("Peer certificate", Some("none shown".to_owned()));
    }
    facts
}
