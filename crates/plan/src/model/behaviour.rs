//! How we behave as a server and as a client: stubs, the store, players.

use crate::model::{Fault, Field, Reply, Search, Shape, Step, Time};
use counterpart_matching::{Edit, Expression, Rule as MatchRule};
use counterpart_validate::Check;
use serde_json::Value;
use std::sync::Arc;

/// A name with what it stands for.
#[derive(Clone, Debug)]
pub struct Named<T> {
    /// Name.
    pub name: String,
    /// What it stands for.
    pub value: T,
}

/// A named value of a rule.
#[derive(Clone, Debug)]
pub enum NamedValue {
    /// An expression.
    Computed(Expression),
    /// Entries of a collection that the request's own search finds.
    Directory {
        /// Collection.
        collection: String,
    },
    /// A row of a collection by key; `null` where there is none.
    Found {
        /// Collection.
        collection: String,
        /// Key.
        key: Expression,
    },
    /// Rows of a collection by its search parameters.
    Searched {
        /// Collection.
        collection: String,
        /// Parameters: names to lists of values.
        with: Expression,
    },
}

/// One change of the store; all changes of a rule are one transaction.
#[derive(Clone, Debug)]
pub enum Change {
    /// Empties a collection.
    Clear(String),
    /// Removes a row; loses where there is none.
    Delete {
        /// Collection.
        collection: String,
        /// Key.
        key: Expression,
    },
    /// Adds a row; loses where its key is taken.
    Insert {
        /// Collection.
        collection: String,
        /// Key.
        key: Expression,
        /// Row.
        value: Expression,
    },
    /// Loses where it is not true.
    Require(Expression),
    /// Sets a variable.
    Set {
        /// Name.
        name: String,
        /// Value.
        value: Expression,
    },
    /// Changes members of a row; loses where there is none.
    Update {
        /// Collection.
        collection: String,
        /// Key.
        key: Expression,
        /// Members to change.
        value: Expression,
    },
}

/// What a rule answers.
#[derive(Clone, Debug, Default)]
pub struct RuleOn {
    /// Endpoint; any without.
    pub endpoint: Option<String>,
    /// Methods; any where empty.
    pub methods: Vec<String>,
    /// Path pattern, filled from settings; `{name}` a segment, `{*rest}` the rest; any without.
    pub path: Option<String>,
    /// An action instead of a request.
    pub action: Option<String>,
}

/// How a proxy passes a request on.
#[derive(Clone, Debug)]
pub struct Forward {
    /// How long the far side may take.
    pub within: Option<Time>,
    /// Header fields of the request that goes on, put over those that came.
    pub headers: Vec<Field>,
    /// Header fields of the answer that goes back, put over those that came.
    pub answer_headers: Vec<Field>,
    /// Client certificate by name.
    pub certificate: String,
    /// The answer where the request names nothing that is reached.
    pub elsewhere: Option<Arc<Reply>>,
    /// The answer where no connection could be made.
    pub unreachable: Option<Arc<Reply>>,
    /// The answer where the far side gave none in time.
    pub late: Option<Arc<Reply>>,
    /// The answer where what the far side gave is no whole answer.
    pub broken: Option<Arc<Reply>>,
    /// Edits of the answer that goes back (mutants).
    pub edits: Vec<Edit>,
}

/// One rule of a stub.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Full name, `FILE#ID`.
    pub name: String,
    /// What it answers.
    pub on: RuleOn,
    /// Named values, in order.
    pub lets: Vec<Named<NamedValue>>,
    /// Conditions that must hold, all of them.
    pub when: Option<MatchRule>,
    /// Checks applied to each match.
    pub checks: Vec<Arc<Check>>,
    /// Changes of the store.
    pub then: Vec<Change>,
    /// Answers in turn, by attempt; the last for all that follow.
    pub respond: Vec<Arc<Reply>>,
    /// Passes the request on instead.
    pub forward: Option<Arc<Forward>>,
    /// The key by which attempts are counted.
    pub attempts_by: Option<Expression>,
    /// What goes wrong with the answer.
    pub fault: Option<Fault>,
    /// The answer where the transaction loses.
    pub otherwise: Option<Arc<Reply>>,
    /// What an action returns.
    pub returns: Option<Expression>,
}

/// A file of rules, in order.
#[derive(Clone, Debug)]
pub struct Stub {
    /// Name.
    pub name: String,
    /// Rules.
    pub rules: Vec<Arc<Rule>>,
}

/// A collection of the store.
#[derive(Clone, Debug)]
pub struct Collection {
    /// Name.
    pub name: String,
    /// Most rows.
    pub rows_max: usize,
    /// First rows, by key.
    pub seed: Vec<(String, Value)>,
    /// Rows after these, worked out as the store begins; each has a value, and is found by its `key`, else by its number.
    pub rows: Vec<(String, Shape)>,
    /// What it can be searched by.
    pub search: Arc<Search>,
}

/// What the store begins with.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// Collections.
    pub collections: Vec<Collection>,
    /// Variables.
    pub variables: Vec<(String, Value)>,
}

impl Store {
    /// Tells whether nothing can be remembered in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.collections.is_empty() && self.variables.is_empty()
    }
}

/// Whether a request takes the open connection or a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionRule {
    /// A new one.
    Fresh,
    /// The scenario's open one.
    Keep,
}

/// What a retry limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryCount {
    /// Requests in all.
    Requests,
    /// Requests after the first.
    Resends,
}

/// When and how often to try again.
#[derive(Clone, Debug)]
pub struct Retry {
    /// What means failed; anything but the checks holding without.
    pub failed: Option<MatchRule>,
    /// First gap.
    pub first: Time,
    /// Growth of the gap.
    pub factor: Expression,
    /// Longest gap.
    pub longest: Option<Time>,
    /// How many.
    pub max: Expression,
    /// What `max` counts: gives `requests` or `resends`.
    pub count: Expression,
    /// Random time added, up to this.
    pub jitter: Option<Time>,
    /// Statuses after which no further try is made.
    pub skip: Vec<u16>,
    /// Whether `Retry-After` is heeded.
    pub heed_retry_after: bool,
}

/// One rule of a player.
#[derive(Clone, Debug)]
pub struct PlayerRule {
    /// Full name, `FILE#ID`.
    pub name: String,
    /// Actions.
    pub on: Vec<String>,
    /// Rhythm.
    pub every: Option<Time>,
    /// Named values, in order.
    pub lets: Vec<Named<NamedValue>>,
    /// Conditions.
    pub when: Option<MatchRule>,
    /// What the action returns at once.
    pub returns: Option<Expression>,
    /// Steps before the answer to the action.
    pub first: Vec<Step>,
    /// Steps on their own time.
    pub steps: Vec<Step>,
    /// Tries `steps` again.
    pub retry: Option<Retry>,
    /// Steps where it came through.
    pub then: Vec<Step>,
    /// Steps where every try failed.
    pub otherwise: Vec<Step>,
    /// The queue it waits in.
    pub queue: Option<Expression>,
}

/// A file of player rules.
#[derive(Clone, Debug)]
pub struct Player {
    /// Name.
    pub name: String,
    /// Rules.
    pub rules: Vec<Arc<PlayerRule>>,
}
