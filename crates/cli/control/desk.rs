//! What the control listener answers.

use super::Answer;
use crate::limits::LISTED_MAX;
use crate::sink::RecordingSink;
use crate::wanted::Mode;
use bytes::Bytes;
use counterpart_engine::Stage;
use counterpart_evidence::{ExchangeId, Request};
use counterpart_plan::Plan;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where everything of the control listener stands.
const PREFIX: &str = "/_counterpart/";

/// What is known of a run under way.
pub(crate) struct Desk {
    pack: String,
    role: &'static str,
    mode: Mode,
    endpoints: BTreeMap<String, String>,
    folder: PathBuf,
    sink: Arc<RecordingSink>,
    stage: Arc<Stage>,
}

impl Desk {
    pub(crate) fn new(
        plan: &Plan,
        mode: Mode,
        endpoints: BTreeMap<String, String>,
        folder: &Path,
        sink: Arc<RecordingSink>,
        stage: Arc<Stage>,
    ) -> Self {
        let folder = folder.to_owned();
        Self { pack: plan.pack.name.clone(), role: plan.role.name(), mode, endpoints, folder, sink, stage }
    }

    /// Answers one request.
    pub(super) fn answer(&self, request: &Request) -> Answer {
        let Some(rest) = request.path().strip_prefix(PREFIX) else { return nothing_there() };
        let rest = rest.trim_end_matches('/');
        match (request.method.as_str(), rest.split_once('/')) {
            ("GET", None) if rest.is_empty() || rest == "health" => self.health(),
            ("GET", None) if rest == "exchanges" => self.exchanges(request.query().unwrap_or("")),
            ("GET", None) if rest == "unmatched" => self.unmatched(),
            ("GET", Some(("exchanges", id))) => self.exchange(id),
            ("POST", None) if rest == "reset" => self.reset(),
            (_, None) if ["exchanges", "health", "reset", "unmatched"].contains(&rest) => {
                (405, json!({ "error": "`reset` takes POST, everything else takes GET" }))
            }
            _ => nothing_there(),
        }
    }

    fn health(&self) -> Answer {
        let broken = self.sink.reason_broken();
        let content = json!({
            "status": if broken.is_some() { "broken" } else { "ok" },
            "reason": broken,
            "pack": self.pack,
            "role": self.role,
            "endpoints": self.endpoints,
            "folder": self.folder.display().to_string(),
            "exchanges": self.sink.recent(|recent| recent.seen()),
        });
        (if content["status"] == "ok" { 200 } else { 503 }, content)
    }

    /// Gives one exchange as it stands in the journal.
    fn exchange(&self, id: &str) -> Answer {
        let Ok(number) = id.parse::<u64>() else {
            return (404, json!({ "error": format!("`{id}` is no number of an exchange") }));
        };
        let line = self.sink.recent(|recent| recent.line(ExchangeId(number)));
        match line.and_then(|line| serde_json::from_slice::<Value>(&line).ok()) {
            Some(line) => (200, line),
            None => {
                let journal = self.folder.join("journal.ndjson").display().to_string();
                (
                    404,
                    json!({ "error": format!("exchange {number} has not come, or is no longer kept here"), "journal": journal }),
                )
            }
        }
    }

    /// Lists exchanges, newest last: `after=ID` those recorded after one, `limit=N` the newest N of them.
    fn exchanges(&self, query: &str) -> Answer {
        let number = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(key, _)| *key == name).and_then(|(_, value)| value.parse::<u64>().ok())
        };
        let limit = number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LISTED_MAX).min(LISTED_MAX);
        let after = number("after").map(ExchangeId);
        // Only what is listed is read: a thousand lines would take longer than the answers that they are of.
        let (seen, lines) = self.sink.recent(|recent| (recent.seen(), recent.lines(after, limit)));
        (200, json!({ "seen": seen, "exchanges": read(&lines).map(|line| row(&line)).collect::<Vec<_>>() }))
    }

    /// Lists what no rule of ours took, with how the closest one missed it.
    fn unmatched(&self) -> Answer {
        let lines = self.sink.recent(|recent| recent.lines(None, usize::MAX));
        let mut rows: Vec<Value> = read(&lines).filter(|line| !line["unmatched"].is_null()).map(|line| row(&line)).collect();
        rows.drain(..rows.len().saturating_sub(LISTED_MAX));
        (200, json!({ "unmatched": rows }))
    }

    fn reset(&self) -> Answer {
        if self.mode != Mode::Simulate {
            return (405, json!({ "error": "in a run the store belongs to its scenarios; `counterpart simulate` can be reset" }));
        }
        self.stage.reset();
        (200, json!({ "reset": true }))
    }
}

/// Reads lines of the journal.
fn read(lines: &[Bytes]) -> impl Iterator<Item = Value> {
    lines.iter().filter_map(|line| serde_json::from_slice(line).ok())
}

/// A line of the journal in short.
fn row(line: &Value) -> Value {
    let exchange = &line["exchange"];
    let failed = line["findings"].as_array().into_iter().flatten().filter(|finding| finding["outcome"] == "fail");
    json!({
        "id": exchange["id"],
        "endpoint": exchange["endpoint"],
        "scenario": exchange["scenario"],
        "method": exchange["request"]["method"],
        "target": exchange["request"]["target"],
        "status": exchange["response"]["status"],
        "outcome": exchange["outcome"],
        "effect": exchange["effect"],
        "answered-by": exchange["answered-by"],
        "failed": failed.map(|finding| finding["check"].clone()).collect::<Vec<_>>(),
        "unmatched": line["unmatched"],
    })
}

fn nothing_there() -> Answer {
    let paths = ["health", "exchanges", "exchanges/ID", "unmatched", "reset (POST)"].map(|path| format!("{PREFIX}{path}"));
    (404, json!({ "error": "nothing is there", "paths": paths }))
}
