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
                text => serde_json::from_str(text).or_else(|_| Ok(Value::String(text.to_owned()))),
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
    let back = match &order.returns {
        Some(returns) => format!(", then type what came back, as JSON that fits {returns}, or nothing"),
        None => String::new(),
    };
    text.push_str(&format!(
        "    Do it{back}, and press Enter; `no` and Enter where it cannot be done. {} s left",
        within.as_secs()
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::question;
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
            "\n--> press (lamp/button/press, step 1): Press the button.\n    times: 2\n    call lamp at http://127.0.0.1:1\n    Do it, then type what came back, as JSON that fits {\"type\":\"string\"}, or nothing, and press Enter; `no` and Enter where it cannot be done. 300 s left"
        );
    }
}
