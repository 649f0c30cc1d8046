//! The leg from a proxy of ours to the far side: connect, send, take what comes, record it.

use crate::claim::Claimant;
use crate::shared::{Shared, Target};
use crate::sink::{Belonging, Judged};
use crate::wire;
use counterpart_evidence::{Effect, Exchange, Outcome, Request};
use counterpart_plan::model::{Offer, Trust};
use counterpart_transport::{Delivery, Sending};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Why a request did not come through.
pub(crate) enum Miss {
    /// What came is no whole answer.
    Broken,
    /// Nothing came in time.
    Late,
    /// There is no connection.
    Unreachable,
}

/// What came of a request that was passed on.
pub(crate) struct Passed {
    pub(crate) exchange: Exchange,
    pub(crate) effect: Effect,
    pub(crate) miss: Option<Miss>,
}

/// A request that is passed on.
pub(crate) struct Leg {
    pub(crate) shared: Arc<Shared>,
    /// What is known of it before it begins.
    pub(crate) exchange: Exchange,
    pub(crate) owner: Option<Arc<Claimant>>,
    pub(crate) session: String,
    pub(crate) target: Target,
    /// Client certificate by name.
    pub(crate) certificate: String,
    pub(crate) request: Request,
    pub(crate) within: Duration,
}

impl Leg {
    /// Goes it to its end, even where whoever sent the request is gone meanwhile: what went out is in the evidence.
    pub(crate) async fn go(self) -> Result<Passed, String> {
        tokio::spawn(self.pass()).await.map_err(|error| format!("passing on broke off: {error}"))?
    }

    async fn pass(mut self) -> Result<Passed, String> {
        let keyring = &self.shared.around.keyring;
        let mut connect = wire::connect(keyring, &self.target, &self.certificate, &Offer::default(), Trust::Chain)?;
        connect.timeouts.connect = connect.timeouts.connect.min(self.within);
        let began = Instant::now();
        let mut effect = Effect::None;
        let request = std::mem::take(&mut self.request);
        match self.shared.client().connect(&connect).await {
            Err(failed) => {
                self.exchange.request = Some(request);
                wire::fail(&mut self.exchange, failed);
            }
            Ok(mut connected) => {
                let passage = self.shared.passages.begin(connected.facts(), self.exchange.id, self.owner.clone());
                let left = self.within.saturating_sub(began.elapsed());
                let sending = Sending { delivery: Delivery::default(), within: Some(left) };
                let received = connected.send(request, &sending).await;
                effect = passage.arrived().effect;
                wire::take(&mut self.exchange, received, &self.shared.clock);
            }
        }
        self.record();
        let miss = miss(self.exchange.outcome, began.elapsed() >= self.within);
        Ok(Passed { exchange: self.exchange, effect, miss })
    }

    /// Records what went on; it is judged where it came from the system under test.
    fn record(&self) {
        let belonging = Belonging {
            scenario: self.owner.as_ref().map(|owner| owner.scenario.clone()),
            attempt: self.owner.as_ref().map(|owner| owner.attempt),
            step: None,
            session: (!self.session.is_empty()).then(|| self.session.clone()),
        };
        let judged = Judged {
            exchange: &self.exchange,
            belonging: &belonging,
            findings: Vec::new(),
            passed: Vec::new(),
            skipped: Vec::new(),
            unmatched: None,
        };
        self.shared.around.sink.exchange(judged, self.shared.clock.now_us());
    }
}

fn miss(outcome: Outcome, late: bool) -> Option<Miss> {
    match outcome {
        Outcome::Answered => None,
        Outcome::Timeout => Some(Miss::Late),
        _ if late => Some(Miss::Late),
        Outcome::Refused | Outcome::Unreachable | Outcome::TlsAlert => Some(Miss::Unreachable),
        _ => Some(Miss::Broken),
    }
}
