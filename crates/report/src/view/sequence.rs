//! The sequence diagram of one attempt: who sent what when, placed here so that the template only draws.

use super::exchange::{call, ended};
use super::index::{Index, exchange_anchor};
use super::{finding, message};
use crate::limits::{DIAGRAM_EXCHANGES_MAX, LIFELINES_MAX};
use crate::text;
use counterpart_evidence::{Attempt, Direction, Effect, ExchangeId, ExchangeRecord, Outcome, Part, Role, StepRecord};
use serde::Serialize;
use std::collections::{BTreeSet, HashSet};

const LEFT: i64 = 96;
const GAP: i64 = 440;
const TOP: i64 = 66;
const ROW: i64 = 34;

/// A lifeline.
#[derive(Debug, Serialize)]
pub(crate) struct Lifeline {
    x: i64,
    box_x: i64,
    name: String,
    detail: String,
}

/// An arrow, or a note across the lifelines.
#[derive(Debug, Serialize)]
pub(crate) struct Arrow {
    y: i64,
    text_y: i64,
    from: i64,
    to: i64,
    text_x: i64,
    head: String,
    note: bool,
    dashed: bool,
    broken: bool,
    fault: bool,
    failed: bool,
    text: String,
    moment: String,
    anchor: Option<String>,
}

/// A diagram with its text alternative.
#[derive(Debug, Serialize)]
pub(crate) struct Sequence {
    id: String,
    width: i64,
    height: i64,
    foot: i64,
    note_x: i64,
    note_width: i64,
    lifelines: Vec<Lifeline>,
    arrows: Vec<Arrow>,
    /// Each arrow as a sentence.
    sentences: Vec<String>,
    /// How many exchanges are not drawn, in words.
    left: Option<String>,
}

