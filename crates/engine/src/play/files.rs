//! Waiting for files, log lines and mails.

use super::frame::Frame;
use super::{Brought, Play, Stop};
use crate::build::{generators, whole};
use crate::judge::{Found, broken, too_short};
use crate::limits::{FILE_BYTES_MAX, POLL_MAX_MS, POLL_MS};
use crate::mail;
use crate::names::Layer;
use counterpart_evidence::Cause;
use counterpart_matching::{Expression, Template};
use counterpart_plan::model::{Await, AwaitWhat};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

impl Play {
    /// Waits for files, lines or mails that fit, then for quiet.
    pub(crate) async fn await_file(self: &Arc<Self>, plan: &Await, frame: &mut Frame) -> Result<Brought, Stop> {
        let within_ms = self.time_ms(&plan.within, frame)?;
        let number = |value: Value| {
            whole(&value).ok_or_else(|| Stop::error(Cause::Simulator, format!("`count` gives {value}, which is no number")))
        };
        let min = number(self.evaluate(&plan.count.min, frame)?)?;
        let max = match &plan.count.max {
            Some(expression) => Some(number(self.evaluate(expression, frame)?)?),
            None => None,
        };
        let began = Instant::now();
        let until = began + self.shared.clock.real(within_ms);
        let mut here = Vec::new();
        let mut seen = None;
        loop {
            // Nothing is read again that is as it was: mails are many, and the wait may be hours of virtual time.
            let now_there = self.stamps(plan, frame)?;
            if seen.as_ref() != Some(&now_there) {
                here = self.look(plan, frame)?;
                seen = Some(now_there);
            }
            if (here.len() as u64) >= min.max(max.unwrap_or(0)).max(1)
                || (min > 0 && max.is_none() && here.len() as u64 >= min)
                || Instant::now() >= until
            {
                break;
            }
            let nap = nap(began.elapsed()).min(until.saturating_duration_since(Instant::now()));
            tokio::select! {
                () = tokio::time::sleep(nap.max(Duration::from_millis(1))) => {}
                () = self.stopped() => return Err(Stop::inconclusive(Cause::Environment, "the run was interrupted")),
            }
        }
        let mut found = Found::default();
        if let Some((time, check)) = &plan.then_quiet {
            let run_ms = self.time_ms(time, frame)?;
            self.pause_ms(run_ms).await?;
            here = self.look(plan, frame)?;
            let most = max.unwrap_or(min);
            if here.len() as u64 > most {
                let message = format!("{} came where {most} may", here.len());
                found.findings.push(broken(check, message, vec![most.to_string()], here.len().to_string(), None));
            } else {
                found.waited(check, run_ms, &self.shared.clock);
            }
        }
        if (here.len() as u64) < min {
            let message = format!("{} of {min} came within {within_ms} ms", here.len());
            match (&plan.else_fails, too_short(within_ms, &self.shared.clock)) {
                (Some(check), Some(reason)) => found.findings.push(check.unjudged(format!("{message}, but {reason}"))),
                (Some(check), None) => {
                    found.findings.push(broken(check, message, vec![min.to_string()], here.len().to_string(), None));
                }
                (None, Some(reason)) => {
                    return Err(Stop::inconclusive(Cause::Configuration, format!("{message}, but {reason}")));
                }
                (None, None) => return Err(Stop::inconclusive(Cause::Supplier, message)),
            }
        } else if let Some(check) = &plan.else_fails {
            // Enough came: the check was made, and held.
            found.passed.push((check.id.clone(), check.requirement.clone()));
        }
        let key = match plan.what {
            AwaitWhat::Mail(..) => "mail",
            AwaitWhat::Log(..) => "log",
            _ => "file",
        };
        let mut names = Map::new();
        names.insert(key.to_owned(), here.first().cloned().unwrap_or(Value::Null));
        names.insert(format!("{key}s"), Value::Array(here));
        Ok(Brought { names, found, ..Brought::default() })
    }

