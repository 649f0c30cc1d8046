//! The codes of diagnostics on packs, each with its page.

/// Every code with what `counterpart explain` prints.
pub const CODES: &[(&str, &str)] = &[
    ("PK001", "The folder is not a pack, or a file of it cannot be read. A pack is a folder with a `pack.yaml`."),
    (
        "PK002",
        "Something is named that the pack does not have: a check, requirement, request, reply, stub, player, fragment, action, endpoint, collection, file or document. The note lists what there is.",
    ),
    ("PK003", "The same name is declared twice; only one of the two could be meant."),
    ("PK004", "The id of a scenario is its path below `scenarios/`, without the ending, so that a report leads to the file."),
    (
        "PK005",
        "An expression or template uses a name that has no value at that place. Names come from settings, claims, variant columns, captures, `let` steps and loops that stand before it.",
    ),
    ("PK006", "A value is captured and never used. Either a later step was meant to use it, or the capture can go."),
    ("PK007", "The pack is written in a version of the scenario language that this tool does not read."),
    ("PK008", "A setting, claim or profile is unknown, or a value does not fit its type."),
    ("PK009", "Paths are relative to the pack and never lead out of it."),
    (
        "PK010",
        "A check may lower the level of its requirement, never raise it: what the document does not demand, the check must not.",
    ),
    ("PK011", "An earlier rule without conditions takes every request that this rule could answer. Put the special rule first."),
    ("PK012", "A check, reply, fragment, stub or player refers to itself, directly or by way of others."),
    ("PK013", "A row of a table has more or fewer columns than its heading."),
    ("PK014", "A scenario has no variant rows, or too many."),
    (
        "PK016",
        "A mutant proves nothing: it changes nothing, its change does not fit, it plays no scenario of its role, or it names no check that must fail.",
    ),
    ("PK015", "A requirement that a machine can test is covered by no scenario, or a check stands for nothing that is played."),
    ("MT001", "The text is not an expression in CEL (the Common Expression Language)."),
    ("MT002", "A condition asks nothing, or asks it of a subject that cannot be asked so."),
    ("MT003", "The text is not a regular expression in linear-time syntax: there are no look-arounds and no back-references."),
    ("MT004", "This value must be known before the run: it may use numbers, durations and settings, not captured values."),
    ("MT005", "The text is neither a JSON Pointer (RFC 6901), nor a JSONPath (RFC 9535), nor an XPath."),
    ("RL001", "A check that cannot fail proves nothing. Ask something that a wrong message would break."),
    (
        "RL002",
        "A check that passes because what it looks at is absent proves nothing. `when:` makes its absence a `skip` that the report shows.",
    ),
    ("SX001", "A JSON Schema cannot be read or compiled."),
    ("TP001", "A template cannot be compiled: a helper is unknown, a block is not closed, or the text is not UTF-8."),
    ("TP002", "This template must be known before the run: it may use settings only."),
];

/// Gives the page of a code.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| *known == code).map(|(_, page)| *page)
}
