//! The codes of diagnostics on packs, each with its page.

use counterpart_diag::Page;

/// Every code with what `counterpart explain` prints.
pub const CODES: &[Page] = &[
    Page {
        code: "PK001",
        meaning: "The folder is not a pack, or a file of it cannot be read. A pack is a folder with a `pack.yaml`.",
        wrong: "counterpart check scenarios/lamp/checks",
        right: "counterpart check scenarios/lamp",
        advice: "Name the folder that holds `pack.yaml`; `counterpart new pack NAME` makes one.",
    },
    Page {
        code: "PK002",
        meaning: "Something is named that the pack does not have: a check, requirement, request, reply, stub, player, fragment, action, endpoint, collection, setting, further credentials, file or document. The note lists what there is.",
        wrong: "expect: [says-sate]",
        right: "expect: [says-state]",
        advice: "Write the name as the note lists it, or declare what is named. Files of stubs, players and fragments are named without ending, those of templates, schemas and tables with it.",
    },
    Page {
        code: "PK003",
        meaning: "The same name is declared twice; only one of the two could be meant.",
        wrong: "checks:\n  - { id: done, ... }\n  - { id: done, ... }",
        right: "checks:\n  - { id: done, ... }\n  - { id: done-late, ... }",
        advice: "Rename one of the two; an id that was ever used is not used again.",
    },
    Page {
        code: "PK004",
        meaning: "The id of a scenario is its path below `scenarios/`, without the ending, so that a report leads to the file.",
        wrong: "# in lamp/switching/on-and-off.yaml\nid: lamp/switching/on",
        right: "# in lamp/switching/on-and-off.yaml\nid: lamp/switching/on-and-off",
        advice: "Write the path as id, or move the file.",
    },
    Page {
        code: "PK005",
        meaning: "An expression or template uses a name that has no value at that place. Names come from settings, claims, variant columns, captures, `let` steps and loops that stand before it.",
        wrong: "- send: { use: look, with: { id: \"{{job_id}}\" } }",
        right: "- send: { use: submit }\n  capture: { job_id: { json: /id } }\n- send: { use: look, with: { id: \"{{job_id}}\" } }",
        advice: "Give the name before it is used: a capture, a `let` step, a variant column or a setting. A text in CEL is quoted: `\"'none'\"`.",
    },
    Page {
        code: "PK006",
        meaning: "A value is captured and never used. Either a later step was meant to use it, or the capture can go.",
        wrong: "capture: { job_id: { json: /id } }   # and no later step says job_id",
        right: "# no capture",
        advice: "Use the value in a later step or check, or take the capture out.",
    },
    Page {
        code: "PK007",
        meaning: "The pack is written in a version of the scenario language that this tool does not read.",
        wrong: "language: 9",
        right: "language: 1",
        advice: "Write the version that this tool reads, or take a newer tool.",
    },
    Page {
        code: "PK008",
        meaning: "A setting, claim or profile is unknown, or a value does not fit its type.",
        wrong: "counterpart run lamp --set answer_s=2",
        right: "counterpart run lamp --set answer_ms=2000",
        advice: "`counterpart list PACK --settings --claims` shows what the pack has, `counterpart list PACK --json` its types.",
    },
    Page {
        code: "PK009",
        meaning: "Paths are relative to the pack and never lead out of it.",
        wrong: "template: ../../other/body.json.hbs",
        right: "template: body.json.hbs",
        advice: "Put the file into the pack, or name the other pack under `uses`.",
    },
    Page {
        code: "PK010",
        meaning: "A check may lower the level of its requirement, never raise it: what the document does not demand, the check must not.",
        wrong: "# R2 is a should\n- { id: in-time, requirement: R2, level: must, ... }",
        right: "- { id: in-time, requirement: R2, ... }",
        advice: "Take the level out of the check, or raise the requirement's where its document says so.",
    },
    Page {
        code: "PK011",
        meaning: "An earlier rule without conditions takes every request that this rule could answer. Put the special rule first.",
        wrong: "rules:\n  - { id: any, respond: { status: 200 } }\n  - { id: busy, when: [{ expr: store.busy }], respond: { status: 503 } }",
        right: "rules:\n  - { id: busy, when: [{ expr: store.busy }], respond: { status: 503 } }\n  - { id: any, respond: { status: 200 } }",
        advice: "Put the rule with conditions before the one without.",
    },
    Page {
        code: "PK012",
        meaning: "A check, reply, fragment, stub or player refers to itself, directly or by way of others.",
        wrong: "# fragments/submit.yaml\nsteps: [{ do: { fragment: submit } }]",
        right: "# fragments/submit.yaml\nsteps: [{ send: { use: submit } }]",
        advice: "Break the circle; `repeat` does something again and again.",
    },
    Page {
        code: "PK013",
        meaning: "A row of a table has more or fewer columns than its heading.",
        wrong: "code,name\nA1",
        right: "code,name\nA1,Hall of A",
        advice: "Give the row as many columns as the heading; a value with a comma stands in quotes.",
    },
    Page {
        code: "PK014",
        meaning: "A scenario has no variant rows, or too many.",
        wrong: "variants: { rows: [] }",
        right: "variants: { rows: [{ wanted: true }] }",
        advice: "Add rows, or take `variants` out; split what has too many.",
    },
    Page {
        code: "PK016",
        meaning: "A mutant proves nothing: it changes nothing, its change does not fit, it plays no scenario of its role, or it names no check that must fail.",
        wrong: "- { id: always-on, rule: lamp#switch, change: {}, plays: [switching], fails: [says-state] }",
        right: "- { id: always-on, rule: lamp#switch, change: { respond: { status: 500 } }, plays: [switching], fails: [says-state] }",
        advice: "Change something that a scenario under `plays` meets, and name every must-level check that must fail.",
    },
    Page {
        code: "PK018",
        meaning: "A search parameter is declared so that it could never be compared, or a collection is searched that declares none.",
        wrong: "search: { start: { at: /start, type: text, prefixes: true } }",
        right: "search: { start: { at: /start, type: date-time, prefixes: true } }",
        advice: "Declare under `search` of the collection what the parameter is: where its value stands, its type, how to compare.",
    },
    Page {
        code: "PK015",
        meaning: "A requirement that a machine can test is covered by no scenario, or a check stands for nothing that is played.",
        wrong: "# requirements.yaml has R4, and no scenario says it\ncovers: [R1]",
        right: "covers: [R1, R4]",
        advice: "Cover it by a scenario whose checks stand for it, or say under `untestable` why no machine can test it.",
    },
    Page {
        code: "PK017",
        meaning: "A way through a proxy cannot be gone: `form` or `reaches` at an endpoint that is none, a proxy that reaches nothing, a rule that passes requests on where there is no proxy, or a `send` through a proxy that does not reach its endpoint.",
        wrong: "endpoints:\n  - { name: office, kind: http, stubs: [office] }\n  - { name: gate, kind: http, reaches: [office], stubs: [gate] }",
        right: "endpoints:\n  - { name: office, kind: http, stubs: [office] }\n  - { name: gate, kind: proxy, reaches: [office], stubs: [gate] }",
        advice: "Say `kind: proxy` at the endpoint, name under `reaches` what it passes requests on to, and send to one of these.",
    },
    Page {
        code: "MT001",
        meaning: "The text is not an expression in CEL (the Common Expression Language).",
        wrong: "that: { expr: \"response.status = 200\" }",
        right: "that: { expr: \"response.status == 200\" }",
        advice: "Mend the expression at the place shown; the functions stand in scenarios/README.md.",
    },
    Page {
        code: "MT002",
        meaning: "A condition asks nothing, or asks it of a subject that cannot be asked so.",
        wrong: "that: { header: Accept }   # with `gaps` or nothing to ask",
        right: "that: { header: Accept, matches: json }",
        advice: "Ask something of the subject, and what fits it: `gaps` of a series, `range` of a number.",
    },
    Page {
        code: "MT003",
        meaning: "The text is not a regular expression in linear-time syntax: there are no look-arounds and no back-references.",
        wrong: "matches: '(?=a)b'",
        right: "matches: 'b'",
        advice: "Write the pattern without look-around and back-reference; two conditions under `all-of` often say the same.",
    },
    Page {
        code: "MT004",
        meaning: "This value must be known before the run: it may use numbers, durations and settings, not captured values.",
        wrong: "range: { max: answered_ms }   # a capture",
        right: "range: { max: setting.answer_ms }",
        advice: "Use a number, a duration, a setting or a name under `let` of the pack.",
    },
    Page {
        code: "MT005",
        meaning: "The text is neither a JSON Pointer (RFC 6901), nor a JSONPath (RFC 9535), nor an XPath.",
        wrong: "json: data.id",
        right: "json: /data/id",
        advice: "Write a JSON Pointer (`/data/id`), a JSONPath (`$.data[*].id`) or an XPath (`/a:b/c`).",
    },
    Page {
        code: "RL001",
        meaning: "A check that cannot fail proves nothing. Ask something that a wrong message would break.",
        wrong: "that: { series: {}, count: { max: 1 } }   # silence passes",
        right: "that: { series: {}, count: 1 }",
        advice: "Ask something that a wrong message, or none at all, would break; then write the mutant that shows it.",
    },
    Page {
        code: "RL002",
        meaning: "A check that passes because what it looks at is absent proves nothing. `when:` makes its absence a `skip` that the report shows.",
        wrong: "that: { json: /errors, absent: true }",
        right: "when: [{ json: /data, present: true }]\nthat: { json: /errors, absent: true }",
        advice: "Say under `when` where the check applies, or ask also that what it looks at be there.",
    },
    Page {
        code: "SX001",
        meaning: "A JSON Schema cannot be read or compiled.",
        wrong: "{ \"type\": \"objekt\" }",
        right: "{ \"type\": \"object\" }",
        advice: "Mend the schema; the message says what its dialect does not know.",
    },
    Page {
        code: "TP001",
        meaning: "A template cannot be compiled: a helper is unknown, a block is not closed, or the text is not UTF-8.",
        wrong: "{{#if text}}{{text}}",
        right: "{{#if text}}{{text}}{{/if}}",
        advice: "Close the block, or write the helper as scenarios/README.md lists it.",
    },
    Page {
        code: "TP002",
        meaning: "This template must be known before the run: it may use settings only.",
        wrong: "path: \"/jobs/{{job_id}}\"   # where only settings are known",
        right: "path: \"{{setting.base}}/jobs\"",
        advice: "Use settings here, and give captured values where the step uses the request: `with`.",
    },
];

/// Gives the page of a code.
#[must_use]
pub fn explain(code: &str) -> Option<&'static Page> {
    Page::find(CODES, code)
}
