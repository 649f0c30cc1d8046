//! What becomes of each kind of finding, in JSON and in XML.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{FhirProfile, Lesser, Strictness, Unjudged};
use crate::{Check, CheckRule, Findings, check_all};
use counterpart_evidence::{
    Basis, Body, Cause, CheckId, Direction, Exchange, ExchangeId, Finding, FindingEffect, FindingOutcome, Level, Part, Request,
    RequirementId,
};
use counterpart_fhir::{Definitions, FhirVersion, Package, Part as PartPath, Policy, Unknown};
use counterpart_matching::{Alternative, Held, Judgement, NoNames, Rule, Side, Subjects, Whole, judge};
use serde_json::{Value, json};
use std::sync::Arc;

const PROFILE: &str = "urn:visit";

fn definition(url: &str, kind: &str, elements: &Value) -> Value {
    let name = url.rsplit('/').next().unwrap();
    let name = if url == PROFILE { "Visit" } else { name };
    let derivation = if url == PROFILE { "constraint" } else { "specialization" };
    json!({ "resourceType": "StructureDefinition", "url": url, "type": name, "kind": kind, "fhirVersion": "4.0.1",
        "derivation": derivation, "snapshot": { "element": elements } })
}

/// A visit with a status, a preferred kind, an extensible place, and a rule that only warns.
fn definitions() -> Arc<Definitions> {
    let core = |name: &str| format!("http://hl7.org/fhir/StructureDefinition/{name}");
    let element = |name: &str, min: u32, max: &str, kind: &str| json!({ "path": format!("Visit{name}"), "min": min, "max": max, "type": [{ "code": kind }] });
    let elements = |status_min| {
        let mut place = element(".place", 0, "1", "code");
        place["binding"] = json!({ "strength": "extensible", "valueSet": "urn:places" });
        let mut kind = element(".kind", 0, "1", "code");
        kind["binding"] = json!({ "strength": "preferred", "valueSet": "urn:places" });
        json!([{ "path": "Visit" }, element(".extension", 0, "*", "Extension"), element(".status", status_min, "1", "code"), place, kind])
    };
    let extension = json!([{ "path": "Extension" }, { "path": "Extension.url", "min": 1, "max": "1", "type": [{ "code": "uri" }], "representation": ["xmlAttr"] }]);
    let places = json!({ "resourceType": "ValueSet", "url": "urn:places", "compose": { "include": [{ "system": "urn:p", "concept": [{ "code": "here" }] }] } });
    let bundle = json!({ "resourceType": "Bundle", "entry": [
        { "resource": definition(&core("Visit"), "resource", &elements(0)) },
        { "resource": definition(&core("Extension"), "complex-type", &extension) },
        { "resource": definition(PROFILE, "resource", &elements(1)) },
        { "resource": places },
    ] });
    let mut definitions = Definitions::new(FhirVersion::R4);
    definitions.add(Package::read("own.json", bundle.to_string().as_bytes()).unwrap());
    Arc::new(definitions)
}

fn profile() -> FhirProfile {
    let policy = Policy { unknown_extensions: Unknown::Tell, unknown_modifier_extensions: Unknown::Tell };
    let strictness = Strictness { policy, not_checked: Unjudged::LeftOut, warnings: Lesser::Warns, information: Lesser::Ignored };
    FhirProfile {
        definitions: definitions(),
        url: PROFILE.to_owned(),
        missing: None,
        part: None,
        without: Vec::new(),
        strictness,
    }
}

/// What a check of the profile makes of a body: whether it passed, and its findings.
fn judged(profile: FhirProfile, body: &str) -> (bool, Vec<Finding>) {
    let check = check(profile);
    let mut exchange = Exchange::new(ExchangeId(1), Direction::Inbound, "main", 0);
    exchange.request = Some(Request { body: Body::plain(body.to_owned()), ..Request::default() });
    let Findings { passed, others, .. } = check_all([&check], &Subjects::new(&exchange, &NoNames));
    (!passed.is_empty(), others)
}

fn document(profile: FhirProfile) -> CheckRule {
    CheckRule::Document(Whole { side: Side::Request, rule: Arc::new(profile) })
}

fn check(profile: FhirProfile) -> Check {
    Check {
        id: CheckId::new("visit"),
        requirement: RequirementId::new("R1"),
        level: Level::Must,
        basis: Basis::Published,
        on: Part::Request,
        when: Vec::new(),
        rule: document(profile),
        hint: None,
    }
}

fn outcome(profile: FhirProfile, body: &str) -> (bool, Vec<(FindingOutcome, FindingEffect)>) {
    let (passed, others) = judged(profile, body);
    (passed, others.iter().map(|finding| (finding.outcome, finding.effect)).collect())
}

