//! What was seen and judged: messages, exchanges, findings, the stream of events, the run record folded from it, the
//! one verdict function, and the evidence files.
//!
//! Everything here is plain data. Nothing knows how a message was carried, how a check works, or how a report looks.

mod append;
mod baseline;
mod bodies;
mod checklist;
#[cfg(test)]
mod comparison_tests;
mod diff;
mod digest;
mod error;
mod event;
mod exchange;
mod fate;
mod finding;
mod fold;
mod folder;
mod heads;
mod ids;
mod journal;
pub mod limits;
mod lock;
mod manifest;
mod masking;
mod merge;
mod message;
mod record;
mod recorder;
#[cfg(test)]
mod samples;
mod schema;
mod skipped;
mod span;
mod storage;
mod verdict;
mod verify;

pub use append::NewFile;
pub use baseline::{BaselineEntry, BaselineOutcome, KnownFinding, apply};
pub use bodies::BodyReader;
pub use checklist::{
    Checklist, ChecklistColumn, ChecklistItem, ChecklistPart, ChecklistRecord, ChecklistRest, ChecklistRow, PartKind, RowVerdict,
    ShownBy,
};
pub use diff::{Change, Difference, Subject, diff};
pub use digest::digest_of_file;
pub use error::Error;
pub use event::{Event, Moment, RunHeader, ScenarioHeader, Stamped, StepHeader};
pub use exchange::{
    Alert, BodyRef, Connection, Direction, Effect, Exchange, ExchangeRecord, HeadMask, MessageRecord, Outcome, PeerCertificate,
    Timing, Tls, TlsSide, Wire,
};
pub use fate::Fate;
pub use finding::{Basis, Cause, Finding, FindingEffect, FindingOutcome, Gap, Level, Part, Place};
pub use fold::fold;
pub use folder::{Inventory, RunFolder};
pub use heads::KnownHeads;
pub use ids::{CheckId, ExchangeId, RequirementId, ScenarioId};
pub use journal::{Counted, JournalHead, JournalReader, JournalState, JournalWriter, Mismatch, TornLine, read_journal};
pub use manifest::{FileDigest, Manifest, PackDigest};
pub use masking::{MaskKey, MaskRules, Masker};
pub use merge::merge;
pub use message::{Body, BodyFault, Header, Headers, Request, Response, Version, weighted};
pub use record::{
    Attempt, CheckChange, ClaimRecord, Conductor, Counts, Document, Limit, PackRecord, Preflight, RUN_FORMAT, RUN_VERSION,
    Requirement, RequirementRecord, Role, RunMode, RunRecord, ScenarioRecord, SettingRecord, StepRecord, Supplier, Tool,
};
pub use recorder::{Assessment, Committing, ExchangeMeta, Line, Memory, Recorder, Recording};
pub use schema::run_schema;
pub use skipped::{Skipped, add_skipped};
pub use span::Span;
pub use storage::{Flush, Storage, WhenFull};
pub use verdict::{Verdict, roll_up};
pub use verify::{Problem, Verification, verify};
