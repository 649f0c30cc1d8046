//! What was seen and judged: messages, exchanges, findings, the stream of events, the run record folded from it, the
//! one verdict function, and the evidence files.
//!
//! Everything here is plain data. Nothing knows how a message was carried, how a check works, or how a report looks.

mod event;
mod exchange;
mod finding;
mod fold;
mod ids;
mod message;
mod record;
mod verdict;

pub use event::{Event, Moment, RunHeader, ScenarioHeader, Stamped, StepHeader};
pub use exchange::{
    Alert, BodyRef, Connection, Direction, Effect, Exchange, ExchangeRecord, MessageRecord, Outcome, PeerCertificate, Timing,
    Tls, TlsSide, Wire,
};
pub use finding::{Basis, Cause, Finding, FindingEffect, FindingOutcome, Level, Part, Place};
pub use fold::fold;
pub use ids::{CheckId, ExchangeId, RequirementId, ScenarioId};
pub use message::{Body, Header, Headers, Request, Response, Version};
pub use record::{
    Attempt, CheckChange, ClaimRecord, Conductor, Counts, Document, Limit, PackRecord, Preflight, RUN_FORMAT, RUN_VERSION,
    Requirement, RequirementRecord, Role, RunMode, RunRecord, ScenarioRecord, SettingRecord, StepRecord, Supplier, Tool,
};
pub use verdict::{Verdict, roll_up};
