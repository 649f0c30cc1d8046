//! Which requests make one lane: those of a method and a path. Where there are too many kinds, those whose paths differ in one place
//! only share a lane, and at last those with the fewest requests do.

use crate::limits::LANES_MAX;
use counterpart_evidence::ExchangeRecord;
use std::collections::{BTreeMap, BTreeSet};

/// The requests of one kind, in order.
pub(super) struct Kind<'a> {
    /// Nothing where it is of several.
    pub(super) endpoint: &'a str,
    method: &'a str,
    /// Path by its parts; none stands for any. Without parts it is of whatever has no lane of its own.
    path: Vec<Option<&'a str>>,
    pub(super) requests: Vec<&'a ExchangeRecord>,
}

impl Kind<'_> {
    /// Gives its name, with how many paths it is of where that is not one.
    pub(super) fn name(&self, with_endpoint: bool) -> String {
        let paths = self.requests.iter().map(|request| path_of(request)).collect::<BTreeSet<_>>().len();
        if self.path.is_empty() {
            return format!("other requests ({paths} paths)");
        }
        let parts: Vec<&str> = self.path.iter().map(|part| part.unwrap_or("*")).collect();
        let endpoint = if with_endpoint { format!("{}: ", self.endpoint) } else { String::new() };
        let several = if paths > 1 { format!(" ({paths} paths)") } else { String::new() };
        format!("{endpoint}{} {}{several}", self.method, parts.join("/"))
    }

    /// Gives the requests that follow one another: those of one path and session.
    pub(super) fn lines(&self) -> Vec<Vec<&ExchangeRecord>> {
        let mut lines: BTreeMap<(&str, Option<&str>), Vec<&ExchangeRecord>> = BTreeMap::new();
        for request in &self.requests {
            lines.entry((path_of(request), request.session.as_deref())).or_default().push(request);
        }
        lines.into_values().collect()
    }
}

/// Divides requests, which stand in order of beginning, into kinds, no more than there are lanes.
pub(super) fn kinds<'a>(exchanges: &[&'a ExchangeRecord]) -> Vec<Kind<'a>> {
    let mut kinds: Vec<Kind<'a>> = Vec::new();
    let mut places: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for exchange in exchanges {
        let (method, path) = (method_of(exchange), path_of(exchange));
        let place = *places.entry((&exchange.endpoint, method, path)).or_insert_with(|| {
            let parts = path.split('/').map(Some).collect();
            kinds.push(Kind { endpoint: &exchange.endpoint, method, path: parts, requests: Vec::new() });
            kinds.len() - 1
        });
        if let Some(kind) = kinds.get_mut(place) {
            kind.requests.push(exchange);
        }
    }
    while kinds.len() > LANES_MAX {
        let Some(widest) = widest(&kinds) else { break };
        kinds = joined(kinds, &widest);
    }
    let rest = rest(&mut kinds);
    // Lanes of an endpoint stand together, in the order in which they began; what has no lane of its own stands last.
    let mut endpoints: Vec<&str> = Vec::new();
    for kind in &kinds {
        if !endpoints.contains(&kind.endpoint) {
            endpoints.push(kind.endpoint);
        }
    }
    kinds.sort_by_key(|kind| endpoints.iter().position(|endpoint| *endpoint == kind.endpoint));
    kinds.extend(rest);
    kinds
}

/// Takes out the kinds with the fewest requests, where there are too many, and makes one of them.
fn rest<'a>(kinds: &mut Vec<Kind<'a>>) -> Option<Kind<'a>> {
    if kinds.len() <= LANES_MAX {
        return None;
    }
    let mut by_count: Vec<usize> = (0..kinds.len()).collect();
    by_count.sort_by_key(|place| std::cmp::Reverse(kinds.get(*place).map_or(0, |kind| kind.requests.len())));
    let kept: BTreeSet<usize> = by_count.into_iter().take(LANES_MAX - 1).collect();
    let mut rest = Kind { endpoint: "", method: "", path: Vec::new(), requests: Vec::new() };
    let mut lanes = Vec::new();
    for (place, mut kind) in std::mem::take(kinds).into_iter().enumerate() {
        if kept.contains(&place) {
            lanes.push(kind);
        } else {
            rest.requests.append(&mut kind.requests);
        }
    }
    *kinds = lanes;
    rest.requests.sort_by_key(|request| (request.started_us, request.id));
    Some(rest)
}

