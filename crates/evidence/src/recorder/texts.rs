//! The texts of an event that may quote a secret.

use crate::{Connection, Event, ExchangeRecord, Finding, Limit, RunHeader};
use std::sync::Arc;

/// Visits every text that comes from messages, settings or the machine; ids and names of the pack are left alone.
pub(super) fn each(event: &mut Event, visit: &mut impl FnMut(&mut String)) {
    match event {
        Event::RunStarted(header) => of_header(header, visit),
        Event::Preflight(fact) => {
            visit(&mut fact.detail);
            fact.hint.iter_mut().for_each(&mut *visit);
        }
        Event::Exchange { exchange, findings, skipped, unmatched, .. } => {
            of_exchange(exchange, visit);
            findings.iter_mut().for_each(|finding| of_finding(finding, visit));
            skipped.iter_mut().for_each(|skipped| visit(&mut skipped.reason));
            unmatched.iter_mut().flatten().for_each(&mut *visit);
        }
        Event::Judged { findings, .. } => findings.iter_mut().for_each(|finding| of_finding(finding, visit)),
        Event::StepStarted(header) => visit(&mut header.title),
        Event::StepEnded { reason, .. } => reason.iter_mut().for_each(&mut *visit),
        Event::Disturbed { spans, .. } => spans.iter_mut().for_each(|span| visit(&mut span.what)),
        Event::Note { text, .. } => visit(text),
        Event::Limited(limit) => of_limit(limit, visit),
        Event::RunEnded { early, broken, .. } => early.iter_mut().chain(broken).for_each(&mut *visit),
        Event::ScenarioStarted { .. } | Event::ScenarioEnded { .. } => {}
    }
}

/// Visits every finding.
pub(super) fn findings(event: &mut Event, visit: impl FnMut(&mut Finding)) {
    if let Event::Exchange { findings, .. } | Event::Judged { findings, .. } = event {
        findings.iter_mut().for_each(visit);
    }
}

fn of_header(header: &mut RunHeader, visit: &mut impl FnMut(&mut String)) {
    header.endpoints.values_mut().for_each(&mut *visit);
    header.settings.iter_mut().for_each(|setting| visit(&mut setting.value));
    header.environment.values_mut().for_each(&mut *visit);
    header.pack.switches.values_mut().for_each(&mut *visit);
    header.changes.iter_mut().for_each(|change| visit(&mut change.reason));
    header.attested.values_mut().for_each(&mut *visit);
    for scenario in &mut header.scenarios {
        visit(&mut scenario.replay);
        scenario.settled.iter_mut().for_each(|(_, reason)| visit(reason));
    }
    header.limits.iter_mut().for_each(|limit| of_limit(limit, visit));
}

fn of_limit(limit: &mut Limit, visit: &mut impl FnMut(&mut String)) {
    visit(&mut limit.what);
    visit(&mut limit.why);
}

fn of_exchange(exchange: &mut ExchangeRecord, visit: &mut impl FnMut(&mut String)) {
    exchange.reason.iter_mut().chain(&mut exchange.fault).chain(&mut exchange.session).for_each(&mut *visit);
    let messages = exchange.request.iter_mut().chain(&mut exchange.response);
    messages.filter_map(|message| message.body_fault.as_mut()).for_each(&mut *visit);
    // A connection is shared by its exchanges, and copied only where there is something to mask.
    if exchange.connection.tls.as_ref().is_some_and(|tls| tls.alert.is_some())
        && let Connection { tls: Some(tls), .. } = Arc::make_mut(&mut exchange.connection)
    {
        tls.alert.iter_mut().for_each(|alert| visit(&mut alert.description));
    }
}

fn of_finding(finding: &mut Finding, visit: &mut impl FnMut(&mut String)) {
    visit(&mut finding.message);
    finding.expected.iter_mut().chain(&mut finding.actual).chain(&mut finding.hint).for_each(&mut *visit);
    finding.place.iter_mut().for_each(|place| visit(&mut place.path));
}
