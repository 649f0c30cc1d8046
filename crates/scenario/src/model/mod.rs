//! Every kind of file of a pack, key by key.

mod check;
mod checklist;
mod fhir;
mod lookup;
mod message;
mod mutant;
mod pack;
mod player;
mod scenario;
mod search;
mod step;
mod stub;

pub use check::{
    Alternative, AlternativeResult, CheckFile, CheckItem, Condition, Expectation, Format, Gaps, Growing, NoneAfter, On,
    Operators, OtherSchema, Range, Rule, SameAs, SchemaName, Series, SeriesFrom, Subject, SubjectValue, Token, TokenPart,
    TokenSignature, TypeWord,
};
pub use checklist::{ChecklistColumnItem, ChecklistFile, ChecklistRowItem, RowWords, ShownByWord, UncoveredItem};
pub use fhir::{
    FhirFormWord, FhirItem, FhirPackageItem, FhirProfileItem, FhirProfileRule, FhirVersionWord, LesserWord, NotCheckedWord,
    UnknownExtensionWord,
};
pub use lookup::{Bind, Lookup, ScopeWord};
pub use message::{
    AlpnAnswer, Body, BodyForm, BodyFormRule, BodyFrom, CutHow, Drip, EditItem, EffectWord, Encoding, Fault, FaultCut, Malformed,
    Named, Offer, Reply, ReplyItem, RequestFile, RequestItem, XmlChange, XmlEdit,
};
pub use mutant::{Connecting, MutantFile, MutantItem, Survivor, TrustWord};
pub use pack::{
    ActionItem, BasisWord, ClaimItem, ClaimStatus, CredentialsItem, DocumentItem, EndpointItem, EndpointKind, LevelWord, Masking,
    PackFile, ProfileItem, ProxyForm, RequirementFile, RequirementItem, RoleItem, RoleWord, Roles, SettingItem, SettingKind,
    Standing, StandingChecks,
};
pub use player::{PlayerFile, PlayerRule, Retry, RetryCount};
pub use scenario::{ClaimNeed, ClaimOfRows, FragmentFile, Needs, ScenarioFile, ScheduleFile, ScheduleRow, Variants};
pub use search::{Reference, References, Search, SearchCompare, SearchItem, SearchKind, SearchSubject, SearchTakes};
pub use step::{
    Act, Ask, Assert, Await, AwaitLog, AwaitMail, CaptureItem, ConnectionMatch, Count, CountItem, Do, Each, Listen, Load,
    MailItem, Observe, Parallel, Probe, Release, Repeat, RequestMatch, Send, Step, StoreChange, TimedStep, When, Write,
    WriteAttachment,
};
pub use stub::{Collection, DirectoryLet, Find, Forward, Let, RuleOn, StoreFile, StubFile, StubRule};
