//! The checklist of the sample run: one row for each thing that a run can say.

use counterpart_evidence::{
    ChecklistColumn, ChecklistItem, ChecklistPart, ChecklistRecord, ChecklistRest, ChecklistRow, PartKind, Role, RowVerdict,
    ScenarioId, ShownBy,
};
use std::collections::BTreeMap;

fn part(kind: PartKind, id: &str, scenarios: &[&str]) -> ChecklistPart {
    ChecklistPart { kind, id: id.to_owned(), scenarios: scenarios.iter().map(|id| ScenarioId::new(id)).collect() }
}

fn row(
    id: &str,
    text: &str,
    parts: Vec<ChecklistPart>,
    (verdict, passed, failed, seen): (RowVerdict, u32, u32, &str),
) -> ChecklistRow {
    let item = ChecklistItem {
        id: id.to_owned(),
        text: text.to_owned(),
        roles: vec![Role::Provider],
        parts,
        rest: None,
        cells: BTreeMap::from([("section".to_owned(), format!("OD 3.1, form {id}"))]),
        words: BTreeMap::from([(RowVerdict::Pass, "Shown by test.".to_owned())]),
    };
    ChecklistRow { item, verdict, passed, failed, seen: seen.to_owned(), open: Vec::new(), attested: None }
}

fn left(mut row: ChecklistRow, by: ShownBy, text: &str, open: &str) -> ChecklistRow {
    row.item.rest = Some(ChecklistRest { by, text: text.to_owned() });
    row.open.push(open.to_owned());
    row
}

pub fn checklist() -> ChecklistRecord {
    let mut other = row("A-07", "Answers within a second.", Vec::new(), (RowVerdict::NotTested, 0, 0, ""));
    other.item.roles = vec![Role::Consumer];
    other.seen = "the row is about a server, and this run tested a client".to_owned();
    ChecklistRecord {
        title: "Orchard assurance form".to_owned(),
        source: Some("OD 3.1 annex F".to_owned()),
        columns: vec![ChecklistColumn { id: "section".to_owned(), title: "Section".to_owned() }],
        rows: vec![
            row(
                "A-01",
                "Times are RFC 3339.",
                vec![part(PartKind::Requirement, "O-01", &["orchard/deliveries/created"])],
                (
                    RowVerdict::Fail,
                    3,
                    1,
                    "1 finding failed, 3 findings passed; 1 scenario played; `began-is-a-time`: not a time (exchange 2)",
                ),
            ),
            row(
                "A-02",
                "A heartbeat is sent.",
                vec![part(PartKind::Requirement, "O-13", &["orchard/queue/heartbeat"])],
                (RowVerdict::Pass, 5, 0, "5 findings passed; 1 scenario played"),
            ),
            left(
                row(
                    "A-03",
                    "=HYPERLINK(\"https://evil.example\",\"The queue\") survives.",
                    vec![part(PartKind::Check, "queue-resumes", &["orchard/queue/restart"])],
                    (RowVerdict::Partial, 2, 0, "2 findings passed"),
                ),
                ShownBy::Integration,
                "A night without power.",
                "to be shown in the integration environment: A night without power.",
            ),
            left(
                row("A-04", "The service has a public name.", Vec::new(), (RowVerdict::Person, 0, 0, "nothing of it was played")),
                ShownBy::Person,
                "The entry in the public DNS.",
                "to be shown by a person: The entry in the public DNS.",
            ),
            other,
        ],
    }
}
