//! Generic operators over every message of the mirror: drop, duplicate, retype, reorder, empty and delay each of its parts.

use super::Trouble;
use super::bench::Bench;
use super::spread::spread;
use super::tally::Outcome;
use counterpart_engine::{Copies, Draft, Tamper};
use counterpart_matching::{Edit, Editable, apply, mutations};
use counterpart_plan::Plan;
use counterpart_plan::model::Survivor;
use counterpart_transport::{CutAfter, CutHow};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a message is held back: longer than anybody waits for one.
const DELAY: Duration = Duration::from_secs(3600);

/// What is done to a message.
#[derive(Clone, Debug, PartialEq)]
enum Operator {
    Delay,
    Drop,
    Duplicate,
    Edit(Edit),
}

/// One operator at one place of one kind of message.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    /// What the message comes from.
    pub(crate) message: String,
    /// Name of the mutation.
    pub(crate) mutation: String,
    /// What it does, in words.
    pub(crate) describe: String,
    operator: Operator,
    /// Scenarios in which it occurs, those with the fewest exchanges first.
    scenarios: Vec<usize>,
}

/// What became of a mutation.
pub(crate) enum GenericFate {
    /// Checks failed.
    Killed(BTreeSet<String>),
    /// No check failed, but a scenario did not come through.
    Noticed(String),
    /// Nobody noticed.
    Survived,
}

/// A mutation with what came of it.
pub(crate) struct GenericResult {
    pub(crate) form: Form,
    pub(crate) fate: GenericFate,
    /// Scenarios in which it was played.
    pub(crate) played: Vec<String>,
    /// Why it may survive, where `mutants.yaml` says so.
    pub(crate) explained: Option<String>,
}

/// All generic mutations of a role.
pub(crate) struct Generic {
    pub(crate) results: Vec<GenericResult>,
    /// Explanations that no survivor needs: message and mutation.
    pub(crate) stale: Vec<String>,
    /// Scenarios that do not pass against the conformant mirror by themselves, and so prove nothing.
    pub(crate) unfit: BTreeMap<String, Outcome>,
    /// What of the messages is not spoilt.
    pub(crate) left: Left,
}

/// What is not spoilt, by kind of message.
#[derive(Default)]
pub(crate) struct Left {
    /// Entries of long lists that are alike in shape with one before them, by their places.
    pub(crate) alike: BTreeMap<String, BTreeSet<String>>,
    /// Messages that have more mutations than the bound allows.
    pub(crate) cut: BTreeSet<String>,
}

impl Left {
    fn add(&mut self, other: Self) {
        for (message, places) in other.alike {
            self.alike.entry(message).or_default().extend(places);
        }
        self.cut.extend(other.cut);
    }
}

/// Mutations of one kind of message, by name, each with its words.
type Known = BTreeMap<String, BTreeMap<String, (String, Operator)>>;

/// What one play showed of the mirror's messages.
#[derive(Default)]
struct Seen {
    known: Known,
    left: Left,
}

/// Takes down which mutations each message of the mirror offers.
#[derive(Default)]
struct Observer(Mutex<Seen>);

impl Tamper for Observer {
    fn tamper(&self, draft: Draft<'_>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = mutations(draft.message);
        for mutation in all.found {
            let known = seen.known.entry(label(&draft, &mutation.id)).or_default();
            known.entry(mutation.id).or_insert((mutation.describe, Operator::Edit(mutation.edit)));
        }
        let body = label(&draft, "body");
        if all.is_cut {
            seen.left.cut.insert(body.clone());
        }
        if !all.alike.is_empty() {
            seen.left.alike.entry(body).or_default().extend(all.alike);
        }
        let known = seen.known.entry(draft.name.to_owned()).or_default();
        let mut whole = |id: &str, words: &str, operator| {
            known.entry(id.to_owned()).or_insert((words.to_owned(), operator));
        };
        whole("message-drop", "the connection is closed instead", Operator::Drop);
        whole("message-delay", "an hour late", Operator::Delay);
        if draft.name.starts_with("requests#") {
            whole("message-duplicate", "sent twice", Operator::Duplicate);
        }
    }
}

/// Gives the kind of message that a mutation counts for: rules that share a named reply share its headers and body, so that
/// those are spoilt once; the status and the message itself are each rule's own.
fn label(draft: &Draft<'_>, mutation: &str) -> String {
    let own = mutation.starts_with("status:") || mutation.starts_with("message-");
    match draft.template.filter(|_| !own) {
        Some(template) => template.to_owned(),
        None => draft.name.to_owned(),
    }
}

/// Spoils one kind of message in one way.
struct Spoiler {
    message: String,
    mutation: String,
    operator: Operator,
    applied: AtomicBool,
}

impl Tamper for Spoiler {
    fn tamper(&self, draft: Draft<'_>) {
        if label(&draft, &self.mutation) != self.message {
            return;
        }
        let applied = match &self.operator {
            Operator::Delay => {
                draft.delivery.delay += DELAY;
                true
            }
            Operator::Drop => {
                draft.delivery.cut = Some((CutAfter::Nothing, CutHow::Close));
                true
            }
            Operator::Duplicate => {
                *draft.copies = Copies::Two;
                true
            }
            // Half of which body is known only now.
            Operator::Edit(Edit::Body(_)) if self.mutation == "body-cut" => self.cut_body(draft.message),
            // A message of the same name that lacks the place stays as it is.
            Operator::Edit(edit) => apply(std::slice::from_ref(edit), draft.message).is_ok(),
        };
        self.applied.fetch_or(applied, Ordering::Relaxed);
    }
}