/// Kinds that differ in one part of their path only: endpoint, method, the place of that part, and the others.
type Alike<'a> = (&'a str, &'a str, usize, Vec<Option<&'a str>>);

fn alike<'a>(kind: &Kind<'a>, at: usize) -> Alike<'a> {
    let mut others = kind.path.clone();
    if let Some(part) = others.get_mut(at) {
        *part = None;
    }
    (kind.endpoint, kind.method, at, others)
}

/// Finds the place in which most kinds differ that are else alike.
fn widest<'a>(kinds: &[Kind<'a>]) -> Option<Alike<'a>> {
    let mut counts: BTreeMap<Alike<'a>, usize> = BTreeMap::new();
    for kind in kinds {
        for at in 0..kind.path.len() {
            *counts.entry(alike(kind, at)).or_default() += 1;
        }
    }
    let (widest, count) = counts.into_iter().max_by(|one, other| one.1.cmp(&other.1).then_with(|| other.0.cmp(&one.0)))?;
    // Two that are alike are two kinds, such as events and heartbeats; more are one kind from several places.
    (count > 2).then_some(widest)
}

fn joined<'a>(kinds: Vec<Kind<'a>>, widest: &Alike<'a>) -> Vec<Kind<'a>> {
    let mut out: Vec<Kind<'a>> = Vec::new();
    let mut common: Option<usize> = None;
    for mut kind in kinds {
        if alike(&kind, widest.2) != *widest {
            out.push(kind);
            continue;
        }
        match common.and_then(|place| out.get_mut(place)) {
            Some(all) => all.requests.append(&mut kind.requests),
            None => {
                common = Some(out.len());
                out.push(Kind { path: widest.3.clone(), ..kind });
            }
        }
    }
    if let Some(all) = common.and_then(|place| out.get_mut(place)) {
        all.requests.sort_by_key(|request| (request.started_us, request.id));
    }
    out
}

fn method_of(exchange: &ExchangeRecord) -> &str {
    exchange.request.as_ref().and_then(|request| request.method.as_deref()).unwrap_or("(no request)")
}

fn path_of(exchange: &ExchangeRecord) -> &str {
    let target = exchange.request.as_ref().and_then(|request| request.target.as_deref()).unwrap_or("");
    target.split('?').next().unwrap_or("")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::kinds;
    use counterpart_evidence::ExchangeRecord;
    use serde_json::json;

    fn came(number: u64, target: &str) -> ExchangeRecord {
        let exchange = json!({
            "id": number, "direction": "inbound", "endpoint": "desk", "started-us": number, "outcome": "answered",
            "request": { "method": "POST", "target": target, "version": "1.1", "headers": [] },
            "connection": { "id": 1, "local": "", "peer": "", "reused": false, "tls": null },
            "timing": { "connect-us": null, "tls-us": null, "first-byte-us": null, "total-us": 1 }, "effect": "stored",
        });
        serde_json::from_value(exchange).unwrap()
    }

    fn names(all: &[ExchangeRecord]) -> Vec<String> {
        let all: Vec<&ExchangeRecord> = all.iter().collect();
        kinds(&all).iter().map(|kind| kind.name(false)).collect()
    }

    #[test]
    fn paths_that_differ_in_one_place_share_a_lane_once_there_are_too_many() {
        let few: Vec<ExchangeRecord> = (0..3).map(|number| came(number, &format!("/site/s{number}/beat?x=1"))).collect();
        assert_eq!(names(&few), ["POST /site/s0/beat", "POST /site/s1/beat", "POST /site/s2/beat"]);
        let mut many: Vec<ExchangeRecord> = (0..33).map(|number| came(number, &format!("/site/s{number}/beat"))).collect();
        many.extend((33..66).map(|number| came(number, &format!("/site/s{}/event", number - 33))));
        many.push(came(70, "/token"));
        assert_eq!(names(&many), ["POST /site/*/beat (33 paths)", "POST /site/*/event (33 paths)", "POST /token"]);
    }

    #[test]
    fn kinds_that_have_nothing_in_common_share_the_last_lane_where_there_are_too_many() {
        let mut all: Vec<ExchangeRecord> = (0..12).map(|number| came(number, &"/x".repeat(12 - number as usize))).collect();
        all.extend((12..15).map(|number| came(number, "/x")));
        let names = names(&all);
        assert_eq!(names.len(), 8);
        assert_eq!(names.last().unwrap(), "other requests (5 paths)");
        assert!(names.contains(&"POST /x".to_owned()), "the one with the most requests has its own: {names:?}");
    }
}