const XML: &str = r#"<Visit xmlns="http://hl7.org/fhir"><status value="on"/></Visit>"#;
const FAIL: (FindingOutcome, FindingEffect) = (FindingOutcome::Fail, FindingEffect::Fail);
const WARNING: (FindingOutcome, FindingEffect) = (FindingOutcome::Fail, FindingEffect::Warning);
const SKIP: (FindingOutcome, FindingEffect) = (FindingOutcome::Skip, FindingEffect::None);

#[test]
fn a_body_that_meets_the_profile_passes_in_both_forms() {
    for body in [r#"{"resourceType": "Visit", "status": "on"}"#, XML, &format!("\n {XML}")] {
        assert_eq!(outcome(profile(), body), (true, vec![]), "{body}");
    }
}

#[test]
fn what_is_wrong_fails_at_its_place() {
    let place = |body: &str, marked: &str, line: u32| {
        let (passed, others) = judged(profile(), body);
        let place = others[0].place.clone().unwrap();
        let (from, to) = place.bytes.unwrap();
        let text = &body[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()];
        assert_eq!((passed, others.len(), text, place.line), (false, 1, marked, Some(line)), "{others:?}");
        others[0].clone()
    };
    let finding = place("{\"resourceType\": \"Visit\",\n \"statu\": \"on\", \"status\": \"on\"}", "\"statu\"", 2);
    assert_eq!(finding.message, "Visit.statu: `statu` is no element of `Visit`");
    let finding = place(&XML.replace("<status", "\n<statu value=\"x\"/><status"), "<statu", 2);
    assert_eq!(finding.message, "Visit.statu: `statu` is no element of `Visit`");
    let finding = place("{\"resourceType\": \"Visit\"}", "{\"resourceType\":", 1);
    assert_eq!(finding.message, "Visit.status: `status` must be present (`Visit.status` in urn:visit)");
    assert_eq!((finding.cause, finding.outcome), (Some(Cause::Supplier), FindingOutcome::Fail));
}

