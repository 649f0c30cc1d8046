//! The codes of diagnostics, each with its page.

use counterpart_diag::Page;

/// Every code of scenario and pack files with what `counterpart explain` prints.
pub const CODES: &[Page] = &[
    Page {
        code: "SC001",
        meaning: "The file is empty, is not YAML 1.2, is not UTF-8, is too large, or nests too deep. The place shown is where reading stopped; what stands after it was not looked at.",
        wrong: "checks:\n  - id: answers-200\n that: { status: 200 }",
        right: "checks:\n  - id: answers-200\n    that: { status: 200 }",
        advice: "Mend the line shown, then check again: mistakes after it are only seen once it can be read.",
    },
    Page {
        code: "SC002",
        meaning: "A file holds one document. Move what stands after `---` to a file of its own.",
        wrong: "title: first\n---\ntitle: second",
        right: "title: first",
        advice: "Move the second document to a file of its own.",
    },
    Page {
        code: "SC003",
        meaning: "Anchors (`&name`) and aliases (`*name`) are not part of the language: use a fragment for steps and a template for bodies.",
        wrong: "steps: &usual [{ pause: 1s }]\ncleanup: *usual",
        right: "steps: [{ do: { fragment: usual } }]\ncleanup: [{ do: { fragment: usual } }]",
        advice: "Put steps that are used twice into `fragments/`, and bodies into `templates/`.",
    },
    Page {
        code: "SC004",
        meaning: "A key must be plain text; a list or a map as a key means nothing here.",
        wrong: "{ [a, b]: 1 }",
        right: "{ a: 1, b: 1 }",
        advice: "Write the key as plain text.",
    },
    Page {
        code: "SC005",
        meaning: "The same key stands twice in one map; only one of them could count.",
        wrong: "title: One\ntitle: Two",
        right: "title: One",
        advice: "Take out the one that was not meant. Both places are shown.",
    },
    Page {
        code: "SC006",
        meaning: "Directives (`%YAML`, `%TAG`) change what a file means; a file of the language is YAML 1.2 without them.",
        wrong: "%YAML 1.1\n---\ntitle: One",
        right: "title: One",
        advice: "Take the directive out.",
    },
    Page {
        code: "SC010",
        meaning: "A key that must be there is missing.",
        wrong: "- { id: answers-200, that: { status: 200 } }",
        right: "- { id: answers-200, requirement: R1, that: { status: 200 }, hint: Answer 200. }",
        advice: "Add the key. `counterpart schema KIND` lets an editor show which keys must be there.",
    },
    Page {
        code: "SC011",
        meaning: "A value is of another type than the key takes. Numbers and `true` are not text: put them in quotes where text is meant.",
        wrong: "version: 1.2",
        right: "version: \"1.2\"",
        advice: "Write a value of the type that the diagnostic names; text in quotes where YAML would read a number or `true`.",
    },
    Page {
        code: "SC012",
        meaning: "The key is not known here. The note lists all that are.",
        wrong: "purpos: A lamp follows the switch",
        right: "purpose: A lamp follows the switch",
        advice: "Write the key as the note lists it. The reference in scenarios/README.md says what each does.",
    },
    Page {
        code: "SC013",
        meaning: "A duration needs a unit: `250ms`, `30s`, `5min`, `2h`; or it is a CEL expression that gives milliseconds.",
        wrong: "within: 30",
        right: "within: 30s",
        advice: "Add the unit, or write CEL that gives milliseconds: `within: setting.answer_ms * 2`.",
    },
    Page {
        code: "SC014",
        meaning: "The word is none of those that the key takes. The note lists them.",
        wrong: "level: mandatory",
        right: "level: must",
        advice: "Write one of the words that the note lists.",
    },
    Page {
        code: "SC015",
        meaning: "Two keys stand in the map of which only one may.",
        wrong: "- { send: { use: switch }, pause: 1s }",
        right: "- send: { use: switch }\n- pause: 1s",
        advice: "Keep one of the keys; make a step or an entry of its own of the other.",
    },
    Page {
        code: "SC016",
        meaning: "One of several keys must stand in the map, and none does.",
        wrong: "- title: switch the lamp",
        right: "- title: switch the lamp\n  send: { use: switch }",
        advice: "Add one of the keys that the note lists.",
    },
];

/// Gives the page of a code.
#[must_use]
pub fn explain(code: &str) -> Option<&'static Page> {
    Page::find(CODES, code)
}
