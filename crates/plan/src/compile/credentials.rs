//! Further credentials: what the pack declares, and who uses it.

use super::Compiler;
use crate::model::Credentials;
use counterpart_diag::Diagnostic;
use counterpart_scenario::Text;

impl Compiler<'_> {
    /// Reports credentials that are declared wrongly.
    pub(super) fn report_credentials(&mut self) {
        let record = &self.main().pack.record;
        let settings: Vec<&str> = record.settings.iter().map(|item| item.name.value.as_str()).collect();
        for (at, item) in record.credentials.iter().enumerate() {
            if let Some(first) = record.credentials.iter().take(at).find(|known| known.name.value == item.name.value) {
                self.diagnostics.push(
                    Diagnostic::error("PK003", format!("credentials `{}` are declared twice", item.name.value))
                        .at(item.name.span, "again here")
                        .also(first.name.span, "first here"),
                );
            }
            if item.settings.is_empty() {
                self.diagnostics.push(
                    Diagnostic::error("PK008", format!("credentials `{}` replace no setting", item.name.value))
                        .at(item.span, "the same as those of the run")
                        .help("name under `settings` what they replace, such as a client's id and secret"),
                );
            }
            for name in item.settings.iter().filter(|name| !settings.contains(&name.value.as_str())) {
                self.unknown("setting", name, &settings);
            }
        }
    }

    /// Gives the credentials that the pack declares.
    pub(super) fn credentials(&self) -> Vec<Credentials> {
        let texts = |texts: &[Text]| texts.iter().map(|text| text.value.clone()).collect();
        let items = self.main().pack.record.credentials.iter();
        items.map(|item| Credentials { name: item.name.value.clone(), settings: texts(&item.settings) }).collect()
    }

    /// Reports credentials that the pack does not declare.
    pub(super) fn known_credentials(&mut self, name: &Text) {
        let known: Vec<&str> =
            self.trees.iter().flat_map(|tree| &tree.pack.record.credentials).map(|item| item.name.value.as_str()).collect();
        if !known.contains(&name.value.as_str()) {
            self.unknown("set of credentials", name, &known);
        }
    }
}
