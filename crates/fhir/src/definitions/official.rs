//! Snapshots of our own beside the official ones, where `COUNTERPART_FHIR_PACKAGES` names the folder with the packages.
//!
//! Every profile of the R4 core package has both a differential and a snapshot: the second is taken away and made anew. STU3 is left out,
//! since its snapshots rename a choice that is narrowed to one type, where ours slice it.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and shows its figures")]

use super::element::{Element, Profile};
use super::set::Definitions;
use crate::package::{Archive, Package};
use crate::version::FhirVersion;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Where both differ: profile, what differs, and why that is right. One that is not needed fails.
const EXPLAINED: &[(&str, &str, &str)] = &[
    ("bp", "missing", "the official one puts what the differential says of valueQuantity at value[x] itself, ours at its slice"),
    ("bp", "more", "as above"),
    (
        "elementdefinition-de",
        "missing",
        "the children of an extension's slice are those of the extension's own profile, which is checked",
    ),
    ("catalog", "more", "a slice of Composition.date, which stands once; ours keeps what is sliced"),
    ("familymemberhistory-genetic", "more", "slices without what they slice; ours keeps that"),
    ("provenance-relevant-history", "binding", "the differential binds agent.type, and so the type of each slice of agent"),
];

/// Gives the structure definitions of a package that narrow a type and have both lists, as they stand in it.
fn profiles(file: &Path) -> Vec<Value> {
    let mut archive = Archive::new(flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap()));
    let mut found = Vec::new();
    while let Some(entry) = archive.next().unwrap() {
        if entry.name.contains("StructureDefinition-") {
            let one: Value = serde_json::from_slice(&entry.content.unwrap()).unwrap();
            if one["derivation"] == "constraint" && one["differential"].is_object() && one["snapshot"].is_object() {
                found.push(one);
            }
        }
    }
    found
}

/// What a check would ask of an element, as text. What every type asks of itself is asked there, and what slices a choice or
/// extensions follows from what they are.
fn rules(element: &Element) -> [(&'static str, String); 9] {
    let of_types = ["dom-", "ele-", "ext-", "qty-", "sqty-"];
    let keys: BTreeSet<&str> = element.constraints.iter().map(|constraint| constraint.key.as_str()).collect();
    let keys: Vec<&str> = keys.into_iter().filter(|key| !of_types.iter().any(|start| key.starts_with(start))).collect();
    let slicing = element.slicing.as_ref().filter(|_| !element.is_choice && element.name != "extension").map(|slicing| {
        let by: Vec<_> = slicing.discriminators.iter().map(|one| (one.by, one.path.as_str())).collect();
        (slicing.rules, slicing.is_ordered, by)
    });
    [
        ("min", element.min.to_string()),
        ("max", element.max.to_string()),
        ("list", element.is_list.to_string()),
        ("types", format!("{:?}", element.types)),
        ("fixed", format!("{:?}", element.fixed)),
        ("pattern", format!("{:?}", element.pattern)),
        ("binding", format!("{:?}", element.binding)),
        ("constraints", format!("{keys:?}")),
        ("slicing", format!("{slicing:?}")),
    ]
}

fn by_id(profile: &Profile) -> BTreeMap<&str, &Element> {
    profile.elements.iter().map(|element| (element.id.as_str(), element)).collect()
}

/// Gives what differs: what it is, and where.
fn differences(theirs: &Profile, ours: &Profile) -> Vec<(&'static str, String)> {
    let (theirs, ours) = (by_id(theirs), by_id(ours));
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for (id, element) in &theirs {
        let Some(mine) = ours.get(id) else {
            found.push(("missing", (*id).to_owned()));
            continue;
        };
        let pairs = rules(element).into_iter().zip(rules(mine));
        found.extend(pairs.filter(|(theirs, ours)| theirs != ours).map(|((what, theirs), (_, ours))| {
            let text = format!("{id}: {theirs} is {ours}");
            (what, text)
        }));
    }
    found.extend(ours.keys().filter(|id| !theirs.contains_key(*id)).map(|id| ("more", (*id).to_owned())));
    found
}

#[test]
fn own_snapshots_are_like_the_official_ones() {
    let Some(folder) = std::env::var_os("COUNTERPART_FHIR_PACKAGES") else {
        println!("left out: snapshots, since COUNTERPART_FHIR_PACKAGES names no folder with the official packages");
        return;
    };
    let file = Path::new(&folder).join("hl7.fhir.core-4.0.1.tgz");
    let core = || Package::read("core", std::fs::File::open(&file).unwrap()).unwrap();
    let (mut official, mut own) = (Definitions::new(FhirVersion::R4), Definitions::new(FhirVersion::R4));
    official.add(core());
    own.add(core());
    let all = profiles(&file);
    let without_snapshot = |one: &Value| {
        let mut one = one.clone();
        one.as_object_mut().unwrap().remove("snapshot");
        json!({ "resource": one })
    };
    let entries: Vec<Value> = all.iter().map(without_snapshot).collect();
    let bundle = json!({ "resourceType": "Bundle", "type": "collection", "entry": entries });
    own.add(Package::read("own.json", bundle.to_string().as_bytes()).unwrap());
    let (mut elements, mut wrong, mut used) = (0, Vec::new(), BTreeSet::new());
    for one in &all {
        let url = one["url"].as_str().unwrap();
        let (theirs, ours) = (official.profile(url).unwrap(), own.profile(url).unwrap());
        elements += theirs.elements.len();
        for (what, text) in differences(theirs, ours) {
            let name = url.rsplit('/').next().unwrap();
            match EXPLAINED.iter().position(|(profile, known, _)| *profile == name && *known == what) {
                Some(known) => drop(used.insert(known)),
                None => wrong.push(format!("{name} {what} {text}")),
            }
        }
    }
    println!("{} profiles with {elements} elements: own snapshots differ in {} ways, all explained", all.len(), used.len());
    assert!(all.len() > 400, "{} profiles are too few", all.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(used.len(), EXPLAINED.len(), "one of the explanations is not needed");
}
