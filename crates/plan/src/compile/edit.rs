//! Edits of messages that are to be sent.

use super::Compiler;
use counterpart_diag::Diagnostic;
use counterpart_matching::{Edit, XmlChange, XmlPath};
use counterpart_scenario::model::{EditItem, XmlChange as XmlChangeRecord, XmlEdit};
use counterpart_scenario::{Flag, Node};
use serde_json::Value;

impl Compiler<'_> {
    /// Turns edit records into edits, in order.
    pub(crate) fn compiled_edits(&mut self, items: &[EditItem]) -> Vec<Edit> {
        items.iter().flat_map(|item| self.edits_of_item(item)).collect()
    }

    fn edits_of_item(&mut self, item: &EditItem) -> Vec<Edit> {
        let mut edits: Vec<Edit> = Vec::new();
        edits.extend(item.status.iter().filter_map(|status| u16::try_from(status.value).ok()).map(Edit::Status));
        edits.extend(item.body.iter().map(|text| Edit::Body(text.value.clone().into_bytes())));
        if !item.json_patch.is_empty() {
            edits.push(Edit::JsonPatch(Value::Array(item.json_patch.iter().map(Node::to_json).collect())));
        }
        edits.extend(item.xml.iter().filter_map(|edit| self.xml_edit(edit)));
        edits.extend(item.replace.iter().map(|(from, to)| Edit::TextReplace { from: from.value.clone(), to: to.value.clone() }));
        edits.extend(item.set_header.iter().map(|(name, value)| Edit::HeaderSet(name.value.clone(), value.value.clone())));
        edits.extend(item.remove_header.iter().map(|name| Edit::HeaderRemove(name.value.clone())));
        edits.extend(item.duplicate_header.iter().map(|name| Edit::HeaderDuplicate(name.value.clone())));
        edits
    }

    fn xml_edit(&mut self, edit: &XmlEdit) -> Option<Edit> {
        let path = XmlPath(self.xpath(&edit.at, &[])?);
        let change = match &edit.change {
            XmlChangeRecord::Duplicate(flag) => self.asked(flag).then_some(XmlChange::Duplicate)?,
            XmlChangeRecord::Insert(xml) => XmlChange::Insert(xml.value.clone()),
            XmlChangeRecord::Remove(flag) => self.asked(flag).then_some(XmlChange::Remove)?,
            XmlChangeRecord::Set(text) => XmlChange::Set(text.value.clone()),
        };
        Some(Edit::Xml(path, change))
    }

    fn asked(&mut self, flag: &Flag) -> bool {
        if !flag.value {
            self.diagnostics.push(
                Diagnostic::error("MT002", "an XML edit takes `true` only")
                    .at(flag.span, "changes nothing")
                    .help("leave the edit out"),
            );
        }
        flag.value
    }
}