    /// Gives which files are there now, with the size and the time of the last change of each.
    fn stamps(&self, plan: &Await, frame: &Frame) -> Result<Vec<Stamp>, Stop> {
        let (AwaitWhat::Mail(path, _) | AwaitWhat::Log(path, _) | AwaitWhat::File(path, _)) = &plan.what else {
            return Ok(Vec::new());
        };
        let path = self.rendered(path, frame)?;
        let found = match plan.what {
            AwaitWhat::Mail(..) => files(&Path::new(&path).join("*.eml")),
            _ => files(Path::new(&path)),
        };
        let stamp = |path: PathBuf| {
            let facts = std::fs::metadata(&path).ok()?;
            Some((path, facts.len(), facts.modified().ok()))
        };
        Ok(found.into_iter().filter_map(stamp).collect())
    }

    /// Gives everything that fits at this moment.
    fn look(&self, plan: &Await, frame: &Frame) -> Result<Vec<Value>, Stop> {
        let (template, which, kind) = match &plan.what {
            AwaitWhat::Mail(folder, which) => (folder, which, "mail"),
            AwaitWhat::Log(path, which) => (path, which, "log"),
            AwaitWhat::File(path, which) => (path, which, "file"),
            AwaitWhat::Connection(..) | AwaitWhat::Request(_) => return Ok(Vec::new()),
        };
        let path = self.rendered(template, frame)?;
        let candidates: Vec<Value> = match kind {
            "mail" => files(&Path::new(&path).join("*.eml"))
                .iter()
                .filter_map(|path| read(path))
                .filter_map(|(path, bytes)| mail::parse(&path, &bytes))
                .collect(),
            "file" => files(Path::new(&path))
                .iter()
                .filter_map(|path| read(path))
                .map(|(path, bytes)| file_value(&path, &bytes))
                .collect(),
            _ => files(Path::new(&path))
                .iter()
                .filter_map(|path| read(path))
                .flat_map(|(path, bytes)| lines(&path, &bytes))
                .collect(),
        };
        Ok(candidates.into_iter().filter(|candidate| self.is_meant(which.as_ref(), kind, candidate, frame)).collect())
    }

    fn is_meant(&self, which: Option<&Expression>, kind: &str, candidate: &Value, frame: &Frame) -> bool {
        let Some(which) = which else { return true };
        let mut own = Map::new();
        own.insert(kind.to_owned(), candidate.clone());
        self.with_names(frame, |names| which.evaluate(&Layer::new(&own, names))).is_ok_and(|value| value == Value::Bool(true))
    }

    pub(crate) fn rendered(&self, template: &Template, frame: &Frame) -> Result<String, Stop> {
        let mut generators = generators(self.shared.around.seed, &[&self.key, &frame.branch, "path"], &self.shared.clock);
        self.with_names(frame, |names| template.render(names, &mut generators))
            .map_err(|fault| Stop::error(Cause::Configuration, fault.message))
    }
}

/// A file with its size and the time of its last change.
type Stamp = (PathBuf, u64, Option<std::time::SystemTime>);

/// Gives the time until the next look: a fiftieth of what was waited already, within bounds.
fn nap(waited: Duration) -> Duration {
    (waited / 50).clamp(Duration::from_millis(POLL_MS), Duration::from_millis(POLL_MAX_MS))
}

/// Gives the files that a path means; `*` stands for any part of the last segment.
fn files(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Some((before, after)) = name.split_once('*') else {
        return if path.is_file() { vec![path.to_owned()] } else { Vec::new() };
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries
        .filter(|path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            path.is_file() && name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
        })
        .collect();
    found.sort();
    found
}

/// Reads a file of bounded size; one that is being written or is gone again is looked at the next time.
fn read(path: &Path) -> Option<(PathBuf, Vec<u8>)> {
    let size = std::fs::metadata(path).ok()?.len();
    (size <= FILE_BYTES_MAX).then(|| std::fs::read(path).ok()).flatten().map(|bytes| (path.to_owned(), bytes))
}

fn file_value(path: &Path, bytes: &[u8]) -> Value {
    json!({
        "name": path.file_name().map(|name| name.to_string_lossy()),
        "size": bytes.len(),
        "text": String::from_utf8_lossy(bytes),
        "sha256": mail::sha256(bytes),
        "json": serde_json::from_slice::<Value>(bytes).ok(),
    })
}

fn lines(path: &Path, bytes: &[u8]) -> Vec<Value> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    String::from_utf8_lossy(bytes)
        .lines()
        .enumerate()
        .map(|(at, line)| json!({ "file": name, "number": at + 1, "line": line }))
        .collect()
}
