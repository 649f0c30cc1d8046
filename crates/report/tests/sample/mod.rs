//! A hand-made run with one of everything that a report must show. All names, numbers and addresses are invented.
#![expect(unreachable_pub, reason = "a module that tests and the bench share")]

mod calls;
mod form;
mod judged;
mod surroundings;

use counterpart_evidence::{RunRecord, Verdict};
use std::collections::BTreeMap;

/// A run and the bytes of its messages by digest.
pub struct Sample {
    /// The record.
    pub record: RunRecord,
    /// The bytes.
    pub bodies: BTreeMap<String, Vec<u8>>,
}

/// Makes the sample.
pub fn sample() -> Sample {
    let mut bodies = BTreeMap::new();
    let mut record = surroundings::record();
    record.exchanges = calls::exchanges(&mut bodies);
    record.scenarios = judged::scenarios();
    record.unexpected_findings = vec![judged::unexpected_finding()];
    record.checklist = Some(form::checklist());
    for scenario in &record.scenarios {
        record.summary.add(scenario.verdict);
    }
    record.verdict = Verdict::Fail;
    Sample { record, bodies }
}

/// Makes a long run: the sample and further exchanges until there are `count`, each `failing_every`th of which breaks a
/// must.
#[allow(dead_code, reason = "not every test that shares the sample needs a long one")]
pub fn long(count: u64, failing_every: u64) -> Sample {
    let mut sample = sample();
    calls::repeat(&mut sample.record.exchanges, &mut sample.bodies, count);
    let step = &mut sample.record.scenarios[3].attempts[0].steps[0];
    for exchange in sample.record.exchanges.iter().filter(|exchange| exchange.id.0 > 12) {
        step.exchanges.push(exchange.id);
        if exchange.id.0.is_multiple_of(failing_every) {
            step.findings.push(judged::bad_kind(exchange.id));
        }
    }
    sample
}
