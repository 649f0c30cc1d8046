//! Several exchanges in order, grouped by a key: the subject of retries, cadence and order.

use crate::{Expression, Rule};

/// Where the time between two exchanges is measured from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SeriesFrom {
    /// From the end of the one to the start of the next.
    End,
    /// From start to start.
    #[default]
    Start,
}

/// Which exchanges form a series.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// Which of the step's exchanges count; all without it.
    pub of: Option<Box<Rule>>,
    /// What divides them into series; one series without it.
    pub key: Option<Expression>,
    /// Where gaps are measured from.
    pub from: SeriesFrom,
}
