//! What collections can be searched by.

use super::Compiler;
use crate::limits::SEARCH_ROWS_DEFAULT;
use crate::model::{Compared, Parameter, Reference, Search};
use counterpart_diag::{Diagnostic, Span};
use counterpart_matching::{Criterion, LetterCase, Prefixes, Relation, SoughtKind};
use counterpart_scenario::model::{
    Collection as CollectionRecord, Reference as ReferenceRecord, SearchCompare, SearchItem, SearchKind, SearchSubject,
    SearchTakes,
};
use counterpart_scenario::{Flag, Text};

impl Compiler<'_> {
    /// Compiles what a collection can be searched by.
    pub(super) fn search(&mut self, record: &CollectionRecord) -> Search {
        let mut search = Search::default();
        for (name, item) in &record.search {
            search.parameters.extend(self.parameter(item).map(|parameter| (name.value.clone(), parameter)));
        }
        for (name, references) in &record.include {
            search.includes.push((name.value.clone(), self.references(&references.0)));
        }
        search
    }

    /// Reports a collection that cannot be searched.
    pub(super) fn searchable_collection(&mut self, name: &Text) {
        self.known_collection(name);
        let file = self.main().store.as_ref();
        let record = file.and_then(|file| file.record.collections.iter().find(|(known, _)| known.value == name.value));
        if let Some((declared, _)) = record.filter(|(_, record)| record.search.is_empty()) {
            self.diagnostics.push(
                Diagnostic::error("PK018", format!("`{}` declares no parameters to search by", name.value))
                    .at(name.span, "searched here")
                    .also(declared.span, "declared here")
                    .help("declare them under `search` of the collection"),
            );
        }
    }

    fn references(&mut self, records: &[ReferenceRecord]) -> Vec<Reference> {
        let mut references = Vec::new();
        for record in records {
            self.known_collection(&record.collection);
            references.extend(self.json_path(&record.at).map(|at| Reference {
                at,
                collection: record.collection.value.clone(),
                prefix: record.prefix.as_ref().map(|prefix| prefix.value.clone()).unwrap_or_default(),
            }));
        }
        references
    }

    fn parameter(&mut self, item: &SearchItem) -> Option<Parameter> {
        let before = self.diagnostics.as_slice().len();
        let parameter = match &item.subject {
            SearchSubject::At(at) => self.compared(item, at)?,
            SearchSubject::Takes(takes) => self.taking(item, *takes),
        };
        (self.diagnostics.as_slice().len() == before).then_some(parameter)
    }

    fn taking(&mut self, item: &SearchItem, takes: SearchTakes) -> Parameter {
        let about_rows = item.kind.is_some()
            || item.compare.is_some()
            || item.prefixes.is_some()
            || item.any_case.is_some()
            || item.separator.is_some()
            || !item.through.is_empty();
        if about_rows {
            let help = "`takes` stands alone, or with `at-most` where it is `limit`";
            self.unfit(item.span, "this parameter takes no value of a row, so that there is nothing to compare", help);
        }
        if item.at_most.is_some() && takes != SearchTakes::Limit {
            self.unfit(item.span, "`at-most` bounds what `takes: limit` asks for", "take it out");
        }
        match takes {
            SearchTakes::Include => Parameter::Include,
            SearchTakes::Iterate => Parameter::Iterate,
            SearchTakes::Limit => Parameter::Limit(self.rows_given(item)),
            SearchTakes::Nothing => Parameter::Nothing,
            SearchTakes::Offset => Parameter::Offset,
        }
    }

    fn rows_given(&mut self, item: &SearchItem) -> usize {
        let Some(most) = &item.at_most else { return SEARCH_ROWS_DEFAULT };
        usize::try_from(most.value).unwrap_or_else(|_| {
            self.unfit(most.span, "a number of rows is 0 or more", "write how many rows a search may ask for");
            0
        })
    }

    fn compared(&mut self, item: &SearchItem, at: &Text) -> Option<Parameter> {
        let criterion = Criterion {
            kind: kind(item.kind.unwrap_or(SearchKind::Text)),
            relation: relation(item.compare.unwrap_or(SearchCompare::Equal)),
            prefixes: if is_set(item.prefixes.as_ref()) { Prefixes::Allowed } else { Prefixes::None },
            case: if is_set(item.any_case.as_ref()) { LetterCase::Any } else { LetterCase::Exact },
        };
        self.fitting(item, &criterion);
        let separator = item.separator.as_ref().map(|separator| separator.value.clone());
        let through = self.references(&item.through);
        Some(Parameter::Compared(Compared { through, at: self.json_path(at)?, criterion, separator }))
    }

    /// Reports what could never be compared as it is declared.
    fn fitting(&mut self, item: &SearchItem, criterion: &Criterion) {
        let (is_text, has_order) = match criterion.kind {
            SoughtKind::Boolean => (false, false),
            SoughtKind::Date | SoughtKind::DateTime | SoughtKind::Number => (false, true),
            SoughtKind::Text => (true, true),
            SoughtKind::Token => (true, false),
        };
        let is_part = matches!(criterion.relation, Relation::Begins | Relation::Contains);
        if is_part && criterion.kind != SoughtKind::Text {
            self.unfit(item.span, "only a text begins with or contains another", "take `compare` out, or write `type: text`");
        }
        if criterion.relation.is_order() && !has_order {
            self.unfit(item.span, "values of this type have no order", "compare with `eq` or `ne`");
        }
        if criterion.prefixes == Prefixes::Allowed && (is_text || !has_order) {
            let help = "take `prefixes` out, or write `type: date`, `date-time` or `number`";
            self.unfit(item.span, "a prefix such as `ge` could not be told from the value", help);
        }
        if criterion.case == LetterCase::Any && !is_text {
            self.unfit(item.span, "values of this type have no letters", "take `any-case` out");
        }
        if let Some(separator) = item.separator.as_ref().filter(|separator| separator.value.is_empty()) {
            self.unfit(separator.span, "nothing stands between values", "write what does, such as `separator: \",\"`");
        }
        if let Some(most) = &item.at_most {
            self.unfit(most.span, "`at-most` bounds what `takes: limit` asks for", "take it out");
        }
    }

    fn unfit(&mut self, span: Span, message: &str, help: &str) {
        self.diagnostics.push(Diagnostic::error("PK018", message).at(span, "does not fit").help(help));
    }
}

fn is_set(flag: Option<&Flag>) -> bool {
    flag.is_some_and(|flag| flag.value)
}

fn kind(word: SearchKind) -> SoughtKind {
    match word {
        SearchKind::Boolean => SoughtKind::Boolean,
        SearchKind::Date => SoughtKind::Date,
        SearchKind::DateTime => SoughtKind::DateTime,
        SearchKind::Number => SoughtKind::Number,
        SearchKind::Text => SoughtKind::Text,
        SearchKind::Token => SoughtKind::Token,
    }
}

fn relation(word: SearchCompare) -> Relation {
    match word {
        SearchCompare::After => Relation::After,
        SearchCompare::Before => Relation::Before,
        SearchCompare::Begins => Relation::Begins,
        SearchCompare::Contains => Relation::Contains,
        SearchCompare::Equal => Relation::Equal,
        SearchCompare::From => Relation::From,
        SearchCompare::Other => Relation::Other,
        SearchCompare::Until => Relation::Until,
    }
}