#[test]
fn what_is_no_resource_fails() {
    for (body, message) in [
        ("", "there is no body to look at"),
        ("{", "the body is not JSON: "),
        ("<Visit", "the body is not XML: "),
        ("[]", ": a resource must be an object"),
        (r#"{"resourceType": "Vist"}"#, ": `Vist` is no type of resource in the packages at hand"),
        (r#"<Visit xmlns="urn:other"/>"#, "namespace"),
    ] {
        let (passed, others) = judged(profile(), body);
        assert!(!passed && others[0].message.contains(message), "{body}: {others:?}");
        assert_eq!((others[0].outcome, others[0].effect), FAIL, "{body}");
    }
}

#[test]
fn what_could_not_be_judged_is_never_a_pass() {
    let body = r#"{"resourceType": "Visit", "status": "on", "extension": [{"url": "urn:a"}, {"url": "urn:b"}]}"#;
    let (passed, others) = judged(profile(), body);
    assert_eq!((passed, others.len(), others[0].outcome, others[0].is_unjudged()), (false, 1, FindingOutcome::Skip, true));
    assert!(
        others[0].message.starts_with("not all of the profile could be judged: ") && others[0].message.contains("urn:b"),
        "{others:?}"
    );
    let strict = || Strictness { not_checked: Unjudged::Fails, ..profile().strictness };
    assert_eq!(outcome(FhirProfile { strictness: strict(), ..profile() }, body), (false, vec![FAIL, FAIL]));
    let missing = Some("the profile is elsewhere".to_owned());
    assert_eq!(outcome(FhirProfile { missing, ..profile() }, body), (false, vec![SKIP]));
    let both = r#"{"resourceType": "Visit", "extension": [{"url": "urn:a"}]}"#;
    assert_eq!(outcome(profile(), both), (false, vec![FAIL, SKIP]), "what is wrong is told all the same");
}

#[test]
fn lesser_findings_become_what_the_check_says() {
    let becomes = |change: fn(&mut Strictness), body: &str| {
        let mut profile = profile();
        change(&mut profile.strictness);
        outcome(profile, body)
    };
    let place = r#"{"resourceType": "Visit", "status": "on", "place": "there"}"#;
    assert_eq!(becomes(|_| {}, place), (false, vec![WARNING]));
    assert_eq!(becomes(|strictness| strictness.warnings = Lesser::Fails, place), (false, vec![FAIL]));
    assert_eq!(becomes(|strictness| strictness.warnings = Lesser::Ignored, place), (true, vec![]));
    let kind = r#"{"resourceType": "Visit", "status": "on", "kind": "there"}"#;
    assert_eq!(becomes(|_| {}, kind), (true, vec![]));
    assert_eq!(becomes(|strictness| strictness.information = Lesser::Warns, kind), (false, vec![WARNING]));
}

#[test]
fn a_part_is_judged_alone_and_must_be_there() {
    let with = |path: &str| FhirProfile { part: Some(PartPath::parse(path).unwrap()), ..profile() };
    assert_eq!(outcome(with("$this"), XML), (true, vec![]));
    assert_eq!(outcome(with("Visit.where(status = 'off')"), XML), (false, vec![FAIL]));
}

#[test]
fn many_findings_are_counted_and_the_worst_come_first() {
    let members: Vec<String> = (0..50).map(|at| format!("\"x{at}\": 1")).collect();
    let body = format!(r#"{{"resourceType": "Visit", "place": "there", {}}}"#, members.join(", "));
    let (_, others) = judged(profile(), &body);
    let most = crate::limits::PROBLEMS_MAX;
    assert_eq!(
        others.iter().map(|finding| finding.effect == FindingEffect::Fail).collect::<Vec<_>>(),
        [vec![true; most], vec![false]].concat()
    );
    assert!(others[most - 1].message.ends_with("; and 31 more findings against `urn:visit`"), "{:?}", others.last());
}

#[test]
fn a_profile_is_a_condition_like_every_other() {
    let whole = || Rule::Whole(Whole { side: Side::Request, rule: Arc::new(profile()) });
    let alternative = |rule| Alternative { rule, result: Held::Pass };
    let other = FhirProfile { part: Some(PartPath::parse("Visit.place").unwrap()), ..profile() };
    let other = Rule::Whole(Whole { side: Side::Request, rule: Arc::new(other) });
    let unknown = r#"{"resourceType": "Visit", "status": "on", "extension": [{"url": "urn:a"}]}"#;
    let place = r#"{"resourceType": "Visit", "status": "on", "place": "there"}"#;
    let judged = |rule: &Rule, body: &str| {
        let mut exchange = Exchange::new(ExchangeId(1), Direction::Inbound, "main", 0);
        exchange.request = Some(Request { body: Body::plain(body.to_owned()), ..Request::default() });
        judge(rule, &Subjects::new(&exchange, &NoNames))
    };
    assert_eq!(judged(&whole(), XML), Judgement::Holds);
    assert!(matches!(judged(&whole(), place), Judgement::HoldsWithWarning(text) if text.starts_with("as `urn:visit` says: ")));
    assert!(matches!(judged(&whole(), unknown), Judgement::Unjudged(why) if why.reason.contains("urn:a")));
    let Judgement::Broken(mismatch) = judged(&whole(), r#"{"resourceType": "Visit"}"#) else { panic!("it is broken") };
    assert!(mismatch.message.contains("`status` must be present") && mismatch.place.is_some(), "{mismatch:?}");
    let any = Rule::Any(vec![alternative(other), alternative(whole())]);
    assert_eq!(judged(&any, XML), Judgement::Holds);
    assert!(matches!(judged(&any, unknown), Judgement::Unjudged(_)), "what could not be judged might hold");
}

#[test]
fn what_the_pack_leaves_out_is_told_and_holds_up_nothing() {
    let without = |url: &str| FhirProfile { without: vec![url.to_owned()], ..profile() };
    let body = r#"{"resourceType": "Visit", "status": "on", "extension": [{"url": "urn:a"}]}"#;
    assert_eq!(outcome(without("urn:b"), body), (false, vec![SKIP]));
    assert_eq!(outcome(without("urn:a"), body), (true, vec![]));
    let mut exchange = Exchange::new(ExchangeId(1), Direction::Inbound, "main", 0);
    exchange.request = Some(Request { body: Body::plain(body.to_owned()), ..Request::default() });
    let check = Check { rule: CheckRule::All(vec![document(without("urn:a"))]), ..check(profile()) };
    let found = check_all([&check], &Subjects::new(&exchange, &NoNames));
    let told: Vec<&str> = found.skipped.iter().map(|skipped| skipped.reason.as_str()).collect();
    assert_eq!(
        (told, found.passed.len()),
        (vec!["left out of the profile by the pack: the extension `urn:a` is not at hand"], 1)
    );
    // The want of one thing is no want of another, and what is wrong is wrong all the same.
    let two = r#"{"resourceType": "Visit", "extension": [{"url": "urn:a"}, {"url": "urn:c"}]}"#;
    assert_eq!(outcome(without("urn:a"), two), (false, vec![FAIL, SKIP]));
}

#[test]
fn an_extension_that_nobody_defines_may_be_there_where_that_is_said() {
    let allowing = || {
        let profile = profile();
        let policy = Policy { unknown_extensions: Unknown::Allow, ..profile.strictness.policy };
        FhirProfile { strictness: Strictness { policy, ..profile.strictness }, ..profile }
    };
    let body = r#"{"resourceType": "Visit", "status": "on", "extension": [{"url": "urn:a"}]}"#;
    let (passed, others) = judged(allowing(), body);
    assert!(passed && others.is_empty(), "{others:?}");
    let (passed, _) = judged(profile(), body);
    assert!(!passed, "it is left out where nothing is said");
    let lacking = body.replace(r#""status": "on", "#, "");
    assert!(!judged(allowing(), &lacking).0, "what else is wrong is still found");
}
