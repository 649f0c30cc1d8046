//! Says in the evidence when endpoints of ours did not work as usual, and how: what came meanwhile is read in that light.

use super::Play;
use super::frame::Frame;
use crate::build::{generators, milliseconds};
use crate::wire;
use counterpart_evidence::{Event, Span};
use counterpart_plan::model::{Fault, Listen, Reply, Schedule, Shape};
use serde_json::Value;

impl Play {
    /// Tells of a fault timeline that begins now and is followed for a time.
    pub(crate) fn tell_timeline(&self, schedule: &Schedule, lasting_ms: u64, step: u32) {
        let (now_us, names) = (self.shared.clock.now_us(), self.shared.names());
        let spans = schedule.rows.iter().filter_map(|row| {
            // A time without a value never comes; the timeline passes over it too.
            let from_ms = milliseconds(&row.from, &names).ok().filter(|from| *from < lasting_ms)?;
            let to_ms = milliseconds(&row.to, &names).ok()?.min(lasting_ms);
            let mut words: Vec<String> = row.methods.first().map(|_| row.methods.join(", ")).into_iter().collect();
            words.extend(row.respond.as_deref().map(answers));
            let fault = row.fault.as_ref().or_else(|| row.respond.as_ref()?.fault.as_ref());
            words.extend(fault.map(|fault| self.fault_words(fault)).filter(|words| !words.is_empty()));
            Some(Span {
                from_us: now_us.saturating_add(from_ms.saturating_mul(1_000)),
                to_us: Some(now_us.saturating_add(to_ms.saturating_mul(1_000))),
                endpoint: row.endpoint.clone(),
                what: words.join(", "),
            })
        });
        self.tell_spans(spans.collect(), step);
    }

    /// Tells of an endpoint that listens in another way from now on.
    pub(crate) fn tell_listening(&self, listen: &Listen, step: u32, frame: &Frame) {
        let from_us = self.shared.clock.now_us();
        let lasting_ms = listen.lasting.as_ref().and_then(|lasting| self.time_ms(lasting, frame).ok());
        let mut words = Vec::new();
        match listen.accept {
            Some(false) => words.push("refuses connections".to_owned()),
            Some(true) => words.push("accepts connections".to_owned()),
            None => {}
        }
        words.extend(listen.certificate.as_ref().map(|name| format!("shows the certificate `{name}`")));
        words.extend(listen.client_certificate.as_ref().map(|wanted| format!("client certificate: {wanted}")));
        words.extend(listen.tls_max.as_ref().map(|version| format!("TLS up to {version}")));
        words.extend(listen.alpn.is_some().then(|| "another application protocol".to_owned()));
        words.extend(listen.ends.map(|how| format!("ends each connection at once ({})", format!("{how:?}").to_lowercase())));
        let span = Span {
            from_us,
            to_us: lasting_ms.map(|ms| from_us.saturating_add(ms.saturating_mul(1_000))),
            endpoint: (!listen.endpoint.is_empty()).then(|| listen.endpoint.clone()),
            what: words.join(", "),
        };
        self.tell_spans(vec![span], step);
    }

    fn tell_spans(&self, spans: Vec<Span>, step: u32) {
        if !spans.is_empty() {
            let (scenario, attempt) = (self.scenario.clone(), self.attempt);
            self.shared.event(Event::Disturbed { scenario, attempt, step, spans });
        }
    }

    fn fault_words(&self, fault: &Fault) -> String {
        let mut random = generators(self.shared.around.seed, &["timeline"], &self.shared.clock);
        wire::words(fault, &self.shared.names(), &mut random, &self.shared.clock)
    }
}

/// Names an answer: as the pack does, with its status where that is fixed.
fn answers(reply: &Reply) -> String {
    let name = reply.name.as_deref().map(|name| name.rsplit('#').next().unwrap_or(name));
    match (&reply.status, name) {
        (Shape::Literal(Value::Number(status)), Some(name)) => format!("answers {status} (`{name}`)"),
        (Shape::Literal(Value::Number(status)), None) => format!("answers {status}"),
        (_, Some(name)) => format!("answers `{name}`"),
        (_, None) => "answers otherwise".to_owned(),
    }
}
