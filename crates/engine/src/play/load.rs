//! Requests at a rate: an open model, in which a slow answer does not slow the next request down.

use super::frame::Frame;
use super::{Brought, Play, Stop};
use crate::build::whole;
use crate::limits::{BRANCHES_MAX, LOAD_MAX};
use counterpart_evidence::Cause;
use counterpart_plan::model::Load;
use futures_util::stream::{FuturesUnordered, StreamExt};
use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::time::Instant;

impl Play {
    pub(crate) async fn load(self: &Arc<Self>, load: &Load, index: u32, frame: &mut Frame) -> Result<Brought, Stop> {
        let number = |value: Value| whole(&value).ok_or_else(|| Stop::error(Cause::Simulator, format!("`{value}` is no number")));
        let count = number(self.evaluate(&load.count, frame)?)?.min(LOAD_MAX);
        let at_once = match &load.at_once {
            Some(expression) => number(self.evaluate(expression, frame)?)?.clamp(1, BRANCHES_MAX),
            None => BRANCHES_MAX,
        };
        let over_ms = match &load.over {
            Some(time) => self.time_ms(time, frame)?,
            None => 0,
        };
        let began = Instant::now();
        let spread = self.shared.clock.real(over_ms);
        let mut under_way = FuturesUnordered::new();
        let mut tally = Tally::new();
        for number in 0..count {
            let share = u32::try_from(number).unwrap_or(u32::MAX);
            let due = began + spread.mul_f64(f64::from(share) / f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX)));
            // Answers are taken while the next request is waited for, else each would seem to have come when that is due.
            loop {
                let has_room = (under_way.len() as u64) < at_once;
                tokio::select! {
                    Some(done) = under_way.next(), if !under_way.is_empty() => tally.add(done)?,
                    () = tokio::time::sleep_until(due), if has_room => break,
                }
            }
            if *self.stopping.borrow() {
                break;
            }
            let mut inner = frame.fork(&number.to_string());
            inner.set("index", json!(number));
            let play = Arc::clone(self);
            under_way.push(async move {
                let (exchange, found) = play.exchange(&load.send, &load.each, index, &number.to_string(), &mut inner).await?;
                // From the moment it was due, so that a queue of ours cannot hide the waiting (coordinated omission).
                let waited = Instant::now().saturating_duration_since(due);
                Ok((play.record(exchange, index, &found), waited, found.is_broken()))
            });
        }
        while let Some(done) = under_way.next().await {
            tally.add(done)?;
        }
        Ok(tally.brought(began.elapsed().as_secs_f64()))
    }
}

type Done = Result<(Arc<counterpart_evidence::Exchange>, std::time::Duration, bool), Stop>;

struct Tally {
    latency_us: Histogram<u64>,
    exchanges: Vec<Arc<counterpart_evidence::Exchange>>,
    broken: u64,
}

impl Tally {
    fn new() -> Self {
        // Three figures: 1 us to an hour within a thousandth. The bounds are valid by the crate's own rules.
        let latency_us = Histogram::new_with_bounds(1, 3_600_000_000, 3)
            .unwrap_or_else(|_| Histogram::new(3).expect("three figures are allowed"));
        Self { latency_us, exchanges: Vec::new(), broken: 0 }
    }

    fn add(&mut self, done: Done) -> Result<(), Stop> {
        let (exchange, waited, broken) = done?;
        self.latency_us.saturating_record(u64::try_from(waited.as_micros()).unwrap_or(u64::MAX));
        self.exchanges.push(exchange);
        self.broken += u64::from(broken);
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "latencies and counts are far below 2^52")]
    fn brought(self, seconds: f64) -> Brought {
        let at = |quantile: f64| self.latency_us.value_at_quantile(quantile) as f64 / 1_000.0;
        let figures = json!({
            "count": self.exchanges.len(),
            "broken": self.broken,
            "seconds": seconds,
            "per_second": self.exchanges.len() as f64 / seconds.max(0.001),
            "p50_ms": at(0.5),
            "p95_ms": at(0.95),
            "p99_ms": at(0.99),
            "max_ms": self.latency_us.max() as f64 / 1_000.0,
        });
        let mut names = Map::new();
        names.insert("load".to_owned(), figures);
        Brought {
            exchange: self.exchanges.last().cloned(),
            exchanges: self.exchanges,
            names,
            judged: false,
            ..Brought::default()
        }
    }
}
