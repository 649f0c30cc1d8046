//! Bodies that mean the same as JSON and are written in another form.

use counterpart_document::{Fault, Json, Limits, Xml};
use std::fmt::Debug;
use std::ops::Range;

/// A form in which a body says what it could say in JSON: whatever looks at JSON looks at what it means.
///
/// It stands above this crate, since it knows of the definitions that lead from one form to the other.
pub trait OtherForm: Debug + Send + Sync {
    /// Names it, as messages call a body in it: "a resource in XML".
    fn name(&self) -> &'static str;

    /// Tells whether a media type, in small letters and without parameters, is of this form.
    fn has(&self, media_type: &str) -> bool;

    /// Gives the JSON form of a body.
    ///
    /// # Errors
    /// Why it has none, and where.
    fn read(&self, body: &Xml, limits: &Limits) -> Result<Json, Fault>;

    /// Finds where in a body a value of its JSON form stands: its path there, and its bytes.
    fn place(&self, body: &Xml, pointer: &str) -> Option<(String, Range<usize>)>;
}
