//! Hooks: a shell command or an HTTP call makes the system under test act.

use crate::actor::{Actor, Order, Undone};
use crate::group::Group;
use crate::limits::{HOOK_BYTES_MAX, HOOK_REACH_MS};
use counterpart_evidence::{Body, Headers, Request, Version};
use counterpart_transport::{Client, Connect, Connected, Limits, Network, Numbers, Protocol, Sending, Timeouts};
use futures_util::future::BoxFuture;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// What makes the system under test carry out one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hook {
    /// One HTTP request: method, `host:port`, path.
    Http {
        /// Method.
        method: String,
        /// Address.
        address: String,
        /// Path and query.
        path: String,
    },
    /// A command line for `sh -c`.
    Run(String),
}

impl Hook {
    /// Reads `METHOD URL` or `URL`; the method is POST unless named.
    ///
    /// # Errors
    /// Why it is no such text, as a sentence.
    pub fn http(text: &str) -> Result<Self, String> {
        let (method, url) = text.split_once(' ').unwrap_or(("POST", text));
        let rest = url
            .trim()
            .strip_prefix("http://")
            .ok_or_else(|| format!("`{url}` is not an `http://` URL: hooks are called on this machine, without TLS"))?;
        let (address, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let address = if address.contains(':') { address.to_owned() } else { format!("{address}:80") };
        Ok(Self::Http { method: method.to_owned(), address, path: path.to_owned() })
    }
}

/// Hooks by action, with whoever acts where there is none.
pub struct Hooks {
    hooks: BTreeMap<String, Hook>,
    otherwise: Option<Box<dyn Actor>>,
}

impl Hooks {
    /// Makes an actor of hooks; `otherwise` takes the actions that have none, such as a person at a terminal.
    #[must_use]
    pub fn new(hooks: BTreeMap<String, Hook>, otherwise: Option<Box<dyn Actor>>) -> Self {
        Self { hooks, otherwise }
    }
}

impl Actor for Hooks {
    fn act(&self, order: Order) -> BoxFuture<'_, Result<Value, Undone>> {
        Box::pin(async move {
            match (self.hooks.get(&order.action), &self.otherwise) {
                (Some(Hook::Run(command)), _) => run(command, &order).await,
                (Some(Hook::Http { method, address, path }), _) => call(method, address, path, &order).await,
                (None, Some(otherwise)) => otherwise.act(order).await,
                (None, None) => Err(Undone::Nobody),
            }
        })
    }

    fn within(&self, order: &Order) -> Duration {
        match (self.hooks.get(&order.action), &self.otherwise) {
            (None, Some(otherwise)) => otherwise.within(order),
            _ => Duration::from_millis(order.within_ms),
        }
    }

    fn reach<'a>(&'a self, action: &'a str) -> BoxFuture<'a, Option<Result<String, String>>> {
        Box::pin(async move {
            Some(match self.hooks.get(action)? {
                Hook::Http { address, .. } => match connect(address, HOOK_REACH_MS).await {
                    Ok(_) => Ok(format!("`{address}` takes connections")),
                    Err(reason) => Err(format!("`{address}` takes no connection: {reason}")),
                },
                Hook::Run(command) => parsed(command).await,
            })
        })
    }
}

/// Has the shell read a command line without running it.
async fn parsed(command: &str) -> Result<String, String> {
    let output = Command::new("sh").args(["-n", "-c", command]).stdin(Stdio::null()).kill_on_drop(true).output().await;
    match output {
        Ok(output) if output.status.success() => Ok("the shell can read it; it is not run before it is needed".to_owned()),
        Ok(output) => Err(format!("`{command}`: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(format!("there is no shell: {error}")),
    }
}

/// Connects to a hook's address.
async fn connect(address: &str, within_ms: u64) -> Result<Connected, String> {
    let limits = Limits { response_ms: within_ms, ..Limits::default() };
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).to_owned();
    let connect = Connect {
        address: address.to_owned(),
        host,
        tls: None,
        protocol: Protocol::Http,
        proxy: None,
        timeouts: Timeouts::of(&limits),
    };
    let client = Client::new(Network::Tcp, limits, Numbers::default());
    client.connect(&connect).await.map_err(|error| error.reason.unwrap_or_else(|| error.outcome.name().to_owned()))
}

/// Writes a name as part of an environment variable's.
fn variable(name: &str) -> String {
    name.chars().map(|character| if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' }).collect()
}

async fn run(command: &str, order: &Order) -> Result<Value, Undone> {
    let failed = |text: String| Undone::Failed(format!("hook `{command}`: {text}"));
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Group::lead(&mut shell);
    shell
        .env("COUNTERPART_ACTION", &order.action)
        .env("COUNTERPART_SCENARIO", &order.scenario)
        .env("COUNTERPART_STEP", order.step.to_string());
    for (name, url) in &order.urls {
        let key = if name.is_empty() { "COUNTERPART_URL".to_owned() } else { format!("COUNTERPART_URL_{}", variable(name)) };
        shell.env(key, url);
    }
    for (name, value) in &order.arguments {
        let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        shell.env(format!("COUNTERPART_ARG_{}", variable(name)), text);
    }
    let mut child = shell.spawn().map_err(|error| failed(error.to_string()))?;
    let group = Group::of(&child);
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (out, err, status) = tokio::join!(bounded(out), bounded(err), child.wait());
    group.release();
    let status = status.map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(format!("{status}\n{}{}", String::from_utf8_lossy(&err), String::from_utf8_lossy(&out))));
    }
    answer(&out).map_err(failed)
}

