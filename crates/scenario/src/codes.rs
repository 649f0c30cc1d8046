//! The codes of diagnostics, each with its page.

/// Every code of scenario and pack files with what `counterpart explain` prints.
pub const CODES: &[(&str, &str)] = &[
    (
        "SC001",
        "The file is empty, is not YAML 1.2, is not UTF-8, is too large, or nests too deep. The place shown is where reading stopped; what stands after it was not looked at.",
    ),
    ("SC002", "A file holds one document. Move what stands after `---` to a file of its own."),
    (
        "SC003",
        "Anchors (`&name`) and aliases (`*name`) are not part of the language: use a fragment for steps and a template for bodies.",
    ),
    ("SC004", "A key must be plain text; a list or a map as a key means nothing here."),
    ("SC005", "The same key stands twice in one map; only one of them could count."),
    ("SC006", "Directives (`%YAML`, `%TAG`) change what a file means; a file of the language is YAML 1.2 without them."),
    ("SC010", "A key that must be there is missing."),
    (
        "SC011",
        "A value is of another type than the key takes. Numbers and `true` are not text: put them in quotes where text is meant.",
    ),
    ("SC012", "The key is not known here. The note lists all that are."),
    ("SC013", "A duration needs a unit: `250ms`, `30s`, `5min`, `2h`; or it is a CEL expression that gives milliseconds."),
    ("SC014", "The word is none of those that the key takes. The note lists them."),
    ("SC015", "Two keys stand in the map of which only one may."),
    ("SC016", "One of several keys must stand in the map, and none does."),
];

/// Gives the page of a code.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| *known == code).map(|(_, page)| *page)
}
