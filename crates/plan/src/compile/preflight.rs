//! What is asked of a server under test before the first scored message.

use super::condition::Place;
use super::{Compiler, Scope};
use crate::model::Probing;
use counterpart_matching::Side;

impl Compiler<'_> {
    pub(crate) fn preflight(&mut self) -> Option<Probing> {
        let record = self.main().pack.record.preflight.as_ref()?;
        let mut scope = Scope::scenario();
        let place = Place { side: Side::Response, namespaces: &[] };
        Some(Probing {
            send: self.send(&record.send, &mut scope)?,
            refused: self.all(&record.refused, place, &mut scope),
            clock_skew: self.time_if(record.clock_skew.as_ref(), &mut scope),
        })
    }
}
