//! Single defects in a valid resource, each with the finding that it must give.

use counterpart_fhir::Code;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A resource with one defect.
pub(crate) struct Mutant {
    /// What kind of defect.
    pub(crate) operator: &'static str,
    pub(crate) resource: Value,
    /// Any of these codes is right.
    pub(crate) codes: &'static [Code],
    /// JSON Pointer of where the finding is, or of what it is in.
    pub(crate) pointer: String,
    /// The invariant that must be named.
    pub(crate) rule: Option<&'static str>,
}

/// How many defects of one kind are seeded in all.
const EACH_MAX: usize = 25;

/// Members that every resource of the type must have.
const REQUIRED: &[(&str, &[&str])] = &[
    ("Appointment", &["status", "participant"]),
    ("Bundle", &["type"]),
    ("CarePlan", &["status", "intent", "subject"]),
    ("CodeSystem", &["status", "content"]),
    ("ConceptMap", &["status"]),
    ("Composition", &["status", "type", "date", "author", "title"]),
    ("Condition", &["subject"]),
    ("DiagnosticReport", &["status", "code"]),
    ("Encounter", &["status"]),
    ("Immunization", &["status", "notGiven", "vaccineCode", "patient", "primarySource"]),
    ("MedicationRequest", &["intent", "subject"]),
    ("MessageHeader", &["event", "timestamp", "source"]),
    ("Observation", &["status", "code"]),
    ("OperationDefinition", &["name", "status", "kind", "code", "system", "type", "instance"]),
    ("Procedure", &["status", "subject"]),
    ("Questionnaire", &["status"]),
    ("Slot", &["schedule", "status", "start", "end"]),
    ("Schedule", &["actor"]),
    ("SearchParameter", &["url", "name", "status", "description", "code", "base", "type"]),
    ("ServiceRequest", &["status", "intent", "subject"]),
    ("StructureDefinition", &["url", "name", "status", "kind", "abstract", "type"]),
    ("ValueSet", &["status"]),
];

type Operator = fn(&Value, &mut Seeds);

/// What was seeded in one example, and before.
#[derive(Default)]
struct Seeds {
    /// The code systems of the packages.
    systems: BTreeSet<String>,
    all: Vec<Mutant>,
    before: BTreeMap<&'static str, usize>,
}

impl Seeds {
    /// Whether more of a kind are wanted: enough in all, and no more than two in one example, so that many types are met.
    fn wants(&self, operator: &str) -> bool {
        let here = self.all.iter().filter(|mutant| mutant.operator == operator).count();
        here < 2 && here + self.before.get(operator).copied().unwrap_or_default() < EACH_MAX
    }

    fn push(&mut self, mutant: Mutant) {
        if self.wants(mutant.operator) {
            self.all.push(mutant);
        }
    }
}

/// Gives the defects that a resource has a place for, as long as fewer than enough of the kind were seeded.
pub(crate) fn mutants(
    resource: &Value,
    seeded: &BTreeMap<&'static str, (usize, usize)>,
    systems: &BTreeSet<String>,
) -> Vec<Mutant> {
    let operators: &[Operator] = &[
        required,
        extra,
        wrong_status,
        bad_scalars,
        shapes,
        references,
        narrative,
        invariants,
        codings,
        choices,
        misplaced,
        contained,
    ];
    let mut seeds = Seeds {
        systems: systems.clone(),
        before: seeded.iter().map(|(name, figure)| (*name, figure.0)).collect(),
        ..Seeds::default()
    };
    operators.iter().for_each(|operator| operator(resource, &mut seeds));
    seeds.all
}

fn kind(resource: &Value) -> &str {
    resource["resourceType"].as_str().unwrap()
}

fn with(resource: &Value, change: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let mut changed = resource.clone();
    change(changed.as_object_mut().unwrap());
    changed
}

fn add(all: &mut Seeds, operator: &'static str, resource: Value, codes: &'static [Code], pointer: String) {
    all.push(Mutant { operator, resource, codes, pointer, rule: None });
}

fn required(resource: &Value, all: &mut Seeds) {
    let members = REQUIRED.iter().filter(|(name, _)| *name == kind(resource)).flat_map(|(_, members)| *members);
    for member in members.filter(|member| resource.get(**member).is_some()) {
        let changed = with(resource, |resource| drop(resource.remove(*member)));
        add(all, "required element dropped", changed, &[Code::Cardinality], format!("/{member}"));
    }
}

