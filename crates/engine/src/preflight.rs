//! What is proved before the first scored message: that the credentials are accepted, how far the clocks are apart, and that
//! hooks answer. None of it is evidence about the system under test: a fault here is one of the set-up.

use crate::actor::{Order, Undone};
use crate::build::milliseconds;
use crate::judge::subjects;
use crate::play::{Frame, Play, broken_answer};
use crate::run::Stage;
use counterpart_evidence::{Cause, Exchange, Outcome, Preflight, Role, ScenarioId};
use counterpart_matching::{Judgement, judge};
use counterpart_plan::model::{Action, Probing};
use serde_json::Map;
use std::collections::BTreeMap;
use tokio::sync::watch;

/// The name under which requests of the pre-flight draw their random values.
const KEY: &str = "preflight";

impl Stage {
    /// Asks the server under test what the pack says: it tells whether our credentials are accepted, and its time.
    pub async fn preflight_server(&self) -> Vec<Preflight> {
        // In role provider there is nobody to call.
        match self.shared.plan.preflight.as_ref().filter(|_| self.shared.plan.role == Role::Consumer) {
            Some(probing) => self.probe(probing).await,
            None => Vec::new(),
        }
    }

    /// Looks whether the hooks of this role's actions answer.
    pub async fn preflight_hooks(&self) -> Vec<Preflight> {
        let mut facts = Vec::new();
        let actions = self.shared.plan.actions.values().filter(|action| action.roles.contains(&self.shared.plan.role));
        for action in actions {
            facts.extend(self.hook(action).await);
        }
        facts
    }

    async fn probe(&self, probing: &Probing) -> Vec<Preflight> {
        let (_, never) = watch::channel(false);
        let play = Play::errand(&self.provider, ScenarioId::new(KEY), KEY, never);
        let mut frame = Frame::new(Map::new());
        match play.exchange(&probing.send, &[], 0, KEY, &mut frame).await {
            Ok((exchange, _)) => {
                let mut facts = vec![self.credentials(probing, &exchange)];
                facts.extend(self.clock_skew(probing, &exchange));
                facts
            }
            Err(stop) => vec![Preflight {
                hint: Some("complete the settings, certificates and addresses of the workspace".to_owned()),
                ..Preflight::fault("request before the first", Cause::Configuration, stop.reason)
            }],
        }
    }

    fn credentials(&self, probing: &Probing, exchange: &Exchange) -> Preflight {
        let name = "credentials";
        let reason = exchange.reason.clone().unwrap_or_default();
        let Some(response) = &exchange.response else {
            let alert = exchange.connection.tls.as_ref().and_then(|tls| tls.alert.as_ref());
            return match alert {
                Some(alert) => Preflight {
                    hint: Some("let it trust our authority's root, or give the certificate that it trusts".to_owned()),
                    ..Preflight::fault(
                        "client certificate",
                        Cause::Configuration,
                        format!("the system under test refused ours: {}", alert.description),
                    )
                },
                // What the system does with a request is for scenarios to judge.
                None => {
                    Preflight::unknown(name, format!("the first request got no answer ({}): {reason}", exchange.outcome.name()))
                }
            };
        };
        let globals = self.shared.names();
        let subjects = subjects(exchange, &globals, &self.shared);
        let refused = probing.refused.as_ref().is_some_and(|rule| matches!(judge(rule, &subjects), Judgement::Holds));
        if refused {
            return Preflight {
                hint: Some("give the credentials that the system under test issued: `--set NAME=env:VARIABLE`, or `[settings]` of the workspace".to_owned()),
                ..Preflight::fault(name, Cause::Configuration, format!("the system under test did not accept ours: it answered {}", response.status))
            };
        }
        Preflight::good(name, format!("not refused: the system under test answered {}", response.status))
    }

    fn clock_skew(&self, probing: &Probing, exchange: &Exchange) -> Option<Preflight> {
        let name = "clocks";
        let response = exchange.response.as_ref().filter(|_| exchange.outcome == Outcome::Answered)?;
        let Some(theirs_ms) = response.headers.first("date").and_then(http_date_ms) else {
            return Some(Preflight::unknown(name, "its answer has no `Date`".to_owned()));
        };
        let skew_ms = theirs_ms.saturating_sub(self.shared.clock.machine_unix_ms());
        let detail =
            format!("the other clock is {} s {}", skew_ms.unsigned_abs() / 1_000, if skew_ms < 0 { "behind" } else { "ahead" });
        let globals = self.shared.names();
        let most_ms = probing.clock_skew.as_ref().and_then(|time| milliseconds(time, &globals).ok());
        Some(match most_ms {
            // `Date` counts whole seconds.
            Some(most_ms) if skew_ms.unsigned_abs() > most_ms.saturating_add(1_000) => Preflight {
                hint: Some("set both clocks by the same time server".to_owned()),
                ..Preflight::fault(name, Cause::Configuration, format!("{detail}, and {} s is the most", most_ms / 1_000))
            },
            _ => Preflight::good(name, detail),
        })
    }

    /// Looks whether an action's hook is there; one that does no harm is tried.
    async fn hook(&self, action: &Action) -> Option<Preflight> {
        let name = format!("hook `{}`", action.name);
        let fault = |reason: String| Preflight {
            hint: Some(
                "mend it under `[hooks]` of the workspace; `counterpart list PACK --actions` says what it must do".to_owned(),
            ),
            ..Preflight::fault(&name, Cause::Configuration, reason)
        };
        match self.shared.around.actor.reach(&action.name).await? {
            Err(reason) => Some(fault(reason)),
            Ok(detail) if !action.harmless => Some(Preflight::good(&name, detail)),
            Ok(_) => Some(match self.shared.around.actor.act(self.order(action)).await {
                Ok(value) => match broken_answer(action, &value) {
                    Some(reason) => fault(reason),
                    None => Preflight::good(&name, "it answers as the pack says".to_owned()),
                },
                Err(Undone::Failed(reason)) => fault(reason),
                Err(Undone::Nobody) => Preflight::unknown(&name, "nobody carries it out".to_owned()),
            }),
        }
    }

    fn order(&self, action: &Action) -> Order {
        let globals = self.shared.names();
        let within_ms = milliseconds(&action.within, &globals).unwrap_or(crate::limits::BINDING_MS);
        Order {
            action: action.name.clone(),
            does: action.does.clone(),
            arguments: Map::new(),
            returns: action.returns.clone(),
            scenario: KEY.to_owned(),
            step: 0,
            urls: BTreeMap::new(),
            within_ms,
        }
    }
}

/// Reads an HTTP date (RFC 9110 §5.6.7) as milliseconds since 1970.
fn http_date_ms(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok().map(|moment| moment.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::http_date_ms;

    #[test]
    fn an_http_date_is_read_in_utc() {
        assert_eq!(http_date_ms("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
        assert_eq!(http_date_ms("yesterday"), None);
    }
}
