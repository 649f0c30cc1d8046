//! The two forms of FHIR: what the pack says of them, and the form in which a body of ours goes out.

use super::fhir::version;
use super::{Compiler, Scope};
use crate::model::{BodyForm, BodyFrom, FormChoice};
use crate::tree::DEFINITIONS;
use counterpart_diag::{Diagnostic, Span};
use counterpart_matching::Escape;
use counterpart_scenario::model::{BodyForm as FormWord, BodyFormRule, FhirFormWord, FhirItem};
use counterpart_scenario::{Spanned, Text};
use counterpart_validate::{FhirForms, Form};
use std::sync::Arc;

/// What means JSON where the pack does not say; the first is what goes out.
const JSON: [&str; 3] = ["application/fhir+json", "application/json", "json"];
/// What means XML.
const XML: [&str; 4] = ["application/fhir+xml", "application/xml", "text/xml", "xml"];
/// The query parameter that asks for a form.
const PARAMETER: &str = "_format";

impl Compiler<'_> {
    /// Gives what the pack says of the two forms of a resource, where there are definitions to turn one into the other.
    pub(super) fn fhir_forms(&mut self) -> Option<Arc<FhirForms>> {
        if let Some(done) = &self.memo.forms {
            return done.clone();
        }
        let item = self.main().pack.record.fhir.as_ref();
        let forms = item.and_then(|item| self.forms(item)).map(Arc::new);
        self.memo.forms = Some(forms.clone());
        forms
    }

    fn forms(&mut self, item: &FhirItem) -> Option<FhirForms> {
        let definitions = self.read_definitions().of(version(item.version)).filter(|set| !set.is_empty())?;
        let names = |given: &[Text], usual: &[&str]| match given {
            [] => usual.iter().map(ToString::to_string).collect(),
            given => given.iter().map(|name| name.value.clone()).collect::<Vec<_>>(),
        };
        let parameter = item.parameter.as_ref().map_or_else(|| PARAMETER.to_owned(), |name| name.value.clone());
        let otherwise = match item.otherwise {
            Some(FhirFormWord::Xml) => Form::Xml,
            Some(FhirFormWord::Json) | None => Form::Json,
        };
        Some(FhirForms::new(definitions, (names(&item.json, &JSON), names(&item.xml, &XML)), parameter, otherwise))
    }

    /// Reports a pack that speaks FHIR and has no definitions, so that none of its messages could be read.
    pub(super) fn report_no_definitions(&mut self) {
        let Some(item) = &self.main().pack.record.fhir else { return };
        if self.fhir_forms().is_some() {
            return;
        }
        let message = format!("the pack speaks FHIR {}, and there are no definitions of it", version(item.version));
        self.diagnostics.push(
            Diagnostic::error("SX002", message)
                .at(item.span, "no resource could be read or written")
                .help(format!("put the types of its resources in `{DEFINITIONS}`, or add a package with `--fhir-package`")),
        );
    }

    /// Reports a member that is masked in JSON and would stand in the evidence wherever the message is XML.
    pub(super) fn report_unmasked(&mut self) {
        let pack = &self.main().pack.record;
        let first = pack.masking.iter().flat_map(|masking| &masking.json).next();
        let Some(pointer) = first.filter(|_| pack.fhir.is_some()) else { return };
        let message =
            format!("`{}` would be masked in JSON and not in XML, in which a pack with `fhir` is spoken, too", pointer.value);
        self.diagnostics.push(
            Diagnostic::error("PK023", message)
                .at(pointer.span, "names a member of JSON")
                .help("make the value a secret setting, which is overwritten wherever it stands, or mask a header field"),
        );
    }

    /// Compiles the form in which a body goes out.
    pub(super) fn body_form(&mut self, rule: Option<&BodyFormRule>, from: &BodyFrom, scope: &mut Scope) -> Option<BodyForm> {
        let forms = self.fhir_forms();
        let choice = match rule {
            None => return Some(BodyForm::Json),
            Some(BodyFormRule::Is(Spanned { value: FormWord::Accepted, span })) => (FormChoice::Accepted, *span),
            Some(BodyFormRule::Built(node)) => (FormChoice::Built(self.shape(node, Escape::Text, scope)?), node.span),
            Some(BodyFormRule::Is(Spanned { value: FormWord::Json, .. })) if forms.is_none() => return Some(BodyForm::Json),
            Some(BodyFormRule::Is(Spanned { value: FormWord::Xml, .. })) if forms.is_none() => return Some(BodyForm::Xml),
            Some(BodyFormRule::Is(Spanned { value: FormWord::Json, span })) => (FormChoice::Is(Form::Json), *span),
            Some(BodyFormRule::Is(Spanned { value: FormWord::Xml, span })) => (FormChoice::Is(Form::Xml), *span),
        };
        let (choice, span) = choice;
        match forms {
            Some(forms) if !matches!(from, BodyFrom::Bytes(_)) => Some(BodyForm::Fhir(forms, choice)),
            Some(_) => self.refuse_form(span, "bytes go out as they are", "leave `form` out, or make the body from a template"),
            // What is wrong with it was said.
            None if self.main().pack.record.fhir.is_some() => None,
            None => self.refuse_form(
                span,
                "only a resource of FHIR has several forms",
                "say `fhir` in `pack.yaml`, or write `json` or `xml`",
            ),
        }
    }

    /// Reports a request whose form hangs on a request that there is not.
    pub(super) fn report_accepted(&mut self, form: Option<&BodyFormRule>) {
        if let Some(BodyFormRule::Is(Spanned { value: FormWord::Accepted, span })) = form {
            let help = "write `json`, `xml`, or a template such as `{{format}}`";
            self.refuse_form::<()>(*span, "a request answers nothing that could ask for a form", help);
        }
    }

    fn refuse_form<T>(&mut self, span: Span, why: &str, help: &str) -> Option<T> {
        let message = format!("the form of this body cannot be chosen: {why}");
        self.diagnostics.push(Diagnostic::error("MT002", message).at(span, "chosen here").help(help));
        None
    }
}
