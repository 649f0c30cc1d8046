//! Conditions, expressions, templates, captures, generators and edits of messages.
//!
//! Everything is compiled once and then evaluated against one exchange. Nothing here knows of scenarios, files, clocks or
//! sockets: names, the moment and the seed come in as values. The grammars of CEL and handlebars are parsed by their crates;
//! evaluation is ours, so that every step, byte and loop is counted.

mod compare;
mod digest;
mod expression;
mod generate;
mod limits;
mod memo;
mod message;
mod moment;
mod names;
mod operand;
mod pointer;
mod query;
mod rule;
mod series;
mod sought;
mod subject;
mod template;
mod token;

pub use counterpart_jwt::Algorithm as TokenAlgorithm;
pub use expression::{Evaluated, EvaluationFault, Expression, ExpressionFault};
pub use generate::{Generators, Random};
pub use message::{Capture, Edit, EditFault, Editable, Mutation, Mutations, XmlChange, XmlPath, apply, capture, mutations};
pub use moment::text as moment_text;
pub use names::{NameTable, Names, NoNames};
pub use operand::Operand;
pub use query::pairs as query_pairs;
pub use rule::{
    Alternative, Anchor, Bounds, Condition, Format, Found, Gaps, Growing, Held, JsonType, Judgement, Mismatch, Operator, Pattern,
    PatternFault, Rule, Sense, SeriesOperator, Single, Test, Unjudged, Whole, WholeRule, can_pass_on_absence, cannot_fail,
    explain, holds, judge,
};
pub use series::{Series, SeriesFrom};
pub use sought::{Criterion, LetterCase, Prefixes, Relation, Sought, SoughtKind};
pub use subject::{
    BodyAspect, Clock, JwtPart, Lateness, OtherForm, SIGNED, Side, Subject, Subjects, TimingPhase, TlsField, unread,
};
pub use template::{Escape, RenderFault, Template, TemplateFault, fits_header};

/// Makes ready what the first expression of a process needs, which takes longer than to compile any of them.
pub fn prepare() {
    // What it compiles to is of no use.
    drop(Expression::compile("1"));
}
