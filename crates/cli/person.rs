//! A person at the terminal, who makes the system under test act.

use crate::console;
use crate::limits::PATIENCE_MIN_MS;
use counterpart_engine::{Actor, Order, Undone};
use futures_util::future::BoxFuture;
use indicatif::ProgressBar;
use serde_json::Value;
use std::io::{BufRead, IsTerminal};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Tells whether somebody can be asked.
pub(crate) fn is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks one question after the other, and waits for the answer to each.
pub(crate) struct Person {
    lines: Mutex<mpsc::UnboundedReceiver<String>>,
    progress: ProgressBar,
}

impl Person {
    /// Begins to listen to the terminal. One thread reads it as long as the program lives: a read that nobody waits for any
    /// more would otherwise take the answer to the next question, or keep the program from ending.
    pub(crate) fn new(progress: ProgressBar) -> Self {
        let (sender, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { lines: Mutex::new(lines), progress }
    }

    fn say(&self, text: &str) {
        self.progress.suspend(|| console::talk(text));
    }

    /// Waits for a line, and counts the seconds down meanwhile.
    async fn answer(&self, order: &Order, lines: &mut mpsc::UnboundedReceiver<String>) -> Option<String> {
        let until = Instant::now() + self.within(order);
        let mut seconds = interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                line = lines.recv() => return line,
                _ = seconds.tick() => {
                    let left = until.saturating_duration_since(Instant::now()).as_secs();
                    self.progress.set_message(format!("waiting for you: {}, {left} s left", order.action));
                }
            }
        }
    }
}

impl Actor for Person {
    fn act(&self, order: Order) -> BoxFuture<'_, Result<Value, Undone>> {
        Box::pin(async move {
            let mut lines = self.lines.lock().await;
            // What was typed before the question answers another one.
            while lines.try_recv().is_ok() {}
            self.say(&question(&order, self.within(&order)));
            let answer = self.answer(&order, &mut lines).await.ok_or(Undone::Nobody)?;
            self.progress.set_message("");
            match answer.trim() {
                "" => Ok(Value::Null),
                "no" => Err(Undone::Failed("the person said no".to_owned())),
                text => Ok(brought(text, order.returns.as_ref())),
            }
        })
    }

    /// A person is slower than a hook.
    fn within(&self, order: &Order) -> Duration {
        Duration::from_millis(order.within_ms.max(PATIENCE_MIN_MS))
    }
}

/// What to do now, with what, which address to call, and how to answer.
fn question(order: &Order, within: Duration) -> String {
    let mut text = format!("\n--> {} ({}, step {}): {}\n", order.action, order.scenario, order.step, order.does);
    for (name, value) in &order.arguments {
        let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        text.push_str(&format!("    {name}: {value}\n"));
    }
    for (name, url) in order.urls.iter().filter(|(name, _)| !name.is_empty()) {
        text.push_str(&format!("    call {name} at {url}\n"));
    }
    let back = match (order.returns.as_ref(), order.returns.as_ref().and_then(only_member)) {
        (None, _) => String::new(),
        (Some(_), Some((name, _))) => format!(", type the `{name}` that came back (without it not all can be judged)"),
        (Some(returns), None) => {
            format!(", type what came back, as JSON that fits {returns} (without it not all can be judged)")
        }
    };
    text.push_str(&format!(
        "    Do it{back}, and press Enter; `no` and Enter where it cannot be done. {} s left",
        within.as_secs()
    ));
    text
}

/// Gives the one member of which a schema of an object knows.
fn only_member(returns: &Value) -> Option<(&String, &Value)> {
    let members = returns.get("properties")?.as_object()?;
    members.iter().next().filter(|_| members.len() == 1)
}

/// Reads what a person typed: JSON, or the value alone where only one is asked for.
fn brought(text: &str, returns: Option<&Value>) -> Value {
    let plain = || Value::String(text.to_owned());
    let json: Option<Value> = serde_json::from_str(text).ok();
    match (json, returns.and_then(only_member)) {
        (Some(json @ (Value::Array(_) | Value::Object(_))), _) => json,
        (json, Some((name, schema))) => {
            let is_text = schema.get("type").is_some_and(|kind| kind == "string");
            let value = if is_text { plain() } else { json.unwrap_or_else(plain) };
            Value::Object([(name.clone(), value)].into_iter().collect())
        }
        (json, None) => json.unwrap_or_else(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::{brought, question};
    use counterpart_engine::Order;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn a_question_says_what_where_and_how_long() {
        let order = Order {
            action: "press".to_owned(),
            does: "Press the button.".to_owned(),
            arguments: json!({ "times": 2 }).as_object().cloned().unwrap_or_default(),
            scenario: "lamp/button/press".to_owned(),
            step: 1,
            urls: [("lamp", "http://127.0.0.1:1"), ("", "http://127.0.0.1:1")]
                .map(|(name, url)| (name.to_owned(), url.to_owned()))
                .into(),
            returns: Some(json!({ "type": "string" })),
            within_ms: 1,
        };
        assert_eq!(
            question(&order, Duration::from_secs(300)),
            "\n--> press (lamp/button/press, step 1): Press the button.\n    times: 2\n    call lamp at http://127.0.0.1:1\n    Do it, type what came back, as JSON that fits {\"type\":\"string\"} (without it not all can be judged), and press Enter; `no` and Enter where it cannot be done. 300 s left"
        );
    }

    #[test]
    fn one_value_can_be_typed_without_its_braces() {
        let text = json!({ "type": "object", "properties": { "id": { "type": "string" } } });
        let number = json!({ "type": "object", "properties": { "count": { "type": "integer" } } });
        assert_eq!(brought("17", Some(&text)), json!({ "id": "17" }));
        assert_eq!(brought("17", Some(&number)), json!({ "count": 17 }));
        assert_eq!(brought("{\"id\":\"a b\"}", Some(&text)), json!({ "id": "a b" }));
        assert_eq!((brought("17", None), brought("a b", None)), (json!(17), json!("a b")));
    }
}
