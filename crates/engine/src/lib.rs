//! Plays a plan as provider or as consumer and emits events.
//!
//! Role is a value: the same scenario type, the same steps, the same judgement, whoever speaks first. Nothing here prints,
//! opens a pack or knows a report; time, randomness, the network and whoever makes the system under test act come in as
//! values.

mod actor;
mod address;
mod answer;
mod arrival;
mod body;
mod build;
mod claim;
mod clock;
mod directory;
mod draft;
mod group;
mod hook;
mod judge;
mod lateness;
mod leg;
mod lets;
mod limits;
mod listening;
mod mail;
mod names;
mod passage;
mod passing;
mod play;
mod player;
mod preflight;
mod provider;
mod relay;
mod rules;
mod run;
mod search;
mod shared;
mod sink;
mod store;
mod tamper;
mod wire;

pub use actor::{Actor, Order, Undone};
pub use clock::{Clock, ClockKind};
pub use draft::{Drafting, drafts};
pub use hook::{Hook, Hooks};
pub use player::{Mirror, Troupe};
pub use run::{Doors, Ending, Manner, Stage};
pub use shared::{Keyring, Surroundings, Target};
pub use sink::{Belonging, Judged, NoSink, Sink};
pub use tamper::{Copies, Draft, Tamper};
