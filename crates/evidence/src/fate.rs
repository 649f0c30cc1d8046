//! What became of a message that somebody sent to an endpoint of ours, as its sender could tell.

use crate::{Effect, ExchangeRecord, Outcome};

/// What became of a message, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It was kept, and the answer said so.
    Taken,
    /// Nothing to speak of: a redirect, a page, an answer without effect.
    Other,
    /// It was refused.
    Refused,
    /// No whole answer reached whoever sent it.
    Lost,
}

impl Fate {
    /// Tells what became of the request of an exchange.
    #[must_use]
    pub fn of(exchange: &ExchangeRecord) -> Self {
        let status = exchange.response.as_ref().and_then(|response| response.status);
        match (exchange.outcome, exchange.effect) {
            (Outcome::Answered, Effect::Stored) => Self::Taken,
            (Outcome::Answered, Effect::Refused) => Self::Refused,
            (Outcome::Answered, Effect::None) if status.is_some_and(|status| status >= 400) => Self::Refused,
            (Outcome::Answered, Effect::Lost | Effect::None) => Self::Other,
            (_, _) => Self::Lost,
        }
    }

    /// Gives its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Other => "other",
            Self::Refused => "refused",
            Self::Taken => "taken",
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::Fate;

    #[test]
    fn an_answer_that_came_is_never_told_as_none() {
        let fate = |outcome: &str, effect: &str, status: u16| {
            let exchange = serde_json::json!({
                "id": 1, "direction": "inbound", "endpoint": "lamp", "started-us": 0, "outcome": outcome, "effect": effect,
                "connection": { "id": 1, "local": "", "peer": "", "reused": false, "tls": null },
                "timing": { "connect-us": null, "tls-us": null, "first-byte-us": null, "total-us": 1 },
                "response": { "status": status, "version": "1.1", "headers": [] },
            });
            Fate::of(&serde_json::from_value(exchange).unwrap())
        };
        let answered = |effect, status| fate("answered", effect, status);
        assert_eq!([answered("stored", 201), answered("stored", 503)], [Fate::Taken; 2]);
        assert_eq!([answered("refused", 200), answered("none", 404)], [Fate::Refused; 2]);
        assert_eq!([answered("none", 302), answered("lost", 200), answered("lost", 500)], [Fate::Other; 3]);
        assert_eq!([fate("closed", "lost", 201), fate("reset", "stored", 201), fate("timeout", "none", 404)], [Fate::Lost; 3]);
    }
}
