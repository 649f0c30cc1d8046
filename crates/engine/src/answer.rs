//! What we answer to a request: a rule is chosen, the store changed, and the reply built.

use crate::build;
use crate::lets::{Tried, Worked};
use crate::names::Layer;
use crate::rules::{RuleIndex, concerns, misses, reads};
use crate::store::{Memory, StoreNames};
use counterpart_evidence::{Effect, Outcome, Request, Response};
use counterpart_matching::{Generators, Names, Subjects, explain, holds};
use counterpart_plan::model::{Fault, Forward, Reply, Rule};
use counterpart_validate::Check;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// An answer, ready to be sent.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) effect: Effect,
    pub(crate) fault: Option<Fault>,
    pub(crate) rule: Option<Arc<Rule>>,
    /// The named reply that it is built on.
    pub(crate) template: Option<String>,
    /// Why no rule took the request, criterion by criterion.
    pub(crate) unmatched: Option<Vec<String>>,
    /// Names that the answer was built with, for durations of its fault.
    pub(crate) own: Map<String, Value>,
    /// How the request is passed on, which is still to be done: what stands here is then no answer yet.
    pub(crate) forward: Option<Arc<Forward>>,
    /// Whether it is the far side's, where the request was passed on; else how that ended, and why.
    pub(crate) passed: Option<Result<(), (Outcome, String)>>,
}

impl Answer {
    /// Takes a response as the answer, without a rule that gave it.
    pub(crate) fn plain(response: Response) -> Self {
        Self {
            response,
            effect: Effect::None,
            fault: None,
            rule: None,
            template: None,
            unmatched: None,
            own: Map::new(),
            forward: None,
            passed: None,
        }
    }
}

/// Puts the request to further checks and names all that failed on it so far.
pub(crate) type JudgeMore<'a> = dyn FnMut(&[Arc<Check>], &Subjects<'_>) -> Vec<String> + 'a;

/// What an answer is made from.
pub(crate) struct Asked<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) request: &'a Request,
    /// The path that rules look at: at a proxy that of the URL in the request.
    pub(crate) path: &'a str,
    pub(crate) subjects: &'a Subjects<'a>,
    /// Checks that failed on this request so far.
    pub(crate) failed: Vec<String>,
}

/// A rule that takes a request, with the names it gives.
struct Taken<'a> {
    rule: &'a Arc<Rule>,
    own: Map<String, Value>,
    lost: Option<String>,
    /// Why a value that it names could not be worked out, where that is not the request's doing.
    broken: Option<String>,
}

/// Answers by the first rule of the indexes, in order, that takes the request; its store changes are made.
pub(crate) fn by_rules(
    indexes: &[Arc<RuleIndex>],
    asked: &Asked<'_>,
    memory: &mut Memory,
    judge_more: &mut JudgeMore<'_>,
    generators: &mut Generators,
) -> Result<Answer, String> {
    let mut failed = json!(asked.failed);
    for index in indexes {
        let worked = index.namings().begin();
        for (at, rule) in index.candidates(asked.subjects, asked.request) {
            if !concerns(&rule.on, asked.endpoint, asked.request) {
                continue;
            }
            if let Some(taken) = take((at, rule), &worked, asked, memory, (judge_more, &mut failed)) {
                return answer(taken, asked, memory, generators);
            }
        }
    }
    let closest = closest(indexes, asked);
    Ok(Answer { unmatched: Some(closest.clone()), ..not_found(&closest) })
}

/// Tries one rule: the named values that its conditions ask for, the conditions, all its names, then its transaction.
fn take<'a>(
    (at, rule): (usize, &'a Arc<Rule>),
    worked: &Worked<'_>,
    asked: &Asked<'_>,
    memory: &mut Memory,
    (judge_more, failed): (&mut JudgeMore<'_>, &mut Value),
) -> Option<Taken<'a>> {
    let path = worked.path(at, asked.path)?;
    let plain = path.is_none() && rule.lets.is_empty() && rule.checks.is_empty() && rule.then.is_empty();
    if plain && !rule.when.as_ref().is_some_and(|when| reads(when, &["failed", "store"])) {
        // The usual rule of a fast stub: conditions on the message alone.
        let holds = rule.when.as_ref().is_none_or(|when| holds(when, asked.subjects));
        let own = Map::from_iter([("failed".to_owned(), failed.clone())]);
        return holds.then_some(Taken { rule, own, lost: None, broken: None });
    }
    if !rule.checks.is_empty() {
        // What failed on rules before counts too: a check is judged once for a request, whichever rules name it.
        let own = path.map(|path| ("path".to_owned(), path.clone())).into_iter().collect();
        let layer = Layer::new(&own, asked.subjects);
        *failed = json!(judge_more(&rule.checks, &asked.subjects.renamed(&StoreNames { memory, behind: &layer })));
    }
    let tried = Tried::new((at, rule), worked, (asked, memory), (path, failed));
    if !tried.holds() {
        return None;
    }
    let (own, broken) = tried.names();
    // Nothing is remembered of an answer that is none.
    let lost = if broken.is_some() { None } else { transact(rule, &own, asked, memory).err() };
    Some(Taken { rule, own, lost, broken })
}

