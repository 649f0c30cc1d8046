//! A person at the terminal, who makes the system under test act.

use crate::console;
use counterpart_engine::{Actor, Order, Undone};
use futures_util::future::BoxFuture;
use serde_json::Value;
use std::io::{BufRead, IsTerminal};

/// Tells whether somebody can be asked.
pub(crate) fn is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks and waits for an answer.
pub(crate) struct Person;

impl Actor for Person {
    fn act(&self, order: Order) -> BoxFuture<'_, Result<Value, Undone>> {
        Box::pin(async move {
            console::talk(&format!("\n--> {} ({}): {}", order.action, order.scenario, order.does));
            for (name, value) in &order.arguments {
                console::talk(&format!("    {name}: {value}"));
            }
            for (name, url) in order.urls.iter().filter(|(name, _)| !name.is_empty()) {
                console::talk(&format!("    {name} listens at {url}"));
            }
            console::talk(&format!(
                "    {} s left. Press Enter when it is done, or type what came back (JSON), or `no`",
                order.within_ms / 1_000
            ));
            let line = tokio::task::spawn_blocking(|| {
                let mut line = String::new();
                std::io::stdin().lock().read_line(&mut line).map(|_| line)
            });
            let line = match line.await {
                Ok(Ok(line)) => line.trim().to_owned(),
                _ => return Err(Undone::Nobody),
            };
            match line.as_str() {
                "" => Ok(Value::Null),
                "no" => Err(Undone::Failed("the person said no".to_owned())),
                text => serde_json::from_str(text).or_else(|_| Ok(Value::String(text.to_owned()))),
            }
        })
    }
}