/// Reads up to a bound and drops the rest, so that a talkative hook neither blocks nor fills memory.
async fn bounded(stream: Option<impl tokio::io::AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut stream) = stream else { return kept };
    let mut piece = [0; 8 * 1024];
    while let Ok(count) = stream.read(&mut piece).await {
        if count == 0 {
            break;
        }
        let room = HOOK_BYTES_MAX.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(piece.get(..room).unwrap_or_default());
    }
    kept
}

/// Takes JSON where there is some; nothing at all is `null`, other text is kept as text.
fn answer(bytes: &[u8]) -> Result<Value, String> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim();
    match text.chars().next() {
        None => Ok(Value::Null),
        Some('{' | '[') => {
            serde_json::from_str(text).map_err(|error| format!("what it printed begins like JSON and is none: {error}"))
        }
        Some(_) => Ok(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))),
    }
}

async fn call(method: &str, address: &str, path: &str, order: &Order) -> Result<Value, Undone> {
    let failed = |text: String| Undone::Failed(format!("hook `{method} http://{address}{path}`: {text}"));
    let mut connected = connect(address, order.within_ms).await.map_err(failed)?;
    let mut arguments = order.arguments.clone();
    for (name, url) in &order.urls {
        let key = if name.is_empty() { "url".to_owned() } else { format!("url_{}", name.replace('-', "_")) };
        arguments.entry(key).or_insert_with(|| Value::String(url.clone()));
    }
    let mut headers = Headers::default();
    headers.push("Content-Type", "application/json");
    headers.push("Connection", "close");
    let body = Body::plain(Value::Object(arguments).to_string());
    let request = Request { method: method.to_owned(), target: path.to_owned(), version: Version::Http11, headers, body };
    let sending = Sending { within: Some(Duration::from_millis(order.within_ms)), ..Sending::default() };
    let received = connected.send(request, &sending).await;
    let Some(response) = received.response else {
        return Err(failed(format!("no answer ({}): {}", received.outcome.name(), received.reason.unwrap_or_default())));
    };
    let text = String::from_utf8_lossy(response.body.plain_bytes()).into_owned();
    if !(200..300).contains(&response.status) {
        return Err(failed(format!("answered {}: {text}", response.status)));
    }
    answer(text.as_bytes()).map_err(failed)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::{Hook, Hooks};
    use crate::actor::{Actor, Order};
    use serde_json::Map;
    use std::collections::BTreeMap;
    use std::time::Duration;

    fn order() -> Order {
        Order {
            action: "go".to_owned(),
            does: String::new(),
            arguments: Map::new(),
            scenario: "s".to_owned(),
            step: 1,
            urls: BTreeMap::new(),
            returns: None,
            within_ms: 30_000,
        }
    }

    fn hooks(command: String) -> Hooks {
        Hooks::new(BTreeMap::from([("go".to_owned(), Hook::Run(command))]), None)
    }

    /// Tells whether a file that a process writes again and again has come to rest.
    async fn rests(beat: &std::path::Path) -> bool {
        let before = std::fs::read_to_string(beat).unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        std::fs::read_to_string(beat).unwrap() == before
    }

    #[tokio::test]
    async fn what_a_hook_started_ends_with_it_where_it_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let beat = folder.path().join("beat");
        let path = beat.display();
        let count = format!("n=0; while :; do n=$((n+1)); echo $n >> {path}; sleep 0.02; done");
        let hooks = hooks(format!("({count}) & sleep 60"));
        let mut acting = hooks.act(order());
        let beats = async {
            while !beat.exists() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            done = &mut acting => panic!("{done:?}"),
            () = beats => {}
            () = tokio::time::sleep(Duration::from_secs(30)) => panic!("the hook did not begin"),
        }
        drop(acting);
        // What was under way when the signal came may still have been written.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(rests(&beat).await);
    }

    #[tokio::test]
    async fn what_a_hook_that_came_to_its_end_left_running_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let beat = folder.path().join("beat");
        let path = beat.display();
        let count = format!("for n in $(seq 150); do echo $n >> {path}; sleep 0.02; done");
        let done =
            hooks(format!("({count}) > /dev/null 2>&1 & while [ ! -e {path} ]; do sleep 0.01; done; echo 7")).act(order()).await;
        assert_eq!(done, Ok(7.into()));
        assert!(!rests(&beat).await);
    }
}
