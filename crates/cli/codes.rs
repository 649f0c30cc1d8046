//! The codes of diagnostics on workspace files, each with its page.

use counterpart_diag::Page;

/// Every code with what `counterpart explain` prints.
pub(crate) const CODES: &[Page] = &[
    Page {
        code: "WS001",
        meaning: "The workspace file is no TOML, so nothing in it can be read.",
        wrong: "supplier = Example Ltd",
        right: "supplier = \"Example Ltd\"",
        advice: "Mend the lines shown. Texts stand in quotes, and a `[table]` goes on to the next one, so that options stand above the first.",
    },
    Page {
        code: "WS002",
        meaning: "The workspace file has a key that nobody knows, or names a setting, claim, check, requirement, action, endpoint or \
                  credential that the pack does not have. It would do nothing, in silence.",
        wrong: "[hooks]\nrestrat = { run = \"docker restart force\" }",
        right: "[hooks]\nrestart = { run = \"docker restart force\" }",
        advice: "Write the name as the pack has it: `counterpart list PACK` shows them all. For keys of the file itself see \
                 `counterpart schema workspace`.",
    },
    Page {
        code: "WS003",
        meaning: "A value in the workspace file is of another type than its key takes, is none of the words that it takes, or lacks a part.",
        wrong: "strict = \"yes\"\n[evidence.F03]\nby = \"A. Tester\"",
        right: "strict = true\n[evidence.F03]\nby = \"A. Tester\"\ndate = 2026-11-22\nnote = \"public DNS entry\"",
        advice: "Write what the diagnostic asks for. `counterpart schema workspace` lets an editor complete and check the file.",
    },
];