impl Spoiler {
    fn cut_body(&self, message: &mut dyn Editable) -> bool {
        let own = mutations(message).found.into_iter().find(|mutation| mutation.id == self.mutation);
        own.is_some_and(|mutation| apply(&[mutation.edit], message).is_ok())
    }
}

/// Plays every generic mutation in the scenarios where its message occurs, until a check fails.
pub(super) fn play(benches: &[Bench<'_>]) -> Result<Generic, Trouble> {
    let Some(first) = benches.first() else {
        return Ok(Generic { results: Vec::new(), stale: Vec::new(), unfit: BTreeMap::new(), left: Left::default() });
    };
    let numbers: Vec<usize> = (0..first.singles.len()).collect();
    let observed: Result<Vec<(Seen, Outcome)>, Trouble> =
        spread(benches, &numbers, "messages", |bench, number| observe(bench, *number)).into_iter().collect();
    let observed = observed?;
    let unfit = first.singles.iter().zip(&observed).filter(|(_, (_, outcome))| !outcome.is_clean());
    let unfit = unfit.map(|(plan, (_, outcome))| (name(plan), outcome.clone())).collect();
    let (forms, left) = forms(observed);
    let results: Result<Vec<Option<GenericResult>>, Trouble> =
        spread(benches, &forms, "generic mutations", one).into_iter().collect();
    let mut results: Vec<GenericResult> = results?.into_iter().flatten().collect();
    let stale = explain(&mut results, &first.judge.proof.survivors);
    Ok(Generic { results, stale, unfit, left })
}

fn name(plan: &Plan) -> String {
    plan.scenarios.first().map(|scenario| scenario.id.to_string()).unwrap_or_default()
}

fn observe(bench: &Bench<'_>, number: usize) -> Result<(Seen, Outcome), Trouble> {
    let Some(judge) = bench.singles.get(number) else { return Ok((Seen::default(), Outcome::default())) };
    let observer = Arc::new(Observer::default());
    let outcome = bench.play(judge, &bench.mirror, Some(Arc::clone(&observer) as Arc<dyn Tamper>))?;
    let seen = std::mem::take(&mut *observer.0.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((seen, outcome))
}

/// Gives each mutation once, with the scenarios where its place occurs, and what is left as it is.
fn forms(observed: Vec<(Seen, Outcome)>) -> (Vec<Form>, Left) {
    let mut order: Vec<(usize, (Seen, Outcome))> =
        observed.into_iter().enumerate().filter(|(_, (_, outcome))| outcome.is_clean()).collect();
    order.sort_by_key(|(number, (_, outcome))| (outcome.exchanges, *number));
    let mut forms: BTreeMap<(String, String), Form> = BTreeMap::new();
    let mut left = Left::default();
    for (number, (seen, _)) in order {
        left.add(seen.left);
        for (message, known) in seen.known {
            for (mutation, (describe, operator)) in known {
                let key = (message.clone(), mutation.clone());
                let form = forms.entry(key).or_insert_with(|| Form {
                    message: message.clone(),
                    mutation,
                    describe,
                    operator,
                    scenarios: Vec::new(),
                });
                form.scenarios.push(number);
            }
        }
    }
    (forms.into_values().collect(), left)
}

/// Plays one mutation; `None` where its place did not come up again.
fn one(bench: &Bench<'_>, form: &Form) -> Result<Option<GenericResult>, Trouble> {
    let (mut played, mut noticed) = (Vec::new(), None);
    for judge in form.scenarios.iter().filter_map(|number| bench.singles.get(*number)) {
        let spoiler = Arc::new(Spoiler {
            message: form.message.clone(),
            mutation: form.mutation.clone(),
            operator: form.operator.clone(),
            applied: AtomicBool::new(false),
        });
        let outcome = bench.play(judge, &bench.mirror, Some(Arc::clone(&spoiler) as Arc<dyn Tamper>))?;
        if !spoiler.applied.load(Ordering::Relaxed) {
            continue;
        }
        played.push(name(judge));
        if !outcome.failed.is_empty() {
            let fate = GenericFate::Killed(outcome.checks());
            return Ok(Some(GenericResult { form: form.clone(), fate, played, explained: None }));
        }
        if let Some((scenario, reason)) = outcome.stopped.first_key_value() {
            noticed.get_or_insert_with(|| format!("{scenario}: {reason}"));
        }
    }
    let fate = noticed.map_or(GenericFate::Survived, GenericFate::Noticed);
    Ok((!played.is_empty()).then(|| GenericResult { form: form.clone(), fate, played, explained: None }))
}

/// Finds the explanation of each survivor; gives those that explain none.
fn explain(results: &mut [GenericResult], survivors: &[Survivor]) -> Vec<String> {
    let mut used = vec![false; survivors.len()];
    for result in results.iter_mut().filter(|result| matches!(result.fate, GenericFate::Survived)) {
        for (survivor, used) in survivors.iter().zip(&mut used) {
            if fits(&survivor.message, &result.form.message) && fits(&survivor.mutation, &result.form.mutation) {
                *used = true;
                result.explained.get_or_insert_with(|| survivor.reason.clone());
            }
        }
    }
    let unused = survivors.iter().zip(used).filter(|(_, used)| !used);
    unused.map(|(survivor, _)| format!("{} {}", survivor.message, survivor.mutation)).collect()
}

/// Tells whether a text fits a pattern in which `*` stands for any part.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|tail| fits(after, tail)))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_part() {
        assert!(fits("a*c*", "abbcd"));
        assert!(fits("*", ""));
        assert!(!fits("a*c", "abcd"));
        assert!(!fits("a", "ab"));
    }
}