fn transact(rule: &Rule, own: &Map<String, Value>, asked: &Asked<'_>, memory: &mut Memory) -> Result<(), String> {
    if rule.then.is_empty() {
        return Ok(());
    }
    let layer = Layer::new(own, asked.subjects);
    let transaction = memory.work_out(&rule.then, &StoreNames { memory, behind: &layer })?;
    memory.commit(transaction);
    Ok(())
}

fn answer(taken: Taken<'_>, asked: &Asked<'_>, memory: &mut Memory, generators: &mut Generators) -> Result<Answer, String> {
    let Taken { rule, mut own, lost, broken } = taken;
    if let Some(reason) = broken {
        return Err(format!("rule `{}`: {reason}", rule.name));
    }
    let (reply, fault) = match (&lost, &rule.otherwise) {
        (Some(_), Some(otherwise)) => (Arc::clone(otherwise), None),
        (Some(reason), None) => {
            return Err(format!("rule `{}`: its transaction lost ({reason}) and it has no `else`", rule.name));
        }
        (None, _) if rule.forward.is_some() => {
            let forward = rule.forward.clone();
            let fault = rule.fault.clone();
            return Ok(Answer { fault, rule: Some(Arc::clone(rule)), own, forward, ..Answer::plain(Response::default()) });
        }
        (None, _) => {
            let (reply, attempt) = turn(rule, &own, asked, memory)?;
            own.insert("attempt".to_owned(), json!(attempt));
            (reply, rule.fault.clone())
        }
    };
    let layer = Layer::new(&own, asked.subjects);
    let response = built(&reply, &StoreNames { memory, behind: &layer }, generators)?;
    Ok(Answer {
        effect: reply.effect,
        fault: fault.or_else(|| reply.fault.clone()),
        rule: Some(Arc::clone(rule)),
        template: reply.name.clone(),
        own,
        ..Answer::plain(response)
    })
}

/// Gives the reply whose turn it is, and the number of the attempt.
fn turn(rule: &Rule, own: &Map<String, Value>, asked: &Asked<'_>, memory: &mut Memory) -> Result<(Arc<Reply>, u64), String> {
    let last = rule.respond.last().ok_or_else(|| format!("rule `{}` has no reply", rule.name))?;
    if rule.respond.len() == 1 && rule.attempts_by.is_none() {
        return Ok((Arc::clone(last), 1));
    }
    let key = match &rule.attempts_by {
        Some(expression) => {
            let layer = Layer::new(own, asked.subjects);
            let key = expression
                .evaluate(&StoreNames { memory, behind: &layer })
                .map_err(|fault| format!("rule `{}`: {}", rule.name, fault.message))?;
            format!("{} {key}", rule.name)
        }
        None => rule.name.clone(),
    };
    let attempt = memory.attempt(key);
    let at = usize::try_from(attempt - 1).unwrap_or(usize::MAX);
    Ok((Arc::clone(rule.respond.get(at).unwrap_or(last)), attempt))
}

/// Builds a reply.
pub(crate) fn built(reply: &Reply, names: &dyn Names, generators: &mut Generators) -> Result<Response, String> {
    build::reply(reply, names, generators).map_err(|reason| match &reply.name {
        Some(name) => format!("reply `{name}`: {reason}"),
        None => reason,
    })
}

/// Tells how the closest rule missed: the one that fits best by endpoint, method and path.
fn closest(indexes: &[Arc<RuleIndex>], asked: &Asked<'_>) -> Vec<String> {
    let rules = indexes.iter().flat_map(|index| index.rules()).filter(|rule| rule.on.action.is_none());
    let Some(rule) = rules.min_by_key(|rule| misses(&rule.on, asked.endpoint, asked.request, asked.path).len()) else {
        return vec!["there is no rule at all".to_owned()];
    };
    let mut lines = vec![format!("the closest rule is `{}`", rule.name)];
    let missed = misses(&rule.on, asked.endpoint, asked.request, asked.path);
    if missed.is_empty() {
        lines.extend(rule.when.iter().flat_map(|when| explain(when, asked.subjects)));
    } else {
        lines.extend(missed);
    }
    lines
}

/// The answer to a request that no rule takes.
fn not_found(closest: &[String]) -> Answer {
    let mut response = Response { status: 404, reason: "Not Found".to_owned(), ..Response::default() };
    response.headers.push("Content-Type", "text/plain; charset=utf-8");
    response.body = counterpart_evidence::Body::plain(format!(
        "no rule of this simulated endpoint takes the request\n{}\n",
        closest.join("\n")
    ));
    Answer::plain(response)
}

#[cfg(test)]
mod tests;
