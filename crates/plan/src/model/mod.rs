//! What is played: everything compiled, every reference resolved.

mod behaviour;
mod message;
mod played;
mod scenario;
mod search;
mod shape;
mod step;

pub use behaviour::{
    Change, Collection, ConnectionRule, Forward, Named, NamedValue, Player, PlayerRule, Retry, RetryCount, Rule, RuleOn, Store,
    Stub,
};
pub use message::{
    AlpnAnswer, Body, BodyForm, BodyFrom, Chunked, Closing, Coding, Cut, CutAfter, CutHow, Drip, Fault, Field, FormChoice,
    Malformed, Offer, Reply, Request,
};
pub(crate) use played::Checks;
pub use scenario::{
    Action, Claim, Connecting, Credentials, Defect, Endpoint, Fragment, Mutant, NOT_SELECTED, Plan, Probing, Profile, Proof,
    Proxy, ProxyForm, Scenario, Schedule, ScheduleRow, Sentinel, Settled, Standing, Survivor, Trust, VariantRow,
};
pub use search::{Compared, Parameter, Reference, Search};
pub use shape::Shape;
pub use step::{
    Act, Ask, Attachment, AttachmentForm, Await, AwaitWhat, Barrier, Captured, CountBounds, Demand, Do, Each, EachOf, Hold,
    Listen, Load, Mail, Observe, Pace, Parallel, Probe, Repeat, RequestMatch, Send, Step, Time, TimedStep, When, Write,
    WriteWhat,
};