enum Item<'a> {
    Ask(&'a StepRecord),
    Exchange(&'a ExchangeRecord),
}

/// Draws an attempt; nothing where it had no exchange.
pub(crate) fn sequence(id: String, attempt: &Attempt, role: Role, index: &Index<'_>) -> Option<Sequence> {
    let mut seen: HashSet<ExchangeId> = HashSet::new();
    let ids = attempt.steps.iter().flat_map(|step| &step.exchanges).filter(|id| seen.insert(**id));
    let mut exchanges: Vec<&ExchangeRecord> = ids.filter_map(|id| index.exchange(*id)).collect();
    if exchanges.is_empty() {
        return None;
    }
    exchanges.sort_by_key(|exchange| (exchange.started_us, exchange.id));
    let left = exchanges.len().saturating_sub(DIAGRAM_EXCHANGES_MAX) as u64;
    exchanges.truncate(DIAGRAM_EXCHANGES_MAX);
    let asks = attempt.steps.iter().filter(|step| step.kind == "ask").take(DIAGRAM_EXCHANGES_MAX).map(Item::Ask);
    let mut items: Vec<Item<'_>> = asks.chain(exchanges.iter().copied().map(Item::Exchange)).collect();
    items.sort_by_key(|item| match item {
        Item::Ask(step) => step.started_us,
        Item::Exchange(exchange) => exchange.started_us,
    });
    let parties = Parties::new(&exchanges, role);
    let mut drawing = Drawing { y: TOP, arrows: Vec::new(), sentences: Vec::new(), start: attempt.started_us };
    for item in items {
        match item {
            Item::Ask(step) => drawing.ask(step),
            Item::Exchange(exchange) => drawing.exchange(exchange, &parties, index),
        }
    }
    let width = LEFT + GAP * (parties.keys.len() as i64 - 1) + 150;
    Some(Sequence {
        id,
        width,
        height: drawing.y + 34,
        foot: drawing.y + 16,
        note_x: LEFT - 30,
        note_width: width - LEFT - 60,
        lifelines: parties.lifelines(),
        arrows: drawing.arrows,
        sentences: drawing.sentences,
        left: (left > 0).then(|| {
            format!("{} of this attempt not drawn; the table of exchanges holds all", text::counted(left, "further exchange"))
        }),
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Ours,
    Theirs,
}

/// The lifelines: one for each side, and one for each further endpoint that a side answered at.
struct Parties {
    keys: Vec<(Side, String)>,
}

impl Parties {
    fn new(exchanges: &[&ExchangeRecord], role: Role) -> Self {
        let sides = match role {
            Role::Consumer => [Side::Ours, Side::Theirs],
            Role::Provider => [Side::Theirs, Side::Ours],
        };
        let mut keys = Vec::new();
        for side in sides {
            let answering = |exchange: &&&ExchangeRecord| (exchange.direction == Direction::Inbound) == (side == Side::Ours);
            let names: BTreeSet<&str> = exchanges.iter().filter(answering).map(|exchange| exchange.endpoint.as_str()).collect();
            if names.is_empty() {
                keys.push((side, String::new()));
            }
            keys.extend(names.into_iter().take(LIFELINES_MAX / 2).map(|name| (side, name.to_owned())));
        }
        Self { keys }
    }

    fn x(&self, side: Side, endpoint: &str) -> i64 {
        let exact = self.keys.iter().position(|key| key.0 == side && key.1 == endpoint);
        let any = || self.keys.iter().position(|key| key.0 == side);
        LEFT + GAP * exact.or_else(any).unwrap_or(0) as i64
    }

    fn lifelines(&self) -> Vec<Lifeline> {
        let line = |(place, (side, endpoint)): (usize, &(Side, String))| {
            let x = LEFT + GAP * place as i64;
            let name = if *side == Side::Ours { "Counterpart" } else { "System under test" };
            Lifeline { x, box_x: x - 80, name: name.to_owned(), detail: text::label(endpoint, 24) }
        };
        self.keys.iter().enumerate().map(line).collect()
    }
}

struct Drawing {
    y: i64,
    arrows: Vec<Arrow>,
    sentences: Vec<String>,
    start: u64,
}

impl Drawing {
    fn offset(&self, us: u64) -> String {
        format!("+{}", text::moment(us.saturating_sub(self.start)))
    }

    fn ask(&mut self, step: &StepRecord) {
        self.y += ROW;
        let moment = self.offset(step.started_us);
        let words = format!("asked: {}", text::label(&step.title, 70));
        self.sentences.push(format!("{moment} s: Counterpart {words}"));
        self.arrows.push(Arrow {
            y: self.y,
            text_y: self.y + 4,
            from: LEFT,
            to: LEFT,
            text_x: LEFT,
            head: String::new(),
            note: true,
            dashed: false,
            broken: false,
            fault: false,
            failed: false,
            text: words,
            moment,
            anchor: None,
        });
    }

    fn exchange(&mut self, exchange: &ExchangeRecord, parties: &Parties, index: &Index<'_>) {
        let inbound = exchange.direction == Direction::Inbound;
        let proxy = own_proxy(exchange, index);
        let (ours, theirs) = if inbound {
            let sender = proxy.map_or_else(|| parties.x(Side::Theirs, ""), |proxy| parties.x(Side::Ours, proxy));
            (parties.x(Side::Ours, &exchange.endpoint), sender)
        } else {
            (parties.x(Side::Ours, ""), parties.x(Side::Theirs, &exchange.endpoint))
        };
        let (from, to) = if inbound { (theirs, ours) } else { (ours, theirs) };
        let failing = |asked: bool| {
            let found = index.findings_in(exchange.id).iter().map(|located| located.finding);
            found.filter(|one| finding::mark(one) == "fail").any(|one| message::is_of(one, Part::Request) == asked)
        };
        let word = |failed: bool| if failed { " · failed" } else { "" };
        let (asked_failed, failed) = (failing(true), failing(false));
        let who = match proxy {
            Some(proxy) => format!("Proxy {} of Counterpart sent", text::label(proxy, 24)),
            None if inbound => "The system under test sent".to_owned(),
            None => "Counterpart sent".to_owned(),
        };
        let moment = self.offset(exchange.started_us);
        let sent = call(exchange, 56);
        let way = exchange.leg.as_deref().map_or_else(String::new, |leg| format!(" · {}", text::label(leg, 40)));
        let said = format!("{} {sent}{way}{}", exchange.id, word(asked_failed));
        self.arrow(Kind::Request, exchange, (from, to), said.clone(), moment.clone(), asked_failed);
        let effect = if exchange.effect == Effect::None { String::new() } else { format!(" · {}", exchange.effect.name()) };
        let fault = exchange.fault.as_deref().map_or_else(String::new, |fault| format!(" · fault: {}", text::label(fault, 26)));
        let words = format!("{}{effect}{fault}{}", ended(exchange), word(failed));
        let end = exchange.timing.total_us.map_or_else(String::new, |us| self.offset(exchange.started_us.saturating_add(us)));
        self.sentences.push(format!("{moment} s: {who} exchange {said}; it ended with: {words}"));
        self.arrow(Kind::Response, exchange, (to, from), words, end, failed);
    }

    fn arrow(
        &mut self,
        kind: Kind,
        exchange: &ExchangeRecord,
        (from, to): (i64, i64),
        text: String,
        moment: String,
        failed: bool,
    ) {
        self.y += ROW;
        let broken = matches!(kind, Kind::Response) && exchange.outcome != Outcome::Answered;
        let end = if broken { from + (to - from) / 2 } else { to };
        let back = if to > from { -9 } else { 9 };
        let y = self.y;
        self.arrows.push(Arrow {
            y,
            text_y: y - 7,
            from,
            to: end,
            text_x: (from + to) / 2,
            head: if broken {
                format!("M{},{} l10,10 m0,-10 l-10,10", end - 5, y - 5)
            } else {
                format!("M{end},{y} l{back},-5 v10 z")
            },
            note: false,
            dashed: matches!(kind, Kind::Response),
            broken,
            fault: exchange.fault.is_some(),
            failed,
            text,
            moment,
            anchor: matches!(kind, Kind::Request).then(|| exchange_anchor(exchange.id)),
        });
    }
}

/// Gives the proxy of ours that passed on what came to another endpoint of ours.
fn own_proxy<'a>(exchange: &ExchangeRecord, index: &Index<'a>) -> Option<&'a str> {
    if exchange.direction != Direction::Inbound {
        return None;
    }
    let passed_on = index.exchange(exchange.parent?)?;
    let proxy = index.exchange(passed_on.parent?)?;
    Some(proxy.endpoint.as_str())
}

enum Kind {
    Request,
    Response,
}