fn extra(resource: &Value, all: &mut Seeds) {
    let changed = with(resource, |resource| drop(resource.insert("notAnElement".into(), json!(true))));
    add(all, "unknown element at the root", changed, &[Code::Structure], "/notAnElement".to_owned());
    if let Some(place) = places(resource, |value| value.is_object()).into_iter().next_back() {
        let mut changed = resource.clone();
        changed.pointer_mut(&place.pointer).unwrap()["alsoNone"] = json!("x");
        add(all, "unknown element inside", changed, &[Code::Structure], format!("{}/alsoNone", place.pointer));
    }
}

fn wrong_status(resource: &Value, all: &mut Seeds) {
    for member in ["status", "gender", "intent", "mode"] {
        if resource.get(member).is_some_and(Value::is_string) {
            let changed = with(resource, |resource| drop(resource.insert(member.into(), json!("no-such-code"))));
            add(all, "code of a required binding", changed, &[Code::Binding], format!("/{member}"));
        }
    }
}

/// Replaces scalars that have a form by ones that break it.
fn bad_scalars(resource: &Value, all: &mut Seeds) {
    let is_date = |text: &str| text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    let mut swap = |operator, fits: &dyn Fn(&Place, &Value) -> bool, into: &dyn Fn(&Value) -> Value| {
        for place in places(resource, |_| true).into_iter().filter(|place| !place.below_text()) {
            if all.wants(operator) && fits(&place, resource.pointer(&place.pointer).unwrap()) {
                let mut changed = resource.clone();
                let value = changed.pointer_mut(&place.pointer).unwrap();
                *value = into(value);
                add(all, operator, changed, &[Code::Value], place.pointer);
            }
        }
    };
    swap("date that is none", &|place, value| place.is_date() && value.as_str().is_some_and(is_date), &|_| json!("2018-02-30"));
    swap(
        "time without a zone",
        &|place, value| place.is_date() && value.as_str().is_some_and(|text| text.contains('T')),
        &|_| json!("2018-02-03T10:11:12"),
    );
    swap("boolean in quotes", &|_, value| value.is_boolean(), &|value| json!(value.to_string()));
    swap("number in quotes", &|_, value| value.is_number(), &|value| json!(value.to_string()));
    swap("number where a text stands", &|place, value| place.ends("display") && value.is_string(), &|_| json!(7));
    swap("rank of zero", &|place, value| place.ends("rank") && value.is_number(), &|_| json!(0));
    swap(
        "address with a blank",
        &|place, value| place.ends("system") && value.as_str().is_some_and(|text| text.contains(':')),
        &|_| json!("http://example.org/a b"),
    );
    swap("code with blanks around", &|place, value| place.ends("coding.code") && value.is_string(), &|value| {
        json!(format!(" {} ", value.as_str().unwrap()))
    });
    let changed = with(resource, |resource| drop(resource.insert("id".into(), json!("not an id!"))));
    add(all, "id that is none", changed, &[Code::Value], "/id".to_owned());
}

/// Takes brackets away, puts others around, and empties.
fn shapes(resource: &Value, all: &mut Seeds) {
    for place in places(resource, |_| true).into_iter().filter(|place| !place.below_text() && !place.is_item) {
        let value = resource.pointer(&place.pointer).unwrap();
        let mut put = |operator, new: Value| {
            if !all.wants(operator) {
                return;
            }
            let mut changed = resource.clone();
            *changed.pointer_mut(&place.pointer).unwrap() = new;
            add(all, operator, changed, &[Code::Structure], place.pointer.clone());
        };
        match value {
            Value::Array(items) => {
                put("list without brackets", items[0].clone());
                put("empty list", json!([]));
            }
            Value::Object(_) if value.get("resourceType").is_none() => {
                put("brackets around what stands once", json!([value]));
                put("empty object", json!({}));
                put("text where an object stands", json!("text"));
            }
            _ if !place.ends("resourceType") => put("null", Value::Null),
            _ => {}
        }
    }
}

fn references(resource: &Value, all: &mut Seeds) {
    for place in places(resource, Value::is_string).into_iter().filter(|place| place.pointer.ends_with("/reference")) {
        let reference = resource.pointer(&place.pointer).unwrap().as_str().unwrap();
        let holder = place.pointer.trim_end_matches("/reference").to_owned();
        let mut put = |operator, new: &str| {
            let mut changed = resource.clone();
            *changed.pointer_mut(&place.pointer).unwrap() = json!(new);
            add(all, operator, changed, &[Code::Reference], holder.clone());
        };
        if reference.starts_with('#') {
            put("reference to nothing contained", "#no-such-id");
        }
        // The subject of a composition may be anything.
        let names_patient = kind(resource) != "Composition" && (holder.ends_with("/subject") || holder.ends_with("/patient"));
        if names_patient && reference.starts_with("Patient/") {
            put("reference to the wrong type", "StructureDefinition/x");
        }
    }
}

