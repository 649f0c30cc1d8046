//! Texts that were compiled before: variants of a scenario and the two roles of a pack say the same again.

use super::Compiler;
use super::fhir::DefinitionSets;
use counterpart_matching::{Escape, Expression, ExpressionFault, Template, TemplateFault};
use counterpart_validate::{FhirForms, Schema};
use std::collections::HashMap;
use std::sync::Arc;

/// What texts came to, good or bad. None of it depends on the place of a text or on the role.
#[derive(Default)]
pub(crate) struct Memo {
    expressions: HashMap<String, Result<Expression, ExpressionFault>>,
    /// By escaping and name, then by text.
    templates: HashMap<(Escape, String), HashMap<String, Result<Template, TemplateFault>>>,
    /// Those that compile; a fault is reported at each place that names the schema.
    schemas: HashMap<String, Arc<Schema>>,
    /// The FHIR definitions of the packs and of the user, once they are read.
    pub(super) definitions: Option<Arc<DefinitionSets>>,
    /// The two forms of FHIR, once they are looked for.
    pub(super) forms: Option<Option<Arc<FhirForms>>>,
}

impl Compiler<'_> {
    pub(super) fn compiled_expression(&mut self, text: &str) -> Result<Expression, ExpressionFault> {
        if let Some(done) = self.memo.expressions.get(text) {
            return done.clone();
        }
        let result = Expression::compile(text);
        self.memo.expressions.insert(text.to_owned(), result.clone());
        result
    }

    pub(super) fn compiled_template(&mut self, name: &str, text: &str, escape: Escape) -> Result<Template, TemplateFault> {
        let known = self.memo.templates.entry((escape, name.to_owned())).or_default();
        if let Some(done) = known.get(text) {
            return done.clone();
        }
        let result = Template::compile(name, text, escape);
        known.insert(text.to_owned(), result.clone());
        result
    }

    pub(super) fn compiled_schema(
        &mut self,
        name: &str,
        compile: impl FnOnce(&mut Self) -> Option<Arc<Schema>>,
    ) -> Option<Arc<Schema>> {
        if let Some(done) = self.memo.schemas.get(name) {
            return Some(Arc::clone(done));
        }
        let schema = compile(self)?;
        self.memo.schemas.insert(name.to_owned(), Arc::clone(&schema));
        Some(schema)
    }
}