fn narrative(resource: &Value, all: &mut Seeds) {
    if resource.pointer("/text/div").is_none() {
        return;
    }
    let mut put = |operator, pointer: &str, new: &str, codes: &'static [Code], rule| {
        let mut changed = resource.clone();
        *changed.pointer_mut(pointer).unwrap() = json!(new);
        all.push(Mutant { operator, resource: changed, codes, pointer: pointer.to_owned(), rule });
    };
    let script = "<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>1</script>x</div>";
    put("script in the narrative", "/text/div", script, &[Code::Invariant], Some("txt-1"));
    let empty = "<div xmlns=\"http://www.w3.org/1999/xhtml\"> </div>";
    put("narrative without a word", "/text/div", empty, &[Code::Invariant], None);
    put("status of the narrative", "/text/status", "invented", &[Code::Binding], None);
}

/// Breaks invariants of data types.
fn invariants(resource: &Value, all: &mut Seeds) {
    for place in places(resource, Value::is_object) {
        let value = resource.pointer(&place.pointer).unwrap();
        let mut put = |operator, rule, change: &dyn Fn(&mut Value)| {
            if !all.wants(operator) {
                return;
            }
            let mut changed = resource.clone();
            change(changed.pointer_mut(&place.pointer).unwrap());
            all.push(Mutant {
                operator,
                resource: changed,
                codes: &[Code::Invariant],
                pointer: place.pointer.clone(),
                rule: Some(rule),
            });
        };
        if place.ends("period") && value.get("start").is_some() && value.get("timing").is_none() {
            put("period that ends before it starts", "per-1", &|period| {
                period["start"] = json!("2018-05-01");
                period["end"] = json!("2017-05-01");
            });
        }
        if place.pointer.contains("/telecom/") && value.get("value").is_some() && value.get("system").is_some() {
            put("contact without its system", "cpt-2", &|contact| drop(contact.as_object_mut().unwrap().remove("system")));
        }
        if (place.ends("valueQuantity") || place.ends("doseQuantity"))
            && value.get("code").is_some()
            && value.get("system").is_some()
        {
            put("unit code without its system", "qty-3", &|quantity| drop(quantity.as_object_mut().unwrap().remove("system")));
        }
        if place.ends("identifier") || place.pointer.ends_with("/identifier/0") {
            put("element with an id only", "ele-1", &|identifier| *identifier = json!({ "id": "a" }));
        }
    }
    if resource.get("contained").is_some() && !resource.to_string().contains("\"#\"") {
        let mut changed = resource.clone();
        let unused = json!({ "resourceType": "Basic", "id": "unused-one", "code": { "text": "x" } });
        changed["contained"].as_array_mut().unwrap().push(unused);
        let operator = "contained resource that nothing uses";
        all.push(Mutant { operator, resource: changed, codes: &[Code::Invariant], pointer: String::new(), rule: Some("dom-3") });
    }
}

/// Writes codes that their own code system does not have.
fn codings(resource: &Value, all: &mut Seeds) {
    for place in places(resource, Value::is_object) {
        let value = resource.pointer(&place.pointer).unwrap();
        let system = value.get("system").and_then(Value::as_str).unwrap_or_default();
        // Of the others the packages have the name alone.
        if (system.starts_with("http://hl7.org/fhir/") || system.starts_with("http://terminology.hl7.org/"))
            && all.systems.contains(system)
            && all.wants("code that its system does not have")
            && value.get("code").is_some()
            && value.get("value").is_none()
            && place.pointer.contains("coding")
        {
            let mut changed = resource.clone();
            changed.pointer_mut(&place.pointer).unwrap()["code"] = json!("zz-no-such-code");
            add(all, "code that its system does not have", changed, &[Code::Binding], place.pointer.clone());
        }
    }
}

fn choices(resource: &Value, all: &mut Seeds) {
    for member in ["valueQuantity", "effectiveDateTime", "medicationReference", "onsetDateTime", "medicationCodeableConcept"] {
        let Some(value) = resource.get(member) else { continue };
        let stem = member.trim_end_matches(|letter: char| letter.is_lowercase());
        let renamed = format!("{}Nonsense", stem.trim_end_matches(|letter: char| letter.is_uppercase()));
        let changed = with(resource, |resource| {
            resource.remove(member);
            resource.insert(renamed.clone(), value.clone());
        });
        add(all, "choice of a type that is none", changed, &[Code::Structure], format!("/{renamed}"));
        let both = with(resource, |resource| {
            let stem = member.find(|letter: char| letter.is_uppercase()).map_or(member, |at| &member[..at]);
            let other = if member == "valueQuantity" { ("valueString", json!("x")) } else { ("_none", json!(null)) };
            if stem == "value" {
                resource.insert(other.0.into(), other.1);
            }
        });
        if both != *resource {
            add(all, "two of a choice", both, &[Code::Cardinality], "/value".to_owned());
        }
    }
}

/// Puts known extensions where they must not stand, and with a value of the wrong type.
fn misplaced(resource: &Value, all: &mut Seeds) {
    let put = |extension: Value| {
        with(resource, |resource| {
            let list = resource.entry("extension").or_insert_with(|| json!([]));
            list.as_array_mut().unwrap().insert(0, extension);
        })
    };
    // These are no domain resources, and have no extensions.
    if matches!(kind(resource), "Binary" | "Bundle" | "Parameters") {
        return;
    }
    let path = "/extension/0".to_owned();
    let birth_time = json!({ "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime", "valueDateTime": "2017-01-01" });
    add(all, "extension in the wrong place", put(birth_time), &[Code::Extension], path.clone());
    let data = json!({ "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueInteger": 1 });
    add(all, "extension of the wrong type", put(data), &[Code::Structure, Code::Cardinality], path.clone());
    add(all, "extension without its address", put(json!({ "valueString": "x" })), &[Code::Cardinality], path);
}

fn contained(resource: &Value, all: &mut Seeds) {
    let Some(Value::Array(items)) = resource.get("contained") else { return };
    let mut put = |operator, change: &dyn Fn(&mut Vec<Value>), path: &str, codes| {
        let mut changed = resource.clone();
        change(changed["contained"].as_array_mut().unwrap());
        add(all, operator, changed, codes, format!("/contained{path}"));
    };
    let first = items[0].clone();
    let double = format!("/{}", items.len());
    put("two contained resources with one id", &|list| list.push(first.clone()), &double, &[Code::Structure]);
    put("contained resource of no known type", &|list| list[0]["resourceType"] = json!("Nonsense"), "/0", &[Code::Structure]);
}

/// A value by its pointer.
struct Place {
    pointer: String,
    is_item: bool,
}

impl Place {
    /// Whether the names end so, places in lists left out.
    fn ends(&self, with: &str) -> bool {
        let names: Vec<&str> = self.pointer.split('/').filter(|name| name.parse::<usize>().is_err()).collect();
        format!(".{}", names.join(".")).ends_with(&format!(".{with}"))
    }

    /// Whether the definition makes a date of it, as far as the name says.
    fn is_date(&self) -> bool {
        const NAMES: [&str; 10] =
            ["date", "birthDate", "start", "end", "issued", "authoredOn", "recorded", "created", "timestamp", "sent"];
        NAMES.iter().any(|name| self.ends(name)) || self.pointer.ends_with("DateTime")
    }

    /// What another operator has, or what has other rules.
    fn below_text(&self) -> bool {
        ["/text", "/_", "/contained", "/resource"].iter().any(|part| self.pointer.contains(part))
    }
}

/// Gives the places of values.
fn places(resource: &Value, wanted: impl Fn(&Value) -> bool) -> Vec<Place> {
    let mut found = Vec::new();
    let mut open = vec![(resource, String::new(), false)];
    while let Some((value, pointer, is_item)) = open.pop() {
        if !pointer.is_empty() && wanted(value) {
            found.push(Place { pointer: pointer.clone(), is_item });
        }
        match value {
            Value::Object(members) => {
                let members = members.iter().filter(|(name, _)| !name.starts_with('_'));
                open.extend(members.map(|(name, inner)| (inner, format!("{pointer}/{name}"), false)));
            }
            Value::Array(items) => {
                open.extend(items.iter().enumerate().map(|(at, inner)| (inner, format!("{pointer}/{at}"), true)));
            }
            _ => {}
        }
    }
    found
}
